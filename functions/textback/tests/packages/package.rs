//! A zip as it is uploaded, and the function in it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use fakes::{RuntimeApi, find};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use zip::ZipArchive;

/// The newest glibc that Lambda's `provided.al2023` has.
const GLIBC: u32 = 34;

/// What the packages are built for, and how they run here.
#[derive(Clone, Copy)]
pub(crate) struct Architecture {
    /// The folder of its packages, as `deploy.sh` calls it.
    pub(crate) name: &'static str,
    /// The name that compilers and emulators use.
    machine: &'static str,
}

pub(crate) const ARM64: Architecture = Architecture { name: "arm64", machine: "aarch64" };
pub(crate) const X86_64: Architecture = Architecture { name: "x86-64", machine: "x86_64" };

impl Architecture {
    /// The package of a function, if there is one.
    pub(crate) fn package(self, function: &str) -> Option<PathBuf> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
        let zip = target.join("package").join(self.name).join(format!("{function}.zip"));
        zip.is_file().then_some(zip)
    }

    pub(crate) fn is_native(self) -> bool {
        self.machine == std::env::consts::ARCH
    }

    /// The command that runs a program for this machine, or what is missing for it.
    pub(crate) fn runner(self) -> Result<Vec<String>, String> {
        if self.is_native() {
            return Ok(Vec::new());
        }
        let (machine, name) = (self.machine, self.name.replace("x86-64", "amd64"));
        let (emulator, libraries) =
            (format!("qemu-{machine}"), format!("/usr/{machine}-linux-gnu"));
        if find(&emulator).is_none() || !Path::new(&libraries).is_dir() {
            return Err(format!(
                "needs {emulator} and the C library of {machine}: \
                 `apt-get install qemu-user libc6-{name}-cross`"
            ));
        }
        Ok(vec![emulator, "-L".into(), libraries])
    }
}

/// A package unpacked into a folder, as on Lambda.
pub(crate) struct Package {
    pub(crate) function: &'static str,
    /// Of the zip, in bytes.
    pub(crate) size: u64,
    folder: TempDir,
    runner: Vec<String>,
}

impl Package {
    /// Unpacks a zip, all of which Lambda must accept.
    pub(crate) fn unpack(function: &'static str, zip: &Path, runner: &[String]) -> Self {
        let size = zip.metadata().unwrap().len();
        let mut zip = ZipArchive::new(File::open(zip).unwrap()).unwrap();
        let mode = zip.by_name("bootstrap").expect("a bootstrap at the top").unix_mode();
        let others_may_run_it = mode.unwrap_or_default() & 0o005 == 0o005;
        assert!(others_may_run_it, "{function}: Lambda's user may not run the bootstrap");
        let folder = tempfile::tempdir().unwrap();
        zip.extract(&folder).unwrap();
        let wanted = newest_glibc(&std::fs::read(folder.path().join("bootstrap")).unwrap());
        assert!(wanted <= GLIBC, "{function} wants glibc 2.{wanted}, Lambda has 2.{GLIBC}");
        Self { function, size, folder, runner: runner.to_vec() }
    }

    /// Starts the function in a Lambda of its own, with these settings and no others.
    pub(crate) async fn start(&self, settings: &[(&str, &str)]) -> (RuntimeApi, Function) {
        let lambda = RuntimeApi::start().await;
        let bootstrap = self.folder.path().join("bootstrap").display().to_string();
        let command: Vec<_> = self.runner.iter().chain([&bootstrap]).collect();
        let log = tempfile::NamedTempFile::new().unwrap();
        let process = Command::new(command[0])
            .args(&command[1..])
            .current_dir(&self.folder)
            .env_clear()
            .envs(lambda.environment(self.function))
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.reopen().unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        (lambda, Function { process, log })
    }

    /// The median time of a start, from the process to its first request for an event.
    pub(crate) async fn time_of_start(&self, starts: usize, settings: &[(&str, &str)]) -> Duration {
        let mut times = Vec::new();
        for _ in 0..starts {
            let begun = Instant::now();
            let (lambda, _function) = self.start(settings).await;
            lambda.ready().await;
            times.push(begun.elapsed());
        }
        times.sort();
        times[starts / 2]
    }
}

/// A function that runs until this is dropped. Its log is printed if the test fails.
pub(crate) struct Function {
    process: Child,
    log: tempfile::NamedTempFile,
}

impl Function {
    /// Asks it to end, as Lambda does if an extension is registered, and waits until it has.
    pub(crate) async fn terminate(mut self) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().await.unwrap().success());
        self.process.wait().await.unwrap();
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint!("{}", std::fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// The `34` of the highest `GLIBC_2.34` that a program names.
fn newest_glibc(program: &[u8]) -> u32 {
    const NAME: &[u8] = b"GLIBC_2.";
    let names = program.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let versions = names.filter_map(|(at, _)| {
        let digits = program[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        String::from_utf8(digits.copied().collect()).ok()?.parse().ok()
    });
    versions.max().expect("a program for Linux names its C library")
}
