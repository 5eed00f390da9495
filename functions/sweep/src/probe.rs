//! Probes: two of our numbers at two providers text each other, and silence is an alarm.
//!
//! This module decides on a probe, and reports one that does not arrive; `turn` sends it.

use conversations::{Attempt, Notice, Unavailable};
use jiff::{SignedDuration, Timestamp};
use routing::{KnownProbe, Probe};
use settings::{Names, Settings, SettingsError};
use sms::{Number, Providers, Status};
use telemetry::{Alarm, raise};
use uuid::Uuid;

use crate::{Sweep, SweepError};

/// The shortest interval: every probe is a text that is paid for, at both ends.
const LEAST: SignedDuration = SignedDuration::from_hours(1);

/// Which of our numbers text each other, and how often.
pub struct Probes {
    every: SignedDuration,
    candidates: Vec<Candidate>,
}

/// One candidate that is probed.
struct Candidate {
    from: &'static str,
    to: &'static str,
    number: Number,
}

impl Probes {
    /// What [`Probes::from_settings`] reads.
    pub const SETTINGS: Names = &["PROBE_EVERY"];

    /// The probes that `PROBE_EVERY` asks for, as `6h` or `90m`: every provider with a number of
    /// its own texts the next one, and the last texts the first. Two providers make two texts each
    /// time.
    pub fn from_settings(
        settings: &Settings,
        providers: &Providers,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(every) = settings.get("PROBE_EVERY") else { return Ok(None) };
        let invalid = |problem: &str| SettingsError::Invalid {
            name: "PROBE_EVERY",
            problem: problem.to_owned(),
        };
        let every = every.parse().ok().filter(|every: &SignedDuration| *every >= LEAST);
        let every = every.ok_or_else(|| {
            invalid(
                "write how often, such as 6h or 90m; no more often than 1h, since each costs money",
            )
        })?;
        let own = |provider: &'_ dyn sms::Provider| Some((provider.name(), provider.number()?));
        let ends: Vec<_> = providers.iter().filter_map(own).collect();
        if ends.len() < 2 {
            return Err(invalid(
                "it takes two providers with a number each, written as +12025550143, and not a \
                 name, a service or a pool: configure another, or leave this out",
            ));
        }
        let next = ends.iter().cycle().skip(1);
        let candidates = ends.iter().zip(next).map(|((from, _), (to, number))| Candidate {
            from,
            to,
            number: number.clone(),
        });
        Ok(Some(Self { every, candidates: candidates.collect() }))
    }
}

impl Sweep {
    /// Probes every candidate when it is time, and reports one that does not arrive.
    pub(crate) async fn probe(&self, now: Timestamp) -> Result<(), SweepError> {
        let Some(Probes { every, candidates }) = self.probes.as_deref() else { return Ok(()) };
        for candidate in candidates {
            let id = self.store.names().probe(candidate.from, &candidate.number);
            match routing::probe(&self.store, &id).await? {
                // Reported once. The next one that arrives ends the silence.
                Some(last) if last.probe.is_missing(now) && !last.probe.silent => {
                    self.miss(&last, now).await?;
                }
                Some(last) if last.probe.is_to_be_sent(now) => {
                    self.wake_one(&id, last.probe.at, now).await?;
                }
                Some(last) if now < last.probe.at + *every => {}
                last => {
                    let silent = last.as_ref().is_some_and(|last| last.probe.silent);
                    let next = candidate.probe(silent, now);
                    if routing::open_probe(&self.store, &id, last.as_ref(), &next).await? {
                        self.wake_one(&id, now, now).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Raises the alarm: a probe did not arrive.
    async fn miss(&self, known: &KnownProbe, now: Timestamp) -> Result<(), Unavailable> {
        let Probe { from, to, attempt, at, .. } = &known.probe;
        let attempt = match attempt {
            Some(id) => self.store.attempt(id).await?,
            None => None,
        };
        let sentence = format!(
            "A text by {from} to our number at {to} did not arrive within 10 minutes. {}",
            self.what_is_known(from, attempt.as_ref())
        );
        let notice = Notice {
            id: format!("probe-{from}-{to}-{}", at.as_millisecond()),
            sentence: sentence.clone(),
            conversation: None,
            trace: attempt.map(|attempt| attempt.trace),
            follow_up: None,
            at: now,
        };
        if routing::probe_missed(&self.store, known, &notice).await? {
            raise!(Alarm::ProbeSilent, provider.name = from, probe.to = to, "{sentence}");
        }
        Ok(())
    }

    /// The provider's own report about it.
    fn what_is_known(&self, from: &str, attempt: Option<&Attempt>) -> String {
        let Some(attempt) = attempt else {
            return "It was not even sent: the log of turn says why.".into();
        };
        let code = attempt.code.as_deref().unwrap_or("no code");
        let means = self.providers.explain(from, code).map(ToString::to_string).unwrap_or_default();
        match attempt.status() {
            Status::Sending | Status::Unknown => {
                format!("It is not known whether {from} took it.")
            }
            Status::Accepted | Status::Sent => {
                format!("{from} took it, and has reported nothing since. Run `doctor` for both.")
            }
            Status::Delivered => {
                format!(
                    "{from} reports that it was delivered: check that the address for texts at the \
                     other is ours."
                )
            }
            Status::Failed | Status::Undelivered => {
                format!("{from} did not deliver it ({code}). {means}").trim_end().to_owned()
            }
        }
    }
}

impl Candidate {
    fn probe(&self, silent: bool, now: Timestamp) -> Probe {
        Probe {
            from: self.from.to_owned(),
            to: self.to.to_owned(),
            code: Uuid::new_v4().simple().to_string(),
            attempt: None,
            arrived: false,
            silent,
            at: now,
        }
    }
}
