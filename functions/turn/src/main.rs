//! Starts the function: settings, clients, handler, in that order.

use std::process::ExitCode;
use std::sync::Arc;

use agent::{Agent, OpenAi, Page, Timeouts};
use business::Business;
use conversations::Store;
use host::Function;
use jiff::Timestamp;
use providers::Role;
use queue::Queue;
use turn::{Bounds, Phones, Results, Turn};

fn main() -> ExitCode {
    Function::reading(turn::SETTINGS).watching(Page::FILE).serve_queue(async |settings| {
        let public_url = host::public_url(&settings)?;
        let providers = Arc::new(providers::configured(&settings, &public_url, Role::Sending)?);
        let opening = Business::from_settings(&settings)?.opening;
        let page = Page::from_settings(&settings)?.carried_by(&providers)?.open(opening)?;
        let model = OpenAi::from_settings(&settings, &page.model)?
            .ok_or("set OPENAI_API_KEY: alone this function has no model")?;
        let bounds = Bounds::from_settings(&settings, &providers)?;
        let agent = Agent::new(model, page, Timeouts::from_settings(&settings)?);
        tracing::info!(
            page.version = agent.page.version,
            "the agent answers by this page from now on"
        );
        let turn = Turn {
            agent: Arc::new(bounds.money.charging(agent)),
            bounds,
            phones: Phones::from_settings(&settings)?,
            providers,
            store: Arc::new(Store::open(&settings)?),
            results: Results::from_settings(&settings)?.map(Arc::new),
        };
        host::meanwhile(turn.clone().prepare());
        let ready = host::readiness(&turn.store, Queue::from_settings(&settings)?.as_ref());
        let handler = move |wake_up| {
            let turn = turn.clone();
            async move { turn.run(&wake_up, Timestamp::now()).await }
        };
        Ok((handler, ready))
    })
}
