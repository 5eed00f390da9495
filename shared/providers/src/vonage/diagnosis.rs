//! Checks of a Vonage account.

use serde_json::json;
use sms::code;
use sms::{About, Check, Code, Finding, Http};

use super::codes::CODES;
use super::{Vonage, problem};

impl Vonage {
    /// The checks that an application's key allows: whether it is accepted. Balance, numbers and
    /// addresses are shown only to the account's key and secret, which we do not ask for.
    pub(super) async fn findings(&self, http: &Http) -> Vec<Finding> {
        let unseen = |code: &str| code::unseen(CODES, "Vonage", Check::Credentials, code);
        // A message without a recipient cannot be sent.
        let answer = match self.post(http, &json!({ "channel": "sms" })).await {
            Ok(answer) => answer,
            Err(error) => return vec![unseen(error.code())],
        };
        let code = problem(&answer);
        let code = code.as_deref().unwrap_or_default();
        let known = code::find(CODES, code).filter(|known| known.about == About::Account);
        let let_in = Finding::works(Check::Credentials, "Vonage accepts the application's key");
        match (answer.status, known) {
            (401, known) => {
                let known = known.or(code::find(CODES, "unauthorized"));
                known.map(|known| broken(Check::Credentials, known)).into_iter().collect()
            }
            (402 | 403, Some(known)) if matches!(code, "low-balance" | "1070") => {
                vec![let_in, broken(Check::Balance, known)]
            }
            (402 | 403, Some(known)) => vec![let_in, broken(Check::Account, known)],
            (400 | 422, _) if !code.is_empty() => vec![let_in],
            (status, _) => vec![unseen(&format!("http {status}"))],
        }
    }
}

fn broken(check: Check, known: &Code) -> Finding {
    let seen = known.happened.trim_end_matches('.');
    Finding::broken(check, seen, known.fix)
}
