//! The values of `Lazy`s, as far as an image and the memory of its module know of them.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hotmod::operations::{RawLazy, Stamp};
use hotmod::root::services::Stays;

use crate::image::memory::shard::Shards;

/// How many values are at an image. Its code passes the address back wherever it counts some.
#[derive(Default)]
pub(crate) struct ImageValues(OnceLock<Box<Shards>>);

impl ImageValues {
    #[cfg(feature = "linked")]
    pub(crate) const fn new() -> Self {
        ImageValues(OnceLock::new())
    }

    /// Counts so many more.
    pub(crate) fn add(&self, more: i64) {
        self.0.get_or_init(Box::default).add(more);
    }

    /// How many there are. While threads go on making and dropping some, it may miss any of these.
    pub(crate) fn count(&self) -> usize {
        let count = self.0.get().map_or(0, |shards| shards.sum());
        usize::try_from(count).unwrap_or(0)
    }

    /// What the image's code is told to pass back.
    pub(crate) fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    /// The values of the image that made this stamp.
    pub(crate) fn of(stamp: &'static Stamp) -> &'static ImageValues {
        // SAFETY: the code of an image makes a stamp only when the host has told it this address, and images are
        // never freed.
        unsafe { &*(stamp.image)().cast::<ImageValues>() }
    }
}

/// What takes values of a module along.
pub(crate) trait Follow: Send + Sync {
    /// Takes a value to the version and type of this stamp, unless it does not fit.
    ///
    /// # Safety
    ///
    /// `lazy` is a `Lazy` of the stamp's type in the stamp's image, and nothing refers to its value unless that is at
    /// this version.
    unsafe fn follow(&self, lazy: &RawLazy, to: &'static Stamp) -> Result<(), Box<Stays>>;

    /// As [`follow`](Follow::follow), for the host's own code, which may do so while a state is not final.
    ///
    /// # Safety
    ///
    /// As [`follow`](Follow::follow), and the bytes of the `Lazy` have not been copied yet.
    unsafe fn follow_for_host(&self, lazy: &RawLazy, to: &'static Stamp) -> Result<(), Box<Stays>>;
}

/// The preparations of states and values of one module in which the module's own code may look at a `Lazy`: its bytes
/// are there twice until they end, and nothing may open it.
///
/// Code that looks at such a `Lazy` was called by the preparation, or runs on a thread that such code has started and
/// waits for. It asks to open one only after the preparation has begun. So what asks waits for the preparations that
/// have begun by then, and for no others.
#[derive(Default)]
pub(crate) struct Preparations {
    /// How many run that began in an even phase, and in an odd one.
    active: [AtomicUsize; 2],
    phase: AtomicUsize,
    /// Held by the one thread that changes the phase.
    waits: Mutex<()>,
}

/// One of them, which ends when this is dropped.
pub(crate) struct Preparing<'a>(&'a AtomicUsize);

impl Drop for Preparing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// How long to wait for them: one may wait for the thread that waits here.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often to look whether they have ended before giving the processor away in between, and how often before sleeping:
/// a small one takes about a microsecond.
const SPINS: u32 = 500;
const YIELDS: u32 = SPINS + 20;

/// How long to sleep before looking again.
const AGAIN: Duration = Duration::from_micros(50);

impl Preparations {
    /// Begins one, which ends when this is dropped.
    pub(crate) fn begin(&self) -> Preparing<'_> {
        let active = &self.active[self.phase.load(Ordering::Relaxed) % 2];
        // Relaxed: what the preparation calls, and threads that this starts, see it because they come later.
        active.fetch_add(1, Ordering::Relaxed);
        Preparing(active)
    }

    /// Waits until those that have begun by now have ended. `false` if that takes too long.
    pub(crate) fn wait(&self) -> bool {
        let is_any = || {
            let mut active = self.active.iter();
            active.any(|active| active.load(Ordering::Acquire) > 0)
        };
        if !is_any() {
            return true;
        }
        let deadline = Instant::now() + PATIENCE;
        let _waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that begin from here on count for the other phase, so those of this one come to an end. Those of the
        // other phase have begun before, or count for it since the phase was changed the last time.
        for _ in 0..2 {
            let phase = self.phase.fetch_add(1, Ordering::Relaxed) % 2;
            let mut looks = 0;
            while self.active[phase].load(Ordering::Acquire) > 0 {
                looks += 1;
                // They do not tell that they end: every migration would pay for that, and few threads ever wait here.
                match looks {
                    ..SPINS => hint::spin_loop(),
                    SPINS..YIELDS => thread::yield_now(),
                    _ if Instant::now() >= deadline => return false,
                    _ => thread::sleep(AGAIN),
                }
            }
        }
        true
    }

    /// Forgets those of other threads, in a copy of the process that has this one only.
    pub(crate) fn forget(&self) {
        self.active
            .iter()
            .for_each(|it| it.store(0, Ordering::Relaxed));
    }
}
