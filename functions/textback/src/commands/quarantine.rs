//! Verified calls that were not understood: `textback quarantine`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use access::Access;
use clap::Subcommand;
use conversations::{Quarantined, Store, Unavailable};
use host::Error;
use inbound::{Inbound, TakeError};
use jiff::{SignedDuration, Timestamp};
use queue::Queue;
use receipts::Receipts;
use settings::Settings;
use sms::Event;
use tracing::Instrument;

/// How many calls are read in one query.
const PAGE: u32 = 200;

/// How many calls of one form are listed by their id.
const LISTED: usize = 10;

#[derive(Subcommand)]
pub(crate) enum Action {
    /// Print one call whole, including its contents
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
    /// Parse kept calls again with the current settings, and take in their contents
    Replay {
        /// Their ids, or the beginnings of them; all calls if none is named
        ids: Vec<String>,
    },
}

/// Lists the kept calls, or does what the action says.
pub(crate) async fn run(settings: Settings, action: Option<Action>) -> Result<(), Error> {
    let store = Arc::new(Store::open(&settings)?);
    let kept = all(&store).await?;
    match action {
        None => list(&store, &kept).await,
        Some(Action::Show { id }) => {
            show(named(&store, &kept, &id)?);
            Ok(())
        }
        Some(Action::Replay { ids }) if ids.is_empty() => {
            replay(&settings, store, kept.iter().collect()).await
        }
        Some(Action::Replay { ids }) => {
            let calls = ids.iter().map(|id| named(&store, &kept, id)).collect::<Result<_, _>>()?;
            replay(&settings, store, calls).await
        }
    }
}

/// All kept calls, the earliest first.
async fn all(store: &Store) -> Result<Vec<Quarantined>, Unavailable> {
    let (mut all, mut known, mut since) = (Vec::new(), HashSet::new(), Timestamp::UNIX_EPOCH);
    loop {
        let page = store.quarantined_since(since, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        let before = all.len();
        all.extend(page.into_iter().filter(|call| known.insert(store.names().quarantined(call))));
        match all.last() {
            // Others may have come in the same millisecond.
            Some(call) if !is_last && all.len() > before => since = call.at,
            _ if !is_last => since += SignedDuration::from_millis(1),
            _ => return Ok(all),
        }
    }
}

fn named<'a>(store: &Store, kept: &'a [Quarantined], id: &str) -> Result<&'a Quarantined, Error> {
    let mut found = kept.iter().filter(|call| store.names().quarantined(call).starts_with(id));
    match (found.next(), found.next()) {
        (Some(call), None) => Ok(call),
        (None, _) => Err(format!("no call {id} is kept: `quarantine` lists those that are").into()),
        (Some(_), Some(_)) => Err(format!("several ids begin with {id}: write more of it").into()),
    }
}

/// Lists calls by form, the latest last, without their contents.
#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn list(store: &Store, kept: &[Quarantined]) -> Result<(), Error> {
    if kept.is_empty() {
        println!("Every call was understood.");
        return Ok(());
    }
    let mut forms: BTreeMap<String, Vec<&Quarantined>> = BTreeMap::new();
    for call in kept {
        forms.entry(call.shape()).or_default().push(call);
    }
    let mut forms: Vec<_> = forms.into_iter().collect();
    forms.sort_by_key(|(_, calls)| calls.last().map(|call| call.at));
    for (shape, calls) in forms {
        let first = calls[0];
        let fields = match first.fields.as_slice() {
            [] => "none with a name".into(),
            fields => fields.join(", "),
        };
        println!("{} {}: {}", first.provider, first.path, first.reason);
        println!("  fields: {fields}");
        // The store may not have counted those of the last seconds yet.
        let seen = calls.iter().map(|call| call.seen).sum();
        println!("  came {}, kept {}", times(store.seen(&shape).await?.max(seen)), calls.len());
        for call in calls.iter().rev().take(LISTED) {
            let at = call.at.round(jiff::Unit::Second)?;
            let id = store.names().quarantined(call);
            println!("  {id}  {at}  came {}", times(call.seen));
        }
        if let Some(more) = calls.len().checked_sub(LISTED).filter(|more| *more > 0) {
            println!("  and {more} earlier");
        }
    }
    println!();
    println!("`quarantine show <id>` prints a call whole, `quarantine replay` reads them again.");
    Ok(())
}

fn times(count: u64) -> String {
    match count {
        1 => "once".into(),
        count => format!("{count} times"),
    }
}

#[expect(clippy::print_stdout, reason = "the owner asked for it, at their own terminal")]
fn show(call: &Quarantined) {
    let query = if call.query.is_empty() { "" } else { "?" };
    println!("{} {}{query}{}", call.method, call.path, call.query);
    println!("content-type: {}", call.content_type);
    println!("came {} from {}, first at {}", times(call.seen), call.provider, call.at);
    println!("not understood: {}", call.reason);
    println!("trace {}", call.trace);
    println!();
    println!("{}{}", call.body, if call.base64 { "  (Base64)" } else { "" });
}

/// Tries everything, then fails if anything is still not understood.
#[expect(clippy::print_stdout, reason = "the output of a command")]
async fn replay(
    settings: &Settings,
    store: Arc<Store>,
    calls: Vec<&Quarantined>,
) -> Result<(), Error> {
    let public_url = host::public_url(settings)?;
    let providers = Arc::new(providers::configured_or_pretended(settings, &public_url)?);
    // Without a shared queue, a running textback finds the due work by itself.
    let queue = Queue::from_settings(settings)?.unwrap_or_else(Queue::in_process);
    let reader = Reader {
        // No calls arrive here.
        inbound: Inbound {
            access: Access::nobody(),
            providers: Arc::clone(&providers),
            store: Arc::clone(&store),
            queue: queue.clone(),
        },
        receipts: Receipts {
            access: Access::nobody(),
            providers,
            store: Arc::clone(&store),
            queue,
        },
    };
    let (mut shapes, mut left) = (BTreeSet::new(), 0);
    for call in calls {
        let span = tracing::info_span!("replay", trace.id = %call.trace);
        let id = store.names().quarantined(call);
        match reader.take(call).instrument(span).await? {
            Outcome::Taken { texts, receipts, rest } => {
                store.release(call).await?;
                shapes.insert(call.shape());
                let stays = rest.map(|why| {
                    left += 1;
                    format!(", and the rest stays: {why}")
                });
                let stays = stays.unwrap_or_default();
                println!("{id}  understood: texts {texts}, receipts {receipts}{stays}");
            }
            Outcome::Stays(why) => {
                left += 1;
                println!("{id}  stays: {why}");
            }
        }
    }
    for shape in shapes {
        store.release_shape(&shape).await?;
    }
    match left {
        0 => Ok(()),
        left => {
            Err(format!("still not understood: {left}. `quarantine` lists their fields").into())
        }
    }
}

/// The outcome of parsing a call again.
enum Outcome {
    /// Why a part of it is still kept, if one is.
    Taken {
        texts: usize,
        receipts: usize,
        rest: Option<&'static str>,
    },
    Stays(String),
}

/// The functions that take in the contents of a call.
struct Reader {
    inbound: Inbound,
    receipts: Receipts,
}

impl Reader {
    /// Takes in the contents of a call, as of the time when it came. A repeat has no effect.
    ///
    /// A text that was sent to the address for receipts still counts as a text.
    async fn take(&self, call: &Quarantined) -> Result<Outcome, Unavailable> {
        let (provider, events) = match webhooks::read_again(&self.inbound.providers, call).await {
            Ok(read) => read,
            Err(error) => return Ok(Outcome::Stays(error.to_string())),
        };
        let (mut texts, mut receipts, mut left) = (0, 0, None);
        for event in events {
            match event {
                Event::Text(text) => {
                    let now = Timestamp::now();
                    match self.inbound.take(provider, text, &call.trace, call.at, now).await {
                        Ok(()) => texts += 1,
                        Err(TakeError::Store(error)) => return Err(error),
                        Err(error @ TakeError::TooLong) => {
                            return Ok(Outcome::Stays(error.to_string()));
                        }
                    }
                }
                Event::Receipt(receipt) => {
                    self.receipts.take(provider.name(), &receipt, call.at).await?;
                    receipts += 1;
                }
                Event::Subscription(_) => {}
                Event::Rest(rest) => {
                    self.inbound.store.quarantine(&webhooks::left(call, &rest), None).await?;
                    left = Some(rest.reason);
                }
            }
        }
        Ok(Outcome::Taken { texts, receipts, rest: left })
    }
}
