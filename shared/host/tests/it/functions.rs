//! The functions that the tests start. Each is a `main`; the test binary starts itself again with
//! the name of one of them.

use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{any, get};
use conversations::Store;
use host::{Caller, Error};
use providers::Role;
use queue::{Queue, WakeUp};
use settings::Settings;
use sms::Providers;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// A running function and its output.
pub(crate) struct Function {
    pub(crate) process: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Function {
    /// Starts a function of this file with these settings.
    pub(crate) fn start(name: &str, settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("functions::{name}"), "--ignored", "--nocapture"])
            .env_clear()
            .envs([("PORT", "0"), ("IS_FUNCTION", "true"), ("LOG_FORMAT", "json")])
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The rest of the first line of its output that contains this.
    pub(crate) async fn says(&mut self, start: &str) -> String {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if let Some((_, rest)) = line.split_once(start) {
                return rest.to_owned();
            }
        }
        panic!("it ended without saying {start:?}");
    }

    /// Its address.
    pub(crate) async fn address(&mut self) -> String {
        let rest = self.says("listening on ").await;
        rest.split('"').next().unwrap().to_owned()
    }

    /// Asks it to stop, by the name of a signal.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.process.id().unwrap().to_string();
        let kill = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(kill.unwrap().success());
    }

    /// Its exit status and remaining output.
    pub(crate) async fn end(mut self) -> (Option<i32>, Vec<String>) {
        let mut lines = Vec::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            lines.push(line);
        }
        (self.process.wait().await.unwrap().code(), lines)
    }
}

#[test]
#[ignore = "is started by other tests"]
fn called() {
    main_of(host::Function::reading(&[]), |function| {
        function.serve_http(async |_| {
            Ok(Router::new()
                .route("/slow", get(slow))
                .route("/cookies", get(cookies))
                .route("/binary", get(async || [0_u8, 159, 146, 150]))
                .route("/words", get(async || "Grüße"))
                .route("/nothing", get(async || StatusCode::NO_CONTENT))
                .route("/huge", get(async || "x".repeat(5 * 1024 * 1024)))
                .fallback(any(seen)))
        })
    });
}

/// The call as the router saw it.
async fn seen(caller: Caller, call: Request) -> String {
    let (head, body) = call.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut seen = format!("{} {}\nby {}\n", head.method, head.uri, caller.0);
    for (name, value) in &head.headers {
        seen += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
    }
    seen + "\n" + &String::from_utf8_lossy(&body)
}

async fn cookies() -> impl IntoResponse {
    AppendHeaders([
        (header::SET_COOKIE, "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
        (header::SET_COOKIE, "b=2"),
        (header::VARY, "accept"),
        (header::VARY, "origin"),
    ])
}

/// In flight until the end of standard input.
async fn slow() -> &'static str {
    eprintln!("begun");
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await.unwrap();
    "finished"
}

#[test]
#[ignore = "is started by other tests"]
fn woken() {
    main_of(host::Function::reading(&[Queue::SETTINGS]), |function| {
        function.serve_queue(async |settings| {
            let ready = ready(Queue::from_settings(&settings)?.as_ref())?;
            let handler = async |wake_up: WakeUp| {
                eprintln!("woke {}.", wake_up.conversation);
                match wake_up.conversation.as_str() {
                    "bad" => Err("no luck"),
                    "worse" => panic!("a mistake of ours"),
                    _ => Ok(()),
                }
            };
            Ok((handler, ready))
        })
    });
}

#[test]
#[ignore = "is started by other tests"]
fn scheduled() {
    main_of(host::Function::reading(&[]), |function| {
        function.serve_schedule(Duration::from_secs(60), async |_| {
            let handler = async || {
                eprintln!("ran");
                Ok::<_, Error>(())
            };
            Ok((handler, ready(None)?))
        })
    });
}

/// Accepts Twilio signatures by a token from the settings, and checks for changes with every call.
#[test]
#[ignore = "is started by other tests"]
fn believing() {
    let reading = host::Function::reading(&[host::PUBLIC_URL, providers::SETTINGS]);
    main_of(host::Function { stale_after: Duration::ZERO, ..reading }, |function| {
        function.serve_http(async |settings| {
            let public_url = host::public_url(&settings)?;
            let providers =
                Arc::new(providers::configured(&settings, &public_url, Role::Everything)?);
            let router =
                Router::new().fallback(move |call: Request| believe(Arc::clone(&providers), call));
            Ok(router.merge(ready(None)?))
        })
    });
}

async fn believe(providers: Arc<Providers>, call: Request) -> StatusCode {
    let (head, body) = call.into_parts();
    let body = axum::body::to_bytes(body, 1024).await.unwrap();
    let twilio = providers.named("twilio").unwrap();
    match twilio.verify(providers.http(), Request::from_parts(head, body)).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::FORBIDDEN,
    }
}

/// The readiness routes, if it has a folder for its store.
fn ready(queue: Option<&Queue>) -> Result<Router, Error> {
    let Ok(folder) = std::env::var("DATA_DIR") else { return Ok(Router::new()) };
    let store = Store::open(&Settings::from([("DATA_DIR", folder.as_str())]))?;
    Ok(host::readiness(&Arc::new(store), queue))
}

fn main_of(function: host::Function, serve: impl FnOnce(host::Function) -> ExitCode) {
    if std::env::var_os("IS_FUNCTION").is_some() {
        std::process::exit(i32::from(serve(function) != ExitCode::SUCCESS));
    }
}
