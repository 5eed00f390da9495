//! The providers that may send a text, and their order.

use futures::future::join_all;

use crate::code;
use crate::{Code, Http, Number, Provider, is_pretended};

/// The configured providers in order of preference, and their HTTP client.
pub struct Providers {
    in_order: Vec<Box<dyn Provider>>,
    http: Http,
    real: bool,
}

impl Providers {
    /// These providers, in this order.
    pub fn new(in_order: Vec<Box<dyn Provider>>) -> Self {
        let real = in_order.iter().any(|provider| !is_pretended(provider.name()));
        Self { in_order, http: Http::new(), real }
    }

    /// The same, if a provider has settings but is left out of the order.
    #[must_use]
    pub fn beside_others(mut self) -> Self {
        self.real = true;
        self
    }

    /// Whether a real provider has settings, even if `SMS_PROVIDERS` leaves it out: then real
    /// people text, or have texted.
    pub fn are_real(&self) -> bool {
        self.real
    }

    /// The provider of this name, if it is configured.
    pub fn named(&self, name: &str) -> Option<&dyn Provider> {
        self.iter().find(|provider| provider.name() == name)
    }

    /// The provider whose own number this is, if it is one of ours.
    pub fn owner(&self, number: &Number) -> Option<&dyn Provider> {
        self.iter().find(|provider| provider.number().as_ref() == Some(number))
    }

    /// The names of the configured providers, in order of preference.
    pub fn names(&self) -> Vec<&'static str> {
        self.iter().map(Provider::name).collect()
    }

    /// The HTTP client to pass to a provider.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Lets all providers prepare concurrently for a coming message.
    pub async fn prepare(&self) {
        join_all(self.iter().map(|provider| provider.prepare(&self.http))).await;
    }

    /// The providers that may send the answer to a text that came `via` a provider, in order of
    /// preference.
    ///
    /// Only the mock answers texts from the mock, whatever `SMS_PROVIDERS` says: a mock phone must
    /// not make us text a stranger, and a mock delivery must not hide an outage.
    pub fn answering(&self, via: &str) -> Vec<&dyn Provider> {
        let may = |provider: &&dyn Provider| is_pretended(provider.name()) == is_pretended(via);
        self.iter().filter(may).collect()
    }

    /// The meaning of a provider's code, if it is known.
    pub fn explain(&self, provider: &str, code: &str) -> Option<&'static Code> {
        code::find(self.named(provider).map_or(&[], Provider::codes), code)
    }

    /// The meaning of a provider's code, in sentences that can follow one of ours: with a leading
    /// space, and empty if it is not known.
    pub fn meaning(&self, provider: &str, code: &str) -> String {
        self.explain(provider, code).map_or(String::new(), |known| format!(" {known}"))
    }

    /// The configured providers, in order of preference.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Provider> {
        self.in_order.iter().map(AsRef::as_ref)
    }
}
