//! Words of ours that are completed while a page is drawn.

use std::fmt::{self, Display};

use askama::filters::HtmlSafe;
use serde::Deserialize;

use crate::html::{Html, escape};

/// Words of ours, perhaps with placeholders in braces. On a page they stand as they were written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Phrase(String);

impl Phrase {
    /// The words with these values in place of `{name}`, as HTML. A value may be read in another
    /// direction than the words around it. A placeholder without a value stays as it is.
    pub fn with(&self, values: &[(&str, &dyn Display)]) -> Html {
        let isolated = |value: &dyn Display| format!("<bdi>{}</bdi>", escape(&value.to_string()));
        Html::safe(self.completed(values, escape, isolated))
    }

    /// The same as plain text, for attributes and titles.
    pub fn plain(&self, values: &[(&str, &dyn Display)]) -> String {
        self.completed(values, str::to_owned, |value| value.to_string())
    }

    fn completed(
        &self,
        values: &[(&str, &dyn Display)],
        ours: impl Fn(&str) -> String,
        shown: impl Fn(&dyn Display) -> String,
    ) -> String {
        let mut completed = String::with_capacity(self.0.len() * 2);
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            completed.push_str(&ours(before));
            let value = after.split_once('}').and_then(|(name, after)| {
                let (_, value) = values.iter().find(|(known, _)| *known == name)?;
                Some((shown(*value), after))
            });
            rest = match value {
                Some((value, after)) => {
                    completed.push_str(&value);
                    after
                }
                None => {
                    completed.push('{');
                    after
                }
            };
        }
        completed.push_str(&ours(rest));
        completed
    }
}

impl Display for Phrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&escape(&self.0))
    }
}

impl HtmlSafe for Phrase {}

impl Phrase {
    /// The words as plain text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_text_and_our_words_as_well() {
        let phrase = Phrase("Isn't {who} <here>? {what}".into());
        let who: &dyn Display = &"Tom & \"Sons\"";
        assert_eq!(
            phrase.with(&[("who", who)]).to_string(),
            "Isn&#39;t <bdi>Tom &#38; &#34;Sons&#34;</bdi> &#60;here&#62;? {what}"
        );
        assert_eq!(phrase.plain(&[("who", who)]), "Isn't Tom & \"Sons\" <here>? {what}");
    }
}
