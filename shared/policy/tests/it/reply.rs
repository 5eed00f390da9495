//! How a reply is edited, so that it reads well as a text.

mod cuts;
mod whatever;

use policy::fit;
use sms::Encoding::Gsm7;

/// More than any text here needs.
const PLENTY: usize = 20;

/// Longer than half a segment, and without an end.
const ON_AND_ON: &str =
    "we look forward to seeing you at our shop soon and hope that you will like all of it there";

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
