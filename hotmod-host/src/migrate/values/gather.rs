//! Setting values aside, and taking along those that are.

use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;

use hotmod::operations::{RawLazy, Stamp};

use super::aside::{self, AsideValue, Room};
use super::follow::Values;
use super::places::Places;
use super::stamps::Note;
use super::walk::{Met, Position, Visit};
use crate::migrate::at::At;

/// How many values are set aside at once, at first and at most.
const FEW: usize = 256;
const MOST: usize = 16_384;

/// How many times as long as it took to find the way a walk goes on where a thread waits. All that use the state wait for
/// the way, too: the fewer walks there are, the fewer calls wait.
const TIMES: u32 = 4;

/// How many `Lazy`s a walk looks at at least, beside those that it only finds its way past.
const LEAST: usize = 16;

/// Values of one state that are set aside, and are still to be taken along; and room for others, made before the state is
/// held.
#[derive(Default)]
pub(crate) struct SetAside {
    values: VecDeque<(Arc<AsideValue<Note>>, &'static Stamp)>,
    rooms: Vec<Room<Note>>,
    /// How much room there should be.
    wanted: usize,
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
    /// Whether it has left one open.
    is_open: bool,
    is_full: bool,
    gathered: Gathered,
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
                        aside::take_back(lazy, |note: &Note| {
                            stays = self.values.was_tried(note, stamp);
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
        if self.values.is_same(at, stamp) {
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

    /// Works some times as long as it took to find the way, so that it comes to the end in few holds, and a little; and
    /// longer while nothing waits.
    fn goes_on(&mut self) -> bool {
        let Some(first) = self.first else { return true };
        if self.is_full {
            return false;
        }
        !self.met.is_multiple_of(LEAST)
            || !(self.is_waited_for)()
            || first.elapsed() < (first - self.start) * TIMES
    }

    fn passed_over(&mut self) {
        self.gathered.locked += 1;
    }
}

impl Values {
    /// Makes room, so that none has to be made while a state is held.
    pub(crate) fn make_room(&self, aside: &mut SetAside) {
        aside.wanted = aside.wanted.max(FEW);
        let missing = aside.wanted.saturating_sub(aside.rooms.len());
        let rooms = (0..missing).map(|_| Room::new(Note::new(self.memory)));
        aside.rooms.extend(rooms);
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
            return None;
        }
        // SAFETY: the value was set aside, so nothing refers to it, and its bytes are nowhere else. What it holds may be
        // used by this thread, since states are `Send`.
        match unsafe { self.follow_alone(&value.lazy, to) } {
            Ok(()) => Some(true),
            Err(stays) => {
                self.remember(&value.note, to, stays);
                Some(false)
            }
        }
    }
}
