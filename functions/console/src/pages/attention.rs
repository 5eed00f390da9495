//! What needs a person.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use conversations::{FollowUp, Notice, Quarantined};
use evidence::{Health, Route, State as RouteState, Verdict};
use localization::{Html, Phrase};

use crate::Console;
use crate::api::MOST;
use crate::delivery::Tone;
use crate::failure::Failure;
use crate::shown::Shown;
use crate::visit::{Frame, Part, Visit, page};

#[derive(Template)]
#[template(path = "attention.html")]
struct AttentionPage {
    frame: Frame,
    notices: Vec<Noticed>,
    routes: Vec<Seen>,
    quarantined: Vec<Kept>,
}

struct Noticed {
    sentence: String,
    follow_up: Option<Html>,
    conversation: Option<String>,
    trace: Option<String>,
    time: Html,
}

/// What has been seen of a route.
struct Seen {
    name: String,
    state: &'static Phrase,
    tone: Tone,
    why: String,
    fix: &'static str,
    from: Html,
}

/// A call that was not understood.
struct Kept {
    provider: String,
    reason: String,
    kind: String,
    body: String,
    /// The command that reads it again.
    replay: String,
    came: Html,
}

impl AttentionPage {
    fn is_calm(&self) -> bool {
        self.notices.is_empty()
            && self.quarantined.is_empty()
            && !self.routes.iter().any(|route| route.tone.is_wrong())
    }
}

/// `GET /console/attention`.
pub(crate) async fn show(visit: Visit) -> Response {
    visit.answer(Part::Attention, drawn(&visit).await)
}

async fn drawn(visit: &Visit) -> Result<Response, Failure> {
    let console = &visit.console;
    let store = &console.store;
    let (notices, quarantined, health) =
        tokio::try_join!(store.notices(MOST), store.quarantined(MOST), store.health())?;
    let shown = &visit.shown;
    let attention = AttentionPage {
        frame: visit.frame(Part::Attention),
        notices: notices.iter().map(|notice| noticed(notice, shown)).collect(),
        routes: routes(console, &health, shown),
        quarantined: quarantined.iter().map(|call| kept(call, console, shown)).collect(),
    };
    Ok(page(StatusCode::OK, &attention))
}

fn noticed(notice: &Notice, shown: &Shown) -> Noticed {
    let w = &shown.words().attention;
    let follow_up = notice.follow_up.as_ref().map(|FollowUp { theirs, why, said }| {
        let why = why.trim_end_matches('.');
        w.follow_up.with(&[("who", &theirs.display()), ("why", &why), ("said", said)])
    });
    Noticed {
        sentence: notice.sentence.clone(),
        follow_up,
        conversation: notice.conversation.as_ref().map(|id| id.as_str().to_owned()),
        trace: notice.trace.as_ref().map(ToString::to_string),
        time: shown.time(notice.at),
    }
}

/// The routes of the configured providers, the worst first.
fn routes(console: &Console, health: &Health, shown: &Shown) -> Vec<Seen> {
    let providers = &console.providers;
    let routes = health.routes().into_iter();
    let ours = routes.filter(|(route, _)| providers.named(&route.provider).is_some());
    let w = &shown.words().attention;
    let seen = |(route, verdict): (Route, &Verdict)| {
        let code = verdict.code.as_deref();
        let code = code.and_then(|code| providers.explain(&route.provider, code));
        let (state, tone) = state(verdict.state, shown);
        let (sender, since) = (route.sender.clone(), shown.moment(verdict.since));
        Seen {
            name: w.route.plain(&[("provider", &route.provider), ("country", &route.country)]),
            state,
            tone,
            why: verdict.why.clone(),
            fix: code.map_or("", |code| code.fix),
            from: w.from.with(&[("sender", &sender), ("time", &since)]),
        }
    };
    ours.map(seen).collect()
}

/// The state of a route in words, and how good it is.
pub(crate) fn state(state: RouteState, shown: &Shown) -> (&'static Phrase, Tone) {
    let w = &shown.words().attention;
    match state {
        RouteState::Healthy => (&w.healthy, Tone::Good),
        RouteState::Unproven => (&w.unproven, Tone::Open),
        RouteState::Suspect => (&w.suspect, Tone::Doubt),
        RouteState::Down => (&w.down, Tone::Bad),
    }
}

fn kept(call: &Quarantined, console: &Console, shown: &Shown) -> Kept {
    let w = &shown.words().attention;
    let kind = match call.content_type.as_str() {
        "" => w.no_content_type.as_str(),
        kind => kind,
    };
    let kind = match call.base64 {
        true => w.as_base64.plain(&[("kind", &kind)]),
        false => kind.to_owned(),
    };
    let (count, time) = (shown.count(call.seen), shown.moment(call.at));
    Kept {
        provider: call.provider.clone(),
        reason: call.reason.clone(),
        kind,
        body: call.body.clone(),
        replay: format!("textback quarantine replay {}", console.store.names().quarantined(call)),
        came: w.came.with(&[("count", &count), ("time", &time)]),
    }
}
