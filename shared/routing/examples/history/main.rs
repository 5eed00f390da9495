//! Fills a store with a past that never was, for benchmarks, and for looking at the console of a
//! business that is busy:
//! `cargo run --release -p routing --example history -- FOLDER TEXTS [DAYS]`.
//!
//! The folder is what `DATA_DIR` is then set to. The texts came over so many days (90), of which the
//! last is today; what would have been forgotten since has been.

#![expect(clippy::print_stdout, reason = "what it was asked for")]

mod past;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use conversations::Store;
use jiff::Timestamp;

use crate::past::Past;

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
    past::fill(&store, &past, Timestamp::now()).await?;
    println!("{} texts in {:.0} s", past.texts, begun.elapsed().as_secs_f64());
    Ok(())
}
