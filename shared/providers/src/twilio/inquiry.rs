//! Queries about a Twilio account, and the findings if Twilio does not answer them.
//!
//! Only GET, and nothing that costs: <https://www.twilio.com/docs/usage/api>. Only the first page
//! of a list is read.

use serde::de::DeserializeOwned;
use sms::{Check, Finding, Http};

use super::{ApiError, BASE_URL, FIVE_DIGITS, Twilio};

/// One inspection of an account.
pub(super) struct Inquiry<'a> {
    pub(super) twilio: &'a Twilio,
    pub(super) http: &'a Http,
}

/// Why Twilio does not show something.
pub(super) enum Unseen {
    /// It does not exist.
    Absent,
    /// Refused with this code, Twilio's or ours.
    Refused(String),
}

impl Inquiry<'_> {
    /// The path of a resource of the account.
    pub(super) fn of_account(&self, resource: &str) -> String {
        format!("/2010-04-01/Accounts/{}{resource}.json", self.twilio.account_sid)
    }

    /// Reads a resource of one of Twilio's APIs, each of which has its own host.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        api: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Unseen> {
        let base = match self.twilio.base_url == BASE_URL {
            true => format!("https://{api}.twilio.com"),
            false => self.twilio.base_url.clone(),
        };
        let request = self.http.get(format!("{base}{path}")).query(query);
        let answer = self.http.send(self.twilio.authorize(request)).await;
        let answer = answer.map_err(|error| Unseen::Refused(error.code().into()))?;
        match answer.status {
            200 => answer.json().ok_or_else(|| Unseen::Refused("unreadable".into())),
            404 => Err(Unseen::Absent),
            _ => Err(Unseen::Refused(match answer.json::<ApiError>() {
                Some(ApiError { code }) if FIVE_DIGITS.contains(&code) => code.to_string(),
                _ => answer.otherwise().code().into(),
            })),
        }
    }
}

/// The fix if Twilio does not show something.
pub(super) const LOOK_THERE: &str = "See it in Twilio's console, or try again.";

impl Unseen {
    /// The finding about something that may well be missing, and that nothing depends on.
    pub(super) fn finding(&self, check: Check, what: &str) -> Option<Finding> {
        match self {
            Self::Absent => None,
            Self::Refused(_) => Some(self.certainly(check, what)),
        }
    }

    /// The finding about something that has to exist.
    pub(super) fn certainly(&self, check: Check, what: &str) -> Finding {
        let (because, code) = match self {
            Self::Absent => ("there is none", "20404"),
            Self::Refused(code) => (reason(code), code.as_str()),
        };
        Finding::doubtful(
            check,
            format!("Twilio does not show {what}: {because} ({code})"),
            LOOK_THERE,
        )
    }
}

/// Why a query was not answered, though the credentials are right.
fn reason(code: &str) -> &'static str {
    match code {
        "http 401" | "http 403" | "20003" | "20006" => "these credentials may not see it",
        "http 429" | "20429" => "too many requests came at once",
        "connect" | "timeout" | "cut" => "no answer came",
        _ => "the answer was not as documented",
    }
}
