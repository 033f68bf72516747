//! What a module may ask of its host.

use abi_stable::StableAbi;
use abi_stable::std_types::{RSlice, RStr, RString};

use crate::root::mark::Mark;

/// The host's side of a loaded module. A prefix type: fields are only ever added at the end.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = ServicesRef)))]
#[sabi(missing_field(panic))]
pub struct Services {
    /// What the host knows this module by; passed back to it with every request.
    pub context: *const (),
    /// [`std::alloc::GlobalAlloc::alloc`]: size and alignment, both in bytes.
    pub alloc: unsafe extern "C" fn(context: *const (), size: usize, align: usize) -> *mut u8,
    /// [`std::alloc::GlobalAlloc::alloc_zeroed`].
    pub alloc_zeroed:
        unsafe extern "C" fn(context: *const (), size: usize, align: usize) -> *mut u8,
    /// [`std::alloc::GlobalAlloc::dealloc`]: the block, its size and alignment.
    pub dealloc:
        unsafe extern "C" fn(context: *const (), block: *mut u8, size: usize, align: usize),
    /// [`std::alloc::GlobalAlloc::realloc`]: the block, its size and alignment, the new size.
    pub realloc: unsafe extern "C" fn(
        context: *const (),
        block: *mut u8,
        size: usize,
        align: usize,
        new_size: usize,
    ) -> *mut u8,
    /// Where the thread that asks is among its calls.
    pub mark: extern "C" fn() -> Mark,
    /// Takes the value of a `Lazy` to the version whose code asks for it: the `RawLazy`, the asking code's `Stamp`
    /// of the value's type, and room for the reason if it is not taken there. Gives back whether it is there.
    pub follow: unsafe extern "C" fn(
        context: *const (),
        lazy: *const (),
        to: *const (),
        why: *mut Stays,
    ) -> bool,
    /// Counts values of `Lazy`s that were made by the code of an image, or dropped: what the host knows the
    /// image by, and how many more there are.
    pub count: unsafe extern "C" fn(image: *const (), more: i64),
    /// Is told of a panic while the module raises it, on the thread that does.
    pub panicked: unsafe extern "C" fn(context: *const (), panic: *const RaisedPanic<'_>),
    /// Looks up functions and lines. It takes long the first time.
    #[sabi(last_prefix_field)]
    pub look_up: extern "C" fn(addresses: RSlice<'_, usize>) -> RString,
}

/// Why a value stays at its version.
#[repr(C)]
#[derive(Clone, Debug, PartialEq, Eq, StableAbi)]
pub struct Stays {
    /// The way to what does not fit: `Entry.gold`.
    pub path: RString,
    /// The version that the value is at.
    pub from: RString,
    /// The version that it was to be taken to.
    pub to: RString,
    /// What stands in the way.
    pub reason: RString,
}

/// A panic, as the module tells its host of it while it is raised. All of it is lent.
#[repr(C)]
#[derive(StableAbi)]
pub struct RaisedPanic<'a> {
    /// What it says; empty if that is not text.
    pub message: RStr<'a>,
    /// Where it was raised: the file as the module's compiler saw it.
    pub file: RStr<'a>,
    /// The line, from 1; nought if it is not known where the panic was raised.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// Whether the thread was in an export or operation.
    pub is_inside: bool,
    /// The address of the code that ran in each function of the stack, from the innermost on. None if the host
    /// does not want them.
    pub addresses: RSlice<'a, usize>,
    /// An address in the image that raised it.
    pub image: *const (),
}
