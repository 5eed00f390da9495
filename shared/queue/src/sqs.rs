//! The queue at AWS.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html>

use std::borrow::Cow;
use std::collections::HashSet;
use std::error::Error;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, timeout::TimeoutConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Config, Credentials};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use settings::{Settings, SettingsError};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use url::Url;

use crate::{QueueError, WakeUp, rest};

/// The timeouts of one request, and of all its attempts together: a provider waits for the answer
/// of the webhook that sends. A connection that died in a frozen sandbox is given up after the
/// first.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(5));

/// How long SQS waits before it answers that the queue is empty; 20 is the maximum. Seconds.
const LONG_POLL: i32 = 20;

/// How many messages SQS takes in one request, and how many such requests run concurrently.
const BATCH: usize = 10;
const CONCURRENCY: usize = 8;

#[derive(Clone)]
pub(crate) struct Sqs {
    access: Access,
    /// Created on first use: it reads the system's certificate authorities, which takes
    /// milliseconds.
    client: Arc<OnceCell<Client>>,
    url: String,
}

/// Where AWS is, and our identity there.
#[derive(Clone)]
struct Access {
    region: Region,
    endpoint: Option<String>,
    /// Without them, credentials are looked up where AWS programs find theirs.
    credentials: Option<Credentials>,
}

impl Access {
    async fn client(&self) -> Client {
        let (attempt, operation) = TIMEOUTS;
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(attempt)
            .operation_timeout(operation)
            .build();
        let mut config = aws_config::defaults(BehaviorVersion::latest())
            .region(self.region.clone())
            .timeout_config(timeouts);
        if let Some(endpoint) = &self.endpoint {
            config = config.endpoint_url(endpoint);
        }
        if let Some(credentials) = &self.credentials {
            config = config.credentials_provider(credentials.clone());
        }
        Client::new(&config.load().await)
    }
}

/// Where a queue puts messages that failed too often.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
}

impl Sqs {
    pub(crate) fn from_settings(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        let Some(url) = settings.get("TURN_QUEUE_URL") else { return Ok(None) };
        let address = Url::parse(url).ok().filter(|address| address.path().ends_with(".fifo"));
        let Some(address) = address else {
            return Err(SettingsError::Invalid {
                name: "TURN_QUEUE_URL",
                problem: "write the https:// address of an SQS queue whose name ends in .fifo"
                    .into(),
            });
        };
        let region = match region(&address) {
            Some(region) => region,
            None => settings.required("the queue", "AWS_REGION")?.to_owned(),
        };
        let access = Access {
            region: Region::new(region),
            endpoint: settings.get("AWS_ENDPOINT_URL").map(String::from),
            credentials: amazon::credentials(settings)?,
        };
        Ok(Some(Self { access, client: Arc::default(), url: url.into() }))
    }

    /// The client, which is created once.
    pub(crate) async fn client(&self) -> &Client {
        self.client.get_or_init(|| self.access.client()).await
    }

    pub(crate) async fn send(
        &self,
        wake_up: &WakeUp,
        deduplication: &str,
    ) -> Result<(), QueueError> {
        let request = self.client().await.send_message().queue_url(&self.url);
        let message = request.message_body(body(wake_up));
        let message = message.message_group_id(acceptable(&wake_up.conversation));
        message.message_deduplication_id(acceptable(deduplication)).send().await?;
        Ok(())
    }

    pub(crate) async fn send_all(&self, wake_ups: &[(WakeUp, String)]) -> Result<(), QueueError> {
        // One after another if a conversation has several, since nothing else would keep their
        // order.
        let conversations: HashSet<_> = wake_ups.iter().map(|(it, _)| &it.conversation).collect();
        let at_once = if conversations.len() == wake_ups.len() { CONCURRENCY } else { 1 };
        let batches: Vec<_> = wake_ups.chunks(BATCH).map(|batch| self.send_batch(batch)).collect();
        stream::iter(batches).buffered(at_once).try_collect().await
    }

    async fn send_batch(&self, wake_ups: &[(WakeUp, String)]) -> Result<(), QueueError> {
        let entry = |(number, (wake_up, deduplication)): (usize, &(WakeUp, String))| {
            SendMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .message_body(body(wake_up))
                .message_group_id(acceptable(&wake_up.conversation))
                .message_deduplication_id(acceptable(deduplication))
                .build()
                .expect("it has an id and a body")
        };
        let entries = wake_ups.iter().enumerate().map(entry).collect();
        let request = self.client().await.send_message_batch().queue_url(&self.url);
        let answer = request.set_entries(Some(entries)).send().await?;
        match answer.failed.first() {
            Some(refused) => Err(QueueError(format!("refused: {}", refused.code))),
            None => Ok(()),
        }
    }

    pub(crate) async fn reachable(&self) -> Result<(), QueueError> {
        self.attribute(&self.url, QueueAttributeName::QueueArn).await?;
        Ok(())
    }

    /// The approximate number of messages in this queue's dead-letter queue.
    pub(crate) async fn dead_letters(&self) -> Result<Option<u64>, QueueError> {
        let policy = self.attribute(&self.url, QueueAttributeName::RedrivePolicy).await?;
        let policy = policy.and_then(|policy| serde_json::from_str::<RedrivePolicy>(&policy).ok());
        let target = policy.map(|policy| policy.dead_letter_target_arn).unwrap_or_default();
        // arn:aws:sqs:eu-central-1:123456789012:turns-dead.fifo
        let mut parts = target.rsplit(':');
        let (Some(name), Some(account)) = (parts.next(), parts.next()) else { return Ok(None) };
        let request = self.client().await.get_queue_url().queue_name(name);
        let found = request.queue_owner_aws_account_id(account).send().await?;
        let url = found.queue_url.unwrap_or_default();
        let count = QueueAttributeName::ApproximateNumberOfMessages;
        Ok(self.attribute(&url, count).await?.and_then(|count| count.parse().ok()))
    }

    async fn attribute(
        &self,
        url: &str,
        name: QueueAttributeName,
    ) -> Result<Option<String>, QueueError> {
        let request = self.client().await.get_queue_attributes().queue_url(url);
        let found = request.attribute_names(name.clone()).send().await?;
        Ok(found.attributes.and_then(|mut attributes| attributes.remove(&name)))
    }

    pub(crate) async fn receive(&self) -> Result<(WakeUp, Handle), QueueError> {
        // A long poll is meant to last.
        let long_poll = Duration::from_secs(LONG_POLL.unsigned_abs().into());
        let (attempt, operation) = TIMEOUTS;
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(long_poll + attempt)
            .operation_timeout(long_poll + operation)
            .build();
        loop {
            let request = self.client().await.receive_message().queue_url(&self.url);
            let request = request.max_number_of_messages(1).wait_time_seconds(LONG_POLL);
            // A repeat of the same request returns messages that were lost with the first answer.
            let request = request.receive_request_attempt_id(uuid::Uuid::new_v4().to_string());
            let patient = Config::builder().timeout_config(timeouts.clone());
            let answer = request.customize().config_override(patient).send().await?;
            let Some(message) = answer.messages.and_then(|mut messages| messages.pop()) else {
                continue;
            };
            let wake_up = message.body.and_then(|body| serde_json::from_str(&body).ok());
            let (Some(wake_up), Some(receipt)) = (wake_up, message.receipt_handle) else {
                // Not one of ours. The queue counts its attempts, and dead-letters it.
                tracing::error!("left a message in the queue that is not a wake-up");
                continue;
            };
            return Ok((wake_up, Handle { queue: self.clone(), receipt }));
        }
    }
}

/// What settles a message.
pub(crate) struct Handle {
    queue: Sqs,
    receipt: String,
}

impl Handle {
    pub(crate) async fn done(self) -> Result<(), QueueError> {
        let request = self.queue.client().await.delete_message().queue_url(&self.queue.url);
        request.receipt_handle(self.receipt).send().await?;
        Ok(())
    }

    pub(crate) async fn failed(self) -> Result<(), QueueError> {
        // SQS counts whole seconds.
        let rest = rest().as_secs_f64().round() as i32;
        let request = self.queue.client().await.change_message_visibility();
        let request = request.queue_url(&self.queue.url);
        request.receipt_handle(self.receipt).visibility_timeout(rest).send().await?;
        Ok(())
    }
}

impl<E: ProvideErrorMetadata + Error + 'static, R: std::fmt::Debug + 'static> From<SdkError<E, R>>
    for QueueError
{
    fn from(error: SdkError<E, R>) -> Self {
        // The words of a refusal quote the request, so only its code is kept.
        if let Some(refusal) = error.as_service_error() {
            return Self(format!("refused: {}", refusal.code().unwrap_or("for no stated reason")));
        }
        let reasons = successors(error.source(), |reason| (*reason).source());
        let reasons: Vec<_> = reasons.map(ToString::to_string).collect();
        Self(format!("did not answer: {}", reasons.join(": ")))
    }
}

fn body(wake_up: &WakeUp) -> String {
    serde_json::to_string(wake_up).expect("two strings are JSON")
}

/// The region in `sqs.<region>.amazonaws.com` and its relatives.
fn region(address: &Url) -> Option<String> {
    let (service, rest) = address.host_str()?.split_once('.')?;
    let (region, domain) = rest.split_once('.')?;
    let is_sqs = matches!(service, "sqs" | "sqs-fips") && domain.starts_with("amazonaws.com");
    is_sqs.then(|| region.to_owned())
}

/// SQS takes ids of at most 128 letters, digits and punctuation marks. Others are replaced by their
/// hash.
fn acceptable(id: &str) -> Cow<'_, str> {
    if (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return id.into();
    }
    let digest = Sha256::digest(id);
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    // moto takes any id, SQS does not.
    #[test]
    fn sends_only_ids_that_sqs_takes() {
        assert_eq!(acceptable("twilio:SM1/~!"), "twilio:SM1/~!");
        let too_long = "a".repeat(129);
        let strange = ["", "a b", "é", "\u{7f}", &too_long];
        let ids: HashSet<_> = strange.into_iter().map(acceptable).collect();
        assert_eq!(ids.len(), strange.len());
        assert!(ids.iter().all(|id| id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())));
    }

    #[test]
    fn finds_the_region_in_the_address() {
        let region = |url: &str| region(&Url::parse(url).unwrap());
        assert_eq!(region("https://sqs.eu-west-1.amazonaws.com/1/a").unwrap(), "eu-west-1");
        assert_eq!(region("https://sqs.cn-north-1.amazonaws.com.cn/1/a").unwrap(), "cn-north-1");
        assert_eq!(region("https://sqs.example.com/1/a"), None);
        assert_eq!(region("http://127.0.0.1:4566/1/a"), None);
    }
}
