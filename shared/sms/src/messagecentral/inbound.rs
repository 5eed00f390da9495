//! Texts that come in, whose form no document tells: it is read by names that are likely, or by
//! those that the owner names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use settings::SettingsError;
use url::form_urlencoded;

use crate::{Number, Text, WebhookError};

/// How deep in a call's body texts are looked for, as in `{"data":{"messages":[{…}]}}`.
const DEPTH: usize = 4;

/// What the fields of an inbound text may be called, most likely first, without case and
/// punctuation.
const FROM: [&str; 12] = [
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
const TO: [&str; 9] = [
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
const TEXT: [&str; 8] =
    ["text", "message", "body", "content", "messagebody", "messagetext", "msg", "sms"];
const ID: [&str; 6] = ["messageid", "msgid", "smsid", "id", "transactionid", "uuid"];
const TIME: [&str; 9] = [
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

/// Names of the fields of an inbound text. Those that are not set are looked for under likely
/// names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboundFields {
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

/// Scalar fields of a webhook call, by name without case and punctuation.
type Fields<'a> = BTreeMap<String, &'a Value>;

/// The texts in a call, by its body and its query. `ours` is what was texted where the call does
/// not say it.
pub(super) fn texts(
    body: &[u8],
    query: Vec<(String, String)>,
    names: &InboundFields,
    ours: &str,
) -> Result<Vec<Text>, WebhookError> {
    let mut texts = Vec::new();
    Reader { names, ours }.collect(&content(body, query), &Fields::new(), DEPTH, &mut texts)?;
    match texts.is_empty() {
        true => Err(WebhookError::Unreadable("no sender or no text was found in it")),
        false => Ok(texts),
    }
}

struct Reader<'n> {
    names: &'n InboundFields,
    ours: &'n str,
}

impl Reader<'_> {
    /// Adds the texts in a value of a call's body. What surrounds a text, such as our number, may
    /// be said once around several; its words and its id are its own.
    fn collect<'a>(
        &self,
        value: &'a Value,
        around: &Fields<'a>,
        depth: usize,
        texts: &mut Vec<Text>,
    ) -> Result<(), WebhookError> {
        let inner: Vec<_> = match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(members) => members.values().collect(),
            _ => return Ok(()),
        };
        let own: Fields<'a> = match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (plain(name), value)).collect()
            }
            _ => Fields::new(),
        };
        let mut fields = around.clone();
        fields.extend(own.iter().map(|(name, value)| (name.clone(), *value)));

        let names = self.names;
        let body = find(&own, names.text.as_deref(), &TEXT);
        let from = find(&fields, names.from.as_deref(), &FROM);
        if let (Some(body), Some(from)) = (body, from) {
            let country_code = find(&fields, None, &["countrycode"]);
            texts.push(Text {
                id: find(&own, names.id.as_deref(), &ID).filter(|id| !id.is_empty()),
                from: sender(&from, country_code.as_deref()).ok_or(WebhookError::Unreadable(
                    "the sender is not a number that can be answered",
                ))?,
                to: find(&fields, names.to.as_deref(), &TO).unwrap_or_else(|| self.ours.to_owned()),
                body,
                media: 0,
                sent_at: find(&fields, names.time.as_deref(), &TIME).and_then(|at| time(&at)),
            });
        } else if depth > 0 {
            for value in inner {
                self.collect(value, &fields, depth - 1, texts)?;
            }
        }
        Ok(())
    }
}

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

/// The body of a call: JSON if it can be read as such, otherwise a form, and without a body the
/// query.
fn content(body: &[u8], query: Vec<(String, String)>) -> Value {
    if let Ok(value) = serde_json::from_slice(body) {
        return value;
    }
    let form = match body {
        [] => query,
        form => form_urlencoded::parse(form).into_owned().collect(),
    };
    form.into_iter().map(|(name, value)| (name, Value::from(value))).collect()
}

/// The first field that is there and is a scalar: under its configured name, then under the likely
/// ones.
fn find(fields: &Fields<'_>, configured: Option<&str>, likely: &[&str]) -> Option<String> {
    let configured = configured.map(plain);
    let names = configured.as_deref().into_iter().chain(likely.iter().copied());
    names.filter_map(|name| fields.get(name)).find_map(|value| match value {
        Value::String(value) => Some(value.clone()),
        Value::Number(value) => Some(value.to_string()),
        _ => None,
    })
}

/// A name without what writers of an interface disagree about.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The number of a sender, written with `+`, with 00, with the country code alone, or nationally
/// beside it.
fn sender(written: &str, country_code: Option<&str>) -> Option<Number> {
    /// The longest national number for which a country code that it seems to begin with is its own.
    const NATIONAL: usize = 10;
    let written = written.trim();
    if written.starts_with('+') {
        return Number::parse(written).ok();
    }
    if let Some(digits) = written.strip_prefix("00") {
        return Number::parse(&format!("+{digits}")).ok();
    }
    let country_code = country_code.unwrap_or_default().trim().trim_start_matches('+');
    let whole = written.starts_with(country_code) && written.len() > NATIONAL;
    if country_code.is_empty() || whole {
        Number::parse(&format!("+{written}")).ok()
    } else {
        Number::parse(&format!("+{country_code}{}", written.trim_start_matches('0'))).ok()
    }
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
