//! How a state is made: the function marked `#[hotmod::init]`.

use std::fmt::Display;

use abi_stable::std_types::{RResult, RStr, RString};

use crate::call;
use crate::call::boundary::{Cons, LentForTheCall};
use crate::state::StableState;

/// What crosses from an init: the state, boxed, or what stood in the way.
pub type InitWire = RResult<*mut (), RString>;

/// What a function marked `#[hotmod::init]` may take: the host's text.
///
/// A safe trait: the text is lent for the call, and what the init makes of it stays in the module.
#[diagnostic::on_unimplemented(
    message = "an init cannot take `{Self}` [HM-0925]",
    label = "the host passes a text",
    note = "write `config: &str` and read what is needed from it, or take nothing"
)]
pub trait InitInput<'a> {
    /// The text, as the init takes it.
    fn from_text(text: &'a str) -> Self;
}

impl<'a> InitInput<'a> for &'a str {
    #[inline]
    fn from_text(text: &'a str) -> &'a str {
        text
    }
}

/// A type that `derive(StableState)` was put on.
///
/// A safe trait: it only chooses what a compile error says. `StableState` has the promises.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not derive `StableState` [HM-0921]",
    label = "not a type of the module's own",
    note = "put `#[derive(StableState)]` on a type of your own, and use that"
)]
pub trait Derived: StableState {}

/// What a function marked `#[hotmod::init]` may return: the state, or a `Result` of it.
///
/// A safe trait: generated code relies on the types that it names, and on no promise about their
/// values.
#[diagnostic::on_unimplemented(
    message = "an init cannot return `{Self}` [HM-0925]",
    label = "neither a state nor a `Result` of one",
    note = "return a type that derives `StableState`, or `Result<S, E>` of such a type `S` and an \
            error `E` that implements `Display`"
)]
pub trait InitOutput {
    /// The state.
    type State: Derived + Send;

    /// The state, or the error as text.
    fn into_result(self) -> Result<Self::State, String>;
}

impl<S: Derived + Send> InitOutput for S {
    type State = S;

    fn into_result(self) -> Result<S, String> {
        Ok(self)
    }
}

impl<S: Derived + Send, E: Display> InitOutput for Result<S, E> {
    type State = S;

    fn into_result(self) -> Result<S, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Runs an init on behalf of its shim.
///
/// # Safety
///
/// As [`call::run`], with one `&str` as the argument and [`InitWire`] as what crosses back.
pub unsafe fn run_init<O: InitOutput>(
    args: *mut (),
    output: *mut (),
    panic: *mut (),
    init: impl FnOnce(&str) -> O,
) -> u8 {
    let make = |_: LentForTheCall<'_>, Cons(config, ()): Cons<RStr<'_>, ()>| -> InitWire {
        match init(config.as_str()).into_result() {
            Ok(state) => RResult::ROk(Box::into_raw(Box::new(state)).cast()),
            Err(error) => RResult::RErr(error.into()),
        }
    };
    // SAFETY: the caller keeps the contract of `run` for this argument and this result.
    unsafe { call::run(args, output, panic, make) }
}
