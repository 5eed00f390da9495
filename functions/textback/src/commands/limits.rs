//! Prints what a stranger's text can cause at most, and how much of it is used: `textback limits`.

use agent::Page;
use clap::Args;
use conversations::Store;
use conversations::budget::{Payer, Period, Sums, sum_of};
use host::Error;
use hours::QuietHours;
use jiff::Timestamp;
use money::{Amount, Cap};
use providers::Role;
use serde::Serialize;
use serde_json::json;
use settings::Settings;
use turn::Bounds;

/// What happens at a cap on money.
const WAITS: &str = "texts wait for up to 24 hours, and the person is told once a day";

/// The options of `limits`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Print JSON: `version`, `currency` and `limits`, each with `setting`, `what`, `limit`, `used` and
    /// `at_it`
    #[arg(long)]
    json: bool,
}

/// One limit. The names are part of the output of `--json`, and never change.
#[derive(Serialize)]
struct Limit {
    setting: &'static str,
    what: &'static str,
    /// `None`: there is none.
    limit: Option<String>,
    /// `None`: it is counted for each person.
    used: Option<String>,
    at_it: &'static str,
}

/// Prints all limits.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<(), Error> {
    let public_url = host::public_url(&settings)?;
    let providers = providers::configured(&settings, &public_url, Role::Describing)?;
    let bounds = Bounds::from_settings(&settings, &providers)?;
    let page = Page::from_settings(&settings)?;
    let period = Period::of(Timestamp::now(), &page.time_zone);
    let (mut people, mut owner) = (Sums::default(), Sums::default());
    if let Some(store) = Store::open_existing(&settings)? {
        people = sum_of(&store.shards(bounds.money.people()).await?, period);
        owner = sum_of(&store.shards(Payer::Owner).await?, period);
    }
    let mut limits = caps(&bounds, people, owner);
    limits.extend(replies(&bounds));
    limits.push(hours(&bounds, &page));
    let currency = bounds.money.caps.currency.to_string();
    if asked.json {
        println!("{:#}", json!({ "version": 1, "currency": currency, "limits": limits }));
        return Ok(());
    }
    println!("{:<24} {:<44} {:>12} {:>12}  at it", "setting", "what", "limit", "used");
    for Limit { setting, what, limit, used, at_it } in limits {
        let limit = limit.unwrap_or_else(|| "none".into());
        let used = used.unwrap_or_else(|| "-".into());
        println!("{setting:<24} {what:<44} {limit:>12} {used:>12}  {at_it}");
    }
    println!("Amounts are in {currency}, and what is used contains what turns under way may cost.");
    Ok(())
}

fn caps(bounds: &Bounds, people: Sums, owner: Sums) -> Vec<Limit> {
    let caps = &bounds.money.caps;
    let used = |sum: Amount, held: Amount| Some(sum.saturating_add(held).to_string());
    let cap = |which: Cap, what, cap: Option<Amount>, used| Limit {
        setting: which.setting(),
        what,
        limit: cap.map(|cap| cap.to_string()),
        used,
        at_it: WAITS,
    };
    let Sums { held, day, month, total } = people;
    vec![
        cap(Cap::Turn, "money for a turn", caps.turn, None),
        cap(Cap::PersonDay, "money for a person in a day", caps.person_day, None),
        cap(Cap::Day, "money for everybody in a day", caps.day, used(day, held)),
        cap(Cap::Month, "money for everybody in a month", caps.month, used(month, held)),
        cap(Cap::Total, "money for everybody, ever", caps.total, used(total, held)),
        cap(
            Cap::OwnerDay,
            "money for your own tries in a day",
            caps.owner_day,
            used(owner.day, owner.held),
        ),
    ]
}

fn replies(bounds: &Bounds) -> Vec<Limit> {
    let limits = &bounds.limits;
    let limit = |setting, what, limit: Option<u32>, at_it| Limit {
        setting,
        what,
        limit: limit.map(|limit| limit.to_string()),
        used: None,
        at_it,
    };
    let waits = "the texts wait until the minute or hour is over";
    vec![
        limit("REPLIES_PER_MINUTE", "replies to a person in a minute", limits.per_minute, waits),
        limit("REPLIES_PER_HOUR", "replies to a person in an hour", limits.per_hour, waits),
        limit(
            "REPLIES_PER_DAY",
            "replies to a person in a day",
            limits.per_day,
            "the texts are set aside, and a notice says so",
        ),
        limit(
            "NEW_PEOPLE_PER_MINUTE",
            "new people who are answered in a minute",
            limits.new_people_per_minute,
            "the others are answered in later minutes",
        ),
        Limit {
            setting: "COUNTRIES",
            what: "countries that replies go to",
            limit: Some(bounds.countries.to_string()),
            used: None,
            at_it: "texts from elsewhere are set aside",
        },
    ]
}

fn hours(bounds: &Bounds, page: &Page) -> Limit {
    let hours = page.quiet_hours.unwrap_or(bounds.quiet_hours);
    Limit {
        setting: "QUIET_HOURS",
        what: "hours in which only prompt answers go out",
        limit: (hours != QuietHours::OFF).then(|| hours.to_string()),
        used: None,
        at_it: "late answers wait until it is morning where the person is",
    }
}
