//! What may be passed between two sides that were compiled apart, worked out from the changes alone: as the
//! guide says it, and in no way as a plan does it.
//!
//! Whether two types that the author wrote otherwise are laid out alike, the compiler decides. Where the answer
//! depends on that, it is [`Maybe::Unknown`], and the function is not used.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Fields, Function, Pair, Shapes, Source, is_other_variant};
use super::shape::{Field, INTEGERS, Shape, Ty};
use super::signature::{Lending, Made, Passed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maybe {
    Yes,
    No,
    Unknown,
}

use Maybe::{No, Unknown, Yes};

impl Maybe {
    /// Whether one of all is so.
    fn any(all: impl IntoIterator<Item = Maybe>) -> Maybe {
        all.into_iter().fold(No, |found, it| match (found, it) {
            (Yes, _) | (_, Yes) => Yes,
            (Unknown, _) | (_, Unknown) => Unknown,
            (No, No) => No,
        })
    }

    /// The answer where one of the two holds, and the reference cannot say which.
    fn either(self, other: Maybe) -> Maybe {
        if self == other { self } else { Unknown }
    }

    fn not(self) -> Maybe {
        match self {
            Yes => No,
            No => Yes,
            Unknown => Unknown,
        }
    }

    fn and(self, other: Maybe) -> Maybe {
        Maybe::any([self.not(), other.not()]).not()
    }
}

impl From<bool> for Maybe {
    fn from(is_so: bool) -> Self {
        if is_so { Yes } else { No }
    }
}

pub(crate) struct Allowed<'a> {
    pairs: &'a [Pair],
    alike: RefCell<BTreeMap<usize, Maybe>>,
}

/// The parts of a value that are converted each by itself, and the types of each on both sides.
type Parts<'t> = Vec<(&'t Change, &'t Ty, &'t Ty)>;

impl<'a> Allowed<'a> {
    pub(crate) fn new(pairs: &'a [Pair]) -> Self {
        Allowed {
            pairs,
            alike: RefCell::default(),
        }
    }

    /// Whether a function can be called by the other side.
    pub(crate) fn function(&self, made: &Made) -> Maybe {
        let mut allowed = vec![self.by_value(&made.output)];
        // Only what is called, or what calls its host, says which functions its values have been through.
        let hooks = made.older_calls != made.is_import();
        let leads = |passed: &Passed, on: bool, hooks: bool| {
            let Passed { was, now, change } = passed;
            self.leads(change, (was, now), (on, hooks), &mut BTreeSet::new())
        };
        allowed.push(leads(&made.output, !made.older_calls, hooks).into());
        let mut partly: BTreeSet<usize> = BTreeSet::new();
        for parameter in &made.parameters {
            let is_of_both = parameter.is_given() && parameter.is_taken();
            let on = made.older_calls;
            let Passed { was, now, change } = &parameter.passed;
            if parameter.lending == Lending::Value {
                allowed.push(self.by_value(&parameter.passed));
                allowed.push(Maybe::from(
                    !is_of_both || leads(&parameter.passed, on, hooks),
                ));
                continue;
            }
            if self.skips(was) || self.skips(now) {
                return Unknown;
            }
            if !is_of_both || self.alike(change, was, now) == Yes {
                continue;
            }
            let alike = self.alike(change, was, now);
            let mut lent = self.not_lent(change, was, now, &mut BTreeSet::new()).not();
            lent = lent.and(leads(&parameter.passed, on, false).into());
            let mut lacks = BTreeSet::new();
            if parameter.lending.is_mut() {
                lent = lent.and(leads(&parameter.passed, !on, false).into());
                let back = !made.older_calls;
                let merged = self.not_merged(change, (was, now), back, &mut lacks).not();
                lent = lent.and(merged);
                if parameter.lending == Lending::SliceMut && !lacks.is_empty() {
                    lent = No;
                }
                if lacks.iter().any(|it| !partly.insert(*it)) {
                    lent = No;
                }
            }
            allowed.push(match alike {
                Unknown => lent.either(Yes),
                _ => lent,
            });
        }
        Maybe::any(allowed.into_iter().map(Maybe::not)).not()
    }

    /// Whether what it passes may pass at all: a module where something may not is refused for that alone.
    pub(crate) fn crosses(&self, made: &Made) -> bool {
        let parameters = made.parameters.iter();
        let crosses = |it: &Passed, lending: Lending| match lending {
            Lending::Value => self.by_value(it) == Yes,
            _ => !self.skips(&it.was) && !self.skips(&it.now),
        };
        parameters.fold(crosses(&made.output, Lending::Value), |all, it| {
            all && crosses(&it.passed, it.lending)
        })
    }

    /// Whether a value has a way on, or back: functions of the author's lead on alone, unless there is one for the way
    /// down. `hooks`: those that are marked `#[hotmod::migrate]` take part.
    fn leads(
        &self,
        change: &Change,
        (was, now): (&Ty, &Ty),
        (on, hooks): (bool, bool),
        seen: &mut BTreeSet<usize>,
    ) -> bool {
        let parts = match change {
            Change::By(_) => return on,
            Change::Named(place) => {
                if let Some(hook) = self.pairs[*place].hook {
                    return hooks && (on || hook.down);
                }
                match seen.insert(*place) {
                    true => self.fields(*place),
                    false => return true,
                }
            }
            _ => parts(change, was, now),
        };
        let mut parts = parts.into_iter();
        parts.all(|(change, was, now)| self.leads(change, (was, now), (on, hooks), seen))
    }

    /// Whether functions of the author's make something of what it passes.
    pub(crate) fn is_made(&self, made: &Made) -> bool {
        let both = made.parameters.iter();
        let both = both.filter(|it| it.is_given() && it.is_taken());
        let mut passed = both.map(|it| &it.passed).chain([&made.output]);
        passed.any(|Passed { was, now, change }| {
            !self.leads(change, (was, now), (false, false), &mut BTreeSet::new())
        })
    }

    /// Whether the answer is the same for sides that two compilers have built, where hardly anything is laid out
    /// alike: nothing in it could be changed by a shared reference, has several owners, or is a key of the author's.
    pub(crate) fn is_alike_everywhere(&self, made: &Made) -> bool {
        let mut seen = BTreeSet::new();
        let parameters = made.parameters.iter().map(|it| &it.passed);
        let mut passed = parameters.chain([&made.output]);
        !made.is_import()
            && passed
                .all(|it| self.is_plain(&it.was, &mut seen) && self.is_plain(&it.now, &mut seen))
    }

    fn is_plain(&self, ty: &Ty, seen: &mut BTreeSet<usize>) -> bool {
        match ty {
            Ty::Mutex(_) | Ty::Shared(_) | Ty::Bag(..) => false,
            Ty::Map(_, key, _) if matches!(**key, Ty::Named(_)) => false,
            Ty::Named(place) if !seen.insert(*place) => true,
            // What a function takes is what its own compiler lays out.
            Ty::Named(place) if self.takes_texts(*place) => false,
            Ty::Named(place) => [&self.pairs[*place].was, &self.pairs[*place].now]
                .into_iter()
                .all(|side| match &side.shape {
                    Shape::Struct(fields) => fields.iter().all(|it| self.is_plain(&it.ty, seen)),
                    Shape::Enum(variants) => {
                        let mut fields = variants.iter().flat_map(|it| &it.fields);
                        fields.all(|it| self.is_plain(&it.ty, seen))
                    }
                }),
            ty => inner(ty).iter().all(|it| self.is_plain(it, seen)),
        }
    }

    /// Whether a function makes something of a text, or of all of a value of this type.
    fn takes_texts(&self, place: usize) -> bool {
        let by =
            |(change, ..): &(&Change, &Ty, &Ty)| matches!(change, Change::By(Function::Parsed));
        self.pairs[place].hook.is_some() || self.fields(place).iter().any(by)
    }

    /// By value, all passes but what no receiver makes anew.
    fn by_value(&self, passed: &Passed) -> Maybe {
        match self.skips_within(&passed.was) || self.skips_within(&passed.now) {
            true => Unknown,
            false => Yes,
        }
    }

    /// Whether both sides lay a value out alike, and see the same in it.
    fn alike(&self, change: &Change, was: &Ty, now: &Ty) -> Maybe {
        if let (Change::Named(place), Ty::Named(_) | Ty::Shared(_), Ty::Named(_) | Ty::Shared(_)) =
            (change, was, now)
        {
            return self.pair(*place);
        }
        let is_one = match (was, now) {
            _ if matches!(change, Change::By(_)) => false,
            (Ty::Box(_), Ty::Box(_)) | (Ty::Mutex(_), Ty::Mutex(_)) => true,
            (Ty::Box(_), _) | (_, Ty::Box(_)) => false,
            (Ty::List(a, _), Ty::List(b, _)) | (Ty::Bag(a, _), Ty::Bag(b, _)) => a == b,
            (Ty::Map(a, ..), Ty::Map(b, ..)) => a == b,
            (Ty::Array(a, _), Ty::Array(b, _)) => a == b,
            (Ty::Option(_), Ty::Option(_)) => {
                !matches!(change, Change::Wrap(_) | Change::Unwrap(_))
            }
            (Ty::Tuple(_), Ty::Tuple(_)) | (Ty::Result(..), Ty::Result(..)) => true,
            (was, now) => was == now,
        };
        if !is_one {
            return No;
        }
        let parts = parts(change, was, now);
        Maybe::any(
            parts
                .into_iter()
                .map(|(change, was, now)| self.alike(change, was, now).not()),
        )
        .not()
    }

    fn pair(&self, place: usize) -> Maybe {
        if let Some(known) = self.alike.borrow().get(&place) {
            return *known;
        }
        // Meanwhile, a type that leads to itself is what the rest of it is.
        self.alike.borrow_mut().insert(place, Yes);
        let pair = &self.pairs[place];
        let keeps_all = match &pair.shapes {
            Shapes::Struct(fields) => !changes_fields(fields),
            Shapes::Enum(variants) => {
                let Shape::Enum(now) = &pair.now.shape else {
                    unreachable!("an enum on both sides");
                };
                variants.len() == now.len()
                    && variants.iter().all(|it| {
                        it.as_ref()
                            .is_some_and(|(_, fields)| !changes_fields(fields))
                    })
            }
        };
        let parts = self.fields(place);
        let parts = parts
            .into_iter()
            .map(|(change, was, now)| self.alike(change, was, now).not());
        let mut alike = Maybe::any(parts).not();
        if !keeps_all || pair.hook.is_some() {
            alike = No;
        }
        let written_alike = format!("{:?}", pair.was) == format!("{:?}", pair.now);
        if alike == Yes && !written_alike {
            alike = Unknown;
        }
        self.alike.borrow_mut().insert(place, alike);
        alike
    }

    /// The fields that both sides have.
    fn fields(&self, place: usize) -> Parts<'a> {
        let pair = &self.pairs[place];
        if pair.hook.is_some() {
            return Vec::new();
        }
        let both = |fields: &'a Fields, was: &'a [Field], now: &'a [Field]| -> Parts<'a> {
            let all = fields.sources.iter().zip(now);
            let both = all.filter_map(|(source, now)| match source {
                Source::From(place, change) => Some((change, &was[*place].ty, &now.ty)),
                Source::Made(_) => None,
            });
            both.collect()
        };
        match (&pair.shapes, &pair.was.shape, &pair.now.shape) {
            (Shapes::Struct(fields), Shape::Struct(was), Shape::Struct(now)) => {
                both(fields, was, now)
            }
            (Shapes::Enum(steps), Shape::Enum(was), Shape::Enum(now)) => {
                let all = steps.iter().zip(was);
                let all = all.filter_map(|(step, was)| {
                    let (to, fields) = step.as_ref()?;
                    Some(both(fields, &was.fields, &now[*to].fields))
                });
                all.flatten().collect()
            }
            _ => unreachable!("one shape on both sides"),
        }
    }

    /// Whether bytes that are not behind a pointer can be changed through a shared reference.
    fn has_cells(&self, ty: &Ty, old: bool, seen: &mut BTreeSet<usize>) -> bool {
        let mut within = |ty: &Ty| self.has_cells(ty, old, seen);
        match ty {
            Ty::Mutex(_) => true,
            Ty::Option(inner) | Ty::Array(_, inner) => within(inner),
            Ty::Result(a, b) => within(a) || within(b),
            Ty::Tuple(all) => all.iter().any(within),
            Ty::Named(place) => {
                seen.insert(*place)
                    && self
                        .all_fields(*place, old)
                        .iter()
                        .any(|it| self.has_cells(&it.ty, old, seen))
            }
            _ => false,
        }
    }

    fn all_fields(&self, place: usize, old: bool) -> Vec<&'a Field> {
        let pair = &self.pairs[place];
        match if old {
            &pair.was.shape
        } else {
            &pair.now.shape
        } {
            Shape::Struct(fields) => fields.iter().collect(),
            Shape::Enum(variants) => variants.iter().flat_map(|it| &it.fields).collect(),
        }
    }

    /// Whether a value that is converted cannot be shown through a shared reference.
    fn not_lent(&self, change: &Change, was: &Ty, now: &Ty, seen: &mut BTreeSet<usize>) -> Maybe {
        let alike = self.alike(change, was, now);
        let as_it_is = Maybe::from(self.has_cells(was, true, &mut BTreeSet::new()));
        if alike == Yes {
            return as_it_is;
        }
        let converted = match (change, was, now) {
            (_, Ty::Mutex(_), _) => Yes,
            (Change::Named(place), Ty::Shared(_), _) => self.pair(*place).not(),
            (Change::Named(place), Ty::Named(_), Ty::Named(_)) => match seen.insert(*place) {
                true => {
                    let fields = self.fields(*place).into_iter();
                    Maybe::any(
                        fields.map(|(change, was, now)| self.not_lent(change, was, now, seen)),
                    )
                }
                false => No,
            },
            _ => {
                let parts = parts(change, was, now).into_iter();
                Maybe::any(parts.map(|(change, was, now)| self.not_lent(change, was, now, seen)))
            }
        };
        match alike {
            Unknown => converted.either(as_it_is),
            _ => converted,
        }
    }

    /// Whether a value that is lent to be changed cannot come back. `back`: the caller is the newer side. Notes the
    /// caller's types of which the function does not know all fields.
    fn not_merged(
        &self,
        change: &Change,
        (was, now): (&Ty, &Ty),
        back: bool,
        lacks: &mut BTreeSet<usize>,
    ) -> Maybe {
        let alike = self.alike(change, was, now);
        if alike == Yes {
            return No;
        }
        let merged = match (change, was, now) {
            (Change::Tuple(_), Ty::Tuple(_), Ty::Tuple(_)) => {
                let parts = parts(change, was, now).into_iter();
                let parts: Vec<Maybe> = parts
                    .map(|(change, was, now)| self.not_merged(change, (was, now), back, lacks))
                    .collect();
                Maybe::any(parts)
            }
            (Change::Named(place), Ty::Named(_), Ty::Named(_))
                if matches!(self.pairs[*place].shapes, Shapes::Struct(_)) =>
            {
                if self.loses(*place, back) {
                    lacks.insert(*place);
                }
                let fields = self.fields(*place).into_iter();
                let fields: Vec<Maybe> = fields
                    .map(|(change, was, now)| self.not_merged(change, (was, now), back, lacks))
                    .collect();
                Maybe::any(fields)
            }
            _ => {
                let lost = self.lost(change, (was, now), back, &mut BTreeSet::new());
                let fails = self.may_fail(change, (was, now), back, &mut BTreeSet::new());
                let owns = self.owns(change, (was, now), back, &mut BTreeSet::new());
                Maybe::any([lost, fails.and(owns)])
            }
        };
        match alike {
            Unknown => merged.either(No),
            _ => merged,
        }
    }

    /// Whether the caller's type has fields, here and not in what they hold, that the function's lacks.
    fn loses(&self, place: usize, back: bool) -> bool {
        let fields_lose = |fields: &Fields| match back {
            false => !fields.gone.is_empty(),
            true => fields
                .sources
                .iter()
                .any(|it| matches!(it, Source::Made(_))),
        };
        match &self.pairs[place].shapes {
            Shapes::Struct(fields) => fields_lose(fields),
            Shapes::Enum(variants) => variants
                .iter()
                .flatten()
                .any(|(_, fields)| fields_lose(fields)),
        }
    }

    /// Whether the function's value does not hold all of what the caller's holds.
    fn lost(
        &self,
        change: &Change,
        (was, now): (&Ty, &Ty),
        back: bool,
        seen: &mut BTreeSet<usize>,
    ) -> Maybe {
        let alike = self.alike(change, was, now);
        if alike == Yes {
            return No;
        }
        let lost = match (change, was, now) {
            (Change::Array(_, _, (more, _)), ..) if *more > 0 => Yes,
            (Change::Named(place), Ty::Shared(_), _) => self.pair(*place).not(),
            (Change::Named(place), Ty::Named(_), Ty::Named(_)) => match seen.insert(*place) {
                true => {
                    // Two variants that become one do not come back as what they were.
                    let replaced = !back
                        && self.pairs[*place]
                            .now
                            .attributes
                            .iter()
                            .any(|it| it.starts_with("removed_variant"));
                    // Nor does one that the function takes for another.
                    let taken_for_another =
                        self.has_other(*place) && self.has_more_variants(*place, back);
                    let here =
                        Maybe::from(replaced || taken_for_another || self.loses(*place, back));
                    let fields = self.fields(*place).into_iter();
                    let within: Vec<Maybe> = fields
                        .map(|(change, was, now)| self.lost(change, (was, now), back, seen))
                        .collect();
                    Maybe::any(within.into_iter().chain([here]))
                }
                false => No,
            },
            _ => {
                let parts = parts(change, was, now).into_iter();
                Maybe::any(
                    parts.map(|(change, was, now)| self.lost(change, (was, now), back, seen)),
                )
            }
        };
        match alike {
            Unknown => lost.either(No),
            _ => lost,
        }
    }

    /// Whether a value of the function's may not fit the caller.
    fn may_fail(
        &self,
        change: &Change,
        (was, now): (&Ty, &Ty),
        back: bool,
        seen: &mut BTreeSet<usize>,
    ) -> Maybe {
        let alike = self.alike(change, was, now);
        if alike == Yes {
            return No;
        }
        let fails = match (change, was, now) {
            (Change::Number(was, now), ..) => match back {
                false => fits(now, was).not(),
                true => fits(was, now).not(),
            },
            (Change::Wrap(_), ..) if !back => Yes,
            (Change::Unwrap(_), ..) if back => Yes,
            (Change::Named(place), Ty::Shared(_), _) => self.pair(*place).not(),
            (Change::Named(place), Ty::Named(_), Ty::Named(_)) => match seen.insert(*place) {
                true => {
                    let here = Maybe::from(
                        !self.has_other(*place) && self.has_more_variants(*place, !back),
                    );
                    let fields = self.fields(*place).into_iter();
                    let within: Vec<Maybe> = fields
                        .map(|(change, was, now)| self.may_fail(change, (was, now), back, seen))
                        .collect();
                    Maybe::any(within.into_iter().chain([here]))
                }
                false => No,
            },
            _ => {
                let parts = parts(change, was, now).into_iter();
                Maybe::any(
                    parts.map(|(change, was, now)| self.may_fail(change, (was, now), back, seen)),
                )
            }
        };
        match alike {
            Unknown => fails.either(No),
            _ => fails,
        }
    }

    /// Whether a variant stands for those that a side does not know.
    fn has_other(&self, place: usize) -> bool {
        match &self.pairs[place].was.shape {
            Shape::Enum(variants) => variants.iter().any(is_other_variant),
            Shape::Struct(_) => false,
        }
    }

    /// Whether the newer (or the older) type has variants that the other side lacks.
    fn has_more_variants(&self, place: usize, newer: bool) -> bool {
        let pair = &self.pairs[place];
        let (Shapes::Enum(steps), Shape::Enum(now)) = (&pair.shapes, &pair.now.shape) else {
            return false;
        };
        match newer {
            true => (0..now.len()).any(|at| !steps.iter().flatten().any(|(to, _)| *to == at)),
            false => steps.iter().any(Option::is_none),
        }
    }

    /// Whether the function gets something that the caller's value owns, as it is.
    fn owns(
        &self,
        change: &Change,
        (was, now): (&Ty, &Ty),
        back: bool,
        seen: &mut BTreeSet<usize>,
    ) -> Maybe {
        let own = if back { now } else { was };
        let as_it_is = Maybe::from(self.is_owner(own, !back, &mut BTreeSet::new()));
        let alike = self.alike(change, was, now);
        if alike == Yes {
            return as_it_is;
        }
        let owns = match (change, was, now) {
            (Change::Number(..), ..) => No,
            (Change::Named(_), Ty::Shared(_), _) => Yes,
            (Change::Named(place), Ty::Named(_), Ty::Named(_)) => match seen.insert(*place) {
                true => {
                    let fields = self.fields(*place).into_iter();
                    Maybe::any(
                        fields.map(|(change, was, now)| self.owns(change, (was, now), back, seen)),
                    )
                }
                false => No,
            },
            _ => {
                let parts = parts(change, was, now).into_iter();
                Maybe::any(
                    parts.map(|(change, was, now)| self.owns(change, (was, now), back, seen)),
                )
            }
        };
        match alike {
            Unknown => owns.either(as_it_is),
            _ => owns,
        }
    }

    fn is_owner(&self, ty: &Ty, old: bool, seen: &mut BTreeSet<usize>) -> bool {
        let mut within = |ty: &Ty| self.is_owner(ty, old, seen);
        match ty {
            Ty::Int(_) | Ty::Single | Ty::Double | Ty::Bool | Ty::Char => false,
            Ty::Option(inner) | Ty::Array(_, inner) => within(inner),
            Ty::Result(a, b) => within(a) || within(b),
            Ty::Tuple(all) => all.iter().any(within),
            Ty::Named(place) => {
                seen.insert(*place)
                    && self
                        .all_fields(*place, old)
                        .iter()
                        .any(|it| self.is_owner(&it.ty, old, seen))
            }
            _ => true,
        }
    }

    /// Whether a value holds a field that is not carried over.
    fn skips(&self, ty: &Ty) -> bool {
        self.leads_to_skip(ty, &mut BTreeSet::new())
    }

    fn leads_to_skip(&self, ty: &Ty, seen: &mut BTreeSet<usize>) -> bool {
        match ty {
            Ty::Named(place) | Ty::Shared(place) => {
                seen.insert(*place)
                    && self
                        .all_fields(*place, false)
                        .iter()
                        .any(|it| is_skip(it) || self.leads_to_skip(&it.ty, seen))
            }
            ty => inner(ty).into_iter().any(|it| self.leads_to_skip(it, seen)),
        }
    }

    /// Whether it does where no receiver can make it anew.
    fn skips_within(&self, ty: &Ty) -> bool {
        match ty {
            Ty::List("Vec", _) | Ty::Option(_) | Ty::Result(..) | Ty::Tuple(_) => {
                inner(ty).into_iter().any(|it| self.skips_within(it))
            }
            Ty::Named(place) => match &self.pairs[*place].now.shape {
                Shape::Struct(fields) => {
                    fields
                        .iter()
                        .filter(|it| !is_skip(it))
                        .any(|field| match field.ty {
                            Ty::Named(_) => self.skips_within(&field.ty),
                            _ => self.skips(&field.ty),
                        })
                }
                Shape::Enum(_) => self.skips(ty),
            },
            ty => self.skips(ty),
        }
    }
}

fn is_skip(field: &Field) -> bool {
    field.attributes.iter().any(|it| it == "skip")
}

fn changes_fields(fields: &Fields) -> bool {
    !fields.gone.is_empty()
        || fields
            .sources
            .iter()
            .any(|it| matches!(it, Source::Made(_)))
}

/// The types that a type is made of, where it is none of the tests' own.
pub(crate) fn inner(ty: &Ty) -> Vec<&Ty> {
    match ty {
        Ty::Option(inner)
        | Ty::Box(inner)
        | Ty::Mutex(inner)
        | Ty::List(_, inner)
        | Ty::Bag(_, inner)
        | Ty::Array(_, inner) => vec![&**inner],
        Ty::Result(a, b) | Ty::Map(_, a, b) => vec![&**a, &**b],
        Ty::Tuple(all) => all.iter().collect(),
        _ => Vec::new(),
    }
}

/// The parts of a value that is not of a type of the tests' own.
fn parts<'t>(change: &'t Change, was: &'t Ty, now: &'t Ty) -> Parts<'t> {
    match (change, was, now) {
        (Change::Unwrap(change), Ty::Option(was), now) => vec![(change, was, now)],
        (Change::Wrap(change), was, Ty::Option(now)) => vec![(change, was, now)],
        // What is put around a type, or taken away, changes no value.
        (change, Ty::Box(was), Ty::Box(now)) | (change, Ty::Mutex(was), Ty::Mutex(now)) => {
            vec![(change, was, now)]
        }
        (change, Ty::Box(was), now) => vec![(change, was, now)],
        (change, was, Ty::Box(now)) => vec![(change, was, now)],
        (Change::Option(change), Ty::Option(was), Ty::Option(now))
        | (Change::List(change), Ty::List(_, was), Ty::List(_, now))
        | (Change::Bag(change), Ty::Bag(_, was), Ty::Bag(_, now))
        | (Change::Array(change, ..), Ty::Array(_, was), Ty::Array(_, now)) => {
            vec![(change, was, now)]
        }
        (Change::Result(a, b), Ty::Result(was_a, was_b), Ty::Result(now_a, now_b))
        | (Change::Map(a, b), Ty::Map(_, was_a, was_b), Ty::Map(_, now_a, now_b)) => {
            vec![(a, was_a, now_a), (b, was_b, now_b)]
        }
        (Change::Tuple(all), Ty::Tuple(was), Ty::Tuple(now)) => {
            let types = was.iter().zip(now);
            all.iter()
                .zip(types)
                .map(|(change, (was, now))| (change, was, now))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether every number of the one type fits the other.
fn fits(from: &Ty, to: &Ty) -> Maybe {
    match (from, to) {
        (Ty::Int(from), Ty::Int(to)) => {
            let ((from, least, most), (to, lower, upper)) = (INTEGERS[*from], INTEGERS[*to]);
            match from.ends_with("size") || to.ends_with("size") {
                true => Unknown,
                // `u128` is cut short among the integers of the tests.
                false if from == "u128" => No,
                false => Maybe::from(lower <= least && most <= upper),
            }
        }
        (Ty::Single, Ty::Double) => Yes,
        (Ty::Double, Ty::Single) => No,
        _ => Unknown,
    }
}
