//! What counts as a value, in all the ways in which models write one.

use agent::{Page, Turn};
use serde_json::json;

use crate::Conversation;

/// What becomes of values of one kind of field: as they stand in the brief, or what the model is told
/// instead.
async fn recorded(kind: &str, values: &[&str]) -> Vec<String> {
    let names = (0..values.len()).map(|number| format!("f{number}"));
    let fields =
        names.clone().map(|name| format!("  - {{ name: {name}, description: it, {kind} }}\n"));
    let page =
        format!("---\nname: Pet Hotel\nfields:\n{}---\nBe kind.\n", fields.collect::<String>());
    let mut conversation = Conversation::begin().await;
    conversation.agent.page = Page::parse(&page).unwrap();
    let calls: Vec<_> =
        names.zip(values).map(|(name, value)| json!({ "field": name, "value": value })).collect();
    let calls: Vec<_> = calls.iter().map(ToString::to_string).collect();
    let calls: Vec<_> = calls.iter().map(|call| ("record", call.as_str())).collect();
    // An answer holds no more.
    calls.chunks(16).for_each(|calls| conversation.openai.calls_many(calls));
    let answered = conversation.text("Hi").await.unwrap();
    let told = answered.turns.iter().filter_map(|turn| match turn {
        Turn::Tool { output, .. } => Some(output),
        _ => None,
    });
    let read = |(number, told): (usize, &String)| match answered.brief.get(&format!("f{number}")) {
        Some(value) => value.to_string(),
        None => told.replace(&format!("f{number} is not recorded: "), ""),
    };
    told.enumerate().map(read).collect()
}

/// Compares all, so that one run shows all that is wrong.
async fn check(kind: &str, rows: &[(&str, &str)]) {
    let (values, expected): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
    let recorded = recorded(kind, &values).await;
    assert_eq!(recorded.len(), rows.len());
    let wrong = values.iter().zip(expected).zip(&recorded);
    let wrong: Vec<_> = wrong.filter(|((_, expected), recorded)| expected != recorded).collect();
    assert!(wrong.is_empty(), "{kind}: {wrong:#?}");
}

async fn all_become(kind: &str, values: &[&str], expected: &str) {
    check(kind, &values.iter().map(|value| (*value, expected)).collect::<Vec<_>>()).await;
}

const NO_VALUE: &str = "that is no value: ask the person, or leave it out";
const NO_TEXT: &str = "that is no value: ask the person, or leave it out; if they said that there is \
                       none, write it as a sentence";
const NO_DATE: &str = "write it as YYYY-MM-DD, such as 2026-11-25";
const NO_DAY: &str = "there is no such day: write the one that is meant, such as 2026-11-25";
const NO_NUMBER: &str = "write it as a number alone, such as 12 or 2.5";

/// What is written where there is nothing, in each language of the product.
const GAPS: [&[&str]; 11] = [
    &[
        "?",
        "???",
        "-",
        "--",
        "—",
        "...",
        "…",
        "_",
        "____",
        ".",
        "/",
        "*",
        "<address>",
        "[name]",
        "{name}",
        "{{ name }}",
        "<your address>",
        "[not provided]",
        "(unknown)",
        "\"unknown\"",
        "''",
        "",
        " ",
        "¿?",
        "？",
        "。",
    ],
    &[
        "unknown",
        "Unknown.",
        "UNKNOWN",
        "n/a",
        "N/A",
        "N.A.",
        "n.a",
        "NA",
        "none",
        "None",
        "null",
        "NULL",
        "nil",
        "undefined",
        "not provided",
        "Not provided yet",
        "not-provided",
        "not_provided",
        "not specified",
        "unspecified",
        "TBD",
        "tbd",
        "T.B.D.",
        "to be determined",
        "string",
        "placeholder",
        "don't know",
        "I don’t know",
        "idk",
        "not given by the user",
        "not sure",
        "the person did not say",
        "no data given",
        "no answer",
        "xxx",
        "no information provided",
        "unknown (not provided)",
        "missing",
    ],
    &[
        "desconocido",
        "Desconocida",
        "ninguno",
        "ninguna",
        "nada",
        "no sé",
        "No lo se",
        "no especificado",
        "sin especificar",
        "no proporcionado",
        "no disponible",
        "no aplica",
        "por determinar",
        "s/d",
        "no se sabe",
        "todavía no",
        "por confirmar",
        "sin respuesta",
        "NO INDICADO",
        "vacío",
    ],
    &[
        "inconnu",
        "Inconnue",
        "aucun",
        "aucune",
        "néant",
        "neant",
        "non précisé",
        "non specifie",
        "non fourni",
        "non communiqué",
        "non renseigné",
        "pas encore",
        "je ne sais pas",
        "à déterminer",
        "sans objet",
        "aucune idée",
        "non disponible",
        "à préciser",
        "pas d’information",
        "vide",
    ],
    &[
        "غير معروف",
        "غير محدد",
        "مجهول",
        "لا يوجد",
        "لا شيء",
        "لا أعرف",
        "لا اعرف",
        "غير متوفر",
        "غير متاح",
        "لا ينطبق",
        "لم يذكر",
        "لم يحدد بعد",
        "فارغ",
        "غير مذكور",
        "لا توجد معلومات",
        "غَيْر مَعْرُوف",
        "غيـر معروف",
        "سيتم تحديده",
    ],
    &[
        "unbekannt",
        "Unbekannt.",
        "keine",
        "keiner",
        "nichts",
        "nicht angegeben",
        "Keine Angabe",
        "k.A.",
        "k. A.",
        "nicht bekannt",
        "noch nicht bekannt",
        "weiß nicht",
        "weiss ich nicht",
        "keine Ahnung",
        "entfällt",
        "ohne Angabe",
        "noch unklar",
        "nicht verfügbar",
        "fehlt noch",
        "leer",
    ],
    &[
        "desconhecido",
        "desconhecida",
        "nenhum",
        "nenhuma",
        "não informado",
        "nao informado",
        "não especificado",
        "não fornecido",
        "não disponível",
        "não se aplica",
        "não sei",
        "a definir",
        "a confirmar",
        "sem informação",
        "sem resposta",
        "ainda não",
        "não consta",
        "vazio",
    ],
    &[
        "sconosciuto",
        "Sconosciuta",
        "nessuno",
        "nessuna",
        "niente",
        "nulla",
        "non specificato",
        "non fornito",
        "non disponibile",
        "non applicabile",
        "non so",
        "non lo so",
        "da definire",
        "da confermare",
        "non ancora",
        "nessuna risposta",
        "boh",
        "non indicato dall'utente",
        "vuoto",
    ],
    &[
        "未知",
        "不明",
        "不详",
        "不知道",
        "我不知道",
        "未提供",
        "没有提供",
        "未指定",
        "未说明",
        "暂无",
        "无",
        "待定",
        "待确认",
        "不适用",
        "尚未提供",
        "不清楚",
        "不确定",
        "空",
        "未填写。",
        "不詳",
    ],
    &[
        "неизвестно",
        "Неизвестно.",
        "не указано",
        "не указан",
        "нет данных",
        "нет информации",
        "не знаю",
        "не определено",
        "не определен",
        "не предоставлено",
        "не применимо",
        "отсутствует",
        "ничего",
        "пока неизвестно",
        "уточняется",
        "не сообщил",
        "никто",
        "н/д",
    ],
    &[
        "अज्ञात",
        "पता नहीं",
        "मालूम नहीं",
        "मुझे नहीं पता",
        "उपलब्ध नहीं",
        "लागू नहीं",
        "कोई नहीं",
        "कुछ नहीं",
        "नहीं बताया",
        "नहीं बताया गया है",
        "निर्दिष्ट नहीं",
        "अनिर्दिष्ट",
        "जानकारी नहीं",
        "खाली",
        "पता नही",
        "pata nahi",
        "तय नहीं",
        "अभी तय नहीं है",
    ],
];

#[tokio::test]
async fn takes_nothing_for_a_value_in_any_language() {
    for gaps in GAPS {
        assert!(gaps.len() > 15);
        all_become("type: text", gaps, NO_TEXT).await;
    }
    for kind in ["number", "date", "yes_no", "choice, choices: [red, blue]"] {
        let gaps = ["unknown", "N/A", "?", "", "not provided", "未知", "<value>", "inconnu", "it"];
        all_become(&format!("type: {kind}"), &gaps, NO_VALUE).await;
    }
}

#[tokio::test]
async fn takes_no_name_of_a_field_for_a_value_with_nothing_else() {
    let mut conversation = Conversation::begin().await;
    let said = [
        ("address", "address unknown"),
        ("address", "Unknown address"),
        ("address", "no address given"),
        ("name", "Name: N/A"),
        ("name", "no name provided"),
        ("name", "no name"),
        ("name", "\"unknown\""),
        ("address", "UNKNOWN_ADDRESS"),
        // What the field is for.
        ("task", "what is to be done"),
        ("address", "The street address where the work is to be done."),
    ];
    let calls = said.map(|(field, value)| json!({ "field": field, "value": value }).to_string());
    let calls: Vec<_> = calls.iter().map(|call| ("record", call.as_str())).collect();
    conversation.openai.calls_many(&calls);
    assert_eq!(conversation.text("Hi").await.unwrap().brief, serde_json::Map::new());
}

#[tokio::test]
async fn takes_for_a_value_what_only_looks_like_none() {
    let real = [
        "Na",
        "Nada",
        "Nil Puig",
        "Ann Null",
        "no",
        "No",
        "nein",
        "нет",
        "没有",
        "0",
        "👍",
        "X",
        "12 Unknown Street",
        "None of the windows close",
        "unknown man at the door",
        "Leer",
        "missing tile",
        "the string of the blind",
        "No allergies.",
        "whenever",
        "anonymous",
        "$5",
        "№ 5",
        "Charlotte, N.C.",
        "N.C.",
        "nothing works",
        "empty the gutter",
        "anyone",
        "Wert",
        "N. Nikolić",
        "missing person",
    ];
    let itself = real.map(|real| (real, json!(real).to_string()));
    let rows: Vec<_> = itself.iter().map(|(real, itself)| (*real, itself.as_str())).collect();
    check("type: text", &rows).await;
    let choice = "type: choice, choices: [None, Some, N/A]";
    check(choice, &[("none", r#""None""#), ("n/a", r#""N/A""#), ("unknown", NO_VALUE)]).await;
    check("type: number", &[("0", "0"), ("-", NO_VALUE)]).await;
    check("type: yes_no", &[("no", "false")]).await;
}

#[tokio::test]
async fn reads_days() {
    let day = "\"2026-11-25\"";
    let same = [
        "2026-11-25",
        " 2026-11-25 ",
        "2026-11-25.",
        "2026/11/25",
        "2026.11.25",
        "2026.11.25.",
        "20261125",
        "2026-11-25T14:00",
        "2026-11-25T14:00:00",
        "2026-11-25 14:00",
        "2026-11-25T00:00:00Z",
        "2026-11-25T23:59:59.999Z",
        "2026-11-25T23:30:00-05:00",
        "2026-11-25T14:00:00+05:30",
        "2026-11-25t14:00:00z",
        "2026-11-25T14:00+01:00[Europe/Berlin]",
        "20261125T140000Z",
        "2026-11-25 at 2pm",
        "2026-11-25 around noon",
        "2026-11-25 14:00:00 +02:00",
        "2026-11-25 14:00 Z",
        "\"2026-11-25\"",
        "[\"2026-11-25\"]",
        "2026-11-25 at 2 p.m.",
        "2026-11-25, 2:30 PM",
        "2026-11-25 at 14",
        "2026-11-25 in the afternoon",
        "2026-11-25 (afternoon)",
        "2026-11-25 um 14 Uhr",
        "2026-11-25 à 14h30",
        "2026-11-25 a las 14:00",
        "2026-11-25 alle 14:00",
        "2026-11-25 às 14h",
        "2026-11-25 в 14:00",
        "2026-11-25 الساعة 14:00",
        "2026-11-25 सुबह 10 बजे",
        "2026-11-25 下午2点",
        "2026年11月25日",
        "2026年11月25日14点",
        "Wednesday, 2026-11-25",
        "2026-11-25 (Wed)",
        "Wednesday, 2026-11-25, 14:00",
        "٢٠٢٦-١١-٢٥",
        "۲۰۲۶/۱۱/۲۵",
        "२०२६-११-२५",
        "２０２６－１１－２５",
        "2026‑11‑25",
        "2026–11–25",
        "\u{200e}2026-11-25\u{200e}",
        "2026-11-25Z",
    ];
    all_become("type: date", &same, day).await;
    let early = [("2026-1-5", "\"2026-01-05\""), ("2028-02-29", "\"2028-02-29\"")];
    check("type: date", &early).await;
}

#[tokio::test]
async fn asks_for_days_that_are_not_clear() {
    let unclear = [
        "3/4",
        "next Friday",
        "Dec 4",
        "4 Dec",
        "December 4, 2026",
        "12/01/2026",
        "01.12.2026",
        "25.11.26",
        "26-11-25",
        "tomorrow",
        "today",
        "morgen",
        "mañana",
        "Friday",
        "11-25",
        "2026-11",
        "2026",
        "the 25th",
        "25",
        "2026-11-25 or 2026-11-26",
        "2026-11-25/2026-11-28",
        "2026-11-25 to 2026-11-28",
        "not 2026-11-25",
        "before 2026-11-25",
        "around 2026-11-25",
        "by 2026-11-25",
        "2026-11-25 or later",
        "2026-11-25 plus 3 days",
        "2026-11-25 3",
        "2026-11/25",
        "in an hour",
        "14:00",
        "in 3 days",
        "明天",
        "завтра",
        "غدا",
        "कल",
        "2026-W48",
        "2026-11-255",
        "1764028800",
        "asap",
        "2026-11-25?",
    ];
    all_become("type: date", &unclear, NO_DATE).await;
    let none = ["2026-02-30", "2026-13-01", "2026-11-31", "2027-02-29", "2026-00-10", "2026-25-11"];
    all_become("type: date", &none, NO_DAY).await;
    let never = [
        "0001-01-01",
        "0000-00-00",
        "1970-01-01",
        "1970-01-01T00:00:00Z",
        "9999-12-31",
        "1900-01-01",
        "YYYY-MM-DD",
        "0001-01-01T00:00:00",
    ];
    all_become("type: date", &never, NO_VALUE).await;
    let other = "the day and the weekday do not agree: write the day as YYYY-MM-DD";
    all_become("type: date", &["Friday, 2026-11-25"], other).await;
}

#[tokio::test]
async fn reads_numbers() {
    check(
        "type: number",
        &[
            ("12", "12"),
            ("2.5", "2.5"),
            ("12.0", "12"),
            ("-3", "-3"),
            ("−3", "-3"),
            ("+3", "3"),
            ("007", "7"),
            (".5", "0.5"),
            ("0.250", "0.25"),
            ("1,250", "1250"),
            ("1.250,00", "1250"),
            ("1,250.00", "1250"),
            ("1 250", "1250"),
            ("1\u{a0}250", "1250"),
            ("1\u{202f}250,5", "1250.5"),
            ("1'250", "1250"),
            ("1’250.50", "1250.5"),
            ("1,250,000", "1250000"),
            ("1.250.000", "1250000"),
            ("1,25,000", "125000"),
            ("2,5", "2.5"),
            ("12,50", "12.5"),
            ("0,125", "0.125"),
            ("12345.678", "12345.678"),
            ("١٢", "12"),
            ("१२.५", "12.5"),
            ("１２", "12"),
            ("٢٫٥", "2.5"),
            ("١٬٢٥٠", "1250"),
            ("0", "0"),
            ("-0", "0"),
            ("5.", "5"),
        ],
    )
    .await;
}

#[tokio::test]
async fn asks_for_numbers_that_are_not_clear() {
    let unclear = [
        "12 m²", "about 12", "twelve", "a few", "12-14", "12 or 13", "$12", "12%", "½", "1/2",
        "5²", "1e999", "infinity", "-inf", "1,2,3", "1,25.0", "12 5", "1.2.3", "0x10", "--3",
        "zwölf", "十二", "12,", "1, 250", "true",
    ];
    let asked = recorded("type: number", &unclear).await;
    let wrong: Vec<_> = unclear.iter().zip(asked).filter(|(_, told)| told != NO_NUMBER).collect();
    assert_eq!(wrong, [(&"12,", "12".into())]);
    all_become("type: number", &["NaN", "nan"], NO_VALUE).await;
    let told = "write it as 1250 or as 1.2500, whichever is meant";
    check("type: number", &[("1.250", told), ("1.2500", "1.25")]).await;
    let many = "1".repeat(400);
    all_become("type: number", &[&many, "12345678901234567"], "write it in at most 15 digits")
        .await;
}

#[tokio::test]
async fn reads_yes_and_no_in_any_language() {
    let yes = [
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
    all_become("type: yes_no", &yes, "true").await;
    let no = [
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
    all_become("type: yes_no", &no, "false").await;
    let neither = ["mostly", "yes and no", "yes if it rains", "maybe", "2"];
    all_become("type: yes_no", &neither, "write true or false").await;
}

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
