//! What live values of a type look like as JSON, as a JSON Schema.

use std::collections::BTreeMap;

use hotmod::describe::{Attribute, Builtin, Described, Description, Field, Name, Shape, Type};
use serde_json::{Map, Value, json};

use crate::live::foreign::{self, Foreign};
use crate::live::value::is_place;

/// How deep types are looked for that name each other without a description of their own in between. Descriptions are
/// bounded in it, too.
const DEEP: usize = 128;

/// Where a value is not shown: an object whose names begin with `$`.
const NOT_SHOWN: &str = "$notShown";

/// The names in such an object.
const WHY: &str = "^\\$[^$]";

/// The names of keys, of which none is such a name: see [`LiveValue`](crate::LiveValue).
const KEY: &str = "^([^$]|\\$\\$|$)";

/// The beginning of a date whose year has not four digits, or is one before the first.
const SIGNED_YEAR: &str = "^[+-][0-9]{4,}-[0-9]{2}-[0-9]{2}";

/// The JSON Schema (draft 2020-12) of live values of a type, as hosts show them whole: `Instance::inspect` with the feature
/// `inspect`. Described types stand in `$defs`, under their names. Where a value is not shown (it is secret, opaque, locked
/// or shown elsewhere already), an object stands whose names begin with `$`.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> Result<(), hotmod_file::Refusal> {
/// let module = hotmod_file::inspect("libgame.so")?;
/// for state in module.manifest().states() {
///     println!("{:#}", hotmod_file::schema(module.manifest(), state));
/// }
/// # Ok(())
/// # }
/// ```
pub fn schema(description: &Description, ty: &Type) -> Value {
    let mut schemas = Schemas {
        description,
        types: BTreeMap::new(),
        waiting: Vec::new(),
    };
    let mut whole = schemas.of(ty, DEEP);
    while let Some(ty) = schemas.waiting.pop() {
        let made = match description.types.get(&ty) {
            Some(described) => schemas.described(&ty, described),
            None => not_shown(),
        };
        schemas.types.insert(ty, made);
    }
    let mut types: Map<String, Value> = schemas
        .types
        .into_iter()
        .map(|(ty, schema)| (ty.to_string(), schema))
        .collect();
    types.insert(
        NOT_SHOWN.to_owned(),
        json!({
            "type": "object",
            "minProperties": 1,
            "patternProperties": {WHY: true},
            "additionalProperties": false,
        }),
    );
    if let Value::Object(whole) = &mut whole {
        whole.insert(
            "$schema".to_owned(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
        whole.insert("title".to_owned(), ty.to_string().into());
        whole.insert("$defs".to_owned(), Value::Object(types));
    }
    whole
}

struct Schemas<'d> {
    description: &'d Description,
    types: BTreeMap<Type, Value>,
    /// Types that are mentioned, and have no schema yet.
    waiting: Vec<Type>,
}

fn not_shown() -> Value {
    to(NOT_SHOWN)
}

/// A reference to a definition.
fn to(name: &str) -> Value {
    // As RFC 6901 has it, within the fragment of an address.
    let escaped = name.replace('~', "~0").replace('/', "~1");
    let mut text = String::from("#/$defs/");
    for byte in escaped.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'$' => {
                text.push(byte.into());
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    json!({"$ref": text})
}

fn one_of(schemas: Vec<Value>) -> Value {
    json!({"anyOf": schemas})
}

/// An integer of so many bits.
fn integer(bits: u32, signed: bool) -> Value {
    if bits > 32 {
        // Beyond 2^53 they are texts.
        let pattern = if signed { "^-?[0-9]+$" } else { "^[0-9]+$" };
        let mut schema = json!({"type": ["integer", "string"], "pattern": pattern});
        if !signed {
            schema["minimum"] = 0.into();
        }
        return schema;
    }
    let (least, most) = match signed {
        true => (-(1_i64 << (bits - 1)), (1_i64 << (bits - 1)) - 1),
        false => (0, (1_i64 << bits) - 1),
    };
    json!({"type": "integer", "minimum": least, "maximum": most})
}

/// Whether a type is that of keys which JSON has.
enum Keys {
    Always,
    /// Some of its values are.
    Some,
    Never,
}

impl Schemas<'_> {
    /// The schema of values of a type.
    fn of(&mut self, ty: &Type, depth: usize) -> Value {
        if depth == 0 {
            return Value::Bool(true);
        }
        match &ty.name {
            Name::Named(_) => {
                if !self.types.contains_key(ty) && !self.waiting.contains(ty) {
                    self.waiting.push(ty.clone());
                }
                to(&ty.to_string())
            }
            Name::Array(len) => {
                let items = self.arg(ty, 0, depth);
                json!({"type": "array", "items": items, "minItems": len, "maxItems": len})
            }
            Name::Builtin(builtin) => self.builtin(*builtin, ty, depth),
            Name::Const(..) | Name::Opaque(_) => not_shown(),
        }
    }

    fn arg(&mut self, ty: &Type, place: usize, depth: usize) -> Value {
        match ty.args.get(place) {
            Some(arg) => self.of(arg, depth - 1),
            None => Value::Bool(true),
        }
    }

    fn builtin(&mut self, builtin: Builtin, ty: &Type, depth: usize) -> Value {
        use Builtin::*;
        let text = || json!({"type": "string"});
        match builtin {
            Unit | RangeFull | PhantomData | BuildHasherDefault => json!({"type": "null"}),
            Bool | AtomicBool => json!({"type": "boolean"}),
            Char => text(),
            CmpOrdering => json!({"enum": ["Less", "Equal", "Greater"]}),
            U8 | AtomicU8 | NonZeroU8 => integer(8, false),
            U16 | AtomicU16 | NonZeroU16 => integer(16, false),
            U32 | AtomicU32 | NonZeroU32 => integer(32, false),
            U64 | U128 | Usize | AtomicU64 | AtomicUsize | NonZeroU64 | NonZeroU128
            | NonZeroUsize => integer(64, false),
            I8 | AtomicI8 | NonZeroI8 => integer(8, true),
            I16 | AtomicI16 | NonZeroI16 => integer(16, true),
            I32 | AtomicI32 | NonZeroI32 => integer(32, true),
            I64 | I128 | Isize | AtomicI64 | AtomicIsize | NonZeroI64 | NonZeroI128
            | NonZeroIsize => integer(64, true),
            F32 | F64 => one_of(vec![
                json!({"type": "number"}),
                json!({"enum": ["NaN", "inf", "-inf"]}),
            ]),
            Str | String | PathBuf | OsString | CString | Path | OsStr | CStr | RString
            | RCowStr | Duration | RDuration | SystemTime | IpAddr | Ipv4Addr | Ipv6Addr
            | SocketAddr | SocketAddrV4 | SocketAddrV6 => text(),
            Tuple | Tuple1 | Tuple2 | Tuple3 | Tuple4 => {
                let parts = ty.args.iter().map(|arg| self.of(arg, depth - 1)).collect();
                tuple(parts)
            }
            Option | ROption | OnceCell | OnceLock => {
                let held = self.arg(ty, 0, depth);
                let may_be_null = ty.args.first().is_some_and(|held| self.may_be_null(held));
                let held = match may_be_null {
                    true => variant("Some", held),
                    false => held,
                };
                one_of(vec![json!({"type": "null"}), held])
            }
            Result | RResult => one_of(vec![
                variant("Ok", self.arg(ty, 0, depth)),
                variant("Err", self.arg(ty, 1, depth)),
            ]),
            Poll => one_of(vec![
                json!({"const": "Pending"}),
                variant("Ready", self.arg(ty, 0, depth)),
            ]),
            Bound => one_of(vec![
                variant("Included", self.arg(ty, 0, depth)),
                variant("Excluded", self.arg(ty, 0, depth)),
                json!({"const": "Unbounded"}),
            ]),
            Range => self.range(ty, &["start", "end"], &[], depth),
            RangeInclusive => self.range(ty, &["start", "end"], &["exhausted"], depth),
            RangeFrom => self.range(ty, &["start"], &[], depth),
            RangeTo | RangeToInclusive => self.range(ty, &["end"], &[], depth),
            Vec if foreign::is_object(ty) => by_names(self.arg(&ty.args[0], 1, depth)),
            Vec | VecDeque | LinkedList | BinaryHeap | HashSet | BTreeSet | Elements | RVec
            | Slice => {
                let items = self.arg(ty, 0, depth);
                json!({"type": "array", "items": items})
            }
            HashMap | BTreeMap | RHashMap | Entries => self.map(ty, depth),
            // What only leads to a value.
            Box | RBox | Wrapping | Saturating | Reverse | Cow => self.arg(ty, 0, depth),
            // The module may fail to write it down, as where it is locked.
            As => one_of(vec![self.arg(ty, 0, depth), not_shown()]),
            // It may be shown elsewhere already, be locked, or stay where it was.
            Arc | Rc | RArc | Mutex | RwLock | Cell | RefCell | Lazy => {
                let held = self.arg(ty, 0, depth);
                match ty.args.first().and_then(Type::builtin) {
                    // Its owners have texts of their own.
                    Some(Str | Path | OsStr | CStr) => held,
                    _ => one_of(vec![held, not_shown()]),
                }
            }
            Weak | RcWeak => one_of(vec![json!({"type": "null"}), not_shown()]),
            Serde => Value::Bool(true),
            Instant | Skipped | Infallible | Function | ConstPointer | MutPointer
            | DefaultHasher | Ref | RefMut => not_shown(),
        }
    }

    fn range(&mut self, ty: &Type, names: &[&str], more: &[&str], depth: usize) -> Value {
        let bound = self.arg(ty, 0, depth);
        let mut properties: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), bound.clone()))
            .collect();
        for name in more {
            properties.insert((*name).to_owned(), json!({"const": true}));
        }
        json!({
            "type": "object",
            "properties": properties,
            "required": names,
            "additionalProperties": false,
        })
    }

    fn map(&mut self, ty: &Type, depth: usize) -> Value {
        let (key, value) = (self.arg(ty, 0, depth), self.arg(ty, 1, depth));
        let by_names = by_names(value.clone());
        let pairs = json!({"type": "array", "items": tuple(vec![key, value])});
        match ty.args.first().map_or(Keys::Never, |key| self.keys(key)) {
            Keys::Always => by_names,
            Keys::Some => one_of(vec![by_names, pairs]),
            // An empty map has no key that is none.
            Keys::Never => one_of(vec![json!({"type": "object", "maxProperties": 0}), pairs]),
        }
    }

    /// Whether values of a type are keys as JSON has them.
    fn keys(&self, ty: &Type) -> Keys {
        use Builtin::*;
        if let Some(described) = self.description.types.get(ty) {
            match Foreign::of(ty) {
                Some(foreign) if foreign.is_always_text() => return Keys::Always,
                Some(_) => return Keys::Some,
                None if foreign::is_json(ty) => return Keys::Some,
                None => {}
            }
            return match &described.shape {
                Shape::Struct(fields) => match fields.as_slice() {
                    [field] if is_place(&field.name) => self.keys(&field.ty),
                    _ => Keys::Never,
                },
                Shape::Enum { variants, .. } => {
                    let plain = variants.iter().filter(|it| it.fields.is_empty()).count();
                    match plain {
                        0 => Keys::Never,
                        plain if plain == variants.len() => Keys::Always,
                        _ => Keys::Some,
                    }
                }
            };
        }
        let held = || ty.args.first().map_or(Keys::Never, |held| self.keys(held));
        match ty.builtin() {
            Some(
                Bool | Char | CmpOrdering | U8 | U16 | U32 | U64 | U128 | Usize | I8 | I16 | I32
                | I64 | I128 | Isize | NonZeroU8 | NonZeroU16 | NonZeroU32 | NonZeroU64
                | NonZeroU128 | NonZeroUsize | NonZeroI8 | NonZeroI16 | NonZeroI32 | NonZeroI64
                | NonZeroI128 | NonZeroIsize | Str | String | PathBuf | OsString | CString | Path
                | OsStr | CStr | RString | RCowStr | Duration | RDuration | SystemTime | IpAddr
                | Ipv4Addr | Ipv6Addr | SocketAddr | SocketAddrV4 | SocketAddrV6,
            ) => Keys::Always,
            Some(Box | RBox | Arc | Rc | RArc | Wrapping | Saturating | Reverse | Cow | As) => {
                held()
            }
            // One that is `None` is none.
            Some(Option | ROption | Result | RResult | Poll | Bound | Serde) => Keys::Some,
            _ => Keys::Never,
        }
    }

    /// Whether values of a type may show as `null` themselves.
    fn may_be_null<'t>(&'t self, mut ty: &'t Type) -> bool {
        use Builtin::*;
        // A type that is only within itself has no values.
        for _ in 0..=self.description.types.len() + DEEP {
            if let Some(described) = self.description.types.get(ty) {
                ty = match &described.shape {
                    Shape::Struct(fields) => match fields.as_slice() {
                        [] => return true,
                        [field] if is_place(&field.name) => &field.ty,
                        _ => return false,
                    },
                    Shape::Enum { .. } => return foreign::is_json(ty),
                };
                continue;
            }
            let held = ty.args.first();
            ty = match (ty.builtin(), held) {
                (
                    Some(
                        Option | ROption | OnceCell | OnceLock | Unit | RangeFull | PhantomData
                        | BuildHasherDefault | Weak | RcWeak | Serde,
                    ),
                    _,
                ) => return true,
                (
                    Some(
                        Box | RBox | Arc | Rc | RArc | Mutex | RwLock | Cell | RefCell | Lazy
                        | Wrapping | Saturating | Reverse | As,
                    ),
                    Some(held),
                ) => held,
                _ => return false,
            };
        }
        false
    }

    fn described(&mut self, ty: &Type, described: &Described) -> Value {
        match &described.shape {
            Shape::Struct(fields) => {
                if let (Some(names), [field]) = (foreign::variants(ty), fields.as_slice()) {
                    return self.carried_by_result(names, &field.ty);
                }
                let form = self.fields(fields);
                match Foreign::of(ty) {
                    Some(foreign) => text_of(foreign, form),
                    None => form,
                }
            }
            Shape::Enum { variants, .. } if foreign::is_json(ty) => {
                let held = variants.iter().map(|it| self.fields(&it.fields));
                one_of(held.collect())
            }
            Shape::Enum { variants, .. } => {
                let variants = variants.iter().map(|it| match it.fields.as_slice() {
                    [] => json!({"const": it.name}),
                    fields => variant(&it.name, self.fields(fields)),
                });
                one_of(variants.collect())
            }
        }
    }

    /// Of values that a `Result` carries over, whose variants have these names.
    fn carried_by_result(&mut self, names: &foreign::Variants, carried: &Type) -> Value {
        let mut schemas: Vec<Value> = match carried.args.first() {
            Some(result) => (names.iter().enumerate())
                .map(|(place, (_, name))| variant(name, self.arg(result, place, DEEP)))
                .collect(),
            None => vec![Value::Bool(true)],
        };
        schemas.push(not_shown());
        one_of(schemas)
    }

    fn fields(&mut self, fields: &[Field]) -> Value {
        let mut schemas: Vec<Value> = Vec::new();
        for field in fields {
            let is_secret = field.attributes.contains(&Attribute::Secret);
            schemas.push(match is_secret {
                true => not_shown(),
                false => self.of(&field.ty, DEEP),
            });
        }
        if fields.iter().all(|field| is_place(&field.name)) {
            return match schemas.len() {
                0 => json!({"type": "null"}),
                1 => schemas.remove(0),
                _ => tuple(schemas),
            };
        }
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let properties: Map<String, Value> = names
            .iter()
            .map(|name| (*name).to_owned())
            .zip(schemas)
            .collect();
        json!({
            "type": "object",
            "properties": properties,
            "required": names,
            "additionalProperties": false,
        })
    }
}

fn by_names(value: Value) -> Value {
    json!({
        "type": "object",
        "propertyNames": {"pattern": KEY},
        "additionalProperties": value,
    })
}

/// Of values of another crate's type, whose forms are as this says where they are shown.
fn text_of(foreign: Foreign, form: Value) -> Value {
    let mut text = json!({"type": "string"});
    if let Some(format) = foreign.format() {
        text["format"] = format.into();
    }
    let mut schemas = vec![text];
    if foreign.may_have_any_year() {
        schemas.push(json!({"type": "string", "pattern": SIGNED_YEAR}));
    }
    if !foreign.is_always_text() {
        schemas.push(form);
    } else if foreign.may_fail() {
        schemas.push(not_shown());
    }
    match schemas.len() {
        1 => schemas.remove(0),
        _ => one_of(schemas),
    }
}

fn tuple(parts: Vec<Value>) -> Value {
    let len = parts.len();
    json!({"type": "array", "prefixItems": parts, "items": false, "minItems": len})
}

fn variant(name: &str, held: Value) -> Value {
    json!({
        "type": "object",
        "properties": {name: held},
        "required": [name],
        "additionalProperties": false,
    })
}
