//! How a stand-in misbehaves.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

/// What a stand-in does with the next requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As documented.
    #[default]
    Works,
    /// As documented, after a pause.
    Slow(Duration),
    /// Keeps the request until the switch is turned, then goes on in the way of the new mode.
    Holds,
    /// Answers with this status and body, having done nothing.
    Fails(u16, String),
    /// Does what was asked and never answers.
    HangsAfter,
    /// Does nothing and never answers.
    HangsBefore,
    /// Does what was asked, then cuts the connection instead of answering.
    CutsAfter,
    /// Does what was asked, and answers with something the documentation does not describe.
    Nonsense,
}

/// Turns a stand-in from one mode to another while it runs.
#[derive(Debug, Default)]
pub struct Switch(watch::Sender<Mode>);

impl Switch {
    /// From now on, until set again.
    pub fn set(&self, mode: Mode) {
        self.0.send_replace(mode);
    }

    /// The mode now.
    pub fn mode(&self) -> Mode {
        self.0.borrow().clone()
    }

    /// Runs `work`, which answers as documented, in the way of the mode at this moment, whatever
    /// the switch is turned to before the answer is waited for.
    pub fn apply(&self, work: impl Future<Output = Response>) -> impl Future<Output = Response> {
        let mut modes = self.0.subscribe();
        let mode = modes.borrow_and_update().clone();
        async move {
            let mode = match mode {
                Mode::Holds => modes.wait_for(|mode| *mode != Mode::Holds).await.unwrap().clone(),
                mode => mode,
            };
            in_the_way_of(mode, work).await
        }
    }
}

async fn in_the_way_of(mode: Mode, work: impl Future<Output = Response>) -> Response {
    match mode {
        Mode::Works => work.await,
        Mode::Slow(pause) => {
            tokio::time::sleep(pause).await;
            work.await
        }
        Mode::Fails(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Mode::HangsBefore | Mode::Holds => std::future::pending().await,
        Mode::HangsAfter => {
            work.await;
            std::future::pending().await
        }
        Mode::CutsAfter => {
            work.await;
            // A body that fails while it is written: the server closes the connection.
            let cut =
                futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
            Body::from_stream(cut).into_response()
        }
        Mode::Nonsense => {
            work.await;
            (StatusCode::OK, "<html>It works!</html>").into_response()
        }
    }
}
