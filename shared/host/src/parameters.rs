//! Settings in Parameter Store.
//!
//! One signed request rather than `aws-sdk-ssm`: that crate knows 150 operations of which one is
//! needed, and compiles for 60 s (debug, one core; 31 s to check), again for each of two release
//! targets. AWS's own crates find credentials, region and endpoint.

use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::service_config::ServiceConfigKey;
use axum::http::{Request, header};
use backon::{ExponentialBuilder, Retryable as _};
use connections::Connections;
use futures::future::try_join_all;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use settings::{Names, Settings, SettingsError};
use url::Url;

const SECRETS_PATH: &str = "SECRETS_PATH";

/// Settings that never come from Parameter Store, because they describe the place where the process
/// runs.
const OF_THE_PLACE: [&str; 15] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CONSOLE_TRUSTED_HEADER",
    "DATA_DIR",
    "FIRESTORE_EMULATOR_HOST",
    "HOST",
    "LOG_FORMAT",
    "PORT",
    "RUST_LOG",
    "TRUSTED_PROXIES",
];

/// How many names one request may hold.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
const NAMES_A_CALL: usize = 10;

/// How long reading them may take at the start: half of what Lambda allows a start.
pub(crate) const AT_THE_START: Duration = Duration::from_secs(5);

/// The timeout of one request. It is answered within some tens of milliseconds.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The pauses between attempts: 50 ms at first, then twice as long each time, plus jitter, since many
/// sandboxes start at the same time and should not all retry at the same time.
const BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(50))
    .without_max_delay()
    .without_max_times()
    .with_jitter();

/// The names that may be in Parameter Store, of those that a function reads.
pub fn parameters(names: &[Names]) -> Vec<&'static str> {
    let mut names: Vec<_> =
        names.iter().copied().flatten().copied().filter(|name| may_be_stored(name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn may_be_stored(name: &str) -> bool {
    name != SECRETS_PATH && !OF_THE_PLACE.contains(&name)
}

/// The settings of the environment, completed from Parameter Store, for a program that reads them once.
pub(crate) async fn completed(environment: Settings) -> Result<Settings, SettingsError> {
    let Some(parameters) = Parameters::of(&environment).await? else { return Ok(environment) };
    let read = parameters.fetch(AT_THE_START).await?;
    Ok(environment.or_those(read))
}

/// The parameters under `SECRETS_PATH` for which the environment has no value.
pub(crate) struct Parameters {
    path: String,
    names: Vec<&'static str>,
    region: String,
    endpoint: String,
    credentials: SharedCredentialsProvider,
    http: Connections,
}

impl Parameters {
    /// The names left to Parameter Store, or `None` without `SECRETS_PATH`. Region, endpoint and
    /// credentials are those of any AWS program; nothing is read yet.
    pub(crate) async fn of(environment: &Settings) -> Result<Option<Self>, SettingsError> {
        let Some(path) = environment.get(SECRETS_PATH) else { return Ok(None) };
        let path = checked(path)?;
        let mut config = aws_config::defaults(BehaviorVersion::latest());
        if environment.get("AWS_ACCESS_KEY_ID").is_some() {
            // Looking for others would begin with reading the system's certificate authorities.
            config = config.credentials_provider(EnvironmentVariableCredentialsProvider::new());
        }
        let config = config.load().await;
        let names = environment.lacking().filter(|name| may_be_stored(name)).collect();
        Self::below(path, names, &config).map(Some)
    }

    /// The parameters under this path, for an AWS program with this configuration.
    pub(crate) fn below(
        path: String,
        names: Vec<&'static str>,
        config: &SdkConfig,
    ) -> Result<Self, SettingsError> {
        let region = config.region().map(AsRef::as_ref).filter(|region: &&str| !region.is_empty());
        let region = region.ok_or_else(|| unusable("it needs a region: set AWS_REGION"))?;
        let endpoint = endpoint(config, region);
        // The signing code expects nothing else, and would panic.
        if !Url::parse(&endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err(unusable(NO_ADDRESS));
        }
        Ok(Self {
            path,
            names,
            region: region.to_owned(),
            endpoint,
            credentials: config.credentials_provider().ok_or_else(|| unusable(NO_CREDENTIALS))?,
            http: Connections::new(|builder| builder.timeout(TIMEOUT)),
        })
    }

    /// Reads all of them concurrently. A missing or blank one has no value.
    pub(crate) async fn fetch(&self, limit: Duration) -> Result<Settings, SettingsError> {
        let calls = self.names.chunks(NAMES_A_CALL).map(|names| self.ask_until_answered(names));
        let answers = tokio::time::timeout(limit, try_join_all(calls)).await;
        let answers = answers.unwrap_or_else(|_| {
            Err(unusable(format!(
                "{} did not answer within {} seconds: check whether it can be reached from here \
                 (inside a VPC it takes an endpoint), and AWS_REGION",
                self.endpoint,
                limit.as_secs()
            )))
        })?;
        let values = answers.into_iter().flatten().filter_map(|parameter| {
            let name = parameter.name.strip_prefix(&self.path)?.to_owned();
            Some((name, parameter.value))
        });
        Ok(values.collect())
    }

    /// Retries after temporary errors, for as long as the caller waits.
    async fn ask_until_answered(&self, names: &[&str]) -> Result<Vec<Parameter>, SettingsError> {
        let is_transient = |error: &RequestError| matches!(error, RequestError::Transient);
        let asked = (|| self.ask(names)).retry(BACKOFF).when(is_transient).await;
        asked.map_err(|error| match error {
            RequestError::Permanent(problem) => unusable(problem),
            RequestError::Transient => unreachable!("temporary errors are retried"),
        })
    }

    async fn ask(&self, names: &[&str]) -> Result<Vec<Parameter>, RequestError> {
        let names: Vec<_> = names.iter().map(|name| format!("{}{name}", self.path)).collect();
        let body = json!({ "Names": names, "WithDecryption": true }).to_string();
        let request = self.signed(body).await?;
        let answer =
            self.http.client().execute(request).await.map_err(|_| RequestError::Transient)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|_| RequestError::Transient)?;
        if status == StatusCode::OK {
            let answer: Found = serde_json::from_slice(&body).map_err(|_| {
                RequestError::Permanent(format!(
                    "{} does not answer as Parameter Store",
                    self.endpoint
                ))
            })?;
            return Ok(answer.parameters);
        }
        let refused: Refused = serde_json::from_slice(&body).unwrap_or_default();
        Err(self.refusal(status, &refused))
    }

    async fn signed(&self, body: String) -> Result<reqwest::Request, RequestError> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials =
            credentials.map_err(|_| RequestError::Permanent(NO_CREDENTIALS.into()))?;
        let no_address = || RequestError::Permanent(NO_ADDRESS.into());
        let request = Request::post(&self.endpoint)
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", "AmazonSSM.GetParameters")
            .body(body)
            .map_err(|_| no_address())?;
        let signed = amazon::sign(request, "ssm", &self.region, credentials, SystemTime::now());
        signed.try_into().map_err(|_| no_address())
    }

    /// What to do about a refusal. AWS's own words are left out, except for the name in them.
    fn refusal(&self, status: StatusCode, refused: &Refused) -> RequestError {
        let code = refused.code.rsplit('#').next().unwrap_or_default();
        // One name may be a prefix of another.
        let meant = self.names.iter().map(|name| format!("{}{name}", self.path));
        let meant = meant.filter(|name| refused.message.contains(name)).max_by_key(String::len);
        RequestError::Permanent(match code {
            "RequestLimitExceeded" | "ThrottlingException" | "TooManyRequestsException" => {
                return RequestError::Transient;
            }
            _ if status.is_server_error() => return RequestError::Transient,
            "AccessDeniedException" if refused.message.contains("kms:") => {
                "the role of this function may not decrypt: allow it kms:Decrypt with the key of \
                 the parameters"
                    .into()
            }
            "AccessDeniedException" => format!(
                "the role of this function may not read {}: allow it ssm:GetParameters on all \
                 that infra/settings.tf.json lists for it",
                meant.unwrap_or_else(|| format!("what is below {}", self.path))
            ),
            "ExpiredTokenException"
            | "IncompleteSignature"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "UnrecognizedClientException" => format!(
                "AWS accepts neither these credentials nor requests signed with them ({code}): see \
                 AWS_ACCESS_KEY_ID and its companions, and the clock"
            ),
            "" => format!("{} does not answer as Parameter Store", self.endpoint),
            code => format!("Parameter Store refuses: {code}"),
        })
    }
}

/// Why a request failed.
enum RequestError {
    /// It is temporary.
    Transient,
    /// A person has to act, as described.
    Permanent(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    value: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    #[serde(rename = "__type")]
    code: String,
    // Both spellings occur.
    #[serde(alias = "Message")]
    message: String,
}

const NO_ADDRESS: &str =
    "AWS_ENDPOINT_URL is no address: write it as https://ssm.us-east-1.amazonaws.com";

const NO_CREDENTIALS: &str = "it needs credentials of AWS: a role, a profile, or \
                              AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

fn unusable(problem: impl Into<String>) -> SettingsError {
    SettingsError::Invalid { name: SECRETS_PATH, problem: problem.into() }
}

/// The path with a slash at its end.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-hierarchies.html>
fn checked(path: &str) -> Result<String, SettingsError> {
    let usable = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let inner = path.strip_prefix('/').map(|path| path.strip_suffix('/').unwrap_or(path));
    match inner {
        Some(inner) if inner.split('/').all(usable) => Ok(format!("/{inner}/")),
        _ => Err(unusable("write a path like /textback/production/")),
    }
}

/// The endpoint of Parameter Store, found as AWS's own clients do, except that the addresses for FIPS,
/// dual-stack and secret regions have to be set.
fn endpoint(config: &SdkConfig, region: &str) -> String {
    let key = ServiceConfigKey::builder()
        .service_id("SSM")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .expect("all three are given");
    let of_service = config.service_config().and_then(|config| config.load_config(key));
    of_service
        .or_else(|| config.endpoint_url().map(str::to_owned))
        .unwrap_or_else(|| amazon::address("ssm", region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_path_with_or_without_its_last_slash() {
        for path in ["/textback/production/", "/textback/production"] {
            assert_eq!(checked(path), Ok("/textback/production/".into()));
        }
        for path in ["textback/production/", "/", "//", "/a//b/", "/a b/", "/a/*", "https://a/b"] {
            assert_eq!(
                checked(path).unwrap_err().to_string(),
                "SECRETS_PATH cannot be used: write a path like /textback/production/"
            );
        }
    }
}
