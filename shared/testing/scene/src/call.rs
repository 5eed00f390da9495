//! A webhook call of a provider.

use bytes::Bytes;
use fakes::{Route, WebhookCall};

/// The address that the providers know.
pub(crate) const PUBLIC_URL: &str = "https://text.example.test";

/// A webhook call as it was made, for making it again.
#[derive(Clone)]
pub struct Call(pub(crate) WebhookCall);

impl Call {
    /// The call as the function receives it.
    pub fn request(&self) -> http::Request<Bytes> {
        let body = Bytes::from(self.0.body.clone());
        let mut request = http::Request::post(self.0.path()).body(body).unwrap();
        *request.headers_mut() = self.0.headers.clone();
        request
    }

    pub(crate) fn provider(&self) -> &str {
        self.0.path().split('/').nth(2).unwrap()
    }
}

/// Calls are passed on within this process, so the address behind it is arbitrary.
pub(crate) fn route() -> Route {
    Route::new(PUBLIC_URL, ([127, 0, 0, 1], 9).into())
}
