//! Who we are to Google: by a key, by a role at AWS, or by the machine that we run on.
//!
//! Nothing is guessed: the settings say which. What is handed out are headers for Google's clients,
//! which are renewed before they expire.

#![warn(missing_docs)]

mod bearer;
mod credentials;
mod federation;
mod token;
mod written;

pub use credentials::{Credentials, SETTINGS};
pub use token::NoToken;
