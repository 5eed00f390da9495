//! The phone in the terminal: `textback chat`.

use std::io::{BufRead, Write, stdin, stdout};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use access::Closed;
use agent::Turn as Entry;
use conversations::{ConversationId, Store};
use host::Error;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};
use settings::Settings;
use sms::Number;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::app::App;

/// How often is looked whether a reply has come.
const LOOK: Duration = Duration::from_millis(100);

/// Talks to the agent as a phone would: by the mock's webhook, the queue and a turn. Ends with the
/// input, once everything that was said is answered.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(crate) async fn run(settings: Settings) -> Result<(), Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let webhook = format!("http://{}/webhooks/mock/inbound", listener.local_addr()?);
    let app = App::new(&settings, listener.into()).await?;
    if app.providers.named("mock").is_none() {
        return Err("real providers are configured: set USE_MOCK=true to chat as well".into());
    }
    let Some(authorization) = app.access.authorization() else {
        let fix = app.access.closed().map(Closed::fix).unwrap_or_default();
        return Err(format!("nobody is let in, to chat as well: {fix}").into());
    };
    let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization)]);
    let mut phone = Phone {
        number: unused(&app.store).await?,
        webhook,
        store: Arc::clone(&app.store),
        http: reqwest::Client::builder().no_proxy().default_headers(headers).build()?,
        printed: 0,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = futures::FutureExt::shared(async move { stopped.await.unwrap_or_default() });
    let running = tokio::spawn(app.run(stopped));

    println!("You are {}. Text something; Ctrl-D ends.", phone.number.as_str());
    let mut lines = lines();
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => phone.text(&line).await?,
                None => break,
            },
            () = tokio::time::sleep(LOOK) => drop(phone.print().await?),
        }
    }
    while phone.print().await? {
        tokio::time::sleep(LOOK).await;
    }
    drop(stop);
    running.await?;
    Ok(())
}

struct Phone {
    number: Number,
    webhook: String,
    store: Arc<Store>,
    http: reqwest::Client,
    printed: usize,
}

impl Phone {
    async fn text(&self, text: &str) -> Result<(), Error> {
        let body = json!({
            "from": self.number,
            "text": text,
            "id": Uuid::new_v4().simple().to_string(),
        });
        self.http.post(&self.webhook).json(&body).send().await?.error_for_status()?;
        Ok(())
    }

    /// Prints the replies that have come. True while one is expected.
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    async fn print(&mut self) -> Result<bool, Error> {
        let id = ConversationId::of("mock", &self.number);
        let Some(loaded) = self.store.load(&id, Timestamp::now()).await? else { return Ok(false) };
        let ended = self.store.ended(&id).await?;
        let mut entries: Vec<&Value> = ended.iter().flat_map(|ended| &ended.turns).collect();
        entries.extend(&loaded.conversation.turns);
        for entry in entries.iter().skip(self.printed) {
            let entry: Entry = serde_json::from_value((*entry).clone())?;
            if let Entry::Agent { text: Some(text), .. } | Entry::Fixed { text, .. } = entry {
                println!("\u{2190} {text}");
            }
        }
        stdout().flush()?;
        self.printed = entries.len();
        Ok(!loaded.waiting.is_empty() || loaded.conversation.open.is_some())
    }
}

/// A number that has no conversation yet, so that a chat begins at the beginning. Those from 0100 to
/// 0199 are nobody's (North American Numbering Plan).
async fn unused(store: &Store) -> Result<Number, Error> {
    for last in 100..200 {
        let number = Number::parse(&format!("+1202555{last:04}"))?;
        let id = ConversationId::of("mock", &number);
        if store.load(&id, Timestamp::now()).await?.is_none() {
            return Ok(number);
        }
    }
    Err("all pretend numbers have been used: set DATA_DIR to a new folder".into())
}

/// The lines of the input, read where waiting for a person holds up nobody.
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
