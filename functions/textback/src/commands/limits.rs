//! Prints what a stranger's text can cause at most, and how much of it is used: `textback limits`.

use agent::Page;
use clap::Args;
use conversations::Store;
use conversations::budget::Period;
use host::Error;
use jiff::Timestamp;
use limits::{Day, Limit, Limits, Table};
use providers::Role;
use serde_json::json;
use settings::Settings;

/// The options of `limits`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Print JSON: `version`, `currency`, `limits`, each with `setting`, `what`, `limit`, `used` and
    /// `at_it`, and `days`, each with `day` and `spent`
    #[arg(long)]
    json: bool,
}

/// Prints all limits, and what was spent lately.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<(), Error> {
    let public_url = host::public_url(&settings)?;
    let providers = providers::configured(&settings, &public_url, Role::Describing)?;
    let page = Page::from_settings(&settings)?;
    let limits = Limits::from_settings(&settings, &providers)?.with_hours(page.quiet_hours);
    let store = Store::open_existing(&settings)?;
    let period = Period::of(Timestamp::now(), &page.time_zone);
    let table = limits.table(store.as_ref(), period).await?;
    if asked.json {
        let mut all = json!(table);
        all["version"] = 1.into();
        println!("{all:#}");
        return Ok(());
    }
    let Table { currency, limits, days } = table;
    println!("{:<24} {:<44} {:>12} {:>12}  at it", "setting", "what", "limit", "used");
    for Limit { setting, what, limit, used, at_it } in limits {
        let limit = limit.unwrap_or_else(|| "none".into());
        let used = used.unwrap_or_else(|| "-".into());
        println!("{setting:<24} {what:<44} {limit:>12} {used:>12}  {at_it}");
    }
    println!("Amounts are in {currency}, and what is used contains what turns under way may cost.");
    for Day { day, spent } in days {
        println!("{day}  {spent:>12} {currency} were spent for real people");
    }
    Ok(())
}
