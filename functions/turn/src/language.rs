//! The language in which the product itself speaks to a person.

use agent::{Answered, Texts};
use conversations::Conversation;
use policy::{Language, language, language_of_keyword};

use crate::Wake;
use crate::run::Run;

impl<'a> Wake<'a> {
    /// The fixed texts in the language of a person, or in the page's own.
    pub(crate) fn texts(&self, conversation: &Conversation, run: &Run) -> &'a Texts {
        self.turn.agent.page.texts_in(known(conversation, run))
    }
}

/// A person's language: that of earlier texts, or else of these, if they show one.
pub(crate) fn known(conversation: &Conversation, run: &Run) -> Option<Language> {
    conversation.language.or_else(|| match run.thinks() {
        true => language(&run.bodies().join("\n")),
        false => run.bodies().into_iter().find_map(language_of_keyword),
    })
}

/// The language of a person whose texts were answered. The words of the reply are a better sign of it
/// than theirs, which are few and full of names.
pub(crate) fn shown(
    conversation: &Conversation,
    run: &Run,
    answered: &Answered,
) -> Option<Language> {
    answered.language.or_else(|| known(conversation, run))
}
