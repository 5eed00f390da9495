//! Incoming texts, whose form is not documented: their fields are found by likely names, or by
//! those that the owner configured. A report about one of our messages is never a text, at
//! whichever address it comes.

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::fields::{
    FROM, Fields, Found, ID, InboundFields, STATUS, TEXT, TIME, TO, find, find_that, is_id,
    is_instant, media, plain, time, word,
};
use super::reports;
use sms::UNANSWERABLE;

use crate::channel::{self, NOBODY};
use sms::{Event, Number, Receipt, Rest, Text, WebhookError};

/// How deep a call's body is searched for texts, as in `{"data":{"messages":[{…}]}}`.
const DEPTH: usize = 4;

/// How many texts are taken from one call. Each takes a commit or two, and the provider waits for
/// the answer.
const MOST: usize = 100;

const NO_TEXT: &str = "no sender or no text was found in it";
const TOO_MANY: &str = "more texts than are taken from one call";
const NO_ID: &str = "a receipt that does not say of which message";

/// How to read a call.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The names of its fields.
    pub(super) names: &'a InboundFields,
    /// The recipient, if the call does not say.
    pub(super) ours: &'a str,
    /// The calling code of numbers without one.
    pub(super) country: Option<&'a str>,
}

/// Reads the texts in a call, from its body and its query. If only some can be read, the others are
/// the rest.
pub(super) fn events(
    body: &[u8],
    query: Vec<(String, String)>,
    reading: Reading<'_>,
) -> Result<Vec<Event>, WebhookError> {
    let mut reader = Reader { reading, events: Vec::new(), reason: None };
    let part = reader.part(&content(body, query), Around::default(), DEPTH);
    let reason = reader.reason.unwrap_or(NO_TEXT);
    let mut events = reader.events;
    if events.is_empty() {
        let is_report = matches!(part, Part::Read);
        return Err(WebhookError::Unreadable(if is_report { NO_ID } else { reason }));
    }
    if let Part::Left(rest) = part {
        events.push(Event::Rest(Rest { body: rest.to_string(), reason }));
    }
    Ok(events)
}

/// The context of a value, which applies to the texts in it. Of fixed size, however long its parts
/// are: every value of a call is read with it.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    from: Found<'a>,
    to: Found<'a>,
    time: Found<'a>,
    country_code: Found<'a>,
    status: Found<'a>,
}

/// The result of reading a value in a call's body.
enum Part {
    /// Nothing of interest.
    Other,
    /// Texts and reports, all of them read.
    Read,
    /// Unread texts, without those that were read.
    Left(Value),
}

struct Reader<'n> {
    reading: Reading<'n>,
    events: Vec<Event>,
    /// Why the first part of the rest was not read.
    reason: Option<&'static str>,
}

impl Reader<'_> {
    /// Reads the texts in a value. The context of a text, such as our number, may be given once for
    /// several; its words and its id are its own.
    fn part(&mut self, value: &Value, around: Around<'_>, depth: usize) -> Part {
        match value {
            Value::Object(members) => {
                let own = members.iter().map(|(name, value)| (plain(name), value)).collect();
                let names = self.reading.names;
                let around = around.within(&own, names);
                let text = find(&own, names.text.as_deref(), &TEXT).zip(around.from);
                let is_report =
                    find_that(&own, None, &STATUS, is_status).is_some() && self.id(&own).is_some();
                match text {
                    Some(_) if is_report || around.status.is_some() => {
                        self.report(value, &own, around)
                    }
                    Some(((_, body), (_, from))) => self.text(value, &own, around, body, from),
                    None if depth == 0 => Part::Other,
                    None => match self.members(members, around, depth - 1) {
                        Part::Other if is_report => self.report(value, &own, around),
                        part => part,
                    },
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

    /// All neighbours of a text should be texts, so any that is not was not understood.
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
        let from = self.sender(&written, country_code.as_deref());
        let reason = match from {
            Some(from) if self.events.len() < MOST => {
                let body = word(body).unwrap_or_default();
                let at = said(around.time);
                let sent_at = at.as_deref().and_then(time);
                // Even a time that cannot be parsed distinguishes two texts.
                let id = said(self.id(own))
                    .or_else(|| at.filter(|at| sent_at.is_none() && is_instant(at)));
                self.events.push(Event::Text(Text {
                    id,
                    from,
                    to: said(around.to).unwrap_or_else(|| self.reading.ours.to_owned()),
                    body,
                    media: media(own),
                    sent_at,
                    handled: None,
                }));
                return Part::Read;
            }
            Some(_) => TOO_MANY,
            None if self.may_be_named(own, country_code.as_deref()) => NOBODY,
            None => channel::why_nobody(&written),
        };
        self.because(reason);
        Part::Left(whole.clone())
    }

    fn sender(&self, written: &str, country_code: Option<&str>) -> Option<Number> {
        sender(written, country_code, self.reading.country)
    }

    /// Whether there is a number under another name for the sender, so that settings can help.
    fn may_be_named(&self, own: &Fields<'_>, country_code: Option<&str>) -> bool {
        let mut likely = FROM.iter().filter_map(|name| word(own.get(*name)?));
        likely.any(|written| self.sender(&written, country_code).is_some())
    }

    /// Notes why something is left. A sender that cannot be answered is nothing to fix, so any
    /// other reason has priority.
    fn because(&mut self, reason: &'static str) {
        if self.reason.is_none_or(|known| known == UNANSWERABLE) {
            self.reason = Some(reason);
        }
    }

    /// A status update of one of our messages, whose words the call may quote.
    fn report(&mut self, whole: &Value, own: &Fields<'_>, around: Around<'_>) -> Part {
        let said = |found: Found<'_>| found.and_then(|(_, value)| word(value));
        let word = said(around.status).unwrap_or_default();
        let (Some(status), Some(message)) = (reports::reported(&word), said(self.id(own))) else {
            return Part::Read;
        };
        if self.events.len() == MOST {
            self.because(TOO_MANY);
            return Part::Left(whole.clone());
        }
        self.events.push(Event::Receipt(Receipt {
            message,
            attempt: None,
            part: None,
            status,
            raw_status: word,
            code: None,
            opted_out: false,
            charge: None,
        }));
        Part::Read
    }

    fn id<'a>(&self, own: &Fields<'a>) -> Found<'a> {
        find_that(own, self.reading.names.id.as_deref(), &ID, is_id)
    }
}

impl<'a> Around<'a> {
    /// The context within an object of these fields. Of two names the likelier one counts, of the
    /// same name the closer one.
    fn within(self, own: &Fields<'a>, names: &InboundFields) -> Self {
        let nearer = |near: Found<'a>, far: Found<'a>| {
            near.into_iter().chain(far).min_by_key(|(likely, _)| *likely)
        };
        Self {
            from: nearer(find(own, names.from.as_deref(), &FROM), self.from),
            to: nearer(find(own, names.to.as_deref(), &TO), self.to),
            time: nearer(find(own, names.time.as_deref(), &TIME), self.time),
            country_code: nearer(find(own, None, &["countrycode"]), self.country_code),
            status: nearer(find_that(own, None, &STATUS, is_status), self.status),
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

    /// The rest of the value that it is a part of.
    fn of(self, value: &Value) -> Option<Value> {
        match self {
            Self::Other => Some(value.clone()),
            Self::Read => None,
            Self::Left(left) => Some(left),
        }
    }
}

/// The body of a call: JSON if it parses as such, otherwise a form; without a body the query.
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

/// Whether a value is the status of a message.
fn is_status(value: &Value) -> bool {
    word(value).is_some_and(|word| reports::reported(&word).is_some())
}

/// The number of a sender: written with `+` or 00, nationally beside the calling code in the call,
/// or in digits that may be either.
pub(super) fn sender(
    written: &str,
    country_code: Option<&str>,
    country: Option<&str>,
) -> Option<Number> {
    let written = channel::without(written)?;
    if written.starts_with('+') {
        return Number::parse(written).ok();
    }
    let digits: String =
        written.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')')).collect();
    if let Some(digits) = digits.strip_prefix("00") {
        return Number::parse(&format!("+{digits}")).ok();
    }
    let country_code = country_code.map(|code| code.trim().trim_start_matches(['+', '0']));
    match country_code.filter(|code| !code.is_empty()) {
        // The call gives the country, so landline numbers are acceptable as well.
        Some(code) => Number::completed(&digits, Some(code))
            .or_else(|| Number::parse(&format!("+{code}{}", digits.trim_start_matches('0'))).ok()),
        None => Number::completed(&digits, country),
    }
}
