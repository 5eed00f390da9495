//! The model that answers if none is configured.

use agent::{OpenAi, Page};
use host::Error;
use jiff::Timestamp;
use offline::Interview;

/// The offline model, at an address of its own. It asks for the fields of this page.
pub(crate) async fn offline(page: &Page) -> Result<OpenAi, Error> {
    let zone = page.time_zone.clone();
    let today = move || Timestamp::now().to_zoned(zone.clone()).date();
    let url = offline::serve(Interview::of(page), today).await?;
    Ok(OpenAi::new(&url, None, "offline")?)
}
