//! The operator's page, from wherever it may be opened.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakes::Relay;
use futures::future::join_all;
use product::{ANN, PASSWORD, PUBLIC_URL, Process, Product, Settings};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

const PAGES: [&str; 4] = [
    "/console",
    "/console/api/about",
    "/console/api/notices",
    "/console/api/phones/%2B12025550143",
];
const AT_HOME: (&str, &str) = ("PUBLIC_URL", "");
const NO_PASSWORD: (&str, &str) = ("CONSOLE_PASSWORD", "");
const EVERYWHERE: (&str, &str) = ("HOST", "0.0.0.0");

#[tokio::test]
async fn the_first_look_takes_the_link_that_is_printed_once_and_never_logged() {
    let product = Product::start_with(&[], &[AT_HOME, NO_PASSWORD]).await;
    let printed = product.process.printed();
    let links: Vec<_> = printed.iter().filter_map(|line| line.strip_prefix("console: ")).collect();
    let link = format!("{}/console?token={}", product.home(), product.token().unwrap());
    assert_eq!(links, [link.as_str()]);
    // Every product's log is checked for it elsewhere.

    let browser = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let answer = browser.get(&link).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/console".parse().unwrap())
    );
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let (cookie, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict");
    for path in PAGES {
        let call = || product.call(Method::GET, path);
        assert_eq!(status(call().header("cookie", cookie)).await, 200, "{path}");
        assert_eq!(status(call().query(&[("token", "0".repeat(64))])).await, 403, "{path}");
        let answer = call().send().await.unwrap();
        assert_eq!(answer.status(), 403, "{path}");
        let said = answer.text().await.unwrap();
        assert!(said.starts_with("The console opens by the link"), "{said}");
    }
}

/// A proxy that adds no header, and the other end of `ssh -R`, pass a stranger's call on as if it
/// came from this machine.
#[tokio::test]
async fn behind_a_proxy_that_adds_nothing_a_stranger_sees_nothing() {
    let mut product = Product::start_with(&["mock"], &[AT_HOME, NO_PASSWORD]).await;
    product.text_mock(ANN, "My address is 12 Elm Street").await;
    product.settled().await;
    let proxy = Relay::to(&product.home());
    for path in PAGES {
        for host in ["localhost:5000", "127.0.0.1:5000", "text.example.test"] {
            let call = || Client::new().get(format!("{}{path}", proxy.url())).header("host", host);
            assert_eq!(status(call()).await, 403, "{path}");
            assert_eq!(status(call().header("origin", "http://localhost:5000")).await, 403);
            assert_eq!(status(call().header("sec-fetch-site", "same-origin")).await, 403);
        }
    }
}

#[tokio::test]
async fn with_real_people_it_is_not_there_without_a_password() {
    for settings in [&[AT_HOME, NO_PASSWORD][..], &[NO_PASSWORD], &[NO_PASSWORD, EVERYWHERE]] {
        let product = Product::start_with(&["twilio"], settings).await;
        let printed = product.process.printed().join("\n");
        let fix = "closed: set CONSOLE_PASSWORD to what `openssl rand -base64 24` prints";
        assert!(printed.contains(fix) && product.token().is_none(), "{printed}");
        for path in PAGES {
            let call = || product.call(Method::GET, path).header("host", "localhost");
            assert_eq!(status(call()).await, 404, "{path}");
            assert_eq!(status(call().basic_auth("", Some(""))).await, 404, "{path}");
            assert_eq!(status(call().bearer_auth("")).await, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn anybody_with_the_password_sees_it_from_anywhere() {
    let product = Product::start_with(&["twilio", "mock"], &[EVERYWHERE]).await;
    assert_eq!(product.token(), None);
    for path in PAGES {
        let call = || product.call(Method::GET, path).header("x-forwarded-for", "203.0.113.7");
        assert_eq!(status(call()).await, 401, "{path}");
        assert_eq!(status(call().basic_auth("owner", Some("guess"))).await, 401, "{path}");
        let known = || call().basic_auth("owner", Some(PASSWORD));
        assert_eq!(status(known()).await, 200, "{path}");
        assert_eq!(status(known().header("origin", PUBLIC_URL)).await, 200, "{path}");
        assert_eq!(status(known().header("origin", "https://elsewhere.test")).await, 403, "{path}");
        assert_eq!(status(known().header("sec-fetch-site", "cross-site")).await, 403, "{path}");
    }
}

#[tokio::test]
async fn a_password_that_can_be_guessed_closes_the_console_and_nothing_else() {
    let mut product =
        Product::start_with(&["twilio"], &[("CONSOLE_PASSWORD", "eleven-char")]).await;
    let fix = "`openssl rand -base64 24`";
    assert!(product.process.printed().join("\n").contains(fix));
    product.process.logs(fix).await;
    for path in PAGES {
        let call = product.call(Method::GET, path).basic_auth("owner", Some("eleven-char"));
        assert_eq!(status(call).await, 404, "{path}");
    }
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
}

#[tokio::test]
async fn guessing_is_noticed_and_holds_up_nobody_else() {
    let product = Product::start(&["twilio"]).await;
    let call = || product.call(Method::GET, "/console");
    let known = call().basic_auth("owner", Some(PASSWORD)).send().await.unwrap();
    let cookie = known.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();

    let begun = Instant::now();
    let guesses = (0..100).map(|guess| status(call().basic_auth("", Some(format!("{guess}")))));
    let guesses = join_all(guesses);
    let owner = async {
        let begun = Instant::now();
        assert_eq!(status(call().basic_auth("owner", Some(PASSWORD))).await, 200);
        assert_eq!(status(call().header("cookie", cookie)).await, 200);
        begun.elapsed()
    };
    let (guesses, owner) = tokio::join!(guesses, owner);
    assert_eq!(guesses, [401; 100]);
    assert!(begun.elapsed() >= Duration::from_secs(1), "each but the first few is held for one");
    assert!(owner < Duration::from_secs(1), "the owner waited {owner:?}");
    product.process.logs(r#""alarm":"console.guesses""#).await;
}

/// Many addresses, each with no more attempts than a person who mistypes.
#[tokio::test]
async fn guessing_from_many_addresses_is_noticed_and_nobody_waits() {
    let proxy = [("TRUSTED_PROXIES", "127.0.0.1")];
    let product = Product::start_with(&["twilio"], &proxy).await;
    let client = Client::builder().no_proxy().build().unwrap();
    let begun = Instant::now();
    for guess in 0..100 {
        let call = client.get(format!("{}/console", product.home())).basic_auth("", Some("guess"));
        let address = format!("203.0.113.{}", guess / 5);
        assert_eq!(status(call.header("x-forwarded-for", address)).await, 401);
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(50), "each was held for half a second: {took:?}");
    product.process.logs(r#""alarm":"console.guesses""#).await;
}

/// Guesses that are held back take no room from genuine callers.
#[tokio::test]
async fn guessing_keeps_nobody_out() {
    let mut product = Product::start(&["twilio"]).await;
    // Room for a hundred connections.
    product.start_again_within(200).await;
    let guess = format!(
        "GET /console HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {}\r\n\r\n",
        STANDARD.encode("owner:guess")
    );
    let mut guesses = Vec::new();
    for _ in 0..300 {
        let mut connection = TcpStream::connect(product.address()).await.unwrap();
        // It may have been turned away to make room for the next.
        let _ = connection.write_all(guess.as_bytes()).await;
        guesses.push(connection);
    }
    let owner = product.call(Method::GET, "/console").basic_auth("owner", Some(PASSWORD));
    assert_eq!(status(owner).await, 200);
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    assert_eq!(product.companies.twilio.texts_to(ANN).len(), 1);
}

/// A start that would let outsiders text through the mock fails.
#[tokio::test]
async fn the_mock_is_never_open_to_outsiders() {
    let twilio = [
        ("TWILIO_ACCOUNT_SID", "AC0"),
        ("TWILIO_AUTH_TOKEN", "token-of-the-owner"),
        ("TWILIO_FROM", "+12025550100"),
        ("USE_MOCK", "true"),
    ];
    for settings in [
        &[EVERYWHERE][..],
        &[("HOST", "::")],
        &[("PUBLIC_URL", PUBLIC_URL)],
        &[("PUBLIC_URL", "http://localhost.example.test")],
        &[("PUBLIC_URL", "http://0.0.0.0:5000")],
        &[("PUBLIC_URL", PUBLIC_URL), ("CONSOLE_LOCAL", "true")],
        &[EVERYWHERE, ("CONSOLE_LOCAL", "false")],
        &[&twilio[..], &[EVERYWHERE]].concat(),
        &[&twilio[..], &[("PUBLIC_URL", PUBLIC_URL)]].concat(),
    ] {
        let (code, printed, said) = start(settings).await;
        assert_eq!((code, printed), (Some(1), vec![]), "{settings:?}");
        assert!(
            matches!(&said[..], [line] if line.starts_with("error: USE_MOCK cannot be used: ")
                && line.contains("set CONSOLE_PASSWORD to what `openssl rand -base64 24` prints")),
            "{settings:?}: {said:?}"
        );
    }
}

/// If a container's port is published on loopback only, the person who starts it may say so.
#[tokio::test]
async fn a_container_may_say_that_it_is_only_reachable_locally() {
    let container = [AT_HOME, NO_PASSWORD, EVERYWHERE, ("CONSOLE_LOCAL", "true")];
    let product = Product::start_with(&["mock"], &container).await;
    for path in PAGES {
        assert_eq!(status(product.call(Method::GET, path)).await, 403, "{path}");
        assert_eq!(status(product.known(Method::GET, path)).await, 200, "{path}");
    }
}

#[tokio::test]
async fn it_shows_what_was_said_and_how_it_came_about() {
    let mut product = Product::start_with(&["mock"], &[AT_HOME]).await;
    product.text_mock(ANN, "My tap drips").await;
    product.settled().await;
    let phone = ask(&product, PAGES[3]).await;
    let said: Vec<_> = phone["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["who"].as_str().unwrap(), message["text"].as_str().unwrap()))
        .collect();
    assert_eq!(said, [("person", "My tap drips"), ("agent", "You said: My tap drips")]);

    let trace = phone["attempts"][0]["trace"].as_str().unwrap();
    let trace = ask(&product, &format!("/console/api/traces/{trace}")).await;
    let steps = trace["steps"].as_array().unwrap();
    let steps: Vec<_> = steps.iter().map(|step| step["what"].as_str().unwrap()).collect();
    for what in ["received", "asked the model", "sent"] {
        assert!(steps.contains(&what), "{what} is missing in {steps:?}");
    }
    assert_eq!(trace["attempts"][0]["status"], "accepted");
}

async fn status(call: RequestBuilder) -> u16 {
    call.send().await.unwrap().status().as_u16()
}

async fn ask(product: &Product, path: &str) -> Value {
    product.known(Method::GET, path).send().await.unwrap().json().await.unwrap()
}

/// Starts the program with these settings alone, and waits until it ends.
async fn start(settings: &[(&str, &str)]) -> (Option<i32>, Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let settings: Settings = [("DATA_DIR", data), ("PORT", "0")]
        .iter()
        .chain(settings)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut process = Process::start(&[], &settings, "");
    (process.end().await, process.printed(), process.logged())
}
