//! A phone in the terminal.

use std::time::{Duration, Instant};

use fakes::{Mode, OpenAi};
use product::{Process, Product};

const OFFLINE: [(&str, &str); 2] = [("OPENAI_API_KEY", ""), ("OPENAI_BASE_URL", "")];

#[tokio::test]
async fn it_talks_to_the_agent_whoever_else_is_configured() {
    for providers in [&["mock"][..], &["twilio"], &[]] {
        let nobody = [("CONSOLE_PASSWORD", ""), ("PUBLIC_URL", "")];
        let mut product = Product::start_with(providers, &[OFFLINE, nobody].concat()).await;
        let ran = product.run(&["chat"], "\nMy kitchen tap drips").await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let asked = "Got it. Could you tell me the street address where the work is to be done?";
        assert_eq!(ran.printed[1..], [format!("\u{2190} {asked}")]);
        assert!(product.companies.twilio.messages().is_empty());
        assert_eq!(
            product.store.latest(10).await.unwrap().len(),
            0,
            "the conversation is discarded"
        );
    }
}

#[tokio::test]
async fn a_postponed_answer_is_printed_once_it_is_due() {
    let mut product = Product::start(&["twilio"]).await;
    product.stop().await;
    product.openai.switch.set(OpenAi::out_of_quota());
    let folder = product.folder();
    let mut chat = Process::start_at_terminal(
        &["chat", "--data-dir", folder.to_str().unwrap()],
        &product.settings,
        "My tap drips\n",
    );
    chat.prints("We can't answer right now").await;
    product.openai.switch.set(Mode::Works);
    product.as_if_later(Duration::from_secs(60));
    chat.prints("You said: My tap drips").await;
}

/// Ctrl-D, Ctrl-C, or a closed terminal: a person who has gone waits for nothing.
#[tokio::test]
async fn it_ends_at_once_though_the_model_hangs() {
    let product = Product::start(&["twilio"]).await;
    product.openai.switch.set(Mode::HangsBefore);
    let folder = tempfile::tempdir().unwrap();
    let mut settings = product.settings.clone();
    settings.insert("TMPDIR".into(), folder.path().to_str().unwrap().into());
    for signal in [None, Some("INT"), Some("HUP")] {
        let typed = if signal.is_some() { "My tap drips\n" } else { "My tap drips\n\u{4}" };
        let (begun, asked) = (Instant::now(), product.openai.requests().len());
        let mut chat = Process::start_at_terminal(&["chat"], &settings, typed);
        if let Some(signal) = signal {
            product.openai.wait_for_requests(asked + 1).await;
            chat.signal(signal);
        }
        assert_eq!(chat.end().await, Some(0), "{signal:?}: {:?}", chat.logged());
        assert!(begun.elapsed() < Duration::from_secs(15), "{signal:?}: {:?}", begun.elapsed());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "{signal:?}: it left something");
    }
}
