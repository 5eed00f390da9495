//! The deployment at `PUBLIC_URL`, as the world sees it.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use host::Error;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode, header};
use rustls::CertificateError;
use telemetry::TraceId;

/// How long Twilio waits for an answer (docs: webhooks-connection-overrides).
const TIMEOUT: Duration = Duration::from_secs(15);

/// Calls as a provider would: it follows no redirect, and has a provider's timeout.
pub(crate) struct Outside {
    pub(crate) public_url: String,
    http: Client,
}

/// What was wrong, and how to fix it.
#[derive(PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) seen: String,
    pub(crate) fix: String,
}

pub(crate) struct Response {
    pub(crate) status: StatusCode,
    /// The trace that only textback names in its answers to providers.
    pub(crate) trace: Option<TraceId>,
    /// The time there, in whole seconds.
    pub(crate) date: Option<Timestamp>,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Outside {
    /// The deployment at this address.
    pub(crate) fn of(public_url: String) -> Result<Self, Error> {
        let http = Client::builder().redirect(Policy::none()).timeout(TIMEOUT).build()?;
        Ok(Self { public_url, http })
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.public_url))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.public_url))
    }

    /// A call that is already complete.
    pub(crate) fn call(&self, call: http::Request<Bytes>) -> RequestBuilder {
        let call = call.try_into().expect("an address that was read at the start can be called");
        RequestBuilder::from_parts(self.http.clone(), call)
    }

    /// The answer, whatever its status, unless it is a redirect.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Result<Response, Problem> {
        let begun = Instant::now();
        let asked = async {
            let answer = request.send().await?;
            let status = answer.status();
            let header = |name| answer.headers().get(name)?.to_str().ok();
            let trace = header(webhooks::TRACE_HEADER).and_then(TraceId::parse);
            let date = header(header::DATE.as_str()).and_then(|date| rfc2822::parse(date).ok());
            let date = date.map(|date| date.timestamp());
            let body = answer.text().await?;
            Ok(Response { status, trace, date, body, took: begun.elapsed() })
        };
        match asked.await {
            Ok(answer) if answer.status.is_redirection() => Err(Problem::of_status(
                answer.status,
                "providers follow no redirect: set PUBLIC_URL, and the addresses in their \
                 consoles, to its target",
            )),
            Ok(answer) => Ok(answer),
            Err(error) => Err(unanswered(&error)),
        }
    }
}

impl Outside {
    /// Whether the deployment is ready, and how long it takes to say so.
    pub(crate) async fn readiness(&self) -> Result<Duration, Problem> {
        let answer = self.ask(self.get("/readyz")).await?;
        match answer.status {
            StatusCode::OK if answer.body.trim_end() == "ready" => Ok(answer.took),
            StatusCode::SERVICE_UNAVAILABLE if answer.body.trim_end() == "not ready" => {
                Err(Problem::of_status(
                    answer.status,
                    "see the log of inbound: the line that begins with \"not ready\" says what is \
                     wrong, or the one about settings that cannot be used",
                ))
            }
            status => Err(Problem::of_status(status, "route GET /readyz to the function inbound")),
        }
    }
}

impl Problem {
    pub(crate) fn of_status(status: StatusCode, fix: &str) -> Self {
        Self { seen: format!("HTTP {}", status.as_u16()), fix: fix.into() }
    }
}

/// Leaves out the address, which may hold a token.
fn unanswered(error: &reqwest::Error) -> Problem {
    if error.is_timeout() {
        return Problem {
            seen: format!("no answer within {} s", TIMEOUT.as_secs()),
            fix: "providers do not wait longer: find out why the function is slow".into(),
        };
    }
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|error| error.source()) {
        cause = Some(deeper);
    }
    if let Some(problem) = cause.and_then(|cause| cause.downcast_ref()).and_then(certificate) {
        return problem;
    }
    let words = cause.map(ToString::to_string).unwrap_or_else(|| "no readable answer".into());
    Problem { seen: words, fix: "check PUBLIC_URL, its DNS and its certificate".into() }
}

/// The fault in the certificate, if that is why a connection failed.
fn certificate(error: &io::Error) -> Option<Problem> {
    let rustls::Error::InvalidCertificate(error) = error.get_ref()?.downcast_ref()? else {
        return None;
    };
    let (seen, fix) = match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("its certificate has expired", "renew it, and automate the renewal")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("its certificate is for another name", "have one issued for the name in PUBLIC_URL")
        }
        CertificateError::UnknownIssuer => (
            "its certificate was not issued by a trusted authority",
            "use one from a public authority such as Let's Encrypt, and serve the whole chain",
        ),
        error => {
            let seen = format!("its certificate is not valid: {error}");
            return Some(Problem { seen, fix: "have a new one issued".into() });
        }
    };
    Some(Problem { seen: seen.into(), fix: fix.into() })
}

pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}
