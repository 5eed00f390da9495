//! The checks that apply to every provider, so that a provider's own table need not repeat them.

pub(crate) mod hostile;
mod script;
pub(crate) mod stand_in;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sms::{
    Event, Finding, Handled, Http, Number, Outgoing, Provider, SendError, Verdict, Verified,
    WebhookError,
};
use tokio::net::TcpListener;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

use script::Reply;

pub(crate) use script::Script;

/// Our secret, and another.
pub(crate) const SECRET: &str = "Open-Sesame-71";
pub(crate) const FORGED: &str = "Open-Barley-17";

/// The person, and a word that is in every text of a table.
pub(crate) const THEIRS: &str = "+12025550143";
pub(crate) const WORD: &str = "Noon";

/// One dispatched message: its text, the exchange in order, and the outcome.
pub(crate) struct SendCase<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    /// Our requests, as [`Script`] writes them, and the answers.
    pub(crate) exchange: Vec<(&'a str, (u16, &'a str))>,
    pub(crate) outcome: &'a str,
}

/// One received call, as `METHOD target` and a body, and its result.
pub(crate) struct ReceiveCase<'a> {
    pub(crate) name: &'a str,
    pub(crate) call: &'a str,
    pub(crate) body: &'a str,
    pub(crate) outcome: &'a str,
}

/// Sends every case, and then the first of them, which has to be a success, through every kind of
/// failure.
pub(crate) async fn check_send<P: Provider>(
    provider: impl Fn(String) -> P,
    cases: &[SendCase<'_>],
) {
    let logs = Logs::capture();
    for SendCase { name, text, exchange, outcome } in cases {
        let script = Script::answering(exchange).await;
        let actual = provider(script.url.clone()).send(&patient(), &outgoing(text)).await;
        let asked: Vec<_> = exchange.iter().map(|(line, _)| *line).collect();
        assert_eq!(script.seen(), asked, "{name}");
        assert_eq!(told(&actual), *outcome, "{name}");
        assert_discreet(&format!("{actual:?}"), name);
    }
    let sent = cases[0].exchange.last().unwrap().0;
    let names = provider(String::new()).names_attempts();
    assert_eq!(sent.contains(&outgoing("").attempt), names, "whether receipts name the attempt");
    check_failures(provider, &cases[0]).await;
    assert_discreet(&logs.read(), "the logs");
}

async fn check_failures<P: Provider>(provider: impl Fn(String) -> P, accepted: &SendCase<'_>) {
    let (send, before) = accepted.exchange.split_last().unwrap();
    let failures = [
        (Reply::Answer(401, String::new()), "refused: http 401", 2),
        (Reply::Answer(403, "<html>no</html>".into()), "refused: http 403", 2),
        (Reply::Answer(429, "slow down".into()), "refused: http 429", 1),
        (Reply::Answer(503, "<html>busy</html>".into()), "refused: http 503", 1),
        (Reply::Answer(500, String::new()), "unknown", 1),
        (Reply::Answer(502, "<html>no</html>".into()), "unknown", 1),
        (Reply::Answer(504, "<html>late</html>".into()), "unknown", 1),
        (Reply::Answer(302, String::new()), "unknown", 1),
        (Reply::Answer(404, "<html>what?</html>".into()), "unknown", 1),
        (Reply::Answer(400, r#"{"error":"what?"}"#.into()), "unknown", 1),
        (Reply::Answer(200, "<html>It works!</html>".into()), "unknown", 1),
        (Reply::Answer(201, "{}".into()), "unknown", 1),
        (Reply::Cut, "unknown", 1),
        (Reply::Silence, "unknown", 1),
    ];
    for (reply, outcome, at_most) in failures {
        let name = match &reply {
            Reply::Answer(status, body) => format!("{status} {}", &body[..body.len().min(20)]),
            Reply::Cut => "a cut connection".into(),
            Reply::Silence => "silence".into(),
        };
        let mut lines: Vec<_> = before.iter().map(|(line, _)| *line).collect();
        let mut replies: Vec<_> =
            before.iter().map(|(_, (code, body))| Reply::Answer(*code, (*body).into())).collect();
        lines.push(send.0);
        replies.push(reply.clone());
        let again: Vec<_> = (0..at_most).flat_map(|_| lines.clone()).collect();
        let replies = (0..at_most).flat_map(|_| replies.clone()).collect();
        let script = Script::start(&again, replies).await;
        let http = match reply {
            Reply::Silence => {
                Http::with_timeouts(Duration::from_secs(5), Duration::from_millis(400))
            }
            _ => patient(),
        };
        let actual = provider(script.url.clone()).send(&http, &outgoing(accepted.text)).await;
        assert!(told(&actual).starts_with(outcome), "{name}: {}", told(&actual));
        let sends = script.seen().iter().filter(|line| *line == send.0).count();
        assert!((1..=at_most).contains(&sends), "{name}: the text was handed over {sends} times");
    }

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let actual =
        provider(format!("http://{nobody}")).send(&patient(), &outgoing(accepted.text)).await;
    assert!(matches!(actual, Err(SendError::Refused { .. })), "nobody listens: {actual:?}");
}

/// Receives every case as from the provider, then a repeat, then as from a forger.
pub(crate) async fn check_receive<P: Provider>(
    provider: impl Fn(&str) -> P,
    sign: impl Fn(&str, http::Request<Bytes>) -> http::Request<Bytes>,
    cases: &[ReceiveCase<'_>],
) {
    let logs = Logs::capture();
    let provider = provider(SECRET);
    for ReceiveCase { name, call, body, outcome } in cases {
        let signed = sign(SECRET, request(call, body));
        let received = receive(&provider, &signed).await;
        assert_eq!(received_line(&received), *outcome, "{name}");
        assert_discreet(&format!("{received:?}"), name);
        assert_eq!(receive(&provider, &signed).await, received, "{name}, repeated");
        check_kept(&provider, &signed, &received, name);
        let forged = receive(&provider, &sign(FORGED, request(call, body))).await;
        assert_eq!(forged, Err(WebhookError::Forged), "{name}, forged");
    }
    assert_discreet(&logs.read(), "the logs");
}

/// The texts that a person may send, in the forms that every provider knows.
pub(crate) struct Texts<'a> {
    pub(crate) call: &'a str,
    /// Two pictures without words.
    pub(crate) pictures: &'a str,
    /// The [`WORD`], in a call whose other fields are empty, null or odd.
    pub(crate) hollow: &'a str,
    /// The word, with the channel as the provider writes it, to an agent with a name.
    pub(crate) by_rcs: &'a str,
    /// The word, in a channel that is not the telephone's. `None` if the provider has no other.
    pub(crate) by_another: Option<&'a str>,
    /// The word from a short code or a name.
    pub(crate) of_nobody: &'a str,
    /// STOP, in a call that cannot be read.
    pub(crate) unreadable: &'a str,
    /// The word, in calls that name the keyword that the provider recognised.
    pub(crate) handled: &'a [(&'a str, Handled)],
}

/// Reads each of them as from [`THEIRS`], or finds the person's STOP in an unreadable one.
pub(crate) async fn check_texts<P: Provider>(
    provider: P,
    sign: impl Fn(&str, http::Request<Bytes>) -> http::Request<Bytes>,
    texts: &Texts<'_>,
) {
    let read = async |body: &str| {
        let call = sign(SECRET, request(texts.call, body));
        (receive(&provider, &call).await, call)
    };
    let text = async |body: &str| match read(body).await.0.as_deref() {
        Ok([Event::Text(text)]) => {
            assert_eq!(text.from.as_str(), THEIRS, "{body}");
            text.clone()
        }
        other => panic!("{body}: {other:?}"),
    };
    let pictures = text(texts.pictures).await;
    assert_eq!((&*pictures.body, pictures.media), ("", 2));
    let hollow = text(texts.hollow).await;
    assert_eq!((&*hollow.body, hollow.media, hollow.handled), (WORD, 0, None));
    let by_rcs = text(texts.by_rcs).await;
    assert_eq!((&*by_rcs.body, &*by_rcs.to), (WORD, provider.sender()));
    let refused = |reason| Err(WebhookError::Unreadable(reason));
    if let Some(by_another) = texts.by_another {
        let reason = "it came by another channel than SMS, MMS and RCS";
        assert_eq!(read(by_another).await.0, refused(reason));
    }
    assert_eq!(read(texts.of_nobody).await.0, refused(sms::UNANSWERABLE));
    for (body, handled) in texts.handled {
        let text = text(body).await;
        assert_eq!((&*text.body, text.handled), (WORD, Some(*handled)));
    }
    let (unread, call) = read(texts.unreadable).await;
    assert!(matches!(unread, Err(WebhookError::Unreadable(_))), "{unread:?}");
    let seen = provider.glimpse(&call, &|words| words == "STOP");
    let seen: Vec<_> = seen.iter().map(|text| (text.from.as_str(), &*text.words)).collect();
    assert_eq!(seen, [(THEIRS, "STOP")]);
}

/// A kept call parses as it did when it came, and if it was read in part, nothing is read twice.
fn check_kept(
    provider: &impl Provider,
    signed: &http::Request<Bytes>,
    received: &Result<Vec<Event>, WebhookError>,
    name: &str,
) {
    if *received == Err(WebhookError::Forged) {
        return;
    }
    let kept = signed.clone().map(|body| provider.keepable(&body));
    assert_eq!(provider.parse(&Verified::stored(kept)), *received, "{name}, kept");
    for event in received.iter().flatten() {
        let Event::Rest(rest) = event else { continue };
        let left = Verified::stored(signed.clone().map(|_| rest.body.clone().into()));
        let unreadable = Err(WebhookError::Unreadable(rest.reason));
        assert_eq!(provider.parse(&left), unreadable, "{name}, what is left");
    }
}

/// Verifies a call and parses it.
pub(crate) async fn receive(
    provider: &impl Provider,
    call: &http::Request<Bytes>,
) -> Result<Vec<Event>, WebhookError> {
    provider.parse(&provider.verify(&patient(), call.clone()).await?)
}

/// A call from `METHOD target` and a body.
pub(crate) fn request(call: &str, body: &str) -> http::Request<Bytes> {
    let (method, target) = call.split_once(' ').unwrap();
    let body = Bytes::copy_from_slice(body.as_bytes());
    http::Request::builder().method(method).uri(target).body(body).unwrap()
}

/// A message to the person in the tables.
pub(crate) fn outgoing(text: &str) -> Outgoing {
    Outgoing {
        attempt: "attempt-1".into(),
        from: None,
        to: Number::parse(THEIRS).unwrap(),
        body: text.into(),
    }
}

/// The findings about an account, check by check, if these requests are answered like this.
pub(crate) async fn diagnosed<P: Provider>(
    provider: impl Fn(String) -> P,
    exchange: &[(&str, (u16, &str))],
) -> Vec<String> {
    let script = Script::answering(exchange).await;
    let findings = provider(script.url.clone()).diagnose(&patient()).await;
    let asked: Vec<_> = exchange.iter().map(|(line, _)| *line).collect();
    assert_eq!(script.seen(), asked);
    assert_discreet(&format!("{findings:?}"), "what was found");
    in_lines(&findings)
}

/// The findings about an account.
pub(crate) async fn seen(provider: &impl Provider) -> Vec<String> {
    in_lines(&provider.diagnose(&patient()).await)
}

/// Those that are not in order.
pub(crate) async fn complaints(provider: &impl Provider) -> Vec<String> {
    let mut seen = seen(provider).await;
    seen.retain(|line| !line.starts_with("Works"));
    seen
}

fn in_lines(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        assert_eq!(finding.fix.is_none(), finding.verdict == Verdict::Works, "{finding:?}");
        let fix = finding.fix.as_ref().map_or(String::new(), |fix| format!(". {fix}"));
        format!("{:?} {:?}: {}{fix}", finding.verdict, finding.check, finding.seen)
    };
    findings.iter().map(line).collect()
}

/// A client whose timeouts exceed any test.
pub(crate) fn patient() -> Http {
    Http::with_timeouts(Duration::from_secs(30), Duration::from_secs(30))
}

/// The outcome of a dispatch, in a line.
pub(crate) fn told(outcome: &Result<String, SendError>) -> String {
    match outcome {
        Ok(id) => format!("sent {id}"),
        Err(SendError::Refused { code }) => format!("refused: {code}"),
        Err(SendError::Undeliverable { code }) => format!("undeliverable: {code}"),
        Err(SendError::OptedOut { code }) => format!("opted out: {code}"),
        Err(SendError::Unknown { code }) => format!("unknown: {code}"),
    }
}

/// The result of a call, one event after another.
pub(crate) fn received_line(received: &Result<Vec<Event>, WebhookError>) -> String {
    let events = match received {
        Ok(events) => events,
        Err(WebhookError::Forged) => return "forged".into(),
        Err(WebhookError::Unsigned) => return "unsigned".into(),
        Err(WebhookError::Unverifiable(reason)) => return format!("unverifiable: {reason}"),
        Err(WebhookError::Malformed(reason)) => return format!("malformed: {reason}"),
        Err(WebhookError::Unreadable(reason)) => return format!("unreadable: {reason}"),
    };
    let line = |event: &Event| match event {
        Event::Text(text) => format!(
            "{} {} -> {}{}{}{}: {}",
            text.id.as_deref().unwrap_or("-"),
            text.from.as_str(),
            text.to,
            text.sent_at.map_or(String::new(), |at| format!(" at {at}")),
            if text.media == 0 { String::new() } else { format!(" +{}", text.media) },
            text.handled.map_or(String::new(), |handled| format!(" ({handled:?})")),
            text.body
        ),
        Event::Receipt(receipt) => format!(
            "{} of {}{}: {:?} ({}{}){}",
            receipt.message,
            receipt.attempt.as_deref().unwrap_or("-"),
            receipt.part.map_or(String::new(), |part| format!(", {}/{}", part.number, part.of)),
            receipt.status,
            receipt.raw_status,
            receipt.code.as_ref().map_or(String::new(), |code| format!(" {code}")),
            receipt.charge.map_or(String::new(), |it| format!(", {} {}", it.amount, it.currency))
        ),
        Event::Subscription(url) => format!("confirm at {url}"),
        Event::Rest(rest) => format!("left, {}: {}", rest.reason, rest.body),
    };
    events.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn assert_discreet(printed: &str, name: &str) {
    for private in [SECRET, &STANDARD.encode(SECRET), FORGED, WORD, &THEIRS[3..]] {
        assert!(!printed.contains(private), "{name} gives away {private}: {printed}");
    }
}

/// The whole log of this thread, at every level.
struct Logs {
    lines: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

impl Logs {
    fn capture() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let writer = {
            let lines = lines.clone();
            move || Lines(lines.clone())
        };
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        Self { lines, _guard: guard }
    }

    fn read(&self) -> String {
        String::from_utf8(self.lines.lock().unwrap().clone()).unwrap()
    }
}

struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
