//! Takes texts from providers: verifies, stores, wakes the turn, answers. It never waits for the
//! model, because a provider waits for the answer and calls again if it comes late.

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
use conversations::{
    Arrival, Claim, ConversationId, Names, Proof, Stop, Store, Taken, Unavailable, Waiting,
};
use futures::future::try_join_all;
use jiff::Timestamp;
use policy::Keyword;
use queue::{KEYWORDS, Queue, WakeUp};
use sms::{Event, Handled, Number, Provider, Providers, Text};
use telemetry::{Step, TraceId, steps};
use thiserror::Error;
use tracing::Instrument;

/// The longest text that is accepted, in characters. None of our providers carries more than 1,600.
const LONGEST_TEXT: usize = 2_000;

/// How long the same words from the same person count as a repeat, if the provider gives neither an
/// id nor a time.
const SAME_WORDS: Duration = Duration::from_secs(120);

/// The settings that the function reads.
pub const SETTINGS: &[settings::Names] =
    &[host::PUBLIC_URL, Access::SETTINGS, providers::RECEIVING, Store::SETTINGS, Queue::SETTINGS];

/// Why a text was not taken.
#[derive(Debug, Error)]
pub enum TakeError {
    /// It is longer than any SMS: a person should look at it.
    #[error("text too long")]
    TooLong,
    /// The store does not answer, so the text is not acknowledged.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// The function, with its clients.
pub struct Inbound {
    /// Who may call.
    pub providers: Arc<Providers>,
    /// Whose unsigned calls are accepted: the mock's.
    pub access: Access,
    /// The store for texts.
    pub store: Arc<Store>,
    /// The queue that wakes the turn.
    pub queue: Queue,
}

impl Inbound {
    /// `POST /webhooks/{provider}/inbound`, with or without a slash at the end, and every unknown
    /// address below `/webhooks`.
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

    /// Answers one call: 2xx once every text in it is stored, now or earlier.
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
                // Some providers know only one address. If the text did not arrive, the sweep finds
                // it.
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
        // In order for each person, so that START after STOP opts in again.
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
        // Nothing comes in the future, though the time of a kept call may say so if a clock was
        // ahead.
        let came = came.min(now);
        let claim = claim(self.store.names(), provider, &text);
        let (handled, asks) = self.heed(provider, &text, &claim, came, now).await?;
        let name = provider.name();
        // A stop counts whatever the text's length.
        if text.body.chars().count() > LONGEST_TEXT {
            if self.store.is_blocked(name, &text.from).await? {
                self.only_count(name, &text.from).await;
                return Ok(());
            }
            return Err(TakeError::TooLong);
        }
        // The mock's people may have any number.
        if let Some(owner) = self.providers.owner(&text.from).filter(|_| !sms::is_pretended(name)) {
            return Ok(self.take_our_own(owner, provider, &text.body, now).await?);
        }
        if self.store.answer_trial(&claim, name, &text.from, &text.body, now).await? {
            tracing::info!("took the answer to a test send");
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
        if !self.note(self.store.take(&arrival).await?, &arrival, &conversation).await {
            return Ok(());
        }
        let lane = match asks {
            // A keyword does not wait behind a slow model.
            Some(Keyword::Stop | Keyword::Start | Keyword::Help) => KEYWORDS,
            Some(Keyword::Yes) | None => "",
        };
        self.wake(format!("{conversation}{lane}"), &arrival.claim, trace).await;
        Ok(())
    }

    /// Notes what became of a text. Whether somebody may answer it, now or again.
    async fn note(&self, taken: Taken, arrival: &Arrival, id: &ConversationId) -> bool {
        match taken {
            Taken::New => tracing::info!(conversation.id = %id, "took a text"),
            Taken::Repeat => tracing::info!(conversation.id = %id, "ignored a repeated text"),
            Taken::Blocked => self.only_count(&arrival.text.provider, &arrival.theirs).await,
        }
        taken != Taken::Blocked
    }

    /// Counts a text of a number that is blocked, which nobody answers.
    async fn only_count(&self, provider: &str, theirs: &Number) {
        self.store.count_blocked(provider, theirs).await;
        tracing::info!("counted a text from a blocked number");
    }

    /// Records an opt-out or its end. Returns whether the provider has already answered the text,
    /// and its keyword.
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
        let proof = Proof {
            words: &text.body,
            ours: &text.to,
            message: text.id.as_deref().unwrap_or_default(),
            provider_says: handled.is_some(),
        };
        match asks {
            Some(Keyword::Stop) => {
                let confirmed = handled.is_some() || provider.answers(&text.body, &text.to);
                let stop = Stop { at: came, provider: provider.name().into(), confirmed };
                self.store.stop(claim, &text.from, &stop, &proof).await?;
            }
            Some(Keyword::Start) => {
                let name = provider.name();
                let was_stopped =
                    self.store.start(claim, name, &text.from, &proof, came, now).await?;
                // A YES from a person who has not stopped may answer the agent's question, even if
                // the provider treats it as a keyword.
                if !was_stopped && policy::keyword(&text.body) == Some(Keyword::Yes) {
                    return Ok((None, Some(Keyword::Yes)));
                }
            }
            // YES is an ordinary word unless the person has stopped, which the turn knows.
            Some(Keyword::Yes | Keyword::Help) | None => {}
        }
        Ok((handled, asks))
    }

    /// Takes a text from our own number at `owner` to the one at `provider`. It is a probe or is
    /// dropped: otherwise two of our agents would talk to each other for ever.
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
            None => tracing::info!("ignored a text from our own number at {from}"),
        }
        Ok(())
    }

    /// Once the text is stored it will be answered, even if the queue fails: `sweep` finds it.
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

/// Answers unknown addresses below `/webhooks`. A gateway brings receipts here if their address
/// ends in a slash.
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

/// The claim by which a repeat is recognised: the id, with sender and words if the provider may
/// give several texts the same id; without an id the sender, words and time; without a time the
/// sender and words, for two minutes.
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
