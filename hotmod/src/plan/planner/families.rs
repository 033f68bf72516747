//! Which types become each other by what they hold, whoever laid them out.

use crate::describe::Builtin;

/// Which containers become which by moving their items.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Family {
    List,
    Heap,
    Set,
    Map,
}

pub(super) fn family(builtin: Builtin) -> Option<Family> {
    match builtin {
        Builtin::Vec | Builtin::VecDeque | Builtin::LinkedList | Builtin::RVec => {
            Some(Family::List)
        }
        Builtin::BinaryHeap => Some(Family::Heap),
        Builtin::HashSet | Builtin::BTreeSet => Some(Family::Set),
        Builtin::HashMap | Builtin::BTreeMap | Builtin::RHashMap => Some(Family::Map),
        _ => None,
    }
}

/// What a value says that can be written down.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Written {
    Text,
    Path,
    Length,
    Time,
}

pub(super) fn written(builtin: Builtin) -> Option<Written> {
    match builtin {
        Builtin::String | Builtin::RString | Builtin::Cow | Builtin::RCowStr => Some(Written::Text),
        Builtin::PathBuf | Builtin::OsString => Some(Written::Path),
        Builtin::Duration | Builtin::RDuration => Some(Written::Length),
        Builtin::SystemTime => Some(Written::Time),
        _ => None,
    }
}

/// Owners of an item that may have others of either kind: abi_stable's are made of the standard
/// library's.
pub(super) fn is_arc(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Arc | Builtin::RArc)
}

pub(super) fn is_option(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Option | Builtin::ROption)
}
