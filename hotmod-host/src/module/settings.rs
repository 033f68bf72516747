//! What was chosen when a host was built.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hotmod_file::{Found, Policy, Refusal};

use crate::call::lifecycle::Unready;
use crate::call::reading::Unreadable;
use crate::events::Subscribers;
use crate::forward;
use crate::image::load::Loader;
use crate::journal::journal::Journal;
use crate::later::Later;
use crate::module::declared::Declared;
use crate::module::options::RehearsalOptions;
#[cfg(feature = "resources")]
use crate::resource::known::Resources;
use crate::runtime::Runtime;
#[cfg(feature = "snapshot")]
use crate::uses::gate::Gate;
#[cfg(feature = "snapshot")]
use crate::uses::named_states::StatesByName;
use crate::uses::register::UseRegister;

/// What was chosen when the host was built, and what its modules share.
pub(crate) struct Settings {
    pub(crate) module_dir: Option<PathBuf>,
    pub(crate) policy: Policy,
    /// What the next process goes on from, if something is kept for that.
    pub(crate) journal: Option<Arc<Journal>>,
    #[cfg(feature = "resources")]
    pub(crate) resources: Resources,
    /// The states that have names.
    #[cfg(feature = "snapshot")]
    pub(crate) states: StatesByName,
    /// What uses of instances pass.
    #[cfg(feature = "snapshot")]
    pub(crate) gate: Arc<Gate>,
    pub(crate) loader: Loader,
    /// What the host will call of its modules, as far as it said so.
    pub(crate) declared: Declared,
    /// What its modules need of each other.
    pub(crate) uses: Arc<UseRegister>,
    /// How an update is rehearsed that does not say so itself.
    pub(crate) rehearsal: Option<RehearsalOptions>,
    pub(crate) events: Arc<Subscribers>,
    pub(crate) later: Later,
    /// The thread for requested updates. They may take long, and must not hold up what `later` does.
    pub(crate) updater: Later,
    /// The thread that calls what is called again and again, of all modules.
    pub(crate) timers: Later,
    pub(crate) min_update_interval: Duration,
    pub(crate) unready: Unready,
    /// What runs futures of modules.
    pub(crate) runtime: Option<Arc<dyn Runtime>>,
    /// How many threads may work on one migration.
    pub(crate) migration_threads: NonZero<usize>,
}

impl Settings {
    /// Has this process do what was due in the process that it was forked from.
    pub(crate) fn go_on(&self) {
        self.later.go_on();
        self.updater.go_on();
        self.timers.go_on();
        forward::go_on();
    }

    /// What a file of a resource holds, for a module that reads it.
    #[cfg(feature = "resources")]
    pub(crate) fn read_file(&self, name: &str) -> Result<Vec<u8>, Unreadable> {
        self.resources
            .read(name)
            .map_err(|(what, help)| Unreadable {
                what,
                help: match help {
                    "" => "put the file into the resource directory (`HostBuilder::resource_dir`)"
                        .to_owned(),
                    help => help.to_owned(),
                },
            })
    }

    /// What a file of a resource holds, for a module that reads it.
    #[cfg(not(feature = "resources"))]
    pub(crate) fn read_file(&self, _: &str) -> Result<Vec<u8>, Unreadable> {
        Err(Unreadable {
            what: "a host that has no resources".to_owned(),
            help:
                "build it with the feature `resources` of `hotmod-host`, and name the directory by \
                   `HostBuilder::resource_dir`"
                    .to_owned(),
        })
    }

    /// The file that a path leads to now.
    pub(crate) fn find(&self, file: &Path) -> Result<Found, Refusal> {
        Found::new(file, self.module_dir.as_deref())
    }
}
