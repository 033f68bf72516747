//! A call of a pure `async fn` that a shadow runs first, on copies of the arguments, while the caller waits.

use std::sync::Arc;
use std::task::{Context, Poll};

use hotmod::pure::{Shown, Tried};

use crate::call::generation::{Generation, NotReturned};
use crate::call::mirror::Pair;
use crate::call::slot::Doing;
use crate::call::task::{BegunAt, BegunCall};

/// A call that is tried out, and what came of it.
pub(crate) struct TriedCall {
    pair: Arc<Pair>,
    /// `None` if the shadow was aborted meanwhile.
    tried: Option<Tried>,
    /// Until it is over.
    call: Option<BegunCall>,
    /// The version that runs.
    pub(crate) runs_in: &'static Generation,
}

impl TriedCall {
    /// Begins it. `None` if the export is no `async fn`.
    ///
    /// # Safety
    ///
    /// The arguments are those of the pair's export, as they cross, and nothing else uses them. What they are lent outlives
    /// this.
    pub(crate) unsafe fn begin(
        pair: Arc<Pair>,
        runs_in: &'static Generation,
        args: *mut (),
    ) -> Option<Self> {
        // SAFETY: the caller's; the block has no future in it.
        let begin = |block| match unsafe { pair.begin(args, block) } {
            Some((tried, true)) => Ok(tried),
            over => Err(over.map(|(tried, _)| Box::new(tried))),
        };
        let at = BegunAt::stateless(runs_in, Doing::Trial);
        // SAFETY: the candidate has begun it there, and it lives no longer than what the arguments are lent.
        let (tried, call) = match unsafe { BegunCall::begin_later(at, begin) } {
            Ok((call, tried)) => (tried, Some(call)),
            Err(over) => (*over?, None),
        };
        Some(TriedCall {
            pair,
            tried: Some(tried),
            call,
            runs_in,
        })
    }

    /// Polls it, unless it is over.
    pub(crate) fn poll(&mut self, context: &Context<'_>) -> Poll<()> {
        let (Some(call), Some(tried)) = (&mut self.call, &mut self.tried) else {
            return Poll::Ready(());
        };
        let entered = call.enter();
        // SAFETY: what a `PureTable` has begun is ready with a `Shown`; it is not polled again once it is ready.
        match unsafe { call.poll::<Shown>(entered, context, |_| false) } {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(shown)) => tried.outcome = shown,
            Poll::Ready(Err(why)) => match *why {
                NotReturned::Panicked(panic, _) => tried.outcome = Shown::Panicked(panic),
                _ => self.tried = None,
            },
        }
        self.call = None;
        Poll::Ready(())
    }

    /// Compares what came of it with what came of the call itself.
    ///
    /// # Safety
    ///
    /// That is what the export of the pair is ready with, as it crosses.
    pub(crate) unsafe fn compare<W>(self, called: &mut Result<W, Box<NotReturned>>) {
        let called = match called {
            Ok(wire) => Ok((&raw mut *wire).cast()),
            Err(why) => match &**why {
                NotReturned::Panicked(panic, _) => Err(panic),
                // It was cancelled.
                _ => return,
            },
        };
        if let (Some(tried), None) = (self.tried, self.call) {
            // SAFETY: the caller's; nothing else uses it meanwhile.
            unsafe { self.pair.compare(tried, called) };
        }
    }
}
