//! What is read at an address to be shown.
//!
//! What stands here is `unsafe` as in [`at`](super::at), and in its words.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};

use abi_stable::std_types::RSlice;
use hotmod::operations::Bytes;

use super::at::At;
use super::number::{self, NumberForm, NumberValue};

impl At {
    /// Where something is that the host knows to be there.
    pub(crate) fn of(address: *mut u8) -> Self {
        At(address)
    }

    /// A copy of the value.
    ///
    /// # Safety
    ///
    /// The value is a `T`, and no thread changes it meanwhile.
    pub(crate) unsafe fn copied<T: Copy>(self) -> T {
        // SAFETY: the caller's.
        unsafe { self.0.cast::<T>().read() }
    }

    /// A number.
    ///
    /// # Safety
    ///
    /// The value is a number of this form, and no thread changes it meanwhile.
    pub(crate) unsafe fn number(self, form: NumberForm) -> NumberValue {
        // SAFETY: the caller's.
        unsafe { number::read(self.0, form) }
    }

    /// The bits of a number, truth value or character of so many bytes: 1, 2, 4, 8 or 16.
    ///
    /// # Safety
    ///
    /// Such a value is there, all of whose bytes are written, and no thread changes it meanwhile.
    #[cfg(feature = "snapshot")]
    #[inline]
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for every size"
    )]
    pub(crate) unsafe fn bits(self, size: usize) -> u128 {
        // SAFETY: the caller's, for whichever size it is.
        unsafe {
            match size {
                1 => self.0.read().into(),
                2 => self.0.cast::<u16>().read_unaligned().into(),
                4 => self.0.cast::<u32>().read_unaligned().into(),
                8 => self.0.cast::<u64>().read_unaligned().into(),
                _ => self.0.cast::<u128>().read_unaligned(),
            }
        }
    }

    /// The bits of a number that other threads may change meanwhile, each in one step.
    ///
    /// # Safety
    ///
    /// The value is an atomic integer or truth value of so many bytes: 1, 2, 4 or 8.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for every size"
    )]
    pub(crate) unsafe fn atomic(self, size: usize) -> u128 {
        // Relaxed: a number alone, at some moment.
        // SAFETY: an atomic type has the size and bits of the integer that it holds, and is aligned to its size; it
        // is only changed by atomic steps.
        unsafe {
            match size {
                1 => AtomicU8::from_ptr(self.0).load(Relaxed).into(),
                2 => AtomicU16::from_ptr(self.0.cast()).load(Relaxed).into(),
                4 => AtomicU32::from_ptr(self.0.cast()).load(Relaxed).into(),
                8 => AtomicU64::from_ptr(self.0.cast()).load(Relaxed).into(),
                size => panic!("bug in hotmod: an atomic number of {size} bytes"),
            }
        }
    }

    /// What becomes of the bytes that the value is written down as.
    ///
    /// # Safety
    ///
    /// The value is of the operations that these are of.
    pub(crate) unsafe fn reads<R, F: FnOnce(&[u8]) -> R>(self, by: &Bytes, take: F) -> R {
        let mut reading = Reading {
            take: Some(take),
            taken: None,
        };
        let context = (&raw mut reading).cast();
        // SAFETY: the caller passes such a value; the context is that of the function.
        unsafe { (by.read)(self.0, context, taken::<R, F>) };
        reading
            .taken
            .expect("bug in hotmod: a value that is written down was not read")
    }
}

/// What is done with the bytes of a value, and what came of it.
struct Reading<R, F> {
    take: Option<F>,
    taken: Option<R>,
}

/// # Safety
///
/// The context is a `Reading<R, F>` that nothing else uses meanwhile.
unsafe extern "C" fn taken<R, F: FnOnce(&[u8]) -> R>(context: *mut (), bytes: RSlice<'_, u8>) {
    // SAFETY: the caller passes such a context.
    let reading = unsafe { &mut *context.cast::<Reading<R, F>>() };
    reading.taken = reading.take.take().map(|take| take(bytes.as_slice()));
}
