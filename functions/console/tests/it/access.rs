use std::net::IpAddr;

use axum::http::header;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use console::Access;
use settings::Settings;

use crate::{Browser, browser};

const LOCAL: &str = "http://localhost:5000";
const PUBLIC: &str = "https://sms.example.com";

/// Everything below the console that a stranger may try.
const CALLS: [&str; 7] = [
    "GET /console",
    "GET /console/",
    "GET /console/page.js",
    "GET /console/api/about",
    "GET /console/api/notices",
    "GET /console/no/such/thing",
    "POST /console/api/about",
];

#[tokio::test]
async fn shows_itself_to_this_machine_alone() {
    for (headers, allowed) in [
        ("Host: localhost", true),
        ("Host: localhost:5000", true),
        ("Host: LOCALHOST:5000", true),
        ("Host: 127.0.0.1:5000", true),
        ("Host: [::1]", true),
        ("Host: [::1]:5000", true),
        ("Host: localhost:5000\nOrigin: http://localhost:5000", true),
        ("Host: 127.0.0.1:5000\nOrigin: http://127.0.0.1:5000", true),
        ("", false),
        ("Host: ", false),
        ("Host: sms.example.com", false),
        ("Host: localhost.example.com", false),
        ("Host: localhost:5000@example.com", false),
        ("Host: localhost:x", false),
        ("Host: 127.0.0.1.example.com", false),
        ("Host: 127.0.0.2", false),
        ("Host: 192.168.1.20:5000", false),
        ("Host: [::1", false),
        ("Host: localhost\nHost: localhost", false),
        ("Host: localhost:5000\nOrigin: https://evil.example", false),
        ("Host: localhost:5000\nOrigin: http://localhost:3000", false),
        ("Host: localhost:5000\nOrigin: null", false),
        ("Host: localhost:5000\nForwarded: for=192.0.2.1", false),
        ("Host: localhost:5000\nX-Forwarded-For: 127.0.0.1", false),
        ("Host: localhost:5000\nX-Forwarded-Host: localhost", false),
        ("Host: localhost:5000\nX-Forwarded-Proto: https", false),
        ("Host: localhost:5000\nX-Real-IP: 127.0.0.1", false),
        ("Host: localhost:5000\nVia: 1.1 proxy", false),
        ("Host: localhost:5000\nCF-Connecting-IP: 192.0.2.1", false),
        ("Host: localhost:5000\nTrue-Client-IP: 192.0.2.1", false),
        ("Host: localhost:5000\nAuthorization: Basic eDp5\nX-Forwarded-For: 192.0.2.1", false),
    ] {
        let shown = if allowed { [200, 200, 200, 200, 200, 404, 405] } else { [404; 7] };
        assert_eq!(answers(&open(LOCAL, "127.0.0.1"), headers).await, shown, "{headers}");
    }
}

#[tokio::test]
async fn hides_from_an_absolute_target_elsewhere() {
    let console = open(LOCAL, "127.0.0.1");
    let answer = |url: &'static str| console.call(url, "Host: localhost");
    assert_eq!(answer("GET http://localhost:5000/console").await.0, 200);
    assert_eq!(answer("GET http://evil.example/console").await.0, 404);
}

#[tokio::test]
async fn hides_where_others_can_reach_it() {
    for (public_url, bound, shown) in [
        (LOCAL, "127.0.0.1", true),
        ("http://127.0.0.1:5000", "127.0.0.1", true),
        ("http://[::1]:5000", "::1", true),
        (LOCAL, "0.0.0.0", false),
        (LOCAL, "::", false),
        (LOCAL, "192.168.1.20", false),
        (PUBLIC, "127.0.0.1", false),
        ("http://localhost.example.com", "127.0.0.1", false),
        ("http://0.0.0.0:5000", "127.0.0.1", false),
        ("not an address", "127.0.0.1", false),
    ] {
        let found = answers(&open(public_url, bound), "Host: localhost").await;
        assert_eq!(found == [404; 7], !shown, "{public_url} on {bound}");
    }
}

#[tokio::test]
async fn asks_everybody_for_the_password() {
    let right = basic("owner:open: sesame");
    for (headers, expected) in [
        (right.clone(), [200, 200, 200, 200, 200, 404, 405]),
        (basic(":open: sesame"), [200, 200, 200, 200, 200, 404, 405]),
        (right.replace("Basic", "basic"), [200, 200, 200, 200, 200, 404, 405]),
        (format!("{right}\nX-Forwarded-For: 192.0.2.1"), [200, 200, 200, 200, 200, 404, 405]),
        (format!("{right}\nOrigin: {PUBLIC}"), [200, 200, 200, 200, 200, 404, 405]),
        (format!("{right}\nOrigin: https://evil.example"), [403; 7]),
        (format!("{right}\nOrigin: null"), [403; 7]),
        (String::new(), [401; 7]),
        ("Host: localhost".into(), [401; 7]),
        (basic("owner:open: sesam"), [401; 7]),
        (basic("owner:open: sesame "), [401; 7]),
        (basic("owner:"), [401; 7]),
        (basic("open: sesame"), [401; 7]),
        ("Authorization: Basic !".into(), [401; 7]),
        ("Authorization: Bearer open: sesame".into(), [401; 7]),
        (format!("{right}\n{right}"), [401; 7]),
    ] {
        assert_eq!(answers(&locked(), &headers).await, expected, "{headers}");
    }
}

#[tokio::test]
async fn makes_a_browser_ask_for_the_password() {
    let (_, headers, _) = locked().call("GET /console", "").await;
    let ask = headers[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert_eq!(ask, r#"Basic realm="console", charset="UTF-8""#);
}

async fn answers(console: &Browser, headers: &str) -> [u16; 7] {
    let mut answers = [0; 7];
    for (answer, call) in answers.iter_mut().zip(CALLS) {
        *answer = console.call(call, headers).await.0.as_u16();
    }
    answers
}

fn open(public_url: &str, bound: &str) -> Browser {
    let bound: IpAddr = bound.parse().unwrap();
    browser(Access::from_settings(&Settings::default(), public_url, bound))
}

/// A console on the internet.
fn locked() -> Browser {
    let settings = Settings::from([("CONSOLE_PASSWORD", "open: sesame")]);
    browser(Access::from_settings(&settings, PUBLIC, [0, 0, 0, 0].into()))
}

fn basic(pair: &str) -> String {
    format!("Authorization: Basic {}", BASE64_STANDARD.encode(pair))
}
