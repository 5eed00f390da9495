//! The program as a child process, and the system's figures about it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::process::program;
use crate::product::PUBLIC_URL;

/// A running program. It ends when this value is dropped.
pub struct Program {
    /// Its address.
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub started: Duration,
    begun: Instant,
    child: Child,
}

/// Resident memory, in KiB.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    /// All of it, now.
    pub now: u64,
    /// The program's own part of it, without pages of its file, which all its processes share and the
    /// system reclaims at will.
    pub own: u64,
    /// The maximum so far.
    pub most: u64,
}

impl Program {
    /// Starts it with these settings, on the store in this folder. It is up once it
    /// [answers](Self::answers).
    pub fn start(settings: &[(&str, &str)], data: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let mut command = Command::new(program());
        command
            .env_clear()
            .env("PORT", address.port().to_string())
            .env("PUBLIC_URL", PUBLIC_URL)
            .env("DATA_DIR", data)
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().unwrap();
        Self { address, begun, started: Duration::ZERO, child }
    }

    /// Waits for its first answer.
    pub async fn answers(mut self) -> Self {
        while !answers(self.address).await {
            assert!(self.begun.elapsed() < Duration::from_secs(20), "the program does not start");
            sleep(Duration::from_micros(200)).await;
        }
        self.started = self.begun.elapsed();
        self
    }

    /// Its resident memory now and at most.
    pub fn memory(&self) -> Memory {
        let status = self.proc("status");
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        };
        Memory { now: kib("VmRSS:"), own: kib("RssAnon:"), most: kib("VmHWM:") }
    }

    /// The processor time that it has used, in hundredths of a second.
    pub fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // After the name, which may contain anything: fields 14 and 15 are ticks of 10 ms.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks = |field: usize| fields[field - 3].parse::<u64>().unwrap();
        Duration::from_millis(10 * (ticks(14) + ticks(15)))
    }

    /// Ends it like a power failure.
    pub fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

async fn answers(address: SocketAddr) -> bool {
    let Ok(mut connection) = TcpStream::connect(address).await else { return false };
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    connection.write_all(request.as_bytes()).await.is_ok()
        && connection.read_to_string(&mut answer).await.is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
