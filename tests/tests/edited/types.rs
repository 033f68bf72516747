//! Types through several versions: each field and variant has a form in each version that has it.

/// How many versions a module has.
pub(crate) const VERSIONS: usize = 4;

/// Types whose values are one word, and which of them become each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Integers from the least to the greatest.
    Number(i128, i128),
    /// Integers of a type that stays as it is.
    Fixed(i128, i128),
    Bool,
    /// Texts. Types of the same name become each other.
    Text(&'static str),
    Address,
    /// Numbers that overflow in a way of their own.
    Counter,
    /// How long something takes.
    Length,
    /// A type of another crate, with what its field says.
    Foreign(&'static str),
    Unit,
}

/// A type of one word.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) rust: &'static str,
    pub(crate) kind: Kind,
    /// Whether it can be a key.
    pub(crate) key: bool,
    /// Whether it can be changed through `&`.
    pub(crate) cell: bool,
    pub(crate) copy: bool,
}

const fn leaf(rust: &'static str, kind: Kind) -> Leaf {
    Leaf {
        rust,
        kind,
        key: true,
        cell: false,
        copy: false,
    }
}

const fn number(rust: &'static str, least: i128, greatest: i128) -> Leaf {
    Leaf {
        copy: true,
        ..leaf(rust, Kind::Number(least, greatest))
    }
}

const fn float(rust: &'static str) -> Leaf {
    Leaf {
        key: false,
        ..number(rust, -1 << 20, 1 << 20)
    }
}

const fn foreign(rust: &'static str, attribute: &'static str) -> Leaf {
    Leaf {
        key: false,
        ..leaf(rust, Kind::Foreign(attribute))
    }
}

pub(crate) const LEAVES: [Leaf; 51] = [
    number("u8", 0, u8::MAX as i128),
    number("u16", 0, u16::MAX as i128),
    number("u32", 0, u32::MAX as i128),
    number("u64", 0, u64::MAX as i128),
    number("u128", 0, i128::MAX),
    number("usize", 0, u64::MAX as i128),
    number("i8", i8::MIN as i128, i8::MAX as i128),
    number("i16", i16::MIN as i128, i16::MAX as i128),
    number("i32", i32::MIN as i128, i32::MAX as i128),
    number("i64", i64::MIN as i128, i64::MAX as i128),
    number("i128", i128::MIN, i128::MAX),
    number("isize", i64::MIN as i128, i64::MAX as i128),
    float("f32"),
    float("f64"),
    Leaf {
        copy: true,
        ..leaf("bool", Kind::Bool)
    },
    Leaf {
        copy: true,
        ..leaf("char", Kind::Fixed(97, 122))
    },
    leaf("String", Kind::Text("text")),
    leaf("String", Kind::Text("text")),
    leaf("Box<str>", Kind::Text("text")),
    leaf("std::sync::Arc<str>", Kind::Text("text")),
    leaf("std::borrow::Cow<'static, str>", Kind::Text("text")),
    leaf("std::path::PathBuf", Kind::Text("path")),
    leaf("std::ffi::OsString", Kind::Text("path")),
    leaf("Box<std::path::Path>", Kind::Text("path")),
    leaf("std::sync::Arc<std::ffi::OsStr>", Kind::Text("path")),
    leaf("std::ffi::CString", Kind::Text("C text")),
    leaf("Box<std::ffi::CStr>", Kind::Text("C text")),
    leaf("std::time::Duration", Kind::Length),
    leaf("std::time::SystemTime", Kind::Fixed(0, 1 << 20)),
    leaf("std::net::Ipv4Addr", Kind::Address),
    leaf("std::net::IpAddr", Kind::Address),
    leaf("std::num::NonZeroU8", Kind::Fixed(1, 255)),
    leaf("std::num::NonZeroI64", Kind::Fixed(1, 1 << 40)),
    leaf("std::num::Wrapping<u16>", Kind::Counter),
    Leaf {
        cell: true,
        key: false,
        ..leaf("std::sync::atomic::AtomicU32", Kind::Fixed(0, 99))
    },
    Leaf {
        cell: true,
        key: false,
        ..leaf("std::sync::atomic::AtomicI16", Kind::Fixed(-9, 99))
    },
    leaf("()", Kind::Unit),
    foreign("library::Noted", "serde"),
    foreign(
        "library::Outside",
        "as = u32, into = library::into, from = library::from",
    ),
    foreign("library::Opaque", "unsafe(opaque)"),
    foreign("library::Opaque", "unsafe(opaque)"),
    leaf("abi_stable::std_types::RString", Kind::Text("text")),
    leaf("abi_stable::std_types::RString", Kind::Text("text")),
    leaf(
        "abi_stable::std_types::RCowStr<'static>",
        Kind::Text("text"),
    ),
    leaf("abi_stable::std_types::RDuration", Kind::Length),
    leaf("std::num::Saturating<u16>", Kind::Counter),
    leaf("Box<std::ffi::OsStr>", Kind::Text("path")),
    leaf("std::sync::Arc<std::path::Path>", Kind::Text("path")),
    leaf(
        "std::borrow::Cow<'static, std::path::Path>",
        Kind::Text("path"),
    ),
    leaf("std::sync::Arc<std::ffi::CStr>", Kind::Text("C text")),
    leaf(
        "std::borrow::Cow<'static, std::ffi::CStr>",
        Kind::Text("C text"),
    ),
];

pub(crate) const U32: Ty = Ty::Leaf(2);
pub(crate) const U64: Ty = Ty::Leaf(3);
pub(crate) const STRING: Ty = Ty::Leaf(16);
pub(crate) const OPAQUE: Ty = Ty::Leaf(39);

pub(crate) const LISTS: [&str; 5] = [
    "Vec",
    "std::collections::VecDeque",
    "std::collections::LinkedList",
    "abi_stable::std_types::RVec",
    "Vec",
];
pub(crate) const SETS: [&str; 2] = ["std::collections::HashSet", "std::collections::BTreeSet"];
pub(crate) const HEAP: &str = "std::collections::BinaryHeap";
pub(crate) const MAPS: [&str; 3] = [
    "std::collections::HashMap",
    "std::collections::BTreeMap",
    "abi_stable::std_types::RHashMap",
];
/// Values that may be missing: two types that threads can share, and one that they cannot.
pub(crate) const OPTIONS: [&str; 3] = ["Option", "std::sync::OnceLock", "std::cell::OnceCell"];
/// Values that may be missing, of which the first two are missing by themselves where they are new.
pub(crate) const PLAIN_OPTIONS: [&str; 3] = [
    "Option",
    "abi_stable::std_types::ROption",
    "std::task::Poll",
];
/// From one value to another.
pub(crate) const RANGES: [&str; 2] = ["std::ops::Range", "std::ops::RangeInclusive"];
/// Up to a value, or from one on.
pub(crate) const HALVES: [&str; 3] = [
    "std::ops::RangeFrom",
    "std::ops::RangeTo",
    "std::ops::RangeToInclusive",
];
pub(crate) const BOXES: [&str; 2] = ["Box", "abi_stable::std_types::RBox"];
/// Owners of items that may have others, and their weak ones.
pub(crate) const ARC: &str = "std::sync::Arc";
pub(crate) const R_ARC: &str = "abi_stable::std_types::RArc";
pub(crate) const WEAK: &str = "std::sync::Weak";
pub(crate) const RC: &str = "std::rc::Rc";
pub(crate) const RC_WEAK: &str = "std::rc::Weak";
/// Types around one value: plain ones, cells that threads can share, and others.
pub(crate) const AROUND: [&str; 5] = [
    "Box",
    "std::cmp::Reverse",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::cell::RefCell",
];

/// One more, for values that can be copied.
pub(crate) const CELL: &str = "std::cell::Cell";

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ty {
    /// By its place among [`LEAVES`].
    Leaf(usize),
    /// One of [`AROUND`].
    Around(&'static str, Box<Ty>),
    Option(&'static str, Box<Ty>),
    Result(Box<Ty>, Box<Ty>),
    /// Included is `Ok`, excluded is `Err`.
    Bound(Box<Ty>),
    /// One of [`RANGES`].
    Range(&'static str, Box<Ty>),
    List(&'static str, Box<Ty>),
    Slice(Box<Ty>),
    /// A set or a heap.
    Bag(&'static str, Box<Ty>),
    Map(&'static str, Box<Ty>, Box<Ty>),
    Pair(Box<Ty>, Box<Ty>),
    Array(usize, Box<Ty>),
    /// A type of the tests' own, and what it is applied to if it has a parameter.
    Named(usize, Option<Box<Ty>>),
    /// The parameter of the type that the field is in.
    Param,
    Arc(&'static str, Box<Ty>),
    Weak(&'static str, Box<Ty>),
}

impl Ty {
    /// Whether a field of this type is `None` where the other version has no such field.
    pub(crate) fn may_be_absent(&self) -> bool {
        let by_itself = &PLAIN_OPTIONS[..2];
        matches!(self, Ty::Option(kind, _) if by_itself.contains(kind))
    }

    /// The types that it is made of.
    pub(crate) fn parts(&self) -> Vec<&Ty> {
        match self {
            Ty::Leaf(_) | Ty::Param => Vec::new(),
            Ty::Around(_, a) | Ty::Option(_, a) | Ty::List(_, a) | Ty::Slice(a) | Ty::Bag(_, a) => {
                vec![a]
            }
            Ty::Array(_, a) | Ty::Arc(_, a) | Ty::Weak(_, a) | Ty::Range(_, a) | Ty::Bound(a) => {
                vec![a]
            }
            Ty::Result(a, b) | Ty::Map(_, a, b) | Ty::Pair(a, b) => vec![a, b],
            Ty::Named(_, a) => a.iter().map(|a| &**a).collect(),
        }
    }

    /// The type with this in the place of its parameter.
    pub(crate) fn of(&self, param: Option<&Ty>) -> Ty {
        let of = |ty: &Ty| Box::new(ty.of(param));
        match self {
            Ty::Leaf(_) => self.clone(),
            Ty::Param => param.expect("what the type is applied to").clone(),
            Ty::Around(kind, a) => Ty::Around(kind, of(a)),
            Ty::Option(kind, a) => Ty::Option(kind, of(a)),
            Ty::Result(a, b) => Ty::Result(of(a), of(b)),
            Ty::List(kind, a) => Ty::List(kind, of(a)),
            Ty::Slice(a) => Ty::Slice(of(a)),
            Ty::Bag(kind, a) => Ty::Bag(kind, of(a)),
            Ty::Map(kind, a, b) => Ty::Map(kind, of(a), of(b)),
            Ty::Pair(a, b) => Ty::Pair(of(a), of(b)),
            Ty::Array(len, a) => Ty::Array(*len, of(a)),
            Ty::Named(place, a) => Ty::Named(*place, a.as_ref().map(|a| of(a))),
            Ty::Bound(a) => Ty::Bound(of(a)),
            Ty::Range(kind, a) => Ty::Range(kind, of(a)),
            Ty::Arc(kind, a) => Ty::Arc(kind, of(a)),
            Ty::Weak(kind, a) => Ty::Weak(kind, of(a)),
        }
    }

    /// Whether it or one of its parts fulfils this.
    pub(crate) fn any(&self, is: &impl Fn(&Ty) -> bool) -> bool {
        is(self) || self.parts().into_iter().any(|part| part.any(is))
    }

    pub(crate) fn leaf(&self) -> Option<&'static Leaf> {
        match self {
            Ty::Leaf(place) => Some(&LEAVES[*place]),
            _ => None,
        }
    }

    /// The type as Rust spells it.
    pub(crate) fn spelled(&self, types: &[Described], version: usize) -> String {
        let spelled = |ty: &Ty| ty.spelled(types, version);
        match self {
            Ty::Leaf(place) => LEAVES[*place].rust.to_owned(),
            Ty::Around(kind, a) | Ty::Option(kind, a) | Ty::List(kind, a) | Ty::Bag(kind, a) => {
                format!("{kind}<{}>", spelled(a))
            }
            Ty::Result(a, b) => format!("Result<{}, {}>", spelled(a), spelled(b)),
            Ty::Map(kind, a, b) => format!("{kind}<{}, {}>", spelled(a), spelled(b)),
            Ty::Slice(a) => format!("Box<[{}]>", spelled(a)),
            Ty::Pair(a, b) => format!("({}, {})", spelled(a), spelled(b)),
            Ty::Array(len, a) => format!("[{}; {len}]", spelled(a)),
            Ty::Named(place, a) => {
                let name = types[*place].forms[version].name.clone();
                a.as_ref()
                    .map_or(name.clone(), |a| format!("{name}<{}>", spelled(a)))
            }
            Ty::Param => "P".to_owned(),
            Ty::Bound(a) => format!("std::ops::Bound<{}>", spelled(a)),
            Ty::Range(kind, a) | Ty::Arc(kind, a) | Ty::Weak(kind, a) => {
                format!("{kind}<{}>", spelled(a))
            }
        }
    }
}

/// A field through the versions.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) id: usize,
    pub(crate) forms: Vec<Option<FieldForm>>,
}

#[derive(Clone, Debug)]
pub(crate) struct FieldForm {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    /// Where it stands among the fields.
    pub(crate) order: u64,
    pub(crate) attributes: Vec<String>,
    /// Its value in a state that had no such field, as a word or text that its type is read from.
    pub(crate) default: Option<Value>,
    /// Its value that is made anew in each version.
    pub(crate) skip: Option<Value>,
    /// The value of the elements that an array's older form did not have.
    pub(crate) fill: Option<Value>,
    /// Whether a function makes it from its older value.
    pub(crate) with: bool,
}

/// A variant, or what a struct has.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) id: usize,
    /// Its name, where it is there.
    pub(crate) names: Vec<Option<String>>,
    pub(crate) attributes: Vec<Vec<String>>,
    /// The variant that its values become where it is removed.
    pub(crate) becomes: Option<usize>,
    pub(crate) fields: Vec<Field>,
}

/// A type of the tests' own.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) forms: Vec<Form>,
    pub(crate) is_enum: bool,
    pub(crate) generic: bool,
    /// Whether it can be a key.
    pub(crate) key: bool,
    /// The field that is raised by functions that make its values, where there can be such functions.
    pub(crate) mark: Option<usize>,
    pub(crate) variants: Vec<Variant>,
}

#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) name: String,
    pub(crate) attributes: Vec<String>,
    pub(crate) repr: &'static str,
    /// The function that makes its values from an older form, if there is one.
    pub(crate) hook: Option<Hook>,
    /// The version of what its values mean.
    pub(crate) meaning: usize,
}

/// A function on the way to a version, and perhaps back.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) name: String,
    /// The version whose form it reads: in others than the next, it has been left in place.
    pub(crate) from: usize,
    /// Whether it reads a copy of the older form.
    pub(crate) whole: bool,
    pub(crate) down: bool,
}

/// How much a function adds to the field that it raises.
pub(crate) const RAISED: i128 = 1000;
/// The values that a function does not take: those that, divided by the first, leave the second.
pub(crate) const UNTAKEN: (i128, i128) = (13, 7);

impl Described {
    /// The fields of a variant in a version, in their order.
    pub(crate) fn fields(&self, variant: usize, version: usize) -> Vec<(&Field, &FieldForm)> {
        let fields = self.variants[variant].fields.iter();
        let mut fields: Vec<_> = fields
            .filter_map(|field| Some((field, field.forms[version].as_ref()?)))
            .collect();
        fields.sort_by_key(|(_, form)| form.order);
        fields
    }

    /// The variants that are there in a version, by their places.
    pub(crate) fn present(&self, version: usize) -> Vec<usize> {
        let all = 0..self.variants.len();
        all.filter(|place| self.variants[*place].names[version].is_some())
            .collect()
    }

    /// The function on the way between two versions, in the newer of them; none is applied twice.
    pub(crate) fn hook(&self, from: usize, to: usize) -> Option<&Hook> {
        let (older, newer) = (&self.forms[from.min(to)], &self.forms[from.max(to)]);
        let is_known = |hook: &&Hook| older.hook.as_ref().is_none_or(|it| it.name != hook.name);
        newer.hook.as_ref().filter(is_known)
    }

    pub(crate) fn variant(&self, id: usize) -> usize {
        let mut all = self.variants.iter();
        all.position(|variant| variant.id == id)
            .expect("a variant of the type")
    }
}

/// The function that checks a state, in the versions that have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Check {
    /// Whether it keeps an owner of this field of the state, an `Arc`, where it refuses a state.
    pub(crate) keeps: Option<usize>,
}

/// A form of a version that a host which runs the version before must refuse.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken {
    pub(crate) version: usize,
    /// The new field that has no default; without one, the function for its set-up fails.
    pub(crate) lacks: Option<usize>,
}

/// All types of a module; the last is that of the state.
#[derive(Clone, Debug)]
pub(crate) struct Types {
    pub(crate) types: Vec<Described>,
    /// By version.
    pub(crate) checks: Vec<Option<Check>>,
    /// The versions that try a state out in a rehearsal.
    pub(crate) preflights: Vec<bool>,
    pub(crate) broken: Option<Broken>,
}

/// The field of the state that a check looks at, and the one that calls count up.
pub(crate) const VETO: usize = 0;
pub(crate) const POKES: usize = 1;

/// A value, whatever its version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Word(String),
    None,
    Some(Box<Value>),
    Ok(Box<Value>),
    Err(Box<Value>),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    /// By the ids of variant and fields.
    Fields(usize, Vec<(usize, Value)>),
    /// By its place among the items of the state.
    Shared(usize),
    Weak(Option<usize>),
}

/// A state: its value, and the items that have several owners.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) root: Value,
    pub(crate) items: Vec<Value>,
    /// The types of the items.
    pub(crate) kinds: Vec<Ty>,
}
