//! A running program and its output.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// How long a test waits for something before it fails. Only failing tests wait this long.
const TIMEOUT: Duration = Duration::from_secs(40);

/// The names and values of the program's environment.
pub type Settings = BTreeMap<String, String>;

/// The program under test. It ends when this value is dropped.
pub struct Process {
    child: Child,
    output: [Lines; 2],
    readers: Vec<JoinHandle<()>>,
    /// The other side of its terminal, if it has one.
    _terminal: Option<File>,
}

type Lines = Arc<Mutex<Vec<String>>>;

impl Process {
    /// Starts the program with only these arguments and settings.
    pub fn start(arguments: &[&str], settings: &Settings, input: &str) -> Self {
        let mut process = Self::spawn(arguments, settings, Stdio::piped(), None);
        // If it has ended already, it reads nothing, which is fine.
        let _ = process.child.stdin.take().unwrap().write_all(input.as_bytes());
        process
    }

    /// Starts it at a terminal, where somebody types this.
    pub fn start_at_terminal(arguments: &[&str], settings: &Settings, typed: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, vec![]).unwrap().into_string().unwrap();
        let terminal = File::options().read(true).write(true).open(name).unwrap();
        let mut master = File::from(master);
        master.write_all(typed.as_bytes()).unwrap();
        Self::spawn(arguments, settings, terminal.into(), Some(master))
    }

    fn spawn(
        arguments: &[&str],
        settings: &Settings,
        input: Stdio,
        terminal: Option<File>,
    ) -> Self {
        Self::of(Command::new(program()).args(arguments), settings, input, terminal)
    }

    /// Starts it from a shell that first runs this.
    pub fn start_after(before: &str, settings: &Settings) -> Self {
        let script = format!("{before}; exec {}", program());
        Self::of(Command::new("sh").args(["-c", &script]), settings, Stdio::null(), None)
    }

    fn of(
        command: &mut Command,
        settings: &Settings,
        input: Stdio,
        terminal: Option<File>,
    ) -> Self {
        let mut child = command
            .env_clear()
            .envs(settings)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, out_reader) = lines(child.stdout.take().unwrap());
        let (err, err_reader) = lines(child.stderr.take().unwrap());
        let readers = vec![out_reader, err_reader];
        Self { child, output: [out, err], readers, _terminal: terminal }
    }

    /// The lines of its standard output so far.
    pub fn printed(&self) -> Vec<String> {
        self.output[0].lock().unwrap().clone()
    }

    /// The lines of its standard error so far.
    pub fn logged(&self) -> Vec<String> {
        self.output[1].lock().unwrap().clone()
    }

    /// The rest of the first line of its standard output that contains this.
    pub async fn prints(&mut self, start: &str) -> String {
        let (found, mut rest) = (&mut None, None);
        until(&format!("the program to print {start:?}"), async || {
            let lines = self.printed();
            *found = lines.iter().find_map(|line| Some(line.split_once(start)?.1.to_owned()));
            let ended = self.child.try_wait().unwrap();
            assert!(found.is_some() || ended.is_none(), "it ended: {:?}", self.logged());
            found.is_some()
        })
        .await;
        rest.clone_from(found);
        rest.unwrap()
    }

    /// Waits until it has written a log line that contains this.
    pub async fn logs(&self, words: &str) {
        let said = async || self.logged().iter().any(|line| line.contains(words));
        until(&format!("the program to log {words:?}"), said).await;
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it write nothing to any file, or any amount again, as long as it ignores the signal for
    /// that.
    pub fn may_write(&self, so: bool) {
        let pid = Pid::from_raw(i32::try_from(self.id()).unwrap());
        let limit = Rlimit { current: (!so).then_some(0), maximum: None };
        prlimit(pid, Resource::Fsize, limit).unwrap();
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap().count()
    }

    /// How much memory it uses.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Sends it a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until it ends by itself, and returns its exit code.
    pub async fn end(&mut self) -> Option<i32> {
        let mut status = None;
        until("the program to end", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        self.read_to_the_end();
        status.unwrap().code()
    }

    /// Ends it immediately, as a crash would.
    pub fn kill(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        self.read_to_the_end();
    }

    fn read_to_the_end(&mut self) {
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The path of the program, which cargo tells the tests and benchmarks of textback.
pub(crate) fn program() -> String {
    std::env::var("CARGO_BIN_EXE_textback").expect("this is a test of textback")
}

fn lines(stream: impl Read + Send + 'static) -> (Lines, JoinHandle<()>) {
    let lines = Lines::default();
    let kept = Arc::clone(&lines);
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            kept.lock().unwrap().push(line.unwrap());
        }
    });
    (lines, reader)
}

/// Polls until the condition holds. Fails the test after a while, naming what was expected.
pub async fn until(wanted: &str, mut so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + TIMEOUT;
    while !so().await {
        assert!(Instant::now() < end, "waited {TIMEOUT:?} for {wanted} without finding it");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
