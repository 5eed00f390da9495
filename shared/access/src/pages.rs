//! Which pages may make a browser call us.

use http::request::Parts;
use http::{HeaderName, Method, header};
use url::{Host, Url};

use crate::one;

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The address of the console's own pages.
#[derive(Clone)]
pub(crate) struct OwnPages(Option<Url>);

impl OwnPages {
    pub(crate) fn at(public_url: &str) -> Self {
        Self(Url::parse(public_url).ok())
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.0.as_ref()?.port_or_known_default()
    }

    pub(crate) fn are_secure(&self) -> bool {
        self.0.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Whether another site's page makes a browser call us. Checked for calls that present valid
    /// credentials, since a browser sends its cookies for any page; it admits nobody by itself.
    pub(crate) fn is_foreign(&self, call: &Parts) -> bool {
        let by_origin = call.headers.contains_key(header::ORIGIN)
            && !one(call, &header::ORIGIN).is_some_and(|origin| self.is_own(call, origin));
        let by_site = call.headers.contains_key(&SEC_FETCH_SITE)
            && !matches!(one(call, &SEC_FETCH_SITE), Some("same-origin" | "none"));
        by_origin || (by_site && !is_visit(call))
    }

    /// The public page is ours, and so is the called one if both are on this machine: its port may
    /// differ here, as with a container or a tunnel.
    fn is_own(&self, call: &Parts, origin: &str) -> bool {
        let Ok(origin) = Url::parse(origin) else { return false };
        let public = self.0.as_ref().is_some_and(|url| url.origin() == origin.origin());
        let called = one(call, &header::HOST)
            .and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
        let here =
            is_loopback(&origin) && called.is_some_and(|url| url.origin() == origin.origin());
        origin.origin().is_tuple() && (public || here)
    }
}

/// Whether somebody follows a link to us, as from a mail, which opens a page outside of any frame.
fn is_visit(call: &Parts) -> bool {
    call.method == Method::GET
        && one(call, &SEC_FETCH_MODE) == Some("navigate")
        && one(call, &SEC_FETCH_DEST) == Some("document")
}

/// Whether an address belongs to this machine alone.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
