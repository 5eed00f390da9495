//! Starts the function: settings, clients, handler, in that order.

use std::process::ExitCode;
use std::sync::Arc;

use access::Access;
use conversations::Store;
use host::Function;
use inbound::Inbound;
use providers::Role;
use queue::Queue;

fn main() -> ExitCode {
    Function::reading(inbound::SETTINGS).serve_http(async |settings| {
        let public_url = host::public_url(&settings)?;
        let inbound = Inbound {
            providers: Arc::new(providers::configured(&settings, &public_url, Role::Receiving)?),
            access: Access::by_password(&settings, &public_url),
            store: Arc::new(Store::open(&settings)?),
            queue: Queue::from_settings(&settings)?.ok_or(host::NO_QUEUE)?,
        };
        host::meanwhile(Arc::clone(&inbound.store).prepare());
        host::meanwhile(inbound.queue.clone().prepare());
        let ready = host::readiness(&inbound.store, Some(&inbound.queue));
        Ok(inbound.router().merge(ready))
    })
}
