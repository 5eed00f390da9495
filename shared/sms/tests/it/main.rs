//! The crate as its callers use it.

mod gsm;
mod harness;
mod http_client;
mod messagecentral;
mod mock;
mod number;
mod providers;
mod twilio;
