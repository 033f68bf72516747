//! link: a module that is in the executable already. There is no file to check, to copy or to map, and what is static in
//! it is there once for all hosts of the process. So what it asks of "its host" goes to that of the call in which it asks.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::sync::{Arc, Once};

use abi_stable::prefix_type::WithMetadata;
use hotmod::linked;
use hotmod::root::mark::Mark;
use hotmod::root::services::{RaisedPanic, Services, ServicesRef, Stays};
use hotmod::runtime::{SLEEP, SPAWN, YIELD_NOW};
use hotmod_file::{Inspected, Refusal};

use crate::forever::forever;
use crate::forward::source::Source;
use crate::image::code::{LinkedCode, Symbols, VersionCode};
use crate::image::exports;
use crate::image::image::{Around, Image};
use crate::image::linking::Linking;
use crate::image::load::Loader;
use crate::image::memory::{self, Memory};
use crate::image::meter::CallMeter;
use crate::image::places::{CurrentCall, ImportPlaces};
use crate::image::values::ImageValues;
use crate::symbols::look_up::look_up;

/// Where threads are among their calls, as far as linked modules are concerned.
#[derive(Clone, Copy)]
pub(crate) struct Calls {
    /// The innermost one.
    pub(crate) current: CurrentCall,
    /// What tells the host of that call from others of the process.
    pub(crate) host: fn() -> Option<usize>,
    /// Where a thread is, for a panic. It is outside of calls where it is in one of a module that is loaded.
    pub(crate) mark: extern "C" fn() -> Mark,
}

/// Links a module of this executable for a host.
pub(crate) fn link(
    loader: &Loader,
    candidate: &Inspected,
    memory: &'static Memory,
    calls: Calls,
) -> Result<&'static Image, Refusal> {
    let values = initialise(calls);
    let (_, section) = candidate.encoded();
    let code = LinkedCode {
        section: forever(section.to_owned()),
        find: linked::symbol,
    };
    let linking = Linking {
        symbols: Symbols::OfExecutable(code.find),
        candidate,
        places: ImportPlaces::Shared(memory, calls.current),
    };
    let exports = linking.bind(memory, &loader.gives())?;
    linking.confirm(&exports)?;
    bind_own(loader, &linking);
    let build = candidate.build();
    memory.panics.are_of(&build.version);
    let around = Around {
        memory,
        source: Source::new(&build.module, &build.version, &loader.events),
        values,
        meter: loader.measures_one_in.map(CallMeter::new),
    };
    Ok(Image::new(
        candidate,
        VersionCode::Linked(code),
        Some(Arc::new(exports)),
        around,
    ))
}

/// Leaves what the host provides for the imports of hotmod's own. Their records are in no module's section: an
/// executable has them once, whichever of its modules call them.
fn bind_own(loader: &Loader, linking: &Linking<'_>) {
    for name in [SLEEP, YIELD_NOW, SPAWN] {
        let accessor = format!(
            "__hotmod_own_import_{}",
            name.trim_start_matches("hotmod::")
        );
        // SAFETY: hotmod exports an accessor of this type for each of these imports.
        let accessor: Result<exports::ImportAccessor, _> =
            unsafe { linking.symbols.get(&accessor) };
        if let (Ok(accessor), Some(provided)) = (accessor, loader.imports.own(name)) {
            for place in accessor().places() {
                // SAFETY: the host's function of this name is hotmod's own, of the type that the import has.
                unsafe { linking.places.bind(place, provided) };
            }
        }
    }
}

/// Has the linked modules of the process ask this crate. Gives what they count their values at.
fn initialise(calls: Calls) -> &'static ImageValues {
    static ONCE: Once = Once::new();
    static VALUES: ImageValues = ImageValues::new();
    ONCE.call_once(|| {
        // SAFETY: each of the services goes to the host of the call that the thread is in, or says that there is none;
        // all are kept for ever, as are the values.
        unsafe { linked::initialise(services(calls), VALUES.address(), calls.host) };
    });
    &VALUES
}

/// What linked modules ask. Their allocator is the executable's, so the first functions are those of that, and count
/// nothing.
fn services(calls: Calls) -> ServicesRef {
    let calls: &'static Calls = forever(calls);
    let services = Services {
        context: (&raw const *calls).cast(),
        alloc: take,
        alloc_zeroed: take_zeroed,
        dealloc: give_back,
        realloc: resize,
        mark: calls.mark,
        follow,
        count: memory::count,
        panicked,
        look_up,
    };
    ServicesRef(forever(WithMetadata::new(services)).static_as_prefix())
}

/// The memory of the module that the innermost call is in.
///
/// # Safety
///
/// `context` is that of [`services`].
unsafe fn current(context: *const ()) -> Option<&'static Memory> {
    // SAFETY: `services` made it from a `&'static Calls`.
    let calls = unsafe { &*context.cast::<Calls>() };
    (calls.current)().map(|(memory, _)| memory)
}

unsafe extern "C" fn follow(
    context: *const (),
    lazy: *const (),
    to: *const (),
    why: *mut Stays,
) -> bool {
    // SAFETY: the module passes back the context of its services.
    match unsafe { current(context) } {
        Some(memory) => {
            let context = (&raw const *memory).cast();
            // SAFETY: it is the context of that memory's services, and the module passes the rest.
            unsafe { memory::follow(context, lazy, to, why) }
        }
        None => {
            let stays = Stays {
                reason: "it is used outside of calls of the host".into(),
                ..*memory::not_loaded()
            };
            // SAFETY: the module gives room for the reason.
            unsafe { why.write(stays) };
            false
        }
    }
}

unsafe extern "C" fn panicked(context: *const (), panic: *const RaisedPanic<'_>) {
    // SAFETY: the module lends the panic for the call.
    let panic = unsafe { &*panic };
    // What is raised outside of calls of linked modules is the host's, or of a thread that could be anyone's.
    if !panic.is_inside {
        return;
    }
    // SAFETY: the module passes back the context of its services.
    if let Some(memory) = unsafe { current(context) } {
        memory.panics.count(panic);
    }
}

/// # Safety
///
/// Size and alignment are the parts of a `Layout`.
unsafe fn layout(size: usize, align: usize) -> Layout {
    // SAFETY: the caller's.
    unsafe { Layout::from_size_align_unchecked(size, align) }
}

unsafe extern "C" fn take(_: *const (), size: usize, align: usize) -> *mut u8 {
    // SAFETY: the module passes the parts of a `Layout`.
    let layout = unsafe { layout(size, align) };
    // SAFETY: the layout is that of the module's own `GlobalAlloc::alloc`.
    unsafe { alloc(layout) }
}

unsafe extern "C" fn take_zeroed(_: *const (), size: usize, align: usize) -> *mut u8 {
    // SAFETY: the module passes the parts of a `Layout`.
    let layout = unsafe { layout(size, align) };
    // SAFETY: as in `take`.
    unsafe { alloc_zeroed(layout) }
}

unsafe extern "C" fn give_back(_: *const (), block: *mut u8, size: usize, align: usize) {
    // SAFETY: the module passes the parts of a `Layout`.
    let layout = unsafe { layout(size, align) };
    // SAFETY: the block is of this allocator, with this layout.
    unsafe { dealloc(block, layout) }
}

unsafe extern "C" fn resize(
    _: *const (),
    block: *mut u8,
    size: usize,
    align: usize,
    new_size: usize,
) -> *mut u8 {
    // SAFETY: the module passes the parts of a `Layout`.
    let layout = unsafe { layout(size, align) };
    // SAFETY: the block is of this allocator, with this layout.
    unsafe { realloc(block, layout, new_size) }
}
