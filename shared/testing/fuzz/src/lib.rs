//! Fuzz targets: one function for each parser of what strangers send.
//!
//! Each takes any bytes, passes them to the product as a stranger would, and panics if the outcome is
//! wrong: a changed call is believed, an opt-out is taken for consent. `cargo fuzz` searches for such
//! bytes, and an ordinary test runs every file in `corpus`.

#![warn(missing_docs)]
#![expect(clippy::unwrap_used, reason = "a target that cannot be set up must fail")]

mod access;
mod answers;
mod arrivals;
mod call;
mod calls;
mod forgeries;
mod numbers;
mod opt_in;
mod replies;
mod texts;

use std::borrow::Cow;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};

pub use access::access;
pub use answers::answers;
pub use arrivals::arrivals;
pub use calls::calls;
pub use forgeries::forgeries;
pub use numbers::numbers;
pub use opt_in::opt_in;
pub use replies::{replies, segments};
pub use texts::{exchanges, keywords, reactions};

/// The name of a target, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("access", access),
    ("answers", answers),
    ("arrivals", arrivals),
    ("calls", calls),
    ("exchanges", exchanges),
    ("forgeries", forgeries),
    ("keywords", keywords),
    ("numbers", numbers),
    ("opt_in", opt_in),
    ("reactions", reactions),
    ("replies", replies),
    ("segments", segments),
];

/// One for the whole process, so that connections last from one call to the next.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

fn wait<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// Bytes as a text: providers and servers pass on only UTF-8.
fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}
