//! Attributes that are proposed, and what decides on them.

use std::fmt;

use hotmod::describe::{Attribute, Builtin, Difference, Name, Type};

/// Where an attribute is written: on a type, by its id, or in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FixPlace {
    /// The id of the type: its bare name, unless its source says otherwise.
    pub ty: String,
    /// The variant, if it is on one or in one.
    pub variant: Option<String>,
    /// The field, if it is on one.
    pub field: Option<String>,
}

impl fmt::Display for FixPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ty)?;
        if let Some(variant) = &self.variant {
            write!(f, "::{variant}")?;
        }
        match &self.field {
            Some(field) => write!(f, ".{field}"),
            None => Ok(()),
        }
    }
}

/// An attribute that is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixAttribute {
    /// `was = "old"`
    Was(String),
    /// `default`
    Default,
    /// `checked`
    Checked,
    /// `rebuild`
    Rebuild,
    /// `fill = Default::default()`
    Fill,
    /// `removed("old")`: the only one that loses something.
    Removed(String),
}

impl FixAttribute {
    /// As a description has it.
    pub(super) fn described(&self) -> Attribute {
        match self {
            FixAttribute::Was(name) => Attribute::Was(name.clone()),
            FixAttribute::Default => Attribute::Default,
            FixAttribute::Checked => Attribute::Checked,
            FixAttribute::Rebuild => Attribute::Rebuild,
            FixAttribute::Fill => Attribute::Fill,
            FixAttribute::Removed(name) => Attribute::Removed(name.clone()),
        }
    }
}

/// As it stands in the parentheses of `#[state(…)]`.
impl fmt::Display for FixAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FixAttribute::Was(name) => write!(f, "was = {name:?}"),
            FixAttribute::Default => f.write_str("default"),
            FixAttribute::Checked => f.write_str("checked"),
            FixAttribute::Rebuild => f.write_str("rebuild"),
            FixAttribute::Fill => f.write_str("fill = Default::default()"),
            FixAttribute::Removed(name) => write!(f, "removed({name:?})"),
        }
    }
}

/// One attribute to write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    /// Where.
    pub place: FixPlace,
    /// What.
    pub attribute: FixAttribute,
}

/// What only the author can decide, and what there is to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it is about.
    pub place: FixPlace,
    /// What to do.
    pub help: String,
}

/// What is proposed for a build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixes {
    /// What to write, in the order of the places.
    pub fixes: Vec<Fix>,
    /// What is left to the author.
    pub choices: Vec<Choice>,
    /// What stands in the way of state once all of that is written.
    pub left: Vec<Difference>,
}

/// What decides on fixes, beside the two descriptions.
pub struct FixOptions<'a> {
    /// Whether values may be lost.
    pub allow_loss: bool,
    /// Whether a type of the module, by its id, implements `Default`, as its source says.
    pub has_default: &'a dyn Fn(&str) -> bool,
}

impl FixOptions<'_> {
    /// Whether `Default::default()` makes a value of a type, as far as is known.
    pub(super) fn makes_default(&self, ty: &Type) -> bool {
        let all = |ty: &Type| ty.args.iter().all(|it| self.makes_default(it));
        match &ty.name {
            Name::Named(id) => (self.has_default)(id),
            Name::Array(length) => *length <= 32 && all(ty),
            Name::Builtin(builtin) => {
                use Builtin::*;
                match builtin {
                    Unit | Bool | Char | U8 | U16 | U32 | U64 | U128 | Usize | I8 | I16 | I32
                    | I64 | I128 | Isize | F32 | F64 | String | PathBuf | OsString | CString
                    | Duration | Vec | VecDeque | LinkedList | BinaryHeap | BTreeMap | BTreeSet
                    | HashMap | HashSet | Option | Cow => true,
                    Tuple => ty.args.len() <= 12 && all(ty),
                    Box | Arc | Rc | Mutex | RwLock | Cell | RefCell | Wrapping | Reverse => {
                        all(ty)
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }
}
