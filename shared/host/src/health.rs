//! The health endpoints.

use axum::Router;
use axum::routing::get;

/// The health routes of every function; functions that nobody calls have no others.
pub(crate) fn alive() -> Router {
    Router::new().route("/healthz", get(words)).route("/health", get(words))
}

/// Says that we are alive, and which build: builds by `deploy.sh` know their commit.
async fn words() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match option_env!("TEXTBACK_COMMIT") {
        Some(commit) => format!("ok\nversion {version}\ncommit {commit}\n"),
        None => format!("ok\nversion {version}\n"),
    }
}
