//! The body of a call, received within limits of time and memory; and the body of an answer, which
//! reports when it has been sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

use crate::Error;
use crate::crowd::{Awaits, Seat};
use crate::turned_away::Reason;

/// The timeout for a body, counted from the end of its head. Providers send everything in one packet.
const WHOLE_WITHIN: Duration = Duration::from_secs(10);

/// An incoming body.
pub(crate) struct Coming {
    body: Incoming,
    deadline: Pin<Box<Sleep>>,
    seat: Arc<Seat>,
    given_up: GivenUp,
}

/// Why receiving a body was aborted, if it was: its reader's answer is then useless.
#[derive(Clone, Default)]
pub(crate) struct GivenUp(Arc<AtomicU8>);

impl GivenUp {
    const LATE: u8 = 1;
    const TOO_MUCH: u8 = 2;

    /// The answer to give instead.
    pub(crate) fn answer(&self) -> Option<StatusCode> {
        match self.0.load(Ordering::Relaxed) {
            Self::LATE => Some(StatusCode::REQUEST_TIMEOUT),
            Self::TOO_MUCH => Some(StatusCode::SERVICE_UNAVAILABLE),
            _ => None,
        }
    }
}

impl Coming {
    pub(crate) fn new(body: Incoming, seat: Arc<Seat>) -> (Self, GivenUp) {
        let given_up = GivenUp::default();
        let deadline = Box::pin(tokio::time::sleep(WHOLE_WITHIN));
        seat.awaits(if body.is_end_stream() { Awaits::Answer } else { Awaits::Body });
        (Self { body, deadline, seat, given_up: given_up.clone() }, given_up)
    }

    fn give_up(&self, why: u8) -> Error {
        self.given_up.0.store(why, Ordering::Relaxed);
        "the body was given up".into()
    }
}

impl hyper::body::Body for Coming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            ready!(self.deadline.as_mut().poll(context));
            self.seat.note(Reason::Late);
            return Poll::Ready(Some(Err(self.give_up(GivenUp::LATE))));
        };
        if let Some(Ok(frame)) = &frame
            && !self.seat.holds(frame.data_ref().map_or(0, Bytes::len))
        {
            return Poll::Ready(Some(Err(self.give_up(GivenUp::TOO_MUCH))));
        }
        if frame.is_none() || self.body.is_end_stream() {
            self.seat.awaits(Awaits::Answer);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An outgoing body. Once it is sent, the connection waits for another call.
pub(crate) struct Going {
    body: Body,
    seat: Arc<Seat>,
}

impl Going {
    pub(crate) fn new(body: Body, seat: Arc<Seat>) -> Self {
        seat.awaits(Awaits::Answer);
        Self { body, seat }
    }
}

impl hyper::body::Body for Going {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.seat.awaits(Awaits::Call);
    }
}
