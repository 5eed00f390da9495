//! Everything that a reviewer sees.

use agent::{Page, Texts};
use business::{Business, Language, Wording};
use settings::Settings;
use site::{Pages, PublicPage};
use sms::Number;

/// What is submitted, and what it is checked against.
#[derive(Clone)]
pub(crate) struct Submission {
    pub(crate) business: Business,
    pub(crate) wording: Wording,
    pub(crate) public_url: String,
    /// Whether the pages exist in English, which reviewers read.
    pub(crate) english: bool,
    /// The pages as they are served.
    pub(crate) home: String,
    pub(crate) privacy: String,
    pub(crate) terms: String,
    pub(crate) opt_in: String,
    /// The name that the agent answers for.
    pub(crate) agent: String,
    /// The texts that are sent without the model.
    pub(crate) texts: Texts,
    /// The numbers that providers are configured to send from.
    pub(crate) senders: Vec<Number>,
    pub(crate) description: String,
    pub(crate) message_flow: String,
    pub(crate) samples: Vec<String>,
}

impl Submission {
    pub(crate) fn of(pages: &Pages, agent: &Page, settings: &Settings) -> Self {
        let business = pages.business().clone();
        let english = business.languages.contains(&Language::English);
        let language = if english { Language::English } else { business.main_language() };
        let html = |page| pages.html(page, language).to_owned();
        let wording = business.wording(language).clone();
        let samples = samples(&agent.texts, &pages.conversation(language));
        Self {
            description: description(&business, &wording, agent.turns),
            message_flow: message_flow(pages, &business, &agent.texts, language),
            samples,
            wording,
            public_url: pages.public_url().to_owned(),
            english,
            home: html(PublicPage::Home),
            privacy: html(PublicPage::Privacy),
            terms: html(PublicPage::Terms),
            opt_in: html(PublicPage::OptIn),
            agent: agent.name.clone(),
            texts: agent.texts.clone(),
            senders: providers::numbers(settings),
            business,
        }
    }

    /// The address of a page.
    pub(crate) fn address(&self, page: PublicPage) -> String {
        format!("{}{}", self.public_url, page.path())
    }
}

fn description(business: &Business, wording: &Wording, turns: u32) -> String {
    let (brand, name) = (business.brand(), &business.name);
    let known = if brand == name { String::new() } else { format!(" (trade name of {name})") };
    format!(
        "{brand}{known}: {} Customers text {} first, and an AI assistant replies about {}. This is \
         customer care in conversations: one reply to each message a customer sends, at most \
         {turns} replies in a conversation, no recurring messages and no marketing. The replies \
         answer questions, collect what the business needs to know, and hand it to a person. \
         Recipients are customers in the United States and Canada who opted in by texting the \
         keyword {} or by the web form.",
        wording.does,
        business.number.display(),
        wording.about,
        business.keyword
    )
}

fn message_flow(pages: &Pages, business: &Business, texts: &Texts, language: Language) -> String {
    let (url, keyword, number) = (pages.public_url(), &business.keyword, business.number.display());
    let reply = match &texts.first {
        Some(first) => format!(" The first reply begins: \"{first}\""),
        None => String::new(),
    };
    format!(
        "End users opt in in one of two ways; both are voluntary and shown on {url}/opt-in, which \
         is public.\n\
         1. Keyword: on {url}/ they read \"{}\" and text {keyword} to {number}.{reply}\n\
         2. Web form on {url}/opt-in: they type their mobile number and tick a box that is not \
         ticked in advance, beside the words \"{}\" We record number, time and these words. The \
         form sends nothing: the next page asks them to text {keyword} to {number}, and only then \
         do we reply, as under 1.\n\
         Privacy policy: {url}/privacy Terms: {url}/terms",
        pages.disclosure(language),
        pages.consent(language),
    )
}

/// The first message as it is really sent, then the business's sample conversation, then the answer
/// to HELP: at least two, at most five.
fn samples(texts: &Texts, conversation: &[String]) -> Vec<String> {
    let said = conversation.iter().skip(1).step_by(2);
    let first = texts.first.iter().cloned();
    let mut samples: Vec<_> = first.chain(said.cloned()).take(4).collect();
    samples.push(texts.help.clone());
    samples
}
