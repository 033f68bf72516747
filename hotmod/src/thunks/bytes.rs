//! Texts, paths, times and addresses: read as bytes in a form that no compiler chooses, and built
//! from such bytes.

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use abi_stable::std_types::{RCow, RCowStr, RDuration, RSlice, RString};

use crate::operations::{Bytes, Kind, Operations, TakeBytes, guarded, no_parts};

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
    /// `Box<str>`
    boxed_str Box<str>, |text| *text.as_bytes(), |bytes| Some(str::from_utf8(bytes).ok()?.into());
    /// `Arc<str>`, of which each owner gets a text of its own.
    arc_str Arc<str>, |text| *text.as_bytes(), |bytes| Some(str::from_utf8(bytes).ok()?.into());
    /// `Rc<str>`, of which each owner gets a text of its own.
    rc_str Rc<str>, |text| *text.as_bytes(), |bytes| Some(str::from_utf8(bytes).ok()?.into());
    /// `CString`
    c_string CString, |text| *text.as_bytes(), |bytes| CString::new(bytes).ok();
    /// `Box<CStr>`
    boxed_c_str Box<CStr>, |text| *text.to_bytes(), |bytes| Some(CString::new(bytes).ok()?.into());
    /// `Arc<CStr>`, of which each owner gets a text of its own.
    arc_c_str Arc<CStr>, |text| *text.to_bytes(), |bytes| Some(CString::new(bytes).ok()?.into());
    /// `Rc<CStr>`, of which each owner gets a text of its own.
    rc_c_str Rc<CStr>, |text| *text.to_bytes(), |bytes| Some(CString::new(bytes).ok()?.into());
    /// `Cow<'static, CStr>`, which owns its text afterwards.
    cow_c_str Cow<'static, CStr>, |text| *text.to_bytes(),
        |bytes| Some(Cow::Owned(CString::new(bytes).ok()?));
    /// `PathBuf`
    path_buf PathBuf, |path| *path.as_os_str().as_bytes(),
        |bytes| Some(OsString::from_vec(bytes.into()).into());
    /// `OsString`
    os_string OsString, |text| *text.as_bytes(), |bytes| Some(OsString::from_vec(bytes.into()));
    /// `Box<Path>`
    boxed_path Box<Path>, |path| *path.as_os_str().as_bytes(),
        |bytes| Some(Path::new(OsStr::from_bytes(bytes)).into());
    /// `Arc<Path>`, of which each owner gets a path of its own.
    arc_path Arc<Path>, |path| *path.as_os_str().as_bytes(),
        |bytes| Some(Path::new(OsStr::from_bytes(bytes)).into());
    /// `Rc<Path>`, of which each owner gets a path of its own.
    rc_path Rc<Path>, |path| *path.as_os_str().as_bytes(),
        |bytes| Some(Path::new(OsStr::from_bytes(bytes)).into());
    /// `Cow<'static, Path>`, which owns its path afterwards.
    cow_path Cow<'static, Path>, |path| *path.as_os_str().as_bytes(),
        |bytes| Some(Cow::Owned(OsString::from_vec(bytes.into()).into()));
    /// `Box<OsStr>`
    boxed_os_str Box<OsStr>, |text| *text.as_bytes(), |bytes| Some(OsStr::from_bytes(bytes).into());
    /// `Arc<OsStr>`, of which each owner gets a text of its own.
    arc_os_str Arc<OsStr>, |text| *text.as_bytes(), |bytes| Some(OsStr::from_bytes(bytes).into());
    /// `Rc<OsStr>`, of which each owner gets a text of its own.
    rc_os_str Rc<OsStr>, |text| *text.as_bytes(), |bytes| Some(OsStr::from_bytes(bytes).into());
    /// `Cow<'static, OsStr>`, which owns its text afterwards.
    cow_os_str Cow<'static, OsStr>, |text| *text.as_bytes(),
        |bytes| Some(Cow::Owned(OsString::from_vec(bytes.into())));
    /// `Duration`
    duration Duration, |time| Time::of(false, *time).bytes(), |bytes| Some(Time::read(bytes)?.length);
    /// `RDuration`
    r_duration RDuration, |time| Time::of(false, (*time).into()).bytes(),
        |bytes| Some(Time::read(bytes)?.length.into());
    /// `SystemTime`
    system_time SystemTime, |time| Time::since_epoch(*time).bytes(), |bytes| Time::read(bytes)?.time();
    /// `Ipv4Addr`
    ipv4_addr Ipv4Addr, |address| address.octets(), |bytes| Some(<[u8; 4]>::try_from(bytes).ok()?.into());
    /// `Ipv6Addr`
    ipv6_addr Ipv6Addr, |address| address.octets(), |bytes| Some(<[u8; 16]>::try_from(bytes).ok()?.into());
    /// `IpAddr`
    ip_addr IpAddr, |address| *octets(address), |bytes| address(bytes);
    /// `SocketAddr`
    socket_addr SocketAddr, |socket| *Socket::of(*socket).bytes(), |bytes| Socket::read(bytes);
    /// `SocketAddrV4`
    socket_addr_v4 SocketAddrV4, |socket| *Socket::of(SocketAddr::V4(*socket)).bytes(),
        |bytes| match Socket::read(bytes)? {
            SocketAddr::V4(socket) => Some(socket),
            SocketAddr::V6(_) => None,
        };
    /// `SocketAddrV6`
    socket_addr_v6 SocketAddrV6, |socket| *Socket::of(SocketAddr::V6(*socket)).bytes(),
        |bytes| match Socket::read(bytes)? {
            SocketAddr::V4(_) => None,
            SocketAddr::V6(socket) => Some(socket),
        };
}

/// The bytes of an address; their number tells its kind.
fn octets(address: &IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().into(),
        IpAddr::V6(address) => address.octets().into(),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Ipv4Addr::build(bytes).map(IpAddr::V4),
        _ => Ipv6Addr::build(bytes).map(IpAddr::V6),
    }
}

/// A socket's address, written down: the port, the flow and the scope of one that has them, and the
/// address.
struct Socket {
    bytes: [u8; Socket::LONGEST],
    len: usize,
}

impl Socket {
    const PORT: usize = 2;
    const FLOW_AND_SCOPE: usize = 8;
    const LONGEST: usize = Socket::PORT + Socket::FLOW_AND_SCOPE + 16;

    fn of(socket: SocketAddr) -> Self {
        let mut written = Socket {
            bytes: [0; Socket::LONGEST],
            len: 0,
        };
        written.push(&socket.port().to_le_bytes());
        if let SocketAddr::V6(socket) = socket {
            written.push(&socket.flowinfo().to_le_bytes());
            written.push(&socket.scope_id().to_le_bytes());
        }
        written.push(&octets(&socket.ip()));
        written
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        self.bytes[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn read(bytes: &[u8]) -> Option<SocketAddr> {
        let (port, rest) = bytes.split_first_chunk::<{ Socket::PORT }>()?;
        let port = u16::from_le_bytes(*port);
        if let Some(address) = Ipv4Addr::build(rest) {
            return Some(SocketAddrV4::new(address, port).into());
        }
        let (flow, rest) = rest.split_first_chunk()?;
        let (scope, rest) = rest.split_first_chunk()?;
        let (flow, scope) = (u32::from_le_bytes(*flow), u32::from_le_bytes(*scope));
        Some(SocketAddrV6::new(Ipv6Addr::build(rest)?, port, flow, scope).into())
    }
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
        // More would be added to the seconds, which may be too many then.
        let is_part = nanos < 1_000_000_000;
        let length = is_part.then(|| Duration::new(u64::from_le_bytes(*seconds), nanos))?;
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
    fn addresses_are_built_as_they_were() {
        let four: Ipv4Addr = [127, 0, 0, 1].into();
        let six: Ipv6Addr = [0xfe80, 0, 0, 0, 0, 0, 0, 7].into();
        assert_eq!(through(&four), Some(IpAddr::V4(four)));
        assert_eq!(through(&IpAddr::V4(four)), Some(four));
        assert_eq!(through(&six), Some(IpAddr::V6(six)));
        assert_eq!(through(&IpAddr::V6(six)), Some(six));
        assert_eq!(through::<_, Ipv4Addr>(&IpAddr::V6(six)), None);
        assert_eq!(through::<_, Ipv6Addr>(&IpAddr::V4(four)), None);
        let v4 = SocketAddrV4::new(four, 0x1234);
        let v6 = SocketAddrV6::new(six, 0x5678, 0x9abc_def0, 3);
        assert_eq!(through(&v4), Some(SocketAddr::V4(v4)));
        assert_eq!(through(&SocketAddr::V4(v4)), Some(v4));
        assert_eq!(through(&v6), Some(SocketAddr::V6(v6)));
        assert_eq!(through(&SocketAddr::V6(v6)), Some(v6));
        assert_eq!(through::<_, SocketAddrV4>(&v6), None);
        assert_eq!(through::<_, SocketAddrV6>(&v4), None);
    }

    #[test]
    fn texts_are_owned_by_whatever_owns_them() {
        let text = "für Ada".to_owned();
        let boxed: Box<str> = through(&text).expect("a text");
        let shared: Arc<str> = through(&boxed).expect("a text");
        let local: Rc<str> = through(&shared).expect("a text");
        assert_eq!(through(&local), Some(text));
        let path = PathBuf::from(OsString::from_vec(vec![0xff, b'/', 0xfe]));
        let boxed: Box<OsStr> = through(&path).expect("a path");
        let shared: Arc<Path> = through(&boxed).expect("a path");
        let cow: Cow<'static, OsStr> = through(&shared).expect("a path");
        assert_eq!(through(&cow), Some(path));
        let text = CString::new([0xff, 1]).expect("a text without a nought");
        let boxed: Box<CStr> = through(&text).expect("a text");
        let shared: Arc<CStr> = through(&boxed).expect("a text");
        let cow: Cow<'static, CStr> = through(&shared).expect("a text");
        assert_eq!(through(&cow), Some(text));
    }

    #[test]
    fn bytes_of_another_form_build_nothing() {
        assert_eq!(CString::build(&[0]), None);
        assert_eq!(IpAddr::build(&[0; 5]), None);
        assert_eq!(SocketAddr::build(&[0; 25]), None);
        assert_eq!(SocketAddr::build(&[0; 1]), None);
        assert_eq!(String::build(&[0xff]), None);
        assert_eq!(Duration::build(&[0; 12]), None);
        assert_eq!(Duration::build(&[0xff; 13]), None);
        let far = Time::of(false, Duration::MAX);
        assert_eq!(SystemTime::build(&far.bytes()), None);
    }
}
