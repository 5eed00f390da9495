//! From where an address can be called, as far as the address tells.

use url::{Host, Url};

/// Whether an address is certainly of this machine alone. What is let in or believed for that goes by
/// this.
///
/// So `0.0.0.0` does not count, at which a server listens to everybody; nor does a name that ends in
/// `.localhost`, for which some systems ask the network.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address is of this machine or of a private network: a loopback, a private or link-local
/// address (RFC 1918, RFC 3927, RFC 4193, RFC 4291), or a name that only such a network knows.
pub fn is_private(url: &Url) -> bool {
    let is_local = |name: &str| {
        let ends = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];
        !name.contains('.') || ends.iter().any(|end| name.ends_with(end))
    };
    is_loopback(url)
        || match url.host() {
            Some(Host::Domain(name)) => is_local(name),
            Some(Host::Ipv4(address)) => address.is_private() || address.is_link_local(),
            Some(Host::Ipv6(address)) => {
                address.is_unique_local() || address.is_unicast_link_local()
            }
            None => false,
        }
}

/// Whether an address leads nobody here who is elsewhere. What others are told goes by this: they are
/// told no such address.
///
/// It is a loopback, a name that ends in `.localhost`, or no place at all.
pub fn is_unreachable(url: &Url) -> bool {
    let is_ours = |name: &str| name.ends_with(".localhost");
    is_loopback(url) || is_unspecified(url) || url.domain().is_some_and(is_ours)
}

/// Whether an address is where a server listens, and not where it is.
pub fn is_unspecified(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_unspecified(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_certainly_here_from_what_nobody_can_call() {
        for (host, here, unreachable) in [
            ("localhost:5000", true, true),
            ("LOCALHOST", true, true),
            ("127.0.0.1:5000", true, true),
            ("127.9.9.9", true, true),
            ("[::1]:5000", true, true),
            ("0.0.0.0:5000", false, true),
            ("[::]:5000", false, true),
            ("shop.localhost", false, true),
            ("notlocalhost", false, false),
            ("localhost.example.com", false, false),
            ("127.0.0.1.example.com", false, false),
            ("192.168.0.1", false, false),
            ("text.example.com", false, false),
        ] {
            let url = Url::parse(&format!("http://{host}/")).unwrap();
            assert_eq!((is_loopback(&url), is_unreachable(&url)), (here, unreachable), "{host}");
        }
    }

    #[test]
    fn knows_what_is_of_a_private_network() {
        for (host, is) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("10.1.2.3", true),
            ("192.168.0.7", true),
            ("172.20.0.1", true),
            ("172.32.0.1", false),
            ("169.254.1.1", true),
            ("[fd00::1]", true),
            ("[fe80::1]", true),
            ("[2001:db8::1]", false),
            ("ollama", true),
            ("models.internal", true),
            ("api.openai.com", false),
            ("local.example.com", false),
        ] {
            let url = Url::parse(&format!("http://{host}:8080/v1")).unwrap();
            assert_eq!(is_private(&url), is, "{host}");
        }
    }
}
