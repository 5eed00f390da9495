//! Judges the routes of a provider together, and reads only the records that have changed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::judge::down_with_account;
use crate::rules::LOOK;
use crate::standing::{account, is_vouched_for};
use crate::{Health, Record, Route, Standing};

impl Health {
    /// Judges these routes again, by their records and the standings of their siblings.
    ///
    /// Returns the siblings that must be judged again as a result: their account is shut or open again,
    /// or their sender is vouched for or no longer. For nearly every text there are none. Otherwise
    /// read their records, and call this once more with all of them.
    pub fn judge(&mut self, records: &[&Record], now: Timestamp) -> Vec<Route> {
        let providers: BTreeSet<_> = records.iter().map(|it| it.route.provider.as_str()).collect();
        let judged = providers.into_iter().flat_map(|provider| {
            let of_provider = records.iter().filter(|record| record.route.provider == provider);
            let of_provider: Vec<_> = of_provider.copied().collect();
            self.judge_provider(provider, &of_provider, now)
        });
        judged.collect()
    }

    /// The routes on which the passing of time may have changed the verdict, though nothing new was
    /// noted.
    pub fn due(&self, now: Timestamp) -> Vec<Route> {
        let due = self.standings.iter().filter(|(_, it)| it.look_at.is_some_and(|at| at <= now));
        due.filter_map(|(id, _)| Route::named(id)).collect()
    }

    fn judge_provider(
        &mut self,
        provider: &str,
        records: &[&Record],
        now: Timestamp,
    ) -> Vec<Route> {
        let before = self.standings_of(provider);
        let known: BTreeSet<_> = records.iter().map(|record| &record.route).collect();
        let siblings: Vec<_> = before.iter().filter(|(it, _)| !known.contains(it)).collect();
        let fresh = records.iter().map(|record| (record.route.clone(), record.standing(now)));
        let fresh: Vec<_> = fresh.collect();
        let after: Vec<_> = siblings.iter().map(|it| (*it).clone()).chain(fresh.clone()).collect();
        for (record, (route, fresh)) in records.iter().zip(fresh) {
            let known = self.standings.get(&route.id());
            let look_at = look(known.and_then(|it| it.look_at), fresh.look_at, now);
            let standing = match known {
                Some(known) => fresh.unless_news(known, &after),
                None => fresh,
            };
            self.standings.insert(route.id(), Standing { look_at, ..standing });
            self.verdicts.insert(route.id(), record.judge(&after, now));
        }
        let [was_shut, is_shut] = [&before, &after].map(|all| account(all.iter().map(|it| &it.1)));
        let mut again = vec![];
        for (route, standing) in siblings {
            match (was_shut, is_shut) {
                // Their verdicts depend on nothing else.
                (Some(was), Some(is)) if was.late == is.late => {
                    self.verdicts.insert(route.id(), down_with_account(is));
                }
                (None, None)
                    if standing.proven
                        || is_vouched_for(route, &before) == is_vouched_for(route, &after) => {}
                _ => again.push(route.clone()),
            }
        }
        again
    }

    fn standings_of(&self, provider: &str) -> Vec<(Route, Standing)> {
        let all = self.standings.iter();
        let named = all.filter_map(|(id, standing)| Some((Route::named(id)?, standing.clone())));
        named.filter(|(route, _)| route.provider == provider).collect()
    }
}

/// When a route is to be judged again, given the time set so far: not before the next sweep, and not
/// postponed by newer notes.
fn look(so_far: Option<Timestamp>, next: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let next = next.map(|next| next.max(now + LOOK));
    match so_far.filter(|so_far| *so_far > now) {
        Some(so_far) => Some(next.map_or(so_far, |next| next.min(so_far))),
        None => next,
    }
}
