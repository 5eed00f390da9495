//! Operators with names of their own.

use access::{Access, user};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use host::FromProxy;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use settings::Settings;
use tokio::time::{Duration, Instant};
use tower::ServiceExt;

use crate::conversation::*;
use crate::{Browser, browser};

const PUBLIC: &str = "https://sms.example.com";
const PASSWORD: &str = "open: sesame!";
const ANN: (&str, &str) = ("ann", "nine red herons");
const BEN: (&str, &str) = ("ben@example.com", "under the ladder");

#[tokio::test]
async fn two_operators_sign_in_and_each_is_known_by_name() {
    let console = desk();
    for who in [ANN, BEN] {
        let session = console.session(who).await;
        assert_eq!(console.seen(&session).await["operator"], who.0);
    }
    let acts = console.store.acts(None, 10).await.unwrap().found;
    let acts: Vec<_> = acts.iter().map(|act| (act.by.name.as_str(), act.did.as_str())).collect();
    assert_eq!(acts, [(BEN.0, "sign in"), (ANN.0, "sign in")]);
    for (name, password) in [(ANN.0, BEN.1), ("nobody", ANN.1), ("owner", ANN.1), ("", "")] {
        let (status, headers, page) = console.signs_in(name, password, "/console").await;
        assert_eq!(status, 401, "{name}");
        assert!(!headers.contains_key(header::SET_COOKIE));
        assert!(page.contains("nobody with this name and this password") && !page.contains(ANN.1));
    }
}

#[tokio::test]
async fn a_session_is_kept_from_scripts_and_from_other_sites() {
    let (_, headers, _) = desk().signs_in(ANN.0, ANN.1, "").await;
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("console-443=ann."), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    assert!(!cookie.contains("argon2") && !cookie.contains(ANN.1));
}

#[tokio::test]
async fn somebody_who_has_not_signed_in_is_led_to_the_page_and_back() {
    let console = desk();
    let (status, headers, body) = console.call("GET /console/desk.js?a=1&b=2", "").await;
    assert_eq!((status.as_u16(), body.as_str()), (303, ""));
    let there = "/console/sign-in?next=%2Fconsole%2Fdesk.js%3Fa%3D1%26b%3D2";
    assert_eq!(headers[header::LOCATION], there);
    let (status, headers, page) = console.call(&format!("GET {there}"), "").await;
    assert!(status == 200 && page.contains("value=\"/console/desk.js?a=1&#38;b=2\""), "{page}");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("form-action 'self'"), "{policy}");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    for file in ["desk.css", "icon.svg"] {
        assert!(page.contains(&format!("\"/console/sign-in/{file}\"")));
        assert_eq!(console.call(&format!("GET /console/sign-in/{file}"), "").await.0, 200);
    }
    let (_, headers, _) = console.signs_in(ANN.0, ANN.1, "/console/desk.js?a=1%26b=2").await;
    assert_eq!(headers[header::LOCATION], "/console/desk.js?a=1&b=2");
    for elsewhere in ["https://evil.example", "//evil.example", "/consoles", "/", "/console\t/x"] {
        let (_, headers, _) = console.signs_in(ANN.0, ANN.1, elsewhere).await;
        assert_eq!(headers[header::LOCATION], "/console", "{elsewhere}");
    }
}

/// A browser keeps the cookie back when it follows the link of another site.
#[tokio::test]
async fn who_follows_a_link_in_a_mail_comes_again_with_the_cookie() {
    let visit = "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document";
    let (status, headers, _) = desk().call("GET /console?a=1", visit).await;
    assert_eq!(
        (status.as_u16(), &headers["refresh"]),
        (200, &"0; url=/console?a=1".parse().unwrap())
    );
}

#[tokio::test]
async fn what_is_typed_comes_back_as_text() {
    let typed = "%22%3E%3Cscript%3E";
    let (_, _, page) = desk().signs_in(typed, "wrong", &format!("/console/{typed}")).await;
    assert!(!page.contains("<script") && page.contains("&#60;script"), "{page}");
}

#[tokio::test]
async fn a_script_that_has_not_signed_in_is_told_so_and_nobody_is_asked() {
    for call in ["GET /console/api/about", "POST /console/api/about", "POST /console"] {
        let (status, headers, _) = desk().call(call, "").await;
        assert_eq!(status, 401, "{call}");
        assert!(!headers.contains_key(header::WWW_AUTHENTICATE));
    }
}

#[tokio::test]
async fn only_a_session_that_lasts_lets_anybody_in() {
    let console = desk();
    let now = Timestamp::now();
    let session = async |console: &Browser, (name, password): (&str, &str), hours| {
        let call = Request::new(()).into_parts().0;
        let begun = now - SignedDuration::from_hours(hours);
        let cookie = console.access.sign_in(&call, name, password.into(), begun).await.unwrap();
        format!("Cookie: {}", cookie.to_str().unwrap().split(';').next().unwrap())
    };
    let lasting = session(&console, ANN, 11).await;
    assert_eq!(console.seen(&lasting).await["operator"], "ann");
    let changed = with(&[("CONSOLE_USERS", &listed(&[(ANN.0, "ten red herons")]))]);
    let removed = with(&[("CONSOLE_USERS", &listed(&[BEN]))]);
    for (session, console, why) in [
        (&session(&console, ANN, 12).await, &console, "of this morning"),
        (&session(&console, ANN, 24).await, &console, "of yesterday"),
        (&lasting.replace("ann.", "ben@example.com."), &console, "of somebody else"),
        (&lasting.replace("ann.", "owner."), &console, "of the owner"),
        (&lasting, &changed, "of a former password"),
        (&lasting, &removed, "of somebody who was removed"),
        (&format!("{lasting}0"), &console, "with more"),
        (&lasting[..lasting.len() - 1].to_owned(), &console, "with less"),
    ] {
        assert_eq!(console.call("GET /console/api/about", session).await.0, 401, "{why}");
    }
}

#[tokio::test]
async fn nothing_is_changed_without_the_token_of_the_session() {
    let console = desk();
    take(&console.store, "Hi", 0).await;
    let block = format!("POST /console/api/conversations/{}/block", id());
    let (ann, ben) = (console.session(ANN).await, console.session(BEN).await);
    let token = async |session: &str| {
        let seen = console.seen(session).await;
        format!("X-Form-Token: {}", seen["form_token"].as_str().unwrap())
    };
    let (anns, bens) = (token(&ann).await, token(&ben).await);
    for headers in [
        ann.clone(),
        format!("{ann}\nX-Form-Token: "),
        format!("{ann}\n{bens}"),
        format!("{ann}\n{anns}\n{anns}"),
        format!("{ann}\n{anns}\nOrigin: https://elsewhere.example"),
        format!("{ann}\n{anns}\nOrigin: null"),
        format!("{ann}\n{anns}\nSec-Fetch-Site: cross-site"),
        format!("{ann}\nContent-Type: text/plain"),
    ] {
        assert_eq!(console.call(&block, &headers).await.0, 403, "{headers}");
    }
    assert_eq!(console.call(&block, &anns).await.0, 401, "it says nothing by itself");
    assert!(!console.store.is_blocked("mock", &person()).await.unwrap());
    let ours = format!("{ann}\n{anns}\nOrigin: {PUBLIC}\nSec-Fetch-Site: same-origin");
    assert_eq!(console.call(&block, &ours).await.0, 200);
    assert!(console.store.is_blocked("mock", &person()).await.unwrap());
}

/// A browser sends the password again by itself, and says that it is one.
#[tokio::test]
async fn a_program_with_the_password_needs_no_token_and_a_browser_with_it_does() {
    let console = with(&[("CONSOLE_PASSWORD", PASSWORD)]);
    take(&console.store, "Hi", 0).await;
    let block = format!("POST /console/api/conversations/{}/block", id());
    let known = format!("Authorization: Basic {}", BASE64_STANDARD.encode(format!(":{PASSWORD}")));
    for says in [format!("Origin: {PUBLIC}"), "Sec-Fetch-Site: same-origin".into()] {
        assert_eq!(console.call(&block, &format!("{known}\n{says}")).await.0, 403, "{says}");
    }
    assert_eq!(console.call(&block, &known).await.0, 200);
}

#[tokio::test]
async fn the_password_goes_on_beside_users() {
    let users = listed(&[ANN]);
    let console = with(&[("CONSOLE_USERS", users.as_str()), ("CONSOLE_PASSWORD", PASSWORD)]);
    for session in [
        console.session(ANN).await,
        console.session(("owner", PASSWORD)).await,
        format!("Authorization: Basic {}", BASE64_STANDARD.encode(format!("any:{PASSWORD}"))),
    ] {
        assert_eq!(console.call("GET /console", &session).await.0, 200);
    }
    let basic = BASE64_STANDARD.encode(format!("{}:{}", ANN.0, ANN.1));
    let basic = format!("Authorization: Basic {basic}");
    assert_eq!(console.call("GET /console/api/about", &basic).await.0, 401);
}

#[tokio::test]
async fn signing_out_makes_the_browser_forget() {
    let console = desk();
    let session = console.session(ANN).await;
    let out = "POST /console/api/sign-out";
    assert_eq!(console.call(out, &session).await.0, 403);
    let seen = console.seen(&session).await;
    assert_eq!(seen["signs_out"], true);
    let token = seen["form_token"].as_str().unwrap();
    let (status, headers, _) =
        console.call(out, &format!("{session}\nX-Form-Token: {token}")).await;
    assert_eq!(status, 204);
    let forgets = "console-443=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0";
    assert_eq!(headers[header::SET_COOKIE], forgets);
}

#[tokio::test]
async fn the_form_of_another_site_signs_nobody_in() {
    let form = format!("name=ann&password={}", ANN.1.replace(' ', "+"));
    let call = Request::post("/console/sign-in").header("Origin", "https://elsewhere.example");
    let answer = desk().answer(call.body(Body::from(form)).unwrap()).await;
    assert_eq!(answer.0, 403);
    assert!(!answer.1.contains_key(header::SET_COOKIE));
}

#[tokio::test(start_paused = true)]
async fn guessing_slows_the_address_that_does_it_for_users_as_well() {
    let console = desk();
    let took = async |from: [u8; 4], password: &str, status: u16| {
        let form = format!("name=ann&password={}", password.replace(' ', "+"));
        let mut call = Request::post("/console/sign-in").body(Body::from(form)).unwrap();
        call.extensions_mut().insert(host::Caller(from.into()));
        let begun = Instant::now();
        assert_eq!(console.answer(call).await.0, status);
        begun.elapsed()
    };
    let (guesser, other) = ([203, 0, 113, 7], [203, 0, 113, 8]);
    for _ in 0..5 {
        assert_eq!(took(guesser, "guess", 401).await, Duration::ZERO);
    }
    assert_eq!(took(guesser, "guess", 401).await, Duration::from_secs(1));
    assert_eq!(took(other, "guess", 401).await, Duration::ZERO);
    // What the store writes down afterwards takes time that does not pass here.
    let (mut head, ()) = Request::post("/console/sign-in").body(()).unwrap().into_parts();
    head.extensions.insert(host::Caller(guesser.into()));
    let begun = Instant::now();
    let signed_in = console.access.sign_in(&head, ANN.0, ANN.1.into(), Timestamp::now()).await;
    assert!(signed_in.is_ok() && begun.elapsed() == Duration::ZERO);
}

/// The header of an identity proxy.
mod header_of_a_proxy {
    use super::*;

    const NAMED: (&str, &str) = ("CONSOLE_TRUSTED_HEADER", "X-Forwarded-User");

    #[tokio::test]
    async fn names_an_operator_if_a_trusted_proxy_sends_it() {
        let console = with(&[NAMED]);
        let (status, headers, seen) =
            console.through_proxy("GET", "/console/api/session", &["ann"]).await;
        let seen: Value = serde_json::from_str(&seen).unwrap();
        assert_eq!((status, &seen["operator"]), (200, &json!("ann")));
        assert_eq!(headers[header::SET_COOKIE].to_str().unwrap().split('.').count(), 1);
        for named in [&[][..], &[""], &["ann", "ann"], &["ann", "ben"], &["a b"], &["<b>"]] {
            let (status, ..) = console.through_proxy("GET", "/console/api/session", named).await;
            assert_eq!(status, 403, "{named:?}");
        }
    }

    #[tokio::test]
    async fn says_nothing_if_anybody_else_sends_it() {
        let users = listed(&[BEN]);
        for console in [with(&[NAMED]), with(&[NAMED, ("CONSOLE_USERS", &users)]), desk()] {
            let (status, ..) =
                console.call("GET /console/api/about", "X-Forwarded-User: ann").await;
            assert!([401, 403].contains(&status.as_u16()), "{status}");
        }
    }

    #[tokio::test]
    async fn says_nothing_on_lambda() {
        let lambda = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        let users = listed(&[BEN]);
        for (console, status) in [
            (with(&[NAMED, lambda]), 404),
            (with(&[NAMED, lambda, ("CONSOLE_USERS", &users)]), 401),
        ] {
            let answer = console.through_proxy("GET", "/console/api/about", &["ann"]).await;
            assert_eq!(answer.0, status);
        }
    }

    #[tokio::test]
    async fn changes_nothing_without_the_token_of_its_browser() {
        let console = with(&[NAMED]);
        take(&console.store, "Hi", 0).await;
        let (_, headers, seen) =
            console.through_proxy("GET", "/console/api/session", &["ann"]).await;
        let seen: Value = serde_json::from_str(&seen).unwrap();
        let token = seen["form_token"].as_str().unwrap();
        let block = format!("/console/api/conversations/{}/block", id());
        assert_eq!(console.through_proxy("POST", &block, &["ann"]).await.0, 403);
        let post = |cookie: &str| {
            let call = Request::post(&block).header("X-Forwarded-User", "ann");
            let call = call.header("Cookie", cookie).header("X-Form-Token", token);
            let mut call = call.body(Body::empty()).unwrap();
            call.extensions_mut().insert(FromProxy);
            call
        };
        let another = format!("console-443={}", "0".repeat(64));
        assert_eq!(console.answer(post(&another)).await.0, 403);
        let (status, short, _) = console.answer(post("console-443=0")).await;
        assert!(status == 403 && short.contains_key(header::SET_COOKIE), "it is too short");
        let cookie = cookie(&headers);
        assert_eq!(console.answer(post(cookie.strip_prefix("Cookie: ").unwrap())).await.0, 200);
    }
}

#[tokio::test]
async fn what_cannot_be_read_closes_the_console_and_says_what_to_do() {
    let weak = [("CONSOLE_USERS", listed(&[ANN])), ("CONSOLE_PASSWORD", "eleven char".into())];
    let bad = [("CONSOLE_USERS", "ann:nine red herons".into())];
    let none = [("CONSOLE_TRUSTED_HEADER", "two words".into())];
    for (settings, fix) in [
        (&weak[..], "`openssl rand -base64 24`"),
        (&bad, "`textback console-user`"),
        (&none, "CONSOLE_TRUSTED_HEADER"),
    ] {
        let settings: Vec<_> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let console = with(&settings);
        let (status, _, said) = console.call("GET /console", "").await;
        assert!(status == 404 && said.contains(fix) && !said.contains("herons"), "{said}");
        assert_eq!(console.call("GET /console/sign-in", "").await.0, 404);
    }
}

impl Browser {
    async fn answer(&self, call: Request<Body>) -> (u16, HeaderMap, String) {
        let (head, body) = self.router.clone().oneshot(call).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        (head.status.as_u16(), head.headers, String::from_utf8(body).unwrap())
    }

    /// The answer to the form of the page on which one signs in.
    async fn signs_in(&self, name: &str, password: &str, next: &str) -> (u16, HeaderMap, String) {
        let form = format!("name={name}&password={}&next={next}", password.replace(' ', "+"));
        let call = Request::post("/console/sign-in").header("Origin", PUBLIC);
        let call = call.header("Content-Type", "application/x-www-form-urlencoded");
        self.answer(call.body(Body::from(form)).unwrap()).await
    }

    /// The header of a browser in which somebody has signed in.
    async fn session(&self, (name, password): (&str, &str)) -> String {
        let (status, headers, _) = self.signs_in(name, &password.replace('!', "%21"), "").await;
        assert_eq!((status, &headers[header::LOCATION]), (303, &"/console".parse().unwrap()));
        cookie(&headers)
    }

    /// What a page is told of its session.
    async fn seen(&self, headers: &str) -> Value {
        let (status, _, body) = self.call("GET /console/api/session", headers).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The answer to a call that a trusted proxy passes on, naming these.
    async fn through_proxy(
        &self,
        method: &str,
        path: &str,
        named: &[&str],
    ) -> (u16, HeaderMap, String) {
        let mut call = Request::builder().method(method).uri(path);
        for name in named {
            call = call.header("X-Forwarded-User", *name);
        }
        let mut call = call.body(Body::empty()).unwrap();
        call.extensions_mut().insert(FromProxy);
        self.answer(call).await
    }
}

/// The header with which a browser comes back.
fn cookie(headers: &HeaderMap) -> String {
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    format!("Cookie: {}", cookie.split(';').next().unwrap())
}

fn listed(who: &[(&str, &str)]) -> String {
    let user = |(name, password): &(&str, &str)| user(name, &(*password).into()).unwrap();
    let users: Vec<_> = who.iter().map(|who| user(who).expose_secret().to_owned()).collect();
    users.join(",")
}

/// A console on the internet with two operators.
fn desk() -> Browser {
    with(&[("CONSOLE_USERS", &listed(&[ANN, BEN]))])
}

fn with(settings: &[(&str, &str)]) -> Browser {
    browser(Access::by_password(&settings.iter().copied().collect::<Settings>(), PUBLIC))
}
