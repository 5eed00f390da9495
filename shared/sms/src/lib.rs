//! Text messages: the companies that carry them, the numbers they go to, the segments they take.
//!
//! A [`Provider`] is settings plus translation. Everything that must be the same for all of them
//! (timeouts, what a broken connection means, order of preference) is here once; retries, logging
//! and storage belong to the callers.

#![warn(missing_docs)]

mod address;
mod aws;
mod channel;
mod code;
mod described;
mod duties;
mod error;
mod event;
mod finding;
mod glimpse;
mod gsm;
mod http_client;
mod messagecentral;
mod mock;
mod number;
mod plivo;
mod provider;
mod providers;
mod said;
mod sender;
mod toll_free;
mod twilio;
mod vonage;

pub use aws::Aws;
pub use channel::UNANSWERABLE;
pub use code::{About, Code};
pub use error::{SendError, WebhookError};
pub use event::{Event, Handled, Part, Receipt, Rest, Status, Text};
pub use finding::{Check, Finding, Verdict};
pub use glimpse::Glimpse;
pub use gsm::{Encoding, Segments, gsm7_units, segments};
pub use http_client::{Answer, Http};
pub use messagecentral::{InboundFields, MessageCentral, MessageCentralSettings};
pub use mock::Mock;
pub use number::{NotANumber, Number};
pub use plivo::Plivo;
pub use provider::{Acknowledgement, Found, Genuine, Longest, Outgoing, Provider};
pub use providers::{Providers, SENDERS, numbers};
pub use twilio::Twilio;
pub use vonage::Vonage;
