use axum::http::header;

use crate::at_home;

#[tokio::test]
async fn serves_everything_that_the_page_asks_for() {
    let console = at_home();
    let (_, _, mut seen) = console.call("GET /console", &console.known()).await;
    for (file, kind) in [
        ("desk.css", "text/css; charset=utf-8"),
        ("desk.js", "text/javascript; charset=utf-8"),
        ("live.js", "text/javascript; charset=utf-8"),
        ("phones.css", "text/css; charset=utf-8"),
        ("phones.js", "text/javascript; charset=utf-8"),
        ("phone.js", "text/javascript; charset=utf-8"),
        ("thread.js", "text/javascript; charset=utf-8"),
        ("inspector.js", "text/javascript; charset=utf-8"),
        ("parts.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let (status, headers, body) =
            console.call(&format!("GET /console/{file}"), &console.known()).await;
        assert_eq!(
            (status.as_u16(), &headers[header::CONTENT_TYPE]),
            (200, &kind.parse().unwrap())
        );
        seen.push_str(&body);
    }
    assert!(!seen.contains("//cdn") && !seen.contains("innerHTML") && !seen.contains("<style"));
}

#[tokio::test]
async fn lets_a_browser_run_nothing_but_our_files() {
    let console = at_home();
    for call in ["GET /console", "GET /console/desk.js", "GET /console/api/about", "GET /console/x"]
    {
        let (_, headers, _) = console.call(call, &console.known()).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        for part in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{call}: {part}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
}

/// The page counts segments while somebody types, so it has a second copy of the alphabet.
#[tokio::test]
async fn counts_with_the_alphabet_that_texts_are_sent_in() {
    let console = at_home();
    let (_, _, script) = console.call("GET /console/segments.js", &console.known()).await;
    let table = |name: &str| -> String {
        let begin = format!("const {name} = new Set(");
        let (_, rest) = script.split_once(&begin).unwrap();
        serde_json::from_str(rest.split_once(");\n").unwrap().0).unwrap()
    };
    let (basic, extension) = (table("BASIC"), table("EXTENSION"));
    let differ: Vec<char> = (char::MIN..=char::MAX)
        .filter(|&character| {
            let septets = match (basic.contains(character), extension.contains(character)) {
                (true, false) => Some(1),
                (false, true) => Some(2),
                (false, false) => None,
                (true, true) => Some(3),
            };
            septets != sms::gsm7_units(character)
        })
        .collect();
    assert!(differ.is_empty(), "{differ:?}");
}
