//! Test sends that show whether texts arrive and answers come back: `doctor --send-to`.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use conversations::{Attempt, Store, Unavailable};
use futures::future::try_join_all;
use host::Error;
use jiff::Timestamp;
use sms::{Finding, Found, Number, Provider, Providers, SendError, Status};
use telemetry::TraceId;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::by_hand::{self, Costs};
use crate::commands::doctor::Asked;
use crate::commands::doctor::report::{Check, Section};

/// How often it checks the status of a text.
const LOOK: Duration = Duration::from_secs(1);

/// How often the provider is polled, besides its own receipts.
const POLL: Duration = Duration::from_secs(5);

/// The test sends that the owner has agreed to.
pub(crate) struct TestSends {
    to: Number,
    by: Vec<&'static str>,
    wait: Duration,
    /// Whether each change is printed as it comes.
    aloud: bool,
}

/// The known status of a text.
struct Known {
    status: Status,
    code: Option<String>,
    /// How long the highest status took.
    after: Duration,
    /// The provider that its code came back by, and how long that took.
    answered: Option<(String, Duration)>,
}

impl TestSends {
    /// Says what would be sent and to whom, and asks for consent if there is a terminal.
    pub(crate) fn agreed(asked: &Asked, to: Number, providers: &Providers) -> Result<Self, Error> {
        let by = match &asked.provider {
            Some(name) => {
                let provider = providers.named(name);
                let provider = provider.ok_or_else(|| format!("{name} is not configured"))?;
                vec![provider.name()]
            }
            // The mock's texts reach nobody.
            None => providers.names().into_iter().filter(|name| !sms::is_pretended(name)).collect(),
        };
        if by.is_empty() {
            return Err("no provider is configured that could send a text".into());
        }
        let (names, seconds) = (by.join(", "), asked.wait);
        // Leaves the number out of the log; what was typed is in sight anyway.
        eprintln!(
            "This sends one real text by each of: {names}. Answer each with its code within \
             {seconds} s."
        );
        if !asked.yes && !is_agreed()? {
            return Err("nothing was sent".into());
        }
        Ok(Self { to, by, wait: Duration::from_secs(asked.wait), aloud: !asked.json })
    }

    /// Sends the texts concurrently, and waits for their outcome.
    pub(crate) async fn run(
        &self,
        store: &Store,
        providers: &Providers,
        costs: Option<&Costs>,
    ) -> Result<Vec<Section>, Unavailable> {
        let mut codes = Vec::new();
        for _ in &self.by {
            codes.push(self.unused_code(store, &codes).await?);
        }
        let by = self.by.iter().filter_map(|name| providers.named(name));
        let test_sends =
            by.zip(&codes).map(|(by, code)| self.one(store, providers, by, code, costs));
        try_join_all(test_sends).await
    }

    /// Four digits that no attempt to this person waits for, or did recently.
    async fn unused_code(&self, store: &Store, taken: &[String]) -> Result<String, Unavailable> {
        loop {
            let code = (1000 + Uuid::new_v4().as_u128() % 9000).to_string();
            let known =
                store.attempt(&store.names().test_send(self.by[0], &self.to, &code)).await?;
            if !taken.contains(&code) && known.is_none() {
                return Ok(code);
            }
        }
    }

    async fn one(
        &self,
        store: &Store,
        providers: &Providers,
        provider: &dyn Provider,
        code: &str,
        costs: Option<&Costs>,
    ) -> Result<Section, Unavailable> {
        let name = provider.name();
        let body =
            format!("textback test {code} by {name}. Reply {code} to show that answers arrive.");
        let id = store.names().test_send(name, &self.to, code);
        let attempt = by_hand::attempt(store, id, &TraceId::fresh(), provider, &self.to, &body);
        let attempt = Attempt { tried_out: true, ..attempt };
        // Prices that cannot be read are reported by another check.
        let attempt = match costs {
            Some(costs) => costs.of(attempt),
            None => attempt,
        };
        let begun = Instant::now();
        let findings = match by_hand::make(&attempt, store, provider, providers.http()).await? {
            None | Some(Err(SendError::OptedOut { .. })) => vec![Finding::broken(
                Check::Delivery,
                "this person has said STOP: nothing was sent",
                "Have them text START first, or choose another number.",
            )],
            Some(Err(error @ SendError::Unknown { .. })) => vec![Finding::doubtful(
                Check::Delivery,
                error.to_string(),
                format!("Look at the phone, or look it up in {name}'s console."),
            )],
            Some(Err(error)) => {
                vec![failed(providers, name, &error.to_string(), Some(error.code()))]
            }
            Some(Ok(id)) => {
                let known = self.wait_for(&attempt, &id, begun, store, providers, provider).await?;
                self.judged(providers, name, code, &known)
            }
        };
        Ok(Section { name: format!("a text by {name}"), findings })
    }

    /// Waits until its code has come back, nothing better can come, or the time is up.
    async fn wait_for(
        &self,
        attempt: &Attempt,
        id: &str,
        begun: Instant,
        store: &Store,
        providers: &Providers,
        provider: &dyn Provider,
    ) -> Result<Known, Unavailable> {
        let name = provider.name();
        let mut known =
            Known { status: Status::Sending, code: None, after: Duration::ZERO, answered: None };
        let mut polled = Instant::now();
        loop {
            let now = store.attempt(&attempt.id).await?;
            let now = now.as_ref().unwrap_or(attempt);
            if now.status() > known.status {
                known.status = now.status();
                known.code.clone_from(&now.code);
                known.after = begun.elapsed();
                self.say(name, &format!("{}, after {}", word(known.status), time(known.after)));
            }
            if now.answered {
                let after = begun.elapsed();
                let by = store.test_send_answered(&attempt.trace).await?.unwrap_or_default();
                self.say(name, &format!("its code came back, after {}", time(after)));
                known.answered = Some((by, after));
            }
            if known.answered.is_some() || known.status.is_failure() || begun.elapsed() >= self.wait
            {
                return Ok(known);
            }
            if known.status < Status::Delivered && polled.elapsed() >= POLL {
                polled = Instant::now();
                let message = attempt.outgoing();
                let found = provider.poll(providers.http(), id, &message, attempt.at).await;
                if let Ok(Found::Known(receipt)) = found {
                    store.receive(name, &receipt, Timestamp::now()).await?;
                }
            }
            sleep(LOOK).await;
        }
    }

    fn judged(
        &self,
        providers: &Providers,
        name: &str,
        code: &str,
        known: &Known,
    ) -> Vec<Finding<Check>> {
        let (check, wait) = (Check::Delivery, self.wait.as_secs());
        let delivery = match (known.status, &known.answered) {
            (Status::Delivered, _) => {
                Finding::works(check, format!("delivered after {}", time(known.after)))
            }
            (_, Some(_)) => Finding::works(check, "it arrived, since it was answered"),
            (status, None) if status.is_failure() => {
                return vec![failed(providers, name, word(status), known.code.as_deref())];
            }
            (status, None) => Finding::doubtful(
                check,
                format!("{}, and no signal within {wait} s that it arrived", word(status)),
                "Look at the phone. If it is not there, this provider loses texts: ask its support, \
                 and put another one first in SMS_PROVIDERS.",
            ),
        };
        let check = Check::Answer;
        let answer = match &known.answered {
            Some((by, after)) if by == name => {
                Finding::works(check, format!("its code came back after {}", time(*after)))
            }
            Some((by, _)) => Finding::doubtful(
                check,
                format!("its code came back by {by}"),
                "Answer the text itself: the way back to its own provider is unproven.",
            ),
            None => Finding::doubtful(
                check,
                format!("its code {code} did not come back within {wait} s"),
                "If you answered with it, either the provider's webhook address for texts \
                 is not ours, or its number cannot receive.",
            ),
        };
        vec![delivery, answer]
    }

    #[expect(clippy::print_stdout, reason = "the output of a command")]
    fn say(&self, name: &str, news: &str) {
        if self.aloud {
            println!("{name}: {news}");
        }
    }
}

/// Asks on a terminal; elsewhere nobody can agree.
fn is_agreed() -> Result<bool, Error> {
    if !std::io::stdin().is_terminal() {
        return Err("there is no terminal to ask on: add --yes to send".into());
    }
    eprint!("Continue? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// What the provider's code means, and how to fix it.
fn failed(providers: &Providers, name: &str, seen: &str, code: Option<&str>) -> Finding<Check> {
    let meaning = code.and_then(|code| providers.explain(name, code));
    let seen = match (meaning, code) {
        (Some(meaning), Some(code)) => {
            format!("{seen}: {} ({code})", meaning.happened.trim_end_matches('.'))
        }
        (None, Some(code)) if !seen.contains(code) => format!("{seen} ({code})"),
        _ => seen.to_owned(),
    };
    let fix = meaning.map(|meaning| meaning.fix).filter(|fix| !fix.is_empty());
    let otherwise = format!("Look it up in {name}'s console.");
    Finding::broken(Check::Delivery, seen, fix.map_or(otherwise, str::to_owned))
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Sending => "sending",
        Status::Unknown => "unknown",
        Status::Accepted => "accepted",
        Status::Sent => "sent",
        Status::Failed => "failed",
        Status::Undelivered => "not delivered",
        Status::Delivered => "delivered",
    }
}

fn time(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f32())
}
