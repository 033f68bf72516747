//! The order in which an entry is locked to have its instance taken along while others read it.
//!
//! ```text
//!               the entry is held                  others
//! prepare       alone, but for readers             shared calls go on, exclusive ones wait
//! commit        exclusively                        all wait
//! take apart    not                                all go on
//! ```
//!
//! What each of these rests on:
//!
//! - **What was prepared is of the state as it is at commit.** From the beginning of the preparation until the
//!   commit the entry is never let go of: a hold that admits readers becomes an exclusive one without another
//!   thread between the two, so no other thread takes the state along, removes it, or calls it exclusively. A hold
//!   that may become exclusive admits no second one of its kind, so the state is not prepared twice at once.
//! - **No reader sees the change.** The new value takes the place of the old one while the entry is held
//!   exclusively, so a reader is done before, or begins after.
//! - **No reader uses what is taken apart.** The old value is taken apart after that, and a reader that begins
//!   after the commit finds the new one.
//! - **Nothing waits for itself.** A thread that uses the entry asks for neither hold ([`entry`](super::entry)).
//!   The thread that waits for readers to go lets in no new ones meanwhile, so it waits for calls that run
//!   already; one that must not wait for those either lets readers in again after a moment ([`Patience`]).
//!
//! `tests/loom` has a model of this, with each of these orders weakened.

use std::time::Instant;

/// An exclusive hold.
pub(super) trait HeldAlone: Sized {
    type Shared: HeldBeside<Alone = Self>;

    /// Lets readers in. No other thread comes to hold it exclusively between the two, or asks to.
    fn let_readers_in(self) -> Self::Shared;
}

/// A hold beside readers, of which there is one at a time. It can become exclusive.
pub(super) trait HeldBeside: Sized {
    type Alone: HeldAlone<Shared = Self>;

    /// Waits until the readers are gone, and keeps others out; or gives up.
    fn keep_readers_out(self, patience: Patience) -> Result<Self::Alone, Self>;
}

/// How long to wait for readers to go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// As long as they take.
    Endless,
    /// So long, letting readers in again and again, since one of them may take long.
    Until(Instant),
    /// Not at all.
    None,
}

/// Takes along what is held, which is held exclusively again afterwards. What is left is to be taken apart once that is
/// let go of.
pub(super) fn take_along<H: HeldAlone, P, L>(
    held: H,
    prepare: impl FnOnce(&H::Shared) -> P,
    commit: impl FnOnce(&mut H, P) -> L,
) -> (H, L) {
    let endless = |_: &P| Patience::Endless;
    let committed = commit_beside(held.let_readers_in(), endless, prepare, commit);
    committed.expect("bug in hotmod: endless patience has an end")
}

/// Takes along what is held, and lets go of it before what is left is taken apart. `false` if the readers were not
/// gone in time.
pub(super) fn take_along_and_leave<S: HeldBeside, P, L>(
    held: S,
    patience: impl FnOnce(&P) -> Patience,
    prepare: impl FnOnce(&S) -> P,
    commit: impl FnOnce(&mut S::Alone, P) -> L,
) -> bool {
    match commit_beside(held, patience, prepare, commit) {
        Some((held, left)) => {
            drop(held);
            drop(left);
            true
        }
        None => false,
    }
}

fn commit_beside<S: HeldBeside, P, L>(
    held: S,
    patience: impl FnOnce(&P) -> Patience,
    prepare: impl FnOnce(&S) -> P,
    commit: impl FnOnce(&mut S::Alone, P) -> L,
) -> Option<(S::Alone, L)> {
    let prepared = prepare(&held);
    let patience = patience(&prepared);
    match held.keep_readers_out(patience) {
        Ok(mut held) => {
            let left = commit(&mut held, prepared);
            Some((held, left))
        }
        Err(held) => {
            // While the state is as it was prepared from.
            drop(prepared);
            drop(held);
            None
        }
    }
}
