//! Checks of a MessageCentral account. Only the token is documented; data without a readable answer
//! is left out, since that is not the owner's fault.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::reports::Row;
use super::{CODES, MessageCentral, SUCCESS, Token, response_code, word};
use sms::code;
use sms::{Check, Finding, Http, Status};

/// The codes of an account on which texts are not activated, and of one without credit.
const NOT_ACTIVE: &str = "913";
const NO_CREDIT: &str = "508";

/// Credit below this part of the last purchase is running out.
const LITTLE: f64 = 0.1;

/// From how many texts on it is significant that none of them arrived.
const ENOUGH: usize = 3;

impl MessageCentral {
    pub(super) async fn findings(&self, http: &Http) -> Vec<Finding> {
        let mut findings: Vec<_> = self.webhook().into_iter().collect();
        let token = match self.token(http, |token| token.usable_until).await {
            Ok(token) => token,
            Err(error) => {
                findings.insert(0, not_let_in(error.code()));
                return findings;
            }
        };
        findings.insert(0, Finding::works(Check::Credentials, "MessageCentral lets us in"));
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let (balance, rows) =
            tokio::join!(self.balance(http, &token), self.rows(http, &token, today, 0));
        findings.extend(balance);
        findings.extend(rows.ok().flatten().and_then(|rows| arrivals(&rows)));
        findings
    }

    /// Every call is refused without a token, whatever is configured at MessageCentral, where we
    /// cannot look.
    fn webhook(&self) -> Option<Finding> {
        self.settings.webhook_token.is_none().then(|| {
            Finding::broken(
                Check::Webhook,
                "every text that comes in is refused: MessageCentral signs nothing, and there is \
                 no MC_WEBHOOK_TOKEN to know its calls by",
                "Set MC_WEBHOOK_TOKEN to what `openssl rand -base64 24` prints, and have \
                 MessageCentral call /webhooks/messagecentral/inbound?token= followed by that, below \
                 PUBLIC_URL.",
            )
        })
    }

    async fn balance(&self, http: &Http, token: &Token) -> Option<Finding> {
        let request = http
            .get(format!("{}/wallet/credits/balance", self.settings.base_url))
            .header("authToken", token.value.expose_secret())
            .query(&[("customerId", &self.settings.customer_id)]);
        let body: Value = http.send(request).await.ok()?.json()?;
        let amount = |value: &Value| word(value)?.parse::<f64>().ok();
        match response_code(&body["responseCode"])? {
            SUCCESS => {
                let bought = amount(&body["data"]["lastRechargedCredit"]);
                Some(left(amount(&body["data"]["credits"])?, bought))
            }
            code if code.to_string() == NO_CREDIT => Some(broken(Check::Balance, NO_CREDIT)),
            code if code.to_string() == NOT_ACTIVE => Some(broken(Check::Account, NOT_ACTIVE)),
            _ => None,
        }
    }
}

/// Why there is no token. An inactive account does not mean wrong credentials.
fn not_let_in(code: &str) -> Finding {
    let bare = code.trim_start_matches("token: ");
    match bare {
        NOT_ACTIVE => broken(Check::Account, NOT_ACTIVE),
        NO_CREDIT => broken(Check::Balance, NO_CREDIT),
        _ if code::find(CODES, code).is_some() => broken(Check::Credentials, code),
        _ => broken(Check::Credentials, bare),
    }
}

fn broken(check: Check, code: &str) -> Finding {
    let (happened, fix) = code::find(CODES, code)
        .map_or(("MessageCentral answers with an unknown code.", ""), |known| {
            (known.happened, known.fix)
        });
    let fix =
        if fix.is_empty() { "Ask MessageCentral's support, and quote the code." } else { fix };
    Finding::broken(check, format!("{} ({code})", happened.trim_end_matches('.')), fix)
}

fn left(credits: f64, bought: Option<f64>) -> Finding {
    const FIX: &str = "Buy credit in MessageCentral's console.";
    let seen = format!("{credits:.2} credits are left");
    if credits <= 0.0 {
        return Finding::broken(Check::Balance, "there is no credit left on the account", FIX);
    }
    match bought {
        Some(bought) if credits < bought * LITTLE => {
            Finding::doubtful(Check::Balance, format!("{seen} of the {bought:.2} bought last"), FIX)
        }
        _ => Finding::works(Check::Balance, seen),
    }
}

/// The status of the texts since yesterday: a few failures are due to phones, many are not.
fn arrivals(rows: &[Row]) -> Option<Finding> {
    const FIX: &str = "See the reports in MessageCentral's console, and ask its support about the \
                       sender and the route; answers go by another provider meanwhile, if there is \
                       one.";
    if rows.is_empty() {
        return None;
    }
    let (mut arrived, mut failed, mut words) = (0, 0, BTreeMap::<String, usize>::new());
    for fate in rows.iter().map(Row::fate) {
        match fate.status {
            Status::Delivered => arrived += 1,
            Status::Undelivered => failed += 1,
            _ => {}
        }
        *words.entry(fate.word).or_default() += 1;
    }
    let words: Vec<_> = words.iter().map(|(word, count)| format!("{word} {count}")).collect();
    let seen = format!("{arrived} of the last {} texts arrived", rows.len());
    let none = arrived == 0 && rows.len() >= ENOUGH;
    Some(match none || failed * 10 > rows.len() {
        true => Finding::doubtful(Check::Errors, format!("{seen}: {}", words.join(", ")), FIX),
        false => Finding::works(Check::Errors, seen),
    })
}
