//! A public name, wherever its server really listens.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// TLS in front of a server on loopback, under a public name. Clients reach it through a proxy, since
/// no name server knows the name. Closes when dropped, with all connections.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    certificate: String,
    server: JoinHandle<()>,
}

impl Front {
    /// `https://{name}`, served by `to`.
    pub async fn start(name: &str, to: SocketAddr) -> Self {
        Self::with(CertificateParams::new([name.to_owned()]).unwrap(), name, to).await
    }

    /// The same with an expired certificate.
    pub async fn start_expired(name: &str, to: SocketAddr) -> Self {
        let mut certificate = CertificateParams::new([name.to_owned()]).unwrap();
        certificate.not_after = date_time_ymd(2025, 12, 31);
        Self::with(certificate, name, to).await
    }

    async fn with(mut certificate: CertificateParams, name: &str, to: SocketAddr) -> Self {
        let key = KeyPair::generate().unwrap();
        certificate.distinguished_name.push(DnType::CommonName, name);
        let certificate = certificate.self_signed(&key).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                open.spawn(relay(client, acceptor.clone(), to));
            }
        });
        Self { address, certificate: certificate.pem(), server }
    }

    /// The value for `HTTPS_PROXY`.
    pub fn proxy(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The content of the file for `SSL_CERT_FILE`, so that the certificate is trusted.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Handles `CONNECT` as a proxy, with the named server behind it. A client that rejects the certificate
/// hangs up, which is not an error here.
async fn relay(mut client: TcpStream, acceptor: TlsAcceptor, to: SocketAddr) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    assert!(head.starts_with(b"CONNECT "), "a proxy for https is asked to connect");
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let mut client = acceptor.accept(client).await?;
    copy_bidirectional(&mut client, &mut TcpStream::connect(to).await?).await?;
    Ok(())
}
