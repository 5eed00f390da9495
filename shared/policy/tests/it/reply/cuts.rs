//! Where a reply is cut that is longer than it may be.

use policy::{fit, fit_behind};
use sms::segments;

use super::ON_AND_ON;

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
