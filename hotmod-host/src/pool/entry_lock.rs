//! The lock of an entry. It is held by threads and by tasks, which may go on on another thread each time.
//!
//! A thread that has to wait is parked, a task is woken by its waker; they stand in one line ([`holds`]).

mod holds;
mod ordering;
mod sync;

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use holds::{GaveUp, Hold, Holds};

/// A value that is used by one, or read by several.
pub(super) struct EntryLock<T> {
    holds: Holds<Waker>,
    value: UnsafeCell<T>,
}

// SAFETY: `holds` lets one use the value, or several read it: so threads get `&mut T`, for which it has to be `Send`, or
// `&T` at once, for which it has to be `Sync`.
unsafe impl<T: Send + Sync> Sync for EntryLock<T> {}

/// Wakes a thread that waits.
struct Unparks(Thread);

impl Wake for Unparks {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn this_thread() -> Waker {
    Waker::from(Arc::new(Unparks(thread::current())))
}

#[inline]
fn wake(woken: Vec<Waker>) {
    if !woken.is_empty() {
        wake_each(woken);
    }
}

/// Wakes all of them, also if one of the wakers panics. Such a panic is given up: the panic hook has told of it, and the
/// thread that hands the lock over has nothing to do with the task that waited for it.
#[cold]
fn wake_each(woken: Vec<Waker>) {
    for waker in woken {
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            // It may panic again when it is dropped.
            std::mem::forget(payload);
        }
    }
}

impl<T> EntryLock<T> {
    pub(super) fn new(value: T) -> Self {
        EntryLock {
            holds: Holds::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// The value alone, if nothing else holds it.
    #[inline]
    pub(super) fn try_alone(&self) -> Option<Alone<'_, T>> {
        self.holds.try_take(Hold::Alone).then(|| Alone(self))
    }

    /// Waits for the value, no longer than until then.
    pub(super) fn alone(&self, until: Option<Instant>) -> Option<Alone<'_, T>> {
        self.waited(Hold::Alone, until).then(|| Alone(self))
    }

    /// The value beside those that read it, if nothing else holds it.
    pub(super) fn try_beside(&self) -> Option<BesideReaders<'_, T>> {
        self.holds.try_beside().then(|| BesideReaders(self))
    }

    /// The value to read, if nothing stands in the way.
    #[inline]
    pub(super) fn try_read(&self) -> Option<HeldToRead<'_, T>> {
        self.holds.try_take(Hold::Reading).then(|| HeldToRead(self))
    }

    /// Waits for the value to read, no longer than until then.
    pub(super) fn read(&self, until: Option<Instant>) -> Option<HeldToRead<'_, T>> {
        self.waited(Hold::Reading, until).then(|| HeldToRead(self))
    }

    /// The value to read once more, as one that reads it already.
    ///
    /// # Safety
    ///
    /// A [`HeldToRead`] of it is there until this returns.
    pub(super) unsafe fn read_again(&self) -> HeldToRead<'_, T> {
        self.holds.read_again();
        HeldToRead(self)
    }

    /// The value alone, when the future is ready.
    pub(super) async fn alone_async(&self) -> Alone<'_, T> {
        self.taken(Hold::Alone).await;
        Alone(self)
    }

    /// The value to read, when the future is ready.
    pub(super) async fn read_async(&self) -> HeldToRead<'_, T> {
        self.taken(Hold::Reading).await;
        HeldToRead(self)
    }

    fn taken(&self, hold: Hold) -> InLine<'_> {
        InLine {
            holds: &self.holds,
            hold,
            stage: LineStage::New,
        }
    }

    /// Whether others wait for it.
    pub(super) fn is_waited_for(&self) -> bool {
        self.holds.is_waited_for()
    }

    /// How many stand in line for it.
    pub(super) fn waiting(&self) -> usize {
        self.holds.waiting()
    }

    #[inline]
    fn waited(&self, hold: Hold, until: Option<Instant>) -> bool {
        self.holds.try_take(hold) || self.waited_in_line(hold, until)
    }

    #[cold]
    fn waited_in_line(&self, hold: Hold, until: Option<Instant>) -> bool {
        let (number, woken) = self.holds.line_up(hold, this_thread());
        wake(woken);
        while self.holds.still_waits(number, None) {
            if !park(until) {
                let GaveUp { is_in, woken, .. } = self.holds.give_up(number);
                wake(woken);
                return is_in;
            }
        }
        true
    }
}

/// Waits until the thread is woken, or for no reason. `false` if it is too late.
fn park(until: Option<Instant>) -> bool {
    let Some(until) = until else {
        thread::park();
        return true;
    };
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return false;
    }
    thread::park_timeout(left);
    true
}

/// The value for one alone.
pub(super) struct Alone<'e, T>(&'e EntryLock<T>);

impl<'e, T> Alone<'e, T> {
    /// Lets readers in. Nothing else comes to hold it between the two.
    pub(super) fn let_readers_in(self) -> BesideReaders<'e, T> {
        let lock = self.0;
        std::mem::forget(self);
        wake(lock.holds.let_readers_in());
        BesideReaders(lock)
    }
}

impl<T> Deref for Alone<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: it is held alone until this is dropped.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Alone<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Alone<'_, T> {
    #[inline]
    fn drop(&mut self) {
        wake(self.0.holds.leave_alone());
    }
}

/// The value beside those that read it.
pub(super) struct BesideReaders<'e, T>(&'e EntryLock<T>);

impl<'e, T> BesideReaders<'e, T> {
    /// The value alone, if nothing reads it.
    pub(super) fn try_keep_out(self) -> Result<Alone<'e, T>, Self> {
        match self.0.holds.try_close() {
            true => Ok(self.into_alone()),
            false => Err(self),
        }
    }

    /// Lets no more readers in, and waits until those that are there have gone, no longer than until then.
    pub(super) fn keep_out(self, until: Option<Instant>) -> Result<Alone<'e, T>, Self> {
        let holds = &self.0.holds;
        wake(holds.close(this_thread()));
        while holds.still_closes() {
            if !park(until) {
                let GaveUp { is_in, woken, .. } = holds.reopen();
                wake(woken);
                return match is_in {
                    true => Ok(self.into_alone()),
                    false => Err(self),
                };
            }
        }
        Ok(self.into_alone())
    }

    /// It is held alone now.
    fn into_alone(self) -> Alone<'e, T> {
        let lock = self.0;
        std::mem::forget(self);
        Alone(lock)
    }
}

impl<T> Deref for BesideReaders<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: nothing but readers is beside this.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> Drop for BesideReaders<'_, T> {
    fn drop(&mut self) {
        wake(self.0.holds.leave_beside());
    }
}

/// The value to read.
pub(super) struct HeldToRead<'e, T>(&'e EntryLock<T>);

impl<T> Deref for HeldToRead<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: nothing holds it alone until this is dropped.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> Drop for HeldToRead<'_, T> {
    #[inline]
    fn drop(&mut self) {
        wake(self.0.holds.leave_reading());
    }
}

/// A task that waits for a hold, which is its own once this is ready.
struct InLine<'e> {
    holds: &'e Holds<Waker>,
    hold: Hold,
    stage: LineStage,
}

enum LineStage {
    New,
    /// In line, with this number.
    Waits(u64),
    Over,
}

impl Future for InLine<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let LineStage::New = self.stage
            && !self.holds.try_take(self.hold)
        {
            let (number, woken) = self.holds.line_up(self.hold, context.waker().clone());
            wake(woken);
            self.stage = LineStage::Waits(number);
        }
        if let LineStage::Waits(number) = self.stage
            && self
                .holds
                .still_waits(number, Some(&mut context.waker().clone()))
        {
            return Poll::Pending;
        }
        self.stage = LineStage::Over;
        Poll::Ready(())
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        let LineStage::Waits(number) = self.stage else {
            return;
        };
        let GaveUp { is_in, woken, .. } = self.holds.give_up(number);
        wake(woken);
        if is_in {
            wake(match self.hold {
                Hold::Alone => self.holds.leave_alone(),
                Hold::Reading => self.holds.leave_reading(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker that panics");
        }
    }

    #[derive(Default)]
    struct Counts(AtomicUsize);

    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_waker_that_panics_leaves_no_other_asleep() {
        let lock = EntryLock::new(());
        let counts = Arc::<Counts>::default();
        let wakers = [Waker::from(Arc::new(Panics)), Waker::from(counts.clone())];
        let alone = lock.try_alone().expect("it is free");
        let mut reads = [Box::pin(lock.read_async()), Box::pin(lock.read_async())];
        for (read, waker) in reads.iter_mut().zip(&wakers) {
            let mut context = Context::from_waker(waker);
            assert!(read.as_mut().poll(&mut context).is_pending());
        }
        drop(alone);
        assert_eq!(counts.0.load(Ordering::Relaxed), 1);
        let mut context = Context::from_waker(Waker::noop());
        for read in &mut reads {
            assert!(read.as_mut().poll(&mut context).is_ready());
        }
        // Both have gone.
        let mut alone = pin!(lock.alone_async());
        assert!(alone.as_mut().poll(&mut context).is_ready());
    }
}
