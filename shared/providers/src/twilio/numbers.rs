//! The numbers and messaging services of an account, and where texts to them go.

use futures::future::join_all;
use serde::Deserialize;
use sms::{Check, Finding};
use url::{Position, Url};

use super::OVERRIDES;
use super::inquiry::{Inquiry, Unseen};
use crate::address;

/// A number of the account.
#[derive(Deserialize)]
pub(super) struct Incoming {
    pub(super) sid: String,
    pub(super) phone_number: String,
    pub(super) capabilities: Capabilities,
    sms_url: Option<String>,
    sms_method: Option<String>,
    sms_application_sid: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Capabilities {
    #[serde(default, alias = "SMS")]
    pub(super) sms: bool,
}

#[derive(Deserialize)]
struct IncomingPage {
    incoming_phone_numbers: Vec<Incoming>,
}

/// The handler of numbers that overrides their own addresses, if it names one.
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

/// Where texts to a number go.
struct Destination {
    /// The owner of the address.
    owner: String,
    /// Where it is entered in Twilio's console.
    place: &'static str,
    url: Option<String>,
    method: Option<String>,
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

impl Inquiry<'_> {
    /// The reason why a text has no number to be sent from.
    pub(super) fn missing(&self, numbers: &[Incoming], services: &[Service]) -> Option<Finding> {
        const ADD: &str = "Add it to the messaging service in Twilio's console, or take \
                           TWILIO_MESSAGING_SERVICE_SID out.";
        let broken = |seen: String, fix| Some(Finding::broken(Check::Number, seen, fix));
        let service = self.twilio.messaging_service_sid.as_ref().and_then(|_| services.first());
        match (&self.twilio.from, service) {
            (Some(from), _) if !numbers.iter().any(|number| number.phone_number == *from) => {
                let fix = "Set TWILIO_FROM to a number that the account owns, as +12025550100.";
                broken(format!("{from} is not a number of this account"), fix)
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

    /// The numbers that may be sent from, among others.
    pub(super) async fn numbers(&self) -> Result<Vec<Incoming>, Finding> {
        let mut query = vec![("PageSize", "100")];
        query.extend(self.twilio.from.as_deref().map(|from| ("PhoneNumber", from)));
        let path = self.of_account("/IncomingPhoneNumbers");
        match self.get::<IncomingPage>("api", &path, &query).await {
            Ok(page) => Ok(page.incoming_phone_numbers),
            Err(unseen) => Err(unseen.certainly(Check::Number, "the account's numbers")),
        }
    }

    /// The messaging service that we name, or any that may contain our number, with their numbers.
    pub(super) async fn services(&self) -> Result<Vec<Service>, Finding> {
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

    /// Whether texts to a number come to us: through its messaging service, unless that leaves it
    /// to the number; through the number's application, if it has one; otherwise through the
    /// number.
    pub(super) async fn webhook(
        &self,
        number: &Incoming,
        service: Option<&Service>,
    ) -> Option<Finding> {
        let name = &number.phone_number;
        let public_url = &self.twilio.public_url;
        let Some(ours) = address::webhook(public_url, "twilio", "inbound") else {
            return Some(Finding::broken(
                Check::Webhook,
                format!("Twilio cannot call {public_url}, which is only on this machine"),
                "Set PUBLIC_URL to an address at which Twilio reaches this machine.",
            ));
        };
        let Destination { owner, place, url, method } =
            match self.destination(number, service).await {
                Ok(destination) => destination,
                Err(finding) => return Some(finding),
            };
        let fix = format!("Enter {ours}{OVERRIDES} with HTTP POST in Twilio's console, {place}.");
        let seen = match url.filter(|url| !url.is_empty()) {
            None => format!("texts to {name} are dropped: {owner} has no address to send them to"),
            Some(url) if !is(&ours, &url) => format!("{owner} sends texts to {}", display(&url)),
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

    /// Where texts to a number go, and what decides it.
    async fn destination(
        &self,
        number: &Incoming,
        service: Option<&Service>,
    ) -> Result<Destination, Finding> {
        let name = &number.phone_number;
        let application = number.sms_application_sid.as_deref().filter(|sid| !sid.is_empty());
        Ok(match (service, application) {
            (Some(service), _) if !service.use_inbound_webhook_on_number => Destination {
                owner: format!("the messaging service of {name}"),
                place: "in the messaging service, under Integration",
                url: service.inbound_request_url.clone(),
                method: service.inbound_method.clone(),
            },
            (_, Some(sid)) => {
                let owner = format!("the TwiML application of {name}");
                let path = self.of_account(&format!("/Applications/{sid}"));
                let application: Application = self
                    .get("api", &path, &[])
                    .await
                    .map_err(|unseen| unseen.certainly(Check::Webhook, &owner))?;
                Destination {
                    owner,
                    place: "in the TwiML application, under Messaging",
                    url: application.sms_url,
                    method: application.sms_method,
                }
            }
            _ => Destination {
                owner: name.clone(),
                place: "at the number, under Messaging",
                url: number.sms_url.clone(),
                method: number.sms_method.clone(),
            },
        })
    }
}

impl Service {
    pub(super) fn holds(&self, number: &Incoming) -> bool {
        self.numbers.contains(&number.phone_number)
    }
}

/// Whether an address in Twilio's console is ours. The fragment after `#` configures how Twilio
/// repeats calls.
fn is(ours: &Url, written: &str) -> bool {
    Url::parse(written).is_ok_and(|mut url| {
        url.set_fragment(None);
        url == *ours
    })
}

/// Whether Twilio calls this address again after any failure.
/// <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>
fn repeats(written: &str) -> bool {
    let overrides = Url::parse(written).ok().and_then(|url| url.fragment().map(str::to_owned));
    overrides.is_some_and(|overrides| overrides.split('&').any(|it| it == "rp=all"))
}

/// An address without its possible secrets.
fn display(written: &str) -> String {
    match Url::parse(written) {
        Ok(url) => {
            format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPath])
        }
        Err(_) => "something that is not an address".into(),
    }
}
