//! What is recognised in a call that was not understood: the person and a stop, or nothing.

use http::Request;
use providers::Mock;
use sms::Provider as _;
use url::form_urlencoded;

const THEIRS: &str = "+12025550143";

#[test]
fn sees_a_stop_wherever_it_stands_and_whoever_says_it() {
    for body in [
        r#"{"from":"+12025550143","text":"STOP"}"#,
        r#"{"from":"0012025550143","to":"+12025550100","text":"STOP"}"#,
        r#"{"data":{"contact":{"phone":"+12025550143"},"event":{"said":"STOP"}}}"#,
        r#"{"Message":"{\"sender\":{\"id\":\"+12025550143\"},\"content\":[{\"text\":\"STOP\"}]}"}"#,
        r#"{"from":"whatsapp:+12025550143","to":"whatsapp:+12025550100","body":"STOP"}"#,
        // No field has a usual name.
        r#"{"a":"+12025550143","b":"STOP","c":17,"to":"+12025550100"}"#,
        r#"[{"from":"+12025550144","text":"Hi"},{"from":"+12025550143","text":"STOP"}]"#,
        r#"{"from":"+12025550143","texts":[{"text":"Hi"},{"text":"STOP"}]}"#,
        // The provider's word takes precedence over the person's.
        r#"{"from":"+12025550143","text":"ARRET","optOutType":"STOP"}"#,
        "From=%2B12025550143&To=%2B12025550100&Body=STOP",
    ] {
        assert_eq!(seen(body), [(THEIRS.to_owned(), "STOP".to_owned())], "{body}");
    }
}

#[test]
fn sees_none_where_nobody_says_it_for_certain() {
    for body in [
        r#"{"to":"+12025550143","text":"STOP"}"#,
        r#"{"from":"384387","text":"STOP"}"#,
        r#"{"from":"Oakwood","text":"STOP"}"#,
        // Without its country code it may be anybody's.
        r#"{"from":"2025550143","text":"STOP"}"#,
        r#"{"from":"messenger:12025550143","text":"STOP"}"#,
        r#"{"a":"+12025550143","b":"STOP","c":"+12025550144"}"#,
        // The words are something else.
        r#"{"from":"+12025550143","text":"Stop by tomorrow","keyword":"STOP"}"#,
        r#"{"from":"+12025550143","text":"Hi","status":"STOP"}"#,
        r#"{"from":"+12025550143","status":"STOP"}"#,
        "STOP",
        "",
    ] {
        assert_eq!(seen(body), [], "{body}");
    }
}

/// A text like this would opt somebody else out.
#[test]
fn does_not_believe_a_text_that_quotes_another_person() {
    let said = r#"{"from":"+12025550143","text":"STOP"}"#;
    for from in ["+12025550144", "384387", "Oakwood", "messenger:12025550144"] {
        let json = serde_json::json!({ "from": from, "text": said }).to_string();
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("From", from), ("Body", said)])
            .finish();
        for body in [json, form] {
            assert_eq!(seen(&body), [], "{body}");
        }
    }
}

fn seen(body: &str) -> Vec<(String, String)> {
    let call = Request::post("/").body(body.to_owned().into()).unwrap();
    let texts = Mock.glimpse(&call, &|words| words == "STOP");
    texts.into_iter().map(|text| (text.from.as_str().to_owned(), text.words)).collect()
}
