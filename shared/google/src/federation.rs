//! Credentials without a Google key: Google issues tokens for a role at AWS.
//!
//! `google-cloud-auth` signs a call to AWS with the keys that Lambda puts into the environment, and
//! Google makes that call to see whose they are.
//! <https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds>

use std::error::Error;
use std::iter::successors;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use firestore::gcloud_sdk::HeaderMap;
use firestore::gcloud_sdk::google_cloud_auth::credentials::external_account::Builder;
use firestore::gcloud_sdk::google_cloud_auth::credentials::{
    CacheableResource, Credentials, CredentialsProvider,
};
use firestore::gcloud_sdk::google_cloud_auth::errors::CredentialsError;
use firestore::gcloud_sdk::tonic::codegen::http::Extensions;
use serde_json::Value;
use settings::{Settings, SettingsError};

use crate::token::SCOPE;
use crate::written::{misread, written};

const NAME: &str = "GCP_WIF_CONFIG";

/// The timeout for a token: two requests, each of some hundred milliseconds. The library itself would
/// wait forever.
const TIMEOUT: Duration = Duration::from_secs(4);

/// How long a token is used; it lives for an hour. The library's clock stops while a sandbox is frozen,
/// so it would keep using one that has expired.
const RENEW_AFTER: Duration = Duration::from_secs(45 * 60);

/// Tokens for the role whose keys are in the environment.
#[derive(Debug)]
pub(crate) struct Federation {
    configuration: Configuration,
    renew_after: Duration,
    /// The source of the current token, and since when by wall-clock time. A source that failed is
    /// dropped: the library would repeat a refusal forever.
    current: Mutex<Option<(Credentials, SystemTime)>>,
}

/// The value of `GCP_WIF_CONFIG`. `Debug` prints none of it, because it may contain a client's secret.
struct Configuration(Value);

impl std::fmt::Debug for Configuration {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Configuration")
    }
}

impl Federation {
    /// From the value of `GCP_WIF_CONFIG`: an `external_account` configuration made for AWS, or the
    /// path of a file with one.
    pub(crate) fn from_settings(value: &str, settings: &Settings) -> Result<Self, SettingsError> {
        let invalid = |problem: String| misread(NAME, value, &problem);
        let configuration: Value = serde_json::from_str(&written(NAME, value)?)
            .map_err(|_| invalid("write the JSON of an external_account, or its path".into()))?;
        check(&configuration).map_err(|problem| invalid(problem.into()))?;
        let missing: Vec<_> = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"]
            .into_iter()
            .filter(|name| settings.get(name).is_none())
            .collect();
        if !missing.is_empty() {
            return Err(invalid(format!(
                "the role of AWS that it stands for is taken from the environment, as on Lambda: \
                 set {}, or use GOOGLE_APPLICATION_CREDENTIALS",
                missing.join(", ")
            )));
        }
        let configuration = Configuration(configuration);
        Ok(Self { configuration, renew_after: RENEW_AFTER, current: Mutex::default() })
    }

    fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |since: &SystemTime| since.elapsed().is_ok_and(|age| age < self.renew_after);
        if let Some((credentials, _)) = current.as_ref().filter(|(_, since)| fresh(since)) {
            return Ok(credentials.clone());
        }
        let builder = Builder::new(self.configuration.0.clone()).with_scopes([SCOPE]);
        let credentials =
            builder.build().map_err(|error| CredentialsError::from_source(false, error))?;
        *current = Some((credentials.clone(), SystemTime::now()));
        Ok(credentials)
    }
}

impl CredentialsProvider for Federation {
    async fn headers(
        &self,
        extensions: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let credentials = self.credentials()?;
        let headers = tokio::time::timeout(TIMEOUT, credentials.headers(extensions)).await;
        let headers = headers.unwrap_or_else(|late| Err(CredentialsError::from_source(true, late)));
        if headers.is_err() {
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        headers
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

/// What is wrong with a configuration.
fn check(configuration: &Value) -> Result<(), &'static str> {
    let source = &configuration["credential_source"];
    if configuration["type"] != "external_account" || source["environment_id"] != "aws1" {
        return Err("it has to be an external_account for AWS, as `gcloud iam \
                    workload-identity-pools create-cred-config … --aws` writes one");
    }
    if ["region_url", "url", "imdsv2_session_token_url"].iter().any(|url| !source[url].is_null()) {
        return Err("leave region_url, url and imdsv2_session_token_url out of \
                    credential_source: they name the metadata server of a virtual machine, which \
                    a function does not have and would ask first");
    }
    let texts = ["audience", "subject_token_type", "token_url"];
    if texts.iter().any(|text| !configuration[text].is_string()) {
        return Err("audience, subject_token_type and token_url have to be in it");
    }
    Ok(())
}

/// What to do if there is no token.
pub(crate) fn advice(error: &CredentialsError) -> &'static str {
    let first: &(dyn Error + 'static) = error;
    let mut reasons = successors(Some(first), |reason| (*reason).source());
    if error.is_transient() {
        return "Google's token service does not answer (GCP_WIF_CONFIG)";
    }
    // The library's own words; Google's message behind them is not repeated.
    if reasons.any(|reason| reason.to_string().starts_with("failed to exchange token")) {
        return "Google does not recognise this function's role: check whether audience in \
                GCP_WIF_CONFIG is the provider's name, and whether the provider admits the role";
    }
    "Google gives no token for GCP_WIF_CONFIG: check whether the role may act as the service account \
     (roles/iam.workloadIdentityUser), and whether that exists"
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Child, ChildStdout, Command, Stdio};

    use fakes::{GoogleTokens, Mode};
    use firestore::gcloud_sdk::tonic::codegen::http::header::AUTHORIZATION;
    use serde_json::json;

    use super::*;
    use crate::{Credentials, SETTINGS};

    #[tokio::test]
    async fn the_role_of_a_function_becomes_a_service_account() {
        let google = GoogleTokens::start().await;
        let mut function = Function::start("patient", &google.configuration());
        assert_eq!(function.token(), "Bearer account-1");
        assert_eq!(function.token(), "Bearer account-1");
        assert_eq!(google.exchanges(), 1);
    }

    #[tokio::test]
    async fn or_acts_for_itself() {
        let google = GoogleTokens::start().await;
        let mut function = Function::start("patient", &google.direct_configuration());
        assert_eq!(function.token(), "Bearer datastore-1");
    }

    #[tokio::test]
    async fn tokens_are_renewed_by_the_wall_clock() {
        let google = GoogleTokens::start().await;
        let mut function = Function::start("hasty", &google.configuration());
        let first = function.token();
        assert!(first.starts_with("Bearer account-"), "{first}");
        assert_ne!(function.token(), first);
    }

    #[tokio::test]
    async fn a_refused_token_is_requested_again() {
        let google = GoogleTokens::start().await;
        let mut function = Function::start("patient", &google.configuration());
        let refusal = Mode::Fails(403, r#"{"error":"unauthorized_client"}"#.into());
        google.set_exchange(refusal.clone());
        assert_eq!(
            function.token(),
            "Google does not recognise this function's role: check whether \
             audience in GCP_WIF_CONFIG is the provider's name, and whether the provider admits the \
             role"
        );
        google.set_exchange(Mode::Works);
        google.set_account(refusal);
        assert_eq!(
            function.token(),
            "Google gives no token for GCP_WIF_CONFIG: check whether the \
             role may act as the service account (roles/iam.workloadIdentityUser), and whether \
             that exists"
        );
        google.set_account(Mode::Works);
        google.set_exchange(Mode::HangsBefore);
        assert_eq!(function.token(), "Google's token service does not answer (GCP_WIF_CONFIG)");
        google.set_exchange(Mode::Works);
        assert!(function.token().starts_with("Bearer account-"));
    }

    #[test]
    fn says_what_is_wrong_with_a_configuration() {
        let keys = Settings::from([
            ("AWS_ACCESS_KEY_ID", "1"),
            ("AWS_SECRET_ACCESS_KEY", "2"),
            ("AWS_REGION", "us-east-1"),
        ]);
        let good = json!({
            "type": "external_account",
            "audience": "//iam.googleapis.com/…",
            "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
            "token_url": "https://sts.googleapis.com/v1/token",
            "credential_source": { "environment_id": "aws1" },
        });
        assert!(Federation::from_settings(&good.to_string(), &keys).is_ok());
        let with = |place: &str, value: &str| {
            let mut changed = good.clone();
            let (parent, field) = place.rsplit_once('/').unwrap();
            changed.pointer_mut(parent).unwrap()[field] = value.into();
            changed.to_string()
        };
        let without = |field: &str| {
            let mut changed = good.clone();
            changed.as_object_mut().unwrap().remove(field);
            changed.to_string()
        };
        for (value, settings, problem) in [
            (
                "nowhere.json".to_owned(),
                &keys,
                "write the path of its file, or its content: nowhere.json is not readable: ",
            ),
            ("{".into(), &keys, "write the JSON of an external_account, or its path"),
            (with("/type", "service_account"), &keys, "it has to be an external_account for AWS"),
            (with("/credential_source", "x"), &keys, "it has to be an external_account for AWS"),
            (without("credential_source"), &keys, "it has to be an external_account for AWS"),
            (without("audience"), &keys, "audience, subject_token_type and token_url have to be"),
            (
                with("/credential_source/imdsv2_session_token_url", "http://169.254.169.254/x"),
                &keys,
                "leave region_url, url and imdsv2_session_token_url out of credential_source",
            ),
            (
                good.to_string(),
                &Settings::from([("AWS_REGION", "us-east-1")]),
                "the role of AWS that it stands for is taken from the environment, as on Lambda: \
                 set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, or use GOOGLE_APPLICATION_CREDENTIALS",
            ),
        ] {
            let told = Federation::from_settings(&value, settings).err().unwrap().to_string();
            let problem = format!("GCP_WIF_CONFIG cannot be used: {problem}");
            assert!(told.starts_with(&problem), "{told}");
        }
    }

    /// A function with the environment that Lambda gives it: this test binary again, in which one of
    /// the two tests below asks for a token whenever a line comes in, and prints it.
    struct Function {
        process: Child,
        output: BufReader<ChildStdout>,
    }

    #[test]
    #[ignore = "is started by other tests"]
    fn patient() {
        ask_for_tokens(RENEW_AFTER);
    }

    #[test]
    #[ignore = "is started by other tests"]
    fn hasty() {
        ask_for_tokens(Duration::ZERO);
    }

    impl Function {
        fn start(name: &str, configuration: &Value) -> Self {
            let [id, secret, session] = GoogleTokens::KEYS;
            let mut process = Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    &format!("federation::tests::{name}"),
                    "--ignored",
                    "--nocapture",
                ])
                .env_clear()
                .envs([
                    ("AWS_ACCESS_KEY_ID", id),
                    ("AWS_SECRET_ACCESS_KEY", secret),
                    ("AWS_SESSION_TOKEN", session),
                    ("AWS_REGION", GoogleTokens::REGION),
                    ("GCP_WIF_CONFIG", &configuration.to_string()),
                ])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let output = BufReader::new(process.stdout.take().unwrap());
            Self { process, output }
        }

        /// The header that it would send to Firestore now, or why there is none.
        fn token(&mut self) -> String {
            self.process.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
            let mut lines = self.output.by_ref().lines().map(Result::unwrap);
            lines.find_map(|line| Some(line.split_once("got ")?.1.to_owned())).unwrap()
        }
    }

    impl Drop for Function {
        fn drop(&mut self) {
            drop(self.process.stdin.take());
            self.process.wait().unwrap();
        }
    }

    fn ask_for_tokens(renew_after: Duration) {
        let settings = Settings::from_env([SETTINGS]);
        let Some(configuration) = settings.get("GCP_WIF_CONFIG") else { return };
        let federation = Federation::from_settings(configuration, &settings).unwrap();
        let federation = Credentials::of_federation(Federation { renew_after, ..federation });
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for _ in std::io::stdin().lines() {
            let got = runtime.block_on(async {
                let headers = federation.headers().await.map_err(|error| error.to_string())?;
                let headers = headers.headers().await.unwrap();
                Ok::<_, String>(headers[AUTHORIZATION].to_str().unwrap().to_owned())
            });
            println!("got {}", got.unwrap_or_else(|problem| problem));
        }
    }
}
