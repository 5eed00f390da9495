//! Moments, numbers and amounts as people read them in their language.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use localization::{Html, Language, Phrase};
use money::Amount;

use crate::words::{Form, Words};

/// How values are shown on one page: in which language, in which time zone, and as of when.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) language: Language,
    pub(crate) now: Zoned,
}

impl Shown {
    pub(crate) fn new(language: Language, zone: &TimeZone, now: Timestamp) -> Self {
        Self { language, now: now.to_zoned(zone.clone()) }
    }

    pub(crate) fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    fn form(&self) -> &'static Form {
        &self.words().form
    }

    /// The time of day, with the day unless it is today, and with the year unless it is this year.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.now.time_zone().clone());
        let form = self.form();
        let time = at.strftime(&form.time).to_string();
        if at.date() == self.now.date() {
            return time;
        }
        form.moment.plain(&[("day", &self.day(at.date())), ("time", &time)])
    }

    /// A day, with the year unless it is this year.
    pub(crate) fn day(&self, day: Date) -> String {
        let form = self.form();
        let month = &form.months[usize::from(day.month().unsigned_abs()) - 1];
        let words = if day.year() == self.now.year() { &form.day } else { &form.older_day };
        words.plain(&[("day", &day.day()), ("month", month), ("year", &day.year())])
    }

    /// The month of a day, with its year.
    pub(crate) fn month(&self, day: Date) -> String {
        let month = &self.form().months[usize::from(day.month().unsigned_abs()) - 1];
        format!("{month} {}", day.year())
    }

    /// How long ago it was, roughly.
    pub(crate) fn age(&self, at: Timestamp) -> String {
        let form = self.form();
        let ago = self.now.timestamp().duration_since(at).max(SignedDuration::ZERO);
        let (minutes, hours) = (ago.as_mins(), ago.as_hours());
        let (unit, count): (&Phrase, i64) = match (hours, minutes) {
            (_, 0) => return form.now.as_str().to_owned(),
            (0, _) => (&form.minutes, minutes),
            (1..=47, _) => (&form.hours, hours),
            _ => (&form.days, hours / 24),
        };
        unit.plain(&[("count", &self.count(count.unsigned_abs()))])
    }

    /// A number, with its digits in groups of three.
    pub(crate) fn count(&self, count: u64) -> String {
        let digits = count.to_string();
        let mut grouped = String::with_capacity(digits.len() * 4 / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push_str(&self.form().group);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// An amount, with the sign or the code of its currency behind it.
    pub(crate) fn money(&self, amount: Amount, currency: &str) -> String {
        self.decimal(&amount.to_string(), currency)
    }

    /// A decimal number, written with a point, and its unit.
    pub(crate) fn decimal(&self, written: &str, unit: &str) -> String {
        let written = written.replace('.', &self.form().decimal);
        // No line is broken between a number and its unit.
        format!("{written}\u{a0}{unit}")
    }

    /// A decimal number without a unit, to three significant digits.
    pub(crate) fn decimal_alone(&self, value: f64) -> String {
        match value {
            100.0.. => self.count(value.round() as u64),
            _ => {
                let written = format!("{value:.4}");
                let written = written.trim_end_matches('0').trim_end_matches('.');
                written.replace('.', &self.form().decimal)
            }
        }
    }

    /// How long something took.
    pub(crate) fn seconds(&self, ms: u64) -> String {
        self.decimal(&format!("{}.{}", ms / 1000, ms % 1000 / 100), "s")
    }

    /// How a moment is written for programs.
    pub(crate) fn iso(&self, at: Timestamp) -> String {
        at.round(jiff::Unit::Second).unwrap_or(at).to_string()
    }

    /// A moment, with its exact form for programs.
    pub(crate) fn time(&self, at: Timestamp) -> Html {
        self.dated(at, &self.moment(at))
    }

    /// How long ago it was, with its exact form for programs.
    pub(crate) fn ago(&self, at: Timestamp) -> Html {
        self.dated(at, &self.age(at))
    }

    fn dated(&self, at: Timestamp, shown: &str) -> Html {
        let shown = localization::escape(shown);
        Html::safe(format!(r#"<time datetime="{}">{shown}</time>"#, self.iso(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(language: Language) -> Shown {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        Shown::new(language, &berlin, "2026-12-01T13:05:30Z".parse().unwrap())
    }

    #[test]
    fn a_moment_says_no_more_than_it_has_to() {
        let moment = |at: &str| shown(Language::English).moment(at.parse().unwrap());
        assert_eq!(moment("2026-12-01T00:04:00Z"), "01:04");
        assert_eq!(moment("2026-11-30T22:59:00Z"), "30 Nov, 23:59");
        assert_eq!(moment("2025-12-01T13:05:00Z"), "1 Dec 2025, 14:05");
        assert_eq!(
            shown(Language::German).moment("2026-11-30T22:59:00Z".parse().unwrap()),
            "30. Nov., 23:59"
        );
    }

    #[test]
    fn an_age_is_rough() {
        let age = |at: &str| shown(Language::English).age(at.parse().unwrap());
        assert_eq!(age("2026-12-01T13:04:50Z"), "now");
        assert_eq!(age("2026-12-01T13:00:00Z"), "5 min");
        assert_eq!(age("2026-11-30T13:05:30Z"), "24 h");
        assert_eq!(age("2026-11-01T13:05:30Z"), "30 d");
        // The clock of another machine may be ahead.
        assert_eq!(age("2026-12-01T13:06:50Z"), "now");
    }

    #[test]
    fn digits_are_grouped_as_each_language_does() {
        assert_eq!(shown(Language::English).count(1_234_567), "1,234,567");
        assert_eq!(shown(Language::German).count(1_234), "1.234");
        assert_eq!(shown(Language::English).count(999), "999");
        let amount = "1.0425".parse().unwrap();
        assert_eq!(shown(Language::German).money(amount, "USD"), "1,0425\u{a0}USD");
    }
}
