//! Opens a library the way a loader that checks nothing does: `dlopen_probe LIBRARY SYMBOL`.
//!
//! Prints `opened` and exits 0, or prints the loader's error and exits 1. What else may happen is
//! what the tests that run it are about.

use std::error::Error;
use std::process::ExitCode;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().expect("the library to open");
    let symbol = arguments.next().expect("a symbol to look up");
    let symbol = symbol.to_str().expect("a symbol in UTF-8");
    // SAFETY: none of the promises can be kept for a damaged file; this process exists to find
    // out what happens without them, and does nothing else.
    match unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) } {
        Ok(library) => {
            // SAFETY: the address is neither called nor read.
            let found = unsafe { library.get::<*const ()>(symbol) }.is_ok();
            println!("opened, symbol {}", if found { "found" } else { "missing" });
            // Destructors of a damaged library are not part of the question.
            std::mem::forget(library);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let text = error
                .source()
                .map_or(error.to_string(), ToString::to_string);
            println!("{text}");
            ExitCode::FAILURE
        }
    }
}
