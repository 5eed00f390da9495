//! What became of texts, by the rows that MessageCentral's dashboard shows.
//!
//! The address is documented nowhere. It may be refused to our tokens, and may change or go any
//! day, which is no reason for an alarm: whoever asks is told that it cannot be asked. Rows carry
//! no id, so one is believed to be about a message only if number, words and time fit, and that
//! there is none proves nothing.

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

/// How long the reports are left alone after they could not be read.
const REST: Duration = Duration::from_secs(60 * 60);

/// How many rows are asked for at once, and how often. Their dashboard counts pages from 0.
const PAGE_SIZE: usize = 100;
const PAGES: usize = 5;

/// How much earlier and how much later than we know of a message its row may have been made: their
/// clock is not ours, and the row is made after the message was taken.
const EARLIER: SignedDuration = SignedDuration::from_mins(1);
const LATER: SignedDuration = SignedDuration::from_mins(2);

/// How far ahead of UTC a time without a zone may have been written: not at all, or as in India,
/// where they are at home. A guess at any zone would let a text of this morning pass for the same
/// words this noon.
const AHEAD: [SignedDuration; 2] = [SignedDuration::ZERO, SignedDuration::from_mins(5 * 60 + 30)];

/// Whether the reports can be asked.
#[derive(Default)]
pub(super) struct Reports {
    failed: Mutex<Option<Instant>>,
}

/// One message, as far as it is used here. Everything may be missing, a number or a string.
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

/// What a row says became of its message, in our words and in theirs.
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
    /// What the rows say of a message that was handed over at about this time.
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
                // Nobody was there to ask, which says nothing of the address.
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
            })
        }))
    }

    /// A page of the rows of the day before, this day and the day after, since the zone of their
    /// days is not known. `None` if the answer is none of rows.
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

/// What rows say together that all fit. Where they differ nothing shows which of them is about the
/// message, but all of them were taken.
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
    /// Whether it is about a message that was handed over at this time.
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

    /// When it may have been made.
    fn created(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let written = word(&self.created_at).unwrap_or_default();
        let instant = fields::time(&written);
        let local = if instant.is_none() { written.parse::<DateTime>().ok() } else { None };
        let local = local.and_then(|local| Offset::UTC.to_timestamp(local).ok());
        let guessed = AHEAD.into_iter().filter_map(move |ahead| local?.checked_sub(ahead).ok());
        instant.into_iter().chain(guessed)
    }

    /// What it says became of its message. A word that is not known says no more than that the
    /// message was taken.
    pub(super) fn fate(&self) -> Fate {
        let word = word(&self.status).unwrap_or_default();
        let status = meaning(&word).unwrap_or(Status::Accepted);
        let code = super::word(&self.error_code).filter(|_| status == Status::Undelivered);
        // A carrier's code, which is not to be taken for one of the answers to a send.
        Fate { status, word, code: code.map(|code| format!("carrier: {code}")) }
    }
}

/// What a word means that says how a message of ours fared: of their words only `DELIVRD` is known,
/// as their dashboard takes it for success. The others are read as SMPP 3.4 means them (5.2.28 and
/// appendix B).
fn meaning(word: &str) -> Option<Status> {
    match word {
        "DELIVRD" => Some(Status::Delivered),
        "UNDELIV" | "EXPIRED" | "REJECTD" | "DELETED" => Some(Status::Undelivered),
        "ACCEPTD" | "ENROUTE" | "SUBMITTED" | "SENT" => Some(Status::Sent),
        _ => None,
    }
}

/// What a word means, if it is one of those that only a message of ours has: those of SMPP, and
/// nearly those, which say no more than that it was taken.
pub(super) fn reported(word: &str) -> Option<Status> {
    const NEARLY: [&str; 6] =
        ["ACCEPTED", "DELIVERED", "FAILED", "REJECTED", "UNDELIVERABLE", "UNDELIVERED"];
    let written = word.trim().to_ascii_uppercase();
    let nearly = meaning(&written).is_some() || NEARLY.contains(&written.as_str());
    meaning(word).or_else(|| nearly.then_some(Status::Accepted))
}
