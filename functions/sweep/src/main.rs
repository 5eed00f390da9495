//! Starts the function: settings, clients, handler, in that order.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use conversations::Store;
use host::Function;
use jiff::Timestamp;
use money::Currency;
use providers::Role;
use queue::Queue;
use sweep::{Probes, Runs, Sweep};

/// As often as Lambda's scheduler can.
const EVERY: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    Function::reading(sweep::SETTINGS).serve_schedule(EVERY, async |settings| {
        let public_url = host::public_url(&settings)?;
        let providers = Arc::new(providers::configured(&settings, &public_url, Role::Polling)?);
        let sweep = Sweep {
            currency: Currency::from_settings(&settings)?,
            probes: Probes::from_settings(&settings, &providers)?.map(Arc::new),
            providers,
            store: Arc::new(Store::open(&settings)?),
            queue: Queue::from_settings(&settings)?.ok_or(host::NO_QUEUE)?,
            runs: Runs::default(),
        };
        host::meanwhile(Arc::clone(&sweep.store).prepare());
        host::meanwhile(sweep.queue.clone().prepare());
        let ready = host::readiness(&sweep.store, Some(&sweep.queue));
        let handler = move || {
            let sweep = sweep.clone();
            async move {
                let now = Timestamp::now();
                // The watch runs even if the rest of the run fails.
                let ran = sweep.run(now).await;
                ran.and(sweep.watch(now).await)
            }
        };
        Ok((handler, ready))
    })
}
