//! The log lines of a test.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;

/// Every line that reaches the log of one of our processes at any level.
pub(crate) struct Logs {
    lines: Lines,
    _guard: DefaultGuard,
}

impl Logs {
    /// Captures the log of this thread.
    pub(crate) fn capture() -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        // Third-party crates are logged from `warn` on, as in production.
        let ours = "agent conversations inbound policy queue receipts sms sweep turn webhooks";
        let ours = ours.split(' ').map(|name| format!(",{name}=trace")).collect::<String>();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_env_filter(EnvFilter::new(format!("warn,async_openai=off{ours}")))
            .with_writer(move || writer.clone())
            .finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The lines so far.
    pub(crate) fn read(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
