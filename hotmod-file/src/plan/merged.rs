//! How a value that is lent to be changed gets back what the function leaves there.
//!
//! The function is lent a value of its own type. Fields that are the same on both sides go there as the bytes
//! that they are, and come back as such. Other fields are converted on the way there, and what has become of
//! them is converted back and takes their place. Fields that the function does not know stay where they are.
//!
//! Only fields tell which value is which. In a container, or in a variant, values may have changed places
//! when they come back. So what is converted as a whole may hold nothing that the function does not know.
//!
//! What does not fit on the way back leaves the caller's value as it was. So where that can be, nothing that
//! the caller's value owns may have gone there with it.

use std::collections::BTreeSet;

use hotmod::describe::{Attribute, Builtin, Description, Field, Name, Shape, Type, Variant};

use super::model::{ConversionBody, FieldSteps, Plan, Source, Step};
use super::planner::families::{Family, family, holds_all, written};
use crate::deep::{deeper, shown};

/// How many fields one value may be merged by. A file may describe types that hold each other so often that
/// the fields of a value are more than can be counted.
const FIELDS: usize = 1 << 12;

/// What is done with a value that is lent to be changed, or with a field of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Its bytes go there, and those that are there then come back.
    Bytes,
    /// Each field by itself.
    Fields(Box<Merged>),
    /// It is converted there as a whole; what is there then is converted back, and takes its place.
    Whole {
        /// The way to the function's value.
        there: Step,
        /// The way back.
        back: Step,
        /// Whether a value may not fit on the way back. Then nothing that the caller's value owns has gone to
        /// the function as it is, so that the caller's value can stay.
        checked: bool,
    },
}

/// The fields of a value that is lent to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The caller's type and the function's, both structs; `None` where they are tuples.
    pub types: Option<(Type, Type)>,
    /// Those that both have: the caller's place, the function's place, and what is done.
    pub shared: Vec<(usize, usize, Merge)>,
    /// Those that only the function has, by place, and where they come from. They go when the call ends.
    pub added: Vec<(usize, Source)>,
}

/// Finds out how a value is merged.
pub(super) struct Merger<'a> {
    /// The caller's description and plan, by which values go there.
    pub(super) there: (&'a Description, &'a Plan),
    /// The function's, by which they come back.
    pub(super) back: (&'a Description, &'a Plan),
    /// The caller's types, met by fields, that have fields which the function does not know.
    pub(super) partly: BTreeSet<Type>,
    fields: usize,
    /// The conversions there of which nothing is lost, and those back of which everything fits, so far as was
    /// looked.
    whole: BTreeSet<usize>,
    fitting: BTreeSet<usize>,
}

impl<'a> Merger<'a> {
    pub(super) fn new(
        there: (&'a Description, &'a Plan),
        back: (&'a Description, &'a Plan),
    ) -> Self {
        Merger {
            there,
            back,
            partly: BTreeSet::new(),
            fields: 0,
            whole: BTreeSet::new(),
            fitting: BTreeSet::new(),
        }
    }

    /// What is done with a value of the caller's type, which the function takes for one of its own; else why it
    /// cannot be lent to be changed: where that is, what is there, and what to do.
    pub(super) fn merge(
        &mut self,
        path: &str,
        steps: (&Step, &Step),
        types: (&Type, &Type),
    ) -> Result<Merge, NotMerged> {
        deeper(|| self.merge_at(&shown(path), steps, types))
    }

    fn merge_at(
        &mut self,
        path: &str,
        (there, back): (&Step, &Step),
        (was, now): (&Type, &Type),
    ) -> Result<Merge, NotMerged> {
        self.fields += 1;
        if self.fields > FIELDS {
            return Err(NotMerged {
                path: path.to_owned(),
                now: "one of too many fields".to_owned(),
                help: BY_VALUE,
            });
        }
        match (there, back) {
            (Step::Move, Step::Move) => return Ok(Merge::Bytes),
            (Step::Tuple(a), Step::Tuple(b)) if a.len() == b.len() => {
                let mut shared = Vec::new();
                for (i, steps) in a.iter().zip(b).enumerate() {
                    let (Some(was), Some(now)) = (was.args.get(i), now.args.get(i)) else {
                        return Err(NotMerged::unknown(path, was));
                    };
                    let merge = self.merge(&format!("{path}.{i}"), steps, (was, now))?;
                    shared.push((i, i, merge));
                }
                return Ok(Merge::Fields(Box::new(Merged {
                    types: None,
                    shared,
                    added: Vec::new(),
                })));
            }
            (Step::Convert(a), Step::Convert(b)) => {
                let conversions = (
                    self.there.1.conversions.get(*a),
                    self.back.1.conversions.get(*b),
                );
                if let (Some(a), Some(b)) = conversions
                    && let (ConversionBody::Struct(a), ConversionBody::Struct(b)) =
                        (&a.body, &b.body)
                {
                    return self.merge_fields(path, (a, b), (was, now));
                }
            }
            _ => {}
        }
        self.whole(path, (there, back), (was, now))
    }

    fn merge_fields(
        &mut self,
        path: &str,
        (there, back): (&FieldSteps, &FieldSteps),
        (was, now): (&Type, &Type),
    ) -> Result<Merge, NotMerged> {
        let (Some(Shape::Struct(old)), Some(Shape::Struct(new))) = (
            self.there.0.types.get(was).map(|it| &it.shape),
            self.back.0.types.get(now).map(|it| &it.shape),
        ) else {
            return Err(NotMerged::unknown(path, was));
        };
        let (mut shared, mut added) = (Vec::new(), Vec::new());
        for (place, source) in there.sources.iter().enumerate() {
            let Some(field) = new.get(place) else {
                return Err(NotMerged::unknown(path, now));
            };
            let path = format!("{path}.{}", field.name);
            match source {
                Source::Field { place: from, step } => {
                    let (
                        Some(was),
                        Some(Source::Field {
                            place: to,
                            step: back,
                        }),
                    ) = (old.get(*from), back.sources.get(*from))
                    else {
                        return Err(NotMerged::unknown(&path, &field.ty));
                    };
                    if *to != place {
                        return Err(NotMerged::unknown(&path, &field.ty));
                    }
                    let merge = self.merge(&path, (step, back), (&was.ty, &field.ty))?;
                    shared.push((*from, place, merge));
                }
                Source::Default | Source::Absent => added.push((place, source.clone())),
                Source::With { .. } | Source::Skip | Source::Name(_) => {
                    return Err(NotMerged {
                        path,
                        now: "one that a function makes".to_owned(),
                        help: BY_VALUE,
                    });
                }
            }
        }
        if shared.len() < old.len() {
            self.partly.insert(was.clone());
        }
        Ok(Merge::Fields(Box::new(Merged {
            types: Some((was.clone(), now.clone())),
            shared,
            added,
        })))
    }

    fn whole(
        &mut self,
        path: &str,
        (there, back): (&Step, &Step),
        (was, now): (&Type, &Type),
    ) -> Result<Merge, NotMerged> {
        let mut seen = std::mem::take(&mut self.whole);
        let lost = self.lost(there, (was, now), &mut seen);
        if let Some(lost) = lost {
            return Err(NotMerged {
                path: path.to_owned(),
                now: lost,
                help: "only fields of structs are merged: what is in a container or a variant may have changed \
                       places when it comes back; pass it by value and return it, or let both sides know all of it",
            });
        }
        self.whole = seen;
        let mut seen = self.fitting.clone();
        let may_fail = self.may_fail(back, (now, was), path, &mut seen);
        if may_fail.is_none() {
            self.fitting = seen;
        }
        if let Some(value) = &may_fail
            && owns(self.there, there, was)
        {
            return Err(NotMerged {
                path: path.to_owned(),
                now: format!("one of which {value} may not fit on the way back"),
                help: "what it owns has gone to the function then, and nothing could be put in its place; let each \
                       value fit (a variant marked #[state(other)], a number that is as wide), or pass it by value \
                       and return it",
            });
        }
        Ok(Merge::Whole {
            there: there.clone(),
            back: back.clone(),
            checked: may_fail.is_some(),
        })
    }

    /// What of a value is not in the function's value, or not by itself; `seen` are conversions.
    fn lost(
        &self,
        step: &Step,
        (was, now): (&Type, &Type),
        seen: &mut BTreeSet<usize>,
    ) -> Option<String> {
        let (description, plan) = self.there;
        let mut inner = |step: &Step, was: Option<&Type>, now: Option<&Type>| match was.zip(now) {
            Some(types) => deeper(|| self.lost(step, types, seen)),
            None => Some(unknown(was.or(now))),
        };
        match step {
            Step::Move | Step::Number { .. } | Step::Bytes => None,
            Step::Wrap(step) | Step::Enclose(step) => inner(step, Some(was), now.args.first()),
            Step::Unwrap(step) | Step::Disclose(step) => inner(step, was.args.first(), Some(now)),
            Step::Range(step) | Step::Pointer(step) => {
                inner(step, was.args.first(), now.args.first())
            }
            Step::Array(step) => match (&was.name, &now.name) {
                (Name::Array(a), Name::Array(b)) if a == b => {
                    inner(step, was.args.first(), now.args.first())
                }
                _ => Some("an array of another length".to_owned()),
            },
            Step::Collection(steps) => {
                let mut all = steps.iter().enumerate();
                all.find_map(|(i, step)| inner(step, was.items().get(i), now.items().get(i)))
            }
            Step::Tuple(steps) => {
                let mut all = steps.iter().enumerate();
                all.find_map(|(i, step)| inner(step, was.args.get(i), now.args.get(i)))
            }
            Step::Variants(variants) => {
                let mut all = variants.iter().enumerate();
                all.find_map(|(i, variant)| {
                    let i = i.min(was.args.len().max(1) - 1);
                    variant
                        .fields
                        .sources
                        .iter()
                        .find_map(|source| match source {
                            Source::Field { step, .. } => {
                                inner(step, was.args.get(i), now.args.get(i))
                            }
                            _ => None,
                        })
                })
            }
            Step::Shared(_)
            | Step::Weak(_)
            | Step::Serde
            | Step::As(_)
            | Step::Into(_)
            | Step::Same
            | Step::Form(_)
            | Step::Formed(_) => Some(unknown(Some(was))),
            Step::Convert(place) => {
                if !seen.insert(*place) {
                    return None;
                }
                let conversion = plan.conversions.get(*place)?;
                let types = (
                    description.types.get(&conversion.was),
                    self.back.0.types.get(&conversion.now),
                );
                let shapes = (types.0.map(|it| &it.shape), types.1.map(|it| &it.shape));
                match (&conversion.body, shapes) {
                    (
                        ConversionBody::Struct(steps),
                        (Some(Shape::Struct(old)), Some(Shape::Struct(new))),
                    ) => self.lost_fields(was, steps, (old, new), seen),
                    (
                        ConversionBody::Enum(steps),
                        (
                            Some(Shape::Enum { variants: old, .. }),
                            Some(Shape::Enum { variants: new, .. }),
                        ),
                    ) => {
                        let mut reached = BTreeSet::new();
                        for (i, step) in steps.iter().enumerate() {
                            let (Some(step), Some(variant)) = (step, old.get(i)) else {
                                continue;
                            };
                            let into = new.get(step.to)?;
                            // In a variant for all that are not known, it would not come back as what it is.
                            let is_other = into.attributes.contains(&Attribute::Other)
                                && !is_one(variant, into);
                            if !reached.insert(step.to) || is_other {
                                return Some(format!(
                                    "one of which `{}` becomes the variant that others become",
                                    variant.name
                                ));
                            }
                            let fields = (variant.fields.as_slice(), into.fields.as_slice());
                            let lost = self.lost_fields(was, &step.fields, fields, seen);
                            if lost.is_some() {
                                return lost;
                            }
                        }
                        None
                    }
                    _ => Some(unknown(Some(was))),
                }
            }
        }
    }

    fn lost_fields(
        &self,
        was: &Type,
        steps: &FieldSteps,
        (old, new): (&[Field], &[Field]),
        seen: &mut BTreeSet<usize>,
    ) -> Option<String> {
        if let Some(field) = steps.dropped.first().and_then(|place| old.get(*place)) {
            let name = &field.name;
            return Some(format!(
                "one that holds a `{was}`, of which the function does not know `{name}`"
            ));
        }
        let mut all = steps.sources.iter().zip(new);
        all.find_map(|(source, field)| match source {
            Source::Field { place, step } => {
                let was = old.get(*place)?;
                deeper(|| self.lost(step, (&was.ty, &field.ty), seen))
            }
            Source::With { .. } | Source::Skip => Some("one that a function makes".to_owned()),
            Source::Default | Source::Absent | Source::Name(_) => None,
        })
    }

    /// What may not fit on the way back, by its path.
    fn may_fail(
        &self,
        step: &Step,
        (from, to): (&Type, &Type),
        path: &str,
        seen: &mut BTreeSet<usize>,
    ) -> Option<String> {
        let (description, plan) = self.back;
        let here = || Some(format!("`{path}`"));
        let mut inner = |step: &Step, from: Option<&Type>, to: Option<&Type>, into: &str| match from
            .zip(to)
        {
            Some(types) => deeper(|| self.may_fail(step, types, &format!("{path}{into}"), seen)),
            None => here(),
        };
        match step {
            Step::Move | Step::Number { checked: false } => None,
            Step::Number { checked: true } | Step::Unwrap(_) => here(),
            Step::Bytes if holds_all(to, from) => None,
            Step::Bytes => here(),
            Step::Wrap(step) | Step::Enclose(step) => inner(step, Some(from), to.args.first(), ""),
            Step::Disclose(step) => inner(step, from.args.first(), Some(to), ""),
            // One that was iterated to its end can be built only where its bounds are counted.
            Step::Range(_)
                if from.builtin() == Some(Builtin::RangeInclusive)
                    && !(to.args.first())
                        .and_then(Type::builtin)
                        .is_some_and(Builtin::is_counted) =>
            {
                here()
            }
            Step::Range(step) | Step::Pointer(step) => {
                inner(step, from.args.first(), to.args.first(), "")
            }
            Step::Array(step) => inner(step, from.args.first(), to.args.first(), "[]"),
            Step::Collection(steps) => {
                let keyed = matches!(family(from), Some(Family::Map | Family::Set | Family::Heap));
                // Code of the user's compares them, and may say that two are equal, or panic.
                let key = steps.first().zip(from.items().first());
                let by_user =
                    |(step, key): (&Step, &Type)| !step.keeps_apart() || !is_plain_key(key);
                if keyed && (key.is_none_or(by_user) || from.hasher().or(to.hasher()).is_some()) {
                    return here();
                }
                let mut all = steps.iter().enumerate();
                all.find_map(|(i, step)| inner(step, from.items().get(i), to.items().get(i), "[]"))
            }
            Step::Tuple(steps) => {
                let mut all = steps.iter().enumerate();
                all.find_map(|(i, step)| {
                    inner(step, from.args.get(i), to.args.get(i), &format!(".{i}"))
                })
            }
            Step::Variants(variants) => {
                let mut all = variants.iter().enumerate();
                all.find_map(|(i, variant)| {
                    let i = i.min(from.args.len().max(1) - 1);
                    variant
                        .fields
                        .sources
                        .iter()
                        .find_map(|source| match source {
                            Source::Field { step, .. } => {
                                inner(step, from.args.get(i), to.args.get(i), "?")
                            }
                            _ => None,
                        })
                })
            }
            Step::Shared(_)
            | Step::Weak(_)
            | Step::Serde
            | Step::As(_)
            | Step::Into(_)
            | Step::Same
            | Step::Form(_)
            | Step::Formed(_) => here(),
            Step::Convert(place) => {
                if !seen.insert(*place) {
                    return None;
                }
                let Some(conversion) = plan.conversions.get(*place) else {
                    return here();
                };
                let types = (
                    description.types.get(&conversion.was),
                    self.there.0.types.get(&conversion.now),
                );
                let shapes = (types.0.map(|it| &it.shape), types.1.map(|it| &it.shape));
                match (&conversion.body, shapes) {
                    (
                        ConversionBody::Struct(steps),
                        (Some(Shape::Struct(old)), Some(Shape::Struct(new))),
                    ) => self.fields_may_fail(steps, (old, new), path, seen),
                    (
                        ConversionBody::Enum(steps),
                        (
                            Some(Shape::Enum { variants: old, .. }),
                            Some(Shape::Enum { variants: new, .. }),
                        ),
                    ) => steps.iter().zip(old).find_map(|(step, variant)| {
                        let path = format!("{path}::{}", variant.name);
                        let Some(step) = step else {
                            return Some(format!("`{path}`"));
                        };
                        let fields = &new.get(step.to)?.fields;
                        self.fields_may_fail(&step.fields, (&variant.fields, fields), &path, seen)
                    }),
                    _ => here(),
                }
            }
        }
    }

    fn fields_may_fail(
        &self,
        steps: &FieldSteps,
        (old, new): (&[Field], &[Field]),
        path: &str,
        seen: &mut BTreeSet<usize>,
    ) -> Option<String> {
        let mut all = steps.sources.iter().zip(new);
        all.find_map(|(source, field)| {
            let path = format!("{path}.{}", field.name);
            match source {
                Source::Field { place, step } => {
                    let from = old.get(*place)?;
                    deeper(|| self.may_fail(step, (&from.ty, &field.ty), &shown(&path), seen))
                }
                Source::Absent | Source::Name(_) => None,
                Source::Default | Source::Skip | Source::With { .. } => Some(format!("`{path}`")),
            }
        })
    }
}

const BY_VALUE: &str =
    "such a value is not converted for a reference to it: pass it by value and return it";

/// Why a value cannot be lent to be changed.
pub(super) struct NotMerged {
    pub(super) path: String,
    pub(super) now: String,
    pub(super) help: &'static str,
}

impl NotMerged {
    fn unknown(path: &str, ty: &Type) -> Self {
        NotMerged {
            path: path.to_owned(),
            now: unknown(Some(ty)),
            help: BY_VALUE,
        }
    }
}

fn unknown(ty: Option<&Type>) -> String {
    match ty {
        Some(ty) => format!("one that holds a `{ty}`"),
        None => "one that is not described".to_owned(),
    }
}

/// Whether the variants of both sides are one, which may have had another name.
fn is_one(a: &Variant, b: &Variant) -> bool {
    let had = |it: &Variant, name: &str| {
        it.name == name || it.attributes.contains(&Attribute::Was(name.to_owned()))
    };
    had(a, &b.name) || had(b, &a.name)
}

/// Whether hashing and comparing a key runs no code but the standard library's.
fn is_plain_key(ty: &Type) -> bool {
    written(ty).is_some() || is_plain_by_itself(ty) || {
        let composed = ty.builtin().is_some_and(|it| {
            matches!(
                it,
                Builtin::Tuple | Builtin::Option | Builtin::Vec | Builtin::Box | Builtin::Reverse
            )
        });
        composed && ty.args.iter().all(is_plain_key)
    }
}

/// Whether a value of a builtin type is its bytes, and owns nothing.
fn is_plain_by_itself(ty: &Type) -> bool {
    use Builtin::*;
    ty.builtin().is_some_and(|builtin| {
        matches!(
            builtin,
            Unit | Bool
                | Char
                | U8
                | U16
                | U32
                | U64
                | U128
                | Usize
                | I8
                | I16
                | I32
                | I64
                | I128
                | Isize
                | F32
                | F64
                | Duration
                | RDuration
                | Instant
                | SystemTime
                | PhantomData
                | NonZeroU8
                | NonZeroU16
                | NonZeroU32
                | NonZeroU64
                | NonZeroU128
                | NonZeroUsize
                | NonZeroI8
                | NonZeroI16
                | NonZeroI32
                | NonZeroI64
                | NonZeroI128
                | NonZeroIsize
                | IpAddr
                | Ipv4Addr
                | Ipv6Addr
                | SocketAddr
                | SocketAddrV4
                | SocketAddrV6
                | RangeFull
                | CmpOrdering
                | Infallible
        )
    })
}

/// Whether something that a value owns goes along as the bytes it is, by a step of the plan.
fn owns((was, plan): (&Description, &Plan), step: &Step, ty: &Type) -> bool {
    /// What is still to be looked at: by a step, or as it is.
    enum Left<'t> {
        By(&'t Step, &'t Type),
        Whole(&'t Type),
    }
    use Builtin::{
        Bound, Option, Poll, ROption, RResult, Range, RangeFrom, RangeInclusive, RangeTo,
        RangeToInclusive, Result, Reverse, Saturating, Wrapping,
    };
    let (mut conversions, mut types) = (BTreeSet::new(), BTreeSet::new());
    let mut left = vec![Left::By(step, ty)];
    while let Some(next) = left.pop() {
        let (step, ty) = match next {
            Left::By(step, ty) => (step, ty),
            Left::Whole(ty) if is_plain_by_itself(ty) => continue,
            Left::Whole(ty) => {
                let composed = ty.builtin().is_some_and(|it| {
                    it.is_tuple()
                        || matches!(
                            it,
                            Option
                                | ROption
                                | Result
                                | RResult
                                | Poll
                                | Bound
                                | Range
                                | RangeInclusive
                                | RangeFrom
                                | RangeTo
                                | RangeToInclusive
                                | Reverse
                                | Wrapping
                                | Saturating
                        )
                }) || matches!(ty.name, Name::Array(_));
                if composed {
                    left.extend(ty.args.iter().map(Left::Whole));
                    continue;
                }
                match was.types.get(ty).filter(|_| ty.is_named()) {
                    Some(described) => {
                        if types.insert(ty) {
                            let fields = described.fields();
                            left.extend(fields.map(|field| Left::Whole(&field.ty)));
                        }
                        continue;
                    }
                    None => return true,
                }
            }
        };
        match step {
            Step::Move => left.push(Left::Whole(ty)),
            Step::Number { .. } | Step::Bytes => {}
            Step::Wrap(step) | Step::Enclose(step) => left.push(Left::By(step, ty)),
            Step::Unwrap(step)
            | Step::Disclose(step)
            | Step::Range(step)
            | Step::Pointer(step)
            | Step::Array(step) => match ty.args.first() {
                Some(arg) => left.push(Left::By(step, arg)),
                None => return true,
            },
            Step::Collection(steps) => {
                left.extend(steps.iter().zip(ty.items()).map(|(a, b)| Left::By(a, b)));
            }
            Step::Tuple(steps) => {
                left.extend(steps.iter().zip(&ty.args).map(|(a, b)| Left::By(a, b)));
            }
            Step::Variants(variants) => {
                for (i, variant) in variants.iter().enumerate() {
                    let i = i.min(ty.args.len().max(1) - 1);
                    for source in &variant.fields.sources {
                        match (source, ty.args.get(i)) {
                            (Source::Field { step, .. }, Some(arg)) => {
                                left.push(Left::By(step, arg));
                            }
                            _ => return true,
                        }
                    }
                }
            }
            Step::Shared(_)
            | Step::Weak(_)
            | Step::Serde
            | Step::As(_)
            | Step::Into(_)
            | Step::Same
            | Step::Form(_)
            | Step::Formed(_) => {
                return true;
            }
            Step::Convert(place) => {
                if !conversions.insert(*place) {
                    continue;
                }
                let conversion = plan.conversions.get(*place);
                let shape = conversion.and_then(|it| was.types.get(&it.was));
                match (conversion.map(|it| &it.body), shape.map(|it| &it.shape)) {
                    (Some(ConversionBody::Struct(steps)), Some(Shape::Struct(old))) => {
                        for source in &steps.sources {
                            if let Source::Field { place, step } = source
                                && let Some(field) = old.get(*place)
                            {
                                left.push(Left::By(step, &field.ty));
                            }
                        }
                    }
                    (Some(ConversionBody::Enum(steps)), Some(Shape::Enum { variants, .. })) => {
                        for (step, variant) in steps.iter().zip(variants) {
                            for source in step.iter().flat_map(|it| &it.fields.sources) {
                                if let Source::Field { place, step } = source
                                    && let Some(field) = variant.fields.get(*place)
                                {
                                    left.push(Left::By(step, &field.ty));
                                }
                            }
                        }
                    }
                    _ => return true,
                }
            }
        }
    }
    false
}
