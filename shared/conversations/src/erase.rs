//! Erasing a person.
//!
//! The head of their conversation goes first, on condition that it is the one that was read: a turn
//! that is under way then has nothing to commit to, and a text that comes afterwards begins anew.
//! Everything else was found before that, or is older.

use std::collections::BTreeMap;

use documents::{Document, Fields, Left, Query, Unavailable, Write, at};
use jiff::Timestamp;
use sms::Number;

use crate::person::{Person, Reach, Search};
use crate::store::Store;

/// How many texts are deleted together with the head. Firestore takes 500 writes in a commit.
const TEXTS: usize = 400;

/// How many documents are read at a time.
const PAGE: u32 = 200;

/// How often an erasure begins again because the person texts or is answered meanwhile.
const ATTEMPTS: usize = 20;

/// What an erasure removed.
pub struct Erased {
    /// How many documents, by collection.
    pub removed: BTreeMap<&'static str, usize>,
    /// Why something of it may still be readable in the files of the store.
    pub left: Option<Left>,
}

impl Erased {
    fn add(&mut self, held: &Person) {
        for (collection, found) in held.found.iter().filter(|(_, found)| !found.is_empty()) {
            *self.removed.entry(collection).or_default() += found.len();
        }
    }
}

impl Store {
    /// Removes everything that is held about the person with this number, and records that. What stays
    /// is under their keyed name: that they have stopped or are blocked, and when they were erased.
    pub async fn erase(&self, theirs: &Number, now: Timestamp) -> Result<Erased, Unavailable> {
        let all = Search::of(&self.names, theirs, Timestamp::MAX);
        let mut erased = Erased { removed: BTreeMap::new(), left: None };
        let (mut until, mut tries) = (now, 0);
        loop {
            let near = self.look(&all, Reach::Near).await?;
            // By a clock that is ahead.
            until = near.latest("heads").into_iter().fold(until, Timestamp::max);
            if self.cut_off(&all, &near, until).await? {
                self.remove(&near, &mut erased).await?;
                break;
            }
            tries += 1;
            if tries >= ATTEMPTS {
                return Err(Unavailable::new("the person texts or is answered all the time"));
            }
        }
        let older = Search::of(&self.names, theirs, until);
        self.remove_all(&older, &mut erased).await?;
        let far = self.look(&older, Reach::Far).await?;
        self.remove(&far, &mut erased).await?;
        erased.left = self.documents.purge().await?;
        Ok(erased)
    }

    /// Records the erasure and deletes the heads, with the texts that wait. False if somebody has
    /// written to one since it was read.
    async fn cut_off(
        &self,
        search: &Search<'_>,
        near: &Person,
        until: Timestamp,
    ) -> Result<bool, Unavailable> {
        let texts = near.of("texts");
        let (first, rest) = texts.split_at(texts.len().min(TEXTS));
        let gone = |it: &Document| Write::Delete(at("texts", &it.id), None);
        self.documents.each(rest.iter().map(gone).collect()).await?;
        let mut writes: Vec<_> = first.iter().map(gone).collect();
        for person in search.people() {
            let record = Fields::none().with("at", until.as_millisecond());
            writes.push(Write::keep(at("erasures", person), record));
            let head = at("heads", self.names.conversation_of(person).as_str());
            let known = near.of("heads").iter().find(|known| known.id == head.id);
            writes.push(match known {
                Some(known) => Write::Delete(head, Some(known.version)),
                None => Write::Absent(head),
            });
        }
        self.documents.if_unchanged(writes).await
    }

    /// Removes what has an index by person, of whom there may be more than is read at once. Returns the
    /// numbers in it.
    async fn remove_all(
        &self,
        search: &Search<'_>,
        erased: &mut Erased,
    ) -> Result<Vec<Number>, Unavailable> {
        let mut numbers = Vec::new();
        loop {
            let near = self.look(search, Reach::Near).await?;
            if near.is_empty() {
                return Ok(numbers);
            }
            numbers.extend(near.numbers());
            self.remove(&near, erased).await?;
        }
    }

    async fn remove(&self, held: &Person, erased: &mut Erased) -> Result<(), Unavailable> {
        self.documents.each(held.paths().map(|path| Write::Delete(path, None)).collect()).await?;
        erased.add(held);
        Ok(())
    }

    /// Erases again whoever was erased after a backup was made, as far as it holds anything older than
    /// that. Nobody else may use the store. Returns how many documents were removed.
    pub async fn erase_again(&self) -> Result<usize, Unavailable> {
        let people = self.erasures().await?;
        if people.is_empty() {
            return Ok(0);
        }
        let mut search = Search::named(&self.names, people);
        let mut erased = Erased { removed: BTreeMap::new(), left: None };
        let numbers = self.remove_all(&search, &mut erased).await?;
        search.numbers.extend(numbers);
        let far = self.look(&search, Reach::Far).await?;
        self.remove(&far, &mut erased).await?;
        self.documents.purge().await?;
        Ok(erased.removed.values().sum())
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
