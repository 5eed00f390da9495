//! Misbehaviour of a stand-in.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

/// The handling of the next requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As documented.
    #[default]
    Works,
    /// As documented, after a pause.
    Slow(Duration),
    /// Holds the request until the switch is turned, then continues in the new mode.
    Holds,
    /// Does nothing, and answers with this status and body.
    Fails(u16, String),
    /// Does what was asked, but answers with this status and body.
    FailsAfter(u16, String),
    /// Does what was asked and never answers.
    HangsAfter,
    /// Does nothing and never answers.
    HangsBefore,
    /// Does what was asked, then cuts the connection instead of answering.
    CutsAfter,
    /// Does nothing, and cuts the connection instead of answering.
    CutsBefore,
    /// Does what was asked, and answers with something undocumented.
    Nonsense,
}

/// Changes the mode of a stand-in while it runs.
#[derive(Debug, Default)]
pub struct Switch {
    mode: watch::Sender<Mode>,
    planned: Mutex<VecDeque<Mode>>,
    /// How many requests have begun to hang or be held.
    hanging: watch::Sender<usize>,
}

impl Switch {
    /// From now on, until set again.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// The mode now.
    pub fn mode(&self) -> Mode {
        self.mode.borrow().clone()
    }

    /// The next requests use one each of these modes, whatever the current mode is. Replaces earlier
    /// plans.
    pub fn plan(&self, modes: impl IntoIterator<Item = Mode>) {
        *self.planned.lock().unwrap() = modes.into_iter().collect();
    }

    /// How many planned modes remain.
    pub fn left(&self) -> usize {
        self.planned.lock().unwrap().len()
    }

    /// Waits until one more request hangs or is held than at the time of this call.
    pub fn next_hanging(&self) -> impl Future<Output = ()> + use<> {
        let mut hanging = self.hanging.subscribe();
        async move { hanging.changed().await.unwrap() }
    }

    /// Runs `work`, which answers as documented, in the mode of this moment, even if the switch is
    /// turned before the answer is awaited.
    pub fn apply(&self, work: impl Future<Output = Response>) -> impl Future<Output = Response> {
        let mut modes = self.mode.subscribe();
        let mode = modes.borrow_and_update().clone();
        let mode = self.planned.lock().unwrap().pop_front().unwrap_or(mode);
        if mode == Mode::Holds {
            self.hanging.send_modify(|hanging| *hanging += 1);
        }
        async move {
            let mode = match mode {
                Mode::Holds => modes.wait_for(|mode| *mode != Mode::Holds).await.unwrap().clone(),
                mode => mode,
            };
            self.answer(mode, work).await
        }
    }

    async fn answer(&self, mode: Mode, work: impl Future<Output = Response>) -> Response {
        match mode {
            Mode::Works => work.await,
            Mode::Slow(pause) => {
                tokio::time::sleep(pause).await;
                work.await
            }
            Mode::Fails(status, body) => failure(status, body),
            Mode::FailsAfter(status, body) => {
                work.await;
                failure(status, body)
            }
            Mode::HangsBefore | Mode::Holds => self.hang().await,
            Mode::HangsAfter => {
                work.await;
                self.hang().await
            }
            Mode::CutsAfter => {
                work.await;
                cut()
            }
            Mode::CutsBefore => cut(),
            Mode::Nonsense => {
                work.await;
                (StatusCode::OK, "<html>It works!</html>").into_response()
            }
        }
    }

    async fn hang(&self) -> Response {
        self.hanging.send_modify(|hanging| *hanging += 1);
        std::future::pending().await
    }
}

fn failure(status: u16, body: String) -> Response {
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// A body that fails while it is written: the server closes the connection.
fn cut() -> Response {
    let cut = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    Body::from_stream(cut).into_response()
}
