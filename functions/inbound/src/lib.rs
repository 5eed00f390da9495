//! Takes texts from providers: verifies, stores, wakes the turn, answers. Nothing here thinks,
//! because a provider waits for the answer and calls again if it comes late.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use access::Access;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Method, Request};
use axum::response::Response;
use axum::routing::{any, post};
use bytes::Bytes;
use conversations::{Arrival, Claim, Names, Stop, Store, Taken, Unavailable, Waiting};
use futures::future::try_join_all;
use jiff::Timestamp;
use policy::Keyword;
use queue::{KEYWORDS, Queue, WakeUp};
use sms::{Event, Handled, Number, Provider, Providers, Text};
use telemetry::{Step, TraceId, steps};
use thiserror::Error;
use tracing::Instrument;

/// The longest text that is taken, in characters. No provider of ours carries more than 1,600.
const LONGEST_TEXT: usize = 2_000;

/// How long the same words of the same person are taken for a repeat, where a provider gives
/// neither an id nor a time.
const SAME_WORDS: Duration = Duration::from_secs(120);

/// The settings that the function reads.
pub const SETTINGS: &[settings::Names] =
    &[host::PUBLIC_URL, Access::SETTINGS, providers::RECEIVING, Store::SETTINGS, Queue::SETTINGS];

/// Why a text was not taken.
#[derive(Debug, Error)]
pub enum TakeError {
    /// It is longer than any text is: a person should look at it.
    #[error("text too long")]
    TooLong,
    /// The store does not answer, so nothing is promised.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// The function, with its clients.
pub struct Inbound {
    /// Who may call.
    pub providers: Arc<Providers>,
    /// Whose calls are taken that nobody signs: the mock's.
    pub access: Access,
    /// Where texts are kept.
    pub store: Arc<Store>,
    /// Where the turn is woken.
    pub queue: Queue,
}

impl Inbound {
    /// `POST /webhooks/{provider}/inbound`, with a slash behind it as well, and what is called below
    /// `/webhooks` and is nobody's.
    pub fn router(self) -> Router {
        const ELSEWHERE: [&str; 7] = [
            "/webhooks",
            "/webhooks/",
            "/webhooks/{provider}",
            "/webhooks/{provider}/",
            "/webhooks/{provider}/{what}",
            "/webhooks/{provider}/{what}/",
            "/webhooks/{provider}/{what}/{*more}",
        ];
        let texts = || post(call).fallback(webhooks::lost);
        ELSEWHERE
            .into_iter()
            .fold(Router::new(), |router, address| router.route(address, any(elsewhere)))
            .route("/webhooks/{provider}/inbound", texts())
            .route("/webhooks/{provider}/inbound/", texts())
            .with_state(Arc::new(self))
    }

    /// Answers one call: 2xx once every text in it is stored, or was before.
    pub async fn receive(
        &self,
        provider: &str,
        call: Request<Bytes>,
        trace: &TraceId,
        now: Timestamp,
    ) -> Response {
        let read = webhooks::receive(
            &self.providers,
            &self.access,
            &self.store,
            provider,
            &call,
            trace,
            now,
        )
        .await;
        let (provider, events) = match read {
            Ok(read) => read,
            Err(answer) => return answer,
        };
        let mut of_people: BTreeMap<Number, Vec<Text>> = BTreeMap::new();
        for event in events {
            match event {
                Event::Text(text) => of_people.entry(text.from.clone()).or_default().push(text),
                // Some know one address alone. The sweep finds what did not arrive.
                Event::Receipt(receipt) => {
                    if let Err(error) = self.store.receive(provider.name(), &receipt, now).await {
                        return webhooks::unavailable(&error);
                    }
                    let word = receipt.raw_status;
                    tracing::warn!("took a receipt at the address for texts: {word}");
                }
                Event::Subscription(_) | Event::Rest(_) => {}
            }
        }
        // In order within a person's, so that START after STOP is a start.
        let taken = of_people.into_values().map(async |texts| {
            for text in texts {
                match self.take(provider, text, trace, now, now).await {
                    Err(TakeError::TooLong) => {
                        let reason = "text too long";
                        webhooks::keep(&self.store, provider, &call, reason, trace, now).await?;
                    }
                    Err(TakeError::Store(error)) => return Err(error),
                    Ok(()) => {}
                }
            }
            Ok(())
        });
        if let Err(error) = try_join_all(taken).await {
            return webhooks::unavailable(&error);
        }
        webhooks::acknowledge(provider)
    }

    /// Stores a text that came at this time, once, and wakes the turn that answers it.
    pub async fn take(
        &self,
        provider: &dyn Provider,
        text: Text,
        trace: &TraceId,
        came: Timestamp,
        now: Timestamp,
    ) -> Result<(), TakeError> {
        // Nothing comes later than now. A clock that was ahead may say so of what was kept.
        let came = came.min(now);
        let claim = claim(self.store.names(), provider, &text);
        let (handled, asks) = self.heed(provider, &text, &claim, came, now).await?;
        // Whatever its length, a stop is heard.
        if text.body.chars().count() > LONGEST_TEXT {
            return Err(TakeError::TooLong);
        }
        let name = provider.name();
        // One of the mock's people may be called by any number.
        if let Some(owner) = self.providers.owner(&text.from).filter(|_| !sms::is_pretended(name)) {
            return Ok(self.take_our_own(owner, provider, &text.body, now).await?);
        }
        if self.store.answer_trial(&claim, name, &text.from, &text.body, now).await? {
            tracing::info!("took the answer to a text that was sent by hand to see it answered");
            return Ok(());
        }
        let conversation = self.store.names().conversation(name, &text.from);
        let mut steps = vec![Step::new(steps::RECEIVED, came).with("provider", name)];
        if came < now {
            steps.push(Step::new(steps::REPLAYED, now));
        }
        let arrival = Arrival {
            theirs: text.from,
            text: Waiting {
                message: text.id.unwrap_or_else(|| claim.name().to_owned()),
                media: text.media,
                handled,
                steps,
                asks,
                ..Waiting::new(name, &text.to, &text.body, trace, came)
            },
            claim,
            at: now,
        };
        match self.store.take(&arrival).await? {
            Taken::New => tracing::info!(conversation.id = %conversation, "took a text"),
            Taken::Repeat => tracing::info!(conversation.id = %conversation, "took no repeat"),
        }
        let lane = match asks {
            // It does not wait behind a model that thinks.
            Some(Keyword::Stop | Keyword::Start | Keyword::Help) => KEYWORDS,
            Some(Keyword::Yes) | None => "",
        };
        self.wake(format!("{conversation}{lane}"), &arrival.claim, trace).await;
        Ok(())
    }

    /// Stops or starts texts to a person who says so. Returns what the provider has done about the
    /// text itself, and what the person asks for by it.
    async fn heed(
        &self,
        provider: &dyn Provider,
        text: &Text,
        claim: &Claim,
        came: Timestamp,
        now: Timestamp,
    ) -> Result<(Option<Handled>, Option<Keyword>), Unavailable> {
        let handled = text.handled;
        let asks = policy::asked(handled, &text.body);
        match asks {
            Some(Keyword::Stop) => {
                let confirmed = handled.is_some() || provider.answers(&text.body, &text.to);
                let stop = Stop { at: came, provider: provider.name().into(), confirmed };
                self.store.stop(claim, &text.from, &stop).await?;
            }
            Some(Keyword::Start) => {
                let was_stopped =
                    self.store.start(claim, provider.name(), &text.from, came, now).await?;
                // The YES of who has not stopped may answer what the agent asked, though it is a
                // word for the provider as well.
                if !was_stopped && policy::keyword(&text.body) == Some(Keyword::Yes) {
                    return Ok((None, Some(Keyword::Yes)));
                }
            }
            // YES is an ordinary word unless the person has stopped, which the turn knows.
            Some(Keyword::Yes | Keyword::Help) | None => {}
        }
        Ok((handled, asks))
    }

    /// Takes a text that comes from a number of ours, which `owner` has, to the one that `provider`
    /// has. It is a probe or nothing: two agents of ours would talk to each other for ever.
    async fn take_our_own(
        &self,
        owner: &dyn Provider,
        provider: &dyn Provider,
        body: &str,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let (from, to) = (owner.name(), provider.name());
        let probe = match provider.number() {
            Some(number) => {
                let id = self.store.names().probe(from, &number);
                routing::probe_arrived(&self.store, &id, body, now).await?
            }
            None => None,
        };
        match probe.map(|probe| probe.silent) {
            Some(true) => tracing::info!("texts by {from} to our number at {to} arrive again"),
            Some(false) => tracing::info!("a probe by {from} to our number at {to} arrived"),
            None => tracing::info!("left a text of our own number at {from} unanswered"),
        }
        Ok(())
    }

    /// Once the text is stored it will be answered, whatever the queue says: `sweep` finds it.
    async fn wake(&self, conversation: String, claim: &Claim, trace: &TraceId) {
        let wake_up = WakeUp { conversation, trace: trace.clone() };
        if let Err(error) = self.queue.send(&wake_up, claim.name()).await {
            tracing::warn!(%error, "left a wake-up to the sweep: {error}");
        }
    }
}

async fn call(
    State(inbound): State<Arc<Inbound>>,
    Path(provider): Path<String>,
    call: Request<axum::body::Body>,
) -> Response {
    let trace = TraceId::fresh();
    let span = tracing::info_span!("inbound", trace.id = %trace);
    let answer = async {
        match webhooks::whole(&inbound.providers, &provider, call).await {
            Ok(call) => inbound.receive(&provider, call, &trace, Timestamp::now()).await,
            Err(answer) => answer,
        }
    };
    webhooks::with_trace(answer.instrument(span).await, &trace)
}

/// Answers what is called below `/webhooks` and has no address of its own. A gateway brings receipts
/// here where a slash stands at the end of theirs.
async fn elsewhere(state: State<Arc<Inbound>>, request: Request<axum::body::Body>) -> Response {
    let words: Vec<_> = request.uri().path().trim_matches('/').split('/').collect();
    match (request.method(), &words[..]) {
        (&Method::POST, ["webhooks", provider, "status"]) => {
            let provider = Path((*provider).to_owned());
            call(state, provider, request).await
        }
        (method, _) => webhooks::lost(method.clone(), request.uri().clone()).await,
    }
}

/// What makes a repeat of this message recognisable: its id, with sender and words where the
/// provider may give the same one to several; without one its sender, words and time; without a time
/// its sender and words, for two minutes.
fn claim(names: &Names, provider: &dyn Provider, text: &Text) -> Claim {
    let (name, from) = (provider.name(), text.from.as_str());
    match (&text.id, text.sent_at) {
        (Some(id), _) if provider.documents_texts() => names.message(name, id),
        (Some(id), _) => names.message(name, &format!("{id} {from} {}", text.body)),
        (None, Some(time)) => {
            names.message(name, &format!("{from} {} {}", time.as_millisecond(), text.body))
        }
        (None, None) => names.words(name, &[from, &text.body], SAME_WORDS),
    }
}
