//! Fills a store with an invented past, for benchmarks, and for viewing the console of a busy business:
//! `cargo run --release -p history -- FOLDER TEXTS [DAYS]`.
//!
//! The folder is then the value for `DATA_DIR`. The texts cover this many days (90), up to today;
//! anything that would have expired since is gone.

#![expect(clippy::print_stdout, reason = "what it was asked for")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use conversations::Store;
use history::Past;
use jiff::Timestamp;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(texts)) = (arguments.next(), arguments.next()) else {
        return Err("which folder, and how many texts?".into());
    };
    let days = arguments.next().unwrap_or_else(|| "90".into());
    let past = Past { texts: texts.parse()?, days: days.parse()?, seed: 1 };
    let store = Store::open_in(Path::new(&folder))?;
    let begun = Instant::now();
    history::fill(&store, &past, Timestamp::now()).await?;
    println!("{} texts in {:.0} s", past.texts, begun.elapsed().as_secs_f64());
    Ok(())
}
