//! The phone in the terminal: `textback chat`.

use std::io::{BufRead, IsTerminal as _, Write, stdin, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use access::Access;
use agent::{Agent, OpenAi, Page, Timeouts, Turn as Entry};
use business::Business;
use clap::Args;
use conversations::{ConversationId, Store};
use host::Error;
use inbound::Inbound;
use jiff::Timestamp;
use providers::Mock;
use queue::{Queue, WakeUp};
use serde_json::Value;
use settings::{Names, Settings};
use sms::{Number, Providers, Text};
use telemetry::TraceId;
use tempfile::TempDir;
use tokio::sync::mpsc;
use turn::{Bounds, Turn};
use uuid::Uuid;

use crate::model;

/// Its settings: only those of the agent, since no real person is texted and nothing leaves the
/// machine.
pub(crate) const SETTINGS: &[Names] =
    &[Page::SETTINGS, Business::SETTINGS, OpenAi::SETTINGS, Timeouts::SETTINGS];

/// How often it checks for a reply.
const LOOK: Duration = Duration::from_millis(100);

/// The options of `chat`.
#[derive(Args)]
pub(crate) struct Asked {
    /// Keep the conversation in this folder, where `serve` shows it; otherwise it is discarded
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

/// Talks to the agent as a phone would: through the mock, with a queue and a turn of its own.
/// Leaves everything else in the folder as it is: it looks for nothing that is due, and has no
/// provider.
///
/// Ends with the input: at a terminal at once, elsewhere after the answer to the last text.
pub(crate) async fn run(settings: Settings, asked: Asked) -> Result<(), Error> {
    let page = Page::from_settings(&settings)?.open(Business::from_settings(&settings)?.opening)?;
    let model = match OpenAi::from_settings(&settings, &page.model)? {
        Some(model) => model,
        None => model::offline(&page).await?,
    };
    let thrown_away = TempDir::new()?;
    // A folder inside it, since the store creates its own with access for the owner only.
    let folder = asked.data_dir.unwrap_or_else(|| thrown_away.path().join("data"));
    let store = Arc::new(Store::open_in(&folder)?);
    let providers = Arc::new(Providers::new(vec![Box::new(Mock)]));
    let bounds = Bounds::from_settings(&Settings::default(), &providers)?;
    let agent = Agent::new(model, page, Timeouts::from_settings(&settings)?);
    let turn = Turn {
        store: Arc::clone(&store),
        providers: Arc::clone(&providers),
        agent: Arc::new(bounds.money.charging(agent)),
        bounds,
        phones: Default::default(),
        results: None,
    };
    // Only the phone writes to it, so the turn hears of no other conversation.
    let queue = Queue::in_process();
    let number = unused(&store).await?;
    let phone = Phone {
        id: store.names().conversation(sms::PRETENDED, &number),
        number,
        inbound: Inbound { providers, access: Access::nobody(), store, queue: queue.clone() },
        printed: 0,
    };
    let stop = host::stop_signal();
    let answering = queue::consume(&queue, 1, stop.clone(), move |wake_up| {
        let turn = turn.clone();
        async move { turn.run(&wake_up, Timestamp::now()).await }
    });
    tokio::select! {
        ended = phone.talk() => ended,
        () = stop => Ok(()),
        () = answering => Ok(()),
    }
}

struct Phone {
    id: ConversationId,
    number: Number,
    inbound: Inbound,
    /// How many replies have been printed.
    printed: usize,
}

impl Phone {
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    async fn talk(mut self) -> Result<(), Error> {
        println!("You are {}. Text something; Ctrl-D ends.", self.number.as_str());
        let mut lines = lines();
        loop {
            tokio::select! {
                line = lines.recv() => match line {
                    Some(line) if line.trim().is_empty() => {}
                    Some(line) => self.text(line).await?,
                    None => break,
                },
                () = tokio::time::sleep(LOOK) => drop(self.look().await?),
            }
        }
        while self.look().await? && !stdin().is_terminal() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn text(&self, body: String) -> Result<(), Error> {
        let text = Text {
            id: Some(Uuid::new_v4().simple().to_string()),
            from: self.number.clone(),
            to: sms::PRETENDED.into(),
            body,
            media: 0,
            handled: None,
            sent_at: None,
        };
        let now = Timestamp::now();
        Ok(self.inbound.take(&Mock, text, &TraceId::fresh(), now, now).await?)
    }

    /// Prints new replies, and wakes the turn when a postponed one is due. True while a reply is
    /// expected.
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    async fn look(&mut self) -> Result<bool, Error> {
        let (store, now) = (&self.inbound.store, Timestamp::now());
        let Some(loaded) = store.load(&self.id, now).await? else { return Ok(false) };
        let ended = store.ended(&self.id).await?;
        let mut entries: Vec<&Value> = ended.iter().flat_map(|ended| &ended.turns).collect();
        let conversation = &loaded.conversation;
        entries.extend(&conversation.turns);
        let said = |entry: &&Value| match serde_json::from_value((*entry).clone()) {
            Ok(Entry::Agent { text, .. }) => text,
            Ok(Entry::Fixed { text, .. }) => Some(text),
            _ => None,
        };
        // The person's texts may be placed ahead of an apology that was sent meanwhile.
        let replies: Vec<_> = entries.iter().filter_map(said).collect();
        for reply in &replies[self.printed.min(replies.len())..] {
            println!("\u{2190} {reply}");
        }
        stdout().flush()?;
        self.printed = replies.len();
        if let Some(due) = conversation.due_at.filter(|due| *due <= now) {
            let (conversation, trace) = (self.id.to_string(), TraceId::fresh());
            self.inbound.queue.send(&WakeUp { conversation, trace }, &due.to_string()).await?;
        }
        // The texts may have been read after a commit, and the head before it.
        let waits = conversation.is_waiting() || !loaded.waiting.is_empty();
        // A person who was told to wait need not wait here.
        Ok((waits && !conversation.apologised) || conversation.open.is_some())
    }
}

/// A number that has no conversation yet, so that the chat starts from the beginning. 0100 to 0199
/// are assigned to nobody (North American Numbering Plan).
async fn unused(store: &Store) -> Result<Number, Error> {
    for last in 100..200 {
        let number = Number::parse(&format!("+1202555{last:04}"))?;
        let id = store.names().conversation(sms::PRETENDED, &number);
        if store.load(&id, Timestamp::now()).await?.is_none() {
            return Ok(number);
        }
    }
    Err("all test numbers are in use: choose a new folder".into())
}

/// The lines of the input, read on a thread of its own, since reading blocks until the person
/// types.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
