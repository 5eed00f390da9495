//! Removes HTML tags, leaving lines, lists and addresses in their place.

use crate::kept::Kept;
use crate::markdown::as_text;

/// Elements within a line.
const INLINE: &str = " abbr b bdi bdo big center cite code data del dfn em font i ins kbd mark q s \
    samp small span strike strong sub sup time tt u var body html tbody thead tfoot ";

/// Elements on lines of their own.
const BLOCKS: &str = " address article aside blockquote dd div dl dt figcaption figure footer h1 h2 h3 \
    h4 h5 h6 header main nav p pre section table ";

/// A text without its tags. Anything else between angle brackets stays.
pub(crate) fn strip(text: &str, links: &Kept) -> String {
    let mut stripped = String::with_capacity(text.len());
    let mut rest = text;
    let mut addresses = Vec::new();
    let mut lists = Vec::new();
    while let Some(at) = rest.find('<') {
        stripped.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((_, behind)) = rest.strip_prefix("<!--").and_then(|it| it.split_once("-->")) {
            rest = behind;
            continue;
        }
        let Some((tag, behind)) = Tag::parse(rest) else {
            stripped.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = behind;
        let line = stripped.rsplit('\n').next().unwrap_or_default();
        match (tag.name.as_str(), tag.closes) {
            // A row of a table is a line.
            ("br", _) if line.starts_with('|') => stripped.push(' '),
            ("br" | "hr" | "tr", _) => stripped.push('\n'),
            ("td" | "th", false) if !line.trim().is_empty() => stripped.push_str(", "),
            ("ul" | "ol", false) => {
                lists.push((tag.name == "ol").then_some(0));
                stripped.push('\n');
            }
            ("ul" | "ol", true) => {
                lists.pop();
                stripped.push('\n');
            }
            ("li", false) => {
                let mark = match lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("\n{number}. ")
                    }
                    _ => "\n- ".into(),
                };
                stripped.push_str(&mark);
            }
            ("a", false) => addresses.push((stripped.len(), tag.attribute("href"))),
            ("a", true) => {
                if let Some((start, address)) = addresses.pop() {
                    let address = as_text(&stripped[start..], address, |text| links.show(text));
                    stripped.push_str(&address);
                }
            }
            ("img", _) => {
                let words = tag.attribute("alt");
                stripped.push_str(words);
                stripped.push_str(&as_text(words, tag.attribute("src"), |text| links.show(text)));
            }
            (name, _) if BLOCKS.contains(&format!(" {name} ")) => stripped.push_str("\n\n"),
            _ => {}
        }
    }
    stripped + rest
}

struct Tag<'a> {
    name: String,
    closes: bool,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The tag that a text begins with, and the rest of the text.
    fn parse(text: &'a str) -> Option<(Self, &'a str)> {
        let inside = text.strip_prefix('<')?;
        let (closes, inside) = match inside.strip_prefix('/') {
            Some(inside) => (true, inside),
            None => (false, inside),
        };
        let ends = |c: char| !c.is_ascii_alphanumeric();
        let (name, behind) = inside.split_at(inside.find(ends)?);
        let name = name.to_ascii_lowercase();
        let listed = format!(" {name} ");
        let known = " a br hr img li ol td th tr ul ".contains(&listed);
        if !known && !INLINE.contains(&listed) && !BLOCKS.contains(&listed) {
            return None;
        }
        let mut quote = None;
        let end = behind.find(|c: char| {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                (None, '>') => return true,
                _ => {}
            }
            false
        })?;
        let attributes = behind[..end].trim_end_matches('/').trim();
        // "a <b and c> d" contains no tag.
        let sound = attributes.is_empty()
            || (behind.starts_with(char::is_whitespace) && attributes.contains('='));
        sound.then(|| (Self { name, closes, attributes }, &behind[end + 1..]))
    }

    /// The value of an attribute, or nothing.
    fn attribute(&self, name: &str) -> &'a str {
        let value = self.attributes.match_indices(name).find_map(|(at, _)| {
            let alone = at == 0 || self.attributes[..at].ends_with(char::is_whitespace);
            let value = self.attributes[at + name.len()..].trim_start().strip_prefix('=')?;
            alone.then(|| value.trim_start())
        });
        let value = value.unwrap_or_default();
        match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or_default(),
            _ => value.split_whitespace().next().unwrap_or_default(),
        }
    }
}
