//! News for open pages, as server-sent events: only where a process goes on between two requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use conversations::{ConversationId, Store};
use futures::future::{BoxFuture, FutureExt, Shared};
use futures::stream::{StreamExt, unfold};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Console;
use crate::pages::inbox::CHANGED;

/// How many pages are told at once. Others ask from time to time.
const PAGES: usize = 32;

/// How often the store of this machine is asked for news.
const EVERY: Duration = Duration::from_secs(1);

/// The same for Firestore, where each question costs a read.
const EVERY_REMOTE: Duration = Duration::from_secs(5);

/// How often a page hears that the server is there.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What tells open pages of news, until the process is asked to stop.
#[derive(Clone)]
pub struct Live {
    stop: Shared<BoxFuture<'static, ()>>,
    places: Arc<Semaphore>,
}

impl Live {
    /// Pages are told until this is ready.
    pub fn until(stop: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { stop: stop.boxed().shared(), places: Arc::new(Semaphore::new(PAGES)) }
    }
}

/// A page that listens.
struct Page {
    store: Arc<Store>,
    since: Timestamp,
    /// What it was told last.
    known: Vec<(ConversationId, Option<Timestamp>)>,
    _place: OwnedSemaphorePermit,
}

impl Page {
    /// The next change of a row. A store that does not answer is asked again.
    async fn changed(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        let every = if self.store.documents().are_embedded() { EVERY } else { EVERY_REMOTE };
        loop {
            tokio::time::sleep(every).await;
            let Ok(changed) = self.store.rows_changed(self.since, CHANGED).await else { continue };
            let rows: Vec<_> =
                changed.rows.into_iter().map(|(id, row)| (id, row.changed_at)).collect();
            let is_news = rows.iter().any(|row| !self.known.contains(row));
            (self.since, self.known) = (changed.until, rows);
            if is_news {
                let since = self.since.as_millisecond().to_string();
                return Some((Ok(Event::default().event("changed").data(since)), self));
            }
        }
    }
}

/// What a page has been drawn of.
#[derive(Deserialize)]
pub(crate) struct Drawn {
    /// The moment, in milliseconds.
    since: Option<i64>,
}

/// `GET /console/api/events`: an event `changed` whenever rows have changed `since`. 204 where nothing could send
/// one: such pages ask from time to time.
pub(crate) async fn events(
    State(console): State<Arc<Console>>,
    Query(drawn): Query<Drawn>,
) -> Response {
    let Some(live) = &console.live else { return StatusCode::NO_CONTENT.into_response() };
    let Ok(_place) = Arc::clone(&live.places).try_acquire_owned() else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let since = drawn.since.and_then(|since| Timestamp::from_millisecond(since).ok());
    let since = since.unwrap_or_else(Timestamp::now);
    let page = Page { store: Arc::clone(&console.store), since, known: vec![], _place };
    let news = unfold(page, Page::changed).take_until(live.stop.clone());
    // An event and not a comment, which a page cannot hear.
    let here = KeepAlive::new().interval(HEARTBEAT).event(Event::default().event("here").data(""));
    Sse::new(news).keep_alive(here).into_response()
}
