//! Who may be asked to carry a text, and in which order.

use futures::future::join_all;
use settings::{Names, Settings, SettingsError};

use crate::number::with_plus;
use crate::{Aws, Code, Http, MessageCentral, Mock, Number, Plivo, Provider, Twilio, Vonage};
use crate::{code, sender};

/// Every provider there is, in the order in which they are preferred unless `SMS_PROVIDERS` says
/// otherwise.
const KNOWN: [&str; 6] = ["messagecentral", "twilio", "vonage", "plivo", "aws", "mock"];

/// What texts are sent from, whoever carries them: the settings that [`numbers`] reads, none of them a
/// secret.
pub const SENDERS: Names =
    &["AWS_SMS_ORIGINATION", "MC_SENDER_ID", "PLIVO_FROM", "TWILIO_FROM", "VONAGE_FROM"];

/// The numbers of ours that stand in the settings. A name, a pool or an id is none.
pub fn numbers(settings: &Settings) -> Vec<Number> {
    let senders = SENDERS.iter().filter_map(|name| settings.get(name));
    senders.filter_map(|sender| Number::parse(&with_plus(sender)).ok()).collect()
}

/// The configured providers in order of preference, and the client through which they are asked.
pub struct Providers {
    in_order: Vec<Box<dyn Provider>>,
    http: Http,
    real: bool,
}

impl Providers {
    /// What [`Providers::configured`] reads, every provider included.
    pub const SETTINGS: Names = &[
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SMS_CONFIGURATION_SET",
        "AWS_SMS_ORIGINATION",
        "AWS_SMS_TOPIC_ARN",
        "MC_BASE_URL",
        "MC_COUNTRY",
        "MC_CUSTOMER_ID",
        "MC_EMAIL",
        "MC_INBOUND_FIELDS",
        "MC_PASSWORD",
        "MC_PASSWORD_BASE64",
        "MC_SENDER_ID",
        "MC_WEBHOOK_TOKEN",
        "PLIVO_AUTH_ID",
        "PLIVO_AUTH_TOKEN",
        "PLIVO_BASE_URL",
        "PLIVO_FROM",
        "PLIVO_WEBHOOK_TOKEN",
        "SMS_PROVIDERS",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_AUTH_TOKEN_NEXT",
        "TWILIO_BASE_URL",
        "TWILIO_FROM",
        "TWILIO_MESSAGING_SERVICE_SID",
        "TWILIO_SHARED_KEY",
        "USE_MESSAGECENTRAL",
        "USE_MOCK",
        "VONAGE_APPLICATION_ID",
        "VONAGE_BASE_URL",
        "VONAGE_FROM",
        "VONAGE_PRIVATE_KEY",
        "VONAGE_SIGNATURE_SECRET",
    ];

    /// These providers, in this order.
    pub fn new(in_order: Vec<Box<dyn Provider>>, http: Http) -> Self {
        let real = in_order.iter().any(|provider| provider.name() != "mock");
        Self { in_order, http, real }
    }

    /// The providers that have settings. `public_url` is where they reach us; `mock_by_default`
    /// adds the mock where nothing else is configured and `USE_MOCK` does not say no.
    pub fn configured(
        settings: &Settings,
        public_url: &str,
        mock_by_default: bool,
    ) -> Result<Self, SettingsError> {
        let companies = [
            boxed(MessageCentral::from_settings(settings)?),
            boxed(Twilio::from_settings(settings, public_url)?),
            boxed(Vonage::from_settings(settings, public_url)?),
            boxed(Plivo::from_settings(settings, public_url)?),
            boxed(Aws::from_settings(settings, public_url)?),
        ];
        Self::arranged(settings, companies, mock_by_default)
    }

    /// Those of these companies that there are, and the mock where it is wanted, in order.
    pub(crate) fn arranged<const N: usize>(
        settings: &Settings,
        companies: [Option<Box<dyn Provider>>; N],
        mock_by_default: bool,
    ) -> Result<Self, SettingsError> {
        sender::check(settings)?;
        let mut in_order: Vec<_> = companies.into_iter().flatten().collect();
        let real = !in_order.is_empty();
        if settings.switch("USE_MOCK")?.unwrap_or(!real && mock_by_default) {
            in_order.push(Box::new(Mock));
        }
        if let Some(order) = settings.get("SMS_PROVIDERS") {
            in_order = arrange(in_order, order)?;
        }
        Ok(Self { in_order, http: Http::new(), real })
    }

    /// Whether there is a provider of this name, configured or not.
    pub fn is_known(name: &str) -> bool {
        KNOWN.contains(&name)
    }

    /// Whether a company has settings, though `SMS_PROVIDERS` may leave it out: then real people text,
    /// or have texted.
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

    /// The client to hand to a provider.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Lets all providers do, at once, what a coming message would have to wait for.
    pub async fn prepare(&self) {
        join_all(self.iter().map(|provider| provider.prepare(&self.http))).await;
    }

    /// Who may carry the answer to a text that came `via` a provider, in order of preference.
    ///
    /// The mock answers what came by the mock, and nobody else does, whatever `SMS_PROVIDERS` says: a
    /// pretend phone must not make us text a stranger, and a pretend delivery must not hide an outage.
    pub fn answering(&self, via: &str) -> Vec<&dyn Provider> {
        let may = |provider: &&dyn Provider| (provider.name() == "mock") == (via == "mock");
        self.iter().filter(may).collect()
    }

    /// What a code of a provider's means, if it is known.
    pub fn explain(&self, provider: &str, code: &str) -> Option<&'static Code> {
        code::find(self.named(provider).map_or(&[], Provider::codes), code)
    }

    /// What a code of a provider's means, in sentences that follow one of ours: with a space before
    /// them, and empty if it is not known.
    pub fn meaning(&self, provider: &str, code: &str) -> String {
        self.explain(provider, code).map_or(String::new(), |known| format!(" {known}"))
    }

    /// The configured providers, in order of preference.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Provider> {
        self.in_order.iter().map(AsRef::as_ref)
    }
}

/// A company as one of several.
pub(crate) fn boxed<P: Provider + 'static>(company: Option<P>) -> Option<Box<dyn Provider>> {
    company.map(|company| Box::new(company) as Box<dyn Provider>)
}

/// Picks the providers that `SMS_PROVIDERS` names, in its order.
fn arrange(
    mut configured: Vec<Box<dyn Provider>>,
    order: &str,
) -> Result<Vec<Box<dyn Provider>>, SettingsError> {
    let invalid = |problem| SettingsError::Invalid { name: "SMS_PROVIDERS", problem };
    let mut in_order = Vec::new();
    for name in order.split(',').map(|name| name.trim().to_ascii_lowercase()) {
        let Some(known) = KNOWN.into_iter().find(|known| *known == name) else {
            let problem = format!("write names out of {}, separated by commas", KNOWN.join(", "));
            return Err(invalid(problem));
        };
        let Some(index) = configured.iter().position(|provider| provider.name() == known) else {
            return Err(invalid(format!(
                "{known} is named twice or is not configured: leave it out, or set its settings"
            )));
        };
        in_order.push(configured.remove(index));
    }
    Ok(in_order)
}
