//! `doctor`'s findings about the routes of the latest texts.

use ::providers::Role;
use conversations::{Attempt, Reply, StatusUpdate};
use jiff::{SignedDuration, Timestamp};
use product::{ANN, PUBLIC_URL, Ran, between};
use sms::{Number, Status};
use telemetry::TraceId;

use super::{Deployed, check, not_ticked, providers};

/// The incident that began it all: ten times SUCCESS, and not one text arrived.
#[tokio::test]
async fn a_provider_that_takes_texts_and_loses_them_is_named() {
    let mut deployed = providers::of_the_house().await;
    let lost = ("messagecentral", Status::Accepted, None);
    went(&deployed, &[lost, lost, lost, ("twilio", Status::Delivered, None)]).await;
    let ran = deployed.doctor(&[]).await;
    check(
        &ran,
        "✗ route: messagecentral, from UTOMOB to +1, is suspect: It was handed 3 texts, and nothing \
         has ever shown that one arrived",
        "Ask the provider about the texts that the console shows as unconfirmed.",
    );
    let twilio = "✓ route: twilio, from +12025550100 to +1, is healthy: A receipt has confirmed \
                  that a text arrived";
    assert_eq!(routes(&ran)[1], twilio);
}

#[tokio::test]
async fn a_provider_that_refuses_our_credentials_is_named_with_its_fix() {
    let mut deployed = providers::of_the_house().await;
    let refused = ("twilio", Status::Failed, Some("20003"));
    went(&deployed, &[("messagecentral", Status::Delivered, None), refused]).await;
    let ran = deployed.doctor(&[]).await;
    check(
        &ran,
        "✗ route: twilio, from +12025550100 to +1, is down: It refuses texts because of the \
         account (code 20003)",
        "Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console again",
    );
}

#[tokio::test]
async fn a_new_route_needs_no_attention() {
    let mut deployed = providers::of_the_house().await;
    let ran = deployed.doctor(&[]).await;
    assert_eq!(routes(&ran), [""; 0], "nothing was sent yet");
    let young = attempt("twilio", Timestamp::now());
    weigh(&deployed, &[learned(&young, Status::Accepted, None)]).await;
    let ran = deployed.doctor(&[]).await;
    assert_eq!(not_ticked(&ran), [""; 0]);
    assert_eq!(
        routes(&ran),
        ["✓ route: twilio, from +12025550100 to +1, is unproven: It was handed one text, too few \
          to tell"]
    );
}

/// The statuses of texts that took these routes a quarter of an hour ago.
async fn went(deployed: &Deployed, texts: &[(&str, Status, Option<&str>)]) {
    let then = Timestamp::now() - SignedDuration::from_mins(15);
    let texts = texts.iter();
    let attempts = texts.map(|(way, status, code)| learned(&attempt(way, then), *status, *code));
    weigh(deployed, &attempts.collect::<Vec<_>>()).await;
}

async fn weigh(deployed: &Deployed, attempts: &[Attempt]) {
    let settings = deployed.product.settings.iter().map(|(name, value)| (&**name, &**value));
    let settings: settings::Settings = settings.collect();
    let providers = ::providers::configured(&settings, PUBLIC_URL, Role::Everything).unwrap();
    routing::weigh(&deployed.product.store, &providers, attempts, Timestamp::now()).await.unwrap();
}

fn attempt(provider: &str, at: Timestamp) -> Attempt {
    let ann = Number::parse(ANN).unwrap();
    let trace = TraceId::fresh();
    let sender = if provider == "twilio" { "+12025550100" } else { "UTOMOB" };
    let reply = Reply::alone("Noon?", &trace, at);
    let by = (provider, sender, None);
    Attempt::begin(trace.to_string(), &between(by.0, ANN), by, &ann, reply, at)
}

fn learned(attempt: &Attempt, status: Status, code: Option<&str>) -> Attempt {
    attempt.updated(&StatusUpdate {
        attempt: attempt.id.clone(),
        code: code.map(str::to_owned),
        at_once: true,
        ..StatusUpdate::new(&attempt.id, status, attempt.at)
    })
}

/// The findings about routes.
fn routes(ran: &Ran) -> Vec<&str> {
    let lines = ran.printed.iter().map(|line| line.trim());
    lines.filter(|line| line[line.find(' ').unwrap_or(0)..].starts_with(" route: ")).collect()
}
