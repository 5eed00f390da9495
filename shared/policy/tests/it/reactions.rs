use policy::reaction;

/// The interpretation of a text, in words.
fn read(text: &str) -> Option<String> {
    reaction(text).map(|reaction| reaction.to_string())
}

#[test]
fn knows_apples_forms() {
    for (text, expected) in [
        ("Liked “Is Monday fine?”", "reacted with 👍 to “Is Monday fine?”"),
        ("Loved “Ok”", "reacted with ❤️ to “Ok”"),
        ("Laughed at “Ok”", "reacted with 😂 to “Ok”"),
        ("Emphasized “Ok”", "reacted with ‼️ to “Ok”"),
        ("Questioned “Ok”", "reacted with ❓ to “Ok”"),
        ("Disliked “Ok”", "reacted with 👎 to “Ok”"),
        ("Removed a like from “Ok”", "took back their 👍 to “Ok”"),
        ("Removed a heart from “Ok”", "took back their ❤️ to “Ok”"),
        ("Reacted 👍🏽 to “Ok”", "reacted with 👍🏽 to “Ok”"),
        ("Reacted 👨‍👩‍👧 to “Ok”", "reacted with 👨‍👩‍👧 to “Ok”"),
        ("Removed 🎉 from “Ok”", "took back their 🎉 to “Ok”"),
        ("Reacted with a sticker to “Ok”", "reacted with sticker to “Ok”"),
        ("Liked an image", "reacted with 👍 to “an image”"),
        ("Loved a movie", "reacted with ❤️ to “a movie”"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn reads_them_with_altered_spaces_and_quotes() {
    for text in [
        "Liked \"Is Monday fine?\"",
        "liked 'Is Monday fine?'",
        "Liked ‘Is Monday fine?’",
        "Liked «Is Monday fine?»",
        " \u{200e}Liked\u{a0}\u{200a}“\u{200a}Is  Monday fine?\u{202f}”\u{200b}\n",
    ] {
        assert_eq!(read(text).unwrap(), "reacted with 👍 to “Is Monday fine?”", "{text:?}");
    }
    assert_eq!(read("Liked 'I'm fine'").unwrap(), "reacted with 👍 to “I'm fine”");
    assert_eq!(
        read("Liked “He said “no” twice”").unwrap(),
        "reacted with 👍 to “He said “no” twice”"
    );
    assert_eq!(read("Liked “Line\nand line”").unwrap(), "reacted with 👍 to “Line and line”");
    assert_eq!(read("Liked “What was cut…").unwrap(), "reacted with 👍 to “What was cut…”");
    let long = read(&format!("Liked “{}”", "very long ".repeat(500))).unwrap();
    assert!(long.chars().count() < 90 && long.ends_with("…”"), "{long}");
}

#[test]
fn knows_googles_form_with_and_without_its_marks() {
    let added = "\u{200a}\u{200b}👍\u{200b} to “\u{200a}Is Monday fine?\u{200a}”\u{200a}";
    let removed = "\u{200a}\u{200c}👍\u{200c} removed from “\u{200a}Ok\u{200a}”\u{200a}";
    let polish = "\u{200a}Reakcja \u{200b}❤️\u{200b} na „\u{200a}Ok\u{200a}”\u{200a}";
    assert_eq!(read(added).unwrap(), "reacted with 👍 to “Is Monday fine?”");
    assert_eq!(read(removed).unwrap(), "took back their 👍 to “Ok”");
    assert_eq!(read(polish).unwrap(), "reacted with ❤️ to “Ok”");
    assert_eq!(read("👍 to “Ok”").unwrap(), "reacted with 👍 to “Ok”");
    assert_eq!(read(" 👍 to \"Ok\" removed").unwrap(), "took back their 👍 to “Ok”");
    assert_eq!(read("👍 removed from “Ok”").unwrap(), "took back their 👍 to “Ok”");
}

#[test]
fn knows_them_in_ten_languages() {
    for (text, expected) in [
        ("Le gustó “Vale”", "reacted with 👍 to “Vale”"),
        ("Le encantó una imagen", "reacted with ❤️ to “una imagen”"),
        ("Exclamó por “Vale”", "reacted with ‼️ to “Vale”"),
        ("Ha reaccionado con 🎉 a «Vale»", "reacted with 🎉 to “Vale”"),
        ("A aimé « À lundi ? »", "reacted with 👍 to “À lundi ?”"),
        ("N'a pas aimé « Bof »", "reacted with 👎 to “Bof”"),
        ("A réagi 😂 à « Ok »", "reacted with 😂 to “Ok”"),
        ("a attribué la mention « J’aime » à « Ok »", "reacted with 👍 to “Ok”"),
        ("A supprimé un « j'aime » depuis “Ok”", "took back their 👍 to “Ok”"),
        ("A retiré un cœur de « Ok »", "took back their ❤️ to “Ok”"),
        ("أعجبه \"حسنا\"", "reacted with 👍 to “حسنا”"),
        ("ضحك على «حسنا»", "reacted with 😂 to “حسنا”"),
        ("Gefällt: „Passt Montag?“", "reacted with 👍 to “Passt Montag?”"),
        ("„Ok“ ein Herz hinzugefügt", "reacted with ❤️ to “Ok”"),
        ("Hat mit 🎉 auf „Ok“ reagiert", "reacted with 🎉 to “Ok”"),
        ("„Gefällt mir“ von „Ok“ entfernt", "took back their 👍 to “Ok”"),
        ("Curtiu “Pode ser”", "reacted with 👍 to “Pode ser”"),
        ("Reagiu com 👍 a “Pode ser”", "reacted with 👍 to “Pode ser”"),
        ("Ha messo “Mi piace” a “Va bene”", "reacted with 👍 to “Va bene”"),
        ("Ha rimosso un cuore da “Va bene”", "took back their ❤️ to “Va bene”"),
        ("對「好」按讚", "reacted with 👍 to “好”"),
        ("對「好」做出 👍 反應", "reacted with 👍 to “好”"),
        ("点赞了“好”", "reacted with 👍 to “好”"),
        ("Понравилось «Хорошо»", "reacted with 👍 to “Хорошо”"),
        ("Лайк удален из “Хорошо”", "took back their 👍 to “Хорошо”"),
        ("“ठीक है” को पसंद किया", "reacted with 👍 to “ठीक है”"),
        ("“ठीक है” पर ❤️ प्रतिक्रिया दी", "reacted with ❤️ to “ठीक है”"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn mistakes_nothing_else_for_one() {
    for text in [
        "",
        "👍",
        "Liked",
        "Liked it a lot",
        "Loved every minute of it",
        "I liked “Titanic”",
        "Loved “Titanic” and “Avatar”",
        "Liked “Titanic”, but can you come on Monday?",
        "Reacted well to “the plan”",
        "Removed a tap from “the kitchen”",
        "Stop",
        "He said “stop”",
        "“Is Monday fine?”",
        "👍 to you",
        "Gefällt mir nicht",
        "J'ai adoré « le film »",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}
