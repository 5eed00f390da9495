//! Credentials that a caller presents to the console: a cookie, a password, a link.

use access::{Access, Then};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, header};
use jiff::Timestamp;
use settings::Settings;
use uuid::Uuid;

use crate::call::call;
use crate::calls::PUBLIC_URL;
use crate::wait;

/// A user, whose password no call contains.
const USER: &str = "ann:$argon2id$v=19$m=19456,t=2,p=1$\
                    c2FsdHNhbHRzYWx0c2FsdA$d0tBwmf3jIYQv9QeCrRRGxSU4DYiBvSkIJxN1YY7Xpk";

/// Nobody is admitted without the secret. The owner is admitted with it, whatever else their browser
/// sends.
pub fn access(data: &[u8]) {
    let Some(call) = call(data) else { return };
    let (password, now) = (Uuid::new_v4().to_string(), Timestamp::now());
    let settings = Settings::from([("CONSOLE_PASSWORD", password.as_str())]);
    let named = [("CONSOLE_USERS", USER), ("CONSOLE_TRUSTED_HEADER", "x-forwarded-user")];
    let named = Access::by_password(&Settings::from(named), PUBLIC_URL);
    assert!(named.has_users() && wait(named.admit(&parts(&call), now)).is_err());
    let doors = [Access::by_password(&settings, PUBLIC_URL), Access::by_link(PUBLIC_URL)];
    for door in doors {
        assert!(wait(door.admit(&parts(&call), now)).is_err(), "a stranger is let in");
        let opening = match door.link() {
            Some(link) => Request::get(link).body(Bytes::new()).unwrap(),
            None => with_password(&password),
        };
        let cookie = match wait(door.admit(&parts(&opening), now)).map(|admitted| admitted.then) {
            Ok(Then::Keep(cookie) | Then::KeepAndReturn(cookie)) => cookie,
            other => panic!("the owner is not let in: {other:?}"),
        };
        check_owner(&door, &call, &cookie, now);
    }
}

/// A caller who returns with the cookie is known, whatever other cookies there are.
fn check_owner(door: &Access, call: &Request<Bytes>, cookie: &HeaderValue, now: Timestamp) {
    let ours = cookie.as_bytes().split(|byte| *byte == b';').next().unwrap();
    let others = call.headers().get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let beside = others.flat_map(|others| [others, b"; "]).collect::<Vec<_>>().concat();
    let all = [&beside, ours, b"; ", &beside].concat();
    let mut owner = Request::new(Bytes::new());
    *owner.method_mut() = Method::GET;
    *owner.uri_mut() = "/console".parse().unwrap();
    owner.headers_mut().insert(header::COOKIE, HeaderValue::from_bytes(&all).unwrap());
    let admitted = wait(door.admit(&parts(&owner), now)).expect("the owner is kept out");
    assert_eq!((admitted.operator.name(), admitted.then), ("owner", Then::Nothing));
}

fn with_password(password: &str) -> Request<Bytes> {
    let shown = format!("Basic {}", BASE64_STANDARD.encode(format!("owner:{password}")));
    let call = Request::get("/console").header(header::AUTHORIZATION, shown);
    call.body(Bytes::new()).unwrap()
}

fn parts(call: &Request<Bytes>) -> Parts {
    call.clone().into_parts().0
}
