//! What counts as one of several choices.

use super::{all_become, check};

#[tokio::test]
async fn reads_yes_and_no_in_any_language() {
    all_become("type: yes_no", YES, "true").await;
    all_become("type: yes_no", NO, "false").await;
    let neither = ["mostly", "yes and no", "yes if it rains", "maybe", "2"];
    all_become("type: yes_no", &neither, "write true or false").await;
}

const YES: &[&str] = &[
    "true",
    "Yes",
    "yes, please",
    "Y",
    "yep",
    "1",
    "sí",
    "Si",
    "claro que sí",
    "oui",
    "bien sûr",
    "نعم",
    "أجل",
    "ja",
    "Ja, bitte",
    "sim",
    "com certeza",
    "sì",
    "certo",
    "是",
    "是的，谢谢",
    "对",
    "да",
    "Да!",
    "конечно",
    "हाँ",
    "हां",
    "जी हाँ",
    "haan",
];

const NO: &[&str] = &[
    "false",
    "No",
    "no thanks",
    "nope",
    "0",
    "non",
    "pas du tout",
    "لا",
    "كلا",
    "nein",
    "Nein, danke",
    "não",
    "nao",
    "per niente",
    "不",
    "没有",
    "否",
    "нет",
    "Неа",
    "नहीं",
    "जी नहीं",
    "nahi",
];

#[tokio::test]
async fn reads_the_choice_that_is_meant() {
    let day = "type: choice, choices: [morning, Après-midi, any time, any-thing, ANYTHING]";
    let asked = "write exactly one of: morning | Après-midi | any time | any-thing | ANYTHING";
    check(
        day,
        &[
            ("Morning", r#""morning""#),
            ("apres midi", r#""Après-midi""#),
            ("APRÈS‑MIDI", r#""Après-midi""#),
            ("any_time", r#""any time""#),
            ("anytime", r#""any time""#),
            ("any-thing", r#""any-thing""#),
            ("anything", asked),
            ("Morning please", asked),
            ("evening", asked),
        ],
    )
    .await;
    check("type: choice, choices: [yes, no, maybe]", &[("true", r#""yes""#), ("nein", r#""no""#)])
        .await;
}
