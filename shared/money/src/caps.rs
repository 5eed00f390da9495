//! How much may be spent.

use std::fmt;

use settings::{Names, Settings, SettingsError};

use crate::amount::Amount;
use crate::currency::Currency;

/// How many turns at their cap a share of a cap must be good for: those that run at once, and one that
/// costs more than it should, cannot use it up unnoticed.
const TURNS_IN_A_SHARE: u64 = 20;

/// What a share is good for if turns have no cap.
const SHARE_WITHOUT_A_CAP: i64 = 20_000_000_000;

/// The most shares. Each turn writes to one of them twice, so that they bear some 500 turns a second if each
/// may be written once a second; and who wants to know of all has to read each.
pub const MOST_SHARES: u64 = 1024;

/// The most that may be spent on models and texts. `None` means no cap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// On one turn: everything from the texts that were waiting to the reply.
    pub turn: Option<Amount>,
    /// On one person in a day.
    pub person_day: Option<Amount>,
    /// On everybody in a day.
    pub day: Option<Amount>,
    /// For the owner in a day: on notices and tests.
    pub owner_day: Option<Amount>,
    /// On everybody in a month.
    pub month: Option<Amount>,
    /// On everybody, ever.
    pub total: Option<Amount>,
    /// What they are in.
    pub currency: Currency,
    /// Whether the owner has set an amount, instead of leaving all at their defaults or off. Only then
    /// may a price that is merely assumed stop anything.
    pub set_by_owner: bool,
}

/// One of the caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// [`Caps::turn`].
    Turn,
    /// [`Caps::person_day`].
    PersonDay,
    /// [`Caps::day`].
    Day,
    /// [`Caps::owner_day`].
    OwnerDay,
    /// [`Caps::month`].
    Month,
    /// [`Caps::total`].
    Total,
}

impl Cap {
    /// Its setting.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Turn => "CAP_TURN",
            Self::PersonDay => "CAP_PERSON_DAY",
            Self::Day => "CAP_DAY",
            Self::OwnerDay => "CAP_OWNER_DAY",
            Self::Month => "CAP_MONTH",
            Self::Total => "CAP_TOTAL",
        }
    }
}

/// A cap: its setting, its words, and its default, in hundredths.
struct Described {
    name: &'static str,
    words: &'static str,
    standard: Option<i64>,
}

/// In the order in which they are printed.
const CAPS: [Described; 6] = [
    Described { name: "CAP_TURN", words: "a turn", standard: Some(10) },
    Described { name: "CAP_PERSON_DAY", words: "a person and day", standard: Some(100) },
    Described { name: "CAP_DAY", words: "a day", standard: Some(1_000) },
    Described { name: "CAP_OWNER_DAY", words: "a day for the owner", standard: Some(100) },
    Described { name: "CAP_MONTH", words: "a month", standard: None },
    Described { name: "CAP_TOTAL", words: "in total", standard: None },
];

/// Pairs of which the first, above the second, would never apply.
const NARROWER: [(&str, &str); 4] = [
    ("CAP_PERSON_DAY", "CAP_DAY"),
    ("CAP_DAY", "CAP_MONTH"),
    ("CAP_DAY", "CAP_TOTAL"),
    ("CAP_MONTH", "CAP_TOTAL"),
];

/// A cap as it is set.
struct Set {
    name: &'static str,
    amount: Option<Amount>,
    is_owners: bool,
}

impl Caps {
    /// What [`Self::from_settings`] reads.
    pub const SETTINGS: Names = &[
        "CAP_CURRENCY",
        "CAP_DAY",
        "CAP_MONTH",
        "CAP_OWNER_DAY",
        "CAP_PERSON_DAY",
        "CAP_TOTAL",
        "CAP_TURN",
    ];

    /// The caps as configured, where `off` means none, or their defaults. What cannot be read stops the
    /// start and never counts as not set.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let currency = Currency::from_settings(settings)?;
        let set = CAPS.iter().map(|cap| set(settings, cap)).collect::<Result<Vec<_>, _>>()?;
        check(&set)?;
        let set_by_owner = set.iter().any(|it| it.is_owners && it.amount.is_some());
        let amounts: Vec<_> = set.into_iter().map(|it| it.amount).collect();
        let [turn, person_day, day, owner_day, month, total] =
            amounts.try_into().expect("there is one for each cap");
        Ok(Self { turn, person_day, day, owner_day, month, total, currency, set_by_owner })
    }

    /// A line for each cap, as printed at the start.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.each().map(|(cap, amount)| match amount {
            Some(amount) => {
                format!("at most {amount} {} {} ({})", self.currency, cap.words, cap.name)
            }
            None => format!("no cap {} ({})", cap.words, cap.name),
        });
        lines.collect()
    }

    /// How many shares the caps on everybody are counted in, so that those who count rarely meet: as many
    /// as are each good for twenty turns.
    pub fn shards(&self) -> u64 {
        let smallest = [self.day, self.month, self.total].into_iter().flatten().min();
        let Some(smallest) = smallest else { return MOST_SHARES };
        // A turn without a cap may cost what a share has, so that one has to be large.
        let share = match self.turn {
            Some(turn) => turn.times(TURNS_IN_A_SHARE),
            None => Amount::from_billionths(SHARE_WITHOUT_A_CAP),
        };
        let shares = smallest.billionths().checked_div(share.billionths()).unwrap_or(1);
        u64::try_from(shares).unwrap_or(1).clamp(1, MOST_SHARES)
    }

    /// The part of a cap on everybody that one share may use. All of them together never exceed the cap.
    pub fn share(&self, cap: Amount) -> Amount {
        let shards = i64::try_from(self.shards()).expect("there are not that many");
        Amount::from_billionths(cap.billionths() / shards)
    }

    fn each(&self) -> impl Iterator<Item = (&'static Described, Option<Amount>)> {
        let amounts =
            [self.turn, self.person_day, self.day, self.owner_day, self.month, self.total];
        CAPS.iter().zip(amounts)
    }
}

impl fmt::Display for Caps {
    /// In one sentence.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let caps = self.each().filter_map(|(cap, amount)| Some((cap, amount?)));
        let caps: Vec<_> = caps
            .enumerate()
            .map(|(index, (cap, amount))| match index {
                0 => format!("at most {amount} {} {}", self.currency, cap.words),
                _ => format!("{amount} {}", cap.words),
            })
            .collect();
        let none: Vec<_> =
            self.each().filter(|(_, it)| it.is_none()).map(|(cap, _)| cap.words).collect();
        let none = if none.is_empty() { None } else { Some(format!("no cap {}", none.join(", "))) };
        let caps = if caps.is_empty() { None } else { Some(caps.join(", ")) };
        let parts: Vec<_> = caps.into_iter().chain(none).collect();
        formatter.write_str(&parts.join("; "))
    }
}

/// What a cap is if it is not set.
fn standard(cap: &Described) -> Option<Amount> {
    cap.standard.map(|it| Amount::from_billionths(it * 10_000_000))
}

/// One cap. It may not be 0: some would read it as "nothing at all", others as "no cap".
fn set(settings: &Settings, cap: &Described) -> Result<Set, SettingsError> {
    let name = cap.name;
    let invalid = |problem: &str| SettingsError::Invalid { name, problem: problem.into() };
    let Some(written) = settings.get(name) else {
        return Ok(Set { name, amount: standard(cap), is_owners: false });
    };
    if written.eq_ignore_ascii_case("off") {
        return Ok(Set { name, amount: None, is_owners: true });
    }
    let amount: Amount =
        written.parse().map_err(|problem| invalid(&format!("{problem}, or off for no cap")))?;
    if amount <= Amount::ZERO {
        return Err(invalid(
            "nothing could be answered with it: write an amount above 0, or off for no cap",
        ));
    }
    Ok(Set { name, amount: Some(amount), is_owners: true })
}

/// Fails if caps contradict each other.
fn check(set: &[Set]) -> Result<(), SettingsError> {
    let find = |name: &str| set.iter().find(|it| it.name == name);
    let is_above = |one: &Set, other: &Set| {
        one.amount.zip(other.amount).is_some_and(|(one, other)| one > other)
    };
    if let Some((turn, others)) = set.split_first()
        && let Some(below) = others.iter().find(|other| is_above(turn, other))
    {
        let problem = format!(
            "it is below {}, so that not one turn could use what it may cost: raise it, or lower {}",
            turn.name, turn.name
        );
        return Err(SettingsError::Invalid { name: below.name, problem });
    }
    for (narrow, wide) in NARROWER {
        if let (Some(narrow), Some(wide)) = (find(narrow), find(wide))
            && narrow.is_owners
            && wide.is_owners
            && is_above(narrow, wide)
        {
            let problem = format!(
                "it is above {}, so that it would never apply: lower it, write off, or raise {}",
                wide.name, wide.name
            );
            return Err(SettingsError::Invalid { name: narrow.name, problem });
        }
    }
    Ok(())
}
