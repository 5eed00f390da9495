//! Events as AWS documents them, for [`RuntimeApi`](crate::RuntimeApi) and
//! [`Lambda`](crate::Lambda).

use serde_json::Value;

/// A batch of one message that Lambda took from a FIFO queue:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.
pub fn sqs_event(group: &str, body: &str) -> Value {
    let mut event: Value = include_str!("events/sqs.json").parse().unwrap();
    event["Records"][0]["body"] = body.into();
    event["Records"][0]["attributes"]["MessageGroupId"] = group.into();
    event
}

/// The event of a scheduler:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html>.
pub fn schedule_event() -> Value {
    include_str!("events/schedule.json").parse().unwrap()
}
