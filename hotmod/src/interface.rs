//! Interfaces: traits that both sides know.

use crate::call::{self, Caller, Shim};
use crate::describe::InterfaceDesc;
use crate::state::{Registry, StableState};

/// `dyn Trait` of a trait that `#[hotmod::interface]` was put on.
///
/// # Safety
///
/// - `DESC` lists the trait's methods, in their order, as they are.
/// - The client calls method `n` of `DESC` with the arguments and the result described there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an interface",
    label = "not `dyn Trait` of a trait marked `#[hotmod::interface]`",
    note = "put `#[hotmod::interface]` on the trait and name it as `dyn Trait`"
)]
pub unsafe trait Interface {
    /// The trait's name and methods.
    const DESC: &'static InterfaceDesc;

    /// What host code calls: the trait's methods, each returning `Result<T, CallError>`.
    type Client<C: Caller>;

    /// A client over whoever carries the calls.
    fn client<C: Caller>(caller: C) -> Self::Client<C>;

    /// The caller under a client.
    fn caller<C: Caller>(client: &Self::Client<C>) -> &C;

    /// The caller under a client, exclusively.
    fn caller_mut<C: Caller>(client: &mut Self::Client<C>) -> &mut C;

    /// Adds every described type that the signatures mention, as this side compiled it.
    fn register(types: &mut Registry);
}

/// The shims of an interface for a state that implements the trait.
///
/// # Safety
///
/// `SHIMS` has one shim for each method of `Interface::DESC`, in that order, each with that
/// method's arguments and result, for a state of type `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an interface",
    label = "not a trait marked `#[hotmod::interface]`",
    note = "put `#[hotmod::interface]` on the trait, in a crate that the host links too"
)]
pub unsafe trait Implementation<S>: Interface {
    /// The shims.
    const SHIMS: &'static [Shim];
}

/// What the host needs of a state type besides its description.
#[repr(C)]
pub struct Operations {
    /// Drops a state that an init made and frees its memory; [`DONE`](crate::call::DONE), or
    /// [`PANICKED`](crate::call::PANICKED) with the panic written.
    pub drop: unsafe extern "C" fn(state: *mut (), panic: *mut ()) -> u8,
}

impl Operations {
    /// Those of this type.
    pub const fn of<S: StableState>() -> Self {
        Operations {
            drop: drop_state::<S>,
        }
    }
}

unsafe extern "C" fn drop_state<S>(state: *mut (), panic: *mut ()) -> u8 {
    let mut nothing = ();
    let drop = |()| {
        // SAFETY: the host calls this once, with the pointer that init made by `Box::into_raw`.
        drop(unsafe { Box::from_raw(state.cast::<S>()) });
    };
    // SAFETY: the arguments and the result are `()`; `panic` is what the host gave for it.
    unsafe { call::run(&raw mut nothing, &raw mut nothing, panic, drop) }
}

/// What a module exports for each interface that one of its states implements.
#[repr(C)]
pub struct ImplementationTable {
    shims: *const Shim,
    count: usize,
    operations: Operations,
}

// SAFETY: the table is constant data, and its pointer leads to constant data.
unsafe impl Sync for ImplementationTable {}

impl ImplementationTable {
    /// The table of `I` for the state `S`.
    pub const fn of<I: Implementation<S> + ?Sized, S: StableState + Send>() -> Self {
        ImplementationTable {
            shims: I::SHIMS.as_ptr(),
            count: I::SHIMS.len(),
            operations: Operations::of::<S>(),
        }
    }

    /// The shims, in the order of the interface's description.
    pub fn shims(&self) -> &'static [Shim] {
        // SAFETY: `of`, the only constructor, took both from one `&'static` slice, in an image that
        // is never unmapped.
        unsafe { std::slice::from_raw_parts(self.shims, self.count) }
    }

    /// The state's operations.
    pub fn operations(&self) -> &Operations {
        &self.operations
    }
}
