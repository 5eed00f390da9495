//! The companies as their callers use them, all together. What holds for one is in its folder.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

mod configured;
mod glimpse;
