//! A provider's description of itself, from which everything that depends on the set of providers
//! is derived: which settings a function may read, which are secrets, the addresses to paste, the
//! documentation.

use bytes::Bytes;
use futures::future::BoxFuture;
use settings::{Settings, SettingsError};
use sms::{Code, Finding, Http, Number, Provider};

/// A provider's description of itself: a constant beside its code.
pub struct Entry {
    /// Its name in addresses and settings: lower case, no spaces.
    pub name: &'static str,
    /// The company's name.
    pub company: &'static str,
    /// Every setting that it reads.
    pub settings: &'static [Setting],
    /// Where our addresses are entered at the provider.
    pub console: Console,
    /// Whether the provider can be polled for the status of a text, with these settings.
    pub is_asked: bool,
    /// The meaning of the provider's codes.
    pub(crate) codes: &'static [Code],
    /// The sender of texts, if the provider has settings.
    pub(crate) sender: fn(&Settings) -> Result<Option<String>, SettingsError>,
    /// The provider, if it has settings.
    pub(crate) build: fn(&Settings, &str, Role) -> Built,
    /// How a text comes that no person wrote, as the company would bring it.
    pub(crate) bring: Bring,
}

/// How whoever holds the settings of a provider lets a text come by it.
pub(crate) enum Bring {
    /// By a call to us, made as the company makes it.
    Call(Sign),
    /// By a request to the company, which then calls us: nobody else can sign for it.
    Request(Request),
}

pub(crate) type Built = Result<Option<Box<dyn Provider>>, SettingsError>;
pub(crate) type Signed = Result<Option<http::Request<Bytes>>, SettingsError>;
pub(crate) type Sign = fn(&Settings, &str, &Sample<'_>) -> Signed;
/// Given settings, our address, and the text. What keeps it from coming is told with what to do.
pub(crate) type Request = for<'a> fn(
    &'a Settings,
    &'a str,
    &'a Http,
    &'a Sample<'a>,
) -> BoxFuture<'a, Result<(), Finding>>;

/// What a function does with providers, which decides which of their settings it gets: whoever
/// breaks into a function has everything that it may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything, in one process.
    Everything,
    /// Takes their calls.
    Receiving,
    /// Sends through them.
    Sending,
    /// Polls them for the status of texts.
    Polling,
    /// Only describes them, and holds no secret.
    Describing,
    /// Lets a text come by them that no person wrote, to see whether we answer.
    Signing,
}

/// One setting of a provider.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the environment and in Parameter Store.
    pub name: &'static str,
    /// Its meaning, in Markdown.
    pub meaning: &'static str,
    /// Whether it must never be printed, or kept where others can read it.
    pub is_secret: bool,
    /// How the provider writes numbers, if this setting is the sender of texts.
    pub(crate) sender: Option<Plus>,
    /// Who reads it, besides [`Role::Everything`].
    pub(crate) roles: &'static [Role],
}

/// How a provider writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plus {
    Always,
    /// With or without it.
    Optional,
}

impl Setting {
    /// A setting, and who reads it besides [`Role::Everything`].
    pub(crate) const fn new(
        name: &'static str,
        roles: &'static [Role],
        meaning: &'static str,
    ) -> Self {
        Self { name, meaning, is_secret: false, sender: None, roles }
    }

    pub(crate) const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    pub(crate) const fn sender(mut self, plus: Plus) -> Self {
        self.sender = Some(plus);
        self
    }

    /// Whether it is needed to verify calls from the provider, secret or not.
    pub const fn authenticates(&self) -> bool {
        self.sender.is_none() && self.is_read_by(Role::Signing)
    }

    /// Whether a function in this role reads it.
    pub const fn is_read_by(&self, role: Role) -> bool {
        let mut index = 0;
        while index < self.roles.len() {
            if self.roles[index] as u8 == role as u8 {
                return true;
            }
            index += 1;
        }
        matches!(role, Role::Everything)
    }
}

/// Where our addresses are entered at a provider.
pub struct Console {
    /// The path to the page, and what else to set there.
    pub page: &'static str,
    /// Its fields, and the address for each.
    pub fields: &'static [(&'static str, Purpose)],
    /// The method to choose for them, if there is a choice.
    pub method: &'static str,
    /// The secret that our addresses carry as `?token=`, if the provider does not sign all of its
    /// calls.
    pub token: Option<&'static str>,
    /// The fragment of the address for texts, `#…`. It is an instruction to the provider, and is
    /// not sent.
    pub fragment: &'static str,
}

/// The purpose of one of our addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Incoming texts.
    Incoming,
    /// Status updates of our texts.
    Status,
    /// Nothing has to be entered.
    Empty,
}

/// A text that comes in the place of a person's.
pub struct Sample<'a> {
    /// 32 hexadecimal digits.
    pub id: &'a str,
    /// The sender.
    pub from: &'a Number,
    /// The words.
    pub body: &'a str,
}

impl Entry {
    /// Whether it is the mock.
    pub fn is_pretended(&self) -> bool {
        sms::is_pretended(self.name)
    }

    /// Whether it has settings, judged by the sender of texts.
    pub fn is_configured(&self, settings: &Settings) -> Result<bool, SettingsError> {
        Ok((self.sender)(settings)?.is_some())
    }

    /// Whether others than the provider can make its calls, with the same settings.
    pub fn can_be_signed_for(&self) -> bool {
        matches!(self.bring, Bring::Call(_))
    }

    /// The names of the settings that a function in this role reads.
    pub fn names(&self, role: Role) -> impl Iterator<Item = &'static str> {
        self.settings.iter().filter(move |it| it.is_read_by(role)).map(|it| it.name)
    }

    /// What to enter at the provider, line by line.
    pub fn steps(&self, public_url: &str) -> Vec<String> {
        let field = |(field, purpose): &(&str, Purpose)| match (purpose, self.console.method) {
            (Purpose::Empty, _) => format!("  {field}"),
            (_, "") => format!("  {field}: {}", self.address(public_url, *purpose)),
            (_, method) => format!("  {field}: {}, {method}", self.address(public_url, *purpose)),
        };
        let page = [format!("{}:", self.console.page)];
        page.into_iter().chain(self.console.fields.iter().map(field)).collect()
    }

    /// The complete address to paste at the provider: only the token's value has to replace its
    /// name.
    pub fn address(&self, public_url: &str, purpose: Purpose) -> String {
        let (word, fragment) = match purpose {
            Purpose::Incoming => ("inbound", self.console.fragment),
            Purpose::Status => ("status", ""),
            Purpose::Empty => return String::new(),
        };
        let token = self.console.token.map(|name| format!("?token=<{name}>")).unwrap_or_default();
        let public_url = public_url.trim_end_matches('/');
        format!("{public_url}/webhooks/{}/{word}{token}{fragment}", self.name)
    }

    /// A call that brings a text, as the company would make it: whoever holds the same settings believes
    /// it. `None` where the provider has no settings, or the company alone can make such a call.
    pub fn sign(&self, settings: &Settings, public_url: &str, sample: &Sample<'_>) -> Signed {
        match self.bring {
            Bring::Call(sign) => sign(settings, public_url, sample),
            Bring::Request(_) => Ok(None),
        }
    }

    /// Asks the company to bring us a text, where it alone can. `None` where [`Self::sign`] does.
    ///
    /// It comes when the company calls, which may be later and more than once.
    pub async fn request(
        &self,
        settings: &Settings,
        public_url: &str,
        http: &Http,
        sample: &Sample<'_>,
    ) -> Option<Result<(), Finding>> {
        match self.bring {
            Bring::Call(_) => None,
            Bring::Request(request) => Some(request(settings, public_url, http, sample).await),
        }
    }

    /// The same from a forger who knows everything but the secrets.
    pub fn forge(&self, settings: &Settings, public_url: &str, sample: &Sample<'_>) -> Signed {
        let known = |setting: &Setting| {
            let value = settings.get(setting.name)?;
            let guess = if setting.is_secret { format!("not {value}") } else { value.to_owned() };
            Some((setting.name, guess))
        };
        let guessed: Settings = self.settings.iter().filter_map(known).collect();
        self.sign(&guessed, public_url, sample)
    }
}
