//! Whether a state can be prepared while `&self` calls of it go on.
//!
//! It can where nothing that such a call reaches can change meanwhile, as the description shows it: what is
//! copied early and what is copied late belong together then, and no code sees a value that another thread
//! writes.

use std::collections::BTreeSet;

use hotmod::describe::{Builtin, Described, Description, Name, Shape, Type};

use crate::contract::step_into;
use crate::deep::shown;

/// Which calls of a state go on while its new value is made beside the old one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// `&self` calls go on, and wait only until the new value has taken the place of the old one. `&mut self`
    /// calls wait as long as the preparation.
    Shared,
    /// No call runs meanwhile.
    Exclusive {
        /// Why not: the path of each part that a `&self` call could change or share, and what it is. The path
        /// is that of the state where its interface is why.
        because: Vec<(String, String)>,
    },
}

impl Preparation {
    /// That of a state of this description.
    pub(super) fn of(description: &Description, state: &Type) -> Self {
        let mut because = Vec::new();
        let implemented = description.implementations.iter();
        let implemented = implemented.filter(|(_, implemented)| implemented.state == *state);
        let interfaces: Vec<&str> = implemented.map(|(name, _)| name.as_str()).collect();
        if !interfaces
            .iter()
            .any(|name| description.shared.contains(*name))
        {
            let what = match interfaces.first() {
                Some(name) => format!("its interface `{name}` is not `Sync`"),
                None => "it has no interface".to_owned(),
            };
            because.push((state.to_string(), what));
        }
        because.extend(PartsOfState::of(description, state));
        match because.is_empty() {
            true => Preparation::Shared,
            false => Preparation::Exclusive { because },
        }
    }

    /// Whether a shared reference to a value of this type can only read it, as far as its description shows.
    pub fn only_reads(description: &Description, ty: &Type) -> bool {
        PartsOfState::of(description, ty).is_empty()
    }

    /// `shared` or `exclusive`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Preparation::Shared => "shared",
            Preparation::Exclusive { .. } => "exclusive",
        }
    }
}

/// The parts of a state that a shared reference can change or share. Each described type is looked into once.
struct PartsOfState<'a> {
    description: &'a Description,
    met: BTreeSet<&'a Type>,
    /// The types that are still to be looked into, each with the path to it.
    open: Vec<(String, &'a Type)>,
    found: Vec<(String, String)>,
}

impl<'a> PartsOfState<'a> {
    fn of(description: &'a Description, state: &'a Type) -> Vec<(String, String)> {
        let mut parts = PartsOfState {
            description,
            met: BTreeSet::new(),
            open: vec![(state.to_string(), state)],
            found: Vec::new(),
        };
        while let Some((path, ty)) = parts.open.pop() {
            parts.look_into(&shown(&path), ty);
        }
        parts.found
    }

    fn look_into(&mut self, path: &str, ty: &'a Type) {
        let what = match &ty.name {
            Name::Array(_) => return self.arguments(path, ty),
            Name::Const(..) => return,
            // It holds nothing.
            Name::Builtin(Builtin::PhantomData) => return,
            // The new version makes it anew, and nothing reads the old one's.
            Name::Builtin(Builtin::Skipped) => return,
            Name::Builtin(builtin) if only_reads(*builtin) => return self.arguments(path, ty),
            Name::Builtin(Builtin::Serde | Builtin::As) => {
                "it is carried over by a form of its own, so nothing says what it holds".to_owned()
            }
            Name::Builtin(builtin) if builtin.is_owner() => {
                format!("`{ty}` can be shared by a shared reference")
            }
            Name::Builtin(builtin) if builtin.is_cell() => {
                format!("`{ty}` can be changed by a shared reference")
            }
            Name::Builtin(_) => format!("nothing says what a shared reference to `{ty}` can do"),
            Name::Opaque(_) => format!("`{ty}` is opaque, so nothing says what it holds"),
            Name::Named(_) => match self.description.types.get_key_value(ty) {
                Some((ty, described)) => match described.shape.left_to() {
                    Some(below) => format!("`{below}` below its derive may have changed `{ty}`"),
                    None => return self.fields(path, ty, described),
                },
                None => format!("nothing says what `{ty}` holds"),
            },
        };
        self.found.push((path.to_owned(), what));
    }

    fn arguments(&mut self, path: &str, ty: &'a Type) {
        // The last is looked into first.
        for (place, argument) in ty.args.iter().enumerate().rev() {
            let path = format!("{path}{}", step_into(ty, place));
            self.open.push((path, argument));
        }
    }

    fn fields(&mut self, path: &str, ty: &'a Type, described: &'a Described) {
        if !self.met.insert(ty) {
            return;
        }
        let mut found = Vec::new();
        match &described.shape {
            Shape::Struct(fields) => {
                let fields = fields.iter();
                found.extend(fields.map(|it| (format!("{path}.{}", it.name), &it.ty)));
            }
            Shape::Enum { variants, .. } => {
                for variant in variants {
                    let path = format!("{path}::{}", variant.name);
                    let fields = variant.fields.iter();
                    found.extend(fields.map(|it| (format!("{path}.{}", it.name), &it.ty)));
                }
            }
        }
        self.open.extend(found.into_iter().rev());
    }
}

/// Whether a shared reference to a value of this type only reads it, if that is so of its parameters. What is
/// not named here does more, or nothing says that it does not.
pub(super) fn only_reads(builtin: Builtin) -> bool {
    use Builtin::*;
    matches!(
        builtin,
        Unit | Bool | Char | U8 | U16 | U32 | U64 | U128 | Usize | I8 | I16 | I32 | I64 | I128
            | Isize | F32 | F64 | NonZeroU8 | NonZeroU16 | NonZeroU32 | NonZeroU64 | NonZeroUsize
            | NonZeroI8 | NonZeroI16 | NonZeroI32 | NonZeroI64 | NonZeroIsize | NonZeroU128
            | NonZeroI128 | Wrapping | Saturating | Reverse | CmpOrdering | Infallible
            // Texts.
            | Str | Slice | Path | OsStr | CStr | String | PathBuf | OsString | CString | Cow
            | RString | RCowStr
            // What holds values in itself.
            | Tuple | Tuple1 | Tuple2 | Tuple3 | Tuple4 | Option | Result | ROption | RResult
            | Bound | Poll | Range | RangeInclusive | RangeFrom | RangeTo | RangeToInclusive
            | RangeFull
            // What holds them elsewhere.
            | Box | RBox | Vec | VecDeque | LinkedList | BinaryHeap | HashMap | HashSet | BTreeMap
            | BTreeSet | RVec | RHashMap | Entries | Elements | BuildHasherDefault | DefaultHasher
            // Times and addresses.
            | Duration | Instant | SystemTime | RDuration | IpAddr | Ipv4Addr | Ipv6Addr
            | SocketAddr | SocketAddrV4 | SocketAddrV6
    )
}
