//! A connection to a server with adjustable latency.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// A proxy between a client and its server that delays the client's data. Data sent together
/// arrives together: only waiting for an answer costs time.
pub(crate) struct Distance {
    address: SocketAddr,
    micros: Arc<AtomicU64>,
}

impl Distance {
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let micros = Arc::<AtomicU64>::default();
        let (far, server) = (Arc::clone(&micros), server.to_owned());
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&server).await.unwrap();
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                tokio::spawn(carry(from_client, to_server, Arc::clone(&far)));
                tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
            }
        });
        Self { address, micros }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the latency.
    pub(crate) fn set(&self, far: Duration) {
        self.micros.store(far.as_micros().try_into().unwrap(), Ordering::Relaxed);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, far: Arc<AtomicU64>) {
    let (sender, mut under_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((arrives, bytes)) = under_way.recv().await {
            sleep_until(arrives).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let arrives = Instant::now() + Duration::from_micros(far.load(Ordering::Relaxed));
        if sender.send((arrives, buffer[..length].to_vec())).is_err() {
            return;
        }
    }
}
