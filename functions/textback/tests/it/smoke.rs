//! `smoke`, which shows an owner whether the deployment works.

use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Json, Router};
use fakes::OpenAi;
use product::{Product, Ran, WEBHOOK_TOKEN, between};
use serde_json::json;
use tokio::net::TcpListener;

/// The number that it texts from.
const NOBODY: &str = "+15005550006";

#[tokio::test]
async fn smoke_takes_the_whole_path_and_stops_before_a_provider() {
    let mut product = on_the_air(&["messagecentral", "twilio"]).await;
    let ran = product.run(&["smoke"], "").await;
    assert_eq!(
        outline(&ran),
        [
            "✓ it answers",
            "✓ it is ready",
            "✓ the landing page is there",
            "✓ a forged text is refused",
            "✓ the console lets us in",
            "✓ a genuine text is acknowledged",
            "✓ a turn takes it up",
            "✓ the model answers",
            "✓ the reply stops before a provider",
        ],
        "{ran:?}"
    );
    assert_eq!((ran.code, ran.said), (Some(0), vec![]));
    assert!(
        product.companies.twilio.messages().is_empty()
            && product.companies.messagecentral.messages().is_empty()
    );
    assert_eq!(product.openai.requests().len(), 1);
    assert_eq!(product.replies(&between("twilio", NOBODY)).await.len(), 1);
    assert!(product.notices().await.is_empty());
}

#[tokio::test]
async fn smoke_texts_by_messagecentral_or_the_mock_where_there_is_no_twilio() {
    for provider in ["messagecentral", "mock"] {
        let mut product = on_the_air(&[provider]).await;
        let ran = product.run(&["smoke"], "").await;
        assert_eq!((ran.code, &ran.said), (Some(0), &vec![]), "{ran:?}");
        assert!(ran.printed[0].ends_with(&format!("texted by {provider}")), "{ran:?}");
        assert!(ran.printed.last().unwrap().ends_with(&format!("{provider} was not asked")));
        assert!(!ran.printed.join("\n").contains(WEBHOOK_TOKEN), "{ran:?}");
        assert!(product.companies.messagecentral.messages().is_empty());
    }
}

#[tokio::test]
async fn smoke_texts_by_no_provider_that_the_owner_left_out() {
    let settings = [("PUBLIC_URL", ""), ("SMS_PROVIDERS", "MessageCentral")];
    let mut product = Product::start_with(&["messagecentral", "twilio"], &settings).await;
    product.settings.insert("PUBLIC_URL".into(), product.home());
    let ran = product.run(&["smoke"], "").await;
    assert_eq!((ran.code, &ran.said), (Some(0), &vec![]), "{ran:?}");
    assert!(ran.printed[0].ends_with("texted by messagecentral"), "{ran:?}");
}

#[tokio::test]
async fn smoke_says_what_is_wrong_and_what_to_do() {
    let mut product = on_the_air(&["twilio"]).await;
    let right = product.settings.clone();
    for (setting, value, said, fix) in [
        (
            "TWILIO_AUTH_TOKEN",
            "another-token",
            "✗ a genuine text is acknowledged: HTTP 403",
            "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and PUBLIC_URL have to be the same",
        ),
        (
            "CONSOLE_PASSWORD",
            "another-password",
            "✗ the console lets us in: HTTP 401",
            "set CONSOLE_PASSWORD here to its value there",
        ),
        (
            "PUBLIC_URL",
            "http://127.0.0.1:9",
            "✗ it answers: Connection refused (os error 111)",
            "check PUBLIC_URL",
        ),
    ] {
        product.settings.clone_from(&right);
        product.settings.insert(setting.into(), value.into());
        let ran = product.run(&["smoke"], "").await;
        assert_eq!(ran.code, Some(1), "{setting}: {ran:?}");
        let line = ran.printed.iter().position(|line| line == said);
        let line = line.unwrap_or_else(|| panic!("{setting}: {ran:?}"));
        assert!(ran.printed[line + 1].trim().starts_with(fix), "{setting}: {ran:?}");
        assert!(ran.said[0].ends_with("checks failed"), "{setting}: {ran:?}");
    }
}

#[tokio::test]
async fn smoke_names_a_model_that_does_not_answer() {
    let mut product = on_the_air(&["twilio"]).await;
    product.openai.switch.set(OpenAi::out_of_quota());
    let ran = product.run(&["smoke"], "").await;
    assert_eq!(ran.code, Some(1));
    let line = ran.printed.iter().find(|line| line.starts_with("✗")).unwrap();
    assert_eq!(line, "✗ the model answers: 429 insufficient_quota", "{ran:?}");
    assert_eq!(ran.said, ["error: 1 of 9 checks failed"]);
}

/// The product, reachable by the world.
async fn on_the_air(providers: &[&str]) -> Product {
    let settings = [("PUBLIC_URL", "")];
    let mut product = Product::start_with(providers, &settings).await;
    product.settings.insert("PUBLIC_URL".into(), product.home());
    product
}

/// The lines without their figures, and without the first.
fn outline(ran: &Ran) -> Vec<&str> {
    ran.printed[1..].iter().filter_map(|line| Some(line.split_once(':')?.0)).collect()
}

#[tokio::test]
async fn smoke_reports_a_foreign_or_unsafe_answer() {
    let sent = json!({ "what": "sent", "at": 0, "details": { "outcome": "accepted" } });
    let trace = json!({ "answered_in": null, "steps": [sent] });
    let taken = [("x-trace-id", "0123456789abcdef0123456789abcdef")];
    let careless = Router::new()
        .route("/", get("It works!"))
        .route("/healthz", get(Redirect::permanent("https://elsewhere.example.test")))
        .route("/webhooks/twilio/inbound", post((taken, "")))
        .route("/console/api/about", get("{}"))
        .route("/console/api/traces/{id}", get(Json(trace)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, careless).await });

    let mut product = on_the_air(&["twilio"]).await;
    product.settings.insert("PUBLIC_URL".into(), address);
    let ran = product.run(&["smoke"], "").await;
    let wrong: Vec<_> = ran.printed.iter().filter(|line| line.starts_with('✗')).collect();
    assert_eq!(
        wrong,
        [
            "✗ it answers: HTTP 308",
            "✗ it is ready: HTTP 404",
            "✗ the landing page is there: it is not a page",
            "✗ a forged text is refused: HTTP 200",
            "✗ the model answers: it was not asked",
            "✗ the reply stops before a provider: a provider was asked: accepted",
        ]
    );
    assert_eq!((ran.code, &ran.said[..]), (Some(1), &["error: 6 of 9 checks failed".into()][..]));
}
