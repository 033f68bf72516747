//! Values that are lent to be changed, between two sides that were compiled apart: the function gets a value
//! of its own type, and the caller's value gets back what the function leaves in that.
//!
//! Before the call, [`Merging::prepare`] makes each part of the function's value: by copying its bytes, by a
//! conversion, or anew. The caller's value stays as it is, but what both values own belongs to the function
//! from then on. After the call, however that ended, [`Merging::merge`] takes the function's value apart
//! again. First it copies bytes back, which cannot fail. Then it converts back each part that was converted,
//! and only when that is done puts it in the place of the caller's part. Where a value does not fit, the
//! caller's part stays. The plan allows that only for parts that own nothing which has gone to the function
//! (`hotmod-file/src/plan/merged.rs`).

use std::alloc::handle_alloc_error;
use std::num::NonZero;

use hotmod::describe::{Field, Shape, Type};
use hotmod::operations::{Kind, Maker, Operations, purpose};
use hotmod_file::plan::{Merge, Merged, Plan, Source};

use super::at::At;
use super::block;
use super::engine::Engine;
use super::failure::{Failure, PathStep};
use super::parts;
use super::program::{Ends, Program};
use super::scratch::Scratch;
use crate::image::exports::Exports;
use crate::image::memory::Memory;

/// How much stack a step into another struct must find, and how much more it gets where it does not.
const RED_ZONE: usize = 128 << 10;
const STACK: usize = 2 << 20;

/// How one value is lent to be changed.
pub(super) struct Merging {
    /// Of the caller's value.
    pub(super) old: &'static Operations,
    /// Of the function's value.
    pub(super) new: &'static Operations,
    parts: Vec<MergedPart>,
}

/// A part of the two values.
struct MergedPart {
    /// The way to it, as the function's type names the fields: `.place.x`.
    path: PathStep,
    /// The same, as the caller's type names them.
    path_back: PathStep,
    /// Where it is in the caller's value, in bytes. Not used where that value has no such part.
    from: usize,
    /// Where it is in the function's value.
    to: usize,
    how: How,
}

enum How {
    /// So many bytes are copied there, and back.
    Bytes(usize),
    /// It is converted there, and back.
    Whole(Box<Whole>),
    /// Only the function's value has it.
    Made(Maker, usize, &'static Operations),
    /// Only the function's value has it, and it is always these bytes, which own nothing.
    Constant(Box<[std::mem::MaybeUninit<u8>]>, &'static Operations),
}

struct Whole {
    there: Program,
    back: Program,
    /// Whether a value may not fit on the way back. Then the caller's part stays as it was.
    checked: bool,
}

/// Ends the process when it is dropped: otherwise the caller would go on with a value that belongs to the
/// function. It is what the compiler does with a panic that must not go on.
struct Incomplete;

impl Drop for Incomplete {
    fn drop(&mut self) {
        std::process::abort();
    }
}

/// What the steps of both ways refer to.
#[derive(Clone, Copy)]
pub(super) struct Between<'a> {
    /// The plan of the steps there, and both sides in that order.
    pub(super) there: (&'a Plan, Ends<'a>),
    /// The same of the steps back.
    pub(super) back: (&'a Plan, Ends<'a>),
}

impl Merging {
    /// `None` if the plan does not fit the operations.
    pub(super) fn compile(
        merge: &Merge,
        between: Between<'_>,
        (old, new): (&'static Operations, &'static Operations),
    ) -> Option<Self> {
        let mut parts = Vec::new();
        let nowhere = PathStep::plain("");
        compile(
            merge,
            between,
            (&nowhere, &nowhere),
            (0, 0),
            (old, new),
            &mut parts,
        )?;
        let merging = Merging { old, new, parts };
        merging.is_apart().then_some(merging)
    }

    /// Whether each part has bytes of its own, on either side.
    fn is_apart(&self) -> bool {
        let apart = |mut spans: Vec<(usize, usize)>, size: usize| {
            spans.retain(|(start, end)| start != end);
            spans.sort_unstable();
            let within = spans
                .iter()
                .all(|(start, end)| start <= end && *end <= size);
            within && spans.windows(2).all(|pair| pair[0].1 <= pair[1].0)
        };
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for part in &self.parts {
            let (from, to) = match &part.how {
                How::Bytes(size) => (Some(*size), *size),
                How::Whole(whole) => (Some(whole.there.old.size), whole.there.new.size),
                How::Made(_, _, operations) => (None, operations.size),
                How::Constant(bytes, _) => (None, bytes.len()),
            };
            old.extend(from.map(|size| (part.from, part.from.saturating_add(size))));
            new.push((part.to, part.to.saturating_add(to)));
        }
        apart(old, self.old.size) && apart(new, self.new.size)
    }

    /// Makes the function's value from the caller's, which stays as it is. On `Err`, no part of the new value
    /// is left.
    ///
    /// # Safety
    ///
    /// A value of the old operations' type is at `from`, and room for one of the new operations' at `to`. Nothing
    /// else uses either until the value at `to` is abandoned or merged, once.
    pub(super) unsafe fn prepare(
        &self,
        memory: &'static Memory,
        from: At,
        to: At,
    ) -> Result<(), Failure> {
        for (done, part) in self.parts.iter().enumerate() {
            let (whole, from, to) = (to, from.part(part.from), to.part(part.to));
            let made = match &part.how {
                How::Bytes(size) => {
                    // SAFETY: `compile` found a part of this size there on both sides.
                    unsafe { from.copy_to(to, *size) };
                    Ok(())
                }
                How::Whole(whole) => {
                    let mut engine = engine(&whole.there, memory);
                    // SAFETY: the program was compiled for the part that is there, and the one that there is
                    // room for.
                    unsafe { engine.prepare_state(from, to) }
                }
                How::Made(maker, place, operations) => {
                    let made = (*place, purpose::DEFAULT);
                    // SAFETY: the maker is that of the type whose part at this place has its room there; it is
                    // made of no other value.
                    unsafe { to.make(*maker, made, to, operations.size) }.map_err(Failure::new)
                }
                How::Constant(bytes, _) => {
                    let bytes_at = At(bytes.as_ptr().cast_mut().cast());
                    // SAFETY: the bytes are a value of the type that has its room there.
                    unsafe { bytes_at.copy_to(to, bytes.len()) };
                    Ok(())
                }
            };
            if let Err(failure) = made {
                // SAFETY: so many parts were made there, of the value that this was called for.
                unsafe { self.abandon_parts(memory, whole, done) };
                return Err(failure.within_step(&part.path));
            }
        }
        Ok(())
    }

    /// Gives up a value that the function did not get.
    ///
    /// # Safety
    ///
    /// [`prepare`](Merging::prepare) made it at `to`, no code has used it, and none does afterwards.
    pub(super) unsafe fn abandon(&self, memory: &'static Memory, to: At) {
        // SAFETY: the caller's: all parts are there.
        unsafe { self.abandon_parts(memory, to, self.parts.len()) };
    }

    /// # Safety
    ///
    /// So many parts of a value were made at `to`, no code has used them, and none does afterwards.
    unsafe fn abandon_parts(&self, memory: &'static Memory, to: At, done: usize) {
        for part in &self.parts[..done] {
            let to = to.part(part.to);
            match &part.how {
                // Copied bytes belong to the caller's value, and constants own nothing.
                How::Bytes(_) | How::Constant(..) => {}
                How::Whole(whole) => {
                    let mut engine = engine(&whole.there, memory);
                    // SAFETY: an engine of this program prepared it there; it holds nothing of its own, since the
                    // program meets nothing that has several owners.
                    unsafe { engine.abandon_state(to) };
                }
                // SAFETY: a value of these operations' type was made there.
                How::Made(_, _, operations) => unsafe { to.drop(operations) },
            }
        }
    }

    /// Takes the function's value apart, so that the caller's value gets back what is there. Where a part
    /// does not fit, the caller's part stays as it was, and the failure is added to `unfit`.
    ///
    /// # Safety
    ///
    /// [`prepare`](Merging::prepare) made the value at `to` of that at `from`, which nothing has used since. A
    /// value of the new operations' type is at `to`, whatever the function has done with it, and is given up.
    pub(super) unsafe fn merge(
        &self,
        memory: &'static Memory,
        from: At,
        to: At,
        unfit: &mut Vec<Failure>,
    ) {
        // What may fail comes last: by then, all bytes that were copied are the caller's again.
        for part in &self.parts {
            if let How::Bytes(size) = &part.how {
                let (from, to) = (from.part(part.from), to.part(part.to));
                // SAFETY: `compile` found a part of this size there on both sides. What was in the caller's
                // part went to the function, and what is in the function's part is given up.
                unsafe { to.copy_to(from, *size) };
            }
        }
        for part in &self.parts {
            let (from, to) = (from.part(part.from), to.part(part.to));
            match &part.how {
                How::Bytes(_) => {}
                How::Whole(whole) => {
                    // SAFETY: the part at `from` was prepared for the function, and one of the function's type is
                    // at `to`, by the caller.
                    if let Err(failure) = unsafe { whole.merge(memory, from, to) } {
                        unfit.push(failure.within_step(&part.path_back));
                    }
                }
                // SAFETY: a value of these operations' type is there, whatever the function has done with it.
                How::Made(_, _, operations) | How::Constant(_, operations) => unsafe {
                    to.drop(operations);
                },
            }
        }
    }
}

impl Whole {
    /// # Safety
    ///
    /// The program there prepared a value at `to` from the one at `from`, which nothing has used since. A value
    /// of the function's type is at `to`, and is given up.
    unsafe fn merge(&self, memory: &'static Memory, from: At, to: At) -> Result<(), Failure> {
        let mut room = Scratch::new(self.back.new);
        let made = At::scratch(&mut room);
        // The value must get back, even if the module then holds more memory than its limit.
        let mut back = engine(&self.back, memory).unbounded();
        let incomplete = (!self.checked).then(|| Incomplete);
        // SAFETY: the program was compiled for the value that is there, and the room is for what it makes.
        if let Err(failure) = unsafe { back.prepare_state(to, made) } {
            if incomplete.is_some() {
                // Every value fits, so the cause is that the system has no memory left.
                handle_alloc_error(block::layout(self.back.new));
            }
            // SAFETY: the value is the function's, and the failed conversion has left it as it was.
            unsafe { to.drop(self.back.old) };
            return Err(failure);
        }
        // SAFETY: this engine prepared a value from it just now, and it is given up.
        unsafe { back.commit_state(to) };
        let mut there = engine(&self.there, memory);
        // SAFETY: an engine of this program prepared a value from it, which the function may have changed
        // since. What was copied out of it belongs to that value, and commit does not look into it.
        unsafe { there.commit_state(from) };
        // SAFETY: there is no value at `from` any more, but room for one of the type that was made.
        unsafe { made.copy_to(from, self.back.new.size) };
        std::mem::forget(incomplete);
        Ok(())
    }
}

/// An engine for a program that meets no item with several owners. It remembers nothing, so each step of the
/// program may have a new one.
fn engine<'p>(program: &'p Program, memory: &'static Memory) -> Engine<'p> {
    Engine::new(program, memory, NonZero::<usize>::MIN)
}

fn compile(
    merge: &Merge,
    between: Between<'_>,
    (path, path_back): (&PathStep, &PathStep),
    (from, to): (usize, usize),
    (old, new): (&'static Operations, &'static Operations),
    parts: &mut Vec<MergedPart>,
) -> Option<()> {
    let part = |how| MergedPart {
        path: path.clone(),
        path_back: path_back.clone(),
        from,
        to,
        how,
    };
    match merge {
        Merge::Bytes if old.size == new.size => parts.push(part(How::Bytes(old.size))),
        Merge::Bytes => return None,
        Merge::Whole {
            there,
            back,
            checked,
        } => {
            let (plan, ends) = between.there;
            // The function changes it before it is committed.
            let there = Program::compile_seen(plan, there, ends, (old, new), true).ok()?;
            let (plan, ends) = between.back;
            let back = Program::compile(plan, back, ends, (new, old)).ok()?;
            if there.has_owners || back.has_owners {
                return None;
            }
            parts.push(part(How::Whole(Box::new(Whole {
                there,
                back,
                checked: *checked,
            }))));
        }
        Merge::Fields(merged) => {
            let Merged {
                types,
                shared,
                added,
            } = &**merged;
            let ends = between.there.1;
            type Both<T> = (Vec<T>, Vec<T>);
            let ((a, b), names, maker): (Both<usize>, Both<PathStep>, _) = match types {
                Some((was, now)) => {
                    let Kind::Struct(maker) = new.kind else {
                        return None;
                    };
                    let (a, b) = (fields(ends.was, was, old)?, fields(ends.now, now, new)?);
                    let named = |all: &[Field]| {
                        let all = all.iter();
                        all.map(|field| {
                            PathStep::into_field(format!(".{}", field.name), [Some(field), None])
                        })
                        .collect()
                    };
                    let names = (named(a), named(b));
                    ((offsets(a)?, offsets(b)?), names, Some(maker))
                }
                None => {
                    let (Kind::Tuple(a), Kind::Tuple(b)) = (&old.kind, &new.kind) else {
                        return None;
                    };
                    let (len, a, b) = (shared.len(), *a, *b);
                    let offsets = ((0..len).map(|i| a(i)), (0..len).map(|i| b(i)));
                    let names: Vec<PathStep> =
                        (0..len).map(|i| PathStep::plain(format!(".{i}"))).collect();
                    let names = (names.clone(), names);
                    ((offsets.0.collect(), offsets.1.collect()), names, None)
                }
            };
            let at = |place: usize| Some(path.then(names.1.get(place)?));
            for (was, now, merge) in shared {
                let operations = (old.part(*was)?, new.part(*now)?);
                let places = (from + a.get(*was)?, to + b.get(*now)?);
                let paths = (at(*now)?, path_back.then(names.0.get(*was)?));
                let paths = (&paths.0, &paths.1);
                let deeper = || compile(merge, between, paths, places, operations, parts);
                stacker::maybe_grow(RED_ZONE, STACK, deeper)?;
            }
            for (place, source) in added {
                let operations = new.part(*place)?;
                let how = match (source, &operations.kind) {
                    (Source::Default, _) => How::Made(maker?, *place, operations),
                    (Source::Absent, Kind::Enum(variants, _)) => {
                        // SAFETY: the variants are those of the operations, and the plan has an absent field be
                        // `None` only where it is an `Option`.
                        let none = unsafe { parts::none(variants, operations) };
                        How::Constant(none, operations)
                    }
                    _ => return None,
                };
                parts.push(MergedPart {
                    path: at(*place)?,
                    path_back: PathStep::plain(""),
                    from: 0,
                    to: to + b.get(*place)?,
                    how,
                });
            }
        }
    }
    Some(())
}

/// The fields of a struct, whose operations these are.
fn fields<'e>(
    exports: &'e Exports,
    ty: &Type,
    operations: &'static Operations,
) -> Option<&'e [Field]> {
    let described = exports.manifest.types.get(ty)?;
    match &described.shape {
        Shape::Struct(fields) if described.size == operations.size as u64 => Some(fields),
        _ => None,
    }
}

/// Where each field starts, in bytes.
fn offsets(fields: &[Field]) -> Option<Vec<usize>> {
    let all = fields
        .iter()
        .map(|field| usize::try_from(field.offset?).ok());
    all.collect()
}
