//! The `expect` section as an owner writes it.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::PageError;
use super::texts::line;
use crate::expect::Expect;

/// More than this share nobody means.
const MOST: u32 = 1_000;

/// The section as written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenExpect {
    fields: Option<Spanned<String>>,
    endings: Option<Spanned<String>>,
    turns: Option<Spanned<String>>,
    segments: Option<Spanned<String>>,
    money: Option<Spanned<String>>,
    refusals: Option<Spanned<String>>,
}

impl WrittenExpect {
    pub(super) fn check(self) -> Result<Expect, PageError> {
        Ok(Expect {
            fields: self.fields.map(least).transpose()?,
            endings: self.endings.map(least).transpose()?,
            turns: self.turns.map(more).transpose()?,
            segments: self.segments.map(more).transpose()?,
            money: self.money.map(more).transpose()?,
            refusals: self.refusals.map(count).transpose()?,
        })
    }
}

/// A share that has to stay, such as `95 %`.
fn least(written: Spanned<String>) -> Result<u32, PageError> {
    let share = percent(&written.value).filter(|share| *share <= 100);
    share.ok_or_else(|| {
        PageError::at(line(&written), "write the share that has to stay, from 0 % to 100 %")
    })
}

/// A share that may be added, such as `+10 %`.
fn more(written: Spanned<String>) -> Result<u32, PageError> {
    let added = written.value.trim().strip_prefix('+').and_then(percent);
    added.ok_or_else(|| {
        PageError::at(line(&written), "write how much more it may be, such as +10 %")
    })
}

/// A number that may be added, such as `+2`.
fn count(written: Spanned<String>) -> Result<u32, PageError> {
    let added = written.value.trim().strip_prefix('+').and_then(|it| it.trim().parse().ok());
    added.ok_or_else(|| {
        PageError::at(line(&written), "write how many more there may be, such as +0 or +2")
    })
}

fn percent(written: &str) -> Option<u32> {
    let share = written.trim().strip_suffix('%')?.trim();
    share.parse().ok().filter(|share| *share <= MOST)
}
