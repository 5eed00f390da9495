//! The product with servers of models that nobody here wrote, where they are installed.
//!
//! `cargo test -p textback --test models`.

#![expect(clippy::unwrap_used, reason = "whoever breaks fails a test")]

mod litellm;
mod llama;
