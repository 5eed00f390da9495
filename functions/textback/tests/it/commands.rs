//! The commands that the owner types, and their output.

use std::time::Duration;

use fakes::{Mode, moto, unique_name};
use product::{ANN, PUBLIC_URL, Process, Product, Settings, between, until};
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

const SEND: [&str; 3] = ["send", ANN, "We are on our way"];
const BOTH: [&str; 2] = ["messagecentral", "twilio"];

#[tokio::test]
async fn send_prints_each_attempt() {
    let mut product = Product::start(&BOTH).await;
    let ran = product.run(&SEND, "").await;
    assert_eq!(ran.code, Some(0));
    assert!(ran.printed[0].starts_with("messagecentral: accepted as 474097, 1 segment"), "{ran:?}");

    product.companies.messagecentral.no_credit();
    let ran = product.run(&SEND, "").await;
    assert_eq!((ran.code, ran.printed[0].as_str()), (Some(0), "messagecentral: refused (508)"));
    assert!(ran.printed[1].starts_with("  There is no credit left on the account. "), "{ran:?}");
    assert!(ran.printed[2].starts_with("twilio: accepted as SM"), "{ran:?}");

    product.companies.twilio.refuse_with(20429);
    let ran = product.run(&SEND, "").await;
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.printed[0], "messagecentral: refused (508)");
    assert_eq!(ran.printed[2], "twilio: refused (20429)");
    assert_eq!(ran.said, ["error: no provider accepted it: nothing was sent"]);

    assert_eq!(product.companies.messagecentral.texts_to(ANN), [SEND[2]]);
    assert_eq!(product.companies.twilio.texts_to(ANN), [SEND[2]]);
}

#[tokio::test]
async fn send_tries_no_other_provider_when_it_may_have_been_sent() {
    let mut product = Product::start(&BOTH).await;
    product.companies.messagecentral.switch.set(Mode::CutsAfter);
    let ran = product.run(&SEND, "").await;
    assert_eq!(ran.code, Some(1));
    let cut = "messagecentral: no readable answer, it may have been sent (cut)";
    assert_eq!(ran.printed[0], cut);
    assert!(product.companies.twilio.messages().is_empty());
}

#[tokio::test]
async fn limits_prints_each_limit_and_what_is_used_of_it() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    let ran = product.run(&["limits", "--json"], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let shown: Value = serde_json::from_str(&ran.printed.join("\n")).unwrap();
    let limits = shown["limits"].as_array().unwrap();
    let used = |setting: &str| {
        let limit = limits.iter().find(|limit| limit["setting"] == setting).unwrap();
        limit["used"].clone()
    };
    let spent = shown["days"][0]["spent"].clone();
    assert!(spent.as_str().unwrap() > "0.00", "{shown}");
    assert_eq!((used("CAP_DAY"), used("CAP_OWNER_DAY")), (spent, "0.00".into()));
    let printed = product.run(&["limits"], "").await.printed.join("\n");
    for word in ["CAP_TURN", "REPLIES_PER_DAY", "COUNTRIES", "QUIET_HOURS", "were spent"] {
        assert!(printed.contains(word), "{printed}");
    }
}

#[tokio::test]
async fn figures_prints_how_many_texts_arrived() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    product.stop().await;
    product.as_if_later(Duration::from_secs(61));
    product.start_again().await;
    let figures = ["figures", "--json", "--provider", "twilio"];
    let shown = async |product: &mut Product| -> Value {
        let ran = product.run(&figures, "").await;
        serde_json::from_str(&ran.printed.join("\n")).unwrap()
    };
    until("the answer is counted", async || {
        shown(&mut product).await["periods"][0]["attempts"] == 1
    })
    .await;
    let period = shown(&mut product).await["periods"][0].clone();
    assert_eq!((&period["segments"], &period["accepted"]["count"]), (&1.into(), &1.into()));
    let table = product.run(&["figures", "--csv"], "").await.printed;
    assert!(table[0].starts_with("from,attempts,delivered,"), "{table:?}");
    assert_eq!(table.len(), 2, "the names and one day: {table:?}");
}

#[tokio::test]
async fn what_is_sent_by_hand_is_spent_and_what_is_tried_out_is_the_owners() {
    let mut product = Product::start(&["twilio"]).await;
    let spent = async |product: &mut Product| {
        let ran = product.run(&["limits", "--json"], "").await;
        let shown: Value = serde_json::from_str(&ran.printed.join("\n")).unwrap();
        let limits = shown["limits"].as_array().unwrap().iter();
        let caps = limits
            .filter(|it| ["CAP_DAY", "CAP_OWNER_DAY"].map(Value::from).contains(&it["setting"]));
        caps.map(|it| it["used"].clone()).collect::<Vec<_>>()
    };
    let [send, ann, text] = SEND;
    assert_eq!(product.run(&[send, "--at-night", ann, text], "").await.code, Some(0));
    assert_eq!(spent(&mut product).await, ["0.001", "0.00"]);
    product.run(&["doctor", "--send-to", ann, "--yes", "--wait", "0"], "").await;
    assert_eq!(spent(&mut product).await, ["0.001", "0.001"]);
    product.companies.twilio.refuse_with(20429);
    assert_eq!(product.run(&[send, "--at-night", ann, text], "").await.code, Some(1));
    assert_eq!(spent(&mut product).await, ["0.001", "0.001"]);
}

#[tokio::test]
async fn languages_prints_each_fixed_text_with_its_segments() {
    let mut product = Product::start(&[]).await;
    let ran = product.run(&["languages"], "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let after = |language: &str| {
        let lines = ran.printed.iter().skip_while(|line| *line != language);
        lines.skip(1).take_while(|line| line.starts_with(' ')).collect::<Vec<_>>()
    };
    assert_eq!(ran.printed[0], "English (en)");
    let stop = "  stop        GSM-7  1  Handy Home: Sie sind abgemeldet und erhalten keine SMS mehr \
                von uns. Mit START melden Sie sich wieder an.";
    assert_eq!((after("German (de)").len(), after("German (de)")[0].as_str()), (6, stop));
    assert!(after("Chinese (zh)")[0].starts_with("  stop        UCS-2  1  Handy Home"));

    let ran = product.run(&["languages", "--json"], "").await;
    let told: serde_json::Value = serde_json::from_str(&ran.printed.join("\n")).unwrap();
    assert_eq!(
        (&told["language"], &told["languages"][0]["name"]),
        (&"en".into(), &"English".into())
    );
    assert_eq!(told["languages"][0]["texts"]["later"]["segments"], 1);
}

#[tokio::test]
async fn send_wakes_nobody_who_has_not_just_texted() {
    let hour = jiff::Timestamp::now().in_tz("America/New_York").unwrap().hour();
    let night = format!("{}-{}", (hour + 23) % 24, (hour + 2) % 24);
    let mut product = Product::start_with(&["twilio"], &[("QUIET_HOURS", night.as_str())]).await;
    let ran = product.run(&SEND, "").await;
    let refused = "error: it is quiet hours where this person is, until ";
    assert!(ran.code == Some(1) && ran.said[0].starts_with(refused), "{ran:?}");
    assert!(product.companies.twilio.messages().is_empty());
    let [send, ann, text] = SEND;
    assert_eq!(product.run(&[send, "--at-night", ann, text], "").await.code, Some(0));
    product.text(ANN, "My tap drips").await;
    product.settled().await;
    assert_eq!(product.run(&SEND, "").await.code, Some(0), "it answers a text just received");
}

#[tokio::test]
async fn send_respects_a_stop() {
    let mut product = Product::start(&BOTH).await;
    product.text_by("twilio", ANN, "STOP").await;
    product.settled().await;
    let ran = product.run(&SEND, "").await;
    assert_eq!((ran.code, ran.printed), (Some(1), vec![]));
    assert_eq!(ran.said, ["error: this person has said STOP: nothing was sent"]);
    assert!(
        product.companies.messagecentral.messages().is_empty()
            && product.companies.twilio.messages().is_empty()
    );
}

#[tokio::test]
async fn send_reads_a_number_as_it_is_dialled_locally() {
    let mut product = Product::start(&BOTH).await;
    for written in ["(202) 555-0144", "011 1 202 555 0144"] {
        assert_eq!(product.run(&["send", written, "On our way"], "").await.code, Some(0));
    }
    assert_eq!(product.companies.messagecentral.texts_to("+12025550144").len(), 2);
}

#[tokio::test]
async fn send_does_not_guess_at_a_number() {
    let mut product = Product::start(&["messagecentral"]).await;
    for (written, why) in [
        ("2025550144", "no such telephone number: write + and the country code first"),
        ("+1 202 555 0144 ext. 3", "leave the extension out"),
        ("+1 202 555 014", "there are digits missing"),
        ("my mother", "a telephone number is digits"),
    ] {
        let ran = product.run(&["send", written, "We are on our way"], "").await;
        assert_eq!(ran.code, Some(1));
        assert!(ran.said[0].starts_with(&format!("error: {why}")), "{ran:?}");
    }
    assert!(product.companies.messagecentral.messages().is_empty());
}

#[tokio::test]
async fn without_any_setting_everything_is_built_in() {
    let nothing = [
        ("CONSOLE_PASSWORD", ""),
        ("OPENAI_API_KEY", ""),
        ("OPENAI_BASE_URL", ""),
        ("PUBLIC_URL", ""),
    ];
    let mut product = Product::start_with(&[], &nothing).await;
    let printed = product.process.printed().join("\n");
    assert!(printed.contains("offline, built in"), "{printed}");
    assert!(printed.contains("mock: nothing is sent"), "{printed}");
    assert_eq!(product.known(Method::GET, "/console").send().await.unwrap().status(), 200);
    product.text_mock(ANN, "My kitchen tap drips").await;
    product.settled().await;
    assert_eq!(product.replies(&between("mock", ANN)).await.len(), 1);
}

#[tokio::test]
async fn settings_may_stand_in_parameter_store() {
    let Some(moto) = moto().await else { return };
    let path = format!("/textback/{}", unique_name());
    moto.put_parameter(&format!("{path}/CONSOLE_PASSWORD"), "open-sesame-71").await;
    let settings = [
        ("CONSOLE_PASSWORD", ""),
        ("SECRETS_PATH", path.as_str()),
        ("AWS_ENDPOINT_URL", &moto.url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-the-owner"),
    ];
    let product = Product::start_with(&["mock"], &settings).await;
    let console = || product.call(Method::GET, "/console");
    assert_eq!(console().send().await.unwrap().status(), 401);
    let known = console().basic_auth("owner", Some("open-sesame-71"));
    assert_eq!(known.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_setting_that_cannot_work_stops_the_start_and_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let found_here: [(&[(&str, &str)], &str); 3] = [
        (
            &[("PORT", &port)],
            &format!("PORT cannot be used: port {port} is taken: set PORT to another number"),
        ),
        (
            &[("AGENT_FILE", file.path().to_str().unwrap())],
            &format!("AGENT_FILE cannot be used: {}, line 1: ", file.path().display()),
        ),
        (
            &[("DATA_DIR", file.path().to_str().unwrap())],
            &format!("DATA_DIR cannot be used: {} (", file.path().display()),
        ),
    ];
    for (settings, told) in CANNOT_WORK.iter().copied().chain(found_here) {
        let (code, said) = start(&folder, settings).await;
        assert_eq!(code, Some(1), "{settings:?}");
        assert!(
            matches!(&said[..], [line] if line.starts_with(&format!("error: {told}"))),
            "{settings:?}: {said:?}"
        );
    }
}

/// Settings that cannot work, and what is said of them.
const CANNOT_WORK: &[(&[(&str, &str)], &str)] = &[
    (
        &[("TWILIO_ACCOUNT_SID", "AC0")],
        "Twilio is half configured: set TWILIO_AUTH_TOKEN, TWILIO_FROM (or \
         TWILIO_MESSAGING_SERVICE_SID) as well",
    ),
    (
        &[("MC_CUSTOMER_ID", "C-0")],
        "MessageCentral is half configured: set MC_PASSWORD (or MC_PASSWORD_BASE64) as well",
    ),
    (
        &[("MC_CUSTOMER_ID", "C-0"), ("MC_PASSWORD_BASE64", "open sesame")],
        "MC_PASSWORD_BASE64 cannot be used: write the password in Base64, or set MC_PASSWORD \
         to the password itself",
    ),
    (&[("OPENAI_MODEL", "gpt-4.1")], "the model is half configured: set OPENAI_API_KEY as well"),
    (
        &[("RESULT_WEBHOOK_URL", "https://business.example.test")],
        "the result webhook is half configured: set RESULT_WEBHOOK_SECRET as well",
    ),
    (
        &[
            ("RESULT_WEBHOOK_URL", "https://business.example.test"),
            ("RESULT_WEBHOOK_SECRET", "whsec_open sesame"),
        ],
        "RESULT_WEBHOOK_SECRET can be guessed, having fewer than 24 bytes: take what `openssl \
         rand -base64 24` prints",
    ),
    (
        &[("FIRESTORE_DATABASE", "texts")],
        "Firestore is half configured: set GOOGLE_CLOUD_PROJECT as well",
    ),
    (
        &[("KEEP_CLAIMS_DAYS", "90")],
        "KEEP_CLAIMS_DAYS cannot be used: write a number from 400 to 3650; not fewer, since a call \
         that a provider signed can be repeated for so long",
    ),
    (
        &[("SMS_PROVIDERS", "twilio")],
        "SMS_PROVIDERS cannot be used: twilio is named twice or is not configured: leave it \
         out, or set its settings",
    ),
    (
        &[("PROBE_EVERY", "10m")],
        "PROBE_EVERY cannot be used: write how often, such as 6h or 90m; no more often than 1h, since \
         each costs money",
    ),
    (
        &[("PROBE_EVERY", "6h")],
        "PROBE_EVERY cannot be used: it takes two providers with a number each, written as \
         +12025550143, and not a name, a service or a pool: configure another, or leave this out",
    ),
    (&[("USE_MOCK", "maybe")], "USE_MOCK cannot be used: write true or false"),
    (
        &[("PUBLIC_URL", "sms.example.test")],
        "PUBLIC_URL cannot be used: write an address like https://sms.example.com, with \
         nothing after the path",
    ),
    (&[("PORT", "http")], "PORT cannot be used: write a number up to 65535"),
    (
        &[("SECRETS_PATH", "textback")],
        "SECRETS_PATH cannot be used: write a path like /textback/production/",
    ),
    (&[("LOG_FORMAT", "xml")], "LOG_FORMAT cannot be used: write json or text"),
    (
        &[("AGENT_FILE", "nowhere.md")],
        "AGENT_FILE cannot be used: write the path of the agent's page: nowhere.md is not \
         readable: No such file or directory (os error 2)",
    ),
    (
        &[("BUSINESS_FILE", "nowhere.toml")],
        "BUSINESS_FILE cannot be used: write the path of the business's facts: nowhere.toml is \
         not readable: ",
    ),
    (
        &[("GOOGLE_CLOUD_PROJECT", "p")],
        "NAME_KEY cannot be used: it is not set, and Firestore is used: set the one that the \
         database was begun with, or what `openssl rand -base64 32` prints if nothing is in it",
    ),
    (
        &[("NAME_KEY", "c2hvcnQ=")],
        "NAME_KEY cannot be used: write 32 bytes, as `openssl rand -base64 32` prints them",
    ),
    (
        &[
            ("GOOGLE_CLOUD_PROJECT", "p"),
            ("NAME_KEY", fakes::NAME_KEY),
            ("GOOGLE_APPLICATION_CREDENTIALS", "nowhere.json"),
        ],
        "GOOGLE_APPLICATION_CREDENTIALS cannot be used: write the path of its file, or its \
         content: nowhere.json is not readable: ",
    ),
    (&[("RUST_LOG", "verbose")], "RUST_LOG cannot be used: write error, warn, info, debug"),
    (
        &[("PUBLIC_URL", "https://sms.example.test/webhooks/twilio/inbound")],
        "PUBLIC_URL cannot be used: write an address like https://sms.example.com",
    ),
    (
        &[
            ("TWILIO_PHONE_NUMBER", "(202) 555-0100"),
            ("TWILIO_ACCOUNT_SID", "AC1"),
            ("TWILIO_AUTH_TOKEN", "token"),
        ],
        "TWILIO_FROM cannot be used: write the number with + and its country code, and nothing \
         between the digits, as +12025550100",
    ),
];

#[tokio::test]
async fn a_name_that_nearly_matches_a_setting_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let nearly =
        [("TWILIO_ACCOUNT_SID", "AC1"), ("TWILIO_AUTH_TOKN", "x"), ("TWILIO_FROM", "384387")];
    let (code, said) = start(&folder, &nearly).await;
    assert_eq!(code, Some(1));
    assert!(said[0].contains("nothing reads TWILIO_AUTH_TOKN: did you mean TWILIO_AUTH_TOKEN?"));
    assert!(said[1].contains("set TWILIO_AUTH_TOKEN as well"), "{said:?}");

    let misspelt = [("OPENAI_API_KY", "x"), ("TEXTBACK_DATA_DIR", "/data")];
    let mut product = Product::start_with(&["twilio"], &misspelt).await;
    let ran = product.run(&["doctor"], "").await;
    assert_eq!(ran.said[0], "note: nothing reads OPENAI_API_KY: did you mean OPENAI_API_KEY?");
    assert_eq!(ran.said[1], "note: nothing reads TEXTBACK_DATA_DIR: did you mean DATA_DIR?");
    let line = "! settings: nothing reads OPENAI_API_KY, which is nearly OPENAI_API_KEY";
    assert!(ran.printed.iter().any(|printed| printed.trim() == line), "{:?}", ran.printed);
}

#[tokio::test]
async fn the_start_prints_each_address_as_it_is_pasted() {
    let product = Product::start(&["twilio", "messagecentral"]).await;
    let printed = product.process.printed();
    for (what, address) in [
        ("webhook ", "messagecentral/inbound?token=<MC_WEBHOOK_TOKEN>"),
        ("receipts", "messagecentral/status?token=<MC_WEBHOOK_TOKEN>"),
        ("webhook ", "twilio/inbound#rc=5&rp=all"),
        ("receipts", "twilio/status"),
    ] {
        let line = format!("  {what}   {PUBLIC_URL}/webhooks/{address}");
        assert!(printed.contains(&line), "{line} of {printed:#?}");
    }
}

#[tokio::test]
async fn an_invalid_count_says_what_to_write() {
    let mut product = Product::start(&["twilio"]).await;
    let ran = product.run(&["doctor", "--send-to", ANN, "--wait", "soon"], "").await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.said[0].ends_with("write a whole number of seconds, such as 120"), "{ran:?}");
}

/// Starts the program with these settings alone, and waits until it ends.
async fn start(folder: &TempDir, settings: &[(&str, &str)]) -> (Option<i32>, Vec<String>) {
    let data = folder.path().join("data");
    let settings: Settings = [("DATA_DIR", data.to_str().unwrap()), ("PORT", "0")]
        .iter()
        .chain(settings)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut process = Process::start(&[], &settings, "");
    (process.end().await, process.logged())
}
