//! Values of the types, and how they are written.

use std::fmt::Write;

use super::random::Random;
use super::types::*;

/// A value of a type of one word.
pub(crate) fn word(random: &mut Random, ty: &Ty) -> Value {
    let leaf = ty.leaf().expect("a type of one word");
    let number = |random: &mut Random, least: i128, greatest: i128| {
        // Some do not fit the next type.
        let value = match random.below(20) {
            0 => greatest,
            1 => least,
            2 if least < 0 => -(random.below(100) as i128),
            _ => random.below(100) as i128,
        };
        value.clamp(least, greatest).to_string()
    };
    Value::Word(match leaf.kind {
        Kind::Number(least, greatest) | Kind::Fixed(least, greatest) => {
            number(random, least, greatest)
        }
        Kind::Bool => random.percent(50).to_string(),
        Kind::Text(_) => match random.percent(10) {
            true => "long".repeat(random.below(9)),
            false => random.below(1000).to_string(),
        },
        Kind::Address => format!("10.0.{}.{}", random.below(9), random.below(99)),
        Kind::Counter | Kind::Foreign(_) => random.below(100).to_string(),
        Kind::Length => random.below(1 << 20).to_string(),
        Kind::Unit => "unit".to_owned(),
    })
}

/// Whether a value may hold items of several owners.
pub(crate) fn owns(types: &[Described], ty: &Ty) -> bool {
    let mut met = Vec::new();
    owns_within(types, ty, &mut met)
}

fn owns_within(types: &[Described], ty: &Ty, met: &mut Vec<usize>) -> bool {
    if let Ty::Named(place, _) = ty
        && !met.contains(place)
    {
        met.push(*place);
        // The one that is being made leads to itself by a list, which is empty here.
        let fields = types.get(*place).into_iter().flat_map(|it| &it.variants);
        let mut forms = fields
            .flat_map(|it| &it.fields)
            .flat_map(|it| &it.forms)
            .flatten();
        if forms.any(|form| owns_within(types, &form.ty, met)) {
            return true;
        }
    }
    let own = matches!(ty, Ty::Arc(..) | Ty::Weak(..));
    own || ty
        .parts()
        .into_iter()
        .any(|part| owns_within(types, part, met))
}

/// A value without items of several owners.
pub(crate) fn simple(random: &mut Random, types: &[Described], ty: &Ty, version: usize) -> Value {
    let mut maker = Maker {
        random,
        types,
        version,
        items: Vec::new(),
        known: Vec::new(),
        dead: 100,
    };
    maker.value(ty, 1)
}

/// What `Default` makes of a type, where that is sure.
pub(crate) fn blank(ty: &Ty) -> Option<Value> {
    Some(match ty {
        Ty::Leaf(_) => {
            let leaf = ty.leaf().expect("a type of one word");
            Value::Word(match leaf.kind {
                Kind::Number(..) | Kind::Counter => "0".to_owned(),
                Kind::Fixed(..) | Kind::Length
                    if leaf.cell || leaf.rust == "std::time::Duration" =>
                {
                    "0".to_owned()
                }
                Kind::Bool => "false".to_owned(),
                Kind::Unit => "unit".to_owned(),
                Kind::Text(_) if BLANK_TEXTS.contains(&leaf.rust) => String::new(),
                _ => return None,
            })
        }
        Ty::Around(kind, inner) if BLANK_AROUND.contains(kind) => blank(inner)?,
        Ty::Option("std::task::Poll", _) => return None,
        Ty::Option(..) => Value::None,
        Ty::List(..) | Ty::Slice(_) | Ty::Bag(..) => Value::List(Vec::new()),
        Ty::Map(..) => Value::Map(Vec::new()),
        Ty::Pair(a, b) => Value::List(vec![blank(a)?, blank(b)?]),
        Ty::Range("std::ops::Range", inner) => Value::List(vec![blank(inner)?, blank(inner)?]),
        Ty::Weak(..) => Value::Weak(None),
        _ => return None,
    })
}

const BLANK_TEXTS: [&str; 6] = [
    "String",
    "Box<str>",
    "std::path::PathBuf",
    "std::ffi::OsString",
    "std::ffi::CString",
    "abi_stable::std_types::RString",
];
const BLANK_AROUND: [&str; 6] = [
    "Box",
    "std::cmp::Reverse",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::cell::RefCell",
    CELL,
];

/// A state of a version.
pub(crate) fn state(random: &mut Random, types: &[Described], version: usize) -> State {
    made(random, types, version, 15)
}

/// A state in which no weak owner leads anywhere.
pub(crate) fn without_weak(random: &mut Random, types: &[Described], version: usize) -> State {
    made(random, types, version, 100)
}

fn made(random: &mut Random, types: &[Described], version: usize, dead: usize) -> State {
    let mut maker = Maker {
        random,
        types,
        version,
        items: Vec::new(),
        known: Vec::new(),
        dead,
    };
    let root = maker.value(&Ty::Named(types.len() - 1, None), 5);
    let items = maker.items.into_iter();
    State {
        root,
        kinds: maker.known,
        items: items
            .map(|item| item.expect("an item that was made"))
            .collect(),
    }
}

struct Maker<'a> {
    random: &'a mut Random,
    types: &'a [Described],
    version: usize,
    /// The items by their numbers; `None` while an item is being made.
    items: Vec<Option<Value>>,
    /// Their types.
    known: Vec<Ty>,
    /// How many of a hundred weak owners have lost their item.
    dead: usize,
}

impl Maker<'_> {
    fn value(&mut self, ty: &Ty, depth: usize) -> Value {
        let below = depth.saturating_sub(1);
        let one = |maker: &mut Self, ty: &Ty| Box::new(maker.value(ty, below));
        let len = if depth == 0 { 0 } else { self.random.below(4) };
        match ty {
            Ty::Leaf(_) => word(self.random, ty),
            Ty::Around(_, inner) => *one(self, inner),
            Ty::Option(..) if depth == 0 || self.random.percent(25) => Value::None,
            Ty::Option(_, inner) => Value::Some(one(self, inner)),
            Ty::Result(inner, _) if self.random.percent(50) => Value::Ok(one(self, inner)),
            Ty::Result(_, inner) => Value::Err(one(self, inner)),
            Ty::Bound(_) if self.random.percent(30) => Value::None,
            Ty::Bound(inner) if self.random.percent(50) => Value::Ok(one(self, inner)),
            Ty::Bound(inner) => Value::Err(one(self, inner)),
            Ty::Range(_, inner) => Value::List(vec![*one(self, inner), *one(self, inner)]),
            Ty::List(_, inner) | Ty::Slice(inner) => {
                Value::List((0..len).map(|_| *one(self, inner)).collect())
            }
            Ty::Array(len, inner) => Value::List((0..*len).map(|_| *one(self, inner)).collect()),
            Ty::Bag(_, key) => Value::List(self.keys(key, len)),
            Ty::Map(_, key, inner) => {
                let keys = self.keys(key, len).into_iter();
                Value::Map(keys.map(|key| (key, *one(self, inner))).collect())
            }
            Ty::Pair(a, b) => Value::List(vec![*one(self, a), *one(self, b)]),
            Ty::Named(place, param) => {
                let described = &self.types[*place];
                let present = described.present(self.version);
                let variant = match depth {
                    // The first of an enum holds nothing.
                    0 => present[0],
                    _ => self.random.pick(&present),
                };
                let fields = described.fields(variant, self.version).into_iter();
                let fields = fields
                    .map(|(field, form)| (field.id, *one(self, &form.ty.of(param.as_deref()))));
                Value::Fields(described.variants[variant].id, fields.collect())
            }
            Ty::Param => unreachable!("a parameter that nothing is given for"),
            Ty::Arc(_, inner) => {
                let done = (0..self.items.len())
                    .filter(|item| self.items[*item].is_some() && self.known[*item] == **inner);
                let done: Vec<usize> = done.collect();
                if !done.is_empty() && (depth == 0 || self.random.percent(50)) {
                    return Value::Shared(self.random.pick(&done));
                }
                let place = self.items.len();
                self.items.push(None);
                self.known.push((**inner).clone());
                self.items[place] = Some(self.value(inner, below));
                Value::Shared(place)
            }
            Ty::Weak(_, inner) => {
                let known = (0..self.items.len()).filter(|item| self.known[*item] == **inner);
                let known: Vec<usize> = known.collect();
                Value::Weak(match known.is_empty() || self.random.percent(self.dead) {
                    true => None,
                    false => Some(self.random.pick(&known)),
                })
            }
        }
    }

    /// Keys of which no two are alike.
    fn keys(&mut self, key: &Ty, len: usize) -> Vec<Value> {
        let mut keys: Vec<(String, Value)> = Vec::new();
        for _ in 0..len {
            let value = self.value(key, 2);
            let items: Vec<Value> = self
                .items
                .iter()
                .map(|it| it.clone().unwrap_or(Value::None))
                .collect();
            let shown = bare(self.types, self.version, key, &value, &items);
            if keys.iter().all(|(known, _)| *known != shown) {
                keys.push((shown, value));
            }
        }
        keys.into_iter().map(|(_, value)| value).collect()
    }
}

/// A state as its module shows it, while these items have owners outside.
pub(crate) fn shown(
    types: &[Described],
    version: usize,
    state: &State,
    held: Vec<usize>,
) -> String {
    written(types, version, state, held).text
}

fn written<'a>(
    types: &'a [Described],
    version: usize,
    state: &'a State,
    held: Vec<usize>,
) -> Writer<'a> {
    let mut alive = Vec::new();
    reach(&state.root, &state.items, &mut alive);
    for item in held {
        reach(&Value::Shared(item), &state.items, &mut alive);
    }
    let mut writer = Writer {
        types,
        version,
        items: &state.items,
        alive,
        met: Vec::new(),
        bare: false,
        text: String::new(),
    };
    writer.value(&Ty::Named(types.len() - 1, None), &state.root);
    writer
}

/// The text of a value, by which it is told from others.
pub(crate) fn bare(
    types: &[Described],
    version: usize,
    ty: &Ty,
    value: &Value,
    items: &[Value],
) -> String {
    let mut writer = Writer {
        types,
        version,
        items,
        alive: Vec::new(),
        met: Vec::new(),
        bare: true,
        text: String::new(),
    };
    writer.value(ty, value);
    writer.text
}

/// The text of a value without shared items.
pub(crate) fn plain(types: &[Described], version: usize, ty: &Ty, value: &Value) -> String {
    bare(types, version, ty, value, &[])
}

/// The items that a state owns, by their numbers, up to the first that it has only a weak owner of by then.
pub(crate) fn met(types: &[Described], version: usize, state: &State) -> Vec<usize> {
    let writer = written(types, version, state, Vec::new());
    let owned = |number: usize| writer.text.contains(&format!("#{number}="));
    let met = (1..)
        .zip(&writer.met)
        .take_while(|(number, _)| owned(*number));
    met.map(|(_, item)| *item).collect()
}

/// The items that have an owner from here on.
pub(crate) fn reach(value: &Value, items: &[Value], alive: &mut Vec<usize>) {
    match value {
        Value::Word(_) | Value::None | Value::Weak(_) => {}
        Value::Some(inner) | Value::Ok(inner) | Value::Err(inner) => reach(inner, items, alive),
        Value::List(all) => all.iter().for_each(|it| reach(it, items, alive)),
        Value::Map(all) => all.iter().for_each(|(key, value)| {
            reach(key, items, alive);
            reach(value, items, alive);
        }),
        Value::Fields(_, all) => all.iter().for_each(|(_, it)| reach(it, items, alive)),
        Value::Shared(item) => {
            if !alive.contains(item) {
                alive.push(*item);
                reach(&items[*item], items, alive);
            }
        }
    }
}

struct Writer<'a> {
    types: &'a [Described],
    version: usize,
    items: &'a [Value],
    alive: Vec<usize>,
    met: Vec<usize>,
    bare: bool,
    text: String,
}

impl Writer<'_> {
    fn number(&mut self, item: usize) -> (usize, bool) {
        match self.met.iter().position(|known| *known == item) {
            Some(place) => (place + 1, false),
            None => {
                self.met.push(item);
                (self.met.len(), true)
            }
        }
    }

    fn bare(&self, ty: &Ty, value: &Value) -> String {
        bare(self.types, self.version, ty, value, self.items)
    }

    fn within(&mut self, name: &str, ty: &Ty, value: &Value) {
        self.text.push_str(name);
        self.text.push('(');
        self.value(ty, value);
        self.text.push(')');
    }

    fn list<'v>(&mut self, items: impl IntoIterator<Item = (&'v Ty, &'v Value)>) {
        self.text.push('[');
        for (ty, item) in items {
            self.value(ty, item);
            self.text.push(',');
        }
        self.text.push(']');
    }

    fn value(&mut self, ty: &Ty, value: &Value) {
        match (ty, value) {
            (_, Value::Word(word)) => self.text.push_str(word),
            (Ty::Around(_, inner), value) => self.value(inner, value),
            (_, Value::None) => self.text.push_str("None"),
            (Ty::Option(_, inner), Value::Some(value)) => self.within("Some", inner, value),
            (Ty::Result(inner, _), Value::Ok(value)) => self.within("Ok", inner, value),
            (Ty::Result(_, inner), Value::Err(value)) => self.within("Err", inner, value),
            (Ty::Bound(inner), Value::Ok(value)) => self.within("Ok", inner, value),
            (Ty::Bound(inner), Value::Err(value)) => self.within("Err", inner, value),
            (
                Ty::List(_, inner) | Ty::Slice(inner) | Ty::Array(_, inner) | Ty::Range(_, inner),
                Value::List(items),
            ) => {
                self.list(items.iter().map(|item| (&**inner, item)));
            }
            (Ty::Pair(a, b), Value::List(items)) => {
                self.list([&**a, &**b].into_iter().zip(items));
            }
            (Ty::Bag(_, key), Value::List(items)) => {
                let mut items: Vec<&Value> = items.iter().collect();
                items.sort_by_cached_key(|item| self.bare(key, item));
                self.list(items.into_iter().map(|item| (&**key, item)));
            }
            (Ty::Map(_, key, inner), Value::Map(items)) => {
                let mut items: Vec<&(Value, Value)> = items.iter().collect();
                items.sort_by_cached_key(|(it, _)| self.bare(key, it));
                self.text.push('[');
                for (it, value) in items {
                    self.value(key, it);
                    self.text.push(':');
                    self.value(inner, value);
                    self.text.push(',');
                }
                self.text.push(']');
            }
            (Ty::Named(place, param), Value::Fields(id, values)) => {
                let described = &self.types[*place];
                let variant = described.variant(*id);
                if described.is_enum {
                    let name = described.variants[variant].names[self.version].as_deref();
                    self.text.push_str(name.expect("a variant of this version"));
                }
                self.text.push('{');
                for (field, form) in described.fields(variant, self.version) {
                    let value = values.iter().find(|(id, _)| *id == field.id);
                    let (_, value) = value.expect("a value of this version");
                    write!(self.text, "{}:", form.name).expect("a text");
                    self.value(&form.ty.of(param.as_deref()), value);
                    self.text.push(',');
                }
                self.text.push('}');
            }
            (Ty::Arc(_, inner), Value::Shared(item)) if self.bare => {
                self.value(inner, &self.items[*item]);
            }
            (Ty::Arc(_, inner), Value::Shared(item)) => {
                let (number, first) = self.number(*item);
                write!(self.text, "#{number}").expect("a text");
                if first {
                    self.text.push('=');
                    self.value(inner, &self.items[*item]);
                }
            }
            (Ty::Weak(..), Value::Weak(item)) => match item.filter(|it| self.alive.contains(it)) {
                Some(item) => {
                    let (number, _) = self.number(item);
                    write!(self.text, "~{number}").expect("a text");
                }
                None => self.text.push('~'),
            },
            (ty, value) => unreachable!("{value:?} is no value of {ty:?}"),
        }
    }
}
