//! What a panic inside a module said about its place.
//!
//! Each module has a standard library of its own, so its hook sees only its own panics. While an
//! export runs, the hook notes where the panic was raised instead of printing it: the caller gets
//! it as an error and decides. Panics outside of exports go to the hook that was there before. The host is told
//! of all of them, also of those that the module catches by itself.

use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;

use abi_stable::std_types::{RString, RVec};

use crate::root::mark::Mark;
use crate::root::services::{RaisedPanic, ServicesRef};
use crate::root::trace;

thread_local! {
    /// Those of the innermost call, the latest last.
    static NOTES: RefCell<Vec<Note>> = const { RefCell::new(Vec::new()) };
}

/// The host, which says where this thread is among its calls, and is told of panics.
static HOST: OnceLock<HostOfPanics> = OnceLock::new();

struct HostOfPanics(ServicesRef);

// SAFETY: any thread may use the services, for as long as the process lives (`Services`).
unsafe impl Send for HostOfPanics {}
// SAFETY: as above.
unsafe impl Sync for HostOfPanics {}

impl HostOfPanics {
    fn mark(&self) -> Mark {
        self.0.mark()()
    }

    fn tell(&self, info: &PanicHookInfo<'_>, mark: Mark, addresses: &[usize]) {
        let location = info.location();
        let panic = RaisedPanic {
            message: info.payload_as_str().unwrap_or_default().into(),
            file: location.map_or("", |it| it.file()).into(),
            line: location.map_or(0, |it| it.line()),
            column: location.map_or(0, |it| it.column()),
            is_inside: mark.is_inside(),
            addresses: addresses.into(),
            image: (&raw const HOST).cast(),
        };
        // SAFETY: the context is that of these services, and the panic is lent for the call.
        unsafe { (self.0.panicked())(self.0.context(), &raw const panic) };
    }
}

/// Where the panic was raised, as it leaves the module.
#[repr(C)]
pub(crate) struct PanicLocation {
    pub(crate) file: RString,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// How many panics of a call are noted, since destructors may raise and catch others on the way of one.
const MOST: usize = 4;

/// What the hook noted of a panic.
struct Note {
    mark: Mark,
    message: String,
    location: Option<PanicLocation>,
    addresses: RVec<usize>,
}

/// Replaces the module's hook; called once, when the module is initialised.
pub(crate) fn install(services: ServicesRef) {
    let host = HOST.get_or_init(|| HostOfPanics(services));
    trace::look_up_by(services.look_up());
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let mark = host.mark();
        let addresses = match mark.traced {
            true => trace::addresses(),
            false => Vec::new(),
        };
        host.tell(info, mark, &addresses);
        if !mark.is_inside() || is_last_word(info) {
            return before(info);
        }
        let location = info.location().map(|location| PanicLocation {
            file: location.file().into(),
            line: location.line(),
            column: location.column(),
        });
        let note = Note {
            mark,
            message: info.payload_as_str().unwrap_or_default().to_owned(),
            location,
            addresses: addresses.into(),
        };
        // A thread that ends may have nothing left to note it in.
        let _ = NOTES.try_with(|notes| note.add_to(&mut notes.borrow_mut()));
    }));
}

impl Note {
    fn add_to(self, notes: &mut Vec<Note>) {
        notes.retain(|it| it.mark == self.mark);
        if notes.len() == MOST {
            notes.remove(0);
        }
        notes.push(self);
    }
}

/// Whether the process ends after this panic, so that nothing but the hook can print it: by the words of the
/// standard library, which says it in no other way.
fn is_last_word(info: &PanicHookInfo<'_>) -> bool {
    const LAST_WORDS: [&str; 2] = [
        "panic in a destructor during cleanup",
        "panic in a function that cannot unwind",
    ];
    let message = info.payload_as_str();
    message.is_some_and(|message| LAST_WORDS.contains(&message))
}

/// Takes what was noted of the panic with this message, empty for none, on this thread: its place, and the
/// addresses of its stack. Of several in one call it is the last, since the module caught the others. There is
/// nothing to take if that panic was in an earlier call, nor if nothing was noted (`resume_unwind` runs no hook).
pub(crate) fn take(message: &str) -> (Option<PanicLocation>, RVec<usize>) {
    let notes = NOTES.try_with(RefCell::take).unwrap_or_default();
    let Some(mark) = HOST.get().map(HostOfPanics::mark) else {
        return (None, RVec::new());
    };
    let mut notes = notes.into_iter().rev();
    let note = notes.find(|it| it.mark == mark && it.message == message);
    note.map_or_else(|| (None, RVec::new()), |it| (it.location, it.addresses))
}

/// Forgets what was noted on this thread.
pub(crate) fn forget() {
    let _ = NOTES.try_with(RefCell::take);
}
