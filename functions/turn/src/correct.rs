//! Operators correct what was collected.

use agent::Turn as Entry;
use conversations::{Change, Ended, Loaded, Order, OrderKind, Unavailable};
use serde_json::{Map, Value};

use crate::Wake;
use crate::edit::{Draft, Outcome};
use crate::end::result;
use crate::transcript::entry;

impl<'a> Wake<'a> {
    /// Gives a field of a brief another value, and tells the business if it has the brief already.
    pub(crate) async fn correct(
        &self,
        loaded: &mut Loaded,
        order: &Order,
    ) -> Result<Outcome<'a>, Unavailable> {
        let OrderKind::Correct { number, field, value } = &order.kind else {
            return Ok(Outcome::Unchanged);
        };
        let ended = self.turn.store.ended_as(&self.id, *number).await?;
        let typed = self.typed(field, value);
        self.edit(loaded, |loaded| {
            let mut draft = self.dealing_with(loaded, order)?;
            let (by, at) = (order.by.name.clone(), self.clock.now());
            let value = match &typed {
                Ok(value) => value,
                Err(problem) => {
                    self.refuse(&mut draft, order, problem);
                    if draft.next.open.is_none() {
                        draft.set_due(at);
                    }
                    return Some(draft);
                }
            };
            let corrected =
                entry(&Entry::Corrected { field: field.clone(), value: value.clone(), by, at });
            if draft.next.number == *number {
                set(&mut draft.next.brief, field, value);
                draft.next.turns.push(corrected);
            } else if let Some(ended) = &ended {
                let mut ended = ended.clone();
                set(&mut ended.brief, field, value);
                ended.turns.push(corrected);
                self.tell_of(&mut draft, &ended, order);
                draft.changes.push(Change::Corrected(ended));
            } else {
                self.refuse(&mut draft, order, "there is no such conversation");
            }
            if draft.next.open.is_none() {
                draft.set_due(at);
            }
            Some(draft)
        })
        .await
    }

    /// The value as the brief has it. A field that the page no longer has takes any.
    fn typed(&self, field: &str, value: &Value) -> Result<Value, String> {
        let known = self.turn.agent.page.fields.iter().find(|known| known.name == field);
        known.filter(|_| !value.is_null()).map_or(Ok(value.clone()), |known| known.typed(value))
    }

    /// Tells the business of a corrected brief, if it has got an earlier one.
    fn tell_of(&self, draft: &mut Draft<'a>, ended: &Ended, order: &Order) {
        let over = draft.next.over.as_mut().filter(|over| over.number == ended.number);
        let Some(over) = over.filter(|over| over.results > 0) else { return };
        let first = match over.result.is_empty() {
            true => format!("{}-{}", ended.conversation, ended.number),
            false => over.result.clone(),
        };
        let mut effect = result(ended, (&first, over.results), &order.trace, None);
        let at = self.clock.now();
        (effect.at, effect.due_at) = (at, at);
        let currency = self.turn.bounds.money.caps.currency.to_string();
        let cost = serde_json::json!({ "amount": ended.cost.to_string(), "currency": currency });
        effect.payload["cost"] = cost;
        over.results += 1;
        draft.changes.push(Change::Effect(effect));
    }
}

fn set(brief: &mut Map<String, Value>, field: &str, value: &Value) {
    match value {
        Value::Null => brief.remove(field),
        value => brief.insert(field.to_owned(), value.clone()),
    };
}
