//! `doctor --send-to`, which sends, waits, and believes only what it sees.

use fakes::{Fate, Route};
use product::{ANN, PUBLIC_URL, Process};

use super::{Deployed, providers};

const SEND_TO: [&str; 4] = ["doctor", "--send-to", ANN, "--yes"];

#[tokio::test]
async fn a_text_that_arrives_and_is_answered_proves_both_ways() {
    let mut deployed = Deployed::start(&["twilio"]).await;
    let twilio = &deployed.product.companies.twilio;
    twilio.decide(Fate::Delivered(deployed.product.route()));
    let mut process = Process::start(&SEND_TO, &deployed.product.settings, "");
    deployed.product.companies.twilio.wait_for_messages(1).await;
    process.prints("twilio: delivered, after ").await;
    let said = deployed.product.companies.twilio.texts_to(ANN).remove(0);
    let code = said.strip_prefix("textback test ").unwrap()[..4].to_owned();
    assert!(said.contains(&format!("by twilio. Reply {code} ")), "{said}");
    deployed.product.text(ANN, &format!("{code} ")).await;

    process.end().await;
    let printed = process.printed();
    let section = printed.iter().position(|line| line == "[✓] a text by twilio").unwrap();
    assert!(printed[section + 1].starts_with("    ✓ delivery: delivered after "), "{printed:?}");
    assert!(printed[section + 2].starts_with("    ✓ answer: its code came back after "));
    // It was no question to the agent, which has been asked by the check of the model alone.
    deployed.product.settled().await;
    assert_eq!(deployed.product.openai.requests().len(), 2);
    assert_eq!(deployed.product.companies.twilio.messages().len(), 1);
}

#[tokio::test]
async fn a_text_that_is_lost_is_doubtful_and_one_that_fails_is_broken() {
    let mut deployed = Deployed::start(&["twilio"]).await;
    let ran = deployed.run(&[&SEND_TO[..], &["--wait", "1"]].concat()).await;
    let section = ran.printed.iter().position(|line| line == "[!] a text by twilio").unwrap();
    assert_eq!(
        ran.printed[section + 1],
        "    ! delivery: accepted, and no signal within 1 s that it arrived"
    );
    assert!(ran.printed[section + 3].starts_with("    ! answer: its code "), "{ran:?}");

    deployed.product.companies.twilio.decide(Fate::Undelivered(deployed.product.route(), 30034));
    let ran = deployed.run(&SEND_TO).await;
    let section = ran.printed.iter().position(|line| line == "[✗] a text by twilio").unwrap();
    assert_eq!(
        ran.printed[section + 1..section + 3],
        [
            "    ✗ delivery: not delivered: The number is not registered for the United States \
             (A2P 10DLC) (30034)",
            "      Register brand and campaign in Twilio's console and add the number to the \
             campaign.",
        ]
    );
    assert_eq!(ran.code, Some(1));
    // Each was an attempt of its own, with its own code.
    let texts = deployed.product.companies.twilio.texts_to(ANN);
    assert!(matches!(&texts[..], [first, second] if first != second), "{texts:?}");
}

#[tokio::test]
async fn nothing_is_sent_unless_somebody_agrees() {
    let mut deployed = Deployed::start(&["twilio"]).await;
    let ran = deployed.run(&SEND_TO[..3]).await;
    assert_eq!((ran.code, ran.printed), (Some(2), vec![]));
    assert_eq!(ran.said[1], "error: there is no terminal to ask on: add --yes to send");
    deployed.product.text(ANN, "STOP").await;
    deployed.product.settled().await;
    let ran = deployed.run(&SEND_TO).await;
    assert_eq!(ran.code, Some(1));
    let stopped = "    ✗ delivery: this person has said STOP: nothing was sent";
    assert!(ran.printed.iter().any(|line| line == stopped), "{ran:?}");
    assert!(deployed.product.companies.twilio.messages().is_empty());
}

/// A status without a receipt can still be polled.
#[tokio::test]
async fn a_text_whose_receipts_are_lost_is_still_found_delivered() {
    let deployed = providers::twilio().await;
    let nowhere = Route::new(PUBLIC_URL, ([127, 0, 0, 1], 9).into());
    deployed.product.companies.twilio.decide(Fate::Delivered(nowhere));
    let arguments = [&SEND_TO[..], &["--wait", "8"]].concat();
    let mut process = Process::start(&arguments, &deployed.product.settings, "");
    process.prints("twilio: delivered, after ").await;
    assert_eq!(process.end().await, Some(0));
    let printed = process.printed();
    let section = printed.iter().position(|line| line == "[!] a text by twilio").unwrap();
    assert!(printed[section + 1].starts_with("    ✓ delivery: delivered after "), "{printed:?}");
}

#[tokio::test]
async fn a_person_at_a_terminal_is_asked_first() {
    let deployed = providers::twilio().await;
    let arguments = ["doctor", "--send-to", ANN, "--wait", "0"];
    for (typed, code, texts) in [("\n", 2, 0), ("no\n", 2, 0), ("Y\n", 0, 1)] {
        let settings = &deployed.product.settings;
        let mut process = Process::start_at_terminal(&arguments, settings, typed);
        assert_eq!(process.end().await, Some(code), "{typed:?}: {:?}", process.logged());
        let said = process.logged().join("\n");
        assert!(said.starts_with("This sends one real text by each of: twilio."), "{said}");
        assert!(said.contains("Continue? [y/N] "), "{said}");
        assert_eq!(said.contains("nothing was sent"), texts == 0, "{said}");
        assert_eq!(deployed.product.companies.twilio.messages().len(), texts, "{typed:?}");
    }
}
