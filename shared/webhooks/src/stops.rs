//! Stops in calls that are kept because they were not understood.
//!
//! Nobody may be texted after opting out, whatever else is wrong with the call that says so.

use std::time::Duration;

use axum::http::Request;
use bytes::Bytes;
use conversations::{Proof, Stop, Store, Unavailable};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use policy::{Keyword, asked};
use sms::Provider;

use crate::unheard::raise_if_stop;

/// How many stops are written concurrently.
const CONCURRENCY: usize = 16;

/// How long the same word from the same person, without an id, counts as a repeat. It is recorded
/// each time all the same.
const SAME_WORDS: Duration = Duration::from_secs(120);

/// Records each stop that is recognised in a verified call, once for each message. The provider
/// confirms it to the person, or we do when they text again: a call that cannot be read gets no
/// answer.
pub(crate) async fn hear(
    store: &Store,
    provider: &dyn Provider,
    call: &Request<Bytes>,
    now: Timestamp,
) -> Result<(), Unavailable> {
    let name = provider.name();
    let is_stop = |words: &str| asked(None, words) == Some(Keyword::Stop);
    let mut texts = provider.glimpse(call, &is_stop);
    texts.retain(|text| asked(text.handled, &text.words) == Some(Keyword::Stop));
    let heard = texts.len();
    stream::iter(texts)
        .map(async |text| {
            let from = text.from.as_str();
            let claim = match &text.id {
                Some(id) if provider.documents_texts() => store.names().message(name, id),
                Some(id) => store.names().message(name, &format!("{id} {from} {}", text.words)),
                None => store.names().words(name, &[from, &text.words], SAME_WORDS),
            };
            let confirmed = text.handled.is_some() || provider.answers(&text.words, &text.to);
            let stop = Stop { at: now, provider: name.to_owned(), confirmed };
            let proof = Proof {
                words: &text.words,
                ours: &text.to,
                message: text.id.as_deref().unwrap_or_default(),
                provider_says: text.handled.is_some(),
            };
            store.stop(&claim, &text.from, &stop, &proof).await
        })
        .buffer_unordered(CONCURRENCY)
        .try_collect::<()>()
        .await?;
    match heard {
        0 => raise_if_stop(provider, call),
        _ => tracing::info!(provider.name = name, "found a stop in a call that was not understood"),
    }
    Ok(())
}
