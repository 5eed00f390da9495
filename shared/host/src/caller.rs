//! Who makes a call.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;
use settings::{Settings, SettingsError};

/// The address that a call comes from, an extension of every call that reaches a router.
///
/// On a port it is the peer. If the peer is one of `TRUSTED_PROXIES`, it is the last address in
/// `X-Forwarded-For` that is not: anybody can write what comes before. On Lambda it is the address that
/// the gateway saw. It decides where a limit is counted, and proves nothing: behind a proxy that is not
/// listed, everybody comes from the proxy's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller(pub IpAddr);

impl Caller {
    /// The caller of a call without a port, as in a test.
    const NOBODY: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The caller of a call with these extensions.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::NOBODY)
    }

    /// The unit that a limit per address counts: the network of an IPv6 address, since its owner has
    /// 2^64 of them.
    pub fn counted_as(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
            }
        }
    }

    /// Whether the call comes from this machine.
    pub fn is_here(self) -> bool {
        self.0.is_loopback()
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(call: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&call.extensions))
    }
}

/// An extension of a call that one of `TRUSTED_PROXIES` makes, for whomever. It has come to a port: the
/// gateway of Lambda is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromProxy;

/// The proxies that are trusted to say for whom they call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    /// The proxies in `TRUSTED_PROXIES`, separated by commas; by default none.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let list = settings.get("TRUSTED_PROXIES").unwrap_or_default();
        let proxies = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let network = |entry: &str| {
            entry.parse().or_else(|error| {
                entry.parse().map(|address: IpAddr| address.into()).map_err(|_| error)
            })
        };
        proxies.map(network).collect::<Result<_, _>>().map(Self).map_err(|_| {
            SettingsError::Invalid {
                name: "TRUSTED_PROXIES",
                problem: "write addresses or networks with commas between them, as \
                      10.0.0.0/8,192.0.2.7"
                    .into(),
            }
        })
    }

    pub(crate) fn include(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The caller of a call with these headers that arrives from `peer`.
    pub(crate) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Caller {
        let mut caller = peer.to_canonical();
        let told = headers.get_all("x-forwarded-for").iter().rev();
        let told = told.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        for address in told.map(address) {
            // An untrusted peer says nothing about others; an unreadable address says nothing.
            let (true, Some(address)) = (self.include(caller), address) else { break };
            caller = address;
        }
        Caller(caller)
    }
}

/// An address, to which some proxies append its port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse().or_else(|_| text.parse().map(|address: SocketAddr| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_trusted_if_it_is_listed() {
        let proxies =
            |list| Proxies::from_settings(&Settings::from([("TRUSTED_PROXIES", list)])).unwrap();
        let caller = |list, peer: &str, told: &[&str]| {
            let name = || axum::http::HeaderName::from_static("x-forwarded-for");
            let headers = told.iter().map(|told| (name(), told.parse().unwrap())).collect();
            proxies(list).caller(peer.parse().unwrap(), &headers).0.to_string()
        };
        for (list, peer, told, expected) in [
            ("", "127.0.0.1", &["203.0.113.9"][..], "127.0.0.1"),
            ("192.0.2.1", "192.0.2.2", &["203.0.113.9"], "192.0.2.2"),
            ("192.0.2.1", "192.0.2.1", &[], "192.0.2.1"),
            ("192.0.2.1", "192.0.2.1", &["203.0.113.9"], "203.0.113.9"),
            // The caller wrote the first one.
            ("192.0.2.1", "192.0.2.1", &["127.0.0.1, 203.0.113.9"], "203.0.113.9"),
            ("192.0.2.1", "192.0.2.1", &["127.0.0.1", "203.0.113.9"], "203.0.113.9"),
            ("192.0.2.0/24, 10.0.0.0/8", "10.1.2.3", &["203.0.113.9,192.0.2.7"], "203.0.113.9"),
            ("192.0.2.1", "192.0.2.1", &["203.0.113.9:443"], "203.0.113.9"),
            ("::1", "::1", &["[2001:db8::9]:443"], "2001:db8::9"),
            ("192.0.2.1", "::ffff:192.0.2.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("192.0.2.1", "192.0.2.1", &["203.0.113.9, unknown"], "192.0.2.1"),
            ("192.0.2.1", "192.0.2.1", &[""], "192.0.2.1"),
        ] {
            assert_eq!(caller(list, peer, told), expected, "{list}, {peer}, {told:?}");
        }
        let unreadable = Proxies::from_settings(&Settings::from([("TRUSTED_PROXIES", "nginx")]));
        assert_eq!(
            unreadable.unwrap_err().to_string(),
            "TRUSTED_PROXIES cannot be used: write addresses or networks with commas between them, \
             as 10.0.0.0/8,192.0.2.7"
        );
    }

    #[test]
    fn an_ipv6_network_counts_as_one_caller() {
        let counted = |address: &str| Caller(address.parse().unwrap()).counted_as().to_string();
        assert_eq!(counted("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
