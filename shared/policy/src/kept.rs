//! Passages that must not be edited or cut: links, addresses and numbers.
//!
//! While a text is processed, each of them is replaced by one character that is neither a letter nor a
//! mark and that occurs in no text, so that processing leaves it as it was written.

use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::Regex;

use crate::characters::{is_invisible, is_pictograph};

/// The private characters of the last two planes: no phone displays them.
const LINKS: Range<u32> = 0xF_0000..0xF_FFFE;
const NUMBERS: Range<u32> = 0x10_0000..0x10_FFFE;

/// A longer piece is not a number that anybody reads.
const LONGEST_NUMBER: usize = 60;

/// The possible beginnings of a link: a scheme, `www.`, an e-mail address, the name of a host.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    let label = "[A-Za-z0-9À-ɏͰ-ԯ-]+";
    let host = format!(r"(?:{label}\.)+[A-Za-zͰ-ԯ]{{2,24}}");
    let email = format!(r"[A-Za-z0-9À-ɏ_+][A-Za-z0-9À-ɏ._%+'-]*@{host}");
    let scheme = "[A-Za-z][A-Za-z0-9+.-]{0,20}://";
    let link =
        format!(r"(?<open>{scheme}|[Ww][Ww][Ww]\.)|(?:{email}|{host}(?::[0-9]+)?)(?<rest>[/?#])?");
    Regex::new(&link).expect("a constant")
});

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    let digit = "[0-9٠-٩۰-۹०-९০-৯０-９]";
    let space = r"[\x20\u{a0}\u{2009}\u{202f}]";
    let currency = "[$€£¥₹₽₩₺₪₫₱฿₴₦]";
    // 12:30, 3*4, 1'000, 9–17, 2026-11-25.
    let digits = format!(r"{digit}+(?:(?:\*\*|[.,:'’*×–−/+=~^_-]){digit}+)*");
    let area = format!(r"\({digit}+\)");
    // +1 (202) 555-0143, 1 250,00, 202 555 0143.
    let grouped = format!(
        r"\+?(?:{area}[\x20-]?)?{digits}(?:(?:{space}?{area}[\x20\u{{a0}}-]?|{space}){digits})*"
    );
    let date = format!(r"{digit}{{1,2}}\.{space}{digit}{{1,2}}\.(?:{space}?{digit}{{2,4}})?");
    // AB-1043, 3rd, 12-inch.
    let before = "(?:[A-Za-z]+[-_/])*[A-Za-z]*";
    let behind = format!("[A-Za-z]*(?:[-_/.]?[A-Za-z]*{digits}[A-Za-z]*|[-_/][A-Za-z]+)*");
    let number = format!(
        "(?:[#№]|[A-Z]{{0,3}}{currency}{space}?)?(?:{date}|{grouped}|{before}{digits}){behind}\
         (?:{space}?(?:{currency}|[%°]))?"
    );
    Regex::new(&number).expect("a constant")
});

/// The links and e-mail addresses of a text, each once, as written. A sentence that follows another
/// without a space looks like one: "Thanks.See you".
pub fn links(text: &str) -> Vec<String> {
    Kept::links(text).1.words
}

/// The passages that were taken out of a text.
pub(crate) struct Kept {
    places: Range<u32>,
    words: Vec<String>,
}

impl Kept {
    /// A text without its links and e-mail addresses, and these.
    pub(crate) fn links(text: &str) -> (String, Self) {
        let mut kept = Self { places: LINKS, words: Vec::new() };
        if !may_hold_link(text) {
            return (text.to_owned(), kept);
        }
        let (mut hidden, mut done) = (String::with_capacity(text.len()), 0);
        while let Some(found) = LINK.captures_at(text, done) {
            let whole = found.get(0).expect("what was found");
            hidden.push_str(&text[done..whole.start()]);
            let goes_on = found.name("open").is_some() || found.name("rest").is_some();
            let link = match goes_on {
                true => beginning(&text[whole.start()..], whole.len(), &hidden),
                false => whole.as_str(),
            };
            done = whole.start() + link.len();
            // Brackets that mark an address, as in `<us@example.com>`, are removed.
            if hidden.ends_with('<') && text[done..].starts_with('>') {
                hidden.pop();
                done += 1;
            }
            // An address in italics.
            let marks = if text[done..].starts_with('_') {
                link.len() - link.trim_start_matches('_').len()
            } else {
                0
            };
            hidden.push_str(&link[..marks]);
            kept.hide(&link[marks..], &mut hidden);
        }
        hidden.push_str(&text[done..]);
        (hidden, kept)
    }

    /// A text without its numbers, and these.
    pub(crate) fn numbers(text: &str) -> (String, Self) {
        let mut kept = Self { places: NUMBERS, words: Vec::new() };
        if !text.contains(char::is_numeric) {
            return (text.to_owned(), kept);
        }
        let (mut hidden, mut done) = (String::with_capacity(text.len()), 0);
        for found in NUMBER.find_iter(text) {
            if found.len() > LONGEST_NUMBER
                || is_code(text, &found.range())
                || is_item(text, &found.range())
            {
                continue;
            }
            hidden.push_str(&text[done..found.start()]);
            kept.hide(found.as_str(), &mut hidden);
            done = found.end();
        }
        hidden.push_str(&text[done..]);
        (hidden, kept)
    }

    /// Equal passages get the same place, so that references to them stay valid.
    fn hide(&mut self, words: &str, hidden: &mut String) {
        let index = self.words.iter().position(|known| known == words).unwrap_or_else(|| {
            self.words.push(words.into());
            self.words.len() - 1
        });
        let place = self.places.clone().nth(index).and_then(char::from_u32);
        match place {
            Some(place) => hidden.push(place),
            None => hidden.push_str(words),
        }
    }

    /// A text with its passages back in place. Anything that would be mistaken for part of a link is
    /// set apart from it.
    pub(crate) fn show(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let Some(words) = self.words_at(character) else {
                shown.push(character);
                continue;
            };
            if self.places == LINKS && shown.ends_with(|c: char| c.is_ascii_alphanumeric()) {
                shown.push(' ');
            }
            shown.push_str(words);
            let next = characters.peek().filter(|_| self.places == LINKS);
            if next.is_some_and(|next| next.is_ascii_alphanumeric() || is_link(*next)) {
                shown.push(' ');
            }
        }
        shown
    }

    fn words_at(&self, character: char) -> Option<&str> {
        let index = u32::from(character).checked_sub(self.places.start)?;
        self.words.get(usize::try_from(index).ok()?).map(String::as_str)
    }
}

/// Whether this character stands for something that is kept.
pub(crate) fn is_kept(character: char) -> bool {
    is_link(character) || is_number(character)
}

pub(crate) fn is_link(character: char) -> bool {
    LINKS.contains(&character.into())
}

pub(crate) fn is_number(character: char) -> bool {
    NUMBERS.contains(&character.into())
}

/// Whether a text has a dot or a scheme as links have them; otherwise a closer look is not worthwhile.
pub(crate) fn may_hold_link(text: &str) -> bool {
    let may_be_dot = |(at, _)| {
        let goes_on = text[at + 1..].starts_with(|next: char| !next.is_whitespace());
        goes_on || text[..at].ends_with(['w', 'W'])
    };
    text.contains("://") || text.match_indices('.').any(may_be_dot)
}

/// The link that a text begins with, given the length that is certain. `before` is the text in front of
/// it.
fn beginning<'a>(text: &'a str, certain: usize, before: &str) -> &'a str {
    let mut open = Vec::new();
    let end =
        text.char_indices().skip_while(|(index, _)| *index < certain).find(|(_, character)| {
            match character {
                '(' | '[' => open.push(*character),
                // Part of the brackets around it.
                ')' => return open.pop() != Some('('),
                ']' => return open.pop() != Some('['),
                character => return ends_link(*character),
            }
            false
        });
    let mut link = &text[..end.map_or(text.len(), |(index, _)| index)];
    let mut closed = Vec::new();
    loop {
        let mut trimmed = link.trim_end_matches(|c: char| ".,:;!?'’‘–".contains(c));
        if let Some(mark @ ('*' | '_' | '~')) = trimmed.chars().next_back()
            && !closed.contains(&mark)
        {
            closed.push(mark);
            let without = trimmed.trim_end_matches(mark).len();
            let start = (without..trimmed.len()).find(|start| is_open(before, &trimmed[*start..]));
            trimmed = &trimmed[..start.unwrap_or(trimmed.len())];
        }
        if trimmed.len() < certain {
            return &text[..certain];
        }
        if trimmed.len() == link.len() {
            return link;
        }
        link = trimmed;
    }
}

/// Whether these marks were opened and not closed in the paragraph at the end of a text.
fn is_open(text: &str, marks: &str) -> bool {
    let paragraph = text.rsplit("\n\n").next().unwrap_or_default();
    let bullet = |at: usize| {
        paragraph[at + marks.len()..].starts_with(' ')
            && paragraph[..at].trim_end_matches(' ').rsplit('\n').next().is_some_and(str::is_empty)
    };
    paragraph.match_indices(marks).filter(|(at, _)| !bullet(*at)).count() % 2 == 1
}

/// Characters that end a link, even without a space.
fn ends_link(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '<' | '>' | '"' | '`' | '|' | '\\')
        || matches!(
            character,
            '“' | '”' | '„' | '«' | '»' | '‹' | '›' | '—' | '―' | '…' | '•' | '→'
        )
        || matches!(
            character,
            '\u{3000}'..='\u{303f}' | '！'..='／' | '：'..='＠' | '［'..='］' | '｛'..='･'
        )
        || is_invisible(character)
        || is_pictograph(character)
        || is_kept(character)
}

/// Whether this number names a character, as in `&#8217;`.
fn is_code(text: &str, number: &Range<usize>) -> bool {
    let before = text[..number.start].trim_end_matches('#');
    before.ends_with('&') && text[number.end..].starts_with(';')
}

/// Whether this number counts an item of a list.
fn is_item(text: &str, number: &Range<usize>) -> bool {
    let line = text[..number.start].rsplit('\n').next().unwrap_or_default();
    let mut behind = text[number.end..].chars();
    line.chars().all(|c| c == ' ' || c == '>')
        && text[number.clone()].bytes().all(|b| b.is_ascii_digit())
        && matches!(behind.next(), Some('.' | ')'))
        && behind.next().is_none_or(char::is_whitespace)
}
