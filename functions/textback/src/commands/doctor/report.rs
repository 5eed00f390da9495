//! The findings of `doctor`, for a person or for a program.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};
use settings::SettingsError;
use sms::{Finding, Verdict};

/// The subjects of checks: the providers' own, and ours. The names are part of the output of
/// `--json`, and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Check {
    /// Whether any provider is configured, and reports about itself.
    Provider,
    /// Whether the world reaches us, with a valid certificate and without a redirect.
    PublicUrl,
    /// Whether the deployment is ready.
    Ready,
    /// Whether providers' calls reach textback, and forged ones are refused.
    Webhooks,
    /// Whether the pages exist that a business has to show.
    Pages,
    /// Whether the store can be read.
    Store,
    /// Whether wake-ups get through.
    Queue,
    /// Whether the model accepts our key and answers.
    Model,
    /// Whether the prices of the model and of texts are known, and how old they are.
    Prices,
    /// Whether the caps leave money for answers.
    Spending,
    /// What else strangers' texts can cause.
    Limits,
    /// Whether the agent's page can be used.
    AgentFile,
    /// Whether the business facts can be used.
    BusinessFile,
    /// Whether the console asks for a strong password.
    Console,
    /// Whether the webhooks' secrets are long enough.
    Secrets,
    /// Whether a name in the environment nearly matches a setting, and so is not read.
    Settings,
    /// Whether the clocks agree.
    Clock,
    /// The evidence of a route.
    Route,
    /// Whether a test send has arrived.
    Delivery,
    /// Whether its answer has arrived here.
    Answer,
    /// A provider's own check of our account.
    #[serde(untagged)]
    Account(sms::Check),
}

/// A finding about us or about a provider.
pub(crate) type Found = Finding<Check>;

/// A setting that stops the functions from starting. Its error says what to write.
pub(crate) fn misset(check: Check, error: &SettingsError) -> Found {
    Finding::broken(check, error.to_string(), "Until then no function starts.")
}

/// Findings that belong together.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) findings: Vec<Found>,
}

/// The findings so far.
#[derive(Default)]
pub(crate) struct Report(Vec<Section>);

impl Section {
    fn verdict(&self) -> Verdict {
        let verdicts = self.findings.iter().map(|finding| finding.verdict);
        verdicts.max().unwrap_or(Verdict::Works)
    }

    /// As lines for a person: the section's verdict, then each finding, and how to fix it.
    pub(crate) fn display(&self, colours: bool) -> String {
        let mut shown = format!("[{}] {}\n", mark(self.verdict(), colours), self.name);
        for Finding { check, verdict, seen, fix } in &self.findings {
            let _ = writeln!(shown, "    {} {}: {seen}", mark(*verdict, colours), label(*check));
            if let Some(fix) = fix {
                let _ = writeln!(shown, "      {fix}");
            }
        }
        shown
    }
}

impl Report {
    pub(crate) fn add(&mut self, section: Section) {
        self.0.push(section);
    }

    /// Whether nothing is broken. Doubtful findings are allowed.
    pub(crate) fn works(&self) -> bool {
        self.0.iter().all(|section| section.verdict() < Verdict::Broken)
    }

    /// The last line.
    pub(crate) fn sum(&self) -> String {
        let [works, doubtful, broken] = self.counts();
        format!("{} checks: {works} work, {doubtful} doubtful, {broken} broken", self.all().count())
    }

    /// Everything, always with all members.
    pub(crate) fn json(&self) -> Value {
        let [works, doubtful, broken] = self.counts();
        json!({
            "version": 1,
            "works": self.works(),
            "sections": self.0,
            "counts": { "works": works, "doubtful": doubtful, "broken": broken },
        })
    }

    fn counts(&self) -> [usize; 3] {
        [Verdict::Works, Verdict::Doubtful, Verdict::Broken]
            .map(|verdict| self.all().filter(|finding| finding.verdict == verdict).count())
    }

    fn all(&self) -> impl Iterator<Item = &Finding<Check>> {
        self.0.iter().flat_map(|section| &section.findings)
    }
}

fn mark(verdict: Verdict, colours: bool) -> String {
    let (mark, colour) = match verdict {
        Verdict::Works => ("✓", 32),
        Verdict::Doubtful => ("!", 33),
        Verdict::Broken => ("✗", 31),
    };
    if colours { format!("\u{1b}[{colour}m{mark}\u{1b}[0m") } else { mark.into() }
}

/// The name of a check as words.
fn label(check: Check) -> String {
    let name = serde_json::to_value(check).expect("a check is a word");
    name.as_str().unwrap_or_default().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let section = |name: &str, findings| Section { name: name.into(), findings };
        let credentials = Check::Account(sms::Check::Credentials);
        Report(vec![
            section("twilio", vec![Finding::works(credentials, "the account is ours")]),
            section(
                "textback",
                vec![
                    Finding::works(Check::Store, "answers in 3 ms"),
                    Finding::doubtful(Check::PublicUrl, "of this machine alone", "Set PUBLIC_URL."),
                ],
            ),
        ])
    }

    #[test]
    fn a_section_is_as_well_as_its_worst_finding() {
        let report = report();
        assert_eq!(
            report.0[0].display(false),
            "[✓] twilio\n    ✓ credentials: the account is ours\n"
        );
        assert_eq!(
            report.0[1].display(false),
            "[!] textback\n    ✓ store: answers in 3 ms\n    ! public url: of this machine alone\n      \
             Set PUBLIC_URL.\n"
        );
        assert!(report.0[0].display(true).starts_with("[\u{1b}[32m✓\u{1b}[0m] twilio\n"));
    }

    #[test]
    fn what_is_doubtful_works_and_what_is_broken_does_not() {
        let mut report = report();
        assert_eq!(report.sum(), "3 checks: 2 work, 1 doubtful, 0 broken");
        assert!(report.works());
        let broken = vec![Finding::broken(Check::Queue, "cannot be reached", "See to it.")];
        report.add(Section { name: "more".into(), findings: broken });
        assert!(!report.works());
    }

    /// Programs read this.
    #[test]
    fn json_has_every_member() {
        assert_eq!(
            report().json(),
            json!({
                "version": 1,
                "works": true,
                "sections": [
                    {
                        "name": "twilio",
                        "findings": [{
                            "check": "credentials",
                            "verdict": "works",
                            "seen": "the account is ours",
                            "fix": null,
                        }],
                    },
                    {
                        "name": "textback",
                        "findings": [
                            {
                                "check": "store",
                                "verdict": "works",
                                "seen": "answers in 3 ms",
                                "fix": null,
                            },
                            {
                                "check": "public_url",
                                "verdict": "doubtful",
                                "seen": "of this machine alone",
                                "fix": "Set PUBLIC_URL.",
                            },
                        ],
                    },
                ],
                "counts": { "works": 2, "doubtful": 1, "broken": 0 },
            })
        );
    }
}
