//! Settings that are wrong.

use fakes::{Front, unique_name};

use super::{Deployed, check};

#[tokio::test]
async fn each_setting_that_is_wrong_is_named_and_nothing_else() {
    let mut deployed = Deployed::start(&["mock"]).await;
    let right = deployed.product.settings.clone();
    let project = unique_name();
    let others = Front::start("else.example.test", deployed.product.address()).await;
    let others = deployed.file(others.certificate());
    let found_here = [
        (
            &[("SSL_CERT_FILE", others.as_str())][..],
            "✗ public url: its certificate was not issued by a trusted authority",
            "Use one from a public authority",
        ),
        (
            &[("GOOGLE_CLOUD_PROJECT", &project), ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")],
            "✗ store: ",
            "Check DATA_DIR, or GOOGLE_CLOUD_PROJECT",
        ),
    ];
    for (settings, found, fix) in WRONG.iter().copied().chain(found_here) {
        deployed.product.settings.clone_from(&right);
        deployed.set(settings);
        let ran = deployed.doctor(&[]).await;
        check(&ran, found, fix);
    }
}

/// Its name and its value.
type Setting = (&'static str, &'static str);

/// Settings that are wrong, what is found, and what is said to do about it.
const WRONG: &[(&[Setting], &str, &str)] = &[
    (
        &[("CONSOLE_PASSWORD", "eleven-char")],
        "✗ console: its password has fewer than 12 characters",
        "Set CONSOLE_PASSWORD to what `openssl rand -base64 24` prints.",
    ),
    (
        &[("PLIVO_WEBHOOK_TOKEN", "open-sesame-9d1f0c"), ("RESULT_WEBHOOK_SECRET", "whsec_")],
        "✗ secrets: PLIVO_WEBHOOK_TOKEN, RESULT_WEBHOOK_SECRET can be guessed",
        "Change it at the other end as well.",
    ),
    (
        &[("OPENAI_API_KEY", "sk-another")],
        "✗ model: the key is wrong (401 invalid_api_key)",
        "Copy OPENAI_API_KEY again",
    ),
    (
        &[("OPENAI_MODEL", "nobody-knows-me")],
        "✗ model: there is no such model, or this account has no access to it (404 model_not_found)",
        "Set OPENAI_MODEL to one",
    ),
    (
        &[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")],
        "✗ model: it cannot be reached (unreachable)",
        "Check OPENAI_BASE_URL",
    ),
    (
        &[("OPENAI_API_KEY", ""), ("OPENAI_BASE_URL", "")],
        "! model: the built-in one, which does not think",
        "Set OPENAI_API_KEY.",
    ),
    (
        &[("AGENT_FILE", "nowhere.md")],
        "✗ agent file: AGENT_FILE cannot be used: write the path of the agent's page: ",
        "Until then no function starts.",
    ),
    (
        &[("BUSINESS_FILE", "")],
        "! business file: the pages are those of an example business",
        "Write your own facts",
    ),
    (
        &[("PUBLIC_URL", "http://localhost:5000")],
        "! public url: http://localhost:5000 is only on this machine: providers cannot reach it",
        "Set PUBLIC_URL to the public https address",
    ),
    (
        &[("HTTPS_PROXY", "http://127.0.0.1:9")],
        "✗ public url: Connection refused",
        "Check PUBLIC_URL",
    ),
    (
        &[
            ("TURN_QUEUE_URL", "http://127.0.0.1:9/123456789012/turns.fifo"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ],
        "✗ queue: the queue ",
        "Check TURN_QUEUE_URL",
    ),
];
