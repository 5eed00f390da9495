use policy::{fit, fit_behind};
use proptest::prelude::*;
use sms::Encoding::Gsm7;
use sms::segments;

/// More than any text here needs.
const PLENTY: usize = 20;

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let fitted = fit(text, PLENTY);
        assert_eq!((fitted.text.as_str(), fitted.cut), (*expected, false), "{text:?}");
    }
}

#[test]
fn leaves_plain_text_alone() {
    let texts = [
        "",
        "Yes, we are open until 5 p.m. today.",
        "2*3*4 is 24, 2**3**4 is more, snake_case_name is not cursive, ~5 and ~6, a < b > c.",
        "Call +1 202-555-0143 or write to us@example.com (24/7).",
        "- tea\n- coffee\n\nTotal:\n+ $5 delivery\n> 5 people",
        "1. Tea\n2) Coffee\n1986. A good year.",
        "See https://example.com/a_b_c?x=1&copy=2#top now.",
        "[Note]: tomorrow we are closed. #1 in town, <your name>",
    ];
    check(&texts.map(|text| (text, text)));
}

#[test]
fn takes_markup_out() {
    check(&[
        (
            "**Open** at *nine*, __not__ _ten_, ***never*** ~~eleven~~.",
            "Open at nine, not ten, never eleven.",
        ),
        ("这是**重点**内容", "这是重点内容"),
        ("# Prices\n\n## Tea ##\n\nSub\n===\n$3", "Prices\n\nTea\n\nSub\n$3"),
        ("Use `code` or:\n```rust\nlet x = 1;\n```\nDone", "Use code or:\nlet x = 1;\nDone"),
        ("See [our page](https://example.com/a).", "See our page (https://example.com/a)."),
        ("**[Menu](https://example.com)**", "Menu (https://example.com)"),
        (
            "[example.com](https://example.com/) <https://a.example>",
            "example.com https://a.example",
        ),
        (
            "[Call](tel:+12025550143) [us@a.example](mailto:us@a.example)",
            "Call (+12025550143) us@a.example",
        ),
        ("![A cup](https://example.com/cup.png)", "A cup (https://example.com/cup.png)"),
        ("* tea\n  * green\n* coffee\n• milk", "- tea\n- green\n- coffee\n- milk"),
        ("> we said so\n> twice", "we said so\ntwice"),
        ("one<br>two\\\nthree", "one\ntwo\nthree"),
        ("Before\n\n---\n\nafter", "Before\n\nafter"),
        ("\\*not bold\\* Q&amp;A", "not bold Q&A"),
        (
            "| Drink | Price | Size |\n|---|--:|---|\n| **Tea** | $3 | small |\n| Milk | | big |\n\nEnjoy",
            "Drink: Price, Size\nTea: $3, small\nMilk: big\n\nEnjoy",
        ),
    ]);
}

#[test]
fn takes_markup_out_that_touches_punctuation() {
    check(&[
        ("**注意：**请勿停车", "注意：请勿停车"),
        ("请看**“菜单”**和*今日：*特价", "请看“菜单”和今日：特价"),
        ("~~旧价：~~新价__好！__了", "旧价：新价好！了"),
        ("**时间：**12:30，5**个**", "时间：12:30，5个"),
        ("**Note:**bring a towel", "Note:bring a towel"),
        ("**12:30** and **1 250,00 €**", "12:30 and 1 250,00 €"),
    ]);
}

#[test]
fn takes_tags_out() {
    check(&[
        ("<b>Open</b> at <i>nine</i>, <STRONG>not</STRONG> ten.", "Open at nine, not ten."),
        ("<p>One.</p><p>Two.<br/>Three.</p>", "One.\n\nTwo.\nThree."),
        (
            "<h2>Tea</h2>We have:<ul><li>green</li><li>black</li></ul>",
            "Tea\n\nWe have:\n\n- green\n- black",
        ),
        ("<ol>\n<li>Tap</li>\n<li>Pay</li>\n</ol>", "1. Tap\n\n2. Pay"),
        (
            "See <a class=\"x\" href=\"https://example.com/__a__\">our <b>page</b></a>.",
            "See our page (https://example.com/__a__).",
        ),
        (
            "<a href='https://example.com/'>example.com</a> <a href=tel:+12025550143>Call</a>",
            "example.com Call (+12025550143)",
        ),
        (
            "<img src=\"https://example.com/cup.png\" alt=\"A cup\">",
            "A cup (https://example.com/cup.png)",
        ),
        ("<table><tr><td>Tea</td><td>$3</td></tr></table>", "Tea, $3"),
        (
            "<span style=\"color:red\">Hi</span><!-- not this -->&nbsp;there &#8217;&copy;&#39;",
            "Hi there '(c)'",
        ),
        ("a < b, <your name>, x <b and c> y", "a < b, <your name>, x <b and c> y"),
    ]);
}

#[test]
fn edits_nothing_inside_a_link() {
    let links = [
        "example.com/__init__/x",
        "https://example.com/__init__/_a_/*b*/~~c~~/d?x=**1**&copy;=2&amp=3#**top**",
        "https://example.com/it’s–here",
        "shop.example.co.uk:8080/a_b_c?q=(d)&lt=1",
        "http://example.com/__init__",
        "www.example.com/*x*",
        "it__s__@example.com",
        "o'neil+a_b_c@mail.example.com",
        "https://例え.example/__好__/e\u{301}",
        "ftp://example.com/~~a~~",
    ];
    check(&links.map(|link| (link, link)));
    let around = [
        ("**", "**", "", ""),
        ("*", "*, or", "", ", or"),
        ("See __", "__.", "See ", "."),
        ("(", ").", "(", ")."),
        ("“", "”…", "\"", "\"..."),
        ("- ~~", "~~", "- ", ""),
        ("<", "> **now**", "", " now"),
        ("<b>", "</b>", "", ""),
        ("**Go to ", "**!", "Go to ", "!"),
        ("[page](", ")", "page (", ")"),
    ];
    for (link, (before, after, start, end)) in links.iter().flat_map(|it| around.map(|a| (it, a))) {
        let (written, expected) = (format!("{before}{link}{after}"), format!("{start}{link}{end}"));
        assert_eq!(fit(&written, PLENTY).text, expected, "{written}");
    }
}

#[test]
fn edits_and_cuts_no_number() {
    let numbers = [
        "1 250,00 €",
        "202 555 0143",
        "+1 (202) 555-0143",
        "(202) 555-0143",
        "06 20 123 4567",
        "12:30",
        "3*4*5",
        "2**3**4",
        "$1,299.50",
        "US$ 20",
        "2026-11-25 12:30",
        "25. 11. 2026",
        "#AB-1043_7_x",
        "١٢ ٣٤٥",
    ];
    check(&numbers.map(|number| (number, number)));
    for number in numbers {
        for words in 20..40 {
            let fitted =
                fit(&format!("{}{number} {ON_AND_ON} {ON_AND_ON}", "abc ".repeat(words)), 1);
            assert!(fitted.cut && fitted.segments.count == 1);
            let rest = fitted.text.replace(number, "").replace("abc", "");
            assert!(!rest.contains(char::is_numeric), "{}", fitted.text);
        }
    }
}

#[test]
fn composes_characters() {
    assert_eq!(fit(&"e\u{301}".repeat(60), PLENTY).text, "é".repeat(60));
    assert_eq!(fit(&"e\u{301}".repeat(60), PLENTY).segments.count, 1);
}

#[test]
fn makes_typography_plain() {
    check(&[
        ("“It’s” ‘fine’ – really…", "\"It's\" 'fine' - really..."),
        ("yes—no, 9–17 h, « oui »", "yes - no, 9-17 h, \"oui\""),
        ("9\u{202f}000\u{a0}m\tof\u{200b}fun\u{feff}", "9 000 m offun"),
        ("Tap Menu → Order ➡️ Pay, Mon · Tue", "Tap Menu -> Order -> Pay, Mon - Tue"),
        ("ＯＫ！ １２３", "OK! 123"),
        ("1️⃣ tea 2️⃣ milk", "1 tea 2 milk"),
        (
            "1½ cups, 72°F, 2×3 m², ₹ 500, ≥ 5, Acme™",
            "1 1/2 cups, 72F, 2x3 m2, Rs 500, >= 5, Acme(TM)",
        ),
        ("a  b \n\n\n\n c", "a b\n\nc"),
    ]);
}

#[test]
fn keeps_the_language_of_the_person() {
    let texts = [
        "Está aberto até às 9, não é? Ça va, à bientôt!",
        "Привет, мир. Мы открыты до 5.",
        "营业时间：九点到五点，欢迎光临。“你好”……",
        "می‌خواهم یک میز رزرو کنم",
        "क्षमा करें, हम बंद हैं।",
        "col·lecció",
        "Wifi: ✓, pool: ✗",
    ];
    check(&texts.map(|text| (text, text)));
    assert_eq!(fit("Più caffè è già qui, señor Müller", PLENTY).segments.encoding, Gsm7);
}

#[test]
fn drops_emoji_that_cost_more_than_they_say() {
    check(&[
        ("🎉 Booked for 7 👍! See you 👨‍👩‍👧.", "Booked for 7! See you."),
        // They are the message, many, or free in a text that needs the large alphabet anyway.
        ("👍", "👍"),
        ("🍏 🍐 🍊 🍋 fruit", "🍏 🍐 🍊 🍋 fruit"),
        ("До встречи 👋", "До встречи 👋"),
    ]);
    let seventy = "Д".repeat(68);
    check(&[(&format!("{seventy} 👋👋"), &seventy)]);
    // Rather than words.
    let fitted = fit(&format!("🍏 🍐 🍊 🍋 {ON_AND_ON}"), 1);
    assert_eq!((fitted.text.as_str(), fitted.cut), (ON_AND_ON, false));
}

/// Longer than half a segment, and without an end.
const ON_AND_ON: &str =
    "we look forward to seeing you at our shop soon and hope that you will like all of it there";

#[test]
fn cuts_at_the_last_sentence_that_fits() {
    for kept in [
        "Is it open? Yes! It is open.",
        "It is $3.50 at example.com, from 9 a.m. to 5 p.m. for Dr. Who and J. Smith.",
        "(It is open.) \"So it is.\"",
        "Our tea, with names:\n- the green tea of the house\n- black tea",
        "हम खुले हैं। कल बंद।",
        "我们营业。（明天休息。）",
    ] {
        let fitted = fit(&format!("{kept}\n- {ON_AND_ON} {ON_AND_ON}."), 1);
        assert_eq!((fitted.text.as_str(), fitted.segments.count, fitted.cut), (kept, 1, true));
    }
}

#[test]
fn knows_a_full_stop_that_ends_no_sentence() {
    for word in ["Dr. Who", "9 a.m. or so", "J. Smith", "No. 5", "3.50", "example.com", "\n1. We"] {
        let fitted = fit(&format!("Here is a sentence. See {word} {ON_AND_ON} {ON_AND_ON}."), 1);
        assert_eq!(fitted.text, "Here is a sentence.", "{word}");
    }
}

#[test]
fn cuts_at_a_clause_or_a_word_when_there_is_no_sentence() {
    let clause = format!("Sure. {}, {}", "and tea ".repeat(12).trim(), "and milk ".repeat(12));
    let fitted = fit(&clause, 1).text;
    assert_eq!(fitted, format!("Sure. {}...", "and tea ".repeat(12).trim()));

    let words = "word ".repeat(100);
    assert_eq!(fit(&words, 1).text, format!("{}...", "word ".repeat(31).trim()));
    assert_eq!(fit(&"x".repeat(2000), 1).text, format!("{}...", "x".repeat(157)));
}

#[test]
fn cuts_no_address_and_no_character() {
    let address = format!("https://example.com/{}", "a/".repeat(40));
    let fitted = fit(&format!("{} here it is {address} and so on", "word ".repeat(15)), 1);
    assert!(fitted.text.ends_with("here it is..."), "{}", fitted.text);
    assert_eq!(fit(&address.repeat(3), 1).text, "");

    let wide = format!("{}https://例え.example/{}", "你".repeat(40), "好".repeat(50));
    assert_eq!(fit(&wide, 1).text, format!("{}...", "你".repeat(40)));

    let family = "👨‍👩‍👧‍👦";
    let fitted = fit(&family.repeat(50), 1);
    assert_eq!(fitted.text, format!("{}...", family.repeat(6)));
    let thai = fit(&"ที่นี่เปิดทุกวัน".repeat(30), 1);
    assert!(thai.cut && thai.segments.count == 1 && thai.segments.units > 60);
}

#[test]
fn says_all_that_the_budget_allows() {
    let sentence = "We are open from nine to five on every day of the week but Sunday. ";
    let long = sentence.repeat(40);
    assert!(long.len() > 2000);
    for budget in 1..=8 {
        let fitted = fit(&long, budget);
        assert_eq!(fitted.segments.count, budget);
        assert!(segments(&format!("{} {}", fitted.text, sentence.trim())).count > budget);
        assert!(fitted.text.ends_with("Sunday."));
    }
    assert!(!fit(&long, 100).cut);
}

#[test]
fn counts_what_goes_ahead() {
    let first = "Elm: an AI assistant answers you here, a person reads along. Message and data rates \
                 may apply. Reply STOP to stop, HELP for help.";
    let long = "We are open from nine to five. ".repeat(20);
    for (text, budget) in [(long.as_str(), 1), (&long, 2), (&long, 5), ("**Olá!** ", 2), ("Hi", 1)]
    {
        let fitted = fit_behind(first, text, budget);
        assert_eq!(fitted.segments, segments(&fitted.text));
        assert!(fitted.segments.count <= budget, "{fitted:?}");
        assert!(fitted.text.starts_with(&format!("{first}\n")), "{text}");
    }
    // Together they would take three segments with the accents.
    let fitted = fit_behind(first, "Não abrimos amanhã de manhã, só à tarde.", 2);
    assert_eq!(fitted.text, format!("{first}\nNao abrimos amanha de manha, so à tarde."));
    let short = "Elm: an AI. Reply STOP to stop.";
    assert_eq!(fit_behind(short, "Só amanhã.", 2).text, format!("{short}\nSó amanhã."));
    let russian = fit_behind(first, &"Мы открыты завтра. ".repeat(9), 2);
    assert!(russian.text.contains("Мы открыты") && russian.segments.count == 3);
    assert_eq!(fit_behind(first, "", 2).text, "");
}

/// Pieces of which replies are made, and of which they should not be.
fn reply() -> impl Strategy<Value = String> {
    let pieces = [
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
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..300).prop_map(|it| it.concat())
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
