//! Types and values, as the tests know them.

use std::fmt;

use super::random::Random;

/// A value. Equal values have equal texts.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(crate) enum Value {
    Int(i128),
    Single(f32),
    Double(f64),
    Bool(bool),
    Text(String),
    None,
    Some(Box<Value>),
    Ok(Box<Value>),
    Err(Box<Value>),
    /// Whatever has items; where their order means nothing, sorted.
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Tuple(Vec<Value>),
    Struct(Vec<(String, Value)>),
    Variant(String, Vec<(String, Value)>),
    /// The same item that the one before in the list owns, and of this value.
    Again(Box<Value>),
}

/// The value as the modules show it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |f: &mut fmt::Formatter<'_>, fields: &[(String, Value)]| {
            f.write_str("{")?;
            fields
                .iter()
                .try_for_each(|(name, value)| write!(f, "{name}:{value},"))?;
            f.write_str("}")
        };
        match self {
            Value::Int(value) => write!(f, "{value}"),
            Value::Single(value) => write!(f, "{value:?}"),
            Value::Double(value) => write!(f, "{value:?}"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Text(value) => write!(f, "{value:?}"),
            Value::None => f.write_str("None"),
            Value::Some(value) => write!(f, "Some({value})"),
            Value::Ok(value) => write!(f, "Ok({value})"),
            Value::Err(value) => write!(f, "Err({value})"),
            Value::List(items) => {
                f.write_str("[")?;
                items.iter().try_for_each(|item| write!(f, "{item},"))?;
                f.write_str("]")
            }
            Value::Map(items) => {
                f.write_str("[")?;
                items
                    .iter()
                    .try_for_each(|(key, value)| write!(f, "{key}:{value},"))?;
                f.write_str("]")
            }
            Value::Tuple(items) => {
                f.write_str("(")?;
                items.iter().try_for_each(|item| write!(f, "{item},"))?;
                f.write_str(")")
            }
            Value::Struct(items) => fields(f, items),
            Value::Again(value) => write!(f, "={value}"),
            Value::Variant(name, items) => {
                f.write_str(name)?;
                fields(f, items)
            }
        }
    }
}

/// A list whose order means nothing.
pub(crate) fn sorted(mut items: Vec<Value>) -> Value {
    items.sort_by(|a, b| a.partial_cmp(b).expect("no floats"));
    Value::List(items)
}

pub(crate) fn sorted_map(mut items: Vec<(Value, Value)>) -> Value {
    items.sort_by(|a, b| a.0.partial_cmp(&b.0).expect("no floats"));
    Value::Map(items)
}

/// The number types, each with its least and its greatest integer.
pub(crate) const INTEGERS: [(&str, i128, i128); 12] = [
    ("u8", 0, u8::MAX as i128),
    ("u16", 0, u16::MAX as i128),
    ("u32", 0, u32::MAX as i128),
    ("u64", 0, u64::MAX as i128),
    // The greatest that the tests use.
    ("u128", 0, i128::MAX),
    ("usize", 0, u64::MAX as i128),
    ("i8", i8::MIN as i128, i8::MAX as i128),
    ("i16", i16::MIN as i128, i16::MAX as i128),
    ("i32", i32::MIN as i128, i32::MAX as i128),
    ("i64", i64::MIN as i128, i64::MAX as i128),
    ("i128", i128::MIN, i128::MAX),
    ("isize", i64::MIN as i128, i64::MAX as i128),
];

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ty {
    /// By its place among [`INTEGERS`].
    Int(usize),
    Single,
    Double,
    Bool,
    Char,
    Text,
    Option(Box<Ty>),
    Result(Box<Ty>, Box<Ty>),
    Box(Box<Ty>),
    Mutex(Box<Ty>),
    List(&'static str, Box<Ty>),
    /// A set or a heap.
    Bag(&'static str, Box<Ty>),
    Map(&'static str, Box<Ty>, Box<Ty>),
    Tuple(Vec<Ty>),
    Array(usize, Box<Ty>),
    /// A type of the tests' own.
    Named(usize),
    /// An `Arc` of one.
    Shared(usize),
}

pub(crate) const LISTS: [&str; 3] = ["Vec", "VecDeque", "LinkedList"];
pub(crate) const SETS: [&str; 2] = ["HashSet", "BTreeSet"];
pub(crate) const MAPS: [&str; 2] = ["HashMap", "BTreeMap"];

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    /// What stands in `#[state(…)]`.
    pub(crate) attributes: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) attributes: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

/// One side of a type of the tests' own.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) attributes: Vec<String>,
    pub(crate) repr: &'static str,
    pub(crate) shape: Shape,
}

/// A type of numbers or texts.
fn leaf(random: &mut Random) -> Ty {
    match random.below(10) {
        0 => Ty::Single,
        1 => Ty::Double,
        2 => Ty::Bool,
        3 => Ty::Char,
        4 | 5 => Ty::Text,
        _ => Ty::Int(random.below(INTEGERS.len())),
    }
}

fn key(random: &mut Random) -> Ty {
    match random.below(6) {
        0 => Ty::Text,
        1 => Ty::Char,
        2 => Ty::Tuple(vec![Ty::Int(random.below(INTEGERS.len())), Ty::Bool]),
        _ => Ty::Int(random.below(INTEGERS.len())),
    }
}

/// A type that may refer to so many described ones.
pub(crate) fn ty(random: &mut Random, named: usize, depth: usize) -> Ty {
    let within = |random: &mut Random| Box::new(ty(random, named, depth - 1));
    if depth == 0 || random.percent(20) {
        return leaf(random);
    }
    match random.below(13) {
        0 | 1 if named > 0 => Ty::Named(random.below(named)),
        2 if named > 0 => Ty::Shared(random.below(named)),
        // An `Option` right inside of an `Option` or `Box` could be taken for either.
        3 => Ty::Option(bare(*within(random))),
        4 => Ty::Box(bare(*within(random))),
        5 => Ty::Result(within(random), within(random)),
        6 => Ty::Mutex(within(random)),
        7 => Ty::Bag(
            "BinaryHeap",
            Box::new(Ty::Int(random.below(INTEGERS.len()))),
        ),
        8 => Ty::Bag(random.pick(&SETS), Box::new(key(random))),
        9 => Ty::Map(random.pick(&MAPS), Box::new(key(random)), within(random)),
        10 => {
            let len = 2 + random.below(2);
            Ty::Tuple((0..len).map(|_| *within(random)).collect())
        }
        11 => Ty::Array(1 + random.below(3), within(random)),
        _ => Ty::List(random.pick(&LISTS), within(random)),
    }
}

/// The type without an `Option` or `Box` around it.
fn bare(ty: Ty) -> Box<Ty> {
    match ty {
        Ty::Option(inner) | Ty::Box(inner) => bare(*inner),
        ty => Box::new(ty),
    }
}

/// A value of a type; `wild` ones are anywhere in their range.
pub(crate) fn value(
    random: &mut Random,
    types: &[&Described],
    ty: &Ty,
    depth: usize,
    wild: bool,
) -> Value {
    value_that(&|_, _| true, random, types, ty, (depth, wild))
}

/// How often a value of one of the tests' own types is made anew that is not as it has to be.
const TRIES: usize = 200;

/// The same, in which each value of the tests' own types `fits`, as far as some were found. That is asked of each by itself:
/// of a whole with many of them, hardly any would fit.
pub(crate) fn value_that(
    fits: &dyn Fn(usize, &Value) -> bool,
    random: &mut Random,
    types: &[&Described],
    ty: &Ty,
    (depth, wild): (usize, bool),
) -> Value {
    let wild_here = wild && random.percent(5);
    let within = (depth.saturating_sub(1), wild);
    let one = |ty: &Ty, random: &mut Random| Box::new(value_that(fits, random, types, ty, within));
    let len = if depth == 0 { 0 } else { random.below(4) };
    match ty {
        Ty::Int(place) => {
            let (_, least, greatest) = INTEGERS[*place];
            Value::Int(match wild_here {
                true => random.pick(&[least, greatest, greatest / 2 + 1, greatest / 300]),
                // Few enough that all can fit what has no sign.
                false if least < 0 && random.percent(5) => -(random.below(100) as i128),
                false => random.below(100) as i128,
            })
        }
        Ty::Single => Value::Single(match wild_here {
            true => random.pick(&[0.5, -1.0, 1e38, 1_234.75]),
            false => random.below(100) as f32,
        }),
        Ty::Double => Value::Double(match wild_here {
            // None that only a `u128` holds: the integers here are `i128`.
            true => random.pick(&[0.1, -1.0, 1e300, 16_777_217.0, 4e38]),
            false => random.below(100) as f64,
        }),
        Ty::Bool => Value::Bool(random.percent(50)),
        Ty::Char => Value::Int(97 + random.below(26) as i128),
        // Some were numbers before.
        Ty::Text => Value::Text(match wild_here {
            true => "no number".repeat(random.below(5)).replace(' ', "_"),
            false => (random.next() as u32 >> random.below(32)).to_string(),
        }),
        Ty::Option(_) if random.percent(25) => Value::None,
        Ty::Option(inner) => Value::Some(one(inner, random)),
        Ty::Result(inner, _) if random.percent(50) => Value::Ok(one(inner, random)),
        Ty::Result(_, inner) => Value::Err(one(inner, random)),
        Ty::Box(inner) | Ty::Mutex(inner) => *one(inner, random),
        Ty::List(_, inner) => {
            let mut items: Vec<Value> = Vec::new();
            for _ in 0..len {
                let item = match (&**inner, items.last()) {
                    (Ty::Shared(_), Some(last)) if random.percent(50) => match last {
                        Value::Again(_) => last.clone(),
                        last => Value::Again(Box::new(last.clone())),
                    },
                    _ => *one(inner, random),
                };
                items.push(item);
            }
            Value::List(items)
        }
        Ty::Bag(_, inner) => {
            let items: Vec<Value> = (0..len).map(|_| *one(inner, random)).collect();
            sorted(unique(items))
        }
        Ty::Map(_, key, inner) => {
            let keys: Vec<Value> = (0..len).map(|_| *one(key, random)).collect();
            let items = unique(keys).into_iter();
            sorted_map(items.map(|key| (key, *one(inner, random))).collect())
        }
        Ty::Tuple(all) => Value::Tuple(all.iter().map(|ty| *one(ty, random)).collect()),
        Ty::Array(len, inner) => Value::List((0..*len).map(|_| *one(inner, random)).collect()),
        Ty::Named(place) | Ty::Shared(place) => {
            let mut made = described(fits, random, types, *place, within);
            for tries in 1..TRIES {
                if fits(*place, &made) {
                    break;
                }
                // What holds less fits more often.
                let depth = within.0.saturating_sub(tries / 20);
                made = described(fits, random, types, *place, (depth, wild));
            }
            made
        }
    }
}

/// A value of one of the tests' own types.
fn described(
    fits: &dyn Fn(usize, &Value) -> bool,
    random: &mut Random,
    types: &[&Described],
    place: usize,
    within: (usize, bool),
) -> Value {
    let fields = |fields: &[Field], random: &mut Random| {
        let fields = fields.iter();
        fields
            .map(|field| {
                let value = value_that(fits, random, types, &field.ty, within);
                (field.name.clone(), value)
            })
            .collect()
    };
    match &types[place].shape {
        Shape::Struct(all) => Value::Struct(fields(all, random)),
        Shape::Enum(variants) => {
            let variant = &variants[random.below(variants.len())];
            Value::Variant(variant.name.clone(), fields(&variant.fields, random))
        }
    }
}

fn unique(items: Vec<Value>) -> Vec<Value> {
    let mut unique: Vec<Value> = Vec::new();
    for item in items {
        if !unique.contains(&item) {
            unique.push(item);
        }
    }
    unique
}
