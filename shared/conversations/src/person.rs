//! What is held about one person, in every collection. What [`Store::held`] finds is what
//! [`Store::erase`] removes.

use std::collections::{BTreeMap, BTreeSet};

use documents::{Document, Path, Query, Text, Time, Unavailable, Write, at};
use jiff::Timestamp;
use money::Amount;
use serde::Deserialize;
use serde_json::{Map, Value};
use sms::Number;
use telemetry::Step;

use crate::account::Account;
use crate::consent_events::prefix;
use crate::finds::{ANSWERS, Finds};
use crate::kept_calls::numbers_in;
use crate::names::Names;
use crate::stops::Stop;
use crate::store::Store;

/// How many documents are read at a time.
const PAGE: u32 = 200;

/// How many documents of one person are read of a collection. An erasure looks again afterwards.
const OF_ONE: u32 = 20_000;

/// How many digits a number without its country must have to be taken for the person's: fewer may be
/// anything.
const NATIONAL: usize = 8;

/// What is held about a person: every document that concerns them, of each collection.
#[derive(Default)]
pub struct Person {
    pub(crate) found: BTreeMap<&'static str, Vec<Document>>,
}

/// Whose documents are looked for.
pub(crate) struct Search<'a> {
    names: &'a Names,
    /// The names of people, each with the time up to which their documents are meant.
    people: BTreeMap<String, Timestamp>,
    /// Their numbers, as far as they are known.
    pub(crate) numbers: BTreeSet<Number>,
    /// Whether consents are looked at one by one, because some of the numbers are not known.
    by_name: bool,
}

/// Whether a search goes on to what is found only by reading documents that are not the person's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only what has an index by person.
    Near,
    /// Only the rest.
    Far,
}

impl<'a> Search<'a> {
    /// Everything about the person with this number up to this time, also as one of the mock's people.
    pub(crate) fn of(names: &'a Names, theirs: &Number, until: Timestamp) -> Self {
        let people = names.people(theirs).into_iter().map(|person| (person, until)).collect();
        Self { names, people, numbers: BTreeSet::from([theirs.clone()]), by_name: false }
    }

    /// Everything about people of whom only the names are known, each up to a time.
    pub(crate) fn named(names: &'a Names, people: BTreeMap<String, Timestamp>) -> Self {
        Self { names, people, numbers: BTreeSet::new(), by_name: true }
    }

    /// The names of the people.
    pub(crate) fn people(&self) -> impl Iterator<Item = &String> {
        self.people.keys()
    }

    /// Whether a document of this person is meant.
    fn means(&self, person: &str, at: Option<Timestamp>) -> bool {
        self.people.get(person).is_some_and(|until| at.is_none_or(|at| at <= *until))
    }

    /// Whether a document is meant that contains this number.
    pub(crate) fn means_number(&self, number: &Number, at: Option<Timestamp>) -> bool {
        self.names.people(number).iter().any(|person| self.means(person, at))
    }

    /// Whether these digits are one of the numbers, written with or without its country.
    fn means_digits(&self, digits: &str, at: Option<Timestamp>) -> bool {
        let national = |number: &&Number| number.split().1 == digits && digits.len() >= NATIONAL;
        if let Some(number) = self.numbers.iter().find(national) {
            return self.means_number(number, at);
        }
        Number::parse(&format!("+{digits}")).is_ok_and(|number| self.means_number(&number, at))
    }

    /// Whether one of the documents that are looked at one by one is meant.
    fn means_one(&self, collection: &str, document: &Document) -> bool {
        let at = time(collection, document);
        let conversation: Option<String> = document.fields.get("conversation");
        let person = conversation.as_deref().and_then(|id| id.split('-').next());
        if person.is_some_and(|person| self.means(person, at)) {
            return true;
        }
        let is_theirs = |number: Number| self.means_number(&number, at);
        match collection {
            "notices" => {
                document.fields.get("whom").is_some_and(|whom: Whom| is_theirs(whom.theirs))
            }
            "consent_events" => document.fields.get("number").is_some_and(is_theirs),
            "consents" => document.fields.get("theirs").is_some_and(is_theirs),
            "quarantine" => numbers_in(document).iter().any(|run| self.means_digits(run, at)),
            _ => false,
        }
    }
}

/// The person that a notice is about, as far as it names them.
#[derive(Deserialize)]
struct Whom {
    theirs: Number,
}

/// When a document was made. One that says nothing of the kind is as old as any.
fn time(collection: &str, document: &Document) -> Option<Timestamp> {
    match collection {
        "traces" => document.fields.get::<Vec<Step>>("steps")?.first().map(|step| step.at),
        _ => document.fields.get("at").and_then(millisecond),
    }
}

fn millisecond(time: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(time).ok()
}

impl Store {
    /// Everything that is held about the person with this number. Kept calls, notices and traces are
    /// read one by one, so this takes a while in a full store.
    pub async fn held(&self, theirs: &Number) -> Result<Person, Unavailable> {
        let search = Search::of(&self.names, theirs, Timestamp::MAX);
        let mut held = self.look(&search, Reach::Near).await?;
        held.found.extend(self.look(&search, Reach::Far).await?.found);
        for (collection, _) in ANSWERS.iter().filter(|(_, finds)| matches!(finds, Finds::Stays)) {
            let paths: Vec<_> = search.people().map(|person| at(collection, person)).collect();
            let found = self.documents.get(&paths).await?;
            held.found.insert(collection, found.into_iter().flatten().collect());
        }
        Ok(held)
    }

    /// The documents that a search means, as far as it reaches, without those that stay.
    pub(crate) async fn look(
        &self,
        search: &Search<'_>,
        reach: Reach,
    ) -> Result<Person, Unavailable> {
        let mut held = Person::default();
        for (collection, finds) in ANSWERS.iter().copied() {
            let is_far = matches!(
                finds,
                Finds::Each(_) | Finds::EachByName | Finds::Number(_) | Finds::Ledger(_)
            );
            if is_far != (reach == Reach::Far) {
                continue;
            }
            let mut found = match finds {
                Finds::Conversation => self.by_conversation(collection, search).await?,
                Finds::Within(fields) => self.by_person(fields, search).await?,
                Finds::Message(field) => self.by_message(field, &held).await?,
                Finds::Number(_) | Finds::Ledger(_) if search.by_name => {
                    self.each_by_name(collection, search).await?
                }
                Finds::Number(field) => {
                    self.by_number(search, |it| field.equal(it.as_str(), OF_ONE)).await?
                }
                Finds::Ledger(field) => {
                    self.by_number(search, |it| field.within(prefix(it), OF_ONE)).await?
                }
                Finds::Each(field) => self.each(field, search).await?,
                Finds::EachByName => self.each_by_name(collection, search).await?,
                Finds::Stays | Finds::Nobody => continue,
            };
            found.sort_by_key(|document| (time(collection, document), document.id.clone()));
            found.dedup_by(|one, other| one.id == other.id);
            held.found.insert(collection, found);
        }
        Ok(held)
    }

    async fn by_conversation(
        &self,
        collection: &'static str,
        search: &Search<'_>,
    ) -> Result<Vec<Document>, Unavailable> {
        let named = |person| at(collection, self.names.conversation_of(person).as_str());
        let paths: Vec<Path> = search.people().map(|person| named(person)).collect();
        let found = self.documents.get(&paths).await?;
        // The entries of a conversation are as old as its head.
        let heads: Vec<Path> = paths.iter().map(|path| at("heads", &path.id)).collect();
        let heads = self.documents.get(&heads).await?;
        let age = |head: Option<Document>| head.and_then(|head| time("heads", &head));
        let means = |document: &Document, at| {
            let person = document.id.split('-').next().unwrap_or_default();
            search.means(person, at)
        };
        let found = found.into_iter().zip(heads.into_iter().map(age));
        Ok(found.filter_map(|(it, at)| it.filter(|it| means(it, at))).collect())
    }

    async fn by_person(
        &self,
        fields: &[Text],
        search: &Search<'_>,
    ) -> Result<Vec<Document>, Unavailable> {
        let mut all = Vec::new();
        for person in search.people() {
            for field in fields {
                let found = self.documents.find(field.within(format!("{person}-"), OF_ONE)).await?;
                let found = found.into_iter();
                all.extend(found.filter(|it| search.means(person, time(field.collection, it))));
            }
        }
        Ok(all)
    }

    async fn by_message(&self, field: Text, held: &Person) -> Result<Vec<Document>, Unavailable> {
        let mut all = Vec::new();
        for attempt in held.of("attempts") {
            let message: Option<String> = attempt.fields.get("message");
            if let Some(message) = message {
                all.extend(self.documents.find(field.equal(&message, PAGE)).await?);
            }
        }
        Ok(all)
    }

    async fn by_number(
        &self,
        search: &Search<'_>,
        query: impl Fn(&Number) -> Query,
    ) -> Result<Vec<Document>, Unavailable> {
        let mut all = Vec::new();
        for number in &search.numbers {
            let found = self.documents.find(query(number)).await?;
            let means = |it: &Document| {
                search.means_number(number, it.fields.get("at").and_then(millisecond))
            };
            all.extend(found.into_iter().filter(means));
        }
        Ok(all)
    }

    async fn each(&self, field: Time, search: &Search<'_>) -> Result<Vec<Document>, Unavailable> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.later(field, Timestamp::UNIX_EPOCH, after, PAGE).await?;
            let means = |it: &Document| search.means_one(field.collection, it);
            all.extend(page.found.into_iter().filter(means));
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    pub(crate) async fn each_by_name(
        &self,
        collection: &'static str,
        search: &Search<'_>,
    ) -> Result<Vec<Document>, Unavailable> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.documents.find(Query::behind_name(collection, after, PAGE)).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.id.clone();
            all.extend(page.into_iter().filter(|it| search.means_one(collection, it)));
        }
    }
}

impl Person {
    /// The documents of a collection, earliest first.
    pub(crate) fn of(&self, collection: &str) -> &[Document] {
        self.found.get(collection).map_or(&[], Vec::as_slice)
    }

    /// How many documents of a collection concern the person.
    pub fn count(&self, collection: &str) -> usize {
        self.of(collection).len()
    }

    /// Every collection that has one, with the content of each, where times are as people read them.
    pub fn documents(&self) -> impl Iterator<Item = (&'static str, Vec<Map<String, Value>>)> {
        let found = self.found.iter().filter(|(_, found)| !found.is_empty());
        found.map(|(collection, found)| (*collection, found.iter().map(readable).collect()))
    }

    /// The time of the latest document of a collection.
    pub fn latest(&self, collection: &str) -> Option<Timestamp> {
        self.of(collection).iter().filter_map(|it| time(collection, it)).max()
    }

    /// How many entries the conversation under way has.
    pub fn entries(&self) -> usize {
        let turns = |it: &Document| it.fields.get::<Vec<Value>>("turns").map_or(0, |it| it.len());
        self.of("conversations").iter().map(turns).sum()
    }

    /// How many of the person's texts wait for an answer. The others were set aside.
    pub fn waiting(&self) -> usize {
        let waits = |it: &&Document| it.fields.get::<String>("waiting").is_some();
        self.of("texts").iter().filter(waits).count()
    }

    /// What the person's conversations have cost.
    pub fn cost(&self) -> Amount {
        let account = |it: &Document| it.fields.get::<Account>("account").map(|it| it.cost);
        let under_way = self.of("heads").iter().filter_map(account);
        let over = self.of("ended").iter().filter_map(|it| it.fields.get("cost"));
        under_way.chain(over).sum()
    }

    /// The person's opt-out.
    pub fn stop(&self) -> Option<Stop> {
        self.of("stops").first().and_then(|it| it.fields.decode().ok())
    }

    /// How many texts came while the number was blocked.
    pub fn blocked_texts(&self) -> u64 {
        self.of("blocked").iter().filter_map(|it| it.fields.get::<u64>("texts")).sum()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.found.values().all(Vec::is_empty)
    }

    /// The numbers in what was found.
    pub(crate) fn numbers(&self) -> Vec<Number> {
        let named = [
            ("heads", "theirs"),
            ("desk", "theirs"),
            ("ended", "theirs"),
            ("texts", "theirs"),
            ("attempts", "to"),
        ];
        let of = |(collection, field): (&str, &'static str)| {
            self.of(collection)
                .iter()
                .filter_map(move |it| it.fields.get(field))
                .collect::<Vec<_>>()
        };
        named.into_iter().flat_map(of).collect()
    }

    /// Removes all of it. What has the name of the person may be there again, of a text that came
    /// afterwards: that stays.
    pub(crate) fn deletions(&self) -> impl Iterator<Item = Write> {
        let delete = |name: &'static str, it: &Document| {
            let is_named = ["conversations", "desk", "found", "heads"].contains(&name);
            Write::Delete(at(name, &it.id), is_named.then_some(it.version))
        };
        self.found
            .iter()
            .flat_map(move |(name, found)| found.iter().map(move |it| delete(name, it)))
    }
}

/// The content of a document. Its times are milliseconds in the store.
fn readable(document: &Document) -> Map<String, Value> {
    let mut content: Map<String, Value> = document.fields.decode().unwrap_or_default();
    for (name, value) in &mut content {
        let is_time = name == "at" || name.ends_with("_at");
        let time = value.as_i64().filter(|_| is_time).map(Timestamp::from_millisecond);
        if let Some(Ok(time)) = time {
            *value = time.to_string().into();
        }
    }
    content.insert("name".into(), document.id.clone().into());
    content
}
