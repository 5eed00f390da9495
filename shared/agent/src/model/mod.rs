//! The model, at any address that speaks OpenAI's chat-completions protocol.
//!
//! The only place that knows `async-openai`, and the forms of particular servers. Requests are built
//! from its types where it has some. Answers are parsed here, because supposedly compatible servers
//! leave out ids, types and reasons, and because `async-openai` logs answers that it cannot parse. It
//! never gets such an answer.
//!
//! <https://platform.openai.com/docs/api-reference/chat/create>

mod adapt;
mod address;
mod check;
mod form;
mod history;
mod in_words;
mod reading;
mod refusal;
mod request;
mod schema;
mod stream;
mod wait;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_openai::Client;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use connections::Connections;
use http::StatusCode;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::Value;
use settings::{Names, Settings, SettingsError};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use tower::service_fn;

use self::address::Endpoint;
use self::history::name_calls;
use self::reading::{by_word, parse};
use self::refusal::{Refusal, refusal};
use self::request::Request;
use self::stream::Events;
use crate::budget::{Spending, Used};
use crate::pulse::Pulse;
use crate::turns::Turn;

pub use self::check::{Lack, ModelCheck};
pub(crate) use self::form::Form;
pub(crate) use self::reading::{Completion, End};
pub(crate) use self::schema::Described;

const ADDRESS: &str = "https://api.openai.com/v1";

/// The longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 1 << 20;

/// The same for a stream, whose chunks repeat their metadata.
const STREAM_BYTES: usize = 8 << 20;

/// The prefix of each chunk of a stream.
const DATA: &[u8] = b"data:";

/// The code for an unreadable answer.
const NONSENSE: &str = "nonsense";

/// The code for a server that does not answer in time.
const SLOW: &str = "slow";

/// The code for a question that costs more than may be spent.
const OVER_BUDGET: &str = "over budget";

/// The codes after which an answer may have been made that never reached us.
const UNHEARD: [&str; 4] = [SLOW, NONSENSE, "cut", "too long"];

/// Why there is no answer. Each variant asks the caller for a different action.
///
/// The codes are short words for the operator: the HTTP status and the server's name for the problem,
/// or a word of ours. They contain no words of the conversation.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ModelError {
    /// The model is down, slow, overloaded, or gives unusable answers. Ask again later.
    #[error("the model cannot answer now: {code}")]
    Unavailable {
        /// `503`, `429 rate_limit_exceeded`, `slow`, `unreachable`, `cut`, `nonsense`, `empty`.
        code: String,
        /// How long the server asked us to wait, if it did.
        after: Option<Duration>,
    },
    /// The model refuses us permanently: key, quota, model name or request are wrong. A person has to
    /// act.
    #[error("the model refuses until somebody acts: {code}")]
    Misconfigured {
        /// `401 invalid_api_key`, `429 insufficient_quota`, `404 model_not_found`.
        code: String,
    },
    /// The model works but does not answer this. Asking the same again has the same result.
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

    /// Whether it was not asked, because that would have cost more than may be spent.
    pub fn is_over_budget(&self) -> bool {
        matches!(self, Self::Refused { code } if code == OVER_BUDGET)
    }

    /// Whether a refusal may be about the form of the request, so that it affects everybody, rather
    /// than about one person's words.
    pub fn is_about_form(&self) -> bool {
        let Self::Refused { code } = self else { return false };
        let is_status = code.bytes().next().is_some_and(|first| first.is_ascii_digit());
        is_status && !["content", "policy", "moderation"].iter().any(|word| code.contains(word))
    }

    /// Whether the server may charge for an answer that we do not have.
    fn may_be_charged(&self) -> bool {
        matches!(self, Self::Unavailable { code, .. } if UNHEARD.contains(&code.as_str()))
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

/// A model on any server that speaks OpenAI's protocol. `Debug` prints only the model's name.
#[derive(Clone)]
pub struct OpenAi {
    endpoint: Endpoint,
    connections: Connections,
    model: String,
    /// The form that the server accepts, as far as this process knows.
    known: Arc<Mutex<Form>>,
}

/// A question to the model.
pub(crate) struct Question<'a> {
    pub(crate) prompt: &'a str,
    pub(crate) turns: &'a [Turn],
    pub(crate) tools: &'a Described,
    /// Whether it may call tools instead of talking.
    pub(crate) may_call: bool,
    /// The time and time zone: texts from another time are sent with theirs.
    pub(crate) now: Timestamp,
    pub(crate) zone: &'a TimeZone,
    /// The deadline of all its requests.
    pub(crate) until: Instant,
    /// What may be spent on it.
    pub(crate) spending: &'a Spending,
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
    /// An address alone is enough, since a local server often needs no key. `model` is the default for
    /// `OPENAI_MODEL`.
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
    /// Nothing is sent. An address or a key that could not be used in a request is an error that names
    /// its setting.
    pub fn new(
        address: &str,
        key: Option<SecretString>,
        model: impl Into<String>,
    ) -> Result<Self, SettingsError> {
        let endpoint = Endpoint::new(address, key)?;
        // A proxy from the environment is used: the model may be on another network.
        let connections =
            Connections::new(|builder| builder.connect_timeout(Duration::from_secs(5)));
        Ok(Self { endpoint, connections, model: model.into(), known: Arc::default() })
    }

    /// Connects ahead of the first question, if there is no connection.
    pub async fn prepare(&self) {
        self.connections.warm_up(&self.endpoint.address).await;
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.model
    }

    /// Its address, such as `https://api.openai.com/v1`.
    pub fn address(&self) -> &str {
        &self.endpoint.address
    }

    /// The form that the server accepts, as far as it is known.
    pub(crate) fn form(&self) -> Form {
        self.known().clone()
    }

    /// Asks once in this form, for at most `limit`; a stream may take until the question's deadline, if
    /// no chunk takes longer than `limit`.
    ///
    /// The answer may be empty. Beside an error are the tokens that may have been used all the same. If the server refuses the form, and another may work, the form is
    /// changed for the next time.
    pub(crate) async fn ask(
        &self,
        form: &mut Form,
        question: &Question<'_>,
        pulse: &Pulse,
        limit: Duration,
    ) -> Result<Completion, (ModelError, Used)> {
        let request = form.request(&self.model, question);
        let most = Used { input: request.tokens(), cached: 0, output: request.answer_tokens() };
        drop(request);
        match self.ask_closely(form, question, pulse, limit).await {
            Ok((mut answer, _)) => {
                if answer.used == Used::default() {
                    // The server does not count.
                    answer.used = Used { output: answer.tokens(), ..most };
                }
                Ok(answer)
            }
            // It may have answered, and charge for that.
            Err(error) if error.may_be_charged() => Err((error, most)),
            Err(error) => Err((error, Used::default())),
        }
    }

    /// The same, with the raw answer.
    async fn ask_closely(
        &self,
        form: &mut Form,
        question: &Question<'_>,
        pulse: &Pulse,
        limit: Duration,
    ) -> Result<(Completion, Value), ModelError> {
        let request = form.request(&self.model, question);
        if request.is_over_budget {
            return Err(ModelError::Refused { code: OVER_BUDGET.into() });
        }
        let messages = request.messages.len();
        let asked = Instant::now();
        let until = question.until.max(asked + limit);
        let answer = self.exchange(form, &request, pulse, limit, until).await;
        match answer.and_then(|raw| Ok((parse(&raw, &question.tools.names)?, raw))) {
            Ok((mut answer, raw)) => {
                form.took(Some(asked.elapsed()));
                form.is_proven = true;
                self.learn(form, messages);
                name_calls(&mut answer.tool_calls, question.turns);
                Ok((answer, raw))
            }
            Err(Refusal { error, complaint }) => {
                let request = request.value();
                let before = form.clone();
                match error.code() {
                    SLOW => {
                        form.took(None);
                        self.known().took(None);
                    }
                    NONSENSE => form.was_nonsense(),
                    _ => {}
                }
                if complaint.is_of_address && self.endpoint.has_other() && form.go_elsewhere() {
                    return Err(ModelError::Refused { code: error.code().into() });
                }
                if form.adapt(&complaint, &request) && before.context == form.context {
                    // The complaint is a different one now: the last change was right.
                    self.learn(&before, messages);
                }
                Err(error)
            }
        }
    }

    /// Remembers the accepted form for later questions.
    fn learn(&self, form: &Form, messages: usize) {
        let mut known = self.known();
        if form.changes == known.changes {
            known.is_proven |= form.is_proven;
        } else if form.changes > known.changes
            && let Some(form) = form.of_server(messages)
        {
            *known = form;
        }
    }

    fn known(&self) -> MutexGuard<'_, Form> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn exchange(
        &self,
        form: &Form,
        request: &Request<'_>,
        pulse: &Pulse,
        limit: Duration,
        until: Instant,
    ) -> Result<Value, Refusal> {
        let (http, carrier) = (self.connections.client(), self.connections.clone());
        let (endpoint, pulse) = (self.endpoint.at(form.is_elsewhere), pulse.clone());
        let client = Client::build(http, endpoint).with_http_service(service_fn(move |request| {
            send(carrier.client(), request, pulse.clone(), limit)
        }));
        match tokio::time::timeout_at(until, client.chat().create_byot(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(reason(error)),
            Err(_) => Err(ModelError::unavailable(SLOW).into()),
        }
    }
}

/// Sends one request, and returns an answer only if it is a success with JSON in it.
///
/// `limit` is for a whole answer, or for each chunk of a stream.
async fn send(
    http: reqwest::Client,
    request: HttpRequestFactory,
    pulse: Pulse,
    limit: Duration,
) -> Result<reqwest::Response, OpenAIError> {
    let slow = |_| boxed(ModelError::unavailable(SLOW));
    let mut until = Instant::now() + limit;
    let request = request.build().await?;
    let mut response = timeout_at(until, http.execute(request)).await.map_err(slow)??;
    let (status, mut body, mut events) = (response.status(), Vec::new(), None::<Events>);
    let mut bytes = 0;
    while let Some(part) = timeout_at(until, response.chunk()).await.map_err(slow)?? {
        bytes += part.len();
        if bytes > if events.is_some() { STREAM_BYTES } else { ANSWER_BYTES } {
            return Err(boxed(ModelError::unavailable("too long")));
        }
        match &mut events {
            Some(events) => events.feed(&part),
            None => {
                body.extend_from_slice(&part);
                if status.is_success() && Events::are_in(&body) {
                    events.insert(Events::default()).feed(&body);
                }
            }
        }
        // A keep-alive line is not a chunk.
        if events.is_some() && part.windows(DATA.len()).any(|words| words == DATA) {
            pulse.beat();
            until = Instant::now() + limit;
        }
    }
    if !status.is_success() {
        return Err(boxed(refusal(status, response.headers(), &body)));
    }
    let answer = match events {
        Some(events) => events.finish(),
        None => serde_json::from_slice(&body).ok(),
    };
    let Some(answer) = answer else { return Err(boxed(ModelError::unavailable(NONSENSE))) };
    if let Some(status) = status_within(&answer) {
        return Err(boxed(refusal(status, response.headers(), answer.to_string().as_bytes())));
    }
    let mut passed = http::Response::new(answer.to_string());
    *passed.status_mut() = status;
    Ok(passed.into())
}

/// The status that fits an error which was sent as a success.
fn status_within(answer: &Value) -> Option<StatusCode> {
    let error = answer.get("error").filter(|error| !error.is_null())?;
    if answer["choices"].as_array().is_some_and(|choices| !choices.is_empty()) {
        return None;
    }
    let code = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let code = code(&error["code"]).and_then(|code| u16::try_from(code).ok());
    // LM Studio's message for a wrong path.
    let is_missing = error.as_str().is_some_and(|words| words.starts_with("Unexpected endpoint"));
    let code = if is_missing { Some(404) } else { code.filter(|code| (400..600).contains(code)) };
    StatusCode::from_u16(code.or_else(|| by_word(error)).unwrap_or(500)).ok()
}

fn boxed(refusal: impl Into<Refusal>) -> OpenAIError {
    OpenAIError::Boxed(Box::new(refusal.into()))
}

/// The rest of an error without anything that may contain words or a key.
fn reason(error: OpenAIError) -> Refusal {
    let code = match error {
        OpenAIError::Boxed(error) => match error.downcast::<Refusal>() {
            Ok(refusal) => return *refusal,
            Err(_) => NONSENSE,
        },
        OpenAIError::Reqwest(error) if error.is_timeout() => SLOW,
        OpenAIError::Reqwest(error) if error.is_connect() => "unreachable",
        OpenAIError::Reqwest(_) => "cut",
        _ => NONSENSE,
    };
    ModelError::unavailable(code).into()
}
