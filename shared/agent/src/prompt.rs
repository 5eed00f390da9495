//! The prompt before the conversation. The words are in `prompt.md`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use policy::Language;
use serde_json::{Map, Value};

use crate::page::Page;
use crate::tools::describe;
use crate::turns::Turn;
use crate::unmarked::unmarked;

const PROMPT: &str = include_str!("prompt.md");
const CLOSED: &str = include_str!("prompt_closed.md");
const LAST_TURN: &str = include_str!("prompt_last_turn.md");

/// The language of a reply, if the page leaves that to the person.
const THEIRS: &str = "In the language of the person's last text. A name, a number or an \"OK\" does not \
                      change it: then go on in the language before.";

/// What is said while the business is closed, unless the owner says otherwise.
const NOBODY_HERE: &str =
    "We are closed now. We take your request all the same, and answer it once we are open.";

/// How many notes are included, the newest ones: while the model is away, there may be many.
const NOTES: usize = 10;

/// The passages of our own rules, between the placeholders.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    [PROMPT, CLOSED, LAST_TURN].into_iter().flat_map(|rules| rules.split(['{', '}']).step_by(2))
}

/// The system prompt of a page, with placeholders for each turn.
pub(crate) fn of_page(page: &Page) -> String {
    let fields: Vec<_> = page.fields.iter().map(describe).collect();
    let fields =
        if fields.is_empty() { "Nothing in particular.".into() } else { fields.join("\n") };
    let segments = match page.segments {
        1 => "one segment".into(),
        several => format!("{several} segments"),
    };
    let language = match page.language {
        None => THEIRS.into(),
        Some(only) => format!("In {} only, whatever language the person writes.", only.name()),
    };
    PROMPT
        .replace("{instructions}", &page.instructions)
        .replace("{language}", &language)
        .replace("{brief}", page.brief_language.name())
        .replace("{name}", &page.name)
        .replace("{fields}", &fields)
        .replace("{segments}", &segments)
        .replace("{turns}", &page.turns.to_string())
}

/// The system prompt of one turn: `of_page`, with its placeholders filled in.
///
/// `turns` are only searched for notes. They are here, and not in their place in the list, because many
/// servers accept a system message only at the start.
pub(crate) fn system(
    of_page: &str,
    page: &Page,
    brief: &Map<String, Value>,
    turns: &[Turn],
    number: u32,
    language: Option<Language>,
    now: Timestamp,
) -> String {
    let unanswered = turns.iter().rposition(Turn::is_reply).map_or(0, |reply| reply + 1);
    let notes = turns[unanswered..].iter().rev();
    let notes =
        notes.filter_map(|turn| if let Turn::Note { text } = turn { Some(text) } else { None });
    let mut told: Vec<&String> = Vec::new();
    for note in notes {
        if told.len() < NOTES && !told.contains(&note) {
            told.push(note);
        }
    }
    let notes: String = told.iter().rev().map(|note| format!("{note}\n")).collect();
    let (characters, wide) = page.characters(number, language);
    let clock = now.to_zoned(page.time_zone.clone()).datetime();
    let now = clock.strftime("%A, %Y-%m-%d, %H:%M");
    let prompt = filled(
        of_page,
        &[
            ("{characters}", &characters.to_string()),
            ("{wide}", &wide.to_string()),
            ("{now}", &now.to_string()),
            ("{opening}", &opening(page, clock)),
            ("{number}", &number.to_string()),
            ("{last}", if number >= page.turns { LAST_TURN } else { "" }),
            ("{notes}", &notes),
        ],
    );
    // The person's content is filled in last, so that no placeholder in it is filled in.
    prompt.replace("{recorded}", &unmarked(&Value::Object(brief.clone()).to_string()))
}

/// When the business is open, and what to say while it is closed.
fn opening(page: &Page, now: DateTime) -> String {
    let Some(opening) = &page.opening else { return String::new() };
    let outside = match opening.is_open(now) {
        true => String::new(),
        false => CLOSED.replace("{outside}", opening.outside.as_deref().unwrap_or(NOBODY_HERE)),
    };
    format!("{}\n{outside}", opening.told(&page.name, now))
}

/// What is added to the prompt if the reply may take only so many segments.
pub(crate) fn shorter(
    page: &Page,
    segments: u32,
    number: u32,
    language: Option<Language>,
) -> String {
    let (characters, wide) = page.characters_in(segments, number, language);
    format!(
        "\nThis once, write at most {characters} characters, or {wide} where the person's script is not \
         Latin.\n"
    )
}

/// A text with all of these placeholders filled in at once, so that placeholders in values are left
/// alone.
fn filled(text: &str, places: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 1_000);
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let place = places.iter().find(|(name, _)| rest.starts_with(name));
        let (name, value) = place.copied().unwrap_or(("{", "{"));
        filled.push_str(value);
        rest = &rest[name.len()..];
    }
    filled + rest
}
