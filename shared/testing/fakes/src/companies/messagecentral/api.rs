//! What the account answers: tokens, sends, and what its dashboard asks for.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sha2::Sha512;

use super::{Account, BOUGHT, MessageCentralMessage, Row};
use crate::network::parameters;

/// The query parameters of a token request.
const CREDENTIALS: &str = "customerId key scope country email";

/// The query parameters of a send, those of one-time passwords and of bulk sends left out.
const PARAMETERS: &str = "countryCode mobileNumber flowType type message senderId messageType \
    customerId templateId entityId";

/// The query parameters of a question for report rows.
const REPORT: &str = "customerId from to pageNo size type";

/// Codes and words of refusals that the documentation or code calling the live API show. The words
/// of 508 are ours: only their meaning is known.
const REFUSALS: [(u32, &str); 9] = [
    (400, "BAD_REQUEST"),
    (409, "DUPLICATE_RESOURCE"),
    (500, "SERVER_ERROR"),
    (501, "INVALID_CUSTOMER_ID"),
    (506, "REQUEST_ALREADY_EXISTS"),
    (508, "INSUFFICIENT_CREDITS"),
    (511, "INVALID_COUNTRY_CODE"),
    (800, "MAXIMUM_LIMIT_REACHED"),
    (913, "SMS_SUBSCRIPTION_NOT_ACTIVE"),
];

impl Account {
    /// A token, or the words of a refusal, which comes with HTTP status 200 all the same.
    fn issue(&self, query: &str) -> Result<String, &'static str> {
        let credentials = parameters(query.as_bytes(), CREDENTIALS).map_err(|_| "bad request")?;
        if credentials.get("customerId") != Some(&self.customer_id) {
            return Err("customerId is invalid");
        }
        if credentials.get("key") != Some(&STANDARD.encode(&self.password)) {
            return Err("key is invalid");
        }
        Ok(self.state.change(|records| {
            let issued = Timestamp::now();
            let expires = issued + records.token_life;
            let claims = json!({
                "sub": self.customer_id,
                "iat": issued.as_second(),
                "exp": expires.as_second(),
                // Two tokens of the same second differ.
                "jti": records.tokens_issued,
            });
            let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS512"}"#);
            let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
            let mut mac = Hmac::<Sha512>::new_from_slice(self.password.as_bytes()).unwrap();
            mac.update(signed.as_bytes());
            let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
            records.tokens_issued += 1;
            records.valid_tokens.insert(token.clone(), expires);
            token
        }))
    }

    /// Whether a request may go on: it has a token that is alive.
    fn admit(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let token = headers.get("authToken").and_then(|token| token.to_str().ok()).unwrap_or("");
        let expires = self.state.read(|records| records.valid_tokens.get(token).copied());
        match expires.is_some_and(|expires| expires > Timestamp::now()) {
            true => Ok(()),
            false => Err(ApiError { code: 401, status: 401, inside: false }),
        }
    }

    /// A page of the rows of messages taken on these days, newest first.
    fn rows(&self, headers: &HeaderMap, query: &str) -> Result<Value, ApiError> {
        let wrong = ApiError { code: 400, status: 400, inside: false };
        self.admit(headers)?;
        let parameters = parameters(query.as_bytes(), REPORT).map_err(|_| wrong)?;
        let parameter = |name: &str| parameters.get(name).ok_or(wrong);
        let day = |name| Date::strptime("%d/%m/%Y", parameter(name)?).map_err(|_| wrong);
        let number = |name| parameter(name)?.parse::<usize>().map_err(|_| wrong);
        if *parameter("customerId")? != self.customer_id || parameter("type")? != "SMS" {
            return Err(wrong);
        }
        let (days, page, size) = (day("from")?..=day("to")?, number("pageNo")?, number("size")?);
        Ok(self.state.read(|records| {
            let of_day = |row: &&Row| days.contains(&row.created.to_zoned(TimeZone::UTC).date());
            let rows: Vec<_> = records.rows.iter().rev().filter(of_day).collect();
            let page: Vec<_> =
                rows.iter().skip(page * size).take(size).map(|row| &row.body).collect();
            json!({
                "responseCode": 200,
                "message": "SUCCESS",
                "data": { "count": rows.len(), "data": page },
            })
        }))
    }

    fn balance(&self, headers: &HeaderMap, query: &str) -> Result<Value, ApiError> {
        let wrong = ApiError { code: 400, status: 400, inside: false };
        self.admit(headers)?;
        let parameters = parameters(query.as_bytes(), "customerId").map_err(|_| wrong)?;
        if parameters.get("customerId") != Some(&self.customer_id) {
            return Err(wrong);
        }
        let credits = self.state.read(|records| records.credits);
        Ok(json!({
            "responseCode": 200,
            "message": "SUCCESS",
            "data": {
                "customerId": self.customer_id,
                "credits": credits,
                "lastRechargedCredit": BOUGHT,
                "minimumCreditsAllowed": "0",
                "userPaid": true,
            },
        }))
    }

    fn take(&self, headers: &HeaderMap, query: &str, body: &[u8]) -> Result<Value, ApiError> {
        let refused = |code, status| ApiError { code, status, inside: false };
        self.admit(headers)?;
        let parameters = parameters(query.as_bytes(), PARAMETERS).map_err(|_| refused(400, 400))?;
        if !body.is_empty() {
            return Err(refused(400, 400));
        }
        let parameter = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();

        if parameters.contains_key("customerId") && parameter("customerId") != self.customer_id {
            return Err(refused(501, 200));
        }
        let (country, national) = (parameter("countryCode"), parameter("mobileNumber"));
        if !is_number(country, 1..=3) {
            return Err(refused(511, 200));
        }
        // A national number holds neither country code nor trunk prefix; in the United States it
        // has ten digits.
        let length = if country == "1" { 10..=10 } else { 4..=14 };
        let together = [parameter("templateId"), parameter("entityId")];
        if parameter("flowType") != "SMS"
            || !is_number(national, length)
            || !["", "PROMOTIONAL", "TRANSACTIONAL", "OTP"].contains(&parameter("messageType"))
            || together.iter().filter(|id| id.is_empty()).count() == 1
        {
            return Err(refused(400, 200));
        }
        let own_text = parameter("type") == "SMS" && !parameter("message").is_empty();
        if own_text && parameter("senderId").is_empty() {
            return Err(refused(400, 200));
        }
        let body = if own_text { parameter("message") } else { "1234 is your one-time password" };
        self.keep(country, national, parameter("senderId"), body)
    }

    /// Keeps a message that is as it has to be, unless all are refused.
    fn keep(
        &self,
        country: &str,
        national: &str,
        sender: &str,
        body: &str,
    ) -> Result<Value, ApiError> {
        self.state.change(|records| {
            if let Some(refusal) = records.refusal {
                return Err(refusal);
            }
            let verification_id = (474_097 + records.messages.len()).to_string();
            let created = records.clock.unwrap_or_else(Timestamp::now);
            records.messages.push(MessageCentralMessage {
                verification_id: verification_id.clone(),
                to: format!("+{country}{national}"),
                sender: sender.into(),
                body: body.into(),
            });
            let row = records.fate.word().map(|(word, code)| Row {
                created,
                body: json!({
                    "countryCode": country,
                    "mobileNumber": national,
                    "senderId": sender,
                    "templateId": null,
                    "messageBody": body,
                    "status": word,
                    "errorCode": code,
                    "createdAt": created.to_string(),
                    "deliveredAt": (word == "DELIVRD").then(|| created.to_string()),
                    "updatedAt": null,
                }),
            });
            records.rows.extend(row);
            Ok(json!({
                "responseCode": 200,
                "message": "SUCCESS",
                "data": {
                    "verificationId": verification_id,
                    "mobileNumber": national,
                    "responseCode": "200",
                    "errorMessage": null,
                    "timeout": "60",
                    "smsCLI": null,
                    "transactionId": null,
                },
            }))
        })
    }
}

pub(super) async fn report(
    State(account): State<Arc<Account>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let rows =
        async { account.rows(&headers, &query.unwrap_or_default()).map(Json).into_response() };
    account.reports.apply(rows).await
}

pub(super) async fn balance(
    State(account): State<Arc<Account>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let balance =
        async { account.balance(&headers, &query.unwrap_or_default()).map(Json).into_response() };
    account.reports.apply(balance).await
}

pub(super) async fn token(
    State(account): State<Arc<Account>>,
    RawQuery(query): RawQuery,
) -> Response {
    let work = async {
        Json(match account.issue(&query.unwrap_or_default()) {
            Ok(token) => json!({ "status": 200, "token": token }),
            Err(error) => json!({ "status": 400, "error": error }),
        })
        .into_response()
    };
    account.tokens.apply(work).await
}

pub(super) async fn send(
    State(account): State<Arc<Account>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let work = async {
        let taken = account.take(&headers, &query.unwrap_or_default(), &body);
        taken.map(Json).into_response()
    };
    account.switch.apply(work).await
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ApiError {
    pub(super) code: u32,
    pub(super) status: u16,
    pub(super) inside: bool,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { code, status, inside } = self;
        let status = StatusCode::from_u16(status).unwrap();
        if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
            return status.into_response();
        }
        let word = REFUSALS.iter().find(|refusal| refusal.0 == code).map_or("ERROR", |it| it.1);
        let body = if inside {
            let data = json!({ "responseCode": code.to_string(), "errorMessage": word });
            json!({ "responseCode": 200, "message": "SUCCESS", "data": data })
        } else {
            json!({ "responseCode": code, "message": word, "data": null })
        };
        (status, Json(body)).into_response()
    }
}

fn is_number(digits: &str, length: RangeInclusive<usize>) -> bool {
    length.contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0')
}
