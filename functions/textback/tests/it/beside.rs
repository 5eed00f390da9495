//! Commands that run beside `serve`, or while nothing serves.

use std::time::Duration;

use fakes::{InboundShape, Mode};
use product::{ANN, BOB, Process, Product, WEBHOOK_TOKEN, tables};

#[tokio::test]
async fn a_second_process_that_would_serve_from_the_folder_says_so_and_stops() {
    let mut product = Product::start(&["twilio"]).await;
    let mut second = Process::start(&[], &product.settings, "");
    assert_eq!(second.end().await, Some(1));
    let told = format!(
        "error: DATA_DIR cannot be used: another textback serves from {} already: stop that one \
         first, or set DATA_DIR to another folder",
        product.folder().display()
    );
    assert_eq!(second.logged(), [told]);
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN), ["You said: My tap drips"]);

    product.kill();
    product.start_again().await;
    product.stop().await;
    product.start_again().await;
}

/// Whatever is typed while eight people wait for an answer, none of them gets one from it.
#[tokio::test]
async fn no_command_answers_people_who_wait() {
    let mut product = Product::start(&["twilio", "messagecentral", "mock"]).await;
    product.openai.switch.set(Mode::HangsBefore);
    let people: Vec<_> = (160..168).map(|last| format!("+12025550{last}")).collect();
    for person in &people {
        product.text(person, "My tap drips").await;
    }
    product.openai.wait_for_requests(people.len()).await;
    let shape = InboundShape { json: true, text: "payload", ..InboundShape::default() };
    let route = product.route();
    let call = product.companies.messagecentral.inbound(
        &route,
        WEBHOOK_TOKEN,
        &shape,
        BOB,
        "My sink leaks",
    );
    assert_eq!(product.post(&call).await.status, 200);
    product.kill();
    product.settings.insert("MC_INBOUND_FIELDS".into(), "text=payload".into());
    product.openai.switch.set(Mode::Works);
    product.as_if_later(Duration::from_secs(3_600));
    let before = written(&product);
    assert!(before.len() >= 3 * people.len());

    let folder = product.folder();
    let folder = folder.to_str().unwrap();
    for (command, input) in [
        (&["chat"][..], "My sink leaks"),
        (&["chat", "--data-dir", folder], "My sink leaks"),
        (&["send", ANN, "We are on our way"], ""),
        (&["doctor"], ""),
        (&["quarantine"], ""),
        (&["register"], ""),
        (&["smoke"], ""),
        (&["quarantine", "replay"], ""),
    ] {
        let ran = product.run(command, input).await;
        assert!(!ran.printed.is_empty(), "{command:?}: {ran:?}");
        let now = written(&product);
        // What a text by hand costs is counted.
        let costs = |(table, ..): &(String, _, _)| command[0] == "send" && table == "budget";
        let changed = before.iter().filter(|row| !now.contains(row) && !costs(row));
        let changed: Vec<_> = changed.collect();
        assert_eq!(changed, [&before[0]; 0], "by {command:?}");
    }
    let sent = product.companies.messagecentral.messages().len()
        + product.companies.twilio.messages().len();
    assert_eq!((sent, product.companies.messagecentral.texts_to(ANN).len()), (1, 1));

    product.start_again().await;
    product.settled().await;
    for person in &people {
        assert_eq!(product.companies.twilio.texts_to(person).len(), 1);
    }
}

/// Everything that the store keeps about people, and how often each was written.
fn written(product: &Product) -> Vec<(String, String, i64)> {
    let database = product.database();
    let apart = ["notices", "quarantine", "shapes"];
    let mut all = Vec::new();
    for table in tables(&database).into_iter().filter(|table| !apart.contains(&table.as_str())) {
        let mut rows = database.prepare(&format!("SELECT id, version FROM {table}")).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        all.extend(rows.map(Result::unwrap).map(|(id, version)| (table.clone(), id, version)));
    }
    all
}
