//! Genuine calls that somebody has changed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use fakes::{Company, Route, WebhookCall};
use http::{HeaderValue, Request, Uri};
use sms::{Event, Provider};
use url::form_urlencoded;

use crate::calls::{PUBLIC_URL, WORLD};
use crate::{text, wait};

const PERSON: &str = "+12025550143";

/// What is changed, and how: five bytes, followed by the text.
struct Change<'a> {
    company: &'a dyn Company,
    part: u8,
    place: usize,
    how: u8,
    byte: u8,
}

/// A genuine call in which one byte is changed, removed or added: it is not believed, or it says the
/// same.
pub fn forgeries(data: &[u8]) {
    let Some(([company, what, high, low, byte], words)) = data.split_first_chunk() else { return };
    let companies = WORLD.companies.all();
    let change = Change {
        company: companies[usize::from(*company) % companies.len()],
        part: what % 3,
        place: usize::from(*high) << 8 | usize::from(*low),
        how: what / 3 % 3,
        byte: *byte,
    };
    let words = text(words);
    let provider = WORLD.providers.named(change.company.name()).unwrap();
    let genuine = incoming(change.company, &words);
    let said = believed(provider, &genuine).expect("the genuine call is believed");
    let [Event::Text(text)] = &said[..] else { panic!("the genuine call is a text: {said:?}") };
    assert_eq!((text.from.as_str(), text.body.trim()), (PERSON, words.trim()));
    let Some(changed) = change.made(&genuine) else { return };
    let Some(now) = believed(provider, &changed) else { return };
    match SIGNS_NOTHING[change.company.name()] {
        true => assert_eq!(token(&changed), token(&genuine)),
        false => assert!(now == said || signed(&changed) == signed(&genuine), "believed, changed"),
    }
}

/// Which companies sign nothing and are admitted by the token in their address instead. Only those that
/// declare it may have one.
static SIGNS_NOTHING: LazyLock<BTreeMap<&str, bool>> = LazyLock::new(|| {
    let signs_nothing = |company: &dyn Company| {
        let name = company.name();
        let other = incoming(company, "another text").into_body();
        let exchanged = incoming(company, "a text").map(|_| other);
        let is_believed = || believed(WORLD.providers.named(name).unwrap(), &exchanged).is_some();
        (name, providers::named(name).unwrap().console.token.is_some() && is_believed())
    };
    WORLD.companies.all().into_iter().map(signs_nothing).collect()
});

/// A genuine call with an incoming text.
fn incoming(company: &dyn Company, words: &str) -> Request<Bytes> {
    let route = Route::new(PUBLIC_URL, ([127, 0, 0, 1], 1).into());
    let call: WebhookCall = company.incoming(&route, PERSON, words);
    let mut request = Request::post(call.path()).body(Bytes::from(call.body.clone())).unwrap();
    *request.headers_mut() = call.headers;
    request
}

/// The events of a call, if it is believed.
fn believed(provider: &dyn Provider, call: &Request<Bytes>) -> Option<Vec<Event>> {
    let genuine = wait(provider.verify(WORLD.providers.http(), call.clone())).ok()?;
    Some(provider.parse(&genuine).unwrap_or_default())
}

/// Names and values of a form as Twilio signs them, which does not cover where a name ends.
fn signed(call: &Request<Bytes>) -> Option<String> {
    let is_form = !call.body().starts_with(b"{");
    let mut pairs: Vec<_> = form_urlencoded::parse(call.body()).collect();
    pairs.sort();
    is_form.then(|| pairs.iter().flat_map(|(name, value)| [&**name, &**value]).collect())
}

fn token(call: &Request<Bytes>) -> Option<String> {
    let query = call.uri().query().unwrap_or_default().as_bytes();
    let token = form_urlencoded::parse(query).find(|(name, _)| name == "token");
    token.map(|(_, token)| token.into_owned())
}

impl Change<'_> {
    /// The changed call. Returns `None` if nothing is changed, or no server would pass it on.
    fn made(&self, genuine: &Request<Bytes>) -> Option<Request<Bytes>> {
        let mut call = genuine.clone();
        match self.part {
            0 => {
                let address = self.made_in(genuine.uri().to_string().as_bytes());
                *call.uri_mut() = Uri::from_maybe_shared(Bytes::from(address)).ok()?;
                (call.uri() != genuine.uri()).then_some(call)
            }
            1 => {
                let headers: Vec<_> = genuine.headers().iter().collect();
                let (name, value) = headers[self.place % headers.len()];
                let changed = HeaderValue::from_bytes(&self.made_in(value.as_bytes())).ok()?;
                let is_same = changed == value;
                call.headers_mut().insert(name, changed);
                (!is_same).then_some(call)
            }
            _ => {
                *call.body_mut() = self.made_in(genuine.body()).into();
                (call.body() != genuine.body()).then_some(call)
            }
        }
    }

    fn made_in(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let place = self.place % bytes.len();
        match self.how {
            0 => bytes[place] = self.byte,
            1 => drop(bytes.remove(place)),
            _ => bytes.insert(place, self.byte),
        }
        bytes
    }
}
