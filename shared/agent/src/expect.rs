//! What a page may not lose when recorded conversations are played to it.

/// What a page may not lose when recorded conversations are played to it. `None`: anything.
///
/// Shares are in percent of what there was, added up over all conversations, since a model never answers
/// quite the same twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// The least share of the recorded fields that are recorded again: a text with any words, anything
    /// else with the same value.
    pub fields: Option<u32>,
    /// The least share of the conversations that end as they did.
    pub endings: Option<u32>,
    /// How much longer conversations may be, in answers.
    pub turns: Option<u32>,
    /// How many more segments the replies may take.
    pub segments: Option<u32>,
    /// How much more the model may cost.
    pub money: Option<u32>,
    /// How many more answers the model may refuse, as a number.
    pub refusals: Option<u32>,
}
