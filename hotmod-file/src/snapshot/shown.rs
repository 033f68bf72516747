//! What was written, as live values are shown: without any module, by the description alone.

use hotmod::describe::{Builtin, Description, Type};

use super::encoding::{CHUNK, SnapshotReader};
use super::error::SnapshotError;
use super::file::{Snapshot, SnapshotGroup, SnapshotInstance};
use super::form::{ColumnOf, Form, FormColumn, FormField, FormVariant, Forms, Scalar};
use crate::live::foreign::{self, Foreign};
use crate::live::value::{DEEPEST, LiveValue, NotShown, RED_ZONE, STACK, is_place};
use crate::live::written::Written;

/// How many items are shown that take no byte.
const EMPTY: usize = 1000;

impl Snapshot {
    /// A state, as [`Instance::inspect`] would show it whole: what is secret is masked. What serde has written is not
    /// taken apart. What lies deeper than a thousand values within each other is told, and not shown.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] if what was written is no such state.
    ///
    /// [`Instance::inspect`]: https://docs.rs/hotmod-host/latest/hotmod_host/struct.Instance.html#method.inspect
    pub fn show(
        &self,
        group: &SnapshotGroup,
        instance: &SnapshotInstance<'_>,
    ) -> Result<LiveValue, SnapshotError> {
        let description = &instance.build.description;
        let state = description.implementations.get(&group.interface);
        let state = state.ok_or_else(|| SnapshotError::new("a state", "none"))?;
        show(&Forms::of(description, &state.state), instance.state)
    }

    /// The key of an instance; `None` for one that has none.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] if what was written is no such key.
    pub fn show_key(
        &self,
        group: &SnapshotGroup,
        instance: &SnapshotInstance<'_>,
    ) -> Result<Option<LiveValue>, SnapshotError> {
        let Some(key) = &group.key else {
            return Ok(None);
        };
        show(&Forms::of(&key.description, &key.ty), instance.key).map(Some)
    }
}

/// A value of a described type, with what is secret in it.
///
/// # Errors
///
/// [`SnapshotError`] if what was written is no such value.
#[doc(hidden)]
pub fn shown_whole(
    description: &Description,
    ty: &Type,
    bytes: &[u8],
) -> Result<LiveValue, SnapshotError> {
    show_as(&Forms::of(description, ty), bytes, false)
}

/// A value of the first form.
fn show(forms: &Forms, bytes: &[u8]) -> Result<LiveValue, SnapshotError> {
    show_as(forms, bytes, true)
}

fn show_as(forms: &Forms, bytes: &[u8], masks: bool) -> Result<LiveValue, SnapshotError> {
    let mut showing = Showing {
        masks,
        forms,
        from: SnapshotReader::new(bytes),
        way: String::new(),
        deep: 0,
        variants: None,
        items: Vec::new(),
    };
    let mut value = showing.value(0)?;
    match showing.from.left() {
        0 => {
            showing.lead_weaks(&mut value);
            Ok(value)
        }
        left => Err(SnapshotError::new(
            "the end of the value",
            format!("{left} bytes more"),
        )),
    }
}

struct Showing<'f> {
    /// Whether what is secret is not shown.
    masks: bool,
    forms: &'f Forms,
    from: SnapshotReader<'f>,
    /// The way to what is shown, as far as that is.
    way: String,
    /// How many values it lies in.
    deep: usize,
    /// How the variants of the next enum are called, where that is the form of a value that is carried over.
    variants: Option<&'static foreign::Variants>,
    /// The forms of the items with several owners, and where each is shown; by their numbers.
    items: Vec<Option<(usize, String)>>,
}

type Result<T, E = SnapshotError> = std::result::Result<T, E>;

/// The way to the container that an item of a run is in, and its place there.
type PlaceOf<'w> = &'w dyn Fn(usize) -> (String, usize);

impl Showing<'_> {
    fn value(&mut self, form: usize) -> Result<LiveValue> {
        self.deep += 1;
        let value = stacker::maybe_grow(RED_ZONE, STACK, || self.at(form));
        self.deep -= 1;
        Ok(self.within_reach(form, value?))
    }

    /// A value, or where it lies too deep in others, that it does.
    fn within_reach(&self, form: usize, value: LiveValue) -> LiveValue {
        use LiveValue::{List, Map, Struct, Variant};
        match value {
            List(..) | Map(..) | Struct(..) | Variant(_, Some(_)) if self.deep >= DEEPEST => {
                LiveValue::NotShown(NotShown::Deep(foreign::called(self.forms.ty(form))))
            }
            value => value,
        }
    }

    /// A value one step further on.
    fn within(&mut self, step: &str, form: usize) -> Result<LiveValue> {
        let before = self.way.len();
        if self.deep < DEEPEST {
            self.way.push_str(step);
        }
        let value = self.value(form);
        self.way.truncate(before);
        value
    }

    fn at(&mut self, form: usize) -> Result<LiveValue> {
        let forms = self.forms;
        Ok(match forms.get(form) {
            Form::Unit => LiveValue::Null,
            Form::Skip => LiveValue::NotShown(NotShown::Skip),
            Form::Never | Form::Opaque => {
                let found = format!("a `{}`", forms.ty(form));
                return Err(SnapshotError::new("a value that can be written", found));
            }
            Form::Scalar(scalar) => of_scalar(*scalar, scalar.read(&mut self.from)?),
            Form::Written => {
                let bytes = self.from.bytes()?;
                self.text(form, bytes)
            }
            Form::Struct(fields) => {
                self.variants = foreign::variants(forms.ty(form));
                let value = self.fields(fields)?;
                self.by_text(form, value)
            }
            Form::Tuple(parts) => {
                let mut shown = Vec::with_capacity(parts.len());
                for (place, part) in parts.iter().enumerate() {
                    shown.push(self.within(&format!(".{place}"), *part)?);
                }
                LiveValue::List(shown, 0)
            }
            Form::Enum(variants) => {
                let place = usize::try_from(self.from.varint()?).ok();
                let Some(variant) = place.and_then(|place| variants.get(place)) else {
                    let expected = format!("one of {} variants", variants.len());
                    return Err(SnapshotError::new(expected, "another"));
                };
                if foreign::is_json(forms.ty(form)) {
                    return self.json(variant);
                }
                let name = foreign::variant(self.variants.take(), &variant.name);
                let before = self.way.len();
                self.way.push('.');
                self.way.push_str(name);
                let payload = match variant.fields.as_slice() {
                    [] => None,
                    fields => Some(Box::new(self.fields(fields)?)),
                };
                self.way.truncate(before);
                LiveValue::Variant(name.to_owned(), payload)
            }
            Form::Option(held) => match self.truth()? {
                false => LiveValue::Null,
                true => {
                    let value = self.value(*held)?;
                    match self.may_be_null(*held) {
                        true => LiveValue::Variant("Some".to_owned(), Some(Box::new(value))),
                        false => value,
                    }
                }
            },
            Form::Bounds(bound) => {
                let start = ("start".to_owned(), self.value(*bound)?);
                let end = ("end".to_owned(), self.value(*bound)?);
                let mut bounds = vec![start, end];
                if self.truth()? {
                    bounds.push(("exhausted".to_owned(), LiveValue::Bool(true)));
                }
                LiveValue::Struct(bounds, 0)
            }
            Form::Items(parts) => self.container(forms.ty(form), parts)?,
            Form::Elements(len, item) => {
                let least = forms.least(*item);
                let len = self.from.there_can_be(*len as u64, least)?;
                self.list(*item, len)?
            }
            Form::Inside(held, _) | Form::As(held) => self.value(*held)?,
            Form::Shared(held, is_slice) => self.owner(*held, *is_slice)?,
            Form::Weak(_) => match self.from.varint()?.checked_sub(1) {
                None => LiveValue::Null,
                Some(number) => {
                    let number = self.number(number)?;
                    // Where it is shown is known in the end.
                    LiveValue::NotShown(NotShown::Weak(Some(number.to_string())))
                }
            },
            Form::Coded => {
                self.from.bytes()?;
                LiveValue::NotShown(NotShown::Opaque("what its codec has written".to_owned()))
            }
            Form::Serde => {
                self.from.bytes()?;
                LiveValue::NotShown(NotShown::Opaque("what serde has written".to_owned()))
            }
        })
    }

    /// A value of another crate's type by its text, where it has one.
    fn by_text(&self, form: usize, value: LiveValue) -> LiveValue {
        let text = Foreign::of(self.forms.ty(form)).and_then(|it| it.text(&value));
        text.map_or(value, LiveValue::Text)
    }

    /// A value of JSON: what its variant holds.
    fn json(&mut self, variant: &FormVariant) -> Result<LiveValue> {
        match variant.fields.as_slice() {
            [] => Ok(LiveValue::Null),
            fields => self.fields(fields),
        }
    }

    fn masked(&self, field: &FormField, value: LiveValue) -> LiveValue {
        match field.is_secret && self.masks {
            true => LiveValue::NotShown(NotShown::Secret),
            false => value,
        }
    }

    fn truth(&mut self) -> Result<bool> {
        Ok(Scalar::Bool.read(&mut self.from)? != 0)
    }

    fn fields(&mut self, fields: &[FormField]) -> Result<LiveValue> {
        let mut shown = Vec::with_capacity(fields.len());
        for (place, field) in fields.iter().enumerate() {
            let value = self.within(&self.forms.step(fields, place), field.form)?;
            shown.push((field.name.clone(), self.masked(field, value)));
        }
        Ok(named(shown))
    }

    fn text(&self, form: usize, bytes: &[u8]) -> LiveValue {
        let text = Written::of(self.forms.ty(form)).and_then(|it| it.text(bytes, usize::MAX));
        match text {
            Some((text, _)) => LiveValue::Text(text),
            None => failed("it is written in another form"),
        }
    }

    /// So many values, as a list.
    fn list(&mut self, item: usize, len: usize) -> Result<LiveValue> {
        let shown = self.items(&[item], len, &|place| (String::new(), place))?;
        let left_out = len - shown.len();
        let shown = shown.into_iter().flatten().collect();
        Ok(LiveValue::List(shown, left_out))
    }

    /// A run of so many items of these parts: as many as are shown. `way` says in which container each is, and at which
    /// place.
    fn items(
        &mut self,
        parts: &[usize],
        len: usize,
        way: PlaceOf<'_>,
    ) -> Result<Vec<Vec<LiveValue>>> {
        self.deep += 1;
        // Containers of containers lead back here, as deep as the data is.
        let shown = stacker::maybe_grow(RED_ZONE, STACK, || self.run(parts, len, way));
        self.deep -= 1;
        let mut shown = shown?;
        for item in shown.iter_mut().filter(|_| self.deep >= DEEPEST) {
            for (part, form) in item.iter_mut().zip(parts) {
                *part = self.within_reach(*form, std::mem::replace(part, LiveValue::Null));
            }
        }
        Ok(shown)
    }

    fn run(
        &mut self,
        parts: &[usize],
        len: usize,
        way: PlaceOf<'_>,
    ) -> Result<Vec<Vec<LiveValue>>> {
        let forms = self.forms;
        let most = match parts.iter().all(|part| forms.least(*part) == 0) {
            true => len.min(EMPTY),
            false => len,
        };
        let takes_nothing = parts.iter().all(|part| forms.columns(*part).is_empty());
        let len = if takes_nothing { most } else { len };
        let mut shown = Vec::new();
        for start in (0..len).step_by(CHUNK) {
            let count = CHUNK.min(len - start);
            let mut chunk: Vec<Vec<LiveValue>> = vec![Vec::new(); count];
            for part in parts {
                let steps: Vec<Option<String>> = match parts.len() {
                    1 => vec![None; count],
                    // A value of a map is called by its key.
                    _ => chunk.iter().map(|it| Some(step(it.first()))).collect(),
                };
                let way = |place: usize| -> String {
                    let (container, at) = way(start + place);
                    match &steps[place] {
                        None => format!("{container}[{at}]"),
                        Some(step) => format!("{container}{step}"),
                    }
                };
                if len == 1 {
                    let value = self.within(&way(0), *part)?;
                    chunk[0].push(value);
                    continue;
                }
                let mut columns = Vec::new();
                for column in forms.columns(*part) {
                    let values = self.column(*part, column, (count, &way))?;
                    columns.push(values.into_iter());
                }
                for item in &mut chunk {
                    let mut next = columns.iter_mut().filter_map(Iterator::next);
                    item.push(self.put_together(*part, &mut next));
                }
            }
            shown.append(&mut chunk);
            shown.truncate(most);
        }
        Ok(shown)
    }

    /// A column of so many items, which are found on these ways.
    fn column(
        &mut self,
        item: usize,
        column: &FormColumn,
        (count, way): (usize, &dyn Fn(usize) -> String),
    ) -> Result<Vec<LiveValue>> {
        let forms = self.forms;
        let mut numbers = vec![0; count];
        let mut shown = Vec::with_capacity(count);
        match column.of {
            ColumnOf::Numbers(scalar) => {
                self.from.column(&mut numbers)?;
                for number in numbers {
                    let bits = scalar.bits(number).ok_or_else(|| scalar.none())?;
                    shown.push(of_scalar(scalar, bits.into()));
                }
            }
            ColumnOf::Texts => {
                let all = self.from.lengths(&mut numbers)?;
                let all = self.from.there_can_be(all, 1)?;
                let mut all = SnapshotReader::new(self.from.take(all)?);
                for len in numbers {
                    shown.push(self.text(column.form, all.take(len as usize)?));
                }
            }
            ColumnOf::Items => {
                let Form::Items(parts) = forms.get(column.form) else {
                    unreachable!("bug in hotmod: a column of items that are none")
                };
                let least = parts.iter().map(|part| forms.least(*part)).sum();
                let all = self.from.lengths(&mut numbers)?;
                let all = self.from.there_can_be(all, least)?;
                let path = forms.shown_path(item, &column.steps);
                let ends: Vec<usize> = (numbers.iter())
                    .scan(0, |end, len| {
                        *end += *len as usize;
                        Some(*end)
                    })
                    .collect();
                let of_all = |place: usize| {
                    let of = ends.partition_point(|end| *end <= place);
                    let first = of.checked_sub(1).map_or(0, |before| ends[before]);
                    (format!("{}{path}", way(of)), place - first)
                };
                let mut items = self.items(parts, all, &of_all)?.into_iter();
                for len in numbers {
                    let of: Vec<_> = items.by_ref().take(len as usize).collect();
                    let left_out = len as usize - of.len();
                    shown.push(container(forms.ty(column.form), of, left_out));
                }
            }
            ColumnOf::Values => {
                let path = forms.shown_path(item, &column.steps);
                let within = column.steps.split_last().map(|(_, before)| before);
                let within = within.and_then(|before| forms.within(item, before));
                let variants = within.and_then(|it| foreign::variants(forms.ty(it)));
                for place in 0..count {
                    let way = format!("{}{path}", way(place));
                    self.variants = variants;
                    shown.push(self.within(&way, column.form)?);
                }
            }
        }
        Ok(shown)
    }

    /// An item of what its columns have, in their order.
    fn put_together(&self, form: usize, next: &mut dyn Iterator<Item = LiveValue>) -> LiveValue {
        let is_whole = matches!(self.forms.columns(form), [it] if it.steps.is_empty());
        let mut part = |form: usize| self.put_together(form, next);
        match self.forms.get(form) {
            _ if is_whole => next.next().unwrap_or(LiveValue::Null),
            Form::Struct(fields) => {
                let shown = fields.iter().map(|field| {
                    let value = part(field.form);
                    (field.name.clone(), self.masked(field, value))
                });
                self.by_text(form, named(shown.collect()))
            }
            Form::Tuple(parts) => LiveValue::List(parts.iter().map(|it| part(*it)).collect(), 0),
            Form::Elements(len, item) => {
                let shown = self.most(*item, *len);
                let items = (0..shown).map(|_| part(*item));
                LiveValue::List(items.collect(), len - shown)
            }
            Form::Skip => LiveValue::NotShown(NotShown::Skip),
            _ => LiveValue::Null,
        }
    }

    /// How many of so many items are shown: of those that take no byte, there may be any number.
    fn most(&self, item: usize, len: usize) -> usize {
        match self.forms.least(item) {
            0 => len.min(EMPTY),
            _ => len,
        }
    }

    fn container(&mut self, ty: &Type, parts: &[usize]) -> Result<LiveValue> {
        let least = parts.iter().map(|part| self.forms.least(*part)).sum();
        let len = self.from.count(least)?;
        let items = self.items(parts, len, &|place| (String::new(), place))?;
        let left_out = len - items.len();
        Ok(container(ty, items, left_out))
    }

    /// The number of an item, which may be the next one.
    fn number(&mut self, number: u64) -> Result<usize> {
        let next = self.items.len();
        match usize::try_from(number) {
            Ok(number) if number < next => Ok(number),
            Ok(number) if number == next => {
                self.items.push(None);
                Ok(number)
            }
            _ => Err(SnapshotError::new(
                format!("the number of one of {next} items, or of the next"),
                number.to_string(),
            )),
        }
    }

    fn owner(&mut self, form: usize, is_slice: bool) -> Result<LiveValue> {
        let number = self.from.varint()?;
        let number = self.number(number)?;
        if let Some((known, path)) = &self.items[number] {
            return match *known == form {
                true => Ok(LiveValue::NotShown(NotShown::Same(path.clone()))),
                false => Err(SnapshotError::new("an item of its type", "another")),
            };
        }
        let path = self.way.trim_start_matches('.').to_owned();
        self.items[number] = Some((form, path));
        match is_slice {
            true => {
                let len = self.from.count(self.forms.least(form))?;
                self.list(form, len)
            }
            false => self.value(form),
        }
    }

    /// Says where the items are shown to which `Weak`s lead.
    fn lead_weaks(&self, value: &mut LiveValue) {
        stacker::maybe_grow(RED_ZONE, STACK, || match value {
            LiveValue::NotShown(NotShown::Weak(Some(number))) => {
                let number = number.parse().ok();
                let item = number.and_then(|number: usize| self.items.get(number));
                let path = item.and_then(|item| Some(item.as_ref()?.1.clone()));
                *value = LiveValue::NotShown(NotShown::Weak(path));
            }
            LiveValue::List(items, _) => items.iter_mut().for_each(|it| self.lead_weaks(it)),
            LiveValue::Map(entries, _) => {
                for (key, value) in entries {
                    self.lead_weaks(key);
                    self.lead_weaks(value);
                }
            }
            LiveValue::Struct(fields, _) => {
                fields.iter_mut().for_each(|(_, it)| self.lead_weaks(it));
            }
            LiveValue::Variant(_, Some(held)) => self.lead_weaks(held),
            _ => {}
        });
    }

    /// Whether values of a form may show as `null`.
    fn may_be_null(&self, mut form: usize) -> bool {
        // A type that is only within itself has no values.
        for _ in 0..=self.forms.len() {
            form = match self.forms.get(form) {
                Form::Unit | Form::Option(_) | Form::Weak(_) | Form::Serde => return true,
                Form::Enum(_) => return foreign::is_json(self.forms.ty(form)),
                Form::Struct(fields) => match fields.as_slice() {
                    [] => return true,
                    [field] if is_place(&field.name) => field.form,
                    _ => return false,
                },
                Form::Inside(held, _) | Form::Shared(held, false) | Form::As(held) => *held,
                _ => return false,
            };
        }
        false
    }
}

/// The items of a container, as it is shown.
fn container(ty: &Type, items: Vec<Vec<LiveValue>>, left_out: usize) -> LiveValue {
    use Builtin::{BTreeMap, BinaryHeap, Entries, HashMap, HashSet, RHashMap};
    let builtin = ty.builtin();
    let is_ordered = !matches!(builtin, Some(HashMap | RHashMap | HashSet | BinaryHeap));
    if !matches!(builtin, Some(BTreeMap | Entries | HashMap | RHashMap)) {
        let mut shown: Vec<LiveValue> = items.into_iter().flatten().collect();
        if foreign::is_object(ty) {
            return object(shown, left_out);
        }
        if !is_ordered {
            shown.sort_by(LiveValue::order);
        }
        return LiveValue::List(shown, left_out);
    }
    let entry = |item: Vec<LiveValue>| <[LiveValue; 2]>::try_from(item).ok();
    let entries = items.into_iter().filter_map(entry);
    let mut entries: Vec<_> = entries.map(|[key, value]| (key, value)).collect();
    if !is_ordered {
        entries.sort_by(|(a, _), (b, _)| a.order(b));
    }
    LiveValue::Map(entries, left_out)
}

/// An object of JSON, of its entries; they stay pairs where one lies too deep to be taken apart.
fn object(pairs: Vec<LiveValue>, left_out: usize) -> LiveValue {
    let is_pair = |it: &LiveValue| matches!(it, LiveValue::List(parts, 0) if parts.len() == 2);
    if !pairs.iter().all(is_pair) {
        return LiveValue::List(pairs, left_out);
    }
    let parts = pairs.into_iter().filter_map(|pair| match pair {
        LiveValue::List(parts, _) => <[LiveValue; 2]>::try_from(parts).ok(),
        _ => None,
    });
    LiveValue::Map(parts.map(|[key, value]| (key, value)).collect(), left_out)
}

/// The step into a value of a map, or into the key if that is not known yet.
fn step(key: Option<&LiveValue>) -> String {
    match key.map(|key| (key, key.key())) {
        None => "[key]".to_owned(),
        Some((_, Some(text))) => format!("[{}]", serde_json::Value::String(text)),
        Some((key, None)) => format!("[{key}]"),
    }
}

/// Fields as they are shown: those of a tuple without names.
fn named(fields: Vec<(String, LiveValue)>) -> LiveValue {
    if !fields.iter().all(|(name, _)| is_place(name)) {
        return LiveValue::Struct(fields, 0);
    }
    let mut values: Vec<LiveValue> = fields.into_iter().map(|(_, value)| value).collect();
    match values.len() {
        0 => LiveValue::Null,
        1 => values.remove(0),
        _ => LiveValue::List(values, 0),
    }
}

fn of_scalar(scalar: Scalar, bits: u128) -> LiveValue {
    match scalar {
        Scalar::Bool => LiveValue::Bool(bits != 0),
        Scalar::Char => {
            let letter = u32::try_from(bits).ok().and_then(char::from_u32);
            LiveValue::Text(letter.unwrap_or_default().to_string())
        }
        Scalar::Ordering => {
            let order = (bits as u8).cast_signed().cmp(&0);
            LiveValue::Variant(format!("{order:?}"), None)
        }
        Scalar::Number(number, _) => match (number.float, number.signed, number.size) {
            (true, _, 4) => LiveValue::Float32(f32::from_bits(bits as u32)),
            (true, ..) => LiveValue::Float64(f64::from_bits(bits as u64)),
            (false, true, size) => {
                let unused = 128 - 8 * u32::from(size);
                LiveValue::Signed((bits << unused).cast_signed() >> unused)
            }
            (false, false, _) => LiveValue::Unsigned(bits),
        },
    }
}

fn failed(reason: &str) -> LiveValue {
    LiveValue::NotShown(NotShown::Failed(reason.to_owned()))
}
