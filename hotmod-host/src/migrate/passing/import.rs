//! Functions of a host that a module declares otherwise: what the module calls in their place.

use std::sync::Arc;

use hotmod::call::PANICKED;
use hotmod::call::passing::Passing;
use hotmod::describe::Signature;
use hotmod::import::Provided;
use hotmod::operations::Operations;
use hotmod_file::plan::Passed;

use super::compile::{Called, passage};
use super::passage::Passage;
use crate::call::generation::{Converter, Ran};
use crate::forever::forever;
use crate::image::exports::Exports;
use crate::image::import::ConvertedImport;
use crate::image::memory::Memory;
use crate::migrate::at::At;
use crate::migrate::program::Ends;

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
        forms: None,
    };
    let back = Ends {
        was: &host,
        now: exports,
        from: "",
        forms: None,
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
            | Passed::SliceMut(place, _)
            | Passed::Given(place, _)
            | Passed::GivenItems(place, _)
            | Passed::Text(place)
            | Passed::TextGiven(place) => declared.params.get(*place),
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
    let unfit = match called {
        Ok(status) => return status,
        Err(unfit) => unfit,
    };
    if unfit.ran == Ran::Not {
        for (place, operations) in &import.given {
            // SAFETY: the function did not run, so the arguments are those that the module gave up, each of
            // its operations' type.
            unsafe { At(args.cast()).part(*place).drop(operations) };
        }
    }
    // SAFETY: the module gives room for a panic; where the function panicked, that is written.
    unsafe { unfit.tell_module(&import.name, panic.cast()) };
    PANICKED
}
