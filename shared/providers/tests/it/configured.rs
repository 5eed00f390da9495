use bytes::Bytes;
use fakes::Companies;
use providers::{ENTRIES, Role, Sample};
use settings::{Names, Settings, SettingsError};
use sms::{Event, Http, Number, Provider, Providers, WebhookError};

const LOCAL: &str = "http://localhost:5000";
const MESSAGECENTRAL: [(&str, &str); 3] =
    [("MC_CUSTOMER_ID", "C-1"), ("MC_PASSWORD", "pass"), ("MC_SENDER_ID", "TEXTBK")];
const TWILIO: [(&str, &str); 3] = [
    ("TWILIO_ACCOUNT_SID", "AC1"),
    ("TWILIO_AUTH_TOKEN", "token"),
    ("TWILIO_PHONE_NUMBER", "+12025550100"),
];
const VONAGE: [(&str, &str); 4] = [
    ("VONAGE_APPLICATION_ID", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"),
    ("VONAGE_PRIVATE_KEY", include_str!("../../src/vonage/table/private-key.pem")),
    ("VONAGE_SIGNATURE_SECRET", "secret"),
    ("VONAGE_FROM", "12025550100"),
];
const PLIVO: [(&str, &str); 3] =
    [("PLIVO_AUTH_ID", "MA1"), ("PLIVO_AUTH_TOKEN", "token"), ("PLIVO_FROM", "+12025550100")];
const AWS: [(&str, &str); 3] = [
    ("AWS_SMS_ORIGINATION", "+12025550100"),
    ("AWS_SMS_CONFIGURATION_SET", "textback"),
    ("AWS_SMS_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:texts"),
];

#[test]
fn are_those_that_have_settings() {
    assert_eq!(names(&[]), "");
    assert_eq!(names(&TWILIO), "twilio");
    assert_eq!(names(&[&TWILIO[..], &MESSAGECENTRAL].concat()), "messagecentral twilio");
    let everything =
        [&AWS[..], &PLIVO, &VONAGE, &TWILIO, &MESSAGECENTRAL, &[("USE_MOCK", "true")]].concat();
    assert_eq!(names(&everything), "messagecentral twilio vonage plivo aws mock");
    let without = [&TWILIO[..], &MESSAGECENTRAL[..1], &[("USE_MESSAGECENTRAL", "false")]].concat();
    assert_eq!(names(&without), "twilio");
}

#[test]
fn are_the_mock_where_nothing_else_is_configured() {
    let names = |values: &[(&str, &str)]| configured(values, true).unwrap().names();
    assert_eq!(names(&[]), ["mock"]);
    assert_eq!(names(&TWILIO), ["twilio"]);
    assert!(names(&[("USE_MOCK", "false")]).is_empty());
}

#[test]
fn say_what_is_missing() {
    assert_eq!(
        names(&MESSAGECENTRAL[..1]),
        "MessageCentral is half configured: \
         set MC_PASSWORD (or MC_PASSWORD_BASE64) as well"
    );
    assert_eq!(
        names(&[("MC_WEBHOOK_TOKEN", "token")]),
        "MessageCentral is half configured: \
         set MC_CUSTOMER_ID, MC_PASSWORD (or MC_PASSWORD_BASE64) as well"
    );
    assert_eq!(
        names(&TWILIO[..1]),
        "Twilio is half configured: \
         set TWILIO_AUTH_TOKEN, TWILIO_FROM (or TWILIO_MESSAGING_SERVICE_SID) as well"
    );
    assert_eq!(
        names(&TWILIO[2..]),
        "Twilio is half configured: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN as well"
    );
    assert_eq!(
        names(&VONAGE[..2]),
        "Vonage is half configured: set VONAGE_SIGNATURE_SECRET, VONAGE_FROM as well"
    );
    assert_eq!(
        names(&PLIVO[..1]),
        "Plivo is half configured: set PLIVO_AUTH_TOKEN, PLIVO_FROM as well"
    );
}

#[test]
fn say_what_to_write_instead() {
    let with = |others: &[(&str, &str)], name, value| names(&[others, &[(name, value)]].concat());
    let known = ENTRIES.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
    let cases = [
        (
            with(&TWILIO, "TWILIO_BASE_URL", "twilio"),
            "TWILIO_BASE_URL cannot be used: write an address as https://example.com",
        ),
        (
            with(&TWILIO, "SMS_PROVIDERS", "twilio,pigeon"),
            &format!("SMS_PROVIDERS cannot be used: write names from {known}, separated by commas"),
        ),
        (
            with(&TWILIO, "SMS_PROVIDERS", "mock,twilio"),
            "SMS_PROVIDERS cannot be used: \
             mock is named twice or is not configured: leave it out, or set its settings",
        ),
        (
            with(&MESSAGECENTRAL, "MC_PASSWORD_BASE64", "p@ss"),
            "MC_PASSWORD_BASE64 cannot be used: \
             write the password in Base64, or set MC_PASSWORD to the password itself",
        ),
        (with(&MESSAGECENTRAL, "MC_INBOUND_FIELDS", "sender=who"), INBOUND_FIELDS),
        (with(&MESSAGECENTRAL, "MC_INBOUND_FIELDS", "from"), INBOUND_FIELDS),
        (with(&MESSAGECENTRAL, "MC_INBOUND_FIELDS", "from=who, text=what"), "messagecentral"),
        (with(&MESSAGECENTRAL, "MC_PASSWORD_BASE64", "cGFzcw=="), "messagecentral"),
    ];
    for (actual, expected) in cases {
        assert_eq!(actual, expected);
    }
    let nowhere =
        providers::configured(&TWILIO.into(), "text.example", Role::Everything).err().unwrap();
    assert_eq!(
        nowhere.to_string(),
        "PUBLIC_URL cannot be used: write an address as https://example.com"
    );
}

const INBOUND_FIELDS: &str = "MC_INBOUND_FIELDS cannot be used: \
    write from=…,to=…,text=…,id=…,time=… with the name that each field has in the call; \
    leave out those that are found anyway";

#[tokio::test]
async fn say_how_to_write_the_number_that_is_sent_from() {
    let every = every(LOCAL).await;
    let every: Vec<_> = every.iter().map(|(name, value)| (*name, &**value)).collect();
    let with = |name, value| names(&[&every[..], &[(name, value)]].concat());
    let all = &Companies::NAMES.join(" ");
    for name in providers::SENDERS {
        for (written, instead) in [
            ("2025550100", "+12025550100"),
            ("(202) 555-0100", "+12025550100"),
            ("+1 202-555-0100", "+12025550100"),
            ("0012025550100", "+12025550100"),
            ("+1 (416) 555.0100", "+14165550100"),
            ("+2025550O100", "+12025550100"),
            ("+5550100", "+12025550100"),
        ] {
            let expected = format!(
                "{name} cannot be used: write the number with + and its country code, and nothing \
                 between the digits, as {instead}"
            );
            assert_eq!(with(name, written), expected, "{written}");
        }
        for legal in ["+12025550100", "+447700900100", "38438", "384387", "TEXTBK", "My Shop 24"] {
            assert_eq!(&with(name, legal), all, "{name}={legal}");
        }
    }
    for (name, legal) in [
        ("AWS_SMS_ORIGINATION", "pool-0123456789"),
        ("AWS_SMS_ORIGINATION", "arn:aws:sms-voice:us-east-1:1:phone-number/phone-1"),
        ("PLIVO_FROM", "12025550100"),
        ("VONAGE_FROM", "447700900100"),
    ] {
        assert_eq!(&with(name, legal), all, "{name}={legal}");
    }
    let plain = with("TWILIO_FROM", "12025550100");
    assert!(plain.ends_with("as +12025550100"), "{plain}");
}

#[test]
fn say_how_to_write_the_country_of_messagecentral() {
    let with = |value| names(&[&MESSAGECENTRAL[..], &[("MC_COUNTRY", value)]].concat());
    assert_eq!((with("91"), with("+91")), ("messagecentral".into(), "messagecentral".into()));
    for wrong in ["India", "IN", "999", "0091"] {
        assert_eq!(
            with(wrong),
            "MC_COUNTRY cannot be used: write the calling code of a country, as 91 for India"
        );
    }
}

/// A function with one role gets only what it needs, and sees the same.
#[test]
fn are_known_without_their_keys_as_they_are_with_them() {
    let key = include_str!("../../src/vonage/table/private-key.pem");
    let all = [
        ("AWS_ACCESS_KEY_ID", "AKIA1"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SMS_CONFIGURATION_SET", "textback"),
        ("AWS_SMS_ORIGINATION", "+12025550104"),
        ("AWS_SMS_TOPIC_ARN", "arn:aws:sns:us-east-1:1:texts"),
        ("MC_CUSTOMER_ID", "C-1"),
        ("MC_PASSWORD", "secret"),
        ("PLIVO_AUTH_ID", "MA1"),
        ("PLIVO_AUTH_TOKEN", "secret"),
        ("PLIVO_FROM", "12025550103"),
        ("TWILIO_ACCOUNT_SID", "AC1"),
        ("TWILIO_AUTH_TOKEN", "secret"),
        ("TWILIO_MESSAGING_SERVICE_SID", "MG1"),
        ("USE_MOCK", "true"),
        ("VONAGE_APPLICATION_ID", "1"),
        ("VONAGE_FROM", "12025550102"),
        ("VONAGE_PRIVATE_KEY", key),
        ("VONAGE_SIGNATURE_SECRET", "secret"),
    ];
    let longest: Settings = all.iter().copied().collect();
    let longest = providers::configured(&longest, LOCAL, Role::Everything).unwrap();
    for (name, segments) in [
        ("messagecentral", 8),
        ("twilio", 10),
        ("vonage", 6),
        ("plivo", 10),
        ("aws", 10),
        ("mock", 99),
    ] {
        assert_eq!(longest.named(name).unwrap().longest().segments().min(99), segments, "{name}");
    }
    for others in [
        &[][..],
        &[("SMS_PROVIDERS", "mock,aws,twilio")],
        &[("USE_MESSAGECENTRAL", "false"), ("TWILIO_FROM", "+12025550101")],
    ] {
        let all: Settings = all.iter().chain(others).copied().collect();
        assert!(check_roles(&all) >= 3);
    }
}

#[tokio::test]
async fn of_every_company_are_known_by_what_a_function_is_given() {
    let all = every("https://text.example").await;
    let all: Settings = all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(check_roles(&all), Companies::NAMES.len());
}

/// Who is given what its part takes sees them as who is given all. How many they are.
fn check_roles(all: &Settings) -> usize {
    let seen = |providers: &Providers| -> Vec<_> {
        let seen = providers.iter();
        seen.map(|it| (it.name(), it.sender().to_owned(), it.number(), it.codes())).collect()
    };
    let only = |names: Names| -> Settings {
        names.iter().filter_map(|name| Some((*name, all.get(name)?))).collect()
    };
    let url = "https://text.example";
    let configured = providers::configured(all, url, Role::Everything).unwrap();
    for known in [
        providers::configured(&only(providers::RECEIVING), url, Role::Receiving),
        providers::configured(&only(providers::SENDING), url, Role::Sending),
        providers::configured(&only(providers::POLLING), url, Role::Polling),
        providers::configured(&only(providers::DESCRIBING), "", Role::Describing),
    ] {
        assert_eq!(seen(&known.unwrap()), seen(&configured));
    }
    configured.iter().count()
}

#[test]
fn are_asked_in_the_order_of_preference() {
    let settings = [&TWILIO[..], &MESSAGECENTRAL, &[("USE_MOCK", "yes")]].concat();
    let providers = configured(&settings, false).unwrap();
    assert_eq!(answering(&providers, "twilio"), ["messagecentral", "twilio"]);
    assert_eq!(answering(&providers, "mock"), ["mock"]);
}

#[test]
fn are_asked_as_the_owner_wrote() {
    let settings =
        [&TWILIO[..], &MESSAGECENTRAL, &[("SMS_PROVIDERS", "Twilio, messagecentral")]].concat();
    let providers = configured(&settings, false).unwrap();
    assert_eq!(answering(&providers, "twilio"), ["twilio", "messagecentral"]);
}

/// Otherwise a stranger with access to the mock could text anybody, through a real provider and on
/// our account.
#[test]
fn of_the_mock_and_of_companies_never_carry_for_each_other() {
    for order in ["mock,twilio,messagecentral", "twilio,mock,messagecentral", "mock", "twilio"] {
        let settings =
            [&TWILIO[..], &MESSAGECENTRAL, &[("USE_MOCK", "1"), ("SMS_PROVIDERS", order)]].concat();
        let providers = configured(&settings, false).unwrap();
        let pretended = answering(&providers, "mock");
        assert!(pretended.iter().all(|name| *name == "mock"), "{order}: {pretended:?}");
        for real in ["twilio", "messagecentral", "vonage", ""] {
            assert!(!answering(&providers, real).contains(&"mock"), "{order}: {real}");
        }
    }
}

#[test]
fn are_real_where_a_company_has_settings_whatever_is_made_of_it() {
    let are_real = |values: &[(&str, &str)]| configured(values, true).unwrap().are_real();
    assert!(!are_real(&[]));
    assert!(!are_real(&[("USE_MOCK", "true")]));
    assert!(are_real(&TWILIO));
    let mock = [("USE_MOCK", "true"), ("SMS_PROVIDERS", "mock")];
    assert!(are_real(&[&TWILIO[..], &mock].concat()));
}

#[test]
fn are_known_by_name() {
    let providers = configured(&TWILIO, false).unwrap();
    assert_eq!(providers.named("twilio").map(Provider::name), Some("twilio"));
    assert!(providers.named("mock").is_none());
}

/// The call that a provider describes is accepted with the same settings, and no guess is.
#[tokio::test]
async fn believe_the_call_that_each_of_them_describes() {
    let url = "https://text.example:8443/below";
    let settings = every(url).await.into_iter().chain([("USE_MOCK", "true".into())]);
    let settings: Settings = settings.map(|(name, value)| (name.to_owned(), value)).collect();
    let (http, from) = (Http::new(), Number::parse("+12025550143").unwrap());
    let sample =
        Sample { id: "00112233445566778899aabbccddeeff", from: &from, body: "Noon & 1 + 1" };
    let configured = providers::configured(&settings, url, Role::Receiving).unwrap();
    for entry in ENTRIES {
        let Some(call) = entry.sign(&settings, url, &sample).unwrap() else {
            assert_eq!(entry.name, "aws", "SNS alone has its key");
            continue;
        };
        let provider = configured.named(entry.name).unwrap();
        let forged = entry.forge(&settings, url, &sample).unwrap().unwrap();
        let forged = provider.verify(&http, reached(forged)).await.err().unwrap();
        if entry.is_pretended() {
            assert_eq!(forged, WebhookError::Unsigned);
            continue;
        }
        assert_eq!(forged, WebhookError::Forged, "{}", entry.name);
        let verified = provider.verify(&http, reached(call)).await.unwrap();
        let Event::Text(text) = provider.parse(&verified).unwrap().remove(0) else { panic!() };
        assert_eq!((text.from.as_str(), &*text.body), ("+12025550143", "Noon & 1 + 1"));
    }
}

/// A call where we receive it: whoever routes it to us removes the prefix of our path.
fn reached(mut call: http::Request<Bytes>) -> http::Request<Bytes> {
    let path = call.uri().path_and_query().unwrap().as_str();
    *call.uri_mut() = path.strip_prefix("/below").unwrap().parse().unwrap();
    call
}

#[test]
fn print_the_whole_address_to_paste() {
    let printed = |name| {
        let entry = providers::named(name).unwrap();
        entry.address("https://text.example/", providers::Purpose::Incoming)
    };
    assert_eq!(printed("twilio"), "https://text.example/webhooks/twilio/inbound#rc=5&rp=all");
    assert_eq!(
        printed("plivo"),
        "https://text.example/webhooks/plivo/inbound?token=<PLIVO_WEBHOOK_TOKEN>"
    );
    for entry in ENTRIES.iter().filter(|entry| !entry.is_pretended()) {
        assert!(entry.console.fields.iter().any(|(_, it)| *it == providers::Purpose::Incoming));
        let secrets: Vec<_> = entry.settings.iter().filter(|it| it.is_secret).collect();
        let token = entry.console.token;
        assert!(token.is_none_or(|token| secrets.iter().any(|it| it.name == token)));
    }
}

/// The settings of every company that there is.
async fn every(public_url: &str) -> Vec<(&'static str, String)> {
    let companies = Companies::start(public_url).await;
    companies.all().into_iter().flat_map(|company| company.settings()).collect()
}

fn answering(providers: &Providers, via: &str) -> Vec<&'static str> {
    providers.answering(via).into_iter().map(Provider::name).collect()
}

fn names(values: &[(&str, &str)]) -> String {
    match configured(values, false) {
        Ok(providers) => providers.names().join(" "),
        Err(error) => error.to_string(),
    }
}

fn configured(values: &[(&str, &str)], mock_by_default: bool) -> Result<Providers, SettingsError> {
    let settings: Settings = values.iter().copied().collect();
    match mock_by_default {
        true => providers::configured_or_pretended(&settings, LOCAL),
        false => providers::configured(&settings, LOCAL, Role::Everything),
    }
}
