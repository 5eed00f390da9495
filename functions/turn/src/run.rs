//! The texts that one turn takes up, and what it does with them.

use agent::{Page, Turn as Entry};
use conversations::{Conversation, LastReply, Loaded, Stop, Waiting};
use jiff::{SignedDuration, Timestamp};
use policy::{Keyword, is_nudge, reaction};
use serde_json::Value;
use telemetry::{Step, TraceId, steps};

use crate::transcript::{entries, entry};

/// The shortest time in which our text can reach a phone, be read and be answered. A text that
/// comes sooner was already on its way.
const READING: SignedDuration = SignedDuration::from_secs(8);

/// How long after our text a person's next one still counts as an answer to it.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(72);

/// How much one turn takes up, in characters: more than a patient person types. The rest waits for
/// the next turn, so that nobody can make a prompt grow without limit.
const CHARACTERS: usize = 16_000;

/// The texts that one turn takes up, at least one, and what it does with them.
#[derive(PartialEq)]
pub(crate) struct Run {
    pub(crate) texts: Vec<Waiting>,
    pub(crate) does: Does,
}

impl Run {
    /// What to take up next. Keywords go first: none waits for a slow model, or behind a text that
    /// the model cannot answer.
    pub(crate) fn next(loaded: &Loaded) -> Option<Self> {
        if !loaded.orders.is_empty() {
            // An operator may have taken the conversation.
            return None;
        }
        if let Some(stop) = &loaded.stop {
            return Self::stopped(loaded, stop);
        }
        let Some((text, keyword)) =
            loaded.waiting.iter().find_map(|text| Some((text, asks(text)?)))
        else {
            return Self::thinking(loaded);
        };
        let does = match keyword {
            Keyword::Help => Does::Say(Fixed::Help),
            Keyword::Start => Does::Say(Fixed::Started),
            // A stop that has been taken back since.
            Keyword::Stop | Keyword::Yes => Does::Nothing,
        };
        Some(Self { texts: vec![text.clone()], does })
    }

    /// What is done with some of its texts.
    pub(crate) fn of(&self, texts: &[Waiting]) -> Self {
        Self { texts: texts.to_vec(), does: self.does }
    }

    /// The same run after somebody else has written to the conversation. A keyword that has come
    /// since is not part of what the model is asked.
    pub(crate) fn again(&self, loaded: &Loaded) -> Option<Self> {
        match self.does {
            Does::Think if loaded.stop.is_none() && loaded.orders.is_empty() => {
                Self::thinking(loaded)
            }
            _ => Self::next(loaded),
        }
    }

    /// The run of a person who has stopped: every text up to the word that opts in again.
    fn stopped(Loaded { waiting, blocked, .. }: &Loaded, stop: &Stop) -> Option<Self> {
        let back =
            |text: &Waiting| text.asks == Some(Keyword::Yes) && text.at > stop.at && !blocked;
        let first = waiting.first()?;
        if back(first) {
            return Some(Self { texts: vec![first.clone()], does: Does::Say(Fixed::Back) });
        }
        let texts = waiting.iter().take_while(|text| !back(text)).cloned().collect();
        let does = if stop.confirmed { Does::Nothing } else { Does::Say(Fixed::Stopped) };
        Some(Self { texts, does })
    }

    /// The run for the model: all texts but keywords, up to the limit of a turn. Only one text, if
    /// the model has refused several together.
    fn thinking(loaded: &Loaded) -> Option<Self> {
        let Loaded { conversation, waiting, .. } = loaded;
        let most = if conversation.one_by_one > 0 { 1 } else { usize::MAX };
        let mut left = CHARACTERS;
        let fits = |text: &&Waiting| {
            let length = text.body.chars().count();
            let fits = length <= left || left == CHARACTERS;
            left = left.saturating_sub(length);
            fits
        };
        let texts = waiting.iter().filter(|text| asks(text).is_none());
        let texts: Vec<_> = texts.take_while(fits).take(most).cloned().collect();
        (!texts.is_empty()).then_some(Self { texts, does: Does::Think })
    }

    /// The trace of the answer.
    pub(crate) fn trace(&self) -> &TraceId {
        &self.texts[0].trace
    }

    /// Whether the model is asked.
    pub(crate) fn thinks(&self) -> bool {
        self.does == Does::Think
    }

    /// Whether it comes through the mock.
    pub(crate) fn is_pretended(&self) -> bool {
        sms::is_pretended(&self.texts[0].provider)
    }

    /// The words of the texts.
    pub(crate) fn bodies(&self) -> Vec<&str> {
        self.texts.iter().map(|text| text.body.as_str()).collect()
    }

    /// The texts as entries.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.texts.iter().map(|text| Entry::Person { text: said(text), at: text.at }).collect()
    }

    /// The step of its trace that says by which page it is answered.
    pub(crate) fn took_up(&self, conversation: &Conversation, page: &Page, now: Timestamp) -> Step {
        let waited = now.duration_since(self.texts[0].at).max(SignedDuration::ZERO);
        let step = Step::new(steps::TOOK_UP, now)
            .with("texts", self.texts.len())
            .with("waited_ms", i64::try_from(waited.as_millis()).unwrap_or(i64::MAX))
            .with("page", page.version.clone());
        match conversation.tries {
            0 => step,
            tries => step.with("tries", tries),
        }
    }

    /// Adds the texts to a conversation, but before an apology for the late answer to them.
    pub(crate) fn join(&self, turns: &mut Vec<Value>, page: &Page) {
        self.join_entries(turns, self.entries(), page);
    }

    /// The same, for texts that the model no longer sees.
    pub(crate) fn join_unanswered(&self, turns: &mut Vec<Value>, page: &Page) {
        let unanswered = |text: &Waiting| Entry::Unanswered { text: said(text), at: text.at };
        self.join_entries(turns, self.texts.iter().map(unanswered).collect(), page);
    }

    fn join_entries(&self, turns: &mut Vec<Value>, said: Vec<Entry>, page: &Page) {
        for (text, said) in self.texts.iter().zip(said) {
            let place = turns.iter().position(|turn| apologises(turn, text, page));
            turns.insert(place.unwrap_or(turns.len()), entry(&said));
        }
    }

    /// The conversation before these texts, without apologies for the late answer.
    pub(crate) fn unanswered(&self, turns: &[Value], page: &Page) -> Vec<Entry> {
        let apologises = |turn: &Value| apologises(turn, &self.texts[0], page);
        entries(turns.iter().filter(|turn| !apologises(turn))).collect()
    }
}

/// Whether an entry apologises for the late answer to this text.
fn apologises(turn: &Value, text: &Waiting, page: &Page) -> bool {
    let at = || turn["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let is_sorry = || page.texts_by_language().any(|(_, texts)| turn["text"] == *texts.sorry);
    turn["kind"] == "fixed" && is_sorry() && at().is_some_and(|at| text.at < at)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// Asks the agent.
    Think,
    /// Says something in the product's own name, unless the provider does.
    Say(Fixed),
    /// Takes the texts up without a reply.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fixed {
    Stopped,
    Started,
    /// Like `Started`, but after a YES, which only the turn recognises.
    Back,
    Help,
}

/// The keyword of a text from a person who has not stopped: to them, YES is an ordinary word.
fn asks(text: &Waiting) -> Option<Keyword> {
    text.asks.filter(|keyword| *keyword != Keyword::Yes)
}

/// Our last reply, if one of these texts shows that it arrived.
pub(crate) fn arrived<'c>(
    conversation: &'c Conversation,
    texts: &[Waiting],
) -> Option<&'c LastReply> {
    let said = conversation.last.as_ref()?;
    let earlier: Vec<_> = entries(&conversation.turns)
        .filter_map(|entry| match entry {
            Entry::Person { text, .. } => Some(text),
            _ => None,
        })
        .collect();
    let answers = |text: &Waiting| {
        let after = text.at.duration_since(said.at);
        READING <= after
            && after <= REMEMBERED
            && !is_nudge(&text.body, earlier.iter().map(String::as_str))
    };
    texts.iter().any(answers).then_some(said)
}

/// A text as the agent sees it.
fn said(text: &Waiting) -> String {
    let mut words = match reaction(&text.body) {
        Some(reaction) => format!("[The person {reaction}]"),
        None => text.body.trim().to_owned(),
    };
    if text.media > 0 {
        words.push_str(" [The person sent a picture or file along, which cannot be opened here.]");
    }
    if words.is_empty() {
        words.push_str("[The person sent an empty text.]");
    }
    words.trim().to_owned()
}
