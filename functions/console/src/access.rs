//! Who may see the console.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use settings::{Names, Settings};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::{Host, Origin, Url};

/// What a proxy or a tunnel adds to a call that it passes on. One of them is enough to know that
/// the caller may be anywhere.
const FORWARDING: [&str; 12] = [
    "forwarded",
    "via",
    "x-forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-server",
    "x-real-ip",
    "x-client-ip",
    "cf-connecting-ip",
    "true-client-ip",
];

/// The names under which a browser on this machine calls it. A page elsewhere can point a name of
/// its own at this machine, but not one of these.
const THIS_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Who may see the console: whoever knows the password; without a password whoever sits at this
/// machine; otherwise nobody.
#[derive(Clone)]
pub struct Access {
    rule: Rule,
    public: Option<Origin>,
}

#[derive(Clone)]
enum Rule {
    Password(SecretString),
    ThisMachine,
    Nobody,
}

/// Why a call is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// As if there were no console.
    NotHere,
    /// The password is missing or wrong.
    Password,
    /// The call comes from a page of somebody else's.
    Origin,
}

impl Access {
    /// What [`Access::from_settings`] reads.
    pub const SETTINGS: Names = &["CONSOLE_PASSWORD"];

    /// What `CONSOLE_PASSWORD` says. Without one the console is for this machine alone, and for
    /// nobody if the process listens on (`bound`) or is known by (`public_url`) an address that
    /// others can reach.
    pub fn from_settings(settings: &Settings, public_url: &str, bound: IpAddr) -> Self {
        let public = Url::parse(public_url).ok();
        let rule = match settings.secret("CONSOLE_PASSWORD") {
            Some(password) => Rule::Password(password),
            None if bound.is_loopback() && public.as_ref().is_some_and(is_loopback) => {
                Rule::ThisMachine
            }
            None => Rule::Nobody,
        };
        Self { rule, public: public.map(|url| url.origin()) }
    }

    fn judge(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        match &self.rule {
            Rule::Nobody => Err(Refusal::NotHere),
            Rule::ThisMachine if !is_from_this_machine(uri, headers) => Err(Refusal::NotHere),
            Rule::ThisMachine if !self.is_own_page(headers) => Err(Refusal::NotHere),
            Rule::Password(password) if !knows(headers, password) => Err(Refusal::Password),
            Rule::Password(_) if !self.is_own_page(headers) => Err(Refusal::Origin),
            Rule::ThisMachine | Rule::Password(_) => Ok(()),
        }
    }

    /// A browser names the page that it acts for; everybody else names none.
    fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let Some(origin) = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok()) else {
            return false;
        };
        let host = one(headers, &header::HOST);
        let called =
            host.and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
        let is = |other: &Origin| origin.origin().is_tuple() && origin.origin() == *other;
        self.public.as_ref().is_some_and(is) || called.is_some_and(|url| is(&url.origin()))
    }
}

/// Lets a call through to the console, or turns it away.
pub(crate) async fn guard(State(access): State<Access>, request: Request, next: Next) -> Response {
    match access.judge(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(Refusal::NotHere) => StatusCode::NOT_FOUND.into_response(),
        Err(Refusal::Origin) => StatusCode::FORBIDDEN.into_response(),
        Err(Refusal::Password) => {
            let ask = [(header::WWW_AUTHENTICATE, r#"Basic realm="console", charset="UTF-8""#)];
            (StatusCode::UNAUTHORIZED, ask).into_response()
        }
    }
}

fn is_from_this_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let forwarded = FORWARDING.iter().any(|name| headers.contains_key(*name));
    // A target in absolute form outranks the header (RFC 9112, 3.2.2).
    let target = uri.authority().is_none_or(|authority| is_this_machine(authority.as_str()));
    !forwarded && target && one(headers, &header::HOST).is_some_and(is_this_machine)
}

fn is_this_machine(host: &str) -> bool {
    THIS_MACHINE.iter().any(|name| {
        let rest = host.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name));
        match rest.map(|_| &host[name.len()..]) {
            Some("") => true,
            Some(rest) => rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()),
            None => false,
        }
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the password is in the call, under whichever user name.
fn knows(headers: &HeaderMap, password: &SecretString) -> bool {
    let given = one(headers, &header::AUTHORIZATION)
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, pair)| BASE64_STANDARD.decode(pair.trim()).ok());
    let Some(pair) = given else { return false };
    let Some(colon) = pair.iter().position(|byte| *byte == b':') else { return false };
    // Digests are of one length, so that not even the length of the password can be timed.
    let digest = |bytes: &[u8]| Sha256::digest(bytes);
    let (given, right) = (digest(&pair[colon + 1..]), digest(password.expose_secret().as_bytes()));
    given.as_slice().ct_eq(right.as_slice()).into()
}

/// The value of a header that is there exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
