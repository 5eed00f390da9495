//! Sends, and questions about messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Account, ApiError, ERRORS, Fate, TwilioMessage, sid};
use crate::network::{is_public, parameters};

/// The form fields of a send, from Twilio's published API description.
const FIELDS: &str = "To From MessagingServiceSid Body MediaUrl ContentSid ContentVariables \
    StatusCallback ApplicationSid ValidityPeriod ProvideFeedback Attempt MaxPrice ForceDelivery \
    ContentRetention AddressRetention SmartEncoded PersistentAction TrafficType ShortenUrls \
    ScheduleType SendAt SendAsMms RiskCheck FallbackFrom";

/// The query parameters of a list, from the same document.
const FILTERS: &str = "To From DateSent DateSent< DateSent> PageSize Page PageToken";

impl Account {
    pub(super) fn take(
        &self,
        fields: &BTreeMap<String, String>,
    ) -> Result<TwilioMessage, ApiError> {
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();
        let to = field("To").ok_or(ApiError::of(21604))?;
        if !is_e164(&to) {
            return Err(ApiError::about(21211, &to));
        }
        let messaging_service = field("MessagingServiceSid");
        match (field("From"), &messaging_service) {
            (None, None) => return Err(ApiError::of(21603)),
            (_, Some(service)) if *service != self.messaging_service => {
                return Err(ApiError::of(21701));
            }
            (Some(from), _) if !is_e164(&from) => return Err(ApiError::about(21212, &from)),
            (Some(from), _) if from != self.number => return Err(ApiError::about(21606, &from)),
            _ => {}
        }
        let body = field("Body").unwrap_or_default();
        if body.is_empty() && field("MediaUrl").is_none() && field("ContentSid").is_none() {
            return Err(ApiError::of(21602));
        }
        if body.chars().count() > 1600 {
            return Err(ApiError::of(21617));
        }
        let status_callback = field("StatusCallback");
        if status_callback.as_deref().is_some_and(|url| !is_public(url)) {
            return Err(ApiError::of(21609));
        }
        if let Some(seconds) = field("ValidityPeriod")
            && !seconds.parse().is_ok_and(|seconds: u32| (1..=36_000).contains(&seconds))
        {
            return Err(ApiError::of(20422));
        }
        let status = if messaging_service.is_some() { "accepted" } else { "queued" };
        let message = TwilioMessage {
            sid: sid("SM"),
            to,
            from: self.number.clone(),
            messaging_service,
            body,
            status: status.into(),
            error_code: None,
            status_callback,
            inbound: false,
            created: now(),
        };
        self.state.change(|records| {
            if let Some(code) = records.refusal {
                return Err(ApiError::about(code, &message.to));
            }
            if records.blocked.contains(&message.to) {
                return Err(ApiError::of(21610));
            }
            records.messages.push(message.clone());
            Ok(message)
        })
    }

    /// Lets a message that was taken meet its fate.
    pub(super) async fn deliver(&self, sid: String) {
        let (route, last, code) = match self.state.read(|records| records.fate.clone()) {
            Fate::Lost => return,
            Fate::Delivered(route) => (route, "delivered", None),
            Fate::Undelivered(route, code) => (route, "undelivered", Some(code)),
        };
        for (status, code) in [("sent", None), (last, code)] {
            if let Some(call) = self.report(&route, &sid, status, code) {
                let answered = call.try_post().await.is_some();
                self.state.change(|records| records.reports_answered += usize::from(answered));
            }
        }
    }
}

pub(super) async fn create(
    State(account): State<Arc<Account>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let take = || {
        account.admit(&headers, &path)?;
        // Anything but a form is to Twilio a request without parameters.
        let is_form = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let body: &[u8] = if is_form { &body } else { &[] };
        account.take(&parameters(body, FIELDS).map_err(|name| ApiError::about(20001, &name))?)
    };
    let work = async {
        match take() {
            Ok(message) => {
                let (carrier, sid) = (account.clone(), message.sid.clone());
                tokio::spawn(async move { carrier.deliver(sid).await });
                (StatusCode::CREATED, Json(resource(&account.sid, &message))).into_response()
            }
            Err(refusal) => refusal.into_response(),
        }
    };
    account.switch.apply(work).await
}

pub(super) async fn list(
    State(account): State<Arc<Account>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let answer = || {
        account.admit(&headers, &path)?;
        let filters =
            parameters(query.as_bytes(), FILTERS).map_err(|name| ApiError::about(20001, &name))?;
        account.state.read(|records| page(&account.sid, &records.messages, &filters, uri.path()))
    };
    account.lookups.apply(async { answer().map(Json).into_response() }).await
}

pub(super) async fn fetch(
    State(account): State<Arc<Account>>,
    Path((path, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let answer = || {
        account.admit(&headers, &path)?;
        let sid = file.strip_suffix(".json").ok_or(ApiError::of(20404))?;
        account.state.read(|records| {
            let message = records.messages.iter().find(|message| message.sid == sid);
            Ok(resource(&account.sid, message.ok_or(ApiError::of(20404))?))
        })
    };
    let answer: Result<Value, ApiError> = answer();
    account.lookups.apply(async { answer.map(Json).into_response() }).await
}

/// One page of messages, newest first.
fn page(
    account: &str,
    messages: &[TwilioMessage],
    filters: &BTreeMap<String, String>,
    path: &str,
) -> Result<Value, ApiError> {
    let filter = |name: &str| filters.get(name).map(String::as_str);
    let number = |name: &str, default: usize| match filter(name) {
        Some(value) => value.parse().map_err(|_| ApiError::about(20422, name)),
        None => Ok(default),
    };
    let (page, page_size) = (number("Page", 0)?, number("PageSize", 50)?.clamp(1, 1000));
    let (on, until, since) =
        (days(filter("DateSent"))?, days(filter("DateSent<"))?, days(filter("DateSent>"))?);
    let found: Vec<_> = messages
        .iter()
        .rev()
        .filter(|message| filter("To").is_none_or(|to| message.to == to))
        .filter(|message| filter("From").is_none_or(|from| message.from == from))
        .filter(|message| on.is_none_or(|(a, z)| a <= message.created && message.created <= z))
        .filter(|message| until.is_none_or(|(_, z)| message.created <= z))
        .filter(|message| since.is_none_or(|(a, _)| a <= message.created))
        .collect();
    // The token names the last message of the page before, so that new ones do not shift pages.
    let last = |token: &str| found.iter().position(|message| format!("PA{}", message.sid) == token);
    let start = match filter("PageToken") {
        Some(token) => last(token).ok_or(ApiError::about(20422, "PageToken"))? + 1,
        None if page > 0 => return Err(ApiError::about(20422, "PageToken")),
        None => 0,
    };
    let end = found.len().min(start + page_size);
    let uri = |page: usize, token: Option<&str>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = filters.iter().filter(|(name, _)| !name.starts_with("Page"));
        query.extend_pairs(kept).append_pair("PageSize", &page_size.to_string());
        query.append_pair("Page", &page.to_string());
        if let Some(token) = token {
            query.append_pair("PageToken", token);
        }
        format!("{path}?{}", query.finish())
    };
    let next =
        (end < found.len()).then(|| uri(page + 1, Some(&format!("PA{}", found[end - 1].sid))));
    Ok(json!({
        "messages": found[start..end].iter().map(|message| resource(account, message)).collect::<Vec<_>>(),
        "first_page_uri": uri(0, None),
        "next_page_uri": next,
        "previous_page_uri": (page > 0).then(|| uri(page - 1, None)),
        "uri": uri(page, filter("PageToken")),
        "page": page,
        "page_size": page_size,
        "start": start,
        "end": end.saturating_sub(1),
    }))
}

/// The first and last instant that a date or a time in a filter means.
fn days(value: Option<&str>) -> Result<Option<(Timestamp, Timestamp)>, ApiError> {
    let Some(value) = value else { return Ok(None) };
    if let Ok(instant) = value.parse() {
        return Ok(Some((instant, instant)));
    }
    let date: civil::Date = value.parse().map_err(|_| ApiError::about(20422, "DateSent"))?;
    let start = date.to_zoned(TimeZone::UTC).unwrap().timestamp();
    Ok(Some((start, start + SignedDuration::from_secs(86_399))))
}

/// A message as Twilio writes it: counts are strings, dates RFC 2822, `date_sent` is there while it
/// is queued (as in the examples of the API description), and a Messaging Service has
/// chosen no number yet when it answers.
fn resource(account: &str, message: &TwilioMessage) -> Value {
    let undecided = message.status == "accepted";
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", message.sid);
    let date = jiff::fmt::rfc2822::to_string(&message.created.to_zoned(TimeZone::UTC)).unwrap();
    let title = |code| ERRORS.iter().find(|error| error.0 == code).map_or("Unknown error", |e| e.2);
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": date,
        "date_sent": date,
        "date_updated": date,
        "direction": if message.inbound { "inbound" } else { "outbound-api" },
        "error_code": message.error_code,
        "error_message": message.error_code.map(title),
        "from": (!undecided).then_some(&message.from),
        "messaging_service_sid": message.messaging_service,
        "num_media": "0",
        "num_segments": if undecided { "0" } else { "1" },
        "price": null,
        "price_unit": null,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "to": message.to,
        "uri": format!("{uri}.json"),
    })
}

/// Twilio keeps whole seconds.
pub(super) fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0')
    })
}
