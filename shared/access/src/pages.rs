//! Which pages may make a browser call us.

use http::request::Parts;
use http::{HeaderName, Method, header};
use settings::is_loopback;
use url::Url;

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The sites whose pages may make a browser call us.
#[derive(Clone)]
pub struct OwnPages {
    public: Option<Url>,
    called: Called,
}

/// Whether pages at the address that was called count as ours.
#[derive(Clone, Copy)]
enum Called {
    /// If it is an address of this machine: its port may differ, as with a container or a tunnel. Any
    /// other name may be a stranger's that resolves to us.
    Here,
    /// Always.
    Anywhere,
}

impl OwnPages {
    /// For pages that need credentials.
    pub fn guarded(public_url: &str) -> Self {
        Self { public: Url::parse(public_url).ok(), called: Called::Here }
    }

    /// For public pages, under any name: no credentials of a browser count there.
    pub fn open(public_url: &str) -> Self {
        Self { public: Url::parse(public_url).ok(), called: Called::Anywhere }
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.public.as_ref()?.port_or_known_default()
    }

    pub(crate) fn are_secure(&self) -> bool {
        self.public.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Whether another site's page makes a browser call us, as far as the browser says. Checked for
    /// calls that present valid credentials, since a browser sends its cookies for any page; it admits
    /// nobody by itself.
    pub fn is_foreign(&self, call: &Parts) -> bool {
        let by_origin = call.headers.contains_key(header::ORIGIN)
            && !one(call, &header::ORIGIN).is_some_and(|origin| self.is_own(call, origin));
        let by_site = call.headers.contains_key(&SEC_FETCH_SITE)
            && !matches!(one(call, &SEC_FETCH_SITE), Some("same-origin" | "none"));
        by_origin || (by_site && !is_visit(call))
    }

    fn is_own(&self, call: &Parts, origin: &str) -> bool {
        let Ok(origin) = Url::parse(origin) else { return false };
        let public = self.public.as_ref().is_some_and(|url| url.origin() == origin.origin());
        let called = one(call, &header::HOST)
            .and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok());
        let called = called.is_some_and(|url| url.origin() == origin.origin());
        let may_be_called = match self.called {
            Called::Here => is_loopback(&origin),
            Called::Anywhere => true,
        };
        origin.origin().is_tuple() && (public || (called && may_be_called))
    }
}

/// Whether a call says that it is a browser's. They all do when something may be changed.
pub(crate) fn is_by_browser(call: &Parts) -> bool {
    call.headers.contains_key(header::ORIGIN) || call.headers.contains_key(&SEC_FETCH_SITE)
}

/// The value of a header that occurs exactly once.
pub(crate) fn one<'a>(call: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    let mut values = call.headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Whether somebody follows a link to us, as from a mail, which opens a page outside of any frame.
fn is_visit(call: &Parts) -> bool {
    call.method == Method::GET
        && one(call, &SEC_FETCH_MODE) == Some("navigate")
        && one(call, &SEC_FETCH_DEST) == Some("document")
}
