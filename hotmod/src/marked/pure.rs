//! Pure exports: functions that a host may also run in a version that is not in use, on copies of a
//! call's arguments, to see whether that version would return the same.
//!
//! Two versions may come from two compilers, so neither can look at a value of the other. What is
//! compared is text: each version writes, by its own `Debug`, what it returned.
//!
//! ```text
//! host: PureTable::try_out ──► candidate: copies of the arguments → the user's function → text
//!       the call itself    ──► running version: the user's function → the result
//!       PureTable::show    ──► running version: the result → text
//! ```
//!
//! An `async fn` is begun on the copies in a block of the host's, which polls it to its end, as it polls any call.

use std::fmt::{Debug, Write};
use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::NonNull;

use abi_stable::std_types::RString;

use crate::call::boundary::{Boundary, Cons, LentForTheCall};
use crate::call::future::{self, FutureBlock, PENDING, Started};
use crate::call::{DONE, Panic};

/// What a module exports for each of its pure functions, beside the shim.
#[repr(C)]
pub struct PureTable {
    /// How it is run on copies of arguments.
    pub tries: Tries,
    /// Takes a result as it crosses, which it leaves as it was, and room for a [`Shown`].
    pub show: unsafe extern "C" fn(output: *mut (), shown: *mut ()),
}

/// How a pure function is run on copies of arguments.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Tries {
    /// Takes the arguments as they cross, which it leaves as they were, and room for a [`Tried`].
    AtOnce(unsafe extern "C" fn(args: *mut (), tried: *mut ())),
    /// The same of an `async fn`, with a block that has no future in it. Returns [`DONE`], or [`PENDING`] with a future in
    /// the block that is ready with the [`Shown`] which is to stand in the place of that in the `Tried`.
    Awaited(unsafe extern "C" fn(args: *mut (), block: *mut (), tried: *mut ()) -> u8),
}

/// A call that was tried out, as it leaves the module.
#[repr(C)]
pub struct Tried {
    /// The arguments: `base: 9, armour: 4`.
    pub arguments: RString,
    /// What came of it.
    pub outcome: Shown,
}

/// What came of a call, as it leaves the module.
#[repr(u8)]
pub enum Shown {
    /// It returned this.
    Returned(RString),
    /// The function panicked.
    Panicked(Panic),
    /// The `Clone` or `Debug` of an argument, or the `Debug` of the result, panicked.
    Unshown(Panic),
}

/// A parameter of a pure function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a pure function [HM-0926]",
    label = "not a type that can be copied and shown",
    note = "put `#[derive(Clone, Debug)]` on it, or borrow it: `&T` needs only `Debug`"
)]
pub trait PureArgument: Clone + Debug {}

impl<T: Clone + Debug> PureArgument for T {}

/// What a pure function returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a pure function [HM-0926]",
    label = "not a type that can be shown",
    note = "put `#[derive(Debug)]` on it: what two versions return is compared as its text"
)]
pub trait PureResult: Debug {}

impl<T: Debug> PureResult for T {}

/// The arguments of a pure function: [`Cons`] of them.
///
/// # Safety
///
/// `Wires` is the arguments as they cross, by what [`Boundary`] says of each, and `give` gives back
/// what `take` took.
pub unsafe trait Arguments {
    /// The arguments, lent for a call.
    type Lent<'call>;
    /// The same as they cross.
    type Wires<'call>;

    /// Takes them as they cross.
    fn take(wires: Self::Wires<'_>) -> Self::Lent<'_>;

    /// Gives them back.
    fn give(lent: Self::Lent<'_>) -> Self::Wires<'_>;

    /// Copies them, as deeply as their `Clone` does.
    fn copied<'call>(lent: &Self::Lent<'call>) -> Self::Lent<'call>;

    /// Writes them: `base: 9, armour: 4`.
    fn show(lent: &Self::Lent<'_>, names: &[&str], text: &mut String);
}

// SAFETY: there are none.
unsafe impl Arguments for () {
    type Lent<'call> = ();
    type Wires<'call> = ();

    fn take((): Self::Wires<'_>) -> Self::Lent<'_> {}

    fn give((): Self::Lent<'_>) -> Self::Wires<'_> {}

    fn copied<'call>((): &Self::Lent<'call>) -> Self::Lent<'call> {}

    fn show((): &Self::Lent<'_>, _names: &[&str], _text: &mut String) {}
}

// SAFETY: the first is converted as `Boundary` promises, the others as they promise.
unsafe impl<H: Boundary, T: Arguments> Arguments for Cons<H, T>
where
    for<'call> H::Lent<'call>: PureArgument,
{
    type Lent<'call> = Cons<H::Lent<'call>, T::Lent<'call>>;
    type Wires<'call> = Cons<<H::Lent<'call> as Boundary>::Wire, T::Wires<'call>>;

    fn take(Cons(first, rest): Self::Wires<'_>) -> Self::Lent<'_> {
        Cons(Boundary::from_wire(first), T::take(rest))
    }

    fn give(Cons(first, rest): Self::Lent<'_>) -> Self::Wires<'_> {
        Cons(first.into_wire(), T::give(rest))
    }

    fn copied<'call>(Cons(first, rest): &Self::Lent<'call>) -> Self::Lent<'call> {
        Cons(first.clone(), T::copied(rest))
    }

    fn show(Cons(first, rest): &Self::Lent<'_>, names: &[&str], text: &mut String) {
        let (name, names) = names.split_first().unwrap_or((&"_", &[]));
        let separator = if text.is_empty() { "" } else { ", " };
        // A `String` takes all that is written to it; a `Debug` that fails says no more.
        let _ = write!(text, "{separator}{name}: {first:?}");
        T::show(rest, names, text);
    }
}

/// A result as text. Made on behalf of `run` of [`try_out`].
pub fn shown<R: Debug>(value: R) -> Result<String, Panic> {
    // Including the drop of the value: a panic there is not the function's, nor is one of its `Debug`.
    catch(move || text(&value))
}

/// What a pure `async fn` that is tried out is ready with.
struct ReadyShown(Shown);

impl future::ReadyWith for ReadyShown {
    type Wire = Shown;

    fn into_wire(self) -> Shown {
        self.0
    }
}

/// Begins a pure `async fn` that is tried out. Made on behalf of `run` of [`begin_trial`].
///
/// # Safety
///
/// As for `future::begin`.
pub unsafe fn begin_shown<'call, R: Debug + 'call>(
    call: LentForTheCall<'call>,
    block: NonNull<FutureBlock>,
    future: impl Future<Output = R> + Send + 'call,
) -> Started {
    let ready = async move {
        ReadyShown(match shown(future.await) {
            Ok(text) => Shown::Returned(text.into()),
            Err(panic) => Shown::Unshown(panic),
        })
    };
    // SAFETY: the caller's.
    unsafe { future::begin(call, block, ready) }
}

/// Begins a pure `async fn` on copies of arguments, for the host, which keeps the arguments. Returns what
/// [`Tries::Awaited`] does.
///
/// # Safety
///
/// As of [`try_out`], and what the arguments are lent outlives the future in the block, which has none yet.
pub unsafe fn begin_trial<A: Arguments>(
    args: *mut (),
    block: *mut (),
    tried: *mut (),
    names: &[&str],
    run: impl for<'call> FnOnce(LentForTheCall<'call>, NonNull<FutureBlock>, A::Lent<'call>) -> Started,
) -> u8 {
    let block = NonNull::new(block.cast::<FutureBlock>());
    let block = block.expect("bug in hotmod: a function is tried out nowhere");
    let mut begun = false;
    let tried_out = LentForTheCall::during(|call| {
        let run = |call, copies| {
            run(call, block, copies);
            begun = true;
            Ok(String::new())
        };
        // SAFETY: the caller keeps the same contract.
        unsafe { try_within::<A>(call, args, names, run) }
    });
    // SAFETY: `tried` has room for a `Tried`.
    unsafe { tried.cast::<Tried>().write(tried_out) };
    match begun {
        true => PENDING,
        false => DONE,
    }
}

/// Runs a pure function on copies of arguments, for the host, which keeps the arguments.
///
/// # Safety
///
/// - `args` points to the `A::Wires` of a call, and nothing else uses it meanwhile.
/// - `tried` may be written with a [`Tried`].
/// - The caller is `extern "C"`: a panic that leaves this ends the process, before the owner of the
///   arguments could use them again.
pub unsafe fn try_out<A: Arguments>(
    args: *mut (),
    tried: *mut (),
    names: &[&str],
    run: impl for<'call> FnOnce(LentForTheCall<'call>, A::Lent<'call>) -> Result<String, Panic>,
) {
    let tried_out = LentForTheCall::during(|call| {
        // SAFETY: the caller keeps the same contract.
        unsafe { try_within::<A>(call, args, names, run) }
    });
    // SAFETY: `tried` has room for a `Tried`.
    unsafe { tried.cast::<Tried>().write(tried_out) };
}

/// # Safety
///
/// As of [`try_out`], of the arguments.
unsafe fn try_within<'call, A: Arguments>(
    call: LentForTheCall<'call>,
    args: *mut (),
    names: &[&str],
    run: impl FnOnce(LentForTheCall<'call>, A::Lent<'call>) -> Result<String, Panic>,
) -> Tried {
    let args = args.cast::<A::Wires<'call>>();
    // SAFETY: `args` points to them, and nothing uses what was there until they are written back.
    let taken = A::take(unsafe { args.read() });
    let mut arguments = String::new();
    let copies = catch(|| {
        A::show(&taken, names, &mut arguments);
        A::copied(&taken)
    });
    let outcome = match copies.map(|copies| catch(|| run(call, copies))) {
        Ok(Ok(Ok(text))) => Shown::Returned(text.into()),
        Ok(Err(panic)) => Shown::Panicked(panic),
        Ok(Ok(Err(panic))) | Err(panic) => Shown::Unshown(panic),
    };
    // SAFETY: `args` may be written: what it held was taken.
    unsafe { args.write(A::give(taken)) };
    let arguments = arguments.into();
    Tried { arguments, outcome }
}

/// Shows what a pure function returned, for the host, which keeps it.
///
/// # Safety
///
/// - `output` points to an `R::Wire`, and nothing else uses it meanwhile.
/// - `shown` may be written with a [`Shown`].
/// - As for [`try_out`], a panic that leaves this ends the process.
pub unsafe fn show<R: Boundary + Debug>(output: *mut (), shown: *mut ()) {
    let output = output.cast::<R::Wire>();
    // SAFETY: `output` points to it, and nothing uses what was there until it is written back.
    let value = R::from_wire(unsafe { output.read() });
    let outcome = match catch(|| text(&value)) {
        Ok(text) => Shown::Returned(text.into()),
        Err(panic) => Shown::Unshown(panic),
    };
    // SAFETY: `output` may be written: what it held was taken.
    unsafe { output.write(value.into_wire()) };
    // SAFETY: `shown` has room for a `Shown`.
    unsafe { shown.cast::<Shown>().write(outcome) };
}

fn text(value: &impl Debug) -> String {
    let mut text = String::new();
    // As for arguments.
    let _ = write!(text, "{value:?}");
    text
}

/// Keeps a panic of the user's code inside the module.
fn catch<T>(run: impl FnOnce() -> T) -> Result<T, Panic> {
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(Panic::new)
}

/// The host's half.
impl PureTable {
    /// Tries the function out on copies of these arguments. `None` for an `async fn`.
    ///
    /// # Safety
    ///
    /// They are those of the table's function, as they cross, and nothing else uses them.
    pub unsafe fn try_out(&self, args: *mut ()) -> Option<Tried> {
        let Tries::AtOnce(try_out) = self.tries else {
            return None;
        };
        let mut tried = MaybeUninit::<Tried>::uninit();
        // SAFETY: these are the function's arguments, which nothing else uses, and room for the result.
        unsafe { try_out(args, tried.as_mut_ptr().cast()) };
        // SAFETY: it was written, or the process has ended.
        Some(unsafe { tried.assume_init() })
    }

    /// Begins an `async fn` on copies of these arguments, and says whether its future is in the block: what that is ready
    /// with is the outcome then. `None` for another function.
    ///
    /// # Safety
    ///
    /// As for [`try_out`](PureTable::try_out); there is no future in the block, and what the arguments are lent outlives
    /// the one that is begun.
    pub unsafe fn begin(
        &self,
        args: *mut (),
        block: NonNull<FutureBlock>,
    ) -> Option<(Tried, bool)> {
        let Tries::Awaited(begin) = self.tries else {
            return None;
        };
        let mut tried = MaybeUninit::<Tried>::uninit();
        // SAFETY: as in `try_out`; the rest is the caller's.
        let status = unsafe { begin(args, block.as_ptr().cast(), tried.as_mut_ptr().cast()) };
        // SAFETY: as in `try_out`.
        Some((unsafe { tried.assume_init() }, status == PENDING))
    }

    /// Shows what the function returned.
    ///
    /// # Safety
    ///
    /// It is what the table's function returned, as it crosses, and nothing else uses it.
    pub unsafe fn show(&self, output: *mut ()) -> Shown {
        let mut shown = MaybeUninit::<Shown>::uninit();
        // SAFETY: this is what the function returned, which nothing else uses, and room for its text.
        unsafe { (self.show)(output, shown.as_mut_ptr().cast()) };
        // SAFETY: as in `try_out`.
        unsafe { shown.assume_init() }
    }
}

#[cfg(test)]
mod tests;
