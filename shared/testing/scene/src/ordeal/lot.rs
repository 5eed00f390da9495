//! The random choices in a run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use fakes::{Company, Report, Reports, Shown};
use fastrand::Rng;
use futures::future::select_all;

use crate::call::Call;
use crate::ordeal::fault::Fault;
use crate::scene::Scene;

/// Longer than a provider's timeout.
const TIMEOUT: Duration = Duration::from_secs(11);

/// The random source, and its choices so far.
pub(crate) struct Lot {
    pub(crate) random: Rng,
    /// Whether everything works from now on.
    pub(crate) calm: bool,
    pub(crate) order: Vec<&'static str>,
    /// The faults of the next requests to each provider.
    pub(crate) plans: BTreeMap<&'static str, Vec<Fault>>,
    pub(crate) shown: Shown,
    pub(crate) messages: BTreeMap<(&'static str, String), Message>,
    pub(crate) met: BTreeSet<(Fault, &'static str)>,
}

/// A message that a provider accepted.
pub(crate) struct Message {
    pub(crate) body: String,
    pub(crate) arrives: bool,
    /// The reports still to come. Reports in one group are made together.
    news: VecDeque<Vec<Report>>,
}

impl Lot {
    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        !self.calm && self.random.usize(..count) == 0
    }

    pub(crate) fn anybody(&mut self) -> &'static str {
        self.order[self.random.usize(..self.order.len())]
    }

    /// Works until nothing more can be done now. Returns whether it died before.
    pub(crate) async fn work_or_die(
        &mut self,
        scene: &Scene,
        doomed: Option<&'static str>,
    ) -> bool {
        let so_far = scene.logged().len();
        let mut steps = if self.one_in(6) { self.random.usize(1..80) } else { usize::MAX };
        let mut work = pin!(scene.work());
        loop {
            let hanging = self.order.iter().map(|provider| {
                let hanging = scene.companies.named(provider).switch().next_hanging();
                Box::pin(async move {
                    hanging.await;
                    *provider
                })
            });
            let hanging = select_all(hanging);
            let provider = tokio::select! {
                biased;
                () = &mut work => return false,
                (provider, ..) = hanging => provider,
                () = so(|| scene.logged()[so_far..].contains("the store did not answer a commit")) => {
                    self.met.extend(doomed.map(|it| (Fault::DeathBeforeRecord, it)));
                    return true;
                }
                () = so(|| { steps -= 1; steps == 0 }) => return true,
            };
            let fault = self.meet(scene, provider);
            if self.one_in(2) {
                self.tell(scene).await;
            }
            if matches!(fault, Some(Fault::Death | Fault::DeathWhenTaken)) {
                return true;
            }
            tokio::time::pause();
            tokio::time::advance(TIMEOUT).await;
            tokio::time::resume();
        }
    }

    /// Records the faults of requests to a provider, and returns the last one.
    pub(crate) fn meet(&mut self, scene: &Scene, provider: &'static str) -> Option<Fault> {
        let plan = &self.plans[provider];
        let met = &plan[..plan.len() - scene.companies.named(provider).switch().left()];
        self.met.extend(met.iter().map(|fault| (*fault, provider)));
        met.last().copied()
    }

    /// Makes some or all of the outstanding reports.
    pub(crate) async fn tell(&mut self, scene: &Scene) {
        self.notice_messages(scene);
        let named: Vec<_> = self.messages.keys().cloned().collect();
        for (provider, id) in named {
            let count = if self.calm { usize::MAX } else { self.random.usize(..3) };
            let news = &mut self.messages.get_mut(&(provider, id.clone())).unwrap().news;
            for _ in 0..count.min(news.len()) {
                for (word, code) in &news[0] {
                    let receipt: Call = scene.receipt_by(provider, &id, word, *code);
                    // Without an acknowledgement its provider repeats it.
                    if scene.try_report(&receipt).await.0 != 200 {
                        return;
                    }
                }
                news.pop_front();
            }
        }
    }

    /// Decides the outcome of newly accepted messages.
    fn notice_messages(&mut self, scene: &Scene) {
        for (provider, id, body) in taken(scene) {
            if !self.messages.contains_key(&(provider, id.clone())) {
                let (arrives, news) = self.fate(scene.companies.named(provider));
                self.messages.insert((provider, id), Message { body, arrives, news });
            }
        }
    }

    fn fate(&mut self, company: &dyn Company) -> (bool, VecDeque<Vec<Report>>) {
        // The answer to a poll was decided when the message was accepted.
        let Some(reports) = company.reports() else {
            return (self.shown != Shown::Undelivered, [].into());
        };
        let Reports { sent, arrived, lost: [failed, failed_again], filtered, unreached } = reports;
        let (arrives, mut news) = match self.random.u8(..11) {
            0 => (true, vec![]),
            1 => (true, vec![vec![sent]]),
            2 | 3 => (true, vec![vec![sent], vec![arrived]]),
            4 => (true, vec![vec![arrived], vec![sent]]),
            // Its carrier contradicts itself, later or in one group.
            5 => (true, vec![vec![arrived], vec![failed]]),
            6 => (true, vec![vec![failed, arrived]]),
            7 => (false, vec![vec![failed], vec![arrived]]),
            8 => (false, vec![vec![sent], vec![failed], vec![failed_again]]),
            9 => (false, vec![vec![filtered]]),
            _ => (false, vec![vec![unreached]]),
        };
        if self.random.bool() {
            news = news.into_iter().flat_map(|news| [news.clone(), news]).collect();
        }
        (arrives, news.into())
    }
}

/// The accepted messages: the provider, the id, and the body.
fn taken(scene: &Scene) -> Vec<(&'static str, String, String)> {
    let of = |company: &dyn Company| {
        let name = company.name();
        company.taken().into_iter().map(move |it| (name, it.id, it.body))
    };
    scene.companies.all().into_iter().flat_map(of).collect()
}

/// Waits until the condition holds, checking whenever something else happens.
async fn so(mut it: impl FnMut() -> bool) {
    poll_fn(|_| if it() { Poll::Ready(()) } else { Poll::Pending }).await;
}
