//! A host's thread for what is done later: it looks after callers that are still in an old version,
//! ends probations, and carries out updates that were asked for. The first task starts it; in a process
//! that was forked from the host's, the first task there.

use std::collections::BTreeMap;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use hotmod::call::Panic;

use crate::sys::process;
use crate::work;

type Task = Box<dyn FnOnce() + Send>;

/// Where tasks are left. Dropping it ends the thread, after the task that is running.
pub(crate) struct Later {
    name: &'static str,
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Queue {
    tasks: Mutex<Tasks>,
}

#[derive(Default)]
struct Tasks {
    /// The tasks, by the time when they are due and the order in which they came.
    due: BTreeMap<(Instant, u64), Task>,
    next: u64,
    /// The thread, and the process that has it: a process that was forked since has none.
    thread: Option<(u32, Thread)>,
    is_over: bool,
}

impl Later {
    /// Starts a thread of this name as soon as there is a task.
    pub(crate) fn new(name: &'static str) -> Self {
        Later {
            name,
            queue: Arc::default(),
        }
    }

    /// Has the thread run a task when the delay has passed. Tasks run one after the other. A task must not
    /// keep the host alive.
    pub(crate) fn after(&self, delay: Duration, task: impl FnOnce() + Send + 'static) {
        // A task that is due after the greatest time that there is never runs.
        let Some(due) = Instant::now().checked_add(delay) else {
            return;
        };
        let mut tasks = self.queue.tasks();
        let due = (due, tasks.next);
        tasks.next += 1;
        tasks.due.insert(due, Box::new(task));
        let is_first = tasks.due.keys().next() == Some(&due);
        // If no thread can be started now, the next task tries again, and that thread runs both.
        let _ = self.start(&mut tasks);
        // Waking the thread takes as long as a small migration, and the thread wakes by itself when the
        // first task is due.
        if is_first {
            tasks.wake();
        }
    }

    /// Goes on with what was left to do in a process that this one was forked from.
    pub(crate) fn go_on(&self) {
        let mut tasks = self.queue.tasks();
        if tasks.thread.is_some() {
            let _ = self.start(&mut tasks);
        }
    }

    /// Starts the thread before there is a task, for what may not be begun unless it can be ended.
    pub(crate) fn start_now(&self) -> io::Result<()> {
        self.start(&mut self.queue.tasks())
    }

    /// Starts the thread, if this process has none.
    fn start(&self, tasks: &mut Tasks) -> io::Result<()> {
        let process = process::id();
        if tasks.thread.as_ref().is_some_and(|(of, _)| *of == process) {
            return Ok(());
        }
        let queue = self.queue.clone();
        let thread = thread::Builder::new().name(self.name.to_owned());
        tasks.thread = None;
        let spawned = thread.spawn(move || queue.work())?;
        tasks.thread = Some((process, spawned.thread().clone()));
        Ok(())
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        let mut tasks = self.queue.tasks();
        tasks.is_over = true;
        // Tasks may own what must not be dropped under the lock.
        let left = std::mem::take(&mut tasks.due);
        tasks.wake();
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
        loop {
            // Whatever this thread locks, it locks at work, and it sleeps without a lock: a fork of the
            // process waits until then.
            let work = work::begin();
            let mut tasks = self.tasks();
            if tasks.is_over {
                return;
            }
            let now = Instant::now();
            let first = tasks.due.first_entry();
            match first {
                Some(first) if first.key().0 <= now => {
                    let task = first.remove();
                    drop(tasks);
                    // A panic is a bug in hotmod, or in a function that a user gave it to call: the
                    // other tasks go on, also if its payload panics when it is dropped.
                    let done = panic::catch_unwind(AssertUnwindSafe(task));
                    drop(done.map_err(Panic::new));
                }
                // What wakes the thread before it sleeps is not lost.
                Some(first) => {
                    let wait = first.key().0 - now;
                    drop(tasks);
                    drop(work);
                    thread::park_timeout(wait);
                }
                None => {
                    drop(tasks);
                    drop(work);
                    thread::park();
                }
            }
        }
    }
}

impl Tasks {
    fn wake(&self) {
        if let Some((_, thread)) = &self.thread {
            thread.unpark();
        }
    }
}

/// How long to wait before the second look; [`LATER`] is the longest wait.
const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(50);

/// How long to wait before each look, longer each time.
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
        struct Again;

        impl Drop for Again {
            fn drop(&mut self) {
                panic::resume_unwind(Box::new(()));
            }
        }

        later.after(Duration::from_millis(5), || {
            // No message: this panic belongs to the test.
            panic::resume_unwind(Box::new(Again));
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
