//! The calls of providers in a scene.

use fakes::{Companies, Company, Route, WebhookCall};

use crate::call::{Call, route};
use crate::scene::Scene;

impl Scene {
    /// The call for a text, before it is made.
    pub fn call(&self, body: &str) -> Call {
        self.said.lock().unwrap().insert(body.to_owned());
        let carrier = self.companies.named(self.carrier);
        Call(carrier.incoming(&route(), self.person, body))
    }

    /// Any call of a company.
    pub fn made(&self, call: impl FnOnce(&Companies, &Route) -> WebhookCall) -> Call {
        Call(call(&self.companies, &route()))
    }

    /// The call that reports a raw status and a code, by the company that accepted the message.
    pub fn receipt(&self, id: &str, word: &str, code: Option<u32>) -> Call {
        let took = |company: &&dyn Company| company.taken().iter().any(|taken| taken.id == id);
        let company = self.companies.all().into_iter().find(took).expect("a company accepted it");
        self.receipt_by(company.name(), id, word, code)
    }

    /// A provider's call that reports a raw status and a code.
    pub fn receipt_by(&self, provider: &str, id: &str, word: &str, code: Option<u32>) -> Call {
        Call(self.companies.named(provider).status_update(&route(), id, word, code))
    }

    /// The call for a text that its provider has recognised as a keyword, by this word.
    pub fn handled(&self, body: &str, word: &str) -> Call {
        self.said.lock().unwrap().insert(body.to_owned());
        let carrier = self.companies.named(self.carrier);
        Call(carrier.handled(&route(), self.person, body, word).expect("it says so"))
    }
}
