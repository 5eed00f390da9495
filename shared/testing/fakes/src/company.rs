//! The common interface to all companies, so that a harness runs all of them without naming any.

use jiff::Timestamp;

use crate::network::{Route, WebhookCall};
use crate::switch::Switch;

/// The token that companies without signatures must present, where no other is set, as printed by
/// `openssl rand -base64 24`.
pub const WEBHOOK_TOKEN: &str = "b3Blbi+zZXNhbWUt/WQxZjBj+9dB7kPw";

/// A company's raw status of a message, and its code for a failure.
pub type Report = (&'static str, Option<u32>);

/// A message that a company accepted.
pub struct Taken {
    /// Its id in reports.
    pub id: String,
    /// The number that it is for, with a plus.
    pub to: String,
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

/// What a company that makes no reports shows of the messages that it accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// It does not show them.
    #[default]
    Lost,
    /// The carrier has not answered yet.
    Waiting,
    /// They arrived.
    Delivered,
    /// They did not arrive.
    Undelivered,
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

    /// The number or name that the product sends from, as the product writes it.
    fn sender(&self) -> String;

    /// The secrets that it shares with the product.
    fn secret(&self) -> &str;

    /// The mode for sends.
    fn switch(&self) -> &Switch;

    /// The messages accepted so far.
    fn taken(&self) -> Vec<Taken>;

    /// The bodies of the messages that it accepted for a number, oldest first.
    fn texts_to(&self, number: &str) -> Vec<String> {
        let taken = self.taken().into_iter();
        taken.filter(|taken| taken.to == number).map(|taken| taken.body).collect()
    }

    /// The call for an incoming text.
    fn incoming(&self, route: &Route, from: &str, body: &str) -> WebhookCall;

    /// The call for an incoming text that it has recognised as a keyword, by this word. `None`: its
    /// calls do not say so.
    fn handled(&self, _: &Route, _from: &str, _body: &str, _word: &str) -> Option<WebhookCall> {
        None
    }

    /// Its reports. `None`: it makes none and has to be polled.
    fn reports(&self) -> Option<Reports>;

    /// The call that reports a raw status, with a code.
    fn status_update(&self, route: &Route, id: &str, word: &str, code: Option<u32>) -> WebhookCall;

    /// What it shows of messages accepted from now on, where it makes no reports.
    fn will_show(&self, _: Shown) {}

    /// Lets polls fail for a while.
    fn fails_to_show(&self) {}

    /// Sets its clock, which determines the times that it shows.
    fn set_clock(&self, _: Timestamp) {}

    /// The call by which it asks whether its calls are wanted, before it makes any. `None`: it does not
    /// ask.
    fn introduction(&self, _: &Route) -> Option<WebhookCall> {
        None
    }
}
