//! Texts that come in, whose form no document tells: it is read by names that are likely, or by
//! those that the owner names. What tells how a message of ours fared is none, wherever it comes.

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

/// How deep in a call's body texts are looked for, as in `{"data":{"messages":[{…}]}}`.
const DEPTH: usize = 4;

/// How many texts of one call are taken. Each takes a commit or two, and somebody waits for the
/// answer.
const MOST: usize = 100;

const NO_TEXT: &str = "no sender or no text was found in it";
const TOO_MANY: &str = "more texts than are taken from one call";
const NO_ID: &str = "a receipt that does not say of which message";

/// How a call is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// What its fields are called.
    pub(super) names: &'a InboundFields,
    /// What was texted where it does not say so.
    pub(super) ours: &'a str,
    /// The calling code of numbers that have none.
    pub(super) country: Option<&'a str>,
}

/// Reads the texts in a call, by its body and its query. Where some texts can be read and others
/// cannot, the others are what is left.
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

/// What is said around a value and holds for the texts in it. Of one size, however much is said:
/// every value of a call is read with it.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    from: Found<'a>,
    to: Found<'a>,
    time: Found<'a>,
    country_code: Found<'a>,
    status: Found<'a>,
}

/// What a value in a call's body turned out to be.
enum Part {
    /// Nothing that was looked for.
    Other,
    /// Texts and reports, all of them read.
    Read,
    /// Texts that were not read, without those that were.
    Left(Value),
}

struct Reader<'n> {
    reading: Reading<'n>,
    events: Vec<Event>,
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
        let from = self.sender(&written, country_code.as_deref());
        let reason = match from {
            Some(from) if self.events.len() < MOST => {
                let body = word(body).unwrap_or_default();
                let at = said(around.time);
                let sent_at = at.as_deref().and_then(time);
                // What cannot be read as a time tells two texts apart all the same.
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

    /// Whether a number stands where another name for the sender is, so that settings can help.
    fn may_be_named(&self, own: &Fields<'_>, country_code: Option<&str>) -> bool {
        let mut likely = FROM.iter().filter_map(|name| word(own.get(*name)?));
        likely.any(|written| self.sender(&written, country_code).is_some())
    }

    /// Notes why something is left. That nobody could answer it is no reason to mend anything, so
    /// that any other goes before it.
    fn because(&mut self, reason: &'static str) {
        if self.reason.is_none_or(|known| known == UNANSWERABLE) {
            self.reason = Some(reason);
        }
    }

    /// What became of a message of ours, whose words the call may quote.
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
        let (attempt, part, code, opted_out) = (None, None, None, false);
        let receipt = Receipt { message, attempt, part, status, raw_status: word, code, opted_out };
        self.events.push(Event::Receipt(receipt));
        Part::Read
    }

    fn id<'a>(&self, own: &Fields<'a>) -> Found<'a> {
        find_that(own, self.reading.names.id.as_deref(), &ID, is_id)
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

    /// What is left of the value that it is a part of.
    fn of(self, value: &Value) -> Option<Value> {
        match self {
            Self::Other => Some(value.clone()),
            Self::Read => None,
            Self::Left(left) => Some(left),
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

/// Whether a value says what became of a message.
fn is_status(value: &Value) -> bool {
    word(value).is_some_and(|word| reports::reported(&word).is_some())
}

/// The number of a sender: written with `+` or with 00, nationally beside the code that the call
/// gives, or in digits that may be either.
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
        // The call says whose it is, so that telephones on a line will do as well.
        Some(code) => Number::completed(&digits, Some(code))
            .or_else(|| Number::parse(&format!("+{code}{}", digits.trim_start_matches('0'))).ok()),
        None => Number::completed(&digits, country),
    }
}
