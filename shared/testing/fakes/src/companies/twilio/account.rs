//! The state of a Twilio account: its numbers and the targets of their texts, registrations, money,
//! permissions, warnings.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Account, ApiError};
use crate::network::parameters;

/// The setup of a Twilio account, initially correct.
#[derive(Clone, Debug)]
pub struct TwilioSetup {
    /// `active`, `suspended` or `closed`.
    pub status: &'static str,
    /// `Full` or `Trial`.
    pub kind: &'static str,
    /// The remaining credit, in US dollars.
    pub balance: f64,
    /// The spending on each of the last days, in US dollars.
    pub spent: f64,
    /// Whether the account owns the number.
    pub owned: bool,
    /// Whether the number can text.
    pub can_text: bool,
    /// The target of the number's texts, and its method.
    pub sms_url: String,
    /// `POST` or `GET`.
    pub sms_method: &'static str,
    /// The target of an application of the number, which takes precedence.
    pub application_url: Option<String>,
    /// Whether the messaging service exists.
    pub service: bool,
    /// Whether the messaging service has the number.
    pub pooled: bool,
    /// The target of the messaging service, instead of the number's. `None`: it leaves texts to the
    /// number. Empty: nowhere.
    pub service_url: Option<String>,
    /// The campaign's status, such as `VERIFIED`, if there is a campaign.
    pub campaign: Option<&'static str>,
    /// Why the campaign failed, by code.
    pub campaign_errors: Vec<u32>,
    /// The brand's status, such as `APPROVED`, if there is a brand.
    pub brand: Option<&'static str>,
    /// The mismatched detail of the brand, such as `TAX_ID`.
    pub brand_feedback: Vec<&'static str>,
    /// The status of a toll-free number's verification, such as `TWILIO_APPROVED`, if there is one.
    pub verification: Option<&'static str>,
    /// Why the verification was rejected, by code.
    pub verification_error: Option<u32>,
    /// Until when the verification can be corrected, if it can.
    pub edit_expiration: Option<&'static str>,
    /// Whether texts within the number's country are permitted.
    pub permitted: bool,
    /// Twilio's warnings since yesterday, by code, newest first.
    pub alerts: Vec<u32>,
    /// Endings of paths that these credentials may not read.
    pub hidden: Vec<&'static str>,
}

impl Default for TwilioSetup {
    fn default() -> Self {
        Self {
            status: "active",
            kind: "Full",
            balance: 42.5,
            spent: 0.25,
            owned: true,
            can_text: true,
            sms_url: "https://text.example/webhooks/twilio/inbound#rc=5&rp=all".into(),
            sms_method: "POST",
            application_url: None,
            service: true,
            pooled: true,
            service_url: None,
            campaign: Some("VERIFIED"),
            campaign_errors: vec![],
            brand: Some("APPROVED"),
            brand_feedback: vec![],
            verification: Some("TWILIO_APPROVED"),
            verification_error: None,
            edit_expiration: None,
            permitted: true,
            alerts: vec![],
            hidden: vec![],
        }
    }
}

const NUMBER: &str = "PN00000000000000000000000000000001";
const APPLICATION: &str = "AP00000000000000000000000000000001";
const BRAND: &str = "BN00000000000000000000000000000001";

impl Account {
    /// The resource at a path, if there is one. An undocumented parameter is refused.
    fn resource(&self, uri: &Uri) -> Result<Value, ApiError> {
        let setup = self.state.read(|records| records.setup.clone());
        if setup.hidden.iter().any(|end| uri.path().ends_with(end)) {
            return Err(ApiError::of(20006));
        }
        let path = uri.path().trim_start_matches('/').trim_end_matches(".json");
        let segments: Vec<_> = path.split('/').collect();
        Ok(match segments[..] {
            ["2010-04-01", "Accounts", sid, ref rest @ ..]
                if sid == self.sid && uri.path().ends_with(".json") =>
            {
                return self.of_account(&setup, rest, uri);
            }
            ["v1", "Services"] => {
                query(uri, "PageSize")?;
                let service = setup.service.then(|| self.service(&setup));
                json!({ "services": Vec::from_iter(service), "meta": {} })
            }
            ["v1", "Services", sid, ref rest @ ..]
                if setup.service && sid == self.messaging_service =>
            {
                query(uri, "PageSize")?;
                return self.of_service(&setup, rest);
            }
            ["v1", "a2p", "BrandRegistrations"] => {
                json!({ "data": Vec::from_iter(brand(&setup)), "meta": {} })
            }
            ["v1", "a2p", "BrandRegistrations", BRAND] => brand(&setup).ok_or_else(absent)?,
            ["v1", "Tollfree", "Verifications"] => {
                let of = query(uri, "TollfreePhoneNumberSid Status PageSize")?;
                let verification = verification(&setup)
                    .filter(|_| of.get("TollfreePhoneNumberSid").is_none_or(|sid| sid == NUMBER));
                json!({ "verifications": Vec::from_iter(verification), "meta": {} })
            }
            ["v1", "Messaging", "GeoPermissions"] => {
                permissions(&setup, &query(uri, "CountryCode")?)
            }
            ["v1", "Alerts"] => {
                query(uri, "LogLevel StartDate EndDate PageSize")?;
                let alert =
                    |code: &u32| json!({ "error_code": code.to_string(), "log_level": "error" });
                json!({ "alerts": setup.alerts.iter().map(alert).collect::<Vec<_>>(), "meta": {} })
            }
            ["v2", "PhoneNumbers", number] if number == self.number => json!({
                "calling_country_code": "1",
                "country_code": "US",
                "phone_number": number,
                "valid": true,
            }),
            _ => return Err(absent()),
        })
    }

    fn of_account(&self, setup: &TwilioSetup, rest: &[&str], uri: &Uri) -> Result<Value, ApiError> {
        Ok(match rest {
            [] => self.itself(setup),
            _ if setup.status != "active" => return Err(ApiError::of(20003)),
            ["Balance"] => json!({
                "account_sid": self.sid,
                "balance": setup.balance.to_string(),
                "currency": "USD",
            }),
            ["Usage", "Records", "Daily"] => {
                spending(setup, &query(uri, "Category StartDate EndDate PageSize")?)?
            }
            ["IncomingPhoneNumbers"] => {
                self.numbers(setup, &query(uri, "PhoneNumber PageSize Page")?)
            }
            ["Applications", APPLICATION] => json!({
                "sid": APPLICATION,
                "sms_url": setup.application_url.as_ref().ok_or_else(absent)?,
                "sms_method": "POST",
            }),
            _ => return Err(absent()),
        })
    }

    fn of_service(&self, setup: &TwilioSetup, rest: &[&str]) -> Result<Value, ApiError> {
        Ok(match rest {
            [] => self.service(setup),
            ["PhoneNumbers"] => {
                let number = json!({
                    "sid": NUMBER,
                    "phone_number": self.number,
                    "country_code": "US",
                    "capabilities": ["SMS"],
                });
                let pooled = setup.pooled.then_some(number);
                json!({ "phone_numbers": Vec::from_iter(pooled), "meta": {} })
            }
            ["Compliance", "Usa2p"] => {
                let campaign = setup.campaign.map(|status| campaign(setup, status));
                json!({ "compliance": Vec::from_iter(campaign), "meta": {} })
            }
            _ => return Err(absent()),
        })
    }

    fn itself(&self, setup: &TwilioSetup) -> Value {
        json!({
            "sid": self.sid,
            "owner_account_sid": self.sid,
            "friendly_name": "Shop",
            "status": setup.status,
            "type": setup.kind,
        })
    }

    fn numbers(&self, setup: &TwilioSetup, query: &BTreeMap<String, String>) -> Value {
        let application = setup.application_url.as_ref().map(|_| APPLICATION);
        let number = json!({
            "sid": NUMBER,
            "phone_number": self.number,
            "capabilities": { "voice": true, "sms": setup.can_text, "mms": false, "fax": false },
            "sms_url": setup.sms_url,
            "sms_method": setup.sms_method,
            "sms_application_sid": application.unwrap_or_default(),
            "status": "in-use",
        });
        let wanted = query.get("PhoneNumber").is_none_or(|wanted| *wanted == self.number);
        let number = (setup.owned && wanted).then_some(number);
        json!({ "incoming_phone_numbers": Vec::from_iter(number), "next_page_uri": null })
    }

    fn service(&self, setup: &TwilioSetup) -> Value {
        json!({
            "sid": self.messaging_service,
            "friendly_name": "Shop",
            "inbound_request_url": setup.service_url.as_deref().filter(|url| !url.is_empty()),
            "inbound_method": "POST",
            "use_inbound_webhook_on_number": setup.service_url.is_none(),
        })
    }
}

fn absent() -> ApiError {
    ApiError::of(20404)
}

/// What is asked for, of these names and no other.
fn query(uri: &Uri, names: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let query = uri.query().unwrap_or_default();
    parameters(query.as_bytes(), names).map_err(|name| ApiError::about(20001, &name))
}

/// Whether texts may go to the number's country.
fn permissions(setup: &TwilioSetup, query: &BTreeMap<String, String>) -> Value {
    let us = json!({
        "country_code": "US",
        "type": "country",
        "enabled": setup.permitted,
        "prefix": "+1",
        "message": "",
    });
    let us = query.get("CountryCode").is_none_or(|code| code == "US").then_some(us);
    json!({ "permissions": Vec::from_iter(us) })
}

/// The price is a string, though the API's description has it as a number.
fn spending(setup: &TwilioSetup, query: &BTreeMap<String, String>) -> Result<Value, ApiError> {
    let days = query.get("StartDate").and_then(|start| start.strip_prefix('-'));
    let days = days.and_then(|days| days.strip_suffix("days")).and_then(|days| days.parse().ok());
    let days: usize = days.ok_or(ApiError::about(20422, "StartDate"))?;
    let record = json!({
        "category": query.get("Category"),
        "price": setup.spent.to_string(),
        "price_unit": "usd",
    });
    Ok(json!({ "usage_records": vec![record; days], "next_page_uri": null }))
}

fn campaign(setup: &TwilioSetup, status: &str) -> Value {
    let error = |code: &u32| {
        json!({
            "error_code": code,
            "fields": ["MESSAGE_FLOW"],
            "url": format!("https://www.twilio.com/docs/api/errors/{code}"),
            "description": "The campaign submission has been reviewed and it was rejected.",
        })
    };
    json!({
        "sid": "QE2c6890da8086d771620e9b13fadeba0b",
        "brand_registration_sid": BRAND,
        "campaign_status": status,
        "errors": setup.campaign_errors.iter().map(error).collect::<Vec<_>>(),
    })
}

fn brand(setup: &TwilioSetup) -> Option<Value> {
    Some(json!({
        "sid": BRAND,
        "status": setup.brand?,
        "failure_reason": null,
        "brand_feedback": setup.brand_feedback,
        "errors": [],
    }))
}

fn verification(setup: &TwilioSetup) -> Option<Value> {
    Some(json!({
        "sid": "HH00000000000000000000000000000001",
        "tollfree_phone_number_sid": NUMBER,
        "status": setup.verification?,
        "rejection_reason": setup.verification_error.map(|_| "Opt-in"),
        "error_code": setup.verification_error,
        "rejection_reasons": null,
        "edit_allowed": setup.verification_error.map(|_| setup.edit_expiration.is_some()),
        "edit_expiration": setup.edit_expiration,
    }))
}

pub(super) async fn show(
    State(account): State<Arc<Account>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let answer = || {
        account.admit(&headers, &account.sid)?;
        if method != Method::GET {
            return Err(ApiError::of(20004));
        }
        account.resource(&uri)
    };
    answer().map(Json).into_response()
}
