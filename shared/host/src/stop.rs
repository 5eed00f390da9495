//! When to stop.
//!
//! Not on Lambda, where nothing listens for it. Lambda sends SIGTERM to functions with an extension
//! alone, between two events, and ends the sandbox half a second later. All that was promised is
//! stored by then, since an event is answered last, and log lines are written as they are said:
//! nothing is left to finish or to flush, and to end at once, as a signal does by itself, is right.
//! `lambda_runtime` would register an extension for us to be told; each start would wait for that.

use std::time::Duration;

use futures::FutureExt;
use futures::future::{pending, select_all};

/// How long whatever is in flight may take from then on, be it a model that is waited for. What is
/// cut off is as safe as in a crash. Docker kills after ten seconds.
const GRACE: Duration = Duration::from_secs(7);

/// Ready once the process was asked to stop: by Ctrl-C, by SIGTERM, or by SIGHUP, which a terminal
/// that is closed sends. Clones see the same request, however late they look. From then on the
/// process has seven seconds. Whoever asks a second time is not kept waiting: it ends.
pub fn stop_signal() -> impl Future<Output = ()> + Clone + Send + 'static {
    let asked = async {
        let mut signals = Signals::heard();
        signals.next().await;
        tracing::info!("stopping: finishing what is in flight, once more to stop at once");
        // A thread, since nothing that hangs is to keep it from its work.
        std::thread::spawn(|| {
            std::thread::sleep(GRACE);
            tracing::warn!("cut off what was still in flight {GRACE:?} after the stop");
            std::process::exit(0);
        });
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(1);
        });
    };
    asked.shared()
}

/// What asks the process to stop. None is missed between two looks.
#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    // One that cannot be listened for ends the process by itself.
    fn heard() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        if !outlives_its_terminal() {
            kinds.push(SignalKind::hangup());
        }
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn next(&mut self) {
        match self.0.is_empty() {
            true => pending().await,
            false => drop(select_all(self.0.iter_mut().map(|it| Box::pin(it.recv()))).await),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn heard() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending().await
        }
    }
}

/// Whether it was started to ignore SIGHUP, as by nohup: then it means us no more. Where the system
/// does not say, it does.
#[cfg(unix)]
fn outlives_its_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
}
