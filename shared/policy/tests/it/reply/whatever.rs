//! What holds of every reply, whatever it says.

use policy::fit;
use proptest::prelude::*;
use sms::segments;

/// Pieces of which replies are made, and of which they should not be.
const PIECES: [&str; 83] = [
    "word",
    "We are open.",
    "Really?",
    "tea, ",
    "3.50",
    "Dr. Who",
    "p.m. ",
    "example.com",
    "**",
    "*",
    "_",
    "`",
    "```\n",
    "# ",
    "- ",
    "* ",
    "1. ",
    "> ",
    "| a | b |\n|---|---|\n",
    "|",
    "---\n",
    "===\n",
    "[a](b)",
    "[",
    "](",
    ")",
    "(",
    "<br>",
    "<",
    ">",
    "&amp;",
    "\\",
    "~~",
    "https://example.com/a_b?c=(d)",
    "example.com/__init__/x",
    "o_b_c@mail.example",
    "<b>",
    "</b>",
    "<li>",
    "<p>",
    "<a href=\"https://example.com/*x*\">",
    "</a>",
    "&#8211;",
    "+1 (202) 555-0143",
    "1 250,00 €",
    "**注意：**",
    "~~",
    "e\u{301}",
    "12",
    "…",
    "—",
    "«",
    "»",
    "👍",
    "👨‍👩‍👧",
    "❤️",
    "1️⃣",
    "🇬🇧",
    "é",
    "ñ",
    "ã",
    "Привет. ",
    "你好。",
    "ที่นี่",
    "هل؟ ",
    "\u{200d}",
    "\u{fe0f}",
    "\u{a0}",
    "½",
    "°C",
    "€",
    "{",
    "\n",
    "\n\n",
    "    ",
    " ",
    " ",
    " ",
    " ",
    ". ",
    "! ",
    ": ",
    "x",
];

fn reply() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..300).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn never_takes_more_than_the_budget(text in reply(), budget in 1_usize..5) {
        let fitted = fit(&text, budget);
        prop_assert!(fitted.segments.count <= budget);
        prop_assert_eq!(fitted.segments, segments(&fitted.text));
    }

    #[test]
    fn changes_nothing_the_second_time(text in reply(), budget in 1_usize..5) {
        let once = fit(&text, budget).text;
        let twice = fit(&once, budget);
        prop_assert_eq!((once.as_str(), false), (twice.text.as_str(), twice.cut));
    }

    #[test]
    fn survives_anything(text in any::<String>(), budget in 0_usize..3) {
        prop_assert!(fit(&text, budget).segments.count <= budget.max(1));
    }

    #[test]
    fn ends_with_a_whole_sentence_or_says_that_it_does_not(
        sentences in prop::collection::vec("[A-Z][a-z]{1,9}( [a-z]{1,9}){0,30}[.!?]", 1..30),
        budget in 1_usize..5,
    ) {
        let text = sentences.join(" ");
        let fitted = fit(&text, budget);
        let whole = |rest: &str| rest.is_empty() || rest.starts_with([' ', '.']);
        match fitted.text.strip_suffix("...") {
            Some(words) => prop_assert!(whole(&text[words.len()..])),
            None => {
                prop_assert!(text.starts_with(&fitted.text) && whole(&text[fitted.text.len()..]));
                prop_assert!(fitted.text.ends_with(['.', '!', '?']));
            }
        }
    }

    #[test]
    fn keeps_links_and_numbers_whole_or_leaves_them_out(
        pieces in prop::collection::vec((0..6_usize, 0..4_usize, "[a-z]{1,9}[,.?!:]?"), 1..30),
        budget in 1_usize..3,
    ) {
        // A number in each tells them apart.
        let kept = |at: usize, kind: usize| match kind {
            0 => format!("https://a.example/{at}x/__init__/*b*/it’s–c/~~d~~?e&copy;={at}y/z"),
            1 => format!("www{at}x.example.com/__init__/_{at}y_/z"),
            2 => format!("o_{at}x_p@mail{at}y.example"),
            _ => format!("+1 (202) 555-{at}*{at}"),
        };
        let around = [("", ""), ("**", "**"), ("_", "_"), ("(", ")"), ("“", "”"), ("<b>", "</b>")];
        let written: Vec<_> = pieces.iter().enumerate().map(|(at, (marks, kind, words))| {
            let (before, after) = around[*marks];
            format!("{words} {before}{}{after}", kept(at + 100, *kind))
        }).collect();
        let fitted = fit(&written.join(" "), budget).text;
        for (at, (_, kind, _)) in pieces.iter().enumerate() {
            let (at, whole) = (at + 100, kept(at + 100, *kind));
            let marks = [format!("{at}x"), format!("555-{at}"), format!("{at}y")];
            if marks.iter().any(|mark| fitted.contains(mark.as_str())) {
                prop_assert!(fitted.contains(&whole), "{whole}: {fitted}");
            }
        }
    }

    #[test]
    fn leaves_an_address_out_rather_than_cut_it(
        words in prop::collection::vec("[a-z]{1,9}[,.?]?|https://[a-z]{3,9}[.]example/[a-z/?=.]{0,50}[a-z]", 1..60),
    ) {
        let text = words.join(" ");
        let fitted = fit(&text, 1);
        for word in fitted.text.split(' ').filter(|word| word.contains("://")) {
            prop_assert!(words.iter().any(|whole| whole == word), "{word}");
        }
    }
}
