//! Reads when somebody is there.

use hours::{Day, OpeningHours};

use crate::check;
use crate::table::{Problems, Table};

/// The days, from Monday on.
const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// How many of them `weekdays` stands for.
const WEEKDAYS: usize = 5;

/// The opening hours, if the owner writes any.
pub(crate) fn opening(file: &mut Table<'_>, problems: &mut Problems) -> Option<OpeningHours> {
    let mut table = file.table("hours", problems)?;
    let (written, before) = (table.written(), problems.0.len());
    let weekdays = day(&mut table, "weekdays", problems);
    let mut days = DAYS.map(|name| day(&mut table, name, problems));
    days[..WEEKDAYS].iter_mut().for_each(|day| *day = day.take().or_else(|| weekdays.clone()));
    let outside = table.words("outside", problems);
    let outside = outside.and_then(|outside| check::sentence(outside, problems));
    table.finish(problems);
    let opening = OpeningHours::new(days.map(Option::unwrap_or_default), outside);
    if opening.is_none() && problems.0.len() == before {
        problems.add(&written, "name a day and its hours, as in weekdays = \"8-17\"");
    }
    opening
}

/// The hours of a day, if there is one of this name.
fn day(table: &mut Table<'_>, name: &'static str, problems: &mut Problems) -> Option<Day> {
    let written = table.words(name, problems)?;
    let day = match written.value.as_str() {
        "closed" => Ok(Day::default()),
        hours => Day::parse(hours),
    };
    day.map_err(|problem| problems.add(&written, problem.to_string())).ok()
}
