//! A backtrace, written as the standard library writes those of the host's own panics.

use std::env;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

use abi_stable::std_types::{RSlice, RString};
use hotmod::printed::Line;
use hotmod::root::trace::look_up_by;

#[cfg(feature = "backtrace")]
use crate::symbols::files;
use crate::symbols::function_at::FunctionAt;
use crate::symbols::known::{KnownImage, image_at};
use crate::sys::loader::image_of;

/// How much of a stack is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BacktraceStyle {
    /// What runs between the module's export and the panic.
    Short,
    Full,
}

/// What `RUST_BACKTRACE` asks for, read once as the standard library does. `None` for no backtrace.
fn style() -> Option<BacktraceStyle> {
    static STYLE: OnceLock<Option<BacktraceStyle>> = OnceLock::new();
    *STYLE.get_or_init(|| match env::var_os("RUST_BACKTRACE") {
        None => None,
        Some(asked) if asked == "0" => None,
        Some(asked) if asked == "full" => Some(BacktraceStyle::Full),
        Some(_) => Some(BacktraceStyle::Short),
    })
}

/// Whether backtraces are wanted.
pub(crate) fn are_wanted() -> bool {
    style().is_some()
}

/// Has backtraces in errors show what is found here.
pub(crate) fn install() {
    look_up_by(look_up);
}

pub(crate) extern "C" fn look_up(addresses: RSlice<'_, usize>) -> RString {
    let is_full = style() == Some(BacktraceStyle::Full);
    written(addresses.as_slice(), is_full).into()
}

/// A function of a stack.
struct StackEntry {
    address: usize,
    image: Option<&'static KnownImage>,
    function: FunctionAt,
}

/// The standard library's own mark: functions within it raise the panic.
const RAISES: [&str; 1] = ["__rust_end_short_backtrace"];
/// What calls the user's code: a shim, an operation, a thread.
const CALLS: [&str; 4] = [
    "hotmod::call::run",
    "hotmod::call::boundary::LentForTheCall",
    "hotmod::operations::status::",
    "__rust_begin_short_backtrace",
];

impl StackEntry {
    fn is_in(&self, functions: &[&str]) -> bool {
        let name = self.function.name.as_deref();
        name.is_some_and(|name| functions.iter().any(|it| name.contains(it)))
    }
}

fn written(addresses: &[usize], is_full: bool) -> String {
    let mut entries: Vec<StackEntry> = addresses.iter().flat_map(|it| entries_at(*it)).collect();
    if !is_full {
        shorten(&mut entries);
    }
    let mut text = String::new();
    for (number, entry) in entries.iter().enumerate() {
        // A `String` takes all that is written.
        let _ = match &entry.function.name {
            Some(name) => writeln!(text, "{number:4}: {}", Line(name)),
            None => writeln!(text, "{number:4}: {}", unnamed(entry.address, entry.image)),
        };
        if let Some((file, line, column)) = &entry.function.place {
            let _ = writeln!(text, "             at {}:{line}:{column}", Line(file));
        }
    }
    text
}

/// Leaves what the module's author knows: neither what raises and counts the panic, nor what called the module.
fn shorten(entries: &mut Vec<StackEntry>) {
    // Of a module that is linked into the executable no image is known.
    let is_linked = entries.first().is_some_and(|entry| entry.image.is_none());
    let outside = |entry: &StackEntry| entry.image.is_none() && !is_linked;
    let called = |entry: &StackEntry| outside(entry) || entry.is_in(&CALLS);
    let within = entries.iter().position(outside).unwrap_or(entries.len());
    let raises = entries[..within].iter().rposition(|it| it.is_in(&RAISES));
    entries.drain(..raises.map_or(0, |at| at + 1));
    let end = entries.iter().position(called).unwrap_or(entries.len());
    entries.truncate(end);
}

/// The functions that run at this address, from the innermost on; one without a name where nothing is known.
fn entries_at(address: usize) -> Vec<StackEntry> {
    let image = image_at(address);
    let mut functions = functions_at(address, image);
    if functions.is_empty() {
        functions.push(FunctionAt::default());
    }
    let functions = functions.into_iter();
    let entries = functions.map(|function| StackEntry {
        address,
        image,
        function,
    });
    entries.collect()
}

/// Where an address lies whose function is not known. A debug file that is found later can be asked for it.
fn unnamed(address: usize, image: Option<&'static KnownImage>) -> String {
    if let Some(image) = image {
        return format!("{image}+{:#x}", address - image.range.start);
    }
    match image_of(std::ptr::without_provenance(address)) {
        Some((file, base)) => {
            let name = file.file_name().map_or_else(|| file.clone(), PathBuf::from);
            format!("{}+{:#x}", Line(name.display()), address.wrapping_sub(base))
        }
        None => format!("{address:#x}"),
    }
}

#[cfg(not(feature = "backtrace"))]
fn functions_at(_: usize, _: Option<&'static KnownImage>) -> Vec<FunctionAt> {
    Vec::new()
}

#[cfg(feature = "backtrace")]
fn functions_at(address: usize, image: Option<&'static KnownImage>) -> Vec<FunctionAt> {
    match image {
        Some(image) => files::functions_of_module(address, image),
        None => files::functions_of_host(address),
    }
}
