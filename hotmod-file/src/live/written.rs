//! What is written down as bytes, as a person would write it.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::time::{Duration, SystemTime};

use hotmod::describe::{Builtin, Type};

/// What the bytes stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// A text, or a path or the like, which need not be one.
    Text,
    /// How long something is.
    Duration,
    /// A moment.
    Time,
    /// That of a host in a network.
    Address,
    /// An address and a port.
    Socket,
}

impl Written {
    /// Of a type whose operations write it down.
    pub fn of(ty: &Type) -> Option<Self> {
        use Builtin::*;
        Some(match ty.builtin()? {
            Duration | RDuration => Written::Duration,
            SystemTime => Written::Time,
            IpAddr | Ipv4Addr | Ipv6Addr => Written::Address,
            SocketAddr | SocketAddrV4 | SocketAddrV6 => Written::Socket,
            _ => Written::Text,
        })
    }

    /// As a text of at most so many bytes, and of how many bytes all of it is. `None` for bytes of another form.
    pub fn text(self, bytes: &[u8], most: usize) -> Option<(String, usize)> {
        let whole = match self {
            Written::Text => {
                let shown = &bytes[..bytes.len().min(most)];
                let mut text = String::with_capacity(shown.len());
                for chunk in shown.utf8_chunks() {
                    text.push_str(chunk.valid());
                    // The last character may have been cut.
                    let is_cut = shown.len() < bytes.len() && chunk.invalid().len() < 4;
                    let is_last = text.len() + 4 > shown.len();
                    if !(is_cut && is_last) {
                        let escape = |byte: &u8| write!(text, "\\x{byte:02x}");
                        chunk.invalid().iter().try_for_each(escape).ok()?;
                    }
                }
                return Some((text, bytes.len()));
            }
            Written::Duration => format!("{:?}", time(bytes)?.1),
            Written::Time => {
                let (back, length) = time(bytes)?;
                let at = match back {
                    false => SystemTime::UNIX_EPOCH.checked_add(length),
                    true => SystemTime::UNIX_EPOCH.checked_sub(length),
                };
                // The form of RFC 3339 has four digits for the year.
                const END: Duration = Duration::from_secs(253_402_300_800);
                match at {
                    Some(at) if !back && length < END => humantime::format_rfc3339(at).to_string(),
                    _ => format!("{length:?} {} 1970", if back { "before" } else { "after" }),
                }
            }
            Written::Address => address(bytes)?.to_string(),
            Written::Socket => socket(bytes)?.to_string(),
        };
        let len = whole.len();
        Some((whole, len))
    }
}

/// Whether it lies back, and how long it is: the form that `hotmod` writes times in.
fn time(bytes: &[u8]) -> Option<(bool, Duration)> {
    let [back, rest @ ..] = *<&[u8; 13]>::try_from(bytes).ok()?;
    let (seconds, nanos) = rest.split_first_chunk()?;
    let nanos = u32::from_le_bytes(nanos.try_into().ok()?);
    // More would be added to the seconds, which may be too many then.
    let is_part = nanos < 1_000_000_000;
    let length = is_part.then(|| Duration::new(u64::from_le_bytes(*seconds), nanos))?;
    Some((back != 0, length))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(four.into());
    }
    Some(<[u8; 16]>::try_from(bytes).ok()?.into())
}

/// The port, the flow and the scope of an address that has them, and the address.
fn socket(bytes: &[u8]) -> Option<SocketAddr> {
    let (port, rest) = bytes.split_first_chunk()?;
    let port = u16::from_le_bytes(*port);
    if let Some(IpAddr::V4(four)) = address(rest) {
        return Some(SocketAddrV4::new(four, port).into());
    }
    let (flow, rest) = rest.split_first_chunk()?;
    let (scope, rest) = rest.split_first_chunk()?;
    let (flow, scope) = (u32::from_le_bytes(*flow), u32::from_le_bytes(*scope));
    match address(rest)? {
        IpAddr::V6(six) => Some(SocketAddrV6::new(six, port, flow, scope).into()),
        IpAddr::V4(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_reads_as_a_person_would_write_it() {
        let mut half = vec![0];
        half.extend(1_u64.to_le_bytes());
        half.extend(500_000_000_u32.to_le_bytes());
        let mut before = half.clone();
        before[0] = 1;
        for (written, bytes, text) in [
            (Written::Text, b"f\xc3\xbcr \xff".as_slice(), "für \\xff"),
            (Written::Duration, &half, "1.5s"),
            (Written::Time, &half, "1970-01-01T00:00:01.500000000Z"),
            (Written::Time, &before, "1.5s before 1970"),
            (Written::Address, &[127, 0, 0, 1], "127.0.0.1"),
            (
                Written::Socket,
                &[0x90, 0x1f, 127, 0, 0, 1],
                "127.0.0.1:8080",
            ),
        ] {
            let shown = written.text(bytes, 100).map(|(text, _)| text);
            assert_eq!(shown.as_deref(), Some(text));
        }
        assert_eq!(Written::Duration.text(&[0; 5], 100), None);
        assert_eq!(Written::Duration.text(&[0xff; 13], 100), None);
        assert_eq!(Written::Socket.text(&[0; 5], 100), None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "aü".repeat(10);
        for most in 0..30 {
            let shown = Written::Text.text(long.as_bytes(), most);
            let (text, len) = shown.unwrap_or_default();
            assert_eq!(len, 30);
            assert!(long.starts_with(&text), "{text}");
            assert!(
                text.len() <= most && text.len() + 1 >= most,
                "{text} {most}"
            );
        }
    }
}
