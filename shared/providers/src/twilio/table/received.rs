use super::{INBOUND, STATUS, sign, twilio};
use crate::harness::{ReceiveCase, check_receive};

#[tokio::test]
async fn receives() {
    check_receive(|secret| twilio(String::new(), secret), sign, CALLS).await;
}

const CALLS: &[ReceiveCase<'_>] = &[
    ReceiveCase {
        name: "a text",
        call: INBOUND,
        body: "ToCountry=US&ToState=&SmsMessageSid=SM00000000000000000000000000000002\
           &NumMedia=0&SmsSid=SM00000000000000000000000000000002&SmsStatus=received\
           &Body=Noon+%26+caf%C3%A9+%F0%9F%8E%89%0A&To=%2B12025550100&NumSegments=1\
           &MessageSid=SM00000000000000000000000000000002&AccountSid=AC1\
           &From=%2B12025550143&ApiVersion=2010-04-01",
        outcome: "SM00000000000000000000000000000002 +12025550143 -> +12025550100: \
                  Noon & café 🎉\n",
    },
    ReceiveCase {
        name: "a picture without words",
        call: INBOUND,
        body: "MessageSid=MM00000000000000000000000000000002&AccountSid=AC1&NumMedia=2\
           &Body=&From=%2B12025550143&To=%2B12025550100&SmsStatus=received",
        outcome: "MM00000000000000000000000000000002 +12025550143 -> +12025550100 +2: ",
    },
    ReceiveCase {
        name: "a keyword of the owner's",
        call: INBOUND,
        body: "SmsMessageSid=SM00000000000000000000000000000001\
           &MessageSid=SM00000000000000000000000000000001&SmsStatus=received\
           &From=%2B12025550143&To=%2B12025550100&Body=ARRET&OptOutType=STOP\
           &MessagingServiceSid=MG00000000000000000000000000000000&NumMedia=0\
           &AccountSid=AC1",
        outcome: "SM00000000000000000000000000000001 +12025550143 -> +12025550100 \
                  (Stop): ARRET",
    },
    ReceiveCase {
        name: "pictures, without a field for words",
        call: INBOUND,
        body: "MessageSid=MM00000000000000000000000000000003\
           &SmsSid=MM00000000000000000000000000000003&SmsStatus=received\
           &From=%2B12025550143&To=%2B12025550100&NumMedia=2\
           &MediaUrl0=https%3A%2F%2Fexample.test%2F0&MediaUrl1=https%3A%2F%2Fexample.test%2F1\
           &AccountSid=AC1",
        outcome: "MM00000000000000000000000000000003 +12025550143 -> +12025550100 +2: ",
    },
    ReceiveCase {
        name: "a picture that nobody counted",
        call: INBOUND,
        body: "MessageSid=MM00000000000000000000000000000003&From=%2B12025550143\
           &To=%2B12025550100&MediaUrl0=https%3A%2F%2Fexample.test%2F0&AccountSid=AC1",
        outcome: "MM00000000000000000000000000000003 +12025550143 -> +12025550100 +1: ",
    },
    ReceiveCase {
        name: "a stop by RCS",
        call: INBOUND,
        body: "MessageSid=SM00000000000000000000000000000005&SmsStatus=received\
           &From=rcs%3A%2B12025550143&To=rcs%3Abrand_agent&Body=STOP\
           &MessagingServiceSid=MG00000000000000000000000000000000&NumMedia=0\
           &AccountSid=AC1",
        outcome: "SM00000000000000000000000000000005 +12025550143 -> +12025550100: STOP",
    },
    ReceiveCase {
        name: "a stop in two words",
        call: INBOUND,
        body: "MessageSid=SM00000000000000000000000000000007&SmsStatus=received\
           &From=%2B12025550143&To=%2B12025550100&Body=opt+out&NumMedia=0&AccountSid=AC1",
        outcome: "SM00000000000000000000000000000007 +12025550143 -> +12025550100: opt out",
    },
    ReceiveCase {
        name: "a text to a short code",
        call: INBOUND,
        body: "MessageSid=SM00000000000000000000000000000008&SmsStatus=received\
           &From=%2B12025550143&To=384387&Body=HELP&NumMedia=0&AccountSid=AC1",
        outcome: "SM00000000000000000000000000000008 +12025550143 -> 384387: HELP",
    },
    ReceiveCase {
        name: "a text by GET",
        call: "GET /webhooks/twilio/inbound?MessageSid=SM00000000000000000000000000000002\
           &AccountSid=AC1&Body=Noon&From=%2B12025550143&To=%2B12025550100",
        body: "",
        outcome: "SM00000000000000000000000000000002 +12025550143 -> +12025550100: Noon",
    },
    ReceiveCase {
        name: "a text as JSON",
        call: "POST /webhooks/twilio/inbound?bodySHA256=\
           3ebe0d4e4150ea030340688232e8add3e9d35b2f2ab472250aefbe740bf330ec",
        body: r#"{"MessageSid":"SM00000000000000000000000000000002","AccountSid":"AC1",
                    "From":"+12025550143","To":"+12025550100","Body":"Noon","NumMedia":1}"#,
        outcome: "SM00000000000000000000000000000002 +12025550143 -> +12025550100 +1: Noon",
    },
    ReceiveCase {
        name: "a short code",
        call: INBOUND,
        body: "MessageSid=SM00000000000000000000000000000002&AccountSid=AC1&Body=Noon\
           &From=384387&To=%2B12025550100&SmsStatus=received",
        outcome: "unreadable: the sender is a short code or a name, which cannot be answered",
    },
    ReceiveCase {
        name: "another account's text",
        call: INBOUND,
        body: "MessageSid=SM00000000000000000000000000000002&AccountSid=AC2&Body=Noon\
           &From=%2B12025550143&To=%2B12025550100&SmsStatus=received",
        outcome: "forged",
    },
    ReceiveCase {
        name: "delivered",
        call: STATUS,
        body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=delivered\
           &SmsStatus=delivered&AccountSid=AC1&From=%2B12025550100&To=%2B12025550143",
        outcome: "SM00000000000000000000000000000001 of attempt-1: Delivered (delivered)",
    },
    ReceiveCase {
        name: "undelivered",
        call: STATUS,
        body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=undelivered\
           &ErrorCode=30034&AccountSid=AC1",
        outcome: "SM00000000000000000000000000000001 of attempt-1: \
                  Undelivered (undelivered 30034)",
    },
    ReceiveCase {
        name: "opted out, found late",
        call: "POST /webhooks/twilio/status",
        body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=failed\
           &ErrorCode=21610&AccountSid=AC1",
        outcome: "SM00000000000000000000000000000001 of -: Failed (failed 21610)",
    },
    ReceiveCase {
        name: "sent",
        call: STATUS,
        body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=sent&ErrorCode=",
        outcome: "SM00000000000000000000000000000001 of attempt-1: Sent (sent)",
    },
    ReceiveCase {
        name: "queued",
        call: STATUS,
        body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=queued",
        outcome: "SM00000000000000000000000000000001 of attempt-1: Accepted (queued)",
    },
    ReceiveCase {
        name: "partly delivered",
        call: STATUS,
        body: "MessageSid=SM00000000000000000000000000000001\
           &MessageStatus=partially_delivered",
        outcome: "SM00000000000000000000000000000001 of attempt-1: Sent \
                  (partially_delivered)",
    },
    ReceiveCase {
        name: "by RCS, under the older of two names",
        call: STATUS,
        body: "MessageSid=&SmsSid=SM00000000000000000000000000000001&MessageStatus=\
           &SmsStatus=delivered&From=rcs%3Abrand_agent&To=rcs%3A%2B12025550143",
        outcome: "SM00000000000000000000000000000001 of attempt-1: Delivered (delivered)",
    },
    ReceiveCase {
        name: "a word that nobody documents",
        call: STATUS,
        body: "MessageSid=SM00000000000000000000000000000001&MessageStatus=vaporized",
        outcome: "unreadable: an unknown status",
    },
    ReceiveCase {
        name: "something else altogether",
        call: INBOUND,
        body: "EventType=onConversationAdded&AccountSid=AC1",
        outcome: "unreadable: no message id",
    },
    ReceiveCase {
        name: "nothing at all",
        call: INBOUND,
        body: "",
        outcome: "unreadable: no message id",
    },
];
