//! Local stand-ins for outside services, used by tests and benchmarks.
//!
//! Each speaks the real protocol on loopback, has state, and accepts only what the real service would:
//! a wrong path or field is a failure, not a default. [`Switch`] makes one misbehave.

#![warn(missing_docs)]
#![expect(clippy::unwrap_used, reason = "a stand-in that breaks must fail the test that uses it")]

mod asked;
mod companies;
mod company;
mod emulator;
mod events;
mod front;
mod gateway;
mod google_tokens;
mod model_servers;
mod models;
mod network;
mod openai;
mod operations;
mod promises;
mod relay;
mod runtime_api;
mod servers;
mod switch;

pub use asked::*;
pub use companies::*;
pub use company::*;
pub use emulator::*;
pub use events::*;
pub use front::*;
pub use gateway::*;
pub use google_tokens::*;
pub use model_servers::*;
pub use models::*;
pub use network::*;
pub use openai::*;
pub use operations::*;
pub use relay::*;
pub use runtime_api::*;
pub use servers::*;
pub use switch::*;
