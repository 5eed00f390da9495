//! The files on disk: who can read them, and what a program does with damaged ones.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use product::{ANN, Process, Product};

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
async fn an_empty_file_is_not_a_fresh_start() {
    let mut product = Product::start(&["twilio"]).await;
    product.text(ANN, "STOP").await;
    product.stop().await;
    fs::write(product.folder().join("textback.db"), "").unwrap();
    let (code, said) = start(&product).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("textback.db is empty"), "{said}");
}

/// The stops in it are stored under names that another key cannot derive.
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
        let call = product.companies.twilio.inbound(&product.route(), ANN, "STOP");
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

/// However many texts wait for it: a text that was acknowledged is answered once, and one that was
/// not is sent again by the provider.
#[tokio::test]
async fn a_full_or_failing_disk_acknowledges_nothing_that_it_does_not_keep() {
    let libraries = tempfile::tempdir().unwrap();
    let (library, fails) = (libraries.path().join("syncs.so"), libraries.path().join("fails"));
    compile(SYNCS, &library);
    let failing = format!("export LD_PRELOAD={} SYNCS_FAIL={}", library.display(), fails.display());
    // In blocks of 512 bytes; a process that writes more gets an error, and is not killed.
    for trouble in ["trap '' XFSZ; ulimit -f 1400", &failing] {
        let mut product = Product::start(&["twilio"]).await;
        product.start_again_after(trouble).await;
        let people: Vec<_> = (0..150).map(|number| format!("+1202555{}", 2_000 + number)).collect();
        let mut left: Vec<&String> = people.iter().collect();
        for round in 0..3 {
            if round == 1 {
                fs::write(&fails, "").unwrap();
            }
            let (route, twilio) = (product.route(), &product.companies.twilio);
            let call = |person: &&String| {
                let message = format!("SM{:0>32}", &person[1..]);
                twilio.inbound_as(&route, &message, person, "My sink leaks")
            };
            // A third comes before it fails.
            let calls: Vec<_> =
                left.iter().take(if round == 0 { 50 } else { 150 }).map(call).collect();
            let mut answers = product.post_all(&calls).await.into_iter();
            let before = left.len();
            left.retain(|_| answers.next().is_none_or(|answer| answer.status != 200));
            assert!(round == 1 || left.len() < before, "{trouble}");
            if round == 1 {
                assert!(!left.is_empty(), "{trouble}: it never failed");
                product.kill();
                let _ = fs::remove_file(&fails);
                product.start_again().await;
            }
        }
        assert!(left.is_empty(), "{trouble}");
        product.as_if_later(Duration::from_secs(130));
        product.settled().await;
        for person in &people {
            assert_eq!(
                product.companies.twilio.texts_to(person),
                ["You said: My sink leaks"],
                "{trouble}"
            );
        }
    }
}

/// Makes syncs fail while a file of this name exists.
const SYNCS: &str = r#"
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdlib.h>
    #include <unistd.h>

    static int by(const char *name, int file) {
        const char *fails = getenv("SYNCS_FAIL");
        if (fails && access(fails, F_OK) == 0) { errno = EIO; return -1; }
        return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
    }
    int fsync(int file) { return by("fsync", file); }
    int fdatasync(int file) { return by("fdatasync", file); }
"#;

fn compile(source: &str, library: &Path) {
    let file = library.with_extension("c");
    fs::write(&file, source).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(library).arg(&file).status();
    assert!(made.unwrap().success());
}

/// The exit code and messages of a start that should fail.
async fn start(product: &Product) -> (Option<i32>, String) {
    let mut process = Process::start(&[], &product.settings, "");
    (process.end().await, process.logged().join("\n"))
}
