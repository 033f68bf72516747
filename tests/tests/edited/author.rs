//! Makes types up, and what their author does to them from version to version.

mod edits;

use super::random::Random;
use super::rules;
use super::types::*;
use super::values;

/// What a module's state may hold. No state can hold what all flavours do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flavour {
    /// Items with several owners, and a check, which may see no cell.
    Checked,
    /// Items with several owners, and locks.
    Locked,
    /// Values that only one thread may look at.
    Local,
}

pub(crate) struct Author<'r> {
    random: &'r mut Random,
    types: Vec<Described>,
    flavour: Flavour,
    ids: usize,
}

/// What a type may be made of.
#[derive(Clone, Copy)]
struct Allowed {
    /// The tests' own types that it may name: those before this place.
    named: usize,
    depth: usize,
    /// The parameter.
    param: bool,
    /// Only what a function can clone, without looking at described types.
    plain: bool,
}

/// The types of a module, in all versions.
pub(crate) fn types(random: &mut Random) -> Types {
    let flavour = random.pick(&[
        Flavour::Checked,
        Flavour::Locked,
        Flavour::Locked,
        Flavour::Local,
    ]);
    let mut author = Author {
        random,
        types: Vec::new(),
        flavour,
        ids: POKES + 1,
    };
    let count = 3 + author.random.below(4);
    for place in 0..count {
        let described = author.describe(place);
        author.types.push(described);
        author.edit(place);
    }
    author.describe_state();
    let mut checks = vec![None; VERSIONS];
    if flavour == Flavour::Checked {
        for check in &mut checks[1..] {
            let fields = &author.types.last().expect("the state").variants[0].fields;
            let arcs = fields.iter().filter(|field| {
                let mut forms = field.forms.iter();
                forms.all(|form| {
                    form.as_ref()
                        .is_some_and(|form| matches!(form.ty, Ty::Arc(..)))
                })
            });
            let arcs: Vec<usize> = arcs.map(|field| field.id).collect();
            if author.random.percent(60) {
                let keeps = match arcs.is_empty() || author.random.percent(40) {
                    true => None,
                    false => Some(author.random.pick(&arcs)),
                };
                *check = Some(Check { keeps });
            }
        }
    }
    let mut preflights = vec![false; VERSIONS];
    for preflight in &mut preflights[1..] {
        *preflight = author.random.percent(40);
    }
    let mut types = Types {
        types: author.types,
        checks,
        preflights,
        broken: None,
    };
    types.broken = broken(&types, random);
    types
}

/// A version to be refused: what a new field would need is left out, or its set-up fails.
fn broken(types: &Types, random: &mut Random) -> Option<Broken> {
    let mut all = Vec::new();
    for version in 1..VERSIONS {
        let met = rules::converted(types, version - 1, version);
        for (place, _) in &met {
            for field in types.types[*place]
                .variants
                .iter()
                .flat_map(|it| &it.fields)
            {
                let (was, now) = (&field.forms[version - 1], &field.forms[version]);
                if let (None, Some(now)) = (was, now)
                    && now.skip.is_none()
                    && !matches!(now.ty, Ty::Option("Option", _))
                    && types.types[*place].forms[version].hook.is_none()
                    && !types.types[*place].is_enum
                {
                    all.push((version, field.id));
                }
            }
        }
    }
    match all.is_empty() || random.percent(25) {
        true => Some(Broken {
            version: 1 + random.below(VERSIONS - 1),
            lacks: None,
        }),
        false => {
            let (version, field) = random.pick(&all);
            Some(Broken {
                version,
                lacks: Some(field),
            })
        }
    }
}

impl Author<'_> {
    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    fn leaf(&mut self, key: bool, plain: bool) -> Ty {
        loop {
            let place = self.random.below(LEAVES.len());
            let leaf = &LEAVES[place];
            let fits = (leaf.key || !key)
                && (!leaf.cell || !plain && self.flavour != Flavour::Checked)
                && !matches!(leaf.kind, Kind::Foreign(_));
            if fits {
                return Ty::Leaf(place);
            }
        }
    }

    fn key(&mut self, allowed: Allowed) -> Ty {
        let keys = (0..allowed.named).filter(|place| self.types[*place].key);
        let keys: Vec<usize> = keys.collect();
        if !keys.is_empty() && !allowed.plain && self.random.percent(50) {
            let named = Ty::Named(self.random.pick(&keys), None);
            return match self.random.percent(60) {
                true => Ty::Arc(self.owner(), Box::new(named)),
                false => named,
            };
        }
        self.leaf(true, allowed.plain)
    }

    /// An owner of what others may own too.
    fn owner(&mut self) -> &'static str {
        match self.flavour {
            Flavour::Local => RC,
            _ if self.random.percent(15) => R_ARC,
            _ => ARC,
        }
    }

    fn weak(&self) -> &'static str {
        match self.flavour {
            Flavour::Local => RC_WEAK,
            _ => WEAK,
        }
    }

    fn ty(&mut self, allowed: Allowed) -> Ty {
        if allowed.depth == 0 || self.random.percent(20) {
            return self.leaf(false, allowed.plain);
        }
        let below = Allowed {
            depth: allowed.depth - 1,
            ..allowed
        };
        let within = |author: &mut Self| Box::new(author.ty(below));
        match self.random.below(16) {
            0 | 1 if allowed.named > 0 && !allowed.plain => self.named(allowed),
            // What it holds is as it is for all its owners.
            2..=4 => {
                let item = match allowed.named > 0 && !allowed.plain && self.random.percent(85) {
                    true => self.named(allowed),
                    false => self.leaf(false, allowed.plain),
                };
                let locked = self.flavour == Flavour::Locked && !allowed.plain;
                let item = match locked && self.random.percent(30) {
                    true => {
                        let list = Ty::List(self.random.pick(&LISTS), Box::new(item));
                        Ty::Around(AROUND[2 + self.random.below(2)], Box::new(list))
                    }
                    false => item,
                };
                Ty::Arc(self.owner(), Box::new(item))
            }
            5 if !allowed.plain => {
                let arc = self.known_arc(allowed.named);
                arc.map_or(STRING, |item| Ty::Weak(self.weak(), item))
            }
            6 => {
                let kind = PLAIN_OPTIONS[self.random.below(6).saturating_sub(3)];
                Ty::Option(kind, bare(*within(self)))
            }
            7 if !allowed.plain => {
                let kind = match self.flavour {
                    Flavour::Checked => return Ty::Around("std::cmp::Reverse", within(self)),
                    Flavour::Locked => 2,
                    Flavour::Local => 3,
                };
                if self.flavour == Flavour::Local && self.random.percent(30) {
                    let leaf = self.leaf(false, true);
                    let copy = leaf.leaf().is_some_and(|leaf| leaf.copy);
                    return Ty::Around(CELL, Box::new(if copy { leaf } else { U32 }));
                }
                match self.random.percent(30) {
                    true => {
                        let inner = bare(*within(self));
                        let owns = values::owns(&self.types, &inner);
                        // Owners are not looked for in a cell.
                        let kind = if owns { 1 } else { kind };
                        Ty::Option(OPTIONS[self.random.below(kind)], inner)
                    }
                    false => Ty::Around(AROUND[2 + self.random.below(kind)], within(self)),
                }
            }
            8 => match self.random.below(4) {
                0 => Ty::Bound(within(self)),
                1 => {
                    let end = Box::new(self.leaf(true, allowed.plain));
                    match self.random.percent(60) {
                        true => Ty::Range(self.random.pick(&RANGES), end),
                        false => Ty::Around(self.random.pick(&HALVES), end),
                    }
                }
                _ => Ty::Result(within(self), within(self)),
            },
            9 => {
                let kind = self.random.pick(&[HEAP, SETS[0], SETS[1]]);
                Ty::Bag(kind, Box::new(self.key(allowed)))
            }
            10 => {
                let key = Box::new(self.key(allowed));
                // No function clones abi_stable's.
                let kinds = if allowed.plain { &MAPS[..2] } else { &MAPS };
                Ty::Map(self.random.pick(kinds), key, within(self))
            }
            11 => Ty::Pair(within(self), within(self)),
            12 => Ty::Array(1 + self.random.below(3), within(self)),
            13 => Ty::Around(self.random.pick(&BOXES), bare(*within(self))),
            14 => Ty::Slice(within(self)),
            _ => Ty::List(self.random.pick(&LISTS), within(self)),
        }
    }

    /// A type of the tests' own.
    fn named(&mut self, allowed: Allowed) -> Ty {
        let place = self.random.below(allowed.named);
        let param = self.types[place].generic.then(|| {
            let plain = (0..allowed.named).filter(|place| !self.types[*place].generic);
            let plain: Vec<usize> = plain.collect();
            Box::new(match plain.is_empty() || self.random.percent(40) {
                true => self.leaf(false, false),
                false => Ty::Named(self.random.pick(&plain), None),
            })
        });
        Ty::Named(place, param)
    }

    /// What some `Arc` owns, for a `Weak` of it.
    fn known_arc(&mut self, named: usize) -> Option<Box<Ty>> {
        let plain = (0..named).filter(|place| !self.types[*place].generic);
        let plain: Vec<usize> = plain.collect();
        let named = (!plain.is_empty()).then(|| Ty::Named(self.random.pick(&plain), None));
        named.map(Box::new)
    }

    fn form(&mut self, ty: Ty) -> FieldForm {
        let mut attributes = Vec::new();
        if let Some(Kind::Foreign(attribute)) = ty.leaf().map(|leaf| leaf.kind) {
            attributes.push(attribute.to_owned());
        }
        // Where the type of a key changes, whatever holds it is built anew.
        if ty.any(&has_described_key) {
            attributes.push("rebuild".to_owned());
        }
        FieldForm {
            name: format!("f{}", self.ids),
            ty,
            order: self.random.next(),
            attributes,
            default: None,
            skip: None,
            fill: None,
            with: false,
        }
    }

    /// A field that is there in all versions so far.
    fn field(&mut self, ty: Ty) -> Field {
        let id = self.id();
        let mut form = self.form(ty);
        if let Ty::Leaf(_) = form.ty
            && form.attributes.is_empty()
            && self.random.percent(15)
        {
            let blank = values::blank(&form.ty).filter(|_| self.random.percent(50));
            form.skip = Some(blank.unwrap_or_else(|| values::word(self.random, &form.ty)));
        }
        Field {
            id,
            forms: vec![Some(form); VERSIONS],
        }
    }

    /// A type for a field of its own.
    fn field_type(&mut self, allowed: Allowed) -> Ty {
        let foreign = |it: &usize| match LEAVES[*it].kind {
            // No check may see a value that hotmod cannot look into.
            Kind::Foreign(how) => self.flavour != Flavour::Checked || !how.starts_with("unsafe"),
            _ => false,
        };
        match !allowed.plain && !allowed.param && self.random.percent(12) {
            true => {
                let foreign: Vec<usize> = (0..LEAVES.len()).filter(foreign).collect();
                Ty::Leaf(self.random.pick(&foreign))
            }
            false => self.ty(allowed),
        }
    }

    fn describe(&mut self, place: usize) -> Described {
        let key = self.random.percent(30);
        let generic = !key && self.random.percent(15);
        let is_enum = !key && !generic && self.random.percent(30);
        let hooked = !key && !generic && !is_enum && self.random.percent(45);
        let allowed = Allowed {
            named: place,
            depth: 2,
            param: generic,
            plain: hooked,
        };
        let mut mark = None;
        let mut variants = Vec::new();
        for number in 0..if is_enum { 2 + self.random.below(3) } else { 1 } {
            let mut fields = Vec::new();
            let count = if is_enum && number == 0 {
                0
            } else {
                1 + self.random.below(4)
            };
            for _ in 0..count {
                let ty = match key {
                    true => self.leaf(true, false),
                    false => self.field_type(allowed),
                };
                let mut field = self.field(ty);
                if key || hooked {
                    field
                        .forms
                        .iter_mut()
                        .flatten()
                        .for_each(|form| form.skip = None);
                }
                fields.push(field);
            }
            if allowed.param {
                fields.push(self.field(Ty::Param));
            }
            if hooked {
                let mut field = self.field(U64);
                field
                    .forms
                    .iter_mut()
                    .flatten()
                    .for_each(|form| form.skip = None);
                mark = Some(field.id);
                fields.push(field);
            }
            if !(hooked || key || generic || is_enum && number == 0) {
                fields.extend(self.kin(place));
            }
            let id = self.id();
            variants.push(Variant {
                id,
                names: vec![Some(format!("V{id}")); VERSIONS],
                attributes: vec![Vec::new(); VERSIONS],
                becomes: None,
                fields,
            });
        }
        let reprs: &[&str] = match is_enum {
            true => &["", "", "#[repr(u8)]"],
            false => &["", "", "#[repr(C)]", "#[repr(align(32))]"],
        };
        let form = Form {
            name: format!("T{place}"),
            attributes: Vec::new(),
            repr: self.random.pick(reprs),
            hook: None,
            meaning: 0,
        };
        Described {
            forms: vec![form; VERSIONS],
            is_enum,
            generic,
            key,
            mark,
            variants,
        }
    }

    /// Fields that lead to more values of the same type.
    fn kin(&mut self, place: usize) -> Vec<Field> {
        let own = || Box::new(Ty::Named(place, None));
        let list = |ty: Ty| Ty::List("Vec", Box::new(ty));
        let lock = |ty: Ty| Ty::Around(AROUND[2], Box::new(ty));
        match (self.random.below(10), self.flavour) {
            (0, _) => vec![self.field(list(*own()))],
            (1, Flavour::Locked) => {
                let kids = self.field(lock(list(Ty::Arc(ARC, own()))));
                let up = self.field(lock(Ty::Weak(WEAK, own())));
                vec![kids, up]
            }
            (2, _) => vec![self.field(Ty::Weak(self.weak(), own()))],
            (3, _) => {
                let owner = self.owner();
                vec![self.field(list(Ty::Arc(owner, own())))]
            }
            _ => Vec::new(),
        }
    }

    fn describe_state(&mut self) {
        let place = self.types.len();
        let plain = |id, name: &str, ty: Ty| Field {
            id,
            forms: vec![
                Some(FieldForm {
                    name: name.to_owned(),
                    ty,
                    order: id as u64,
                    attributes: Vec::new(),
                    default: None,
                    skip: None,
                    fill: None,
                    with: false,
                });
                VERSIONS
            ],
        };
        let mut fields = vec![plain(VETO, "veto", U32), plain(POKES, "pokes", U64)];
        let allowed = Allowed {
            named: place,
            depth: 3,
            param: false,
            plain: false,
        };
        // Else many of the types would be in no state.
        for named in 0..place {
            let ty = Ty::Named(named, self.types[named].generic.then(|| Box::new(STRING)));
            let ty = match self.random.below(5) {
                0 => Ty::List("Vec", Box::new(ty)),
                1 => Ty::Arc(self.owner(), Box::new(ty)),
                2 | 3 => Ty::List("Vec", Box::new(Ty::Arc(self.owner(), Box::new(ty)))),
                _ => ty,
            };
            let field = self.field(ty);
            fields.push(field);
        }
        for _ in 0..2 + self.random.below(3) {
            let ty = self.field_type(allowed);
            let field = self.field(ty);
            fields.push(field);
        }
        let form = Form {
            name: "World".to_owned(),
            attributes: Vec::new(),
            repr: "",
            hook: None,
            meaning: 0,
        };
        let id = self.id();
        self.types.push(Described {
            forms: vec![form; VERSIONS],
            is_enum: false,
            generic: false,
            key: false,
            mark: None,
            variants: vec![Variant {
                id,
                names: vec![Some(String::new()); VERSIONS],
                attributes: vec![Vec::new(); VERSIONS],
                becomes: None,
                fields,
            }],
        });
        self.edit(place);
    }
}

/// The type without an `Option` or `Box` around it, which could be taken for either.
pub(crate) fn bare(ty: Ty) -> Box<Ty> {
    match ty {
        Ty::Option(_, inner) => bare(*inner),
        Ty::Around(kind, inner) if BOXES.contains(&kind) => bare(*inner),
        ty => Box::new(ty),
    }
}

/// Whether what it holds is found by a key of the tests' own.
fn has_described_key(ty: &Ty) -> bool {
    match ty {
        Ty::Bag(_, key) | Ty::Map(_, key, _) => !matches!(**key, Ty::Leaf(_)),
        _ => false,
    }
}
