//! Providers as who only tells of them knows them: by name, sender and codes, without a key.

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use settings::{Names, Settings, SettingsError};

use crate::providers::arrange;
use crate::{
    Aws, Code, Event, Genuine, Http, MessageCentral, Mock, Outgoing, Plivo, Provider, Providers,
    SendError, Twilio, Vonage, WebhookError,
};

/// A provider without its keys. It sends nothing, and believes nobody.
pub(crate) struct Described {
    pub(crate) name: &'static str,
    pub(crate) sender: String,
    pub(crate) codes: &'static [Code],
}

#[async_trait]
impl Provider for Described {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sender(&self) -> &str {
        &self.sender
    }

    fn codes(&self) -> &'static [Code] {
        self.codes
    }

    async fn send(&self, _http: &Http, _message: &Outgoing) -> Result<String, SendError> {
        Err(SendError::Refused { code: "no key".into() })
    }

    async fn prove(&self, _http: &Http, _call: Request<Bytes>) -> Result<Genuine, WebhookError> {
        Err(WebhookError::Unprovable("there is no key here"))
    }

    fn read(&self, _call: &Genuine) -> Result<Vec<Event>, WebhookError> {
        Ok(vec![])
    }
}

impl Providers {
    /// What [`Providers::described`] reads: no secret.
    pub const DESCRIPTIONS: Names = &[
        "AWS_SMS_ORIGINATION",
        "MC_CUSTOMER_ID",
        "MC_SENDER_ID",
        "PLIVO_AUTH_ID",
        "PLIVO_FROM",
        "SMS_PROVIDERS",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_FROM",
        "TWILIO_MESSAGING_SERVICE_SID",
        "USE_MESSAGECENTRAL",
        "USE_MOCK",
        "VONAGE_APPLICATION_ID",
        "VONAGE_FROM",
    ];

    /// The providers that have settings, for a function that only tells of them.
    pub fn described(settings: &Settings) -> Result<Self, SettingsError> {
        let messagecentral = match settings.switch("USE_MESSAGECENTRAL")? {
            Some(false) => None,
            _ => MessageCentral::described(settings),
        };
        let described = [
            messagecentral,
            Twilio::described(settings),
            Vonage::described(settings),
            Plivo::described(settings),
            Aws::described(settings),
        ];
        let described = described.into_iter().flatten();
        let mut described: Vec<_> = described.map(|it| Box::new(it) as Box<dyn Provider>).collect();
        if settings.switch("USE_MOCK")? == Some(true) {
            described.push(Box::new(Mock));
        }
        if let Some(order) = settings.get("SMS_PROVIDERS") {
            described = arrange(described, order)?;
        }
        Ok(Self::new(described, Http::new()))
    }
}
