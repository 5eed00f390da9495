//! A port, on which anybody may call.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::http::{Extensions, Request, Response};
use axum::response::IntoResponse;
use futures::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use settings::{Settings, SettingsError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tower::ServiceExt;

use crate::body::{Coming, Going};
use crate::caller::{Caller, FromProxy, Proxies};
use crate::crowd::{Awaits, Crowd, Seat};
use crate::health;
use crate::turned_away::Reason;

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u16 = 5000;

/// How long requests may take to finish after the stop. Only a stream to a browser takes longer than a
/// moment, and it would keep the process alive forever.
const GRACE: Duration = Duration::from_secs(5);

/// The timeout for the head of a call, and for the silence between two calls.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// The same for a trusted proxy, which keeps connections for later calls, Google's load balancers for
/// ten minutes, and should not find one closed.
/// <https://cloud.google.com/load-balancing/docs/https#timeout-keepalive-backends>
const PROXY_WITHIN: Duration = Duration::from_secs(620);

/// The largest head, in bytes, and how much of a body is read ahead.
const LARGEST_HEAD: usize = 32 * 1024;

/// How long further input is read and dropped after the answer: a client that still writes to a closed
/// connection never sees the answer.
const LINGER: Duration = Duration::from_secs(1);

/// The pause after accepting a connection failed. Otherwise it would fail again immediately.
const REST: Duration = Duration::from_millis(50);

/// Where calls come in, and which proxies are trusted.
#[derive(Debug)]
pub struct Port {
    listener: TcpListener,
    proxies: Proxies,
}

impl Port {
    /// Its local address.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A port without trusted proxies.
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
            _ => {
                let what = "write 127.0.0.1, or 0.0.0.0 for all addresses of this machine";
                ("HOST", format!("{what}: it cannot listen there ({error})"))
            }
        };
        SettingsError::Invalid { name, problem }
    })?;
    Ok(Port { listener, proxies })
}

/// The port to listen on.
pub(crate) fn port(settings: &Settings) -> Result<u16, SettingsError> {
    let Some(port) = settings.get("PORT") else { return Ok(DEFAULT_PORT) };
    port.parse().map_err(|_| SettingsError::Invalid {
        name: "PORT",
        problem: "write a number up to 65535".into(),
    })
}

/// Answers calls to `port` with `router`, and health calls, until `stop`; then finishes those in
/// flight, within five seconds.
///
/// HTTP/1 only, since no provider speaks HTTP/2 without TLS. Connections that send nothing or never
/// finish are closed without affecting others: a head and a body have ten seconds each, and connections
/// and bytes of unfinished bodies are limited. At the limit, the connection that has kept us waiting
/// longest is closed. Closed connections are counted in one log line a minute.
pub async fn serve(port: Port, router: Router, stop: impl Future<Output = ()> + Send + 'static) {
    let Port { listener, proxies } = port;
    if let Ok(address) = listener.local_addr() {
        tracing::info!("listening on http://{address}");
    }
    let stop = stop.shared();
    let crowd = Crowd::new();
    let entrance = Arc::new(Entrance { router: router.merge(health::alive()), proxies });
    let (open, closed) = watch::channel(());
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.clone() => break,
            _ = minute.tick() => {
                crowd.turned_away.say();
                continue;
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
                Err(error) => {
                    // Other errors are the fault of the caller, who is gone.
                    if is_ours(&error) {
                        crowd.shrink();
                        tokio::time::sleep(REST).await;
                    }
                    continue;
                }
            },
        };
        let Some(seat) = crowd.enter(entrance.share(peer)) else { continue };
        let (entrance, stop, closed) = (Arc::clone(&entrance), stop.clone(), closed.clone());
        tokio::spawn(async move {
            let leave = Arc::clone(&seat.leave);
            tokio::select! {
                () = entrance.answer(stream, peer, seat, stop, closed) => {}
                () = leave.notified() => {}
            }
        });
    }
    drop((listener, closed));
    crowd.turned_away.say();
    tokio::select! {
        () = open.closed() => {}
        () = tokio::time::sleep(GRACE) => {
            tracing::warn!("cut off requests that were still open {GRACE:?} after the stop");
        }
    }
}

/// State shared by all connections.
struct Entrance {
    router: Router,
    proxies: Proxies,
}

impl Entrance {
    /// Whose share a connection of this peer counts towards: this machine and the proxies act for
    /// others.
    fn share(&self, peer: IpAddr) -> Option<IpAddr> {
        let bounded = !peer.is_loopback() && !self.proxies.include(peer);
        bounded.then(|| Caller(peer).counted_as())
    }

    /// Answers the calls of a connection until it ends or `stop`.
    async fn answer(
        &self,
        mut stream: TcpStream,
        peer: IpAddr,
        seat: Seat,
        stop: impl Future<Output = ()>,
        open: watch::Receiver<()>,
    ) {
        // An answer is small and somebody waits for it.
        let _ = stream.set_nodelay(true);
        let within = if self.proxies.include(peer) { PROXY_WITHIN } else { HEAD_WITHIN };
        let (seat, called) = (Arc::new(seat), AtomicBool::new(false));
        let service = service_fn(|call| {
            called.store(true, Ordering::Relaxed);
            self.call(call, peer, Arc::clone(&seat))
        });
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(within)
                .max_buf_size(LARGEST_HEAD)
                .serve_connection(TokioIo::new(&mut stream), service)
        );
        let end = tokio::select! {
            end = connection.as_mut() => end,
            () = stop => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        drop(open);
        match end {
            Err(error) if error.is_parse() => seat.note(Reason::Unreadable),
            Err(error) if error.is_timeout() && !called.load(Ordering::Relaxed) => {
                seat.note(Reason::Silent);
            }
            _ => {}
        }
        let _ = tokio::time::timeout(LINGER, forget(stream)).await;
    }

    async fn call(
        &self,
        call: Request<Incoming>,
        peer: IpAddr,
        seat: Arc<Seat>,
    ) -> Result<Response<Going>, Infallible> {
        let (mut head, body) = call.into_parts();
        head.extensions.insert(self.proxies.caller(peer, &head.headers));
        if self.proxies.include(peer.to_canonical()) {
            head.extensions.insert(FromProxy);
        }
        head.extensions.insert(Arc::clone(&seat));
        let (body, given_up) = Coming::new(body, Arc::clone(&seat));
        let call = Request::from_parts(head, Body::new(body));
        let Ok(mut answer) = self.router.clone().oneshot(call).await;
        if let Some(status) = given_up.answer() {
            answer = status.into_response();
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(answer.map(|body| Going::new(body, seat)))
    }
}

/// Delays the answer to the call with these extensions. Meanwhile its connection may be closed if
/// others need the room, so that waiting callers keep nobody out.
pub async fn hold_back(extensions: &Extensions, wait: Duration) {
    let seat = extensions.get::<Arc<Seat>>();
    if let Some(seat) = seat {
        seat.awaits(Awaits::HeldBack);
    }
    tokio::time::sleep(wait).await;
    if let Some(seat) = seat {
        seat.awaits(Awaits::Answer);
    }
}

/// Reads and drops the remaining input.
async fn forget(mut stream: TcpStream) {
    let mut bytes = [0; 8 * 1024];
    if stream.shutdown().await.is_ok() {
        while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    }
}

/// Whether a connection could not be accepted because of us.
fn is_ours(error: &std::io::Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}
