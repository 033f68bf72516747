//! The entries of a crowd, in a `Vec`, converted by several threads.

use std::mem::{MaybeUninit, take};
use std::thread;

/// As the crowd has it at first.
pub(crate) struct OldEntry {
    id: u32,
    name: String,
    level: u16,
    parent: Option<u32>,
    events: Vec<u32>,
}

/// As it has it in the end.
#[allow(
    dead_code,
    reason = "nothing reads them, as nothing does while they migrate"
)]
pub(crate) struct Entry {
    id: u64,
    name: String,
    level: u32,
    parent: Option<u64>,
    events: Vec<u64>,
    season: u32,
}

pub(crate) fn entries(count: usize) -> Vec<OldEntry> {
    let entry = |id: usize| OldEntry {
        id: id as u32,
        name: format!("entry number {id}"),
        level: 1,
        parent: Some(id as u32 / 2),
        events: vec![1, 2, 3, 4],
    };
    (0..count).map(entry).collect()
}

/// Converts them: the new ones, and what is left of the old ones. Each thread has one piece of them, the last this one.
pub(crate) fn convert(mut old: Vec<OldEntry>, threads: usize) -> (Vec<Entry>, Vec<OldEntry>) {
    let count = old.len();
    let mut new = Vec::with_capacity(count);
    let size = count.div_ceil(threads);
    thread::scope(|scope| {
        let rooms = new.spare_capacity_mut()[..count].chunks_mut(size);
        let mut pieces = old.chunks_mut(size).zip(rooms);
        let last = pieces.next_back();
        for (old, room) in pieces {
            scope.spawn(|| piece(old, room));
        }
        last.into_iter().for_each(|(old, room)| piece(old, room));
    });
    // SAFETY: each of so many rooms was filled.
    unsafe { new.set_len(count) };
    (new, old)
}

/// Drops what is left of the old ones, on as many threads.
pub(crate) fn drop_left(mut left: Vec<OldEntry>, threads: usize) {
    let size = left.len().div_ceil(threads);
    thread::scope(|scope| {
        let mut pieces = left.chunks_mut(size);
        let last = pieces.next_back();
        for piece in pieces {
            scope.spawn(|| empty(piece));
        }
        last.into_iter().for_each(empty);
    });
}

fn empty(piece: &mut [OldEntry]) {
    for old in piece {
        drop(take(&mut old.events));
    }
}

fn piece(old: &mut [OldEntry], room: &mut [MaybeUninit<Entry>]) {
    for (old, room) in old.iter_mut().zip(room) {
        room.write(Entry {
            id: old.id.into(),
            name: take(&mut old.name),
            level: old.level.into(),
            parent: old.parent.map(u64::from),
            events: old.events.iter().copied().map(u64::from).collect(),
            season: 7,
        });
    }
}
