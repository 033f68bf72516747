//! `String`: read as text and built from text, where another compiler lays it out otherwise.

use abi_stable::std_types::RStr;

use super::{Kind, Operations, no_parts};

/// The operations of a `String`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    /// The text, for as long as the value stays as it is.
    pub read: unsafe extern "C" fn(value: *const u8) -> RStr<'static>,
    /// Builds a value of its own from a text.
    pub build: unsafe extern "C" fn(slot: *mut u8, text: RStr<'_>),
}

/// `String`
pub(crate) const fn text() -> Operations {
    unsafe extern "C" fn read(value: *const u8) -> RStr<'static> {
        // SAFETY: the host passes a `String`, and does not use the text for longer than that.
        let value: &'static String = unsafe { &*value.cast::<String>() };
        value.as_str().into()
    }
    unsafe extern "C" fn build(slot: *mut u8, text: RStr<'_>) {
        // SAFETY: the host gives room for a `String`.
        unsafe { slot.cast::<String>().write(text.as_str().to_owned()) };
    }
    Operations::of::<String>(no_parts, Kind::Text(Text { read, build }))
}
