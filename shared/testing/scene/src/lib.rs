//! A product with a person who texts it: the functions in this process, stand-ins for everything
//! outside, and a clock of its own. An [`ordeal`] is a scene with random failures.

#![warn(missing_docs)]
#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

mod call;
mod calls;
pub mod counts;
mod disk;
mod logs;
pub mod ordeal;
mod process;
mod scene;
mod seen;

pub use call::Call;
pub use process::{EAGER, Process};
pub use scene::{Scene, until};
