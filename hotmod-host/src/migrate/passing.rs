//! Calls between a host and a version that were compiled apart, whichever of them calls: what is passed is
//! converted on its way, by the same walks that migrate state.
//!
//! What is passed by value is prepared for each parameter, then committed for all: if one does not fit,
//! those before it are abandoned, and the caller has all of its arguments still. What is lent is prepared
//! and, when the call has ended, abandoned: what did not change in it is the caller's own all along. A
//! result is prepared and committed at once.

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::num::NonZero;
use std::sync::Arc;

use hotmod::call::passing::{Lends, Passing};
use hotmod::call::{DONE, PANICKED, Panic, Shim};
use hotmod::describe::Signature;
use hotmod::import::Provided;
use hotmod::operations::{Maker, Operations, purpose};
use hotmod::plan::{Converted, Passed};

use crate::call::expectation::ConvertedExport;
use crate::call::generation::{Converter, DoesNotFit, Ran};
use crate::forever::forever;
use crate::image::exports::Exports;
use crate::image::image::Image;
use crate::image::import::ConvertedImport;
use crate::image::memory::Memory;

use super::at::At;
use super::block::affords;
use super::engine::Engine;
use super::failure::Failure;
use super::merging::{Between, Merging};
use super::program::{Ends, Program};
use super::scratch::Scratch;

/// How a call gets to an export or to what the host provides, and back.
struct Passage {
    shim: Shim,
    /// Of the export's arguments, as they cross.
    args: Layout,
    params: Vec<ParamPassage>,
    /// The caller's arguments that the export does not take.
    dropped: Vec<(usize, &'static Operations)>,
    /// What becomes of the result; `None` where it is what the caller expects.
    output: Option<Program>,
    /// Of the export's result, as it crosses.
    returns: &'static Operations,
    memory: &'static Memory,
}

/// One parameter of the export.
struct ParamPassage {
    /// As messages show it: `(message)`.
    name: String,
    /// Where it is among the export's arguments, in bytes.
    to: usize,
    source: ArgumentSource,
}

enum ArgumentSource {
    /// So many bytes of the caller's arguments.
    Same {
        from: usize,
        size: usize,
    },
    Value {
        from: usize,
        program: Program,
    },
    Lent {
        from: usize,
        program: Program,
    },
    Slice {
        from: usize,
        program: Program,
    },
    LentMut {
        from: usize,
        merging: Merging,
    },
    SliceMut {
        from: usize,
        merging: Merging,
    },
    Default {
        maker: Maker,
        place: usize,
        operations: &'static Operations,
    },
}

/// Makes what calls an export of an image as a host was compiled to call it.
pub(crate) fn converter(
    conversion: ConvertedExport,
    image: &'static Image,
    exports: &Arc<Exports>,
) -> Option<Box<dyn Converter>> {
    let ConvertedExport {
        call,
        host: (host, passes),
        shim,
        table,
        signature,
    } = conversion;
    let there = Ends {
        was: &host,
        now: exports,
        from: "",
    };
    let back = Ends {
        was: exports,
        now: &host,
        from: &image.version,
    };
    let passage = passage(
        call.converted,
        (there, back),
        (&passes.params, passes.output),
        Called {
            passes: (table.params(), table.output()),
            params: &signature.params,
            maker: table.maker(),
            shim,
        },
        image.memory,
    )?;
    Some(Box::new(passage))
}

/// The function that a passage leads to.
struct Called<'a> {
    /// What it takes and returns, as it crosses.
    passes: (&'a [Passing], Passing),
    params: &'a [hotmod::describe::Param],
    maker: Maker,
    shim: Shim,
}

/// What leads to a function from a caller that passes this and expects such a result.
fn passage(
    converted: Converted,
    (there, back): (Ends<'_>, Ends<'_>),
    (given, expected): (&[Passing], Passing),
    called: Called<'_>,
    memory: &'static Memory,
) -> Option<Passage> {
    let Converted {
        params: passed,
        dropped,
        output,
        arguments,
        results,
        returned,
    } = converted;
    let (taken, gives) = called.passes;
    if passed.len() != taken.len() || called.params.len() != taken.len() {
        return None;
    }
    let mut params = Vec::new();
    for (place, passed) in passed.into_iter().enumerate() {
        let to = taken[place];
        let from = |place: usize| Some((Passing::offset(given, place), *given.get(place)?));
        let source = match passed {
            Passed::Same(place) => {
                let (from, passing) = from(place)?;
                let size = passing.wire.size;
                (size == to.wire.size).then_some(ArgumentSource::Same { from, size })?
            }
            Passed::Value(place, step) => {
                let (from, passing) = from(place)?;
                let ends = (passing.wire, to.wire);
                let program = Program::compile(&arguments, &step, there, ends).ok()?;
                ArgumentSource::Value { from, program }
            }
            Passed::Lent(place, step) | Passed::Slice(place, step)
                if passing_lends(given, place, to, [Lends::One, Lends::Slice]) =>
            {
                let (from, passing) = from(place)?;
                let ends = (passing.item, to.item);
                // The export looks at it, and it is never committed.
                let program = Program::compile_seen(&arguments, &step, there, ends, true).ok()?;
                match passing.lends {
                    Lends::One => ArgumentSource::Lent { from, program },
                    _ => ArgumentSource::Slice { from, program },
                }
            }
            Passed::LentMut(place, merge) | Passed::SliceMut(place, merge)
                if passing_lends(given, place, to, [Lends::OneMut, Lends::SliceMut]) =>
            {
                let (from, passing) = from(place)?;
                let between = Between {
                    there: (&arguments, there),
                    back: (&returned, back),
                };
                let merging = Merging::compile(&merge, between, (passing.item, to.item))?;
                match passing.lends {
                    Lends::OneMut => ArgumentSource::LentMut { from, merging },
                    _ => ArgumentSource::SliceMut { from, merging },
                }
            }
            Passed::Lent(..) | Passed::Slice(..) => return None,
            Passed::LentMut(..) | Passed::SliceMut(..) => return None,
            Passed::Default => ArgumentSource::Default {
                maker: called.maker,
                place,
                operations: to.wire,
            },
        };
        params.push(ParamPassage {
            name: format!("({})", called.params[place].name),
            to: Passing::offset(taken, place),
            source,
        });
    }
    let output = match output {
        Some(step) => {
            let ends = (gives.wire, expected.wire);
            Some(Program::compile(&results, &step, back, ends).ok()?)
        }
        None if gives.wire.size == expected.wire.size => None,
        None => return None,
    };
    let dropped = dropped.into_iter().map(|place| {
        let operations = given.get(place)?.wire;
        Some((Passing::offset(given, place), operations))
    });
    let (size, align) = Passing::size(taken);
    Some(Passage {
        shim: called.shim,
        args: Layout::from_size_align(size, align).ok()?,
        params,
        dropped: dropped.collect::<Option<_>>()?,
        output,
        returns: gives.wire,
        memory,
    })
}

/// What a module calls in the place of a function that its host has otherwise than the module declares.
struct ConvertingImport {
    name: String,
    passage: Passage,
    /// What the host's function is called with in the place of a state.
    function: *mut (),
    /// Where each argument of the module is, and of what type, as it crosses.
    given: Vec<(usize, &'static Operations)>,
}

/// Makes what a module calls in the place of the host's function. It is kept for as long as the process lives.
pub(crate) fn connect(
    import: ConvertedImport<'_>,
    exports: &Exports,
    memory: &'static Memory,
) -> Option<&'static Provided> {
    let host = Exports::of_host(Arc::new(import.host.clone()));
    let build = exports.manifest.build.as_ref()?;
    let there = Ends {
        was: exports,
        now: &host,
        from: forever(build.version.clone()),
    };
    let back = Ends {
        was: &host,
        now: exports,
        from: "",
    };
    let given = import.given.params();
    // Of a closure of the host's, only the module says what its parameters are called.
    let named = named(
        &import,
        &exports.manifest.imports.get(import.name)?.signature,
    );
    let passage = passage(
        import.call.converted,
        (there, back),
        (given, import.given.output()),
        Called {
            passes: import.taken,
            params: &named,
            maker: import.maker,
            shim: import.shim,
        },
        memory,
    )?;
    let converting: &'static ConvertingImport = forever(ConvertingImport {
        name: import.name.to_owned(),
        passage,
        function: import.function,
        given: (0..given.len())
            .map(|place| (Passing::offset(given, place), given[place].wire))
            .collect(),
    });
    let function = std::ptr::from_ref(converting).cast_mut().cast();
    // SAFETY: the shim takes what it is given here by shared reference, and any thread may call the host's
    // function, to which alone it gives what stands in place of a state; it lives for ever.
    Some(forever(unsafe { Provided::new(call_host, function) }))
}

/// The parameters of the host's function, with the names that the module has for those that have none.
fn named(import: &ConvertedImport<'_>, declared: &Signature) -> Vec<hotmod::describe::Param> {
    let mut params = import.params.to_vec();
    for (param, passed) in params.iter_mut().zip(&import.call.converted.params) {
        let from = match passed {
            Passed::Same(place)
            | Passed::Value(place, _)
            | Passed::Lent(place, _)
            | Passed::Slice(place, _)
            | Passed::LentMut(place, _)
            | Passed::SliceMut(place, _) => declared.params.get(*place),
            Passed::Default => None,
        };
        if let Some(from) = from.filter(|_| param.name.is_empty()) {
            param.name.clone_from(&from.name);
        }
    }
    params
}

/// A [`Shim`] that converts what a module passes, calls the host's function, and converts its result.
unsafe extern "C" fn call_host(
    import: *mut (),
    args: *mut (),
    output: *mut (),
    panic: *mut (),
) -> u8 {
    // SAFETY: it is called with what `connect` made, which lives for ever.
    let import = unsafe { &*import.cast::<ConvertingImport>() };
    // SAFETY: the passage was made for the function, and for what the module passes and gets.
    let called = unsafe { import.passage.call(import.function, args, output, panic) };
    let DoesNotFit { values, ran } = match called {
        Ok(status) => return status,
        Err(unfit) => unfit,
    };
    if ran == Ran::Not {
        for (place, operations) in &import.given {
            // SAFETY: the function did not run, so the arguments are those that the module gave up, each of
            // its operations' type.
            unsafe { At(args.cast()).part(*place).drop(operations) };
        }
    }
    let name = &import.name;
    let values = values.iter();
    let values: Vec<String> = values
        .map(|(path, value)| format!("{name}{path}: {value}"))
        .collect();
    let values = values.join("; ");
    let panic = panic.cast::<Panic>();
    let message = match ran {
        Ran::Not => format!("the import `{name}` was not called: {values}"),
        Ran::Returned => {
            format!("the import `{name}` ran, and what it gives back does not fit: {values}")
        }
        Ran::Panicked => {
            // SAFETY: the function wrote its panic, which is given up for the one below.
            let panic = unsafe { panic.read() };
            let panic = panic.message();
            format!("{panic} (and what the import `{name}` had changed does not fit: {values})")
        }
    };
    // SAFETY: the module gives room for a panic.
    unsafe { panic.write(Panic::saying(&message)) };
    PANICKED
}

/// Whether both sides lend the same way, one of these, what the plan says is lent.
fn passing_lends(given: &[Passing], place: usize, to: Passing, ways: [Lends; 2]) -> bool {
    let lends = given.get(place).map(|passing| passing.lends);
    ways.contains(&to.lends) && lends == Some(to.lends)
}

/// What a call has made for the export; given up when it is dropped.
enum PreparedArgument<'p> {
    /// A value among the export's arguments, and the caller's that it was made of.
    Value {
        engine: Engine<'p>,
        from: At,
        to: At,
    },
    /// So many values that a reference or a slice leads to.
    Lent {
        engine: Engine<'p>,
        room: Scratch,
        len: usize,
    },
    /// So many values that the export may change, each made of one of the caller's.
    Changed {
        merging: &'p Merging,
        name: &'p str,
        memory: &'static Memory,
        first: At,
        room: Scratch,
        len: usize,
        is_slice: bool,
    },
    /// A parameter that the caller does not know.
    Default(At, &'static Operations),
    /// Nothing any more.
    Committed,
}

impl PreparedArgument<'_> {
    /// Gives up the caller's argument for the one that was made of it.
    fn commit(&mut self) {
        if matches!(
            self,
            PreparedArgument::Lent { .. } | PreparedArgument::Changed { .. }
        ) {
            return;
        }
        // From here on it belongs to the export.
        let this = std::mem::replace(self, PreparedArgument::Committed);
        let mut this = ManuallyDrop::new(this);
        if let PreparedArgument::Value { engine, from, .. } = &mut *this {
            // SAFETY: the argument at `from` was prepared by this engine, and is the caller's to give up.
            unsafe { engine.commit_state(*from) };
            // SAFETY: `this` is not dropped, so the engine is dropped once.
            unsafe { std::ptr::drop_in_place(engine) };
        }
    }
}

impl PreparedArgument<'_> {
    /// Lets the caller's values have what the export left where it might change them; what does not fit is
    /// added to `unfit`, by its path.
    ///
    /// # Safety
    ///
    /// The export had what was prepared, and has no more of it.
    unsafe fn merge(&mut self, unfit: &mut Vec<(String, String)>) {
        let PreparedArgument::Changed {
            merging,
            name,
            memory,
            first,
            room,
            len,
            is_slice,
        } = self
        else {
            return;
        };
        // From here on the values are not abandoned any more.
        let len = std::mem::take(len);
        let room = At::scratch(room);
        let mut failures = Vec::new();
        for i in 0..len {
            let (from, to) = (
                first.part(i * merging.old.size),
                room.part(i * merging.new.size),
            );
            // SAFETY: so many values were prepared there, of as many of the caller's, which are lent for the call
            // and nothing else has used. The export has left values of its type, by the caller.
            unsafe { merging.merge(memory, from, to, &mut failures) };
            unfit.extend(failures.drain(..).map(|failure: Failure| {
                let item = if *is_slice {
                    format!("[{i}]")
                } else {
                    String::new()
                };
                let path = format!("{name}{item}{}", failure.path());
                (path, failure.reason().to_owned())
            }));
        }
    }
}

impl Drop for PreparedArgument<'_> {
    fn drop(&mut self) {
        match self {
            PreparedArgument::Value { engine, to, .. } => {
                // SAFETY: this engine prepared it there, and it was not committed.
                unsafe { engine.abandon_state(*to) };
            }
            PreparedArgument::Lent { engine, room, len } => {
                let (first, size) = (At::scratch(room), engine.program.new.size);
                for i in 0..*len {
                    // SAFETY: this engine prepared so many there, which belong to nothing else.
                    unsafe { engine.abandon_state(first.part(i * size)) };
                }
            }
            PreparedArgument::Changed {
                merging,
                memory,
                room,
                len,
                ..
            } => {
                let (first, size) = (At::scratch(room), merging.new.size);
                for i in 0..*len {
                    // SAFETY: so many were prepared there; the export, which gets them after this is the only
                    // thing left to do (`Changed::merge`), has not.
                    unsafe { merging.abandon(memory, first.part(i * size)) };
                }
            }
            PreparedArgument::Default(to, operations) => {
                // SAFETY: a value of these operations' type was made there, and nothing else owns it.
                unsafe { to.drop(operations) };
            }
            PreparedArgument::Committed => {}
        }
    }
}

impl Converter for Passage {
    unsafe fn call(
        &self,
        state: *mut (),
        args: *mut (),
        output: *mut (),
        panic: *mut (),
    ) -> Result<u8, DoesNotFit> {
        let mut room = Scratch::of(self.args);
        let given = At(args.cast());
        let taken = At::scratch(&mut room);
        let mut prepared = Vec::with_capacity(self.params.len());
        for param in &self.params {
            // SAFETY: the caller passes the arguments, and there is room for those of the export.
            unsafe { self.prepare(param, given, taken, &mut prepared) }.map_err(|failure| {
                let path = format!("{}{}", param.name, failure.path());
                DoesNotFit::of(path, failure.reason(), Ran::Not)
            })?;
        }
        // From here on nothing is refused, and the arguments are given up.
        prepared.iter_mut().for_each(PreparedArgument::commit);
        for (from, operations) in &self.dropped {
            // SAFETY: the caller's argument at this place is of these operations' type, goes nowhere else, and
            // is given up.
            unsafe { given.part(*from).drop(operations) };
        }
        let mut returned = self.output.as_ref().map(|it| Scratch::new(it.old));
        let returned = match &mut returned {
            Some(room) => At::scratch(room),
            None => At(output.cast()),
        };
        // SAFETY: the room holds the export's arguments, each made for its parameter; the state and the room for
        // a panic are the caller's, and there is room for the export's result.
        let status = unsafe { (self.shim)(state, taken.as_ptr(), returned.as_ptr(), panic) };
        // What was lent for the call goes before its result is looked at.
        let mut unfit = Vec::new();
        for prepared in &mut prepared {
            // SAFETY: the export has had all that was prepared for it, and has no more of it.
            unsafe { prepared.merge(&mut unfit) };
        }
        drop(prepared);
        let ran = match status {
            DONE => Ran::Returned,
            _ => Ran::Panicked,
        };
        if !unfit.is_empty() {
            if status == DONE {
                // SAFETY: the export has written its result, which goes to no one.
                unsafe { returned.drop(self.returns) };
            }
            return Err(DoesNotFit { values: unfit, ran });
        }
        let Some(program) = self.output.as_ref().filter(|_| status == DONE) else {
            return Ok(status);
        };
        let to = At(output.cast());
        let mut engine = self.engine(program);
        // SAFETY: the export has written its result, for whose type the program was compiled; the caller gives
        // room for the result that it expects.
        match unsafe { engine.prepare_state(returned, to) } {
            Ok(()) => {
                // SAFETY: it was prepared by this engine, and nothing else owns it.
                unsafe { engine.commit_state(returned) };
                Ok(DONE)
            }
            Err(failure) => {
                // SAFETY: it is of these operations' type, as the export returned it, and nothing else owns it.
                unsafe { returned.drop(program.old) };
                let path = format!("() -> {}", failure.path());
                Err(DoesNotFit::of(path, failure.reason(), Ran::Returned))
            }
        }
    }
}

impl Passage {
    fn engine<'p>(&self, program: &'p Program) -> Engine<'p> {
        Engine::new(program, self.memory, NonZero::<usize>::MIN)
    }

    /// Makes one parameter of the export; if it fails, what there is of it goes with all that is prepared.
    ///
    /// # Safety
    ///
    /// The caller's arguments are at `given`, and nothing else uses them; at `taken` is room for the export's.
    /// Both stay where they are for as long as what is prepared.
    unsafe fn prepare<'p>(
        &self,
        param: &'p ParamPassage,
        given: At,
        taken: At,
        prepared: &mut Vec<PreparedArgument<'p>>,
    ) -> Result<(), Failure> {
        let to = taken.part(param.to);
        match &param.source {
            ArgumentSource::Same { from, size } => {
                // SAFETY: both sides have a value of this size there, by `converter`.
                unsafe { given.part(*from).copy_to(to, *size) };
            }
            ArgumentSource::Value { from, program } => {
                let mut engine = self.engine(program);
                let from = given.part(*from);
                // SAFETY: the program was compiled for the argument that is there and the parameter that
                // there is room for.
                unsafe { engine.prepare_state(from, to) }?;
                prepared.push(PreparedArgument::Value { engine, from, to });
            }
            ArgumentSource::Lent { from, program } => {
                // SAFETY: the caller's argument at this place is a reference, by `converter`.
                let first = unsafe { given.part(*from).pointed_to() };
                // SAFETY: to one value of the type that the program was compiled for.
                let room = unsafe { self.lend(program, (first, 1, false), prepared) }?;
                // SAFETY: so is the parameter, to one of the other type.
                unsafe { to.point_to(room) };
            }
            ArgumentSource::Slice { from, program } => {
                // SAFETY: the caller's argument at this place is a slice, by `converter`.
                let (first, len) = unsafe { given.part(*from).slice() };
                // SAFETY: of so many values of the type that the program was compiled for.
                let room = unsafe { self.lend(program, (first, len, true), prepared) }?;
                // SAFETY: so is the parameter, of as many of the other type.
                unsafe { to.slice_of(room, len) };
            }
            ArgumentSource::LentMut { from, merging } => {
                // SAFETY: the caller's argument at this place is a reference, by `converter`.
                let first = unsafe { given.part(*from).pointed_to() };
                // SAFETY: to one value of the type that this was compiled for, which the call may change.
                let room = unsafe { self.lend_mut((param, merging), (first, 1, false), prepared) }?;
                // SAFETY: so is the parameter, to one of the other type.
                unsafe { to.point_to(room) };
            }
            ArgumentSource::SliceMut { from, merging } => {
                // SAFETY: the caller's argument at this place is a slice, by `converter`.
                let (first, len) = unsafe { given.part(*from).slice_mut() };
                // SAFETY: of so many values of the type that this was compiled for, which the call may change.
                let room =
                    unsafe { self.lend_mut((param, merging), (first, len, true), prepared) }?;
                // SAFETY: so is the parameter, of as many of the other type.
                unsafe { to.slice_mut_of(room, len) };
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
                prepared.push(PreparedArgument::Default(to, operations));
            }
        }
        Ok(())
    }

    /// Makes what so many values are for the export, and gives where they are for as long as the call lasts.
    ///
    /// # Safety
    ///
    /// So many values of the type that the program was compiled for are there, and stay.
    unsafe fn lend<'p>(
        &self,
        program: &'p Program,
        (first, len, is_slice): (At, usize, bool),
        prepared: &mut Vec<PreparedArgument<'p>>,
    ) -> Result<At, Failure> {
        let (old, new) = (program.old, program.new);
        let layout = self.room(new, len)?;
        prepared.push(PreparedArgument::Lent {
            engine: self.engine(program),
            room: Scratch::of(layout),
            len: 0,
        });
        // It stays where it is: there is room for all that a call prepares.
        let Some(PreparedArgument::Lent {
            engine,
            room,
            len: made,
        }) = prepared.last_mut()
        else {
            return Err(Failure::new("bug in hotmod: what was prepared is gone"));
        };
        let room = At::scratch(room);
        for i in 0..len {
            let (from, to) = (first.part(i * old.size), room.part(i * new.size));
            // SAFETY: so many values are lent, for whose type the program was compiled, and there is room
            // for as many of the other.
            let item = unsafe { engine.prepare_state(from, to) };
            item.map_err(|failure| match is_slice {
                true => failure.within(format!("[{i}]")),
                false => failure,
            })?;
            *made = i + 1;
        }
        Ok(room)
    }

    /// The same, of values that the export may change.
    ///
    /// # Safety
    ///
    /// So many values of the type that it was compiled for are there, and stay; nothing else uses them.
    unsafe fn lend_mut<'p>(
        &self,
        (param, merging): (&'p ParamPassage, &'p Merging),
        (first, len, is_slice): (At, usize, bool),
        prepared: &mut Vec<PreparedArgument<'p>>,
    ) -> Result<At, Failure> {
        let (old, new) = (merging.old, merging.new);
        let layout = self.room(new, len)?;
        prepared.push(PreparedArgument::Changed {
            merging,
            name: &param.name,
            memory: self.memory,
            first,
            room: Scratch::of(layout),
            len: 0,
            is_slice,
        });
        // It stays where it is: there is room for all that a call prepares.
        let Some(PreparedArgument::Changed {
            room, len: made, ..
        }) = prepared.last_mut()
        else {
            return Err(Failure::new("bug in hotmod: what was prepared is gone"));
        };
        let room = At::scratch(room);
        for i in 0..len {
            let (from, to) = (first.part(i * old.size), room.part(i * new.size));
            // SAFETY: so many values are lent, for whose type this was compiled, and there is room for as many
            // of the other.
            let item = unsafe { merging.prepare(self.memory, from, to) };
            item.map_err(|failure| match is_slice {
                true => failure.within(format!("[{i}]")),
                false => failure,
            })?;
            *made = i + 1;
        }
        Ok(room)
    }

    /// The layout of so many values, if the module may have memory for them.
    fn room(&self, of: &Operations, len: usize) -> Result<Layout, Failure> {
        let layout = of.size.checked_mul(len);
        let layout = layout.and_then(|size| Layout::from_size_align(size, of.align).ok());
        let layout = layout.ok_or_else(|| Failure::new("there is no memory for it"))?;
        affords(self.memory, layout.size())?;
        Ok(layout)
    }
}

#[cfg(test)]
mod tests;
