use policy::{asks, is_thanks};

#[test]
fn knows_what_needs_no_answer() {
    for text in [
        "Thanks",
        "thank you so much!",
        "Ok thanks!",
        "OK, great. Thank you!! 😊",
        "thaaanks",
        "Perfect, that’s great",
        "Sounds good, see you then",
        "👍",
        "👍🏾",
        "🙏🙏",
        "❤️",
        "thx :)",
        "Gracias",
        "¡Muchas gracias!",
        "Ok, muchisimas gracias 🙏",
        "Merci beaucoup",
        "D'accord, merci !",
        "Danke schön",
        "Alles klar, vielen Dank!",
        "Obrigada!",
        "Grazie mille, buona giornata",
        "Спасибо большое!",
        "Всё понятно, спасибо",
        "谢谢",
        "好的，谢谢您！",
        "謝謝你",
        "شكراً جزيلاً",
        "شكرا",
        "धन्यवाद",
        "ठीक है, धन्यवाद!",
        "theek hai shukriya",
        "Ok merci",
    ] {
        assert!(is_thanks(text), "{text}");
    }
}

#[test]
fn does_not_mistake_a_longer_message_for_thanks() {
    for text in [
        "",
        " ",
        "?",
        "Ok?",
        "Thanks. Make it Wednesday",
        "Thanks, but it still leaks",
        "thank you for nothing",
        "Great, now it is broken again",
        "ok 5pm",
        "and",
        "sir",
        "No",
        "Yes",
        "No thanks",
        "😡",
        "Thanks 😡",
        "Buenas tardes",
        "Bom dia",
        "Hello",
        "STOP",
        "谢谢，改到星期三",
        "شكرا ولكن الاربعاء",
    ] {
        assert!(!is_thanks(text), "{text}");
    }
}

#[test]
fn knows_a_question_by_its_mark_in_any_script() {
    let questions = ["Ok?", "Is it? Yes.", "好吗？", "حسنا؟", "Καλά\u{37e}", "https://a.example/?"];
    for text in questions {
        assert!(asks(text), "{text}");
    }
    for text in ["Ok.", "", "See https://a.example/?b=1", "No; never"] {
        assert!(!asks(text), "{text}");
    }
}
