//! Changes of types, as an author could make them: each with the attributes that it needs.

use super::random::Random;
use super::shape::{
    self, Described, Field, INTEGERS, LISTS, MAPS, SETS, Shape, Ty, Value, Variant,
};

/// What has become of a value of some type.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Same,
    /// One number has become another.
    Number(Ty, Ty),
    Wrap(Box<Change>),
    Unwrap(Box<Change>),
    /// Of the item of an `Option`.
    Option(Box<Change>),
    Result(Box<Change>, Box<Change>),
    /// Of the items of whatever has items in their order.
    List(Box<Change>),
    /// Of the items of a set or heap.
    Bag(Box<Change>),
    Map(Box<Change>, Box<Change>),
    Tuple(Vec<Change>),
    /// Of each of so many elements; and how many elements are new, with which value.
    Array(Box<Change>, usize, (usize, Value)),
    /// Of a type of the tests' own.
    Named(usize),
    /// A function of the author's has made the newer value.
    By(Function),
}

/// A function of the author's, named by `with`: it leads on, and nothing leads back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// Makes a text of a `u32`.
    Decimal,
    /// Makes a `u32` of a text, if it is one.
    Parsed,
    /// Makes the next `u32`, which looks as the one before it did.
    Next,
}

impl Function {
    /// Where it is, in the source.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Function::Decimal => "text::decimal",
            Function::Parsed => "text::parsed",
            Function::Next => "text::next",
        }
    }

    /// What it makes of a value, if it makes anything.
    pub(crate) fn of(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Function::Decimal, Value::Int(number)) => Some(Value::Text(number.to_string())),
            (Function::Parsed, Value::Text(text)) => {
                let number: u32 = text.parse().ok()?;
                Some(Value::Int(number.into()))
            }
            (Function::Next, Value::Int(number)) => Some(Value::Int((number + 1) % (1 << 32))),
            _ => unreachable!("{value} is not what {} takes", self.path()),
        }
    }
}

/// Where the fields of a struct or variant have come from, and where they have gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) sources: Vec<Source>,
    /// The old fields that are gone, each with its value on the way back.
    pub(crate) gone: Vec<(usize, Value)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    From(usize, Change),
    /// New, or made anew.
    Made(Value),
}

#[derive(Clone, Debug)]
pub(crate) enum Shapes {
    Struct(Fields),
    Enum(Variants),
}

/// For each old variant, the new one and its fields.
pub(crate) type Variants = Vec<Option<(usize, Fields)>>;

/// A type of the tests' own, in both versions.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) was: Described,
    pub(crate) now: Described,
    pub(crate) shapes: Shapes,
    /// If functions of the author's make the values, those.
    pub(crate) hook: Option<Hook>,
}

/// Functions marked `#[hotmod::migrate]`, which make a struct with a name and a number of one with a name and a
/// text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hook {
    /// Whether there is one for the way down.
    pub(crate) down: bool,
}

/// Makes pairs of types.
pub(crate) struct Author<'r> {
    pub(crate) random: &'r mut Random,
    pub(crate) pairs: Vec<Pair>,
    /// Whether to lose nothing that the old version had.
    pub(crate) careful: bool,
    /// Whether it is about what calls pass: some enums have a variant for those that the other side does not know, and
    /// functions of the author's make some fields.
    pub(crate) of_calls: bool,
    names: usize,
    /// The types whose values keep their size.
    in_place: Vec<usize>,
}

/// The attributes that the change of a field needs.
#[derive(Default)]
struct Needs {
    checked: bool,
    rebuild: bool,
    fill: Option<Value>,
}

impl Needs {
    fn attributes(self) -> Vec<String> {
        let checked = self.checked.then(|| "checked".to_owned());
        let rebuild = self.rebuild.then(|| "rebuild".to_owned());
        let fill = self.fill.map(|value| format!("fill = {}", written(&value)));
        [checked, rebuild, fill].into_iter().flatten().collect()
    }
}

/// A value in the source.
fn literal(value: &Value, ty: &Ty) -> String {
    if let (Value::Int(value), Ty::Int(place)) = (value, ty) {
        return format!("{value}_{}", INTEGERS[*place].0);
    }
    written(value)
}

/// A value of any type in the source.
pub(crate) fn written(value: &Value) -> String {
    format!("crate::text::read({:?})", value.to_string())
}

impl<'r> Author<'r> {
    pub(crate) fn new(random: &'r mut Random, careful: bool) -> Self {
        Author {
            random,
            pairs: Vec::new(),
            careful,
            of_calls: false,
            names: 0,
            in_place: Vec::new(),
        }
    }

    fn name(&mut self, start: &str) -> String {
        self.names += 1;
        format!("{start}{}", self.names)
    }

    /// A value of the old or the new version of a type.
    pub(crate) fn value(&mut self, ty: &Ty, old: bool) -> Value {
        let types = self
            .pairs
            .iter()
            .map(|pair| if old { &pair.was } else { &pair.now });
        shape::value(self.random, &types.collect::<Vec<_>>(), ty, 2, false)
    }

    /// One more type, which may refer to those before and to itself.
    pub(crate) fn describe(&mut self) {
        let place = self.pairs.len();
        let is_enum = self.random.percent(40);
        let name = self.name(if is_enum { "Enum" } else { "Struct" });
        let mut attributes = Vec::new();
        let new_name = match self.random.percent(25) {
            true => {
                attributes.push(format!("was = {name:?}"));
                self.name("Renamed")
            }
            false => name.clone(),
        };
        let (old, new, shapes) = match is_enum {
            false => {
                let mut old = self.fields(false);
                if self.random.percent(25) {
                    let name = self.name("kids");
                    old.push(Field {
                        name,
                        ty: Ty::List(self.random.pick(&LISTS), Box::new(Ty::Named(place))),
                        attributes: Vec::new(),
                    });
                }
                let (new, fields) = self.change_fields(&mut old, &mut attributes, false);
                (
                    Shape::Struct(old),
                    Shape::Struct(new),
                    Shapes::Struct(fields),
                )
            }
            true => {
                let (old, new, variants) = self.variants(&mut attributes);
                (Shape::Enum(old), Shape::Enum(new), Shapes::Enum(variants))
            }
        };
        let mut described = |name, attributes, shape| {
            let reprs: &[&str] = match is_enum {
                true => &["", "", "#[repr(u8)]", "#[repr(u16)]"],
                false => &["", "", "#[repr(C)]", "#[repr(align(32))]"],
            };
            let repr = self.random.pick(reprs);
            Described {
                name,
                attributes,
                repr,
                shape,
            }
        };
        let was = described(name, Vec::new(), old);
        let now = described(new_name, attributes, new);
        self.pairs.push(Pair {
            was,
            now,
            shapes,
            hook: None,
        });
    }

    /// One more type, whose values a function of the author's makes.
    pub(crate) fn describe_hooked(&mut self) {
        let name = self.name("Hooked");
        let hook = Hook {
            down: self.random.percent(50),
        };
        let mut described = |second: &str, ty| Described {
            name: name.clone(),
            attributes: Vec::new(),
            repr: self.random.pick(&["", "#[repr(C)]", "#[repr(align(32))]"]),
            shape: Shape::Struct(
                [("name", Ty::Text), (second, ty)]
                    .map(|(name, ty)| Field {
                        name: name.to_owned(),
                        ty,
                        attributes: Vec::new(),
                    })
                    .into(),
            ),
        };
        let (was, now) = (
            described("amount", Ty::Text),
            described("cents", INTEGERS_U32),
        );
        self.pairs.push(Pair {
            was,
            now,
            shapes: Shapes::Struct(Fields::default()),
            hook: Some(hook),
        });
    }

    /// One more type, whose values keep their size while some of what they own is dropped: in a
    /// `Vec` they are converted where they are.
    pub(crate) fn describe_in_place(&mut self) {
        let kinds = [
            Ty::Text,
            Ty::List("Vec", Box::new(Ty::Text)),
            Ty::Double,
            Ty::Int(self.random.below(INTEGERS.len())),
        ];
        let mut old = Vec::new();
        for place in 0..2 + self.random.below(4) {
            let name = self.name("f");
            // The first two own memory, and could take each other's places.
            let kinds = if place < 2 { &kinds[..2] } else { &kinds[..] };
            old.push(Field {
                name,
                ty: kinds[self.random.below(kinds.len())].clone(),
                attributes: Vec::new(),
            });
        }
        let (mut attributes, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for (place, field) in old.iter_mut().enumerate() {
            let owns = matches!(field.ty, Ty::Text | Ty::List(..));
            let mut now = field.clone();
            let source = match !self.careful && owns && (place == 0 || self.random.percent(30)) {
                true => {
                    self.leave(place, field, &mut gone);
                    attributes.push(format!("removed({:?})", field.name));
                    now.name = self.name("o");
                    // As large as the field that is gone.
                    now.ty = Ty::Option(Box::new(now.ty));
                    Source::Made(Value::None)
                }
                false => Source::From(place, Change::Same),
            };
            new.push((now, source));
        }
        // Else the order of the fields would be the same.
        new.rotate_left(1);
        let (new, sources) = new.into_iter().unzip();
        let name = self.name("InPlace");
        let described = |attributes, fields| Described {
            name: name.clone(),
            attributes,
            repr: "#[repr(C)]",
            shape: Shape::Struct(fields),
        };
        self.in_place.push(self.pairs.len());
        self.pairs.push(Pair {
            was: described(Vec::new(), old),
            now: described(attributes, new),
            shapes: Shapes::Struct(Fields { sources, gone }),
            hook: None,
        });
    }

    /// Gives an old field the value that it has on the way back, after it was gone.
    fn leave(&mut self, place: usize, field: &mut Field, gone: &mut Vec<(usize, Value)>) {
        let value = self.value(&field.ty, true);
        let default = literal(&value, &field.ty);
        field.attributes.push(format!("default = {default}"));
        gone.push((place, value));
    }

    /// The type of the state, which keeps its fields.
    pub(crate) fn describe_state(&mut self, len: usize) {
        let named = self.pairs.len();
        let (mut old, mut new, mut sources) = (Vec::new(), Vec::new(), Vec::new());
        for place in 0..len {
            let name = format!("case_{place}");
            let was = match place % 8 {
                // Else too few arrays would grow, and too few lists hold what changes.
                0 => {
                    let len = 1 + self.random.below(3);
                    Ty::Array(len, Box::new(shape::ty(self.random, named, 2)))
                }
                1 => Ty::List("Vec", Box::new(Ty::Named(self.random.below(named)))),
                2 => Ty::List(
                    self.random.pick(&LISTS),
                    Box::new(Ty::Shared(self.random.below(named))),
                ),
                3 => {
                    let item = Ty::Named(self.random.pick(&self.in_place));
                    Ty::List("Vec", Box::new(item))
                }
                _ => shape::ty(self.random, named, 3),
            };
            let mut needs = Needs::default();
            let (now, change) = self.change(&was, &mut needs, true);
            old.push(Field {
                name: name.clone(),
                ty: was,
                attributes: Vec::new(),
            });
            new.push(Field {
                name,
                ty: now,
                attributes: needs.attributes(),
            });
            sources.push(Source::From(place, change));
        }
        let described = |fields| Described {
            name: "World".to_owned(),
            attributes: Vec::new(),
            repr: "",
            shape: Shape::Struct(fields),
        };
        let gone = Vec::new();
        self.pairs.push(Pair {
            was: described(old),
            now: described(new),
            shapes: Shapes::Struct(Fields { sources, gone }),
            hook: None,
        });
    }

    fn fields(&mut self, numbered: bool) -> Vec<Field> {
        let len = 1 + self.random.below(5);
        let named = self.pairs.len();
        let mut fields: Vec<Field> = Vec::new();
        for i in 0..len {
            let name = match numbered {
                true => i.to_string(),
                false => self.name("f"),
            };
            let ty = match fields.last() {
                // The same type again: only the names tell the fields apart.
                Some(last) if self.random.percent(40) => last.ty.clone(),
                // A number that a function may make a text of.
                _ if self.random.percent(10) => INTEGERS_U32,
                _ => shape::ty(self.random, named, 2),
            };
            fields.push(Field {
                name,
                ty,
                attributes: Vec::new(),
            });
        }
        fields
    }

    fn variants(&mut self, attributes: &mut Vec<String>) -> (Vec<Variant>, Vec<Variant>, Variants) {
        let unit = self.name("Unit");
        let other = self.of_calls && self.random.percent(40);
        let named = other && self.random.percent(50);
        let is_other = |is: bool| is.then(|| "other".to_owned()).into_iter().collect();
        let mut old = vec![Variant {
            name: unit.clone(),
            fields: Vec::new(),
            attributes: is_other(other && !named),
        }];
        for _ in 0..1 + self.random.below(3) {
            let numbered = self.random.percent(40);
            old.push(Variant {
                name: self.name("V"),
                fields: self.fields(numbered),
                attributes: Vec::new(),
            });
        }
        if named {
            let text = Field {
                name: "0".to_owned(),
                ty: Ty::Text,
                attributes: Vec::new(),
            };
            old.push(Variant {
                name: self.name("Other"),
                fields: vec![text],
                attributes: is_other(true),
            });
        }
        let mut new = Vec::new();
        let mut steps = Vec::new();
        for (i, variant) in old.iter_mut().enumerate() {
            if i > 0 && !is_other_variant(variant) && self.random.percent(15) {
                // Careful authors remove only what no value has; values that have it abort.
                let replaced = !self.careful && self.random.percent(50);
                if replaced {
                    attributes.push(format!("removed_variant({} => {unit})", variant.name));
                }
                steps.push(replaced.then(|| (unit.clone(), Fields::default())));
                continue;
            }
            let numbered = variant
                .fields
                .first()
                .is_some_and(|field| field.name == "0");
            let (fields, step) = match &variant.fields[..] {
                [] => (Vec::new(), Fields::default()),
                fields if is_other_variant(variant) => {
                    let same = Fields {
                        sources: vec![Source::From(0, Change::Same)],
                        gone: Vec::new(),
                    };
                    (fields.to_vec(), same)
                }
                _ => self.change_fields(&mut variant.fields, attributes, numbered),
            };
            let mut now = Variant {
                name: variant.name.clone(),
                fields,
                attributes: variant.attributes.clone(),
            };
            if i > 0 && self.random.percent(25) {
                now.attributes.push(format!("was = {:?}", variant.name));
                now.name = self.name("W");
            }
            steps.push(Some((now.name.clone(), step)));
            new.push(now);
        }
        if self.random.percent(30) {
            let name = self.name("New");
            let fields = self.fields(false);
            new.push(Variant {
                name,
                fields,
                attributes: Vec::new(),
            });
        }
        self.random.shuffle(&mut new);
        let place = |name: &str| new.iter().position(|variant| variant.name == name);
        let steps = steps
            .into_iter()
            .map(|step| step.map(|(name, fields)| (place(&name).expect("a new variant"), fields)));
        let steps = steps.collect();
        (old, new, steps)
    }

    /// New fields from old ones. Numbered ones cannot be told apart if they move.
    fn change_fields(
        &mut self,
        old: &mut [Field],
        attributes: &mut Vec<String>,
        numbered: bool,
    ) -> (Vec<Field>, Fields) {
        let mut new = Vec::new();
        let mut gone = Vec::new();
        for (place, field) in old.iter_mut().enumerate() {
            let is_own = refers_to(&field.ty, self.pairs.len());
            let loses = !self.careful && !is_own;
            if loses && !numbered && self.random.percent(12) {
                self.leave(place, field, &mut gone);
                attributes.push(format!("removed({:?})", field.name));
                if !matches!(field.ty, Ty::Option(_) | Ty::Box(_)) && self.random.percent(50) {
                    // Often as large, so that the rest stays where it is.
                    let now = Field {
                        name: self.name("o"),
                        ty: Ty::Option(Box::new(field.ty.clone())),
                        attributes: Vec::new(),
                    };
                    new.push((now, Source::Made(Value::None)));
                }
                continue;
            }
            if loses && self.random.percent(8) {
                let empty = match field.ty {
                    Ty::Int(_) => Some(Value::Int(0)),
                    Ty::Text => Some(Value::Text(String::new())),
                    Ty::List(..) | Ty::Bag(..) => Some(Value::List(Vec::new())),
                    _ => None,
                };
                if let Some(empty) = empty {
                    self.leave(place, field, &mut gone);
                    let attributes = vec!["skip".to_owned()];
                    new.push((
                        Field {
                            attributes,
                            ..field.clone()
                        },
                        Source::Made(empty),
                    ));
                    continue;
                }
            }
            let made = match self.of_calls && loses && self.random.percent(50) {
                true => self.made(&field.ty),
                false => None,
            };
            let (ty, change, attributes) = made.unwrap_or_else(|| {
                let mut needs = Needs::default();
                let (ty, change) = self.change(&field.ty, &mut needs, true);
                (ty, change, needs.attributes())
            });
            let mut now = Field {
                name: field.name.clone(),
                ty,
                attributes,
            };
            if !numbered && self.random.percent(25) {
                now.attributes.push(format!("was = {:?}", field.name));
                now.name = self.name("g");
            }
            new.push((now, Source::From(place, change)));
        }
        if self.random.percent(35) {
            let name = match numbered {
                true => new.len().to_string(),
                false => self.name("n"),
            };
            let named = self.pairs.len();
            let ty = match self.random.below(4) {
                // A type that owns something, which is dropped on the way back.
                0 => Ty::Text,
                // A type whose default is known without running anything.
                1 => Ty::Int(self.random.below(INTEGERS.len())),
                _ => shape::ty(self.random, named, 2),
            };
            let (value, attributes) = match ty {
                Ty::Option(_) => (Value::None, Vec::new()),
                _ => {
                    let value = self.value(&ty, false);
                    let default = format!("default = {}", literal(&value, &ty));
                    (value, vec![default])
                }
            };
            new.push((
                Field {
                    name,
                    ty,
                    attributes,
                },
                Source::Made(value),
            ));
        }
        if !numbered && self.random.percent(50) {
            self.random.shuffle(&mut new);
        }
        let (fields, sources) = new.into_iter().unzip();
        (fields, Fields { sources, gone })
    }

    /// What a function of the author's makes of a field of this type, and the attribute that says so.
    fn made(&mut self, ty: &Ty) -> Option<(Ty, Change, Vec<String>)> {
        let (function, ty) = match ty {
            Ty::Text => (Function::Parsed, INTEGERS_U32),
            ty if *ty == INTEGERS_U32 && self.random.percent(50) => (Function::Decimal, Ty::Text),
            ty if *ty == INTEGERS_U32 => (Function::Next, INTEGERS_U32),
            _ => return None,
        };
        let with = format!("with = {}", function.path());
        Some((ty, Change::By(function), vec![with]))
    }

    /// What has become of a type. `top`: it is the type of the field itself.
    fn change(&mut self, ty: &Ty, needs: &mut Needs, top: bool) -> (Ty, Change) {
        let roll = self.random.below(100);
        match ty {
            Ty::Option(inner) if roll < 10 => {
                needs.checked = true;
                let (inner, change) = self.change_within(inner, needs, false);
                (inner, Change::Unwrap(Box::new(change)))
            }
            Ty::Option(inner) => {
                let (inner, change) = self.change_within(inner, needs, false);
                (
                    Ty::Option(Box::new(inner)),
                    Change::Option(Box::new(change)),
                )
            }
            Ty::Box(inner) => {
                let (inner, change) = self.change_within(inner, needs, false);
                match roll {
                    0..15 => (inner, change),
                    _ => (Ty::Box(Box::new(inner)), change),
                }
            }
            _ if roll < 7 => {
                let (inner, change) = self.change_within(ty, needs, false);
                (Ty::Option(Box::new(inner)), Change::Wrap(Box::new(change)))
            }
            _ if roll < 14 => {
                let (inner, change) = self.change_within(ty, needs, false);
                (Ty::Box(Box::new(inner)), change)
            }
            _ => self.change_within(ty, needs, top),
        }
    }

    /// As `change`, without an `Option` or `Box` that is put around the type or taken away.
    fn change_within(&mut self, ty: &Ty, needs: &mut Needs, top: bool) -> (Ty, Change) {
        match ty {
            Ty::Int(_) | Ty::Single | Ty::Double => self.change_number(ty, needs),
            Ty::Bool | Ty::Char | Ty::Text => (ty.clone(), Change::Same),
            Ty::Named(place) | Ty::Shared(place) => (ty.clone(), Change::Named(*place)),
            Ty::Option(_) | Ty::Box(_) => self.change(ty, needs, false),
            Ty::Result(a, b) => {
                let (a, first) = self.change(a, needs, false);
                let (b, second) = self.change(b, needs, false);
                let change = Change::Result(Box::new(first), Box::new(second));
                (Ty::Result(Box::new(a), Box::new(b)), change)
            }
            Ty::Mutex(inner) => {
                let (inner, change) = self.change(inner, needs, false);
                (Ty::Mutex(Box::new(inner)), change)
            }
            Ty::List(kind, inner) => {
                let (inner, change) = self.change(inner, needs, false);
                let kind = self.other(kind, &LISTS);
                (
                    Ty::List(kind, Box::new(inner)),
                    Change::List(Box::new(change)),
                )
            }
            Ty::Bag(kind, inner) => {
                let (inner, change) = self.change_key(inner, needs);
                let kind = match *kind {
                    "BinaryHeap" => "BinaryHeap",
                    kind => self.other(kind, &SETS),
                };
                (
                    Ty::Bag(kind, Box::new(inner)),
                    Change::Bag(Box::new(change)),
                )
            }
            Ty::Map(kind, key, inner) => {
                let (key, first) = self.change_key(key, needs);
                let (inner, second) = self.change(inner, needs, false);
                let kind = self.other(kind, &MAPS);
                let change = Change::Map(Box::new(first), Box::new(second));
                (Ty::Map(kind, Box::new(key), Box::new(inner)), change)
            }
            Ty::Tuple(all) => {
                let all = all.iter().map(|ty| self.change(ty, needs, false));
                let (all, changes) = all.unzip();
                (Ty::Tuple(all), Change::Tuple(changes))
            }
            Ty::Array(len, inner) => {
                let (inner, change) = self.change(inner, needs, false);
                let mut more = (0, Value::None);
                if top && self.random.percent(60) {
                    more = (1 + self.random.below(2), self.value(&inner, false));
                    needs.fill = Some(more.1.clone());
                }
                let now = len + more.0;
                let change = Change::Array(Box::new(change), *len, more);
                (Ty::Array(now, Box::new(inner)), change)
            }
        }
    }

    fn other(&mut self, kind: &'static str, kinds: &[&'static str]) -> &'static str {
        match self.random.percent(20) {
            true => self.random.pick(kinds),
            false => kind,
        }
    }

    fn change_key(&mut self, ty: &Ty, needs: &mut Needs) -> (Ty, Change) {
        let (now, change) = match ty {
            Ty::Int(_) => self.change_number(ty, needs),
            ty => (ty.clone(), Change::Same),
        };
        needs.rebuild |= now != *ty;
        (now, change)
    }

    fn change_number(&mut self, ty: &Ty, needs: &mut Needs) -> (Ty, Change) {
        if self.random.percent(55) {
            return (ty.clone(), Change::Same);
        }
        let now = match self.random.below(10) {
            // Keys are no floats.
            0 if needs_float(ty) => Ty::Single,
            1 if needs_float(ty) => Ty::Double,
            _ => Ty::Int(self.random.below(INTEGERS.len())),
        };
        if now == *ty {
            return (now, Change::Same);
        }
        // Needless where the number widens, and harmless.
        needs.checked = true;
        (now.clone(), Change::Number(ty.clone(), now))
    }
}

const INTEGERS_U32: Ty = Ty::Int(2);

fn needs_float(ty: &Ty) -> bool {
    matches!(ty, Ty::Single | Ty::Double)
}

/// Whether a variant stands for those that a side does not know.
pub(crate) fn is_other_variant(variant: &Variant) -> bool {
    variant.attributes.iter().any(|it| it == "other")
}

/// Whether a type leads to the one at this place.
fn refers_to(ty: &Ty, place: usize) -> bool {
    matches!(ty, Ty::List(_, inner) if **inner == Ty::Named(place))
}
