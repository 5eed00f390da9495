//! What is counted in the figures, in the commit in which it happens.

use agent::ModelError;
use conversations::{Counting, Loaded};

use crate::Wake;
use crate::edit::Draft;

impl Wake<'_> {
    /// Adds to a draft, which has everything else, what it adds to the figures.
    pub(crate) fn count_up(&self, loaded: &Loaded, draft: &mut Draft<'_>) {
        let page = &self.turn.agent.page;
        let required = page.fields.iter().filter(|field| field.required);
        let counting = Counting {
            zone: &page.time_zone,
            fields: required.map(|field| field.name.as_str()).collect(),
            thought: draft.thought,
            failed: draft.failed,
        };
        let (next, changes) = (&mut draft.next, &mut draft.changes);
        self.turn.store.count_up(loaded, next, changes, &counting, self.clock.now());
    }
}

/// Why the model gave no answer, in a word. `None`: it was not to cost as much, which is our doing.
pub(crate) fn failure(error: &ModelError) -> Option<&'static str> {
    match error {
        ModelError::Unavailable { .. } => Some("unavailable"),
        ModelError::Refused { .. } if error.is_over_budget() => None,
        ModelError::Refused { .. } => Some("refused"),
        ModelError::Misconfigured { .. } => Some("misconfigured"),
    }
}
