//! A loaded version of a module.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod::describe::{Description, Difference, Rule, decode};
use hotmod::root;
use hotmod_file::{Digest, Inspected, Reason, Refusal, RefusalStage, Statics};

use crate::forever::forever;
use crate::forward::source::Source;
use crate::image::awaited::CancelledCalls;
use crate::image::code::VersionCode;
use crate::image::exports::{Exports, LinkedInterface};
use crate::image::memory::Memory;
use crate::image::meter::CallMeter;
use crate::image::stage::Staging;
use crate::image::values::ImageValues;

/// A loaded version. Its code stays mapped for as long as the process lives: `dlclose` of Rust code is
/// unsound, because thread-locals leave destructors behind. So it is *retired* when it is needed no more: it
/// can be called as ever, but hardly any of it is in memory.
pub(crate) struct Image {
    /// The file it was copied from.
    pub(crate) file: PathBuf,
    pub(crate) digest: Digest,
    pub(crate) module: String,
    pub(crate) version: String,
    pub(crate) code: VersionCode,
    /// What the module's code allocates from.
    pub(crate) memory: &'static Memory,
    /// What it forwards of its logs.
    pub(crate) source: &'static Source,
    /// How many instances are at it, or on their way to it.
    pub(crate) instances: AtomicUsize,
    /// How many values of `Lazy`s are at it.
    pub(crate) values: &'static ImageValues,
    /// The calls of its `async` exports that wait.
    pub(crate) cancelled: CancelledCalls,
    /// Measures its calls, if the host does.
    pub(crate) meter: Option<CallMeter>,
    /// How many candidates of it there are, for rehearsals in the process.
    pub(crate) candidates: AtomicUsize,
    /// How often it became what a track leads to.
    pub(crate) publications: AtomicU64,
    /// What instances at it need. Kept also while it is retired.
    pub(crate) implementations: Vec<LinkedInterface>,
    /// The statics of its own that its code can write.
    pub(crate) statics: Statics,
    /// Whether its function marked `loaded` has run. Locked while that function, or the one marked `retired`,
    /// runs. Both run in the module's turn.
    pub(crate) is_set_up: Mutex<bool>,
    /// What the files that it reads held when it last made a value of each.
    pub(crate) files_read: Mutex<BTreeMap<String, Digest>>,
    /// `None` when retired.
    pub(crate) exports: Mutex<Option<Arc<Exports>>>,
}

/// What an image has beside its code.
pub(crate) struct Around {
    pub(crate) memory: &'static Memory,
    pub(crate) source: &'static Source,
    pub(crate) values: &'static ImageValues,
    pub(crate) meter: Option<CallMeter>,
}

impl Image {
    /// That of a candidate. Without exports it is retired.
    pub(crate) fn new(
        candidate: &Inspected,
        code: VersionCode,
        exports: Option<Arc<Exports>>,
        around: Around,
    ) -> &'static Self {
        let implementations = exports.iter().flat_map(|exports| exports.implementations());
        let implementations = implementations.collect();
        let Around {
            memory,
            source,
            values,
            meter,
        } = around;
        forever(Image {
            file: candidate.file().to_owned(),
            digest: candidate.digest(),
            module: candidate.build().module.clone(),
            version: candidate.build().version.clone(),
            code,
            memory,
            source,
            instances: AtomicUsize::new(0),
            values,
            cancelled: CancelledCalls::default(),
            meter,
            candidates: AtomicUsize::new(0),
            publications: AtomicU64::new(0),
            implementations,
            statics: candidate.statics().clone(),
            is_set_up: Mutex::default(),
            files_read: Mutex::default(),
            exports: Mutex::new(exports),
        })
    }

    /// Its implementation of an interface that it was compared with.
    pub(crate) fn implementation(&self, interface: &str) -> &LinkedInterface {
        let mut all = self.implementations.iter();
        all.find(|it| it.interface == interface)
            .expect("bug in hotmod: an instance of an interface that its version lacks")
    }

    /// How often it became what a track leads to. A state that could not be migrated to it is tried again
    /// when it is published again: by then the state may have changed.
    pub(crate) fn publications(&self) -> u64 {
        // Relaxed: the number is raised before the image is published, so a thread that finds the image in
        // its track sees the number too.
        self.publications.load(Ordering::Relaxed)
    }

    /// What it offers. For a retired image this is read anew, and not kept.
    pub(crate) fn exports(&self) -> Arc<Exports> {
        match &*self.hold() {
            Some(exports) => exports.clone(),
            None => self.read(),
        }
    }

    /// What it says of itself.
    pub(crate) fn manifest(&self) -> Arc<Description> {
        self.exports().manifest.clone()
    }

    /// The refusal of a version that does not suit what it would be used with.
    pub(crate) fn unfit(&self, differences: Vec<Difference>) -> Refusal {
        Refusal::new(&self.file, RefusalStage::Compare, differences).of(&self.module, &self.version)
    }

    /// What the files that it reads held when it last made a value of each, by their names.
    pub(crate) fn files_read(&self) -> MutexGuard<'_, BTreeMap<String, Digest>> {
        // An entry is put in whole.
        self.files_read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is linked into the executable, so that no other version can take its place.
    pub(crate) fn is_linked(&self) -> bool {
        self.code.is_linked()
    }

    /// Whether it is needed no more, and was retired.
    pub(crate) fn is_retired(&self) -> bool {
        self.hold().is_none()
    }

    /// How many bytes of it are in memory. `None` if the kernel does not say.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        self.code.resident()
    }

    /// Forgets its description and gives its pages back, since it is needed no more. A call into it still
    /// finds all as it was.
    ///
    /// # Errors
    ///
    /// If pages could not be given back. It is retired all the same, and the budget counts it as before.
    pub(crate) fn retire(&self, staging: &Staging) -> io::Result<()> {
        let mut exports = self.hold();
        *exports = None;
        self.page_out(staging)?;
        self.code.charge(true);
        Ok(())
    }

    /// Gives its pages back, needed or not.
    pub(crate) fn page_out(&self, staging: &Staging) -> io::Result<()> {
        self.code.page_out(staging)
    }

    /// Notes that it is about to become what a track leads to.
    pub(crate) fn enter_use(&self) {
        self.revive();
        self.publications.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts it in use again: its description is read anew.
    pub(crate) fn revive(&self) {
        let mut exports = self.hold();
        if exports.is_none() {
            *exports = Some(self.read());
            self.code.charge(false);
        }
    }

    /// Its description, as it is in its file.
    #[cfg(feature = "snapshot")]
    pub(crate) fn section(&self) -> &'static [u8] {
        let encoded = self.code.encoded();
        encoded.expect("bug in hotmod: a loaded image cannot be read any more")
    }

    /// Decodes the manifest that lies in the image, and looks its symbols up.
    fn read(&self) -> Arc<Exports> {
        let encoded = self.code.encoded();
        let manifest = encoded.and_then(|bytes| decode::decode(bytes, &root::toolchain()).ok());
        let exports =
            manifest.and_then(|it| Exports::resolve(Arc::new(it), self.code.symbols()).ok());
        // All this was done with the same bytes and the same image when it was loaded.
        Arc::new(exports.expect("bug in hotmod: a loaded image cannot be read any more"))
    }

    /// Whether it is set up. That changes only while this guard is held.
    pub(crate) fn lifecycle(&self) -> MutexGuard<'_, bool> {
        // A function that panicked leaves nothing of the host half done.
        self.is_set_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A refusal of it, because it lacks a shim that the comparison found.
    pub(crate) fn unlinked(&self) -> Refusal {
        Refusal::because(
            &self.file,
            RefusalStage::Load,
            Rule::OtherImage,
            Reason {
                what: "the exports",
                expected: "those that were compared",
                found: "fewer",
                help: "this is a bug in hotmod; please report it",
            },
        )
        .of(&self.module, &self.version)
    }

    /// Locks what it offers, so that no other thread asks for it.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Option<Arc<Exports>>> {
        // A panic leaves nothing half done: the exports change by one store.
        self.exports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
