//! What the counters say, by day, week or month.

use std::collections::BTreeMap;

use documents::Unavailable;
use figures::{Counts, Filter, Histogram, Key, Row, STATUSES};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Unit};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::store::Store;

/// For how many days figures are shown at most: two years.
const MOST_DAYS: i64 = 731;

/// How long a period is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
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
    pub by: By,
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
    pub by: By,
    /// The periods in which anything was counted, the earliest first.
    pub periods: Vec<Period>,
    /// The agents, providers and countries for which anything was counted.
    pub agents: Vec<String>,
    /// The providers.
    pub providers: Vec<String>,
    /// The calling codes.
    pub countries: Vec<String>,
}

/// The figures of one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Period {
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
    /// From the text to the answer that was accepted.
    pub accepted: Times,
    /// From the text to the answer that was delivered.
    pub delivered: Times,
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

impl By {
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

    /// The first day that is shown if nobody says from when.
    fn usual(self, today: Date) -> Date {
        match self {
            Self::Day => today.saturating_sub(29.days()),
            Self::Week => self.start(today.saturating_sub(11.weeks())),
            Self::Month => self.start(today.saturating_sub(11.months())),
        }
    }
}

impl Period {
    fn of(from: Date, row: &Row) -> Self {
        Self {
            from,
            attempts: row.attempts(),
            statuses: STATUSES.iter().map(|(word, _)| *word).zip(row.statuses).collect(),
            segments: row.segments,
            failovers: row.failovers,
            cost: Amount::from_billionths(row.cost),
            accepted: Times::of(&row.accepted_in),
            delivered: Times::of(&row.delivered_in),
        }
    }
}

impl Period {
    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.from.to_string(), self.attempts.to_string()];
        cells.extend(STATUSES.iter().map(|(word, _)| self.statuses[word].to_string()));
        cells.extend([self.segments, self.failovers].map(|count| count.to_string()));
        cells.push(self.cost.to_string());
        for Times { median_ms, p95_ms, .. } in [self.accepted, self.delivered] {
            let cell = |ms: Option<u64>| ms.map(|ms| ms.to_string()).unwrap_or_default();
            cells.extend([median_ms, p95_ms].map(cell));
        }
        cells
    }
}

impl Figures {
    /// All periods as a table of which the first line names the columns. Times are in milliseconds.
    pub fn table(&self) -> Vec<Vec<String>> {
        let mut names = vec!["from", "attempts"];
        names.extend(STATUSES.iter().map(|(word, _)| *word));
        names.extend(["segments", "failovers", "cost"]);
        names.extend(["accepted_median_ms", "accepted_p95_ms"]);
        names.extend(["delivered_median_ms", "delivered_p95_ms"]);
        let names = names.into_iter().map(str::to_owned).collect();
        std::iter::once(names).chain(self.periods.iter().map(Period::cells)).collect()
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
        let last = number(today);
        let first = number(from.unwrap_or_else(|| by.usual(today))).max(last - MOST_DAYS + 1);
        let days: Vec<_> = (first..=last).collect();
        let counted = self.counted(&days).await?;
        let (mut periods, mut all) = (BTreeMap::<Date, Counts>::new(), Counts::new());
        for (day, counts) in &counted {
            let start = by.start(EPOCH.saturating_add(day.days()));
            figures::add(periods.entry(start).or_default(), counts);
            figures::add(&mut all, counts);
        }
        let keys = || all.keys().filter_map(|name| Some(Key::parse(name)?.0));
        let periods = periods
            .into_iter()
            .map(|(from, counts)| Period::of(from, &Row::of(&counts, filter)))
            .collect();
        Ok(Figures {
            version: 1,
            by: *by,
            periods,
            agents: each(keys().map(|key| key.agent)),
            providers: each(keys().map(|key| key.provider)),
            countries: each(keys().map(|key| key.country)),
        })
    }
}

const EPOCH: Date = date(1970, 1, 1);

/// The number of a day since 1970.
fn number(day: Date) -> i64 {
    day.since((Unit::Day, EPOCH)).map_or(0, |span| span.get_days().into())
}

fn each(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<_> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}
