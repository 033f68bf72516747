//! Containers, whose items are converted one by one, and arrays.

use hotmod::operations::purpose;

use super::{Engine, Failure, Result};
use crate::migrate::at::At;
use crate::migrate::parts;
use crate::migrate::program::{Array, Items};
use crate::migrate::scratch::Scratch;

impl<'p> Engine<'p> {
    /// # Safety
    ///
    /// `code` fits: a value is at `from`, and room for what it makes at `to`. Only this walk uses them.
    pub(super) unsafe fn prepare_items(&mut self, code: &'p Items, from: At, to: At) -> Result {
        // SAFETY: `code` fits, so its tables are those of both values, and the codes within fit their parts.
        // The rooms are for the parts of an item, and the container is begun and finished once.
        unsafe {
            let len = parts::len(&code.old, from);
            self.affords(len.saturating_mul(item_size(code, OldOrNew::New)))?;
            if !parts::begin(&code.new, to, len) {
                return Err(Failure::new("the container could not be made"));
            }
            if self.is_for_batches(code, len) {
                let added = self.add_in_batches(code, from, to, len);
                parts::finish(&code.new, to);
                if added.is_err() {
                    self.abandon_items(code, to);
                }
                return added;
            }
            let mut rooms: Vec<Scratch> = code.items.iter().map(|i| Scratch::new(i.new)).collect();
            let rooms: Vec<At> = rooms.iter_mut().map(At::scratch).collect();
            let mut failure = None;
            let mut index = 0;
            let all = parts::each(&code.old, from, code.items.len(), |parts| {
                match self.prepare_item(code, parts, &rooms, to) {
                    Ok(()) => index += 1,
                    Err(because) => failure = Some(because.within(format!("[{index}]"))),
                }
                failure.is_none()
            });
            parts::finish(&code.new, to);
            if all {
                return Ok(());
            }
            self.abandon_items(code, to);
            Err(failure.unwrap_or_else(|| Failure::new("the container could not be read")))
        }
    }

    /// # Safety
    ///
    /// `code` fits: the parts are those of one of its old items, the rooms are for those of a new one, and
    /// the new container was begun at `to`.
    pub(super) unsafe fn prepare_item(
        &mut self,
        code: &'p Items,
        parts: &[At],
        rooms: &[At],
        to: At,
    ) -> Result {
        // SAFETY: `code` fits, so the codes of its items fit the parts and rooms.
        unsafe {
            for (done, item) in code.items.iter().enumerate() {
                if let Err(failure) = self.prepare(&item.code, parts[done], rooms[done]) {
                    self.abandon_item(code, rooms, done);
                    return Err(failure);
                }
            }
            parts::add(&code.new, to, rooms, item_size(code, OldOrNew::New)).map_err(|not_added| {
                if !not_added.is_within {
                    self.abandon_item(code, rooms, code.items.len());
                }
                Failure::new(not_added.reason)
            })
        }
    }

    /// # Safety
    ///
    /// `code` fits: what it made is at `to`, and is given up.
    pub(super) unsafe fn abandon_items(&mut self, code: &'p Items, to: At) {
        // SAFETY: `code` fits, so its new tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            let item = (code.items.len(), item_size(code, OldOrNew::New));
            parts::consume(&code.new, to, item, |parts| {
                self.abandon_item(code, parts, code.items.len());
                true
            });
        }
    }

    /// # Safety
    ///
    /// The codes of the items fit: as many parts as are done are given up.
    pub(super) unsafe fn abandon_item(&mut self, code: &'p Items, parts: &[At], done: usize) {
        // SAFETY: the codes fit what the caller passes.
        unsafe {
            for (item, part) in code.items[..done].iter().zip(parts) {
                self.abandon(&item.code, *part);
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: the value at `from`, of which it made a new one, is given up, except for what was copied
    /// out of it.
    pub(super) unsafe fn commit_items(&mut self, code: &'p Items, from: At) {
        // SAFETY: `code` fits, so its old tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            let item = (code.items.len(), item_size(code, OldOrNew::Old));
            parts::consume(&code.old, from, item, |parts| {
                for (item, part) in code.items.iter().zip(parts) {
                    self.commit(&item.code, *part);
                }
                true
            });
        }
    }

    /// # Safety
    ///
    /// `code` fits: a value is at `from`, and room for what it makes at `to`. Only this walk uses them.
    pub(super) unsafe fn prepare_array(&mut self, code: &'p Array, from: At, to: At) -> Result {
        // SAFETY: `code` fits, so its tables are those of both values, and the codes within fit their parts.
        unsafe {
            let carried = code.old_len.min(code.new_len);
            let prepared = self.prepare_run(&code.item, from, to, carried);
            prepared.map_err(|(i, failure)| failure.within(format!("[{i}]")))?;
            for i in carried..code.new_len {
                let room = to.part(i * code.item.new.size);
                let made = match code.fill {
                    Some((maker, place)) => {
                        let size = code.item.new.size;
                        room.make(maker, (place, purpose::FILL), from, size)
                    }
                    None => Err("the array has grown without a value".to_owned()),
                };
                if let Err(reason) = made {
                    self.abandon_elements(code, to, i);
                    return Err(Failure::new(reason).within(format!("[{i}]")));
                }
            }
            Ok(())
        }
    }

    /// # Safety
    ///
    /// `code` fits: as many elements as are done are at `to`, and are given up.
    pub(super) unsafe fn abandon_elements(&mut self, code: &'p Array, to: At, done: usize) {
        // SAFETY: `code` fits, so its new tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            let carried = code.old_len.min(done);
            self.abandon_run(&code.item, to, carried);
            for i in carried..done {
                to.part(i * code.item.new.size).drop(code.item.new);
            }
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum OldOrNew {
    Old,
    New,
}

/// The size of a container's item, with all its parts.
pub(super) fn item_size(code: &Items, which: OldOrNew) -> usize {
    let sizes = code.items.iter().map(|item| match which {
        OldOrNew::Old => item.old.size,
        OldOrNew::New => item.new.size,
    });
    sizes.sum()
}
