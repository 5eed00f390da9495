//! Handing a reply to a provider, and writing down what came of it.

use std::time::{Duration, Instant};

use agent::Turn as Entry;
use conversations::{Attempt, Change, Learned, Loaded, Notice, Reply, Said, Sending, Unavailable};
use evidence::{Route, State};
use jiff::{SignedDuration, Timestamp};
use sms::{Number, Provider, SendError, Status};
use telemetry::{Step, TraceId};
use tokio::time::timeout;

use crate::edit::Draft;
use crate::pause::spread;
use crate::{Turn, Wake};

/// How long nobody else touches an attempt: 20 seconds for the request, with everything that has to
/// be asked for on the way, and the rest to write down what came of it.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(25);
const TO_WRITE_DOWN: SignedDuration = SignedDuration::from_secs(5);
pub(crate) const REQUEST: Duration = Duration::from_secs(20);

/// How long after all providers refused they are asked again: the first time, and at most.
const ROUND: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(5), SignedDuration::from_secs(30));

/// How long after a notice that a provider refuses there is no other of the same code.
const REFUSAL_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Why a reply to a test number ([`sms::Number::is_for_tests`]) goes no further. The smoke test
/// looks for these words.
pub const TEST_NUMBER: &str = "a test number: nothing was sent";

/// What the agent is told of a reply.
pub(crate) const NOT_KNOWN: &str = "It is not known whether your last reply reached the person.";
pub(crate) const NOT_REACHED: &str = "Your last reply did not reach the person.";

/// An attempt that has been decided on: once it is committed, its request may leave.
pub(crate) struct Begun<'a> {
    provider: &'a dyn Provider,
    attempt: Attempt,
    until: Timestamp,
    /// Whether it finds out for others whether its way works again.
    is_probe: bool,
    /// Why this provider, in sentences.
    why: String,
    /// That no provider works, and what is wrong with each, if so: it is tried all the same.
    nothing_works: Option<String>,
    /// All ways that there were to choose from, by their names.
    ways: String,
}

impl Begun<'_> {
    pub(crate) fn attempt(&self) -> &str {
        &self.attempt.id
    }

    /// How long its request may take. `None`: its time is over before it began, and somebody else
    /// may be at it.
    fn budget(&self, now: Timestamp) -> Option<Duration> {
        let left = self.until.duration_since(now) - TO_WRITE_DOWN;
        Duration::try_from(left).ok().filter(|left| !left.is_zero())
    }
}

/// One of the ways by which a reply can go.
pub(crate) struct Way<'a> {
    provider: &'a dyn Provider,
    /// The number that the person texted, where it is this provider's.
    from: Option<String>,
    route: Route,
}

impl Way<'_> {
    /// Whether nothing of this reply's own speaks against it.
    pub(crate) fn may_carry(&self, reply: &Reply) -> bool {
        !reply.refused_by.iter().any(|name| name == self.provider.name())
    }
}

impl<'a> Wake<'a> {
    /// Makes a reply the open one of its conversation, and begins the next attempt at it: from the
    /// number that was texted while that works, else by the best provider that has not refused it. If
    /// all have, it is due again later.
    pub(crate) fn begin(&self, loaded: &Loaded, draft: &mut Draft<'a>, mut reply: Reply) {
        let now = self.clock.now();
        let ways = self.ways(&draft.next.theirs, &reply);
        let routes: Vec<_> = ways.iter().map(|way| way.route.clone()).collect();
        let explain = |provider: &str, code: &str| {
            self.turn.providers.explain(provider, code).map(ToString::to_string)
        };
        let nothing_works = loaded.health.nothing_works(&routes, explain);
        let all = routes.iter().map(Route::id).collect::<Vec<_>>().join(" ");
        let mut ways: Vec<_> = ways.into_iter().filter(|way| way.may_carry(&reply)).collect();
        let routes: Vec<_> = ways.iter().map(|way| way.route.clone()).collect();
        let texted = ways.iter().position(|way| way.from.is_some());
        let Some(choice) = evidence::choose(&routes, texted, &loaded.health, now) else {
            let (first, longest) = ROUND;
            let pause = longest.min(first * 2_i32.pow(reply.rounds.min(8)));
            draft.next.due_at = Some(now + spread(pause));
            reply.rounds += 1;
            reply.refused_by.clear();
            reply.sending = None;
            draft.next.open = Some(reply);
            return;
        };
        let Way { provider, from, route } = ways.swap_remove(choice.index);
        let id = Attempt::name(&reply.trace);
        let by = (provider.name(), route.sender.as_str(), from);
        let theirs = &draft.next.theirs;
        let attempt = Attempt::begin(id.clone(), &self.id, by, theirs, reply.clone(), now);
        let is_first_try = reply.refused_by.is_empty() && reply.rounds == 0;
        let opens = is_first_try && loaded.conversation.answers == 0;
        let proven = loaded.health.state(&route) == State::Healthy;
        let attempt = Attempt { opens, proven, ..attempt };
        draft.changes.push(match reply.despite_stop {
            true => Change::AttemptDespiteStop(attempt.clone()),
            false => Change::Attempt(attempt.clone()),
        });
        let until = now + UNDER_WAY;
        let provider_name = provider.name().to_owned();
        draft.next.last = Some(Said { attempt: id.clone(), proven, at: now });
        reply.sending = Some(Sending { attempt: id, provider: provider_name, at: now, until });
        draft.next.open = Some(reply);
        draft.next.due_at = Some(until);
        // Where nothing works every text is one, of which those alone tell that are due.
        let probe_at = loaded.health.verdict(&route).and_then(|verdict| verdict.probe_at);
        let is_probe = choice.probe && probe_at.is_some_and(|at| at <= now);
        let why = choice.why;
        let ways = all;
        draft.begun = Some(Begun { provider, attempt, until, is_probe, why, nothing_works, ways });
    }

    /// The ways by which a reply can go to a person, in the configured order.
    pub(crate) fn ways(&self, theirs: &Number, reply: &Reply) -> Vec<Way<'a>> {
        let way = |provider: &'a dyn Provider| {
            let name = provider.name();
            let from = (name == reply.via).then(|| reply.ours.clone());
            let sender = from.as_deref().unwrap_or(provider.sender());
            let route = Route::new(name, sender, theirs.split().0);
            Way { provider, from, route }
        };
        self.turn.providers.answering(&reply.via).into_iter().map(way).collect()
    }

    /// Makes the attempt that was committed, and those that follow from it, until the reply is
    /// closed or has to wait.
    pub(crate) async fn carry(
        &self,
        loaded: &mut Loaded,
        mut begun: Option<Begun<'a>>,
        mut steps: Vec<Step>,
    ) -> Result<(), Unavailable> {
        while let Some(next) = begun {
            let (at, clock) = (self.clock.now(), Instant::now());
            let Some(budget) = next.budget(at) else {
                tracing::warn!("left a reply for later: too late to send it");
                return Ok(());
            };
            let Begun { provider, attempt, is_probe, why, nothing_works, ways, .. } = next;
            if attempt.to.is_for_tests() {
                return self.stop_before_provider(loaded, &attempt, steps).await;
            }
            let message = attempt.outgoing();
            let sending = provider.send(self.turn.providers.http(), &message);
            let outcome = timeout(budget, sending)
                .await
                .unwrap_or_else(|_| Err(SendError::Unknown { code: "timeout".into() }));
            let step = Step::new("sent", at)
                .took(clock.elapsed())
                .with("provider", provider.name())
                .with("why", why)
                .with("attempt", attempt.id.clone())
                .with("segments", attempt.segments);
            steps.push(match &outcome {
                Ok(_) => step.with("outcome", "accepted"),
                Err(error) => step.with("outcome", error.to_string()),
            });
            let steps = std::mem::take(&mut steps);
            begun = self.record(loaded, (&attempt, is_probe), outcome, steps).await?;
            self.saw_ways(&loaded.health, &ways, nothing_works.as_deref()).await;
        }
        Ok(())
    }

    /// Ends the attempt to answer a test number where a provider would be asked: everything up to
    /// here has shown that it works, and nobody has to look at it.
    async fn stop_before_provider(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        mut steps: Vec<Step>,
    ) -> Result<(), Unavailable> {
        let error = SendError::Undeliverable { code: TEST_NUMBER.into() };
        tracing::info!(provider.name = attempt.provider, "{error}");
        steps.push(
            Step::new("sent", self.clock.now())
                .with("provider", attempt.provider.clone())
                .with("attempt", attempt.id.clone())
                .with("segments", attempt.segments)
                .with("outcome", error.to_string()),
        );
        let changes = vec![
            Change::Steps(attempt.trace.clone(), steps),
            Change::Learned(Learned {
                code: Some(error.code().into()),
                ..self.learned(&attempt.id, Status::Failed)
            }),
        ];
        self.close(loaded, &attempt.id, None, changes).await
    }

    /// Writes down what came of an attempt, and begins the next one if it was refused.
    async fn record(
        &self,
        loaded: &mut Loaded,
        (attempt, is_probe): (&Attempt, bool),
        outcome: Result<String, SendError>,
        steps: Vec<Step>,
    ) -> Result<Option<Begun<'a>>, Unavailable> {
        let provider = attempt.provider.as_str();
        let learned = Learned::of_outcome(attempt, &outcome, self.clock.now());
        let mut changes =
            vec![Change::Steps(attempt.trace.clone(), steps), Change::Learned(learned.clone())];
        let error = match outcome {
            Ok(id) => {
                tracing::info!(
                    provider.name = provider,
                    message.id = id,
                    segments = attempt.segments,
                    "sent a reply"
                );
                let attempt = attempt.knowing(&learned);
                changes.extend(self.told_before(&attempt).await);
                self.close(loaded, &attempt.id, None, changes).await?;
                // On a way that is known to work one more accepted text is left to the sweep.
                if loaded.health.state(&attempt.route()) != State::Healthy {
                    self.weigh(loaded, &attempt, is_probe).await;
                }
                return Ok(None);
            }
            Err(error) => error,
        };
        tracing::warn!(provider.name = provider, %error, "{provider}: {error}");
        match error {
            SendError::Refused { code } => {
                let told = self.tell_of_refusal(attempt, &code);
                let known = attempt.knowing(&learned);
                tokio::join!(self.weigh(loaded, &known, is_probe), told);
                return self.refused(loaded, attempt, changes).await;
            }
            SendError::Undeliverable { code } => {
                changes.push(Change::Notice(self.notice(
                    format!("reply-{}", attempt.id),
                    format!(
                        "{provider} cannot deliver to this person ({code}).{}",
                        self.turn.providers.meaning(provider, &code)
                    ),
                    &attempt.trace,
                )));
                self.close(loaded, &attempt.id, Some(NOT_REACHED), changes).await?;
            }
            SendError::OptedOut { .. } => {
                let (at, provider) = (self.clock.now(), provider.to_owned());
                changes.push(Change::Stopped { at, provider });
                self.close(loaded, &attempt.id, Some(NOT_REACHED), changes).await?;
            }
            SendError::Unknown { .. } => self.unanswered(loaded, attempt, changes).await?,
        }
        Ok(None)
    }

    /// Says that a provider refuses, once an hour for each code: one notice is everybody's, and must not
    /// be written with each of their texts.
    async fn tell_of_refusal(&self, attempt: &Attempt, code: &str) {
        let (provider, turn) = (&attempt.provider, self.turn);
        let means = turn.providers.meaning(provider, code);
        let notice = self.notice(
            format!("refused-{provider}-{}", code.replace([' ', ':'], "-")),
            format!(
                "{provider} refuses to send ({code}).{means} The next provider is asked instead."
            ),
            &attempt.trace,
        );
        if let Err(error) = turn.store.notice_anew(&notice, Some(REFUSAL_AGAIN)).await {
            tracing::warn!(%error, "did not write down that {provider} refuses: {error}");
        }
    }

    /// What was told of an attempt by receipts that were faster than we are. One that comes at this
    /// moment, or cannot be looked for now, is left to the sweep.
    pub(crate) async fn told_before(&self, attempt: &Attempt) -> Vec<Change> {
        let by = self.turn.providers.named(&attempt.provider);
        if by.is_some_and(|by| by.names_attempts()) {
            return vec![];
        }
        let told = self.turn.store.told_before(attempt).await;
        let told = told.inspect_err(|error| tracing::warn!(%error, "left receipts apart: {error}"));
        told.unwrap_or_default().into_iter().map(Change::Told).collect()
    }

    /// Counts an attempt for or against its route at once, so that the next choice knows.
    ///
    /// What is known of routes is no reason to fail a turn.
    pub(crate) async fn weigh(&self, loaded: &mut Loaded, attempt: &Attempt, is_probe: bool) {
        let Turn { store, providers, .. } = self.turn;
        let (one, now) = (std::slice::from_ref(attempt), self.clock.now());
        let weighed = match is_probe {
            true => routing::weigh_probe(store, providers, attempt, now).await,
            false => routing::weigh(store, providers, one, now).await,
        };
        match weighed {
            Ok(health) => loaded.health = health,
            Err(error) => tracing::warn!(%error, "left an attempt to be weighed later: {error}"),
        }
    }

    /// Begins the next attempt, on the spot or later.
    async fn refused(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        changes: Vec<Change>,
    ) -> Result<Option<Begun<'a>>, Unavailable> {
        let begun = self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.changes.clone_from(&changes);
            if let Some(mut reply) = draft.take_open(&attempt.id) {
                reply.refused_by.push(attempt.provider.clone());
                self.go_on(loaded, &mut draft, reply);
            }
            Some(draft)
        });
        Ok(begun.await?.begun)
    }

    /// Begins the next attempt at a reply that certainly was not sent so far, unless it is too old
    /// or not wanted any more.
    pub(crate) fn go_on(&self, loaded: &Loaded, draft: &mut Draft<'a>, reply: Reply) {
        let now = self.clock.now();
        // The confirmation of a stop goes to who has stopped, everything else to who has not.
        let wanted = loaded.stop.is_some() == reply.despite_stop;
        if wanted && now < reply.at + self.life() {
            return self.begin(loaded, draft, reply);
        }
        if wanted {
            tracing::error!("gave a reply up: nobody could send it in time");
            let notice = self.notice(
                format!("given-up-{}", reply.trace),
                "A reply was given up: nobody could send it in time. Answer this person by hand, and \
                 see why the providers refuse."
                    .into(),
                &reply.trace,
            );
            draft.changes.push(Change::Notice(notice));
        }
        draft.next.turns.push(note(NOT_REACHED));
        draft.set_due(now);
    }

    /// Writes down that no answer came. What is open is settled next.
    async fn unanswered(
        &self,
        loaded: &mut Loaded,
        attempt: &Attempt,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.changes.clone_from(&changes);
            if let Some(mut reply) = draft.take_open(&attempt.id) {
                let now = self.clock.now();
                // We are done with it, so nobody has to wait for us.
                reply.sending.as_mut()?.until = now;
                draft.next.open = Some(reply);
                draft.next.due_at = Some(now);
            }
            Some(draft)
        })
        .await?;
        Ok(())
    }

    /// Closes the open reply, if it is still this attempt that is open, with a note for the agent.
    /// What is learned of the attempt is stored in any case: it is true, whoever has closed the
    /// reply meanwhile.
    pub(crate) async fn close(
        &self,
        loaded: &mut Loaded,
        attempt: &str,
        told: Option<&str>,
        changes: Vec<Change>,
    ) -> Result<(), Unavailable> {
        self.edit(loaded, |loaded| {
            let mut draft = Draft::of(loaded);
            draft.changes.clone_from(&changes);
            if draft.take_open(attempt).is_some() {
                draft.next.turns.extend(told.map(note));
                draft.set_due(self.clock.now());
            } else if changes.is_empty() {
                return None;
            }
            Some(draft)
        })
        .await?;
        Ok(())
    }

    /// Something learned of an attempt just now.
    pub(crate) fn learned(&self, attempt: &str, status: Status) -> Learned {
        Learned::new(attempt, status, self.clock.now())
    }

    /// How long a reply lives.
    pub(crate) fn life(&self) -> SignedDuration {
        self.turn.agent.page.reply_life
    }

    /// Something for the operator to look at.
    pub(crate) fn notice(&self, id: String, sentence: String, trace: &TraceId) -> Notice {
        let (conversation, trace) = (Some(self.id.clone()), Some(trace.clone()));
        Notice { id, sentence, conversation, trace, whom: None, at: self.clock.now() }
    }
}

/// An entry of the agent's, as the store keeps it.
pub(crate) fn entry(entry: &Entry) -> serde_json::Value {
    serde_json::to_value(entry).expect("an entry is an object with string keys")
}

pub(crate) fn note(text: &str) -> serde_json::Value {
    entry(&Entry::Note { text: text.to_owned() })
}
