//! Delivery reports that arrive as texts, because a provider sends our own words back.
//!
//! An answer to one would be an answer to ourselves: it costs money, and comes back as well. Only
//! the turn has read what we said, so it recognises them.

use agent::Turn as Entry;
use conversations::{Change, Conversation, Loaded, Unavailable, Waiting};
use telemetry::{Step, steps};

use crate::Wake;
use crate::edit::Draft;
use crate::transcript::entries;

/// The shortest text, in characters, that cannot repeat us by accident: people also say "yes,
/// please".
const SHORTEST: usize = 20;

/// How many letters and digits of our words are enough to recognise a text that was cut off on the
/// way.
const CUT: usize = 60;

impl Wake<'_> {
    /// Sets aside waiting texts that only report our own words. They are no evidence: nothing in
    /// them says that our words arrived.
    pub(crate) async fn set_reports_aside(&self, loaded: &mut Loaded) -> Result<(), Unavailable> {
        if !loaded.waiting.iter().any(|text| self.may_be_report(text)) {
            return Ok(());
        }
        let last = self.last_of_the_one_before(&loaded.conversation).await?;
        let written = self.edit(loaded, |loaded| {
            let said: Vec<_> = said(&loaded.conversation).chain(last.clone()).collect();
            let is_report = |text: &&Waiting| {
                self.may_be_report(text) && said.iter().any(|said| repeats(&text.body, said))
            };
            let reports: Vec<_> = loaded.waiting.iter().filter(is_report).cloned().collect();
            if reports.is_empty() {
                return None;
            }
            let (mut draft, now) = (Draft::of(loaded), self.clock.now());
            draft.set_aside(&reports, "report");
            draft.changes.extend(reports.iter().map(|text| {
                let step = Step::new(steps::NOT_ANSWERED, now).with("why", "report");
                Change::Steps(text.trace.clone(), vec![step])
            }));
            if draft.next.open.is_none() {
                draft.set_due(now);
            }
            Some(draft)
        });
        if written.await?.is_stored() {
            tracing::warn!("set aside a report that came as a text in our own words");
        }
        Ok(())
    }

    /// Whether the provider may deliver a report in the form of a text.
    fn may_be_report(&self, text: &Waiting) -> bool {
        let provider = self.turn.providers.named(&text.provider);
        provider.is_some_and(|provider| !provider.documents_texts())
            && text.body.chars().count() >= SHORTEST
    }

    /// The last words of the previous conversation, if this one has only begun.
    async fn last_of_the_one_before(
        &self,
        conversation: &Conversation,
    ) -> Result<Option<String>, Unavailable> {
        let Some(last) = &conversation.last else { return Ok(None) };
        if said(conversation).next().is_some() {
            return Ok(None);
        }
        let attempt = self.turn.store.attempt(&last.attempt).await?;
        Ok(attempt.map(|attempt| attempt.reply.body))
    }
}

/// Our side of a conversation.
fn said(conversation: &Conversation) -> impl Iterator<Item = String> {
    entries(&conversation.turns).filter_map(|entry| match entry {
        Entry::Agent { text, .. } => text,
        Entry::Fixed { text, .. } | Entry::ByHand { text, .. } => Some(text),
        _ => None,
    })
}

/// Whether a text repeats our words, even if case, spaces, punctuation, non-English letters or the
/// end were changed on the way.
fn repeats(text: &str, said: &str) -> bool {
    let (text, said) = (plain(text), plain(said));
    let english = |words: &str| words.chars().filter(char::is_ascii).collect::<String>();
    let is_same = |text: &str, said: &str| {
        let length = text.chars().count();
        (text == said && length > 0) || (length >= CUT && said.starts_with(text))
    };
    let is_english = |words: &String| words.len() >= SHORTEST;
    is_same(&text, &said)
        || Some(english(&text))
            .filter(is_english)
            .is_some_and(|text| is_same(&text, &english(&said)))
}

/// Letters and digits only.
fn plain(words: &str) -> String {
    words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Thanks, María! Could you tell me at which street address the work is to be \
                        done, and when you are at home?";

    #[test]
    fn knows_our_words_whatever_happened_to_them_on_the_way() {
        let cut: String = SAID.chars().take(80).collect();
        for text in [
            SAID,
            &SAID.to_uppercase(),
            &SAID.replace(' ', "  "),
            &SAID.replace('í', "?"),
            &SAID.replace('í', "Ã"),
            &SAID.replace('\'', ""),
            &cut,
        ] {
            assert!(repeats(text, SAID), "{text}");
        }
        for text in [
            "Thanks, María!",
            "Could you tell me at which street address the work is to be done?",
            "At which street address? Mine is 12 Elm Street, and I am at home.",
            "?????????????????????",
            "",
        ] {
            assert!(!repeats(text, SAID), "{text}");
        }
    }
}
