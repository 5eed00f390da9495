//! The words of a text, however it is typed.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfkd};

use crate::replaced;

/// The end of a sentence. Full-width characters are half-width by then.
const ENDS: &[char] = &['.', '!', '?', ';', '\n', '。', '؟', '؛', '।'];

/// The end of a part of a sentence.
const PAUSES: &[char] = &[',', ':', '(', ')', '—', '–', '،', '、'];

/// The quotation marks that open, and those that close them.
const QUOTES: [(char, char); 7] =
    [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('「', '」'), ('‹', '›'), ('‘', '’')];

/// The most words of a name below a text.
const LONGEST_NAME: usize = 3;

/// The sentences of a text, without quotations and the signature below.
pub(super) struct Heard(pub(super) Vec<Sentence>);

/// One sentence: the whole of it, then the parts between its commas, if it has any.
pub(super) type Sentence = Vec<Wording>;

/// A sentence or a part of one.
pub(super) struct Wording {
    /// As returned by [`plain`].
    pub(super) words: String,
    /// Whether it is typed in capitals, or above an empty line.
    pub(super) stands_out: bool,
}

impl Heard {
    /// The text, then the text without the name below it or after a dash, if there is one. For each
    /// line but the first, `is_end` decides whether it and everything below are left out.
    pub(super) fn readings(text: &str, is_end: impl Fn(&str) -> bool) -> Vec<Self> {
        // Some gateways write line breaks like this.
        let text = replaced(text, "\\n", "\n");
        let text = decomposed(&text);
        let text = unquoted(&text);
        let mut lines = text.lines().enumerate();
        let end = lines.find(|(above, line)| *above > 0 && (is_rule(line) || is_end(&plain(line))));
        let said = match end {
            None => replaced(&text, "\r\n", "\n"),
            Some((above, _)) => text.lines().take(above).collect::<Vec<_>>().join("\n").into(),
        };
        let unnamed = without_name(said.trim_end());
        [Some(&*said), unnamed].into_iter().flatten().map(Self::of).collect()
    }

    fn of(text: &str) -> Self {
        let sentences = text.split(ENDS).map(|sentence| {
            let parts = sentence.split(PAUSES).filter(|_| sentence.contains(PAUSES));
            let said = [sentence].into_iter().chain(parts).map(Wording::of);
            said.filter(|said| !said.words.is_empty()).collect()
        });
        let mut all: Vec<Sentence> = sentences.filter(|said: &Sentence| !said.is_empty()).collect();
        if let Some((above, _)) = text.trim_start().split_once("\n\n")
            && let Some(first) = all.first_mut()
        {
            first[0].stands_out |= first[0].words == plain(above);
        }
        Self(all)
    }

    /// All words, with one space between two.
    pub(super) fn words(&self) -> Cow<'_, str> {
        let mut sentences = self.0.iter().map(|said| said[0].words.as_str());
        match self.0.len() {
            0 | 1 => sentences.next().unwrap_or_default().into(),
            _ => sentences.collect::<Vec<_>>().join(" ").into(),
        }
    }
}

impl Wording {
    fn of(text: &str) -> Self {
        let is_loud = text.contains(char::is_uppercase) && !text.contains(char::is_lowercase);
        Self { words: plain(text), stands_out: is_loud }
    }
}

/// The words without accents, punctuation and invisible characters, in lower case and separated by
/// single spaces. A letter typed three or more times is kept once.
pub(crate) fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut run = (' ', 0);
    for character in decomposed(text).chars().flat_map(char::to_lowercase) {
        if is_silent(character) {
            continue;
        }
        let character = if character.is_alphanumeric() { character } else { ' ' };
        run = if run.0 == character { (character, run.1 + 1) } else { (character, 1) };
        match (character, run.1) {
            (' ', 1) if !words.is_empty() => words.push(' '),
            (' ', _) => {}
            (_, 3) if !character.is_numeric() => {
                words.pop();
            }
            (_, 4..) if !character.is_numeric() => {}
            _ => words.push(character),
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// Accents of Latin, Greek and Cyrillic, vowels of Arabic and its elongated lines, apostrophes, and
/// invisible characters. Indian vowel signs are not among them: they distinguish words.
fn is_silent(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\'' | '’' | 'ʼ' | '`' | '´' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// Whether a line is the one above a signature.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() > 1 && line.chars().all(|character| matches!(character, '-' | '_' | '—' | '*'))
}

/// Decomposes characters.
fn decomposed(text: &str) -> Cow<'_, str> {
    if is_nfkd(text) { text.into() } else { text.nfkd().collect() }
}

/// A text without quotations: lines after `>`, and words between quotation marks. A text that is quoted
/// as a whole counts as said.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    match without_quoted_lines(text) {
        Cow::Borrowed(text) => without_quotations(text),
        Cow::Owned(text) => without_quotations(&text).into_owned().into(),
    }
}

fn without_quoted_lines(text: &str) -> Cow<'_, str> {
    let is_quote = |line: &&str| line.trim_start().starts_with('>');
    if text.lines().all(|line| !is_quote(&line)) {
        return replaced(text, "\r\n", "\n");
    }
    let lines: Vec<_> = text.lines().filter(|line| !is_quote(line)).collect();
    match lines.iter().all(|line| line.trim().is_empty()) {
        true => text.into(),
        false => lines.join("\n").into(),
    }
}

fn without_quotations(text: &str) -> Cow<'_, str> {
    let mut rest = text.trim();
    let mut said = String::new();
    while let Some((open, quote, close)) = QUOTES.iter().filter_map(|q| quotation(rest, *q)).min() {
        if said.is_empty() && open == 0 && rest[close..].trim().is_empty() {
            return rest[quote..].into();
        }
        said.push_str(&rest[..open]);
        said.push(' ');
        rest = &rest[close..];
    }
    if said.is_empty() { rest.into() } else { (said + rest).into() }
}

/// Where the first quotation in these marks begins, where its words begin, and where it ends.
fn quotation(text: &str, (opening, closing): (char, char)) -> Option<(usize, usize, usize)> {
    let open = text.find(opening)?;
    let quote = open + opening.len_utf8();
    let length = text[quote..].find(closing)?;
    Some((open, quote, quote + length + closing.len_utf8()))
}

/// A text without the name at its end: one to three capitalised words, on a line of their own or after
/// a dash.
fn without_name(text: &str) -> Option<&str> {
    let (said, name) = text.rsplit_once(['\n', '-', '–', '—', '~'])?;
    let is_apart = !said.ends_with(char::is_alphanumeric) || text[said.len()..].starts_with('\n');
    let words: Vec<_> = name.split_whitespace().collect();
    let is_name = |word: &&str| word.starts_with(char::is_uppercase);
    let is_named = (1..=LONGEST_NAME).contains(&words.len()) && words.iter().all(is_name);
    (is_apart && is_named).then_some(said)
}
