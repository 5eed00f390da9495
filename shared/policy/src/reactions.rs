//! Reactions, as phones put them into words for those who cannot see them.
//!
//! Somebody holds a finger on our text and chooses a thumb; we receive `Liked “Is Monday fine?”`, in
//! the language of their phone. The words are data: a file for each language.

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::print::unaccented;

/// How much of the text that they reacted to is displayed, in characters.
const SHOWN: usize = 60;

/// A reaction to a text, a picture or the like. Displays what the person did: `reacted with 👍 to “Is
/// Monday fine?”`; `Debug` prints none of the words.
#[derive(Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji, or whatever else was chosen.
    pub emoji: String,
    /// Whether the reaction was removed.
    pub removed: bool,
    /// The words that they reacted to, as far as the phone quotes them.
    pub to: String,
}

impl fmt::Display for Reaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { emoji, removed, to } = self;
        let start: String = to.chars().take(SHOWN).collect();
        let more = if start.len() < to.len() { "…" } else { "" };
        match removed {
            false => write!(formatter, "reacted with {emoji} to “{start}{more}”"),
            true => write!(formatter, "took back their {emoji} to “{start}{more}”"),
        }
    }
}

impl fmt::Debug for Reaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Reaction({}, removed: {})", self.emoji, self.removed)
    }
}

/// The reaction that a text consists of, if it is one. The words it quotes are ours.
pub fn reaction(text: &str) -> Option<Reaction> {
    by_google(text).or_else(|| {
        let first = glyphs(text.chars()).find(|glyph| !glyph.is_quote())?.letter;
        let mut forms = FORMS.iter().filter(|form| form.may_begin_with(first)).peekable();
        forms.peek()?;
        let text = Text::of(text);
        forms.find_map(|form| form.parse(&text))
    })
}

/// Each row is a form: the emoji (`*`: any, which is then part of the form), and the words around it
/// and around `…`, the quoted text. A leading `-`: the reaction is removed. Rows that begin with `=`
/// name the targets that are not texts.
const LANGUAGES: [&str; 10] = [
    include_str!("../reactions/en.txt"),
    include_str!("../reactions/es.txt"),
    include_str!("../reactions/fr.txt"),
    include_str!("../reactions/ar.txt"),
    include_str!("../reactions/de.txt"),
    include_str!("../reactions/pt.txt"),
    include_str!("../reactions/it.txt"),
    include_str!("../reactions/zh.txt"),
    include_str!("../reactions/ru.txt"),
    include_str!("../reactions/hi.txt"),
];

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let of = |language: &str| {
        let rows = language.lines().filter(|row| !row.starts_with('#') && !row.is_empty());
        let (things, forms): (Vec<_>, Vec<_>) = rows.partition(|row| row.starts_with('='));
        let things: Arc<[_]> = things.iter().map(|thing| literal(&thing[1..])).collect();
        forms.into_iter().filter_map(|row| Form::of(row, &things)).collect::<Vec<_>>()
    };
    LANGUAGES.into_iter().flat_map(of).collect()
});

/// The form on one side of the quoted text.
#[derive(Debug)]
enum Piece {
    /// These letters, ignoring spaces and quotes among them.
    Letters(Vec<char>),
    /// Any emoji.
    Emoji,
}

#[derive(Debug)]
struct Form {
    emoji: Option<String>,
    removed: bool,
    before: Vec<Piece>,
    /// From the end.
    after: Vec<Piece>,
    /// Targets other than a text.
    things: Arc<[Vec<char>]>,
}

impl Form {
    fn of(row: &str, things: &Arc<[Vec<char>]>) -> Option<Self> {
        let (emoji, words) = row.split_once(' ')?;
        let (before, after) = words.split_once('…')?;
        let mut after = pieces(after);
        after.reverse();
        let removed = emoji.starts_with('-');
        let emoji = emoji.trim_start_matches('-');
        Some(Self {
            emoji: (emoji != "*").then(|| emoji.to_owned()),
            removed,
            before: pieces(before),
            after,
            things: Arc::clone(things),
        })
    }

    /// Whether a text with this first letter may have this form: nearly all texts may not.
    fn may_begin_with(&self, first: char) -> bool {
        match self.before.first() {
            Some(Piece::Letters(letters)) => letters.first() == Some(&first),
            Some(Piece::Emoji) => is_emoji(first),
            None => true,
        }
    }

    fn parse(&self, text: &Text) -> Option<Reaction> {
        let mut rest = &text.glyphs[..];
        let mut emoji = None;
        for piece in &self.before {
            match piece {
                Piece::Letters(letters) => rest = after_letters(rest, letters)?,
                Piece::Emoji => {
                    let (found, behind) = emoji_first(rest)?;
                    (emoji, rest) = (Some(found), behind);
                }
            }
        }
        for piece in &self.after {
            match piece {
                Piece::Letters(letters) => rest = before_letters(rest, letters)?,
                Piece::Emoji => {
                    let (found, ahead) = emoji_last(rest)?;
                    (emoji, rest) = (Some(found), ahead);
                }
            }
        }
        let to = text.quoted(rest).or_else(|| self.thing(text, rest))?;
        let emoji = emoji.or_else(|| self.emoji.clone())?;
        Some(Reaction { emoji, removed: self.removed, to })
    }

    fn thing(&self, text: &Text, glyphs: &[Glyph]) -> Option<String> {
        let said: Vec<_> =
            glyphs.iter().filter(|glyph| !glyph.is_quote()).map(|glyph| glyph.letter).collect();
        self.things.contains(&said).then(|| text.between(glyphs))
    }
}

fn pieces(words: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, words) in words.split('*').enumerate() {
        if index > 0 {
            pieces.push(Piece::Emoji);
        }
        let letters = literal(words);
        if !letters.is_empty() {
            pieces.push(Piece::Letters(letters));
        }
    }
    pieces
}

fn literal(words: &str) -> Vec<char> {
    let glyphs = Text::of(words).glyphs;
    glyphs.iter().filter(|glyph| !glyph.is_quote()).map(|glyph| glyph.letter).collect()
}

/// A text to compare.
struct Text {
    /// The original, without invisible characters.
    seen: Vec<char>,
    /// Without spaces, and without case and accents.
    glyphs: Vec<Glyph>,
}

#[derive(Clone, Copy)]
struct Glyph {
    letter: char,
    /// Its place in `seen`.
    at: usize,
    quote: Option<Quote>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Opening,
    Closing,
    /// An apostrophe, or a single quote.
    Single,
}

impl Glyph {
    fn is_quote(&self) -> bool {
        self.quote.is_some()
    }
}

impl Text {
    fn of(text: &str) -> Self {
        let seen: Vec<char> = text.chars().filter(|character| !is_invisible(*character)).collect();
        Self { glyphs: glyphs(seen.iter().copied()).collect(), seen }
    }

    /// The words that these glyphs quote, if they are one quotation.
    fn quoted(&self, glyphs: &[Glyph]) -> Option<String> {
        let [first, within @ .., last] = glyphs else { return None };
        let closes = matches!(last.letter, '…' | '.') || last.is_quote();
        if !first.is_quote() || first.quote == Some(Quote::Closing) || !closes {
            return None;
        }
        // Two quotations with words between them come from a person.
        let mut open = 1;
        for glyph in within {
            match glyph.quote {
                Some(Quote::Opening) => open += 1,
                Some(Quote::Closing) if open == 1 => return None,
                Some(Quote::Closing) => open -= 1,
                Some(Quote::Single) | None => {}
            }
        }
        let within = if last.is_quote() { within } else { &glyphs[1..] };
        Some(self.between(within))
    }

    /// The original words of these glyphs, separated by single spaces.
    fn between(&self, glyphs: &[Glyph]) -> String {
        let (Some(first), Some(last)) = (glyphs.first(), glyphs.last()) else {
            return String::new();
        };
        let words: String = self.seen[first.at..=last.at].iter().collect();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The glyphs among these characters.
fn glyphs(characters: impl Iterator<Item = char>) -> impl Iterator<Item = Glyph> {
    let seen = characters.filter(|character| !is_invisible(*character)).enumerate();
    let mut before = None;
    seen.filter_map(move |(at, character)| {
        let ahead = before.replace(character);
        let letter = character.to_lowercase().next().map_or(character, unaccented);
        let glyph = Glyph { letter, at, quote: quote(character, ahead) };
        (!character.is_whitespace() && !is_mark(letter)).then_some(glyph)
    })
}

/// What follows these letters, if they come first.
fn after_letters<'t>(glyphs: &'t [Glyph], letters: &[char]) -> Option<&'t [Glyph]> {
    let mut rest = glyphs;
    for letter in letters {
        loop {
            let (first, behind) = rest.split_first()?;
            rest = behind;
            match first.letter == *letter {
                true => break,
                false if first.is_quote() => {}
                false => return None,
            }
        }
    }
    Some(rest)
}

/// What precedes these letters, if they come last.
fn before_letters<'t>(glyphs: &'t [Glyph], letters: &[char]) -> Option<&'t [Glyph]> {
    let mut rest = glyphs;
    for letter in letters.iter().rev() {
        loop {
            let (last, ahead) = rest.split_last()?;
            rest = ahead;
            match last.letter == *letter {
                true => break,
                false if last.is_quote() => {}
                false => return None,
            }
        }
    }
    Some(rest)
}

/// The emoji that comes first, and the rest.
fn emoji_first(glyphs: &[Glyph]) -> Option<(String, &[Glyph])> {
    let start = glyphs.iter().position(|glyph| !glyph.is_quote())?;
    let emoji: String =
        glyphs[start..].iter().map(|glyph| glyph.letter).take_while(|it| is_emoji(*it)).collect();
    let rest = &glyphs[start + emoji.chars().count()..];
    (!emoji.is_empty()).then_some((emoji, rest))
}

/// The emoji that comes last, and the part before it.
fn emoji_last(glyphs: &[Glyph]) -> Option<(String, &[Glyph])> {
    let end = glyphs.iter().rposition(|glyph| !glyph.is_quote())? + 1;
    let length = glyphs[..end].iter().rev().take_while(|glyph| is_emoji(glyph.letter)).count();
    let (rest, emoji) = glyphs[..end].split_at(end - length);
    (length > 0).then(|| (emoji.iter().map(|glyph| glyph.letter).collect(), rest))
}

/// The form of Google's Messages, in any language: invisible marks around the emoji, different ones for
/// a removal, and hair spaces around the text. As QUIK reads it (`EmojiReactionRepositoryImpl` in
/// <https://github.com/quik-sms/quik>).
fn by_google(text: &str) -> Option<Reaction> {
    const HAIR: char = '\u{200a}';
    const ADDED: char = '\u{200b}';
    const REMOVED: char = '\u{200c}';
    let rest = text.trim_start_matches([' ', '\n']).strip_prefix(HAIR)?;
    let (ahead, mark) = rest.char_indices().find(|(_, it)| matches!(*it, ADDED | REMOVED))?;
    let (emoji, rest) = rest[ahead + mark.len_utf8()..].split_once(mark)?;
    let to = rest.split_once(HAIR)?.1.rsplit_once(HAIR)?.0;
    let to = to.rsplit_once(HAIR).map_or(to, |(to, _)| to);
    let emoji = emoji.trim();
    (!emoji.is_empty() && emoji.chars().all(is_emoji)).then(|| Reaction {
        emoji: emoji.to_owned(),
        removed: mark == REMOVED,
        to: to.trim().to_owned(),
    })
}

/// Direction marks and the like, except the joiners within an emoji.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Combining accents, and the vowel signs that Arabic may be written without.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{652}' | '\u{640}')
}

fn quote(character: char, ahead: Option<char>) -> Option<Quote> {
    Some(match character {
        '„' | '‟' | '«' | '‹' | '「' | '『' | '《' | '〝' => Quote::Opening,
        '”' | '»' | '›' | '」' | '』' | '》' | '〞' => Quote::Closing,
        // In German this one closes.
        '“' | '"' | '＂' => match ahead {
            Some(ahead) if !ahead.is_whitespace() && !is_cjk(ahead) => Quote::Closing,
            _ => Quote::Opening,
        },
        '\'' | '‘' | '’' | '‚' | 'ʼ' | '´' | '`' => Quote::Single,
        _ => return None,
    })
}

/// Whether quotations in this script need no space beside them.
fn is_cjk(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '：')
}

/// Whether a character is one of those that emoji consist of.
pub(crate) fn is_emoji(character: char) -> bool {
    matches!(character, '\u{1f000}'..='\u{1faff}' | '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{200d}'
        | '\u{20e3}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}' | '\u{3299}' | '©' | '®' | '\u{e0020}'..='\u{e007f}')
}
