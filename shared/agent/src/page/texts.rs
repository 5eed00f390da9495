//! The fixed texts as an owner writes them, in one language or in several.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use policy::{Language, fit, language};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use super::{PageError, ROOM, Texts, words};

/// The texts as written: those of the page's own language, and below a language those in it.
#[derive(Default)]
pub(super) struct WrittenTexts {
    own: Words,
    others: Vec<(Spanned<String>, Words)>,
}

/// The texts in one language as written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    first: Option<Spanned<String>>,
    stop: Option<Spanned<String>>,
    start: Option<Spanned<String>>,
    help: Option<Spanned<String>>,
    sorry: Option<Spanned<String>>,
    unanswered: Option<Spanned<String>>,
    later: Option<Spanned<String>>,
}

/// The texts of a page in each language.
pub(super) struct AllTexts {
    /// The page's own language.
    pub(super) language: Language,
    pub(super) own: Texts,
    pub(super) others: BTreeMap<Language, Texts>,
}

/// What every text has to suit.
struct Rule<'a> {
    name: String,
    segments: usize,
    /// Where the language is written, if the program has no words in it.
    needs_all: Option<(u64, &'a str)>,
}

impl WrittenTexts {
    /// The texts of a business of this name. If the agent answers in one language, and where that is
    /// written, they are in it as well.
    pub(super) fn check(
        self,
        name: &str,
        segments: usize,
        only: Option<(Language, u64)>,
    ) -> Result<AllTexts, PageError> {
        let name = plain(name);
        let rule = |needs_all| Rule { name: name.clone(), segments, needs_all };
        let own = only.map(|(language, _)| language).or_else(|| self.own.language());
        let own = own.unwrap_or(Language::ENGLISH);
        let built_in = words::of(own, &name);
        let needs_all = only.filter(|_| built_in.is_none()).map(|(_, line)| (line, own.name()));
        let english = || words::of(Language::ENGLISH, &name).expect("there are words in English");
        // A page that always had texts in such a language, and not all of them, stays as it was.
        let built_in = Texts { first: None, ..built_in.unwrap_or_else(english) };
        let texts = self.own.check(built_in, &rule(needs_all))?;

        let mut written = BTreeMap::new();
        for (code, words) in self.others {
            let line = line(&code);
            let Some(language) = Language::of_code(&code.value) else {
                return Err(PageError::at(line, unknown(&code.value)));
            };
            if let Some((only, _)) = only.filter(|(only, _)| *only != language) {
                let problem = format!(
                    "the agent answers in {} only: take these texts out, or write language: auto",
                    only.name()
                );
                return Err(PageError::at(line, problem));
            }
            if language == own {
                let problem = format!(
                    "{} is the page's own language: write these directly below texts",
                    own.name()
                );
                return Err(PageError::at(line, problem));
            }
            if written.insert(language, (line, words)).is_some() {
                let problem = format!("write the texts in {} once", language.name());
                return Err(PageError::at(line, problem));
            }
        }
        let spoken = words::languages().filter(|language| *language != own && only.is_none());
        let spoken: BTreeSet<_> = spoken.chain(written.keys().copied()).collect();
        let mut others = BTreeMap::new();
        for language in spoken {
            let (line, words) = written.remove(&language).unwrap_or_default();
            let built_in = words::of(language, &name);
            let needs_all = built_in.is_none().then(|| (line, language.name()));
            let mut built_in = built_in.unwrap_or_else(english);
            // In one language as in the others: where it is wanted, it is.
            built_in.first = built_in.first.filter(|_| texts.first.is_some());
            others.insert(language, words.check(built_in, &rule(needs_all))?);
        }
        Ok(AllTexts { language: own, own: texts, others })
    }
}

impl Words {
    /// The language that they are in.
    fn language(&self) -> Option<Language> {
        let Self { first, stop, start, help, sorry, unanswered, later } = self;
        let all = [first, stop, start, help, sorry, unanswered, later];
        let all: Vec<_> = all.into_iter().flatten().map(|text| text.value.as_str()).collect();
        language(&all.join("\n"))
    }

    fn check(self, built_in: Texts, rule: &Rule<'_>) -> Result<Texts, PageError> {
        let first = self.first.map(|first| rule.ahead(&first)).transpose()?;
        Ok(Texts {
            first: first.or(built_in.first),
            stop: rule.text("stop", self.stop, built_in.stop, &["START"])?,
            start: rule.text("start", self.start, built_in.start, &["STOP"])?,
            // In any language: `register` says what carriers require.
            help: rule.text("help", self.help, built_in.help, &[])?,
            sorry: rule.text("sorry", self.sorry, built_in.sorry, &[])?,
            unanswered: rule.text("unanswered", self.unanswered, built_in.unanswered, &[])?,
            later: rule.text("later", self.later, built_in.later, &[])?,
        })
    }
}

impl Rule<'_> {
    /// A text of the owner's, or the built-in one.
    fn text(
        &self,
        key: &str,
        written: Option<Spanned<String>>,
        built_in: String,
        needs: &[&str],
    ) -> Result<String, PageError> {
        match (written, self.needs_all) {
            (Some(written), _) => self.own(&written, needs),
            (None, Some((line, language))) => {
                let problem = format!(
                    "the program has no words of its own in {language}: write {key} in it as well"
                );
                Err(PageError::at(line, problem))
            }
            (None, None) => Ok(built_in),
        }
    }

    /// A text of the owner's, which has to name the business and what it requires.
    fn own(&self, written: &Spanned<String>, needs: &[&str]) -> Result<String, PageError> {
        let Self { segments, name, .. } = self;
        let text = plain(&written.value);
        let takes = sms::segments(&text).count;
        if takes > *segments {
            let problem = format!(
                "this text takes {takes} segments, and segments is {segments}: make it shorter, or \
                 set segments to {takes}"
            );
            return Err(PageError::at(line(written), problem));
        }
        match needs.iter().chain([&name.as_str()]).find(|word| !text.contains(**word)) {
            Some(word) => Err(PageError::at(line(written), format!("say {word} in this text"))),
            None => Ok(text),
        }
    }

    /// A text that has to leave room for an answer after it.
    fn ahead(&self, written: &Spanned<String>) -> Result<String, PageError> {
        let text = self.own(written, &["STOP"])?;
        let takes = sms::segments(&format!("{text}\n{}", "x".repeat(ROOM))).count;
        if takes > self.segments {
            let problem = format!(
                "this text leaves no room for an answer, as segments is {}: make it shorter, or set \
                 segments to {takes}",
                self.segments
            );
            return Err(PageError::at(line(written), problem));
        }
        Ok(text)
    }
}

/// The line on which a value is written.
pub(super) fn line<T>(value: &Spanned<T>) -> u64 {
    value.referenced.line()
}

fn plain(text: &str) -> String {
    fit(text, usize::MAX).text
}

fn unknown(key: &str) -> String {
    format!(
        "there is no text {key}: write first, stop, start, help, sorry, unanswered or later, or a \
         language such as de with these below it"
    )
}

impl<'de> Deserialize<'de> for WrittenTexts {
    fn deserialize<D: Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
        written.deserialize_map(Reader)
    }
}

/// Reads texts and languages beside each other.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = WrittenTexts;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("texts by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WrittenTexts, A::Error> {
        let WrittenTexts { mut own, mut others } = WrittenTexts::default();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let place = match key.value.as_str() {
                "first" => &mut own.first,
                "stop" => &mut own.stop,
                "start" => &mut own.start,
                "help" => &mut own.help,
                "sorry" => &mut own.sorry,
                "unanswered" => &mut own.unanswered,
                "later" => &mut own.later,
                code if Language::of_code(code).is_some() => {
                    others.push((key, map.next_value()?));
                    continue;
                }
                other => return Err(serde::de::Error::custom(unknown(other))),
            };
            *place = Some(map.next_value()?);
        }
        Ok(WrittenTexts { own, others })
    }
}
