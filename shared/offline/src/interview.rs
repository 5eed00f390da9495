//! What is asked for.

use agent::{Field, Page};

/// What a conversation is to find out, within which bounds.
#[derive(Clone, Debug)]
pub struct Interview {
    /// What is asked for, in this order. What is not required is not asked for.
    pub fields: Vec<Field>,
    /// After how many replies the conversation ends.
    pub turns: u32,
}

impl Interview {
    /// What this page wants to be found out.
    pub fn of(page: &Page) -> Self {
        Self { fields: page.fields.clone(), turns: page.turns }
    }
}
