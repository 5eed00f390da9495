//! What the account answers: to sends, and to questions about itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Account, PlivoMessage};
use crate::network::{is_public, parameters};

/// The fields of a message, from Plivo's own libraries.
const FIELDS: [&str; 8] = ["src", "dst", "text", "type", "url", "method", "log", "message_expiry"];

/// The query parameters of a list of messages, likewise.
const FILTERS: &str = "subaccount message_direction message_time message_time__gt \
    message_time__gte message_time__lt message_time__lte message_state limit offset error_code \
    message_type from_number to_number";

/// The id of the one application.
const APPLICATION: &str = "29986316244302815";

impl Account {
    /// Whether a request may go on: the right credentials, then the right path.
    fn admit(&self, headers: &HeaderMap, account: &str) -> Result<(), ApiError> {
        if let Some(status) = self.state.read(|records| records.refusal) {
            return Err(ApiError(status));
        }
        let expected = STANDARD.encode(format!("{}:{}", self.auth_id, self.auth_token));
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match given {
            Some(given) if given == format!("Basic {expected}") && account == self.auth_id => {
                Ok(())
            }
            _ => Err(ApiError(401)),
        }
    }

    fn take(&self, body: &[u8]) -> Result<PlivoMessage, ApiError> {
        let body: Value = serde_json::from_slice(body).map_err(|_| ApiError(400))?;
        let fields = body.as_object().ok_or(ApiError(400))?;
        let field = |name: &str| fields.get(name).and_then(Value::as_str);
        let to = field("dst").map(|number| number.trim_start_matches('+')).unwrap_or_default();
        let text = field("text").unwrap_or_default();
        let url = field("url").map(str::to_owned);
        let valid = fields.keys().all(|name| FIELDS.contains(&name.as_str()))
            && field("src").is_some_and(|from| from.trim_start_matches('+') == self.number)
            && (7..=15).contains(&to.len())
            && to.bytes().all(|digit| digit.is_ascii_digit())
            && (1..=1600).contains(&text.chars().count())
            && field("type").is_none_or(|kind| kind == "sms")
            && field("method").is_none_or(|method| method == "POST")
            && url.as_ref().is_none_or(|url| is_public(url));
        if !valid {
            return Err(ApiError(400));
        }
        let message = PlivoMessage {
            uuid: Uuid::new_v4().to_string(),
            to: to.into(),
            body: text.into(),
            state: "queued".into(),
            error_code: None,
            url,
        };
        self.state.change(|records| records.messages.push(message.clone()));
        Ok(message)
    }

    /// What is at a path below the account: its kind and its id, of which either may be missing.
    fn show(&self, kind: &str, id: &str, query: &str) -> Result<Value, ApiError> {
        let uri = |kind: &str, id: &str| format!("/v1/Account/{}/{kind}/{id}/", self.auth_id);
        self.state.read(|records| match (kind, id) {
            ("", "") => Ok(json!({
                "account_type": "standard",
                "auth_id": self.auth_id,
                "auto_recharge": false,
                "billing_mode": "prepaid",
                "cash_credits": records.credits.as_deref().unwrap_or("14.88860"),
                "state": "",
            })),
            ("Number", id) if id == self.number => Ok(json!({
                "number": self.number,
                "number_type": "local",
                "country": "United States",
                "application": uri("Application", APPLICATION),
                "sms_enabled": true,
                "tendlc_registration_status":
                    records.registration.as_deref().unwrap_or("COMPLETED"),
            })),
            ("Application", APPLICATION) => Ok(json!({
                "app_id": APPLICATION,
                "message_method": "POST",
                "message_url": records.message_url.as_deref().unwrap_or_default(),
            })),
            ("Message", "") => {
                let filters = parameters(query.as_bytes(), FILTERS).map_err(|_| ApiError(400))?;
                let found: Vec<_> = records
                    .messages
                    .iter()
                    .rev()
                    .filter(|message| matches(message, &filters))
                    .map(|message| self.resource(message))
                    .collect();
                Ok(json!({ "meta": { "total_count": found.len() }, "objects": found }))
            }
            ("Message", id) => {
                let message = records.messages.iter().find(|message| message.uuid == id);
                Ok(self.resource(message.ok_or(ApiError(404))?))
            }
            _ => Err(ApiError(404)),
        })
    }

    /// A message as Plivo shows it, without its words.
    fn resource(&self, message: &PlivoMessage) -> Value {
        json!({
            "message_uuid": message.uuid,
            "message_state": message.state,
            "message_direction": "outbound",
            "message_type": "sms",
            "from_number": self.number,
            "to_number": message.to,
            "error_code": message.error_code.map(|code| code.to_string()),
            "units": 1,
        })
    }
}

fn matches(message: &PlivoMessage, filters: &BTreeMap<String, String>) -> bool {
    let is = |name: &str, value: &str| filters.get(name).is_none_or(|wanted| wanted == value);
    is("message_direction", "outbound")
        && is("message_state", &message.state)
        && is("to_number", &message.to)
}

pub(super) async fn create(
    State(account): State<Arc<Account>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let work = async {
        match account.admit(&headers, &path).and_then(|()| account.take(&body)) {
            Ok(message) => {
                let (carrier, uuid) = (account.clone(), message.uuid.clone());
                tokio::spawn(async move { carrier.deliver(uuid).await });
                let queued = json!({
                    "api_id": Uuid::new_v4().to_string(),
                    "message": "message(s) queued",
                    "message_uuid": [message.uuid],
                });
                (StatusCode::ACCEPTED, Json(queued)).into_response()
            }
            Err(refusal) => refusal.into_response(),
        }
    };
    account.switch.apply(work).await
}

pub(super) async fn look(
    State(account): State<Arc<Account>>,
    Path(path): Path<Vec<(String, String)>>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let part = |name: &str| path.iter().find(|(part, _)| part == name).map(|(_, it)| it.as_str());
    // The list of messages is the one path whose kind is not a parameter.
    let list = if uri.path().ends_with("/Message/") { "Message" } else { "" };
    let answer = account.admit(&headers, part("account").unwrap_or_default()).and_then(|()| {
        account.show(
            part("kind").unwrap_or(list),
            part("id").unwrap_or_default(),
            &query.unwrap_or_default(),
        )
    });
    let answer = answer.map(|mut shown| {
        shown["api_id"] = Uuid::new_v4().to_string().into();
        Json(shown)
    });
    account.lookups.apply(async { answer.into_response() }).await
}

/// An error as Plivo writes it: an HTTP status, and a sentence that often quotes what was sent.
#[derive(Debug)]
pub(super) struct ApiError(pub(super) u16);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "api_id": Uuid::new_v4().to_string(),
            "error": "Plivo says here what it does not like",
        });
        (StatusCode::from_u16(self.0).unwrap(), Json(body)).into_response()
    }
}
