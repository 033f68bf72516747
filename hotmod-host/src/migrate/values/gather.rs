//! Setting values aside, and taking along those that are.

use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod::operations::{RawLazy, Stamp};

use super::aside::{self, AsideValue, Room};
use super::follow::{FollowedAlone, Values};
use super::places::Places;
use super::stamps::Note;
use super::walk::{Met, Position, Visit};
use crate::migrate::at::At;

/// How many values are set aside at once, at first and at most. The more there are, the fewer walks it takes; but the room for
/// them is new memory, and where that is got all threads of the process are held up, each time for some microseconds.
const FEW: usize = 256;
const MOST: usize = 8_192;

/// How long a walk goes on where a thread waits, once it has found the way; or for as long as the way took. The fewer walks
/// there are, the fewer calls wait for one.
const HOLD: Duration = Duration::from_millis(1);

/// At how many `Lazy`s it looks before it looks at the clock.
const AT_ONCE: usize = 16;

/// Values of one state that are set aside, and are still to be taken along; and room for others, made before the state is
/// held.
#[derive(Default)]
pub(crate) struct SetAside {
    values: VecDeque<(Arc<AsideValue<Note>>, &'static Stamp)>,
    rooms: Vec<Room<Note>>,
    /// How much room there should be.
    wanted: usize,
    /// What those are in that were taken along since the last walk, and those before it: the next walk, and the last one,
    /// have them take their places again.
    taken: Vec<Arc<AsideValue<Note>>>,
    taken_before: Vec<Arc<AsideValue<Note>>>,
}

impl SetAside {
    /// Whether there is none left.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// What came of a walk that sets values aside.
#[derive(Default)]
pub(crate) struct Gathered {
    /// How many values were not where they are to go, and are not known not to fit.
    pub(crate) found: usize,
    /// How many are known not to fit.
    pub(crate) stuck: usize,
    /// How many parts could not be looked into, because a thread has them locked.
    pub(crate) locked: usize,
    /// Whether it came to the end, and left nothing to be looked at again.
    pub(crate) is_over: bool,
}

impl Gathered {
    /// There was nothing to look at.
    pub(crate) fn nothing() -> Self {
        Gathered {
            is_over: true,
            ..Gathered::default()
        }
    }
}

/// A walk that sets values aside, and has those that were taken along stand where they stood.
struct Gather<'g> {
    values: &'g Values,
    aside: &'g mut SetAside,
    /// Whether a thread waits for the state.
    is_waited_for: &'g dyn Fn() -> bool,
    start: Instant,
    /// When it came to the first `Lazy`.
    first: Option<Instant>,
    met: usize,
    /// A stamp of a value that was not where it is to go, and of where that is.
    elsewhere: Option<(&'static Stamp, &'static Stamp)>,
    /// Whether it has left one open.
    is_open: bool,
    is_full: bool,
    gathered: Gathered,
}

impl Gather<'_> {
    /// Whether a value at a stamp is not where it is to go.
    fn is_elsewhere(&mut self, at: &'static Stamp, to: &'static Stamp) -> bool {
        let is_known = self
            .elsewhere
            .is_some_and(|(known, known_to)| std::ptr::eq(known, at) && std::ptr::eq(known_to, to));
        if is_known {
            return true;
        }
        let is_elsewhere = !self.values.is_same(at, to);
        if is_elsewhere {
            self.elsewhere = Some((at, to));
        }
        is_elsewhere
    }
}

impl Visit for Gather<'_> {
    fn lazy(&mut self, lazy: &RawLazy, stamp: &'static Stamp) -> Met {
        self.first.get_or_insert_with(Instant::now);
        self.met += 1;
        let mut stays = false;
        let at = loop {
            match lazy.settled() {
                Some(at) if std::ptr::eq(at, stamp) => return Met::There,
                Some(at) if aside::is_aside::<Note>(at) => {
                    // SAFETY: `Note` is what values are set aside with here.
                    unsafe {
                        aside::take_back(lazy, |aside: &AsideValue<Note>| {
                            let is_there = std::ptr::eq(aside.lazy.stamp(), stamp);
                            stays = !is_there && self.values.was_tried(&aside.note, stamp);
                            stays
                        });
                    }
                    if stays {
                        // Behind one that is left open, all are met again.
                        self.gathered.stuck += usize::from(!self.is_open);
                        return Met::Elsewhere;
                    }
                }
                Some(at) => break at,
                None => {
                    // Another thread is at it, by itself.
                    self.gathered.found += 1;
                    return Met::Elsewhere;
                }
            }
        };
        if !self.is_elsewhere(at, stamp) {
            return Met::There;
        }
        let Some(room) = self.aside.rooms.pop() else {
            (self.is_open, self.is_full) = (true, true);
            self.aside.wanted = (2 * self.aside.wanted).min(MOST);
            return Met::Open;
        };
        self.gathered.found += 1;
        // SAFETY: the state is at the version of the stamp, and the value at another, so no code that uses the state
        // refers to it. All that use a `Lazy` whose stamp is not their own ask the host, which knows of `Note`.
        match unsafe { room.fill(lazy, at) } {
            Ok(aside) => {
                self.aside.values.push_back((aside, stamp));
                self.is_open = true;
                Met::Open
            }
            Err(room) => {
                self.aside.rooms.push(room);
                Met::Elsewhere
            }
        }
    }

    /// Works for a while, and as long as it took to find the way, so that it comes to the end in few holds; and until there
    /// is no room left while nothing waits.
    fn goes_on(&mut self) -> bool {
        let Some(first) = self.first else { return true };
        if self.is_full {
            return false;
        }
        if !self.met.is_multiple_of(AT_ONCE) || !(self.is_waited_for)() {
            return true;
        }
        let way = first - self.start;
        first.elapsed() < HOLD.max(way)
    }

    fn passed_over(&mut self) {
        self.gathered.locked += 1;
    }
}

impl Values {
    /// Makes room, so that none has to be made while a state is held.
    pub(crate) fn make_room(&self, aside: &mut SetAside) {
        let SetAside {
            values,
            rooms,
            wanted,
            taken,
            taken_before,
        } = aside;
        *wanted = (*wanted).max(FEW);
        // What was in use until now is made use of again, in the order in which it lies in memory.
        rooms.extend(taken_before.drain(..).rev().filter_map(Room::again));
        std::mem::swap(taken, taken_before);
        let missing = wanted.saturating_sub(rooms.len());
        rooms.extend((0..missing).map(|_| Room::new(Note::new(self.memory))));
        values.reserve(rooms.len());
    }

    /// Sets values of a state aside that are not at its version, and has those that were taken along take their places
    /// again, from this position on. The position is moved to where the next such walk has to begin.
    ///
    /// # Safety
    ///
    /// As [`Places::walk`]. The state may be used by threads other than this one: the type of its values is `Send`.
    pub(crate) unsafe fn set_aside(
        &self,
        places: &Places,
        (state, shared): (NonNull<u8>, bool),
        position: &mut Position,
        aside: &mut SetAside,
        is_waited_for: &dyn Fn() -> bool,
    ) -> Gathered {
        let mut gather = Gather {
            values: self,
            aside,
            is_waited_for,
            start: Instant::now(),
            first: None,
            met: 0,
            elsewhere: None,
            is_open: false,
            is_full: false,
            gathered: Gathered::default(),
        };
        // SAFETY: the caller's.
        let walked = unsafe { places.walk((At::state(state), shared), position, &mut gather) };
        let mut gathered = gather.gathered;
        gathered.is_over = walked.to_end && walked.next.is_none();
        *position = walked.next.unwrap_or_default();
        gathered
    }

    /// Takes the next value along that is set aside, and says whether it fits; `None` if there is none left, or it was
    /// used meanwhile.
    pub(crate) fn take_along(&self, aside: &mut SetAside) -> Option<bool> {
        let (value, to) = aside.values.pop_front()?;
        if value.is_gone() {
            aside.taken.push(value);
            return None;
        }
        // SAFETY: the value was set aside, so nothing refers to it, and its bytes are nowhere else. What it holds may be
        // used by this thread, since states are `Send`.
        let fits = match unsafe { self.follow_alone(&value.lazy, to) } {
            // What is set aside is in no `Lazy`, so it is never set aside itself.
            Ok(FollowedAlone::Done | FollowedAlone::IsAside) => true,
            Err(stays) => {
                self.remember(&value.note, to, stays);
                false
            }
        };
        aside.taken.push(value);
        Some(fits)
    }
}
