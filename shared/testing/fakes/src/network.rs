//! The common parts of the stand-ins for companies that send texts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// How long a test waits for something before it fails. Longer than anything takes on a loaded machine,
/// since only failing tests wait for all of it.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The target of webhook calls: the address that the company knows, and our real one.
#[derive(Clone, Debug)]
pub struct Route {
    public_url: String,
    address: SocketAddr,
}

impl Route {
    /// From an address without a path, such as `https://sms.example.test`, to a local listener.
    ///
    /// The path stays and the Host header is the public one, as behind a proxy.
    pub fn new(public_url: &str, address: SocketAddr) -> Self {
        Self { public_url: public_url.trim_end_matches('/').into(), address }
    }

    /// The public URL of a path.
    pub(crate) fn public(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// The real target of a call to this public URL.
    fn target(&self, url: &str) -> String {
        let path = url.strip_prefix(&self.public_url).filter(|path| path.starts_with('/'));
        let path = path.unwrap_or_else(|| panic!("{url} is not below {}", self.public_url));
        format!("http://{}{path}", self.address)
    }
}

/// A webhook call as a company makes it. It can be changed, and made any number of times.
#[derive(Clone, Debug)]
pub struct WebhookCall {
    target: String,
    /// Its header fields, including a signature if the company signs.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

/// Our answer to a [`WebhookCall`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl WebhookCall {
    pub(crate) fn new(route: &Route, url: &str, content_type: &str, body: String) -> Self {
        let host = url::Url::parse(url).unwrap();
        let authority = &host[url::Position::BeforeHost..url::Position::AfterPort];
        let call = Self { target: route.target(url), headers: HeaderMap::new(), body: body.into() };
        call.with(header::HOST, authority).with(header::CONTENT_TYPE, content_type)
    }

    /// Its path and query on our side.
    pub fn path(&self) -> &str {
        let authority = self.target.strip_prefix("http://").unwrap();
        &authority[authority.find('/').unwrap()..]
    }

    /// The same call with this header field, replacing those of its name.
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    /// Makes the call. Fails the test if no complete answer comes.
    pub async fn post(&self) -> WebhookAnswer {
        self.try_post().await.expect("no whole answer to a webhook call")
    }

    /// Makes the call. `None` if no complete answer comes within 15 seconds, Twilio's timeout.
    pub async fn try_post(&self) -> Option<WebhookAnswer> {
        let request = CLIENT.post(&self.target).headers(self.headers.clone());
        let response = request.body(self.body.clone()).send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Some(WebhookAnswer { status, headers, body: response.text().await.ok()? })
    }

    /// Makes the call until the answer is a success, at most six times, as Twilio does for an address
    /// that ends in `#rc=5&rp=all`. Returns the last answer.
    pub async fn post_until_taken(&self) -> Option<WebhookAnswer> {
        let mut answer = self.try_post().await;
        for _ in 0..5 {
            if answer.as_ref().is_some_and(|answer| answer.status < 300) {
                break;
            }
            answer = self.try_post().await;
        }
        answer
    }
}

/// Without a pool: a kept connection would belong to the runtime of the test that opened it.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(15))
        .build()
        .unwrap()
});

/// A server on loopback. Closes when dropped, with all connections.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    // A runtime of its own, so that no connection outlives it, whatever the test's runtime does.
    runtime: Option<Runtime>,
}

impl Server {
    pub(crate) fn start(router: Router) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async {
            axum::serve(TcpListener::from_std(listener).unwrap(), router).await.unwrap();
        });
        Self { address, runtime: Some(runtime) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Form or query parameters, each at most once and only if `names` lists it. `Err` names the offending
/// one.
pub(crate) fn parameters(encoded: &[u8], names: &str) -> Result<BTreeMap<String, String>, String> {
    let mut parameters = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(encoded).into_owned() {
        let known = names.split(' ').any(|known| known == name);
        if !known || parameters.insert(name.clone(), value).is_some() {
            return Err(name);
        }
    }
    Ok(parameters)
}

/// Whether a company would call this address. Twilio refuses a message that names one on localhost,
/// or one with an underscore in its host.
pub(crate) fn is_public(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let named = url.domain().is_some_and(|host| host.contains('.') && !host.contains('_'));
    matches!(url.scheme(), "http" | "https") && named && url.as_str().len() <= 4000
}

/// State that a test can wait for instead of sleeping.
#[derive(Debug)]
pub(crate) struct Watched<S>(watch::Sender<S>);

impl<S: Default> Default for Watched<S> {
    fn default() -> Self {
        Self(watch::Sender::new(S::default()))
    }
}

impl<S> Watched<S> {
    pub(crate) fn read<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.0.borrow())
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        let mut result = None;
        self.0.send_modify(|state| result = Some(change(state)));
        result.unwrap()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<S> {
        self.0.subscribe()
    }

    /// Waits until the state satisfies the condition. Fails the test after a while, naming what was
    /// expected.
    pub(crate) async fn until(&self, wanted: &str, so: impl FnMut(&S) -> bool) {
        let mut states = self.0.subscribe();
        let waited = tokio::time::timeout(TIMEOUT, states.wait_for(so)).await.is_ok();
        assert!(waited, "waited {TIMEOUT:?} for {wanted} without finding it");
    }
}
