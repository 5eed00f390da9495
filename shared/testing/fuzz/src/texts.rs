//! What people text: words that the law reserves, reactions, and what machines say.

use jiff::{SignedDuration, Timestamp};
use policy::{Exchanges, Keyword, Reaction, Verdict, asked, keyword, reaction};
use sms::Handled;

use crate::text;

/// What stands around a word without changing what it says.
const AROUND: [char; 7] = [' ', '.', '!', ',', '\u{200b}', '🙏', '\t'];

/// Whoever says stop, whatever else they say with it, is not taken for one who agrees.
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
        assert_eq!(reaction(&words), None, "what is quoted is not said");
        assert_eq!(keyword(&format!("STOP\n{words}")), Some(Keyword::Stop));
    }
    let around: String = words.chars().filter(|it| AROUND.contains(it)).collect();
    let stops: Vec<_> = policy::words(Keyword::Stop).collect();
    let stop = stops[data.len() % stops.len()];
    assert_eq!(keyword(&format!("{around}{stop}{around}")), Some(Keyword::Stop), "{stop}");
    policy::denies_machine(&words);
    assert!(!policy::is_nudge(&words, []) || asks != Some(Keyword::Stop));
}

/// A reaction is none of the words that it quotes, and tells of them only when it is asked to.
pub fn reactions(data: &[u8]) {
    let words = text(data);
    if let Some(found) = reaction(&words) {
        assert!(!found.emoji.is_empty());
        assert_eq!(keyword(&words), None);
        let untold = Reaction { to: String::new(), ..found.clone() };
        assert_eq!(format!("{found:?}"), format!("{untold:?}"));
    }
    let is_quote = |it: char| "„‟«‹「『《〝”»›」』》〞“\"＂'‘’‚ʼ´`".contains(it);
    let quoted: Vec<_> = words.split(is_quote).flat_map(str::split_whitespace).collect();
    let quoted = quoted.join(" ");
    let liked = format!("Liked “{quoted}”");
    assert!(reaction(&liked).is_some_and(|found| found.emoji == "👍"), "{liked:?}");
    assert_eq!(keyword(&liked), None, "{liked:?}");
}

/// Texts and answers, a line each: what is remembered of them is small, survives being stored, and is
/// held against nobody who has only begun.
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
