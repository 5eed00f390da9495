//! Functions as processes of their own: under a stand-in for the Lambda runtime, and on a port.

#![expect(clippy::unwrap_used, reason = "a test ends where an assumption does")]

mod functions;
mod lambda;
mod lambda_watch;
mod parameters;
mod plain;
mod port;
mod ready;
mod schedule;
mod settings;
