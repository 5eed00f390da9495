//! Texts: opt-out keywords, reactions, and what machines say.

use jiff::{SignedDuration, Timestamp};
use policy::{Exchanges, Keyword, Reaction, Verdict, asked, keyword, reaction};
use sms::Handled;

use crate::text;

/// Characters around a keyword that do not change its meaning.
const AROUND: [char; 7] = [' ', '.', '!', ',', '\u{200b}', '🙏', '\t'];

/// An opt-out is never taken for consent, whatever surrounds it.
pub fn keywords(data: &[u8]) {
    let words = text(data);
    let asks = keyword(&words);
    for (handled, meant) in [
        (Handled::Stop, Keyword::Stop),
        (Handled::Start, Keyword::Start),
        (Handled::Help, Keyword::Help),
    ] {
        assert_eq!(asked(Some(handled), &words), Some(meant));
    }
    assert_eq!(asked(None, &words), asks);
    if asks.is_some() {
        assert_eq!(reaction(&words), None, "a quoted keyword is not a keyword");
        assert_eq!(keyword(&format!("STOP\n{words}")), Some(Keyword::Stop));
    }
    let around: String = words.chars().filter(|it| AROUND.contains(it)).collect();
    let stops: Vec<_> = policy::words(Keyword::Stop).collect();
    let stop = stops[data.len() % stops.len()];
    assert_eq!(keyword(&format!("{around}{stop}{around}")), Some(Keyword::Stop), "{stop}");
    policy::denies_machine(&words);
    assert!(!policy::is_nudge(&words, []) || asks != Some(Keyword::Stop));
}

/// A reaction is not the keyword that it quotes, and its debug output hides what it quotes.
pub fn reactions(data: &[u8]) {
    let words = text(data);
    if let Some(found) = reaction(&words) {
        assert!(!found.emoji.is_empty());
        assert_eq!(keyword(&words), None);
        let hidden = Reaction { to: String::new(), ..found.clone() };
        assert_eq!(format!("{found:?}"), format!("{hidden:?}"));
    }
    let is_quote = |it: char| "„‟«‹「『《〝”»›」』》〞“\"＂'‘’‚ʼ´`".contains(it);
    let quoted: Vec<_> = words.split(is_quote).flat_map(str::split_whitespace).collect();
    let quoted = quoted.join(" ");
    let liked = format!("Liked “{quoted}”");
    assert!(reaction(&liked).is_some_and(|found| found.emoji == "👍"), "{liked:?}");
    assert_eq!(keyword(&liked), None, "{liked:?}");
}

/// Texts and answers, a line each: what is remembered of them is small and survives being stored, and a
/// first text is always answered.
pub fn exchanges(data: &[u8]) {
    let words = text(data);
    let mut lines = words.lines();
    let (mut known, mut now) = (Exchanges::default(), Timestamp::UNIX_EPOCH);
    let first: Vec<_> = lines.clone().take(1).collect();
    assert_eq!(known.judge(&first, now), Verdict::Answer);
    while let Some(said) = lines.next() {
        let answer = lines.next().filter(|answer| !answer.is_empty());
        known.judge(&[said], now);
        known.note(&[said], answer, now);
        let stored = serde_json::to_string(&known).unwrap();
        assert!(stored.len() < 2048, "{} bytes", stored.len());
        assert_eq!(serde_json::from_str::<Exchanges>(&stored).unwrap(), known);
        now += SignedDuration::from_mins(1);
    }
}
