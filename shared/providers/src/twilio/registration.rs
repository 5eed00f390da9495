//! Whether our numbers may text in the United States, according to carriers there: long codes by
//! brand and campaign (A2P 10DLC), toll-free numbers by verification.

use serde::Deserialize;
use serde_json::Value;

use super::inquiry::Inquiry;
use super::numbers::{Incoming, Service};
use sms::{Check, Finding};

/// The toll-free area codes of North America.
const TOLL_FREE: [&str; 7] = ["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"];

/// A campaign: <https://www.twilio.com/docs/messaging/api/usapptoperson-resource>.
#[derive(Deserialize)]
struct Campaign {
    brand_registration_sid: Option<String>,
    campaign_status: Option<String>,
    errors: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Campaigns {
    compliance: Vec<Campaign>,
}

/// A brand: <https://www.twilio.com/docs/messaging/api/brand-registration-resource>.
#[derive(Deserialize)]
struct Brand {
    status: String,
    failure_reason: Option<String>,
    brand_feedback: Option<Vec<String>>,
    errors: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Brands {
    data: Vec<Brand>,
}

/// <https://www.twilio.com/docs/messaging/api/tollfree-verification-resource>.
#[derive(Deserialize)]
struct Verification {
    status: String,
    rejection_reason: Option<String>,
    error_code: Option<u32>,
    rejection_reasons: Option<Vec<Value>>,
    edit_allowed: Option<bool>,
    edit_expiration: Option<String>,
}

#[derive(Deserialize)]
struct Verifications {
    verifications: Vec<Verification>,
}

/// Why a registration was rejected.
struct Rejection {
    code: u64,
    why: &'static str,
    fix: &'static str,
    /// Whether it can never be submitted again.
    last: bool,
}

/// Reasons by code: <https://www.twilio.com/docs/api/errors>.
const REJECTIONS: &[Rejection] = &[
    Rejection {
        code: 30513,
        why: "it is not clear that people agree to be texted",
        fix: "Ask for consent to text messages in plain words, apart from accepting the terms.",
        last: false,
    },
    Rejection {
        code: 30883,
        why: "sex, hate, alcohol, firearms or tobacco are not permitted",
        fix: "Do not text about it from a number in the United States.",
        last: true,
    },
    Rejection {
        code: 30885,
        why: "it looks like fraud or deception",
        fix: "Write to Twilio's support if that is an error.",
        last: true,
    },
    Rejection {
        code: 30891,
        why: "an address in it could not be opened",
        fix: "Make sure that every address opens without a login, and enter it whole.",
        last: false,
    },
    Rejection {
        code: 30893,
        why: "the sample messages do not fit the described use",
        fix: "Give at least two samples that fit it, one with the business's name and STOP.",
        last: false,
    },
    Rejection {
        code: 30897,
        why: "the kind of business is not permitted, such as loans, gambling or cryptocurrency",
        fix: "Do not text about it from a number in the United States.",
        last: true,
    },
    Rejection {
        code: 30908,
        why: "the privacy policy is missing, cannot be opened, or allows sharing of mobile data",
        fix: "Have the policy say that numbers and consent are shared with nobody for marketing; \
              the page /privacy of the function site does.",
        last: false,
    },
    Rejection {
        code: 30909,
        why: "the message flow does not show completely how people opt in",
        fix: "Describe every way to opt in, with a public address or a screenshot, how often texts \
              come, that message and data rates may apply, and links to terms and privacy.",
        last: false,
    },
    Rejection {
        code: 30910,
        why: "it is not written in English",
        fix: "Write every field in English, and translate samples in other languages.",
        last: false,
    },
    Rejection {
        code: 30917,
        why: "several ways to opt in are ticked, and not each is described",
        fix: "Describe each from beginning to end, and leave those blank that are not used.",
        last: false,
    },
    Rejection {
        code: 30919,
        why: "the website does not show the business, or what it texts",
        fix: "Have the website say who the business is, how to reach it, who gets texts and why, \
              and open without a password; the function site does.",
        last: false,
    },
    Rejection {
        code: 30924,
        why: "the words of consent do not say what is texted, how often, at what rates, or STOP",
        fix: "Say all four beside the place where people agree.",
        last: false,
    },
    Rejection {
        code: 30952,
        why: "federal law does not permit what would be texted",
        fix: "Do not text about it from a number in the United States.",
        last: true,
    },
];

const AGAIN: &str = "Then submit it again, which may cost the vetting fee once more.";
const NEVER_AGAIN: &str = "It cannot be submitted again.";

impl Inquiry<'_> {
    /// The requirements of United States carriers for this number, if any.
    pub(super) async fn registration(
        &self,
        number: &Incoming,
        service: Option<&Service>,
        country: Option<&str>,
    ) -> Option<Finding> {
        if TOLL_FREE.iter().any(|prefix| number.phone_number.starts_with(prefix)) {
            Some(self.toll_free(number).await)
        } else if country == Some("US") {
            Some(self.long_code(number, service).await)
        } else {
            None
        }
    }

    async fn toll_free(&self, number: &Incoming) -> Finding {
        let name = &number.phone_number;
        let query = [("TollfreePhoneNumberSid", number.sid.as_str())];
        let path = "/v1/Tollfree/Verifications";
        let found = match self.get::<Verifications>("messaging", path, &query).await {
            Ok(page) => page.verifications,
            Err(unseen) => return unseen.certainly(CHECK, &format!("the verification of {name}")),
        };
        let approved = found.iter().find(|verification| verification.status == "TWILIO_APPROVED");
        let Some(verification) = approved.or(found.first()) else {
            return Finding::broken(
                CHECK,
                format!("{name} is not verified, and carriers accept nothing from it until it is"),
                "Have it verified in Twilio's console under Regulatory Compliance.",
            );
        };
        match verification.status.as_str() {
            "TWILIO_APPROVED" => Finding::works(CHECK, format!("{name} is verified")),
            "TWILIO_REJECTED" => verification.rejected(name),
            _ => Finding::broken(
                CHECK,
                format!(
                    "{name} is being verified, and carriers accept nothing from it until it is"
                ),
                "Wait three to five business days.",
            ),
        }
    }

    async fn long_code(&self, number: &Incoming, service: Option<&Service>) -> Finding {
        let name = &number.phone_number;
        let campaign = match service {
            Some(service) => {
                let path = format!("/v1/Services/{}/Compliance/Usa2p", service.sid);
                match self.get::<Campaigns>("messaging", &path, &[]).await {
                    Ok(page) => page.compliance.into_iter().next(),
                    Err(unseen) => {
                        return unseen.certainly(CHECK, &format!("the campaign of {name}"));
                    }
                }
            }
            None => None,
        };
        let brand = match self.brand(campaign.as_ref()).await {
            Ok(brand) => brand,
            Err(finding) => return finding,
        };
        if let Some(finding) = brand.and_then(|brand| brand.complaint()) {
            return finding;
        }
        match campaign {
            Some(campaign) => campaign.finding(name),
            None => Finding::broken(
                CHECK,
                format!(
                    "{name} is not registered for the United States (A2P 10DLC), where carriers \
                     refuse its texts"
                ),
                "Register brand and campaign in Twilio's console under Regulatory Compliance, and \
                 add the number to the campaign's messaging service.",
            ),
        }
    }

    /// The brand of a campaign; without a campaign any submitted brand, best first.
    async fn brand(&self, campaign: Option<&Campaign>) -> Result<Option<Brand>, Finding> {
        let path = "/v1/a2p/BrandRegistrations";
        let sid = campaign.and_then(|campaign| campaign.brand_registration_sid.as_deref());
        let brand = match sid {
            Some(sid) => self.get("messaging", &format!("{path}/{sid}"), &[]).await.map(Some),
            None => self.get("messaging", path, &[]).await.map(|page: Brands| {
                page.data.into_iter().min_by_key(|brand| brand.status != "APPROVED")
            }),
        };
        brand.map_err(|unseen| unseen.certainly(CHECK, "the registered brand"))
    }
}

const CHECK: Check = Check::Registration;

impl Brand {
    fn complaint(&self) -> Option<Finding> {
        let why = self.errors.as_deref().unwrap_or_default();
        match self.status.as_str() {
            "APPROVED" => None,
            "PENDING" | "IN_REVIEW" => Some(Finding::broken(
                CHECK,
                "the brand is in review, and carriers of the United States wait for it",
                "Wait; then register the campaign. It takes minutes to days.",
            )),
            "FAILED" => {
                let mut reasons: Vec<_> = why.iter().map(quoted).collect();
                let feedback = self.brand_feedback.iter().flatten();
                reasons.extend(feedback.map(|word| feedback_in_words(word).to_owned()));
                if reasons.is_empty() {
                    reasons.extend(self.failure_reason.clone());
                }
                Some(Finding::broken(
                    CHECK,
                    joined("the brand was rejected", &reasons),
                    "Correct it in Twilio's console under Regulatory Compliance, exactly as the \
                     tax office writes it, and submit it again.",
                ))
            }
            status => Some(Finding::broken(
                CHECK,
                format!("the brand is {}", status.to_lowercase().replace('_', " ")),
                "See the reason in Twilio's console, and write to Twilio's support.",
            )),
        }
    }
}

impl Campaign {
    fn finding(&self, number: &str) -> Finding {
        match self.campaign_status.as_deref().unwrap_or("UNKNOWN") {
            "VERIFIED" => Finding::works(CHECK, format!("{number} has a registered campaign")),
            "IN_PROGRESS" | "PENDING" => Finding::broken(
                CHECK,
                "the campaign is in review, and carriers of the United States refuse texts until \
                 it is through",
                "Wait: it takes days, sometimes three weeks.",
            ),
            "FAILED" => {
                let errors = self.errors.as_deref().unwrap_or_default();
                let (seen, fix, last) = rejected("the campaign was rejected", errors);
                let then = if last { NEVER_AGAIN } else { AGAIN };
                Finding::broken(CHECK, seen, format!("{fix} {then}"))
            }
            status => Finding::broken(
                CHECK,
                format!("the campaign is {}", status.to_lowercase().replace('_', " ")),
                "See the reason in Twilio's console, and write to Twilio's support.",
            ),
        }
    }
}

impl Verification {
    fn rejected(&self, number: &str) -> Finding {
        let mut reasons = self.rejection_reasons.clone().unwrap_or_default();
        let alone = self.error_code.map(u64::from);
        if !reasons.iter().any(|reason| code(reason).is_some()) {
            reasons = vec![serde_json::json!({
                "code": alone, "description": self.rejection_reason,
            })];
        }
        let what = format!("the verification of {number} was rejected");
        let (seen, fix, last) = rejected(&what, &reasons);
        let then = match &self.edit_expiration {
            _ if last || self.edit_allowed == Some(false) => NEVER_AGAIN.into(),
            Some(until) => {
                let day = until.split('T').next().unwrap_or(until);
                format!("It can be corrected until {day}.")
            }
            None => "Then submit it again.".into(),
        };
        Finding::broken(CHECK, seen, format!("{fix} {then}"))
    }
}

/// Why something was rejected, how to fix it, and whether the rejection is final, from Twilio's
/// list of errors.
fn rejected(what: &str, errors: &[Value]) -> (String, String, bool) {
    let known = |error| REJECTIONS.iter().find(|known| Some(known.code) == code(error));
    let reasons: Vec<_> = errors
        .iter()
        .map(|error| match known(error) {
            Some(known) => format!("{} ({})", known.why, known.code),
            None => quoted(error),
        })
        .collect();
    let mut fixes: Vec<_> = errors.iter().filter_map(known).map(|known| known.fix).collect();
    if fixes.is_empty() {
        fixes.push("See the reason in Twilio's console, and correct it.");
    }
    let last = errors.iter().filter_map(known).any(|known| known.last);
    (joined(what, &reasons), fixes.join(" "), last)
}

fn joined(what: &str, reasons: &[String]) -> String {
    match reasons {
        [] => what.into(),
        reasons => format!("{what}: {}", reasons.join("; ")),
    }
}

fn code(error: &Value) -> Option<u64> {
    let code = error.get("error_code").or_else(|| error.get("code"))?;
    code.as_u64().or_else(|| code.as_str()?.parse().ok())
}

/// An error in Twilio's own words, which are about our registration and nobody's texts.
fn quoted(error: &Value) -> String {
    let words = ["description", "reason", "detail"].iter().find_map(|name| error[*name].as_str());
    let words = words.unwrap_or("no reason is given").trim_end_matches('.');
    match code(error) {
        Some(code) => format!("{words} ({code})"),
        None => words.into(),
    }
}

/// <https://www.twilio.com/docs/messaging/api/brand-registration-resource>, `brand_feedback`.
fn feedback_in_words(word: &str) -> &str {
    match word {
        "TAX_ID" => "the tax number does not belong to this business",
        "STOCK_SYMBOL" => "the stock symbol does not belong to this business",
        "GOVERNMENT_ENTITY" => "it could not be confirmed to be a government's",
        "NONPROFIT" => "it could not be confirmed to be a nonprofit",
        "OTHERS" => "its particulars do not match",
        word => word,
    }
}
