//! A host's thread for what happens later: looking after callers that are still in an old version,
//! ending a probation, carrying out what was asked for. It is started by the first such task, and in a
//! process that was forked from the host's by the first such task there.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::sys::process;

type Task = Box<dyn FnOnce() + Send>;

/// Where tasks are left. Dropping it ends the thread, after the task that it is at.
pub(crate) struct Later {
    name: &'static str,
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Queue {
    tasks: Mutex<Tasks>,
    changed: Condvar,
}

#[derive(Default)]
struct Tasks {
    /// By when they are due, and the order they came in.
    due: BTreeMap<(Instant, u64), Task>,
    next: u64,
    /// The process that this thread is of: one that was forked since has no such thread.
    thread_of: Option<u32>,
    is_over: bool,
}

impl Later {
    /// A thread of this name, as soon as there is something to do.
    pub(crate) fn new(name: &'static str) -> Self {
        Later {
            name,
            queue: Arc::default(),
        }
    }

    /// Has a task run on this thread when so much time has passed, one after the other. A
    /// task must not keep the host alive.
    pub(crate) fn after(&self, delay: Duration, task: impl FnOnce() + Send + 'static) {
        // What is due after the end of time is never done.
        let Some(due) = Instant::now().checked_add(delay) else {
            return;
        };
        let mut tasks = self.queue.tasks();
        let due = (due, tasks.next);
        tasks.next += 1;
        tasks.due.insert(due, Box::new(task));
        let is_first = tasks.due.keys().next() == Some(&due);
        self.start(&mut tasks);
        drop(tasks);
        // To wake a thread takes as long as a small migration does, and it sleeps until the first task
        // is due in any case.
        if is_first {
            self.queue.changed.notify_one();
        }
    }

    /// Goes on with what was left to do in a process that this one was forked from.
    pub(crate) fn go_on(&self) {
        let mut tasks = self.queue.tasks();
        if tasks.thread_of.is_some() {
            self.start(&mut tasks);
        }
    }

    /// Starts the thread, if this process has none.
    fn start(&self, tasks: &mut Tasks) {
        if tasks.thread_of != Some(process::id()) {
            let queue = self.queue.clone();
            let thread = thread::Builder::new().name(self.name.to_owned());
            // Without a thread now, the next task tries again; it also runs this one.
            let spawned = thread.spawn(move || queue.work());
            tasks.thread_of = spawned.is_ok().then(process::id);
        }
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        let mut tasks = self.queue.tasks();
        tasks.is_over = true;
        // Tasks may own what must not be dropped under the lock.
        let left = std::mem::take(&mut tasks.due);
        self.queue.changed.notify_one();
        drop(tasks);
        drop(left);
    }
}

impl Queue {
    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        // A task is inserted or removed whole, and none runs under the lock.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut tasks = self.tasks();
        while !tasks.is_over {
            let now = Instant::now();
            let first = tasks.due.first_entry();
            tasks = match first {
                Some(first) if first.key().0 <= now => {
                    let task = first.remove();
                    drop(tasks);
                    // A task that panics is a bug in hotmod, or in what a user gave it to tell:
                    // the others go on.
                    let _ = panic::catch_unwind(AssertUnwindSafe(task));
                    self.tasks()
                }
                Some(first) => {
                    let wait = first.key().0 - now;
                    let waited = self.changed.wait_timeout(tasks, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(tasks);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }
}

/// How long to wait before looking again, at first and at most.
const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(50);

/// How long to wait before looking again, longer each time.
pub(crate) struct Pause(Duration);

impl Pause {
    pub(crate) fn new() -> Self {
        Pause(SOON)
    }

    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (2 * pause).min(LATER);
        pause
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn tasks_run_in_the_order_they_are_due_past_one_that_panics() {
        let later = Later::new("tested");
        let (done, order) = mpsc::channel();
        for (name, delay) in [("late", 20), ("soon", 10), ("now", 0)] {
            let done = done.clone();
            let delay = Duration::from_millis(delay);
            later.after(delay, move || done.send(name).expect("the test waits"));
        }
        later.after(Duration::from_millis(5), || {
            // No message: this panic belongs to the test.
            panic::resume_unwind(Box::new(()));
        });
        let order: Vec<&str> = order.iter().take(3).collect();
        assert_eq!(order, ["now", "soon", "late"]);
    }

    #[test]
    fn what_is_left_is_given_up_in_the_end() {
        let later = Later::new("tested");
        let (done, order) = mpsc::channel();
        later.after(Duration::from_secs(3600), move || {
            done.send(()).expect("the test waits");
        });
        drop(later);
        assert!(order.recv().is_err());
    }
}
