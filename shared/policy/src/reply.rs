//! Fits a reply for sending.

use sms::{Encoding, Segments, gsm7_units, segments};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::characters::is_east_asian;
use crate::kept::{Kept, is_kept, is_link, is_number, may_hold_link};
use crate::{html, markdown, typography};

/// A reply that fits.
#[derive(Clone, PartialEq, Eq)]
pub struct Fitted {
    /// The text to send. Empty if there was nothing to say.
    pub text: String,
    /// The segments it takes.
    pub segments: Segments,
    /// Whether words were left out.
    pub cut: bool,
}

impl std::fmt::Debug for Fitted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = formatter.debug_struct("Fitted");
        fields.field("segments", &self.segments).field("cut", &self.cut).finish_non_exhaustive()
    }
}

/// Up to this many emoji are decoration, not worth the larger alphabet.
const FEW: usize = 3;

/// At least this many characters of a longer answer are sent.
const SOMETHING: usize = 20;

/// Makes a text plain, and no longer than `budget` segments (0 counts as 1).
///
/// Markup is removed, typography becomes plain, and a few emoji are dropped if that saves something. A
/// text that is still too long ends with the last sentence that fits; if that leaves next to nothing,
/// with `...` after a clause or a word. Links, addresses and numbers are never edited or cut, but left
/// out, even if nothing remains. Fitting again changes nothing.
pub fn fit(text: &str, budget: usize) -> Fitted {
    fit_by(text, budget.max(1), segments)
}

/// Makes a text plain and puts `first` in front of it, on a line of its own, so that both together are
/// no longer than `budget` segments. Returns both; or nothing, if there is nothing to say.
///
/// If one letter forces both into the larger alphabet, in which `first` alone would take all the room,
/// such letters lose their accents. A script without accents to lose gets one segment more than `first`
/// takes in it: both `first` and some of the text have to be sent.
pub fn fit_behind(first: &str, text: &str, budget: usize) -> Fitted {
    let both = |text: &str| format!("{first}\n{text}");
    let size = |text: &str| segments(&both(text));
    let length = |fitted: &Fitted| fitted.text.chars().count();
    let mut fitted = fit_by(text, budget.max(1), size);
    if fitted.cut {
        let bare = fit_by(&typography::unaccented(text), budget.max(1), size);
        if length(&bare) > length(&fitted) {
            fitted = bare;
        }
    }
    if fitted.cut && length(&fitted) < SOMETHING {
        fitted = fit_by(text, size("я").count.max(budget) + 1, size);
    }
    match fitted.text.is_empty() {
        true => fitted,
        false => Fitted { text: both(&fitted.text), ..fitted },
    }
}

/// Makes a text plain, and short enough for `budget` segments.
fn fit_by(text: &str, budget: usize, segments: impl Fn(&str) -> Segments) -> Fitted {
    if is_plain(text) {
        let segments = segments(text);
        if segments.encoding == Encoding::Gsm7 && segments.count <= budget {
            return Fitted { text: text.into(), segments, cut: false };
        }
    }
    fit_closely(text, budget, segments)
}

/// Whether a text is words on one line without anything that could be markup, a link, or typography.
/// Most answers are, and stay as they are.
fn is_plain(text: &str) -> bool {
    let is_letter = |c: char| c.is_alphabetic() && gsm7_units(c).is_some();
    let is_mark = |c: char| " .,;:?!'\"()/%$-".contains(c);
    text.starts_with(is_letter)
        && text.chars().all(|c| c.is_ascii_digit() || is_mark(c) || is_letter(c))
        && !text.ends_with(' ')
        && !text.contains("  ")
        && !may_hold_link(text)
}

/// The same for any text.
fn fit_closely(text: &str, budget: usize, segments: impl Fn(&str) -> Segments) -> Fitted {
    let mut text = text.replace(is_kept, "");
    let mut cut = false;
    // Removing markup may reveal markup, and a cut may create something that looks like it. Every round
    // removes something, so there is a last one.
    loop {
        let (hidden, links) = Kept::links(&text);
        let composed: String = hidden.nfc().collect();
        let bare = markdown::strip(&html::strip(&composed, &links), &links);
        let size = |text: &str| segments(&links.show(text));
        let mut next = cheap(&typography::spaced(&typography::plain(&bare)), budget, size);
        if size(&next).count > budget {
            let (hidden, numbers) = Kept::numbers(&next);
            let fits = |text: &str| size(&numbers.show(text)).count <= budget;
            next = numbers.show(&shortened(&hidden, fits));
            cut = true;
        }
        let next = links.show(&next);
        if next == text {
            return Fitted { segments: segments(&text), text, cut };
        }
        text = next;
    }
}

/// The same words in fewer segments, if possible.
fn cheap(text: &str, budget: usize, size: impl Fn(&str) -> Segments) -> String {
    let now = size(text);
    if now.encoding == Encoding::Gsm7 {
        return text.into();
    }
    let spelled_out = |text: &str| {
        let spelled = typography::spelled_out(text);
        (size(&spelled).encoding == Encoding::Gsm7).then_some(spelled)
    };
    if let Some(spelled) = spelled_out(text) {
        return spelled;
    }
    let (emoji, without) = typography::without_emoji(text);
    let without = typography::spaced(&without);
    let without = spelled_out(&without).unwrap_or(without);
    let then = size(&without);
    let worthwhile = then.encoding == Encoding::Gsm7 || then.count < now.count;
    let decoration = emoji > 0 && without.contains(|c: char| c.is_alphanumeric() || is_kept(c));
    if decoration && ((emoji <= FEW && worthwhile) || now.count > budget) {
        without
    } else {
        text.into()
    }
}

/// The kinds of places where a text may end, in order of preference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Break {
    Word,
    Clause,
    Sentence,
}

/// The longest beginning that fits and ends well. Links and numbers are hidden.
fn shortened(text: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut ends: Vec<_> = text.grapheme_indices(true).map(|(index, _)| index).collect();
    // A longer beginning never takes fewer segments.
    ends.truncate(ends.partition_point(|end| fits(&text[..*end])));
    let limit = ends.last().copied().unwrap_or(0);

    let breaks: Vec<_> = breaks(text).take_while(|(end, _)| *end <= limit).collect();
    // A sentence or clause this short says next to nothing.
    let enough = limit / 10;
    for (wanted, least) in [(Break::Sentence, enough), (Break::Clause, enough), (Break::Word, 1)] {
        let ends = breaks.iter().rev().filter(|(end, kind)| *kind >= wanted && *end >= least);
        let mut endings = ends.map(|(end, _)| match wanted {
            Break::Sentence => text[..*end].to_owned(),
            _ => trailing_off(&text[..*end]),
        });
        if let Some(ending) = endings.find(|ending| fits(ending)) {
            return ending;
        }
    }
    // One endless word.
    let mut endings =
        ends.iter().rev().filter(|end| **end > 0).map(|end| trailing_off(&text[..*end]));
    endings.find(|ending| fits(ending)).unwrap_or_default()
}

/// A beginning with a mark that something is left out.
fn trailing_off(beginning: &str) -> String {
    if beginning.ends_with(is_link) {
        // Directly after it, three full stops would look like its end.
        return format!("{beginning} ...");
    }
    let dangling = |c: char| c.is_whitespace() || ",;:.-(\"'、，；：".contains(c);
    format!("{}...", beginning.trim_end_matches(dangling))
}

/// Every place where a text may end, excluding the space after it.
fn breaks(text: &str) -> impl Iterator<Item = (usize, Break)> {
    text.split_word_bound_indices().skip(1).filter_map(|(end, next)| {
        let (before, after) = text.split_at(end);
        let last = before.chars().next_back()?;
        if last.is_whitespace() {
            return None;
        }
        let spaced = next.starts_with(char::is_whitespace);
        let kind = match before.trim_end_matches(is_closing).chars().next_back()? {
            '。' | '！' | '？' | '｡' => Some(Break::Sentence),
            '、' | '，' | '；' | '：' => Some(Break::Clause),
            // In scripts without spaces, the end of every word is one.
            _ if !spaced && (!last.is_ascii() || !next.is_ascii()) => {
                let next = |c: char| c.is_alphanumeric() || (is_east_asian(last) && is_kept(c));
                let words = last.is_alphanumeric() && after.starts_with(next);
                words.then_some(Break::Word)
            }
            _ if !spaced => None,
            '!' | '?' | '؟' | '۔' | '।' | '॥' => Some(Break::Sentence),
            '.' if !is_abbreviated(before.trim_end_matches(is_closing), after) => {
                Some(Break::Sentence)
            }
            ',' | ';' | '،' | '؛' | ':' | '-' => Some(Break::Clause),
            _ if next.starts_with('\n') && is_item(before) => Some(Break::Sentence),
            _ if next.starts_with('\n') || last == ')' => Some(Break::Clause),
            // A number says little without what it counts.
            _ if is_number(last) => None,
            _ => Some(Break::Word),
        };
        // Closing marks of wide sentences may follow.
        let kind = kind.filter(|_| !after.starts_with(is_closing));
        kind.map(|kind| (end, kind))
    })
}

fn is_closing(character: char) -> bool {
    matches!(character, '"' | '\'' | ')' | ']' | '”' | '’' | '」' | '』' | '）' | '*' | '_')
}

/// Whether the line that ends here is an item of a list.
fn is_item(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ") || (rest.len() < line.len() && rest.starts_with(['.', ')']))
}

/// Whether the full stop at the end of `before` is part of its word, as in `Dr.`, `p.m.`, `J.`, or of
/// the number of a list item.
fn is_abbreviated(before: &str, after: &str) -> bool {
    const TITLES: &str = " dr mr mrs ms mx prof rev sr sra srta jr st mt vs ca approx ext tel fig vol \
        dept inc ltd co corp apt ave blvd rd jan feb apr jun jul aug sept oct nov dec str bzw ";
    let line = before.rsplit('\n').next().unwrap_or_default();
    let word = line.rsplit([' ', '(', '"', '\'']).next().unwrap_or_default().trim_end_matches('.');
    let next = after.trim_start().chars().next();
    let letters = word.split('.').all(|part| part.chars().count() == 1);
    let number = word.bytes().all(|digit| digit.is_ascii_digit()) || word.ends_with(is_kept);
    (letters && !number)
        || (number && line.len() == word.len() + 1)
        || TITLES.contains(&format!(" {} ", word.to_lowercase()))
        || (word.eq_ignore_ascii_case("no")
            && next.is_some_and(|c| c.is_ascii_digit() || is_number(c)))
        || (word.eq_ignore_ascii_case("etc") && next.is_some_and(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn leaves_plain_words_as_they_are(
            text in "[a-cA-CäéΩ]([a-cwxyzéñü0-3 .,;:?!'\"()/%$-]{0,12}| AB-12| 1\\. | - |www ){0,8}[a-z.)]",
        ) {
            if is_plain(&text) {
                let fitted = fit_closely(&text, usize::MAX, segments);
                prop_assert_eq!((&*fitted.text, fitted.cut), (&*text, false));
            }
        }
    }
}
