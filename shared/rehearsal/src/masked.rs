//! Telephone numbers that nobody has, in place of real ones.

use agent::phones_in;
use serde_json::Value;
use sms::Number;

/// How many of the last digits are equal in the national and the international form.
const NATIONAL: usize = 7;

/// From so many digits on it is a whole number, whatever is in front of it.
const WHOLE: usize = 9;

/// From so many digits on a number is one of a telephone, and no count.
const INTERNATIONAL: usize = 10;

/// What may stand between the digits of a number, and at most so much of it in a row.
const MOST_BETWEEN: usize = 3;

/// Characters that no text has: they are for private use.
const MARKS: u32 = 0xf_0000;

/// The numbers of a conversation, each with the one that replaces it.
pub(crate) struct Masks {
    /// In digits. The first is the person's.
    known: Vec<String>,
}

impl Masks {
    pub(crate) fn of(person: &Number) -> Self {
        Self { known: vec![person.as_str().trim_start_matches('+').to_owned()] }
    }

    /// The number that stands for the person's.
    pub(crate) fn person(&self) -> Number {
        Number::parse(&invented(0)).expect("an invented number is one")
    }

    /// Replaces all numbers in the words of a value.
    pub(crate) fn replace(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.replaced(text),
            Value::Array(values) => values.iter_mut().for_each(|it| self.replace(it)),
            Value::Object(fields) => {
                for (name, it) in fields {
                    // Not words, and full of digits.
                    if !matches!(name.as_str(), "at" | "kind" | "id" | "call") {
                        self.replace(it);
                    }
                }
            }
            Value::Number(number) => {
                let digits = number.to_string();
                if digits.len() >= INTERNATIONAL && digits.bytes().all(|it| it.is_ascii_digit()) {
                    let instead = invented(self.which(&digits));
                    *value = instead[1..].parse::<u64>().map_or(Value::Null, Value::from);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn replaced(&mut self, text: &str) -> String {
        let mut found = phones_in(text);
        // Its last digits alone are the person's as well.
        let own = &self.known[0];
        for length in [own.len(), own.len().saturating_sub(1), 10, 9, 8, NATIONAL] {
            found.push(own[own.len().saturating_sub(length)..].to_owned());
        }
        found.sort_by_key(|digits| std::cmp::Reverse(digits.len()));
        let mut text = text.to_owned();
        for digits in found {
            while let Some((start, end)) = place(&text, &digits) {
                text.replace_range(start..end, &mark(self.which(&digits)).to_string());
            }
        }
        for which in 0..self.known.len() {
            text = text.replace(mark(which), &invented(which));
        }
        text
    }

    /// The place of a number among those that are known, now or from now on.
    fn which(&mut self, digits: &str) -> usize {
        let tail = |digits: &str| digits[digits.len().saturating_sub(NATIONAL)..].to_owned();
        let known = self.known.iter().position(|known| tail(known) == tail(digits));
        known.unwrap_or_else(|| {
            self.known.push(digits.to_owned());
            self.known.len() - 1
        })
    }
}

/// A number that is assigned to nobody (North American Numbering Plan: 555-0100 to 555-0199).
fn invented(which: usize) -> String {
    format!("+12025550{:03}", 100 + which % 100)
}

/// Stands in a text for an invented number until all real ones are found.
fn mark(which: usize) -> char {
    let which = u32::try_from(which % 0x1000).unwrap_or_default();
    char::from_u32(MARKS + which).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Where these digits are in a text, with what belongs to them in front, and not within others.
fn place(text: &str, digits: &str) -> Option<(usize, usize)> {
    if digits.len() < NATIONAL {
        return None;
    }
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let is_digit = |at: usize| characters.get(at).is_some_and(|(_, c)| value(*c).is_some());
    (0..characters.len()).find_map(|first| {
        let (mut at, mut wanted, mut between) = (first, digits.chars().peekable(), 0);
        while let Some(next) = wanted.peek() {
            let (_, character) = *characters.get(at)?;
            match value(character) {
                Some(digit) if digit == *next => {
                    wanted.next();
                    between = 0;
                }
                None if at > first && between < MOST_BETWEEN && is_between(character) => {
                    between += 1;
                }
                _ => return None,
            }
            at += 1;
        }
        let (mut first, end) = (first, at);
        // A whole number may have digits in front of it that nobody dials.
        let is_whole = digits.len() >= WHOLE && end - first == digits.len();
        while is_whole && first > 0 && is_digit(first - 1) {
            first -= 1;
        }
        let is_apart = (first == 0 || !is_digit(first - 1)) && !is_digit(end);
        let within = &characters[first..end];
        let opens = within.iter().any(|(_, c)| *c == ')') && !within.iter().any(|(_, c)| *c == '(');
        let is_part = |(_, c): &&(usize, char)| *c == '+' || *c == '(' && opens;
        let ahead = characters[..first].iter().rev().take_while(is_part).count();
        let start = characters[first - ahead].0;
        let end = characters.get(end).map_or(text.len(), |(place, _)| *place);
        is_apart.then_some((start, end))
    })
}

/// Whether a character may stand between the digits of one number.
fn is_between(character: char) -> bool {
    let ends = [',', ';', ':', '!', '?', '\n', '،', '、'];
    let is_mark = u32::from(character) >= MARKS;
    !character.is_alphabetic() && !is_mark && !ends.contains(&character)
}

/// A digit of any script as an ASCII one.
fn value(character: char) -> Option<char> {
    const ZEROS: [char; 6] = ['0', '٠', '۰', '०', '০', '０'];
    let of = |zero: char| u32::from(character).checked_sub(zero.into()).filter(|it| *it < 10);
    ZEROS.into_iter().find_map(of).and_then(|value| char::from_digit(value, 10))
}
