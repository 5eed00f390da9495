//! The possible names of the fields of a call, and how their values are read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use settings::SettingsError;

/// The possible names of the fields of an inbound text, most likely first, without case and
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

/// The same for the status in a report.
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

/// Names of the fields of an inbound text. Those that are not set are searched under likely names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InboundFields {
    /// Who texted.
    pub from: Option<String>,
    /// The recipient.
    pub to: Option<String>,
    /// The words.
    pub text: Option<String>,
    /// The id of the message.
    pub id: Option<String>,
    /// When it was sent.
    pub time: Option<String>,
}

/// The members of an object, by name without case and punctuation.
pub(super) type Fields<'a> = BTreeMap<String, &'a Value>;

/// A field, and the position of its name in the list of likely names.
pub(super) type Found<'a> = Option<(usize, &'a Value)>;

impl InboundFields {
    /// Parses `from=…,to=…,text=…,id=…,time=…`, any of which may be left out.
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
                      the call; leave out those that are found anyway"
                .into(),
        }
    }
}

/// The first existing scalar field: under its configured name, then under the likely ones.
pub(super) fn find<'a>(
    fields: &Fields<'a>,
    configured: Option<&str>,
    likely: &[&str],
) -> Found<'a> {
    find_that(fields, configured, likely, is_scalar)
}

/// The first such field that meets the condition.
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

/// Whether a value can identify one message: zeros and words for nothing are common to all.
pub(super) fn is_id(value: &Value) -> bool {
    let word = word(value).unwrap_or_default().trim().to_lowercase();
    let nothing = ["null", "nil", "none", "undefined", "nan", "n/a", "false"];
    word.contains(|c: char| c.is_alphanumeric() && c != '0') && !nothing.contains(&word.as_str())
}

/// Whether a time is more precise than a day.
pub(super) fn is_instant(written: &str) -> bool {
    /// A date takes eight.
    const DIGITS: usize = 10;
    written.contains(':') || written.chars().filter(|c| c.is_numeric()).count() >= DIGITS
}

fn is_scalar(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

/// How many pictures or files came with it: one, or as many as a list has.
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

/// A name without the differences between naming styles.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// RFC 3339, or seconds or milliseconds since 1970. A time without a zone does not count.
pub(super) fn time(written: &str) -> Option<Timestamp> {
    /// As seconds this is the year 5138, as milliseconds 1973.
    const MILLISECONDS: i64 = 100_000_000_000;
    match written.parse::<i64>() {
        Ok(at) if at >= MILLISECONDS => Timestamp::from_millisecond(at).ok(),
        Ok(at) => Timestamp::from_second(at).ok(),
        Err(_) => written.parse().ok(),
    }
}
