//! Operators correct what was collected.

use conversations::{Loaded, Order, Unavailable};

use crate::Wake;
use crate::edit::Outcome;

impl<'a> Wake<'a> {
    /// Gives a field of a brief another value.
    pub(crate) async fn correct(
        &self,
        loaded: &mut Loaded,
        order: &Order,
    ) -> Result<Outcome<'a>, Unavailable> {
        self.edit(loaded, |loaded| {
            let mut draft = self.dealing_with(loaded, order)?;
            self.refuse(&mut draft, order, "not yet");
            Some(draft)
        })
        .await
    }
}
