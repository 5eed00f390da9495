//! The loop between the model and its tools.
//!
//! An [`Agent`] is a [`Page`], which defines who it is and what it collects, and a model at any address
//! that speaks the chat-completions protocol. [`Agent::answer`] takes the conversation so far and the
//! person's new texts, and returns what to store and send. It has no side effects: the requests of
//! tools are in the returned value, for the caller to commit.

#![warn(missing_docs)]

mod answer;
mod ask;
mod budget;
mod expect;
mod fault;
mod fit;
mod judge;
mod model;
mod page;
mod prompt;
mod pulse;
mod rendered;
mod timeouts;
mod tools;
mod turns;
mod unmarked;
mod values;
mod when;

pub use answer::{Agent, AnswerError, Answered, Heard, Tokens};
pub use budget::Allowance;
pub use expect::Expect;
pub use judge::phones_in;
pub use model::{Lack, ModelCheck, ModelError, OpenAi};
pub use page::{Field, Kind, Page, PageError, Rules, Texts};
pub use pulse::Pulse;
pub use timeouts::Timeouts;
pub use tools::{Definition, Draft, Ending, HAND_OVER_KINDS, Tool};
pub use turns::{ToolCall, Turn};
