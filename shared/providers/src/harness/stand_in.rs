//! A provider and the stand-in for its company.

use bytes::Bytes;
use fakes::{Route, WebhookCall};
use sms::{Provider, Verdict, WebhookError};

use super::{patient, receive, received_line};

/// Where the stand-in finds us.
pub(crate) const PUBLIC_URL: &str = "https://text.example";

/// The result of a call to this path.
pub(crate) async fn said(provider: &impl Provider, path: &str, call: &WebhookCall) -> String {
    let mut request = http::Request::post(path).body(Bytes::from(call.body.clone())).unwrap();
    *request.headers_mut() = call.headers.clone();
    let received: Result<_, WebhookError> = receive(provider, &request).await;
    received_line(&received)
}

/// The findings that are not in order.
pub(crate) async fn faults(provider: &impl Provider) -> Vec<String> {
    let findings = provider.diagnose(&patient()).await.into_iter();
    findings
        .filter(|finding| finding.verdict != Verdict::Works)
        .map(|finding| format!("{:?}", finding.check))
        .collect()
}

/// Nothing is called: the calls are only inspected.
pub(crate) fn route() -> Route {
    Route::new(PUBLIC_URL, ([127, 0, 0, 1], 1).into())
}
