//! What a module may ask of its host.

use abi_stable::StableAbi;

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
    #[sabi(last_prefix_field)]
    pub mark: extern "C" fn() -> Mark,
}
