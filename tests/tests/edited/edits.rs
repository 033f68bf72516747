//! What authors edit from version to version.

use super::super::types::*;
use super::super::values;
use super::{Allowed, Author, bare};

impl Author<'_> {
    /// What its author does to a type, version by version.
    pub(super) fn edit(&mut self, place: usize) {
        let is_state = self.types[place].forms[0].name == "World";
        for version in 1..VERSIONS {
            // What an attribute said before may stay, or go.
            self.tidy(place, version);
            if !self.random.percent(60) {
                continue;
            }
            if !is_state && self.random.percent(20) {
                let name = self.id();
                let forms = &mut self.types[place].forms;
                let was = format!("was = {:?}", forms[version].name);
                for form in &mut forms[version..] {
                    form.name = format!("T{place}r{name}");
                    form.attributes.push(was.clone());
                }
            }
            let by_function = self.types[place].mark.is_some() && self.random.percent(70);
            // The meaning alone may change, which only a function can know of.
            if by_function && self.random.percent(25) {
                let forms = self.types[place].forms[version..].iter_mut();
                forms.for_each(|form| form.meaning += 1);
            } else {
                let variants = self.types[place].variants.len();
                for variant in 0..variants {
                    self.edit_fields(place, variant, version, by_function);
                }
            }
            if by_function {
                let hook = self.hook(place, version);
                self.types[place].forms[version].hook = Some(hook);
            }
            if self.types[place].is_enum {
                self.edit_variants(place, version);
            }
        }
        for version in 1..VERSIONS {
            let form = &self.types[place].forms[version];
            if form
                .hook
                .as_ref()
                .is_some_and(|hook| !self.makes(place, hook, version))
            {
                self.types[place].forms[version].hook = None;
            }
        }
    }

    /// Whether a function makes the form that a type has in a version from the form that it reads: a
    /// function that was left in place may not be able to.
    fn makes(&self, place: usize, hook: &Hook, version: usize) -> bool {
        let fields = self.types[place].fields(0, version).into_iter();
        let mut pairs = fields.map(|(field, form)| (field.forms[hook.from].as_ref(), form));
        pairs.all(|(was, now)| match was {
            Some(was) => was.ty == now.ty,
            None => now.default.is_some() || matches!(now.ty, Ty::Option("Option", _)),
        })
    }

    /// Removes some of what the older form said.
    fn tidy(&mut self, place: usize, version: usize) {
        let described = &mut self.types[place];
        let left = described.forms[version - 1].hook.clone();
        let form = &mut described.forms[version];
        let kept = self.random.percent(50);
        // It takes no value back to the form of another version.
        form.hook = left.filter(|_| self.random.percent(60)).map(|hook| Hook {
            down: false,
            ..hook
        });
        if !kept {
            form.attributes.clear();
        }
        for variant in &mut described.variants {
            if !kept {
                variant.attributes[version].clear();
            }
            for form in variant
                .fields
                .iter_mut()
                .filter_map(|field| field.forms[version].as_mut())
            {
                if !kept {
                    form.attributes.retain(|it| {
                        it == "rebuild" || !(it.starts_with("was") || it.contains("with ="))
                    });
                }
                // A default that is made of other types would be of their older form.
                if !kept || form.ty.any(&|ty| matches!(ty, Ty::Named(..))) {
                    form.default = None;
                }
                form.fill = None;
                form.with = false;
            }
        }
    }

    fn hook(&mut self, place: usize, version: usize) -> Hook {
        Hook {
            name: format!("make{place}v{version}"),
            from: version - 1,
            whole: self.random.percent(50),
            down: self.random.percent(60),
        }
    }

    fn edit_fields(&mut self, place: usize, variant: usize, version: usize, by_function: bool) {
        let count = self.types[place].variants[variant].fields.len();
        let key = self.types[place].key;
        let mark = self.types[place].mark;
        for field in 0..count {
            let current = &self.types[place].variants[variant].fields[field];
            let id = current.id;
            let Some(form) = current.forms[version].clone() else {
                continue;
            };
            let own = form
                .ty
                .any(&|ty| matches!(ty, Ty::Named(at, _) if *at == place));
            let fixed = id <= POKES || mark == Some(id);
            match self.random.below(10) {
                0 if !fixed && !own && form.ty != Ty::Param => {
                    self.remove(place, variant, field, version)
                }
                1 if !fixed => {
                    let name = format!("{}r{version}", form.name);
                    let was = format!("was = {:?}", form.name);
                    let forms = &mut self.types[place].variants[variant].fields[field].forms;
                    for form in forms[version..].iter_mut().flatten() {
                        form.name.clone_from(&name);
                        form.attributes.push(was.clone());
                    }
                }
                2..=4 if !fixed && !by_function && form.skip.is_none() && form.ty != Ty::Param => {
                    self.retype(place, variant, field, version);
                }
                5 => {
                    let order = self.random.next();
                    let forms = &mut self.types[place].variants[variant].fields[field].forms;
                    let forms = forms[version..].iter_mut().flatten();
                    forms.for_each(|form| form.order = order);
                }
                _ => {}
            }
        }
        let is_unit = self.types[place].is_enum && count == 0;
        // A function is there for what has changed.
        if !is_unit && (by_function || self.random.percent(50)) {
            let allowed = Allowed {
                named: place,
                depth: 2,
                param: false,
                plain: mark.is_some(),
            };
            let ty = match key {
                true => self.leaf(true, false),
                false => self.ty(allowed),
            };
            let mut field = self.field(ty);
            field.forms[..version].fill(None);
            let is_option = |ty: &Ty| matches!(ty, Ty::Option("Option", _));
            // A default has an item of its own each time, and no item shows which default made it.
            let form = field.forms[version].as_ref().expect("a new field");
            let owns = values::owns(&self.types, &form.ty);
            for form in field.forms.iter_mut().flatten() {
                if key || mark.is_some() {
                    form.skip = None;
                }
                if owns && !is_option(&form.ty) {
                    form.ty = Ty::Option("Option", bare(form.ty.clone()));
                }
            }
            let form = field.forms[version].as_ref().expect("a new field");
            if form.skip.is_none() && !is_option(&form.ty) {
                let blank = values::blank(&form.ty).filter(|_| self.random.percent(40));
                let value = blank
                    .unwrap_or_else(|| values::simple(self.random, &self.types, &form.ty, version));
                let form = field.forms[version].as_mut().expect("a new field");
                form.default = Some(value);
            }
            self.types[place].variants[variant].fields.push(field);
        }
    }

    fn remove(&mut self, place: usize, variant: usize, field: usize, version: usize) {
        let form = self.types[place].variants[variant].fields[field].forms[version].clone();
        let form = form.expect("a field that is there");
        let owns = form.ty == Ty::Param || values::owns(&self.types, &form.ty);
        let is_option = matches!(form.ty, Ty::Option("Option", _));
        let hooked = self.types[place].mark.is_some();
        let back = !owns && !is_option && form.skip.is_none();
        if back && (hooked || self.random.percent(70)) {
            let value = values::simple(self.random, &self.types, &form.ty, version - 1);
            let forms = &mut self.types[place].variants[variant].fields[field].forms;
            forms[version - 1].as_mut().expect("an old field").default = Some(value);
        } else if hooked && !is_option && form.skip.is_none() {
            return;
        }
        let described = &mut self.types[place];
        described.variants[variant].fields[field].forms[version..].fill(None);
        if form.skip.is_none() || self.random.percent(50) {
            let removed = format!("removed({:?})", form.name);
            let forms = described.forms[version..].iter_mut();
            forms.for_each(|form| form.attributes.push(removed.clone()));
        }
    }

    fn retype(&mut self, place: usize, variant: usize, field: usize, version: usize) {
        let form = self.types[place].variants[variant].fields[field].forms[version].clone();
        let mut form = form.expect("a field that is there");
        let key = self.types[place].key;
        form.attributes.retain(|it| !it.contains("with ="));
        if form.ty == U32 && form.attributes.is_empty() && !key && self.random.percent(60) {
            form.ty = STRING;
            form.with = true;
            form.attributes.push("with = library::decimal".to_owned());
        } else if form.ty == OPAQUE && self.random.percent(60) {
            form.ty = U32;
            form.with = true;
            form.attributes.clear();
            form.attributes
                .push("unsafe(opaque, with = library::opened)".to_owned());
        } else {
            let now = match key {
                true => self.other_leaf(&form.ty),
                false => self.other(&form.ty, true, &mut form.fill, version),
            };
            if now == form.ty {
                return;
            }
            form.ty = now;
            if !form.attributes.iter().any(|it| it == "checked") {
                form.attributes.push("checked".to_owned());
            }
            if form.ty.any(&|ty| matches!(ty, Ty::Map(..) | Ty::Bag(..)))
                && !form.attributes.iter().any(|it| it == "rebuild")
            {
                form.attributes.push("rebuild".to_owned());
            }
        }
        form.default = None;
        let forms = &mut self.types[place].variants[variant].fields[field].forms;
        forms[version] = Some(form.clone());
        // Functions are for what is changed by them; the rest stays until it is tidied up.
        for later in forms[version + 1..].iter_mut() {
            *later = Some(form.clone());
        }
    }

    fn other_leaf(&mut self, ty: &Ty) -> Ty {
        let Ty::Leaf(place) = ty else {
            return ty.clone();
        };
        let leaf = &LEAVES[*place];
        let all = (0..LEAVES.len()).filter(|other| {
            let other = &LEAVES[*other];
            (other.key || !leaf.key)
                && match (leaf.kind, other.kind) {
                    (Kind::Number(..), Kind::Number(..))
                    | (Kind::Address, Kind::Address)
                    | (Kind::Counter, Kind::Counter)
                    | (Kind::Length, Kind::Length) => true,
                    (Kind::Text(a), Kind::Text(b)) => a == b,
                    _ => false,
                }
        });
        let all: Vec<usize> = all.collect();
        match all.is_empty() || self.random.percent(30) {
            true => ty.clone(),
            false => Ty::Leaf(self.random.pick(&all)),
        }
    }

    /// What such a type may become.
    fn other(&mut self, ty: &Ty, top: bool, fill: &mut Option<Value>, version: usize) -> Ty {
        let is_option = matches!(ty, Ty::Option(..) | Ty::Around(..));
        let wraps = match ty {
            Ty::Leaf(place) => !matches!(LEAVES[*place].kind, Kind::Unit | Kind::Foreign(_)),
            _ => !is_option,
        };
        if wraps && self.random.percent(12) {
            let kind = self.random.percent(50);
            let inner = self.other_leaf(ty);
            // One right inside of another could be taken for either.
            let is_boxed = inner
                .leaf()
                .is_some_and(|leaf| leaf.rust.starts_with("Box<"));
            return match kind || is_boxed || matches!(inner, Ty::Slice(_)) {
                true => Ty::Option("Option", Box::new(inner)),
                false => Ty::Around("Box", Box::new(inner)),
            };
        }
        let inner =
            |author: &mut Self, ty: &Ty| Box::new(author.other(ty, false, &mut None, version));
        match ty {
            Ty::Leaf(_) => self.other_leaf(ty),
            Ty::Option("Option", a) | Ty::Around("Box", a) if self.random.percent(30) => {
                self.other_leaf(a)
            }
            // One right inside of another could be taken for either.
            Ty::Option(kind, a) => {
                let is_plain = PLAIN_OPTIONS[..2].contains(kind) && self.random.percent(30);
                let kind = if is_plain {
                    PLAIN_OPTIONS[self.random.below(2)]
                } else {
                    kind
                };
                Ty::Option(kind, Box::new(self.other_leaf(a)))
            }
            Ty::Around(kind, a) if BOXES.contains(kind) => {
                let kind = if self.random.percent(30) {
                    self.random.pick(&BOXES)
                } else {
                    kind
                };
                Ty::Around(kind, Box::new(self.other_leaf(a)))
            }
            Ty::Around(kind, a) if *kind == CELL => Ty::Around(kind, Box::new(self.other_leaf(a))),
            Ty::Range(kind, a) => Ty::Range(kind, Box::new(self.other_leaf(a))),
            Ty::Around(kind, a) if HALVES.contains(kind) => {
                Ty::Around(kind, Box::new(self.other_leaf(a)))
            }
            Ty::Bound(a) => Ty::Bound(inner(self, a)),
            Ty::Around(kind, a) => Ty::Around(kind, inner(self, a)),
            Ty::Result(a, b) => Ty::Result(inner(self, a), inner(self, b)),
            Ty::List(kind, a) => {
                let kind = if self.random.percent(30) {
                    self.random.pick(&LISTS)
                } else {
                    kind
                };
                Ty::List(kind, inner(self, a))
            }
            Ty::Slice(a) => match self.random.percent(30) {
                true => Ty::List("Vec", inner(self, a)),
                false => Ty::Slice(inner(self, a)),
            },
            Ty::Bag(kind, a) => {
                let kind = match *kind {
                    HEAP => HEAP,
                    kind => {
                        if self.random.percent(30) {
                            self.random.pick(&SETS)
                        } else {
                            kind
                        }
                    }
                };
                Ty::Bag(kind, Box::new(self.other_leaf(a)))
            }
            Ty::Map(kind, a, b) => {
                let kind = if self.random.percent(30) {
                    self.random.pick(&MAPS)
                } else {
                    kind
                };
                Ty::Map(kind, Box::new(self.other_leaf(a)), inner(self, b))
            }
            Ty::Pair(a, b) => Ty::Pair(inner(self, a), inner(self, b)),
            Ty::Array(len, a) => {
                let now = inner(self, a);
                if top && !values::owns(&self.types, &now) && self.random.percent(60) {
                    *fill = Some(values::simple(self.random, &self.types, &now, version));
                    return Ty::Array(len + 1 + self.random.below(2), now);
                }
                Ty::Array(*len, now)
            }
            Ty::Named(..) | Ty::Param | Ty::Arc(..) | Ty::Weak(..) => ty.clone(),
        }
    }

    fn edit_variants(&mut self, place: usize, version: usize) {
        let count = self.types[place].variants.len();
        for variant in 1..count {
            let current = &self.types[place].variants[variant];
            let Some(name) = current.names[version].clone() else {
                continue;
            };
            if self.random.percent(12) && self.types[place].present(version).len() > 2 {
                let unit = &self.types[place].variants[0];
                let (unit_id, unit) = (
                    unit.id,
                    unit.names[version].clone().expect("the first stays"),
                );
                let replaced = self.random.percent(50);
                let described = &mut self.types[place];
                described.variants[variant].names[version..].fill(None);
                if replaced {
                    described.variants[variant].becomes = Some(unit_id);
                    let removed = format!("removed_variant({name} => {unit})");
                    let forms = described.forms[version..].iter_mut();
                    forms.for_each(|form| form.attributes.push(removed.clone()));
                }
            } else if self.random.percent(20) {
                let variant = &mut self.types[place].variants[variant];
                let now = format!("{name}r{version}");
                for later in variant.names[version..].iter_mut().flatten() {
                    later.clone_from(&now);
                }
                let was = format!("was = {name:?}");
                let later = variant.attributes[version..].iter_mut();
                later.for_each(|attributes| attributes.push(was.clone()));
            }
        }
    }
}
