//! Prints what operators did: `textback audit`.

use std::collections::BTreeMap;

use clap::Args;
use conversations::{Act, Store};
use host::Error;
use serde_json::json;
use settings::Settings;

/// How many acts are read at a time.
const PAGE: u32 = 200;

/// The options of `audit`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Print comma-separated values (RFC 4180), for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON: `version` and `acts`, with the same names as the columns of --csv
    #[arg(long)]
    json: bool,
}

/// Prints all that is kept, earliest first. There are no words of a conversation in it.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<(), Error> {
    let (mut acts, mut before) = (vec![], None);
    if let Some(store) = Store::open_existing(&settings)? {
        loop {
            let page = store.acts(before, PAGE).await?;
            acts.extend(page.found);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
    }
    acts.reverse();
    let rows = acts.iter().map(Act::columns);
    if asked.json {
        let acts: Vec<_> =
            rows.map(|row| BTreeMap::from_iter(Act::COLUMNS.into_iter().zip(row))).collect();
        println!("{}", json!({ "version": 1, "acts": acts }));
    } else if asked.csv {
        print!("{}", spreadsheet::row(Act::COLUMNS));
        rows.for_each(|row| print!("{}", spreadsheet::row(row)));
    } else if acts.is_empty() {
        println!("No operator has done anything yet.");
    } else {
        rows.for_each(|row| println!("{}", row.join("  ").trim_end()));
    }
    Ok(())
}
