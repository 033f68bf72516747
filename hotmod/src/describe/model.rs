//! Descriptions as the compiler sees them: `const` values, borrowed for `'static`, that the macros
//! and the impls in [`crate::types`] build and [`super::encode`] turns into bytes.
//!
//! A description refers to other types by name and never nests theirs, so recursive types need no
//! special case.

use std::any::TypeId;

use super::builtin::Builtin;

/// How one type refers to another: a constructor and its parameters.
#[derive(Clone, Copy, Debug)]
pub struct TypeRef {
    /// The constructor.
    pub head: Head,
    /// Its parameters, in the order Rust writes them.
    pub args: &'static [&'static TypeRef],
}

/// The constructor of a [`TypeRef`].
#[derive(Clone, Copy, Debug)]
pub enum Head {
    /// A type hotmod knows by itself.
    Builtin(Builtin),
    /// `[T; n]`.
    Array(u64),
    /// The value of a const parameter, as an argument of a generic type: its type, and its bits.
    Const(Builtin, i128),
    /// A type that derives `StableState`, by its id.
    Named(&'static str),
    /// A type that hotmod cannot look into, `#[state(unsafe(opaque))]`; only as the type of a field, or
    /// as a parameter of such a type.
    Opaque(OpaqueDesc),
}

/// A type that hotmod cannot look into. A record of its own says which one it is
/// ([`encode::opaque`](super::encode::opaque)).
#[derive(Clone, Copy, Debug)]
pub struct OpaqueDesc {
    /// How the source writes it; empty where the source leaves it to be inferred.
    pub text: &'static str,
    /// `size_of`, in bytes.
    pub size: usize,
    /// `align_of`, in bytes.
    pub align: usize,
}

impl TypeRef {
    /// A constructor without parameters.
    pub const fn builtin(builtin: Builtin) -> Self {
        Self::applied(builtin, &[])
    }

    /// A constructor applied to parameters.
    pub const fn applied(builtin: Builtin, args: &'static [&'static TypeRef]) -> Self {
        TypeRef {
            head: Head::Builtin(builtin),
            args,
        }
    }

    /// The value of a const parameter of this type, as an argument of a generic type.
    pub const fn constant(ty: TypeRef, value: i128) -> Self {
        let Head::Builtin(builtin) = ty.head else {
            panic!("a const parameter is a number, a `bool` or a `char`");
        };
        TypeRef {
            head: Head::Const(builtin, value),
            args: &[],
        }
    }

    /// A type that hotmod cannot look into, applied to parameters.
    pub const fn opaque<T>(text: &'static str, args: &'static [&'static TypeRef]) -> Self {
        Self::unknown(text, (size_of::<T>(), align_of::<T>()), args)
    }

    /// As [`opaque`](Self::opaque), of this size and alignment.
    pub const fn unknown(
        text: &'static str,
        (size, align): (usize, usize),
        args: &'static [&'static TypeRef],
    ) -> Self {
        TypeRef {
            head: Head::Opaque(OpaqueDesc { text, size, align }),
            args,
        }
    }

    /// Equality, in `const`.
    pub(crate) const fn is_same(&self, other: &TypeRef) -> bool {
        let heads = match (self.head, other.head) {
            (Head::Builtin(a), Head::Builtin(b)) => a as u8 == b as u8,
            (Head::Array(a), Head::Array(b)) => a == b,
            (Head::Const(a, x), Head::Const(b, y)) => a as u8 == b as u8 && x == y,
            (Head::Named(a), Head::Named(b)) => same_text(a, b),
            (Head::Opaque(a), Head::Opaque(b)) => {
                same_text(a.text, b.text) && a.size == b.size && a.align == b.align
            }
            _ => false,
        };
        if !heads || self.args.len() != other.args.len() {
            return false;
        }
        let mut i = 0;
        while i < self.args.len() {
            if !self.args[i].is_same(other.args[i]) {
                return false;
            }
            i += 1;
        }
        true
    }
}

pub(super) const fn same_text(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// A type that derives `StableState`.
#[derive(Clone, Copy, Debug)]
pub struct TypeDesc {
    /// How others refer to it.
    pub name: TypeRef,
    /// The type itself, which tells it from all others of its module.
    pub identity: TypeId,
    /// Where its source is, for the user who has to find it.
    pub location: &'static str,
    /// `size_of`, in bytes.
    pub size: usize,
    /// `align_of`, in bytes.
    pub align: usize,
    /// The version of its sense, `#[state(meaning = n)]`.
    pub meaning: u32,
    /// What the source says of its earlier forms.
    pub attributes: &'static [AttributeDesc],
    /// Its fields or variants.
    pub body: Body,
}

impl TypeDesc {
    /// Equality of what the bytes of a value mean, in `const`.
    pub(crate) const fn is_same(&self, other: &TypeDesc) -> bool {
        let layouts = self.size == other.size && self.align == other.align;
        if !layouts || self.meaning != other.meaning || !self.name.is_same(&other.name) {
            return false;
        }
        match (&self.body, &other.body) {
            (Body::Struct(a), Body::Struct(b)) => same_fields(a, b),
            (
                Body::Enum {
                    repr: a,
                    variants: mine,
                },
                Body::Enum {
                    repr: b,
                    variants: others,
                },
            ) => a.is_same(b) && same_variants(mine, others),
            _ => false,
        }
    }
}

const fn same_variants(a: &[VariantDesc], b: &[VariantDesc]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        let same = same_text(a[i].name, b[i].name)
            && a[i].discriminant == b[i].discriminant
            && same_fields(a[i].fields, b[i].fields);
        if !same {
            return false;
        }
        i += 1;
    }
    true
}

const fn same_fields(a: &[FieldDesc], b: &[FieldDesc]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        let offsets = match (a[i].offset, b[i].offset) {
            (Some(a), Some(b)) => a == b,
            (None, None) => true,
            _ => false,
        };
        let layouts = offsets && a[i].size == b[i].size && a[i].align == b[i].align;
        if !layouts || !same_text(a[i].name, b[i].name) || !a[i].ty.is_same(&b[i].ty) {
            return false;
        }
        i += 1;
    }
    true
}

/// What a described type consists of.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// A struct.
    Struct(&'static [FieldDesc]),
    /// An enum.
    Enum {
        /// How it is represented.
        repr: Repr,
        /// The variants, in the order of the source.
        variants: &'static [VariantDesc],
    },
}

/// How an enum is represented: where its payloads are, which no offset shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repr<Text = &'static str> {
    /// As the compiler chooses.
    Chosen,
    /// As `#[repr]` fixes it: `C`, `u8` or `C, u8`, and the like.
    Fixed(Text),
    /// As only the operations of its module know: these attributes (such as `#[becomes]`) stand below the
    /// derive, and one of them may be a macro that has changed the enum after it was described.
    Left(Text),
}

impl Repr {
    const fn is_same(&self, other: &Repr) -> bool {
        match (self, other) {
            (Repr::Chosen, Repr::Chosen) => true,
            (Repr::Fixed(a), Repr::Fixed(b)) | (Repr::Left(a), Repr::Left(b)) => same_text(a, b),
            _ => false,
        }
    }
}

/// One field of a struct or of a variant.
#[derive(Clone, Copy, Debug)]
pub struct FieldDesc {
    /// Its name, or its index in a tuple.
    pub name: &'static str,
    /// Its type.
    pub ty: TypeRef,
    /// `size_of` its type, in bytes.
    pub size: usize,
    /// `align_of` its type, in bytes.
    pub align: usize,
    /// Where it starts, in bytes; `None` in an enum, where only the compiler knows.
    pub offset: Option<usize>,
    /// What the source says of how it comes from an earlier form.
    pub attributes: &'static [AttributeDesc],
    /// `with = path`: the type that the function converts from.
    pub with: Option<TypeRef>,
}

/// One variant of an enum.
#[derive(Clone, Copy, Debug)]
pub struct VariantDesc {
    /// Its name.
    pub name: &'static str,
    /// Its discriminant.
    pub discriminant: i128,
    /// Its payload.
    pub fields: &'static [FieldDesc],
    /// What the source says of its earlier forms.
    pub attributes: &'static [AttributeDesc],
}

/// What `#[state(…)]` says of how existing state becomes state of this description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttributeDesc<T = &'static str> {
    /// `default`: a value for state that lacks the field.
    Default,
    /// `was = "old"`: an earlier name of the field, variant or type.
    Was(T),
    /// `removed("old")`: a field that existing state may lose.
    Removed(T),
    /// `removed_variant(Old => New)`: what becomes of a variant that is gone.
    RemovedVariant(T, T),
    /// `checked`: convert where the value fits, abort where it does not.
    Checked,
    /// `fill = expr`: a value for the elements that a grown array lacks.
    Fill,
    /// `rebuild`: insert all keys or elements anew; abort where two become one.
    Rebuild,
    /// `skip`: not carried over, made anew.
    Skip,
    /// The function that `with` names, as the source writes it: it is applied once.
    By(T),
    /// `other`: the variant in which values arrive whose variant the receiver of a call does not know.
    Other,
    /// `parallel`: the function that `with` names may run on several threads at once.
    Parallel,
    /// `secret`: neither shown where live values are, nor told in errors.
    Secret,
    /// `snapshot = path`: a codec by which a snapshot holds what is opaque.
    Codec,
    /// Of a foreign type: its only field says all of a value, so it stands for what that may become. Beside it,
    /// `Checked` says that there may be values of the field's form that are none of the type.
    Form,
    /// Beside `Form`: a value may be moved as its bytes where type, parameters and form are unchanged.
    Moved,
}

/// How an export takes the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Receiver {
    /// A free function: not at all.
    None = 0,
    /// `&self`
    Shared = 1,
    /// `&mut self`
    Exclusive = 2,
}

/// The signature of an exported function or of an interface's method.
#[derive(Clone, Copy, Debug)]
pub struct SignatureDesc {
    /// The function's name.
    pub name: &'static str,
    /// Whether it is an `async fn`.
    pub is_async: bool,
    /// Whether its future stays on the thread that polls it first.
    pub is_local: bool,
    /// How it takes the state.
    pub receiver: Receiver,
    /// The parameters after the receiver.
    pub params: &'static [ParamDesc],
    /// What it returns.
    pub output: TypeRef,
    /// Whether the other side may lack it: `#[hotmod::optional]`.
    pub optional: bool,
    /// The parameters that it had once: `#[hotmod::removed("name")]`.
    pub removed: &'static [&'static str],
    /// The generic types it mentions; see [`Instances`].
    pub instances: &'static [&'static Instances],
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParamDesc {
    /// Its name in the source.
    pub name: &'static str,
    /// Its type.
    pub ty: TypeRef,
    /// Whether it has a value for a caller that does not know it: `#[hotmod(default)]`.
    pub default: bool,
}

/// A trait that `#[hotmod::interface]` was put on.
#[derive(Clone, Copy, Debug)]
pub struct InterfaceDesc {
    /// The trait's name.
    pub name: &'static str,
    /// Whether `Sync` is a supertrait: several threads may be inside `&self` methods at once.
    pub sync: bool,
    /// Its methods, in the order of the table that a module exports; a host finds them by name.
    pub methods: &'static [SignatureDesc],
}

/// What `hotmod::module!` and the compiler know of the build.
#[derive(Clone, Copy, Debug)]
pub struct BuildDesc {
    /// The version of everything that crosses the boundary.
    pub abi: u32,
    /// The module's name.
    pub module: &'static str,
    /// The module's version.
    pub version: &'static str,
    /// The compiler, as `rustc --version` prints it.
    pub rustc: &'static str,
    /// The compiler's commit.
    pub commit: &'static str,
    /// The target triple.
    pub target: &'static str,
    /// Whether a panic unwinds (and can become an error) or aborts the process.
    pub unwinds: bool,
    /// Whose allocator the module's memory comes from.
    pub allocator: &'static str,
}

/// The instantiations of generic types that a type expression mentions.
///
/// A type without parameters emits its own record where it is derived. A generic one cannot: a
/// static may not use the parameters around it. So a record that mentions `Pair<u32>` brings the
/// record of that type along, and finds its description in this tree. Each step through the fields of a
/// generic type leaves a depth of one less, from [`GENERIC_DEPTH`](super::GENERIC_DEPTH) to nought: that is
/// what keeps the constants of types that refer to each other free of cycles.
#[derive(Clone, Copy, Debug)]
pub struct Instances {
    /// The instantiation itself, if this stands for one.
    pub own: Option<&'static TypeDesc>,
    /// What its fields, or its parameters, mention.
    pub parts: &'static [&'static Instances],
    /// `true` where the depth ran out before the fields were looked at.
    pub cut: bool,
}

impl Instances {
    /// Nothing generic is mentioned.
    pub const NONE: Instances = Instances::of(&[]);

    /// What the parts mention.
    pub const fn of(parts: &'static [&'static Instances]) -> Self {
        Instances {
            own: None,
            parts,
            cut: false,
        }
    }

    /// An instantiation and what its fields mention.
    pub const fn named(
        own: Option<&'static TypeDesc>,
        parts: &'static [&'static Instances],
    ) -> Self {
        Instances {
            own,
            parts,
            cut: false,
        }
    }

    /// An instantiation whose fields are out of reach.
    pub const fn cut(own: Option<&'static TypeDesc>) -> Self {
        Instances {
            own,
            parts: &[],
            cut: true,
        }
    }
}
