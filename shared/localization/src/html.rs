//! Words that are ready to be put into a page.

use std::fmt;

use askama::filters::HtmlSafe;
use serde::Deserialize;
use toml::Value;

/// Our own text, escaped, with its placeholders filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Html(String);

impl Html {
    /// HTML in which everything that is not ours is escaped.
    pub fn safe(html: String) -> Self {
        Self(html)
    }

    /// The text that a reader sees.
    pub fn text(&self) -> String {
        text(&self.0)
    }
}

/// The text that a reader of our HTML sees, without tags and without the page's head.
pub fn text(html: &str) -> String {
    let mut rest = html.split_once("</head>").map_or(html, |(_, body)| body);
    let mut text = String::with_capacity(rest.len());
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    // The ampersand last, so that nothing is unescaped twice.
    ESCAPED.iter().rev().fold(text, |text, (plain, escaped)| text.replace(escaped, plain))
}

impl fmt::Display for Html {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// In the order in which they are escaped.
const ESCAPED: [(&str, &str); 5] =
    [("&", "&#38;"), ("<", "&#60;"), (">", "&#62;"), ("\"", "&#34;"), ("'", "&#39;")];

/// Text as HTML.
pub fn escape(text: &str) -> String {
    ESCAPED.iter().fold(text.to_owned(), |text, (plain, escaped)| text.replace(plain, escaped))
}

/// The values of placeholders, by name, as HTML.
pub type Values = [(&'static str, String)];

/// Escapes words and fills in the placeholders in braces. Fails with the name of an unknown one.
pub fn fill(words: &str, values: &Values) -> Result<String, String> {
    let mut filled = String::with_capacity(words.len() * 2);
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| after.to_owned())?;
        let known = values.iter().find(|(known, _)| *known == name);
        let (_, value) = known.ok_or_else(|| name.to_owned())?;
        filled.push_str(&escape(before));
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(&escape(rest));
    Ok(filled)
}

/// [`fill`] in all texts of a table. Fails with what is wrong, and where.
pub fn fill_in(value: &mut Value, values: &Values) -> Result<(), String> {
    match value {
        Value::String(words) => {
            *words = fill(words, values).map_err(|name| format!("{{{name}}} is not known"))?;
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill_in(item, values))?,
        Value::Table(table) => {
            for (key, value) in table {
                fill_in(value, values).map_err(|problem| format!("{key}: {problem}"))?;
            }
        }
        _ => return Err("is not a text".into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written() {
        let values = [("brand", format!("<bdi>{}</bdi>", escape("Tom & \"Sons\" <Ltd>")))];
        let html = Html(fill("{brand} isn't far", &values).unwrap());
        assert_eq!(
            html.to_string(),
            "<bdi>Tom &#38; &#34;Sons&#34; &#60;Ltd&#62;</bdi> isn&#39;t far"
        );
        assert_eq!(html.text(), "Tom & \"Sons\" <Ltd> isn't far");
    }

    #[test]
    fn knows_what_it_cannot_fill_in() {
        assert_eq!(fill("Text {nubmer}", &[]), Err("nubmer".into()));
        assert_eq!(fill("Text {number", &[]), Err("number".into()));
    }
}
