//! How it goes: what became of texts and conversations, by day, week or month.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use conversations::{Asked, ConsentKind, Figures, Filter, Per};
use jiff::civil::Date;
use localization::{Html, Phrase};
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;

use crate::failure::Failure;
use crate::pages::panels::{self, Panel, Shares};
use crate::visit::{Frame, Part, Visit, file, page};
use crate::words::Words;

/// How many of the latest events are searched for opt-outs.
const EVENTS: u32 = 100;

/// How many people are shown who opted out.
const OPT_OUTS: usize = 10;

#[derive(Template)]
#[template(path = "figures.html")]
struct FiguresPage {
    frame: Frame,
    /// Values, names, and whether each is chosen.
    periods: Vec<(&'static str, &'static Phrase, bool)>,
    from: String,
    today: String,
    choices: Vec<Choice>,
    headlines: Vec<(String, &'static str)>,
    plots: Vec<Panel>,
    shares: Vec<Shares>,
    /// When, in which thread, and of which number.
    opt_outs: Vec<(Html, String, String)>,
    meanings: Vec<(&'static Phrase, &'static Phrase)>,
    export: String,
}

/// A list to choose one of.
struct Choice {
    name: &'static str,
    label: &'static Phrase,
    /// Values, names, and whether each is chosen.
    values: Vec<(String, String, bool)>,
}

/// Which figures are wanted: all of the last 30 days, if nothing else is said.
#[derive(Clone, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    by: Per,
    #[serde(default, deserialize_with = "day")]
    from: Option<Date>,
    agent: Option<String>,
    provider: Option<String>,
    country: Option<String>,
}

/// What is left empty in a form is not asked for.
fn day<'de, D: Deserializer<'de>>(written: D) -> Result<Option<Date>, D::Error> {
    let written = String::deserialize(written)?;
    let day = (!written.is_empty()).then(|| written.parse());
    day.transpose().map_err(serde::de::Error::custom)
}

impl From<Wanted> for Asked {
    fn from(wanted: Wanted) -> Self {
        let Wanted { by, from, agent, provider, country } = wanted;
        let [agent, provider, country] =
            [agent, provider, country].map(|it| it.filter(|it| !it.is_empty()));
        Self { by, from, filter: Filter { agent, provider, country } }
    }
}

/// `GET /console/figures`.
pub(crate) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    visit.answer(Part::Figures, drawn(&visit, wanted.into()).await)
}

/// `GET /console/figures.csv`: each period as a line, times in milliseconds.
pub(crate) async fn export(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    let figures = figures(&visit, &wanted.into()).await;
    let table = figures.map(|figures| figures.table().iter().map(spreadsheet::row).collect());
    visit.answer(Part::Figures, table.map(|table| file("figures.csv", table)))
}

async fn figures(visit: &Visit, asked: &Asked) -> Result<Figures, Failure> {
    let (console, now) = (&visit.console, visit.shown.now.timestamp());
    Ok(console.store.figures(asked, now, &console.time_zone).await?)
}

async fn drawn(visit: &Visit, asked: Asked) -> Result<Response, Failure> {
    let figures = figures(visit, &asked).await?;
    let (shown, words) = (&visit.shown, visit.words);
    let (w, currency) = (&words.figures, &visit.console.about.currency);
    let is_empty = figures.periods.is_empty();
    let drawn = FiguresPage {
        frame: visit.frame(Part::Figures),
        periods: [
            ("day", &w.day, Per::Day),
            ("week", &w.week, Per::Week),
            ("month", &w.month, Per::Month),
        ]
        .map(|(value, name, by)| (value, name, by == asked.by))
        .into(),
        from: figures.first.to_string(),
        today: figures.last.to_string(),
        choices: choices(&figures, &asked.filter, words),
        headlines: match is_empty {
            true => vec![],
            false => panels::headlines(&figures.whole, shown, currency),
        },
        plots: panels::all(&figures, shown, currency),
        shares: panels::shares(&figures.whole, shown),
        opt_outs: opt_outs(visit, figures.first).await?,
        meanings: panels::STATUSES.map(|(_, _, word)| word(words)).into(),
        export: address(&asked),
    };
    Ok(page(StatusCode::OK, &drawn))
}

/// The same as a table.
fn address(asked: &Asked) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let by = match asked.by {
        Per::Day => "day",
        Per::Week => "week",
        Per::Month => "month",
    };
    query.append_pair("by", by);
    let Filter { agent, provider, country } = &asked.filter;
    let from = asked.from.map(|from| from.to_string());
    let all = [("from", &from), ("agent", agent), ("provider", provider), ("country", country)];
    for (name, value) in all {
        query.extend_pairs(value.iter().map(|value| (name, value)));
    }
    format!("/console/figures.csv?{}", query.finish())
}

fn choices(figures: &Figures, filter: &Filter, words: &'static Words) -> Vec<Choice> {
    let w = &words.figures;
    let choice = |name, label, all: &[String], chosen: &Option<String>, sign: &str| {
        let mut all = all.to_vec();
        // It stays chosen where nothing of it was counted.
        all.extend(
            chosen.iter().filter(|chosen| !figures_has(&all, chosen)).cloned().collect::<Vec<_>>(),
        );
        let is_chosen = |value: &str| chosen.as_deref() == Some(value);
        let values = all.into_iter().map(|value| {
            let chosen = is_chosen(&value);
            (value.clone(), format!("{sign}{value}"), chosen)
        });
        Choice { name, label, values: values.collect() }
    };
    vec![
        choice("agent", &w.agent, &figures.agents, &filter.agent, ""),
        choice("provider", &w.provider, &figures.providers, &filter.provider, ""),
        choice("country", &w.country, &figures.countries, &filter.country, "+"),
    ]
}

fn figures_has(all: &[String], chosen: &str) -> bool {
    all.iter().any(|one| one == chosen)
}

/// Who opted out last, if anything of theirs is kept.
async fn opt_outs(visit: &Visit, since: Date) -> Result<Vec<(Html, String, String)>, Failure> {
    let (store, shown) = (&visit.console.store, &visit.shown);
    let events = store.latest_consent_events(None, EVENTS).await?.found;
    let zone = shown.now.time_zone();
    let is_one = |kind| matches!(kind, ConsentKind::Stop | ConsentKind::Provider);
    let events = events.into_iter().filter(|event| is_one(event.kind));
    let events = events.filter(|event| event.at.to_zoned(zone.clone()).date() >= since);
    let events: Vec<_> = events.take(OPT_OUTS).collect();
    let thread = |event: &conversations::ConsentEvent| {
        store.names().conversation(&event.source, &event.theirs)
    };
    let threads: Vec<_> = events.iter().map(thread).collect();
    let there = store.numbers_of(&threads).await?;
    let all = events.iter().zip(threads).zip(there);
    Ok(all
        .filter_map(|((event, thread), number)| {
            Some((shown.time(event.at), thread.as_str().to_owned(), number?.display()))
        })
        .collect())
}
