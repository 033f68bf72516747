//! Which types become each other by what they hold, whichever library they are of.

use hotmod::describe::{Builtin, Type};

/// Which containers become which by moving their items.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::plan) enum Family {
    List,
    Heap,
    Set,
    Map,
}

pub(in crate::plan) fn family(ty: &Type) -> Option<Family> {
    match ty.container().builtin()? {
        // An owned slice.
        Builtin::Slice => Some(Family::List),
        Builtin::Vec | Builtin::VecDeque | Builtin::LinkedList | Builtin::RVec => {
            Some(Family::List)
        }
        Builtin::BinaryHeap => Some(Family::Heap),
        Builtin::HashSet | Builtin::BTreeSet | Builtin::Elements => Some(Family::Set),
        Builtin::HashMap | Builtin::BTreeMap | Builtin::RHashMap | Builtin::Entries => {
            Some(Family::Map)
        }
        _ => None,
    }
}

/// The kinds of values that can be written down and read again.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::plan) enum WrittenKind {
    Text,
    Path,
    /// A text that ends with a zero byte.
    CText,
    Length,
    Time,
    Address,
    Socket,
}

pub(in crate::plan) fn written(ty: &Type) -> Option<WrittenKind> {
    use Builtin::{Arc, Box, CStr, CString, Cow, OsStr, OsString, Path, PathBuf, Rc, Str, String};
    match ty.builtin()? {
        Box | Arc | Rc | Cow => match ty.args.first()?.builtin()? {
            Str => Some(WrittenKind::Text),
            Path | OsStr => Some(WrittenKind::Path),
            CStr => Some(WrittenKind::CText),
            _ => None,
        },
        String | Builtin::RString | Builtin::RCowStr => Some(WrittenKind::Text),
        PathBuf | OsString => Some(WrittenKind::Path),
        CString => Some(WrittenKind::CText),
        Builtin::Duration | Builtin::RDuration => Some(WrittenKind::Length),
        Builtin::SystemTime => Some(WrittenKind::Time),
        Builtin::IpAddr | Builtin::Ipv4Addr | Builtin::Ipv6Addr => Some(WrittenKind::Address),
        Builtin::SocketAddr | Builtin::SocketAddrV4 | Builtin::SocketAddrV6 => {
            Some(WrittenKind::Socket)
        }
        _ => None,
    }
}

/// Whether every value of the type `was` is also one of the type `now`, which is written down in the
/// same form.
pub(in crate::plan) fn holds_all(now: &Type, was: &Type) -> bool {
    now == was
        || !matches!(
            now.builtin(),
            Some(
                Builtin::Ipv4Addr
                    | Builtin::Ipv6Addr
                    | Builtin::SocketAddrV4
                    | Builtin::SocketAddrV6
            )
        )
}

/// Owners that may share one item with each other: abi_stable's are made of the standard library's.
pub(super) fn is_arc(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Arc | Builtin::RArc)
}

pub(super) fn is_option(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Option | Builtin::ROption)
}

/// A value or none; some of these types can be set through a shared reference.
pub(super) fn is_optional(builtin: Builtin) -> bool {
    is_option(builtin) || matches!(builtin, Builtin::OnceCell | Builtin::OnceLock)
}

/// A wrapper that holds the same number as its item, and differs only where it overflows.
pub(super) fn is_counter(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Wrapping | Builtin::Saturating)
}
