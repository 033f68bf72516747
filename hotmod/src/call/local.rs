//! Futures that stay on the thread that polls them first.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The call of an `async` method whose interface is `local`: what its future holds need not be `Send`, so neither is this.
#[must_use = "a future does nothing unless it is awaited or polled"]
pub struct Local<F> {
    call: F,
    stays: PhantomData<*mut ()>,
}

impl<F> Local<F> {
    /// Keeps a call on the thread that polls it first.
    pub fn new(call: F) -> Self {
        Local {
            call,
            stays: PhantomData,
        }
    }
}

impl<F: Future> Future for Local<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the call is moved out of nowhere, and stays where it is until it is dropped.
        let call = unsafe { self.map_unchecked_mut(|this| &mut this.call) };
        call.poll(context)
    }
}
