//! What strangers send, as bytes that nobody has looked at: one function for each parser of it.
//!
//! Each takes any bytes, hands them to the product as a stranger would, and fails where the outcome is
//! wrong: a call that was changed and is believed, a stop that is taken for consent. `cargo fuzz` looks
//! for such bytes, and an ordinary test runs every file that is kept in `corpus`.

#![warn(missing_docs)]
#![expect(clippy::unwrap_used, reason = "what cannot be arranged must fail whoever runs it")]

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

/// A function of this file, and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
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

/// One for the whole process: what is connected once stays so from one call to the next.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

fn wait<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// What somebody texts or types: providers and servers hand on nothing that is not UTF-8.
fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}
