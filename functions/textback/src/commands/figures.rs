//! Prints what became of texts, by day, week or month: `textback figures`.

use agent::Page;
use clap::{Args, ValueEnum};
use conversations::{Figures, Per, Store};
use host::Error;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use settings::Settings;

/// The options of `figures`.
#[derive(Args)]
pub(crate) struct Asked {
    /// By which periods; a week begins on Monday
    #[arg(long, default_value = "day")]
    by: Periods,
    /// The first day, as 2026-11-30, at most two years ago
    #[arg(long)]
    from: Option<Date>,
    /// Of this agent alone
    #[arg(long)]
    agent: Option<String>,
    /// Of this provider alone
    #[arg(long)]
    provider: Option<String>,
    /// Of this country alone, by its calling code, as 44
    #[arg(long)]
    country: Option<String>,
    /// Print JSON: `version`, `by`, `periods`, `agents`, `providers`, `countries`
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV, with times in milliseconds
    #[arg(long)]
    csv: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Periods {
    Day,
    Week,
    Month,
}

/// Prints them.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<(), Error> {
    let page = Page::from_settings(&settings)?;
    let (is_json, is_csv) = (asked.json, asked.csv);
    let Some(store) = Store::open_existing(&settings)? else {
        return Err("there is no store yet, so nothing was counted".into());
    };
    let figures = store.figures(&asked.into(), Timestamp::now(), &page.time_zone).await?;
    match (is_json, is_csv) {
        (true, _) => println!("{:#}", json!(figures)),
        (_, true) => print!("{}", lines(&figures, |cells| spreadsheet::row(cells))),
        _ => print!("{}", lines(&figures, aligned)),
    }
    Ok(())
}

impl From<Asked> for conversations::Asked {
    fn from(asked: Asked) -> Self {
        let Asked { by, from, agent, provider, country, .. } = asked;
        let by = match by {
            Periods::Day => Per::Day,
            Periods::Week => Per::Week,
            Periods::Month => Per::Month,
        };
        Self { by, from, filter: conversations::Filter { agent, provider, country } }
    }
}

/// The table, its first line its names.
fn lines(figures: &Figures, line: impl Fn(&[String]) -> String) -> String {
    let mut all = String::new();
    for cells in figures.table() {
        all.push_str(&line(&cells));
    }
    all
}

fn aligned(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>11}")).collect();
    cells.join("  ") + "\n"
}
