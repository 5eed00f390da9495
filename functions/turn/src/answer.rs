//! Answering the texts that wait.

use std::sync::Arc;
use std::time::Instant;

use agent::{Answered, Ending, ModelError, Turn as Entry};
use conversations::{
    Change, CommitError, Conversation, Effect, Ended, Loaded, Notice, Reply, Unavailable, Waiting,
};
use jiff::{SignedDuration, Timestamp};
use policy::{Keyword, fit, keyword};
use serde_json::json;
use telemetry::{Step, TraceId};

use crate::Wake;
use crate::edit::due;
use crate::send::{Begun, entry};

/// How often a draft is thrown away because another text came while the agent was thinking. After
/// that the reply goes out and the text waits for the next turn.
const THROWN_AWAY: usize = 2;

/// The texts that one turn takes up, and what it does with them.
struct Run {
    texts: Vec<Waiting>,
    does: Does,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Asks the agent.
    Think,
    /// Says something in the product's own name, unless the provider does.
    Say(Fixed),
    /// Takes note, and says nothing.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fixed {
    Stopped,
    Started,
    /// As `Started`, by a YES, which only the turn understands.
    Back,
    Help,
}

/// What the agent made of a run of texts.
enum Thought {
    Answer(Box<Answered>),
    None { error: ModelError, steps: Vec<Step> },
}

impl Thought {
    fn steps(&self) -> &[Step] {
        match self {
            Self::Answer(answered) => &answered.steps,
            Self::None { steps, .. } => steps,
        }
    }
}

/// The next state of a conversation, ready to be committed.
struct Draft<'a> {
    next: Conversation,
    changes: Vec<Change>,
    begun: Option<Begun<'a>>,
    effect: Option<Effect>,
}

impl<'a> Wake<'a> {
    /// Answers the first run of the texts that wait. False when there is nothing more to do now.
    pub(crate) async fn answer(&mut self, loaded: &mut Loaded) -> Result<bool, Unavailable> {
        let mut thought: Option<(Vec<Waiting>, Thought)> = None;
        let mut thrown_away = 0;
        let mut steps = Vec::new();
        loop {
            let Some(mut run) = self.next_run(loaded) else { return Ok(true) };
            if run.does == Does::Think {
                if let Some((texts, made)) = &thought {
                    if !texts.iter().all(|text| run.texts.contains(text)) {
                        // Somebody else has answered them.
                        return Ok(true);
                    }
                    if *texts != run.texts && thrown_away < THROWN_AWAY {
                        thrown_away += 1;
                        steps.extend_from_slice(made.steps());
                        steps.push(Step::new("thrown away", self.clock.now()));
                        thought = None;
                    }
                }
                if thought.is_none() {
                    let made = self.think(loaded, &run.texts).await;
                    thought = Some((run.texts.clone(), made));
                }
                if let Some((texts, _)) = &thought {
                    run.texts.clone_from(texts);
                }
            }
            let made = thought.as_ref().map(|(_, thought)| thought);
            let Draft { next, mut changes, begun, effect } = self.draft(loaded, &run, made);
            let trace = run.texts[0].trace.clone();
            changes.push(Change::Steps(trace, self.steps(&run, made, &steps)));

            let (at, clock) = (self.clock.now(), Instant::now());
            match self.turn.store.commit(loaded, next, changes).await {
                Ok(()) => {
                    let committed = Step::new("committed", at).took(clock.elapsed());
                    self.effects.extend(effect);
                    self.carry(loaded, begun, vec![committed]).await?;
                    let failed = matches!(made, Some(Thought::None { .. }));
                    return Ok(!(failed && run.does == Does::Think));
                }
                Err(CommitError::Conflict) => {}
                // Whether it was carried out shows when it is read again.
                Err(CommitError::Unavailable(error)) => {
                    tracing::warn!(%error, "a commit was not answered: {error}");
                }
            }
            if !self.reload(loaded).await? {
                return Ok(true);
            }
            if let Some(begun) = begun.filter(|begun| is_open(loaded, &begun.attempt.id)) {
                self.effects.extend(effect);
                self.carry(loaded, Some(begun), vec![]).await?;
                return Ok(true);
            }
            if loaded.conversation.open.is_some() {
                return Ok(true);
            }
        }
    }

    /// The texts to take up next: a stop word by itself, otherwise all up to the next stop word.
    fn next_run(&self, loaded: &Loaded) -> Option<Run> {
        let waiting = &loaded.conversation.waiting;
        let first = waiting.first()?;
        let one = |does| Some(Run { texts: vec![first.clone()], does });
        if let Some(stop) = &loaded.stop {
            let back =
                |text: &Waiting| keyword(&text.body) == Some(Keyword::Yes) && text.at > stop.at;
            if back(first) {
                return one(Does::Say(Fixed::Back));
            }
            let texts = waiting.iter().take_while(|text| !back(text)).cloned().collect();
            let does = if stop.confirmed { Does::Nothing } else { Does::Say(Fixed::Stopped) };
            return Some(Run { texts, does });
        }
        let special =
            |text: &Waiting| keyword(&text.body).filter(|keyword| *keyword != Keyword::Yes);
        match special(first) {
            Some(Keyword::Help) => one(Does::Say(Fixed::Help)),
            Some(Keyword::Start) => one(Does::Say(Fixed::Started)),
            // A stop that was taken back since.
            Some(_) => one(Does::Nothing),
            None => {
                let texts = waiting.iter().take_while(|text| special(text).is_none());
                Some(Run { texts: texts.cloned().collect(), does: Does::Think })
            }
        }
    }

    /// Asks the agent. What a send will need is fetched meanwhile.
    async fn think(&self, loaded: &Loaded, texts: &[Waiting]) -> Thought {
        let providers = Arc::clone(&self.turn.providers);
        tokio::spawn(async move { providers.prepare().await });
        let conversation = &loaded.conversation;
        // An entry that a later version wrote and this one cannot read is left out, not fatal.
        let turns: Vec<Entry> = conversation
            .turns
            .iter()
            .filter_map(|entry| serde_json::from_value(entry.clone()).ok())
            .collect();
        let new: Vec<Entry> = texts.iter().map(said).collect();
        let number = conversation.answers + 1;
        let agent = &self.turn.agent;
        let answered =
            agent.answer(&turns, &conversation.brief, &new, number, self.clock.now()).await;
        match answered {
            Ok(mut answered) => {
                let fitted = fit(&answered.reply, agent.page.segments as usize);
                if fitted.text.is_empty() {
                    let code = "nothing that fits a phone".into();
                    let error = ModelError::Unavailable { code, after: None };
                    return Thought::None { error, steps: answered.steps };
                }
                answered.steps.push(
                    Step::new("fitted", self.clock.now())
                        .with("segments", fitted.segments.count)
                        .with("cut", fitted.cut),
                );
                answered.reply.clone_from(&fitted.text);
                // What is stored is what the person reads.
                if let Some(Entry::Agent { text, .. }) = answered.turns.last_mut() {
                    *text = Some(fitted.text);
                }
                tracing::info!(
                    tokens_in = answered.tokens.input,
                    tokens_out = answered.tokens.output,
                    texts = texts.len(),
                    "the agent answered"
                );
                Thought::Answer(Box::new(answered))
            }
            Err(error) => {
                tracing::error!(error = %error.error, "the agent cannot answer: {}", error.error);
                Thought::None { error: error.error, steps: error.steps }
            }
        }
    }

    fn draft(&self, loaded: &Loaded, run: &Run, thought: Option<&Thought>) -> Draft<'a> {
        let now = self.clock.now();
        let texts = &self.turn.agent.page.texts;
        let mut draft = Draft {
            next: loaded.conversation.clone(),
            changes: others(&run.texts),
            begun: None,
            effect: None,
        };
        if let (Does::Think, Some(Thought::None { error, .. })) = (run.does, thought) {
            self.without_answer(loaded, &mut draft, run, error);
            return draft;
        }
        draft.next.waiting.retain(|text| !run.texts.contains(text));
        draft.next.due_at = due(&draft.next, now);
        match (run.does, thought) {
            (Does::Think, Some(Thought::Answer(answered))) => {
                draft.next.failures = 0;
                draft.next.apologised = false;
                draft.next.answers += 1;
                draft.next.brief.clone_from(&answered.brief);
                draft.next.turns.extend(answered.turns.iter().map(entry));
                self.end_if_over(loaded, &mut draft, answered, &run.texts[0].trace);
                self.reply(loaded, &mut draft, run, answered.reply.clone(), false);
            }
            (Does::Say(fixed), _) => {
                draft.next.turns.extend(run.texts.iter().map(said).map(|text| entry(&text)));
                if fixed == Fixed::Back {
                    draft.changes.push(Change::Started);
                }
                let asked = &run.texts[0];
                let provider = self.turn.providers.named(&asked.provider);
                let text = match fixed {
                    Fixed::Stopped => Some(&texts.stop),
                    _ if provider.is_some_and(|provider| provider.answers(&asked.body)) => None,
                    Fixed::Started | Fixed::Back => Some(&texts.start),
                    Fixed::Help => Some(&texts.help),
                };
                if let Some(text) = text {
                    self.say(loaded, &mut draft, run, text, fixed == Fixed::Stopped);
                }
            }
            _ => draft.next.turns.extend(run.texts.iter().map(said).map(|text| entry(&text))),
        }
        draft
    }

    /// The model had nothing to say: the texts stay waiting, and the person is told once.
    fn without_answer(
        &self,
        loaded: &Loaded,
        draft: &mut Draft<'a>,
        run: &Run,
        error: &ModelError,
    ) {
        let now = self.clock.now();
        draft.next.failures += 1;
        draft.next.due_at = due(&draft.next, now);
        let trace = &run.texts[0].trace;
        if draft.next.apologised {
            return;
        }
        draft.next.apologised = true;
        let what_to_do = match error {
            ModelError::Unavailable { .. } => "It is asked again until it answers.",
            ModelError::Misconfigured { .. } => {
                "See to OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and the account's quota. \
                 It is asked again until it answers."
            }
        };
        draft.changes.push(Change::Notice(Notice {
            id: format!("model-{trace}"),
            sentence: format!("{error}. A person waits and was told so. {what_to_do}"),
            conversation: Some(loaded.id.clone()),
            trace: Some(trace.clone()),
            at: now,
        }));
        let sorry = &self.turn.agent.page.texts.sorry;
        self.say(loaded, draft, run, sorry, false);
    }

    /// Says something in the product's own name.
    fn say(
        &self,
        loaded: &Loaded,
        draft: &mut Draft<'a>,
        run: &Run,
        text: &str,
        despite_stop: bool,
    ) {
        let fixed = Entry::Fixed { text: text.to_owned(), at: self.clock.now() };
        draft.next.turns.push(entry(&fixed));
        self.reply(loaded, draft, run, text.to_owned(), despite_stop);
    }

    fn reply(
        &self,
        loaded: &Loaded,
        draft: &mut Draft<'a>,
        run: &Run,
        body: String,
        despite_stop: bool,
    ) {
        let first = &run.texts[0];
        let reply = Reply {
            body,
            via: run.texts.last().unwrap_or(first).provider.clone(),
            trace: first.trace.clone(),
            despite_stop,
            at: self.clock.now(),
            sending: None,
            refused_by: vec![],
            rounds: 0,
        };
        draft.begun = self.begin(&loaded.id, &mut draft.next, reply);
        draft.changes.extend(draft.begun.as_ref().map(|begun| match despite_stop {
            true => Change::Confirmation(begun.attempt.clone()),
            false => Change::Attempt(begun.attempt.clone()),
        }));
    }

    /// Moves a conversation that is over to a document of its own, and begins the next one.
    fn end_if_over(
        &self,
        loaded: &Loaded,
        draft: &mut Draft<'a>,
        answered: &Answered,
        trace: &TraceId,
    ) {
        let now = self.clock.now();
        let (ending, reason) = match &answered.ending {
            Some(Ending::Finished) => ("finished", None),
            Some(Ending::HandedOver { reason }) => ("handed_over", Some(reason.clone())),
            None if draft.next.answers >= self.turn.agent.page.turns => ("turn_limit", None),
            None => return,
        };
        let next = &mut draft.next;
        let ended = Ended {
            conversation: loaded.id.clone(),
            number: next.number,
            ours: next.ours.clone(),
            theirs: next.theirs.clone(),
            ending: ending.to_owned(),
            brief: std::mem::take(&mut next.brief),
            turns: std::mem::take(&mut next.turns),
            at: now,
        };
        next.number += 1;
        next.answers = 0;
        if let Some(reason) = &reason {
            draft.changes.push(Change::Notice(Notice {
                id: format!("handed-over-{}-{}", loaded.id, ended.number),
                sentence: "The agent handed a conversation over: answer this person by hand."
                    .into(),
                conversation: Some(loaded.id.clone()),
                trace: Some(trace.clone()),
                at: now,
            }));
            tracing::info!(characters = reason.len(), "handed a conversation over");
        }
        if self.turn.results.is_some() {
            let effect = result(&ended, trace, reason, now);
            draft.changes.push(Change::Effect(effect.clone()));
            draft.effect = Some(effect);
        }
        draft.changes.push(Change::Ended(ended));
    }

    fn steps(&self, run: &Run, thought: Option<&Thought>, before: &[Step]) -> Vec<Step> {
        let first = &run.texts[0];
        let waited = (self.clock.now().duration_since(first.at)).max(SignedDuration::ZERO);
        let mut steps = vec![
            Step::new("took up", first.at)
                .with("texts", run.texts.len())
                .with("waited_ms", i64::try_from(waited.as_millis()).unwrap_or(i64::MAX)),
        ];
        steps.extend_from_slice(before);
        steps.extend_from_slice(thought.map_or(&[], Thought::steps));
        steps
    }
}

fn is_open(loaded: &Loaded, attempt: &str) -> bool {
    let open = loaded.conversation.open.as_ref().and_then(|reply| reply.sending.as_ref());
    open.is_some_and(|sending| sending.attempt == attempt)
}

/// The traces of the texts that are answered together with the first one lead to its trace.
fn others(texts: &[Waiting]) -> Vec<Change> {
    let Some((first, others)) = texts.split_first() else { return vec![] };
    let leads = |text: &Waiting| Change::AnsweredIn(text.trace.clone(), first.trace.clone());
    others.iter().map(leads).collect()
}

/// A text as the agent is told of it.
fn said(text: &Waiting) -> Entry {
    let mut words = text.body.trim().to_owned();
    if text.media > 0 {
        words.push_str(" [The person sent a picture or file along, which cannot be opened here.]");
    }
    if words.is_empty() {
        words.push_str("[The person sent an empty text.]");
    }
    Entry::Person { text: words.trim().to_owned(), at: text.at }
}

/// What the business gets of a conversation that is over.
fn result(ended: &Ended, trace: &TraceId, reason: Option<String>, now: Timestamp) -> Effect {
    let kind = if reason.is_some() { "conversation.handed_over" } else { "conversation.finished" };
    Effect {
        id: format!("{}-{}", ended.conversation, ended.number),
        conversation: ended.conversation.clone(),
        trace: trace.clone(),
        kind: kind.into(),
        payload: json!({
            "conversation": ended.conversation,
            "number": ended.number,
            "from": ended.theirs,
            "to": ended.ours,
            "ending": ended.ending,
            "reason": reason,
            "brief": ended.brief,
            "trace": trace,
        }),
        tries: 0,
        at: now,
        due_at: now,
    }
}
