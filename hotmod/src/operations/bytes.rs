//! Texts, paths and times: read as bytes in a form that no compiler chooses, and built from such bytes.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use abi_stable::std_types::{RCow, RCowStr, RDuration, RSlice, RString};

use super::{Kind, Operations, guarded, no_parts};

/// The operations of a value that can be written down.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes {
    /// Calls `take` with the bytes, which stay as they are for that long.
    pub read: unsafe extern "C" fn(value: *const u8, context: *mut (), take: TakeBytes),
    /// Builds a value of its own from such bytes. [`FAILED`](super::FAILED) if it cannot be.
    pub build: unsafe extern "C" fn(slot: *mut u8, bytes: RSlice<'_, u8>) -> u8,
}

/// Called with the bytes of a value.
pub type TakeBytes = unsafe extern "C" fn(context: *mut (), bytes: RSlice<'_, u8>);

/// A value that can be written down. Types of one form are built from each other's bytes.
trait Written: Sized {
    fn read(&self, take: impl FnOnce(&[u8]));
    fn build(bytes: &[u8]) -> Option<Self>;
}

const fn written<T: Written>() -> Operations {
    unsafe extern "C" fn read<T: Written>(value: *const u8, context: *mut (), take: TakeBytes) {
        // SAFETY: the host passes the value.
        let value = unsafe { &*value.cast::<T>() };
        // SAFETY: the context is that of `take`.
        value.read(|bytes| unsafe { take(context, bytes.into()) });
    }
    unsafe extern "C" fn build<T: Written>(slot: *mut u8, bytes: RSlice<'_, u8>) -> u8 {
        guarded(|| match T::build(bytes.as_slice()) {
            Some(value) => {
                // SAFETY: the host gives room for the value.
                unsafe { slot.cast::<T>().write(value) };
                true
            }
            None => false,
        })
    }
    let bytes = Bytes {
        read: read::<T>,
        build: build::<T>,
    };
    Operations::of::<T>(no_parts, Kind::Bytes(bytes))
}

macro_rules! written {
    ($($(#[$meta:meta])* $name:ident $ty:ty, |$value:ident| $read:expr, |$bytes:ident| $build:expr;)*) => {$(
        impl Written for $ty {
            fn read(&self, take: impl FnOnce(&[u8])) {
                let $value = self;
                take(&$read);
            }

            fn build($bytes: &[u8]) -> Option<Self> {
                $build
            }
        }

        $(#[$meta])*
        pub(crate) const fn $name() -> Operations {
            written::<$ty>()
        }
    )*};
}

written! {
    /// `String`
    string String, |text| *text.as_bytes(), |bytes| Some(str::from_utf8(bytes).ok()?.into());
    /// `RString`
    r_string RString, |text| *text.as_bytes(), |bytes| Some(str::from_utf8(bytes).ok()?.into());
    /// `Cow<'static, str>`, which owns its text afterwards.
    cow Cow<'static, str>, |text| *text.as_bytes(),
        |bytes| Some(Cow::Owned(str::from_utf8(bytes).ok()?.into()));
    /// `RCowStr<'static>`, which owns its text afterwards.
    r_cow RCowStr<'static>, |text| *text.as_bytes(),
        |bytes| Some(RCow::Owned(str::from_utf8(bytes).ok()?.into()));
    /// `PathBuf`
    path_buf PathBuf, |path| *path.as_os_str().as_bytes(),
        |bytes| Some(OsString::from_vec(bytes.into()).into());
    /// `OsString`
    os_string OsString, |text| *text.as_bytes(), |bytes| Some(OsString::from_vec(bytes.into()));
    /// `Duration`
    duration Duration, |time| Time::of(false, *time).bytes(), |bytes| Some(Time::read(bytes)?.length);
    /// `RDuration`
    r_duration RDuration, |time| Time::of(false, (*time).into()).bytes(),
        |bytes| Some(Time::read(bytes)?.length.into());
    /// `SystemTime`
    system_time SystemTime, |time| Time::since_epoch(*time).bytes(), |bytes| Time::read(bytes)?.time();
}

/// A length of time, forwards or back.
struct Time {
    back: bool,
    length: Duration,
}

impl Time {
    fn of(back: bool, length: Duration) -> Self {
        Time { back, length }
    }

    fn since_epoch(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(length) => Time::of(false, length),
            Err(before) => Time::of(true, before.duration()),
        }
    }

    fn time(self) -> Option<SystemTime> {
        match self.back {
            false => SystemTime::UNIX_EPOCH.checked_add(self.length),
            true => SystemTime::UNIX_EPOCH.checked_sub(self.length),
        }
    }

    fn bytes(&self) -> [u8; 13] {
        let mut bytes = [0; 13];
        bytes[0] = u8::from(self.back);
        bytes[1..9].copy_from_slice(&self.length.as_secs().to_le_bytes());
        bytes[9..].copy_from_slice(&self.length.subsec_nanos().to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let [back, rest @ ..] = *<&[u8; 13]>::try_from(bytes).ok()?;
        let (seconds, nanos) = rest.split_first_chunk()?;
        let nanos = u32::from_le_bytes(nanos.try_into().ok()?);
        let length = Duration::new(u64::from_le_bytes(*seconds), nanos);
        Some(Time::of(back != 0, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through<A: Written, B: Written>(value: &A) -> Option<B> {
        let mut built = None;
        value.read(|bytes| built = B::build(bytes));
        built
    }

    #[test]
    fn what_is_written_down_is_built_as_it_was() {
        for text in ["", "für Ada", "a\0b"] {
            let borrowed: RCowStr<'static> = RCow::Borrowed(text.into());
            let text = text.to_owned();
            assert_eq!(through(&borrowed).as_ref(), Some(&text));
            assert_eq!(through(&text), Some(RString::from(text.as_str())));
            let cow: Cow<'static, str> = through(&text).expect("a text");
            let r_cow: RCowStr<'static> = through(&cow).expect("a text");
            assert!(matches!(r_cow, RCow::Owned(_)));
            assert_eq!(through(&r_cow), Some(text));
        }
        let path = OsString::from_vec(vec![0xff, b'/', 0xfe]);
        assert_eq!(through::<_, PathBuf>(&path), Some(path.into()));
        for (seconds, nanos) in [(0, 0), (1, 999_999_999), (u64::MAX, 7)] {
            let length = Duration::new(seconds, nanos);
            assert_eq!(through::<_, RDuration>(&length), Some(length.into()));
            assert_eq!(through(&length), Some(length));
        }
        let epoch = SystemTime::UNIX_EPOCH;
        for length in [Duration::ZERO, Duration::new(1_800_000_000, 5)] {
            for time in [epoch + length, epoch - length] {
                assert_eq!(through(&time), Some(time));
            }
        }
    }

    #[test]
    fn bytes_of_another_form_build_nothing() {
        assert_eq!(String::build(&[0xff]), None);
        assert_eq!(Duration::build(&[0; 12]), None);
        let far = Time::of(false, Duration::MAX);
        assert_eq!(SystemTime::build(&far.bytes()), None);
    }
}
