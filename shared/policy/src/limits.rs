//! Limits on the replies to one person.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use settings::{Names, Settings, SettingsError};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How far the clocks of the processes that count may differ.
const APART: SignedDuration = SignedDuration::from_secs(30);

/// How many replies to STOP, START and HELP one person gets in a day.
const KEYWORDS_PER_DAY: u32 = 5;

/// A reply to a keyword after this is too late: the confirmation of an opt-out counts as solicited only
/// within five minutes (47 CFR 64.1200(a)(12)).
const KEYWORD_MAY_WAIT: SignedDuration = SignedDuration::from_mins(5);

/// How much a stranger's text can make us send. `None` means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Replies to one person in a minute.
    pub per_minute: Option<u32>,
    /// Replies to one person in an hour.
    pub per_hour: Option<u32>,
    /// Replies to one person in a day.
    pub per_day: Option<u32>,
    /// People per minute who had no answer within the last 30 days.
    pub new_people_per_minute: Option<u32>,
}

impl Limits {
    /// What [`Limits::from_settings`] reads.
    pub const SETTINGS: Names =
        &["NEW_PEOPLE_PER_MINUTE", "REPLIES_PER_DAY", "REPLIES_PER_HOUR", "REPLIES_PER_MINUTE"];

    /// The limits as configured, where `off` means none, or their defaults.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let standard = Self::default();
        Ok(Self {
            per_minute: bound(settings, "REPLIES_PER_MINUTE", standard.per_minute)?,
            per_hour: bound(settings, "REPLIES_PER_HOUR", standard.per_hour)?,
            per_day: bound(settings, "REPLIES_PER_DAY", standard.per_day)?,
            new_people_per_minute: bound(
                settings,
                "NEW_PEOPLE_PER_MINUTE",
                standard.new_people_per_minute,
            )?,
        })
    }

    /// Each with its setting: replies in a minute, in an hour and in a day, and new people.
    pub fn each(&self) -> [(&'static str, Option<u32>); 4] {
        [
            ("REPLIES_PER_MINUTE", self.per_minute),
            ("REPLIES_PER_HOUR", self.per_hour),
            ("REPLIES_PER_DAY", self.per_day),
            ("NEW_PEOPLE_PER_MINUTE", self.new_people_per_minute),
        ]
    }
}

impl Default for Limits {
    /// More than a conversation between people takes, and little enough that a machine costs little in
    /// a day.
    fn default() -> Self {
        Self {
            per_minute: Some(6),
            per_hour: Some(30),
            per_day: Some(100),
            new_people_per_minute: Some(30),
        }
    }
}

/// One limit. None may be 0: some would read it as "no replies", others as "no limit".
fn bound(
    settings: &Settings,
    name: &'static str,
    standard: Option<u32>,
) -> Result<Option<u32>, SettingsError> {
    match settings.get(name) {
        None => Ok(standard),
        Some(off) if off.eq_ignore_ascii_case("off") => Ok(None),
        Some(written) => match written.parse() {
            Ok(count) if count > 0 => Ok(Some(count)),
            _ => {
                let problem = "write how many, from 1, or off for no limit".into();
                Err(SettingsError::Invalid { name, problem })
            }
        },
    }
}

/// What a reply responds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// A person's words.
    Answer,
    /// STOP, START or HELP: a fixed text, at most five of them in a day.
    Keyword,
}

/// Whether one more reply may go to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Yes.
    Now,
    /// From this time on, at most an hour from now. The texts wait until then.
    At(Timestamp),
    /// Not today, or too late to be of use. The texts are set aside.
    Not,
}

/// How many replies a person has had: kept with the person, across conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replied {
    #[serde(default)]
    minute: Window,
    #[serde(default)]
    hour: Window,
    #[serde(default)]
    day: Window,
    /// Replies to keywords within a day.
    #[serde(default)]
    keywords: Window,
}

impl Replied {
    /// Whether one more reply may go out.
    pub fn may(&self, limits: &Limits, kind: ReplyKind, now: Timestamp) -> Allowed {
        let spent = self.day.full(limits.per_day, DAY, now).is_some()
            || (kind == ReplyKind::Keyword
                && self.keywords.full(Some(KEYWORDS_PER_DAY), DAY, now).is_some());
        if spent {
            return Allowed::Not;
        }
        let minute = self.minute.full(limits.per_minute, MINUTE, now);
        let hour = self.hour.full(limits.per_hour, HOUR, now);
        match minute.max(hour) {
            None => Allowed::Now,
            Some(free) if kind == ReplyKind::Keyword && free > now + KEYWORD_MAY_WAIT => {
                Allowed::Not
            }
            Some(free) => Allowed::At(free),
        }
    }

    /// Counts a reply that was decided on.
    pub fn note(&mut self, kind: ReplyKind, now: Timestamp) {
        self.minute.note(MINUTE, now);
        self.hour.note(HOUR, now);
        self.day.note(DAY, now);
        if kind == ReplyKind::Keyword {
            self.keywords.note(DAY, now);
        }
    }
}

/// Replies from the first one on, for the length of the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    start: Timestamp,
    count: u32,
}

impl Window {
    /// When there is room again, if there is none now.
    fn full(
        &self,
        bound: Option<u32>,
        length: SignedDuration,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let full = self.is_open(length, now) && bound.is_some_and(|bound| self.count >= bound);
        full.then(|| self.start.min(now) + length)
    }

    fn note(&mut self, length: SignedDuration, now: Timestamp) {
        if !self.is_open(length, now) {
            *self = Self { start: now, count: 0 };
        }
        self.count = self.count.saturating_add(1);
    }

    /// A window from far in the future does not count: the clock that began it was wrong, and it would
    /// last longer than a window may.
    fn is_open(&self, length: SignedDuration, now: Timestamp) -> bool {
        self.start <= now + APART && now < self.start + length
    }
}
