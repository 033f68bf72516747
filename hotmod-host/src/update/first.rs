//! first: how a module comes to the version that it begins with.
//!
//! That is in its file, as ever. Where the host keeps what ran (`journal`), the file is looked at as an update of that, and
//! if it is not to be taken, what ran is loaded from its copy.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use hotmod::describe::Rule;
use hotmod::printed::Line;
use hotmod_file::plan::Way;
use hotmod_file::{
    Confines, Found, Inspected, Reason, Refusal, RefusalStage, Replaced, inspect_found, verify,
};

use crate::call::expectation::Expectation;
use crate::call::generation::Generation;
use crate::call::lifecycle;
#[cfg(feature = "linked")]
use crate::call::linked::CALLS;
use crate::call::reading::{self, ReadFile};
use crate::call::slot;
use crate::events::{Progress, UpdateState};
use crate::forever::forever;
use crate::image::image::Image;
#[cfg(feature = "linked")]
use crate::image::linked;
use crate::image::load;
use crate::image::memory::Memory;
use crate::journal::journal::FilesRead;
use crate::journal::operation::Operation;
use crate::journal::recovery::{Interrupted, KeptModule, OperationKind};
use crate::migrate;
use crate::module::kept_start::KeptStart;
use crate::module::loaded::Loaded;
use crate::module::settings::Settings;
use crate::module::task_round;
use crate::module::ticking;
use crate::update::recorded::{self, from_root};
use crate::update::update::{compare, look_into};
use crate::uses::register::Together;

/// A file that a module is to begin with.
pub(crate) struct FirstFile {
    pub(crate) candidate: Inspected,
    /// The file that was asked for.
    asked: PathBuf,
    /// What was kept of the module.
    kept: Option<KeptModule>,
    /// Why the candidate is the copy that was kept, if it is.
    instead: Option<Refusal>,
    /// Until the module has begun, or is refused.
    operation: Option<Operation>,
    /// Whether the code is a part of the executable, so that there is no file.
    is_linked: bool,
}

/// Which file a module of this host is to begin with: the one that the path leads to, or the copy of what ran.
pub(crate) fn look(settings: &Settings, file: &Path) -> Result<FirstFile, Refusal> {
    let named = match (&settings.module_dir, file.parent()) {
        (Some(directory), Some(parent)) if parent.as_os_str().is_empty() => directory.join(file),
        _ => from_root(file),
    };
    let operation = settings.journal.as_ref().map(|journal| {
        journal.begin(Interrupted {
            file: Some(named.clone()),
            ..Interrupted::now(OperationKind::Load)
        })
    });
    let found = look_into(settings, file);
    let journal = settings.journal.as_deref();
    let kept = match (journal, &found) {
        (None, _) => None,
        (Some(journal), Ok(candidate)) => journal.kept(&candidate.build().module),
        (Some(journal), Err(_)) => journal.kept_of_file(&named),
    };
    let taken = found.and_then(|candidate| match &kept {
        Some(kept) => match unsuited(settings, &candidate, kept, &named) {
            Some(refusal) => Err(refusal),
            None => Ok(candidate),
        },
        None => Ok(candidate),
    });
    let first = |candidate, instead| FirstFile {
        candidate,
        asked: named,
        kept: kept.clone(),
        instead,
        operation,
        is_linked: false,
    };
    match taken {
        Ok(candidate) => {
            let first = first(candidate, None);
            first
                .operation
                .iter()
                .for_each(|it| it.of(&first.candidate));
            Ok(first)
        }
        Err(refusal) => match &kept {
            Some(kept) => {
                let copy = copy(kept).map_err(|it| both(&refusal, it))?;
                Ok(first(copy, Some(refusal)))
            }
            None => Err(refusal),
        },
    }
}

/// Loads several modules, each from its file, so that none is called before all are loaded. `running` says which version
/// runs of a module that is loaded already. Where what was kept takes the place of a file that is refused, it does for all
/// modules of which something was kept: those versions have run together.
pub(crate) fn all(
    settings: &Arc<Settings>,
    files: Vec<FirstFile>,
    expectation: Option<&Expectation>,
    running: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Arc<Loaded>>, Refusal> {
    for file in &files {
        refuse_loaded(&file.candidate, running)?;
    }
    let publications = settings.uses.publications();
    let begun = begin(settings, &files, expectation);
    let begun = begun.and_then(|all| introduce(settings, &all, publications).map(|()| all));
    let refusal = match begun {
        Ok(all) => return Ok(done(&files, all)),
        Err(refusal) => refusal,
    };
    let has_other = |it: &FirstFile| it.instead.is_none() && it.is_other();
    if !files.iter().any(has_other) {
        return Err(refusal);
    }
    let kept = files.into_iter().map(|it| it.or_kept(&refusal));
    let files = kept.collect::<Result<Vec<_>, _>>()?;
    let publications = settings.uses.publications();
    let begun = begin(settings, &files, expectation);
    let begun = begun.and_then(|all| introduce(settings, &all, publications).map(|()| all));
    let all = begun.map_err(|it| both(&refusal, it))?;
    Ok(done(&files, all))
}

impl FirstFile {
    /// A module that is linked into the executable. Nothing is kept of it for the next process, which may be another
    /// executable.
    #[cfg(feature = "linked")]
    pub(crate) fn linked(candidate: Inspected) -> Self {
        FirstFile {
            asked: candidate.file().to_owned(),
            candidate,
            kept: None,
            instead: None,
            operation: None,
            is_linked: true,
        }
    }

    /// Whether another version was kept than the one that the file holds.
    fn is_other(&self) -> bool {
        let kept = self.kept.as_ref();
        kept.is_some_and(|it| it.current.digest != self.candidate.digest())
    }

    /// The same, with the copy of what ran in the place of the file.
    fn or_kept(self, refusal: &Refusal) -> Result<Self, Refusal> {
        let kept = match &self.kept {
            Some(kept) if self.instead.is_none() && self.is_other() => kept,
            _ => return Ok(self),
        };
        Ok(FirstFile {
            candidate: copy(kept).map_err(|it| both(refusal, it))?,
            instead: Some(refusal.clone()),
            ..self
        })
    }
}

/// Loads all first versions, or none.
fn begin(
    settings: &Arc<Settings>,
    files: &[FirstFile],
    expectation: Option<&Expectation>,
) -> Result<Vec<Arc<Loaded>>, Refusal> {
    let together: Together = match files {
        [_] => Together::new(),
        files => {
            let manifests = files.iter().map(|it| {
                let candidate = &it.candidate;
                (
                    candidate.build().module.clone(),
                    candidate.shared_manifest(),
                )
            });
            manifests.collect()
        }
    };
    let mut all: Vec<Arc<Loaded>> = Vec::new();
    for file in files {
        let running = |name: &str| {
            let here = all.iter().find(|it| it.name == name);
            here.map(|it| it.current().version.clone())
        };
        if let Some(operation) = file.operation.as_ref().filter(|_| file.instead.is_none()) {
            operation.reaches(UpdateState::Linking.as_str(), true);
        }
        let loaded = refuse_loaded(&file.candidate, &running)
            .and_then(|()| first_of(settings, &file.candidate, expectation.cloned(), &together));
        match loaded {
            Ok(loaded) => all.push(loaded),
            Err(refusal) => {
                forgo(settings, &all);
                return Err(refusal);
            }
        }
    }
    Ok(all)
}

/// Records what modules have begun with, and tells where that is what was kept.
fn done(files: &[FirstFile], all: Vec<Arc<Loaded>>) -> Vec<Arc<Loaded>> {
    let from_files = files.iter().zip(&all).filter(|(file, _)| !file.is_linked);
    for (file, loaded) in from_files {
        if let Some(kept) = &file.kept {
            loaded.history().distrust(kept.rolled_back.clone());
        }
        // What takes the place of a file has begun with the file that it began with before.
        let start = match (&file.instead, &file.kept) {
            (Some(_), Some(kept)) => kept.start.clone(),
            _ => (file.asked.clone(), file.candidate.digest()),
        };
        recorded::starts(loaded, file.candidate.bytes(), &start);
        let Some(refusal) = &file.instead else {
            continue;
        };
        let version = &loaded.current().version;
        let start = KeptStart {
            module: loaded.name.clone(),
            version: version.clone(),
            file: file.asked.clone(),
            copy: file.candidate.file().to_owned(),
            refusal: refusal.clone(),
        };
        let mut progress = Progress::new(&loaded.settings.events, &loaded.name, version);
        progress.to(version);
        progress.reaches_because(UpdateState::Kept, &start);
        // It begins once.
        let _ = loaded.kept_start.set(start);
    }
    all
}

/// Why a file is not to take the place of what was kept, as far as it can be said before it is compared.
fn unsuited(
    settings: &Settings,
    candidate: &Inspected,
    kept: &KeptModule,
    file: &Path,
) -> Option<Refusal> {
    let current = &kept.current;
    let digest = candidate.digest();
    if digest == current.digest {
        return None;
    }
    let mut undone = kept.rolled_back.iter();
    if let Some(undone) = undone.find(|it| it.digest == digest) {
        return Some(recorded::undone(candidate, undone).keeps(&current.version));
    }
    let mut refused = kept.refused.iter();
    if let Some(refused) = refused.find(|it| it.digest == digest) {
        return Some(recorded::refused(candidate, refused).keeps(&current.version));
    }
    if kept.start == (file.to_owned(), digest) {
        let from = Line(current.file.display());
        let refusal = candidate.refuse_because(
            RefusalStage::Verify,
            Rule::Overtaken,
            Reason {
                what: "the file",
                expected: "one that was changed since the process before began",
                found: &format!(
                    "as it was, and that process was updated to {} from {from}",
                    current.version
                ),
                help: "put the version there that is to run",
            },
        );
        return Some(refusal.keeps(&current.version));
    }
    let replaced = Replaced {
        module: &kept.module,
        version: &current.version,
    };
    let verified = verify(candidate, &settings.policy, Some(replaced), load::is_loaded);
    verified.err().map(|it| it.keeps(&current.version))
}

/// The copy of what ran of a module.
fn copy(kept: &KeptModule) -> Result<Inspected, Refusal> {
    let copy = &kept.current.copy;
    let confines = Confines {
        directory: copy.parent().unwrap_or(copy),
        called: "directory of kept copies",
        chosen_by: "HostBuilder::state_dir",
    };
    let candidate = inspect_found(Found::within(copy, &confines)?)?;
    if candidate.digest() == kept.current.digest {
        return Ok(candidate);
    }
    Err(candidate.refuse_because(
        RefusalStage::Inspect,
        Rule::FileDamaged,
        Reason {
            what: "the copy of what ran",
            expected: &format!("the digest {}", kept.current.digest),
            found: &candidate.digest().to_string(),
            help: "put a file of the module in its place that is to run",
        },
    ))
}

/// The refusal of a file in whose place what was kept cannot be taken either.
fn both(refusal: &Refusal, of_copy: Refusal) -> Refusal {
    refusal.clone().caused_by(of_copy)
}

/// Refuses a module that is loaded already.
fn refuse_loaded(
    candidate: &Inspected,
    running: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Refusal> {
    let name = &candidate.build().module;
    let Some(running) = running(name) else {
        return Ok(());
    };
    let refusal = candidate.refuse_because(
        RefusalStage::Verify,
        Rule::AlreadyLoaded,
        Reason {
            what: "module",
            expected: "one that is not loaded yet",
            found: &format!("`{name}`, of which {running} runs"),
            help: match candidate.is_linked() {
                true => "link it once: `Host::module` gives another handle, and `Module::interface` another interface of it",
                false => "use `Module::update` for another version; `Host::module` gives another handle of this one, and \
                          `Module::interface` another interface",
            },
        },
    );
    Err(refusal.keeps(&running))
}

/// Loads the first version of a module from a file that was looked into, together with first versions of other modules.
pub(crate) fn first_of(
    settings: &Arc<Settings>,
    candidate: &Inspected,
    expectation: Option<Expectation>,
    together: &Together,
) -> Result<Arc<Loaded>, Refusal> {
    verify(candidate, &settings.policy, None, load::is_loaded)?;
    let name = candidate.build().module.clone();
    let expectations = settings.declared.with(&name, expectation);
    compare(candidate, None, &expectations, settings, together)?;
    let (image, memory) = match settings.unready.take(candidate.digest()) {
        Some((image, memory)) => {
            image.revive();
            (image, memory)
        }
        None => {
            let memory = forever(Memory::default());
            (code(settings, candidate, memory)?, memory)
        }
    };
    match set_up(settings, image, candidate) {
        Ok(read) => recorded::keep_read(settings, image, &read),
        Err(refusal) => {
            // The image is not needed until the same file is tried again. If its pages stay, the budget counts it
            // as before.
            let _ = image.retire(&settings.loader.staging);
            settings.unready.keep(image, memory);
            return Err(refusal);
        }
    }
    let first = Generation::link(image, &expectations, migrate::converter)
        .ok_or_else(|| image.unlinked())?;
    Ok(Loaded::new(
        name,
        settings.clone(),
        memory,
        first,
        expectations,
    ))
}

/// Has the code of a first version there.
fn code(
    settings: &Settings,
    candidate: &Inspected,
    memory: &'static Memory,
) -> Result<&'static Image, Refusal> {
    #[cfg(feature = "linked")]
    if candidate.is_linked() {
        return linked::link(&settings.loader, candidate, memory, CALLS);
    }
    let staged = settings.loader.stage(candidate)?;
    let given = (memory, memory.services(slot::mark));
    settings.loader.load_once(candidate, staged, given)
}

/// Sets a first version up, and gives what it has read. What ran in the process before begins with what it had read there,
/// in the place of files of which it makes no value.
fn set_up(
    settings: &Settings,
    image: &'static Image,
    candidate: &Inspected,
) -> Result<FilesRead, Refusal> {
    let set_up = |read: &ReadFile<'_>| {
        let files_read =
            lifecycle::set_up(image, candidate, read, || Generation::with_nothing(image));
        files_read.map(Option::unwrap_or_default)
    };
    let refusal = match set_up(&|file| settings.read_file(file)) {
        Ok(read) => return Ok(read),
        Err(refusal) => refusal,
    };
    let differences = refusal.differences();
    let kept = recorded::kept_read(settings, candidate);
    let is_refused = |file: &str| differences.iter().any(|it| it.path == reading::path(file));
    if !differences
        .iter()
        .all(|it| it.rule == Rule::ResourceRefused)
        || kept.keys().filter(|it| is_refused(it)).count() < differences.len()
    {
        return Err(refusal);
    }
    let read = set_up(&|file| match kept.get(file).filter(|_| is_refused(file)) {
        Some(bytes) => Ok(bytes.clone()),
        None => settings.read_file(file),
    })
    .map_err(|_| refusal.clone())?;
    let mut progress = Progress::new(&settings.events, &image.module, &image.version);
    progress.to(&image.version);
    let reason = format!("what the process before had read is used: {refusal}");
    progress.reaches_because(UpdateState::ResourceRefused, &reason);
    Ok(read)
}

/// Gives up first versions that were to be loaded together with one that is refused. The same files can be tried
/// again.
pub(crate) fn forgo(settings: &Settings, loaded: &[Arc<Loaded>]) {
    for loaded in loaded {
        let image = loaded.current();
        // Nothing has called it yet, and what it gives back when it is retired is told by no update.
        let _ = lifecycle::wind_down(image, || loaded.history().linked_with_nothing(image));
        let _ = image.retire(&settings.loader.staging);
        settings.unready.keep(image, loaded.memory);
    }
}

/// Has modules that are loaded for the first time called by those that use them, from now on. `publications` is how
/// many there were before the modules were compared with the others. If they suit those no more, all are given up.
pub(crate) fn introduce(
    settings: &Settings,
    loaded: &[Arc<Loaded>],
    publications: u64,
) -> Result<(), Refusal> {
    let uses = &settings.uses;
    let publishing = uses.publishing();
    if uses.publications() != publications {
        let manifest = |loaded: &Arc<Loaded>| loaded.current().manifest();
        let together: Together = loaded
            .iter()
            .map(|it| (it.name.clone(), manifest(it)))
            .collect();
        for it in loaded {
            let mut found = uses.differences(&it.name, &manifest(it), &together, Way::On);
            found.retain(|it| it.rule.refuses());
            if !found.is_empty() {
                drop(publishing);
                let refusal = it.current().unfit(found);
                forgo(settings, loaded);
                return Err(refusal);
            }
        }
    }
    let first = |loaded: &Arc<Loaded>| loaded.track.current();
    loaded.iter().for_each(|it| uses.link(first(it)));
    for loaded in loaded {
        let versions: Weak<Loaded> = Arc::downgrade(loaded);
        uses.loaded(&loaded.name, &loaded.track, versions);
    }
    // Those that were loaded before some of the others.
    loaded.iter().for_each(|it| uses.link(first(it)));
    drop(publishing);
    loaded.iter().for_each(ticking::start);
    loaded.iter().for_each(task_round::start);
    Ok(())
}
