//! Checks prices and caps.

use agent::{OpenAi, Page};
use conversations::Store;
use conversations::budget::{Period, sum_of};
use jiff::{Timestamp, ToSpan};
use limits::Limits;
use money::{Basis, Caps, Prices};
use policy::Country;
use settings::Settings;
use sms::{Finding, Providers};
use turn::Money;

use crate::commands::doctor::report::{Check, Found, misset};

/// After how many days a price should be looked up again.
const OLD: i64 = 365;

/// Looks at the prices of what is bought here, and at what is left of the caps.
pub(crate) async fn look(
    settings: &Settings,
    providers: &Providers,
    model: Option<&OpenAi>,
    page: Option<&Page>,
    store: Option<&Store>,
) -> Vec<Found> {
    let money = Caps::from_settings(settings).and_then(|caps| Money::from_settings(settings, caps));
    let money = match money {
        Ok(money) => money,
        Err(error) => return vec![misset(Check::Spending, &error)],
    };
    let mut findings = Vec::new();
    if let Some(model) = model {
        let price = money.model(model);
        let what = format!(
            "{}: {} for a million tokens read, {} written",
            model.name(),
            price.input,
            price.output
        );
        findings.push(priced(&what, &price.basis));
    }
    findings.extend(texts(&money.prices, providers));
    if let (Some(page), Some(store)) = (page, store) {
        findings.extend(spending(&money, page, store).await);
    }
    findings.extend(page.map(|page| limits(settings, providers, page)));
    findings
}

/// The limits besides the caps.
fn limits(settings: &Settings, providers: &Providers, page: &Page) -> Found {
    match Limits::from_settings(settings, providers) {
        Err(error) => misset(Check::Limits, &error),
        Ok(limits) => {
            let each = limits.with_hours(page.quiet_hours).bounds().into_iter();
            let each =
                each.map(|it| format!("{}: {}", it.what, it.limit.as_deref().unwrap_or("none")));
            Finding::works(Check::Limits, each.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The prices of texts from each provider to the country of its number.
fn texts(prices: &Prices, providers: &Providers) -> Vec<Found> {
    let of_provider = |provider: &dyn sms::Provider| {
        let country = Country::of(&provider.number()?)?.to_string();
        let price = prices.segment(provider.name(), &country);
        let each = price.cost(1);
        let what = format!("{} to {country}: {each} for a segment", provider.name());
        Some(priced(&what, &price.basis))
    };
    providers.iter().filter_map(of_provider).collect()
}

fn priced(what: &str, basis: &Basis) -> Found {
    let check = Check::Prices;
    match basis {
        Basis::Free => Finding::works(check, format!("{what}, free")),
        Basis::Assumed { line } => Finding::doubtful(
            check,
            format!("{what}, which is only assumed: nobody has listed it"),
            format!("Look it up, and add to PRICES_FILE: {}", line.trim().replace('\n', ", ")),
        ),
        Basis::Listed { date, .. } => {
            let seen = format!("{what} ({basis})");
            let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
            let is_old = date.is_some_and(|date| date < today - OLD.days());
            match is_old {
                true => Finding::doubtful(
                    check,
                    format!("{seen}, which is more than a year ago"),
                    "Look it up again, and put it into PRICES_FILE.",
                ),
                false => Finding::works(check, seen),
            }
        }
    }
}

/// What is left of the caps. A store that cannot be read is a finding of its own.
async fn spending(money: &Money, page: &Page, store: &Store) -> Option<Found> {
    let check = Check::Spending;
    let period = Period::of(Timestamp::now(), &page.time_zone);
    let spent = sum_of(&store.shards(money.people()).await.ok()?, period);
    let caps = &money.caps;
    let seen = format!("{} today, {} this month; {caps}", spent.day, spent.month);
    let is_over = [(caps.day, spent.day), (caps.month, spent.month), (caps.total, spent.total)]
        .into_iter()
        .any(|(cap, spent)| cap.is_some_and(|cap| spent >= cap));
    Some(match is_over {
        true => Finding::broken(
            check,
            seen,
            "A cap is reached, so nobody is answered: see `textback limits`, and raise it.",
        ),
        false => Finding::works(check, seen),
    })
}
