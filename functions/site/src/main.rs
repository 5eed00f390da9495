//! Starts the function: settings, pages, store, in that order.

use std::process::ExitCode;
use std::sync::Arc;

use business::Business;
use conversations::Store;
use site::{Pages, Site};

fn main() -> ExitCode {
    host::run(async |settings| {
        let business = Business::from_settings(&settings)?;
        let pages = Pages::of(business, &host::public_url(&settings)?);
        let store = Arc::new(Store::open(&settings)?);
        host::serve_http(&settings, Site { pages, store }.router()).await
    })
}
