//! The product with servers of models that nobody here wrote, where they are installed.
//!
//! `cargo test -p textback --test models`.

#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

mod litellm;
mod llama;

#[path = "../it/log.rs"]
mod log;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "others do more with it")]
mod process;
#[path = "../it/product.rs"]
#[expect(dead_code, reason = "others do more with it")]
mod product;
