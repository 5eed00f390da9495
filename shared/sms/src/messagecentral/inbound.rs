//! Texts that come in, whose form no document tells: it is read by names that are likely, or by
//! those that the owner names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};
use settings::SettingsError;
use url::form_urlencoded;

use crate::channel::{self, NOBODY, UNANSWERABLE};
use crate::{Event, Number, Rest, Text, WebhookError};

/// How deep in a call's body texts are looked for, as in `{"data":{"messages":[{…}]}}`.
const DEPTH: usize = 4;

/// How many texts of one call are taken. Each takes a commit or two, and somebody waits for the
/// answer.
const MOST: usize = 100;

const NO_TEXT: &str = "no sender or no text was found in it";

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

const MEDIA: [&str; 6] = ["media", "mediaurl", "mediaurls", "image", "attachment", "attachments"];

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

/// Reads the texts in a call, by its body and its query. `ours` is what was texted where the call
/// does not say it. Where some texts can be read and others cannot, the others are what is left.
pub(super) fn events(
    body: &[u8],
    query: Vec<(String, String)>,
    names: &InboundFields,
    ours: &str,
) -> Result<Vec<Event>, WebhookError> {
    let mut reader = Reader { names, ours, texts: Vec::new(), reason: None };
    let part = reader.part(&content(body, query), Around::default(), DEPTH);
    let reason = reader.reason.unwrap_or(NO_TEXT);
    let mut events: Vec<_> = reader.texts.into_iter().map(Event::Text).collect();
    if events.is_empty() {
        return Err(WebhookError::Unreadable(reason));
    }
    if let Part::Left(rest) = part {
        events.push(Event::Rest(Rest { body: rest.to_string(), reason }));
    }
    Ok(events)
}

/// The members of an object, by name without case and punctuation.
type Fields<'a> = BTreeMap<String, &'a Value>;

/// A field, and how far down the list of likely names its own stands.
type Found<'a> = Option<(usize, &'a Value)>;

/// What is said around a value and holds for the texts in it. Of one size, however much is said:
/// every value of a call is read with it.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    from: Found<'a>,
    to: Found<'a>,
    time: Found<'a>,
    country_code: Found<'a>,
}

/// What a value in a call's body turned out to be.
enum Part {
    /// Nothing that was looked for.
    Other,
    /// Texts, all of them read.
    Read,
    /// Texts that were not read, without those that were.
    Left(Value),
}

struct Reader<'n> {
    names: &'n InboundFields,
    ours: &'n str,
    texts: Vec<Text>,
    /// Why the first of what is left was not read.
    reason: Option<&'static str>,
}

impl Reader<'_> {
    /// Reads the texts in a value. What surrounds a text, such as our number, may be said once
    /// around several; its words and its id are its own.
    fn part(&mut self, value: &Value, around: Around<'_>, depth: usize) -> Part {
        match value {
            Value::Object(members) => {
                let own = members.iter().map(|(name, value)| (plain(name), value)).collect();
                let around = around.within(&own, self.names);
                match find(&own, self.names.text.as_deref(), &TEXT).zip(around.from) {
                    Some(((_, body), (_, from))) => self.text(value, &own, around, body, from),
                    None if depth == 0 => Part::Other,
                    None => self.members(members, around, depth - 1),
                }
            }
            Value::Array(items) if depth > 0 => self.items(items, around, depth - 1),
            _ => Part::Other,
        }
    }

    fn members(&mut self, members: &Map<String, Value>, around: Around<'_>, depth: usize) -> Part {
        let parts = members.values().map(|value| self.part(value, around, depth));
        let parts: Vec<_> = parts.collect();
        if !parts.iter().any(Part::is_left) {
            return if parts.iter().any(Part::is_read) { Part::Read } else { Part::Other };
        }
        let left = members.iter().zip(parts);
        let left = left.filter_map(|((name, value), part)| Some((name.clone(), part.of(value)?)));
        Part::Left(left.collect())
    }

    /// Beside a text there should be texts, so what is none was not understood.
    fn items(&mut self, items: &[Value], around: Around<'_>, depth: usize) -> Part {
        let parts: Vec<_> = items.iter().map(|item| self.part(item, around, depth)).collect();
        if parts.iter().all(Part::is_read) && !parts.is_empty() {
            return Part::Read;
        }
        if !parts.iter().any(|part| part.is_left() || part.is_read()) {
            return Part::Other;
        }
        if parts.iter().any(|part| matches!(part, Part::Other)) {
            self.because(NO_TEXT);
        }
        let left = items.iter().zip(parts).filter_map(|(item, part)| part.of(item));
        Part::Left(left.collect())
    }

    fn text(
        &mut self,
        whole: &Value,
        own: &Fields<'_>,
        around: Around<'_>,
        body: &Value,
        from: &Value,
    ) -> Part {
        let said = |found: Found<'_>| found.and_then(|(_, value)| word(value));
        let country_code = said(around.country_code);
        let written = word(from).unwrap_or_default();
        let from = sender(&written, country_code.as_deref());
        let reason = match from {
            Some(from) if self.texts.len() < MOST => {
                self.texts.push(Text {
                    id: said(find(own, self.names.id.as_deref(), &ID)).filter(|id| !id.is_empty()),
                    from,
                    to: said(around.to).unwrap_or_else(|| self.ours.to_owned()),
                    body: word(body).unwrap_or_default(),
                    media: media(own),
                    sent_at: said(around.time).and_then(|at| time(&at)),
                    handled: None,
                });
                return Part::Read;
            }
            Some(_) => "more texts than are taken from one call",
            None if Self::may_be_named(own, country_code.as_deref()) => NOBODY,
            None => channel::why_nobody(&written),
        };
        self.because(reason);
        Part::Left(whole.clone())
    }

    /// Whether a number stands where another name for the sender is, so that settings can help.
    fn may_be_named(own: &Fields<'_>, country_code: Option<&str>) -> bool {
        let mut likely = FROM.iter().filter_map(|name| word(own.get(*name)?));
        likely.any(|written| sender(&written, country_code).is_some())
    }

    /// Notes why something is left. That nobody could answer it is no reason to mend anything, so
    /// that any other goes before it.
    fn because(&mut self, reason: &'static str) {
        if self.reason.is_none_or(|known| known == UNANSWERABLE) {
            self.reason = Some(reason);
        }
    }
}

impl<'a> Around<'a> {
    /// What holds within an object of these fields. Of two names the likelier one counts, of the
    /// same name the nearer.
    fn within(self, own: &Fields<'a>, names: &InboundFields) -> Self {
        let nearer = |near: Found<'a>, far: Found<'a>| {
            near.into_iter().chain(far).min_by_key(|(likely, _)| *likely)
        };
        Self {
            from: nearer(find(own, names.from.as_deref(), &FROM), self.from),
            to: nearer(find(own, names.to.as_deref(), &TO), self.to),
            time: nearer(find(own, names.time.as_deref(), &TIME), self.time),
            country_code: nearer(find(own, None, &["countrycode"]), self.country_code),
        }
    }
}

impl Part {
    fn is_left(&self) -> bool {
        matches!(self, Self::Left(_))
    }

    fn is_read(&self) -> bool {
        matches!(self, Self::Read)
    }

    /// What is left of the value that it is a part of.
    fn of(self, value: &Value) -> Option<Value> {
        match self {
            Self::Other => Some(value.clone()),
            Self::Read => None,
            Self::Left(left) => Some(left),
        }
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
fn find<'a>(fields: &Fields<'a>, configured: Option<&str>, likely: &[&str]) -> Found<'a> {
    let configured = configured.map(plain);
    let names = configured.as_deref().into_iter().chain(likely.iter().copied());
    let values = names.map(|name| fields.get(name).copied()).enumerate();
    values.filter_map(|(likely, value)| Some((likely, value?))).find(|(_, value)| is_scalar(value))
}

fn is_scalar(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

/// How many pictures or files came along: one, or as many as a list has.
fn media(fields: &Fields<'_>) -> u32 {
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
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(word) => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
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
    let written = channel::without(written)?;
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
