//! Starts the function: settings, clients, handler, in that order.

use std::process::ExitCode;
use std::sync::Arc;

use access::Access;
use agent::Page;
use console::{About, Console};
use conversations::Store;
use host::Function;
use limits::Limits;
use providers::Role;
use queue::Queue;

fn main() -> ExitCode {
    Function::reading(console::SETTINGS).watching(Page::FILE).serve_http(async |settings| {
        let public_url = host::public_url(&settings)?;
        let page = Page::from_settings(&settings)?;
        let providers = Arc::new(providers::configured(&settings, "", Role::Describing)?);
        let store = Arc::new(Store::open(&settings)?);
        let console = Console {
            access: Access::by_password(&settings, &public_url),
            about: About::of(&settings, &public_url, &page, &providers, &store),
            limits: Limits::from_settings(&settings, &providers)?.with_hours(page.quiet_hours),
            time_zone: page.time_zone.clone(),
            queue: Queue::from_settings(&settings)?,
            live: None,
            store,
            providers,
        };
        host::meanwhile(Arc::clone(&console.store).prepare());
        let ready = host::readiness_to_read(&console.store);
        Ok(console.router().merge(ready))
    })
}
