//! The product from outside: the program that its owner starts, surrounded by stand-ins for everything
//! it talks to. For the tests and benchmarks of `textback`.

#![warn(missing_docs)]
#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

mod log;
mod process;
mod product;
mod program;

pub use fakes::WEBHOOK_TOKEN;
pub use log::*;
pub use process::*;
pub use product::*;
pub use program::*;
