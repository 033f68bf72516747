//! load: from a staged copy to an image whose symbols are resolved.

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, c_void};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;

use abi_stable::std_types::RResult;
use hotmod::call::Shim;
use hotmod::describe::{Description, Rule, Type};
use hotmod::import::Import;
use hotmod::interface::ImplementationTable;
use hotmod::old::{CheckShim, HookShim};
use hotmod::root::{ROOT_SYMBOL, RootAccessor};
use hotmod::services::ServicesRef;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::error::{Refusal, Stage};
use crate::import::Imports;
use crate::inspect::{Digest, Inspected};

/// A loaded version. Its code stays mapped for as long as the process lives: `dlclose` of Rust
/// code is unsound, because thread-locals leave destructors behind.
pub(crate) struct Image {
    /// The file it was copied from.
    pub(crate) file: PathBuf,
    pub(crate) digest: Digest,
    pub(crate) module: String,
    pub(crate) version: String,
    pub(crate) manifest: Description,
    pub(crate) functions: BTreeMap<String, Shim>,
    pub(crate) tables: BTreeMap<String, &'static ImplementationTable>,
    pub(crate) inits: BTreeMap<Type, Shim>,
    pub(crate) hooks: BTreeMap<Type, HookShim>,
    pub(crate) checks: BTreeMap<Type, CheckShim>,
    /// How many instances are at it.
    pub(crate) instances: AtomicUsize,
}

/// Opens the staged copy of an accepted file, resolves every symbol of its manifest and gives the
/// module its imports and its host's services.
pub(crate) fn load(
    candidate: Inspected,
    staged: &Path,
    services: ServicesRef,
    imports: &Imports,
) -> Result<Image, Refusal> {
    let library = open(&candidate, staged)?;
    let opened = Opened {
        library: &library,
        candidate: &candidate,
        staged,
    };
    let manifest = candidate.manifest();

    // SAFETY: `module!` writes the function under this name with this type.
    let root: RootAccessor = unsafe { opened.symbol(ROOT_SYMBOL)? };
    opened.is_ours(root as *const c_void)?;

    let mut functions = BTreeMap::new();
    for (name, function) in &manifest.functions {
        // SAFETY: the manifest names shims, which `export` writes with this type.
        let shim: Shim = unsafe { opened.symbol(&function.symbol)? };
        functions.insert(name.clone(), shim);
    }
    let mut inits = BTreeMap::new();
    for (state, init) in &manifest.inits {
        // SAFETY: the manifest names shims, which `init` writes with this type.
        let shim: Shim = unsafe { opened.symbol(&init.symbol)? };
        inits.insert(state.clone(), shim);
    }
    let mut hooks = BTreeMap::new();
    for (ty, hook) in &manifest.hooks {
        // SAFETY: the manifest names shims, which `migrate` writes with this type.
        let shim: HookShim = unsafe { opened.symbol(&hook.symbol)? };
        hooks.insert(ty.clone(), shim);
    }
    let mut checks = BTreeMap::new();
    for (state, check) in &manifest.checks {
        // SAFETY: the manifest names shims, which `after_migrate` writes with this type.
        let shim: CheckShim = unsafe { opened.symbol(&check.symbol)? };
        checks.insert(state.clone(), shim);
    }
    let mut tables = BTreeMap::new();
    for (name, implementation) in &manifest.implementations {
        // SAFETY: the manifest names accessors, which `export` writes with this type.
        let accessor: extern "C" fn() -> &'static ImplementationTable =
            unsafe { opened.symbol(&implementation.symbol)? };
        let table = accessor();
        if table.shims().len() != implementation.methods.len() {
            return Err(candidate.refuse_because(
                Stage::Load,
                Rule::OtherImage,
                [
                    &format!("interface {name}"),
                    &format!(
                        "{} methods, as the manifest says",
                        implementation.methods.len()
                    ),
                    &table.shims().len().to_string(),
                    "build the module again",
                ],
            ));
        }
        tables.insert(name.clone(), table);
    }

    for (name, import) in &manifest.imports {
        // The comparison found one for each.
        let provided = imports.get(name).ok_or_else(|| opened.lacks(name))?;
        for symbol in &import.symbols {
            // SAFETY: the manifest names accessors, which `import` writes with this type.
            let accessor: extern "C" fn() -> &'static Import = unsafe { opened.symbol(symbol)? };
            // SAFETY: the record that names this symbol was compared with the function.
            unsafe { accessor().bind(provided) };
        }
    }

    if let RResult::RErr(message) = root().initialise()(services) {
        return Err(candidate.refuse_because(
            Stage::Prepare,
            Rule::InitialiseFailed,
            [
                "the module",
                "to be initialised",
                message.as_str(),
                "see the reason",
            ],
        ));
    }
    Ok(Image {
        file: candidate.file().to_owned(),
        digest: candidate.digest(),
        module: candidate.build().module.clone(),
        version: candidate.build().version.clone(),
        functions,
        tables,
        inits,
        hooks,
        checks,
        instances: AtomicUsize::new(0),
        manifest: candidate.into_manifest(),
    })
}

/// Opens the copy for good: once its constructors ran, not even a refusal may close it.
fn open(candidate: &Inspected, staged: &Path) -> Result<ManuallyDrop<Library>, Refusal> {
    // SAFETY: the file was inspected, so the loader does not crash on it; it was accepted, so its
    // constructors may run; it is a copy that nothing changes. Immediate binding, so that a
    // missing symbol is an error now; local, so that versions do not see each other.
    let opened = unsafe { Library::open(Some(staged), RTLD_NOW | RTLD_LOCAL) };
    opened.map(ManuallyDrop::new).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        candidate
            .refuse_because(
                Stage::Load,
                Rule::LoadingFailed,
                [
                    "the file",
                    "one that the system's loader opens",
                    &cause.unwrap_or_else(|| error.to_string()),
                    "install what the module needs; see the reason",
                ],
            )
            .caused_by(error)
    })
}

struct Opened<'a> {
    library: &'a Library,
    candidate: &'a Inspected,
    staged: &'a Path,
}

impl Opened<'_> {
    /// # Safety
    ///
    /// The symbol is a function of the type `T`.
    unsafe fn symbol<T: Copy>(&self, name: &str) -> Result<T, Refusal> {
        // SAFETY: the caller knows the symbol's type.
        match unsafe { self.library.get::<T>(name) } {
            Ok(symbol) => Ok(*symbol),
            Err(error) => Err(self
                .candidate
                .refuse_because(
                    Stage::Load,
                    Rule::SymbolMissing,
                    [
                        &format!("symbol {name}"),
                        "one that the system's loader finds",
                        &error.to_string(),
                        "build the module again",
                    ],
                )
                .caused_by(error)),
        }
    }

    fn lacks(&self, import: &str) -> Refusal {
        self.candidate.refuse_because(
            Stage::Load,
            Rule::ImportMissing,
            [
                &format!("import {import}()"),
                "a host that provides it, as was compared",
                "one that does not",
                "this is a bug in hotmod; please report it",
            ],
        )
    }

    /// Refuses an address that lies in another image than the staged copy: the loader takes some
    /// files for others that it knows already.
    fn is_ours(&self, address: *const c_void) -> Result<(), Refusal> {
        let mut found = std::mem::MaybeUninit::<libc::Dl_info>::uninit();
        // SAFETY: `dladdr` takes any address and writes what it finds about it.
        let known = unsafe { libc::dladdr(address, found.as_mut_ptr()) } != 0;
        let image = known.then(|| {
            // SAFETY: a result other than nought says that it was written.
            let found = unsafe { found.assume_init() };
            // SAFETY: the name is a C string that lives as long as its image, which is open.
            let name = unsafe { CStr::from_ptr(found.dli_fname) };
            PathBuf::from(OsStr::from_bytes(name.to_bytes()))
        });
        if image.as_deref() == Some(self.staged) {
            return Ok(());
        }
        let found = image.map_or("none".to_owned(), |path| path.display().to_string());
        Err(self.candidate.refuse_because(
            Stage::Load,
            Rule::OtherImage,
            [
                "the mapped image",
                &self.staged.display().to_string(),
                &found,
                "this is a bug in hotmod or an unusual loader; please report it",
            ],
        ))
    }
}
