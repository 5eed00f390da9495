//! When to stop.
//!
//! Not on Lambda, where nothing listens for a stop. Lambda sends SIGTERM only to functions with an
//! extension, between two events, and ends the sandbox half a second later. Everything confirmed is
//! stored by then, since an event is answered last, and log lines are written immediately: nothing is
//! left to finish or flush, so ending at once, as the signal does by default, is right.
//! `lambda_runtime` would register an extension to receive the signal; each start would wait for that.

use std::time::Duration;

use futures::FutureExt;
use futures::future::{pending, select_all};

/// How long work in flight may continue from then on, including waiting for a model. Interrupted work
/// is as safe as in a crash. Docker kills after ten seconds.
const GRACE: Duration = Duration::from_secs(7);

/// Ready once the process was asked to stop: by Ctrl-C, by SIGTERM, or by SIGHUP, which a closing
/// terminal sends. Clones see the same request, however late they look. From then on the process has
/// seven seconds. A second request ends it immediately.
pub fn stop_signal() -> impl Future<Output = ()> + Clone + Send + 'static {
    let asked = async {
        let mut signals = Signals::heard();
        signals.next().await;
        tracing::info!("stopping: finishing work in flight; ask again to stop immediately");
        // A thread, so that nothing that hangs can block it.
        std::thread::spawn(|| {
            std::thread::sleep(GRACE);
            tracing::warn!("aborted work that was still in flight {GRACE:?} after the stop");
            std::process::exit(0);
        });
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(1);
        });
    };
    asked.shared()
}

/// The signals that ask the process to stop. None is missed between two polls.
#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    // A signal that cannot be listened for ends the process by itself.
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

/// Whether the process was started to ignore SIGHUP, as by nohup: then it is not meant for us. If the
/// system does not say, it is.
#[cfg(unix)]
fn outlives_its_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
}
