use access::Access;
use axum::http::header;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use settings::Settings;
use tokio::time::{Duration, Instant};

use crate::{Browser, at_home, browser};

const PUBLIC: &str = "https://sms.example.com";

/// Every call below the console that a stranger may try.
const CALLS: [&str; 7] = [
    "GET /console",
    "GET /console/",
    "GET /console/desk.js",
    "GET /console/api/about",
    "GET /console/api/notices",
    "GET /console/no/such/thing",
    "POST /console/api/about",
];

/// The answers to an admitted caller.
const SHOWN: [u16; 7] = [200, 200, 200, 200, 200, 404, 405];

/// The headers that proxies and tunnels add to the calls they pass on. Many add none.
const PROXIES: &str = "Forwarded Via X-Forwarded-For X-Forwarded-Host X-Real-IP CF-Connecting-IP \
    X-Original-Forwarded-For X-Envoy-External-Address Fly-Client-IP X-Cluster-Client-IP \
    Fastly-Client-IP X-Azure-ClientIP X-Appengine-User-IP ngrok-skip-browser-warning \
    X-Forwarded-Scheme Tailscale-User-Login Cf-Ray CDN-Loop X-Amzn-Trace-Id Traceparent \
    X-Request-Id True-Client-IP";

#[tokio::test]
async fn the_link_lets_a_browser_in_once_and_its_cookie_from_then_on() {
    let console = at_home();
    let link = console.access.link().unwrap();
    let (status, headers, body) = console.call(&format!("GET {link}"), "").await;
    assert_eq!((status.as_u16(), body.as_str()), (303, ""));
    assert_eq!(headers[header::LOCATION], "/console");
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict");
    for headers in [
        format!("Cookie: {pair}"),
        format!("Cookie: theme=dark; {pair}; console-80=elsewhere"),
        format!("Cookie: console-5000=of-an-earlier-start\nCookie: {pair}"),
        format!("Cookie: {pair}\nHost: 127.0.0.1:5000"),
        format!("Cookie: {pair}\nX-Forwarded-For: 192.0.2.1"),
    ] {
        assert_eq!(answers(&console, &headers).await, SHOWN, "{headers}");
    }
}

#[tokio::test]
async fn each_start_has_a_link_of_its_own() {
    let (one, other) = (at_home().access.link().unwrap(), at_home().access.link().unwrap());
    assert_ne!(one, other);
    // Four bits each, nearly all of them random.
    assert_eq!(one.split_once('=').unwrap().1.len(), 64);
    assert_eq!(at_home().call(&format!("GET {one}"), "").await.0, 403);
}

/// Behind a proxy, or at the other end of a tunnel, everybody seems to be at this machine.
#[tokio::test]
async fn seeming_to_be_at_this_machine_lets_nobody_in() {
    let console = at_home();
    let mut all: Vec<_> =
        PROXIES.split(' ').map(|name| format!("Host: localhost:5000\n{name}: 127.0.0.1")).collect();
    for host in [
        "localhost",
        "localhost:5000",
        "LOCALHOST:5000",
        "127.0.0.1:5000",
        "[::1]:5000",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "localhost.",
        "localhost:99999",
        "x@localhost",
        "0.0.0.0:5000",
        "127.1",
        "sms.example.com",
        "",
    ] {
        all.push(format!("Host: {host}"));
    }
    all.push(String::new());
    all.push("Host: localhost:5000\nOrigin: http://localhost:5000".into());
    all.push("Host: localhost:5000\nSec-Fetch-Site: same-origin".into());
    all.push("Host: localhost\nHost: localhost".into());
    for headers in &all {
        assert_eq!(answers(&console, headers).await, [403; 7], "{headers}");
    }
    let (_, headers, body) = console.call("GET /console", "Host: localhost:5000").await;
    assert!(body.contains("the link that the program printed"), "{body}");
    assert!(!headers.contains_key(header::SET_COOKIE) && !body.contains(&console.token()));
    let absolute = console.call("GET http://localhost:5000/console", "Host: localhost:5000").await;
    assert_eq!(absolute.0, 403);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_opens_nothing() {
    let console = at_home();
    let token = console.token();
    let (short, long) = (&token[1..], format!("{token}0"));
    for headers in [
        format!("Cookie: console-5000={short}"),
        format!("Cookie: console-5000={long}"),
        format!("Cookie: console-5001={token}"),
        "Cookie: console-5000=".into(),
        "Cookie: console-5000".into(),
        "Authorization: Bearer ".into(),
        format!("Authorization: Basic {token}"),
        basic(&format!("owner:{token}")),
        basic("owner:"),
        format!("Token: {token}"),
    ] {
        assert_eq!(answers(&console, &headers).await, [403; 7], "{headers}");
    }
    for path in ["/console?token=", "/console?token=0", &format!("/console?Token={token}")] {
        assert_eq!(console.call(&format!("GET {path}"), "").await.0, 403, "{path}");
    }
    let posted = format!("POST /console/api/about?token={token}");
    assert_eq!(console.call(&posted, "").await.0, 403);
}

#[tokio::test]
async fn programs_carry_the_token_as_a_bearer() {
    let console = at_home();
    let bearer = format!("Authorization: Bearer {}", console.token());
    assert_eq!(answers(&console, &bearer).await, SHOWN);
    assert_eq!(answers(&console, &bearer.replace("Bearer", "bearer")).await, SHOWN);
}

#[tokio::test]
async fn no_foreign_page_is_let_in_whatever_its_browser_sends() {
    let console = at_home();
    let cookie = console.known();
    for (more, shown) in [
        ("Origin: http://localhost:5000", true),
        ("Origin: http://localhost:5000\nSec-Fetch-Site: same-origin", true),
        ("Sec-Fetch-Site: none", true),
        ("Origin: https://evil.example", false),
        ("Origin: null", false),
        ("Origin: http://localhost:3000", false),
        ("Origin: http://localhost:3000\nSec-Fetch-Site: same-origin", false),
        ("Origin: http://localhost:5000\nOrigin: https://evil.example", false),
        ("Sec-Fetch-Site: cross-site", false),
        ("Sec-Fetch-Site: same-site", false),
        ("Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: iframe", false),
        ("Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: script", false),
    ] {
        let expected = if shown { SHOWN } else { [403; 7] };
        let headers = format!("{cookie}\nHost: localhost:5000\n{more}");
        assert_eq!(answers(&console, &headers).await, expected, "{more}");
    }
    // A page under a name of its own that resolves to this machine.
    let rebound = format!("{cookie}\nHost: evil.example:5000\nOrigin: http://evil.example:5000");
    assert_eq!(answers(&console, &rebound).await, [403; 7]);
    // A container's port may differ outside.
    let outside = format!("{cookie}\nHost: localhost:8080\nOrigin: http://localhost:8080");
    assert_eq!(answers(&console, &outside).await, SHOWN);
}

#[tokio::test]
async fn a_link_in_a_mail_leads_to_the_page() {
    let visit = "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document";
    let known = format!("{}\n{visit}", basic("owner:open: sesame!"));
    let expected = [200, 200, 200, 200, 200, 404, 403];
    assert_eq!(answers(&locked(), &known).await, expected);
}

#[tokio::test]
async fn asks_everybody_for_the_password() {
    let right = basic("owner:open: sesame!");
    for (headers, expected) in [
        (right.clone(), SHOWN),
        (basic(":open: sesame!"), SHOWN),
        (right.replace("Basic", "basic"), SHOWN),
        (format!("{right}\nX-Forwarded-For: 192.0.2.1"), SHOWN),
        (format!("{right}\nOrigin: {PUBLIC}"), SHOWN),
        (format!("{right}\nOrigin: https://evil.example"), [403; 7]),
        (format!("{right}\nOrigin: null"), [403; 7]),
        (format!("{right}\nHost: evil.example\nOrigin: https://evil.example"), [403; 7]),
        (format!("{right}\nSec-Fetch-Site: cross-site"), [403; 7]),
        (String::new(), [401; 7]),
        ("Host: localhost".into(), [401; 7]),
    ] {
        assert_eq!(answers(&locked(), &headers).await, expected, "{headers}");
    }
    for headers in [
        basic("owner:open: sesame"),
        basic("owner:open: sesame! "),
        basic("owner:"),
        basic("open: sesame!"),
        "Authorization: Basic !".into(),
        "Authorization: Basic".into(),
        "Authorization: Bearer open: sesame!".into(),
        format!("{right}\n{right}"),
    ] {
        assert_eq!(locked().call("GET /console", &headers).await.0, 401, "{headers}");
    }
    assert_eq!(locked().call("GET /console?token=open:+sesame!", "").await.0, 401);
}

#[tokio::test]
async fn makes_a_browser_ask_for_the_password_and_remember_that_it_was_right() {
    let console = locked();
    let (_, headers, _) = console.call("GET /console", "").await;
    let ask = headers[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert_eq!(ask, r#"Basic realm="console", charset="UTF-8""#);

    let (_, headers, _) = console.call("GET /console", &basic("owner:open: sesame!")).await;
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict; Secure");
    assert!(!pair.contains("sesame"));
    // The function that takes the phone's texts is another process with the same password.
    assert_eq!(answers(&locked(), &format!("Cookie: {pair}")).await, SHOWN);
    let changed = with_password("another: sesame!");
    assert_eq!(changed.call("GET /console", &format!("Cookie: {pair}")).await.0, 401);
}

#[tokio::test(start_paused = true)]
async fn guesses_wait_for_each_answer_and_the_right_password_does_not() {
    let console = locked();
    let took = async |headers: &str, status: u16| {
        let begun = Instant::now();
        assert_eq!(console.call("GET /console", headers).await.0, status);
        begun.elapsed()
    };
    for _ in 0..5 {
        assert_eq!(took(&basic("owner:open barley"), 401).await, Duration::ZERO);
    }
    for guess in [basic("owner:open barley"), "Cookie: console-443=00".into()] {
        assert_eq!(took(&guess, 401).await, Duration::from_secs(1), "{guess}");
    }
    // A call without credentials is not a guess.
    assert_eq!(took("", 401).await, Duration::ZERO);
    assert_eq!(took(&basic("owner:open: sesame!"), 200).await, Duration::ZERO);
}

#[tokio::test]
async fn without_a_password_or_a_link_it_does_not_exist() {
    for headers in ["", "Host: localhost:5000", &basic("owner:"), "Authorization: Bearer "] {
        assert_eq!(answers(&browser(Access::nobody()), headers).await, [404; 7], "{headers}");
    }
}

#[tokio::test]
async fn a_password_that_can_be_guessed_opens_nothing() {
    for weak in ["x", "eleven char"] {
        let console = with_password(weak);
        let known = basic(&format!("owner:{weak}"));
        assert_eq!(answers(&console, &known).await, [404; 7]);
        let (_, _, said) = console.call("GET /console", &known).await;
        assert!(said.contains("`openssl rand -base64 24`") && !said.contains(weak), "{said}");
    }
    let console = with_password("twelve chars");
    assert_eq!(answers(&console, &basic("owner:twelve chars")).await, SHOWN);
}

async fn answers(console: &Browser, headers: &str) -> [u16; 7] {
    let mut answers = [0; 7];
    for (answer, call) in answers.iter_mut().zip(CALLS) {
        *answer = console.call(call, headers).await.0.as_u16();
    }
    answers
}

/// A console on the internet.
fn locked() -> Browser {
    with_password("open: sesame!")
}

fn with_password(password: &str) -> Browser {
    let settings = Settings::from([("CONSOLE_PASSWORD", password)]);
    browser(Access::by_password(&settings, PUBLIC))
}

fn basic(pair: &str) -> String {
    format!("Authorization: Basic {}", BASE64_STANDARD.encode(pair))
}
