//! What a person may rely on, seen from outside.

mod keywords;
mod reply;
