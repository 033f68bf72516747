//! Debug files: the symbols of a module that was stripped, in a file of their own.
//!
//! The two belong together by their build id, which the linker made from the module's contents
//! (`-C link-arg=-Wl,--build-id`, the default of many systems) and which both keep.

use std::fs;
use std::path::{Path, PathBuf};

use crate::symbols::symbol_file::{SymbolFile, build_id};

/// How many files of a directory are looked into for a build id.
const MOST: usize = 4096;

/// The symbols of a file: its own, or those of its debug file if it says nothing of lines.
pub(super) fn symbols_of(file: &Path, debug_dirs: &[PathBuf]) -> Option<SymbolFile> {
    let own = SymbolFile::read(file);
    if own.as_ref().is_some_and(SymbolFile::has_lines) {
        return own;
    }
    let id = build_id(file);
    let debug = id.and_then(|id| debug_dirs.iter().find_map(|it| in_directory(it, &id)));
    debug.or(own)
}

/// The debug file of this build id: where debuggers look (`.build-id/ab/cdef.debug`), or any file in the
/// directory itself.
fn in_directory(directory: &Path, id: &[u8]) -> Option<SymbolFile> {
    let read = |file: PathBuf| {
        let is_its = build_id(&file).is_some_and(|found| found == id);
        is_its.then(|| SymbolFile::read(&file)).flatten()
    };
    let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let (first, others) = digits.split_at_checked(2)?;
    let others = format!("{others}.debug");
    let known = [Path::new(".build-id"), Path::new("")].map(|it| directory.join(it).join(first));
    let known = known.map(|it| it.join(&others)).into_iter().find_map(read);
    known.or_else(|| {
        let files = fs::read_dir(directory).ok()?.take(MOST).flatten();
        files.map(|it| it.path()).find_map(read)
    })
}
