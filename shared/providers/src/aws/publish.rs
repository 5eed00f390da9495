//! How a text is brought that no person wrote: it is published to our topic as AWS End User Messaging
//! does it, so SNS signs it and calls us.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::json;
use settings::Settings;
use sms::{Check, Finding, Http, Response, SendError};
use url::form_urlencoded;

use super::codes::NO_CREDENTIALS;
use super::{Aws, region};
use crate::Role;
use crate::entry::Sample;

/// Publishes a text to the first topic, as whoever the credentials are.
pub(super) fn text<'a>(
    settings: &'a Settings,
    public_url: &'a str,
    http: &'a Http,
    sample: &'a Sample<'a>,
) -> BoxFuture<'a, Result<(), Finding>> {
    async move {
        let aws = Aws::from_settings(settings, public_url, Role::Signing)
            .map_err(|error| broken(error.to_string(), "Set it as it is set there."))?
            .ok_or_else(|| broken("AWS_SMS_… is not set", "Set it as it is set there."))?;
        aws.publish(http, sample).await
    }
    .boxed()
}

impl Aws {
    async fn publish(&self, http: &Http, sample: &Sample<'_>) -> Result<(), Finding> {
        // As documented: https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
        let message = json!({
            "originationNumber": sample.from,
            "destinationNumber": self.origination,
            "messageKeyword": "",
            "messageBody": sample.body,
            "inboundMessageId": sample.id,
        });
        let topic = &self.topics[0];
        let message = message.to_string();
        let action = [("Action", "Publish"), ("Message", message.as_str())];
        match self.topic(http, topic, &action).await {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) => Err(refused(&answer, topic)),
            Err(error) if error.code() == NO_CREDENTIALS => Err(broken(
                format!(
                    "only SNS can sign one, and there are no credentials to publish to {topic}"
                ),
                format!(
                    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, of somebody \
                     who is allowed sns:Publish on {topic}."
                ),
            )),
            Err(error) => Err(broken(
                format!("nothing could be published to {topic} ({})", error.code()),
                "See whether SNS can be reached from here, and try again.",
            )),
        }
    }

    /// An action of SNS's on a topic.
    pub(super) async fn topic(
        &self,
        http: &Http,
        topic: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Response, SendError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .append_pair("TopicArn", topic)
            .append_pair("Version", "2010-03-31")
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let region = region(topic).unwrap_or_default();
        http.send(self.signed(http, "sns", region, &headers, form).await?).await
    }
}

/// Why SNS does not publish: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
fn refused(answer: &Response, topic: &str) -> Finding {
    let said = std::str::from_utf8(answer.bytes()).unwrap_or_default();
    let code = said.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match code.map(|(code, _)| code) {
        Some("AuthorizationError" | "AccessDenied") => broken(
            format!("AWS does not let these credentials publish to {topic}"),
            format!("Allow whoever runs this sns:Publish on {topic}: SNS alone can sign a text."),
        ),
        Some("NotFound") => broken(
            format!("there is no topic {topic}"),
            "Set AWS_SMS_TOPIC_ARN to the topics, that of texts first.",
        ),
        Some("ExpiredToken") => broken(
            "the credentials of AWS are over",
            "Sign in again, or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew.",
        ),
        _ if answer.status == 403 => broken(
            "AWS does not know these credentials",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY anew, with AWS_SESSION_TOKEN where they \
             are of a session.",
        ),
        _ => broken(
            format!("SNS does not publish (http {})", answer.status),
            "See AWS's status page, and try again.",
        ),
    }
}

fn broken(seen: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding::broken(Check::Webhook, seen, fix)
}
