use policy::Keyword::{self, Help, Start, Stop, Yes};
use policy::keyword;

/// The recognised request of a text, and its source.
const NORM: [(&str, Keyword, &[&str]); 9] = [
    (
        "47 CFR 64.1200(a)(10), a reasonable means per se",
        Stop,
        &["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"],
    ),
    (
        "https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out, the defaults",
        Stop,
        &["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"],
    ),
    (
        "https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html",
        Stop,
        &[
            "ARRET",
            "CANCEL",
            "END",
            "OPT-OUT",
            "OPTOUT",
            "QUIT",
            "REMOVE",
            "STOP",
            "TD",
            "UNSUBSCRIBE",
        ],
    ),
    (
        "Plivo, on which it acts by itself",
        Stop,
        &["STOP", "STOP ALL", "STOPALL", "UNSUBSCRIBE", "UNSUB", "CANCEL", "END", "QUIT"],
    ),
    (
        "https://developer.vonage.com/en/opt-out-assist/guides/key-word-setup, short codes",
        Stop,
        &["STOP", "END", "QUIT", "CANCEL", "UNSUBSCRIBE"],
    ),
    ("the first and the last of them", Start, &["START", "UNSTOP"]),
    ("Twilio and Vonage, of who has stopped", Yes, &["YES", "JOIN", "Subscribe", "OPT IN"]),
    ("CTIA Messaging Principles, 5.1.2.3, and Twilio", Help, &["HELP", "INFO"]),
    ("the same in other languages", Help, &["AIDE", "AYUDA", "Hilfe", "помощь", "مساعدة", "帮助"]),
];

#[test]
fn knows_the_words_of_the_law_and_of_the_carriers() {
    for (whose, expected, words) in NORM {
        for word in words {
            assert_eq!(keyword(word), Some(expected), "{word}: {whose}");
        }
    }
}

/// One word of each language of the product.
#[test]
fn knows_the_words_of_ten_languages() {
    let words = ["stop", "baja", "désabonner", "abmelden", "sair", "disiscrivimi", "стоп", "توقف"];
    for word in words.into_iter().chain(["إيقاف", "बंद करो", "band karo", "退订", "退訂", "ARRÊT"])
    {
        assert_eq!(keyword(word), Some(Stop), "{word}");
    }
}

#[test]
fn recognises_them_however_they_are_typed() {
    let typed = [
        "stop",
        "Stop.",
        "sToP!!",
        "  stop \r\n",
        "“STOP.”",
        "«stop»",
        "¡stop!",
        "(stop)",
        "stop?",
        "\u{a0}STOP\u{202f}",
        "\u{200b}STOP\u{feff}",
        "\u{2068}S\u{200b}TOP\u{2069}",
        "STOP 🛑",
        "🙏🏽stop",
        "*stop*",
        "ＳＴＯＰ",
        "⒮⒯⒪⒫",
        "Stóp",
        "S T O P",
        "s.t.o.p.",
        "STOPPPP",
        "Stop stop STOP",
        "Stop!\nStop!",
        "Opt-Out",
        "STOP\n\nSent from my iPhone",
        "STOP\n--\nJo Doe",
        "STOP\nJo Doe",
        "Stop - Jo",
        "cancel\n\nOn Tue, Mar 4, Handy Home wrote:\n> Reply STOP to stop",
    ];
    for text in typed {
        assert_eq!(keyword(text), Some(Stop), "{text:?}");
    }
    assert_eq!(keyword("HELP!\n\nSent from my iPhone"), Some(Help));
    assert_eq!(keyword("“Yes”"), Some(Yes));
}

#[test]
fn recognises_a_stop_in_a_sentence_if_the_texts_are_to_stop() {
    for (stop, none) in [
        ("Please stop", "Please stop by tomorrow"),
        ("stop texting me", "please don't stop texting me"),
        ("Who is this? Stop texting me, I am at work.", "My neighbour won't stop texting me"),
        ("take me off your list", "take me off hold"),
        ("remove me from this list", "remove me from the 3 pm slot"),
        ("unsubscribe me", "how many people unsubscribe?"),
        ("I never signed up for this. STOP", "Is that the bus stop?"),
        ("Don't text me again", "Don't text me before eight"),
        ("I no longer want to receive your texts", "I did not receive your text"),
        ("no more texts please", "no more leaks please"),
        ("lose my number", "I lost my number plate"),
        ("I revoke my consent", "I cannot revoke the contract"),
        ("No me escriban más", "No me escribió el plomero"),
        ("Hören Sie auf mir zu schreiben", "Es hört nicht auf zu tropfen"),
        ("别再给我发短信了", "别忘了给我回电话"),
    ] {
        assert_eq!(keyword(stop), Some(Stop), "{stop:?}");
        assert_eq!(keyword(none), None, "{none:?}");
    }
}

#[test]
fn ignores_a_word_that_is_quoted_or_part_of_something_else() {
    let texts = [
        "Liked “STOP”",
        "👍 to “Reply STOP to stop”",
        "A aimé « STOP »",
        "> Reply STOP to stop\nThanks, see you",
        "I need to cancel my appointment",
        "the end of my street",
        "Cancel\nmy appointment please",
        "don't stop",
        "non-stop",
        "2stop",
        "help me",
        "yes please",
        "Fine",
        "",
        "...",
        "?",
        "🛑",
    ];
    for text in texts {
        assert_eq!(keyword(text), None, "{text:?}");
    }
}

#[test]
fn recognises_real_stops_and_mistakes_no_other_text_for_one() {
    for (name, list) in opt_outs::LISTS {
        let (mut stops, mut missed) = (0, Vec::new());
        for row in opt_outs::rows(list) {
            let is_stop = keyword(&row.text) == Some(Stop);
            match row.verdict {
                "stop" => {
                    stops += 1;
                    missed.extend((!is_stop).then_some(row.text));
                }
                "help" | "agent" => assert!(!is_stop, "{name}: {:?} is taken for a stop", row.text),
                _ => {}
            }
        }
        assert!(
            missed.len() * 50 <= stops,
            "{name}: of {stops} stops these are missed: {missed:?}"
        );
    }
}

/// A stranger's text must not be expensive: the rows are only matched against the first and the last
/// sentences, so a stop in the middle of a very long text is not recognised.
#[test]
fn examines_the_beginning_and_the_end_of_a_long_text() {
    let chatter = "It drips. ".repeat(200);
    for text in [format!("Stop texting me. {chatter}"), format!("{chatter} Stop texting me.")] {
        assert_eq!(keyword(&text), Some(Stop));
    }
    assert_eq!(keyword(&format!("{chatter} Stop texting me. {chatter}")), None);
    let endless = "\"It drips\" ".repeat(20_000);
    assert_eq!(keyword(&format!("{endless} Stop texting me.")), Some(Stop));
}

#[test]
fn lists_for_carriers_the_words_they_act_on() {
    let listed: Vec<_> = policy::words(Stop).collect();
    assert_eq!(
        listed,
        ["STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT", "CANCEL", "END", "QUIT", "REVOKE"]
    );
}

#[test]
fn knows_a_reserved_word_however_it_is_typed() {
    for word in ["STOP", "stoooop", "ARRET", "PARA", "bandkaro", "Stopp!"] {
        assert!(policy::is_reserved(word), "{word}");
    }
    assert!(!policy::is_reserved("HOME"));
}
