//! The crate as its callers use it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

mod gsm;
mod http_client;
mod number;
