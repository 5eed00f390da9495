//! When a person may be texted something that is no answer to what they just sent: a follow-up, a
//! reminder, a notice.
//!
//! The law of the USA forbids solicitations before 8 and after 21 "local time at the called party's
//! location" (47 CFR 64.1200(c)(1)), and some states forbid more. Nobody tells us where a person is, so
//! their number has to: it names the time zones in which they may be, and a text goes when the clocks
//! of all of them allow it. A number that was kept after a move names the wrong ones.
//!
//! Answers are no business of [`QuietHours`]: they may go at any hour. [`OpeningHours`] only say when
//! somebody of the business is there. Neither knows holidays.

#![warn(missing_docs)]

mod opening;
mod place;
mod quiet;
mod week;

pub use opening::{Day, NotOpening, OpeningHours};
pub use place::Place;
pub use quiet::{NotHours, Permission, QuietHours};
