//! The common interface to all companies, so that a harness runs all of them without naming any.

use crate::network::{Route, WebhookCall};
use crate::switch::Switch;

/// The token that companies without signatures must present, where no other is set.
pub const WEBHOOK_TOKEN: &str = "the-token-of-the-webhook";

/// A company's raw status of a message, and its code for a failure.
pub type Report = (&'static str, Option<u32>);

/// A message that a company accepted.
pub struct Taken {
    /// Its id in reports.
    pub id: String,
    /// Its body.
    pub body: String,
}

/// A company's reports, in its own words.
pub struct Reports {
    /// The message is on its way.
    pub sent: Report,
    /// It is on the phone.
    pub arrived: Report,
    /// It is lost, first in the company's preliminary words, then in its final ones.
    pub lost: [Report; 2],
    /// A carrier filtered it as spam.
    pub filtered: Report,
    /// The phone is switched off or unreachable.
    pub unreached: Report,
}

/// A company that sends texts.
pub trait Company {
    /// Opens an account there, for a product that is known at this address.
    fn open(public_url: &str) -> impl Future<Output = Self>
    where
        Self: Sized;

    /// Its name in addresses and settings.
    fn name(&self) -> &'static str;

    /// The settings with which the product uses it.
    fn settings(&self) -> Vec<(&'static str, String)>;

    /// The setting for its address.
    fn address(&self) -> &'static str;

    /// The secrets that it shares with the product.
    fn secret(&self) -> &str;

    /// The mode for sends.
    fn switch(&self) -> &Switch;

    /// The messages accepted so far.
    fn taken(&self) -> Vec<Taken>;

    /// The call for an incoming text.
    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall;

    /// Its reports. `None`: it makes none and has to be polled.
    fn reports(&self) -> Option<Reports>;

    /// The call that reports a raw status, with a code.
    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall;

    /// The call by which it asks whether its calls are wanted, before it makes any. `None`: it does not
    /// ask.
    fn introduction(&self, _: &Route) -> Option<WebhookCall> {
        None
    }
}
