//! A plan that is being made: what is known so far, and what every rule asks of it.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use hotmod::describe::graph::{Graph, mentions};
use hotmod::describe::{Builtin, DECODED, Description, Difference, Down, Form, Hook, Rule, Type};

use super::ground::Ground;
use super::values::PlannedValues;
use crate::contract::tell;
use crate::in_place::{Unlike, built_for, followed, handed_to};
use crate::plan::model::{ConversionBody, Step, Way};

/// What to write where the newer version does not say how to go back.
const BY_A_BUILD: &str = "the newer version does not say how to go back: update to a build of the \
                          older one whose attributes take this state on, as for any update";

pub(super) struct Planner<'a> {
    /// What other plans between the two know too.
    pub(super) ground: &'a Ground<'a>,
    pub(super) way: Way,
    pub(super) was: &'a Description,
    pub(super) now: &'a Description,
    /// The newer types in which something may be changed through a shared reference; found when
    /// first asked for.
    pub(super) cells: Option<BTreeSet<&'a Type>>,
    pub(super) conversions: Vec<Unfinished<'a>>,
    /// Where the conversion of a pair stands.
    pub(super) places: BTreeMap<(&'a Type, Type), usize>,
    /// How many steps were planned.
    pub(super) steps: usize,
    /// At how many types may still be looked for the forms that functions take and make.
    pub(super) forms: Cell<usize>,
    /// The types with an owner, in a field, of an item that is converted: one for each. Found when first asked
    /// for.
    pub(super) keepers: Option<HashMap<&'a Type, String>>,
    /// Which types are moved as bytes.
    pub(super) moves: HashMap<&'a Type, bool>,
    /// What shared items of a type become. Items of an `Rc` are kept apart, by the flag.
    pub(super) shared: BTreeMap<(bool, &'a Type), Type>,
    /// What becomes of the values of `Lazy`s.
    pub(super) values: PlannedValues<'a>,
    pub(super) differences: Vec<Difference>,
    /// Which conversions were refused, and what is told of that to whatever leads there, from there on.
    pub(super) refused: Vec<(&'a Type, Type, Vec<Difference>)>,
}

pub(super) struct Unfinished<'a> {
    pub(super) was: &'a Type,
    pub(super) now: Type,
    pub(super) body: Option<ConversionBody>,
    /// The first unfinished conversion that this one leads back to; `None` once a difference is
    /// reported for this conversion or for one that it leads to.
    pub(super) open: Option<usize>,
}

/// At how many types may be looked for all forms together. A file may describe many types and many functions
/// whose forms lead to all of them.
const FORMS: usize = if cfg!(test) { 1 << 13 } else { 1 << 17 };

/// How much of each kind is remembered of a conversion that was refused, beside why. Types may lead to each other, and
/// each would have all of what the others have.
const REMEMBERED: usize = 8;

impl<'a> Planner<'a> {
    pub(super) fn new(ground: &'a Ground<'a>) -> Self {
        Planner {
            ground,
            way: ground.way,
            was: ground.was.description,
            now: ground.now.description,
            cells: None,
            conversions: Vec::new(),
            places: BTreeMap::new(),
            steps: 0,
            forms: Cell::new(FORMS),
            keepers: None,
            moves: HashMap::new(),
            shared: BTreeMap::new(),
            values: PlannedValues::default(),
            differences: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Compares a form that a function takes with the older type of this name.
    pub(super) fn taken(&self, form: &Form) -> Result<(), Unlike> {
        let (live, ty) = (&self.ground.was, &form.ty);
        let kept = self.look_at_form(|| form.described(self.now))?;
        let known = (live.description, live.prints.of(ty), &live.transients);
        match self.was.toolchain == DECODED {
            true => built_for(&kept, known, ty),
            false => handed_to(&kept, known, ty),
        }
    }

    /// What a form that is built for a function cannot have of the older type of this name: a value in a `Lazy` that is
    /// taken along.
    pub(super) fn followed(&self, form: &Form) -> Option<Type> {
        match self.was.toolchain == DECODED {
            true => followed(self.was, self.now, &form.ty),
            false => None,
        }
    }

    /// Compares a form that a function makes with the newer type of this name.
    pub(super) fn made(&self, down: &Down) -> Result<(), Unlike> {
        let (live, ty) = (&self.ground.now, &down.to);
        let kept = self.look_at_form(|| down.described(self.was))?;
        let known = (live.description, live.prints.of(ty), &live.transients);
        handed_to(&kept, known, ty)
    }

    /// A form with all that it leads to, unless all forms together lead to too many types.
    fn look_at_form(&self, form: impl FnOnce() -> Description) -> Result<Description, Unlike> {
        if self.forms.get() == 0 {
            return Err(Unlike::TooMany);
        }
        let form = form();
        // The plan of each call has forms of its own.
        self.ground.count(form.types.len());
        let left = self.forms.get().checked_sub(form.types.len());
        self.forms.set(left.unwrap_or(0));
        match left {
            Some(_) => Ok(form),
            None => Err(Unlike::TooMany),
        }
    }

    pub(super) fn add(&mut self, path: String, was: &str, now: &str, rule: Rule, help: &str) {
        let difference = Difference {
            path,
            was: was.to_owned(),
            now: now.to_owned(),
            rule,
            help: help.to_owned(),
        };
        tell(difference, &mut self.differences);
    }

    pub(super) fn changed(&mut self, path: &str, was: &Type, now: &Type, rule: Rule) {
        self.add(
            path.to_owned(),
            &was.to_string(),
            &now.to_string(),
            rule,
            "",
        );
    }

    pub(super) fn refuse(
        &mut self,
        path: &str,
        was: &Type,
        now: &Type,
        rule: Rule,
        help: &str,
    ) -> Step {
        self.add(
            path.to_owned(),
            &was.to_string(),
            &now.to_string(),
            rule,
            help,
        );
        Step::Move
    }

    /// What to write to make a change acceptable. On the way back, only another build can.
    pub(super) fn cure(&self, on: &'static str) -> &'static str {
        match self.way {
            Way::On => on,
            Way::Back => BY_A_BUILD,
        }
    }

    /// The type that a described type becomes.
    pub(super) fn successor(&self, was: &Type) -> Option<Type> {
        match self.way {
            Way::On => self
                .ground
                .names
                .successor(was)
                .or_else(|| self.led_down(was)),
            Way::Back => self.ground.names.predecessor(was),
        }
    }

    /// Whether one described type becomes the other.
    pub(super) fn follows(&self, was: &Type, now: &Type) -> bool {
        match self.way {
            Way::On => self.successor(was).as_ref() == Some(now),
            Way::Back => self.ground.names.successor(now).as_ref() == Some(was),
        }
    }

    /// Whether a type expression is the other, but for what described types have become.
    pub(super) fn is_successor(&self, was: &Type, now: &Type) -> bool {
        let heads = was.name == now.name || self.follows(was, now);
        let args = was.args.iter().zip(&now.args);
        heads
            && was.args.len() == now.args.len()
            && args
                .into_iter()
                .all(|(was, now)| self.is_successor(was, now))
    }

    /// Whether values of this type are the same bytes in both.
    pub(super) fn moves(&mut self, ty: &'a Type) -> bool {
        if let Some(known) = self.moves.get(ty) {
            return *known;
        }
        // A field that is carried over by a form of its own never goes as bytes.
        let carried = ty.builtin().is_some_and(Builtin::is_carried);
        let skips =
            carried || self.ground.was.transients.within(ty).is_some() || self.is_unsettled(ty);
        let moves = !skips && self.is_printed_alike(ty);
        self.moves.insert(ty, moves);
        moves
    }

    /// Whether a function that reads a value of this type is given one that is built for it: of what was decoded, and is of
    /// the same type in both.
    pub(super) fn is_built(&self, ty: &Type) -> bool {
        let Ground { was, now, .. } = self.ground;
        let prints = [was.prints.of(ty), now.prints.of(ty)];
        self.was.toolchain == DECODED
            && was.transients.within(ty).is_none()
            && followed(self.was, self.now, ty).is_none()
            && prints[0].schema == prints[1].schema
            && prints[0].meaning == prints[1].meaning
    }

    /// Whether a type has the same fingerprints in both.
    pub(super) fn is_printed_alike(&self, ty: &Type) -> bool {
        self.ground.was.prints.of(ty) == self.ground.now.prints.of(ty)
    }

    pub(super) fn is_unsettled(&self, ty: &Type) -> bool {
        let Ground {
            unsettled, unmoved, ..
        } = self.ground;
        let is = |ty: &Type| unsettled.contains(ty) || unmoved.contains(ty);
        !unsettled.is_empty() && mentions(ty, &is)
    }

    /// The function that makes values of one type from values of the other, unless these have been
    /// through it already.
    pub(super) fn hook(&self, was: &Type, now: &Type) -> Option<&'a Hook> {
        let hook = self.ground.hooks.1.get(now)?;
        let applied = self
            .ground
            .hooks
            .0
            .get(was)
            .is_some_and(|it| it.is_same(hook));
        let is_another = || self.ground.is_of_calls && self.takes_another(was, now);
        (!applied && !is_another()).then_some(hook)
    }

    /// Whether the function that makes `now` names a form that `was` does not have. A host says by its types
    /// alone which functions its values have been through, so what is of another form has been through this
    /// one, and the rules convert it.
    fn takes_another(&self, was: &Type, now: &Type) -> bool {
        let Some(form) = self.now.reads.get(now) else {
            return false;
        };
        form.ty != *was || matches!(self.taken(form), Err(it) if !matches!(it, Unlike::TooMany))
    }

    /// Whether only a function can take values of `was` back to `now`, as a function made them of that.
    pub(super) fn was_made(&self, was: &Type, now: &Type) -> bool {
        let hooks = &self.ground.hooks;
        let Some(hook) = hooks.0.get(was) else {
            return false;
        };
        if hooks.1.get(now).is_some_and(|it| it.is_same(hook)) {
            return false;
        }
        match self.was.reads.get(was) {
            Some(form) if self.ground.is_of_calls => {
                let live = &self.ground.now;
                let known = (live.description, live.prints.of(now), &live.transients);
                form.ty == *now
                    && !self
                        .look_at_form(|| form.described(self.was))
                        .is_ok_and(|kept| handed_to(&kept, known, now).is_err())
            }
            _ => true,
        }
    }

    /// Refuses to let the author's code take or make values of these types in a call, where they lack the fields that
    /// are not carried over: it takes and makes whole ones.
    pub(super) fn refuse_incomplete(&mut self, path: &str, was: Option<&Type>, now: &Type) -> bool {
        if !self.ground.is_of_calls {
            return false;
        }
        let (old, new) = (&self.ground.was.transients, &self.ground.now.transients);
        let lacking = was.and_then(|was| old.within(was));
        let Some(field) = lacking.or_else(|| new.within(now)).cloned() else {
            return false;
        };
        let shown = match was {
            Some(was) => format!("`{was}`"),
            None => "absent".to_owned(),
        };
        let made =
            format!("`{now}`, made by a function although a call does not carry `{field}` over");
        let help = field.cure().unwrap_or_else(|| {
            format!("pass the parts that are needed, or move `{field}` out of the type")
        });
        self.add(
            path.to_owned(),
            &shown,
            &made,
            Rule::TransientCrosses,
            &help,
        );
        true
    }

    /// Remembers for the plans of other calls that this conversion was refused, if something was added to the
    /// differences that does: the first that does, and what shows which side is the newer one. Where items are shared,
    /// what became of others may be the reason.
    pub(super) fn remember_refused(
        &mut self,
        path: &str,
        was: &'a Type,
        now: &Type,
        before: usize,
    ) {
        if !self.ground.remembers || !self.shared.is_empty() {
            return;
        }
        let since = self.differences.get(before..).unwrap_or_default();
        let Some(refused) = since.iter().find(|it| it.rule.refuses()) else {
            return;
        };
        let of = |rules: [Rule; 2]| {
            let found = since.iter().filter(move |it| rules.contains(&it.rule));
            found.take(REMEMBERED)
        };
        let unknown = of([Rule::VariantUnused, Rule::CallOther]);
        let renamed = of([Rule::Renamed, Rule::VariantReplaced]);
        let told = [refused].into_iter().chain(unknown).chain(renamed);
        let told = told.map(|it| {
            let path = it.path.strip_prefix(path)?.to_owned();
            Some(Difference { path, ..it.clone() })
        });
        if let Some(told) = told.collect() {
            self.refused.push((was, now.clone(), told));
        }
    }

    /// Refuses to check a state that could be changed through a shared reference: what was moved into
    /// it still belongs to the old state.
    pub(super) fn checkable(&mut self, state: &Type, next: &Type) {
        // An opaque one may be a cell. A `Lazy` is one, but nothing can open it before the state is final.
        let is_cell = |ty: &Type| {
            let builtin = ty.builtin().filter(|it| *it != Builtin::Lazy);
            builtin.is_some_and(Builtin::is_cell) || ty.opaque().is_some()
        };
        let now = self.now;
        let cells = self
            .cells
            .get_or_insert_with(|| Graph::new(&now.types).leading_to(is_cell));
        let leads = mentions(next, &|ty| is_cell(ty) || cells.contains(ty));
        let cell = leads.then(|| first_of(now, next, &is_cell)).flatten();
        if let Some(cell) = cell {
            self.add(
                state.to_string(),
                "checked by a function marked #[hotmod::after_migrate]",
                &format!("a state that holds `{cell}`"),
                Rule::CheckImpossible,
                "a check could change what still belongs to the old state: remove the check, or \
                 keep the value outside of it",
            );
        }
    }
}

pub(super) fn is_skipped_type(ty: &Type) -> bool {
    ty.builtin() == Some(Builtin::Skipped)
}

/// The first type that can be reached from `ty` and for which `is` holds, as text.
fn first_of(description: &Description, ty: &Type, is: &impl Fn(&Type) -> bool) -> Option<String> {
    fn within<'t>(ty: &'t Type, is: &impl Fn(&Type) -> bool) -> Option<&'t Type> {
        match is(ty) {
            true => Some(ty),
            false => ty.args.iter().find_map(|arg| within(arg, is)),
        }
    }
    let graph = Graph::reached(description, ty);
    let fields = graph.types.iter().flat_map(|(_, it)| it.fields());
    let mut mentioned = [ty].into_iter().chain(fields.map(|field| &field.ty));
    let found = mentioned.find_map(|ty| within(ty, is));
    found.map(ToString::to_string)
}
