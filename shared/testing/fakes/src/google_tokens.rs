//! Google's exchange of foreign identities for tokens: its token service
//! (<https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>) and the service for
//! acting as a service account
//! (<https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken>).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::network::{Server, parameters};
use crate::{Mode, Switch};

const AUDIENCE: &str = "//iam.googleapis.com/projects/123456789012/locations/global/\
                        workloadIdentityPools/aws/providers/textback";
const ACCOUNT: &str =
    "/v1/projects/-/serviceAccounts/textback@example.iam.gserviceaccount.com:generateAccessToken";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const AWS_REQUEST: &str = "urn:ietf:params:aws:token-type:aws4_request";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const IAM: &str = "https://www.googleapis.com/auth/iam";
const DATASTORE: &str = "https://www.googleapis.com/auth/datastore";

/// A pool that admits one AWS role, and a service account as which the role may act.
///
/// The subject token is a signed call to AWS that Google would make. Here nobody makes it; its form and
/// its signature are checked instead, with the secret that AWS would know.
#[derive(Debug)]
pub struct GoogleTokens {
    server: Server,
    desk: Arc<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    exchange: Switch,
    account: Switch,
    exchanges: Mutex<usize>,
}

impl GoogleTokens {
    /// The region of the role.
    pub const REGION: &str = "us-east-1";
    /// The role's temporary keys: id, secret and session token.
    pub const KEYS: [&str; 3] = ["ASIATEXTBACK", "the-secret-of-the-role", "the-session/of+it=="];

    /// Both services, on one port.
    pub async fn start() -> Self {
        let desk = Arc::<Desk>::default();
        let router = Router::new()
            .route("/v1/token", post(exchange))
            .route(ACCOUNT, post(act))
            .with_state(Arc::clone(&desk));
        Self { server: Server::start(router), desk }
    }

    /// The output of `gcloud iam workload-identity-pools create-cred-config … --aws` for the service
    /// account, without the metadata server.
    pub fn configuration(&self) -> Value {
        let mut configuration = self.direct_configuration();
        let url = format!("{}{ACCOUNT}", self.server.url());
        configuration["service_account_impersonation_url"] = url.into();
        configuration
    }

    /// The same for a role with direct access.
    pub fn direct_configuration(&self) -> Value {
        json!({
            "type": "external_account",
            "audience": AUDIENCE,
            "subject_token_type": AWS_REQUEST,
            "token_url": format!("{}/v1/token", self.server.url()),
            "credential_source": {
                "environment_id": "aws1",
                "regional_cred_verification_url":
                    "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            },
        })
    }

    /// The mode of the token service.
    pub fn set_exchange(&self, mode: Mode) {
        self.desk.exchange.set(mode);
    }

    /// The mode of requests to act as the service account.
    pub fn set_account(&self, mode: Mode) {
        self.desk.account.set(mode);
    }

    /// How many tokens were requested from the token service.
    pub fn exchanges(&self) -> usize {
        *self.desk.exchanges.lock().unwrap()
    }
}

async fn exchange(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    let number = {
        let mut exchanges = desk.exchanges.lock().unwrap();
        *exchanges += 1;
        *exchanges
    };
    let work = async {
        match admitted(&body) {
            Ok(scope) => {
                let whose = if scope == IAM { "role" } else { "datastore" };
                let answer = json!({
                    "access_token": format!("{whose}-{number}"),
                    "issued_token_type": ACCESS_TOKEN,
                    "token_type": "Bearer",
                    "expires_in": 3600,
                });
                Json(answer).into_response()
            }
            Err(problem) => refusal(StatusCode::BAD_REQUEST, &problem),
        }
    };
    desk.exchange.apply(work).await
}

/// The scope granted to the role, or why none is.
fn admitted(body: &[u8]) -> Result<String, String> {
    let names = "grant_type requested_token_type subject_token subject_token_type scope audience";
    let mut given = parameters(body, names)?;
    let mut take = |name: &str| given.remove(name).ok_or(format!("{name} is missing"));
    for (name, value) in [
        ("grant_type", TOKEN_EXCHANGE),
        ("requested_token_type", ACCESS_TOKEN),
        ("subject_token_type", AWS_REQUEST),
        ("audience", AUDIENCE),
    ] {
        if take(name)? != value {
            return Err(format!("{name} is wrong"));
        }
    }
    let scope = take("scope")?;
    if scope != IAM && scope != DATASTORE {
        return Err("scope is wrong".into());
    }
    let token = take("subject_token")?;
    // Form-encoded a second time.
    let token =
        form_urlencoded::parse(token.as_bytes()).map(|(token, _)| token).collect::<String>();
    let call: Value = serde_json::from_str(&token).map_err(|error| error.to_string())?;
    verify(&call).map(|()| scope).ok_or("the subject's token is wrong".into())
}

/// Whether this is the call by which AWS identifies the signer, meant for this pool, fresh, and signed
/// by the role
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
fn verify(call: &Value) -> Option<()> {
    let [id, secret, session] = GoogleTokens::KEYS;
    let region = GoogleTokens::REGION;
    let headers: BTreeMap<String, &str> = call["headers"]
        .as_array()?
        .iter()
        .map(|header| Some((header["key"].as_str()?.to_lowercase(), header["value"].as_str()?)))
        .collect::<Option<_>>()?;
    let url = Url::parse(call["url"].as_str()?).ok()?;
    let host = format!("sts.{region}.amazonaws.com");
    let date = *headers.get("x-amz-date")?;
    let age = Timestamp::now().duration_since(
        jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date)
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp(),
    );
    let scope = format!("{}/{region}/sts/aws4_request", &date[..8]);
    let signed = "host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource";
    let query = "Action=GetCallerIdentity&Version=2011-06-15";
    let canonical = format!(
        "POST\n/\n{query}\nhost:{host}\nx-amz-date:{date}\nx-amz-security-token:{session}\n\
         x-goog-cloud-target-resource:{AUDIENCE}\n\n{signed}\n{}",
        hex(&Sha256::digest(""))
    );
    let string = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = [&date[..8], region, "sts", "aws4_request"]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={}",
        hex(&hmac(&key, &string))
    );
    let expected = [
        ("authorization", authorization.as_str()),
        ("host", host.as_str()),
        ("x-amz-date", date),
        ("x-amz-security-token", session),
        ("x-goog-cloud-target-resource", AUDIENCE),
    ];
    let is_right = headers == expected.map(|(name, value)| (name.to_owned(), value)).into()
        && url.as_str() == format!("https://{host}/?{query}")
        && call["method"] == "POST"
        && call["body"] == ""
        && age.abs() < SignedDuration::from_mins(15);
    is_right.then_some(())
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn act(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
    let work = async {
        match acting(&head.headers, &body) {
            Some(number) => {
                let end = Timestamp::now() + SignedDuration::from_hours(1);
                let token = format!("account-{number}");
                Json(json!({ "accessToken": token, "expireTime": end.to_string() })).into_response()
            }
            None => refusal(StatusCode::BAD_REQUEST, "the request is wrong"),
        }
    };
    desk.account.apply(work).await
}

/// The role's token in use, if the request is as documented.
fn acting<'a>(headers: &'a HeaderMap, body: &[u8]) -> Option<&'a str> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let known = ["scope", "lifetime"];
    let is_right = body.as_object()?.keys().all(|name| known.contains(&name.as_str()))
        && body["scope"] == json!([DATASTORE])
        && body["lifetime"] == "3600s";
    let bearer = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    bearer.strip_prefix("Bearer role-").filter(|_| is_right)
}

fn refusal(status: StatusCode, description: &str) -> Response {
    let refusal = json!({ "error": "invalid_grant", "error_description": description });
    (status, Json(refusal)).into_response()
}
