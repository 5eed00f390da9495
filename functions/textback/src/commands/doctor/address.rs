//! Checks what providers and people find at `PUBLIC_URL`.

use reqwest::StatusCode;
use sms::{Finding, Providers, Verdict};
use url::Url;

use crate::commands::doctor::clock::Clock;
use crate::commands::doctor::report::{Check, Found};
use crate::outside::{Outside, Problem, Response, milliseconds};

/// The pages that a reviewer looks for.
const PAGES: [&str; 4] = ["/", "/privacy", "/terms", "/opt-in"];

/// Checks the address itself, readiness, webhooks and pages, and reads the time there.
pub(crate) async fn look(public_url: &str, providers: &Providers) -> (Vec<Found>, Option<Clock>) {
    let check = Check::PublicUrl;
    if Url::parse(public_url).is_ok_and(|url| settings::is_unreachable(&url)) {
        let finding = Finding::doubtful(
            check,
            format!("{public_url} is only on this machine: providers cannot reach it"),
            "Set PUBLIC_URL to the public https address of textback.",
        );
        return (vec![finding], None);
    }
    let outside = match Outside::of(public_url.to_owned()) {
        Ok(outside) => outside,
        Err(error) => {
            let fix = "Install the system's certificate authorities (package ca-certificates).";
            return (vec![Finding::broken(check, error.to_string(), fix)], None);
        }
    };
    let asked = outside.ask(outside.get("/healthz")).await;
    let clock = asked.as_ref().ok().and_then(|answer| Clock::of("PUBLIC_URL", answer));
    let reached = match asked {
        // The following checks say which build it is.
        Ok(answer)
            if answer.status == StatusCode::OK && answer.body.lines().next() == Some("ok") =>
        {
            let seen = format!("{public_url} answers in {}", milliseconds(answer.took));
            match public_url.starts_with("https:") {
                true => Finding::works(check, seen),
                false => Finding::doubtful(
                    check,
                    format!("{seen}, and anybody on the way can read the traffic"),
                    "Set PUBLIC_URL to an https address.",
                ),
            }
        }
        Ok(answer) => broken(check, Problem::of_status(answer.status, NOT_OURS)),
        Err(problem) => broken(check, problem),
    };
    if reached.verdict == Verdict::Broken {
        return (vec![reached], clock);
    }
    let (ready, webhooks, pages) =
        tokio::join!(ready(&outside), webhooks(&outside, providers), pages(&outside));
    let mut findings = vec![reached, ready];
    findings.extend(webhooks);
    findings.push(pages);
    (findings, clock)
}

const NOT_OURS: &str = "something else answers there: set PUBLIC_URL to the address of textback";

async fn ready(outside: &Outside) -> Found {
    match outside.readiness().await {
        Ok(_) => Finding::works(Check::Ready, "it stores texts and wakes turns"),
        Err(problem) => broken(Check::Ready, problem),
    }
}

/// Checks that calls reach the webhooks of each provider, by making some that must be refused.
async fn webhooks(outside: &Outside, providers: &Providers) -> Vec<Found> {
    let mut findings = Vec::new();
    for name in providers.names() {
        let (inbound, status) =
            tokio::join!(forged(outside, name, "inbound"), forged(outside, name, "status"));
        let wrong = match (inbound, status) {
            (Some(inbound), Some(status)) if inbound == status => {
                vec![("inbound and …/status", inbound)]
            }
            (inbound, status) => {
                let each = [("inbound", inbound), ("status", status)].into_iter();
                each.filter_map(|(path, problem)| Some((path, problem?))).collect()
            }
        };
        findings.extend(wrong.into_iter().map(|(path, problem)| {
            let seen = format!("/webhooks/{name}/{path}: {}", problem.seen);
            broken(Check::Webhooks, Problem { seen, ..problem })
        }));
    }
    if findings.is_empty() && !providers.names().is_empty() {
        let names = providers.names().join(" and ");
        let seen = format!("forged calls as {names} are refused");
        findings.push(Finding::works(Check::Webhooks, seen));
    }
    findings
}

/// The fault in the answer to a forged call.
async fn forged(outside: &Outside, name: &str, kind: &str) -> Option<Problem> {
    let call = outside.post(&format!("/webhooks/{name}/{kind}")).form(&[("from", "nobody")]);
    // For one provider, a call without any token counts as forgotten, and asks for a repeat.
    let call = call.bearer_auth("forged");
    match outside.ask(call).await {
        Ok(answer) => doubts(&answer).map(|fix| Problem::of_status(answer.status, fix)),
        Err(problem) => Some(problem),
    }
}

/// The fault in this answer to a forged call. A refusal is textback's own if it names a trace.
fn doubts(answer: &Response) -> Option<&'static str> {
    let ours = answer.trace.is_some();
    match answer.status {
        // A call gets the second if it does not even look like the provider's.
        StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST if ours => None,
        StatusCode::NOT_FOUND if ours => Some(
            "configure this provider there as it is here; a change there takes effect after five \
             minutes",
        ),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Some("route POST at this address to the function inbound, and /status to receipts")
        }
        status if status.is_success() => Some("take it off the air: anybody could text as anybody"),
        status if status.is_server_error() => {
            Some("see the logs of inbound and receipts, and check their store")
        }
        _ => Some("find out what is in front of textback there and blocks POST"),
    }
}

async fn pages(outside: &Outside) -> Found {
    for path in PAGES {
        let wrong = match outside.ask(outside.get(path)).await {
            Ok(answer) if answer.status == StatusCode::OK => continue,
            Ok(answer) => Problem::of_status(answer.status, "see the log of the function site"),
            Err(problem) => problem,
        };
        return broken(Check::Pages, Problem { seen: format!("{path}: {}", wrong.seen), ..wrong });
    }
    Finding::works(Check::Pages, format!("{} are there", PAGES.join(", ")))
}

fn broken(check: Check, Problem { seen, fix }: Problem) -> Found {
    // A finding's fix is a sentence, a problem's only the end of one.
    let mut letters = fix.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    Finding::broken(check, seen, format!("{first}{}.", letters.as_str()))
}
