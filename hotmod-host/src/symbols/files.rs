//! The symbols of images, kept as long as they are asked for.

use std::fs;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::symbols::debug_files;
use crate::symbols::function_at::FunctionAt;
use crate::symbols::known::KnownImage;
use crate::symbols::symbol_file::SymbolFile;
use crate::sys::copy;
use crate::sys::loader::image_of;
use crate::work;

/// Of how many images the symbols are kept, since they take as much memory as their files.
const KEPT: usize = 2;

/// By the first address of their images, what was asked for last stands first.
static SYMBOLS: Mutex<Vec<(usize, Option<SymbolFile>)>> = Mutex::new(Vec::new());

/// The image of this crate, which is the server as a rule: its first address, and its file.
static HOST: LazyLock<Option<(usize, PathBuf)>> = LazyLock::new(|| {
    let (file, base) = image_of((&raw const SYMBOLS).cast())?;
    // What the loader calls the server may be relative to another directory, and may be another file by now.
    const SERVER: &str = "/proc/self/exe";
    let is_server = fs::canonicalize(&file).ok() == fs::read_link(SERVER).ok();
    let file = if is_server { SERVER.into() } else { file };
    Some((base, file))
});

/// The functions at an address in the image of a module.
pub(super) fn functions_of_module(address: usize, image: &KnownImage) -> Vec<FunctionAt> {
    let read = || debug_files::symbols_of(&image.file, &image.debug_dirs);
    find(address, image.range.start, read)
}

/// The functions at an address in the server itself. Those of other libraries have no names.
pub(super) fn functions_of_host(address: usize) -> Vec<FunctionAt> {
    let Some((base, file)) = &*HOST else {
        return Vec::new();
    };
    match image_of(std::ptr::without_provenance(address)) {
        Some((_, found)) if found == *base => find(address, *base, || SymbolFile::read(file)),
        _ => Vec::new(),
    }
}

fn find(address: usize, base: usize, read: impl FnOnce() -> Option<SymbolFile>) -> Vec<FunctionAt> {
    if copy::is_this() {
        // Another thread may have had the lock when the process was copied.
        return Vec::new();
    }
    // So a fork finds the lock free.
    let _work = work::begin();
    // Symbols are added and removed whole.
    let mut kept = SYMBOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let symbols = match kept.iter().position(|(of, _)| *of == base) {
        Some(at) => kept.remove(at),
        None => {
            kept.truncate(KEPT - 1);
            (base, read())
        }
    };
    kept.insert(0, symbols);
    let (base, symbols) = &kept[0];
    let found = symbols.as_ref().map(|it| it.find(address, *base));
    found.unwrap_or_default()
}
