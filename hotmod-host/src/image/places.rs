//! The places where modules keep the ways to what they import.
//!
//! A version that is loaded has places of its own. A module that is linked into the executable has them once, for all
//! hosts of the process that link it, such as one for each test. So its places lead to a *crossroads*: that finds the
//! host by the call that the thread is in, and goes on to what this host gave.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use hotmod::call::{PANICKED, Panic};
use hotmod::import::{Import, Provided};
use hotmod::reach::{NOT_LOADED, ProvidedInstances, Reach, Work};

use crate::forever::forever;
use crate::image::memory::Memory;

/// How a module is given the ways to what it imports.
#[derive(Clone, Copy)]
pub(crate) enum ImportPlaces {
    /// They are of one version alone.
    OfImage,
    /// They are of every host that links the module: that with this memory for it is one.
    #[cfg_attr(
        not(feature = "linked"),
        allow(dead_code, reason = "nothing is linked without that feature")
    )]
    Shared(&'static Memory, CurrentCall),
}

/// The memory of the module that the innermost call of this thread is in, if it is a linked one; and how deep that call
/// is.
pub(crate) type CurrentCall = fn() -> Option<(&'static Memory, u32)>;

impl ImportPlaces {
    /// Has calls of an import enter this function.
    ///
    /// # Safety
    ///
    /// The function takes and returns what the import's record says.
    pub(crate) unsafe fn bind(self, place: &'static Import, provided: &'static Provided) {
        let provided = match self {
            ImportPlaces::OfImage => provided,
            ImportPlaces::Shared(memory, current) => {
                let at = ptr::from_ref(place).addr();
                let roads = Crossroads::at(&IMPORTS, at, current);
                roads.lead(memory, provided);
                let roads = ptr::from_ref(roads).cast_mut().cast();
                // SAFETY: both take the crossroads by shared reference, which is kept for ever.
                forever(unsafe { Provided::passing_on(call, roads, is_there) })
            }
        };
        // SAFETY: it takes and returns what the function does; the rest is the caller's.
        unsafe { place.bind(provided) };
    }

    /// Has uses of instances of another module go this way.
    ///
    /// # Safety
    ///
    /// As for [`Reach::bind`].
    pub(crate) unsafe fn bind_instances(
        self,
        place: &'static Reach,
        provided: &'static ProvidedInstances,
    ) {
        let provided = match self {
            ImportPlaces::OfImage => provided,
            ImportPlaces::Shared(memory, current) => {
                let at = ptr::from_ref(place).addr();
                let roads = Crossroads::at(&INSTANCES, at, current);
                roads.lead(memory, provided);
                forever(ProvidedInstances {
                    data: ptr::from_ref(roads).cast_mut().cast(),
                    with,
                    // It is the same for all instances of every host.
                    call: provided.call,
                })
            }
        };
        // SAFETY: it leads to what the caller gives.
        unsafe { place.bind(provided) };
    }
}

/// Where the ways of several hosts begin in one place.
struct Crossroads<P: 'static> {
    ways: ArcSwap<Vec<(&'static Memory, &'static P)>>,
    current: CurrentCall,
}

/// The crossroads, by the addresses of the places.
type AllCrossroads<P> = Mutex<BTreeMap<usize, &'static Crossroads<P>>>;

static IMPORTS: AllCrossroads<Provided> = Mutex::new(BTreeMap::new());
static INSTANCES: AllCrossroads<ProvidedInstances> = Mutex::new(BTreeMap::new());

impl<P: Sync> Crossroads<P> {
    fn at(all: &AllCrossroads<P>, place: usize, current: CurrentCall) -> &'static Self {
        // An entry is made whole.
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(place).or_insert_with(|| {
            forever(Crossroads {
                ways: ArcSwap::default(),
                current,
            })
        })
    }

    fn lead(&self, memory: &'static Memory, to: &'static P) {
        self.ways.rcu(|ways| {
            let mut ways = Vec::clone(ways);
            ways.push((memory, to));
            ways
        });
    }

    /// What the host of the call that this thread is in gave; outside of calls, what the only host did. How deep the
    /// call is.
    fn way(&self) -> Result<(&'static P, u32), NoWay> {
        let ways: Arc<Vec<_>> = self.ways.load_full();
        let Some((memory, depth)) = (self.current)() else {
            return match ways.as_slice() {
                [(_, only)] => Ok((only, 0)),
                _ => Err(NoWay::ManyHosts),
            };
        };
        let way = ways.iter().rfind(|(its, _)| ptr::eq(*its, memory));
        way.map(|(_, to)| (*to, depth)).ok_or(NoWay::NotGiven)
    }
}

enum NoWay {
    /// The host of the call has not given what is called.
    NotGiven,
    /// The thread is in no call, and several hosts have linked the module.
    ManyHosts,
}

thread_local! {
    /// How deep the innermost call is within which the thread runs a function of its host.
    static IN_HOST_AT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Whether the thread is in a function that its host provides, and not in a call within that. `depth` is that of its
/// innermost call.
#[cfg(feature = "linked")]
pub(crate) fn is_in_host(depth: u32) -> bool {
    IN_HOST_AT.get() == Some(depth)
}

/// # Safety
///
/// As the shim of the import whose crossroads `roads` is.
unsafe extern "C" fn call(roads: *mut (), args: *mut (), output: *mut (), panic: *mut ()) -> u8 {
    // SAFETY: `bind` has made this of crossroads, which are kept for ever.
    let roads = unsafe { &*roads.cast::<Crossroads<Provided>>() };
    let (provided, depth) = match roads.way() {
        Ok(way) => way,
        Err(no_way) => {
            let message = match no_way {
                NoWay::NotGiven => {
                    "an import was called that the host of this call does not provide"
                }
                NoWay::ManyHosts => {
                    "an import was called on a thread that is in no call of a host, and several hosts of this \
                     process have linked the module: call it within a call, or link the module once"
                }
            };
            // The arguments are leaked: only what was provided knows their types.
            // SAFETY: the caller gives room for a panic.
            unsafe { panic.cast::<Panic>().write(Panic::saying(message)) };
            return PANICKED;
        }
    };
    let before = IN_HOST_AT.replace(Some(depth));
    // SAFETY: it was provided for this import, and gets what the import passes.
    let status = unsafe { provided.call(args, output, panic) };
    IN_HOST_AT.set(before);
    status
}

/// # Safety
///
/// It is asked with crossroads.
unsafe extern "C" fn is_there(roads: *mut ()) -> bool {
    // SAFETY: `bind` has made this of crossroads, which are kept for ever.
    let roads = unsafe { &*roads.cast::<Crossroads<Provided>>() };
    // Outside of calls there is none: what a test calls by itself is called as without a host, also while another
    // test of the process has one.
    (roads.current)().is_some() && roads.way().is_ok_and(|(provided, _)| provided.is_there())
}

/// # Safety
///
/// As [`ProvidedInstances::with`], of crossroads.
unsafe extern "C" fn with(
    roads: *mut (),
    key: *mut (),
    exclusive: bool,
    work: Work,
    context: *mut (),
    panic: *mut Panic,
) -> u8 {
    // SAFETY: `bind_instances` has made this of crossroads, which are kept for ever.
    let roads = unsafe { &*roads.cast::<Crossroads<ProvidedInstances>>() };
    match roads.way() {
        // SAFETY: it was provided for these instances, and gets what the module passes.
        Ok((to, _)) => unsafe { (to.with)(to.data, key, exclusive, work, context, panic) },
        Err(_) => NOT_LOADED,
    }
}
