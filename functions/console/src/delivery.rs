//! The status of a reply, and what it means in words.

use conversations::Attempt;
use evidence::Route;
use serde::Serialize;
use sms::{Providers, Status};
use telemetry::TraceId;

use crate::words::Words;

/// The known status of an attempt.
#[derive(Clone, Serialize)]
pub(crate) struct Delivery {
    pub(crate) attempt: String,
    pub(crate) trace: TraceId,
    pub(crate) provider: String,
    /// The provider's id of the message.
    pub(crate) message: Option<String>,
    pub(crate) segments: usize,
    pub(crate) status: Status,
    pub(crate) conflicted: bool,
    pub(crate) code: Option<String>,
    /// What the code means, and how to fix it.
    pub(crate) means: Option<String>,
    pub(crate) at: i64,
    /// The route it went by.
    #[serde(skip)]
    pub(crate) route: Route,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reached: Option<Reached>,
}

impl Delivery {
    pub(crate) fn of(attempt: &Attempt, providers: &Providers) -> Self {
        let code = attempt.code.as_deref();
        let means = code.and_then(|code| providers.explain(&attempt.provider, code));
        Self {
            attempt: attempt.id.clone(),
            trace: attempt.trace.clone(),
            provider: attempt.provider.clone(),
            message: attempt.message_id().map(str::to_owned),
            segments: attempt.segments,
            status: attempt.status(),
            conflicted: attempt.is_conflicted(),
            code: attempt.code.clone(),
            means: means.map(ToString::to_string),
            at: attempt.at.as_millisecond(),
            route: attempt.route(),
            reached: None,
        }
    }
}

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    /// Nothing is wrong, and nothing is shown.
    Open,
    Good,
    Doubt,
    Bad,
}

/// How far a reply got.
#[derive(Clone, Serialize)]
pub(crate) struct Reached {
    pub(crate) word: String,
    /// A sentence or two on what that means.
    pub(crate) means: String,
    /// Whether `means` is in English, whatever the page's language: it explains a provider's code.
    #[serde(skip)]
    pub(crate) in_english: bool,
    pub(crate) tone: Tone,
}

impl Reached {
    pub(crate) fn of(delivery: &Delivery, words: &Words) -> Self {
        let w: &crate::words::Delivery = &words.delivery;
        let (word, means, tone) = match delivery.status {
            _ if delivery.conflicted => (&w.conflicting, &w.conflicting_means, Tone::Bad),
            Status::Sending => (&w.sending, &w.sending_means, Tone::Open),
            Status::Unknown => (&w.unknown, &w.unknown_means, Tone::Doubt),
            Status::Accepted => (&w.accepted, &w.accepted_means, Tone::Open),
            Status::Sent => (&w.sent, &w.sent_means, Tone::Open),
            Status::Delivered => (&w.delivered, &w.delivered_means, Tone::Good),
            // A text that a provider accepted has an id.
            Status::Failed | Status::Undelivered if delivery.message.is_some() => {
                (&w.not_arrived, &w.not_arrived_means, Tone::Bad)
            }
            Status::Failed | Status::Undelivered => (&w.not_sent, &w.not_sent_means, Tone::Bad),
        };
        let code = delivery.code.as_deref().map_or(String::new(), |code| format!(" ({code})"));
        let explained = delivery.means.as_deref().filter(|_| tone != Tone::Good);
        Self {
            word: format!("{}{code}", word.as_str()),
            means: explained.unwrap_or(means.as_str()).to_owned(),
            in_english: explained.is_some(),
            tone,
        }
    }
}

impl Tone {
    /// Its name in the stylesheet.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Good => "good",
            Self::Doubt => "doubt",
            Self::Bad => "bad",
        }
    }

    /// Whether a reader should see more than the word.
    pub(crate) fn is_wrong(self) -> bool {
        matches!(self, Self::Doubt | Self::Bad)
    }
}
