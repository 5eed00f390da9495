use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use business::Business;
use sha2::{Digest, Sha256};
use site::PublicPage;

use crate::{between, oakwood, visitor};

#[tokio::test]
async fn a_browser_may_load_only_the_page_itself() {
    let site = oakwood();
    for (call, body) in [
        ("GET /", ""),
        ("GET /privacy", ""),
        ("GET /terms", ""),
        ("GET /opt-in", ""),
        ("POST /opt-in", "number=1"),
    ] {
        let answer = site.send(call, "", body).await;
        let style = between(&answer.body, "<style>", "</style>");
        let style = BASE64_STANDARD.encode(Sha256::digest(style));
        assert_eq!(
            answer.header("content-security-policy"),
            format!(
                "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action \
                 'self'; base-uri 'none'; frame-ancestors 'none'"
            ),
            "{call}"
        );
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
            ("vary", "accept-language"),
            ("set-cookie", ""),
        ] {
            assert_eq!(answer.header(name), value, "{call}: {name}");
        }
        for foreign in ["<script", " style=", " on", "@import", "url(", "http://"] {
            let page = answer.body.replace("http://www.w3.org/2000/svg", "");
            let inside = page.split('<').any(|tag| {
                let tag = tag.split('>').next().unwrap_or_default();
                format!("<{tag}").contains(foreign) && !tag.starts_with("style")
            });
            assert!(!inside, "{call}: {foreign}");
        }
    }
}

#[tokio::test]
async fn only_an_https_address_asks_to_stay_encrypted() {
    let site = visitor(Business::sample(), "http://localhost:5000");
    assert_eq!(site.call("GET /", "").await.header("strict-transport-security"), "");
}

#[tokio::test]
async fn a_cached_page_is_not_sent_again() {
    let site = oakwood();
    for page in PublicPage::ALL {
        let first = site.call(&format!("GET {}", page.path()), "").await;
        assert_eq!(first.header("cache-control"), "public, max-age=300");
        let etag = first.header("etag").to_owned();
        let ask = async |known: &str| {
            let headers = format!("if-none-match: {known}");
            let answer = site.call(&format!("GET {}", page.path()), &headers).await;
            (answer.status, answer.body.is_empty(), answer.header("etag") == etag)
        };
        assert_eq!(ask(&etag).await, (304, true, true));
        assert_eq!(ask(&format!("\"other\", W/{etag}")).await, (304, true, true));
        assert_eq!(ask("\"other\"").await, (200, false, true));
    }
}

#[tokio::test]
async fn every_page_and_language_has_a_name_of_its_own() {
    let site = oakwood();
    let mut names = Vec::new();
    for page in PublicPage::ALL {
        for language in ["en", "es"] {
            let call = format!("GET {}?lang={language}", page.path());
            names.push(site.call(&call, "").await.header("etag").to_owned());
        }
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 8);
}

#[tokio::test]
async fn a_head_has_the_headers_of_a_get() {
    let site = oakwood();
    let get = site.call("GET /terms", "").await;
    let head = site.call("HEAD /terms", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
}

#[tokio::test]
async fn nothing_else_is_answered() {
    let site = oakwood();
    for (call, status) in [
        ("GET /privacy/", 404),
        ("GET /opt-in.html", 404),
        ("POST /", 405),
        ("PUT /opt-in", 405),
        ("DELETE /privacy", 405),
    ] {
        assert_eq!(site.call(call, "").await.status, status, "{call}");
    }
}
