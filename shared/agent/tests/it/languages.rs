//! The languages that the agent and the product itself speak.

use agent::{Page, Texts};
use policy::{Keyword, Language, keyword, languages};
use sms::{Encoding, segments};

use crate::Conversation;

/// The word for an opt-out that people know in a language, besides STOP.
const CUSTOMARY: [(&str, &str); 5] =
    [("es", "BAJA"), ("pt", "SAIR"), ("ru", "СТОП"), ("ar", "إلغاء"), ("zh", "TD")];

fn page(front: &str) -> Page {
    Page::parse(&format!("---\nname: Elm\n{front}---\nBe kind.\n")).unwrap()
}

fn of(code: &str) -> Option<Language> {
    Language::of_code(code)
}

/// The fixed texts of a business with a name of so many characters, all of them.
fn spoken_by(characters: usize) -> Vec<(Language, Texts)> {
    let name = "A".repeat(characters);
    let texts = "texts: { first: 'AI of {name}: STOP ends it.' }\n".replace("{name}", &name);
    let page = Page::parse(&format!("---\nname: {name}\n{texts}---\nBe kind.\n")).unwrap();
    page.texts_by_language().map(|(language, texts)| (language, texts.clone())).collect()
}

#[test]
fn speaks_every_language_in_which_people_can_opt_out() {
    let mut spoken: Vec<_> = spoken_by(20).into_iter().map(|(language, _)| language).collect();
    let mut expected: Vec<_> = languages().collect();
    spoken.sort();
    expected.sort();
    assert_eq!(spoken, expected);
}

#[test]
fn each_fixed_text_is_in_its_language_and_names_the_business() {
    for (language, texts) in spoken_by(20) {
        let all: Vec<_> = texts.by_key().map(|(_, text)| text).collect();
        assert_eq!(policy::language(&all.join("\n")), Some(language));
        for (key, text) in texts.by_key() {
            let name = "A".repeat(20);
            let heard = policy::language(&text.replace(&name, ""));
            assert!(heard.is_none_or(|heard| heard == language), "{heard:?}: {text}");
            assert!(text.contains(&name) && !text.contains('{'), "{language} {key}");
            assert_eq!(policy::fit(text, 10).text, text, "made plain, it is another");
        }
    }
}

#[test]
fn the_confirmation_of_a_stop_takes_one_segment_and_no_fixed_text_more_than_two() {
    for (language, texts) in spoken_by(20) {
        for (key, text) in texts.by_key() {
            let takes = segments(text);
            let is_plain = takes.encoding == Encoding::Gsm7;
            let most = if is_plain || key == "stop" { 1 } else { 2 };
            assert!(takes.count <= most, "{language} {key}: {takes:?}: {text}");
            assert_eq!(is_plain, !["ru", "ar", "hi", "zh"].contains(&language.code()), "{text}");
        }
        let first = format!("{}\n{}", texts.first.unwrap(), "x".repeat(40));
        assert!(segments(&first).count <= 2, "{language} leaves no room for an answer");
    }
}

#[test]
fn the_confirmation_of_a_stop_takes_one_segment_with_the_longest_name() {
    for (language, texts) in spoken_by(40) {
        let takes = segments(&texts.stop);
        assert!(takes.count == 1 || takes.encoding == Encoding::Ucs2, "{language}: {takes:?}");
    }
}

#[test]
fn each_language_names_the_words_that_carriers_know_and_its_own() {
    for (language, texts) in spoken_by(20) {
        let Texts { first, stop, start, help, .. } = texts;
        let first = first.unwrap();
        assert!(stop.contains("START"), "{stop}");
        assert!([&start, &help, &first].iter().all(|text| text.contains("STOP")), "{language}");
        assert!(language == Language::ENGLISH || first.contains("HELP"), "{first}");
        let own = CUSTOMARY.iter().find(|(code, _)| *code == language.code());
        if let Some((_, word)) = own {
            assert_eq!(keyword(word), Some(Keyword::Stop), "{word}");
            assert!(start.contains(word) && help.contains(word), "{language} has no {word}");
        }
    }
}

#[test]
fn a_person_of_no_known_language_hears_the_pages_own() {
    let page = page("");
    assert!(page.texts_in(None).stop.contains("You are unsubscribed"));
    assert!(page.texts_in(of("sv")).stop.contains("You are unsubscribed"));
    assert!(page.texts_in(of("de")).stop.contains("Sie sind abgemeldet"));
}

#[test]
fn an_owner_writes_texts_of_their_own_in_several_languages() {
    let page = page(
        "texts:\n  help: 'Elm: call 555 0120'\n  de: { help: 'Elm: Tel. 555 0120' }\n  nl:\n    \
         stop: Elm stopt, START\n    start: Elm is er weer, STOP\n    help: Elm helpt\n    sorry: \
         Elm slaapt\n    unanswered: Elm weet het niet\n    later: Elm komt later\n",
    );
    let help = |code| page.texts_in(of(code)).help.as_str();
    assert_eq!(
        (help("en"), help("de"), help("nl")),
        ("Elm: call 555 0120", "Elm: Tel. 555 0120", "Elm helpt")
    );
    assert!(page.texts_in(of("de")).sorry.contains("leider nicht antworten"));
    assert!(help("es").starts_with("Elm: Escriba"));
}

#[test]
fn the_text_ahead_of_the_first_answer_is_there_in_all_languages_or_none() {
    let first = |page: &Page, code| page.texts_in(of(code)).first.clone();
    assert_eq!(first(&page(""), "de"), None);
    let registered = page("texts: { first: 'AI of Elm. STOP ends it.' }\n");
    assert!(first(&registered, "de").unwrap().contains("zum Abmelden"));
    let german = page("texts: { de: { first: 'KI von Elm. STOP zum Abmelden.' } }\n");
    assert_eq!(
        (first(&german, "de").as_deref(), first(&german, "en")),
        (Some("KI von Elm. STOP zum Abmelden."), None)
    );
}

#[test]
fn a_page_with_one_language_says_everything_in_it() {
    let page = page("language: de-AT\n");
    assert_eq!(
        (page.language, page.brief_language, page.own_language),
        (of("de"), of("de").unwrap(), of("de").unwrap())
    );
    for language in [None, of("en"), of("de"), of("es")] {
        assert!(page.texts_in(language).stop.contains("Sie sind abgemeldet"));
    }
}

#[test]
fn the_texts_and_the_instructions_of_a_page_show_its_own_language() {
    let german = "---\nname: Elm\ntexts: { sorry: 'Elm: Wir melden uns bald bei Ihnen.' }\n---\nSei \
                  freundlich und sag nicht, was es kostet.\n";
    let page = Page::parse(german).unwrap();
    assert_eq!(
        (page.language, page.own_language, page.brief_language),
        (None, of("de").unwrap(), of("de").unwrap())
    );
    assert!(page.texts.stop.contains("Sie sind abgemeldet"));
    assert!(page.texts_in(of("en")).stop.contains("You are unsubscribed"));
    // Whatever the instructions are in: texts may be registered as they are.
    let page = Page::parse("---\nname: Elm\n---\nSei freundlich und sag nicht, was es kostet.\n");
    let page = page.unwrap();
    assert_eq!((page.own_language, page.brief_language), (Language::ENGLISH, of("de").unwrap()));
}

#[tokio::test]
async fn is_told_to_answer_in_the_persons_language_and_to_record_in_the_pages() {
    let mut conversation = Conversation::begin().await;
    conversation.text("Hi").await.unwrap();
    let prompt = conversation.prompt();
    let told = "- In the language of the person's last text. A name, a number or an \"OK\" does not \
                change it";
    assert!(prompt.contains(told), "{prompt}");
    assert!(prompt.contains("Record in English, whatever language they write,"), "{prompt}");
}

#[tokio::test]
async fn is_told_to_answer_in_one_language_and_to_record_in_another() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page.language = of("pt");
    conversation.agent.page.brief_language = of("es").unwrap();
    conversation.text("Hi").await.unwrap();
    let prompt = conversation.prompt();
    assert!(prompt.contains("- In Portuguese only, whatever language the person writes."));
    assert!(prompt.contains("Record in Spanish, whatever") && !prompt.contains("last text"));
    let tools = conversation.openai.requests()[0]["tools"].to_string();
    assert!(tools.contains("that the field asks for, and in Spanish, but names and addresses"));
    assert!(tools.contains("in one sentence in Spanish for the colleague"), "{tools}");
}

#[tokio::test]
async fn the_reply_shows_the_persons_language() {
    for (said, language) in [
        ("Claro, ¿cuándo le viene bien?", Some("es")),
        ("Gern, wann passt es Ihnen?", Some("de")),
        ("OK 👍", None),
    ] {
        let mut conversation = Conversation::begin().await;
        conversation.openai.says(said);
        let answered = conversation.text("Los Angeles").await.unwrap();
        assert_eq!(answered.language.map(Language::code), language, "{said}");
    }
}

#[tokio::test]
async fn a_reply_in_the_only_language_of_a_page_shows_nothing() {
    let mut conversation = Conversation::begin().await;
    conversation.agent.page.language = of("de");
    conversation.openai.says("Gern, wann passt es Ihnen?");
    assert_eq!(conversation.text("My tap drips").await.unwrap().language, None);
}
