//! The memory of modules: the host's own, counted for each module.

pub(crate) mod shard;

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI64, AtomicPtr, Ordering};

use abi_stable::prefix_type::WithMetadata;
use hotmod::operations::{RawLazy, Stamp};
use hotmod::root::mark::Mark;
use hotmod::root::services::{RaisedPanic, Services, ServicesRef, Stays};

use crate::forever::forever;
use crate::image::panics::RaisedPanics;
use crate::image::values::{Follow, ImageValues, Preparations};
use crate::symbols::look_up::look_up;
use crate::sys::huge;
use shard::Shards;

/// What one module holds of the host's memory.
pub(crate) struct Memory {
    shards: Shards,
    /// How many bytes it may hold while a state is migrated; [`UNLIMITED`] for any number.
    limit: AtomicI64,
    /// What takes values of the module's `Lazy`s along; null until the module is loaded.
    follow: AtomicPtr<&'static dyn Follow>,
    /// What may look at `Lazy`s that nothing may open.
    pub(crate) preparations: Preparations,
    /// What it told of its panics.
    pub(crate) panics: RaisedPanics,
}

const UNLIMITED: i64 = i64::MAX;

impl Default for Memory {
    fn default() -> Self {
        Memory {
            shards: Shards::default(),
            limit: AtomicI64::new(UNLIMITED),
            follow: AtomicPtr::default(),
            preparations: Preparations::default(),
            panics: RaisedPanics::default(),
        }
    }
}

/// A block that would take a module beyond what it may hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exceeded {
    /// How many bytes the module would hold.
    pub(crate) held: i64,
    /// How many bytes it may hold.
    pub(crate) limit: i64,
}

impl Memory {
    /// Sets how many bytes the module may hold: migrations stop where it would hold more.
    pub(crate) fn limit(&self, bytes: Option<u64>) {
        let bytes = bytes.and_then(|bytes| i64::try_from(bytes).ok());
        // Relaxed: no other data is published with this number.
        self.limit
            .store(bytes.unwrap_or(UNLIMITED), Ordering::Relaxed);
    }

    /// How many bytes more a migration may take.
    #[inline]
    pub(crate) fn left(&self) -> usize {
        let limit = self.limit.load(Ordering::Relaxed);
        match limit {
            UNLIMITED => usize::MAX,
            limit => usize::try_from(limit - self.bytes()).unwrap_or(0),
        }
    }

    /// Whether a migration may take so many bytes more.
    pub(crate) fn allows(&self, size: usize) -> Result<(), Exceeded> {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == UNLIMITED {
            return Ok(());
        }
        let held = self
            .bytes()
            .saturating_add(i64::try_from(size).unwrap_or(i64::MAX));
        match held <= limit {
            true => Ok(()),
            false => Err(Exceeded { held, limit }),
        }
    }

    /// Bytes that the module's code has taken and not given back. Ownership may cross: a block counts
    /// for the side that takes it, and against the side that frees it. So the number may differ from the
    /// bytes that are live, and may be negative.
    pub(crate) fn bytes(&self) -> i64 {
        self.shards.sum()
    }

    /// By how much this changes is what the thread takes for the module, less what it gives back.
    pub(crate) fn of_thread(&self) -> i64 {
        self.shards.of_thread()
    }

    /// Takes a block for the module, as its own code would take one.
    pub(crate) fn take(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() == 0 {
            return Some(NonNull::without_provenance(
                NonZero::new(layout.align()).expect("an alignment is not nought"),
            ));
        }
        // SAFETY: the layout is not empty.
        let block = NonNull::new(unsafe { alloc(layout) })?;
        self.count(signed(layout.size()));
        Some(block)
    }

    /// Takes a block that is about to be filled from its first byte to its last.
    pub(crate) fn take_to_fill(&self, layout: Layout) -> Option<NonNull<u8>> {
        let block = self.take(layout)?;
        huge::advise(block, layout.size());
        Some(block)
    }

    /// Gives back a block.
    ///
    /// # Safety
    ///
    /// The block came from [`take`](Memory::take), [`take_to_fill`](Memory::take_to_fill) or from the
    /// module's own code, with this layout, and no code uses it afterwards.
    pub(crate) unsafe fn give_back(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() != 0 {
            self.count(-signed(layout.size()));
            // SAFETY: the block has this layout, and every block of either side comes from this
            // allocator.
            unsafe { dealloc(block.as_ptr(), layout) };
        }
    }

    /// Has this take the values of the module's `Lazy`s along.
    pub(crate) fn follow_by(&self, follow: &'static dyn Follow) {
        let follow = std::ptr::from_ref(forever(follow)).cast_mut();
        // Release: a thread that sees the pointer sees what it points to.
        self.follow.store(follow, Ordering::Release);
    }

    /// Takes the value of a `Lazy` to the version of this stamp, for the host.
    ///
    /// # Safety
    ///
    /// As [`Follow::follow_for_host`], of the `Lazy` at this address.
    pub(crate) unsafe fn follow(
        &self,
        lazy: *mut u8,
        to: &'static Stamp,
    ) -> Result<(), Box<Stays>> {
        // SAFETY: the caller passes such an address.
        let lazy = unsafe { &*lazy.cast::<RawLazy>() };
        // SAFETY: null, or what `follow_by` keeps for ever.
        match unsafe { self.follow.load(Ordering::Acquire).as_ref() } {
            // SAFETY: the caller promises the rest.
            Some(follow) => unsafe { follow.follow_for_host(lazy, to) },
            None => Err(not_loaded()),
        }
    }

    #[inline]
    fn count(&self, bytes: i64) {
        self.shards.add(bytes);
    }

    /// Counts what was asked of the allocator, unless it had no such block.
    #[inline]
    fn count_made(&self, block: *mut u8, bytes: i64) -> *mut u8 {
        if !block.is_null() {
            self.count(bytes);
        }
        block
    }

    /// The services over this memory, with the function that says where a thread is among its calls.
    /// They are never freed: images stay mapped for as long as the process lives, and so may their
    /// allocations.
    pub(crate) fn services(&'static self, mark: extern "C" fn() -> Mark) -> ServicesRef {
        let services = Services {
            context: (&raw const *self).cast(),
            alloc: take,
            alloc_zeroed: take_zeroed,
            dealloc: give_back,
            realloc: resize,
            mark,
            follow,
            count,
            panicked,
            look_up,
        };
        ServicesRef(forever(WithMetadata::new(services)).static_as_prefix())
    }
}

/// # Safety
///
/// `context` is that of [`Memory::services`].
unsafe fn memory(context: *const ()) -> &'static Memory {
    // SAFETY: `services` made it from a `&'static Memory`.
    unsafe { &*context.cast::<Memory>() }
}

fn signed(size: usize) -> i64 {
    // A `Layout` is at most `isize::MAX` bytes.
    size as i64
}

pub(crate) fn not_loaded() -> Box<Stays> {
    Box::new(Stays {
        path: "a value".into(),
        from: "another version".into(),
        to: "this one".into(),
        reason: "the module is not loaded yet".into(),
    })
}

/// # Safety
///
/// As [`Follow::follow`], with `context` that of [`Memory::services`] and room for a reason.
pub(crate) unsafe extern "C" fn follow(
    context: *const (),
    lazy: *const (),
    to: *const (),
    why: *mut Stays,
) -> bool {
    // SAFETY: the module passes back the context of its services.
    let follow = unsafe { memory(context) }.follow.load(Ordering::Acquire);
    // SAFETY: null, or what `follow_by` keeps for ever.
    let followed = match unsafe { follow.as_ref() } {
        Some(follow) => {
            // SAFETY: the module passes a `Lazy`.
            let lazy = unsafe { &*lazy.cast::<RawLazy>() };
            // SAFETY: the module passes a stamp, which is never unmapped.
            let to = unsafe { &*to.cast::<Stamp>() };
            // SAFETY: the caller promises the rest.
            unsafe { follow.follow(lazy, to) }
        }
        None => Err(not_loaded()),
    };
    match followed {
        Ok(()) => true,
        Err(stays) => {
            // SAFETY: the module gives room for the reason.
            unsafe { why.write(*stays) };
            false
        }
    }
}

pub(crate) unsafe extern "C" fn count(image: *const (), more: i64) {
    // SAFETY: the module passes back what it was told that its image is known by, which is never freed.
    unsafe { &*image.cast::<ImageValues>() }.add(more);
}

unsafe extern "C" fn panicked(context: *const (), panic: *const RaisedPanic<'_>) {
    // SAFETY: the module passes back the context of its services.
    let memory = unsafe { memory(context) };
    // SAFETY: the module lends the panic for the call.
    memory.panics.count(unsafe { &*panic });
}

unsafe extern "C" fn take(context: *const (), size: usize, align: usize) -> *mut u8 {
    // SAFETY: the module passes the parts of a `Layout`.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the layout is that of the module's own `GlobalAlloc::alloc`.
    let block = unsafe { alloc(layout) };
    // SAFETY: the module passes back the context of its services.
    unsafe { memory(context) }.count_made(block, signed(size))
}

unsafe extern "C" fn take_zeroed(context: *const (), size: usize, align: usize) -> *mut u8 {
    // SAFETY: the module passes the parts of a `Layout`.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the layout is that of the module's own `GlobalAlloc::alloc_zeroed`.
    let block = unsafe { alloc_zeroed(layout) };
    // SAFETY: the module passes back the context of its services.
    unsafe { memory(context) }.count_made(block, signed(size))
}

unsafe extern "C" fn give_back(context: *const (), block: *mut u8, size: usize, align: usize) {
    // SAFETY: the module passes back the context of its services.
    unsafe { memory(context) }.count(-signed(size));
    // SAFETY: the module passes the parts of a `Layout`.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the block and the layout are those of the module's own `GlobalAlloc::dealloc`, and
    // every block of either side comes from this allocator.
    unsafe { dealloc(block, layout) }
}

unsafe extern "C" fn resize(
    context: *const (),
    block: *mut u8,
    size: usize,
    align: usize,
    new_size: usize,
) -> *mut u8 {
    // SAFETY: the module passes the parts of a `Layout`.
    let layout = unsafe { Layout::from_size_align_unchecked(size, align) };
    // SAFETY: the block, layout and size are those of the module's own `GlobalAlloc::realloc`, and
    // every block of either side comes from this allocator.
    let block = unsafe { realloc(block, layout, new_size) };
    // SAFETY: the module passes back the context of its services.
    unsafe { memory(context) }.count_made(block, signed(new_size) - signed(size))
}
