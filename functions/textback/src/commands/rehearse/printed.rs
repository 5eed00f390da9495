//! What is printed, side by side or as JSON.

use money::Amount;
use rehearsal::{Difference, Loss, Recorded, Said, Totals};
use serde_json::{Value, json};

use super::Played;
use super::stage::{Estimate, Stage};

/// How many characters a name takes.
const NAMES: usize = 22;

/// How many characters of a value are printed.
const WIDE: usize = 44;

/// Prints what comes of each conversation as it comes, or all at the end as JSON.
pub(super) struct Printer {
    json: Option<Value>,
    words: bool,
    currency: String,
    played: u64,
    differing: u64,
}

impl Printer {
    pub(super) fn new(json: bool, words: bool) -> Self {
        let json = json.then(|| json!({ "version": 1, "conversations": [] }));
        Self { json, words, currency: String::new(), played: 0, differing: 0 }
    }

    /// What will be played, and what it costs.
    pub(super) fn begins(
        &mut self,
        stage: &Stage,
        recorded: &[Recorded],
        estimate: &Estimate,
        left: Option<Amount>,
    ) {
        let Estimate { answers, cost, missing } = estimate;
        let (model, count) = (stage.agent.model.name(), recorded.len() as u64);
        self.currency = stage.money.caps.currency.to_string();
        let currency = &self.currency;
        if let Some(json) = &mut self.json {
            json["model"] = model.into();
            json["estimate"] =
                json!({ "answers": answers, "cost": cost.to_string(), "currency": currency });
        }
        // Where it is read even if the output goes to a file.
        let (conversations, replies) =
            (counted(count, "conversation"), counted(*answers, "answer"));
        eprintln!("To play to the model {model}: {conversations} with {replies}.");
        match (estimate.is_free(), left) {
            (true, _) => eprintln!("That costs nothing."),
            (false, None) => eprintln!("That costs about {cost} {currency}."),
            (false, Some(left)) => eprintln!(
                "That costs about {cost} {currency}. CAP_OWNER_DAY leaves {left} for today, and it ends \
                 there."
            ),
        }
        if let Some(line) = missing {
            eprintln!("The price is not known, and the most that it could be is counted: {line}");
        }
    }

    /// One conversation.
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    pub(super) fn one(&mut self, played: &Played) {
        let Played { recorded, then, now } = played;
        let differences = Difference::all(then, now);
        self.played += 1;
        self.differing += u64::from(!differences.is_empty());
        if let Some(json) = &mut self.json {
            let all = differences
                .iter()
                .map(|it| json!({ "what": it.what, "then": it.then, "now": it.now }));
            let one = json!({
                "person": recorded.person,
                "number": recorded.number,
                "at": recorded.at,
                "differences": all.collect::<Vec<_>>(),
            });
            json["conversations"].as_array_mut().expect("it began as a list").push(one);
            return;
        }
        if differences.is_empty() && !self.words {
            return;
        }
        let Recorded { person, number, at, .. } = recorded;
        println!("\n{}, conversation {number}, {:.0}", person.display(), at);
        if differences.is_empty() {
            println!("  no difference");
        } else {
            println!("  {:<NAMES$}  {:<WIDE$}  now", "", "then");
        }
        for Difference { what, then, now } in &differences {
            println!("  {:<NAMES$}  {:<WIDE$}  {}", clipped(what), clipped(then), clipped(now));
        }
        if self.words {
            said(&then.said, &now.said);
        }
    }

    /// All of them together, and what is lost.
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    pub(super) fn ends(mut self, totals: &Totals, losses: &[Loss]) {
        if let Some(json) = &mut self.json {
            json["totals"] = json!(totals);
            json["totals"]["money"] =
                json!([totals.money.0.to_string(), totals.money.1.to_string()]);
            json["losses"] = json!(losses);
            println!("{json:#}");
            return;
        }
        let Self { played, differing, currency, .. } = &self;
        println!("\nConversations that differ: {differing} of {played}.");
        let Totals { finished, handed_over, fields, turns, segments, refusals, money, .. } = totals;
        println!("  {:<NAMES$}  {:>14}  {:>14}", "", "then", "now");
        let rows = [
            ("finished", finished),
            ("handed over", handed_over),
            ("fields, and kept", fields),
            ("turns", turns),
            ("segments", segments),
            ("refusals", refusals),
        ];
        for (what, (then, now)) in rows {
            println!("  {what:<NAMES$}  {then:>14}  {now:>14}");
        }
        let (then, now) = (money.0.to_string(), money.1.to_string());
        println!("  {:<NAMES$}  {then:>14}  {now:>14}", format!("model, {currency}"));
        for Loss { key, sentence } in losses {
            println!("Lost, {key}: {sentence}.");
        }
    }
}

/// What was said, turn by turn.
#[expect(clippy::print_stdout, reason = "the output of a command")]
fn said(then: &[Said], now: &[Said]) {
    for turn in 0..then.len().max(now.len()) {
        let (then, now) = (then.get(turn), now.get(turn));
        let texts = now.or(then).map(|said| said.texts.as_slice()).unwrap_or_default();
        texts.iter().for_each(|text| println!("  > {text}"));
        match (then, now) {
            (Some(then), Some(now)) if then.reply == now.reply => println!("    {}", now.reply),
            (then, now) => {
                let reply = |said: Option<&Said>| said.map_or("-".into(), |it| it.reply.clone());
                println!("    then: {}\n    now:  {}", reply(then), reply(now));
            }
        }
    }
}

/// So many of something, such as `1 answer`.
fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A value in one line that fits into its column.
fn clipped(value: &str) -> String {
    let line = value.replace(['\n', '\r'], " ");
    if line.chars().count() <= WIDE {
        return line;
    }
    line.chars().take(WIDE - 1).chain(['…']).collect()
}
