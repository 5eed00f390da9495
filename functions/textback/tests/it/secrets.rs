//! Secrets that the owner chose too short, and keys that must not leak.

use std::process::Command;

use product::{ANN, Process, Product, until};

use crate::settings::workspace;

const SHORT: &str = "twenty-three-characters";
const TOLD: &str = "MC_WEBHOOK_TOKEN can be guessed, having fewer than 24 bytes: take what `openssl \
                    rand -base64 24` prints";

#[tokio::test]
async fn a_first_start_stops_but_a_later_one_runs_with_an_alarm() {
    let mut product = Product::start(&["messagecentral"]).await;
    until("it to look after its store", async || !product.store.is_untouched().await.unwrap())
        .await;
    product.kill();
    product.settings.insert("MC_WEBHOOK_TOKEN".into(), SHORT.into());
    product.start_again().await;
    product.process.logs(r#""alarm":"secret.short""#).await;
    let line = product.process.logged().into_iter().find(|line| line.contains(TOLD)).unwrap();
    assert!(!line.contains(SHORT), "{line}");
    let (route, shape) = (product.route(), fakes::InboundShape::default());
    let text = product.companies.messagecentral.inbound(&route, SHORT, &shape, ANN, "My tap drips");
    assert_eq!(product.post(&text).await.status, 200);
    product.settled().await;
    assert_eq!(product.companies.messagecentral.texts_to(ANN).len(), 1);

    let (folder, mut settings) = (tempfile::tempdir().unwrap(), product.settings.clone());
    settings.insert("DATA_DIR".into(), folder.path().join("data").to_str().unwrap().into());
    let mut first = Process::start(&[], &settings, "");
    assert_eq!((first.end().await, first.printed()), (Some(1), vec![]));
    assert_eq!(first.logged().last().unwrap(), &format!("error: {TOLD}"));
}

#[test]
fn git_ignores_every_key_and_none_of_our_files() {
    let git = |arguments: &[&str]| {
        let ran = Command::new("git").args(arguments).current_dir(workspace()).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    if git(&["rev-parse", "--is-inside-work-tree"]).is_empty() {
        eprintln!("skipped: this is not a checkout");
        return;
    }
    let keys = [
        ".env",
        ".env.production",
        "functions/textback/.env",
        "infra/google-credentials.json",
        "my-project-0123456789ab.json",
        "private.key",
        "shared/sms/src/private-key.pem",
        "AuthKey.p8",
        "textback-service-account.json",
    ];
    let ignored = git(&[&["check-ignore"][..], &keys].concat());
    assert_eq!(ignored.lines().collect::<Vec<_>>(), keys);
    assert_eq!(git(&["check-ignore", ".env.example"]), "");
    assert_eq!(git(&["ls-files", "--cached", "--ignored", "--exclude-standard"]), "");
}
