//! The words that the law and the carriers reserve.

/// What a reserved word asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keyword {
    /// Text this person no more.
    Stop,
    /// Text this person again.
    Start,
    /// [`Keyword::Start`] from a person who is stopped, and an ordinary answer from anybody else.
    Yes,
    /// Say who this is and how to stop it.
    Help,
}

/// In upper case. The stop words are those that the FCC names as valid by themselves (47 CFR
/// 64.1200(a)(10)) and those on which US carriers and Twilio act. Another language is more rows.
const WORDS: [(&str, Keyword); 13] = [
    ("STOP", Keyword::Stop),
    ("STOPALL", Keyword::Stop),
    ("UNSUBSCRIBE", Keyword::Stop),
    ("CANCEL", Keyword::Stop),
    ("END", Keyword::Stop),
    ("QUIT", Keyword::Stop),
    ("REVOKE", Keyword::Stop),
    ("OPTOUT", Keyword::Stop),
    ("START", Keyword::Start),
    ("UNSTOP", Keyword::Start),
    ("YES", Keyword::Yes),
    ("HELP", Keyword::Help),
    ("INFO", Keyword::Help),
];

/// The words that ask for this, as the forms of carriers want them listed.
pub fn words(keyword: Keyword) -> impl Iterator<Item = &'static str> {
    WORDS.iter().filter(move |(_, other)| *other == keyword).map(|(word, _)| *word)
}

/// The reserved word that a text consists of, in any letter case.
///
/// Whatever surrounds it and is neither letter nor digit does not count: spaces, quotes, full stops,
/// emoji, invisible characters. A word in a sentence is none: "STOP PLEASE" is for the agent.
pub fn keyword(text: &str) -> Option<Keyword> {
    let word = text.trim_matches(|character: char| !character.is_alphanumeric()).to_uppercase();
    WORDS.iter().find(|(reserved, _)| *reserved == word).map(|(_, keyword)| *keyword)
}
