//! What differs in one conversation.

use std::collections::BTreeSet;

use agent::{Kind, Page};
use money::Amount;
use serde_json::Value;

use crate::outcome::Outcome;

/// Something that differs between a conversation as it was recorded and as it was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is: `ending`, a field's name, `turns`, `segments`, `money`, `refusals`, …
    pub what: String,
    /// As recorded.
    pub then: String,
    /// As played.
    pub now: String,
}

impl Difference {
    /// What differs, the most important first.
    pub fn all(then: &Outcome, now: &Outcome) -> Vec<Self> {
        let text = |what: &str, then: &str, now: &str| Self {
            what: what.to_owned(),
            then: then.to_owned(),
            now: now.to_owned(),
        };
        let count = |what, then: u32, now: u32| text(what, &then.to_string(), &now.to_string());
        let mut all = vec![text("ending", &then.ending, &now.ending)];
        let names: BTreeSet<_> = then.brief.keys().chain(now.brief.keys()).collect();
        let value =
            |outcome: &Outcome, name: &str| outcome.brief.get(name).map_or("-".into(), plain);
        all.extend(names.into_iter().map(|name| text(name, &value(then, name), &value(now, name))));
        all.extend([
            count("turns", then.turns, now.turns),
            count("segments", then.segments, now.segments),
            count("refusals", then.refusals, now.refusals),
            count("texts left unanswered", then.left, now.left),
            text("unknown calls", &listed(&then.unknown_calls), &listed(&now.unknown_calls)),
        ]);
        if let (Some(then), Some(now)) = (then.model_cost, now.model_cost) {
            all.push(text("money", &then.to_string(), &now.to_string()));
        }
        all.retain(|it| it.then != it.now);
        all
    }
}

/// How many of the recorded fields there were, and how many were recorded again: a text with any words,
/// anything else with the same value.
pub(crate) fn kept(page: &Page, then: &Outcome, now: &Outcome) -> (u64, u64) {
    let is_kept = |(name, value): &(&String, &Value)| {
        let kind = page.fields.iter().find(|field| field.name == **name).map(|it| &it.kind);
        now.brief.get(*name).is_some_and(|it| kind == Some(&Kind::Text) || it == *value)
    };
    (then.brief.len() as u64, then.brief.iter().filter(is_kept).count() as u64)
}

/// What the model cost then and now, if both are known.
pub(crate) fn costs(then: &Outcome, now: &Outcome) -> Option<(Amount, Amount)> {
    Some((then.model_cost?, now.model_cost?))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}
