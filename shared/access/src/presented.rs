//! The credentials that a caller presents.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use host::FromProxy;
use http::request::Parts;
use http::{HeaderName, Method, header};
use url::form_urlencoded;

use crate::operator::Operator;
use crate::pages::{is_by_browser, one};

/// The header with which the script of our own pages shows its form token.
const FORM_TOKEN: HeaderName = HeaderName::from_static("x-form-token");

/// The parameter of the link.
pub(crate) const TOKEN: &str = "token";

/// The credentials that a caller presents.
#[derive(Default)]
pub(crate) struct Presented<'a> {
    /// Whom a trusted proxy names.
    pub(crate) vouched: Option<Operator>,
    pub(crate) cookies: Vec<&'a [u8]>,
    pub(crate) bearer: Option<&'a [u8]>,
    pub(crate) password: Option<Vec<u8>>,
    pub(crate) token: Option<String>,
    pub(crate) form_token: Option<&'a str>,
    /// Whether the call is a program's. Browsers say where a call that changes something comes from.
    pub(crate) by_program: bool,
}

impl<'a> Presented<'a> {
    /// What is presented in `cookie`, by `vouching`, which is the header of a trusted proxy, and
    /// elsewhere.
    pub(crate) fn by(call: &'a Parts, cookie: &str, vouching: Option<&HeaderName>) -> Self {
        let mut shown = Self { by_program: !is_by_browser(call), ..Self::default() };
        if call.extensions.get::<FromProxy>().is_some() {
            shown.vouched =
                vouching.and_then(|name| one(call, name)).and_then(|it| Operator::named(it.trim()));
        }
        for cookies in call.headers.get_all(header::COOKIE) {
            // Other cookies of this host may contain bytes that are not ASCII.
            let pairs = cookies.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let named = pairs.filter_map(|pair| pair.strip_prefix(cookie.as_bytes()));
            shown.cookies.extend(named.filter_map(|value| value.strip_prefix(b"=")));
        }
        let authorization = one(call, &header::AUTHORIZATION).and_then(|it| it.split_once(' '));
        match authorization {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                shown.bearer = Some(token.trim().as_bytes());
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
        shown.form_token = one(call, &FORM_TOKEN);
        shown
    }

    /// Everything that may be a session.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &'a [u8]> {
        self.bearer.into_iter().chain(self.cookies.iter().copied())
    }
}

/// The password in `Basic` credentials, under any user name.
fn password(pair: &str) -> Option<Vec<u8>> {
    let mut pair = BASE64_STANDARD.decode(pair.trim()).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(pair.split_off(colon + 1))
}
