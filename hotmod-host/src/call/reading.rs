//! What a version makes of the files that it reads: its functions marked `#[hotmod::resource]`.

use std::mem::MaybeUninit;
use std::ptr;

use abi_stable::std_types::RString;
use hotmod::describe::{Difference, Rule};
use hotmod::operations::OK;
use hotmod::resource::{ABANDON, COMMIT, PREPARE, RELEASE, ResourceShim};
use hotmod_file::{Digest, Refusal, RefusalStage};

use crate::call::generation::Generation;
use crate::call::slot::{self, Doing};
use crate::journal::journal::FilesRead;

/// Why a file is no value of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) what: String,
    pub(crate) help: String,
}

/// Gives what the file of a resource holds, by its name.
pub(crate) type ReadFile<'a> = dyn Fn(&str) -> Result<Vec<u8>, Unreadable> + 'a;

/// Values that a version has made of what it reads, kept aside. They are given up when this is dropped.
pub(crate) struct MadeAside {
    called: &'static Generation,
    made: Vec<MadeValue>,
}

/// A value that a version has made of what a file held.
struct MadeValue {
    file: String,
    bytes: Vec<u8>,
    shim: ResourceShim,
}

/// Has a version make values of all that it reads. `called` is the generation that the calls are in.
///
/// # Errors
///
/// The refusal of the version, with every resource that it has no value of.
pub(crate) fn make(called: &'static Generation, read: &ReadFile<'_>) -> Result<MadeAside, Refusal> {
    let exports = called.image.exports();
    let mut made = MadeAside {
        called,
        made: Vec::new(),
    };
    let mut faults = Vec::new();
    for (file, shim) in &exports.resources {
        match read(file).and_then(|bytes| of_bytes(called, (file, *shim), bytes)) {
            Ok(value) => made.made.push(value),
            Err(fault) => {
                let name = exports.manifest.resources.get(file).map(|it| &*it.name);
                let name = name.unwrap_or_default();
                faults.push(Difference {
                    path: path(file),
                    was: format!("a file of which `{name}` makes a value"),
                    now: fault.what,
                    rule: Rule::ResourceRefused,
                    help: fault.help,
                });
            }
        }
    }
    if faults.is_empty() {
        return Ok(made);
    }
    let image = called.image;
    let refusal = Refusal::new(&image.file, RefusalStage::Prepare, faults);
    Err(refusal.of(&image.module, &image.version))
}

/// Has a version take what a file holds as the value of a resource, and gives that. `None` if it reads no such file, or that
/// holds what it held.
///
/// # Errors
///
/// If the version makes no value of it. The value that it has stays.
#[cfg(feature = "resources")]
pub(crate) fn renew(
    called: &'static Generation,
    file: &str,
    read: &dyn Fn() -> Result<Vec<u8>, Unreadable>,
) -> Result<Option<FilesRead>, Unreadable> {
    let exports = called.image.exports();
    let Some(shim) = exports.resources.get(file).copied() else {
        return Ok(None);
    };
    let bytes = read()?;
    if called.image.files_read().get(file) == Some(&Digest::of(&bytes)) {
        return Ok(None);
    }
    let made = vec![of_bytes(called, (file, shim), bytes)?];
    Ok(Some(MadeAside { called, made }.commit()))
}

/// Has a version give up the values of what it reads.
pub(crate) fn release(called: &'static Generation) {
    for shim in called.image.exports().resources.values() {
        let _ = call(called, *shim, RELEASE, &[]);
    }
    called.image.files_read().clear();
}

/// Where a reason for a refusal says that a resource is: its path.
pub(crate) fn path(file: &str) -> String {
    format!("resource `{file}`")
}

impl MadeAside {
    /// Has the version read these values from now on. Gives what they were made of.
    pub(crate) fn commit(mut self) -> FilesRead {
        let mut read = FilesRead::new();
        for MadeValue { file, bytes, shim } in std::mem::take(&mut self.made) {
            // To put the value before down may panic, of which the module's hook has told.
            let _ = call(self.called, shim, COMMIT, &[]);
            let digest = Digest::of(&bytes);
            self.called.image.files_read().insert(file.clone(), digest);
            read.insert(file, bytes);
        }
        read
    }

    /// What they are made of.
    pub(crate) fn read(&self) -> FilesRead {
        let made = self.made.iter();
        made.map(|it| (it.file.clone(), it.bytes.clone())).collect()
    }
}

impl Drop for MadeAside {
    fn drop(&mut self) {
        for MadeValue { shim, .. } in &self.made {
            let _ = call(self.called, *shim, ABANDON, &[]);
        }
    }
}

fn of_bytes(
    called: &'static Generation,
    (file, shim): (&str, ResourceShim),
    bytes: Vec<u8>,
) -> Result<MadeValue, Unreadable> {
    call(called, shim, PREPARE, &bytes).map_err(|what| Unreadable {
        what,
        help: "mend the file: the module makes no value of what it holds".to_owned(),
    })?;
    Ok(MadeValue {
        file: file.to_owned(),
        bytes,
        shim,
    })
}

/// Calls a shim that is one of the generation's image.
fn call(
    called: &'static Generation,
    shim: ResourceShim,
    step: u8,
    bytes: &[u8],
) -> Result<(), String> {
    // A panic is noted only inside a call.
    let _entered = slot::enter_at(called, Doing::Operation, ptr::null_mut());
    let mut error = MaybeUninit::<RString>::uninit();
    // SAFETY: the callers have the shim from the exports of the image, which is initialised; there is room for an error.
    let status = unsafe { shim(step, bytes.into(), error.as_mut_ptr()) };
    if status == OK {
        return Ok(());
    }
    // SAFETY: any other status says that the error was written.
    Err(unsafe { error.assume_init() }.into())
}
