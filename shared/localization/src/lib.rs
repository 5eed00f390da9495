//! Pages in several languages: which one a browser asks for, and our words in it.

#![warn(missing_docs)]

mod html;
mod language;
mod phrase;

pub use html::{Html, Values, escape, fill, fill_in, text};
pub use language::{Language, preferred};
pub use phrase::Phrase;
