//! When to stop.
//!
//! Not on Lambda, where nothing listens for it. Lambda sends SIGTERM to functions with an extension
//! alone, between two events, and ends the sandbox half a second later. All that was promised is
//! stored by then, since an event is answered last, and log lines are written as they are said:
//! nothing is left to finish or to flush, and to end at once, as a signal does by itself, is right.
//! `lambda_runtime` would register an extension for us to be told; each start would wait for that.

use std::future::pending;

use futures::FutureExt;

/// Ready once the process was asked to stop, by Ctrl-C or SIGTERM. Clones see the same request,
/// however late they look. Whoever asks a second time is not kept waiting: the process ends.
pub fn stop_signal() -> impl Future<Output = ()> + Clone + Send + 'static {
    let asked = async {
        asked_to_stop().await;
        tracing::info!("stopping: finishing what is in flight, once more to stop at once");
        tokio::spawn(async {
            asked_to_stop().await;
            std::process::exit(1);
        });
    };
    asked.shared()
}

async fn asked_to_stop() {
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
    }
}

// Where a signal cannot be listened for it ends the process by itself.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        pending().await
    }
}

async fn terminated() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut signals) = signal(SignalKind::terminate()) {
            signals.recv().await;
            return;
        }
    }
    pending().await
}
