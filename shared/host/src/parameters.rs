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
use connections::Connections;
use futures::future::try_join_all;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use settings::{Names, Settings, SettingsError};
use url::Url;

const SECRETS_PATH: &str = "SECRETS_PATH";

/// What a process cannot ask Parameter Store for, because it speaks of the place where it runs.
const OF_THE_PLACE: [&str; 14] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
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

/// How long reading them may take at the start: half of what Lambda gives a start.
pub(crate) const AT_THE_START: Duration = Duration::from_secs(5);

/// How long one request may take. It is answered in some tens of milliseconds.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How long it rests before the first repeat; twice as long before each further one.
const REST: Duration = Duration::from_millis(100);

/// The names, out of those that a function reads, that may stand in Parameter Store.
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

/// The settings of the environment, and those of Parameter Store that it lacks, for a program that
/// reads them once.
pub(crate) async fn completed(environment: Settings) -> Result<Settings, SettingsError> {
    let Some(parameters) = Parameters::of(&environment).await? else { return Ok(environment) };
    let read = parameters.fetch(AT_THE_START).await?;
    Ok(environment.or_those(read))
}

/// The parameters below `SECRETS_PATH` that the environment has no value for.
pub(crate) struct Parameters {
    path: String,
    names: Vec<&'static str>,
    region: String,
    endpoint: String,
    credentials: SharedCredentialsProvider,
    http: Connections,
}

impl Parameters {
    /// What the environment leaves to Parameter Store, or `None` without `SECRETS_PATH`. Region,
    /// endpoint and credentials are those of any AWS program; nothing is read yet.
    pub(crate) async fn of(environment: &Settings) -> Result<Option<Self>, SettingsError> {
        let Some(path) = environment.get(SECRETS_PATH) else { return Ok(None) };
        let path = checked(path)?;
        let mut config = aws_config::defaults(BehaviorVersion::latest());
        if environment.get("AWS_ACCESS_KEY_ID").is_some() {
            // To look for others would begin with reading the system's certificate authorities.
            config = config.credentials_provider(EnvironmentVariableCredentialsProvider::new());
        }
        let config = config.load().await;
        let names = environment.lacking().filter(|name| may_be_stored(name)).collect();
        Self::below(path, names, &config).map(Some)
    }

    /// What stands below this path, for an AWS program that is configured like this.
    pub(crate) fn below(
        path: String,
        names: Vec<&'static str>,
        config: &SdkConfig,
    ) -> Result<Self, SettingsError> {
        let region = config.region().map(AsRef::as_ref).filter(|region: &&str| !region.is_empty());
        let region = region.ok_or_else(|| unusable("it needs a region: set AWS_REGION"))?;
        let endpoint = endpoint(config, region);
        // What signs is not made for anything else, and would panic.
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

    /// Reads them all, at once. One that is missing or blank has no value.
    pub(crate) async fn fetch(&self, limit: Duration) -> Result<Settings, SettingsError> {
        let calls = self.names.chunks(NAMES_A_CALL).map(|names| self.ask_until_answered(names));
        let answers = tokio::time::timeout(limit, try_join_all(calls)).await;
        let answers = answers.unwrap_or_else(|_| {
            Err(unusable(format!(
                "{} did not answer within {} seconds: see whether it can be reached from here \
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

    /// Asks again after what passes by itself, for as long as the caller waits.
    async fn ask_until_answered(&self, names: &[&str]) -> Result<Vec<Parameter>, SettingsError> {
        let mut rest = REST;
        loop {
            match self.ask(names).await {
                Ok(parameters) => return Ok(parameters),
                Err(RequestError::Transient) => {}
                Err(RequestError::Permanent(problem)) => return Err(unusable(problem)),
            }
            // Many sandboxes start at once, and should not all come back at once.
            tokio::time::sleep(rest.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            rest *= 2;
        }
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

    /// What to do about a refusal. Its own words are left out, save for the name that they contain.
    fn refusal(&self, status: StatusCode, refused: &Refused) -> RequestError {
        let code = refused.code.rsplit('#').next().unwrap_or_default();
        // A name may begin with another.
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
                "AWS takes neither these credentials nor what they sign ({code}): see \
                 AWS_ACCESS_KEY_ID and its companions, and the clock"
            ),
            "" => format!("{} does not answer as Parameter Store", self.endpoint),
            code => format!("Parameter Store refuses: {code}"),
        })
    }
}

/// Why a request brought nothing.
enum RequestError {
    /// It passes by itself.
    Transient,
    /// A person has to act, in this way.
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
    // Spelled either way.
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

/// Where Parameter Store is, found as AWS's own clients do, except that the addresses of FIPS, of
/// two IP versions and of secret regions have to be set.
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
