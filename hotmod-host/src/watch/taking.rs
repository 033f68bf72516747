//! A file is taken: its module is updated, or loaded.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{self, AtomicBool};

use hotmod::describe::Rule;
use hotmod_file::{Digest, Found, Inspected, Refusal, RefusalStage, inspect_found};

use super::files::Complete;
use super::listing::Stamp;
use super::looking::{Became, Taker, tell};
use super::report::WatchReport;
#[cfg(feature = "resources")]
use crate::call::reading;
use crate::host::Host;
use crate::module::options::UpdateOptions;
use crate::module::report::UpdateOutcome;

/// Which modules that are not loaded yet are to be.
pub(super) type LoadNew = Box<dyn FnMut(&Inspected) -> bool + Send>;

/// What takes files, and knows what it has taken.
pub(super) struct Taking {
    pub(super) options: UpdateOptions,
    pub(super) load_new: Option<LoadNew>,
    /// What each file held when it was taken or refused. The same again is no news.
    pub(super) taken: BTreeMap<PathBuf, Digest>,
    /// Those of them that were refused, and the resources that each was refused for, by the paths that the reasons say.
    pub(super) refused: BTreeMap<PathBuf, BTreeSet<String>>,
    pub(super) on_report: Box<dyn FnMut(&WatchReport) + Send>,
}

/// What came of taking a file.
enum Taken {
    /// Nothing, since what it holds runs, or was taken already.
    Nothing,
    /// Nothing, since it was refused as it is, and that was told.
    RefusedAlready,
    /// It is no module, or not yet.
    NoModule,
    Report(WatchReport),
}

/// A file that is a module's.
struct FoundModule {
    path: PathBuf,
    inspected: Inspected,
}

impl Taker for Taking {
    /// What is a module is said by the end of its name alone.
    const WANTS_OTHERS: bool = false;

    fn is_wanted(&self, _: &Host, path: &Path) -> bool {
        may_be_module(path)
    }

    fn note_listing(&mut self, listing: &BTreeMap<PathBuf, Stamp>) {
        self.taken.retain(|path, _| listing.contains_key(path));
        self.refused.retain(|path, _| listing.contains_key(path));
    }

    #[cfg(feature = "resources")]
    fn waits_for(&self, resource: &str) -> Vec<PathBuf> {
        let path = reading::path(resource);
        let waiting = self.refused.iter().filter(|(_, it)| it.contains(&path));
        waiting.map(|(file, _)| file.clone()).collect()
    }

    fn take(&mut self, host: &Host, complete: Vec<Complete>, ends: &AtomicBool) -> Vec<Became> {
        let mut became = Vec::new();
        let mut candidates = Vec::new();
        for complete in complete {
            match self.read(host, &complete) {
                Ok(candidate) => candidates.push(candidate),
                Err(taken) => became.extend(self.told(complete.path, taken)),
            }
        }
        candidates.sort_by(|a, b| a.order(b));
        for candidate in candidates {
            // Relaxed: the thread that sets it wakes this one, too.
            if ends.load(atomic::Ordering::Relaxed) {
                break;
            }
            let path = candidate.path.clone();
            let taken = self.take_one(host, candidate, ends);
            became.extend(self.told(path, taken));
        }
        became
    }

    fn tell_unreadable(&mut self, directory: PathBuf, error: String) {
        tell(
            &mut *self.on_report,
            &WatchReport::Unreadable { directory, error },
        );
    }

    fn tell_polled(&mut self, directory: PathBuf, error: String) {
        tell(
            &mut *self.on_report,
            &WatchReport::Polling { directory, error },
        );
    }
}

impl Taking {
    /// Tells what came of taking a file, if there is something to tell.
    fn told(&mut self, path: PathBuf, taken: Taken) -> Option<Became> {
        match taken {
            Taken::RefusedAlready => Some(Became::Refused(path)),
            Taken::NoModule => Some(Became::NotYet(path)),
            Taken::Report(report) if report.is_failure() => {
                self.refused.insert(path.clone(), waits(&report));
                tell(&mut *self.on_report, &report);
                Some(Became::Refused(path))
            }
            Taken::Nothing => {
                self.refused.remove(&path);
                None
            }
            Taken::Report(report) => {
                self.refused.remove(&path);
                tell(&mut *self.on_report, &report);
                None
            }
        }
    }

    /// Reads a file. `Err` with what came of it, if that is all.
    fn read(&mut self, host: &Host, complete: &Complete) -> Result<FoundModule, Taken> {
        let path = &complete.path;
        let found = Found::new(path, host.settings.module_dir.as_deref());
        match found.and_then(inspect_found) {
            Ok(inspected) => {
                let digest = inspected.digest();
                let is_taken = self.taken.insert(path.clone(), digest) == Some(digest);
                if is_taken && !complete.is_again && !is_undone(host, &inspected) {
                    return Err(match self.refused.contains_key(path) {
                        true => Taken::RefusedAlready,
                        false => Taken::Nothing,
                    });
                }
                Ok(FoundModule {
                    path: path.clone(),
                    inspected,
                })
            }
            Err(refusal) => {
                self.taken.remove(path);
                Err(match complete.is_sure && !complete.has_changed() {
                    true => Taken::Report(refused(path, Arc::new(refusal))),
                    false => Taken::NoModule,
                })
            }
        }
    }

    /// Has the host take what was read.
    fn take_one(&mut self, host: &Host, candidate: FoundModule, ends: &AtomicBool) -> Taken {
        let FoundModule { path, inspected } = candidate;
        let build = inspected.build();
        let Some(module) = host.module(&build.module) else {
            return self.take_new(host, &path, &inspected);
        };
        // If another request takes the place of this one, what came of that says nothing of this file.
        let update = loop {
            let requested = module.request_update_with(&path, &self.options);
            let update = requested.wait();
            // Relaxed: as above.
            if !requested.was_replaced() || ends.load(atomic::Ordering::Relaxed) {
                break update;
            }
        };
        match update {
            Ok(report) if report.outcome == UpdateOutcome::Unchanged => Taken::Nothing,
            Ok(report) => Taken::Report(WatchReport::Updated {
                file: path,
                report: Box::new(report),
            }),
            // What was complete a moment ago is being written again: it is looked at when that is done.
            Err(refusal) if refusal.stage() == RefusalStage::Inspect => {
                self.taken.remove(&path);
                Taken::NoModule
            }
            Err(refusal) => Taken::Report(refused(&path, refusal)),
        }
    }

    fn take_new(&mut self, host: &Host, path: &Path, inspected: &Inspected) -> Taken {
        let build = inspected.build();
        let is_wanted = self.load_new.as_mut().map(|is_wanted| is_wanted(inspected));
        if is_wanted != Some(true) {
            return Taken::Report(WatchReport::NotLoaded {
                file: path.to_owned(),
                module: build.module.clone(),
            });
        }
        match host.load_untyped(path) {
            Ok(module) => Taken::Report(WatchReport::Loaded {
                file: path.to_owned(),
                module: module.name().to_owned(),
                version: module.version().to_owned(),
            }),
            Err(refusal) => Taken::Report(refused(path, Arc::new(refusal))),
        }
    }
}

impl FoundModule {
    /// The order in which files that are complete at once are taken: of one module, the latest version comes last, and
    /// is what runs then.
    fn order(&self, other: &Self) -> Ordering {
        let (a, b) = (self.inspected.build(), other.inspected.build());
        let version = |text: &str| semver::Version::parse(text).ok();
        let versions = version(&a.version).cmp(&version(&b.version));
        (a.module.cmp(&b.module))
            .then(versions)
            .then_with(|| self.path.cmp(&other.path))
    }
}

/// Whether it is a version that was rolled back: that it is not taken is told each time that it comes.
fn is_undone(host: &Host, inspected: &Inspected) -> bool {
    let module = host.module(&inspected.build().module);
    module.is_some_and(|it| it.loaded().history().undone(inspected.digest()).is_some())
}

/// The resources that a file was refused for.
fn waits(report: &WatchReport) -> BTreeSet<String> {
    let WatchReport::Refused { refusal, .. } = report else {
        return BTreeSet::new();
    };
    let resources = refusal.differences().iter();
    let resources = resources.filter(|it| it.rule == Rule::ResourceRefused);
    resources.map(|it| it.path.clone()).collect()
}

fn refused(file: &Path, refusal: Arc<Refusal>) -> WatchReport {
    WatchReport::Refused {
        file: file.to_owned(),
        refusal,
    }
}

/// Whether a file may be a module by its name: it ends with `.so`, and is not hidden, as what programs write before they
/// rename it often is.
fn may_be_module(path: &Path) -> bool {
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    path.extension().is_some_and(|it| it == "so") && !path.file_name().is_none_or(is_hidden)
}
