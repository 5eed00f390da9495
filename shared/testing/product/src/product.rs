//! The product as its owner runs it: one program, a folder of its own, and stand-ins for everything it
//! talks to.
//!
//! In every test, the log is checked when the program ends: see [`Private`].

use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use agent::Turn as Entry;
use conversations::{ConversationId, Names, Store};
use fakes::{Companies, OpenAi, Route, WebhookAnswer, WebhookCall};
use futures::future::join_all;
use reqwest::{Method, RequestBuilder};
use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};
use sms::Number;
use tempfile::TempDir;
use uuid::Uuid;

use crate::log::{Private, check_form};
use crate::process::{Process, Settings, until};

/// A person who texts.
pub const ANN: &str = "+12025550143";
/// Another person.
pub const BOB: &str = "+12025550144";

/// The address that the owner pasted into the providers' consoles.
pub const PUBLIC_URL: &str = "https://sms.example.test";
/// The password for the console.
pub const PASSWORD: &str = "correct-horse-battery";

/// The built-in page without the text before the first answer: most tests are about later ones.
fn page() -> String {
    let page = include_str!("../../../../shared/agent/src/home_task.md");
    let kept = page.split_inclusive('\n').filter(|line| !line.starts_with("  first: "));
    kept.collect()
}

/// The running product, and the stand-ins around it.
pub struct Product {
    /// The companies, whether they are used or not.
    pub companies: Companies,
    /// The company whose number people text: the first that it was started with.
    pub carrier: &'static str,
    /// The model.
    pub openai: OpenAi,
    /// Its store, whether it runs or not.
    pub store: Store,
    /// Its settings from the next start on.
    pub settings: Settings,
    /// The program itself.
    pub process: Process,
    address: SocketAddr,
    private: Private,
    folder: TempDir,
}

impl Product {
    /// Starts it with these providers and the stand-in of the model.
    pub async fn start(providers: &[&str]) -> Self {
        Self::start_with(providers, &[]).await
    }

    /// Starts it with additional or changed settings. An empty value counts as not set.
    pub async fn start_with(providers: &[&str], settings: &[(&str, &str)]) -> Self {
        let companies = Companies::start(PUBLIC_URL).await;
        let known = |name: &&str| Companies::NAMES.into_iter().find(|known| known == name);
        let carrier = providers.iter().find_map(known).unwrap_or(Companies::NAMES[0]);
        let openai = OpenAi::start().await;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let agent = folder.path().join("agent.md");
        std::fs::write(&agent, page()).unwrap();
        let prices = folder.path().join("prices.toml");
        std::fs::write(&prices, self::prices()).unwrap();
        let mut all = vec![
            ("PRICES_FILE", prices.to_str().unwrap().to_owned()),
            ("AGENT_FILE", agent.to_str().unwrap().to_owned()),
            ("CONSOLE_PASSWORD", PASSWORD.into()),
            ("DATA_DIR", data.to_str().unwrap().to_owned()),
            ("LOG_FORMAT", "json".into()),
            ("NAME_KEY", fakes::NAME_KEY.into()),
            ("OPENAI_API_KEY", OpenAi::KEY.into()),
            ("OPENAI_BASE_URL", openai.url()),
            ("PORT", "0".into()),
            ("PUBLIC_URL", PUBLIC_URL.into()),
            // Test people text faster than limits would allow.
            ("REPLIES_PER_MINUTE", "off".into()),
            ("NEW_PEOPLE_PER_MINUTE", "off".into()),
            // A test may run at night.
            ("QUIET_HOURS", "off".into()),
            // All except those that are only counted.
            ("RUST_LOG", "trace,documents::operations=off,conversations::steps=off".into()),
        ];
        for provider in providers {
            match *provider {
                "mock" => all.push(("USE_MOCK", "true".into())),
                company => all.extend(companies.named(company).settings()),
            }
        }
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let settings: Settings =
            all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();

        let mut private = Private::default();
        for (name, value) in settings.iter().filter(|(_, value)| !value.is_empty()) {
            let name = name.trim_end_matches("_BASE64");
            if ["KEY", "TOKEN", "PASSWORD", "SECRET", "USERS"].iter().any(|end| name.ends_with(end))
            {
                private.add(value);
            }
            private.add_said(value);
        }
        let (process, address) = serve(&settings).await;
        token(&process.printed()).iter().for_each(|token| private.add(token));
        let data_dir = settings::Settings::from([("DATA_DIR", data.to_str().unwrap())]);
        let store = Store::open(&data_dir).unwrap();
        Self { companies, carrier, openai, store, settings, process, address, private, folder }
    }

    /// The target of the providers' calls.
    pub fn route(&self) -> Route {
        Route::new(PUBLIC_URL, self.address)
    }

    /// Makes a provider's call, whose content must not be in the log from now on.
    pub async fn post(&mut self, call: &WebhookCall) -> WebhookAnswer {
        self.private.add_body(&call.body);
        call.post().await
    }

    /// Makes several concurrently.
    pub async fn post_all(&mut self, calls: &[WebhookCall]) -> Vec<WebhookAnswer> {
        calls.iter().for_each(|call| self.private.add_body(&call.body));
        join_all(calls.iter().map(WebhookCall::post)).await
    }

    /// A person texts our number, and it is acknowledged.
    pub async fn text(&mut self, from: &str, body: &str) -> WebhookAnswer {
        self.text_by(self.carrier, from, body).await
    }

    /// A person texts the number that we have with this company, and it is acknowledged.
    pub async fn text_by(&mut self, company: &str, from: &str, body: &str) -> WebhookAnswer {
        let call = self.call_by(company, from, body);
        let answer = self.post(&call).await;
        assert_eq!(answer.status, 200);
        answer
    }

    /// The call for a text from this company, before it is made.
    pub fn call_by(&self, company: &str, from: &str, body: &str) -> WebhookCall {
        self.companies.named(company).incoming(&self.route(), from, body)
    }

    /// Somebody types into the pretended phone, and it is acknowledged.
    pub async fn text_mock(&mut self, from: &str, body: &str) {
        let id = Uuid::new_v4().simple().to_string();
        let text = json!({ "from": from, "text": body, "id": id });
        self.private.add_strings(&text);
        let call = self.known(Method::POST, "/webhooks/mock/inbound").json(&text);
        assert_eq!(call.send().await.unwrap().status(), 200);
    }

    /// A call that the console admits, by the password or by the link of this start.
    pub fn known(&self, method: Method, path: &str) -> RequestBuilder {
        let call = self.call(method, path);
        match self.token() {
            Some(token) => call.bearer_auth(token),
            None => call.basic_auth("owner", Some(PASSWORD)),
        }
    }

    /// The token in the link that it printed, if it did.
    pub fn token(&self) -> Option<String> {
        token(&self.process.printed())
    }

    /// Its listening address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address on this machine.
    pub fn home(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// A call by anybody.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.request(method, format!("http://{}{path}", self.address))
    }

    /// Waits until everybody is answered: no text waits, and no reply is on its way.
    pub async fn settled(&self) {
        until("everybody to be answered", async || {
            let latest = self.store.latest(200).await.unwrap();
            latest.iter().all(|(_, now)| !now.is_waiting() && now.open.is_none())
        })
        .await;
    }

    /// The notices for the operator, latest first.
    pub async fn notices(&self) -> Vec<String> {
        let notices = self.store.notices(50).await.unwrap();
        notices.into_iter().map(|notice| notice.sentence).collect()
    }

    /// The replies to a person in a conversation, including earlier ones of the same pair.
    pub async fn replies(&self, id: &ConversationId) -> Vec<String> {
        let ended = self.store.ended(id).await.unwrap();
        let now = self.store.load(id, Timestamp::now()).await.unwrap().unwrap().conversation;
        let entries = ended.into_iter().flat_map(|ended| ended.turns).chain(now.turns);
        let entries = entries.map(|entry| serde_json::from_value(entry).unwrap());
        let said = |entry| match entry {
            Entry::Agent { text, .. } => text,
            Entry::Fixed { text, .. } => Some(text),
            _ => None,
        };
        entries.filter_map(said).collect()
    }

    /// Moves everything stored this much into the past.
    pub fn as_if_later(&self, passed: Duration) {
        self.move_back(i64::try_from(passed.as_millis()).unwrap());
    }

    /// Sets the clock that it last saw this much ahead of the real one.
    pub fn as_if_earlier(&self, ahead: Duration) {
        self.move_back(-i64::try_from(ahead.as_millis()).unwrap());
    }

    fn move_back(&self, milliseconds: i64) {
        let mut database = self.database();
        let transaction =
            database.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        for table in tables(&transaction) {
            let columns = "SELECT name FROM pragma_table_info(?1)
                           WHERE type = 'INTEGER' AND name NOT IN ('number', 'version')";
            for column in column(&transaction, columns, &table) {
                let sql = format!("UPDATE {table} SET {column} = {column} - ?1");
                transaction.execute(&sql, [milliseconds]).unwrap();
            }
            let documents: Vec<(i64, String)> = {
                let read = format!("SELECT number, body FROM {table}");
                let mut statement = transaction.prepare(&read).unwrap();
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
                rows.unwrap().map(Result::unwrap).collect()
            };
            let write = format!("UPDATE {table} SET body = ?2 WHERE number = ?1");
            for (number, body) in documents {
                let mut body = serde_json::from_str(&body).unwrap();
                move_back(&mut body, milliseconds);
                transaction.execute(&write, (number, body.to_string())).unwrap();
            }
        }
        transaction.commit().unwrap();
    }

    /// How many documents it has stored, except the last clock reading.
    pub fn documents(&self) -> i64 {
        let database = self.database();
        let remembered = tables(&database).into_iter().filter(|table| table != "clock");
        remembered.map(|table| count(&database, &table)).sum()
    }

    /// Whether it has stored the last clock reading.
    pub fn clock_is_noted(&self) -> bool {
        count(&self.database(), "clock") > 0
    }

    /// The folder of its store.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its database file, for what no interface shows.
    pub fn database(&self) -> Connection {
        Connection::open(self.folder().join("textback.db")).unwrap()
    }

    /// Ctrl-C: it finishes work in flight, and ends without an error.
    pub async fn stop(&mut self) {
        self.process.signal("INT");
        assert_eq!(self.process.end().await, Some(0));
        self.check_log();
    }

    /// `kill -9`: it ends immediately.
    pub fn kill(&mut self) {
        self.process.kill();
        self.check_log();
    }

    /// Starts it again on the same store. It listens on another port.
    pub async fn start_again(&mut self) {
        (self.process, self.address) = serve(&self.settings).await;
    }

    /// Starts it again with this limit of descriptors.
    pub async fn start_again_within(&mut self, descriptors: usize) {
        self.start_again_after(&format!("ulimit -n {descriptors}")).await;
    }

    /// Starts it again from a shell that first runs this.
    pub async fn start_again_after(&mut self, before: &str) {
        self.kill();
        let process = Process::start_after(before, &self.settings);
        (self.process, self.address) = answering(process).await;
    }

    /// Runs another command of the program, with the same settings and this input.
    pub async fn run(&mut self, arguments: &[&str], input: &str) -> Ran {
        arguments.iter().for_each(|argument| self.private.add_said(argument));
        let mut process = Process::start(arguments, &self.settings, input);
        let code = process.end().await;
        self.private.check_absence(&process.logged());
        Ran { code, printed: process.printed(), said: process.logged() }
    }

    /// Checks for every log of every test.
    fn check_log(&mut self) {
        for message in self.companies.all().into_iter().flat_map(|company| company.taken()) {
            self.private.add_said(&message.to);
            self.private.add_said(&message.body);
        }
        for request in self.openai.requests() {
            let messages = request["messages"].as_array().cloned().unwrap_or_default();
            for message in messages.iter().filter(|message| message["role"] != "system") {
                self.private.add_strings(&message["content"]);
                self.private.add_strings(&message["tool_calls"]);
            }
        }
        let logged = self.process.logged();
        check_form(&logged);
        self.private.check_absence(&logged);
        // The link is printed, and appears nowhere else.
        let mut printed = self.process.printed();
        printed.retain(|line| !line.starts_with("console: "));
        self.private.check_absence(&printed);
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("its log:\n{}", self.process.logged().join("\n"));
        } else {
            self.kill();
        }
    }
}

/// The token in the console's link, from the program's output.
fn token(printed: &[String]) -> Option<String> {
    let link = printed.iter().find_map(|line| line.strip_prefix("console: "))?;
    Some(link.split_once("/console?token=")?.1.to_owned())
}

/// Moves all times in this into the past.
fn move_back(json: &mut Value, milliseconds: i64) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(|item| move_back(item, milliseconds)),
        Value::Object(members) => {
            for (name, value) in members {
                let is_time =
                    ["at", "until", "ask_after"].contains(&name.as_str()) || name.ends_with("_at");
                match value.as_i64().filter(|_| is_time) {
                    Some(time) => *value = (time - milliseconds).into(),
                    None => move_back(value, milliseconds),
                }
            }
        }
        _ => {}
    }
}

/// The tables with documents.
pub fn tables(database: &Connection) -> Vec<String> {
    let names =
        "SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS of
                 WHERE tables.type = 'table' AND of.name = ?1";
    column(database, names, "body")
}

fn count(database: &Connection, table: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {table}");
    database.query_row(&count, [], |row| row.get(0)).unwrap()
}

fn column(database: &Connection, sql: &str, given: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([given], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The conversations with a person who texts through this provider.
pub fn between(provider: &str, theirs: &str) -> ConversationId {
    let names = Names::by(&fakes::NAME_KEY.into()).unwrap();
    names.conversation(provider, &Number::parse(theirs).unwrap())
}

/// The result of a command of the program.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: Option<i32>,
    /// The lines of its standard output.
    pub printed: Vec<String>,
    /// The lines of its standard error.
    pub said: Vec<String>,
}

/// Starts the program, and waits until it answers.
async fn serve(settings: &Settings) -> (Process, SocketAddr) {
    answering(Process::start(&[], settings, "")).await
}

async fn answering(mut process: Process) -> (Process, SocketAddr) {
    let rest = process.prints("textback answers at http://localhost:").await;
    let port: u16 = rest.split('/').next().unwrap().parse().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    until("the program to answer", async || {
        let answer = client.get(format!("http://{address}/healthz")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    process.prints("console").await;
    (process, address)
}

/// A price for a text by each company, since some of them are not in the built-in list.
fn prices() -> String {
    let row = |name| format!("[segments.{name}.US]\nsegment = 0.001\n");
    Companies::NAMES.into_iter().map(row).collect()
}
