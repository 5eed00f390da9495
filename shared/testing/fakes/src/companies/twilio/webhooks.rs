//! The calls that Twilio makes.

use std::collections::BTreeSet;

use axum::http::{HeaderName, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use url::form_urlencoded;
use uuid::Uuid;

use super::sends::now;
use super::{Account, Records, Twilio, TwilioMessage, sid};
use crate::{Route, WebhookAnswer, WebhookCall};

/// The words on which Twilio blocks a number by itself, and those on which it lifts the block.
const STOP: [&str; 8] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const START: [&str; 3] = ["START", "UNSTOP", "YES"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// The path that is entered for texts in Twilio's console.
const INBOUND: &str = "/webhooks/twilio/inbound";

impl Twilio {
    /// A person texts our number, and Twilio tells us.
    pub async fn text(&self, route: &Route, from: &str, body: &str) -> WebhookAnswer {
        self.inbound(route, from, body).post().await
    }

    /// The call that [`Self::text`] makes, to be made by the caller.
    pub fn inbound(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        self.inbound_as(route, &sid("SM"), from, body)
    }

    /// [`Self::inbound`] with a given message id.
    ///
    /// Twilio acts on STOP, START and HELP before it calls.
    pub fn inbound_as(&self, route: &Route, sid: &str, from: &str, body: &str) -> WebhookCall {
        assert!(is_message_sid(sid), "{sid} is not SM and 32 hexadecimal digits");
        self.account.state.change(|records| records.receive(&self.account.number, sid, from, body));
        self.account.call(
            route,
            &route.public(INBOUND),
            &self.account.inbound_fields(sid, from, body),
        )
    }

    /// The call for a text that somebody else makes up: complete, and signed with another secret.
    pub fn forged(&self, route: &Route, from: &str, body: &str) -> WebhookCall {
        let sid = sid("SM");
        let fields = self.account.inbound_fields(&sid, from, body);
        let url = route.public(INBOUND);
        let signature = twilio_signature("not the auth token", &url, &fields);
        self.account.call(route, &url, &fields).with(SIGNATURE, &signature)
    }

    /// Any form call, signed: for fields that are not usual.
    pub fn signed(&self, route: &Route, path: &str, fields: &[(&str, &str)]) -> WebhookCall {
        self.account.call(route, &route.public(path), fields)
    }

    /// Reports what became of a message, to the address that was given with it.
    ///
    /// `status` is Twilio's word, `error_code` its reason for a failure.
    pub async fn report(
        &self,
        route: &Route,
        sid: &str,
        status: &str,
        error_code: Option<u32>,
    ) -> WebhookAnswer {
        self.account.report(route, sid, status, error_code).expect("no StatusCallback").post().await
    }

    /// The call that [`Self::report`] makes, to be made by the caller.
    pub fn receipt(
        &self,
        route: &Route,
        sid: &str,
        status: &str,
        error_code: Option<u32>,
    ) -> WebhookCall {
        self.account.report(route, sid, status, error_code).expect("no StatusCallback")
    }
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");

/// Signs the public URL and the form fields of a call as Twilio does.
///
/// Fields are sorted by name, then value, and repeated ones are signed once.
pub fn twilio_signature(auth_token: &str, url: &str, fields: &[(&str, &str)]) -> String {
    let mut signed = String::from(url);
    for (name, value) in fields.iter().collect::<BTreeSet<_>>() {
        signed.extend([*name, *value]);
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

impl Account {
    /// Notes what became of a message. The call that reports it, if one was asked for.
    pub(super) fn report(
        &self,
        route: &Route,
        sid: &str,
        status: &str,
        code: Option<u32>,
    ) -> Option<WebhookCall> {
        let message = self.state.change(|records| {
            let mut ours = records.messages.iter_mut().filter(|message| !message.inbound);
            let message = ours.find(|message| message.sid == sid).expect("no such message");
            message.status = status.into();
            message.error_code = code;
            message.clone()
        });
        let code = code.map(|code| code.to_string());
        let mut fields = vec![
            ("AccountSid", self.sid.as_str()),
            ("ApiVersion", "2010-04-01"),
            ("From", &message.from),
            ("MessageSid", sid),
            ("MessageStatus", status),
            ("SmsSid", sid),
            ("SmsStatus", status),
            ("To", &message.to),
        ];
        fields.extend(message.messaging_service.as_deref().map(|id| ("MessagingServiceSid", id)));
        fields.extend(code.as_deref().map(|code| ("ErrorCode", code)));
        Some(self.call(route, message.status_callback.as_ref()?, &fields))
    }

    pub(super) fn inbound_fields<'a>(
        &'a self,
        sid: &'a str,
        from: &'a str,
        body: &'a str,
    ) -> Vec<(&'static str, &'a str)> {
        vec![
            ("ToCountry", "US"),
            ("ToState", "DC"),
            ("SmsMessageSid", sid),
            ("NumMedia", "0"),
            ("ToCity", ""),
            ("FromZip", "20001"),
            ("SmsSid", sid),
            ("FromState", "DC"),
            ("SmsStatus", "received"),
            ("FromCity", "WASHINGTON"),
            ("Body", body),
            ("FromCountry", "US"),
            ("To", &self.number),
            ("MessagingServiceSid", &self.messaging_service),
            ("ToZip", ""),
            ("NumSegments", "1"),
            ("MessageSid", sid),
            ("AccountSid", &self.sid),
            ("From", from),
            ("ApiVersion", "2010-04-01"),
        ]
    }

    pub(super) fn call(&self, route: &Route, url: &str, fields: &[(&str, &str)]) -> WebhookCall {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        let once = Uuid::new_v4().to_string();
        WebhookCall::new(route, url, form, body)
            .with(header::USER_AGENT, "TwilioProxy/1.1")
            .with(header::ACCEPT, "*/*")
            .with(HeaderName::from_static("i-twilio-idempotency-token"), &once)
            .with(SIGNATURE, &twilio_signature(&self.auth_token, url, fields))
    }
}

impl Records {
    /// Takes a text from a person. Twilio acts on a stop word once, and calls us all the same.
    pub(super) fn receive(&mut self, number: &str, sid: &str, from: &str, body: &str) {
        let word = body.trim().to_uppercase();
        let own_reply = if STOP.contains(&word.as_str()) {
            self.blocked
                .insert(from.into())
                .then_some("You are unsubscribed. Reply START to resubscribe.")
        } else if START.contains(&word.as_str()) {
            self.blocked
                .remove(from)
                .then_some("You are subscribed again. Reply STOP to unsubscribe.")
        } else {
            HELP.contains(&word.as_str()).then_some("Reply STOP to unsubscribe.")
        };
        self.own_replies.extend(own_reply.map(|body| (from.into(), body)));
        if self.messages.iter().any(|message| message.sid == sid) {
            return;
        }
        self.messages.push(TwilioMessage {
            sid: sid.into(),
            to: number.into(),
            from: from.into(),
            messaging_service: None,
            body: body.into(),
            status: "received".into(),
            error_code: None,
            status_callback: None,
            inbound: true,
            created: now(),
        });
    }
}

fn is_message_sid(sid: &str) -> bool {
    let digits = sid.strip_prefix("SM").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}
