//! Checks of a Plivo account: credentials, balance, the number and where its texts go, and recent
//! failures. Changes nothing there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sms::code;
use sms::{About, Check, Finding, Http};
use url::Url;

use super::codes::CODES;
use super::{Message, Plivo, json};
use crate::address;

/// The limit of a low balance, in dollars: a few hundred texts.
const LOW_CREDIT: f64 = 5.0;

#[derive(Deserialize)]
struct List<T> {
    objects: Vec<T>,
}

#[derive(Deserialize)]
struct Account {
    cash_credits: Option<String>,
    #[serde(default)]
    auto_recharge: bool,
    billing_mode: Option<String>,
}

/// A number of the account.
#[derive(Deserialize)]
struct OwnNumber {
    #[serde(default)]
    sms_enabled: bool,
    number_type: Option<String>,
    application: Option<String>,
    tendlc_registration_status: Option<String>,
}

#[derive(Deserialize)]
struct Application {
    message_url: Option<String>,
}

#[derive(Deserialize)]
struct Verification {
    status: String,
}

impl Account {
    fn balance(&self) -> Finding {
        const CHECK: Check = Check::Balance;
        const TOP_UP: &str = "Top it up in Plivo's console, and switch automatic recharge on.";
        let credit = self.cash_credits.as_ref().and_then(|credit| credit.parse::<f64>().ok());
        match credit {
            _ if self.billing_mode.as_deref() == Some("postpaid") => {
                Finding::works(CHECK, "the account is billed afterwards")
            }
            None => Finding::doubtful(
                CHECK,
                "Plivo does not show the balance",
                "Look at the balance in Plivo's console.",
            ),
            Some(credit) if credit <= 0.0 => {
                Finding::broken(CHECK, format!("{credit:.2} dollars are left"), TOP_UP)
            }
            Some(credit) if credit < LOW_CREDIT && !self.auto_recharge => {
                Finding::doubtful(CHECK, format!("{credit:.2} dollars are left"), TOP_UP)
            }
            Some(credit) => Finding::works(CHECK, format!("{credit:.2} dollars are left")),
        }
    }
}

impl Plivo {
    pub(super) async fn findings(&self, http: &Http) -> Vec<Finding> {
        let answer = match self.get(http, "").await {
            Ok(answer) => answer,
            Err(error) => {
                return vec![code::unseen(CODES, "Plivo", Check::Credentials, error.code())];
            }
        };
        let Some(account) = json::<Account>(&answer) else {
            return vec![match answer.status {
                401 | 404 => Finding::broken(
                    Check::Credentials,
                    "Plivo does not let us in: the credentials are wrong",
                    "Copy PLIVO_AUTH_ID and PLIVO_AUTH_TOKEN from Plivo's console again.",
                ),
                403 => Finding::broken(
                    Check::Account,
                    "Plivo knows the account, but does not let it do this",
                    "Check in Plivo's console that the account is activated.",
                ),
                status => {
                    code::unseen(CODES, "Plivo", Check::Credentials, &format!("http {status}"))
                }
            }];
        };
        let mut findings =
            vec![Finding::works(Check::Credentials, "Plivo lets us in"), account.balance()];
        findings.extend(self.examine_number(http).await);
        findings.push(self.recent_errors(http).await);
        findings
    }

    /// The resource at this path, or the finding if it cannot be read.
    async fn look<T: DeserializeOwned>(
        &self,
        http: &Http,
        path: &str,
        check: Check,
    ) -> Result<Option<T>, Finding> {
        let answer = self
            .get(http, path)
            .await
            .map_err(|error| code::unseen(CODES, "Plivo", check, error.code()))?;
        match json(&answer) {
            None if answer.status == 404 => Ok(None),
            None => Err(code::unseen(CODES, "Plivo", check, &format!("http {}", answer.status))),
            found => Ok(found),
        }
    }

    /// Whether the number is ours, can text, is registered, and leads to us.
    async fn examine_number(&self, http: &Http) -> Vec<Finding> {
        let Some(digits) = self.from.strip_prefix('+') else {
            return vec![Finding::doubtful(
                Check::Number,
                "texts are sent from a name, which nobody can answer",
                "Set PLIVO_FROM to a number of the account.",
            )];
        };
        let path = format!("Number/{digits}/");
        let number = match self.look::<OwnNumber>(http, &path, Check::Number).await {
            Ok(Some(number)) => number,
            Ok(None) => {
                return vec![Finding::broken(
                    Check::Number,
                    format!("{} is not a number of the account", self.from),
                    "Set PLIVO_FROM to a number that the account has rented.",
                )];
            }
            Err(finding) => return vec![finding],
        };
        let mut findings = vec![match number.sms_enabled {
            true => Finding::works(Check::Number, format!("{} is ours and can text", self.from)),
            false => Finding::broken(
                Check::Number,
                format!("{} cannot text", self.from),
                "Set PLIVO_FROM to a number that can text.",
            ),
        }];
        findings.extend(self.examine_webhook(http, &number).await);
        findings.extend(self.examine_registration(http, digits, &number).await);
        findings
    }

    async fn examine_webhook(&self, http: &Http, number: &OwnNumber) -> Option<Finding> {
        const CHECK: Check = Check::Webhook;
        let ours = self.webhook("inbound", None)?;
        let shown = &ours[..url::Position::AfterPath];
        let uri = number.application.as_deref().unwrap_or_default().trim_end_matches('/');
        let Some((_, id)) = uri.rsplit_once('/') else {
            return Some(Finding::broken(
                CHECK,
                "the number belongs to no application, so texts to it lead nowhere",
                format!(
                    "Make an application in Plivo's console with {shown} as its message URL, and \
                     give the number to it."
                ),
            ));
        };
        let path = format!("Application/{id}/");
        let application = match self.look::<Application>(http, &path, CHECK).await {
            Ok(application) => application,
            Err(finding) => return Some(finding),
        };
        let entered = application.and_then(|application| application.message_url);
        let entered = entered.and_then(|entered| Url::parse(&entered).ok());
        let leads_here =
            entered.as_ref().is_some_and(|url| url[..url::Position::AfterPath] == *shown);
        let with_token = format!("{shown}?token= and the value of PLIVO_WEBHOOK_TOKEN");
        Some(if !leads_here {
            Finding::broken(
                CHECK,
                "texts to the number lead elsewhere",
                format!("Enter as the message URL of its application in Plivo's console {shown}."),
            )
        } else if self.webhook_token.is_none() {
            Finding::doubtful(
                CHECK,
                "the address is ours, but Plivo's older signatures prove too little",
                format!("Set PLIVO_WEBHOOK_TOKEN, and enter as the message URL {with_token}."),
            )
        } else if entered.and_then(|it| address::token(it.query())) != address::token(ours.query())
        {
            Finding::broken(
                CHECK,
                "the address is ours, but lacks the right token",
                format!(
                    "Enter as the message URL of the number's application in Plivo's console \
                     {with_token}."
                ),
            )
        } else {
            Finding::works(CHECK, format!("texts to the number lead to {shown}"))
        })
    }

    /// Only carriers in the USA and Canada require a number to be registered.
    async fn examine_registration(
        &self,
        http: &Http,
        digits: &str,
        number: &OwnNumber,
    ) -> Option<Finding> {
        const CHECK: Check = Check::Registration;
        if number.number_type.as_deref() == Some("tollfree") && digits.starts_with('1') {
            let path = format!("TollfreeVerification/?number={digits}");
            let found = match self.look::<List<Verification>>(http, &path, CHECK).await {
                Ok(found) => found.map(|list| list.objects).unwrap_or_default(),
                Err(finding) => return Some(finding),
            };
            let is = |status: &str| found.iter().any(|found| found.status == status);
            return Some(if is("APPROVED") {
                Finding::works(CHECK, "the toll-free number is verified")
            } else if is("SUBMITTED") {
                Finding::doubtful(
                    CHECK,
                    "the toll-free number is being verified, and carriers block it until then",
                    "Wait some days.",
                )
            } else {
                Finding::broken(
                    CHECK,
                    "the toll-free number is not verified, so carriers block it",
                    "Have it verified in Plivo's console; see there what was wrong if it was \
                     refused.",
                )
            });
        }
        // Without this field, it is not a number in the USA.
        Some(match number.tendlc_registration_status.as_deref()? {
            "COMPLETED" => Finding::works(CHECK, "the number is registered (10DLC)"),
            "PROCESSING" => Finding::doubtful(
                CHECK,
                "the number is being registered (10DLC), and carriers block it until then",
                "Wait some days.",
            ),
            _ => Finding::broken(
                CHECK,
                "the number is not registered for the United States (10DLC), so carriers block it",
                "Register brand and campaign in Plivo's console, and link the number to the \
                 campaign.",
            ),
        })
    }

    /// Failures within the last day that are not due to the person or the phone.
    async fn recent_errors(&self, http: &Http) -> Finding {
        const CHECK: Check = Check::Errors;
        let mut codes: BTreeMap<String, u32> = BTreeMap::new();
        for state in ["failed", "undelivered"] {
            let path =
                format!("Message/?message_direction=outbound&message_state={state}&limit=20");
            let list = match self.look::<List<Message>>(http, &path, CHECK).await {
                Ok(list) => list.map(|list| list.objects).unwrap_or_default(),
                Err(finding) => return finding,
            };
            for code in list.into_iter().filter_map(|message| message.error_code) {
                *codes.entry(code).or_default() += 1;
            }
        }
        codes.retain(|code, _| {
            let known = code::find(CODES, code);
            !known.is_some_and(|known| {
                matches!(known.about, About::Number | About::Phone | About::Person)
            })
        });
        let Some((code, count)) = codes.iter().max_by_key(|(_, count)| **count) else {
            return Finding::works(
                CHECK,
                "nothing failed within a day except on people's own phones",
            );
        };
        let known = code::find(CODES, code);
        let mut seen = format!("{count} of the last texts failed with code {code}");
        if let Some(known) = known {
            let _ = write!(seen, ": {}", known.happened.trim_end_matches('.'));
        }
        let fix = known.map(|known| known.fix).filter(|fix| !fix.is_empty());
        Finding::doubtful(CHECK, seen, fix.unwrap_or("See the message logs in Plivo's console."))
    }
}
