//! What machines are documented to say.

use crate::print::words;

/// What kind of machine says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A telephone or mailbox whose owner is away.
    AutoReply,
    /// A carrier that did not deliver a text.
    Bounce,
}

/// Words in a row, in lower case and without accents and punctuation.
const FORMS: [(Form, &str); 4] = [
    (Form::AutoReply, "out of the office"),
    (Form::AutoReply, "driving with focus turned on"),
    (Form::Bounce, "unable to send message message blocking is active"),
    (Form::Bounce, "error invalid number please re send using a valid"),
];

/// The documented form that a text has.
pub(crate) fn form(text: &str) -> Option<Form> {
    let said = format!(" {} ", words(text).collect::<Vec<_>>().join(" "));
    FORMS.iter().find(|(_, form)| said.contains(&format!(" {form} "))).map(|(form, _)| *form)
}
