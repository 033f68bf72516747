//! What is to run of the functions marked `#[hotmod::task]`: told by publications, and looked at by what runs them.
//!
//! This file runs nothing; [`task_round`](super::task_round) does.

use std::collections::BTreeMap;
use std::ptr;
#[cfg(feature = "signals")]
use std::sync::Condvar;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
#[cfg(feature = "signals")]
use std::time::Instant;

use crate::image::image::Image;

/// The tasks of a module. When this is dropped, they are told to stop.
#[derive(Default)]
pub(crate) struct ModuleTasks(pub(super) Arc<TaskBoard>);

/// What the futures of a module's tasks look at.
#[derive(Default)]
pub(super) struct TaskBoard {
    state: Mutex<TaskBoardState>,
    /// Notified when a task is not run any more.
    #[cfg(feature = "signals")]
    ended: Condvar,
}

#[derive(Default)]
pub(super) struct TaskBoardState {
    /// The version whose tasks are to run.
    pub(super) published: Option<&'static Image>,
    /// Whether none is to run any more.
    pub(super) is_over: bool,
    /// The tasks for which there is a future, each with what wakes it when one of the above changes.
    pub(super) tasks: BTreeMap<&'static str, Option<Waker>>,
}

impl TaskBoard {
    pub(super) fn state(&self) -> MutexGuard<'_, TaskBoardState> {
        // Nothing of a user's runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells that a task is not run any more.
    pub(super) fn tell_end(&self) {
        #[cfg(feature = "signals")]
        self.ended.notify_all();
    }

    /// Changes what is to run, and wakes all.
    pub(super) fn change(&self, change: impl FnOnce(&mut TaskBoardState)) {
        let mut state = self.state();
        change(&mut state);
        let wakers: Vec<Waker> = state.tasks.values_mut().filter_map(Option::take).collect();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether a task of this version is to stop. If it is not, the caller is woken when that changes.
    pub(super) fn is_left(&self, name: &'static str, image: &Image, context: &Context<'_>) -> bool {
        let mut state = self.state();
        let is_published = state.published.is_some_and(|it| ptr::eq(it, image));
        if state.is_over || !is_published {
            return true;
        }
        let waker = Some(context.waker().clone());
        let before = state.tasks.insert(name, waker);
        drop(state);
        drop(before);
        false
    }
}

impl ModuleTasks {
    /// Has none of them run any more. Returns the names of those that run still at the deadline.
    #[cfg(feature = "signals")]
    pub(crate) fn stop(&self, deadline: Instant) -> Vec<&'static str> {
        self.0.change(|state| state.is_over = true);
        let left = deadline.saturating_duration_since(Instant::now());
        let run = |state: &mut TaskBoardState| !state.tasks.is_empty();
        let waited = self.0.ended.wait_timeout_while(self.0.state(), left, run);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.tasks.keys().copied().collect()
    }
}

impl Drop for ModuleTasks {
    fn drop(&mut self) {
        self.0.change(|state| state.is_over = true);
    }
}
