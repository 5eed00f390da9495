//! The store's own threads, so that nothing else waits for the disk.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, yield_now};
use std::time::{Duration, Instant};

use tracing::dispatcher;

use super::connection;

/// If a job comes this soon after the last one, more are about to follow. Otherwise a job does not wait
/// for the machine's other work.
const BUSY: Duration = Duration::from_millis(1);

/// Jobs that wait for a thread, taken by whichever is free.
pub(super) struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    comes: Condvar,
}

struct Waiting<J> {
    jobs: VecDeque<J>,
    /// Whether no more will come.
    is_over: bool,
}

impl<J> Queue<J> {
    /// Adds a job.
    pub(super) fn hand(&self, job: J) {
        self.lock().jobs.push_back(job);
        self.comes.notify_one();
    }

    /// The next job, if one is waiting.
    pub(super) fn next(&self) -> Option<J> {
        self.lock().jobs.pop_front()
    }

    /// Waits for the next job. `None`: no more will come.
    fn wait(&self) -> Option<J> {
        let nothing = |waiting: &mut Waiting<J>| waiting.jobs.is_empty() && !waiting.is_over;
        let waiting = self.comes.wait_while(self.lock(), nothing);
        waiting.unwrap_or_else(PoisonError::into_inner).jobs.pop_front()
    }

    fn end(&self) {
        self.lock().is_over = true;
        self.comes.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Threads that end with their owner, once they have finished their jobs.
pub(super) struct Threads<J> {
    queue: Arc<Queue<J>>,
    threads: Vec<JoinHandle<()>>,
}

impl<J: Send + 'static> Threads<J> {
    /// Starts one for each worker. A job that panics is lost, and the worker continues.
    pub(super) fn start<W: FnMut(J, &Queue<J>) + Send + 'static>(
        name: &str,
        workers: impl IntoIterator<Item = W>,
    ) -> io::Result<Self> {
        let waiting = Mutex::new(Waiting { jobs: VecDeque::new(), is_over: false });
        let queue = Arc::new(Queue { waiting, comes: Condvar::new() });
        let mut all = Self { queue, threads: Vec::new() };
        // If this thread counts statements, the new ones do too. Otherwise none gets its own
        // subscriber, which would make every line and span slower on all threads.
        let listens = connection::is_counted().then(|| dispatcher::get_default(Clone::clone));
        for mut work in workers {
            let (queue, listens) = (Arc::clone(&all.queue), listens.clone());
            let works = move || {
                let _listening = listens.as_ref().map(dispatcher::set_default);
                let mut ended = None::<Instant>;
                while let Some(job) = queue.wait() {
                    // The sender may be about to add more, given this core: doing them together costs
                    // less.
                    if ended.is_some_and(|ended| ended.elapsed() < BUSY) {
                        yield_now();
                    }
                    if catch_unwind(AssertUnwindSafe(|| work(job, &queue))).is_err() {
                        tracing::error!("a thread of the store panicked");
                    }
                    ended = Some(Instant::now());
                }
            };
            all.threads.push(Builder::new().name(name.to_owned()).spawn(works)?);
        }
        Ok(all)
    }

    /// The queue that takes jobs.
    pub(super) fn queue(&self) -> &Arc<Queue<J>> {
        &self.queue
    }
}

impl<J> Drop for Threads<J> {
    fn drop(&mut self) {
        self.queue.end();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
