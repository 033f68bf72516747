//! What one call has made for the function, and gives up again.

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::num::NonZero;

use hotmod::operations::{Operations, purpose};

use crate::image::memory::Memory;
use crate::migrate::at::At;
use crate::migrate::block::{Block, affords};
use crate::migrate::engine::Engine;
use crate::migrate::failure::Failure;
use crate::migrate::merging::Merging;
use crate::migrate::program::Program;

use super::passage::{ArgumentSource, GivenAway, ParamPassage, Passage};

/// The function's arguments, as far as they are made. What of them is not the function's own is given up when
/// this is dropped.
///
/// Most of it is known from the passage alone, so that it takes no memory: of the parameters that are more than
/// copied, the first so many are made, each where the passage says. What has to be remembered of a call stands [`Aside`].
pub(super) struct Prepared<'c> {
    passage: &'c Passage,
    /// Where the caller's arguments are.
    given: At,
    /// Where the call's room is.
    room: At,
    /// How many parameters are made.
    done: usize,
    /// Whether what is passed by value belongs to the function.
    is_committed: bool,
    /// Whether what it might change was merged.
    is_merged: bool,
    /// In the order of the parameters.
    aside: Vec<Aside<'c>>,
}

/// What is made of a parameter, with what has to be remembered of it. Given up when it is dropped.
enum Aside<'c> {
    /// A value among the function's arguments, and the caller's that it was made of: some of it may have several
    /// owners, which the engine knows.
    Value {
        engine: Engine<'c>,
        from: At,
        to: At,
    },
    /// So many values that a reference or a slice leads to.
    Lent {
        engine: Engine<'c>,
        block: Block,
        len: usize,
    },
    /// So many values that the function may change, each made of one of the caller's.
    Changed {
        param: &'c ParamPassage,
        merging: &'c Merging,
        memory: &'static Memory,
        first: At,
        block: Block,
        len: usize,
        is_slice: bool,
    },
    /// Nothing any more.
    Committed,
}

impl<'c> Prepared<'c> {
    /// Of no parameter yet.
    ///
    /// # Safety
    ///
    /// The caller's arguments are at `given`, for which the passage was made, and nothing else uses them. At
    /// `room` is the call's room, as the passage has it. Both stay where they are for as long as this is used.
    pub(super) unsafe fn new(passage: &'c Passage, given: At, room: At) -> Self {
        Prepared {
            passage,
            given,
            room,
            done: 0,
            is_committed: false,
            is_merged: false,
            aside: Vec::new(),
        }
    }

    /// Makes all parameters of the function that are more than copied. If one does not fit, it is said which: the caller's arguments are as
    /// they were.
    pub(super) fn make(&mut self) -> Result<(), (&'c ParamPassage, Failure)> {
        let passage = self.passage;
        for param in &passage.params {
            // SAFETY: by `new`, the caller's arguments and the room are there, and the parameter is made once.
            unsafe { self.make_one(param) }.map_err(|failure| (param, failure))?;
            self.done += 1;
        }
        Ok(())
    }

    /// Gives up the caller's arguments for those that were made of them, which are the function's from then on.
    ///
    /// # Safety
    ///
    /// All parameters were made, and nothing uses the caller's arguments but what they lend.
    pub(super) unsafe fn commit(&mut self) {
        self.is_committed = true;
        for param in &self.passage.params {
            if let ArgumentSource::Value { from, program } = &param.source
                && !program.has_owners
            {
                // SAFETY: the argument there was prepared by such an engine, and is given up.
                unsafe {
                    engine(program, self.passage.memory).commit_state(self.given.part(*from))
                };
            }
        }
        self.aside.iter_mut().for_each(Aside::commit);
        for (from, operations) in &self.passage.dropped {
            // SAFETY: the caller's argument at this place is of these operations' type, goes nowhere else, and
            // is given up.
            unsafe { self.given.part(*from).drop(operations) };
        }
    }

    /// Lets the caller's values have what the function left where it might change them; what does not fit is
    /// added to `unfit`, by its path.
    ///
    /// # Safety
    ///
    /// The function had all that was prepared, and has no more of it.
    pub(super) unsafe fn merge(&mut self, unfit: &mut Vec<(String, String)>) {
        // From here on the values are not abandoned any more.
        self.is_merged = true;
        let mut aside = self.aside.iter_mut();
        for param in &self.passage.params {
            match &param.source {
                ArgumentSource::LentMut {
                    from,
                    merging,
                    at: Some(at),
                } => {
                    // SAFETY: the caller's argument at this place is a reference, by `compile`; what it lends is
                    // the caller's still.
                    let first = unsafe { self.given.part(*from).pointed_to() };
                    let mut failures = Vec::new();
                    // SAFETY: a value was prepared there of the one that is lent, which nothing else has used.
                    // The function has left one of its type, by the caller.
                    unsafe {
                        merging.merge(
                            self.passage.memory,
                            first,
                            self.room.part(*at),
                            &mut failures,
                        );
                    }
                    unfit.extend(failures.into_iter().map(|it| told(param, None, &it)));
                }
                ArgumentSource::LentMut { .. } | ArgumentSource::SliceMut { .. } => {
                    let changed = aside.find(|it| matches!(it, Aside::Changed { .. }));
                    if let Some(changed) = changed {
                        // SAFETY: the caller's.
                        unsafe { changed.merge(unfit) };
                    }
                }
                _ => {}
            }
        }
    }

    /// Makes one parameter of the function; if it fails, what there is of it goes with all that is prepared.
    ///
    /// # Safety
    ///
    /// The parameter is the next that is to be made.
    unsafe fn make_one(&mut self, param: &'c ParamPassage) -> Result<(), Failure> {
        let memory = self.passage.memory;
        let (given, to) = (self.given, self.room.part(param.to));
        match &param.source {
            ArgumentSource::Value { from, program } => {
                let mut engine = engine(program, memory);
                let from = given.part(*from);
                // SAFETY: the program was compiled for the argument that is there and the parameter that
                // there is room for.
                unsafe { engine.prepare_state(from, to) }?;
                if program.has_owners {
                    self.remember(Aside::Value { engine, from, to });
                }
            }
            ArgumentSource::Lent {
                from,
                program,
                at,
                given: is_given,
            } => {
                let first = match is_given {
                    Some(_) => given.part(*from),
                    // SAFETY: the caller's argument at this place is a reference, by `compile`.
                    None => unsafe { given.part(*from).pointed_to() },
                };
                let lent = match at {
                    Some(at) => {
                        let lent = self.room.part(*at);
                        // SAFETY: a value of the type that the program was compiled for is there, and the room is
                        // for one of the other type.
                        unsafe { engine(program, memory).prepare_state(first, lent) }?;
                        lent
                    }
                    // SAFETY: one value of the type that the program was compiled for is there.
                    None => unsafe { self.lend(program, (first, 1, false)) }?,
                };
                // SAFETY: the parameter is a reference, too, to one of the other type.
                unsafe { to.point_to(lent) };
            }
            ArgumentSource::Slice {
                from,
                program,
                given: is_given,
            } => {
                let (first, len) = match is_given {
                    // SAFETY: the caller's argument at this place is a `Vec`, by `compile`.
                    Some(_) => unsafe { given.part(*from).items() },
                    // SAFETY: the caller's argument at this place is a slice, by `compile`.
                    None => unsafe { given.part(*from).slice() },
                };
                // SAFETY: of so many values of the type that the program was compiled for.
                let lent = unsafe { self.lend(program, (first, len, true)) }?;
                // SAFETY: so is the parameter, of as many of the other type.
                unsafe { to.slice_of(lent, len) };
            }
            ArgumentSource::Text { from } => {
                // SAFETY: the caller's argument at this place is a text that is lent, by `compile`.
                let text = unsafe { given.part(*from).text() };
                affords(memory, text.len())?;
                // SAFETY: the parameter is a text, by `compile`.
                unsafe { to.own_text(text) };
            }
            ArgumentSource::TextGiven { from, .. } => {
                // SAFETY: the caller's argument at this place is a text, by `compile`, and stays until the call
                // has ended; the parameter is a reference to one.
                unsafe { to.lend_text(given.part(*from)) };
            }
            ArgumentSource::LentMut { from, merging, at } => {
                // SAFETY: the caller's argument at this place is a reference, by `compile`.
                let first = unsafe { given.part(*from).pointed_to() };
                let lent = match at {
                    Some(at) => {
                        let lent = self.room.part(*at);
                        // SAFETY: it leads to a value of the type that this was compiled for, which the call may
                        // change, and the room is for one of the other type.
                        unsafe { merging.prepare(memory, first, lent) }?;
                        lent
                    }
                    // SAFETY: it leads to one value of the type that this was compiled for, which the call may
                    // change.
                    None => unsafe { self.lend_mut((param, merging), (first, 1, false)) }?,
                };
                // SAFETY: the parameter is a reference, too, to one of the other type.
                unsafe { to.point_to(lent) };
            }
            ArgumentSource::SliceMut { from, merging } => {
                // SAFETY: the caller's argument at this place is a slice, by `compile`.
                let (first, len) = unsafe { given.part(*from).slice_mut() };
                // SAFETY: of so many values of the type that this was compiled for, which the call may change.
                let lent = unsafe { self.lend_mut((param, merging), (first, len, true)) }?;
                // SAFETY: so is the parameter, of as many of the other type.
                unsafe { to.slice_mut_of(lent, len) };
            }
            ArgumentSource::Default {
                maker,
                place,
                operations,
            } => {
                // SAFETY: there is room for the parameter, which the maker of its own table makes.
                let made =
                    unsafe { to.make(*maker, (*place, purpose::DEFAULT), to, operations.size) };
                made.map_err(Failure::new)?;
            }
        }
        Ok(())
    }

    /// Keeps what has to be remembered of a parameter.
    fn remember(&mut self, aside: Aside<'c>) -> Option<&mut Aside<'c>> {
        self.aside.push(aside);
        self.aside.last_mut()
    }

    /// Makes what so many values are for the function, and gives where they are for as long as the call lasts.
    ///
    /// # Safety
    ///
    /// So many values of the type that the program was compiled for are there, and stay.
    unsafe fn lend(
        &mut self,
        program: &'c Program,
        (first, len, is_slice): (At, usize, bool),
    ) -> Result<At, Failure> {
        let memory = self.passage.memory;
        let (old, new) = (program.old, program.new);
        let lent = self.remember(Aside::Lent {
            engine: engine(program, memory),
            block: block(memory, new, len)?,
            len: 0,
        });
        let Some(Aside::Lent {
            engine,
            block,
            len: made,
        }) = lent
        else {
            return Err(Failure::new("bug in hotmod: what was prepared is gone"));
        };
        let room = At::block(block);
        for i in 0..len {
            let (from, to) = (first.part(i * old.size), room.part(i * new.size));
            // SAFETY: so many values are lent, for whose type the program was compiled, and there is room
            // for as many of the other.
            let item = unsafe { engine.prepare_state(from, to) };
            item.map_err(|failure| within(failure, i, is_slice))?;
            *made = i + 1;
        }
        Ok(room)
    }

    /// The same, of values that the function may change.
    ///
    /// # Safety
    ///
    /// So many values of the type that it was compiled for are there, and stay; nothing else uses them.
    unsafe fn lend_mut(
        &mut self,
        (param, merging): (&'c ParamPassage, &'c Merging),
        (first, len, is_slice): (At, usize, bool),
    ) -> Result<At, Failure> {
        let memory = self.passage.memory;
        let (old, new) = (merging.old, merging.new);
        let changed = self.remember(Aside::Changed {
            param,
            merging,
            memory,
            first,
            block: block(memory, new, len)?,
            len: 0,
            is_slice,
        });
        let Some(Aside::Changed {
            block, len: made, ..
        }) = changed
        else {
            return Err(Failure::new("bug in hotmod: what was prepared is gone"));
        };
        let room = At::block(block);
        for i in 0..len {
            let (from, to) = (first.part(i * old.size), room.part(i * new.size));
            // SAFETY: so many values are lent, for whose type this was compiled, and there is room for as many
            // of the other.
            let item = unsafe { merging.prepare(memory, from, to) };
            item.map_err(|failure| within(failure, i, is_slice))?;
            *made = i + 1;
        }
        Ok(room)
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        let Passage { params, memory, .. } = self.passage;
        for param in &params[..self.done] {
            let to = self.room.part(param.to);
            match &param.source {
                ArgumentSource::Value { program, .. }
                    if !self.is_committed && !program.has_owners =>
                {
                    // SAFETY: such an engine prepared it there, and it was not committed.
                    unsafe { engine(program, memory).abandon_state(to) };
                }
                ArgumentSource::Lent {
                    program,
                    at: Some(at),
                    ..
                } => {
                    // SAFETY: such an engine prepared it there, and it belongs to nothing else.
                    unsafe { engine(program, memory).abandon_state(self.room.part(*at)) };
                }
                ArgumentSource::LentMut {
                    merging,
                    at: Some(at),
                    ..
                } if !self.is_merged => {
                    // SAFETY: it was prepared there; the function, which gets it after this is the only thing left
                    // to do (`merge`), has not.
                    unsafe { merging.abandon(memory, self.room.part(*at)) };
                }
                ArgumentSource::Default { operations, .. } if !self.is_committed => {
                    // SAFETY: a value of these operations' type was made there, and nothing else owns it.
                    unsafe { to.drop(operations) };
                }
                ArgumentSource::Text { .. } if !self.is_committed => {
                    // SAFETY: a text was made there, and nothing else owns it.
                    unsafe { to.drop_text() };
                }
                _ => {}
            }
        }
        if !self.is_committed {
            return;
        }
        // What was made of the caller's arguments goes before they do.
        self.aside.clear();
        for (from, GivenAway(operations)) in params.iter().filter_map(|it| it.source.given()) {
            // SAFETY: the caller's argument at this place is of these operations' type, and was given up
            // (`commit`); the function was lent it, and has no more of it.
            unsafe { self.given.part(from).drop(operations) };
        }
    }
}

impl Aside<'_> {
    /// Gives up the caller's argument for the one that was made of it.
    fn commit(&mut self) {
        if !matches!(self, Aside::Value { .. }) {
            return;
        }
        // From here on it belongs to the function.
        let mut this = ManuallyDrop::new(std::mem::replace(self, Aside::Committed));
        if let Aside::Value { engine, from, .. } = &mut *this {
            // SAFETY: the argument at `from` was prepared by this engine, and is the caller's to give up.
            unsafe { engine.commit_state(*from) };
            // SAFETY: `this` is not dropped, so the engine is dropped once.
            unsafe { std::ptr::drop_in_place(engine) };
        }
    }

    /// As [`Prepared::merge`].
    ///
    /// # Safety
    ///
    /// The function had what was prepared, and has no more of it.
    unsafe fn merge(&mut self, unfit: &mut Vec<(String, String)>) {
        let Aside::Changed {
            param,
            merging,
            memory,
            first,
            block,
            len,
            is_slice,
        } = self
        else {
            return;
        };
        // From here on the values are not abandoned any more.
        let len = std::mem::take(len);
        let room = At::block(block);
        let mut failures = Vec::new();
        for i in 0..len {
            let (from, to) = (
                first.part(i * merging.old.size),
                room.part(i * merging.new.size),
            );
            // SAFETY: so many values were prepared there, of as many of the caller's, which are lent for the call
            // and nothing else has used. The function has left values of its type, by the caller.
            unsafe { merging.merge(memory, from, to, &mut failures) };
            let item = is_slice.then_some(i);
            unfit.extend(failures.drain(..).map(|it| told(param, item, &it)));
        }
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        match self {
            Aside::Value { engine, to, .. } => {
                // SAFETY: this engine prepared it there, and it was not committed.
                unsafe { engine.abandon_state(*to) };
            }
            Aside::Lent { engine, block, len } => {
                let (first, size) = (At::block(block), engine.program.new.size);
                for i in 0..*len {
                    // SAFETY: this engine prepared so many there, which belong to nothing else.
                    unsafe { engine.abandon_state(first.part(i * size)) };
                }
            }
            Aside::Changed {
                merging,
                memory,
                block,
                len,
                ..
            } => {
                let (first, size) = (At::block(block), merging.new.size);
                for i in 0..*len {
                    // SAFETY: so many were prepared there; the function, which gets them after this is the only
                    // thing left to do (`merge`), has not.
                    unsafe { merging.abandon(memory, first.part(i * size)) };
                }
            }
            Aside::Committed => {}
        }
    }
}

/// What carries out a program. One that meets nothing with several owners remembers nothing: what one has
/// prepared, another commits or abandons.
#[inline]
pub(super) fn engine<'c>(program: &'c Program, memory: &'static Memory) -> Engine<'c> {
    Engine::new(program, memory, NonZero::<usize>::MIN)
}

/// Room for so many values, if the module may have memory for them.
fn block(memory: &Memory, of: &Operations, len: usize) -> Result<Block, Failure> {
    let layout = of.size.checked_mul(len);
    let layout = layout.and_then(|size| Layout::from_size_align(size, of.align).ok());
    let layout = layout.ok_or_else(|| Failure::new("there is no memory for it"))?;
    affords(memory, layout.size())?;
    Ok(Block::of(layout))
}

fn within(failure: Failure, item: usize, is_slice: bool) -> Failure {
    match is_slice {
        true => failure.within(format!("[{item}]")),
        false => failure,
    }
}

/// What a caller is told of a value that does not fit: its path, and why.
fn told(param: &ParamPassage, item: Option<usize>, failure: &Failure) -> (String, String) {
    let item = item.map_or(String::new(), |item| format!("[{item}]"));
    let path = format!("{}{item}{}", param.name, failure.path());
    (path, failure.reason().to_owned())
}
