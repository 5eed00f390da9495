//! Messages in Twilio's API, and how to find one again whose outcome is unknown.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use sms::code;
use sms::{Charge, Found, Http, Outgoing, Receipt, SendError, Status};

use super::codes::CODES;
use super::{Twilio, meaning};

/// How much earlier than by our clock a message may have been created by Twilio's, which is cut to
/// whole seconds.
const CLOCK_SLACK: Duration = Duration::from_secs(5);

/// How many messages to one person are searched for one whose outcome is unknown.
const PAGE_SIZE: u32 = 50;

const PAGES: usize = 10;

/// A message in Twilio's API.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) sid: String,
    status: Option<String>,
    body: Option<String>,
    direction: Option<String>,
    date_created: Option<String>,
    error_code: Option<u32>,
    /// Known a while after it was sent, and then below zero.
    price: Option<String>,
    price_unit: Option<String>,
}

#[derive(Deserialize)]
struct MessageList {
    messages: Vec<Message>,
    next_page_uri: Option<String>,
}

impl Message {
    /// Its status, in the form of a receipt.
    pub(super) fn receipt(self) -> Receipt {
        let word = self.status.unwrap_or_else(|| "accepted".into());
        let code = self.error_code.map(|code| code.to_string());
        let price = self.price.zip(self.price_unit);
        Receipt {
            charge: price.and_then(|(price, unit)| Charge::parse(&price, &unit)),
            message: self.sid,
            attempt: None,
            part: None,
            status: meaning(&word).unwrap_or(Status::Accepted),
            raw_status: word,
            opted_out: code.as_deref().is_some_and(|code| code::is_stop(CODES, code)),
            code,
        }
    }

    /// Whether this is `message`, or `None` if it has no creation time.
    fn is(&self, message: &Outgoing, since: Timestamp) -> Option<bool> {
        let outbound = self.direction.as_deref().is_some_and(|way| way.starts_with("outbound"));
        if !outbound || !same_words(self.body.as_deref().unwrap_or_default(), &message.body) {
            return Some(false);
        }
        let created = rfc2822::parse(self.date_created.as_deref()?).ok()?.timestamp();
        Some(created >= since - CLOCK_SLACK)
    }
}

fn same_words(one: &str, other: &str) -> bool {
    let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    one.trim() == other.trim() || (!words(one).is_empty() && words(one) == words(other))
}

impl Twilio {
    /// Looks for a message among those to an address in Twilio's form.
    pub(super) async fn find_to(
        &self,
        http: &Http,
        to: &str,
        message: &Outgoing,
        since: Timestamp,
    ) -> Result<Found, SendError> {
        let page_size = PAGE_SIZE.to_string();
        let mut request = http.get(self.messages()).query(&[("To", to), ("PageSize", &page_size)]);
        for _ in 0..PAGES {
            let answer = http.send(self.authorize(request)).await?;
            let page = match answer.status {
                200 => answer.json::<MessageList>().ok_or_else(|| answer.otherwise())?,
                _ => return Err(answer.otherwise()),
            };
            for candidate in page.messages {
                if candidate.is(message, since).ok_or_else(|| answer.otherwise())? {
                    return Ok(Found::Known(candidate.receipt()));
                }
            }
            request = match page.next_page_uri {
                None => return Ok(Found::Absent),
                // Our token goes to no other host.
                Some(path) if path.starts_with('/') => http.get(format!("{}{path}", self.base_url)),
                Some(_) => return Err(answer.otherwise()),
            };
        }
        Err(SendError::Unknown { code: "too many messages to look through".into() })
    }
}
