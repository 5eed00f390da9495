//! Starts the function: settings, pages, store, in that order.

use std::process::ExitCode;
use std::sync::Arc;

use business::Business;
use conversations::Store;
use host::Function;
use site::{Pages, Site};

fn main() -> ExitCode {
    Function::reading(site::SETTINGS).serve_http(async |settings| {
        let business = Business::from_settings(&settings)?;
        let store = Arc::new(Store::open(&settings)?);
        let pages = Pages::of(business, &host::public_url(&settings)?, store.lifetimes());
        let ready = host::readiness(&store, None);
        Ok(Site { pages, store, ours: providers::numbers(&settings) }.router().merge(ready))
    })
}
