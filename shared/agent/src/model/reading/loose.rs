//! Values as models write them: JSON, or nearly.

use serde_json::{Map, Value};

/// The maximum nesting of values.
const DEPTH: usize = 24;

/// The value at the start of a text, as JSON or nearly so, and its length.
///
/// Nearly: single quotes, trailing commas, bare keys, `=` for `:`, and Python's words for true, false
/// and null.
pub(super) fn value(text: &str) -> Option<(Value, usize)> {
    let mut strict = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    if let Some(Ok(value)) = strict.next() {
        return Some((value, strict.byte_offset()));
    }
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    Some((value, reader.at))
}

/// The arguments at the start of a text after `name(`, and their length including `)`: `field="task",
/// value="fix tap"`, or one object.
pub(super) fn arguments(text: &str) -> Option<(Value, usize)> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_spaces();
    if reader.rest().starts_with('{') {
        let (value, length) = value(reader.rest())?;
        reader.at += length;
        reader.take(',');
        return reader.take(')').then_some((value, reader.at));
    }
    let map = reader.members(')', 0)?;
    Some((Value::Object(map), reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Whether this comes next, after spaces.
    fn take(&mut self, character: char) -> bool {
        self.skip_spaces();
        let is_next = self.rest().starts_with(character);
        self.at += if is_next { character.len_utf8() } else { 0 };
        is_next
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_spaces();
        match self.rest().chars().next()? {
            _ if depth > DEPTH => None,
            '{' => {
                self.at += 1;
                self.members('}', depth + 1).map(Value::Object)
            }
            '[' => {
                self.at += 1;
                let mut list = Vec::new();
                while !self.take(']') {
                    list.push(self.value(depth + 1)?);
                    if !self.take(',') && !self.rest().starts_with(']') {
                        return None;
                    }
                }
                Some(Value::Array(list))
            }
            '"' | '\'' => self.string().map(Value::String),
            _ => {
                let word = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
                match word {
                    "true" | "True" => Some(true.into()),
                    "false" | "False" => Some(false.into()),
                    "null" | "None" => Some(Value::Null),
                    number => number.parse().ok().map(Value::Number),
                }
            }
        }
    }

    /// Names with values, up to the end.
    fn members(&mut self, end: char, depth: usize) -> Option<Map<String, Value>> {
        let mut map = Map::new();
        while !self.take(end) {
            let name = match self.rest().chars().next()? {
                '"' | '\'' => self.string()?,
                _ => self.word(|c| c.is_ascii_alphanumeric() || c == '_').to_owned(),
            };
            if name.is_empty() || !self.take(':') && !self.take('=') {
                return None;
            }
            map.insert(name, self.value(depth)?);
            if !self.take(',') && !self.rest().starts_with(end) {
                return None;
            }
        }
        Some(map)
    }

    fn word(&mut self, is_of_it: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !is_of_it(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn string(&mut self) -> Option<String> {
        let mut characters = self.rest().char_indices();
        let (_, quote) = characters.next()?;
        let mut string = String::new();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => match characters.next()?.1 {
                    'n' => string.push('\n'),
                    't' => string.push('\t'),
                    'r' => {}
                    'u' => {
                        let code: String = characters.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&code, 16).ok()?;
                        string.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    other => string.push(other),
                },
                character if character == quote => {
                    self.at += at + 1;
                    return Some(string);
                }
                character => string.push(character),
            }
        }
        None
    }
}
