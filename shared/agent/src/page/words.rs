//! The words of the product itself: the fixed texts in each language that people can opt out in.

use std::sync::LazyLock;

use policy::Language;

use super::Texts;

/// One file for each language, with its code. They are read by a test.
const FILES: [(&str, &str); 10] = [
    ("en", include_str!("words/en.yaml")),
    ("es", include_str!("words/es.yaml")),
    ("fr", include_str!("words/fr.yaml")),
    ("de", include_str!("words/de.yaml")),
    ("pt", include_str!("words/pt.yaml")),
    ("it", include_str!("words/it.yaml")),
    ("ru", include_str!("words/ru.yaml")),
    ("ar", include_str!("words/ar.yaml")),
    ("hi", include_str!("words/hi.yaml")),
    ("zh", include_str!("words/zh.yaml")),
];

static WORDS: LazyLock<Vec<(Language, Texts)>> = LazyLock::new(|| {
    let read = |(code, file)| {
        let texts = serde_saphyr::from_str(file).expect("a test reads every file");
        Some((Language::of_code(code)?, texts))
    };
    FILES.into_iter().filter_map(read).collect()
});

/// The languages that there are words in.
pub(super) fn languages() -> impl Iterator<Item = Language> {
    WORDS.iter().map(|(language, _)| *language)
}

/// The words in a language, if there are any, for the business of this name.
pub(super) fn of(language: Language, name: &str) -> Option<Texts> {
    let (_, texts) = WORDS.iter().find(|(known, _)| *known == language)?;
    let Texts { first, stop, start, help, sorry, unanswered, later } = texts;
    let named = |text: &String| text.replace("{name}", name);
    Some(Texts {
        first: first.as_ref().map(named),
        stop: named(stop),
        start: named(start),
        help: named(help),
        sorry: named(sorry),
        unanswered: named(unanswered),
        later: named(later),
    })
}
