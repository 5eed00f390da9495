//! Erasing a person.
//!
//! The head of their conversation goes first, on condition that it is the one that was read: a turn
//! that is under way then has nothing to commit to, and a text that comes afterwards begins anew.
//! Everything else was found before that, or is older.

use std::collections::BTreeMap;

use documents::{Document, Fields, Left, Path, Query, Unavailable, Version, Write, at};
use jiff::Timestamp;
use sms::Number;

use crate::person::{Person, Reach, Search};
use crate::store::Store;

/// How many texts are deleted together with the head, in one commit.
const TEXTS: usize = 400;

/// How many documents are read at a time.
const PAGE: u32 = 200;

/// How often an erasure begins again because the person texts or is answered meanwhile.
const ATTEMPTS: usize = 20;

/// How often what is left is looked for and removed: usually twice, and more often where there is more
/// than is read at once, or somebody else writes to it at the same moment.
const ROUNDS: usize = 50;

/// What an erasure removed.
#[derive(Default)]
pub struct Erased {
    /// How many documents, by collection.
    pub removed: BTreeMap<&'static str, usize>,
    /// Why something of it may still be readable in the files of the store.
    pub left: Option<Left>,
}

impl Erased {
    /// How many documents in all.
    pub fn total(&self) -> usize {
        self.removed.values().sum()
    }

    fn add(&mut self, held: &Person) {
        for (collection, found) in held.found.iter().filter(|(_, found)| !found.is_empty()) {
            *self.removed.entry(collection).or_default() += found.len();
        }
    }
}

impl Store {
    /// Removes everything that is held about the person with this number, and records that. What stays
    /// is under their keyed name: that they have stopped or are blocked, and when they were erased.
    pub async fn erase(
        &self,
        theirs: &Number,
        now: impl Fn() -> Timestamp,
    ) -> Result<Erased, Unavailable> {
        let all = Search::of(&self.names, theirs, Timestamp::MAX);
        let mut erased = Erased::default();
        let (mut until, mut tries) = (now(), 0);
        loop {
            // Before the rest: whoever adds to that meanwhile writes to one of them.
            let heads = self.heads(&all).await?;
            let near = self.look(&all, Reach::Near).await?;
            // A text may be by a clock that is ahead.
            until = near.latest("heads").into_iter().fold(until.max(now()), Timestamp::max);
            if self.cut_off(&all, heads, near.of("texts"), until).await? {
                self.remove(&near, &mut erased).await?;
                break;
            }
            tries += 1;
            if tries >= ATTEMPTS {
                return Err(Unavailable::new("the person texts or is answered all the time"));
            }
        }
        let older = Search::of(&self.names, theirs, until);
        self.remove_all(&older, Reach::Near, &mut erased).await?;
        self.remove_all(&older, Reach::Far, &mut erased).await?;
        erased.left = self.documents.purge().await?;
        Ok(erased)
    }

    /// The heads of the conversations, each with its version if there is one.
    async fn heads(
        &self,
        search: &Search<'_>,
    ) -> Result<Vec<(Path, Option<Version>)>, Unavailable> {
        let head = |person| at("heads", self.names.conversation_of(person).as_str());
        let paths: Vec<_> = search.people().map(|person| head(person)).collect();
        let found = self.documents.get(&paths).await?.into_iter();
        Ok(paths.into_iter().zip(found.map(|it| it.map(|it| it.version))).collect())
    }

    /// Records the erasure and deletes the heads, with the texts that wait. False if somebody has
    /// written to one since it was read.
    async fn cut_off(
        &self,
        search: &Search<'_>,
        heads: Vec<(Path, Option<Version>)>,
        texts: &[Document],
        until: Timestamp,
    ) -> Result<bool, Unavailable> {
        let (first, rest) = texts.split_at(texts.len().min(TEXTS));
        let gone = |it: &Document| Write::Delete(at("texts", &it.id), None);
        self.documents.each(rest.iter().map(gone).collect()).await?;
        let mut writes: Vec<_> = first.iter().map(gone).collect();
        for person in search.people() {
            let record = Fields::none().with("at", until.as_millisecond());
            writes.push(Write::keep(at("erasures", person), record));
        }
        // A turn writes them in the commit of the head: there are none without it.
        for person in search.people() {
            let id = self.names.conversation_of(person);
            let beside =
                ["desk", "found"].map(|beside| Write::Delete(at(beside, id.as_str()), None));
            writes.extend(beside);
        }
        writes.extend(heads.into_iter().map(|(head, version)| match version {
            Some(_) => Write::Delete(head, version),
            None => Write::Absent(head),
        }));
        self.documents.if_unchanged(writes).await
    }

    /// Removes whatever a search finds as far as it reaches, until it finds nothing: there may be more
    /// than is read at once, and a write that meets another one changes nothing. Returns the numbers in
    /// it.
    async fn remove_all(
        &self,
        search: &Search<'_>,
        reach: Reach,
        erased: &mut Erased,
    ) -> Result<Vec<Number>, Unavailable> {
        let mut numbers = Vec::new();
        for _ in 0..ROUNDS {
            let found = self.look(search, reach).await?;
            if found.is_empty() {
                return Ok(numbers);
            }
            numbers.extend(found.numbers());
            self.remove(&found, erased).await?;
        }
        Err(Unavailable::new("others write all the time to what is held about the person"))
    }

    async fn remove(&self, held: &Person, erased: &mut Erased) -> Result<(), Unavailable> {
        self.documents.each(held.deletions().collect()).await?;
        erased.add(held);
        Ok(())
    }

    /// Erases again whoever was erased after a backup was made, as far as it holds anything older than
    /// that. Nobody else may use the store.
    pub async fn erase_again(&self) -> Result<Erased, Unavailable> {
        let people = self.erasures().await?;
        let mut erased = Erased::default();
        if people.is_empty() {
            return Ok(erased);
        }
        let mut search = Search::named(&self.names, people);
        let numbers = self.remove_all(&search, Reach::Near, &mut erased).await?;
        search.numbers.extend(numbers);
        self.remove_all(&search, Reach::Far, &mut erased).await?;
        erased.left = self.documents.purge().await?;
        Ok(erased)
    }

    /// Who was erased, by their keyed names, and when.
    async fn erasures(&self) -> Result<BTreeMap<String, Timestamp>, Unavailable> {
        let (mut people, mut after) = (BTreeMap::new(), String::new());
        loop {
            let page = self.documents.find(Query::behind_name("erasures", after, PAGE)).await?;
            let Some(last) = page.last() else { return Ok(people) };
            after = last.id.clone();
            people.extend(page.iter().filter_map(|it| {
                Some((it.id.clone(), Timestamp::from_millisecond(it.fields.get("at")?).ok()?))
            }));
        }
    }
}
