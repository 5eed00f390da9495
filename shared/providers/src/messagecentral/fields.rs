//! What the fields of a call may be called, and what is read of one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use settings::SettingsError;

/// What the fields of an inbound text may be called, most likely first, without case and
/// punctuation.
pub(super) const FROM: [&str; 12] = [
    "from",
    "fromnumber",
    "sender",
    "sendernumber",
    "msisdn",
    "source",
    "sourceaddress",
    "originator",
    "mobilenumber",
    "mobile",
    "phonenumber",
    "phone",
];

pub(super) const TO: [&str; 9] = [
    "to",
    "tonumber",
    "recipient",
    "destination",
    "destinationaddress",
    "receiver",
    "shortcode",
    "longcode",
    "senderid",
];

pub(super) const TEXT: [&str; 8] =
    ["text", "message", "body", "content", "messagebody", "messagetext", "msg", "sms"];

pub(super) const ID: [&str; 6] = ["messageid", "msgid", "smsid", "id", "transactionid", "uuid"];

pub(super) const TIME: [&str; 9] = [
    "timestamp",
    "time",
    "receivedat",
    "receivedtime",
    "sentat",
    "senttime",
    "datetime",
    "date",
    "createdat",
];

/// The same for what a report says became of a message.
pub(super) const STATUS: [&str; 8] = [
    "status",
    "deliverystatus",
    "dlrstatus",
    "messagestatus",
    "smsstatus",
    "deliverystate",
    "state",
    "dlr",
];

const MEDIA: [&str; 6] = ["media", "mediaurl", "mediaurls", "image", "attachment", "attachments"];

/// Names of the fields of an inbound text. Those that are not set are looked for under likely
/// names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InboundFields {
    /// Who texted.
    pub from: Option<String>,
    /// What was texted.
    pub to: Option<String>,
    /// What was said.
    pub text: Option<String>,
    /// The id of the message.
    pub id: Option<String>,
    /// When it was sent.
    pub time: Option<String>,
}

/// The members of an object, by name without case and punctuation.
pub(super) type Fields<'a> = BTreeMap<String, &'a Value>;

/// A field, and how far down the list of likely names its own stands.
pub(super) type Found<'a> = Option<(usize, &'a Value)>;

impl InboundFields {
    /// Reads `from=…,to=…,text=…,id=…,time=…`, of which any may be left out.
    pub(super) fn parse(line: &str) -> Result<Self, SettingsError> {
        let mut fields = Self::default();
        for pair in line.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (field, name) = pair.split_once('=').unwrap_or((pair, ""));
            let field = match field.trim() {
                "from" => &mut fields.from,
                "to" => &mut fields.to,
                "text" => &mut fields.text,
                "id" => &mut fields.id,
                "time" => &mut fields.time,
                _ => return Err(Self::unusable()),
            };
            if plain(name).is_empty() {
                return Err(Self::unusable());
            }
            *field = Some(name.trim().to_owned());
        }
        Ok(fields)
    }

    fn unusable() -> SettingsError {
        SettingsError::Invalid {
            name: "MC_INBOUND_FIELDS",
            problem: "write from=…,to=…,text=…,id=…,time=… with the name that each field has in \
                      the call; leave out those that are found without"
                .into(),
        }
    }
}

/// The first field that is there and is a scalar: under its configured name, then under the likely
/// ones.
pub(super) fn find<'a>(
    fields: &Fields<'a>,
    configured: Option<&str>,
    likely: &[&str],
) -> Found<'a> {
    find_that(fields, configured, likely, is_scalar)
}

/// The first such field that is of some use.
pub(super) fn find_that<'a>(
    fields: &Fields<'a>,
    configured: Option<&str>,
    likely: &[&str],
    is_of_use: impl Fn(&Value) -> bool,
) -> Found<'a> {
    let configured = configured.map(plain);
    let names = configured.as_deref().into_iter().chain(likely.iter().copied());
    let values = names.map(|name| fields.get(name).copied()).enumerate();
    values.filter_map(|(likely, value)| Some((likely, value?))).find(|(_, value)| is_of_use(value))
}

/// Whether a value can tell one message from others: zeros and words for nothing are of all of them.
pub(super) fn is_id(value: &Value) -> bool {
    let word = word(value).unwrap_or_default().trim().to_lowercase();
    let nothing = ["null", "nil", "none", "undefined", "nan", "n/a", "false"];
    word.contains(|c: char| c.is_alphanumeric() && c != '0') && !nothing.contains(&word.as_str())
}

/// Whether what is written where the time should be is more than a day.
pub(super) fn is_instant(written: &str) -> bool {
    /// A day takes eight.
    const DIGITS: usize = 10;
    written.contains(':') || written.chars().filter(|c| c.is_numeric()).count() >= DIGITS
}

fn is_scalar(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

/// How many pictures or files came along: one, or as many as a list has.
pub(super) fn media(fields: &Fields<'_>) -> u32 {
    let found = MEDIA.iter().find_map(|name| fields.get(*name));
    let count = match found {
        Some(Value::Array(items)) => items.len(),
        Some(Value::String(address)) => usize::from(!address.is_empty()),
        Some(Value::Object(_)) => 1,
        _ => 0,
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A scalar as it is written.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(word) => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A name without what writers of an interface disagree about.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// RFC 3339, or seconds or milliseconds since 1970. A time without a zone is none.
pub(super) fn time(written: &str) -> Option<Timestamp> {
    /// As seconds this is the year 5138, as milliseconds 1973.
    const MILLISECONDS: i64 = 100_000_000_000;
    match written.parse::<i64>() {
        Ok(at) if at >= MILLISECONDS => Timestamp::from_millisecond(at).ok(),
        Ok(at) => Timestamp::from_second(at).ok(),
        Err(_) => written.parse().ok(),
    }
}
