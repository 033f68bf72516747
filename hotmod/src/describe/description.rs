//! Descriptions as a reader sees them: owned, checked, and comparable between files.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use super::builtin::Builtin;
use super::model::{AttributeDesc, Head, Receiver, Repr, TypeRef};
use crate::printed::{Line, lines};

/// All that one module's file says of itself, or that a host expects of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// What compiled it; layouts that the compiler chose hold only under an equal toolchain.
    pub toolchain: String,
    /// The build; `None` in what a host expects.
    pub build: Option<Build>,
    /// The described types, by the reference that names them.
    pub types: BTreeMap<Type, Described>,
    /// The exported functions, by name.
    pub functions: BTreeMap<String, ExportedFunction>,
    /// The implemented interfaces, by the interface's name.
    pub implementations: BTreeMap<String, ImplementedInterface>,
    /// The functions that the module needs from its host, by name.
    pub imports: BTreeMap<String, ImportedFunction>,
    /// What the module needs of other modules, by their names.
    pub uses: BTreeMap<String, Used>,
    /// What makes states, by the state's type.
    pub inits: BTreeMap<Type, Init>,
    /// What makes values from their earlier forms, by the type that the values have now.
    pub hooks: BTreeMap<Type, Hook>,
    /// The earlier forms that migration functions take, where a function names one, by the type that it
    /// makes.
    pub reads: BTreeMap<Type, Form>,
    /// What makes earlier forms of values, for a version that has them, by the functions' names.
    pub downs: BTreeMap<String, Down>,
    /// What checks migrated states, by the state's type.
    pub checks: BTreeMap<Type, Hook>,
    /// What tries migrated states out in a rehearsal, by the functions' names.
    pub preflights: BTreeMap<String, Preflight>,
    /// What hosts call again and again, by the functions' names.
    pub timers: BTreeMap<String, Timer>,
    /// What runs from version to version, by the functions' names. The state of each stands among the implementations,
    /// under [`Task::handover`].
    pub tasks: BTreeMap<String, Task>,
    /// What it reads, by the names of the files: the resources of its host that it needs.
    pub resources: BTreeMap<String, ReadResource>,
    /// What the module forwards to its host's own, by the features of `hotmod`: `log`, `metrics`, `tracing`.
    pub forwards: BTreeSet<String>,
    /// What sets the version up once it is loaded.
    pub loaded: Option<Lifecycle>,
    /// What is called when the version is retired.
    pub retired: Option<Lifecycle>,
    /// Which crate the module is, and what it says of statics; `None` in what a host expects.
    pub statics: Option<StaticsRule>,
    /// The interfaces that a host expects, by name.
    pub interfaces: BTreeMap<String, Vec<Signature>>,
    /// The interfaces, implemented or expected, whose states several threads may share.
    pub shared: BTreeSet<String>,
}

impl Description {
    /// The names of the exported functions that are pure.
    pub fn pure(&self) -> impl Iterator<Item = &str> {
        let pure = self.functions.iter().filter(|(_, it)| it.pure.is_some());
        pure.map(|(name, _)| name.as_str())
    }

    /// The interfaces that states implement, without those that stand for what tasks hand over.
    pub fn interfaces_of_states(&self) -> impl Iterator<Item = (&String, &ImplementedInterface)> {
        let all = self.implementations.iter();
        all.filter(|(name, _)| !Task::is_handover(name))
    }

    /// Whether values of a state are taken to another version: not, if all are what tasks hand over that this version
    /// does not have.
    pub fn is_taken_to(&self, next: &Description, state: &Type) -> bool {
        let mut implemented = self.implementations.iter();
        let is_gone =
            |name: &str| Task::is_handover(name) && !next.implementations.contains_key(name);
        self.inits.contains_key(state)
            || implemented.any(|(name, it)| it.state == *state && !is_gone(name))
    }

    /// The types that are state: what an interface is implemented for or an init makes.
    pub fn states(&self) -> impl Iterator<Item = &Type> {
        let implemented = self.implementations.values().map(|table| &table.state);
        let made = self.inits.keys();
        let unique: std::collections::BTreeSet<&Type> = implemented.chain(made).collect();
        unique.into_iter()
    }
}

/// What makes an earlier form of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// The symbol that gives out its table.
    pub symbol: String,
    /// The type that it starts from, of this module.
    pub from: Type,
    /// What a module that has the earlier form calls it.
    pub to: Type,
    /// The earlier form and those inside of it. Types that it mentions and that are not among
    /// these are the module's own.
    pub form: BTreeMap<Type, Described>,
}

impl Down {
    /// The earlier form, with all types that can be reached from it: the description that its own module
    /// would have, had `module` been compiled with it.
    pub fn described(&self, module: &Description) -> Description {
        described(&self.to, &self.form, module)
    }
}

/// An earlier form of a type that a function reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What a module that has the earlier form calls it.
    pub ty: Type,
    /// The earlier form and those inside of it. Types that it mentions and that are not among
    /// these are the module's own.
    pub types: BTreeMap<Type, Described>,
}

impl Form {
    /// The earlier form, with all types that can be reached from it, as [`Down::described`] gives it.
    pub fn described(&self, module: &Description) -> Description {
        described(&self.ty, &self.types, module)
    }
}

/// A form, and all types that can be reached from it, as `module` compiled them.
fn described(ty: &Type, form: &BTreeMap<Type, Described>, module: &Description) -> Description {
    reached(vec![ty], form, module)
}

/// The types that can be reached from these, as the module compiled them; those of the form as that has them.
pub(super) fn reached<'a>(
    mut reached: Vec<&'a Type>,
    form: &'a BTreeMap<Type, Described>,
    module: &'a Description,
) -> Description {
    let mut types = BTreeMap::new();
    while let Some(ty) = reached.pop() {
        reached.extend(&ty.args);
        let described = form.get(ty).or_else(|| module.types.get(ty));
        let Some(described) = described.filter(|_| !types.contains_key(ty)) else {
            continue;
        };
        reached.extend(described.fields().map(|field| &field.ty));
        types.insert(ty.clone(), described.clone());
    }
    Description {
        toolchain: module.toolchain.clone(),
        types,
        ..Description::default()
    }
}

/// What tries a migrated state out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// The exported shim.
    pub symbol: String,
    /// The state's type.
    pub state: Type,
}

/// What hosts call again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// The exported shim.
    pub symbol: String,
    /// The type of the states that it is called with, each by itself; `None` if it takes none.
    pub state: Option<Type>,
    /// How often.
    pub period: Duration,
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {:?}", self.period)
    }
}

/// What runs from version to version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The exported shim.
    pub symbol: String,
    /// The type of the state that it hands over.
    pub state: Type,
    /// How long it may take to stop.
    pub within: Duration,
}

impl Task {
    /// What the table of the states that a task of this name hands over is listed under. No interface has such a name.
    pub fn handover(name: &str) -> String {
        format!("task {name}")
    }

    /// Whether such a table is listed under this name.
    pub fn is_handover(interface: &str) -> bool {
        interface.starts_with("task ")
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task, stops within {:?}", self.within)
    }
}

/// A file that a module reads as a value of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadResource {
    /// The function that makes the value of what the file holds.
    pub name: String,
    /// The exported shim of that.
    pub symbol: String,
}

/// A function that runs once in each version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// Its name.
    pub name: String,
    /// The exported shim.
    pub symbol: String,
}

/// What a module says of statics that its code can write: each version has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticsRule {
    /// The crate that the module is.
    pub krate: String,
    /// Whether the module is refused if it has any.
    pub denied: bool,
    /// The statics that it may have all the same: crates, and paths of single statics.
    pub except: Vec<String>,
}

impl StaticsRule {
    /// Whether it refuses a static of the crate `krate`. `name` is the static's path, with `crate` in the
    /// place of the module's own crate.
    pub fn denies(&self, krate: &str, name: &str) -> bool {
        let excepts = |it: &String| match it.as_str() {
            "crate" => krate == self.krate,
            it => it == krate || it == name,
        };
        self.denied && !self.except.iter().any(excepts)
    }
}

/// The build record of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The version of everything that crosses the boundary.
    pub abi: u32,
    /// The module's name.
    pub module: String,
    /// The module's version, as its author wrote it.
    pub version: String,
    /// The compiler, as `rustc --version` prints it.
    pub rustc: String,
    /// The compiler's commit.
    pub commit: String,
    /// The target triple.
    pub target: String,
    /// Whether a panic unwinds, or aborts the process.
    pub unwinds: bool,
    /// Whose allocator the module's memory comes from.
    pub allocator: String,
}

/// A reference to a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Type {
    /// The constructor.
    pub name: Name,
    /// Its parameters.
    pub args: Vec<Type>,
}

/// The constructor of a [`Type`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A type hotmod knows by itself.
    Builtin(Builtin),
    /// `[T; n]`.
    Array(u64),
    /// The value of a const parameter: its type, and its bits.
    Const(Builtin, i128),
    /// A described type, by its id.
    Named(String),
    /// A type that hotmod cannot look into.
    Opaque(Opaque),
}

/// A type that hotmod cannot look into. Two of them are equal if they are the same type of the same crate,
/// however the source writes it.
#[derive(Clone, Debug)]
pub struct Opaque {
    /// How the source writes it; empty where the source leaves it to be inferred.
    pub text: String,
    /// Its size, in bytes.
    pub size: u64,
    /// Its alignment, in bytes.
    pub align: u64,
    /// What its compiler knows it by: the crate with its version and features, the path in it and
    /// the parameters. `None` where nothing depends on it.
    ///
    /// Of the parameters that the source shows, those that are described are not in it: they count by their
    /// descriptions.
    pub identity: Option<u128>,
    /// As `identity`, with all parameters: for the type that a function takes a reference to.
    pub whole: Option<u128>,
}

impl Opaque {
    fn key(&self) -> (Option<u128>, u64, u64) {
        (self.identity, self.size, self.align)
    }
}

impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Opaque {}

impl PartialOrd for Opaque {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Opaque {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Opaque {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| match self.text.as_str() {
            "" if self.size == 1 => f.write_str("a type of 1 byte"),
            "" => write!(f, "a type of {} bytes", self.size),
            text => f.write_str(text),
        })
    }
}

impl From<&TypeRef> for Type {
    fn from(ty: &TypeRef) -> Self {
        Type {
            name: match ty.head {
                Head::Builtin(builtin) => Name::Builtin(builtin),
                Head::Array(length) => Name::Array(length),
                Head::Const(ty, value) => Name::Const(ty, value),
                Head::Named(id) => Name::Named(id.to_owned()),
                Head::Opaque(opaque) => Name::Opaque(Opaque {
                    text: opaque.text.to_owned(),
                    size: opaque.size as u64,
                    align: opaque.align as u64,
                    identity: None,
                    whole: None,
                }),
            },
            args: ty.args.iter().map(|arg| Type::from(*arg)).collect(),
        }
    }
}

impl Type {
    /// The constructor, if hotmod knows the type by itself.
    pub fn builtin(&self) -> Option<Builtin> {
        match self.name {
            Name::Builtin(builtin) => Some(builtin),
            _ => None,
        }
    }

    /// The type that hotmod cannot look into, if it is one.
    pub fn opaque(&self) -> Option<&Opaque> {
        match &self.name {
            Name::Opaque(opaque) => Some(opaque),
            _ => None,
        }
    }

    /// The type whose parameters are those of a container's items: of `Box<[T]>` or
    /// `Cow<'static, [T]>` it is `[T]`, of any other type the type itself.
    pub fn container(&self) -> &Type {
        use Builtin::{Box, Cow, Slice};
        match (self.builtin(), self.args.as_slice()) {
            (Some(Box | Cow), [slice]) if slice.builtin() == Some(Slice) => slice,
            _ => self,
        }
    }

    /// The types of which an item of this container consists.
    pub fn items(&self) -> &[Type] {
        let container = self.container();
        let arity = container.builtin().and_then(Builtin::arity);
        let items = arity.unwrap_or(container.args.len());
        &container.args[..items.min(container.args.len())]
    }

    /// The parameters that its bytes depend on: all, but of a `Lazy<T>` none.
    pub(crate) fn held(&self) -> &[Type] {
        match self.builtin() {
            Some(Builtin::Lazy) => &[],
            _ => &self.args,
        }
    }

    /// What hashes the items of this container, where that is not the default.
    pub fn hasher(&self) -> Option<&Type> {
        let builtin = self.builtin().filter(|it| it.optional() > 0)?;
        self.args.get(builtin.arity()?)
    }

    /// Whether only a pointer to its values has a size.
    pub fn is_unsized(&self) -> bool {
        self.builtin().is_some_and(Builtin::is_unsized)
    }

    /// Whether its description is a record of its own.
    pub fn is_named(&self) -> bool {
        matches!(self.name, Name::Named(_))
    }
}

/// As Rust would spell it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.args.as_slice()) {
            (Name::Array(length), [item]) => write!(f, "[{item}; {length}]"),
            (Name::Const(ty, value), _) => constant(f, *ty, *value),
            (Name::Builtin(Builtin::Ref), [target]) => write!(f, "&{target}"),
            (Name::Builtin(Builtin::RefMut), [target]) => write!(f, "&mut {target}"),
            (Name::Builtin(Builtin::Slice), [item]) => write!(f, "[{item}]"),
            (Name::Builtin(Builtin::ConstPointer), [target]) => write!(f, "*const {target}"),
            (Name::Builtin(Builtin::MutPointer), [target]) => write!(f, "*mut {target}"),
            (Name::Builtin(Builtin::Function), [params @ .., output]) => {
                f.write_str("fn(")?;
                list(f, params)?;
                f.write_str(")")?;
                match output.builtin() {
                    Some(Builtin::Unit) => Ok(()),
                    _ => write!(f, " -> {output}"),
                }
            }
            (Name::Builtin(Builtin::Tuple), [only]) => write!(f, "({only},)"),
            (Name::Builtin(Builtin::Tuple), items) => {
                f.write_str("(")?;
                list(f, items)?;
                f.write_str(")")
            }
            (name, args) => {
                match name {
                    Name::Named(id) => Line(id).fmt(f)?,
                    Name::Builtin(builtin) => f.write_str(builtin.spelling())?,
                    Name::Array(length) => write!(f, "[_; {length}]")?,
                    Name::Const(ty, value) => constant(f, *ty, *value)?,
                    Name::Opaque(opaque) => write!(f, "{opaque}")?,
                }
                if !args.is_empty() && self.opaque().is_none() {
                    f.write_str("<")?;
                    list(f, args)?;
                    f.write_str(">")?;
                }
                Ok(())
            }
        }
    }
}

/// Writes a constant. A number without its type is a `usize`, as most of them are.
fn constant(f: &mut fmt::Formatter<'_>, ty: Builtin, value: i128) -> fmt::Result {
    let letter = u32::try_from(value).ok().and_then(char::from_u32);
    match (ty, letter) {
        (Builtin::Usize, _) => write!(f, "{value}"),
        (Builtin::Bool, _) => write!(f, "{}", value != 0),
        (Builtin::Char, Some(letter)) => write!(f, "{letter:?}"),
        (Builtin::U128, _) => write!(f, "{}u128", value.cast_unsigned()),
        _ => write!(f, "{value}{}", ty.spelling()),
    }
}

fn list(f: &mut fmt::Formatter<'_>, items: &[Type]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

/// A type that derives `StableState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its size, in bytes.
    pub size: u64,
    /// Its alignment, in bytes.
    pub align: u64,
    /// The version of its sense.
    pub meaning: u32,
    /// What the source says of its earlier forms.
    pub attributes: Vec<Attribute>,
    /// Its fields or variants.
    pub shape: Shape,
}

impl Described {
    /// Its fields, or those of all variants.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        let (fields, variants) = match &self.shape {
            Shape::Struct(fields) => (fields.as_slice(), [].as_slice()),
            Shape::Enum { variants, .. } => ([].as_slice(), variants.as_slice()),
        };
        fields
            .iter()
            .chain(variants.iter().flat_map(|it| &it.fields))
    }

    /// As [`fields`](Described::fields), to be changed.
    pub fn fields_mut(&mut self) -> impl Iterator<Item = &mut Field> {
        let (fields, variants) = match &mut self.shape {
            Shape::Struct(fields) => (fields.as_mut_slice(), [].as_mut_slice()),
            Shape::Enum { variants, .. } => ([].as_mut_slice(), variants.as_mut_slice()),
        };
        fields
            .iter_mut()
            .chain(variants.iter_mut().flat_map(|it| &mut it.fields))
    }
}

/// What a described type consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A struct.
    Struct(Vec<Field>),
    /// An enum.
    Enum {
        /// How it is represented.
        repr: Repr<String>,
        /// Its variants, in the order of the source.
        variants: Vec<Variant>,
    },
}

impl Shape {
    /// The attributes below the derive, where one of them may be a macro that changed how the enum is
    /// represented after it was described: only the operations of its module know the representation.
    pub fn left_to(&self) -> Option<&str> {
        match self {
            Shape::Enum {
                repr: Repr::Left(below),
                ..
            } => Some(below),
            _ => None,
        }
    }
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, or its index in a tuple.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// The size of its type, in bytes.
    pub size: u64,
    /// The alignment of its type, in bytes.
    pub align: u64,
    /// Where it starts, in bytes; `None` in an enum.
    pub offset: Option<u64>,
    /// What the source says of how it comes from an earlier form.
    pub attributes: Vec<Attribute>,
    /// The type that the function of `with = path` converts from.
    pub with: Option<Type>,
}

/// One variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its discriminant.
    pub discriminant: i128,
    /// Its payload.
    pub fields: Vec<Field>,
    /// What the source says of its earlier forms.
    pub attributes: Vec<Attribute>,
}

/// What `#[state(…)]` says of how existing state becomes state of this description.
pub type Attribute = AttributeDesc<String>;

/// An exported function or an interface's method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// Whether it is an `async fn`: its output is what its future is ready with.
    pub is_async: bool,
    /// Whether its future stays on the thread that polls it first.
    pub is_local: bool,
    /// How it takes the state.
    pub receiver: Receiver,
    /// The parameters after the receiver.
    pub params: Vec<Param>,
    /// What it returns.
    pub output: Type,
    /// Whether the other side may lack it.
    pub optional: bool,
    /// The parameters that it had once.
    pub removed: Vec<String>,
}

impl Signature {
    /// Whether both take and return the same types, whatever their parameters are called.
    pub(crate) fn is_of_type(&self, other: &Signature) -> bool {
        let types = |signature: &Self| -> Vec<Type> {
            signature.params.iter().map(|p| p.ty.clone()).collect()
        };
        self.is_async == other.is_async
            && self.receiver == other.receiver
            && self.output == other.output
            && types(self) == types(other)
    }
}

/// As Rust would declare it.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let form = match (self.is_local, self.is_async) {
                (true, _) => "local async fn",
                (false, true) => "async fn",
                (false, false) => "fn",
            };
            write!(f, "{form} {}(", self.name)?;
            let receiver = match self.receiver {
                Receiver::None => None,
                Receiver::Shared => Some("&self".to_owned()),
                Receiver::Exclusive => Some("&mut self".to_owned()),
            };
            let params = self.params.iter().map(|p| match p.name.as_str() {
                // A host that has the function by its type knows no names.
                "" => p.ty.to_string(),
                name => format!("{name}: {}", p.ty),
            });
            let all: Vec<String> = receiver.into_iter().chain(params).collect();
            write!(f, "{})", all.join(", "))?;
            if self.output.builtin() != Some(Builtin::Unit) {
                write!(f, " -> {}", self.output)?;
            }
            Ok(())
        })
    }
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name in the source.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Whether it has a value for a caller that does not know it.
    pub default: bool,
}

/// An exported function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFunction {
    /// The symbol of its shim.
    pub symbol: String,
    /// The symbol that gives out how a host converts its arguments and its result.
    pub crossing: String,
    /// Its signature.
    pub signature: Signature,
    /// The symbol that gives out how calls of two versions are compared; `None` unless the source
    /// says that it is pure.
    pub pure: Option<String>,
}

/// A function that a module needs from its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFunction {
    /// One symbol for each crate of the module that declares it: the symbol gives out where the crate keeps
    /// the ways to imports. With it, the place of this import among those.
    pub symbols: BTreeMap<String, usize>,
    /// Its signature.
    pub signature: Signature,
}

/// What a module needs of another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// The functions, by name.
    pub functions: BTreeMap<String, ImportedFunction>,
    /// The instances that it calls, by the names that their pools, or they themselves, have in a host.
    pub instances: BTreeMap<String, UsedInstances>,
}

/// Instances of another module that a module calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedInstances {
    /// The type of the keys of their pool; `None` for a shared instance.
    pub key: Option<Type>,
    /// The interface.
    pub interface: String,
    /// Its methods.
    pub methods: Vec<Signature>,
    /// Whether several threads may share their states.
    pub shared: bool,
    /// Whether the module can do without the other one.
    pub optional: bool,
    /// The symbols that give out where the way to them is kept: one for each crate of the module that
    /// declares it.
    pub symbols: BTreeSet<String>,
}

/// An interface that a state implements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImplementedInterface {
    /// The symbol that gives out the table.
    pub symbol: String,
    /// The state.
    pub state: Type,
    /// The methods, in the order of the table.
    pub methods: Vec<Signature>,
}

/// What makes a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init {
    /// The symbol of its shim.
    pub symbol: String,
}

/// A function that takes part in a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The symbol of its shim.
    pub symbol: String,
    /// Whether several threads may run it at once, each for a value of its own.
    pub parallel: bool,
}

impl Hook {
    /// Whether it is the same function, as far as its name tells.
    pub fn is_same(&self, other: &Hook) -> bool {
        !self.symbol.is_empty() && self.symbol == other.symbol
    }

    /// The name of the function: its symbol ends with it, after the name of its package.
    pub fn name(&self) -> &str {
        let named = self.symbol.strip_prefix("__hotmod_migrate_");
        let name = named.and_then(|named| named.split_once("__"));
        name.map_or(&self.symbol, |(_, name)| name)
    }
}
