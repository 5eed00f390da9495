//! Finds the numbers in a text, in digits or in words, and which of them are prices.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::text::{folded, is_letter, is_unspaced};

/// The meaning of a word, a sign or a character beside a number.
static MEANINGS: LazyLock<HashMap<String, Meaning>> = LazyLock::new(|| {
    let mut meanings = HashMap::new();
    for row in rows(include_str!("counts.txt")) {
        let (value, words) = row.split_once(' ').expect("a value and its words");
        let meaning = match value.strip_prefix('x') {
            Some(times) => Meaning::Times(times.parse().expect("a number")),
            None => Meaning::Count(value.parse().expect("a number")),
        };
        meanings.extend(words.split(' ').map(|word| (folded(word), meaning)));
    }
    let currencies = rows(include_str!("currencies.txt")).flat_map(|row| row.split(' '));
    meanings.extend(currencies.map(|word| (folded(word), Meaning::Money)));
    meanings.extend(GLUE.iter().map(|word| (folded(word), Meaning::Glue)));
    meanings.extend(RANGES.iter().map(|word| (folded(word), Meaning::Range)));
    meanings
});

/// Words within a number, or between two numbers: "two hundred and fifty".
const GLUE: [&str; 8] = ["and", "y", "e", "et", "und", "и", "و", "और"];

/// The words between the ends of a range.
const RANGES: [&str; 23] = [
    "to", "or", "bis", "oder", "a", "à", "o", "ou", "до", "или", "إلى", "او", "से", "या", "至",
    "到", "或", "-", "–", "—", "~", "/", "−",
];

/// Words before "pounds" that mean money.
const COUNTRIES: [&str; 6] = ["us", "american", "canadian", "australian", "british", "swiss"];

/// Words after "pounds" that mean weight.
const WEIGHTS: [&str; 3] = ["weigh", "heav", "lift"];

/// The longest entry of a script without spaces, in characters.
const LONGEST: usize = 3;

/// No realistic number has more digits.
const DIGITS: usize = 15;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Count(u64),
    Times(u64),
    Money,
    Glue,
    Range,
}

/// A number in a text.
#[derive(Debug)]
pub(super) struct Amount {
    /// Its possible values, in hundredths: `1.250` is 1250 to some and 1.25 to others.
    pub(super) readings: Vec<u64>,
    /// Its place in the folded text.
    pub(super) place: Range<usize>,
    /// Whether it has a currency, and is not zero.
    pub(super) is_price: bool,
}

/// A piece of a text: a number in digits, something with a meaning beside one, or anything else.
struct Piece {
    place: Range<usize>,
    digits: Vec<u64>,
    meaning: Option<Meaning>,
}

/// The numbers of a text returned by [`folded`], in order.
pub(super) fn amounts(text: &str) -> Vec<Amount> {
    let pieces = pieces(text);
    // Each number with its pieces.
    let mut numbers: Vec<(Amount, Range<usize>)> = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let (readings, end) = number(&pieces, at);
        if end > at {
            let place = pieces[at].place.start..pieces[end - 1].place.end;
            numbers.push((Amount { readings, place, is_price: false }, at..end));
        }
        at = end.max(at + 1);
    }
    mark_prices(text, &pieces, &mut numbers);
    numbers.into_iter().map(|(amount, _)| amount).collect()
}

/// Marks numbers with a currency, and the other end of their range.
fn mark_prices(text: &str, pieces: &[Piece], numbers: &mut [(Amount, Range<usize>)]) {
    let beside = Beside { text, pieces, is_weight: WEIGHTS.iter().any(|word| text.contains(word)) };
    for index in 0..numbers.len() {
        let place = numbers[index].1.clone();
        let before = index.checked_sub(1).map(|before| numbers[before].1.end);
        let next = numbers.get(index + 1).map(|(_, next)| next.start);
        if !beside.is_behind(place.end, next) && !beside.is_before(place.start, before) {
            continue;
        }
        numbers[index].0.is_price = true;
        let meaning = |at: usize| pieces.get(at).and_then(|piece| piece.meaning);
        // 40-50 €, between 40 and 50 euros
        if before.is_some_and(|before| {
            before + 1 == place.start
                && matches!(meaning(before), Some(Meaning::Range | Meaning::Glue))
        }) {
            numbers[index - 1].0.is_price = true;
        }
        // $40-50
        if next == Some(place.end + 1) && meaning(place.end) == Some(Meaning::Range) {
            numbers[index + 1].0.is_price = true;
        }
    }
    for (amount, _) in numbers {
        amount.is_price &= amount.readings.iter().all(|reading| *reading > 0);
    }
}

/// The surroundings of the numbers of a text.
struct Beside<'t> {
    text: &'t str,
    pieces: &'t [Piece],
    is_weight: bool,
}

impl Beside<'_> {
    /// Whether a currency follows the number that ends before a piece, and does not belong to the
    /// `next` one: 2 $50 notes.
    fn is_behind(&self, end: usize, next: Option<usize>) -> bool {
        // 50,- €, 50.- CHF, 50 US dollars
        let marks = match (self.word(end), self.word(end + 1)) {
            ("," | ".", "-" | "–" | "—") if self.touches(end - 1) => 2,
            ("-" | "–" | "—", _) if self.touches(end - 1) => 1,
            (country, _) if COUNTRIES.contains(&country) => 1,
            _ => 0,
        };
        let at = end + marks;
        let is_of_next = next == Some(at + 1) && self.touches(at) && !self.touches(at - 1);
        self.is_money(at) && !is_of_next
    }

    /// Whether a currency precedes the number that begins with a piece, and does not belong to one that
    /// ends `before` it.
    fn is_before(&self, start: usize, before: Option<usize>) -> bool {
        let Some(at) = start.checked_sub(1) else { return false };
        // Rs. 50, Preis in Euro: 50
        let at = match self.word(at) {
            ":" => at.saturating_sub(1),
            "." if at > 0 && self.pieces[at - 1].place.len() <= 3 => at - 1,
            _ => at,
        };
        let is_taken = before == Some(at) && (self.touches(at - 1) || !self.touches(at));
        self.is_money(at) && !is_taken
    }

    fn is_money(&self, at: usize) -> bool {
        let is_pounds = self.word(at).starts_with("pound");
        let meaning = self.pieces.get(at).and_then(|piece| piece.meaning);
        meaning == Some(Meaning::Money) && !(is_pounds && self.is_weight)
    }

    fn word(&self, at: usize) -> &str {
        self.pieces.get(at).map_or("", |piece| &self.text[piece.place.clone()])
    }

    /// Whether nothing is between a piece and the next.
    fn touches(&self, at: usize) -> bool {
        let end = |piece: &Piece| piece.place.end;
        let next = self.pieces.get(at + 1).map(|piece| piece.place.start);
        next.is_some() && self.pieces.get(at).map(end) == next
    }
}

/// The number that begins at a piece, and its end.
fn number(pieces: &[Piece], start: usize) -> (Vec<u64>, usize) {
    let mut readings = pieces[start].digits.clone();
    let mut at = start;
    if !readings.is_empty() {
        at += 1;
        while let Some(Piece { meaning: Some(Meaning::Times(times)), .. }) = pieces.get(at) {
            let larger = readings.iter().map(|reading| reading.saturating_mul(*times));
            readings.extend(larger.collect::<Vec<_>>());
            at += 1;
        }
        return (readings, at);
    }
    let mut value = 0_u64;
    let mut next = start;
    loop {
        match pieces.get(next).and_then(|piece| piece.meaning) {
            Some(Meaning::Count(count)) if value == 0 || count < grain(value) => {
                value = value.saturating_add(count);
            }
            Some(Meaning::Times(times)) => {
                let low = value % times;
                value = (value - low).saturating_add(low.max(1).saturating_mul(times));
            }
            // Only between two words of one number.
            Some(Meaning::Glue | Meaning::Range) if next > start && at == next => {
                next += 1;
                continue;
            }
            _ => break,
        }
        next += 1;
        at = next;
    }
    if at == start { (Vec::new(), start) } else { (vec![value.saturating_mul(100)], at) }
}

/// The largest power of ten that divides a number: "forty" may be followed by "five", but not by
/// "fifty".
fn grain(value: u64) -> u64 {
    let mut grain = 1;
    while value.is_multiple_of(grain * 10) && grain < 1_000_000_000 {
        grain *= 10;
    }
    grain
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            c if c.is_ascii_digit() => digits(rest),
            c if is_unspaced(c) => {
                let lengths = rest.char_indices().map(|(start, c)| start + c.len_utf8());
                let known = |length: &usize| MEANINGS.contains_key(&rest[..*length]);
                let lengths: Vec<_> = lengths.take(LONGEST).collect();
                lengths.into_iter().rev().find(known).unwrap_or(c.len_utf8())
            }
            c if is_letter(c) => {
                let is_end = |c: char| !is_letter(c) || c.is_ascii_digit() || is_unspaced(c);
                rest.find(is_end).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let piece = &rest[..length];
        pieces.push(Piece {
            place: at..at + length,
            digits: if first.is_ascii_digit() { readings(piece) } else { Vec::new() },
            meaning: meaning(piece, &rest[length..]),
        });
        at += length;
    }
    pieces
}

fn meaning(piece: &str, behind: &str) -> Option<Meaning> {
    match piece {
        // Also units that count tiles and panes: 三块玻璃.
        "块" | "塊" => (!behind.starts_with(is_unspaced)).then_some(Meaning::Money),
        piece => MEANINGS.get(piece).copied(),
    }
}

/// The length of the number that a text begins with, including thousands and decimal separators.
fn digits(text: &str) -> usize {
    let bytes = text.as_bytes();
    let run = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = run(0);
    loop {
        let Some(between) = text[end..].chars().next() else { return end };
        let from = end + between.len_utf8();
        let next = bytes.get(from..).map_or(0, |_| run(from));
        let joins = match between {
            '.' | ',' | '٫' | '٬' | '\'' | '’' => next > 0,
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' => {
                next == 3
                    && text[..end].len()
                        - text[..end].trim_end_matches(|c: char| c.is_ascii_digit()).len()
                        <= 3
            }
            _ => false,
        };
        if !joins {
            return end;
        }
        end = from + next;
    }
}

/// The possible values of a number in digits, in hundredths.
fn readings(number: &str) -> Vec<u64> {
    let groups: Vec<_> = number.split(|c: char| !c.is_ascii_digit()).collect();
    let marks: Vec<_> = number.chars().filter(|c| !c.is_ascii_digit()).collect();
    let whole = |groups: &[&str]| {
        groups.concat().chars().take(DIGITS).collect::<String>().parse().unwrap_or(0_u64)
    };
    let all = whole(&groups).saturating_mul(100);
    let (Some(last), Some(mark)) = (groups.last(), marks.last()) else { return vec![all] };
    let cents: u64 = format!("{last:0<2}")[..2].parse().unwrap_or(0);
    let decimal = whole(&groups[..groups.len() - 1]).saturating_mul(100).saturating_add(cents);
    let is_repeated = marks.iter().filter(|other| *other == mark).count() > 1;
    match last.len() {
        _ if is_repeated || mark.is_whitespace() => vec![all],
        // 1.250 has different meanings to different people.
        3 if *mark != '٫' => vec![all, decimal],
        _ => vec![decimal],
    }
}

fn rows(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|row| !row.is_empty() && !row.starts_with('#'))
}
