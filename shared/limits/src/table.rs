//! All limits in one table.

use conversations::budget::{Payer, Period, Sums, by_day, sum_of};
use conversations::{Store, Unavailable};
use hours::QuietHours;
use jiff::civil::Date;
use money::{Amount, Cap};
use policy::Countries;
use serde::Serialize;

use crate::{Limits, people};

/// What happens at a cap on money.
const WAITS: &str = "texts wait for up to 24 hours, and the person is told once a day";

/// How many days are listed.
const DAYS: i64 = 14;

/// All limits, and what was spent lately. The names are part of `limits --json`, and never change.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The currency of all amounts.
    pub currency: String,
    /// Every limit.
    pub limits: Vec<Limit>,
    /// What real people have cost on each of the last fourteen days, the latest first.
    pub days: Vec<Day>,
}

/// One limit.
#[derive(Clone, Debug, Serialize)]
pub struct Limit {
    /// The setting by which it is changed.
    pub setting: &'static str,
    /// What it limits.
    pub what: &'static str,
    /// How much there may be. `None`: any.
    pub limit: Option<String>,
    /// How much there is, with what turns under way may cost. `None`: it is counted for each person.
    pub used: Option<String>,
    /// What happens at it.
    pub at_it: &'static str,
}

/// What a day has cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Day {
    /// The day, in the time zone of the business.
    pub day: Date,
    /// How much was spent.
    #[serde(serialize_with = "as_text")]
    pub spent: Amount,
}

impl Limits {
    /// The table as of this period. Without a store, nothing is used yet.
    pub async fn table(&self, store: Option<&Store>, period: Period) -> Result<Table, Unavailable> {
        let (mut paid, mut owner, mut days) = (Sums::default(), Sums::default(), vec![]);
        if let Some(store) = store {
            let shards = store.shards(people(&self.caps)).await?;
            paid = sum_of(&shards, period);
            owner = sum_of(&store.shards(Payer::Owner).await?, period);
            days = by_day(&shards, period, DAYS);
        }
        let mut limits = Vec::from(self.caps(paid, owner));
        limits.extend(self.bounds());
        let days = days.into_iter().map(|(day, spent)| Day { day, spent }).collect();
        Ok(Table { currency: self.caps.currency.to_string(), limits, days })
    }

    /// The limits besides the caps, of which nothing is counted for all people together.
    pub fn bounds(&self) -> Vec<Limit> {
        self.replies().into_iter().chain([self.hours()]).collect()
    }

    fn caps(&self, people: Sums, owner: Sums) -> [Limit; 6] {
        let caps = &self.caps;
        let used = |sum: Amount, held: Amount| Some(sum.saturating_add(held).to_string());
        let cap = |which: Cap, what, cap: Option<Amount>, used| Limit {
            setting: which.setting(),
            what,
            limit: cap.map(|cap| cap.to_string()),
            used,
            at_it: WAITS,
        };
        let Sums { held, day, month, total } = people;
        let tried = used(owner.day, owner.held);
        [
            cap(Cap::Turn, "money for a turn", caps.turn, None),
            cap(Cap::PersonDay, "money for a person in a day", caps.person_day, None),
            cap(Cap::Day, "money for everybody in a day", caps.day, used(day, held)),
            cap(Cap::Month, "money for everybody in a month", caps.month, used(month, held)),
            cap(Cap::Total, "money for everybody, ever", caps.total, used(total, held)),
            cap(Cap::OwnerDay, "money for your own tries in a day", caps.owner_day, tried),
        ]
    }

    fn replies(&self) -> [Limit; 5] {
        let waits = "the texts wait until the minute or hour is over";
        let [minute, hour, day, new_people] = self.replies.each();
        let limit = |(setting, limit): (&'static str, Option<u32>), what, at_it| Limit {
            setting,
            what,
            limit: limit.map(|limit| limit.to_string()),
            used: None,
            at_it,
        };
        let aside = "the texts are set aside, and an alarm says so";
        let later = "the others are answered in later minutes";
        [
            limit(minute, "replies to a person in a minute", waits),
            limit(hour, "replies to a person in an hour", waits),
            limit(day, "replies to a person in a day", aside),
            limit(new_people, "new people who are answered in a minute", later),
            Limit {
                setting: Countries::SETTINGS[0],
                what: "countries that replies go to",
                limit: Some(self.countries.to_string()),
                used: None,
                at_it: "texts from elsewhere are set aside",
            },
        ]
    }

    fn hours(&self) -> Limit {
        let hours = self.quiet_hours;
        Limit {
            setting: QuietHours::SETTINGS[0],
            what: "hours in which only prompt answers go out",
            limit: (hours != QuietHours::OFF).then(|| hours.to_string()),
            used: None,
            at_it: "late answers wait until it is morning where the person is",
        }
    }
}

fn as_text<S: serde::Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}
