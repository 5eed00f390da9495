//! The model, at any address that speaks OpenAI's chat-completions protocol.
//!
//! The only place that knows `async-openai`, and what is about one server's form. Requests are built
//! from its types; answers are read by us, because servers that call themselves compatible leave out
//! ids, types and reasons, and because `async-openai` logs what it cannot read. It is given no answer
//! that it could not read.
//!
//! <https://platform.openai.com/docs/api-reference/chat/create>

mod form;
mod history;
mod reading;
mod refusal;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, ChatCompletionToolChoiceOption, CreateChatCompletionRequest,
    ToolChoiceOptions,
};
use connections::Connections;
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use settings::{Names, Settings, SettingsError};
use thiserror::Error;
use tower::service_fn;
use url::Url;

use self::form::{ANSWER_TOKENS, described};
use self::history::{messages, name_calls};
use self::reading::read;
use self::refusal::{asked_to_wait, refusal};
use crate::pulse::Pulse;
use crate::tools::Tool;
use crate::turns::Turn;

pub(crate) use self::form::Form;
pub(crate) use self::reading::{Answer, End};

const ADDRESS: &str = "https://api.openai.com/v1";

/// The longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 1 << 20;

/// Why there is no answer. Each variant is something the caller does differently.
///
/// The codes are short words for the operator: the HTTP status and what the server calls the
/// problem, or a word of ours. They hold nothing that was said.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ModelError {
    /// The model is down, slow, overloaded, or answers what cannot be used. Ask again later.
    #[error("the model cannot answer now: {code}")]
    Unavailable {
        /// `503`, `429 rate_limit_exceeded`, `slow`, `unreachable`, `cut`, `nonsense`, `empty`.
        code: String,
        /// How long the model asked to be left alone, if it did.
        after: Option<Duration>,
    },
    /// The model refuses us and will go on doing so: key, quota, model name or request are wrong.
    /// A person has to act.
    #[error("the model refuses until somebody acts: {code}")]
    Misconfigured {
        /// `401 invalid_api_key`, `429 insufficient_quota`, `404 model_not_found`.
        code: String,
    },
    /// The model works, and does not answer this. To ask the same once more brings the same.
    #[error("the model does not answer this: {code}")]
    Refused {
        /// `400 content_filter`, `cut`, `filtered`, `empty`.
        code: String,
    },
}

impl ModelError {
    pub(crate) fn unavailable(code: &str) -> Self {
        Self::Unavailable { code: code.into(), after: None }
    }

    /// Whether it refuses us for what we are, and not perhaps for this one question: by the key, what
    /// is left on the account, or the model's name.
    pub fn is_about_us(&self) -> bool {
        let Self::Misconfigured { code } = self else { return false };
        matches!(code.split(' ').next(), Some("401" | "402" | "404" | "429"))
    }

    /// Whether a refusal may be about the form of the request, so that nobody is answered, and not
    /// about what one person said.
    pub fn is_about_form(&self) -> bool {
        let Self::Refused { code } = self else { return false };
        let is_status = code.bytes().next().is_some_and(|first| first.is_ascii_digit());
        is_status && !["content", "policy", "moderation"].iter().any(|word| code.contains(word))
    }

    /// The short word for the operator.
    pub fn code(&self) -> &str {
        match self {
            Self::Unavailable { code, .. }
            | Self::Misconfigured { code }
            | Self::Refused { code } => code,
        }
    }
}

/// A model of any server that speaks OpenAI's protocol. `Debug` prints the model's name alone.
#[derive(Clone)]
pub struct OpenAi {
    endpoint: Endpoint,
    connections: Connections,
    model: String,
    /// What the server takes, as far as this process has found out.
    known: Arc<Mutex<Form>>,
}

/// What the model is asked.
pub(crate) struct Question<'a> {
    pub(crate) prompt: &'a str,
    pub(crate) turns: &'a [Turn],
    pub(crate) tools: &'a [Box<dyn Tool>],
    /// Whether it may call tools instead of talking.
    pub(crate) may_call: bool,
    /// What time it is, and where: texts of another time are shown with it.
    pub(crate) now: Timestamp,
    pub(crate) zone: &'a TimeZone,
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("OpenAi").field(&self.model).finish()
    }
}

impl OpenAi {
    /// What [`OpenAi::from_settings`] reads.
    pub const SETTINGS: Names = &["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"];

    /// The model of `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL`, or none.
    ///
    /// An address alone is enough, since a server in the house often wants no key. `model` is the
    /// default for `OPENAI_MODEL`.
    pub fn from_settings(settings: &Settings, model: &str) -> Result<Option<Self>, SettingsError> {
        let key = settings.secret("OPENAI_API_KEY");
        let address = settings.get("OPENAI_BASE_URL");
        if key.is_none() && address.is_none() {
            return match settings.get("OPENAI_MODEL") {
                None => Ok(None),
                Some(_) => {
                    let missing = vec!["OPENAI_API_KEY"];
                    Err(SettingsError::Missing { owner: "the model", missing })
                }
            };
        }
        let model = settings.get("OPENAI_MODEL").unwrap_or(model);
        Self::new(address.unwrap_or(ADDRESS), key, model).map(Some)
    }

    /// A model by its name at an address such as `https://api.openai.com/v1`.
    ///
    /// Nothing is sent. An address or a key that no request could carry is an error that names its
    /// setting.
    pub fn new(
        address: &str,
        key: Option<SecretString>,
        model: impl Into<String>,
    ) -> Result<Self, SettingsError> {
        let endpoint = Endpoint::new(address, key)?;
        // A proxy that the environment names is used: the model may be in another house.
        let connections =
            Connections::new(|builder| builder.connect_timeout(Duration::from_secs(5)));
        Ok(Self { endpoint, connections, model: model.into(), known: Arc::default() })
    }

    /// Connects ahead of the first question, if there is no connection.
    pub async fn prepare(&self) {
        self.connections.open(&self.endpoint.address).await;
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.model
    }

    /// Where it is asked, as `https://api.openai.com/v1`.
    pub fn address(&self) -> &str {
        &self.endpoint.address
    }

    /// Asks for a word, for at most `limit`: whether the key, the model's name and the quota are
    /// good is nowhere to be read without asking. Costs some twenty tokens.
    pub async fn try_out(&self, limit: Duration) -> Result<(), ModelError> {
        let question = ChatCompletionRequestUserMessage::from("Answer with the word OK.");
        let request = CreateChatCompletionRequest {
            model: self.model.clone(),
            messages: vec![question.into()],
            // As in earnest: a model that thinks first spends it on that, and refuses less.
            max_completion_tokens: Some(ANSWER_TOKENS),
            ..Default::default()
        };
        self.exchange(value(&request), limit).await?;
        Ok(())
    }

    /// What the server takes, as far as it is known.
    pub(crate) fn form(&self) -> Form {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks once, in this form and for at most `limit`.
    ///
    /// The answer may be empty. Where the server refuses the form, and another may do, it is changed
    /// for the next time.
    pub(crate) async fn ask(
        &self,
        form: &mut Form,
        question: &Question<'_>,
        pulse: &Pulse,
        limit: Duration,
    ) -> Result<Answer, ModelError> {
        pulse.beat();
        let Question { prompt, turns, tools, may_call, now, zone } = *question;
        let request = CreateChatCompletionRequest {
            model: self.model.clone(),
            tools: Some(tools.iter().map(|tool| described(tool.as_ref())).collect()),
            // The tools stay in the request: the list holds earlier calls of them.
            tool_choice: (!may_call)
                .then_some(ChatCompletionToolChoiceOption::Mode(ToolChoiceOptions::None)),
            max_completion_tokens: Some(ANSWER_TOKENS),
            ..Default::default()
        };
        let mut request = value(&request);
        let said = messages(turns, now, zone, form.echo);
        let system = json!({ "role": "system", "content": prompt });
        request["messages"] = [system].into_iter().chain(said).collect();
        let mut answer = self.exchange(request, limit).await?;
        name_calls(&mut answer.tool_calls, turns);
        Ok(answer)
    }

    async fn exchange(&self, request: Value, limit: Duration) -> Result<Answer, ModelError> {
        let (http, carrier) = (self.connections.client(), self.connections.clone());
        let client = Client::build(http, self.endpoint.clone())
            .with_http_service(service_fn(move |request| carry(carrier.client(), request)));
        match tokio::time::timeout(limit, client.chat().create_byot(request)).await {
            Ok(Ok(answer)) => read(&answer).ok_or_else(|| ModelError::unavailable("nonsense")),
            Ok(Err(error)) => Err(reason(error)),
            Err(_) => Err(ModelError::unavailable("slow")),
        }
    }
}

/// A request, to which may be added what its type does not know.
fn value(request: &CreateChatCompletionRequest) -> Value {
    serde_json::to_value(request).expect("a request is plain data")
}

/// Where requests go, and as whom. Unlike the configuration that comes with `async-openai` it
/// looks at no environment variable.
#[derive(Clone)]
struct Endpoint {
    address: String,
    key: SecretString,
    headers: HeaderMap,
}

impl Endpoint {
    fn new(address: &str, key: Option<SecretString>) -> Result<Self, SettingsError> {
        let invalid =
            |name, problem: &str| SettingsError::Invalid { name, problem: problem.into() };
        if !Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err(invalid("OPENAI_BASE_URL", "write it as https://api.openai.com/v1"));
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = &key {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()))
                .map_err(|_| {
                    invalid("OPENAI_API_KEY", "a key is one line of letters and digits")
                })?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let address = address.trim_end_matches('/').to_owned();
        Ok(Self { address, key: key.unwrap_or_default(), headers })
    }
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

/// Carries one request, and passes on an answer only if it is a success with JSON in it.
async fn carry(
    http: reqwest::Client,
    request: HttpRequestFactory,
) -> Result<reqwest::Response, OpenAIError> {
    let mut response = http.execute(request.build().await?).await?;
    let (status, wait) = (response.status(), asked_to_wait(response.headers()));
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_BYTES {
            return Err(boxed(ModelError::unavailable("too long")));
        }
    }
    if !status.is_success() {
        return Err(boxed(refusal(status, wait, &body)));
    }
    if serde_json::from_slice::<IgnoredAny>(&body).is_err() {
        return Err(boxed(ModelError::unavailable("nonsense")));
    }
    let mut answer = http::Response::new(body);
    *answer.status_mut() = status;
    Ok(answer.into())
}

fn boxed(error: ModelError) -> OpenAIError {
    OpenAIError::Boxed(Box::new(error))
}

/// What is left of an error once everything is taken out that may hold words or a key.
fn reason(error: OpenAIError) -> ModelError {
    match error {
        OpenAIError::Boxed(error) => match error.downcast::<ModelError>() {
            Ok(error) => *error,
            Err(_) => ModelError::unavailable("nonsense"),
        },
        OpenAIError::Reqwest(error) if error.is_timeout() => ModelError::unavailable("slow"),
        OpenAIError::Reqwest(error) if error.is_connect() => ModelError::unavailable("unreachable"),
        OpenAIError::Reqwest(_) => ModelError::unavailable("cut"),
        _ => ModelError::unavailable("nonsense"),
    }
}
