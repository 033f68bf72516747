//! Doors that tests open: futures of a host which are ready when a test says so.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// All doors of a host, by name.
#[derive(Clone, Debug, Default)]
pub struct Doors(Arc<Mutex<HashMap<String, Door>>>);

#[derive(Debug, Default)]
struct Door {
    is_open: bool,
    waiting: Vec<Waker>,
}

impl Doors {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Door>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A future that is ready once the door is open.
    #[must_use]
    pub fn through(&self, name: String) -> Through {
        let doors = self.clone();
        Through { doors, name }
    }

    /// Opens a door, for good. Returns how many wakers were left there.
    pub fn open(&self, name: &str) -> usize {
        let mut doors = self.lock();
        let door = doors.entry(name.to_owned()).or_default();
        door.is_open = true;
        let waiting = std::mem::take(&mut door.waiting);
        drop(doors);
        let count = waiting.len();
        waiting.into_iter().for_each(Waker::wake);
        count
    }

    /// Wakes all that wait at a door, which stays shut.
    pub fn knock(&self, name: &str) {
        let waiting = match self.lock().get_mut(name) {
            Some(door) => std::mem::take(&mut door.waiting),
            None => Vec::new(),
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// How many wakers lie at a door.
    #[must_use]
    pub fn waiting(&self, name: &str) -> usize {
        self.lock().get(name).map_or(0, |door| door.waiting.len())
    }
}

/// Waits at a door.
#[derive(Debug)]
pub struct Through {
    doors: Doors,
    name: String,
}

impl Future for Through {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut doors = self.doors.lock();
        let door = doors.entry(self.name.clone()).or_default();
        match door.is_open {
            true => Poll::Ready(()),
            false => {
                door.waiting.push(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
