//! Where a thread is among the calls of modules that are linked into the executable.

use std::ptr;

use hotmod::root::mark::Mark;

use crate::call::slot;
use crate::image::linked::Calls;
use crate::image::memory::Memory;
use crate::image::places;

/// What linked modules are told by.
pub(crate) const CALLS: Calls = Calls {
    current,
    host,
    mark,
};

/// The module that the innermost call of this thread is in, and how deep that is, if it is linked.
fn current() -> Option<(&'static Memory, u32)> {
    let generation = slot::current()?;
    let image = generation.image;
    image
        .is_linked()
        .then(|| (image.memory, slot::mark().depth))
}

/// The address of the memory of that module: each host has one for it.
fn host() -> Option<usize> {
    current().map(|(memory, _)| ptr::from_ref(memory).addr())
}

/// Where this thread is among its calls, for a panic in the executable. In a module that is loaded, and in a function
/// that the host provides, what panics is the host's own code.
extern "C" fn mark() -> Mark {
    let mark = slot::mark();
    match current() {
        Some((_, depth)) if !places::is_in_host(depth) => mark,
        _ => Mark {
            depth: 0,
            traced: false,
            ..mark
        },
    }
}
