//! How many opt-outs are recognised, how many other texts are mistaken for one, and how long that
//! takes: `cargo bench -p policy --bench opt_outs`.

#![expect(clippy::print_stdout, reason = "the table is what this is for")]

use std::time::Instant;

use policy::{Keyword, keyword};

fn main() {
    println!("| texts | opt-outs recognised | other texts taken for one | median | longest |");
    println!("|---|---|---|---|---|");
    for (name, list) in opt_outs::LISTS {
        let (mut stops, mut heard, mut others, mut taken) = (0, 0, 0, 0);
        let mut times = Vec::new();
        for row in opt_outs::rows(list) {
            let clock = Instant::now();
            let is_stop = keyword(&row.text) == Some(Keyword::Stop);
            times.push(clock.elapsed());
            match row.verdict {
                "stop" => (stops, heard) = (stops + 1, heard + u32::from(is_stop)),
                "help" | "agent" => (others, taken) = (others + 1, taken + u32::from(is_stop)),
                _ => {}
            }
        }
        times.sort();
        let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
        println!(
            "| {name} | {heard} of {stops} | {taken} of {others} | {median:.0?} | {longest:.0?} |"
        );
    }
}
