//! The calls of providers in a scene.

use fakes::{InboundShape, WEBHOOK_TOKEN};
use telemetry::TraceId;

use crate::call::{Call, route};
use crate::scene::Scene;

impl Scene {
    /// The call for a text, before it is made.
    pub fn call(&self, body: &str) -> Call {
        self.said.lock().unwrap().insert(body.to_owned());
        let carrier = self.companies.named(self.carrier);
        Call(carrier.incoming(&route(), self.person, body))
    }

    /// `MessageCentral`'s call for a text, in one of its shapes.
    pub fn call_in_shape(&self, shape: &InboundShape, body: &str) -> Call {
        Call(self.companies.messagecentral.inbound(
            &route(),
            WEBHOOK_TOKEN,
            shape,
            self.person,
            body,
        ))
    }

    /// Twilio's call that reports what became of a message.
    pub fn receipt(&self, sid: &str, status: &str, code: Option<u32>) -> Call {
        Call(self.companies.twilio.receipt(&route(), sid, status, code))
    }

    /// A provider's call that reports a raw status and a code.
    pub fn receipt_by(&self, provider: &str, id: &str, word: &str, code: Option<u32>) -> Call {
        Call(self.companies.named(provider).status_update(&route(), id, word, code))
    }

    /// Any signed form call of Twilio's.
    pub fn signed(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        Call(self.companies.twilio.signed(&route(), path, fields))
    }

    /// The call for a text that its provider has recognised as a keyword, by this word.
    pub fn handled(&self, body: &str, word: &str) -> Call {
        self.said.lock().unwrap().insert(body.to_owned());
        let uuid = fakes::unique_name();
        match self.carrier {
            "plivo" => Call(self.companies.plivo.signed(
                &route(),
                &[
                    ("From", &self.person[1..]),
                    ("To", &self.companies.plivo.number()[1..]),
                    ("Text", body),
                    ("MessageUUID", &uuid),
                    ("MessageIntent", word),
                ],
            )),
            _ => self.signed(
                "/webhooks/twilio/inbound",
                &[
                    ("From", self.person),
                    ("To", self.companies.twilio.number()),
                    ("Body", body),
                    ("MessageSid", &format!("SM{}", TraceId::fresh())),
                    ("OptOutType", word),
                    ("AccountSid", self.companies.twilio.account_sid()),
                ],
            ),
        }
    }
}
