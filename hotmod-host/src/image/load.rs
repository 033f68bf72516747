//! load: from a staged copy to an image whose symbols are resolved.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abi_stable::std_types::RResult;
use hotmod::describe::Rule;
use hotmod::printed::Line;
use hotmod::root::RootAccessor;
use hotmod::root::services::ServicesRef;
use hotmod_file::{Digest, Inspected};
use hotmod_file::{Reason, Refusal, RefusalStage};

use crate::events::Subscribers;
use crate::forever::forever;
use crate::forward::source::Source;
use crate::image::budget::{Budget, Charge};
use crate::image::code::{MappedCode, Symbols, VersionCode};
use crate::image::exports::{self, Exports};
use crate::image::image::{Around, Image};
use crate::image::import::{Connect, Imports};
use crate::image::linking::{Gives, Linking};
use crate::image::mapping::{self, Mapping};
use crate::image::memory::Memory;
use crate::image::meter::CallMeter;
use crate::image::others::OtherModules;
use crate::image::places::ImportPlaces;
use crate::image::stage::{Staged, Staging};
use crate::image::values::ImageValues;
use crate::symbols::known::{self, KnownImage};
use crate::sys;
use crate::sys::loader::Library;

/// Why a file was not loaded.
pub(crate) struct Unloaded {
    pub(crate) refusal: Refusal,
    /// Whether the file was mapped before it was refused: it stays mapped.
    is_mapped: bool,
}

/// The files that were refused after they had been mapped. They would be refused again, so they are not
/// mapped again.
#[derive(Default)]
pub(crate) struct RefusedWhenMapped(Mutex<BTreeMap<Digest, Refusal>>);

impl RefusedWhenMapped {
    /// Refuses a file that was mapped before, for the same reasons.
    pub(crate) fn refuse(&self, candidate: &Inspected) -> Result<(), Refusal> {
        // A refusal is inserted whole.
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&candidate.digest()) {
            Some(refusal) => Err(refusal.clone().of_file(candidate.names())),
            None => Ok(()),
        }
    }

    /// Remembers the refusal of a file that is mapped, and returns it.
    pub(crate) fn remember(&self, digest: Digest, unloaded: Unloaded) -> Refusal {
        let Unloaded { refusal, is_mapped } = unloaded;
        if is_mapped {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(digest, refusal.clone());
        }
        refusal
    }
}

/// What loading takes, the same for all modules of a host.
pub(crate) struct Loader {
    pub(crate) staging: Staging,
    pub(crate) imports: Imports,
    /// Makes the ways to functions that the host has otherwise than a module declares them.
    pub(crate) connect: Connect,
    /// The other modules, which a module may need too.
    pub(crate) others: Arc<dyn OtherModules>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) refused: RefusedWhenMapped,
    /// Where debug files are looked for, by build id.
    pub(crate) debug_dirs: Arc<[PathBuf]>,
    /// If calls are measured, one in how many is timed.
    pub(crate) measures_one_in: Option<u32>,
    /// Who is told of panics of the host's logger.
    pub(crate) events: Arc<Subscribers>,
}

impl Loader {
    /// Makes a private copy of a candidate, and charges the budget for it.
    pub(crate) fn stage(&self, candidate: &Inspected) -> Result<(Staged, Charge), Refusal> {
        self.refused.refuse(candidate)?;
        let charge = self
            .budget
            .charge(mapping::size(candidate.parts()))
            .map_err(|reasons| candidate.refuse(RefusalStage::Stage, reasons))?;
        let staged = self
            .staging
            .copy(&candidate.build().module, candidate.bytes())
            .map_err(|unstaged| unstaged.into_refusal(candidate))?;
        Ok((staged, charge))
    }

    /// Loads a copy. If it is refused after it was mapped, the refusal is remembered.
    pub(crate) fn load_once(
        &self,
        candidate: &Inspected,
        staged: (Staged, Charge),
        given: (&'static Memory, ServicesRef),
    ) -> Result<&'static Image, Refusal> {
        let digest = candidate.digest();
        self.load(candidate, staged, given)
            .map_err(|unloaded| self.refused.remember(digest, unloaded))
    }

    /// What it gives to the modules.
    pub(crate) fn gives(&self) -> Gives<'_> {
        Gives {
            imports: &self.imports,
            connect: self.connect,
            others: &self.others,
        }
    }

    /// Loads a copy. Takes no lock but those that a rehearsal holds over the fork.
    pub(crate) fn load(
        &self,
        candidate: &Inspected,
        staged: (Staged, Charge),
        (memory, services): (&'static Memory, ServicesRef),
    ) -> Result<&'static Image, Unloaded> {
        load(self, candidate, staged, (memory, services))
    }
}

/// Opens the staged copy of an accepted file, resolves every symbol of its manifest and gives the
/// module its imports and its host's services.
fn load(
    loader: &Loader,
    candidate: &Inspected,
    (staged, charge): (Staged, Charge),
    (memory, services): (&'static Memory, ServicesRef),
) -> Result<&'static Image, Unloaded> {
    let library = open(candidate, staged.path()).map_err(|refusal| Unloaded {
        refusal,
        is_mapped: false,
    })?;
    // From here on the copy is mapped for good, and costs memory even if it is refused.
    let spent = |refusal| Unloaded {
        refusal,
        is_mapped: true,
    };
    let staged = staged.keep();
    let linking = Linking {
        symbols: Symbols::OfLibrary(&library),
        candidate,
        places: ImportPlaces::OfImage,
    };
    let opened = Opened {
        linking,
        staged: &staged,
        debug_dirs: &loader.debug_dirs,
        source: Source::new(
            &candidate.build().module,
            &candidate.build().version,
            &loader.events,
        ),
    };
    let source = opened.source;
    let (root, mapping) = match opened.locate() {
        Ok(located) => located,
        Err(refusal) => {
            forever(charge);
            return Err(spent(refusal));
        }
    };
    let exports = opened.link(root, &mapping, (memory, services), loader);
    let (exports, refusal) = match exports {
        Ok(exports) => (Some(Arc::new(exports)), None),
        Err(refusal) => (None, Some(refusal)),
    };
    let (address, encoded) = candidate.encoded();
    let image = Image::new(
        candidate,
        VersionCode::Mapped(MappedCode {
            library,
            mapping,
            charge,
            encoded: (address, encoded.len()),
        }),
        exports,
        Around {
            memory,
            source,
            values: forever(ImageValues::default()),
            meter: loader.measures_one_in.map(CallMeter::new),
        },
    );
    // Nothing of the module has made a value yet.
    root().stand_for()(image.values.address());
    match refusal {
        None => Ok(image),
        Some(refusal) => {
            // No caller will use the image. If its pages cannot be given back, the budget counts them all.
            let _ = image.retire(&loader.staging);
            Err(spent(refusal))
        }
    }
}

/// Held while the system's loader opens a file. The loader has locks of its own, but a thread that copies the
/// process cannot take them.
static LOADER: Mutex<()> = Mutex::new(());

/// Keeps other threads from opening a file.
pub(crate) fn hold() -> MutexGuard<'static, ()> {
    LOADER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the process has loaded a library of this name, so that the loader takes that one where a module
/// needs the name. The name must not be a path.
pub(crate) fn is_loaded(name: &str) -> bool {
    let _loader = hold();
    sys::loader::is_loaded(name)
}

/// Opens the copy for good: once its constructors ran, not even a refusal may close it.
fn open(candidate: &Inspected, staged: &Path) -> Result<ManuallyDrop<Library>, Refusal> {
    let _loader = hold();
    // SAFETY: the file was inspected, so the loader does not crash on it; it was accepted, so its
    // constructors may run; it is a copy that nothing changes.
    let opened = unsafe { sys::loader::open(staged) };
    opened.map(ManuallyDrop::new).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let cause = Line(cause.unwrap_or_else(|| error.to_string())).to_string();
        // glibc says this of a file that cannot be mapped for execution.
        let static_tls = format!("if it may: {}", hotmod_file::STATIC_TLS_CURE);
        let help = match cause.contains("failed to map segment") {
            _ if cause.contains("static TLS block") => &static_tls,
            _ if cause.contains("Too many open files") => {
                "raise `RLIMIT_NOFILE` (`ulimit -n`, `LimitNOFILE=`), or find what leaves files open"
            }
            _ if cause.contains("Cannot allocate memory") => {
                "let the server have more memory (`RLIMIT_AS`, `ulimit -v`, `LimitAS=`)"
            }
            // glibc does not say why.
            true if !sys::loader::is_noexec(staged) => {
                "let the server have more memory (`RLIMIT_AS`, `ulimit -v`) and mappings \
                 (`vm.max_map_count`); if it has, allow execution where private copies are kept"
            }
            true => {
                "allow execution where private copies are kept (is it mounted `noexec`?), or name \
                 another directory with `HostBuilder::stage_dir`"
            }
            false => "install what the module needs; see the reason",
        };
        candidate
            .refuse_because(
                RefusalStage::Load,
                Rule::LoadingFailed,
                Reason {
                    what: "the file",
                    expected: "one that the system's loader opens",
                    found: &cause,
                    help,
                },
            )
            .caused_by(error)
    })
}

struct Opened<'a> {
    linking: Linking<'a>,
    staged: &'a Path,
    /// Where debug files are looked for.
    debug_dirs: &'a Arc<[PathBuf]>,
    /// What the host knows it by where it takes what it forwards.
    source: &'static Source,
}

impl Opened<'_> {
    /// Finds the root of the module, and so where its image lies.
    fn locate(&self) -> Result<(RootAccessor, Mapping), Refusal> {
        let linking = &self.linking;
        let root = exports::root(linking.symbols).map_err(|it| linking.refuse(it))?;
        let base = self.base(root as *const c_void)?;
        // SAFETY: the loader has opened the staged copy of the candidate, with immediate binding,
        // and says that it lies there; it is never closed, and the copy never changes.
        let mapping = unsafe { Mapping::new(base, self.linking.candidate.parts()) };
        // Before it is initialised: it may panic then.
        known::know(KnownImage {
            module: self.linking.candidate.build().module.clone(),
            version: self.linking.candidate.build().version.clone(),
            range: mapping.range(),
            file: self.staged.to_owned(),
            debug_dirs: self.debug_dirs.clone(),
        });
        Ok((root, mapping))
    }

    /// The address that the image of the staged copy is mapped relative to. Refuses an address that
    /// lies in another image: the loader takes some files for others that it knows already.
    fn base(&self, address: *const c_void) -> Result<usize, Refusal> {
        let image = sys::loader::image_of(address);
        match image {
            Some((path, base)) if path == self.staged => Ok(base),
            image => {
                let found = image.map_or("none".to_owned(), |(path, _)| {
                    Line(path.display()).to_string()
                });
                let staged = Line(self.staged.display()).to_string();
                Err(self.linking.other("the mapped image", &staged, &found))
            }
        }
    }
}

impl Opened<'_> {
    /// Resolves the symbols and gives the module its imports and its host's services.
    fn link(
        &self,
        root: RootAccessor,
        mapping: &Mapping,
        (memory, services): (&'static Memory, ServicesRef),
        loader: &Loader,
    ) -> Result<Exports, Refusal> {
        let linking = &self.linking;
        let (address, encoded) = linking.candidate.encoded();
        if mapping.bytes(address, encoded.len()) != Some(encoded) {
            return Err(linking.other("the manifest in memory", "that of the file", "another"));
        }
        let exports = linking.bind(memory, &loader.gives())?;
        // SAFETY: they are the services that this host made for the module, and keeps for ever.
        let initialised = unsafe { root().initialise()(services) };
        match initialised {
            RResult::ROk(()) => {
                linking.confirm(&exports)?;
                self.source.connect(root());
                Ok(exports)
            }
            RResult::RErr(message) => Err(linking.candidate.refuse_because(
                RefusalStage::Prepare,
                Rule::InitialiseFailed,
                Reason {
                    what: "the module",
                    expected: "to be initialised",
                    found: message.as_str(),
                    help: "see the reason",
                },
            )),
        }
    }
}
