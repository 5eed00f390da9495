//! Where requests go, and as whom.

use async_openai::config::Config;
use http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use settings::{SettingsError, is_unspecified};
use url::Url;

/// The end of most addresses, which is as often forgotten as it is written where none belongs.
const VERSION: &str = "/v1";

/// What people copy along, since the page that they copy from shows a whole request.
const ENDS: [&str; 9] = [
    "/chat/completions",
    "/completions",
    "/models",
    "/responses",
    "/embeddings",
    "/api/generate",
    "/api/tags",
    "/api/chat",
    "/chat",
];

/// Where requests go, and as whom. Unlike the configuration that comes with `async-openai` it
/// looks at no environment variable.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) address: String,
    /// The same with or without its version, if that may be what was meant.
    other: Option<String>,
    key: SecretString,
    headers: HeaderMap,
}

impl Endpoint {
    pub(super) fn new(address: &str, key: Option<SecretString>) -> Result<Self, SettingsError> {
        let invalid =
            |name, problem: &str| SettingsError::Invalid { name, problem: problem.into() };
        let url = checked(address).map_err(|problem| invalid("OPENAI_BASE_URL", problem))?;
        let mut headers = HeaderMap::new();
        if let Some(key) = &key {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()))
                .map_err(|_| {
                    invalid("OPENAI_API_KEY", "a key is one line of letters and digits")
                })?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let address = url.as_str().trim_end_matches('/').to_owned();
        let other = match address.strip_suffix(VERSION) {
            Some(without) => Some(without.to_owned()),
            // Its address names what is asked there.
            None if address.contains("/deployments/") => None,
            None => Some(format!("{address}{VERSION}")),
        };
        Ok(Self { address, other, key: key.unwrap_or_default(), headers })
    }

    /// Whether another address may be meant.
    pub(super) fn has_other(&self) -> bool {
        self.other.is_some()
    }

    /// The same, or the other that may be meant.
    pub(super) fn at(&self, is_elsewhere: bool) -> Self {
        match &self.other {
            Some(other) if is_elsewhere => Self { address: other.clone(), ..self.clone() },
            _ => self.clone(),
        }
    }
}

/// The address, or what to write instead. It is not repeated: there may be a key in it.
fn checked(address: &str) -> Result<Url, &'static str> {
    let url = Url::parse(address.trim()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or(
        "write it with http:// or https:// in front, as https://api.openai.com/v1 or \
         http://localhost:11434/v1",
    )?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("leave out the name and the password before its @, and put the key into \
                    OPENAI_API_KEY");
    }
    if url.query().is_some() {
        return Err("leave out the ? and what follows it, as in https://api.openai.com/v1");
    }
    if url.fragment().is_some() {
        return Err("leave out the # and what follows it, as in https://api.openai.com/v1");
    }
    if is_unspecified(&url) {
        return Err(
            "that is where a server listens, and not where it is: write 127.0.0.1 for this \
                    machine, or the name of the other",
        );
    }
    let path = url.path().trim_end_matches('/');
    if let Some(end) = ENDS.iter().find(|end| path.ends_with(*end)) {
        return Err(match *end {
            "/chat/completions" => {
                "leave out /chat/completions at its end, as in https://api.openai.com/v1"
            }
            "/completions" => "leave out /completions at its end, as in https://api.openai.com/v1",
            "/models" => "leave out /models at its end, as in https://api.openai.com/v1",
            "/api/chat" | "/api/generate" | "/api/tags" => {
                "write /v1 instead of its end, as in http://localhost:11434/v1"
            }
            _ => "leave out what follows /v1, as in https://api.openai.com/v1",
        });
    }
    Ok(url)
}

impl Config for Endpoint {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.address
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}
