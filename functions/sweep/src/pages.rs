//! Working through what is due, page behind page, several of them at once.

use std::time::Duration;

use conversations::{Page, Place};
use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::SweepError;

/// How much of a kind is read at once.
pub(crate) const PAGE: u32 = 200;

/// How long what was begun in time may take.
pub(crate) const GRACE: Duration = Duration::from_secs(8);

/// What a run came to with one kind.
#[derive(Debug, Default)]
pub(crate) struct Worked {
    /// Up to where all of it was dealt with, but for the last page.
    pub(crate) until: Option<Place>,
    /// Since when the first has been due that the run did not get to. `None`: it got to all.
    pub(crate) left: Option<Timestamp>,
    /// What was in the way.
    pub(crate) error: Option<SweepError>,
}

impl Worked {
    /// Whether it got to the end.
    pub(crate) fn is_whole(&self) -> bool {
        self.left.is_none() && self.error.is_none()
    }
}

/// What is next: a page, or what there is no time for.
enum Step<T> {
    Page(Result<Page<T>, SweepError>),
    Left(Place),
}

enum Next {
    First(Option<Place>),
    Behind(Place),
    End,
}

/// Deals with what is due behind this place until nothing is left or the time is over; with one page
/// at least, so that however short the time is it goes on.
///
/// It never turns back: what stays due, whatever the reason, is left for another run.
pub(crate) async fn work_through<T, R, W>(
    deadline: Instant,
    at_once: usize,
    after: Option<Place>,
    read: impl Fn(Option<Place>) -> R,
    work: impl Fn(Vec<T>) -> W,
) -> Worked
where
    R: Future<Output = Result<Page<T>, SweepError>>,
    W: Future<Output = Result<(), SweepError>>,
{
    let (read, work) = (&read, &work);
    let steps = stream::unfold(Next::First(after), move |next| async move {
        let after = match next {
            Next::End => return None,
            Next::Behind(place) if Instant::now() >= deadline => {
                return Some((Step::Left(place), Next::End));
            }
            Next::Behind(place) => Some(place),
            Next::First(after) => after,
        };
        let page = read(after).await;
        let place = page.as_ref().ok().and_then(|page| page.next.clone());
        Some((Step::Page(page), place.map_or(Next::End, Next::Behind)))
    });
    // In order, so that all is dealt with that stands before the first that is not.
    let worked = steps.map(move |step| async move {
        match step {
            Step::Left(place) => Err((Some(place.time()), None)),
            Step::Page(Err(error)) => Err((None, Some(error))),
            Step::Page(Ok(Page { found, next, .. })) if found.is_empty() => Ok(next),
            Step::Page(Ok(Page { found, since, next })) => match work(found).await {
                Ok(()) => Ok(next),
                Err(error) => Err((since, Some(error))),
            },
        }
    });
    let mut worked = std::pin::pin!(worked.buffered(at_once));
    let mut outcome = Worked::default();
    loop {
        let (left, error) = match timeout_at(deadline + GRACE, worked.next()).await {
            Ok(None) => return outcome,
            Ok(Some(Ok(next))) => {
                outcome.until = next.or(outcome.until);
                continue;
            }
            Ok(Some(Err(why))) => why,
            Err(_) => (None, Some(SweepError::Late)),
        };
        let reached = outcome.until.as_ref().map(Place::time);
        return Worked { left: left.or(reached), error, ..outcome };
    }
}
