//! The account's answers to sends, and to queries about itself.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use super::sns::refused;
use super::{Account, AwsMessage, CONFIGURATION_SET, EVENTS, TEXTS};

/// The region of the account, its number and its topics.
const REGION: &str = "us-east-1";

/// The members of a send, from AWS's published service model.
const MEMBERS: &str = "DestinationPhoneNumber OriginationIdentity MessageBody MessageType Keyword \
    ConfigurationSetName MaxPrice TimeToLive Context DestinationCountryParameters DryRun \
    ProtectConfigurationId MessageFeedbackEnabled";

/// How far a signature's time may be from now.
const SKEW: Duration = Duration::from_secs(5 * 60);

pub(super) async fn act(
    State(account): State<Arc<Account>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let target = header("x-amz-target");
    let service = if target.is_empty() { "sns" } else { "sms-voice" };
    let admitted = account.admit(service, &headers, &body);
    if service == "sns" {
        let url = format!("http://{}", header("host"));
        return match admitted {
            Ok(()) => account.of_topic(&url, &body),
            Err(refusal) => match refusal.of_topics() {
                Some(code) => refused(code),
                None => refusal.into_response(),
            },
        };
    }
    if let Err(refusal) = admitted {
        return refusal.into_response();
    }
    if header("content-type") != "application/x-amz-json-1.0" {
        return ApiError::of("UnknownOperationException").into_response();
    }
    match target.strip_prefix("PinpointSMSVoiceV2.") {
        Some("SendTextMessage") => {
            let switch = account.switch.clone();
            let send = async move {
                match account.take(&body) {
                    Ok(id) => Json(json!({ "MessageId": id })).into_response(),
                    Err(refusal) => refusal.into_response(),
                }
            };
            switch.apply(send).await
        }
        Some(action) => account.show(action),
        None => ApiError::of("UnknownOperationException").into_response(),
    }
}

impl Account {
    /// Whether a request is signed with our key, recently and for this service.
    fn admit(&self, service: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
        let missing = || ApiError::of("MissingAuthenticationTokenException");
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let given = header("authorization").ok_or_else(missing)?;
        let part = |name: &str| {
            let found = given.split([' ', ',']).find_map(|part| part.strip_prefix(name));
            found.ok_or(ApiError::of("IncompleteSignatureException"))
        };
        let wrong = || ApiError::of("InvalidSignatureException");
        let scope: Vec<_> = part("Credential=")?.split('/').collect();
        let [id, _, REGION, signed_for, "aws4_request"] = scope[..] else { return Err(wrong()) };
        if id != self.access_key_id {
            return Err(ApiError::of("UnrecognizedClientException"));
        }
        let time = DateTime::strptime("%Y%m%dT%H%M%SZ", header("x-amz-date").unwrap_or_default());
        let time = time.and_then(|time| time.to_zoned(TimeZone::UTC)).map_err(|_| wrong())?;
        let time = SystemTime::from(time.timestamp());
        let now = SystemTime::now();
        let skewed = time > now + SKEW || time < now - SKEW;
        if signed_for != service || skewed {
            return Err(wrong());
        }
        let signed = part("SignedHeaders=")?;
        let signed = signed.split(';').filter(|name| !["host", "x-amz-date"].contains(name));
        let signed = signed.filter_map(|name| Some((name, header(name)?)));
        let keys = Credentials::new(id, &self.secret_access_key, None, None, "stand-in").into();
        let parameters = v4::SigningParams::builder()
            .identity(&keys)
            .region(REGION)
            .name(service)
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let url = format!("http://{}/", header("host").unwrap_or_default());
        let request = SignableRequest::new("POST", url, signed, SignableBody::Bytes(body)).unwrap();
        let (expected, _) = sign(request, &parameters).unwrap().into_parts();
        let expected = expected.headers().find(|(name, _)| *name == "authorization");
        if expected.is_some_and(|(_, value)| value == given) { Ok(()) } else { Err(wrong()) }
    }

    fn take(&self, body: &[u8]) -> Result<String, ApiError> {
        let unreadable = || ApiError::of("SerializationException");
        let body: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let members = body.as_object().ok_or_else(unreadable)?;
        if members.keys().any(|name| !MEMBERS.split(' ').any(|known| known == name)) {
            return Err(unreadable());
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let invalid =
            |name| ApiError::because("ValidationException", "INVALID_PARAMETER").about(name);
        let message = AwsMessage {
            id: Uuid::new_v4().to_string(),
            to: text("DestinationPhoneNumber"),
            from: text("OriginationIdentity"),
            body: text("MessageBody"),
            time_to_live: body["TimeToLive"].as_u64().unwrap_or(259_200),
            context: body.get("Context").cloned().unwrap_or(json!({})),
        };
        let digits = message.to.trim_start_matches('+');
        let is_number = (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if !is_number {
            return Err(invalid("DestinationPhoneNumber"));
        }
        if message.body.trim().is_empty() || message.body.chars().count() > 1600 {
            return Err(invalid("MessageBody"));
        }
        if !(5..=259_200).contains(&message.time_to_live) {
            return Err(invalid("TimeToLive"));
        }
        let is_context = message.context.as_object().is_some_and(|context| {
            let is_value =
                |value: &Value| value.as_str().is_some_and(|it| !it.is_empty() && it.len() <= 800);
            context.len() <= 5 && context.values().all(is_value)
        });
        if !is_context {
            return Err(invalid("Context"));
        }
        let set = text("ConfigurationSetName");
        if !message.from.ends_with("2025550100") || !(set.is_empty() || set == CONFIGURATION_SET) {
            return Err(ApiError::of("ResourceNotFoundException"));
        }
        self.state.change(|records| {
            if let Some((exception, reason)) = &records.refusal {
                return Err(ApiError { reason: reason.clone(), ..ApiError::of(exception) });
            }
            if records.opted_out.contains(&message.to) {
                let reason = "DESTINATION_PHONE_NUMBER_OPTED_OUT";
                return Err(ApiError::because("ConflictException", reason));
            }
            let id = message.id.clone();
            records.messages.push(message);
            Ok(id)
        })
    }

    fn show(&self, action: &str) -> Response {
        let (denied, shown) = self
            .state
            .read(|records| (records.denied.contains(action), records.shown.get(action).cloned()));
        if denied {
            return ApiError::of("AccessDeniedException").into_response();
        }
        match shown.or_else(|| sound(action)) {
            Some(shown) => Json(shown).into_response(),
            None => ApiError::of("UnknownOperationException").into_response(),
        }
    }
}

/// The answers of a properly set-up account.
pub(super) fn sound(action: &str) -> Option<Value> {
    Some(match action {
        "DescribeAccountAttributes" => json!({
            "AccountAttributes": [{ "Name": "ACCOUNT_TIER", "Value": "PRODUCTION" }],
        }),
        "DescribeSpendLimits" => json!({
            "SpendLimits": [{
                "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
                "EnforcedLimit": 50,
                "MaxLimit": 100,
                "Overridden": true,
            }],
        }),
        "DescribePhoneNumbers" => json!({
            "PhoneNumbers": [{
                "PhoneNumberArn": "arn:aws:sms-voice:us-east-1:123456789012:phone-number/phone-1",
                "PhoneNumberId": "phone-1",
                "PhoneNumber": "+12025550100",
                "Status": "ACTIVE",
                "IsoCountryCode": "US",
                "MessageType": "TRANSACTIONAL",
                "NumberCapabilities": ["SMS", "VOICE"],
                "NumberType": "TEN_DLC",
                "MonthlyLeasingPrice": "1.00",
                "TwoWayEnabled": true,
                "TwoWayChannelArn": TEXTS,
                "SelfManagedOptOutsEnabled": true,
                "OptOutListName": "Default",
                "DeletionProtectionEnabled": false,
                "PoolId": "pool-1",
                "RegistrationId": "registration-1",
                "CreatedTimestamp": 1_686_975_103.47,
            }],
        }),
        "DescribeRegistrations" => json!({
            "Registrations": [{
                "RegistrationId": "registration-1",
                "RegistrationType": "US_TEN_DLC_CAMPAIGN_REGISTRATION",
                "RegistrationStatus": "COMPLETE",
            }],
        }),
        "DescribeConfigurationSets" => json!({
            "ConfigurationSets": [{
                "ConfigurationSetName": CONFIGURATION_SET,
                "EventDestinations": [{
                    "EventDestinationName": "textback",
                    "Enabled": true,
                    "MatchingEventTypes": ["TEXT_ALL"],
                    "SnsDestination": { "TopicArn": EVENTS },
                }],
            }],
        }),
        _ => return None,
    })
}

/// A refusal as AWS writes it. The message often quotes what was sent.
#[derive(Debug)]
struct ApiError {
    exception: String,
    reason: Option<String>,
    field: Option<&'static str>,
}

impl ApiError {
    fn of(exception: &str) -> Self {
        Self { exception: exception.into(), reason: None, field: None }
    }

    fn because(exception: &str, reason: &str) -> Self {
        Self { reason: Some(reason.into()), ..Self::of(exception) }
    }

    /// As SNS, which is older, calls it.
    fn of_topics(&self) -> Option<&'static str> {
        match self.exception.as_str() {
            "UnrecognizedClientException" => Some("InvalidClientTokenId"),
            "InvalidSignatureException" => Some("SignatureDoesNotMatch"),
            _ => None,
        }
    }

    fn about(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { exception, reason, field } = self;
        let mut body = json!({
            "__type": format!("com.amazonaws.pinpointsmsvoicev2#{exception}"),
            "Message": "As it is called",
        });
        if let Some(reason) = reason {
            body["Reason"] = reason.into();
        }
        if let Some(field) = field {
            body["Fields"] = json!([{ "Name": field, "Message": "As it is called" }]);
        }
        let status = match exception.as_str() {
            "InternalServerException" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(body)).into_response()
    }
}
