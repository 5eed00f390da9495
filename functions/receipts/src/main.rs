//! Starts the function: settings, clients, handler, in that order.

use std::process::ExitCode;
use std::sync::Arc;

use access::Access;
use conversations::Store;
use host::Function;
use providers::Role;
use queue::Queue;
use receipts::Receipts;

fn main() -> ExitCode {
    Function::reading(receipts::SETTINGS).serve_http(async |settings| {
        let public_url = host::public_url(&settings)?;
        let receipts = Receipts {
            providers: Arc::new(providers::configured(&settings, &public_url, Role::Receiving)?),
            access: Access::by_password(&settings, &public_url),
            store: Arc::new(Store::open(&settings)?),
            queue: Queue::from_settings(&settings)?.ok_or(host::NO_QUEUE)?,
        };
        host::meanwhile(Arc::clone(&receipts.store).prepare());
        host::meanwhile(receipts.queue.clone().prepare());
        let ready = host::readiness(&receipts.store, Some(&receipts.queue));
        Ok(receipts.router().merge(ready))
    })
}
