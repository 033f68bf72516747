//! What the host's subscribers take, as modules keep it: told at once when a filter of the host changes.
//!
//! `tracing` asks every callsite anew when a subscriber comes or a filter is reloaded. One callsite is there to
//! notice that ([`Noticed`]); it is asked after those that stand for modules', since `tracing` keeps it in another
//! list. The thread that changed the filter then has every image ask for its callsites again, before the change is
//! over. It does so while it holds locks of `tracing`, so no thread may wait for these while it holds what the
//! image's own `tracing` has locked:
//!
//! - A callsite that an image registers meanwhile is not waited for: the image is told to ask again.
//! - While an image registers one, no image is told: the thread for later does it then.

use std::sync::{LazyLock, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Duration;

use tracing_core::callsite::{self, Callsite, Identifier};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::{Interest, Level, LevelFilter, Metadata};

use crate::later::Later;
use crate::sys::copy;

/// How often it is looked whether modules may be told that a level is off altogether.
const NOW_AND_THEN: Duration = Duration::from_millis(500);

/// How long after they could not be told modules are told.
const SOON: Duration = Duration::from_millis(1);

/// The level at which all is asked for by callsite.
const EVERY: u32 = 5;

struct Following {
    all: Vec<extern "C" fn(u32)>,
    /// How many threads register callsites of images.
    registering: usize,
    /// Whether a thread tells images.
    is_telling: bool,
    /// Whether images have to be told of a change later, since they could not be when it was noticed.
    is_due: bool,
    /// How many changes were noticed, and how many when it was looked last.
    changes: u64,
    seen: u64,
    /// Up to which level images ask.
    level: u32,
}

static FOLLOWING: Mutex<Following> = Mutex::new(Following {
    all: Vec::new(),
    registering: 0,
    is_telling: false,
    is_due: false,
    changes: 0,
    seen: 0,
    level: EVERY,
});

static LATER: LazyLock<Later> = LazyLock::new(|| Later::new("hotmod-tracing"));

fn following() -> MutexGuard<'static, Following> {
    // Nothing panics under the lock.
    FOLLOWING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An image follows the host from now on. In a copy of the process nothing is forwarded.
pub(super) fn add(follow: extern "C" fn(u32)) {
    static NOTICES: Once = Once::new();
    if copy::is_this() {
        return;
    }
    NOTICES.call_once(|| {
        callsite::register(&NOTICED);
        LATER.after(NOW_AND_THEN, look);
    });
    following().all.push(follow);
    // Nothing of the image runs yet, so nothing is registered that this could miss.
    follow(EVERY);
    tell(EVERY);
}

/// Goes on in a process that was forked from the host's.
pub(super) fn go_on() {
    if !following().all.is_empty() {
        LATER.go_on();
    }
}

/// Registers a callsite, unless the filters are changing.
pub(super) fn while_no_change<R>(register: impl FnOnce() -> R) -> Option<R> {
    {
        let mut following = following();
        if following.is_telling {
            // The image keeps that it has to ask each time, until it is told once more.
            following.is_due = true;
            return None;
        }
        following.registering += 1;
    }
    let registered = register();
    let is_due = {
        let mut following = following();
        following.registering -= 1;
        following.registering == 0 && following.is_due
    };
    if is_due {
        LATER.after(SOON, tell_again);
    }
    Some(registered)
}

/// Tells every image to ask for its callsites again, up to a level. Not now, if one registers some.
fn tell(level: u32) {
    let all = {
        let mut following = following();
        if following.registering > 0 || following.is_telling {
            following.is_due = true;
            return;
        }
        following.is_telling = true;
        following.is_due = false;
        following.level = level;
        following.all.clone()
    };
    for follow in all {
        follow(level);
    }
    let is_due = {
        let mut following = following();
        following.is_telling = false;
        following.is_due
    };
    if is_due {
        LATER.after(SOON, tell_again);
    }
}

fn tell_again() {
    let is_due = following().is_due;
    if is_due {
        tell(EVERY);
    }
}

/// Tells images the host's level once no filter has changed for a while, so that what is off altogether costs
/// them no more than it costs the host. Not sooner: the host's level is set last of all in a change.
fn look() {
    let (is_quiet, known) = {
        let mut following = following();
        let is_quiet = following.seen == following.changes;
        following.seen = following.changes;
        (is_quiet, following.level)
    };
    let level = LevelFilter::current().into_level();
    let level = level.map_or(0, super::callsites::level_number);
    if is_quiet && level != known {
        tell(level);
        // Noticed meanwhile: what was told may be too little.
        let is_quiet = {
            let following = following();
            following.changes == following.seen
        };
        if !is_quiet {
            tell(EVERY);
        }
    }
    LATER.after(NOW_AND_THEN, look);
}

/// The callsite that notices changes.
struct Noticed(OnceLock<Metadata<'static>>);

static NOTICED: Noticed = Noticed(OnceLock::new());

impl Callsite for Noticed {
    fn set_interest(&self, _: Interest) {
        if copy::is_this() {
            return;
        }
        following().changes += 1;
        tell(EVERY);
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.0.get_or_init(|| {
            Metadata::new(
                "a filter changed",
                "hotmod::forward",
                Level::TRACE,
                None,
                None,
                None,
                FieldSet::new(&[], Identifier(&NOTICED)),
                Kind::EVENT,
            )
        })
    }
}
