//! A host that was compiled with made-up types: a library with a loader of its own, since a test is compiled before
//! its types are made up.

use std::path::{Path, PathBuf};

use libloading::Library;

type CarryOut = unsafe extern "C" fn(*const u8, usize, Say, *mut ());
type Say = unsafe extern "C" fn(*mut (), *const u8, usize);

/// A host in this process, beside the test's own.
#[derive(Clone, Copy)]
pub(crate) struct LoadedHost(CarryOut);

impl LoadedHost {
    pub(crate) fn load(file: &Path) -> Self {
        // SAFETY: it is a library of the tests' own, and its constructors are those of the standard library.
        let library = unsafe { Library::new(file) };
        let library = library.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        // SAFETY: the library has this function, with this signature.
        let carry_out = unsafe { library.get::<CarryOut>(b"carry_out\0") };
        let carry_out = *carry_out.expect("the function");
        // What it has loaded stays as long as the process lives, and so has it to.
        std::mem::forget(library);
        LoadedHost(carry_out)
    }

    /// Loads modules, of which the last one is called later. Says `loaded`, or what is refused.
    pub(crate) fn loads(self, files: &[&PathBuf]) -> String {
        let files: Vec<&str> = files
            .iter()
            .map(|file| file.to_str().expect("a path that is a text"))
            .collect();
        self.carries_out(&["load", &files.join("\n")])
    }

    /// Has it carry out what these say, on this thread, and returns what it answers.
    pub(crate) fn carries_out(self, parts: &[&str]) -> String {
        unsafe extern "C" fn say(to: *mut (), text: *const u8, len: usize) {
            // SAFETY: `to` is what `carries_out` passed, which lives until that returns.
            let to = unsafe { &mut *to.cast::<String>() };
            // SAFETY: the library passes a text, which lives until this returns.
            let text = unsafe { std::slice::from_raw_parts(text, len) };
            to.push_str(std::str::from_utf8(text).expect("a text"));
        }
        let text = parts.join("\0");
        let mut said = String::new();
        // SAFETY: text and answer live until it returns, and `say` is what it calls with the answer.
        unsafe { (self.0)(text.as_ptr(), text.len(), say, (&raw mut said).cast()) };
        said
    }
}
