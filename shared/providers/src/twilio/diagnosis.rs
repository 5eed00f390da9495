//! What Twilio shows of an account: credentials, money, numbers and where their texts go, what is
//! permitted, and what Twilio has lately complained of.
//!
//! Only GET, and nothing that costs: <https://www.twilio.com/docs/usage/api>. Lists are read as far
//! as one page goes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::join;
use url::{Position, Url};

use super::codes::{ALERTS, CODES};
use super::{BASE_URL, FIVE_DIGITS, OVERRIDES, Refusal, Twilio};
use sms::code;
use sms::{About, Check, Code, Finding, Http};

use crate::address;

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

/// One day's spending, of which the price is a number in the API's description and a string in
/// practice.
#[derive(Deserialize)]
struct UsageRecord {
    price: Value,
}

/// A number of the account's.
#[derive(Deserialize)]
pub(super) struct Incoming {
    pub(super) sid: String,
    pub(super) phone_number: String,
    capabilities: Capabilities,
    sms_url: Option<String>,
    sms_method: Option<String>,
    sms_application_sid: Option<String>,
}

#[derive(Deserialize)]
struct Capabilities {
    #[serde(default, alias = "SMS")]
    sms: bool,
}

#[derive(Deserialize)]
struct IncomingPage {
    incoming_phone_numbers: Vec<Incoming>,
}

/// What answers for numbers instead of their own addresses, if they name one.
#[derive(Deserialize)]
struct Application {
    sms_url: Option<String>,
    sms_method: Option<String>,
}

/// A messaging service: <https://www.twilio.com/docs/messaging/api/service-resource>.
#[derive(Deserialize)]
pub(super) struct Service {
    pub(super) sid: String,
    inbound_request_url: Option<String>,
    inbound_method: Option<String>,
    use_inbound_webhook_on_number: bool,
    #[serde(skip)]
    numbers: Vec<String>,
}

#[derive(Deserialize)]
struct ServicePage {
    services: Vec<Service>,
}

#[derive(Deserialize)]
struct Pool {
    phone_numbers: Vec<Pooled>,
}

#[derive(Deserialize)]
struct Pooled {
    phone_number: String,
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

/// How many days' spending tell what a day costs, and for how many the balance has to last.
const SPENDING_DAYS: i32 = 7;
const LASTING_DAYS: f64 = 7.0;

/// What is little by itself, where nothing was spent lately: about a hundred texts.
const LITTLE: f64 = 1.0;

/// How many numbers of a messaging service, and how many complaints, are looked at one by one.
const NUMBERS: usize = 10;
const COMPLAINTS: usize = 5;

/// One look at an account.
pub(super) struct Inquiry<'a> {
    twilio: &'a Twilio,
    http: &'a Http,
}

/// Why Twilio does not show something.
pub(super) enum Unseen {
    /// There is no such thing.
    Absent,
    /// For the reason of this code, Twilio's or ours.
    Refused(String),
}

/// Whatever Twilio shows, in the order in which it is printed.
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
                "this is a trial account, which texts verified numbers only",
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
            .map_or(("Twilio answers with a code that nothing explains.", LOOK_THERE), |known| {
                (known.happened, known.fix)
            });
        let seen = format!("{} ({code})", happened.trim_end_matches('.'));
        Err(Finding::broken(Check::Credentials, seen, fix))
    }

    /// Nothing for an account of an account, whose balance is the other's.
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

    /// What is to be said of every number that may send. Nothing of a short code or a name.
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
        // By what is looked at rather than by number.
        findings.sort_by_key(|finding| finding.check as usize);
        findings
    }

    /// What keeps a text from finding a number to be sent from.
    fn missing(&self, numbers: &[Incoming], services: &[Service]) -> Option<Finding> {
        const ADD: &str = "Add it to the messaging service in Twilio's console, or take \
                           TWILIO_MESSAGING_SERVICE_SID away.";
        let broken = |seen: String, fix| Some(Finding::broken(Check::Number, seen, fix));
        let service = self.twilio.messaging_service_sid.as_ref().and_then(|_| services.first());
        match (&self.twilio.from, service) {
            (Some(from), _) if !numbers.iter().any(|number| number.phone_number == *from) => {
                let fix = "Set TWILIO_FROM to a number that the account owns, as +12025550100.";
                broken(format!("{from} is no number of this account"), fix)
            }
            (_, Some(service)) if service.numbers.is_empty() => {
                let fix = "Add a number to the messaging service in Twilio's console.";
                broken("the messaging service has no number".into(), fix)
            }
            (Some(from), Some(service)) if !service.numbers.contains(from) => {
                broken(format!("{from} does not belong to the messaging service"), ADD)
            }
            _ => None,
        }
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

    /// The numbers that may be sent from, among others.
    async fn numbers(&self) -> Result<Vec<Incoming>, Finding> {
        let mut query = vec![("PageSize", "100")];
        query.extend(self.twilio.from.as_deref().map(|from| ("PhoneNumber", from)));
        let path = self.of_account("/IncomingPhoneNumbers");
        match self.get::<IncomingPage>("api", &path, &query).await {
            Ok(page) => Ok(page.incoming_phone_numbers),
            Err(unseen) => Err(unseen.certainly(Check::Number, "the account's numbers")),
        }
    }

    /// The messaging service that we name, or any that may hold our number, with their numbers.
    async fn services(&self) -> Result<Vec<Service>, Finding> {
        const WHAT: &str = "the messaging services";
        let services = match &self.twilio.messaging_service_sid {
            Some(sid) => match self.get("messaging", &format!("/v1/Services/{sid}"), &[]).await {
                Err(Unseen::Absent) => {
                    return Err(Finding::broken(
                        Check::Number,
                        "Twilio knows no such messaging service",
                        "Copy TWILIO_MESSAGING_SERVICE_SID from Twilio's console again.",
                    ));
                }
                service => service.map(|service| vec![service]),
            },
            None => {
                let page = self.get("messaging", "/v1/Services", &[("PageSize", "20")]).await;
                page.map(|page: ServicePage| page.services)
            }
        };
        let services = services.map_err(|unseen| unseen.certainly(Check::Number, WHAT))?;
        let filled = join_all(services.into_iter().map(async |service| {
            let path = format!("/v1/Services/{}/PhoneNumbers", service.sid);
            let pool: Pool = self.get("messaging", &path, &[("PageSize", "100")]).await?;
            let numbers = pool.phone_numbers.into_iter().map(|pooled| pooled.phone_number);
            Ok(Service { numbers: numbers.collect(), ..service })
        }));
        let filled: Result<_, Unseen> = filled.await.into_iter().collect();
        filled.map_err(|unseen| unseen.certainly(Check::Number, WHAT))
    }

    /// Whether texts to a number come to us: by its messaging service, unless that leaves it to the
    /// number; by the number's application, if it has one; otherwise by the number.
    async fn webhook(&self, number: &Incoming, service: Option<&Service>) -> Option<Finding> {
        let name = &number.phone_number;
        let public_url = &self.twilio.public_url;
        let Some(ours) = address::webhook(public_url, "twilio", "inbound") else {
            return Some(Finding::broken(
                Check::Webhook,
                format!("Twilio cannot call {public_url}, which is this machine alone"),
                "Set PUBLIC_URL to an address at which Twilio reaches this machine.",
            ));
        };
        let application = number.sms_application_sid.as_deref().filter(|sid| !sid.is_empty());
        let (owner, place, url, method) = match (service, application) {
            (Some(service), _) if !service.use_inbound_webhook_on_number => (
                format!("the messaging service of {name}"),
                "in the messaging service, under Integration",
                service.inbound_request_url.clone(),
                service.inbound_method.clone(),
            ),
            (_, Some(sid)) => {
                let path = self.of_account(&format!("/Applications/{sid}"));
                let application = match self.get::<Application>("api", &path, &[]).await {
                    Ok(application) => application,
                    Err(unseen) => {
                        return Some(unseen.certainly(
                            Check::Webhook,
                            &format!("the TwiML application of {name}"),
                        ));
                    }
                };
                let owner = format!("the TwiML application of {name}");
                let place = "in the TwiML application, under Messaging";
                (owner, place, application.sms_url, application.sms_method)
            }
            _ => (
                name.clone(),
                "at the number, under Messaging",
                number.sms_url.clone(),
                number.sms_method.clone(),
            ),
        };
        let fix = format!("Enter {ours}{OVERRIDES} with HTTP POST in Twilio's console, {place}.");
        let seen = match url.filter(|url| !url.is_empty()) {
            None => format!("texts to {name} are dropped: {owner} has no address to send them to"),
            Some(url) if !is(&ours, &url) => format!("{owner} sends texts to {}", shown(&url)),
            Some(_) if method.is_some_and(|method| method != "POST") => {
                format!("{owner} calls our address with GET instead of POST")
            }
            Some(url) if !repeats(&url) => {
                let seen = format!("{owner} gives up a text that we cannot take at once");
                return Some(Finding::doubtful(Check::Webhook, seen, fix));
            }
            Some(_) => {
                return Some(Finding::works(
                    Check::Webhook,
                    format!("texts to {name} come to {ours}"),
                ));
            }
        };
        Some(Finding::broken(Check::Webhook, seen, fix))
    }

    /// The country of a number, as `US`.
    async fn country(&self, number: &str) -> Result<String, Unseen> {
        let path = format!("/v2/PhoneNumbers/{number}");
        let lookup: Lookup = self.get("lookups", &path, &[]).await?;
        lookup.country_code.ok_or(Unseen::Absent)
    }

    /// Whether texts within the country of our number are switched on.
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

    /// What Twilio complained of since yesterday, most often first. Not of phones that are off and
    /// of people who said stop: that is everyday life.
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

    /// The path of a resource of the account's.
    fn of_account(&self, resource: &str) -> String {
        format!("/2010-04-01/Accounts/{}{resource}.json", self.twilio.account_sid)
    }

    /// Reads a resource of one of Twilio's APIs, each of which has a host.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        api: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Unseen> {
        let base = match self.twilio.base_url == BASE_URL {
            true => format!("https://{api}.twilio.com"),
            false => self.twilio.base_url.clone(),
        };
        let request = self.http.get(format!("{base}{path}")).query(query);
        let answer = self.http.send(self.twilio.authorize(request)).await;
        let answer = answer.map_err(|error| Unseen::Refused(error.code().into()))?;
        match answer.status {
            200 => answer.json().ok_or_else(|| Unseen::Refused("unreadable".into())),
            404 => Err(Unseen::Absent),
            _ => Err(Unseen::Refused(match answer.json::<Refusal>() {
                Some(Refusal { code }) if FIVE_DIGITS.contains(&code) => code.to_string(),
                _ => answer.otherwise().code().into(),
            })),
        }
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

impl Service {
    fn holds(&self, number: &Incoming) -> bool {
        self.numbers.contains(&number.phone_number)
    }
}

/// What to do where Twilio shows us nothing.
const LOOK_THERE: &str = "See it in Twilio's console, or try again.";

impl Unseen {
    /// What is said where something may well not be there, and nothing depends on it.
    fn finding(&self, check: Check, what: &str) -> Option<Finding> {
        match self {
            Self::Absent => None,
            Self::Refused(_) => Some(self.certainly(check, what)),
        }
    }

    /// What is said where something has to be there.
    pub(super) fn certainly(&self, check: Check, what: &str) -> Finding {
        let (because, code) = match self {
            Self::Absent => ("there is none", "20404"),
            Self::Refused(code) => (reason(code), code.as_str()),
        };
        Finding::doubtful(
            check,
            format!("Twilio does not show {what}: {because} ({code})"),
            LOOK_THERE,
        )
    }
}

/// Why a question was not answered, once the credentials have proved to be right.
fn reason(code: &str) -> &'static str {
    match code {
        "http 401" | "http 403" | "20003" | "20006" => "these credentials may not see it",
        "http 429" | "20429" => "too many questions came at once",
        "connect" | "timeout" | "cut" => "no answer came",
        _ => "the answer was another than documented",
    }
}

fn explain(code: &str) -> Option<&'static Code> {
    ALERTS.iter().chain(CODES).find(|known| known.code == code)
}

fn complaint(known: Option<&Code>, code: &str, count: usize) -> Finding {
    let times = if count == 1 { "once".into() } else { format!("{count} times") };
    let happened =
        known.map_or("An error of which nothing more is known here.", |known| known.happened);
    let fix = match known.map_or("", |known| known.fix) {
        "" => format!("Look it up at https://www.twilio.com/docs/api/errors/{code}."),
        fix => fix.to_owned(),
    };
    let seen = format!("{code} came {times} since yesterday: {}", happened.trim_end_matches('.'));
    Finding::doubtful(Check::Errors, seen, fix)
}

/// Whether an address in Twilio's console is ours. What is behind `#` says how Twilio repeats
/// calls.
fn is(ours: &Url, written: &str) -> bool {
    Url::parse(written).is_ok_and(|mut url| {
        url.set_fragment(None);
        url == *ours
    })
}

/// Whether Twilio calls this address again whatever went wrong.
/// <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>
fn repeats(written: &str) -> bool {
    let overrides = Url::parse(written).ok().and_then(|url| url.fragment().map(str::to_owned));
    overrides.is_some_and(|overrides| overrides.split('&').any(|it| it == "rp=all"))
}

/// An address without what may be secret in it.
fn shown(written: &str) -> String {
    match Url::parse(written) {
        Ok(url) => {
            format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPath])
        }
        Err(_) => "something that is no address".into(),
    }
}
