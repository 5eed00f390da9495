//! Functions that are called over HTTP, and where.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use axum::routing::get;
use axum::serve::ListenerExt;
use futures::FutureExt;
use settings::{Names, Settings, SettingsError};
use tokio::net::TcpListener;
use url::Url;

use crate::caller::Proxies;
use crate::{Error, gateway, on_lambda, stop_signal};

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u16 = 5000;

/// How long requests may take to finish after the stop. Only a stream in a browser takes longer
/// than a moment, and would keep the process alive forever.
const GRACE: Duration = Duration::from_secs(5);

/// What [`public_url`] reads.
pub const PUBLIC_URL: Names = &["PUBLIC_URL"];

/// Answers calls with `router`: those that Lambda brings, or those that come to `$HOST:$PORT` until
/// the process is asked to stop; and `GET /healthz`. Limits on bodies are the router's.
pub(crate) async fn serve_http(settings: &Settings, router: Router) -> Result<(), Error> {
    if on_lambda(settings) {
        return gateway::serve(router.merge(healthz())).await;
    }
    serve(bind(settings).await?, router, stop_signal()).await;
    Ok(())
}

/// Where calls come in, and who is believed there.
#[derive(Debug)]
pub struct Port {
    listener: TcpListener,
    proxies: Proxies,
}

impl Port {
    /// The address that it has.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One where no proxy is believed.
impl From<TcpListener> for Port {
    fn from(listener: TcpListener) -> Self {
        Self { listener, proxies: Proxies::default() }
    }
}

/// Listens on `HOST` (default 127.0.0.1) and `PORT` (default 5000; 0 is any free one), behind
/// `TRUSTED_PROXIES` (default none).
pub async fn bind(settings: &Settings) -> Result<Port, SettingsError> {
    let host = settings.get("HOST").unwrap_or(DEFAULT_HOST);
    let port = port(settings)?;
    let proxies = Proxies::from_settings(settings)?;
    let listener = TcpListener::bind((host, port)).await.map_err(|error| {
        let (name, problem) = match error.kind() {
            ErrorKind::AddrInUse => {
                ("PORT", format!("port {port} is taken: set PORT to another number"))
            }
            ErrorKind::PermissionDenied => {
                ("PORT", format!("port {port} takes more rights: set PORT to one above 1023"))
            }
            _ => ("HOST", format!("this machine cannot listen there: {error}")),
        };
        SettingsError::Invalid { name, problem }
    })?;
    Ok(Port { listener, proxies })
}

/// Answers calls to `port` with `router`, and `GET /healthz`, until `stop`; then finishes those in flight, within
/// five seconds.
pub async fn serve(
    Port { listener, proxies }: Port,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!("listening on http://{address}");
    }
    let stop = stop.shared();
    // An answer is small and somebody waits for it.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let router = router.merge(healthz()).layer(map_request(move |mut call: Request| {
        let peer = call.extensions().get().map(|ConnectInfo(peer): &ConnectInfo<SocketAddr>| *peer);
        if let Some(peer) = peer {
            let caller = proxies.caller(peer.ip(), call.headers());
            call.extensions_mut().insert(caller);
        }
        std::future::ready(call)
    }));
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop.clone());
    tokio::select! {
        _ = server => {}
        () = async { stop.await; tokio::time::sleep(GRACE).await } => {
            tracing::warn!("cut off requests that were still open {GRACE:?} after the stop");
        }
    }
}

/// What every function answers, and those that nobody calls answer alone.
fn healthz() -> Router {
    Router::new().route("/healthz", get(async || "ok"))
}

/// The stable URL under which providers call us, without a slash at its end: `PUBLIC_URL`, default
/// `http://localhost:$PORT`. Spelled as the owner did, because signatures are made over it.
pub fn public_url(settings: &Settings) -> Result<String, SettingsError> {
    let Some(text) = settings.get("PUBLIC_URL") else {
        return Ok(format!("http://localhost:{}", port(settings)?));
    };
    let usable = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    if Url::parse(text).ok().filter(usable).is_none() {
        return Err(SettingsError::Invalid {
            name: "PUBLIC_URL",
            problem: "write an address like https://sms.example.com, with nothing after the path"
                .into(),
        });
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn port(settings: &Settings) -> Result<u16, SettingsError> {
    let Some(port) = settings.get("PORT") else { return Ok(DEFAULT_PORT) };
    port.parse().map_err(|_| SettingsError::Invalid {
        name: "PORT",
        problem: "write a number up to 65535".into(),
    })
}
