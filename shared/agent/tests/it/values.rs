//! What counts as a value, in all the ways in which models write one.

mod choices;
mod days;
mod numbers;

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
