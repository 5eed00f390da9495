//! Real servers that run on this machine: moto for AWS, and `cargo lambda watch` for the Lambda runtime;
//! and what they share with Google's Firestore emulator.
//!
//! A test binary starts each at most once, on a free port, and its tests share it. What a test creates
//! there has a [`unique_name`]. The servers end with the test process, however that ends. nextest starts
//! a process for each test: the processes of one run share the emulator and moto, which end with the
//! run. If a server is not installed, its tests say so in one line and are skipped; with `CI=true` that
//! is a failure.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, ClientBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// How long a server may take to answer its first request. A cold JVM on a busy machine needs most
/// of ten seconds.
const STARTUP: Duration = Duration::from_secs(60);

/// Runs its arguments until they end, or until standard input ends, which is when the process at the
/// other end is gone, even by `kill -9`. Ends the whole process group, because the emulator is a shell
/// script around a JVM.
const GUARD: &str = r#"{ "$@"; kill -KILL 0; } </dev/null & cat >/dev/null; kill -KILL 0"#;

/// The same until the process with this ID is gone, whose child it is not. The file goes with it.
const GUARD_OF_RUN: &str = r#"process=$1 file=$2; shift 2
{ "$@"; kill -KILL 0; } </dev/null &
while kill -0 "$process" 2>/dev/null; do sleep 1; done
rm -f "$file"; kill -KILL 0"#;

/// moto, which answers like AWS. It accepts any credentials, and every region is empty at first.
#[derive(Clone, Debug)]
pub struct Moto {
    /// `http://127.0.0.1:port`, for `AWS_ENDPOINT_URL`.
    pub url: String,
}

/// The moto of this test binary, or `None` if it is not installed.
pub async fn moto() -> Option<Moto> {
    static SERVER: OnceCell<Option<Server>> = OnceCell::const_new();
    let server = SERVER.get_or_init(async || {
        let Some(moto) = find_moto() else {
            skip("needs moto: `pip install 'moto[server]'`");
            return None;
        };
        let start = |port| {
            let mut command = moto.clone();
            command.extend(["-H".into(), "127.0.0.1".into(), "-p".into(), format!("{port}")]);
            command
        };
        Some(Server::shared("moto", start, answers("/moto-api/data.json", StatusCode::OK)).await)
    });
    Some(Moto { url: format!("http://127.0.0.1:{}", server.await.as_ref()?.port) })
}

impl Moto {
    /// Creates an SQS FIFO queue in `us-east-1` and returns its URL. `name` is without `.fifo`; a
    /// received message that was not deleted comes again after `visibility`, in whole seconds.
    pub async fn create_fifo_queue(&self, name: &str, visibility: Duration) -> String {
        let attributes = json!({
            "FifoQueue": "true",
            "VisibilityTimeout": visibility.as_secs().to_string(),
        });
        self.create_queue(name, &attributes).await
    }

    /// Creates such a queue that moves a message to a second one after three failures. Returns both
    /// URLs.
    pub async fn create_fifo_queue_and_its_dead(&self, name: &str) -> [String; 2] {
        let dead_name = format!("{name}-dead");
        let dead = self.create_queue(&dead_name, &json!({ "FifoQueue": "true" })).await;
        let target = format!("arn:aws:sqs:us-east-1:123456789012:{dead_name}.fifo");
        let policy = json!({ "deadLetterTargetArn": target, "maxReceiveCount": 3 });
        let attributes = json!({ "FifoQueue": "true", "RedrivePolicy": policy.to_string() });
        [self.create_queue(name, &attributes).await, dead]
    }

    async fn create_queue(&self, name: &str, attributes: &Value) -> String {
        let queue = json!({"QueueName": format!("{name}.fifo"), "Attributes": attributes});
        let answer = self.call("sqs", "AmazonSQS.CreateQueue", &queue).await;
        answer["QueueUrl"].as_str().unwrap_or_else(|| panic!("moto refused: {answer}")).to_owned()
    }

    /// Sets a parameter of Parameter Store in `us-east-1`, encrypted, overwriting any value. `name` is
    /// the whole path.
    pub async fn put_parameter(&self, name: &str, value: &str) {
        let parameter =
            json!({"Name": name, "Value": value, "Type": "SecureString", "Overwrite": true});
        let answer = self.call("ssm", "AmazonSSM.PutParameter", &parameter).await;
        assert!(answer["Version"].is_u64(), "moto refused: {answer}");
    }

    async fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        // moto finds the service by the scope of the signature, and does not check the rest of it.
        let signature = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=none"
        );
        let request = client()
            .post(&self.url)
            .header("authorization", signature)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .body(body.to_string());
        let answer = request.send().await.expect("moto answers");
        answer.json().await.expect("moto answers in JSON")
    }
}

/// Lambda as emulated by `cargo lambda watch`, with every function of this workspace.
pub struct Lambda {
    server: Server,
}

/// A separate Lambda for functions with only these settings, or `None` if cargo-lambda is not
/// installed. The functions are built first, which takes a while after a change.
pub async fn lambda(settings: &[(&str, &str)]) -> Option<Lambda> {
    let Some(cargo_lambda) = find("cargo-lambda") else {
        skip("needs cargo-lambda: `pip install cargo-lambda`");
        return None;
    };
    let manifest = concat!("--manifest-path=", env!("CARGO_MANIFEST_DIR"), "/../../../Cargo.toml");
    // `watch` would build them as well, but one after the other, each while its first caller waits.
    let build = Command::new("cargo").args(["build", "--quiet", "--bins", manifest]).output();
    let build = build.expect("cargo can be run");
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    let start = |port| {
        let mut command = vec!["env".into(), "-i".into()];
        command.extend(
            std::env::vars()
                .filter(|(name, _)| of_toolchain(name))
                .map(|(name, value)| format!("{name}={value}")),
        );
        command.extend(settings.iter().map(|(name, value)| format!("{name}={value}")));
        command.push(cargo_lambda.display().to_string());
        command.extend(["lambda", "watch", "--ignore-changes", manifest].map(String::from));
        command.extend(["--invoke-address=127.0.0.1".into(), format!("--invoke-port={port}")]);
        command
    };
    Some(Lambda {
        server: Server::start("lambda", start, answers("/", StatusCode::NOT_FOUND)).await,
    })
}

/// Whether a variable controls the build, or locates build tools.
fn of_toolchain(name: &str) -> bool {
    matches!(name, "HOME" | "PATH") || name.starts_with("CARGO") || name.starts_with("RUST")
}

impl Lambda {
    /// The function URL: calls to paths below it reach the function.
    pub fn url(&self, function: &str) -> String {
        format!("http://127.0.0.1:{}/lambda-url/{function}", self.server.port)
    }

    /// A function's answer to an event. The first one starts it.
    pub async fn invoke(&self, function: &str, event: &Value) -> Value {
        let port = self.server.port;
        let url = format!("http://127.0.0.1:{port}/2015-03-31/functions/{function}/invocations");
        let request = client().post(url).timeout(STARTUP).body(event.to_string());
        let answer = request.send().await.expect("Lambda answers");
        answer.json().await.expect("Lambda answers in JSON")
    }
}

/// A name that no other test uses: valid as a Google project, an AWS queue, a group or a file.
pub fn unique_name() -> String {
    format!("test-{}", &uuid::Uuid::new_v4().simple().to_string()[..20])
}

/// How many ports are tried.
const ATTEMPTS: u32 = 5;

/// A server that lives as long as this process, or as the run of tests that shares it.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Holds the standard input that [`GUARD`] waits on.
    _guard: Option<Child>,
}

/// A run of several test processes.
struct Run {
    /// A name that no other run has.
    name: String,
    /// A process that lives as long as the run.
    process: u32,
}

impl Run {
    /// The run of nextest that this process belongs to.
    fn of_nextest() -> Option<Self> {
        let name = std::env::var("NEXTEST_RUN_ID").ok()?;
        Some(Self { name, process: parent_id() })
    }
}

impl Server {
    /// The server with this name, which all processes of a run share. The first that needs it starts it.
    pub(crate) async fn shared(
        name: &str,
        command: impl Fn(u16) -> Vec<String>,
        serves: impl AsyncFn(&str) -> bool,
    ) -> Self {
        match Run::of_nextest() {
            Some(run) => Self::of(&run, name, command, serves).await,
            None => Self::start(name, command, serves).await,
        }
    }

    async fn of(
        run: &Run,
        name: &str,
        command: impl Fn(u16) -> Vec<String>,
        serves: impl AsyncFn(&str) -> bool,
    ) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}", run.name));
        let file = File::options().create(true).append(true).read(true).open(&path);
        let mut file = file.expect("the directory for temporary files takes a file");
        // The others wait for the process that starts it.
        file.lock().expect("a file can be locked");
        let mut known = String::new();
        file.read_to_string(&mut known).expect("a file of ours can be read");
        if let Ok(port) = known.parse() {
            return Self { port, _guard: None };
        }
        let guarded = |command| guarded_by_run(run, &path, command);
        let server = Self::start_guarded(name, command, guarded, serves).await;
        write!(file, "{}", server.port).expect("a file of ours can be written");
        server
    }

    /// Starts `command` for a port, and waits until the server at this address `serves`. Tries another
    /// port if another process has taken that one meanwhile.
    pub(crate) async fn start(
        name: &str,
        command: impl Fn(u16) -> Vec<String>,
        serves: impl AsyncFn(&str) -> bool,
    ) -> Self {
        Self::start_guarded(name, command, guarded, serves).await
    }

    async fn start_guarded(
        name: &str,
        command: impl Fn(u16) -> Vec<String>,
        guarded: impl Fn(Vec<String>) -> Command,
        serves: impl AsyncFn(&str) -> bool,
    ) -> Self {
        let mut attempts = 1;
        loop {
            let port = free_port();
            match Self::start_at(name, port, guarded(command(port)), &serves).await {
                Ok(server) => return server,
                Err(said) if attempts < ATTEMPTS && said.contains("already in use") => {
                    attempts += 1
                }
                Err(said) => panic!("{said}"),
            }
        }
    }

    async fn start_at(
        name: &str,
        port: u16,
        mut guard: Command,
        serves: impl AsyncFn(&str) -> bool,
    ) -> Result<Self, String> {
        let log = std::env::temp_dir().join(format!("{name}-{port}.log"));
        let output = File::create(&log).expect("the directory for temporary files takes a file");
        let mut guard = guard
            .stdout(output.try_clone().expect("a file can be opened twice"))
            .stderr(output)
            .spawn()
            .expect("there is a shell");
        let url = format!("http://127.0.0.1:{port}");
        let begun = Instant::now();
        let mut runs = true;
        while !serves(&url).await {
            if !runs || begun.elapsed() > STARTUP {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                let _ = std::fs::remove_file(&log);
                drop(guard.stdin.take());
                let _ = guard.wait();
                return Err(format!("{name} does not serve at {url}: {said}"));
            }
            runs = guard.try_wait().expect("a child can be waited for").is_none();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // It runs, so nobody will ask why it does not.
        let _ = std::fs::remove_file(log);
        Ok(Self { port, _guard: Some(guard) })
    }
}

/// Whether a server answers `GET path` with this status, which most others would not.
pub(crate) fn answers(path: &str, status: StatusCode) -> impl AsyncFn(&str) -> bool {
    let client = client();
    async move |url: &str| {
        let answer = client.get(format!("{url}{path}")).send().await;
        answer.is_ok_and(|answer| answer.status() == status)
    }
}

/// A command that ends when this process does.
fn guarded(command: Vec<String>) -> Command {
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD, "guard"]).args(command).process_group(0).stdin(Stdio::piped());
    guard
}

/// A command that ends with a run.
fn guarded_by_run(run: &Run, file: &Path, command: Vec<String>) -> Command {
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD_OF_RUN, "guard", &run.process.to_string()]).arg(file).args(command);
    guard.process_group(0).stdin(Stdio::null());
    guard
}

/// An HTTP client that stays on this machine, whatever proxy is configured.
fn client() -> Client {
    client_of(Client::builder())
}

/// The same, with further options.
pub(crate) fn client_of(builder: ClientBuilder) -> Client {
    let builder = builder.no_proxy().timeout(Duration::from_secs(10));
    builder.build().expect("a client without settings of ours can be built")
}

/// A free port. Another process may take it before the caller does; the caller will then report that.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

fn find_moto() -> Option<Vec<String>> {
    if let Some(server) = find("moto_server") {
        return Some(vec![server.display().to_string()]);
    }
    let module = ["python3", "-m", "moto.server"];
    let mut probe = Command::new(module[0]);
    probe.args(["-c", "import moto.server"]).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().ok()?.success().then(|| module.map(String::from).to_vec())
}

/// The program that a shell would run.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Says what a test lacks and how to get it. Panics with `CI=true`, where everything has to be
/// installed.
pub fn skip(reason: &str) {
    let line = format!("skipped: {reason}");
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{line}");
    // Not `eprintln!`: the test harness would swallow it.
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;

    #[tokio::test]
    async fn moto_makes_a_queue() {
        let Some(moto) = moto().await else { return };
        let url = moto.create_fifo_queue("turn", Duration::from_secs(30)).await;
        assert_eq!(url, format!("{}/123456789012/turn.fifo", moto.url));
    }

    #[test]
    fn a_server_ends_with_the_process_that_started_it() {
        let server = ["sh", "-c", "echo up; sleep 1000; echo unreachable"].map(String::from);
        let mut guard = guarded(server.to_vec()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(guard.stdout.take().unwrap());
        let mut said = String::new();
        output.read_line(&mut said).unwrap();
        drop(guard.stdin.take());
        // Reads until nobody of the group is left to write.
        output.read_to_string(&mut said).unwrap();
        assert_eq!((said.as_str(), guard.wait().unwrap().code()), ("up\n", None));
    }

    #[test]
    fn a_server_of_a_run_ends_with_the_run() {
        let mut runs = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let run = Run { name: unique_name(), process: runs.id() };
        let server = ["sh", "-c", "echo up; sleep 1000; echo unreachable"].map(String::from);
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut guard = guarded_by_run(&run, file.path(), server.to_vec());
        let mut guard = guard.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(guard.stdout.take().unwrap());
        let mut said = String::new();
        output.read_line(&mut said).unwrap();
        drop(runs.stdin.take());
        runs.wait().unwrap();
        output.read_to_string(&mut said).unwrap();
        assert_eq!((said.as_str(), guard.wait().unwrap().code()), ("up\n", None));
        assert!(!file.path().exists());
    }

    #[tokio::test]
    async fn the_processes_of_a_run_share_a_server() {
        let run = Run { name: unique_name(), process: std::process::id() };
        let serve = |port| format!("exec python3 -m http.server --bind 127.0.0.1 {port}");
        let serve = |port| ["sh".to_owned(), "-c".into(), serve(port)].to_vec();
        let first = Server::of(&run, "shared", serve, answers("/", StatusCode::OK)).await;
        let again = |_| panic!("it runs already");
        assert_eq!(
            Server::of(&run, "shared", again, answers("/", StatusCode::OK)).await.port,
            first.port
        );
    }

    #[tokio::test]
    async fn a_server_whose_port_is_taken_meanwhile_gets_another() {
        let first = std::sync::atomic::AtomicBool::new(true);
        let serve = |port| {
            let script = match first.swap(false, std::sync::atomic::Ordering::Relaxed) {
                true => "echo Address already in use".to_owned(),
                false => format!("exec python3 -m http.server --bind 127.0.0.1 {port}"),
            };
            ["sh".to_owned(), "-c".into(), script].to_vec()
        };
        Server::start("taken", serve, answers("/", StatusCode::OK)).await;
        assert!(!first.into_inner());
    }

    #[tokio::test]
    #[should_panic(expected = "out of order")]
    async fn a_server_that_ends_at_once_tells_why() {
        let broken = ["sh", "-c", "echo out of order"].map(String::from);
        Server::start("broken", |_| broken.to_vec(), answers("/", StatusCode::OK)).await;
    }
}
