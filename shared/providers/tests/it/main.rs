//! The providers as their callers use them.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

mod aws;
mod configured;
mod glimpse;
mod harness;
mod hostile;
mod messagecentral;
mod mock;
mod plivo;
mod stand_ins;
mod twilio;
mod vonage;
