//! Providers as a function knows them that does one thing with them: with the secrets that this takes.
//!
//! Whoever gets into a function has what it may read, so the one that strangers call has nothing to
//! send with, unless a company proves its calls by the same token.

use settings::{Names, Settings, SettingsError};

use crate::providers::boxed;
use crate::{Aws, MessageCentral, Plivo, Providers, Twilio, Vonage};

impl Providers {
    /// What [`Providers::heard`] reads.
    pub const HEARD: Names = &[
        "AWS_ENDPOINT_URL",
        "AWS_SMS_CONFIGURATION_SET",
        "AWS_SMS_ORIGINATION",
        "AWS_SMS_TOPIC_ARN",
        "MC_COUNTRY",
        "MC_CUSTOMER_ID",
        "MC_INBOUND_FIELDS",
        "MC_SENDER_ID",
        "MC_WEBHOOK_TOKEN",
        "PLIVO_AUTH_ID",
        "PLIVO_AUTH_TOKEN",
        "PLIVO_FROM",
        "PLIVO_WEBHOOK_TOKEN",
        "SMS_PROVIDERS",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_AUTH_TOKEN_NEXT",
        "TWILIO_FROM",
        "TWILIO_MESSAGING_SERVICE_SID",
        "TWILIO_SHARED_KEY",
        "USE_MESSAGECENTRAL",
        "USE_MOCK",
        "VONAGE_APPLICATION_ID",
        "VONAGE_FROM",
        "VONAGE_SIGNATURE_SECRET",
    ];

    /// What [`Providers::carrying`] reads.
    pub const CARRYING: Names = &[
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SMS_CONFIGURATION_SET",
        "AWS_SMS_ORIGINATION",
        "AWS_SMS_TOPIC_ARN",
        "MC_BASE_URL",
        "MC_CUSTOMER_ID",
        "MC_EMAIL",
        "MC_PASSWORD",
        "MC_PASSWORD_BASE64",
        "MC_SENDER_ID",
        "PLIVO_AUTH_ID",
        "PLIVO_AUTH_TOKEN",
        "PLIVO_BASE_URL",
        "PLIVO_FROM",
        "PLIVO_WEBHOOK_TOKEN",
        "SMS_PROVIDERS",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_BASE_URL",
        "TWILIO_FROM",
        "TWILIO_MESSAGING_SERVICE_SID",
        "USE_MESSAGECENTRAL",
        "USE_MOCK",
        "VONAGE_APPLICATION_ID",
        "VONAGE_BASE_URL",
        "VONAGE_FROM",
        "VONAGE_PRIVATE_KEY",
    ];

    /// What [`Providers::asked`] reads.
    pub const ASKED: Names = &[
        "AWS_SMS_ORIGINATION",
        "MC_BASE_URL",
        "MC_CUSTOMER_ID",
        "MC_EMAIL",
        "MC_PASSWORD",
        "MC_PASSWORD_BASE64",
        "MC_SENDER_ID",
        "PLIVO_AUTH_ID",
        "PLIVO_AUTH_TOKEN",
        "PLIVO_BASE_URL",
        "PLIVO_FROM",
        "SMS_PROVIDERS",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_BASE_URL",
        "TWILIO_FROM",
        "TWILIO_MESSAGING_SERVICE_SID",
        "USE_MESSAGECENTRAL",
        "USE_MOCK",
        "VONAGE_APPLICATION_ID",
        "VONAGE_FROM",
    ];

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

    /// The providers that have settings, for a function that takes their calls.
    pub fn heard(settings: &Settings, public_url: &str) -> Result<Self, SettingsError> {
        let companies = [
            boxed(MessageCentral::heard(settings)?),
            boxed(Twilio::from_settings(settings, public_url)?),
            boxed(Vonage::heard(settings, public_url)?),
            boxed(Plivo::from_settings(settings, public_url)?),
            boxed(Aws::from_settings(settings, public_url)?),
        ];
        Self::arranged(settings, companies, false)
    }

    /// The providers that have settings, for a function that sends by them.
    pub fn carrying(settings: &Settings, public_url: &str) -> Result<Self, SettingsError> {
        let companies = [
            boxed(MessageCentral::from_settings(settings)?),
            boxed(Twilio::from_settings(settings, public_url)?),
            boxed(Vonage::carrying(settings, public_url)?),
            boxed(Plivo::from_settings(settings, public_url)?),
            boxed(Aws::from_settings(settings, public_url)?),
        ];
        Self::arranged(settings, companies, false)
    }

    /// The providers that have settings, for a function that asks them what became of texts. Some
    /// cannot be asked, whatever one holds.
    pub fn asked(settings: &Settings, public_url: &str) -> Result<Self, SettingsError> {
        let companies = [
            boxed(MessageCentral::from_settings(settings)?),
            boxed(Twilio::from_settings(settings, public_url)?),
            boxed(Vonage::described(settings)),
            boxed(Plivo::from_settings(settings, public_url)?),
            boxed(Aws::described(settings)),
        ];
        Self::arranged(settings, companies, false)
    }

    /// The providers that have settings, for a function that only tells of them.
    pub fn described(settings: &Settings) -> Result<Self, SettingsError> {
        let companies = [
            boxed(MessageCentral::described(settings)?),
            boxed(Twilio::described(settings)),
            boxed(Vonage::described(settings)),
            boxed(Plivo::described(settings)),
            boxed(Aws::described(settings)),
        ];
        Self::arranged(settings, companies, false)
    }
}
