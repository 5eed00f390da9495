//! Who may see the console and call the mock: one rule for both. And which sites' pages may make a
//! browser call us.
//!
//! A caller presents a password, the link of this start, or the cookie that a browser got for one of
//! them. The absence of something is never evidence: a proxy that adds no header of its own, or a
//! tunnel, looks like this machine.

#![warn(missing_docs)]

mod pages;
mod tries;

use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use host::Caller;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, header};
use secrecy::{ExposeSecret, SecretString};
use settings::{Names, Settings};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::form_urlencoded;
use uuid::Uuid;

use crate::tries::Tries;

pub use pages::OwnPages;

/// The shortest password that is accepted, in characters. A program-made password of this length cannot
/// be guessed, however long somebody tries.
const SHORTEST: usize = 12;

/// The parameter of the link.
const TOKEN: &str = "token";

/// Who may see the console and text as its phone does. Clones count wrong attempts together.
#[derive(Clone)]
pub struct Access {
    sign_in: SignIn,
    pages: OwnPages,
    /// The name of the cookie. One for each port, since a browser keeps the cookies of all ports of
    /// this machine together.
    cookie: String,
    tries: Arc<Tries>,
}

/// The way in. A `session` is the value of the cookie.
#[derive(Clone)]
enum SignIn {
    Closed(Closed),
    Password { password: SecretString, session: SecretString },
    Link { session: SecretString },
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// There is no password.
    NoPassword,
    /// The password is too short.
    WeakPassword,
}

/// How a call was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// Its browser has the cookie already.
    Known,
    /// By the password: its browser should keep this cookie.
    ByPassword(HeaderValue),
    /// By the link: its browser should keep this cookie, and come back without the token.
    ByLink(HeaderValue),
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody is let in.
    Closed(Closed),
    /// The password is missing or wrong.
    Password,
    /// The link is missing or that of another start.
    Link,
    /// The call comes from another site's page.
    Foreign,
}

/// The credentials that a caller presents.
#[derive(Default)]
struct Presented<'a> {
    sessions: Vec<&'a [u8]>,
    password: Option<Vec<u8>>,
    token: Option<String>,
}

impl Access {
    /// What [`Access::by_password`] reads.
    pub const SETTINGS: Names = &["CONSOLE_PASSWORD"];

    /// Admits whoever knows `CONSOLE_PASSWORD`, and nobody if there is none. `public_url` is the
    /// address of the console's own pages.
    pub fn by_password(settings: &Settings, public_url: &str) -> Self {
        let sign_in = match settings.secret("CONSOLE_PASSWORD") {
            None => SignIn::Closed(Closed::NoPassword),
            Some(password) if password.expose_secret().chars().count() < SHORTEST => {
                SignIn::Closed(Closed::WeakPassword)
            }
            Some(password) => SignIn::Password { session: session(&password), password },
        };
        Self::new(sign_in, public_url)
    }

    /// Admits whoever has the link that is made here, which nobody else has been given.
    pub fn by_link(public_url: &str) -> Self {
        // Each of the two holds 122 random bits.
        let session = [Uuid::new_v4(), Uuid::new_v4()].map(|half| half.simple().to_string());
        Self::new(SignIn::Link { session: session.concat().into() }, public_url)
    }

    /// Admits nobody.
    pub fn nobody() -> Self {
        Self::new(SignIn::Closed(Closed::NoPassword), "")
    }

    fn new(sign_in: SignIn, public_url: &str) -> Self {
        let pages = OwnPages::guarded(public_url);
        let cookie = match pages.port() {
            Some(port) => format!("console-{port}"),
            None => "console".into(),
        };
        Self { sign_in, pages, cookie, tries: Arc::default() }
    }

    /// Why nobody is let in, if that is the case.
    pub fn closed(&self) -> Option<Closed> {
        match self.sign_in {
            SignIn::Closed(why) => Some(why),
            SignIn::Password { .. } | SignIn::Link { .. } => None,
        }
    }

    /// The path that admits a browser, if there is a link. It is a secret.
    pub fn link(&self) -> Option<String> {
        match &self.sign_in {
            SignIn::Link { session } => {
                Some(format!("/console?{TOKEN}={}", session.expose_secret()))
            }
            SignIn::Password { .. } | SignIn::Closed(_) => None,
        }
    }

    /// Admits a call, or says why not. The answer to repeated guesses is delayed; an admitted call
    /// never waits.
    pub async fn admit(&self, call: &Parts) -> Result<Admitted, Refused> {
        let refused = match &self.sign_in {
            SignIn::Closed(why) => return Err(Refused::Closed(*why)),
            SignIn::Password { .. } => Refused::Password,
            SignIn::Link { .. } => Refused::Link,
        };
        if self.pages.is_foreign(call) {
            return Err(Refused::Foreign);
        }
        let shown = Presented::by(call, &self.cookie);
        if let Some(admitted) = self.judge(&shown) {
            return Ok(admitted);
        }
        if !shown.is_empty() {
            let caller = Caller::of(&call.extensions).counted_as();
            let wait = self.tries.wrong(caller, Instant::now());
            if !wait.is_zero() {
                host::hold_back(&call.extensions, wait).await;
            }
        }
        Err(refused)
    }

    fn judge(&self, shown: &Presented<'_>) -> Option<Admitted> {
        let (SignIn::Password { session, .. } | SignIn::Link { session }) = &self.sign_in else {
            return None;
        };
        if shown.sessions.iter().any(|shown| is(shown, session)) {
            return Some(Admitted::Known);
        }
        match &self.sign_in {
            SignIn::Password { password, .. } => {
                let right = is(shown.password.as_ref()?, password);
                right.then(|| Admitted::ByPassword(self.cookie(session)))
            }
            SignIn::Link { session } => {
                let right = is(shown.token.as_ref()?.as_bytes(), session);
                right.then(|| Admitted::ByLink(self.cookie(session)))
            }
            SignIn::Closed(_) => None,
        }
    }

    fn cookie(&self, session: &SecretString) -> HeaderValue {
        let secure = if self.pages.are_secure() { "; Secure" } else { "" };
        let (name, session) = (&self.cookie, session.expose_secret());
        // The phone's calls go to the webhooks, beside the console.
        let cookie = format!("{name}={session}; Path=/; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::try_from(cookie).expect("a session is hexadecimal")
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
        }
    }
}

impl<'a> Presented<'a> {
    fn by(call: &'a Parts, cookie: &str) -> Self {
        let mut shown = Self::default();
        for cookies in call.headers.get_all(header::COOKIE) {
            // Other cookies of this host may contain bytes that are not ASCII.
            let pairs = cookies.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let named = pairs.filter_map(|pair| pair.strip_prefix(cookie.as_bytes()));
            shown.sessions.extend(named.filter_map(|value| value.strip_prefix(b"=")));
        }
        let authorization = one(call, &header::AUTHORIZATION).and_then(|it| it.split_once(' '));
        match authorization {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                shown.sessions.push(token.trim().as_bytes());
            }
            Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => {
                shown.password = Some(password(pair).unwrap_or_default());
            }
            Some(_) | None => {}
        }
        if call.method == Method::GET {
            let query = call.uri.query().unwrap_or_default();
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            shown.token = pairs.find_map(|(name, value)| (name == TOKEN).then(|| value.into()));
        }
        shown
    }

    fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.password.is_none() && self.token.is_none()
    }
}

/// The cookie that a browser gets for the password. Every process that knows the password can derive
/// it, and it becomes invalid when the password changes.
fn session(password: &SecretString) -> SecretString {
    let key = password.expose_secret().as_bytes();
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    let mac = mac.chain_update("the console's session").finalize().into_bytes();
    mac.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// The password in `Basic` credentials, under any user name.
fn password(pair: &str) -> Option<Vec<u8>> {
    let mut pair = BASE64_STANDARD.decode(pair.trim()).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(pair.split_off(colon + 1))
}

/// Compares with the secret. Digests have one length, so that not even the length of the secret can be
/// timed.
fn is(shown: &[u8], secret: &SecretString) -> bool {
    let (shown, secret) =
        (Sha256::digest(shown), Sha256::digest(secret.expose_secret().as_bytes()));
    shown.as_slice().ct_eq(secret.as_slice()).into()
}

/// The value of a header that occurs exactly once.
fn one<'a>(call: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    let mut values = call.headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
