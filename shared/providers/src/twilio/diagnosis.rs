//! Checks of a Twilio account: credentials, balance, numbers and where their texts go, permissions,
//! and Twilio's recent complaints.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use sms::code;
use sms::{About, Check, Code, Finding, Http};
use tokio::join;

use super::Twilio;
use super::codes::{ALERTS, CODES};
use super::inquiry::{Inquiry, LOOK_THERE, Unseen};
use super::numbers::{Incoming, Service};

/// The account itself: <https://www.twilio.com/docs/iam/api/account>.
#[derive(Deserialize)]
struct Account {
    sid: String,
    status: String,
    #[serde(rename = "type")]
    kind: String,
    owner_account_sid: Option<String>,
}

#[derive(Deserialize)]
struct Balance {
    balance: String,
    currency: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    usage_records: Vec<UsageRecord>,
}

/// One day's spending. Its price is a number in the API's description and a string in practice.
#[derive(Deserialize)]
struct UsageRecord {
    price: Value,
}

/// <https://www.twilio.com/docs/lookup/v2-api/formatting-validation>, which is free.
#[derive(Deserialize)]
struct Lookup {
    country_code: Option<String>,
}

#[derive(Deserialize)]
struct Permissions {
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
struct Permission {
    country_code: String,
    enabled: bool,
}

#[derive(Deserialize)]
struct Alerts {
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
struct Alert {
    error_code: Option<String>,
}

/// How many days' spending are averaged, and for how many days the balance has to last.
const SPENDING_DAYS: i32 = 7;
const LASTING_DAYS: f64 = 7.0;

/// A low balance if nothing was spent recently: about a hundred texts.
const LITTLE: f64 = 1.0;

/// How many numbers of a messaging service, and how many complaints, are looked at individually.
const NUMBERS: usize = 10;
const COMPLAINTS: usize = 5;

/// All findings, in the order in which they are printed.
pub(super) async fn findings(twilio: &Twilio, http: &Http) -> Vec<Finding> {
    let inquiry = Inquiry { twilio, http };
    let account = match inquiry.account().await {
        Ok(account) => account,
        Err(finding) => return vec![finding],
    };
    let mut findings = vec![Finding::works(Check::Credentials, "Twilio lets us in")];
    findings.push(account.state());
    if account.status != "active" {
        return findings;
    }
    let (balance, senders, errors) =
        join!(inquiry.balance(&account), inquiry.senders(), inquiry.errors());
    findings.extend(balance);
    for finding in senders {
        // Numbers share a country and a messaging service.
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings.extend(errors);
    findings
}

impl Account {
    fn state(&self) -> Finding {
        match (self.status.as_str(), self.kind.as_str()) {
            ("active", "Trial") => Finding::doubtful(
                Check::Account,
                "this is a trial account, which only texts verified numbers",
                "Upgrade the account in Twilio's console.",
            ),
            ("active", _) => Finding::works(Check::Account, "the account is active"),
            (status, _) => Finding::broken(
                Check::Account,
                format!("the account is {status}"),
                "See the reason in Twilio's console, and write to Twilio's support.",
            ),
        }
    }
}

impl Inquiry<'_> {
    async fn account(&self) -> Result<Account, Finding> {
        let code = match self.get("api", &self.of_account(""), &[]).await {
            Ok(account) => return Ok(account),
            Err(Unseen::Absent) => "20404".into(),
            Err(Unseen::Refused(code)) => code,
        };
        let (happened, fix) = code::find(CODES, &code)
            .map_or(("Twilio answers with an unknown code.", LOOK_THERE), |known| {
                (known.happened, known.fix)
            });
        let seen = format!("{} ({code})", happened.trim_end_matches('.'));
        Err(Finding::broken(Check::Credentials, seen, fix))
    }

    /// Nothing for a sub-account, which shares its parent's balance.
    async fn balance(&self, account: &Account) -> Option<Finding> {
        if account.owner_account_sid.as_ref().is_some_and(|owner| *owner != account.sid) {
            return None;
        }
        let (balance_path, usage_path) =
            (self.of_account("/Balance"), self.of_account("/Usage/Records/Daily"));
        let days = format!("-{SPENDING_DAYS}days");
        let usage = [("Category", "totalprice"), ("StartDate", &days)];
        let (balance, usage) = join!(
            self.get::<Balance>("api", &balance_path, &[]),
            self.get::<Usage>("api", &usage_path, &usage),
        );
        let Balance { balance, currency } = match balance {
            Ok(balance) => balance,
            Err(unseen) => return unseen.finding(Check::Balance, "the balance"),
        };
        let Ok(left) = balance.parse::<f64>() else {
            let unreadable = Unseen::Refused("unreadable".into());
            return unreadable.finding(Check::Balance, "the balance");
        };
        let spent: f64 =
            usage.map_or(0.0, |usage| usage.usage_records.iter().map(UsageRecord::amount).sum());
        let lasts = left / (spent / f64::from(SPENDING_DAYS));
        let seen = format!("{left:.2} {} are left", currency.unwrap_or_default());
        const FIX: &str = "Pay in, and switch automatic recharging on, in Twilio's console under \
                           Billing.";
        Some(if left <= 0.0 {
            Finding::broken(Check::Balance, seen, FIX)
        } else if lasts < LASTING_DAYS {
            let seen = format!("{seen}, which last {lasts:.0} days at the pace of this week");
            Finding::doubtful(Check::Balance, seen, FIX)
        } else if left < LITTLE {
            Finding::doubtful(Check::Balance, seen, FIX)
        } else {
            Finding::works(Check::Balance, seen)
        })
    }

    /// The findings about every possible sender. Nothing about a short code or a name.
    async fn senders(&self) -> Vec<Finding> {
        if self.twilio.from.as_ref().is_some_and(|from| !from.starts_with('+')) {
            return vec![];
        }
        let (numbers, services) = join!(self.numbers(), self.services());
        let (numbers, services) = match (numbers, services) {
            (Ok(numbers), Ok(services)) => (numbers, services),
            (numbers, services) => {
                return [numbers.err(), services.err()].into_iter().flatten().collect();
            }
        };
        let mut findings = Vec::new();
        if let Some(missing) = self.missing(&numbers, &services) {
            findings.push(missing);
        }
        let senders = numbers.iter().filter(|number| match &self.twilio.from {
            Some(from) => number.phone_number == *from,
            None => services.iter().any(|service| service.holds(number)),
        });
        let each = join_all(senders.take(NUMBERS).map(|number| {
            let service = services.iter().find(|service| service.holds(number));
            self.sender(number, service)
        }));
        findings.extend(each.await.into_iter().flatten());
        // By check rather than by number.
        findings.sort_by_key(|finding| finding.check as usize);
        findings
    }

    async fn sender(&self, number: &Incoming, service: Option<&Service>) -> Vec<Finding> {
        let name = &number.phone_number;
        let ability = match number.capabilities.sms {
            true => Finding::works(Check::Number, format!("{name} is ours and can text")),
            false => Finding::broken(
                Check::Number,
                format!("{name} cannot text"),
                "Set TWILIO_FROM to a number with the capability SMS.",
            ),
        };
        let (webhook, country) = join!(self.webhook(number, service), self.country(name));
        let country_code = country.as_ref().ok().map(String::as_str);
        let permission = async {
            match &country {
                Ok(country) => self.permission(country).await,
                Err(unseen) => unseen.finding(Check::Countries, &format!("the country of {name}")),
            }
        };
        let (permission, registration) =
            join!(permission, self.registration(number, service, country_code));
        [Some(ability), webhook, registration, permission].into_iter().flatten().collect()
    }

    /// The country of a number, as `US`.
    async fn country(&self, number: &str) -> Result<String, Unseen> {
        let path = format!("/v2/PhoneNumbers/{number}");
        let lookup: Lookup = self.get("lookups", &path, &[]).await?;
        lookup.country_code.ok_or(Unseen::Absent)
    }

    /// Whether texts within the country of our number are enabled.
    async fn permission(&self, country: &str) -> Option<Finding> {
        const WHAT: &str = "the permitted countries";
        let query = [("CountryCode", country)];
        let path = "/v1/Messaging/GeoPermissions";
        let permissions = match self.get::<Permissions>("accounts", path, &query).await {
            Ok(answer) => answer.permissions,
            Err(unseen) => return unseen.finding(Check::Countries, WHAT),
        };
        let permission = permissions.iter().find(|permission| permission.country_code == country);
        match permission.map(|permission| permission.enabled) {
            Some(true) => {
                Some(Finding::works(Check::Countries, format!("texts to {country} are permitted")))
            }
            Some(false) => Some(Finding::broken(
                Check::Countries,
                format!("texts to {country} are switched off"),
                "Switch the country on in Twilio's console under Messaging, Settings, Geo \
                 permissions.",
            )),
            None => Unseen::Absent.finding(Check::Countries, WHAT),
        }
    }

    /// Twilio's complaints since yesterday, most frequent first. Without phones that are off and
    /// people who opted out: that is normal.
    async fn errors(&self) -> Vec<Finding> {
        let since = Timestamp::now() - SignedDuration::from_hours(24);
        let since = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let query = [("LogLevel", "error"), ("StartDate", &since), ("PageSize", "100")];
        let alerts = match self.get::<Alerts>("monitor", "/v1/Alerts", &query).await {
            Ok(page) => page.alerts,
            Err(unseen) => {
                return unseen.finding(Check::Errors, "its alerts").into_iter().collect();
            }
        };
        let mut counts = BTreeMap::<_, usize>::new();
        for code in alerts.into_iter().filter_map(|alert| alert.error_code) {
            *counts.entry(code).or_default() += 1;
        }
        let mut complaints: Vec<_> = counts
            .into_iter()
            .map(|(code, count)| (explain(&code), code, count))
            .filter(|(known, ..)| {
                !known.is_some_and(|known| {
                    matches!(known.about, About::Number | About::Phone | About::Person)
                })
            })
            .collect();
        complaints.sort_by_key(|(_, _, count)| Reverse(*count));
        if complaints.is_empty() {
            return vec![Finding::works(Check::Errors, "no complaint since yesterday")];
        }
        complaints.truncate(COMPLAINTS);
        complaints.into_iter().map(|(known, code, count)| complaint(known, &code, count)).collect()
    }
}

impl UsageRecord {
    fn amount(&self) -> f64 {
        match &self.price {
            Value::String(price) => price.parse().unwrap_or(0.0),
            price => price.as_f64().unwrap_or(0.0),
        }
    }
}

fn explain(code: &str) -> Option<&'static Code> {
    ALERTS.iter().chain(CODES).find(|known| known.code == code)
}

fn complaint(known: Option<&Code>, code: &str, count: usize) -> Finding {
    let times = if count == 1 { "once".into() } else { format!("{count} times") };
    let happened = known.map_or("An error that is not on our list.", |known| known.happened);
    let fix = match known.map_or("", |known| known.fix) {
        "" => format!("Look it up at https://www.twilio.com/docs/api/errors/{code}."),
        fix => fix.to_owned(),
    };
    let seen = format!("{code} came {times} since yesterday: {}", happened.trim_end_matches('.'));
    Finding::doubtful(Check::Errors, seen, fix)
}
