//! Names that are nearly those of settings. Whoever mistypes one has not set it, and is told
//! elsewhere that something is missing which stands before their eyes.

use std::collections::BTreeSet;

use strsim::normalized_damerau_levenshtein as likeness;

use crate::{FORMER_NAMES, Names};

/// How alike a name is at least to one that is meant: a letter is wrong in seven.
const ALIKE: f64 = 0.85;

/// The same where the first word is one of ours alone, and only the rest has to be guessed at.
const ALIKE_BEHIND_OURS: f64 = 0.65;

/// First words of names that others have for settings of theirs. All other first words are ours.
const OTHERS: &str = "AGENT AWS BUSINESS COUNTRIES DATA FIRESTORE GCP GOOGLE HOST LOG NAME NEW NO PORT \
    PROBE PUBLIC RESULT RUST SECRETS SMS TRUSTED TURN USE";

/// Of these names those that nobody reads, each with the one that was most likely meant, in order.
pub fn misspelt(
    given: impl IntoIterator<Item = String>,
    known: impl IntoIterator<Item = Names>,
) -> Vec<(String, &'static str)> {
    let known: BTreeSet<_> = known.into_iter().flatten().copied().collect();
    let former = FORMER_NAMES.map(|(former, _)| former);
    let is_read = |name: &str| known.contains(name) || former.contains(&name);
    let given: BTreeSet<_> = given.into_iter().filter(|name| !is_read(name)).collect();
    let meant = given.into_iter().filter_map(|name| {
        let meant = meant(&name, &known)?;
        Some((name, meant))
    });
    meant.collect()
}

fn meant(name: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("TEXTBACK_").unwrap_or(&name);
    let alike = known.iter().map(|known| (likeness(name, known), *known));
    let (likeness, known) = alike.max_by(|one, other| one.0.total_cmp(&other.0))?;
    let first = |name: &str| name.split('_').next().unwrap_or_default().to_owned();
    let is_others = OTHERS.split(' ').any(|other| other == first(name));
    let is_ours = first(name) == first(known) && !is_others;
    let least = if is_ours { ALIKE_BEHIND_OURS } else { ALIKE };
    (likeness >= least).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Names = &[
        "ACME_AUTH_TOKEN",
        "AWS_REGION",
        "AWS_SESSION_TOKEN",
        "CONSOLE_PASSWORD",
        "DATA_DIR",
        "HOST",
        "MC_WEBHOOK_TOKEN",
        "OPENAI_API_KEY",
        "PORT",
        "PUBLIC_URL",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_FROM",
    ];

    #[test]
    fn names_what_was_meant() {
        let meant = |name: &str| {
            misspelt([name.to_owned()], [KNOWN]).first().map_or("", |(_, meant)| meant)
        };
        for (name, known) in [
            ("TWILIO_AUTH_TOKN", "TWILIO_AUTH_TOKEN"),
            ("OPENAI_API_KY", "OPENAI_API_KEY"),
            ("OPENAI_KEY", "OPENAI_API_KEY"),
            ("TWILIO_TOKEN", "TWILIO_AUTH_TOKEN"),
            ("TEXTBACK_OPENAI_API_KEY", "OPENAI_API_KEY"),
            ("TEXTBACK_PUBLIC_ULR", "PUBLIC_URL"),
            ("twilio_auth_token", "TWILIO_AUTH_TOKEN"),
            ("ACME_TOKEN", "ACME_AUTH_TOKEN"),
            ("DATADIR", "DATA_DIR"),
            ("PUBLIC_URI", "PUBLIC_URL"),
            ("MC_WEBHOOKTOKEN", "MC_WEBHOOK_TOKEN"),
            // Read, under an older name too.
            ("TWILIO_FROM", ""),
            ("TWILIO_PHONE_NUMBER", ""),
            // Other people's.
            ("HOME", ""),
            ("HOSTNAME", ""),
            ("PATH", ""),
            ("AWS_SECURITY_TOKEN", ""),
            ("AWS_DEFAULT_REGION", ""),
            ("OPENAI_ORGANIZATION", ""),
            ("TWILIO_EDGE", ""),
        ] {
            assert_eq!(meant(name), known, "{name}");
        }
    }
}
