//! What the page of figures draws: plots, each with its legend and its table, and shares of a whole.

use conversations::{Figures, Per, PeriodFigures, Times};
use jiff::civil::Date;
use localization::{Html, Phrase};
use money::Amount;

use crate::plot::{self, Axes, Line, Part};
use crate::shown::Shown;
use crate::words::Words;

/// A plot, with what it means and the table behind it.
pub(crate) struct Panel {
    pub(crate) title: &'static Phrase,
    pub(crate) note: Option<&'static Phrase>,
    pub(crate) drawn: Html,
    pub(crate) legend: Vec<Entry>,
    pub(crate) table: Table,
}

/// An entry of a legend: what it looks like, what it is, and how much of it there is altogether.
pub(crate) struct Entry {
    pub(crate) sample: Html,
    pub(crate) label: String,
    pub(crate) total: String,
}

/// The table behind a plot.
pub(crate) struct Table {
    pub(crate) names: Vec<String>,
    /// The name of each row, and its cells with the names of their columns.
    pub(crate) rows: Vec<(String, Vec<(String, String)>)>,
}

/// How a whole is divided.
pub(crate) struct Shares {
    pub(crate) title: &'static Phrase,
    pub(crate) note: Option<&'static Phrase>,
    pub(crate) what: String,
    pub(crate) count: &'static str,
    pub(crate) rows: Vec<Share>,
}

/// One part of it, with a bar whose length is out of a hundred.
pub(crate) struct Share {
    pub(crate) name: String,
    pub(crate) length: i64,
    pub(crate) count: String,
}

type Meaning = fn(&'static Words) -> (&'static Phrase, &'static Phrase);

/// Each status, what it looks like, its word and its meaning: from what arrived to what nobody knows.
pub(crate) const STATUSES: [(&str, u8, Meaning); 7] = [
    ("delivered", 0, |w| (&w.delivery.delivered, &w.delivery.delivered_means)),
    ("sent", 3, |w| (&w.delivery.sent, &w.delivery.sent_means)),
    ("accepted", 4, |w| (&w.delivery.accepted, &w.delivery.accepted_means)),
    ("sending", 6, |w| (&w.delivery.sending, &w.delivery.sending_means)),
    ("unknown", 5, |w| (&w.delivery.unknown, &w.delivery.unknown_means)),
    ("undelivered", 1, |w| (&w.delivery.not_arrived, &w.delivery.not_arrived_means)),
    ("failed", 2, |w| (&w.delivery.not_sent, &w.figures.failed_means)),
];

/// How conversations end, and what that looks like.
const ENDINGS: [(&str, u8); 5] =
    [("finished", 0), ("handed_over", 3), ("done", 4), ("turn_limit", 2), ("quiet", 5)];

/// The periods of a plot: those in which something was counted, and those between.
struct Periods<'f> {
    by: Per,
    all: Vec<(Date, Option<&'f PeriodFigures>)>,
    shown: &'f Shown,
}

/// A part of each period, before it is drawn.
struct Counted {
    look: u8,
    label: String,
    values: Vec<i64>,
}

impl<'f> Periods<'f> {
    fn of(figures: &'f Figures, shown: &'f Shown) -> Self {
        let (mut all, mut start) = (vec![], figures.first);
        let mut counted = figures.periods.iter().peekable();
        while start <= figures.last {
            let this = counted.next_if(|period| period.from == start);
            all.push((start, this));
            start = figures.by.next(start);
        }
        Self { by: figures.by, all, shown }
    }

    fn each(&self, value: impl Fn(&PeriodFigures) -> i64) -> Vec<i64> {
        self.all.iter().map(|(_, period)| period.map_or(0, &value).max(0)).collect()
    }

    fn name(&self, start: Date) -> String {
        let shown = self.shown;
        match self.by {
            Per::Day | Per::Week => shown.day(start),
            Per::Month => shown.month(start),
        }
    }

    /// The name of the axis along which periods are.
    fn axis(&self) -> &'static str {
        let w = &self.shown.words().figures;
        match self.by {
            Per::Day => w.day.as_str(),
            Per::Week => w.week_from.as_str(),
            Per::Month => w.month.as_str(),
        }
    }

    fn axes(&self, y: &str) -> Axes {
        Axes {
            x: self.axis().to_owned(),
            y: y.to_owned(),
            labels: self.all.iter().map(|(start, _)| self.name(*start)).collect(),
        }
    }

    /// Bars of counts.
    fn bars(&self, title: &'static Phrase, y: &str, parts: Vec<Counted>) -> Panel {
        let shown = self.shown;
        let count = |count: i64| shown.count(count.unsigned_abs());
        let number = |value: f64| count(value as i64);
        self.panel(title, y, parts, |value| value as f64, number, count)
    }

    fn panel(
        &self,
        title: &'static Phrase,
        y: &str,
        parts: Vec<Counted>,
        high: impl Fn(i64) -> f64,
        number: impl Fn(f64) -> String,
        cell: impl Fn(i64) -> String,
    ) -> Panel {
        let part = |part: &Counted| Part {
            look: part.look,
            values: part.values.iter().map(|value| high(*value)).collect(),
        };
        let drawn: Vec<_> = parts.iter().map(part).collect();
        let legend = parts.iter().map(|part| Entry {
            sample: plot::swatch(part.look),
            label: part.label.clone(),
            total: cell(part.values.iter().sum()),
        });
        let names = [self.axis().to_owned()].into_iter();
        let rows = self.all.iter().enumerate().filter(|(_, (_, period))| period.is_some());
        let rows = rows.map(|(at, (start, _))| {
            let cells = parts.iter().map(|part| (part.label.clone(), cell(part.values[at])));
            (self.name(*start), cells.collect())
        });
        Panel {
            title,
            note: None,
            drawn: plot::bars(&self.axes(y), &drawn, number),
            legend: legend.collect(),
            table: Table {
                names: names.chain(parts.iter().map(|part| part.label.clone())).collect(),
                rows: rows.collect(),
            },
        }
    }

    fn texts(&self) -> Panel {
        let words = self.shown.words();
        let parts = STATUSES.map(|(status, look, word)| Counted {
            look,
            label: word(words).0.as_str().to_owned(),
            values: self.each(|period| period.statuses[status]),
        });
        self.bars(&words.figures.texts, words.figures.texts_y.as_str(), parts.into())
    }

    fn times(&self) -> Panel {
        let (shown, w) = (self.shown, &self.shown.words().figures);
        type Of = fn(&PeriodFigures) -> Option<u64>;
        let all: [(u8, &Phrase, Of); 4] = [
            (0, &w.accepted_median, |it| it.accepted.median_ms),
            (2, &w.accepted_p95, |it| it.accepted.p95_ms),
            (1, &w.delivered_median, |it| it.delivered.median_ms),
            (3, &w.delivered_p95, |it| it.delivered.p95_ms),
        ];
        let seconds = |ms: u64| ms as f64 / 1000.0;
        let line = |(look, _, of): &(u8, &Phrase, Of)| Line {
            look: *look,
            values: self.all.iter().map(|(_, it)| it.and_then(of).map(seconds)).collect(),
        };
        let lines: Vec<_> = all.iter().map(line).collect();
        let cell = |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), |ms| shown.seconds(ms));
        let legend = all.iter().map(|(look, label, _)| Entry {
            sample: plot::sample(*look),
            label: label.as_str().to_owned(),
            total: String::new(),
        });
        let names = [self.axis()].into_iter().chain(all.iter().map(|(_, label, _)| label.as_str()));
        let rows = self.all.iter().filter_map(|(start, period)| {
            let period = (*period)?;
            let cells =
                all.iter().map(|(_, label, of)| (label.as_str().to_owned(), cell(of(period))));
            Some((self.name(*start), cells.collect()))
        });
        let number = |value: f64| shown.decimal_alone(value);
        Panel {
            title: &w.times,
            note: Some(&w.times_note),
            drawn: plot::lines(&self.axes(w.times_y.as_str()), &lines, number),
            legend: legend.collect(),
            table: Table { names: names.map(str::to_owned).collect(), rows: rows.collect() },
        }
    }

    fn people(&self) -> Panel {
        let w = &self.shown.words().figures;
        let label = w.people_y.as_str().to_owned();
        let people = Counted { look: 3, label, values: self.each(|period| period.people) };
        let mut panel = self.bars(&w.people, w.people_y.as_str(), vec![people]);
        // Whoever comes on two days is one person, so a sum would be too much.
        panel.legend.clear();
        panel
    }

    fn ends(&self) -> Panel {
        let words = self.shown.words();
        let of = |ending: &str| self.each(|it| it.ended.get(ending).copied().unwrap_or_default());
        let parts = ENDINGS.map(|(ending, look)| Counted {
            look,
            label: words.ending.of(ending).to_owned(),
            values: of(ending),
        });
        let is_known = |ending: &String| ENDINGS.iter().any(|(known, _)| known == ending);
        let others = |period: &PeriodFigures| {
            period.ended.iter().filter(|(it, _)| !is_known(it)).map(|(_, count)| count).sum()
        };
        let values = self.each(others);
        let label = words.figures.others.as_str().to_owned();
        let others = Counted { look: 6, label, values };
        let parts = parts.into_iter().chain([others]);
        let parts = parts.filter(|part| part.values.iter().any(|count| *count > 0)).collect();
        self.bars(&words.figures.ends, words.figures.ends_y.as_str(), parts)
    }

    fn money(&self, currency: &str) -> Panel {
        let (shown, w) = (self.shown, &self.shown.words().figures);
        let amount = |amount: Amount| amount.billionths();
        let parts = vec![
            Counted {
                look: 3,
                label: w.money_texts.as_str().to_owned(),
                values: self.each(|period| amount(period.cost)),
            },
            Counted {
                look: 1,
                label: w.money_model.as_str().to_owned(),
                values: self.each(|period| amount(period.model_cost)),
            },
        ];
        let high = |billionths: i64| billionths as f64 / 1e9;
        let cell = |billionths| shown.money(Amount::from_billionths(billionths), currency);
        self.panel(&w.money, currency, parts, high, |value| shown.decimal_alone(value), cell)
    }

    fn trouble(&self) -> Panel {
        let w = &self.shown.words().figures;
        type Of = fn(&PeriodFigures) -> i64;
        let all: [(u8, &Phrase, Of); 3] = [
            (3, &w.failovers, |it| it.failovers),
            (2, &w.model_errors, |it| it.model_errors.values().sum()),
            (1, &w.opt_outs, |it| it.opt_outs),
        ];
        let parts = all.map(|(look, label, of)| Counted {
            look,
            label: label.as_str().to_owned(),
            values: self.each(of),
        });
        self.bars(&w.trouble, w.trouble_y.as_str(), parts.into())
    }
}

/// All plots of which anything was counted.
pub(crate) fn all(figures: &Figures, shown: &Shown, currency: &str) -> Vec<Panel> {
    let (periods, whole) = (Periods::of(figures, shown), &figures.whole);
    let money = whole.cost.saturating_add(whole.model_cost);
    let trouble = whole.failovers + whole.opt_outs + whole.model_errors.values().sum::<i64>();
    let all = [
        (whole.attempts > 0).then(|| periods.texts()),
        (whole.accepted.count + whole.delivered.count > 0).then(|| periods.times()),
        (whole.people > 0).then(|| periods.people()),
        (whole.conversations() > 0).then(|| periods.ends()),
        (!whole.turns.is_empty()).then(|| turns(whole, shown)),
        (money != Amount::ZERO).then(|| periods.money(currency)),
        (trouble > 0).then(|| periods.trouble()),
    ];
    all.into_iter().flatten().collect()
}

/// After how many turns conversations ended.
fn turns(whole: &PeriodFigures, shown: &Shown) -> Panel {
    let w = &shown.words().figures;
    let last = whole.turns.keys().last().copied().unwrap_or_default();
    let counts: Vec<_> =
        (0..=last).map(|turn| whole.turns.get(&turn).copied().unwrap_or(0)).collect();
    let count = |count: i64| shown.count(count.unsigned_abs());
    let labels: Vec<_> = (0..=last).map(|turn| turn.to_string()).collect();
    let axes = Axes {
        x: w.turns_x.as_str().to_owned(),
        y: w.ends_y.as_str().to_owned(),
        labels: labels.clone(),
    };
    let part = Part { look: 4, values: counts.iter().map(|count| *count as f64).collect() };
    let rows = labels.into_iter().zip(&counts).map(|(turn, it)| {
        let cell = (w.ends_y.as_str().to_owned(), count(*it));
        (turn, vec![cell])
    });
    Panel {
        title: &w.turns,
        note: None,
        drawn: plot::bars(&axes, &[part], |value| count(value as i64)),
        legend: vec![],
        table: Table {
            names: vec![w.turns_x.as_str().to_owned(), w.ends_y.as_str().to_owned()],
            rows: rows.collect(),
        },
    }
}

/// What is divided.
pub(crate) fn shares(whole: &PeriodFigures, shown: &Shown) -> Vec<Shares> {
    let words = shown.words();
    let w = &words.figures;
    let left = whole.left.iter().map(|left| (format!("{}: {}", left.turn, left.field), left.count));
    let turn = w.turn.as_str();
    vec![
        Shares {
            title: &w.left,
            note: Some(&w.left_note),
            what: format!("{turn}: {}", words.brief.field.as_str()),
            count: w.ends_y.as_str(),
            rows: rows(left.collect(), shown),
        },
        Shares {
            title: &w.handed_over,
            note: None,
            what: w.reason.as_str().to_owned(),
            count: w.ends_y.as_str(),
            rows: rows(named(&whole.handed_over, |kind| w.reason_of(kind)), shown),
        },
        Shares {
            title: &w.model_title,
            note: None,
            what: w.reason.as_str().to_owned(),
            count: w.times_happened.as_str(),
            rows: rows(named(&whole.model_errors, |kind| w.error_of(kind)), shown),
        },
    ]
}

fn named<'k>(
    counts: &'k std::collections::BTreeMap<String, i64>,
    name: impl Fn(&'k str) -> &'k str,
) -> Vec<(String, i64)> {
    counts.iter().map(|(kind, count)| (name(kind).to_owned(), *count)).collect()
}

fn rows(mut counts: Vec<(String, i64)>, shown: &Shown) -> Vec<Share> {
    counts.retain(|(_, count)| *count > 0);
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(1);
    let share = |(name, count): (String, i64)| Share {
        name,
        length: count * 100 / most,
        count: shown.count(count.unsigned_abs()),
    };
    counts.into_iter().map(share).collect()
}

/// What is said of the whole time first.
pub(crate) fn headlines(
    whole: &PeriodFigures,
    shown: &Shown,
    currency: &str,
) -> Vec<(String, &'static str)> {
    let w = &shown.words().figures;
    let count = |count: i64| shown.count(count.max(0).unsigned_abs());
    let median = |times: &Times| times.median_ms.map(|ms| shown.seconds(ms));
    let mut all = vec![(count(whole.attempts), w.texts_y.as_str())];
    let delivered = whole.statuses["delivered"] * 100;
    if let Some(part) = delivered.checked_div(whole.attempts) {
        all.push((format!("{part}\u{a0}%"), shown.words().delivery.delivered.as_str()));
    }
    all.extend(median(&whole.accepted).map(|it| (it, w.accepted_median.as_str())));
    all.extend(median(&whole.delivered).map(|it| (it, w.delivered_median.as_str())));
    all.push((count(whole.conversations()), w.ended.as_str()));
    all.push((count(whole.results()), w.results.as_str()));
    let cost = whole.cost.saturating_add(whole.model_cost);
    all.push((shown.money(cost, currency), w.money.as_str()));
    if let Some(each) = whole.conversation_cost.billionths().checked_div(whole.results()) {
        let each = Amount::from_billionths(each / 10_000 * 10_000);
        all.push((shown.money(each, currency), w.per_result.as_str()));
    }
    all
}
