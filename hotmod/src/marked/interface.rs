//! Interfaces: traits that both sides know.

use crate::call::passing::CrossingTable;
use crate::call::{Caller, Shim};
use crate::describe::InterfaceDesc;
use crate::marked::task::Handover;
use crate::operations::Operations;
use crate::state::{IsState, Registry};

/// `dyn Trait` of a trait that `#[hotmod::interface]` was put on.
///
/// # Safety
///
/// - `DESC` lists the trait's methods, in their order, as they are.
/// - The client calls method `n` of `DESC` with the arguments and the result described there.
/// - The client is its caller and nothing else.
/// - `CROSSINGS` has, for each method of `DESC`, what it takes and returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an interface [HM-0930]",
    label = "not `dyn Trait` of a trait marked `#[hotmod::interface]`",
    note = "put `#[hotmod::interface]` on the trait and name it as `dyn Trait`"
)]
pub unsafe trait Interface {
    /// The trait's name and methods.
    const DESC: &'static InterfaceDesc;

    /// What a host can do with what the methods take and return.
    const CROSSINGS: &'static [CrossingTable];

    /// What host code calls: the trait's methods, each returning `Result<T, CallError>`.
    type Client<C: Caller>;

    /// A client whose calls this caller carries.
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
    message = "`{Self}` is not an interface [HM-0930]",
    label = "not a trait marked `#[hotmod::interface]`",
    note = "put `#[hotmod::interface]` on the trait, in a crate that the host links too"
)]
pub unsafe trait Implementation<S>: Interface {
    /// The shims.
    const SHIMS: &'static [Shim];
}

/// What a module exports for each interface that one of its states implements.
#[repr(C)]
pub struct ImplementationTable {
    shims: *const Shim,
    count: usize,
    crossings: *const CrossingTable,
    operations: &'static Operations,
}

// SAFETY: the table is constant data, and its pointer leads to constant data.
unsafe impl Sync for ImplementationTable {}

impl ImplementationTable {
    /// The table of `I` for the state `S`.
    pub const fn of<I: Implementation<S> + ?Sized, S: IsState + Send>() -> Self {
        assert!(I::SHIMS.len() == I::CROSSINGS.len());
        ImplementationTable {
            shims: I::SHIMS.as_ptr(),
            count: I::SHIMS.len(),
            crossings: I::CROSSINGS.as_ptr(),
            operations: S::OPERATIONS,
        }
    }

    /// The table of states that a task hands over, which have no methods.
    pub const fn of_handover<S: Handover>() -> Self {
        ImplementationTable {
            shims: [].as_ptr(),
            count: 0,
            crossings: [].as_ptr(),
            operations: S::OPERATIONS,
        }
    }

    /// The shims, in the order of the interface's description.
    pub fn shims(&self) -> &'static [Shim] {
        // SAFETY: the constructors took both from one `&'static` slice, in an image that
        // is never unmapped.
        unsafe { std::slice::from_raw_parts(self.shims, self.count) }
    }

    /// What the methods take and return, in the same order.
    pub fn crossings(&self) -> &'static [CrossingTable] {
        // SAFETY: as for the shims, of which there are as many.
        unsafe { std::slice::from_raw_parts(self.crossings, self.count) }
    }

    /// The state's operations.
    pub fn operations(&self) -> &'static Operations {
        self.operations
    }
}
