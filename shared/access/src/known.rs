//! Those who are let in by what they know, or by whom they come from.

use http::HeaderName;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use settings::Settings;

use crate::operator::{OWNER, Operator};
use crate::sessions::{self, Claimed, Genuine, is};
use crate::users::{SHORTEST, Users};

/// Those who are let in. There is at least one.
#[derive(Clone)]
pub(crate) struct Known {
    password: Option<SecretString>,
    users: Users,
    /// The header in which a trusted proxy names whom it has let in.
    vouching: Option<HeaderName>,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// There is no password.
    NoPassword,
    /// The password is too short.
    WeakPassword,
    /// The users cannot be read.
    Users,
    /// The header of the trusted proxy cannot be one.
    Header,
}

impl Known {
    pub(crate) fn from_settings(settings: &Settings) -> Result<Self, Closed> {
        let password = settings.secret("CONSOLE_PASSWORD");
        if password.as_ref().is_some_and(|it| it.expose_secret().chars().count() < SHORTEST) {
            return Err(Closed::WeakPassword);
        }
        let users = settings.get("CONSOLE_USERS").unwrap_or_default();
        let users = Users::read(users).ok_or(Closed::Users)?;
        let vouching = settings.get("CONSOLE_TRUSTED_HEADER").map(str::parse).transpose();
        let vouching: Option<HeaderName> = vouching.map_err(|_| Closed::Header)?;
        // There everybody who knows the gateway's address can call, and write any header.
        let vouching = vouching.filter(|_| !host::on_lambda(settings));
        match password.is_none() && users.are_none() && vouching.is_none() {
            true => Err(Closed::NoPassword),
            false => Ok(Self { password, users, vouching }),
        }
    }

    pub(crate) fn users(&self) -> &Users {
        &self.users
    }

    pub(crate) fn vouching(&self) -> Option<&HeaderName> {
        self.vouching.as_ref()
    }

    /// Whether there is the one password.
    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// A new session, if this is the one password.
    pub(crate) fn owner(&self, password: &[u8], now: Timestamp) -> Option<SecretString> {
        let right = self.password.as_ref().filter(|right| is(password, right))?;
        Some(sessions::begun(OWNER, right, now))
    }

    /// A new session, if this is the password of this name.
    pub(crate) async fn sign_in(
        &self,
        name: &str,
        password: SecretString,
        now: Timestamp,
    ) -> Option<SecretString> {
        if name == OWNER && self.has_password() {
            return self.owner(password.expose_secret().as_bytes(), now);
        }
        let right = self.users.know(name, password).await;
        let (operator, hash) = self.users.named(name).filter(|_| right)?;
        Some(sessions::begun(operator.name(), hash, now))
    }

    /// Whose session this is.
    pub(crate) fn whose(&self, session: &[u8], now: Timestamp) -> Result<Operator, Genuine> {
        let claimed = Claimed::by(session).ok_or(Genuine::No)?;
        let (operator, key) = match self.users.named(claimed.name) {
            Some((operator, hash)) => (operator.clone(), hash),
            None if claimed.name == OWNER => {
                (Operator::owner(), self.password.as_ref().ok_or(Genuine::No)?)
            }
            None => return Err(Genuine::No),
        };
        match claimed.check(key, now) {
            Genuine::Lasts => Ok(operator),
            not => Err(not),
        }
    }
}

impl Closed {
    /// How to fix it, as the end of a sentence.
    pub fn fix(self) -> &'static str {
        match self {
            Self::NoPassword => "set CONSOLE_PASSWORD to what `openssl rand -base64 24` prints",
            Self::WeakPassword => {
                "CONSOLE_PASSWORD has fewer than 12 characters: set it to what `openssl rand \
                 -base64 24` prints"
            }
            Self::Users => {
                "CONSOLE_USERS cannot be read: list what `textback console-user` prints, each name \
                 once, and in single quotes where a shell reads it"
            }
            Self::Header => {
                "CONSOLE_TRUSTED_HEADER cannot be a header: write the name of the one in which your \
                 proxy passes on who has signed in"
            }
        }
    }
}
