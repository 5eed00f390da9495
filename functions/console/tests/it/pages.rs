//! The pages, as they are drawn.

use axum::body::Body;
use axum::http::{Request, header};
use conversations::{Arrival, Change, Ended, Quarantined, Row, RowWrite};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sms::{Number, Status};
use tower::ServiceExt;

use crate::conversation::*;
use crate::{Browser, at_home};

/// The codes of all languages that there are pages in.
const LANGUAGES: [&str; 6] = ["en", "es", "fr", "de", "pt", "ar"];

impl Browser {
    /// A page, in a language.
    pub(crate) async fn page(&self, path: &str, language: &str) -> (u16, String) {
        let headers = format!("{}\nAccept-Language: {language}", self.known());
        let (status, _, page) = self.call(&format!("GET {path}"), &headers).await;
        (status.as_u16(), page)
    }

    /// The answer to a form of a page.
    async fn posts(&self, path: &str, form: &str) -> (u16, String) {
        let form_type = "Content-Type: application/x-www-form-urlencoded";
        let headers = format!("{}\n{form_type}", self.known());
        let (status, headers, _) = self.sends(&format!("POST {path}"), &headers, form).await;
        let there = headers.get(header::LOCATION).map(|there| there.to_str().unwrap().to_owned());
        (status.as_u16(), there.unwrap_or_default())
    }

    /// The field that every form of the page of a thread has.
    async fn form_token(&self) -> String {
        let (_, page) = self.page(&format!("/console/inbox/{}", id()), "en").await;
        let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
        format!("form_token={}", rest.split('"').next().unwrap())
    }
}

#[tokio::test]
async fn a_thread_says_who_said_what_and_how_far_it_got() {
    let console = at_home();
    answer(&console.store, 0, "Which day?", Status::Delivered).await;
    take(&console.store, "<b>Monday</b>", 60).await;
    let (status, page) = console.page(&format!("/console/inbox/{}", id()), "en").await;
    assert_eq!(status, 200);
    for shown in ["Which day?", "delivered", "Handy Home", "&#60;b&#62;Monday&#60;/b&#62;"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("<b>Monday"));
    assert!(page.contains("The agent is thinking."));
}

#[tokio::test]
async fn every_page_is_whole_in_every_language() {
    let console = at_home();
    answer(&console.store, 0, "Goodbye", Status::Undelivered).await;
    end(&console).await;
    answer(&console.store, 60, "Hello again", Status::Unknown).await;
    quarantine(&console).await;
    let thread = format!("/console/inbox/{}", id());
    let trace = format!("/console/traces/{}", trace(0).as_str());
    let paths = [
        &thread,
        &trace,
        "/console",
        "/console/attention",
        "/console/people",
        "/console/audit",
        "/console/limits",
        "/console/figures?by=month",
        "/console/nowhere",
    ];
    for language in LANGUAGES {
        let direction = if language == "ar" { "rtl" } else { "ltr" };
        let html = format!("<html lang=\"{language}\" dir=\"{direction}\">");
        for path in paths {
            let (status, page) = console.page(path, language).await;
            assert_eq!(status, if path.ends_with("nowhere") { 404 } else { 200 }, "{path}");
            assert!(page.contains(&html), "{path}: {page}");
            let body = page.split_once("<body").unwrap().1;
            assert!(!body.contains('{'), "{path} in {language} leaves something open: {body}");
        }
    }
}

#[tokio::test]
async fn a_wrong_address_says_so_on_a_page() {
    let console = at_home();
    let nobody = "0".repeat(32);
    for path in ["/console/inbox/zzz", "/console/traces/zzz", "/console/zzz"] {
        let (status, page) = console.page(path, "en").await;
        assert!(status == 404 && page.contains("There is nothing at this address."), "{page}");
    }
    let (status, page) = console.page(&format!("/console/inbox/{nobody}-{nobody}"), "en").await;
    assert!(status == 404 && page.contains("There is nothing at this address."), "{page}");
}

#[tokio::test]
async fn a_reader_keeps_the_language_that_they_choose() {
    let console = at_home();
    let choose = "GET /console/language/ar?next=/console/limits";
    let (status, headers, _) = console.call(choose, &console.known()).await;
    assert_eq!(
        (status.as_u16(), &headers[header::LOCATION]),
        (303, &"/console/limits".parse().unwrap())
    );
    let cookie = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
    let headers = format!("{}; {cookie}\nAccept-Language: fr", console.known());
    let (_, _, page) = console.call("GET /console/limits", &headers).await;
    assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"), "{page}");
    // Nobody is led to another site.
    let choose = "GET /console/language/ar?next=https://example.com";
    let (_, headers, _) = console.call(choose, &console.known()).await;
    assert_eq!(headers[header::LOCATION], "/console");
    assert_eq!(console.call("GET /console/language/xx", &console.known()).await.0, 404);
}

#[tokio::test]
async fn a_form_does_what_its_button_says_and_leads_back() {
    let console = at_home();
    answer(&console.store, 0, "Hello", Status::Delivered).await;
    let thread = format!("/console/inbox/{}", id());
    let form = console.form_token().await;
    assert_eq!(console.posts(&format!("{thread}/block"), &form).await, (303, thread.clone()));
    assert!(console.store.is_blocked("mock", &person()).await.unwrap());
    assert_eq!(console.posts(&format!("{thread}/unblock"), &form).await, (303, thread.clone()));
    let (status, _) = console.posts(&format!("{thread}/unblock"), &form).await;
    assert_eq!(status, 409, "somebody was faster");
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let console = at_home();
    answer(&console.store, 0, "Hello", Status::Delivered).await;
    let block = format!("/console/inbox/{}/block", id());
    for form in ["", "form_token=", "form_token=0000", "token=x"] {
        assert_eq!(console.posts(&block, form).await.0, 403, "{form}");
    }
    let large = format!("{}&padding={}", console.form_token().await, "x".repeat(70_000));
    assert_eq!(console.posts(&block, &large).await.0, 413);
    assert!(!console.store.is_blocked("mock", &person()).await.unwrap());
}

#[tokio::test]
async fn earlier_conversations_are_a_page_of_their_own() {
    let console = at_home();
    for number in 0..8 {
        answer(&console.store, number * 60, &format!("Goodbye {number}"), Status::Delivered).await;
        end(&console).await;
    }
    let thread = format!("/console/inbox/{}", id());
    let (_, page) = console.page(&thread, "en").await;
    let shown = |page: &str| -> Vec<i64> {
        (0..8).filter(|number| page.contains(&format!("Goodbye {number}<"))).collect()
    };
    assert_eq!(shown(&page), [3, 4, 5, 6, 7]);
    let before = format!("{thread}?before=4");
    assert!(page.contains(&before), "{page}");
    let (_, page) = console.page(&before, "en").await;
    assert_eq!(shown(&page), [0, 1, 2]);
    assert!(!page.contains("before="), "there are no earlier ones: {page}");
}

#[tokio::test]
async fn a_conversation_is_saved_as_a_test_without_its_number() {
    let console = at_home();
    answer(&console.store, 0, "Goodbye", Status::Delivered).await;
    end(&console).await;
    let thread = format!("/console/inbox/{}", id());
    let (_, page) = console.page(&thread, "en").await;
    let saved = format!("{thread}/tests/1");
    assert!(page.contains(&format!("href=\"{saved}\" download>Save as a test</a>")), "{page}");
    let (status, file) = console.page(&saved, "en").await;
    assert_eq!(status, 200);
    assert!(file.contains("\"person\": \"+12025550100\""), "{file}");
    assert!(file.contains("\"ending\": \"finished\"") && file.contains("\"Goodbye\""), "{file}");
    for nothing in [format!("{thread}/tests/2"), "/console/inbox/nobody/tests/1".into()] {
        assert_eq!(console.page(&nothing, "en").await.0, 404, "{nothing}");
    }
    let (status, _, _) = console.call(&format!("GET {saved}"), "").await;
    assert_ne!(status, 200, "a stranger gets nothing");
}

/// Ends the conversation under way.
async fn end(console: &Browser) {
    let mut loaded = load(&console.store).await;
    let mut next = loaded.conversation.clone();
    let ended = Ended {
        conversation: id(),
        number: next.number,
        ours: next.ours.clone(),
        theirs: next.theirs.clone(),
        via: String::new(),
        why: None,
        ending: "finished".into(),
        brief: json!({ "task": "a tap" }).as_object().unwrap().clone(),
        turns: std::mem::take(&mut next.turns),
        cost: "0.03".parse().unwrap(),
        at: next.at,
    };
    next.number += 1;
    console.store.commit(&mut loaded, next, vec![Change::Ended(ended)]).await.unwrap();
}

async fn quarantine(console: &Browser) {
    let call = Quarantined {
        provider: "twilio".into(),
        reason: "no field From".into(),
        fields: vec!["Body".into()],
        method: "POST".into(),
        path: "/webhooks/twilio/inbound".into(),
        query: String::new(),
        content_type: String::new(),
        body: "<script>".into(),
        base64: true,
        seen: 1,
        trace: trace(0),
        at: at(0),
    };
    console.store.quarantine(&call, None).await.unwrap();
}

#[tokio::test]
async fn what_is_done_to_a_number_by_hand_is_on_record_and_leads_to_the_thread() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let form = console.form_token().await;
    let person = |act: &str| format!("{form}&number=%2B1+(202)+555-0143&act={act}");
    let done = |kind: &str, done: &str| (303, format!("/console/people?kind={kind}&done={done}"));
    for (act, said) in [
        ("stop", done("consents", "done")),
        ("start", done("consents", "done")),
        ("start", done("consents", "before")),
        ("block", done("blocked", "done")),
        ("unblock", done("blocked", "done")),
        ("unblock", done("blocked", "before")),
    ] {
        assert_eq!(console.posts("/console/people", &person(act)).await, said, "{act}");
    }
    let (_, page) = console.page("/console/people", "en").await;
    for shown in ["(202) 555-0143", "opted out", "opted in again", "/console/inbox/"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    console.posts("/console/people", &person("block")).await;
    let (_, audit) = console.page("/console/audit", "en").await;
    assert!(audit.contains("<bdi>owner</bdi>") && audit.contains(">block</a>"), "{audit}");
    let (_, table) = console.page("/console/audit.csv", "en").await;
    assert!(table.starts_with("at,by,via,did,what,conversation\r\n"), "{table}");
    assert!(table.contains(",owner,console,unblock,,"), "{table}");
    let (_, page) = console.page("/console/people?kind=blocked", "en").await;
    assert_eq!(page.matches("(202) 555-0143").count(), 1, "each once: {page}");
    let (_, headers, file) = console.call("GET /console/consents.csv", &console.known()).await;
    assert_eq!(headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert!(file.starts_with("at,event,number,") && file.contains(",stop,+12025550143,"), "{file}");
}

#[tokio::test]
async fn what_is_no_number_is_typed_again() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    let form = format!("{}&number=%3Cb%3E&act=stop", console.form_token().await);
    let (status, headers, page) = console
        .sends(
            "POST /console/people",
            &format!("{}\nContent-Type: application/x-www-form-urlencoded", console.known()),
            &form,
        )
        .await;
    assert_eq!(status, 422, "{headers:?}");
    assert!(page.contains("This is not a phone number.") && page.contains("value=\"&#60;b&#62;\""));
}

#[tokio::test]
async fn a_number_in_an_address_leads_to_its_thread_however_it_is_written() {
    let console = at_home();
    take(&console.store, "Hi", 0).await;
    for number in ["+12025550143", "%2B1%20202%20555%200143", "+1-202-555-0143"] {
        let call = format!("GET /console/with/{number}");
        let (status, headers, _) = console.call(&call, &console.known()).await;
        let there = format!("/console/inbox/{}", id());
        assert_eq!((status.as_u16(), headers[header::LOCATION].to_str().unwrap()), (303, &*there));
    }
    assert_eq!(console.page("/console/with/+12025550144", "en").await.0, 404);
    assert_eq!(console.page("/console/with/hello", "en").await.0, 404);
}

#[tokio::test]
async fn an_open_page_hears_of_changes() {
    let console = at_home();
    let since = Timestamp::now().as_millisecond();
    // What has changed before it listens is news as well.
    show(&console).await;
    let call = Request::get(format!("/console/api/events?since={since}"));
    let call = call.header("cookie", &console.known()["Cookie: ".len()..]);
    let answer = console.router.clone().oneshot(call.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut news = answer.into_body().into_data_stream();
    let first = news.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: changed\ndata: "), "{first:?}");
}

#[tokio::test]
async fn a_program_is_told_only_what_has_changed() {
    let console = at_home();
    let nothing = console.get("desk").await;
    assert_eq!((&nothing["rows"], &nothing["counts"]["all"]), (&json!([]), &json!(0)));
    show(&console).await;
    let all = console.get("desk?view=all").await;
    assert_eq!(
        (&all["rows"][0]["last"], &all["counts"]["all"]),
        (&json!("A tap drips"), &json!(1))
    );
    let since = |at: &Value| format!("desk?since={}", at["since"]);
    let changed = console.get(&since(&nothing)).await;
    assert_eq!(changed["rows"][0]["id"], json!(id()));
    let later = json!({ "since": changed["since"].as_i64().unwrap() + 60_000 });
    assert_eq!(console.get(&since(&later)).await["rows"], json!([]));
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_exported() {
    let console = at_home();
    show(&console).await;
    let (_, page) = console.page("/console/inbox?view=all", "en").await;
    assert!(page.contains("A tap drips") && page.contains("(202) 555-0143"), "{page}");
    let (_, page) = console.page("/console/inbox?view=waiting", "en").await;
    assert!(page.contains("Nobody waits for an answer.") && !page.contains("A tap drips"));
    let (_, _, file) = console.call("GET /console/inbox.csv?view=all", &console.known()).await;
    assert!(file.starts_with("number,name,at,") && file.contains("+12025550143,"), "{file}");
    // Whatever somebody writes into an address is no place.
    for from in ["x", "1.a/b", "99999999999999999999.a", ".", "1."] {
        assert_eq!(
            console.page(&format!("/console/inbox?from={from}"), "en").await.0,
            200,
            "{from}"
        );
    }
}

/// Shows the conversation of a person in the lists.
async fn show(console: &Browser) {
    take(&console.store, "A tap drips", 0).await;
    let mut loaded = load(&console.store).await;
    let next = loaded.conversation.clone();
    let row = Row {
        theirs: Some(person()),
        last: "A tap drips".into(),
        at: Some(Timestamp::now()),
        ..Row::default()
    };
    let now = Timestamp::now() + SignedDuration::from_secs(1);
    let row = Change::Row(Box::new(RowWrite { row, now, ..RowWrite::default() }));
    console.store.commit(&mut loaded, next, vec![row]).await.unwrap();
}

#[tokio::test]
async fn a_search_that_finds_more_than_is_shown_says_so() {
    let console = at_home();
    for number in 100..151 {
        let theirs = Number::parse(&format!("+12025550{number}")).unwrap();
        console
            .store
            .take(&Arrival { theirs: theirs.clone(), ..arrival(&console.store, "Hi", number) })
            .await
            .unwrap();
        let id = console.store.names().conversation("mock", &theirs);
        let tokens = console.store.names().tokens(&theirs, Some("Ann"), &Map::new());
        let row = Row { theirs: Some(theirs), at: Some(Timestamp::now()), ..Row::default() };
        let row = RowWrite { row, now: Timestamp::now(), ..RowWrite::default() };
        console.store.show_first(&id, &row, &tokens).await.unwrap();
    }
    let cut = "There are more than are shown";
    let (_, page) = console.page("/console/inbox?q=ann", "en").await;
    assert!(page.contains(cut), "{page}");
    let (_, page) = console.page("/console/inbox?q=0107", "en").await;
    assert!(!page.contains(cut) && page.contains("(202) 555-0107"), "{page}");
}

#[tokio::test]
async fn an_operator_writes_from_the_page_and_gets_refused_words_back() {
    let console = at_home();
    answer(&console.store, 0, "Which day?", Status::Delivered).await;
    let thread = format!("/console/inbox/{}", id());
    let form = console.form_token().await;
    let say = format!("{form}&nonce=1&words=We+come+at+nine");
    assert_eq!(console.posts(&format!("{thread}/say"), &say).await, (303, thread.clone()));
    assert_eq!(console.posts(&format!("{thread}/say"), &say).await, (303, thread.clone()));
    let orders = console.get("audit").await;
    assert_eq!(orders.to_string().matches("\"say\"").count(), 1, "twice is once: {orders}");
    let woken = console.queue.receive().await.unwrap();
    assert_eq!(woken.wake_up.conversation, format!("{}!", id()), "beside what waits for a model");
    woken.done().await.unwrap();

    console.store.stop_by_hand(&person(), Timestamp::now()).await.unwrap();
    let form_type = "Content-Type: application/x-www-form-urlencoded";
    let headers = format!("{}\n{form_type}", console.known());
    let say = format!("{form}&nonce=2&words=%3Cb%3EAt+ten%3C/b%3E");
    let (status, _, page) = console.sends(&format!("POST {thread}/say"), &headers, &say).await;
    assert_eq!(status, 409);
    assert!(page.contains("&#60;b&#62;At ten&#60;/b&#62;</textarea>"), "{page}");
    assert!(page.contains("Opted out.") && page.contains("role=\"alert\""), "{page}");
}
