//! Where sweeps of instances have stopped. It stands beside the instances: code that calls one by shared reference may
//! keep what it has read of it in registers, as long as there is no cell in it.

use std::collections::VecDeque;

use parking_lot::Mutex;

use crate::migrate::Position;

/// Of how many instances it is kept.
const MOST: usize = 64;

/// Where the last sweeps stopped, by the addresses of the states.
///
/// Another state may have come to stand at an address since. A walk over that begins elsewhere then, which a sweep makes up
/// for: it is complete only after a walk from the first value to the last.
#[derive(Default)]
pub(crate) struct SweptTo(Mutex<VecDeque<(usize, Position)>>);

impl SweptTo {
    /// Where to go on. Until it is [`keep`](SweptTo::keep)t again, another sweep of the state begins at the first value.
    pub(crate) fn take(&self, state: usize) -> Position {
        let mut all = self.0.lock();
        let known = all.iter().position(|(known, _)| *known == state);
        let known = known.and_then(|place| all.remove(place));
        known.map(|(_, position)| position).unwrap_or_default()
    }

    /// Keeps where a sweep stopped.
    pub(crate) fn keep(&self, state: usize, position: Position) {
        if position.is_start() {
            return;
        }
        let mut all = self.0.lock();
        all.retain(|(known, _)| *known != state);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back((state, position));
    }
}
