//! What providers and people meet at `PUBLIC_URL`.

use reqwest::StatusCode;
use sms::{Finding, Providers, Verdict};
use url::Url;

use crate::commands::doctor::clock::Clock;
use crate::commands::doctor::report::{Check, Found};
use crate::outside::{Outside, Problem, Response, milliseconds};

/// The pages that a reviewer looks for.
const PAGES: [&str; 4] = ["/", "/privacy", "/terms", "/opt-in"];

/// Looks at the address itself, at whether all is ready there, at webhooks and at pages, and what time
/// it is there.
pub(crate) async fn look(public_url: &str, providers: &Providers) -> (Vec<Found>, Option<Clock>) {
    let check = Check::PublicUrl;
    if Url::parse(public_url).is_ok_and(|url| settings::is_unreachable(&url)) {
        let finding = Finding::doubtful(
            check,
            format!("{public_url} is on this machine alone: providers cannot reach it"),
            "Set PUBLIC_URL to the https address under which the world reaches textback.",
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
        // What follows says which build it is.
        Ok(answer)
            if answer.status == StatusCode::OK && answer.body.lines().next() == Some("ok") =>
        {
            let seen = format!("{public_url} answers in {}", milliseconds(answer.took));
            match public_url.starts_with("https:") {
                true => Finding::works(check, seen),
                false => Finding::doubtful(
                    check,
                    format!("{seen}, and everybody on the way can read along"),
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
        Ok(_) => Finding::works(Check::Ready, "texts are kept there, and answers are woken"),
        Err(problem) => broken(Check::Ready, problem),
    }
}

/// Whether calls of each provider arrive, by making some that nobody may believe.
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

/// What is wrong with how a forged call is answered.
async fn forged(outside: &Outside, name: &str, kind: &str) -> Option<Problem> {
    let call = outside.post(&format!("/webhooks/{name}/{kind}")).form(&[("from", "nobody")]);
    // Without any token one provider is taken to have forgotten it, and asked to call again.
    let call = call.bearer_auth("forged");
    match outside.ask(call).await {
        Ok(answer) => doubts(&answer).map(|fix| Problem::of_status(answer.status, fix)),
        Err(problem) => Some(problem),
    }
}

/// What is wrong with this answer to a forged call. A refusal is textback's if it names a trace.
fn doubts(answer: &Response) -> Option<&'static str> {
    let ours = answer.trace.is_some();
    match answer.status {
        // The second is what a call gets that does not even look like the provider's.
        StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST if ours => None,
        StatusCode::NOT_FOUND if ours => Some(
            "configure this provider there as it is here; after a change there it takes five \
             minutes",
        ),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Some("lead POST to this address to the function inbound, and /status to receipts")
        }
        status if status.is_success() => Some("take it off the air: anybody could text as anybody"),
        status if status.is_server_error() => {
            Some("see the logs of inbound and receipts, and whether their store is up")
        }
        _ => Some("see what stands in front of textback there and does not let POST through"),
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
    // A sentence here, the end of one there.
    let mut letters = fix.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    Finding::broken(check, seen, format!("{first}{}.", letters.as_str()))
}
