//! The account in money: what is reserved for turns under way, and what was spent.
//!
//! The caps are divided among shards, each a document, so that turns of different people do not compete
//! for one. A turn reserves in the shard that was loaded beside its conversation, on condition that nobody
//! has written to that shard since: what is reserved and spent there never exceeds its part of a cap. The
//! real cost is added later, without a condition. A reservation that nobody settles, because its process
//! died, counts for a day.

use std::collections::BTreeMap;

use documents::{Document, Fields, Path, Unavailable, Version, Write, at};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::store::Store;

/// The shard of what the owner tries out.
pub(crate) const OWNER: &str = "owner";

/// The most shards.
const MOST_SHARDS: u32 = money::MOST_SHARES as u32;

/// For how many hours a reservation counts that nobody settles.
const HELD_HOURS: i64 = 24;

/// How many days and months are kept for the figures.
const DAYS: i64 = 40;
const MONTHS: i64 = 13;

/// The sum of everything ever spent.
const TOTAL: &str = "total";

/// Into how many shards the account is divided.
pub(crate) const OF: &str = "of";

/// A moment as the account counts it, in the owner's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Hours since 1970.
    pub hour: i64,
    /// Days since 1970.
    pub day: i64,
    /// Months since year 0.
    pub month: i64,
}

impl Period {
    /// The period of a moment.
    pub fn of(now: Timestamp, zone: &TimeZone) -> Self {
        let today = now.to_zoned(zone.clone()).date();
        let days = today.since((Unit::Day, date(1970, 1, 1))).map_or(0, |span| span.get_days());
        Self {
            hour: now.as_second().div_euclid(3600),
            day: days.into(),
            month: i64::from(today.year()) * 12 + i64::from(today.month()) - 1,
        }
    }
}

/// What is reserved or spent within the periods of a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Reserved by turns that are under way, or that died within a day.
    pub held: Amount,
    /// Spent today.
    pub day: Amount,
    /// Spent this month.
    pub month: Amount,
    /// Spent ever.
    pub total: Amount,
}

/// Who pays for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// The account for real people, divided into this many shards.
    People(u32),
    /// The account for what the owner tries out, in one shard.
    Owner,
}

/// A shard of the account as it was read.
#[derive(Clone, Debug)]
pub struct Shard {
    name: String,
    of: u32,
    sums: Counts,
    version: Option<Version>,
}

/// Sums by the name of their period.
type Counts = BTreeMap<String, i64>;

/// Money that was reserved for a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The shard that it is reserved in.
    pub shard: String,
    /// The hour in which it was reserved.
    pub hour: i64,
    /// How much.
    pub amount: Amount,
    /// Tells it from another of the same amount.
    #[serde(default)]
    pub nonce: u32,
}

/// Money that was spent, and the reservation that it was spent from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The shard in which it is counted.
    pub shard: String,
    /// When.
    pub period: Period,
    /// How much. Below zero, an earlier booking is corrected.
    pub spent: Amount,
    /// The reservation that ends with it.
    pub released: Option<Reservation>,
}

impl Payer {
    /// Into how many shards its account is divided.
    pub fn shards(self) -> u32 {
        match self {
            Self::People(of) => of.clamp(1, MOST_SHARDS),
            Self::Owner => 1,
        }
    }
}

impl Shard {
    fn decode(name: String, found: Option<Document>) -> Result<Self, Unavailable> {
        let version = found.as_ref().map(|found| found.version);
        let mut sums: Counts = match found {
            Some(found) => found.fields.decode()?,
            None => Counts::new(),
        };
        let of = sums.remove(OF).and_then(|of| u32::try_from(of).ok()).unwrap_or_default();
        Ok(Self { name, of, sums, version })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Into how many the account was divided; 0 if it never was.
    pub(crate) fn of(&self) -> u32 {
        self.of
    }

    /// Whether it is one of as many shards as the account is divided into now. If not, its part of the
    /// caps is not known: [`Store::divide`].
    pub fn is_of(&self, payer: Payer) -> bool {
        self.of == payer.shards() && (self.name == OWNER) == (payer == Payer::Owner)
    }

    /// What is reserved and spent in it.
    pub fn sums(&self, period: Period) -> Sums {
        sums(&self.sums, period)
    }

    /// Reserves an amount in it, on condition that nobody has written to it since it was read.
    pub(crate) fn reserve(&self, amount: Amount, period: Period) -> Write {
        let mut sums = self.sums.clone();
        forget(&mut sums, period);
        *sums.entry(held(period.hour)).or_default() += amount.billionths();
        self.replace(self.of, sums)
    }

    /// Spends an amount from it, on the same condition.
    pub(crate) fn spend(&self, amount: Amount, period: Period) -> Write {
        let mut sums = self.sums.clone();
        forget(&mut sums, period);
        for name in spent(period) {
            *sums.entry(name).or_default() += amount.billionths();
        }
        self.replace(self.of, sums)
    }

    fn replace(&self, of: u32, mut sums: Counts) -> Write {
        sums.insert(OF.to_owned(), of.into());
        let (path, fields) = (path(&self.name), Fields::of(&sums));
        match self.version {
            Some(version) => Write::Replace(path, fields, version),
            None => Write::Create(path, fields),
        }
    }
}

impl Reservation {
    /// An amount reserved in a shard now.
    pub fn of(shard: &Shard, amount: Amount, period: Period) -> Self {
        let nonce = fastrand::u32(..);
        Self { shard: shard.name.clone(), hour: period.hour, amount, nonce }
    }
}

impl Booking {
    pub(crate) fn write(&self) -> Write {
        let Self { shard, period, spent, released } = self;
        let mut more = vec![];
        if *spent != Amount::ZERO {
            more.extend(self::spent(*period).map(|name| (name, spent.billionths())));
        }
        if let Some(Reservation { hour, amount, .. }) = released {
            more.push((held(*hour), -amount.billionths()));
        }
        Write::Add(path(shard), more)
    }
}

impl Store {
    /// The shard that a booking goes to: that of its reservation, or any if it has none, or one from a time
    /// at which the account was divided differently.
    pub fn shard_for(&self, payer: Payer, reserved_in: Option<&str>) -> String {
        match (payer, reserved_in) {
            (_, Some(OWNER)) => OWNER.to_owned(),
            (Payer::People(_), Some(name)) => match name.parse::<u32>() {
                Ok(number) => (number % payer.shards()).to_string(),
                Err(_) => self.next_name(payer),
            },
            _ => self.next_name(payer),
        }
    }

    /// The name of the shard that is next.
    fn next_name(&self, payer: Payer) -> String {
        match payer {
            Payer::People(_) => self.round.next(payer.shards()).to_string(),
            Payer::Owner => OWNER.to_owned(),
        }
    }

    /// The document of the shard that is next.
    pub(crate) fn next_shard(&self, payer: Payer) -> (String, Path) {
        let name = self.next_name(payer);
        let path = path(&name);
        (name, path)
    }

    /// A shard of an account.
    pub async fn shard(&self, payer: Payer) -> Result<Shard, Unavailable> {
        let name = self.next_name(payer);
        let found = self.documents.get_one(path(&name)).await?;
        Shard::decode(name, found)
    }

    /// All shards of an account.
    pub async fn shards(&self, payer: Payer) -> Result<Vec<Shard>, Unavailable> {
        match payer {
            Payer::People(_) => self.numbered(0..payer.shards()).await,
            Payer::Owner => Ok(vec![self.shard(payer).await?]),
        }
    }

    /// One that says how the account for real people is divided.
    pub(crate) async fn first_shard(&self) -> Result<Shard, Unavailable> {
        let mut first = self.numbered(0..1).await?;
        Ok(first.remove(0))
    }

    /// The shards of an account that come after one, at most so many.
    pub async fn shards_after(
        &self,
        payer: Payer,
        shard: &Shard,
        most: u32,
    ) -> Result<Vec<Shard>, Unavailable> {
        let (Payer::People(_), Ok(number)) = (payer, shard.name.parse::<u32>()) else {
            return self.shards(payer).await;
        };
        let of = payer.shards();
        self.numbered((number + 1..).take(most.min(of) as usize).map(|number| number % of)).await
    }

    async fn numbered(
        &self,
        numbers: impl Iterator<Item = u32>,
    ) -> Result<Vec<Shard>, Unavailable> {
        let names: Vec<_> = numbers.map(|number| number.to_string()).collect();
        let paths: Vec<_> = names.iter().map(|name| path(name)).collect();
        let found = self.documents.get(&paths).await?;
        names.into_iter().zip(found).map(|(name, found)| Shard::decode(name, found)).collect()
    }

    /// Counts texts that are left to the business because a cap was reached for too long. Returns how
    /// many these are on this day.
    pub async fn count_left(&self, texts: u32, period: Period) -> Result<i64, Unavailable> {
        let (path, name) = (path("left"), day(period.day));
        let add = Write::Add(path.clone(), vec![(name.clone(), texts.into())]);
        self.documents.commit(vec![add]).await?;
        let Some(found) = self.documents.get_one(path.clone()).await? else {
            return Ok(texts.into());
        };
        let mut all: Counts = found.fields.decode()?;
        let (before, left) = (all.len(), all.get(&name).copied().unwrap_or(texts.into()));
        forget(&mut all, period);
        if all.len() < before {
            // Or next time, if somebody has counted since.
            let trimmed = Write::Replace(path, Fields::of(&all), found.version);
            self.documents.if_unchanged(vec![trimmed]).await?;
        }
        Ok(left)
    }

    /// Divides the account evenly into its shards, whatever it was divided into before: the first time,
    /// or because the caps have changed. A write that comes in between makes it start over.
    ///
    /// It is one commit, in which Firestore takes any number of writes of together 10 MiB ("Quotas and
    /// limits"): what earlier days and months have cost stays whole in the first shard.
    pub async fn divide(&self, payer: Payer, period: Period) -> Result<(), Unavailable> {
        let of = payer.shards();
        loop {
            let shards = match payer {
                Payer::People(_) => self.numbered(0..MOST_SHARDS).await?,
                Payer::Owner => vec![self.shard(payer).await?],
            };
            let (used, others) = shards.split_at(of as usize);
            let is_left = others.iter().any(|shard| shard.version.is_some());
            if !is_left && used.iter().all(|shard| shard.is_of(payer)) {
                return Ok(());
            }
            let mut whole = Counts::new();
            for (name, sum) in shards.iter().flat_map(|shard| &shard.sums) {
                *whole.entry(name.clone()).or_default() += sum;
            }
            forget(&mut whole, period);
            let (open, over): (Counts, Counts) =
                whole.into_iter().partition(|(name, _)| is_used(name, period));
            let part = |number: usize| {
                let part = |sum: i64| {
                    let (each, rest) = (sum.div_euclid(of.into()), sum.rem_euclid(of.into()));
                    each + i64::from((number as i64) < rest)
                };
                let over = if number == 0 { over.clone() } else { Counts::new() };
                open.iter().map(|(name, sum)| (name.clone(), part(*sum))).chain(over).collect()
            };
            let mut writes: Vec<_> =
                used.iter().enumerate().map(|(at, shard)| shard.replace(of, part(at))).collect();
            writes.extend(
                others.iter().filter_map(|shard| {
                    Some(Write::Delete(path(&shard.name), Some(shard.version?)))
                }),
            );
            if self.documents.if_unchanged(writes).await? {
                return Ok(());
            }
            self.documents.step_aside().await;
        }
    }
}

/// What is reserved and spent, in total.
pub fn sum_of<'a>(shards: impl IntoIterator<Item = &'a Shard>, period: Period) -> Sums {
    shards.into_iter().fold(Sums::default(), |all, shard| {
        let Sums { held, day, month, total } = shard.sums(period);
        Sums {
            held: all.held.saturating_add(held),
            day: all.day.saturating_add(day),
            month: all.month.saturating_add(month),
            total: all.total.saturating_add(total),
        }
    })
}

/// What was spent on each of so many days up to this one, the latest first. Days without any are left out.
pub fn by_day(shards: &[Shard], period: Period, days: i64) -> Vec<(Date, Amount)> {
    let first = date(1970, 1, 1);
    let spent = |number: i64| -> Option<(Date, Amount)> {
        let of = |shard: &Shard| shard.sums.get(&day(number)).copied().unwrap_or_default();
        let spent = Amount::from_billionths(shards.iter().map(of).sum());
        let day = first.checked_add(Span::new().try_days(number).ok()?).ok()?;
        (spent != Amount::ZERO).then_some((day, spent))
    };
    (0..days).filter_map(|ago| spent(period.day - ago)).collect()
}

/// A shard that was read at [`Store::next_shard`].
pub(crate) fn decoded(name: String, found: Option<Document>) -> Result<Shard, Unavailable> {
    Shard::decode(name, found)
}

fn path(name: &str) -> Path {
    at("budget", name)
}

fn day(day: i64) -> String {
    format!("day_{day}")
}

fn month(month: i64) -> String {
    format!("month_{month}")
}

/// The sums that what is spent now belongs to.
fn spent(period: Period) -> [String; 3] {
    [day(period.day), month(period.month), TOTAL.to_owned()]
}

fn held(hour: i64) -> String {
    format!("held_{hour}")
}

fn sums(sums: &Counts, period: Period) -> Sums {
    let get = |name: &str| Amount::from_billionths(sums.get(name).copied().unwrap_or_default());
    let is_held = |name: &str| {
        let hour = name.strip_prefix("held_").and_then(|hour| hour.parse::<i64>().ok());
        hour.is_some_and(|hour| is_open(hour, period))
    };
    let held = sums.iter().filter(|(name, _)| is_held(name)).map(|(_, sum)| *sum).sum::<i64>();
    Sums {
        held: Amount::from_billionths(held),
        day: get(&day(period.day)),
        month: get(&month(period.month)),
        total: get(TOTAL),
    }
}

/// Whether a reservation from this hour still counts. A clock that is ahead makes it count for longer.
fn is_open(hour: i64, period: Period) -> bool {
    hour > period.hour - HELD_HOURS
}

/// Whether a cap is compared with this sum now.
fn is_used(name: &str, period: Period) -> bool {
    name.starts_with("held_") || spent(period).iter().any(|it| it == name)
}

/// Leaves out the periods that nobody asks for any more.
fn forget(sums: &mut Counts, period: Period) {
    sums.retain(|name, _| match name.split_once('_') {
        Some(("held", hour)) => hour.parse().is_ok_and(|hour| is_open(hour, period)),
        Some(("day", day)) => day.parse::<i64>().is_ok_and(|day| day > period.day - DAYS),
        Some(("month", month)) => month.parse().is_ok_and(|it: i64| it > period.month - MONTHS),
        _ => true,
    });
}
