//! The fields that the model asks for.

use agent::{Field, Page};

/// The fields to ask for in a conversation, and its limits.
#[derive(Clone, Debug)]
pub struct Interview {
    /// The required fields, in the order of the questions.
    pub fields: Vec<Field>,
    /// After how many replies the conversation ends.
    pub turns: u32,
}

impl Interview {
    /// The interview that this page defines.
    pub fn of(page: &Page) -> Self {
        Self { fields: page.fields.clone(), turns: page.turns }
    }
}
