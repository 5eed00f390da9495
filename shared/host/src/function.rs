//! A function whose settings may change while it runs.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Request;
use queue::WakeUp;
use settings::{Names, Settings};
use telemetry::{Alarm, raise};

use crate::current::Current;
use crate::parameters::{AT_THE_START, Parameters};
use crate::watched::Watched;
use crate::{Error, SETTINGS, exit_code, http, schedule, start, wake_ups};

/// How long reading parameters again may take while a call waits for its answer.
const MEANWHILE: Duration = Duration::from_secs(2);

/// How old parameters may be. A changed secret takes effect after this time.
const STALE_AFTER: Duration = Duration::from_secs(300);

/// How long after a failure they are read again.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A function: the settings it reads, and how it is served.
///
/// The handler is built from the settings. With `SECRETS_PATH` it is built again when a call finds the
/// parameters stale and they turn out to have changed, and also when the file of the setting `watched`
/// has. If they cannot be read, or no handler can be built from them, the previous one continues. It makes
/// no difference where the function runs.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The names of the settings that it reads, from the environment or from Parameter Store.
    pub settings: &'static [Names],
    /// How old parameters may be before a call has them read again, by the wall clock: other clocks
    /// stop while a sandbox is frozen between calls.
    pub stale_after: Duration,
    /// The setting that names a file which may change: the agent's page.
    pub watched: Option<&'static str>,
}

impl Function {
    /// A function that reads these settings, and reads parameters again after five minutes.
    pub const fn reading(settings: &'static [Names]) -> Self {
        Self { settings, stale_after: STALE_AFTER, watched: None }
    }

    /// The same, which is built again when the agent's page changes in the file of this setting.
    pub const fn watching(self, name: &'static str) -> Self {
        Self { watched: Some(name), ..self }
    }

    /// The whole of a `main`: answers calls with the router that `build` returns, either calls from
    /// Lambda or calls to `$HOST:$PORT` until the process is asked to stop; and health calls. The
    /// router sets limits on bodies and provides [readiness](crate::readiness()).
    pub fn serve_http<B>(self, build: impl Fn(Settings) -> B + Send + Sync + 'static) -> ExitCode
    where
        B: Future<Output = Result<Router, Error>> + Send,
    {
        self.serve(build, async |settings, fresh| {
            http::serve_http(&settings, calls(fresh, |router| router)).await
        })
    }

    /// The whole of a `main`: passes wake-ups to the handler that `build` returns, either from Lambda
    /// or from `TURN_QUEUE_URL` until the process is asked to stop. A failed one comes again. `build`
    /// also returns the router for [readiness](crate::readiness()) calls.
    pub fn serve_queue<B, H, F, E>(
        self,
        build: impl Fn(Settings) -> B + Send + Sync + 'static,
    ) -> ExitCode
    where
        B: Future<Output = Result<(H, Router), Error>> + Send,
        H: Fn(WakeUp) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send,
        E: std::fmt::Display,
    {
        self.serve(build, async |settings, fresh| {
            let router = calls(Arc::clone(&fresh), |(_, router)| router);
            let handler = move |wake_up| {
                let fresh = Arc::clone(&fresh);
                async move {
                    let (handler, _) = fresh.handler(SystemTime::now()).await;
                    handler(wake_up).await
                }
            };
            wake_ups::serve_queue(&settings, router, handler).await
        })
    }

    /// The whole of a `main`: runs the handler that `build` returns whenever Lambda's scheduler says
    /// so, or immediately and then at each interval `every` until the process is asked to stop. `build`
    /// also returns the router for [readiness](crate::readiness()) calls.
    pub fn serve_schedule<B, H, F, E>(
        self,
        every: Duration,
        build: impl Fn(Settings) -> B + Send + Sync + 'static,
    ) -> ExitCode
    where
        B: Future<Output = Result<(H, Router), Error>> + Send,
        H: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = Result<(), E>>,
        E: Into<Error>,
    {
        self.serve(build, async move |settings, fresh| {
            let router = calls(Arc::clone(&fresh), |(_, router)| router);
            let handler = || {
                let fresh = Arc::clone(&fresh);
                async move {
                    let (handler, _) = fresh.handler(SystemTime::now()).await;
                    handler().await
                }
            };
            schedule::serve_schedule(&settings, every, router, handler).await
        })
    }

    fn serve<B, H, N, S>(
        self,
        build: N,
        serve: impl FnOnce(Settings, Arc<Fresh<H, N>>) -> S,
    ) -> ExitCode
    where
        N: Fn(Settings) -> B,
        B: Future<Output = Result<H, Error>>,
        H: Clone,
        S: Future<Output = Result<(), Error>>,
    {
        let environment =
            Settings::from_env([SETTINGS].into_iter().chain(self.settings.iter().copied()));
        let done = start(environment, async move |environment| {
            let parameters = Parameters::of(&environment).await?;
            let now = SystemTime::now();
            let (settings, fresh) = Fresh::start(environment, parameters, build, self, now).await?;
            serve(settings, Arc::new(fresh)).await
        });
        exit_code(done)
    }
}

/// Answers calls with the current router, and tells it whether it still matches the settings.
fn calls<H, N, B>(
    fresh: Arc<Fresh<H, N>>,
    router: impl Fn(H) -> Router + Clone + Send + Sync + 'static,
) -> Router
where
    N: Fn(Settings) -> B + Send + Sync + 'static,
    B: Future<Output = Result<H, Error>> + Send,
    H: Clone + Send + 'static,
{
    Router::new().fallback(move |call: Request| {
        let (fresh, router) = (Arc::clone(&fresh), router.clone());
        async move {
            let handler = fresh.handler(SystemTime::now()).await;
            fresh.current.answer(router(handler), call).await
        }
    })
}

/// A handler, and the settings it was built from.
struct Fresh<H, N> {
    environment: Settings,
    parameters: Option<Parameters>,
    build: N,
    stale_after: Duration,
    /// Held by the one call that checks for changes.
    seen: tokio::sync::Mutex<Seen>,
    current: Current<H>,
}

/// The values in Parameter Store, and when they were last read.
struct Seen {
    values: Settings,
    at: SystemTime,
    good_for: Duration,
    page: Option<Watched>,
}

impl<H, N, B> Fresh<H, N>
where
    N: Fn(Settings) -> B,
    B: Future<Output = Result<H, Error>>,
    H: Clone,
{
    /// Builds the first handler. Also returns the settings that it was built from.
    async fn start(
        environment: Settings,
        parameters: Option<Parameters>,
        build: N,
        Function { stale_after, watched, .. }: Function,
        now: SystemTime,
    ) -> Result<(Settings, Self), Error> {
        let values = match &parameters {
            Some(parameters) => parameters.fetch(AT_THE_START).await?,
            None => Settings::default(),
        };
        let settings = environment.clone().or_those(values.clone());
        let page = watched.map(|name| Watched::of(&settings, name, now));
        let current = Current::new(build(settings.clone()).await?);
        warn_of_short_secrets(&settings);
        let seen = Seen { values, at: now, good_for: stale_after, page };
        let seen = tokio::sync::Mutex::new(seen);
        let fresh = Self { environment, parameters, build, stale_after, seen, current };
        Ok((settings, fresh))
    }

    /// The handler for a call that comes `now`, built again if stale parameters or the page have changed.
    /// Of concurrent calls one checks, and the others use the current handler.
    async fn handler(&self, now: SystemTime) -> H {
        if let Ok(mut seen) = self.seen.try_lock() {
            self.look_at_page(&mut seen, now).await;
            self.look_at_parameters(&mut seen, now).await;
        }
        self.current.handler()
    }

    async fn look_at_page(&self, seen: &mut Seen, now: SystemTime) {
        let Some(page) = &mut seen.page else { return };
        if !page.has_changed(now).await {
            return;
        }
        let settings = self.environment.clone().or_those(seen.values.clone());
        match (self.build)(settings).await {
            Ok(handler) => self.current.replace(handler),
            // Readiness says nothing of it: everybody is answered, by the previous page.
            Err(error) => refuse_page(&error),
        }
    }

    async fn look_at_parameters(&self, seen: &mut Seen, now: SystemTime) {
        let Some(parameters) = &self.parameters else { return };
        // After the clock was set back, do not wait for the time it showed before.
        if now.duration_since(seen.at).is_ok_and(|age| age < seen.good_for) {
            return;
        }
        seen.at = now;
        seen.good_for = match self.renew(parameters, seen).await {
            Ok(()) => self.stale_after,
            Err(error) => {
                tracing::warn!(%error, "kept the previous settings: {error}");
                AGAIN_AFTER
            }
        };
    }

    async fn renew(&self, parameters: &Parameters, seen: &mut Seen) -> Result<(), Error> {
        let read = parameters.fetch(MEANWHILE).await?;
        if read == seen.values {
            self.current.outdate(false);
            return Ok(());
        }
        let settings = self.environment.clone().or_those(read.clone());
        let built = (self.build)(settings.clone()).await;
        self.current.outdate(built.is_err());
        self.current.replace(built?);
        warn_of_short_secrets(&settings);
        seen.values = read;
        tracing::info!("applied changed settings");
        Ok(())
    }
}

/// Says why a changed page of the agent is not used.
pub fn refuse_page(error: &Error) {
    raise!(Alarm::PageRefused, "the agent keeps its previous page: {error}");
}

/// A running function keeps a secret that can be guessed: otherwise nobody would be answered. It cannot
/// distinguish its first start from others.
fn warn_of_short_secrets(settings: &Settings) {
    if let Err(short) = settings.check_secrets() {
        raise!(Alarm::ShortSecret, "{short}");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_config::{Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use fakes::{Mode, Relay, moto, unique_name};

    use super::*;

    #[tokio::test]
    async fn reads_parameters_again_after_five_minutes_and_a_minute_after_a_failure() {
        let Some(moto) = moto().await else { return };
        let path = format!("/{}/", unique_name());
        let name = format!("{path}WORD");
        let relay = Relay::to(&moto.url);
        let keys = Credentials::for_tests();
        let config = SdkConfig::builder()
            .region(Region::new("us-east-1"))
            .endpoint_url(relay.url())
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .build();
        let parameters = Some(Parameters::below(path, vec!["WORD"], &config).unwrap());
        let built = AtomicU32::new(0);
        let build = |settings: Settings| {
            let word = settings.get("WORD").unwrap_or("none").to_owned();
            let built = built.fetch_add(1, Ordering::Relaxed) + 1;
            async move { if word == "half" { Err("half".into()) } else { Ok((word, built)) } }
        };
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        moto.put_parameter(&name, "one").await;
        let environment = Settings::default();
        let (settings, fresh) =
            Fresh::start(environment, parameters, build, Function::reading(&[]), start)
                .await
                .unwrap();
        assert_eq!(settings.get("WORD"), Some("one"));
        let after = async |seconds| {
            let (word, built) = fresh.handler(start + Duration::from_secs(seconds)).await;
            format!("{word} {built}")
        };

        assert_eq!(after(400).await, "one 1");
        moto.put_parameter(&name, "two").await;
        assert_eq!(after(699).await, "one 1");
        assert_eq!(after(700).await, "two 2");

        moto.put_parameter(&name, "three").await;
        relay.set(Mode::Fails(400, r#"{"__type":"AccessDeniedException"}"#.into()));
        assert_eq!(after(1000).await, "two 2");
        relay.set(Mode::Works);
        assert_eq!(after(1059).await, "two 2");
        assert_eq!(after(1060).await, "three 3");

        // The clock was set back.
        moto.put_parameter(&name, " ").await;
        assert_eq!(after(500).await, "none 4");

        let is_outdated = || fresh.current.is_outdated();
        moto.put_parameter(&name, "half").await;
        assert_eq!((after(800).await.as_str(), is_outdated()), ("none 4", true));
        // As it was.
        moto.put_parameter(&name, " ").await;
        assert_eq!((after(860).await.as_str(), is_outdated()), ("none 4", false));
        moto.put_parameter(&name, "half").await;
        assert_eq!((after(1160).await.as_str(), is_outdated()), ("none 4", true));
        moto.put_parameter(&name, "whole").await;
        assert_eq!((after(1220).await.as_str(), is_outdated()), ("whole 7", false));
    }
    #[tokio::test]
    async fn is_built_again_when_the_page_changes_and_goes_on_with_the_old_one_while_it_is_broken()
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.md");
        fs::write(&path, "one").unwrap();
        let environment = Settings::from([("AGENT_FILE", path.to_str().unwrap())]);
        let built = AtomicU32::new(0);
        let build = |settings: Settings| {
            let page = fs::read_to_string(settings.get("AGENT_FILE").unwrap()).unwrap();
            built.fetch_add(1, Ordering::Relaxed);
            async move { if page == "broken" { Err("line 1".into()) } else { Ok(page) } }
        };
        // The file is written now, and looked at later.
        let start = SystemTime::now();
        let function = Function::reading(&[]).watching("AGENT_FILE");
        let (_, fresh) = Fresh::start(environment, None, build, function, start).await.unwrap();
        let after = async |seconds| {
            let page = fresh.handler(start + Duration::from_secs(seconds)).await;
            (page, built.load(Ordering::Relaxed))
        };
        fs::write(&path, "two").unwrap();
        assert_eq!(after(1).await, ("one".to_owned(), 1));
        assert_eq!(after(3).await, ("two".to_owned(), 2));
        fs::write(&path, "broken").unwrap();
        assert_eq!(after(6).await, ("two".to_owned(), 3));
        assert_eq!(after(9).await, ("two".to_owned(), 3));
        fs::write(&path, "three").unwrap();
        assert_eq!(after(12).await, ("three".to_owned(), 4));
        assert_eq!(after(15).await, ("three".to_owned(), 4));
    }

    #[tokio::test]
    async fn waits_until_nobody_is_writing_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.md");
        fs::write(&path, "one").unwrap();
        let settings = Settings::from([("AGENT_FILE", path.to_str().unwrap())]);
        let start = SystemTime::now();
        let mut page = Watched::of(&settings, "AGENT_FILE", start);
        fs::write(&path, "half").unwrap();
        let mut has_changed = async |written: u64, looked: u64| {
            let at = |seconds| start + Duration::from_secs(seconds);
            fs::File::options().write(true).open(&path).unwrap().set_modified(at(written)).unwrap();
            page.has_changed(at(looked)).await
        };
        assert!(!has_changed(10, 10).await);
        assert!(has_changed(10, 12).await);
        assert!(!has_changed(10, 14).await);
    }
}
