//! The calls that providers make for a scene.

use fakes::InboundShape;
use telemetry::TraceId;

use crate::call::{Call, route};
use crate::scene::{Scene, TOKEN};

impl Scene {
    /// The call that tells us of a text, before it is made.
    pub fn call(&self, body: &str) -> Call {
        self.said.lock().unwrap().insert(body.to_owned());
        match self.carrier {
            "twilio" => Call(self.twilio.inbound(&route(), self.person, body)),
            "vonage" => Call(self.vonage.inbound(&route(), self.person, body)),
            "plivo" => Call(self.plivo.inbound(&route(), self.person, body)),
            "aws" => Call(self.aws.inbound(&route(), self.person, body)),
            _ => self.call_in_shape(&InboundShape::default(), body),
        }
    }

    /// The call by which `MessageCentral` tells us of a text, in one of its shapes.
    pub fn call_in_shape(&self, shape: &InboundShape, body: &str) -> Call {
        Call(self.messagecentral.inbound(&route(), TOKEN, shape, self.person, body))
    }

    /// The call by which Twilio reports what became of a message.
    pub fn receipt(&self, sid: &str, status: &str, code: Option<u32>) -> Call {
        Call(self.twilio.receipt(&route(), sid, status, code))
    }

    /// The call by which a provider reports what became of a message, in its own word, with its own
    /// code.
    pub fn receipt_by(&self, provider: &str, id: &str, word: &str, code: Option<u32>) -> Call {
        Call(match provider {
            "twilio" => self.twilio.receipt(&route(), id, word, code),
            "vonage" => self.vonage.receipt(&route(), id, word, code),
            "plivo" => self.plivo.receipt(&route(), id, word, code),
            "aws" => self.aws.receipt(&route(), id, word),
            _ => unreachable!("{provider} sends no receipts"),
        })
    }

    /// Any form call of Twilio's, signed.
    pub fn signed(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        Call(self.twilio.signed(&route(), path, fields))
    }

    /// The call for a text that its provider has taken for a keyword, as it says in this word.
    pub fn handled(&self, body: &str, word: &str) -> Call {
        self.said.lock().unwrap().insert(body.to_owned());
        let uuid = fakes::unique_name();
        match self.carrier {
            "plivo" => Call(self.plivo.signed(
                &route(),
                &[
                    ("From", &self.person[1..]),
                    ("To", &self.plivo.number()[1..]),
                    ("Text", body),
                    ("MessageUUID", &uuid),
                    ("MessageIntent", word),
                ],
            )),
            _ => self.signed(
                "/webhooks/twilio/inbound",
                &[
                    ("From", self.person),
                    ("To", self.twilio.number()),
                    ("Body", body),
                    ("MessageSid", &format!("SM{}", TraceId::fresh())),
                    ("OptOutType", word),
                    ("AccountSid", self.twilio.account_sid()),
                ],
            ),
        }
    }
}
