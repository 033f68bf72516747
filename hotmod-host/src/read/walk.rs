//! A walk to a part of a live value, and over it.

mod by_serde;
mod carried;
mod page;
pub(super) mod search;
mod show;
mod sorted;

use std::time::{Duration, Instant};

use hotmod::describe::Type;
use hotmod::operations::{Access, RawLazy, Stamp};
use serde_json::Value;

use self::search::{KEYS, Searches};
use super::carried::MetShared;
use super::error::InspectError;
use super::inspection::{InspectOptions, Page};
use super::shapes::{RED_ZONE, Read, ReadField, ReadItems, ReadVariant, STACK, Shapes};
use super::way::Way;
use crate::image::values::Follow;
use crate::migrate::at::At;
use crate::migrate::runs::{self, Runs};
use crate::migrate::{parts, pointers};
use crate::module::instance::looked_at::LookedAt;
use hotmod_file::live::path::PathPart;
use hotmod_file::live::value::{DEEPEST, is_place};
use hotmod_file::live::written::Written;
use hotmod_file::{LiveValue, NotShown};

/// What each value takes at least, as JSON.
const LEAST: usize = 2;

/// The most of a text within what is shown.
const TEXT: usize = 1 << 10;

/// The most of a form by which serde carries a value over.
const FORM: usize = 1 << 20;

/// All of a value, as far as it can be shown.
static WHOLE: InspectOptions = InspectOptions {
    depth: usize::MAX,
    items: usize::MAX,
    bytes: usize::MAX,
    time: Duration::MAX,
    from: None,
};

/// What a path leads to.
pub(super) struct Found {
    pub(super) ty: String,
    pub(super) value: LiveValue,
    pub(super) page: Option<Page>,
}

pub(super) struct ValueWalk<'w> {
    shapes: &'w Shapes,
    seen: &'w LookedAt<'w>,
    options: &'w InspectOptions,
    searches: &'w mut Searches,
    way: Way,
    /// When it began to show something.
    begun: Instant,
    /// How many more bytes are to be shown, about.
    left: usize,
    /// The most of a text within what is shown.
    texts: usize,
    depth: usize,
    /// In how many values that are carried over it is.
    carried_in: usize,
    met: MetShared,
}

/// Where a value is, and whether others use it, too.
#[derive(Clone, Copy)]
pub(super) struct There {
    pub(super) at: At,
    pub(super) shared: bool,
}

impl There {
    fn part(self, offset: usize) -> Self {
        There {
            at: self.at.part(offset),
            ..self
        }
    }
}

impl<'w> ValueWalk<'w> {
    pub(super) fn new(
        shapes: &'w Shapes,
        seen: &'w LookedAt<'w>,
        options: &'w InspectOptions,
        searches: &'w mut Searches,
    ) -> Self {
        ValueWalk {
            searches,
            shapes,
            seen,
            options,
            way: Way::default(),
            begun: Instant::now(),
            left: options.bytes,
            texts: TEXT,
            depth: 0,
            carried_in: 0,
            met: MetShared::default(),
        }
    }

    /// Goes these steps from a state, and shows what is there.
    ///
    /// # Safety
    ///
    /// A state of the type and image that the shapes are of is there. Nothing else uses it, or where it is shared, only
    /// through shared references, and then it is `Sync`. No value of a `Lazy` in it is referred to that is not at its
    /// version.
    pub(super) unsafe fn find(
        &mut self,
        state: There,
        steps: &[PathPart],
    ) -> Result<Found, InspectError> {
        let shapes = self.shapes;
        shapes.on_stack(|| {
            // SAFETY: the caller's; the first shape is that of the states.
            let found = unsafe { self.go(0, state, steps) };
            // What was made on the way may be as deep as the data is, so it is dropped here.
            self.met = MetShared::default();
            found
        })
    }

    /// Goes on from a value.
    ///
    /// # Safety
    ///
    /// As [`find`](ValueWalk::find), of a value of this shape.
    unsafe fn go(
        &mut self,
        shape: usize,
        there: There,
        steps: &[PathPart],
    ) -> Result<Found, InspectError> {
        // SAFETY: the caller's.
        stacker::maybe_grow(RED_ZONE, STACK, || unsafe {
            self.gone(shape, there, steps)
        })
    }

    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn gone(
        &mut self,
        shape: usize,
        there: There,
        steps: &[PathPart],
    ) -> Result<Found, InspectError> {
        let There { at, shared } = there;
        let read = self.shapes.get(shape);
        // SAFETY: the caller's.
        if let Some(text) = unsafe { self.text(read, there) } {
            return match steps {
                [] => Ok(self.found(shape, LiveValue::Text(text))),
                [step, ..] => Err(self.lacks(step, "it has no parts that can be shown alone")),
            };
        }
        if let Some((held, offset)) = read.stands_for(steps) {
            // SAFETY: the value is of this shape, so its field is there.
            let found = unsafe { self.go(held, there.part(offset), steps) };
            return self.called(found, shape, steps);
        }
        // SAFETY: the value is of this shape, whose tables and offsets stand in it, and lead to values of the shapes
        // within. What another thread may change through a shared reference is only looked into under its lock, or
        // while nothing is shared; what lies behind an owner may always be shared.
        unsafe {
            match read {
                // What only leads to something.
                Read::Option(variants, held, false) => match parts::variant(variants, at) {
                    parts::NONE if steps.is_empty() => Ok(self.found(shape, LiveValue::Null)),
                    parts::NONE => Err(self.lacks(&steps[0], "it is `None`")),
                    _ => {
                        let at = parts::field(variants, at, 0);
                        self.go(*held, There { at, shared }, steps)
                    }
                },
                Read::Pointer(pointer, held) => match (&pointer.access, shared) {
                    (Access::Cell, true) => Err(self.in_use(shape)),
                    (Access::Lock(lock), true) => match pointers::hold(lock, at) {
                        Some((at, _held)) => self.go(*held, There { at, shared: false }, steps),
                        None => Err(self.in_use(shape)),
                    },
                    _ => {
                        let at = pointers::item(pointer, at);
                        self.go(*held, There { at, shared }, steps)
                    }
                },
                Read::Shared(by, held, _) if by.len.is_none() => {
                    let at = pointers::shared_item(by, at);
                    self.go(*held, There { at, shared: true }, steps)
                }
                Read::Lazy(stamp, held) => match self.lazy(at, stamp) {
                    Ok(at) => self.go(*held, There { at, shared }, steps),
                    Err(reason) => Err(self.not_shown(format!("its value stays: {reason}"))),
                },
                Read::As(carried, by, held) => {
                    let found =
                        self.carried((carried, by), at, |walk, made| walk.go(*held, made, steps));
                    let found = found.unwrap_or_else(|reason| Err(self.not_shown(reason)));
                    self.called(found, shape, steps)
                }
                Read::Option(variants, held, true) if !steps.is_empty() => {
                    if parts::variant(variants, at) == parts::NONE {
                        return Err(self.lacks(&steps[0], "it is `None`"));
                    }
                    let at = parts::field(variants, at, 0);
                    let steps = match steps {
                        [PathPart::Name(name), rest @ ..] if name == "Some" => rest,
                        steps => steps,
                    };
                    self.go(*held, There { at, shared }, steps)
                }
                Read::Serde(by) => self.go_by_serde(shape, (by, at), steps),
                Read::Enum(variants, known) if known.iter().any(|it| it.is_json) => {
                    let variant = known.get(parts::variant(variants, at));
                    let found = match (variant.and_then(|it| it.fields.first()), steps) {
                        (Some(held), steps) => {
                            let at = parts::field(variants, at, 0);
                            self.go(held.shape, There { at, shared }, steps)
                        }
                        (None, []) => Ok(self.found(shape, LiveValue::Null)),
                        (None, [step, ..]) => Err(self.lacks(step, "it is `null`")),
                    };
                    self.called(found, shape, steps)
                }
                // What a step leads into.
                read => match steps {
                    [] => self.page(shape, there, None),
                    [PathPart::Range(from, to)] => self.page(shape, there, Some((*from, *to))),
                    [step, rest @ ..] => self.step(read, there, step, rest),
                },
            }
        }
    }

    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn step(
        &mut self,
        read: &'w Read,
        there: There,
        step: &PathPart,
        rest: &[PathPart],
    ) -> Result<Found, InspectError> {
        let There { at, shared } = there;
        // SAFETY: as in `go`. A place is compared with how many parts there are.
        unsafe {
            match (read, step) {
                (Read::Struct(fields), PathPart::Name(name)) => {
                    match fields.iter().find(|(it, _)| it.name == *name) {
                        Some((field, offset)) => self.enter(field, there.part(*offset), rest),
                        None => {
                            let names = fields.iter().map(|(it, _)| it.name.as_str());
                            Err(self.lacks(step, &told("it has", names)))
                        }
                    }
                }
                (Read::Enum(variants, known), PathPart::Name(name)) => {
                    let Some(variant) = known.get(parts::variant(variants, at)) else {
                        return Err(self.lacks(step, "its variant is unknown"));
                    };
                    if variant.name != *name {
                        return Err(self.lacks(step, &format!("it is `{}`", variant.name)));
                    }
                    let (place, rest) = match (variant.fields.as_slice(), rest) {
                        ([], []) => return Ok(self.of_variant(variant)),
                        ([_], [PathPart::Name(name), rest @ ..]) if name == "0" => (0, rest),
                        ([_], rest) if variant.is_tuple() => (0, rest),
                        (_, []) => {
                            self.way.name(name);
                            let value = self.fields(variants, variant, there);
                            return Ok(Found {
                                ty: variant.name.clone(),
                                value,
                                page: None,
                            });
                        }
                        (fields, [PathPart::Name(field), rest @ ..]) => {
                            match fields.iter().position(|it| it.name == *field) {
                                Some(place) => (place, rest),
                                None => {
                                    self.way.name(name);
                                    let names = fields.iter().map(|it| it.name.as_str());
                                    return Err(self.lacks(&rest_of(field), &told("it has", names)));
                                }
                            }
                        }
                        (_, [other, ..]) => return Err(self.lacks(other, "it has fields by name")),
                    };
                    self.way.name(name);
                    let at = parts::field(variants, at, place);
                    self.enter(&variant.fields[place], There { at, shared }, rest)
                }
                (Read::Tuple(parts), step) => {
                    let place = match step {
                        PathPart::Name(name) if is_place(name) => name.parse().ok(),
                        PathPart::Item(key) => number(key),
                        _ => None,
                    };
                    match place.and_then(|place: usize| Some((place, parts.get(place)?))) {
                        Some((place, (shape, offset))) => {
                            self.way.name(&place.to_string());
                            self.go(*shape, there.part(*offset), rest)
                        }
                        None => Err(self.lacks(step, &format!("it has {} parts", parts.len()))),
                    }
                }
                (Read::Bounds(variants, bound), PathPart::Name(name)) => {
                    let is_exhausted = parts::variant(variants, at) != 0;
                    let place = match name.as_str() {
                        "start" => 0,
                        "end" => 1,
                        "exhausted" if is_exhausted && rest.is_empty() => {
                            return Ok(Found {
                                ty: "bool".to_owned(),
                                value: LiveValue::Bool(true),
                                page: None,
                            });
                        }
                        _ => return Err(self.lacks(step, "it has `start`, `end`")),
                    };
                    self.way.name(name);
                    let at = parts::field(variants, at, place);
                    self.go(*bound, There { at, shared }, rest)
                }
                (Read::Elements(len, size, shape), PathPart::Item(key)) => match number(key) {
                    Some(place) if place < *len => {
                        self.way.item(key);
                        self.go(*shape, there.part(place * size), rest)
                    }
                    _ => Err(self.lacks(step, &format!("it has {len} elements"))),
                },
                (
                    Read::Items(items, _),
                    PathPart::Item(Value::String(key)) | PathPart::Name(key),
                ) if items.entry.is_some() => self.entry_of_object(items, there, (step, key), rest),
                (Read::Items(items, shapes), PathPart::Item(key)) if items.entry.is_none() => {
                    self.item(items, shapes, there, (step, key), rest)
                }
                (Read::Items(items, shapes), PathPart::Name(name))
                    if self.has_names(items, shapes) && !is_place(name) =>
                {
                    let key = Value::String(name.clone());
                    self.item(items, shapes, there, (step, &key), rest)
                }
                (Read::Items(items, _), _) if items.entry.is_some() => {
                    Err(self.lacks(step, "its keys are texts"))
                }
                (Read::Shared(by, shape, size), PathPart::Item(key)) => {
                    let len = pointers::shared_len(by, at);
                    match number(key) {
                        Some(place) if place < len => {
                            self.way.item(key);
                            let at = pointers::shared_item(by, at).part(place * size);
                            self.go(*shape, There { at, shared: true }, rest)
                        }
                        _ => Err(self.lacks(step, &format!("it has {len} items"))),
                    }
                }
                (Read::Struct(_) | Read::Enum(..), _) => {
                    Err(self.lacks(step, "it has names, and no items"))
                }
                (Read::Items(..) | Read::Elements(..) | Read::Shared(..), _) => {
                    Err(self.lacks(step, "it has items, and no names: write `[…]`"))
                }
                _ => Err(self.lacks(step, "it has no parts that can be shown alone")),
            }
        }
    }

    /// Goes into a field.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    unsafe fn enter(
        &mut self,
        field: &ReadField,
        there: There,
        rest: &[PathPart],
    ) -> Result<Found, InspectError> {
        self.way.name(&field.name);
        if field.is_secret {
            return Err(self.not_shown("it is marked #[state(secret)]".to_owned()));
        }
        // SAFETY: the caller's.
        unsafe { self.go(field.shape, there, rest) }
    }

    /// Whether the keys of a container are texts, of which some are names as well.
    fn has_names(&self, items: &ReadItems, shapes: &[usize]) -> bool {
        items.is_map && self.shapes.written(shapes[0]) == Some(Written::Text)
    }

    /// Goes into a value of an object of JSON, which is a list of pairs.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn entry_of_object(
        &mut self,
        items: &ReadItems,
        there: There,
        (step, key): (&PathPart, &str),
        rest: &[PathPart],
    ) -> Result<Found, InspectError> {
        let There { at, shared } = there;
        let mut found = None;
        let key = Value::String(key.to_owned());
        let Some([(key_shape, to_key), (value_shape, to_value)]) = items.entry else {
            return Err(self.lacks(step, "it is no object"));
        };
        // SAFETY: as in `go`: each item is a pair of these shapes.
        let len = unsafe {
            parts::each_from(&items.collection, at, 0, 1, |item| {
                let [pair] = item else { return true };
                let there = |at| There { at, shared };
                let is = self.is_key(key_shape, there(pair.part(to_key)), &key);
                if is {
                    self.way.item(&key);
                    found = Some(self.go(value_shape, there(pair.part(to_value)), rest));
                }
                !is
            });
            parts::len(&items.collection, at)
        };
        found.unwrap_or_else(|| {
            Err(self.lacks(step, &format!("it has {len} keys, and not that one")))
        })
    }

    /// Goes into one item of a container.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn item(
        &mut self,
        items: &ReadItems,
        shapes: &[usize],
        there: There,
        (step, key): (&PathPart, &Value),
        rest: &[PathPart],
    ) -> Result<Found, InspectError> {
        let There { at, shared } = there;
        let mut found = None;
        let mut went_on = false;
        // SAFETY: as in `go`. A place is compared with how many items there are.
        let all = unsafe {
            let len = parts::len(&items.collection, at);
            let lacks = || format!("it has {len} items");
            if items.is_map {
                // What is made anew each time, and maybe in another order, is searched in one go.
                let search = (self.carried_in == 0).then(|| self.searches.enter());
                let first = search.map_or(0, |(_, first)| first);
                let mut place = first;
                let mut paused = false;
                // Since the items before were passed over.
                let mut begun = None;
                let all = parts::each_from(&items.collection, at, first, shapes.len(), |item| {
                    let [k, v] = item else { return true };
                    let begun = *begun.get_or_insert_with(Instant::now);
                    let searched = place - first;
                    if search.is_some() && searched > 0 && searched.is_multiple_of(KEYS) {
                        paused = self.seen.is_waited_for() && begun.elapsed() >= self.options.time;
                    }
                    if paused {
                        return false;
                    }
                    let is = self.is_key(shapes[0], There { at: *k, shared }, key);
                    if is {
                        if let Some((map, _)) = search {
                            self.searches.found(map, place);
                        }
                        self.way.item(key);
                        found = Some(self.go(shapes[1], There { at: *v, shared }, rest));
                    }
                    place += 1;
                    !is
                });
                let goes_on = search.is_some_and(|(map, _)| {
                    if paused {
                        self.searches.pause(map, place);
                    }
                    paused || (all && found.is_none() && self.searches.begins_anew(map))
                });
                if goes_on {
                    return Err(self.not_shown("its key is still looked for".to_owned()));
                }
                went_on = first > 0;
                all
            } else {
                let Some(place) = number(key).filter(|place| *place < len) else {
                    return Err(self.lacks(step, &lacks()));
                };
                match items.row {
                    _ if self.sorts(items) => {
                        let sorted = self.sorted(items, shapes, there);
                        if let Some(at) = sorted.get(place) {
                            self.way.item(key);
                            found = Some(self.go(shapes[0], There { at, shared }, rest));
                        }
                    }
                    Some((slice, size)) => {
                        let run = Runs::of(&slice, at, 0, 1);
                        let first = run.iter().find(|run| place < run.len).map(runs::first);
                        if let Some(first) = first {
                            self.way.item(key);
                            let at = first.part(place * size);
                            found = Some(self.go(shapes[0], There { at, shared }, rest));
                        }
                    }
                    None => {
                        parts::each_from(&items.collection, at, place, shapes.len(), |item| {
                            if let [at] = item {
                                self.way.item(key);
                                found = Some(self.go(shapes[0], There { at: *at, shared }, rest));
                            }
                            false
                        });
                    }
                }
                true
            }
        };
        match found {
            Some(found) => found,
            None if all && went_on => Err(self.lacks(
                step,
                "no item is under this key, unless the map has changed while it was looked for",
            )),
            None if all => Err(self.lacks(
                step,
                match (self.shapes.written(shapes[0]), key) {
                    (_, Value::String(_)) => "no item is under this key",
                    (Some(Written::Text), _) => {
                        "its keys are texts, as in `[\"7\"]`, and no item is under this one"
                    }
                    _ => "no item is under this key",
                },
            )),
            None => Err(self.not_shown("the module could not read it".to_owned())),
        }
    }

    /// Whether a key is the one that is looked for.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    unsafe fn is_key(&mut self, shape: usize, there: There, key: &Value) -> bool {
        if let (Read::Written(bytes, Written::Text), Value::String(text)) =
            (self.shapes.get(shape), key)
        {
            // SAFETY: the value is of these operations.
            return unsafe { there.at.reads(bytes, |found| found == text.as_bytes()) };
        }
        // SAFETY: the caller's.
        let shown = self.whole(|walk| unsafe { walk.show(shape, there) });
        shown.is_key(key)
    }

    /// Shows something whole, which is only compared: it counts for nothing, and nothing refers to it.
    fn whole<T>(&mut self, show: impl FnOnce(&mut Self) -> T) -> T {
        let outside = (self.options, self.left, self.texts, self.depth, self.begun);
        let met = std::mem::take(&mut self.met);
        self.options = &WHOLE;
        (self.left, self.texts, self.depth) = (usize::MAX, usize::MAX, 0);
        self.begun = Instant::now();
        let shown = show(self);
        (self.options, self.left, self.texts, self.depth, self.begun) = outside;
        self.met = met;
        shown
    }

    /// Takes the value of a `Lazy` to the version of the state, and says where it is.
    ///
    /// # Safety
    ///
    /// A `Lazy` is there whose value has this stamp at the version of the state. Nothing refers to the value if it is not
    /// at that.
    unsafe fn lazy(&self, at: At, stamp: &'static Stamp) -> Result<At, String> {
        // SAFETY: the caller's.
        let lazy = unsafe { &*at.as_ptr().cast::<RawLazy>() };
        // SAFETY: the caller's.
        match unsafe { self.seen.values().follow(lazy, stamp) } {
            // SAFETY: it is at this stamp now, and stays there for as long as the state is at its version.
            Ok(()) => Ok(At::of(unsafe { lazy.value() })),
            Err(stays) => Err(format!("{}: {}", stays.path, stays.reason)),
        }
    }

    fn of_variant(&mut self, variant: &ReadVariant) -> Found {
        self.left = self.left.saturating_sub(variant.name.len());
        Found {
            ty: variant.name.clone(),
            value: LiveValue::Variant(variant.name.clone(), None),
            page: None,
        }
    }

    fn is_spent(&self) -> bool {
        self.left == 0 || self.begun.elapsed() >= self.options.time
    }

    fn is_deep(&self) -> bool {
        self.depth >= self.options.depth.min(DEEPEST)
    }

    fn deep(&self, shape: usize) -> LiveValue {
        LiveValue::NotShown(NotShown::Deep(self.shapes.called(shape)))
    }

    fn locked(&self, shape: usize) -> LiveValue {
        LiveValue::NotShown(NotShown::Locked(self.shapes.called(shape)))
    }

    fn found(&self, shape: usize, value: LiveValue) -> Found {
        Found {
            ty: self.shapes.called(shape),
            value,
            page: None,
        }
    }

    /// Names what was found by the type of this shape, if that is where the steps end.
    fn called(
        &self,
        found: Result<Found, InspectError>,
        shape: usize,
        steps: &[PathPart],
    ) -> Result<Found, InspectError> {
        let mut found = found?;
        if let [] | [PathPart::Range(..)] = steps {
            found.ty = self.shapes.called(shape);
        }
        Ok(found)
    }

    fn state(&self) -> String {
        let state: &Type = self.shapes.ty(0);
        state.to_string()
    }

    fn lacks(&self, step: &PathPart, found: &str) -> InspectError {
        let wanted = match step {
            PathPart::Name(name) => format!("`{name}`"),
            PathPart::Item(key) => format!("`[{key}]`"),
            PathPart::Range(..) => "range of items".to_owned(),
        };
        InspectError::NotThere {
            state: self.state(),
            path: self.way.as_str().to_owned(),
            wanted,
            found: found.to_owned(),
        }
    }

    fn not_shown(&self, reason: String) -> InspectError {
        InspectError::NotShown {
            state: self.state(),
            path: self.way.as_str().to_owned(),
            reason,
        }
    }

    fn in_use(&self, shape: usize) -> InspectError {
        let ty = self.shapes.called(shape);
        self.not_shown(format!(
            "a thread has the `{ty}` locked, or may be changing it"
        ))
    }
}

fn number(key: &Value) -> Option<usize> {
    usize::try_from(key.as_u64()?).ok()
}

fn rest_of(field: &str) -> PathPart {
    PathPart::Name(field.to_owned())
}

/// As `` it has `a`, `b` ``.
fn told<'n>(begin: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "it has no fields".to_owned(),
        names => format!("{begin} {}", names.join(", ")),
    }
}
