//! Whether clocks agree.

use jiff::{SignedDuration, Timestamp};
use sms::Finding;

use crate::commands::doctor::report::{Check, Found};
use crate::outside::{Outside, Response};

/// How far clocks may differ. Signatures with a time are refused from about five minutes on
/// (Vonage's token, AWS's requests).
const DOUBTFUL: SignedDuration = SignedDuration::from_secs(60);
const BROKEN: SignedDuration = SignedDuration::from_mins(5);

/// What another clock showed, and ours at the same time.
pub(crate) struct Clock {
    whose: &'static str,
    ahead: SignedDuration,
}

/// The time at the model's server. The request has no key, since any answer shows it.
pub(crate) async fn of_model(address: Option<&str>) -> Option<Clock> {
    let outside = Outside::of(address?.to_owned()).ok()?;
    let answer = outside.ask(outside.get("/models")).await.ok()?;
    Clock::of("the model", &answer)
}

/// The clock that differs most, if there is any. Neither of two clocks knows which is wrong.
pub(crate) fn compared(others: impl Iterator<Item = Clock>) -> Option<Found> {
    let Clock { whose, ahead } = others.max_by_key(|clock| clock.ahead.abs())?;
    let (check, by) = (Check::Clock, ahead.abs());
    if by < DOUBTFUL {
        return Some(Finding::works(check, format!("agrees with that of {whose}")));
    }
    let way = if ahead.is_negative() { "ahead of" } else { "behind" };
    let seen = format!("this machine is {} s {way} {whose}", by.as_secs());
    let fix = "Have NTP set the clocks, for example with `timedatectl set-ntp true`: otherwise \
               signatures with a time fail.";
    Some(match by < BROKEN {
        true => Finding::doubtful(check, seen, fix),
        false => Finding::broken(check, seen, fix),
    })
}

impl Clock {
    pub(crate) fn of(whose: &'static str, answer: &Response) -> Option<Self> {
        let ahead = answer.date?.duration_since(Timestamp::now());
        Some(Self { whose, ahead })
    }
}
