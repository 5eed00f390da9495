//! The model that answers where no other is configured.

use agent::{OpenAi, Page};
use host::Error;
use jiff::Timestamp;
use offline::Interview;

/// The offline model, at an address of its own, asking for what this page collects.
pub(crate) async fn offline(page: &Page) -> Result<OpenAi, Error> {
    let zone = page.time_zone.clone();
    let today = move || Timestamp::now().to_zoned(zone.clone()).date();
    let url = offline::serve(Interview::of(page), today).await?;
    Ok(OpenAi::new(&url, None, "offline")?)
}
