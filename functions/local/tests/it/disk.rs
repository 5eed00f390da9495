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

/// How a start ends that should not come to anything, and what it says.
async fn start(product: &Product) -> (Option<i32>, String) {
    let mut process = Process::start(&[], &product.settings, "");
    (process.end().await, process.logged().join("\n"))
}
