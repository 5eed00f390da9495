//! The language of a text.

use policy::{Language, language, language_of_keyword, languages};

/// First texts, as people send them.
const TEXTS: [(&str, &[&str]); 22] = [
    (
        "en",
        &[
            "My tap drips",
            "hi can someone come tomorrow",
            "What does it cost?",
            "I'm out of town, the sink isn't draining",
        ],
    ),
    (
        "es",
        &["Hola", "Mi grifo gotea", "cuanto cuesta, y cuando pueden venir?", "Vivo en Los Angeles"],
    ),
    ("fr", &["Bonjour", "Mon robinet fuit", "C'est combien ?", "J'habite à Des Moines"]),
    ("de", &["Mein Wasserhahn tropft", "Hallo, wann kann jemand kommen?", "was kostet das"]),
    ("pt", &["Olá", "Minha torneira está pingando", "voce pode vir amanha?", "não sei"]),
    ("it", &["Ciao", "Il mio rubinetto perde", "quando potete venire?"]),
    ("ru", &["Кран течёт", "Здравствуйте", "сколько стоит?"]),
    ("ar", &["الحنفية تسرب الماء", "متى يمكنكم الحضور؟"]),
    ("hi", &["मेरा नल टपक रहा है", "नमस्ते"]),
    ("zh", &["水龙头漏水", "请问多少钱"]),
    ("nl", &["Mijn kraan lekt", "hoe laat kan iemand komen? Ik ben er morgen niet"]),
    ("pl", &["Dzień dobry, kran nie działa"]),
    ("tr", &["Merhaba, musluk bozuk"]),
    ("sv", &["Hej, kranen droppar och jag behöver hjälp imorgon"]),
    ("uk", &["Кран тече, прийдіть завтра"]),
    ("ja", &["蛇口が水漏れしています"]),
    ("ko", &["수도꼭지가 새요"]),
    ("fa", &["شیر آب چکه می‌کند"]),
    ("ur", &["نل ٹپک رہا ہے"]),
    ("he", &["הברז מטפטף"]),
    ("vi", &["Xin chào, tôi cần sửa vòi nước"]),
    ("id", &["Keran saya bocor, bisa datang besok?"]),
];

/// The texts in which another language is heard than expected.
fn misheard<'t>(expected: Option<&str>, texts: &[&'t str]) -> Vec<(&'t str, Option<&'static str>)> {
    let heard = texts.iter().map(|text| (*text, language(text).map(Language::code)));
    heard.filter(|(_, heard)| *heard != expected).collect()
}

#[test]
fn hears_the_language_of_a_text() {
    let misheard: Vec<_> =
        TEXTS.iter().flat_map(|(code, texts)| misheard(Some(code), texts)).collect();
    assert_eq!(misheard, []);
}

#[test]
fn hears_no_language_in_a_name_or_a_number() {
    let silent = [
        "",
        "OK",
        "👍",
        "Ann",
        "José García",
        "Los Angeles",
        "The Hague",
        "La Rue",
        "12 Elm Street",
        "Via Roma 12",
        "Dirk van den Berg",
        "555 0143",
        "2026-11-25",
        "10:30",
        "haha",
    ];
    assert_eq!(misheard(None, &silent), []);
}

#[test]
fn hears_the_language_of_a_keyword_that_only_one_has() {
    for (word, code) in [
        ("BAJA", Some("es")),
        ("abmelden", Some("de")),
        ("désabonner", Some("fr")),
        ("стоп", Some("ru")),
        ("退订", Some("zh")),
        ("Hilfe!", Some("de")),
        ("AYUDA", Some("es")),
        ("Bitte keine Nachrichten mehr schicken, ich will das nicht", Some("de")),
        // Known everywhere.
        ("STOP", None),
        ("start", None),
        ("HELP", None),
    ] {
        assert_eq!(language_of_keyword(word).map(Language::code), code, "{word}");
    }
}

#[test]
fn knows_languages_by_their_codes_and_names() {
    let of = |code| Language::of_code(code).map(|language| (language.code(), language.name()));
    assert_eq!(of("pt-BR"), Some(("pt", "Portuguese")));
    assert_eq!(of(" DE "), Some(("de", "German")));
    assert_eq!((of("German"), of("xx"), of("")), (None, None, None));
    let codes: Vec<_> = languages().map(Language::code).collect();
    assert_eq!(codes, ["en", "es", "fr", "de", "pt", "it", "ru", "ar", "hi", "zh"]);
}
