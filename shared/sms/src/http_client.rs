//! The HTTP client of all providers, and the meaning of a broken connection.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use connections::Connections;
use reqwest::{ClientBuilder, IntoUrl, RequestBuilder};
use serde::de::DeserializeOwned;

use crate::SendError;

/// The timeout of a connection, including DNS and TLS. Nothing has been sent by then, so giving up
/// early costs nothing: the next provider is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The timeout of a request from its first byte to the last of the answer. After that its outcome
/// is unknown, which is worse than late.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer that is read. The largest that we ask for is a page of fifty messages.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// The HTTP client for all providers. Cloning it is cheap and shares its [`Connections`].
///
/// It uses no proxy from the environment, and never repeats a request that may have arrived.
#[derive(Clone)]
pub struct Http {
    connections: Connections,
}

impl Http {
    /// A client with timeouts of 3 s for a connection and 10 s for an exchange.
    pub fn new() -> Self {
        Self::with_timeouts(CONNECT_TIMEOUT, WHOLE_TIMEOUT)
    }

    /// A client with these timeouts for a connection, and for a whole exchange.
    pub fn with_timeouts(connect: Duration, whole: Duration) -> Self {
        let configure = move |builder: ClientBuilder| {
            builder.connect_timeout(connect).timeout(whole).no_proxy()
        };
        Self { connections: Connections::new(configure) }
    }

    /// Connects to this address ahead of a request, if there is no connection. Sends nothing that
    /// the other side would act on.
    pub async fn warm_up(&self, url: &str) {
        self.connections.warm_up(url).await;
    }

    /// Begins a GET request.
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.connections.client().get(url)
    }

    /// Begins a POST request.
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.connections.client().post(url)
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// Without an answer it is [`SendError::Refused`] if there was no connection, and
    /// [`SendError::Unknown`] otherwise, since the request may have arrived.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, SendError> {
        let mut response = request.send().await.map_err(without_answer)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(without_answer)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(SendError::Unknown { code: "unreadable".into() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status: response.status().as_u16(), body: body.freeze() })
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

/// A provider's answer. It has no `Debug`, since it may quote numbers and texts.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    body: Bytes,
}

impl Response {
    /// Whether the HTTP status is a success, which alone proves nothing.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, whatever its type.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body, if it is JSON of this form.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The meaning of the answer if its body is not in the provider's documented form.
    ///
    /// 401, 403 and 429 are sent before a request is processed, and 503 says that it is not handled
    /// now (RFC 9110, 15.6.4): nothing was done. Any other status, even a 400, may come from a
    /// gateway that passed the request on, so nothing is certain.
    pub fn otherwise(&self) -> SendError {
        match self.status {
            401 | 403 | 429 | 503 => SendError::Refused { code: format!("http {}", self.status) },
            200..300 => SendError::Unknown { code: "unreadable".into() },
            _ => SendError::Unknown { code: format!("http {}", self.status) },
        }
    }
}

/// Drops the error itself: it prints the address, which for one provider contains the text.
fn without_answer(error: reqwest::Error) -> SendError {
    if error.is_connect() || error.is_builder() {
        SendError::Refused { code: "connect".into() }
    } else if error.is_timeout() {
        SendError::Unknown { code: "timeout".into() }
    } else {
        SendError::Unknown { code: "cut".into() }
    }
}
