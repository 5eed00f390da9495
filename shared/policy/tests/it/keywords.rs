use policy::Keyword::{Help, Start, Stop, Yes};
use policy::keyword;

#[test]
fn knows_the_reserved_words() {
    for (word, expected) in [
        ("STOP", Stop),
        ("STOPALL", Stop),
        ("UNSUBSCRIBE", Stop),
        ("CANCEL", Stop),
        ("END", Stop),
        ("QUIT", Stop),
        ("REVOKE", Stop),
        ("OPTOUT", Stop),
        ("START", Start),
        ("UNSTOP", Start),
        ("YES", Yes),
        ("HELP", Help),
        ("INFO", Help),
    ] {
        assert_eq!(keyword(word), Some(expected), "{word}");
    }
}

#[test]
fn hears_them_however_they_are_typed() {
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
        "\u{200f}STOP",
        "STOP 🛑",
        "🙏🏽stop",
        "*stop*",
    ];
    for text in typed {
        assert_eq!(keyword(text), Some(Stop), "{text:?}");
    }
}

#[test]
fn leaves_sentences_to_the_agent() {
    let sentences = [
        "STOP PLEASE",
        "please stop",
        "don't stop",
        "stop stop",
        "stopp",
        "non-stop",
        "STOP2END",
        "2stop",
        "the end",
        "yes please",
        "st op",
        "стоп",
        "",
        "...",
        "🛑",
    ];
    for text in sentences {
        assert_eq!(keyword(text), None, "{text:?}");
    }
}
