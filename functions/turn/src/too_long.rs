//! A conversation whose next entries do not fit into the store.

use conversations::{Loaded, Unavailable};

use crate::Wake;
use crate::bill::Bill;
use crate::gate::Gate;
use crate::reasons::TOO_LONG;
use crate::run::Run;

impl Wake<'_> {
    /// Hands a run over because its answer does not fit into the store.
    pub(crate) async fn give_up(
        &self,
        loaded: &mut Loaded,
        run: &Run,
        bill: &Bill,
    ) -> Result<(), Unavailable> {
        let gate = Gate::HandOver(TOO_LONG);
        let outcome = self.edit(loaded, |loaded| {
            let now = run.again(loaded).filter(|_| loaded.conversation.open.is_none())?;
            let draft = now.texts.starts_with(&run.texts).then(|| self.bar(loaded, run, &gate))?;
            draft.map(|draft| draft.paying(bill))
        });
        let planned = outcome.await?.planned();
        self.dispatch(loaded, planned, vec![]).await
    }
}
