//! The meaning of Plivo's codes.

use sms::{About, Code};

/// The meaning of Plivo's codes:
/// <https://www.plivo.com/docs/messaging/troubleshooting/error-codes>. They come with receipts. A
/// refused request only has an HTTP status and words.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "http 400",
        about: About::Request,
        happened: "A part of the request is missing or not valid.",
        fix: "Check that PLIVO_FROM is a number of the account, as +12025550100.",
    },
    Code {
        code: "http 404",
        about: About::Account,
        happened: "Plivo knows no such account.",
        fix: "Copy PLIVO_AUTH_ID from Plivo's console again.",
    },
    Code {
        code: "http 405",
        about: About::Request,
        happened: "Plivo does not do this at this address.",
        fix: "Check PLIVO_BASE_URL.",
    },
    Code {
        code: "10",
        about: About::Content,
        happened: "A carrier refused the message as not valid.",
        fix: "",
    },
    Code { code: "20", about: About::Route, happened: "The carrier's network failed.", fix: "" },
    Code {
        code: "30",
        about: About::Content,
        happened: "A carrier filtered the text out, as unwanted.",
        fix: "Links and words of advertising are the usual reasons; in the USA see whether the number is registered.",
    },
    Code {
        code: "40",
        about: About::Sender,
        happened: "The number that is sent from is not valid, cannot text, or is not the account's.",
        fix: "Set PLIVO_FROM to a number of the account that can text, as +12025550100.",
    },
    Code {
        code: "50",
        about: About::Number,
        happened: "The number is not valid, or a landline.",
        fix: "",
    },
    Code {
        code: "60",
        about: About::Content,
        happened: "Plivo assumes that two programs are texting each other.",
        fix: "Look at the conversation.",
    },
    Code {
        code: "70",
        about: About::Number,
        happened: "The number can no longer be reached.",
        fix: "",
    },
    Code {
        code: "80",
        about: About::Phone,
        happened: "The phone is off or out of reach.",
        fix: "",
    },
    Code {
        code: "90",
        about: About::Route,
        happened: "Plivo has no route to the number from this sender.",
        fix: "Check in Plivo's console that the country can be texted from PLIVO_FROM.",
    },
    Code {
        code: "100",
        about: About::Sender,
        happened: "The carrier does not let this sender text.",
        fix: "Check in Plivo's console that the number is registered for this country.",
    },
    Code { code: "110", about: About::Content, happened: "The text is too long.", fix: "" },
    Code {
        code: "200",
        about: About::Person,
        happened: "The person has said STOP to this sender.",
        fix: "",
    },
    Code {
        code: "201",
        about: About::Sender,
        happened: "A toll-free number of the USA cannot text Canada.",
        fix: "Set PLIVO_FROM to a number that can text there.",
    },
    Code {
        code: "450",
        about: About::Sender,
        happened: "Texts to this country are switched off.",
        fix: "Switch the country on in Plivo's console under Messaging, Geo permissions.",
    },
    Code { code: "1000", about: About::Route, happened: "The carrier gave no reason.", fix: "" },
];
