//! Walks a program over a live value.
//!
//! Three walks, one for each step of the transaction:
//!
//! - `prepare` makes a new value at `to` from the old one at `from`, which stays unchanged and keeps
//!   owning all it owns. On `Err`, it has given up everything that it created.
//! - `abandon` gives up a prepared value at `to`, except for the parts that were copied into it.
//! - `commit` gives up the old value at `from`, except for the parts that were copied out of it.
//!
//! **What the walks rely on.** A code *fits* a value where [`compile`](super::program) made it for the
//! value's type: its old tables, offsets and sizes are those of the old value's type, its new ones those
//! of the type that there is room for. If a code fits, the way it was compiled makes the codes within fit
//! the parts and items to which its tables and offsets lead. So every step of a walk is safe for the same
//! reason, and one `unsafe` block holds a whole walk; comments beside single steps say what else they need.
#![expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one proof holds for all steps of a walk"
)]

mod batches;
mod items;
mod owned;
mod owners;
mod proof;
mod sample;
mod samples;
mod slices;
mod threads;

use std::num::NonZero;

use hotmod::operations::purpose;

use crate::image::memory::Memory;

use super::at::{self, At};
use super::column::Strides;
use super::deep::{deeper_carried, on_deep_stack, with_deep_stack};
use super::failure::Failure;
use super::old_form::ReadForm;
use super::parts::{self, SOME};
use super::pointers;
use super::program::{
    AsField, Code, ConversionAt, Disclose, Enum, Item, Make, Program, Struct, VariantFieldStep,
    VariantSteps,
};
use super::scratch::Scratch;
use owned::Owners;
use samples::Samples;
pub(super) use samples::{Sampled, SampledItems, address};

/// How much stack must be left for a step into another described type. Where less is left, the step gets
/// [`STACK`] more: deep data must not overflow the stack.
const RED_ZONE: usize = 128 << 10;
const STACK: usize = 2 << 20;

/// How many fields a variant may have for its rooms to need no list in memory of its own.
const FEW: usize = 4;

/// How much stack must be left for a walk over a whole state, whichever thread it is on. Where less is left,
/// the walk gets [`STACK`] more.
const FOR_STATE: usize = 256 << 10;

pub(super) struct Engine<'p> {
    pub(super) program: &'p Program,
    /// The programs of what other types carry over.
    carried: &'p [Program],
    memory: &'static Memory,
    /// Whether it stops where the module would hold more than it may.
    bounded: bool,
    /// How many threads may work on a run.
    threads: NonZero<usize>,
    /// The items with several owners, by their old address. `None` where the program meets none: most
    /// states hold no `Arc`, and so need no such table.
    owners: Option<Box<Owners<'p>>>,
    /// Where this is to find out what a migration would take.
    sampler: Option<Box<Samples>>,
    /// How many values that are carried over this one stands in.
    carried_in: usize,
    /// Whether it converts a form, beside the value that the form was made of.
    is_of_form: bool,
}

type Result = std::result::Result<(), Failure>;

/// Why no value that is carried over is made of a form with owners of items that were converted for it.
const CONVERTED_OWNER: &str = "an `Arc` or `Rc` leads to what has to be converted, and would be owned by a value that is carried over: \
     let what it leads to change by one update, in a map or `Vec` of the standard library, and the container by the next";

impl Program {
    /// Walks over a whole state, with as much stack as that takes.
    fn on_stack<T>(&self, walk: impl FnOnce() -> T) -> T {
        match self.carries_deep {
            true => with_deep_stack(walk),
            false => stacker::maybe_grow(FOR_STATE, STACK, walk),
        }
    }
}

impl<'p> Engine<'p> {
    #[inline]
    pub(super) fn new(
        program: &'p Program,
        memory: &'static Memory,
        threads: NonZero<usize>,
    ) -> Self {
        Self::within((program, &program.carried), memory, threads)
    }

    /// One for a program that leads to these ones of what is carried over.
    #[inline]
    fn within(
        (program, carried): (&'p Program, &'p [Program]),
        memory: &'static Memory,
        threads: NonZero<usize>,
    ) -> Self {
        Engine {
            program,
            carried,
            memory,
            bounded: true,
            threads,
            owners: program.has_owners.then(Box::default),
            sampler: None,
            carried_in: 0,
            is_of_form: false,
        }
    }

    /// One for what another type carries over.
    fn for_carried(&self, code: &AsField) -> std::result::Result<Self, Failure> {
        let program = &self.carried[code.program];
        let carried_in = deeper_carried(self.carried_in).map_err(Failure::new)?;
        Ok(Engine {
            carried_in,
            is_of_form: self.is_of_form || code.into.is_some(),
            ..Self::within((program, self.carried), self.memory, self.threads)
        })
    }

    /// One that takes whatever memory it needs, however much the module may hold.
    pub(super) fn unbounded(self) -> Self {
        Engine {
            bounded: false,
            ..self
        }
    }

    /// Prepares a whole state.
    ///
    /// # Safety
    ///
    /// A value of the program's old type is at `from`, and room for one of its new type at `to`.
    /// Only this engine uses them until the state is committed or abandoned, which happens once.
    pub(super) unsafe fn prepare_state(&mut self, from: At, to: At) -> Result {
        // SAFETY: the root fits what the caller passes.
        unsafe {
            let root = &self.program.root;
            if let Some(flat) = self.program.flat() {
                flat.apply_once(from, to);
                return Ok(());
            }
            let program = self.program;
            program.on_stack(|| {
                if self.owners.is_none() {
                    return self.prepare(root, from, to);
                }
                self.prove_owners(from)?;
                let prepared = self.prepare(root, from, to);
                match &prepared {
                    Ok(()) => self.let_go_of_new_items(),
                    Err(_) => self.abandon_new_items(),
                }
                prepared
            })
        }
    }

    /// Abandons a whole state.
    ///
    /// # Safety
    ///
    /// This engine prepared the state at `to`, which is given up.
    pub(super) unsafe fn abandon_state(&mut self, to: At) {
        // SAFETY: the root fits what the caller passes.
        unsafe {
            let root = &self.program.root;
            if self.program.flat().is_some() {
                return;
            }
            let program = self.program;
            program.on_stack(|| {
                if self.owners.is_none() {
                    return self.abandon(root, to);
                }
                self.hold_new_items();
                self.abandon(root, to);
                self.abandon_new_items();
            });
        }
    }

    /// Commits a whole state.
    ///
    /// # Safety
    ///
    /// This engine prepared a state from the one at `from`, which is given up.
    pub(super) unsafe fn commit_state(&mut self, from: At) {
        // SAFETY: the root fits what the caller passes.
        unsafe {
            let root = &self.program.root;
            // What a host decoded owns nothing that could be given up.
            if self.program.flat().is_some() || self.program.old.is_made() {
                return;
            }
            let drops_deep = self.program.drops_deep;
            let commit = || {
                if self.owners.is_none() {
                    return self.commit(root, from);
                }
                let items = self.hold_old_items();
                self.commit(root, from);
                self.commit_old_items(items);
            };
            match drops_deep {
                true => on_deep_stack(commit),
                false => stacker::maybe_grow(FOR_STATE, STACK, commit),
            }
        }
    }

    fn conversion(&self, call: ConversionAt) -> &'p Code {
        self.program.conversions[call.place]
            .as_ref()
            .expect("bug in hotmod: a conversion that was never compiled")
    }

    /// The code that a call leads to, where the call needs no check of the stack: looked up once instead of
    /// for every item.
    fn straight(&self, code: &'p Code) -> &'p Code {
        match code {
            Code::Conversion(call) if !call.recursive => self.conversion(*call),
            code => code,
        }
    }

    /// # Safety
    ///
    /// `code` fits: a value is at `from`, and room for what it makes at `to`. Only this walk uses them.
    unsafe fn prepare(&mut self, code: &'p Code, from: At, to: At) -> Result {
        // SAFETY: `code` fits, so its tables are those of both values, and the codes within fit their parts.
        unsafe {
            match code {
                Code::Copy(size) => {
                    from.copy_to(to, *size);
                    Ok(())
                }
                Code::Number(was, now) => from
                    .convert(to, (*was, *now))
                    .map_err(|value| Failure::new(format!("{value} does not fit"))),
                Code::Widen(column) => {
                    at::column(*column, from, to, Strides::ONE);
                    Ok(())
                }
                Code::Flat(flat) => {
                    flat.apply_once(from, to);
                    Ok(())
                }
                Code::Bytes(code) => from.rewrite_to(to, code, &|len| self.affords(len)),
                Code::Serde(code) => from.carry_to(to, code, self.memory),
                Code::As(code) => self.prepare_as(code, from, to),
                Code::Conversion(call) => {
                    let code = self.conversion(*call);
                    match call.recursive {
                        true => {
                            stacker::maybe_grow(RED_ZONE, STACK, || self.prepare(code, from, to))
                        }
                        false => self.prepare(code, from, to),
                    }
                }
                Code::Struct(code) => self.prepare_struct(code, from, to),
                Code::Enum(code) => self.prepare_enum(code, from, to),
                Code::Collection(code) => match self.sampler {
                    None => self.prepare_items(code, from, to),
                    Some(_) => self.sample_items(code, from, to),
                },
                Code::Slices(code) => {
                    let prepared = self.prepare_slices(code, from, to, Strides::ONE);
                    prepared.map_err(|(_, failure)| failure)
                }
                Code::InPlace(code) => {
                    code.prepare(from, to, Strides::ONE);
                    Ok(())
                }
                Code::Pointer(code) => {
                    let item = pointers::item(&code.old, from);
                    self.affords(code.item.new.size)?;
                    let size = code.item.new.size;
                    self.via_scratch(&code.item, item, |item| {
                        pointers::enclose(&code.new, to, item, size);
                    })
                }
                Code::Shared(code) => self.prepare_shared(code, from, to),
                Code::Weak(code) => {
                    let item = match pointers::followed(&code.old, from) {
                        Some(item) => Some(self.new_item(item)?),
                        None => None,
                    };
                    pointers::follow(&code.new, item, to);
                    Ok(())
                }
                Code::Wrap(code) => self.via_scratch(&code.item, from, |item| {
                    parts::build(&code.new, to, SOME, &[item], code.item.new.size);
                }),
                Code::Unwrap(code) => match parts::variant(&code.old, from) {
                    SOME => self.prepare(&code.code, parts::field(&code.old, from, 0), to),
                    _ => Err(Failure::new("`None` does not fit")),
                },
                Code::Enclose(code) => {
                    self.affords(code.item.new.size)?;
                    let size = code.item.new.size;
                    self.via_scratch(&code.item, from, |item| {
                        pointers::enclose(&code.new, to, item, size);
                    })
                }
                Code::Disclose(code) => {
                    self.disclosed(code, from)?;
                    self.prepare(&code.code, pointers::item(&code.old, from), to)
                }
                Code::Array(code) => self.prepare_array(code, from, to),
                Code::Hook(hook) => from.make_by(hook, to, self.memory).map_err(Failure::new),
            }
        }
    }

    /// Takes the value of a `Lazy` to the version of the state, if it is at another.
    ///
    /// # Safety
    ///
    /// `code` fits: its container is at `from`.
    unsafe fn disclosed(&self, code: &Disclose, from: At) -> Result {
        let Some(stamp) = code.lazy else {
            return Ok(());
        };
        // SAFETY: `code` fits, so there is a `Lazy` of the stamp's type.
        let followed = unsafe { self.memory.follow(from.0, stamp) };
        followed.map_err(|stays| {
            let (path, from, reason) = (&stays.path, &stays.from, &stays.reason);
            Failure::new(format!("its value stays at {from}: {path}: {reason}"))
        })
    }

    /// # Safety
    ///
    /// `code` fits: what it made is at `to`, and is given up.
    unsafe fn abandon(&mut self, code: &'p Code, to: At) {
        // SAFETY: `code` fits, so its new tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            match code {
                Code::Copy(_) | Code::Number(..) | Code::Widen(_) | Code::Flat(_) => {}
                // The block is the old value's.
                Code::InPlace(_) => {}
                Code::Bytes(code) => to.drop(code.new),
                Code::Serde(code) => to.drop(code.new),
                Code::As(code) => to.drop(code.new),
                Code::Conversion(call) => {
                    let code = self.conversion(*call);
                    match call.recursive {
                        true => stacker::maybe_grow(RED_ZONE, STACK, || self.abandon(code, to)),
                        false => self.abandon(code, to),
                    }
                }
                Code::Struct(code) => self.abandon_parts(code, to, code.parts.len()),
                Code::Enum(code) => self.abandon_enum(code, to),
                Code::Collection(code) => self.abandon_items(code, to),
                Code::Slices(code) => self.abandon_slices(code, to),
                Code::Pointer(code) => {
                    self.abandon(&code.item.code, pointers::item(&code.new, to));
                    pointers::free(&code.new, to, code.item.new.size);
                }
                // The item is given up with all others, by `abandon_new_items`.
                Code::Shared(code) => pointers::disown_new(&code.new, to, code.item.new.size),
                Code::Weak(code) => to.drop(code.operations.1),
                Code::Wrap(code) => self.abandon(&code.item.code, parts::field(&code.new, to, 0)),
                Code::Unwrap(code) => self.abandon(&code.code, to),
                Code::Enclose(code) => {
                    self.abandon(&code.item.code, pointers::item(&code.new, to));
                    pointers::free(&code.new, to, code.item.new.size);
                }
                Code::Disclose(code) => self.abandon(&code.code, to),
                Code::Array(code) => self.abandon_elements(code, to, code.new_len),
                Code::Hook(hook) => to.drop(hook.new),
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: the value at `from`, of which it made a new one, is given up, except for what was copied
    /// out of it.
    unsafe fn commit(&mut self, code: &'p Code, from: At) {
        // SAFETY: `code` fits, so its old tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            match code {
                Code::Copy(_) | Code::Number(..) | Code::Widen(_) | Code::Flat(_) => {}
                Code::InPlace(code) => code.commit(from, Strides::ONE),
                Code::Bytes(code) => from.drop(code.old),
                Code::Serde(code) => from.drop(code.old),
                Code::As(code) => from.drop(code.old),
                Code::Conversion(call) => {
                    let code = self.conversion(*call);
                    match call.recursive {
                        true => stacker::maybe_grow(RED_ZONE, STACK, || self.commit(code, from)),
                        false => self.commit(code, from),
                    }
                }
                Code::Struct(code) => self.commit_struct(code, from),
                Code::Enum(code) => self.commit_enum(code, from),
                Code::Collection(code) => self.commit_items(code, from),
                Code::Slices(code) => self.commit_slices(code, from, Strides::ONE),
                Code::Pointer(code) => {
                    self.commit(&code.item.code, pointers::item(&code.old, from));
                    pointers::free(&code.old, from, code.item.old.size);
                }
                // The item is given up with all others, by `commit_old_items`.
                Code::Shared(code) => pointers::disown(&code.old, from, code.item.old.size),
                Code::Weak(code) => from.drop(code.operations.0),
                Code::Wrap(code) => self.commit(&code.item.code, from),
                // It was prepared, so the value is `Some`.
                Code::Unwrap(code) => self.commit(&code.code, parts::field(&code.old, from, 0)),
                Code::Enclose(code) => self.commit(&code.item.code, from),
                Code::Disclose(code) => {
                    self.commit(&code.code, pointers::item(&code.old, from));
                    pointers::free(&code.old, from, code.size);
                }
                Code::Array(code) => {
                    let carried = code.old_len.min(code.new_len);
                    self.commit_run(&code.item, from, carried);
                    // On the way back, the new array has no place for the further elements.
                    for i in carried..code.old_len {
                        from.part(i * code.item.old.size).drop(code.item.old);
                    }
                }
                Code::Hook(hook) => from.drop(hook.old),
            }
        }
    }

    /// Fails if so many bytes more may not be taken. Asked before the module's own code takes them: where
    /// that gets no memory, it ends the process.
    #[inline]
    fn affords(&self, size: usize) -> Result {
        match self.bounded {
            true => super::block::affords(self.memory, size),
            false => Ok(()),
        }
    }

    /// Prepares a value in a room of its own and hands it to a container that takes it from there.
    ///
    /// # Safety
    ///
    /// The item's code fits: a value is at `from`. `take` owns the value that it gets.
    unsafe fn via_scratch(&mut self, item: &'p Item, from: At, take: impl FnOnce(At)) -> Result {
        // SAFETY: the item's code fits, and the room is for what it makes.
        unsafe {
            let mut scratch = Scratch::new(item.new);
            let room = At::scratch(&mut scratch);
            self.prepare(&item.code, from, room)?;
            take(room);
            Ok(())
        }
    }

    /// Has the old module's function make an intermediate value, migrates that, and has the new module's
    /// function make the new value of it. The intermediate value has no other owner, so its migration is
    /// committed at once.
    ///
    /// # Safety
    ///
    /// `code` fits: a value is at `from`, and room for what it makes at `to`. Only this walk uses them.
    unsafe fn prepare_as(&mut self, code: &'p AsField, from: At, to: At) -> Result {
        // SAFETY: `code` fits, and its program is for the types that its functions give and take. The
        // intermediate value is prepared once, and then given up.
        unsafe {
            let Some(into) = &code.into else {
                return self.prepare_formed(code, from, to);
            };
            let mut engine = self.for_carried(code)?;
            let program = engine.program;
            let mut given = Scratch::new(program.old);
            let given = At::scratch(&mut given);
            from.give_as(into, given, program.old.size)
                .map_err(Failure::new)?;
            let mut made = Scratch::new(program.new);
            let made = match code.from {
                Some(_) => At::scratch(&mut made),
                None => to,
            };
            if let Err(failure) = engine.prepare_state(given, made) {
                // The engine may still hold parts of the value, so it goes before the value does.
                drop(engine);
                given.drop(program.old);
                return Err(failure);
            }
            engine.commit_state(given);
            match &code.from {
                Some(from) => made
                    .take_as(from, to, code.new.size.max(program.new.size))
                    .map_err(Failure::new),
                None => Ok(()),
            }
        }
    }

    /// Makes a field of an old value that no module compiled, by a function that reads one.
    ///
    /// # Safety
    ///
    /// A value is at `from` of the operations that the form was compiled for. Only this walk uses it.
    unsafe fn make_of_built(
        &mut self,
        reads: &ReadForm,
        from: At,
        make: impl FnOnce(At) -> Result,
    ) -> Result {
        // SAFETY: the caller's.
        let built = unsafe { reads.build(from.as_ptr().cast(), self.memory) }?;
        make(At::state(built.as_non_null()))
    }

    /// The form of the new value is made beside the old one, which still owns what was only copied into it. So the
    /// new value is made of the form as it stays, and the form is given up again.
    ///
    /// What an owner in the form leads to is given up with it, if that was converted: so no function may see such an owner,
    /// of which it could keep a copy.
    ///
    /// # Safety
    ///
    /// As for [`prepare_as`](Self::prepare_as).
    unsafe fn prepare_formed(&mut self, code: &'p AsField, from: At, to: At) -> Result {
        // SAFETY: `code` fits, and its program is for the type of the old value and the form. What the engine prepared
        // is lent to the function that reads it, and then abandoned.
        unsafe {
            let mut engine = self.for_carried(code)?;
            let program = engine.program;
            let mut form = Scratch::new(program.new);
            let form = At::scratch(&mut form);
            engine.prepare_state(from, form)?;
            let made = match &code.from {
                _ if engine.has_new_items() => Err(CONVERTED_OWNER.to_owned()),
                Some(make) => form.give_as(make, to, code.new.size.max(program.new.size)),
                None => Err("bug in hotmod: a form that nothing is made of".to_owned()),
            };
            engine.abandon_state(form);
            made.map_err(Failure::new)
        }
    }

    /// # Safety
    ///
    /// `make` fits: if it reads an old value, that is at `from`; room for what it makes is at `to`.
    unsafe fn make(&mut self, make: &'p Make, from: At, to: At) -> Result {
        // SAFETY: `make` fits, so the old value that it reads is there, and room for what it makes.
        unsafe {
            match make {
                Make::Convert(code) => self.prepare(code, from, to),
                Make::Made {
                    maker,
                    place,
                    purpose,
                    operations,
                    reads,
                    ..
                } => {
                    let make = |from| {
                        let made = to.make(*maker, (*place, *purpose), from, operations.size);
                        made.map_err(Failure::new)
                    };
                    match reads {
                        None => make(from),
                        Some(reads) => self.make_of_built(reads, from, make),
                    }
                }
                Make::Text(text, by, _) => {
                    self.affords(text.len())?;
                    to.write_text(by, text)
                }
                Make::Constant(bytes) => {
                    At(bytes.as_ptr().cast_mut().cast()).copy_to(to, bytes.len());
                    Ok(())
                }
            }
        }
    }

    /// # Safety
    ///
    /// `make` fits: what it made is at `to`, and is given up.
    unsafe fn unmake(&mut self, make: &'p Make, to: At) {
        // SAFETY: `make` fits, so the value is what it made.
        unsafe {
            match make {
                Make::Convert(code) => self.abandon(code, to),
                Make::Made { operations, .. } | Make::Text(_, _, operations) => to.drop(operations),
                Make::Constant(_) => {}
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: a value is at `from`, and room for what it makes at `to`. Only this walk uses them.
    unsafe fn prepare_struct(&mut self, code: &'p Struct, from: At, to: At) -> Result {
        // SAFETY: `code` fits, so its tables are those of both values, and the codes within fit their parts.
        unsafe {
            code.flat.apply_once(from, to);
            for (done, part) in code.parts.iter().enumerate() {
                if let Err(failure) = self.make(&part.make, from.part(part.from), to.part(part.to))
                {
                    self.abandon_parts(code, to, done);
                    return Err(failure.within_step(&part.step));
                }
            }
            Ok(())
        }
    }

    /// # Safety
    ///
    /// `code` fits: as many parts of what it makes as are done are at `to`, and are given up.
    unsafe fn abandon_parts(&mut self, code: &'p Struct, to: At, done: usize) {
        // SAFETY: `code` fits, so its new tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            for part in &code.parts[..done] {
                self.unmake(&part.make, to.part(part.to));
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: the value at `from`, of which it made a new one, is given up, except for what was copied
    /// out of it.
    unsafe fn commit_struct(&mut self, code: &'p Struct, from: At) {
        // SAFETY: `code` fits, so its old tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            for part in &code.parts {
                if let Make::Convert(code) = &part.make {
                    self.commit(code, from.part(part.from));
                }
            }
            for (offset, operations) in &code.dropped {
                from.part(*offset).drop(operations);
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: a value is at `from`, and room for what it makes at `to`. Only this walk uses them.
    unsafe fn prepare_enum(&mut self, code: &'p Enum, from: At, to: At) -> Result {
        // SAFETY: `code` fits, so its tables are those of both values, and the codes within fit their parts.
        // The rooms are for the fields of the new variant, in its order.
        unsafe {
            let (name, variant) = &code.variants[parts::variant(&code.old, from)];
            let Some(variant) = variant else {
                return Err(Failure::new(format!(
                    "the variant `{name}` is in use, and what the value becomes has none of this name"
                )));
            };
            let mut room: Scratch = Scratch::of(variant.room);
            let room = At::scratch(&mut room);
            let places = variant.rooms.iter().map(|offset| room.part(*offset));
            // Most variants have few fields: many enums in a large state take no memory for this.
            let (mut few, many): ([At; FEW], Vec<At>);
            let rooms: &[At] = match variant.rooms.len() {
                count @ ..=FEW => {
                    few = [room; FEW];
                    few.iter_mut().zip(places).for_each(|(at, it)| *at = it);
                    &few[..count]
                }
                _ => {
                    many = places.collect();
                    &many
                }
            };
            for (done, field) in variant.fields.iter().enumerate() {
                let old = origin(code, field, from);
                if let Err(failure) = self.make(&field.make, old, rooms[done]) {
                    for (field, room) in variant.fields.iter().zip(&rooms[..done]) {
                        self.unmake(&field.make, *room);
                    }
                    return Err(failure.within_step(&field.step));
                }
            }
            parts::build(&code.new, to, variant.to, rooms, code.size);
            if code.may_differ && parts::variant(&code.new, to) != variant.to {
                self.abandon_enum(code, to);
                return Err(Failure::new(format!(
                    "it is a {name}, and what the value becomes cannot be one"
                )));
            }
            Ok(())
        }
    }

    /// # Safety
    ///
    /// `code` fits: what it made is at `to`, and is given up.
    unsafe fn abandon_enum(&mut self, code: &'p Enum, to: At) {
        // SAFETY: `code` fits, so its new tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            let is = parts::variant(&code.new, to);
            // Of the old variants that become the same new one, only one brings fields into it.
            let variants = code
                .variants
                .iter()
                .filter_map(|(_, variant)| variant.as_ref());
            let became = variants
                .filter(|variant| variant.to == is)
                .find(|variant| !variant.fields.is_empty());
            if let Some(VariantSteps { fields, .. }) = became {
                for (place, field) in fields.iter().enumerate() {
                    self.unmake(&field.make, parts::field(&code.new, to, place));
                }
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: the value at `from`, of which it made a new one, is given up, except for what was copied
    /// out of it.
    unsafe fn commit_enum(&mut self, code: &'p Enum, from: At) {
        // SAFETY: `code` fits, so its old tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            let (_, variant) = &code.variants[parts::variant(&code.old, from)];
            // It was prepared, so there is a new variant for this one.
            let Some(variant) = variant else { return };
            for field in &variant.fields {
                if let Make::Convert(convert) = &field.make {
                    self.commit(convert, parts::field(&code.old, from, field.from));
                }
            }
            for (place, operations) in &variant.dropped {
                parts::field(&code.old, from, *place).drop(operations);
            }
        }
    }
}

/// The old value of a variant's field; where the field has none, an address that is never read.
///
/// # Safety
///
/// `code` fits: a value of its old type is at `from`, of a variant that has the field.
unsafe fn origin(code: &Enum, field: &VariantFieldStep, from: At) -> At {
    // SAFETY: `code` fits, so its old table is that of the value, whose variant has the field.
    unsafe {
        match &field.make {
            Make::Convert(_) => parts::field(&code.old, from, field.from),
            Make::Made { purpose, .. } if *purpose == purpose::WITH => {
                parts::field(&code.old, from, field.from)
            }
            _ => from,
        }
    }
}
