//! HTTP clients for the services outside, in a process that is frozen between its calls.
//!
//! Lambda stops a sandbox for minutes or hours, and with it all clocks except the wall clock. Meanwhile
//! the other side closes the connection unnoticed: the next request goes out on a dead connection, and
//! whether it arrived is unknown, so a text message may not be sent again. Therefore connections that
//! have been idle for long are not reused.

#![warn(missing_docs)]

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::BuilderVerifierExt;

/// How long a connection may be idle before it is no longer trusted. Servers close it after a minute or
/// more; reconnecting takes some tens of milliseconds.
const REST: Duration = Duration::from_secs(30);

/// Reading the system's certificate authorities takes milliseconds, so it is done once, on first use.
static TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.2 and 1.3")
        .with_platform_verifier()
        .expect("the system has certificate authorities (package ca-certificates)")
        .with_no_client_auth()
});

/// A client for one service. Cloning it is cheap and shares its connections.
///
/// It is created on first use, and again after a pause. It follows no redirect, which would turn a POST
/// into a GET or carry a secret elsewhere.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    configure: Box<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>,
    client: Mutex<Option<(Client, SystemTime)>>,
}

impl Connections {
    /// Connects to nothing yet. `configure` adds timeouts and the like.
    pub fn new(configure: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { configure: Box::new(configure), client: Mutex::default() }))
    }

    /// A client for the next request. It must not be kept for later ones.
    ///
    /// # Panics
    ///
    /// If the system has no certificate authorities, without which no request is possible.
    pub fn client(&self) -> Client {
        self.client_at(SystemTime::now())
    }

    /// Connects to this address ahead of a request, unless there may be a connection already. Fails
    /// silently, since the request will meet the same error.
    pub async fn warm_up(&self, url: &str) {
        if !self.is_rested(SystemTime::now()) {
            return;
        }
        // Any answer leaves a connection open.
        let _ = self.client().head(url).send().await;
    }

    fn is_rested(&self, now: SystemTime) -> bool {
        rested(&self.0.client.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    fn client_at(&self, now: SystemTime) -> Client {
        let mut client = self.0.client.lock().unwrap_or_else(PoisonError::into_inner);
        if rested(&client, now) {
            *client = None;
        }
        let (client, used) = client.get_or_insert_with(|| (self.0.connect(), now));
        *used = now;
        client.clone()
    }
}

impl Inner {
    fn connect(&self) -> Client {
        let builder = Client::builder()
            .tls_backend_preconfigured(TLS.clone())
            .redirect(Policy::none())
            // One request per connection: a dead one affects no other.
            .http1_only()
            .pool_idle_timeout(REST);
        (self.configure)(builder).build().expect("a client with time limits can be built")
    }
}

/// A clock that went back does not count as idle.
fn rested(client: &Option<(Client, SystemTime)>, now: SystemTime) -> bool {
    let rest = |used: &SystemTime| now.duration_since(*used).is_ok_and(|rest| rest >= REST);
    client.as_ref().is_none_or(|(_, used)| rest(used))
}

impl fmt::Debug for Connections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connections")
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;
    use axum::routing::get;
    use axum::{Router, serve};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers with the caller's port, which identifies the connection.
    async fn server() -> String {
        let port =
            get(async |ConnectInfo(caller): ConnectInfo<SocketAddr>| caller.port().to_string());
        let router =
            Router::new().fallback(port).into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { serve(listener, router).await });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn does_not_reuse_an_idle_connection() {
        let url = server().await;
        let connections = Connections::new(ClientBuilder::no_proxy);
        let begun = SystemTime::now();
        let connection = async |seconds| {
            let client = connections.client_at(begun + Duration::from_secs(seconds));
            client.get(&url).send().await.unwrap().text().await.unwrap()
        };
        let first = connection(0).await;
        assert_eq!(connection(20).await, first);
        assert_eq!(connection(40).await, first);
        assert_ne!(connection(70).await, first);
    }

    #[tokio::test]
    async fn connects_ahead_once() {
        let url = server().await;
        let connections = Connections::new(ClientBuilder::no_proxy);
        connections.warm_up(&url).await;
        let begun = SystemTime::now();
        assert!(!connections.is_rested(begun));
        connections.warm_up("http://127.0.0.1:9").await;
        assert!(connections.is_rested(begun + REST));
    }
}
