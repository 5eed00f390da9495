//! Real servers that run on this machine: Google's Firestore emulator, moto for AWS, and `cargo lambda
//! watch` for the Lambda runtime.
//!
//! A test binary starts each at most once, on a free port, and its tests share it. What a test creates
//! there has a [`unique_name`]. The servers end with the test process, however that ends. If one is not
//! installed, its tests say so in one line and are skipped; with `CI=true` that is a failure.

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// How long a server may take to answer its first request. A cold JVM on a busy machine needs most
/// of ten seconds.
const STARTUP: Duration = Duration::from_secs(60);

/// Runs its arguments until they end, or until standard input ends, which is when the process at the
/// other end is gone, even by `kill -9`. Ends the whole process group, because the emulator is a shell
/// script around a JVM.
const GUARD: &str = r#"{ "$@"; kill -KILL 0; } </dev/null & cat >/dev/null; kill -KILL 0"#;

/// The value of `NAME_KEY` in tests, which Firestore requires: 32 bytes in Base64.
pub const NAME_KEY: &str = "c29tZSBrZXkgd2l0aCB3aGljaCB0ZXN0cyBuYW1lIGE=";

/// Google's Firestore emulator. Projects need no set-up: use a [`unique_name`] for each test.
#[derive(Clone, Debug)]
pub struct Firestore {
    /// `127.0.0.1:port`, for `FIRESTORE_EMULATOR_HOST`.
    pub host: String,
}

/// The Firestore emulator of this test binary, or `None` if it is not installed.
pub async fn firestore() -> Option<Firestore> {
    static SERVER: OnceCell<Option<Server>> = OnceCell::const_new();
    let server = SERVER.get_or_init(async || {
        let Some(emulator) = find_emulator().filter(|_| find("java").is_some()) else {
            skip(
                "needs Java and Google's Firestore emulator: install a JRE, \
                 then `gcloud components install cloud-firestore-emulator`",
            );
            return None;
        };
        let start = |port| {
            let mut command = vec![emulator.display().to_string(), "start".into()];
            command.extend(["--host=127.0.0.1".into(), format!("--port={port}")]);
            command
        };
        Some(Server::start("firestore", start, "/").await)
    });
    Some(Firestore { host: format!("127.0.0.1:{}", server.await.as_ref()?.port) })
}

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
        Some(Server::start("moto", start, "/moto-api/data.json").await)
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
    Some(Lambda { server: Server::start("lambda", start, "/").await })
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

/// A server that lives as long as this process.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Holds the standard input that [`GUARD`] waits on.
    _guard: Child,
}

impl Server {
    /// Starts `command` for a port, and waits until `GET ready` is answered. Tries another port if
    /// another process has taken that one meanwhile.
    pub(crate) async fn start(
        name: &str,
        command: impl Fn(u16) -> Vec<String>,
        ready: &str,
    ) -> Self {
        let mut attempts = 1;
        loop {
            let port = free_port();
            match Self::start_at(name, port, command(port), ready).await {
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
        command: Vec<String>,
        ready: &str,
    ) -> Result<Self, String> {
        let log = std::env::temp_dir().join(format!("{name}-{port}.log"));
        let output = File::create(&log).expect("the directory for temporary files takes a file");
        let mut guard = guarded(command)
            .stdout(output.try_clone().expect("a file can be opened twice"))
            .stderr(output)
            .spawn()
            .expect("there is a shell");
        let url = format!("http://127.0.0.1:{port}{ready}");
        let client = client();
        let begun = Instant::now();
        let mut runs = true;
        while !client.get(&url).send().await.is_ok_and(|answer| !answer.status().is_server_error())
        {
            if !runs || begun.elapsed() > STARTUP {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                let _ = std::fs::remove_file(&log);
                drop(guard.stdin.take());
                let _ = guard.wait();
                return Err(format!("{name} does not answer at {url}: {said}"));
            }
            runs = guard.try_wait().expect("a child can be waited for").is_none();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // It runs, so nobody will ask why it does not.
        let _ = std::fs::remove_file(log);
        Ok(Self { port, _guard: guard })
    }
}

/// A command that ends when this process does.
fn guarded(command: Vec<String>) -> Command {
    let mut guard = Command::new("sh");
    guard.args(["-c", GUARD, "guard"]).args(command).process_group(0).stdin(Stdio::piped());
    guard
}

/// An HTTP client that stays on this machine, whatever proxy is configured.
fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client without settings of its own can be built")
}

/// A free port. Another process may take it before the caller does; the caller will then report that.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// A program on the `PATH`, or in the Cloud SDK that `gcloud` on the `PATH` belongs to.
fn find_emulator() -> Option<PathBuf> {
    find("cloud_firestore_emulator").or_else(|| {
        let gcloud = find("gcloud")?.canonicalize().ok()?;
        let sdk = gcloud.parent()?.parent()?;
        let emulator = sdk.join("platform/cloud-firestore-emulator/cloud_firestore_emulator");
        emulator.is_file().then_some(emulator)
    })
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
    use std::io::{BufRead, BufReader, Read};

    use super::*;

    #[tokio::test]
    async fn the_emulator_answers() {
        let Some(firestore) = firestore().await else { return };
        let answer = client().get(format!("http://{}/", firestore.host)).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap().trim(), "Ok");
    }

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
        Server::start("taken", serve, "/").await;
        assert!(!first.into_inner());
    }

    #[tokio::test]
    #[should_panic(expected = "out of order")]
    async fn a_server_that_ends_at_once_tells_why() {
        let broken = ["sh", "-c", "echo out of order"].map(String::from);
        Server::start("broken", |_| broken.to_vec(), "/").await;
    }
}
