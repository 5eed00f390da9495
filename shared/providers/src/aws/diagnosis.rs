//! Checks of an AWS account: limits, numbers, where their texts and events go, registrations. They
//! only read.

use super::*;

impl Aws {
    /// All checks of the account.
    pub(super) async fn diagnosis(&self, http: &Http) -> Vec<Finding> {
        let account = self.look_at_account(http).await;
        match &account {
            Err(unseen) if !unseen.is_let_in() => return vec![unseen.finding(Check::Credentials)],
            _ => {}
        }
        let or = |check| move |unseen: Unseen| unseen.finding(check);
        let mut findings = vec![
            Finding::works(Check::Credentials, "AWS lets us in"),
            account.unwrap_or_else(or(Check::Account)),
            self.look_at_limit(http).await.unwrap_or_else(or(Check::Balance)),
        ];
        let numbers = self.look_at_numbers(http).await;
        findings.extend(numbers.unwrap_or_else(|unseen| vec![unseen.finding(Check::Number)]));
        findings.push(self.look_at_events(http).await.unwrap_or_else(or(Check::Webhook)));
        findings
    }

    async fn look_at_account(&self, http: &Http) -> Result<Finding, Unseen> {
        let attributes: Attributes =
            self.describe(http, "DescribeAccountAttributes", json!({})).await?;
        let tier = attributes.account_attributes.iter().find(|it| it.name == "ACCOUNT_TIER");
        Ok(match tier.map(|tier| tier.value.as_str()) {
            Some("PRODUCTION") => Finding::works(Check::Account, "the account texts everybody"),
            Some("SANDBOX") => Finding::doubtful(
                Check::Account,
                "the account is in the SMS sandbox, which texts at most ten verified numbers",
                "Ask AWS for production access under AWS End User Messaging, SMS sandbox.",
            ),
            _ => Finding::doubtful(
                Check::Account,
                "AWS does not say whether the account is in the SMS sandbox",
                "See in AWS's console under AWS End User Messaging, SMS sandbox.",
            ),
        })
    }

    async fn look_at_limit(&self, http: &Http) -> Result<Finding, Unseen> {
        let limits: SpendLimits = self.describe(http, "DescribeSpendLimits", json!({})).await?;
        let is_of_texts = |limit: &&SpendLimit| limit.name == "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT";
        let Some(limit) = limits.spend_limits.iter().find(is_of_texts) else {
            return Err(Unseen { action: "DescribeSpendLimits", code: "unreadable".into() });
        };
        let seen = format!("{} US dollars a month may be spent on texts", limit.enforced_limit);
        let fix = "Raise the limit in AWS's console under AWS End User Messaging, Account settings; \
                   above what AWS allows by itself, by a case at AWS's support.";
        Ok(match limit.enforced_limit {
            0 => Finding::broken(Check::Balance, seen, fix),
            1..=FIRST_LIMIT => Finding::doubtful(Check::Balance, seen, fix),
            _ => Finding::works(Check::Balance, seen),
        })
    }

    async fn look_at_numbers(&self, http: &Http) -> Result<Vec<Finding>, Unseen> {
        let mut numbers = self.numbers(http).await?;
        numbers.retain(|number| number.is_sent_from(&self.origination));
        if numbers.is_empty() {
            return Ok(vec![Finding::broken(
                Check::Number,
                format!(
                    "{} is neither a number nor a pool of the account in {}",
                    self.origination, self.region
                ),
                "Set AWS_SMS_ORIGINATION to a number that the account owns there, or to a pool that \
                 has one. A sender name cannot be answered.",
            )]);
        }
        let mut findings = Vec::new();
        for number in &numbers {
            findings.push(number.ability());
            findings.extend(number.opt_outs());
            findings.push(self.look_at_texts(http, number).await);
            findings.extend(self.look_at_registration(http, number).await);
        }
        Ok(findings)
    }

    async fn numbers(&self, http: &Http) -> Result<Vec<PhoneNumber>, Unseen> {
        let mut numbers = Vec::new();
        let mut body = json!({ "MaxResults": 100 });
        for _ in 0..PAGES {
            let page: PhoneNumbers =
                self.describe(http, "DescribePhoneNumbers", body.clone()).await?;
            numbers.extend(page.phone_numbers);
            let Some(next) = page.next_token else { break };
            body["NextToken"] = next.into();
        }
        Ok(numbers)
    }

    /// Whether texts to a number reach us.
    async fn look_at_texts(&self, http: &Http, number: &PhoneNumber) -> Finding {
        let shown = &number.phone_number;
        match number.two_way_channel_arn.as_ref().filter(|_| number.two_way_enabled) {
            None => Finding::broken(
                Check::Webhook,
                format!("texts to {shown} go nowhere"),
                format!("Switch two-way messaging on for it, with the topic {}.", self.topics[0]),
            ),
            Some(topic) if !self.topics.contains(topic) => Finding::broken(
                Check::Webhook,
                format!("texts to {shown} go to {topic}"),
                "Let two-way messaging publish to a topic of AWS_SMS_TOPIC_ARN, or add this one there.",
            ),
            Some(topic) => self.look_at_subscription(http, topic, "inbound").await,
        }
    }

    /// Whether receipts reach us.
    async fn look_at_events(&self, http: &Http) -> Result<Finding, Unseen> {
        let name = &self.configuration_set;
        let body = json!({ "ConfigurationSetNames": [name] });
        let sets: ConfigurationSets =
            self.describe(http, "DescribeConfigurationSets", body).await?;
        let mut destinations =
            sets.configuration_sets.iter().flat_map(|set| &set.event_destinations);
        let topic = destinations.find_map(|destination| {
            let kinds = &destination.matching_event_types;
            let tells = ["ALL", "TEXT_ALL", "TEXT_DELIVERED"]
                .iter()
                .any(|it| kinds.iter().any(|kind| kind == it));
            let topic = &destination.sns_destination.as_ref()?.topic_arn;
            (destination.enabled && tells && self.topics.contains(topic)).then_some(topic)
        });
        Ok(match topic {
            Some(topic) => self.look_at_subscription(http, topic, "status").await,
            None => Finding::broken(
                Check::Webhook,
                format!("the configuration set {name} reports to no topic of AWS_SMS_TOPIC_ARN"),
                "Add an event destination to it: all SMS events, to an SNS topic in that setting.",
            ),
        })
    }

    /// Whether a topic calls one of our addresses.
    async fn look_at_subscription(&self, http: &Http, topic: &str, ours: &str) -> Finding {
        let mut address = self.public_url.clone();
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().extend(["webhooks", super::ENTRY.name, ours]);
        }
        let listed = match self.subscriptions(http, topic).await {
            Ok(listed) => listed,
            Err(unseen) => return unseen.finding(Check::Webhook),
        };
        // Our addresses contain nothing that XML escapes.
        let endpoint = format!("<Endpoint>{address}</Endpoint>");
        let mut members = listed.split("<member>").filter(|member| member.contains(&endpoint));
        match members.next().map(|member| member.contains("<SubscriptionArn>arn:")) {
            Some(true) => Finding::works(Check::Webhook, format!("{topic} calls {address}")),
            Some(false) => Finding::broken(
                Check::Webhook,
                format!("{topic} waits for {address} to confirm"),
                "Request the confirmation again in SNS's console while textback answers there: it \
                 confirms by itself.",
            ),
            None => Finding::broken(
                Check::Webhook,
                format!("{topic} does not call {address}"),
                "Create a subscription of this topic in SNS's console: HTTPS, this address, without \
                 raw message delivery.",
            ),
        }
    }

    /// The first hundred, in XML.
    async fn subscriptions(&self, http: &Http, topic: &str) -> Result<String, Unseen> {
        let unseen =
            |code: &str| Unseen { action: "sns:ListSubscriptionsByTopic", code: code.into() };
        let answer = self.topic(http, topic, &[("Action", "ListSubscriptionsByTopic")]).await;
        let answer = answer.map_err(|error| unseen(error.code()))?;
        match (answer.status, std::str::from_utf8(answer.bytes())) {
            (200, Ok(listed)) => Ok(listed.to_owned()),
            (403, _) => Err(unseen("AccessDeniedException")),
            _ => Err(unseen(answer.otherwise().code())),
        }
    }

    async fn look_at_registration(&self, http: &Http, number: &PhoneNumber) -> Option<Finding> {
        let shown = &number.phone_number;
        let fix =
            "See in AWS's console under AWS End User Messaging, Registrations, what is missing.";
        let Some(id) = &number.registration_id else {
            let missing =
                Finding::broken(Check::Registration, format!("{shown} is not registered"), fix);
            return matches!(number.number_type.as_str(), "TEN_DLC" | "TOLL_FREE")
                .then_some(missing);
        };
        let body = json!({ "RegistrationIds": [id] });
        let found: Registrations = match self.describe(http, "DescribeRegistrations", body).await {
            Ok(found) => found,
            Err(unseen) => return Some(unseen.finding(Check::Registration)),
        };
        let status = found.registrations.first()?.registration_status.as_str();
        let seen = format!("the registration of {shown} is {status}");
        Some(match status {
            "COMPLETE" => Finding::works(Check::Registration, seen),
            "REQUIRES_UPDATES" | "REQUIRES_AUTHENTICATION" | "CLOSED" | "DELETED" => {
                Finding::broken(Check::Registration, seen, fix)
            }
            _ => Finding::doubtful(
                Check::Registration,
                seen,
                "Wait for it: until then texts may not go out.",
            ),
        })
    }

    async fn describe<T: DeserializeOwned>(
        &self,
        http: &Http,
        action: &'static str,
        body: Value,
    ) -> Result<T, Unseen> {
        let unseen = |error: SendError| Unseen { action, code: error.code().to_owned() };
        let request = self.action(http, action, &body).await.map_err(unseen)?;
        let answer = http.send(request).await.map_err(unseen)?;
        match answer.status {
            200 => answer.json().ok_or_else(|| unseen(answer.otherwise())),
            _ => Err(unseen(refused(&answer))),
        }
    }
}

/// Something that AWS did not show.
struct Unseen {
    /// The action; of AWS End User Messaging unless another service is named.
    action: &'static str,
    code: String,
}

impl Unseen {
    /// Whether AWS accepts our credentials, and refuses only this.
    fn is_let_in(&self) -> bool {
        let of_the_account = ["ACCOUNT_DISABLED", "INSUFFICIENT_ACCOUNT_REPUTATION"];
        ["AccessDeniedException", "ThrottlingException"].contains(&self.code.as_str())
            || of_the_account.contains(&self.code.as_str())
    }

    fn finding(&self, check: Check) -> Finding {
        let Self { action, code } = self;
        let service = if action.contains(':') { "" } else { "sms-voice:" };
        match code::find(CODES, code) {
            _ if code == "AccessDeniedException" => Finding::doubtful(
                check,
                "these credentials lack the permission",
                format!("Allow {service}{action}, which only reads."),
            ),
            Some(known) if !known.fix.is_empty() => {
                Finding::broken(check, known.happened.trim_end_matches('.'), known.fix)
            }
            _ => Finding::doubtful(
                check,
                format!("AWS does not answer {service}{action} ({code})"),
                "Ask again in a minute.",
            ),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    account_attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SpendLimits {
    spend_limits: Vec<SpendLimit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SpendLimit {
    name: String,
    /// In US dollars.
    enforced_limit: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PhoneNumbers {
    phone_numbers: Vec<PhoneNumber>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PhoneNumber {
    phone_number: String,
    phone_number_id: Option<String>,
    phone_number_arn: String,
    status: String,
    message_type: String,
    number_type: String,
    number_capabilities: Vec<String>,
    two_way_enabled: bool,
    two_way_channel_arn: Option<String>,
    self_managed_opt_outs_enabled: bool,
    pool_id: Option<String>,
    registration_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigurationSets {
    configuration_sets: Vec<ConfigurationSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigurationSet {
    event_destinations: Vec<EventDestination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventDestination {
    enabled: bool,
    matching_event_types: Vec<String>,
    sns_destination: Option<SnsDestination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsDestination {
    topic_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Registrations {
    registrations: Vec<Registration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Registration {
    registration_status: String,
}

impl PhoneNumber {
    /// Whether this origination is the number, or a pool that contains it.
    fn is_sent_from(&self, origination: &str) -> bool {
        let last = origination.rsplit('/').next().unwrap_or_default();
        self.phone_number.trim_start_matches('+') == origination.trim_start_matches('+')
            || self.phone_number_arn == origination
            || [&self.phone_number_id, &self.pool_id].iter().any(|id| id.as_deref() == Some(last))
    }

    fn ability(&self) -> Finding {
        let Self { phone_number: shown, status, .. } = self;
        let broken =
            |seen: &str, fix: &str| Finding::broken(Check::Number, format!("{shown} {seen}"), fix);
        if status != "ACTIVE" {
            let seen = format!("is {status}");
            broken(&seen, "See in AWS's console what it waits for; most often its registration.")
        } else if !self.number_capabilities.iter().any(|it| it == "SMS") {
            broken("cannot text", "Set AWS_SMS_ORIGINATION to a number with the capability SMS.")
        } else if self.message_type != "TRANSACTIONAL" {
            let fix = "Set AWS_SMS_ORIGINATION to a number for transactional texts.";
            broken("is for promotional texts", fix)
        } else if self.number_type == "SIMULATOR" {
            let seen = format!("{shown} is a simulator, which only texts other simulators");
            Finding::doubtful(Check::Number, seen, "Request a number that texts people.")
        } else {
            Finding::works(Check::Number, format!("{shown} is ours and can text"))
        }
    }

    /// AWS's handling of STOP. For a toll-free number, carriers always handle it.
    fn opt_outs(&self) -> Option<Finding> {
        let kept = !self.self_managed_opt_outs_enabled && self.number_type != "TOLL_FREE";
        kept.then(|| {
            Finding::doubtful(
                Check::Number,
                format!("AWS keeps STOP and HELP to {} to itself", self.phone_number),
                "Switch self-managed opt-outs on for it: textback answers both, and texts nobody \
                 by another provider who has said STOP here.",
            )
        })
    }
}
