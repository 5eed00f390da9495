//! The crate as its callers use it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

mod aws;
mod glimpse;
mod gsm;
mod harness;
mod hostile;
mod http_client;
mod messagecentral;
mod mock;
mod number;
mod plivo;
mod providers;
mod stand_ins;
mod twilio;
mod vonage;
