//! What lies on the disk, for whoever looks at it, and for a program that finds it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::process::Process;
use crate::product::{ANN, Product};

#[tokio::test]
async fn nobody_else_can_read_it() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "My sink leaks").await;
    product.settled().await;
    let files = fs::read_dir(product.folder()).unwrap().map(Result::unwrap);
    for file in files {
        let rights = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(rights, 0o600, "{:?}", file.file_name());
    }
    product.kill();

    fs::set_permissions(product.folder(), Permissions::from_mode(0o755)).unwrap();
    let (code, said) = start(&product).await;
    assert_eq!(code, Some(1));
    let command = format!("chmod 700 '{}'", product.folder().display());
    assert!(said.contains(&command), "{said}");
}

#[tokio::test]
async fn a_file_that_is_empty_is_no_fresh_start() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "STOP").await;
    product.stop().await;
    fs::write(product.folder().join("textback.db"), "").unwrap();
    let (code, said) = start(&product).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("textback.db is empty"), "{said}");
}

/// The stops in it are kept under names that another key does not make.
#[tokio::test]
async fn with_another_key_neither_store_is_served_from() {
    const ANOTHER: &str = "YW5vdGhlciBrZXksIHdoaWNoIG5hbWVzIG5vYm9keSE=";
    let (emulator, project) = (fakes::firestore().await, fakes::unique_name());
    let host = emulator.map(|emulator| emulator.host).unwrap_or_default();
    let firestore =
        [("GOOGLE_CLOUD_PROJECT", project.as_str()), ("FIRESTORE_EMULATOR_HOST", &host)];
    let stores = [&[][..], &firestore].into_iter().take(if host.is_empty() { 1 } else { 2 });
    for settings in stores {
        let mut product = Product::start_with(&["twilio"], settings).await;
        let call = product.twilio.inbound(&product.route(), ANN, "STOP");
        assert_eq!(product.post(&call).await.status, 200);
        product.stop().await;
        product.settings.insert("NAME_KEY".into(), ANOTHER.into());
        let (code, said) = start(&product).await;
        assert_eq!(code, Some(1));
        let told = "were made with another NAME_KEY: set the one that it was begun with";
        assert!(said.starts_with("error: ") && said.contains(told), "{said}");
        let ran = product.run(&["doctor"], "").await;
        let found = ran.printed.iter().find(|line| line.contains("✗ store: ")).expect("it says so");
        assert!(found.contains(told), "{found}");
    }
}

/// How a start ends that should not come to anything, and what it says.
async fn start(product: &Product) -> (Option<i32>, String) {
    let mut process = Process::start(&[], &product.settings, "");
    (process.end().await, process.logged().join("\n"))
}
