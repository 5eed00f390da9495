//! Our credentials at Google: a key, a role at AWS, or the machine that we run on.
//!
//! Nothing is guessed: the settings say which. They come as headers for Google's clients, renewed
//! before they expire.

#![warn(missing_docs)]

mod bearer;
mod credentials;
mod federation;
mod token;
mod written;

pub use credentials::{Credentials, SETTINGS};
pub use token::NoToken;
