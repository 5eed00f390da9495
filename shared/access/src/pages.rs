//! Which pages may make a browser call.

use http::request::Parts;
use http::{HeaderName, Method, header};
use settings::is_loopback;
use url::Url;

use crate::one;

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where the pages are that may make a browser call us.
#[derive(Clone)]
pub struct OwnPages {
    public: Option<Url>,
    called: Called,
}

/// When the pages at the address that was called are ours as well.
#[derive(Clone, Copy)]
enum Called {
    /// If it is of this machine: its port may be another's here, as that of a container or of a
    /// tunnel. Any other name may be a stranger's that leads here.
    Here,
    /// Whatever it is.
    Anywhere,
}

impl OwnPages {
    /// Those of what not everybody may see.
    pub fn guarded(public_url: &str) -> Self {
        Self { public: Url::parse(public_url).ok(), called: Called::Here }
    }

    /// Those that everybody may see, under whatever name: a browser has nothing to show for them that
    /// lets anybody in.
    pub fn open(public_url: &str) -> Self {
        Self { public: Url::parse(public_url).ok(), called: Called::Anywhere }
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.public.as_ref()?.port_or_known_default()
    }

    pub(crate) fn are_secure(&self) -> bool {
        self.public.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Whether a page of somebody else's makes a browser call, as far as the browser tells. One that
    /// tells nothing is an old one, or none.
    ///
    /// This is asked of whoever shows that they may call, since a browser shows what it has for any
    /// page; it lets nobody in.
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

/// Whether somebody follows a link to us, as from a mail. That shows a page, and in no frame.
fn is_visit(call: &Parts) -> bool {
    call.method == Method::GET
        && one(call, &SEC_FETCH_MODE) == Some("navigate")
        && one(call, &SEC_FETCH_DEST) == Some("document")
}
