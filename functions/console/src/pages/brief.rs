//! What was collected in one person's conversations, beside their thread.

use jiff::Timestamp;
use localization::Phrase;
use serde_json::{Map, Value};

use crate::About;
use crate::shown::Shown;
use crate::thread::{Over, Thread};

/// What was collected.
pub(crate) struct Brief {
    /// Of which conversation the fields are.
    pub(crate) number: u64,
    pub(crate) figures: Vec<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) ended: Vec<Collected>,
    /// The number of the conversation under way, if it can be saved as a test.
    pub(crate) saved_as: Option<u64>,
}

/// A field of a brief.
pub(crate) struct Field {
    /// Its name, and as words.
    pub(crate) name: String,
    pub(crate) shown: String,
    pub(crate) value: Option<String>,
}

/// What was collected in a conversation that is over.
pub(crate) struct Collected {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) cost: Option<String>,
    pub(crate) fields: Vec<Field>,
}

impl Field {
    fn is_known(&self) -> bool {
        self.value.is_some()
    }
}

impl Brief {
    /// What a page shows of a thread.
    pub(crate) fn of(thread: &Thread, about: &About, shown: &Shown) -> Self {
        let w = &shown.words().brief;
        let number = |count: usize| shown.count(count as u64);
        let begun = thread.messages.iter().any(|message| message.number == thread.number);
        let asked: Vec<_> = about.fields.iter().map(|field| field.name.clone()).collect();
        let collected = fields(&thread.brief, &asked);
        let known = collected.iter().filter(|field| field.value.is_some()).count();
        let (known, all) = (number(known), number(collected.len()));
        let mut figures = vec![w.collected.plain(&[("known", &known), ("all", &all)])];
        let (answers, most) = (shown.count(thread.answers.into()), shown.count(about.turns.into()));
        figures.push(w.answers.plain(&[("count", &answers), ("most", &most)]));
        let cost = |cost: &str| cost.parse::<f64>().is_ok_and(|cost| cost > 0.0);
        let amount = |cost: &str| shown.decimal(cost, &about.currency);
        if cost(&thread.cost) {
            figures.push(w.cost.plain(&[("amount", &amount(&thread.cost))]));
        }
        let shown_fields = begun || thread.ended.is_empty();
        let ended = thread.ended.iter().rev().map(|over| Collected {
            number: over.number,
            title: ending(&w.earlier, over, shown),
            cost: cost(&over.cost).then(|| w.cost_of.plain(&[("amount", &amount(&over.cost))])),
            fields: fields(&over.brief, &asked).into_iter().filter(Field::is_known).collect(),
        });
        Self {
            number: thread.number,
            figures: if shown_fields { figures } else { vec![] },
            fields: if shown_fields { collected } else { vec![] },
            ended: ended.collect(),
            saved_as: (thread.answers > 0 && shown_fields).then_some(thread.number),
        }
    }
}

/// The fields of the page that the agent asks for, in its order, and any others that were collected.
fn fields(brief: &Map<String, Value>, asked: &[String]) -> Vec<Field> {
    let others = brief.keys().filter(|name| !asked.contains(name));
    let field = |name: &String| Field {
        name: name.clone(),
        shown: name.replace('_', " "),
        value: brief.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
    };
    asked.iter().chain(others).map(field).collect()
}

/// How a conversation ended, in a sentence.
pub(crate) fn ending(phrase: &Phrase, over: &Over, shown: &Shown) -> String {
    let ending = shown.words().ending.of(&over.ending);
    let time = Timestamp::from_millisecond(over.at).map_or(String::new(), |at| shown.moment(at));
    phrase.plain(&[("number", &over.number), ("ending", &ending), ("time", &time)])
}
