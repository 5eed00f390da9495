//! What every harness needs of each company, so that it runs all of them and knows none by name.

use crate::network::{Route, WebhookCall};
use crate::switch::Switch;

/// What companies that do not sign have to bring along, where no other is set.
pub const WEBHOOK_TOKEN: &str = "the-token-of-the-webhook";

/// A company's word for what became of a message, and its code for a failure.
pub type Report = (&'static str, Option<u32>);

/// A message that a company took.
pub struct Taken {
    /// The id that it reports under.
    pub id: String,
    /// What it says.
    pub body: String,
}

/// What a company reports, in its own words.
pub struct Reports {
    /// The message is on its way.
    pub sent: Report,
    /// It is on the phone.
    pub arrived: Report,
    /// It is lost, as the company says first and then once more.
    pub lost: [Report; 2],
    /// A carrier took it for spam.
    pub filtered: Report,
    /// The phone is not there.
    pub unreached: Report,
}

/// A company that carries texts.
pub trait Company {
    /// Opens an account there, for a product that is known at this address.
    fn open(public_url: &str) -> impl Future<Output = Self>
    where
        Self: Sized;

    /// The name that it has in addresses and settings.
    fn name(&self) -> &'static str;

    /// What the product is set to for texts to go by it.
    fn settings(&self) -> Vec<(&'static str, String)>;

    /// The setting that says where it is asked.
    fn address(&self) -> &'static str;

    /// What only it and the product know.
    fn secret(&self) -> &str;

    /// How it treats the messages that it is handed.
    fn switch(&self) -> &Switch;

    /// The messages that it took so far.
    fn taken(&self) -> Vec<Taken>;

    /// The call that tells the product of an incoming text.
    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall;

    /// What it reports. `None`: nothing, it has to be asked.
    fn reports(&self) -> Option<Reports>;

    /// The call that says what became of a message, in its own word, with its own code.
    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall;

    /// The call by which it asks whether its calls are wanted, before it makes any. `None`: it does not
    /// ask.
    fn introduction(&self, _: &Route) -> Option<WebhookCall> {
        None
    }
}
