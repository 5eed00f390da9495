//! The product with model servers that others wrote, where they are installed.
//!
//! `cargo test -p textback --test models`.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod litellm;
mod llama;
