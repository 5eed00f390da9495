//! When to stop.

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
