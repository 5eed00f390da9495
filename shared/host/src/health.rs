//! What is said about our health.

use axum::Router;
use axum::routing::get;

/// What every function answers, and those that nobody calls answer alone.
pub(crate) fn alive() -> Router {
    Router::new().route("/healthz", get(words)).route("/health", get(words))
}

/// That we are alive, and which build: the commit is known to what `deploy.sh` builds.
async fn words() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("TEXTBACK_COMMIT") {
        Some(commit) => format!("ok\nversion {version}\ncommit {commit}\n"),
        None => format!("ok\nversion {version}\n"),
    }
}
