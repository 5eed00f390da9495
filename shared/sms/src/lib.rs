//! Text messages: phone numbers, segments, and the contract with the providers that carry them.
//!
//! A [`Provider`] is settings plus translation. Everything that must be the same for all of them
//! (timeouts, what a broken connection means, order of preference) is here once; retries, logging
//! and storage belong to the callers. The companies themselves are in the crate `providers`.

#![warn(missing_docs)]

pub mod code;
mod error;
mod event;
mod finding;
mod glimpse;
mod gsm;
mod http_client;
mod number;
mod provider;
mod providers;
pub mod toll_free;

pub use code::{About, Code};
pub use error::{SendError, UNANSWERABLE, WebhookError};
pub use event::{Charge, Event, Handled, Part, Receipt, Rest, Status, Text};
pub use finding::{Check, Finding, Verdict};
pub use glimpse::Glimpse;
pub use gsm::{Encoding, Segments, gsm7_units, segments};
pub use http_client::{Http, Response};
pub use number::{NotANumber, Number};
pub use provider::{
    Acknowledgement, Found, Longest, Outgoing, PRETENDED, Provider, Verified, is_pretended,
};
pub use providers::Providers;
