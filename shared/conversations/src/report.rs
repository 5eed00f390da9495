//! What the counters say, by day, week or month.

use std::collections::{BTreeMap, BTreeSet};

use documents::Unavailable;
use figures::{Counts, Filter, Histogram, Row, STATUSES};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::figures::{EPOCH, number_of};
use crate::store::Store;

/// For how many days figures are shown at most: two years.
const MOST_DAYS: i64 = 731;

/// How long a period is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// A day.
    #[default]
    Day,
    /// A week that begins on a Monday.
    Week,
    /// A month.
    Month,
}

/// Which figures are wanted.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// By which periods.
    pub by: Per,
    /// The first day. `None`: 30 days, 12 weeks or 12 months ago.
    pub from: Option<Date>,
    /// For what.
    pub filter: Filter,
}

/// The figures of some periods.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// The version of this format.
    pub version: u32,
    /// By which periods.
    pub by: Per,
    /// The first day of the first period that was asked for, and today.
    pub first: Date,
    /// Today.
    pub last: Date,
    /// The periods in which anything was counted, the earliest first.
    pub periods: Vec<PeriodFigures>,
    /// All of them together, from the first.
    pub whole: PeriodFigures,
    /// The agents, providers and countries for which anything was counted.
    pub agents: Vec<String>,
    /// The providers.
    pub providers: Vec<String>,
    /// The calling codes.
    pub countries: Vec<String>,
}

/// The figures of one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PeriodFigures {
    /// Its first day.
    pub from: Date,
    /// How many attempts to send a text there were.
    pub attempts: i64,
    /// How many of them got how far: by status.
    pub statuses: BTreeMap<&'static str, i64>,
    /// How many segments they took.
    pub segments: i64,
    /// How many of them took over from another provider, or tried again.
    pub failovers: i64,
    /// What they cost.
    pub cost: Amount,
    /// What the model cost.
    pub model_cost: Amount,
    /// From the text to the answer that was accepted.
    pub accepted: Times,
    /// From the text to the answer that was delivered.
    pub delivered: Times,
    /// How many people texted. Of several periods together, those of each are added up.
    pub people: i64,
    /// How many conversations ended how.
    pub ended: BTreeMap<String, i64>,
    /// After how many turns of the person.
    pub turns: BTreeMap<u32, i64>,
    /// What these conversations cost.
    pub conversation_cost: Amount,
    /// Where people left conversations that were not finished.
    pub left: Vec<LeftAt>,
    /// How many conversations were handed over, by the kind of reason.
    pub handed_over: BTreeMap<String, i64>,
    /// How often the model gave no answer, by the kind of error.
    pub model_errors: BTreeMap<String, i64>,
    /// How many people opted out.
    pub opt_outs: i64,
}

/// Where people left conversations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftAt {
    /// After which of their turns.
    pub turn: u32,
    /// The first field that was missing.
    pub field: String,
    /// How many.
    pub count: i64,
}

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Times {
    /// How many there were.
    pub count: i64,
    /// Half of them took no longer, in milliseconds.
    pub median_ms: Option<u64>,
    /// All but one in twenty took no longer.
    pub p95_ms: Option<u64>,
}

impl Per {
    /// The first day of the period that this day is in.
    fn start(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => {
                let passed = i64::from(day.weekday().to_monday_zero_offset());
                day.saturating_sub(passed.days())
            }
            Self::Month => day.first_of_month(),
        }
    }

    /// The first day of the period after the one that begins on this day.
    pub fn next(self, start: Date) -> Date {
        match self {
            Self::Day => start.saturating_add(1.days()),
            Self::Week => start.saturating_add(7.days()),
            Self::Month => start.saturating_add(1.months()),
        }
    }

    /// The first day that is shown if nobody says which.
    fn usual(self, today: Date) -> Date {
        match self {
            Self::Day => today.saturating_sub(29.days()),
            Self::Week => self.start(today.saturating_sub(77.days())),
            Self::Month => self.start(today.saturating_sub(11.months())),
        }
    }
}

impl PeriodFigures {
    fn of(from: Date, row: &Row, by: Per) -> Self {
        let people = match by {
            Per::Day => row.people[0],
            Per::Week => row.people[1],
            Per::Month => row.people[2],
        };
        Self {
            from,
            attempts: row.attempts(),
            statuses: STATUSES.iter().map(|(word, _)| *word).zip(row.statuses).collect(),
            segments: row.segments,
            failovers: row.failovers,
            cost: Amount::from_billionths(row.cost),
            model_cost: Amount::from_billionths(row.model_cost),
            accepted: Times::of(&row.accepted_in),
            delivered: Times::of(&row.delivered_in),
            people,
            ended: there(&row.ended),
            turns: numbered(&row.turns),
            conversation_cost: Amount::from_billionths(row.conversation_cost),
            left: left(&row.left),
            handed_over: there(&row.handed_over),
            model_errors: there(&row.model_errors),
            opt_outs: row.opt_outs,
        }
    }

    /// How many conversations ended.
    pub fn conversations(&self) -> i64 {
        self.ended.values().sum()
    }

    /// How many conversations came to what the agent is for: they were finished.
    pub fn results(&self) -> i64 {
        self.ended.get("finished").copied().unwrap_or_default()
    }

    fn cells(&self, endings: &[String]) -> Vec<String> {
        let mut cells = vec![self.from.to_string(), self.attempts.to_string()];
        cells.extend(STATUSES.iter().map(|(word, _)| self.statuses[word].to_string()));
        cells.extend([self.segments, self.failovers].map(|count| count.to_string()));
        cells.extend([self.cost, self.model_cost].map(|amount| amount.to_string()));
        for Times { median_ms, p95_ms, .. } in [self.accepted, self.delivered] {
            let cell = |ms: Option<u64>| ms.map(|ms| ms.to_string()).unwrap_or_default();
            cells.extend([median_ms, p95_ms].map(cell));
        }
        let errors = self.model_errors.values().sum();
        let counts = [self.people, self.opt_outs, errors, self.conversations()];
        cells.extend(counts.map(|count| count.to_string()));
        let ended = |ending| self.ended.get(ending).copied().unwrap_or_default().to_string();
        cells.extend(endings.iter().map(ended));
        cells.push(self.conversation_cost.to_string());
        cells
    }
}

/// Without those that were counted and then counted otherwise.
fn there(counts: &Counts) -> BTreeMap<String, i64> {
    let there = counts.iter().filter(|(_, count)| **count != 0);
    there.map(|(name, count)| (name.clone(), *count)).collect()
}

fn numbered(counts: &Counts) -> BTreeMap<u32, i64> {
    let there = there(counts).into_iter();
    there.filter_map(|(turns, count)| Some((turns.parse().ok()?, count))).collect()
}

fn left(counts: &Counts) -> Vec<LeftAt> {
    let left = there(counts).into_iter().filter_map(|(name, count)| {
        let (turn, field) = name.split_once('_')?;
        Some(LeftAt { turn: turn.parse().ok()?, field: field.to_owned(), count })
    });
    let mut left: Vec<_> = left.collect();
    left.sort_unstable();
    left
}

impl Figures {
    /// All periods as a table of which the first line names the columns. Times are in milliseconds.
    pub fn table(&self) -> Vec<Vec<String>> {
        let mut names = vec!["from", "attempts"];
        names.extend(STATUSES.iter().map(|(word, _)| *word));
        names.extend(["segments", "failovers", "cost", "model_cost"]);
        names.extend(["accepted_median_ms", "accepted_p95_ms"]);
        names.extend(["delivered_median_ms", "delivered_p95_ms"]);
        names.extend(["people", "opt_outs", "model_errors", "conversations"]);
        let endings: Vec<_> = self.whole.ended.keys().cloned().collect();
        let names = names.into_iter().map(str::to_owned);
        let names = names.chain(endings.iter().map(|ending| format!("ended_{ending}")));
        let names = names.chain(["conversation_cost".to_owned()]).collect();
        let rows = self.periods.iter().map(|period| period.cells(&endings));
        std::iter::once(names).chain(rows).collect()
    }
}

impl Times {
    fn of(counted: &Histogram) -> Self {
        let count = counted.count();
        Self { count, median_ms: counted.quantile(0.5), p95_ms: counted.quantile(0.95) }
    }
}

impl Store {
    /// The figures of the periods up to today.
    pub async fn figures(
        &self,
        asked: &Asked,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Figures, Unavailable> {
        let Asked { by, from, filter } = asked;
        let today = now.to_zoned(zone.clone()).date();
        let last = number_of(today);
        let first = number_of(from.unwrap_or_else(|| by.usual(today))).max(last - MOST_DAYS + 1);
        let mut periods = BTreeMap::<Date, Counts>::new();
        let date = |day: i64| EPOCH.saturating_add(day.days());
        if *by == Per::Month {
            let mut months = vec![by.start(date(first))];
            while months[months.len() - 1] < by.start(today) {
                months.push(by.next(months[months.len() - 1]));
            }
            // Those that begin within it.
            months.retain(|month| number_of(*month) >= first);
            periods.extend(self.counted_in_months(&months).await?);
        }
        let days = (first..=last).filter(|day| !periods.contains_key(&by.start(date(*day))));
        let days: Vec<_> = days.collect();
        for (day, counts) in self.counted(&days, now).await? {
            figures::add_all(periods.entry(by.start(date(day))).or_default(), counts);
        }
        let (mut whole, mut parts) = (Row::default(), [const { BTreeSet::new() }; 3]);
        for counts in periods.values() {
            whole.take_all(counts, filter);
            for [agent, provider, country, _] in
                counts.keys().filter_map(|name| figures::parts(name))
            {
                for (parts, part) in parts.iter_mut().zip([agent, provider, country]) {
                    if !parts.contains(part) {
                        parts.insert(part.to_owned());
                    }
                }
            }
        }
        let [agents, providers, countries] = parts.map(Vec::from_iter);
        let of = |(from, counts): (&Date, &Counts)| {
            PeriodFigures::of(*from, &Row::of(counts, filter), *by)
        };
        let first = by.start(EPOCH.saturating_add(first.days()));
        Ok(Figures {
            version: 1,
            by: *by,
            first,
            last: today,
            periods: periods.iter().map(of).collect(),
            whole: PeriodFigures::of(first, &whole, *by),
            agents,
            providers,
            countries,
        })
    }
}
