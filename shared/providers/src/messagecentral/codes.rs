//! The meaning of MessageCentral's codes.

use sms::{About, Code};

/// The meaning of the `responseCode` of a message that was certainly not accepted. All others leave
/// it open. 500 is here by our decision. `token:` in front stands for the request for a token.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "400",
        about: About::Sender,
        happened: "MessageCentral did not accept the request: most often the country is not priced on the account.",
        fix: "Ask MessageCentral's support to price the country for texts.",
    },
    Code {
        code: "401",
        about: About::Account,
        happened: "MessageCentral does not let us in.",
        fix: "Copy MC_CUSTOMER_ID and MC_PASSWORD from MessageCentral's console again.",
    },
    Code {
        code: "403",
        about: About::Account,
        happened: "The account may not do this.",
        fix: "Ask MessageCentral's support to activate texts (MessageNow) for the account.",
    },
    Code {
        code: "409",
        about: About::Route,
        happened: "MessageCentral treats it as a duplicate of an earlier request.",
        fix: "",
    },
    Code { code: "500", about: About::Route, happened: "A fault at MessageCentral.", fix: "" },
    Code {
        code: "501",
        about: About::Account,
        happened: "MessageCentral knows no such customer.",
        fix: "Copy MC_CUSTOMER_ID from MessageCentral's console again.",
    },
    Code {
        code: "506",
        about: About::Route,
        happened: "An earlier request for this number is still open there, for up to a minute.",
        fix: "",
    },
    Code {
        code: "508",
        about: About::Account,
        happened: "There is no credit left on the account.",
        fix: "Buy credit in MessageCentral's console.",
    },
    Code {
        code: "511",
        about: About::Request,
        happened: "The country code is not valid.",
        fix: "",
    },
    Code {
        // Whether the limit is the account's or the number's is not documented.
        code: "800",
        about: About::Route,
        happened: "A limit is reached, of texts to this number or of the account.",
        fix: "Ask MessageCentral's support which limit it is, and for a higher one.",
    },
    Code {
        code: "913",
        about: About::Account,
        happened: "Texts are not activated on the account.",
        fix: "Write to MessageCentral's support: an account needs their help before its first text (MessageNow).",
    },
    Code {
        code: "token: 400",
        about: About::Account,
        happened: "MessageCentral gives no token: the customer id or the password is wrong.",
        fix: "Copy MC_CUSTOMER_ID and MC_PASSWORD from MessageCentral's console again.",
    },
    Code {
        code: "token: 401",
        about: About::Account,
        happened: "MessageCentral gives no token: the customer id or the password is wrong.",
        fix: "Copy MC_CUSTOMER_ID and MC_PASSWORD from MessageCentral's console again.",
    },
    Code {
        code: "token: 403",
        about: About::Account,
        happened: "MessageCentral gives this account no token.",
        fix: "Ask MessageCentral's support whether the account is active.",
    },
];
