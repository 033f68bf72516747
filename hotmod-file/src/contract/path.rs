//! How the path of a difference goes on from a type into its parts.

use hotmod::describe::Builtin;
use hotmod::describe::{Name, Type};

/// What the path of a type is extended by for its `i`th parameter.
pub(crate) fn step_into(ty: &Type, i: usize) -> String {
    use Builtin::*;
    match &ty.name {
        Name::Array(_) => "[]".to_owned(),
        Name::Builtin(builtin) if builtin.optional() > 0 && builtin.arity() <= Some(i) => {
            ".hasher".to_owned()
        }
        Name::Builtin(
            Vec | VecDeque | LinkedList | BinaryHeap | HashSet | BTreeSet | Elements | Slice | RVec,
        ) => "[]".to_owned(),
        Name::Builtin(HashMap | BTreeMap | RHashMap | Entries) => match i {
            0 => "[key]".to_owned(),
            _ => "[]".to_owned(),
        },
        Name::Builtin(builtin) if builtin.is_tuple() => format!(".{i}"),
        Name::Builtin(Range | RangeInclusive | RangeFrom | RangeTo | RangeToInclusive) => {
            ".bounds".to_owned()
        }
        Name::Builtin(Option | ROption | OnceCell | OnceLock | Bound | Poll) => "?".to_owned(),
        Name::Builtin(Result | RResult) => match i {
            0 => "?".to_owned(),
            _ => "?err".to_owned(),
        },
        _ => std::string::String::new(),
    }
}
