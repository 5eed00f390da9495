//! The status of texts, from the rows that MessageCentral's dashboard shows.
//!
//! The address is not documented. It may refuse our tokens, and may change or disappear any day,
//! which raises no alarm: the result is then [`Found::CannotAsk`]. Rows carry no id, so one counts
//! for a message only if number, words and time match, and the absence of a row proves nothing.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::Value;

use super::{MessageCentral, SUCCESS, Token, fields, response_code, word};
use sms::{Found, Http, Outgoing, Receipt, Response, SendError, Status};

/// How long the reports are not requested again after they could not be read.
const REST: Duration = Duration::from_secs(60 * 60);

/// How many rows a page has, and how many pages are requested. Their dashboard counts pages from 0.
const PAGE_SIZE: usize = 100;
const PAGES: usize = 5;

/// How much earlier or later than our record of a message its row may have been created: their
/// clock is not ours, and the row is created after the message was accepted.
const EARLIER: SignedDuration = SignedDuration::from_mins(1);
const LATER: SignedDuration = SignedDuration::from_mins(2);

/// How far ahead of UTC a time without a zone may be: not at all, or as in India, where they are
/// based. With any zone allowed, a text of this morning could be confused with the same words at
/// noon.
const AHEAD: [SignedDuration; 2] = [SignedDuration::ZERO, SignedDuration::from_mins(5 * 60 + 30)];

/// Whether the reports are available.
#[derive(Default)]
pub(super) struct Reports {
    failed: Mutex<Option<Instant>>,
}

/// One message, with the fields used here. Any of them may be missing, a number or a string.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Row {
    country_code: Value,
    mobile_number: Value,
    message_body: Value,
    status: Value,
    error_code: Value,
    created_at: Value,
}

/// The status in a row, in our words and in theirs.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) status: Status,
    pub(super) word: String,
    code: Option<String>,
}

impl Reports {
    fn rest(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|at| at.elapsed() < REST)
    }

    fn failed(&self) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl MessageCentral {
    /// What the rows say about a message that was dispatched at about this time.
    pub(super) async fn look_up(
        &self,
        http: &Http,
        id: &str,
        message: &Outgoing,
        at: Timestamp,
    ) -> Result<Found, SendError> {
        if self.reports.rest() {
            return Ok(Found::CannotAsk);
        }
        let token = self.token(http, |token| token.usable_until).await?;
        let day = at.to_zoned(TimeZone::UTC).date();
        let mut fates = Vec::new();
        for page in 0..PAGES {
            let rows = match self.rows(http, &token, day, page).await {
                Ok(Some(rows)) => rows,
                // There was no connection, which says nothing about the address.
                Err(error @ SendError::Refused { .. }) => return Err(error),
                Ok(None) | Err(_) => {
                    self.reports.failed();
                    return Ok(Found::CannotAsk);
                }
            };
            let last = rows.len() < PAGE_SIZE;
            fates.extend(rows.iter().filter(|row| row.is(message, at)).map(Row::fate));
            if last {
                break;
            }
        }
        Ok(agreed(fates).map_or(Found::CannotAsk, |fate| {
            Found::Known(Receipt {
                message: id.into(),
                attempt: Some(message.attempt.clone()),
                part: None,
                status: fate.status,
                raw_status: fate.word,
                code: fate.code,
                opted_out: false,
                charge: None,
            })
        }))
    }

    /// A page of the rows of the day before, this day and the day after, since the zone of their
    /// days is not known. `None` if the answer has no rows.
    pub(super) async fn rows(
        &self,
        http: &Http,
        token: &Token,
        day: Date,
        page: usize,
    ) -> Result<Option<Vec<Row>>, SendError> {
        let written = |day: Date| day.strftime("%-d/%-m/%Y").to_string();
        let (from, to) = (day.yesterday().unwrap_or(day), day.tomorrow().unwrap_or(day));
        let request = http
            .post(format!("{}/reports/getDetailedReports", self.settings.base_url))
            .header("authToken", token.value.expose_secret())
            .query(&[
                ("customerId", self.settings.customer_id.as_str()),
                ("from", &written(from)),
                ("to", &written(to)),
                ("pageNo", &page.to_string()),
                ("size", &PAGE_SIZE.to_string()),
                ("type", "SMS"),
            ]);
        Ok(rows(&http.send(request).await?))
    }
}

fn rows(answer: &Response) -> Option<Vec<Row>> {
    let mut body: Value = answer.json()?;
    if !answer.is_success() || response_code(&body["responseCode"]) != Some(SUCCESS) {
        return None;
    }
    match body["data"]["data"].take() {
        Value::Null => Some(vec![]),
        rows => serde_json::from_value(rows).ok(),
    }
}

/// The common status of several matching rows. If they differ, it is unclear which one is about the
/// message, but all of them were accepted.
fn agreed(mut fates: Vec<Fate>) -> Option<Fate> {
    let first = fates.pop()?;
    if fates.iter().all(|fate| *fate == first) {
        return Some(first);
    }
    let words = fates.iter().map(|fate| fate.word.as_str()).chain([first.word.as_str()]);
    let word = words.collect::<Vec<_>>().join(" or ");
    Some(Fate { status: Status::Accepted, word, code: None })
}

impl Row {
    /// Whether it is about a message that was dispatched at this time.
    fn is(&self, message: &Outgoing, at: Timestamp) -> bool {
        let (country_code, national) = message.to.split();
        let number = word(&self.mobile_number).unwrap_or_default();
        let number = number.trim_start_matches('+');
        let there = word(&self.country_code).is_none_or(|code| code == country_code);
        let same_number = (there && number == national) || number == &message.to.as_str()[1..];
        let body = word(&self.message_body).unwrap_or_default();
        same_number
            && body.trim() == message.body.trim()
            && self.created().any(|created| at - EARLIER <= created && created <= at + LATER)
    }

    /// The times at which it may have been created.
    fn created(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let written = word(&self.created_at).unwrap_or_default();
        let instant = fields::time(&written);
        let local = if instant.is_none() { written.parse::<DateTime>().ok() } else { None };
        let local = local.and_then(|local| Offset::UTC.to_timestamp(local).ok());
        let guessed = AHEAD.into_iter().filter_map(move |ahead| local?.checked_sub(ahead).ok());
        instant.into_iter().chain(guessed)
    }

    /// The status of its message. An unknown word only shows that the message was accepted.
    pub(super) fn fate(&self) -> Fate {
        let word = word(&self.status).unwrap_or_default();
        let status = meaning(&word).unwrap_or(Status::Accepted);
        let code = super::word(&self.error_code).filter(|_| status == Status::Undelivered);
        // A carrier's code, which must not be confused with the answer to a send.
        Fate { status, word, code: code.map(|code| format!("carrier: {code}")) }
    }
}

/// The meaning of a word for the status of our message: only `DELIVRD` is known among theirs, which
/// their dashboard counts as success. The others are read as in SMPP 3.4 (5.2.28 and appendix B).
fn meaning(word: &str) -> Option<Status> {
    match word {
        "DELIVRD" => Some(Status::Delivered),
        "UNDELIV" | "EXPIRED" | "REJECTD" | "DELETED" => Some(Status::Undelivered),
        "ACCEPTD" | "ENROUTE" | "SUBMITTED" | "SENT" => Some(Status::Sent),
        _ => None,
    }
}

/// The meaning of a word, if only the status of a message of ours can be so called: SMPP's words,
/// and similar ones, which only show that it was accepted.
pub(super) fn reported(word: &str) -> Option<Status> {
    const NEARLY: [&str; 6] =
        ["ACCEPTED", "DELIVERED", "FAILED", "REJECTED", "UNDELIVERABLE", "UNDELIVERED"];
    let written = word.trim().to_ascii_uppercase();
    let nearly = meaning(&written).is_some() || NEARLY.contains(&written.as_str());
    meaning(word).or_else(|| nearly.then_some(Status::Accepted))
}
