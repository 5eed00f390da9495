//! What one attempt shows about its route.

use conversations::Attempt;
use evidence::{Sample, Signal};
use jiff::Timestamp;
use sms::{About, Providers, Status};

/// What an attempt shows about its route. `None`: nothing, since no real provider was asked.
pub(crate) fn sample(attempt: &Attempt, providers: &Providers, now: Timestamp) -> Option<Sample> {
    if attempt.is_pretended() {
        return None;
    }
    let code = attempt.code.clone();
    let known = code.as_deref().and_then(|code| providers.explain(&attempt.provider, code));
    let about = known.map_or(About::Route, |known| known.about);
    // An accepted text has an id; without one it was refused right away.
    let refused = attempt.message.is_none();
    let signal = match attempt.status() {
        Status::Sending => return None,
        status if status.is_failure() && refused => Signal::Refused { code, about },
        status if status.is_failure() => Signal::Failed { code, about },
        _ if attempt.answered => Signal::Answered,
        Status::Unknown => Signal::Unknown,
        Status::Sent => Signal::Sent,
        Status::Delivered => Signal::Delivered,
        _ => Signal::Waiting,
    };
    let heard = match signal {
        // It may be counted later: a healthy route is checked once a minute.
        Signal::Sent | Signal::Delivered | Signal::Failed { .. } => {
            attempt.told_at().map_or(now, |at| at.min(now))
        }
        _ => now,
    };
    Some(Sample { attempt: attempt.id.clone(), at: attempt.at, heard, signal })
}
