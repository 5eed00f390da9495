//! How long the page of figures takes: `cargo bench -p console --bench figures [texts]` prints a table.
//!
//! The counters are those of a million texts over two years, by two providers to ten countries, of
//! conversations of seven texts.

#![expect(clippy::unwrap_used, reason = "what goes wrong ends it")]
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::collections::BTreeMap;
use std::env::args;
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::Access;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use console::{About, Console, Kept};
use conversations::Store;
use documents::{Write, at};
use figures::{Counts, Key, Over, Sent, add, person};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use limits::Limits;
use providers::Role;
use settings::Settings;
use tempfile::TempDir;
use tower::ServiceExt;

const EPOCH: Date = date(1970, 1, 1);
const DAYS: i64 = 730;
const PROVIDERS: [&str; 2] = ["twilio", "messagecentral"];
const COUNTRIES: [&str; 10] = ["1", "44", "49", "33", "34", "351", "39", "31", "32", "41"];

/// How many texts a conversation has.
const TEXTS: usize = 7;

/// So many texts of a day are counted, as often as there are more.
const SAMPLE: usize = 35;

/// How often each page is opened.
const TIMES: u32 = 10;

#[tokio::main]
async fn main() {
    let texts = args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(1_000_000);
    let folder = TempDir::new().unwrap();
    let store = Arc::new(Store::open_in(&folder.path().join("data")).unwrap());
    fill(&store, texts).await;
    let access = Access::by_link("http://localhost:5000");
    let token = access.link().unwrap().strip_prefix("/console?token=").unwrap().to_owned();
    let router = router(store, access);
    println!("the figures of {texts} texts, mean of {TIMES}\n");
    println!("{:<44} {:>10} {:>10}", "", "ms", "KiB");
    for (name, query) in [
        ("30 days", ""),
        ("30 days, one provider and country", "?provider=twilio&country=44"),
        ("two years by month", "?by=month&from=2000-01-01"),
        ("two years by week", "?by=week&from=2000-01-01"),
        ("two years by day", "?from=2000-01-01"),
    ] {
        let (took, size) = open(&router, &format!("/console/figures{query}"), &token).await;
        println!("{name:<44} {:>10.0} {:>10}", took.as_secs_f64() * 1e3, size / 1024);
    }
}

/// Counts what so many texts come to, as turns and sweeps do.
async fn fill(store: &Store, texts: usize) {
    let today = Timestamp::now().as_second().div_euclid(86_400);
    let each = texts / (DAYS as usize * PROVIDERS.len() * COUNTRIES.len());
    let mut months = BTreeMap::<Date, Counts>::new();
    for day in today - DAYS + 1..=today {
        let mut all = Counts::new();
        for provider in PROVIDERS {
            for country in COUNTRIES {
                let key = Key {
                    agent: "default".into(),
                    provider: provider.into(),
                    country: country.into(),
                };
                let mut some = Counts::new();
                (0..SAMPLE).for_each(|text| count(&mut some, &key, text, day));
                some.values_mut().for_each(|count| *count *= each.div_ceil(SAMPLE) as i64);
                add(&mut all, &some);
            }
        }
        let month = (EPOCH + day.days()).first_of_month();
        if EPOCH + (today - 10).days() >= month + 1.months() {
            add(months.entry(month).or_default(), &all);
        }
        let name = if day + 2 > today { format!("{day}-0") } else { day.to_string() };
        let write = Write::Add(at("figures", &name), all.into_iter().collect());
        store.documents().commit(vec![write]).await.unwrap();
    }
    for (month, all) in months {
        let name = format!("m{:04}-{:02}", month.year(), month.month());
        let write = Write::Add(at("figures", &name), all.into_iter().collect());
        store.documents().commit(vec![write]).await.unwrap();
    }
}

fn count(all: &mut Counts, key: &Key, text: usize, day: i64) {
    let status = ["delivered", "delivered", "delivered", "sent", "undelivered"][text % 5];
    let bucket = (60 + (text * 31 + day as usize * 7) % 60) as u16;
    let sent = Sent {
        status,
        segments: 1,
        is_failover: text.is_multiple_of(40),
        cost: 7_900_000,
        model_cost: 400_000,
        accepted_in: Some(bucket),
        delivered_in: Some(bucket + 20),
    };
    add(all, &sent.counts(key));
    if text.is_multiple_of(TEXTS) {
        let (ending, missing) = [("finished", None), ("quiet", Some("address"))][text / TEXTS % 2];
        let over = Over { ending, turns: text % 9, missing, handed_over: None, cost: 60_000_000 };
        add(all, &over.counts(key));
        add(all, &person(key, day, None));
    }
}

fn router(store: Arc<Store>, access: Access) -> Router {
    let about = About {
        agent: "Handy Home".into(),
        model: "offline".into(),
        model_offline: true,
        providers: vec!["mock"],
        store: Kept::Embedded,
        public_url: "http://localhost:5000".into(),
        turns: 7,
        currency: "USD".into(),
        fields: vec![],
    };
    let settings = Settings::from([("USE_MOCK", "true")]);
    let providers = providers::configured(&settings, &about.public_url, Role::Everything).unwrap();
    let limits = Limits::from_settings(&settings, &providers).unwrap();
    let providers = Arc::new(providers);
    let time_zone = TimeZone::UTC;
    Console { store, providers, access, about, limits, time_zone, queue: None, live: None }.router()
}

/// How long a page takes to open, and its size.
async fn open(router: &Router, path: &str, token: &str) -> (Duration, usize) {
    let (mut size, begun) = (0, Instant::now());
    for _ in 0..TIMES {
        let request = Request::get(path).header(header::COOKIE, format!("console-5000={token}"));
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        size = to_bytes(answer.into_body(), usize::MAX).await.unwrap().len();
    }
    (begun.elapsed() / TIMES, size)
}
