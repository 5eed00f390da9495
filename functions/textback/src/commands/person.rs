//! What is held about a person, and what they may ask for: `textback person +12025550143`.

use clap::{Args, Subcommand};
use conversations::{Act, By, Erased, Left, Person, Stop, Store, Via};
use host::Error;
use jiff::{Timestamp, Unit};
use money::{Caps, Currency};
use serde_json::{Map, Value, json};
use settings::Settings;
use sms::Number;

use crate::by_hand::number;

/// The exit codes in the help text. They never change.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  it is done
  1  it is done, except for what is said
  2  it could not be tried: a setting cannot be used, or the store does not answer";

/// The options of `person`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Their number, as +12025550143 or as it is dialled locally
    number: String,
    #[command(subcommand)]
    action: Option<Action>,
    /// Print JSON: a summary, and under `documents` all that is held, by collection
    #[arg(long, global = true)]
    json: bool,
}

/// What is done about a person. Without it, what is held is printed.
#[derive(Clone, Copy, Subcommand)]
pub(crate) enum Action {
    /// Remove everything that is held about them, for ever
    Erase,
    /// Count what they send from now on, and neither keep nor answer it
    Block,
    /// Take and answer what they send again
    Unblock,
    /// Record that they want no more texts
    Stop,
    /// Record that they want texts again, as they told you
    Start,
}

/// Collections in words, in the order in which they are listed.
const WORDS: [(&str, &str); 10] = [
    ("ended", "conversations over"),
    ("texts", "texts not answered"),
    ("attempts", "texts sent"),
    ("consents", "consents"),
    ("notices", "notices"),
    ("effects", "results to deliver"),
    ("quarantine", "kept calls"),
    ("receipts", "receipts"),
    ("traces", "traces"),
    ("erasures", "erased before"),
];

/// What an erasure leaves, and why.
const STAYS: [&str; 7] = [
    "under their keyed name, without the number: that they said STOP or are blocked, so that they are \
     not texted; and that and when they were erased, so that a restored backup is erased again",
    "money: sums of days and months, without a name",
    "names of messages (HMACs) for 400 days, so that a repeated call is not answered as a new text",
    "log lines, which name conversations by their keyed name and hold neither numbers nor words, for as \
     long as you keep logs",
    "backups that you made, and folders that `restore` kept: remove them by hand. Restored, they are \
     erased again. On Firestore, backups and point-in-time recovery hold it for as long as you set, at \
     most 98 and 7 days",
    "what providers and the model's company keep: ask them to erase the number",
    "results that were delivered to RESULT_WEBHOOK_URL: erase them where they went",
];

/// Prints or does it. False if something of it is left to do.
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<bool, Error> {
    let theirs = number(&settings, &asked.number)?;
    let Some(store) = Store::open_existing(&settings)? else {
        return Err("nothing is stored in DATA_DIR".into());
    };
    store.documents().check().await?;
    let now = Timestamp::now();
    let done = |word: &str, sentence: &str| {
        say(&asked, sentence, json!({ "version": 1, "done": word }));
        Ok(true)
    };
    if let Some(action) = asked.action {
        write_down(&store, action, &theirs, now).await?;
    }
    match asked.action {
        None => {
            let held = store.held(&theirs).await?;
            print(&asked, &theirs, &held, Caps::from_settings(&settings)?.currency);
            Ok(true)
        }
        Some(Action::Erase) => Ok(tell(&asked, &store.erase(&theirs, Timestamp::now).await?)),
        Some(Action::Block) => {
            store.block(&theirs, now).await?;
            done(
                "blocked",
                "Blocked: what this number sends is counted, and neither kept nor answered.",
            )
        }
        Some(Action::Unblock) => match store.unblock(&theirs).await? {
            true => done("unblocked", "Not blocked any more."),
            false => done("nothing", "This number was not blocked."),
        },
        Some(Action::Stop) => {
            store.stop_by_hand(&theirs, now).await?;
            done("stopped", "Stopped: this person gets no more texts, unless they say START.")
        }
        Some(Action::Start) => match store.start_by_hand(&theirs, now).await? {
            true => done(
                "started",
                "Not stopped any more. If they said STOP to a provider that keeps a list of its own, \
                 they have to text START to be taken off it.",
            ),
            false => done("nothing", "This person had not stopped."),
        },
    }
}

/// Writes down that it is done at this machine: nobody knows by whom. That of an erasure names nobody.
async fn write_down(
    store: &Store,
    action: Action,
    theirs: &Number,
    now: Timestamp,
) -> Result<(), Error> {
    let did = match action {
        Action::Erase => "erase",
        Action::Block => "block",
        Action::Unblock => "unblock",
        Action::Stop => "stop",
        Action::Start => "start",
    };
    let by = By { name: access::OWNER.to_owned(), via: Via::Command };
    let about = store.names().conversation("", theirs);
    let about = Some(about).filter(|_| !matches!(action, Action::Erase));
    Ok(store.write_down(&Act::new(by, did, about, now)).await?)
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
fn say(asked: &Asked, sentence: &str, done: Value) {
    match asked.json {
        true => println!("{done:#}"),
        false => println!("{sentence}"),
    }
}

/// Prints what an erasure removed and what stays. Whether nothing is left to do.
#[expect(clippy::print_stdout, reason = "the output of a command")]
fn tell(asked: &Asked, erased: &Erased) -> bool {
    let left = erased.left.map(in_words);
    if asked.json {
        println!(
            "{:#}",
            json!({ "version": 1, "done": "erased", "removed": erased.removed, "left": left, "stays": STAYS })
        );
        return left.is_none();
    }
    println!("Erased: {} documents.", erased.total());
    for (collection, count) in &erased.removed {
        println!("  {collection:<14} {count}");
    }
    println!("What stays, and why:");
    STAYS.iter().for_each(|what| println!("- {what}"));
    if let Some(left) = left {
        println!("Not done yet: {left}.");
    }
    left.is_none()
}

/// What is left to do, and why.
pub(crate) fn in_words(left: Left) -> &'static str {
    match left {
        Left::InUse => {
            "another program reads textback.db all the time, so deleted content may still be in it or in \
             textback.db-wal: end that program, and erase again"
        }
        Left::TooLarge => {
            "textback.db is too large to be written anew by the way, so a page may still hold deleted \
             content: stop textback and run `sqlite3 textback.db VACUUM` in DATA_DIR"
        }
    }
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
fn print(asked: &Asked, theirs: &Number, held: &Person, currency: Currency) {
    let stop = held.stop();
    if asked.json {
        println!("{:#}", as_json(theirs, held, stop.as_ref(), currency));
        return;
    }
    let second = |at: Timestamp| at.round(Unit::Second).unwrap_or(at);
    println!("{}:", theirs.display());
    match held.latest("heads") {
        Some(at) => println!(
            "  {:<20} {} entries, the latest text of {}",
            "conversation",
            held.entries(),
            second(at)
        ),
        None => println!("  {:<20} none", "conversation"),
    }
    for (collection, words) in WORDS {
        let count = held.count(collection);
        let latest = held.latest(collection).filter(|_| count > 0);
        let latest = latest.map(|at| format!(", the latest of {}", second(at))).unwrap_or_default();
        println!("  {words:<20} {count}{latest}");
    }
    println!("  {:<20} {} {currency}", "cost", held.cost());
    let since = |since: Option<Timestamp>| {
        since.map_or("no".to_owned(), |at| format!("since {}", second(at)))
    };
    let by = stop.as_ref().map(|stop| format!(", by {}", stop.provider)).unwrap_or_default();
    println!("  {:<20} {}{by}", "stopped", since(stop.map(|stop| stop.at)));
    let blocked = held.latest("blocks");
    let texts = blocked.map(|_| format!(", texts since: {}", held.blocked_texts()));
    println!("  {:<20} {}{}", "blocked", since(blocked), texts.unwrap_or_default());
    println!("`--json` prints all of it, with the words.");
}

/// What a person may ask for. The names stay.
fn as_json(theirs: &Number, held: &Person, stop: Option<&Stop>, currency: Currency) -> Value {
    let documents: Map<String, Value> =
        held.documents().map(|(name, found)| (name.to_owned(), json!(found))).collect();
    json!({
        "version": 1,
        "number": theirs,
        "conversation": { "entries": held.entries(), "latest_text": held.latest("heads") },
        "conversations_over": held.count("ended"),
        "texts_not_answered": held.count("texts"),
        "texts_waiting": held.waiting(),
        "texts_sent": held.count("attempts"),
        "consents": held.count("consents"),
        "cost": { "amount": held.cost().to_string(), "currency": currency.to_string() },
        "stopped": stop.map(|stop| json!({ "at": stop.at, "by": stop.provider })),
        "blocked": held.latest("blocks")
            .map(|at| json!({ "at": at, "texts": held.blocked_texts() })),
        "erased": held.latest("erasures"),
        "notices": held.count("notices"),
        "results": held.count("effects"),
        "kept_calls": held.count("quarantine"),
        "receipts": held.count("receipts"),
        "traces": held.count("traces"),
        "documents": documents,
    })
}
