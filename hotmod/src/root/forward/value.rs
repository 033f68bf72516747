//! Texts and typed values, lent for a call.

use std::slice;

/// A text that is lent for a call, or none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LentText {
    /// Null for none.
    start: *const u8,
    length: usize,
}

impl LentText {
    /// No text.
    pub const NONE: LentText = LentText {
        start: std::ptr::null(),
        length: 0,
    };

    /// Lends a text.
    #[must_use]
    pub const fn new(text: &str) -> Self {
        LentText {
            start: text.as_ptr(),
            length: text.len(),
        }
    }

    /// Lends a text, if there is one.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        text.map_or(LentText::NONE, LentText::new)
    }

    /// The text, if there is one.
    ///
    /// # Safety
    ///
    /// It was lent by [`new`](LentText::new) for at least as long as `'a`.
    #[must_use]
    pub unsafe fn get<'a>(self) -> Option<&'a str> {
        if self.start.is_null() {
            return None;
        }
        // SAFETY: these are the parts of a text that is lent for `'a`.
        let bytes = unsafe { slice::from_raw_parts(self.start, self.length) };
        // SAFETY: it was a text.
        Some(unsafe { str::from_utf8_unchecked(bytes) })
    }
}

/// What a value is.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueKind(pub u32);

impl ValueKind {
    /// No value: a field that was left empty.
    pub const NONE: ValueKind = ValueKind(0);
    /// `i64`, in `low`.
    pub const I64: ValueKind = ValueKind(1);
    /// `u64`, in `low`.
    pub const U64: ValueKind = ValueKind(2);
    /// `i128`, in `low` and `high`.
    pub const I128: ValueKind = ValueKind(3);
    /// `u128`, in `low` and `high`.
    pub const U128: ValueKind = ValueKind(4);
    /// The bits of an `f64`, in `low`.
    pub const F64: ValueKind = ValueKind(5);
    /// `bool`, in `low`.
    pub const BOOL: ValueKind = ValueKind(6);
    /// A text.
    pub const TEXT: ValueKind = ValueKind(7);
    /// What was written as text for `Debug` or `Display`.
    pub const PRINTED: ValueKind = ValueKind(8);
    /// An error, as text; the texts of its sources follow, each behind a
    /// [`ERROR_SOURCE`](super::ERROR_SOURCE).
    pub const ERROR: ValueKind = ValueKind(9);
}

/// A typed value, lent for a call. A kind that the receiver does not know counts as
/// [`PRINTED`](ValueKind::PRINTED) where it has a text, and as none otherwise.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LentValue {
    /// What it is.
    pub kind: ValueKind,
    /// A number, or its lower half.
    pub low: u64,
    /// The upper half of a number.
    pub high: u64,
    /// The text.
    pub text: LentText,
}

impl LentValue {
    /// No value.
    pub const NONE: LentValue = LentValue {
        kind: ValueKind::NONE,
        low: 0,
        high: 0,
        text: LentText::NONE,
    };

    /// A number of up to 64 bits.
    #[must_use]
    pub const fn number(kind: ValueKind, low: u64) -> Self {
        LentValue {
            kind,
            low,
            ..LentValue::NONE
        }
    }

    /// A number of 128 bits.
    #[must_use]
    pub const fn wide(kind: ValueKind, bits: u128) -> Self {
        LentValue {
            kind,
            low: bits as u64,
            high: (bits >> 64) as u64,
            text: LentText::NONE,
        }
    }

    /// What has a text.
    #[must_use]
    pub const fn text(kind: ValueKind, text: &str) -> Self {
        LentValue {
            kind,
            low: 0,
            high: 0,
            text: LentText::new(text),
        }
    }

    /// The number of 128 bits.
    #[must_use]
    pub const fn bits(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

/// A value with its name, lent for a call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LentField {
    /// Its name.
    pub name: LentText,
    /// Its value.
    pub value: LentValue,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_arrives() {
        let field = LentValue::wide(ValueKind::I128, (-5_i128).cast_unsigned());
        assert_eq!(field.bits().cast_signed(), -5);
        // SAFETY: the texts are static.
        let texts = unsafe {
            [
                LentText::new(""),
                LentText::of(Some("text")),
                LentText::NONE,
            ]
            .map(|it| it.get())
        };
        assert_eq!(texts, [Some(""), Some("text"), None]);
    }
}
