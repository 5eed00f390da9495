//! The functions of one process, each with its settings as at AWS.

use std::sync::Arc;
use std::time::Duration;

use access::Access;
use agent::{Agent, Page, Timeouts};
use business::Business;
use conversations::Store;
use inbound::Inbound;
use providers::Role;
use queue::Queue;
use receipts::Receipts;
use settings::{Names, Settings};
use sweep::{Probes, Runs, Sweep};
use turn::{Bounds, Phones, Results, Turn};

use crate::call::PUBLIC_URL;

/// A failure of the model counts immediately, and a busy machine does not cause one.
const TIMEOUTS: Timeouts = Timeouts {
    request: Duration::from_secs(10),
    turn: Duration::from_secs(10),
    pause: Duration::from_secs(60),
    silence: Duration::from_secs(20),
};

/// Retries immediately, and as often as allowed.
pub const EAGER: Timeouts = Timeouts {
    request: Duration::from_secs(10),
    turn: Duration::from_secs(20),
    pause: Duration::from_millis(1),
    silence: Duration::from_secs(20),
};

/// The functions of one process.
pub struct Process {
    /// The store.
    pub store: Arc<Store>,
    /// The queue of wake-ups.
    pub queue: Queue,
    /// Takes texts.
    pub inbound: Inbound,
    /// Answers them.
    pub turn: Turn,
    /// Takes status updates of replies.
    pub receipts: Arc<Receipts>,
    /// Finds what is due.
    pub sweep: Sweep,
}

impl Process {
    pub(crate) fn start(settings: &Settings) -> Self {
        let store = Arc::new(Store::open(settings).unwrap());
        let heard = |names| {
            Arc::new(
                providers::configured(&only(settings, names), PUBLIC_URL, Role::Receiving).unwrap(),
            )
        };
        let carrying =
            providers::configured(&only(settings, turn::SETTINGS), PUBLIC_URL, Role::Sending)
                .unwrap();
        let asked =
            providers::configured(&only(settings, sweep::SETTINGS), PUBLIC_URL, Role::Polling)
                .unwrap();
        let opening = Business::from_settings(settings).unwrap().opening;
        let page = Page::from_settings(settings).unwrap().carried_by(&carrying).unwrap();
        let mut page = page.open(opening).unwrap();
        if settings.get("AGENT_FILE").is_none() {
            // Most tests are about what follows the text before the first answer.
            page.texts.first = None;
            page.translations.values_mut().for_each(|texts| texts.first = None);
        }
        let model = agent::OpenAi::from_settings(settings, &page.model).unwrap().unwrap();
        let queue = Queue::in_process();
        let bounds = Bounds::from_settings(settings, &carrying).unwrap();
        let currency = bounds.money.caps.currency;
        Self {
            inbound: Inbound {
                providers: heard(inbound::SETTINGS),
                access: Access::nobody(),
                store: store.clone(),
                queue: queue.clone(),
            },
            turn: Turn {
                providers: Arc::new(carrying),
                store: store.clone(),
                agent: Arc::new(bounds.money.charging(Agent::new(model, page, TIMEOUTS))),
                bounds,
                phones: Phones::from_settings(settings).unwrap(),
                results: Results::from_settings(settings).unwrap().map(Arc::new),
            },
            receipts: Arc::new(Receipts {
                providers: heard(receipts::SETTINGS),
                access: Access::nobody(),
                store: store.clone(),
                queue: queue.clone(),
            }),
            sweep: Sweep {
                store: store.clone(),
                queue: queue.clone(),
                currency,
                probes: Probes::from_settings(settings, &asked).unwrap().map(Arc::new),
                providers: Arc::new(asked),
                runs: Runs::default(),
            },
            store,
            queue,
        }
    }
}

/// The part of these settings that a function gets, as at AWS: those it lists.
fn only(settings: &Settings, names: &[Names]) -> Settings {
    let names = names.iter().copied().flatten();
    names.filter_map(|name| Some((*name, settings.get(name)?))).collect()
}
