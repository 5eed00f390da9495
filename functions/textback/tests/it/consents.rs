//! The consent ledger, as a lawyer gets it.

use std::fs;

use product::{ANN, BOB, Product};
use reqwest::Method;

#[tokio::test]
async fn consents_prints_every_event_for_a_lawyer() {
    let mut product = Product::start(&["twilio"]).await;
    sign_up(&product, ANN).await;
    product.text_by("twilio", ANN, "START").await;
    product.text_by("twilio", ANN, "Stop texting me, please").await;
    product.settled().await;
    product.text_by("twilio", ANN, "YES").await;
    product.settled().await;
    product.companies.twilio.opt_out(ANN);
    product.text_by("twilio", ANN, "My tap drips").await;
    product.settled().await;
    product.text_by("twilio", BOB, "Hello").await;
    product.settled().await;

    let of_ann = printed(&mut product, &["consents", "--csv", ANN]).await;
    let found: Vec<_> = of_ann.iter().map(|row| (row[1].as_str(), row[3].as_str())).collect();
    assert_eq!(found[0], ("event", "words"));
    assert_eq!(found[1].0, "form");
    assert!(found[1].1.starts_with("I agree to receive text messages from"), "{found:?}");
    assert!(of_ann[1][6].ends_with("/opt-in?lang=en") && of_ann[1][4].len() == 16, "{of_ann:?}");
    assert_eq!(of_ann[1][7], "127.0.0.0/24");
    let texted = [
        ("keyword", "START"),
        ("stop", "Stop texting me, please"),
        ("start", "YES"),
        ("provider", "21610"),
    ];
    assert_eq!(found[2..], texted);
    let company = &product.companies.twilio;
    assert_eq!((&*of_ann[3][6], &*of_ann[3][8]), ("twilio", company.number()));
    assert!(of_ann[3][9].starts_with("SM"), "{of_ann:?}");

    assert_eq!(printed(&mut product, &["consents", "--csv", BOB]).await.len(), 1);
    assert_eq!(printed(&mut product, &["consents", "--csv"]).await, of_ann);
    let ran = product.run(&["consents", "--json"], "").await;
    let told: serde_json::Value = serde_json::from_str(&ran.printed.join("\n")).unwrap();
    assert_eq!(told["events"].as_array().unwrap().len(), 5);
    assert_eq!((&told["version"], &told["events"][1]["event"]), (&1.into(), &"keyword".into()));
    let ran = product.run(&["consents", ANN], "").await;
    assert_eq!(ran.printed.len(), 5);
    assert!(ran.printed[2].contains("  stop      Stop texting me, please  (twilio)"), "{ran:?}");
}

#[tokio::test]
async fn consents_gives_a_spreadsheet_no_formula_of_a_stranger() {
    let mut product = Product::start(&["twilio"]).await;
    let formula = "=HYPERLINK(\"https://evil.example\",\"STOP\")\n";
    let fields = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("From", ANN),
        ("To", product.companies.twilio.number()),
        ("Body", formula),
        ("OptOutType", "STOP"),
        ("AccountSid", product.companies.twilio.account_sid()),
    ];
    let call =
        product.companies.twilio.signed(&product.route(), "/webhooks/twilio/inbound", &fields);
    assert_eq!(product.post(&call).await.status, 200);
    let rows = printed(&mut product, &["consents", "--csv"]).await;
    assert_eq!((&*rows[1][1], &*rows[1][2]), ("provider", ANN));
    assert_eq!(rows[1][3], format!("'{}", formula.trim()));
}

#[tokio::test]
async fn consents_has_the_stop_that_a_provider_told_when_a_text_was_sent_by_hand() {
    let mut product = Product::start(&["twilio"]).await;
    product.companies.twilio.opt_out(ANN);
    let said =
        ["error: no provider can send this", "error: this person has said STOP: nothing was sent"];
    for said in said {
        let ran = product.run(&["send", ANN, "We are on our way"], "").await;
        assert_eq!((ran.code, &*ran.said), (Some(1), &[said.to_owned()][..]));
    }
    let rows = printed(&mut product, &["consents", "--csv"]).await;
    assert_eq!([1, 2, 3].map(|at| rows[1][at].as_str()), ["provider", ANN, "21610"]);
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn consents_names_the_list_that_opt_outs_were_imported_from() {
    let home = tempfile::tempdir().unwrap();
    let list = home.path().join("opt-outs of Twilio.txt");
    fs::write(&list, format!("{ANN}\n{BOB}\n")).unwrap();
    let mut product = Product::start(&["twilio"]).await;
    assert_eq!(printed(&mut product, &["consents"]).await, [["Nothing is on record."]]);
    let list = list.to_str().unwrap();
    assert_eq!(product.run(&["restore", "--opt-outs", list], "").await.code, Some(0));
    let rows = printed(&mut product, &["consents", "--csv"]).await;
    let rows: Vec<_> = rows[1..].iter().map(|row| [1, 2, 6].map(|at| row[at].as_str())).collect();
    let source = "list opt-outs of Twilio.txt";
    assert_eq!(rows, [["imported", ANN, source], ["imported", BOB, source]]);
}

/// Fills in the form at `/opt-in`.
async fn sign_up(product: &Product, number: &str) {
    let page = product.call(Method::GET, "/opt-in").send().await.unwrap().text().await.unwrap();
    let (_, version) = page.split_once("name=\"page\" value=\"").unwrap();
    let version = version.split('"').next().unwrap();
    let form = [("number", number), ("consent", "yes"), ("page", version)];
    let answer = product.call(Method::POST, "/opt-in").form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// The rows that a command prints, as a spreadsheet reads them.
async fn printed(product: &mut Product, command: &[&str]) -> Vec<Vec<String>> {
    let ran = product.run(command, "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let (mut rows, mut field, mut is_quoted) = (vec![vec![]], String::new(), false);
    let whole = ran.printed.join("\n");
    let mut letters = whole.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, is_quoted) {
            ('"', true) if letters.peek() == Some(&'"') => field.extend(letters.next()),
            ('"', _) => is_quoted = !is_quoted,
            ('\r', false) => {}
            (',' | '\n', false) => {
                rows.last_mut().unwrap().push(std::mem::take(&mut field));
                if letter == '\n' {
                    rows.push(vec![]);
                }
            }
            _ => field.push(letter),
        }
    }
    rows.last_mut().unwrap().push(field);
    rows
}
