//! What runs once in each loaded version of a module: the functions marked `#[hotmod::loaded]` and
//! `#[hotmod::retired]`.

use std::fmt;

use abi_stable::std_types::RString;

use crate::marked::version::{VersionInfo, VersionWire};
use crate::operations;

/// The form of a function that `#[hotmod::loaded]` or `#[hotmod::retired]` exports: it takes the
/// version that it is of, and room for an error.
pub type LifecycleShim = unsafe extern "C" fn(version: VersionWire<'_>, error: *mut RString) -> u8;

/// What a function marked `#[hotmod::loaded]` may return.
#[diagnostic::on_unimplemented(
    message = "a function that is called when a version is loaded cannot return `{Self}` [HM-0925]",
    label = "does not say why the version cannot be used",
    note = "return `Result<(), E>` with an error `E` that implements `Display`"
)]
pub trait LoadedOutput {
    /// Nothing, or the error as text.
    fn into_result(self) -> Result<(), String>;
}

impl<E: fmt::Display> LoadedOutput for Result<(), E> {
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

/// Runs a function marked `#[hotmod::loaded]` on behalf of its shim.
///
/// # Safety
///
/// `error` has room for an error.
pub unsafe fn run_loaded<O: LoadedOutput>(
    version: VersionWire<'_>,
    error: *mut RString,
    loaded: impl FnOnce(&VersionInfo<'_>) -> O,
) -> u8 {
    let version = version.info();
    let mut nothing = ();
    let loaded = || loaded(&version).into_result();
    // SAFETY: a `()` needs no room; there is room for an error.
    unsafe { operations::make::<()>((&raw mut nothing).cast(), error, loaded) }
}

/// Runs a function marked `#[hotmod::retired]` on behalf of its shim. An error says that the function
/// panicked.
///
/// # Safety
///
/// `error` has room for an error.
pub unsafe fn run_retired(
    version: VersionWire<'_>,
    error: *mut RString,
    retired: impl FnOnce(&VersionInfo<'_>),
) -> u8 {
    let version = version.info();
    let mut nothing = ();
    let retired = || {
        retired(&version);
        Ok(())
    };
    // SAFETY: a `()` needs no room; there is room for an error.
    unsafe { operations::make::<()>((&raw mut nothing).cast(), error, retired) }
}
