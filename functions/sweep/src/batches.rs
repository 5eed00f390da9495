//! Works through what is due, page by page, several pages concurrently.

use std::future::ready;
use std::pin::pin;
use std::time::Duration;

use conversations::{Batch, Place};
use futures::future::{BoxFuture, OptionFuture};
use futures::stream::FuturesOrdered;
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use crate::SweepError;

/// How many documents of a kind are read in one query.
pub(crate) const PAGE: u32 = 200;

/// How much longer than its time a run may take to finish work that it began.
pub(crate) const GRACE: Duration = Duration::from_secs(8);

/// The result of a run for one kind.
#[derive(Debug, Default)]
pub(crate) struct Worked {
    /// The place up to which everything was dealt with, apart from the last page.
    pub(crate) until: Option<Place>,
    /// Since when the first document is due that the run did not get to. `None`: it got to all of
    /// them.
    pub(crate) left: Option<Timestamp>,
    /// The error that stopped it, if any.
    pub(crate) error: Option<SweepError>,
}

impl Worked {
    /// Whether it got to the end.
    pub(crate) fn is_whole(&self) -> bool {
        self.left.is_none() && self.error.is_none()
    }
}

/// The outcome of a page: where the next begins, or since when the rest is due and why it was left.
type Done = Result<Option<Place>, (Option<Timestamp>, Option<SweepError>)>;

/// Deals with what is due after this place until nothing is left or the time is up; with at least
/// one page, so that it makes progress however short the time is. `work` says whether it finished
/// in time.
///
/// It never goes back: anything that stays due, for whatever reason, is left to another run.
pub(crate) async fn work_through<'a, T: Send + 'a>(
    deadline: Instant,
    at_once: usize,
    after: Option<Place>,
    read: impl Fn(Option<Place>) -> BoxFuture<'a, Result<Batch<T>, SweepError>>,
    work: impl Fn(Vec<T>) -> BoxFuture<'a, Result<bool, SweepError>>,
) -> Worked {
    let mut outcome = Worked::default();
    // Since when the very first document has been due.
    let mut first = None;
    let mut late = pin!(sleep_until(deadline + GRACE));
    let mut reading = Some(read(after));
    // In order, so that everything before the first unfinished page is dealt with.
    let mut at_work = FuturesOrdered::<BoxFuture<'a, Done>>::new();
    while reading.is_some() || !at_work.is_empty() {
        let has_room = at_work.len() < at_once;
        let (left, error) = tokio::select! {
            Some(page) = OptionFuture::from(reading.as_mut()), if has_room => {
                reading = None;
                match page {
                    Err(error) => at_work.push_back(ready(Err((None, Some(error)))).boxed()),
                    Ok(page) => {
                        first = first.or(page.since);
                        let after = page.next.clone();
                        at_work.push_back(deal_with(page, &work));
                        match after {
                            None => {}
                            Some(place) if Instant::now() < deadline => {
                                reading = Some(read(Some(place)));
                            }
                            Some(place) => {
                                at_work.push_back(ready(Err((Some(place.time()), None))).boxed());
                            }
                        }
                    }
                }
                continue;
            }
            Some(done) = at_work.next() => match done {
                Ok(next) => {
                    outcome.until = next.or(outcome.until);
                    continue;
                }
                Err(why) => why,
            },
            () = &mut late => (None, Some(SweepError::Late)),
        };
        let reached = outcome.until.as_ref().map(Place::time).or(first);
        return Worked { left: left.or(reached), error, ..outcome };
    }
    outcome
}

fn deal_with<'a, T>(
    Batch { found, since, next }: Batch<T>,
    work: impl Fn(Vec<T>) -> BoxFuture<'a, Result<bool, SweepError>>,
) -> BoxFuture<'a, Done> {
    if found.is_empty() {
        return ready(Ok(next)).boxed();
    }
    let worked = work(found);
    let done = async move {
        match worked.await {
            Ok(true) => Ok(next),
            Ok(false) => Err((since, None)),
            Err(error) => Err((since, Some(error))),
        }
    };
    done.boxed()
}
