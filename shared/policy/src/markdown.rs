//! Removes Markdown markup, and leaves everything else as it was written.
//!
//! The parser locates the markup, and only those places are edited: a text without any comes back byte
//! for byte.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::characters::is_east_asian;
use crate::kept::{Kept, is_kept, is_number};

/// A text without its markup. Markup may hide other markup: repeat until nothing changes. Links are
/// hidden, and stay hidden.
pub(crate) fn strip(text: &str, links: &Kept) -> String {
    let (hidden, numbers) = Kept::numbers(text);
    let whole = |text: &str| links.show(&numbers.show(text));
    numbers.show(&unwrap_loose(edited(&hidden, whole)))
}

fn edited(text: &str, whole: impl Fn(&str) -> String) -> String {
    let mut edits = Edits { text, edits: Vec::new() };
    let mut links = Vec::new();
    let mut row = Row::default();
    // The end of the events so far: for a link, the end of its words.
    let mut last = 0;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let source = &text[range.clone()];
        let (start, end) = (range.start, range.end);
        let starts = matches!(event, Event::Start(_));
        match event {
            // Between two numbers it is an operator. In 2*3*4 nothing is emphasized either.
            Event::Start(Tag::Strong) if !edits.around(&range).all(is_digit) => {
                edits.unwrap(&range, 2);
            }
            Event::Start(Tag::Emphasis)
                if !edits.around(&range).any(|c| c.is_ascii_alphanumeric() || is_kept(c)) =>
            {
                edits.unwrap(&range, 1);
            }
            Event::Start(Tag::Strikethrough) if source.starts_with("~~") => {
                edits.unwrap(&range, 2);
            }
            Event::Code(_) => edits.unwrap(&range, prefix(source, '`')),
            Event::Start(Tag::Heading { .. }) => edits.unwrap_heading(&range),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => edits.unwrap_fence(&range),
            Event::Start(Tag::BlockQuote(_)) => edits.unwrap_quote(&range),
            Event::Start(Tag::Item) if source.starts_with('*') => {
                edits.replace(start..start + 1, "-");
            }
            Event::Rule | Event::HardBreak => edits.replace(range.clone(), "\n"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let words = start + if source.starts_with('!') { 2 } else { 1 };
                edits.replace(start..words, "");
                links.push((words, dest_url));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let (start, address) = links.pop().expect("a link that ends has started");
                let words = start..last.max(start);
                let address = as_text(&text[words.clone()], &address, &whole);
                edits.replace(words.end..end, &address);
            }
            Event::Start(Tag::TableHead | Tag::TableRow) => row = Row { start, cells: 0 },
            Event::Start(Tag::TableCell) => row.add(&range, &mut edits),
            Event::End(TagEnd::TableRow) => row.close(end, &mut edits),
            // Below the head there is a line of dashes.
            Event::End(TagEnd::TableHead) => row.close(end + line(&text[end..]), &mut edits),
            // An entity such as &amp;.
            Event::Text(ref meant) if **meant != *source => edits.replace(range.clone(), meant),
            // A character escaped by a backslash.
            Event::Text(_) if last < start && text[..start].ends_with('\\') => {
                edits.replace(start - 1..start, "");
            }
            _ => {}
        }
        last = if starts { start } else { end };
    }
    edits.apply()
}

/// What follows the words of a link: its address, unless the words are the address. `whole` reveals the
/// hidden passages.
pub(crate) fn as_text(words: &str, address: &str, whole: impl Fn(&str) -> String) -> String {
    let address =
        ["mailto:", "tel:"].iter().find_map(|it| address.strip_prefix(it)).unwrap_or(address);
    let bare = |text: &str| {
        let text = text.trim_start_matches("https://").trim_start_matches("http://");
        text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "")
    };
    if words.trim().is_empty() {
        address.into()
    } else if address.is_empty()
        || address.starts_with('#')
        || bare(&whole(words)) == bare(&whole(address))
    {
        String::new()
    } else {
        format!(" ({address})")
    }
}

/// Removes emphasis that the parser leaves: next to punctuation, and in scripts without spaces, it takes
/// the marks for ordinary characters.
fn unwrap_loose(mut text: String) -> String {
    for (mark, times) in [('*', 2), ('_', 2), ('~', 2), ('*', 1), ('_', 1)] {
        let mark = mark.to_string().repeat(times);
        let mut from = 0;
        while let Some((open, close)) = loose(&text, &mark, from) {
            from = match is_emphasis(&text, &mark, open, close) {
                true => {
                    text.replace_range(close..close + mark.len(), "");
                    text.replace_range(open..open + mark.len(), "");
                    open
                }
                false => open + mark.len(),
            };
        }
    }
    text
}

/// The next pair of marks around words on one line.
fn loose(text: &str, mark: &str, from: usize) -> Option<(usize, usize)> {
    let marks = |c: char| mark.starts_with(c);
    text[from..].match_indices(mark).map(|(at, _)| from + at).find_map(|open| {
        let behind = &text[open + mark.len()..];
        let line = behind.split('\n').next()?;
        if text[..open].ends_with(marks)
            || line.starts_with(|c: char| c.is_whitespace() || marks(c))
        {
            return None;
        }
        let close = line.find(mark).filter(|close| *close > 0)?;
        let alone = !line[close + mark.len()..].starts_with(marks);
        let touches = !line[..close].ends_with(char::is_whitespace);
        (alone && touches).then_some((open, open + mark.len() + close))
    })
}

/// Whether two marks are emphasis. A single mark may be anything in languages with spaces.
fn is_emphasis(text: &str, mark: &str, open: usize, close: usize) -> bool {
    let inside = &text[open + mark.len()..close];
    let around = [text[..open].chars().next_back(), text[close + mark.len()..].chars().next()];
    let edges = [inside.chars().next(), inside.chars().next_back()];
    if mark == "**" {
        // Between two numbers it is an operator.
        return !around.into_iter().all(|c| c.is_some_and(is_digit));
    }
    let wide = |c: char| is_east_asian(c) || matches!(c, '\u{3000}'..='\u{303f}' | '！'..='･');
    around.into_iter().chain(edges).flatten().any(wide)
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit() || is_number(character)
}

/// How many of these characters a text starts with.
fn prefix(text: &str, repeated: char) -> usize {
    text.len() - text.trim_start_matches(repeated).len()
}

/// The length of the first line including its end.
fn line(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |end| end + 1)
}

/// A row of a table, which becomes `first: second, third`.
#[derive(Default)]
struct Row {
    /// Where the unedited part starts.
    start: usize,
    cells: usize,
}

impl Row {
    fn add(&mut self, cell: &Range<usize>, edits: &mut Edits<'_>) {
        let source = &edits.text[cell.clone()];
        let words = source.trim();
        if words.is_empty() {
            return;
        }
        let start = cell.end - source.trim_start().len();
        let separator = ["", ": ", ", "][self.cells.min(2)];
        edits.replace(self.start..start, separator);
        *self = Self { start: start + words.len(), cells: self.cells + 1 };
    }

    fn close(&self, end: usize, edits: &mut Edits<'_>) {
        edits.replace(self.start..end.max(self.start), "\n");
    }
}

/// The pending changes to a text.
struct Edits<'a> {
    text: &'a str,
    edits: Vec<(Range<usize>, String)>,
}

impl Edits<'_> {
    fn replace(&mut self, range: Range<usize>, with: &str) {
        self.edits.push((range, with.into()));
    }

    /// Removes this many bytes at both ends.
    fn unwrap(&mut self, range: &Range<usize>, marks: usize) {
        self.replace(range.start..range.start + marks, "");
        self.replace(range.end - marks..range.end, "");
    }

    /// The characters that touch the range from outside; spaces, where there are none.
    fn around(&self, range: &Range<usize>) -> impl Iterator<Item = char> {
        let before = self.text[..range.start].chars().next_back();
        let after = self.text[range.end..].chars().next();
        [before, after].into_iter().map(|it| it.unwrap_or(' '))
    }

    fn unwrap_heading(&mut self, range: &Range<usize>) {
        let source = &self.text[range.clone()];
        let heading = source.trim_end();
        let start = range.start + prefix(heading, '#');
        let end = range.start + heading.len();
        if start > range.start {
            self.replace(range.start..start, "");
            let closing = heading.len() - heading.trim_end_matches('#').len();
            self.replace(end.saturating_sub(closing).max(start)..end, "");
        } else {
            // The other kind is underlined.
            let underline = heading.rfind('\n').map_or(range.start, |at| range.start + at);
            self.replace(underline..end, "");
        }
    }

    fn unwrap_fence(&mut self, range: &Range<usize>) {
        let source = &self.text[range.clone()];
        self.replace(range.start..range.start + line(source), "");
        let body = source.trim_end();
        let closing = body.rfind('\n').map_or(body.len(), |end| end + 1);
        let mark = body[closing..].trim_start_matches([' ', '>']);
        if mark.len() >= 3 && (prefix(mark, '`') == mark.len() || prefix(mark, '~') == mark.len()) {
            self.replace(range.start + closing.saturating_sub(1)..range.end, "");
        }
    }

    /// A quotation of one line that starts with a number is a comparison.
    fn unwrap_quote(&mut self, range: &Range<usize>) {
        let source = &self.text[range.clone()];
        let number = |c: char| is_digit(c) || c == '$';
        if source.lines().count() == 1 && source[1..].trim_start().starts_with(number) {
            return;
        }
        let mut start = range.start;
        for quoted in source.split_inclusive('\n') {
            let indent = quoted.len() - quoted.trim_start_matches(' ').len();
            if quoted[indent..].starts_with('>') {
                self.replace(start + indent..start + indent + 1, "");
            }
            start += quoted.len();
        }
    }

    /// Where edits overlap, the first counts.
    fn apply(mut self) -> String {
        self.edits.sort_by_key(|(range, _)| range.start);
        let (mut edited, mut done) = (String::with_capacity(self.text.len()), 0);
        for (range, with) in self.edits {
            if range.start >= done {
                edited.push_str(&self.text[done..range.start]);
                edited.push_str(&with);
                done = range.end;
            }
        }
        edited.push_str(&self.text[done..]);
        edited
    }
}
