//! What owners write from their own phones.
//!
//! Only a text that begins with `#` is for us; any other from the same number is a customer's, since owners try
//! their own number first. A sender can be forged, so nothing reaches anybody without a code, and a few wrong
//! ones mute the number for an hour.

use conversations::{
    By, Change, Code, Coded, Conversation, ConversationId, GivenOrder, Loaded, Notice, Order,
    OrderKind, Unavailable, Via, View, Waiting,
};
use jiff::{SignedDuration, Timestamp};
use settings::{Names, Settings, SettingsError};
use sms::{Number, PRETENDED};
use telemetry::TraceId;

use crate::Wake;
use crate::edit::Draft;

/// The reason that is stored with such a text.
const COMMAND: &str = "a command";

/// The reason that is stored with one that is not looked at.
const MUTED: &str = "muted";

/// How many wrong codes mute a number.
const WRONG: usize = 5;

/// For how long they do.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The most phones, each of which is texted for each hand-over.
const MOST: usize = 5;

/// How many open hand-overs are listed.
const LISTED: u32 = 5;

const UNKNOWN: &str = "No conversation that is open has this code. #open lists those that are.";

const UNCLEAR: &str = "Write #CODE and your words, #CODE done, or #open. CODE is in the text about the \
                       hand-over.";

const NONE_OPEN: &str = "No conversation is handed over.";

/// The numbers of owners' phones. `Debug` prints how many there are.
#[derive(Clone, Default)]
pub struct Phones(Vec<Number>);

impl std::fmt::Debug for Phones {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Phones({})", self.0.len())
    }
}

impl Phones {
    /// What [`Phones::from_settings`] reads.
    pub const SETTINGS: Names = &["OWNER_NUMBERS"];

    /// The numbers in `OWNER_NUMBERS`, with commas between them.
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let invalid = |problem: String| SettingsError::Invalid { name: "OWNER_NUMBERS", problem };
        let written = settings.get("OWNER_NUMBERS").unwrap_or_default().split(',');
        let written = written.map(str::trim).filter(|number| !number.is_empty());
        let numbers: Result<Vec<_>, _> = written
            .map(|number| {
                Number::parse(number).map_err(|_| {
                    invalid("write numbers as +12025550143, with commas between them".into())
                })
            })
            .collect();
        match numbers? {
            numbers if numbers.len() > MOST => Err(invalid(format!("write at most {MOST}"))),
            numbers => Ok(Self(numbers)),
        }
    }

    pub(crate) fn numbers(&self) -> &[Number] {
        &self.0
    }

    /// What its owner is called where no number may be.
    fn name(&self, number: &Number) -> String {
        match self.0.iter().position(|phone| phone == number) {
            None | Some(0) => "owner's phone".to_owned(),
            Some(place) => format!("owner's phone {}", place + 1),
        }
    }

    /// The phone of whoever is called so.
    pub(crate) fn called(&self, name: &str) -> Option<&Number> {
        self.0.iter().find(|phone| self.name(phone) == name)
    }

    /// Tells what is for us from what a customer texts.
    pub(crate) fn sort(&self, mut loaded: Loaded) -> Loaded {
        let theirs = &loaded.conversation.theirs;
        if self.0.contains(theirs) && loaded.stop.is_none() {
            let is_command = |text: &Waiting| text.body.trim_start().starts_with('#');
            let waiting = std::mem::take(&mut loaded.waiting);
            (loaded.commands, loaded.waiting) = waiting.into_iter().partition(is_command);
        }
        loaded
    }
}

/// What a text wants.
enum Wanted<'t> {
    Say(Code, &'t str),
    Done(Code),
    Open,
    Unclear,
}

impl<'t> Wanted<'t> {
    fn of(text: &'t str) -> Self {
        let text = text.trim_start().trim_start_matches('#').trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        if first.eq_ignore_ascii_case("open") && rest.is_empty() {
            return Self::Open;
        }
        match Code::parse(first) {
            Some(code) if rest.eq_ignore_ascii_case("done") => Self::Done(code),
            Some(code) if !rest.is_empty() => Self::Say(code, rest),
            _ => Self::Unclear,
        }
    }

    fn code(&self) -> Option<&Code> {
        match self {
            Self::Say(code, _) | Self::Done(code) => Some(code),
            Self::Open | Self::Unclear => None,
        }
    }
}

impl<'a> Wake<'a> {
    /// Does what an owner wants of another conversation: an order, in the commit that takes the text up.
    pub(crate) async fn obey(
        &self,
        loaded: &mut Loaded,
        text: &Waiting,
    ) -> Result<(), Unavailable> {
        let now = self.clock.now();
        let wanted = Wanted::of(&text.body);
        let named = match wanted.code() {
            Some(code) => self.named_by(code, loaded, now).await?,
            None => None,
        };
        let answer = match wanted {
            Wanted::Open => Some(self.open_ones(now).await?),
            Wanted::Unclear => Some(UNCLEAR.to_owned()),
            Wanted::Say(..) | Wanted::Done(_) => None,
        };
        self.edit(loaded, |loaded| {
            loaded.commands.iter().find(|it| it.name == text.name)?;
            let mut draft = Draft::of(loaded);
            draft.next.guesses.retain(|at| now < *at + HOUR);
            let is_muted = draft.next.guesses.len() >= WRONG;
            draft.set_aside(std::slice::from_ref(text), if is_muted { MUTED } else { COMMAND });
            match (&answer, &named) {
                _ if is_muted => {}
                (Some(answer), _) => self.answer_owner(&mut draft, text, answer),
                (None, Some(other)) => self.forward(&mut draft, text, &wanted, other),
                (None, None) => self.is_wrong(&mut draft, text, now),
            }
            if draft.next.open.is_none() {
                draft.set_due(now);
            }
            Some(draft)
        })
        .await?;
        self.reload(loaded).await?;
        Ok(())
    }

    /// The conversation that a code names. One with a pretended phone can only be named from another.
    async fn named_by(
        &self,
        code: &Code,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<Option<(ConversationId, Conversation)>, Unavailable> {
        let Some(id) = self.turn.store.conversation_of(code).await? else { return Ok(None) };
        let Some(other) = self.turn.store.load(&id, now).await? else { return Ok(None) };
        let is_alike = self.is_pretended(&other) == self.is_pretended(loaded);
        let is_known = is_alike && other.conversation.has_code(code, now);
        Ok(is_known.then_some((id, other.conversation)))
    }

    fn forward(
        &self,
        draft: &mut Draft<'a>,
        text: &Waiting,
        wanted: &Wanted<'_>,
        (id, other): &(ConversationId, Conversation),
    ) {
        let now = self.clock.now();
        let kind = match wanted {
            Wanted::Say(_, words) => OrderKind::Say { words: (*words).to_owned(), at_night: false },
            Wanted::Done(_) => OrderKind::Done { word: None },
            Wanted::Open | Wanted::Unclear => return,
        };
        let name = self.turn.phones.name(&draft.next.theirs);
        // Whoever has it reads along: a phone shows nobody who that is.
        let expects = other.taken_by(now).map(|by| by.name.clone());
        let by = By { name, via: Via::Phone };
        let order =
            Order { id: String::new(), kind, by, expects, trace: text.trace.clone(), at: now };
        let given = GivenOrder { conversation: id.clone(), order, due_at: now, marks: true };
        draft.changes.push(Change::Ordered(Box::new(given)));
    }

    /// Counts a code that is none. The last before the number is muted is told, and so is the business.
    fn is_wrong(&self, draft: &mut Draft<'a>, text: &Waiting, now: Timestamp) {
        draft.next.guesses.push(now);
        if draft.next.guesses.len() < WRONG {
            return self.answer_owner(draft, text, UNKNOWN);
        }
        let told =
            format!("{WRONG} wrong codes: for an hour nothing from this phone is carried out.");
        self.answer_owner(draft, text, &told);
        let sentence = format!(
            "Somebody wrote {WRONG} wrong codes within an hour from a number in OWNER_NUMBERS, which can be \
             forged. Nothing from it is carried out for an hour."
        );
        let id = format!("owner-muted-{}", text.trace);
        draft.changes.push(Change::Notice(self.notice(id, sentence, &text.trace)));
    }

    /// Answers in this conversation, by an order of its own.
    fn answer_owner(&self, draft: &mut Draft<'a>, text: &Waiting, words: &str) {
        let now = self.clock.now();
        let phone = &draft.next.theirs;
        let given = self.to_phone(phone, phone, words, None, now + HOUR, text.trace.clone());
        let own = GivenOrder { marks: true, ..given };
        draft.orders_itself(now);
        draft.changes.push(Change::Ordered(Box::new(own)));
    }

    /// Which conversations are handed over, by their codes, the latest first.
    async fn open_ones(&self, now: Timestamp) -> Result<String, Unavailable> {
        let store = &self.turn.store;
        let rows = store.rows(View::HandedOver, now, None, LISTED).await?;
        let mut lines = vec![];
        for (id, row) in rows.found {
            let Some(loaded) = store.load(&id, now).await? else { continue };
            let conversation = &loaded.conversation;
            let is_open = conversation.is_with_person(now);
            let Some(Coded { code, .. }) = conversation.coded.as_ref().filter(|_| is_open) else {
                continue;
            };
            lines.push(format!(
                "#{} {}",
                code.as_str(),
                who(&conversation.theirs, row.name.as_deref())
            ));
        }
        let more = store.count_rows(View::HandedOver, now, 1_000).await?;
        match (lines.len() as u64, more) {
            (0, _) => Ok(NONE_OPEN.to_owned()),
            (shown, all) if all > shown => {
                Ok(format!("{}. There are {} more.", lines.join(", "), all - shown))
            }
            _ => Ok(lines.join(", ")),
        }
    }

    /// An order that tells a phone something: a pretended one, if this conversation is with such a one.
    pub(crate) fn to_phone(
        &self,
        theirs: &Number,
        phone: &Number,
        words: &str,
        about: Option<(ConversationId, Code)>,
        until: Timestamp,
        trace: TraceId,
    ) -> GivenOrder {
        let (to, words, now) = (phone.clone(), words.to_owned(), self.clock.now());
        let kind = OrderKind::Tell { to, words, about, until };
        let by = By { name: "the agent".into(), via: Via::Phone };
        let order = Order { id: String::new(), kind, by, expects: None, trace, at: now };
        let names = self.turn.store.names();
        let is_pretended = names.conversation(PRETENDED, theirs) == self.id;
        let conversation = names.conversation(if is_pretended { PRETENDED } else { "" }, phone);
        GivenOrder { conversation, order, due_at: now, marks: false }
    }

    /// A notice about a phone, whatever is said about it, once.
    pub(crate) fn about_phone(&self, what: &str, sentence: &str, trace: &TraceId) -> Notice {
        self.notice(format!("owner-{what}-{}", self.id), sentence.to_owned(), trace)
    }
}

/// A person, as a text of a few words names them.
pub(crate) fn who(theirs: &Number, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{name}, {}", theirs.display()),
        None => theirs.display(),
    }
}
