//! A value as it is shown.

use hotmod::operations::{Access, Variants};

use super::{LEAST, There, ValueWalk};
use crate::migrate::at::At;
use crate::migrate::number::NumberValue;
use crate::migrate::{parts, pointers};
use crate::read::shapes::{Atomic, AtomicKind, RED_ZONE, Read, ReadField, ReadVariant, STACK};
use hotmod_file::live::value::is_place;
use hotmod_file::{LiveValue, NotShown};

impl<'w> ValueWalk<'w> {
    /// Shows a value.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    pub(super) unsafe fn show(&mut self, shape: usize, there: There) -> LiveValue {
        self.left = self.left.saturating_sub(LEAST);
        // SAFETY: the caller's.
        stacker::maybe_grow(RED_ZONE, STACK, || unsafe { self.shown(shape, there) })
    }

    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn shown(&mut self, shape: usize, there: There) -> LiveValue {
        let There { at, shared } = there;
        let read = self.shapes.get(shape);
        // SAFETY: as in `go`. What is read as a number, a truth value or a character is one, by the shape.
        unsafe {
            match read {
                Read::Unit => LiveValue::Null,
                Read::Bool => LiveValue::Bool(at.copied::<bool>()),
                Read::Char => LiveValue::Text(at.copied::<char>().to_string()),
                Read::Ordering => {
                    let order = at.copied::<std::cmp::Ordering>();
                    LiveValue::Variant(format!("{order:?}"), None)
                }
                Read::Number(form) => of_number(at.number(*form), form.size()),
                Read::Atomic(atomic) => self.atomic(*atomic, at),
                Read::Written(bytes, form) => {
                    let most = match self.depth {
                        0 => self.left,
                        _ => self.left.min(self.texts),
                    };
                    let text = at.reads(bytes, |bytes| form.text(bytes, most));
                    match text {
                        Some((text, len)) => {
                            self.left = self.left.saturating_sub(text.len());
                            match text.len() < len && most < len {
                                true => LiveValue::Cut(text, len),
                                false => LiveValue::Text(text),
                            }
                        }
                        None => failed("it is written in another form"),
                    }
                }
                Read::Struct(fields) => {
                    if let Some(text) = self.text(read, there) {
                        return self.counted(text);
                    }
                    if self.is_deep() {
                        return self.deep(shape);
                    }
                    self.depth += 1;
                    let mut shown = Vec::with_capacity(fields.len());
                    for (field, offset) in fields {
                        if !shown.is_empty() && self.is_spent() {
                            break;
                        }
                        shown.push(self.field(field, there.part(*offset)));
                    }
                    self.depth -= 1;
                    let more = fields.len() - shown.len();
                    named(shown, more, fields.iter().all(|(it, _)| is_place(&it.name)))
                }
                Read::Tuple(parts) => {
                    if self.is_deep() {
                        return self.deep(shape);
                    }
                    self.depth += 1;
                    let mut shown = Vec::with_capacity(parts.len());
                    for (place, (shape, offset)) in parts.iter().enumerate() {
                        let before = self.way.len();
                        self.way.name(&place.to_string());
                        shown.push(self.show(*shape, there.part(*offset)));
                        self.way.back(before);
                    }
                    self.depth -= 1;
                    LiveValue::List(shown, 0)
                }
                Read::Enum(variants, known) => match known.get(parts::variant(variants, at)) {
                    Some(variant) if variant.is_json => match variant.fields.as_slice() {
                        [] => LiveValue::Null,
                        [held, ..] => {
                            let at = parts::field(variants, at, 0);
                            self.show(held.shape, There { at, shared })
                        }
                    },
                    Some(variant) if variant.fields.is_empty() => self.of_variant(variant).value,
                    Some(variant) if self.is_deep() => {
                        let deep = self.deep(shape);
                        LiveValue::Variant(variant.name.clone(), Some(Box::new(deep)))
                    }
                    Some(variant) => {
                        self.left = self.left.saturating_sub(variant.name.len());
                        let before = self.way.len();
                        self.way.name(&variant.name);
                        let payload = self.fields(variants, variant, there);
                        self.way.back(before);
                        LiveValue::Variant(variant.name.clone(), Some(Box::new(payload)))
                    }
                    None => failed("its variant is unknown"),
                },
                Read::Option(variants, held, may_be_null) => {
                    if parts::variant(variants, at) == parts::NONE {
                        return LiveValue::Null;
                    }
                    let at = parts::field(variants, at, 0);
                    let value = self.show(*held, There { at, shared });
                    match may_be_null {
                        true => LiveValue::Variant("Some".to_owned(), Some(Box::new(value))),
                        false => value,
                    }
                }
                Read::Bounds(variants, bound) => {
                    let mut show = |place| {
                        let at = parts::field(variants, at, place);
                        self.show(*bound, There { at, shared })
                    };
                    let mut bounds =
                        vec![("start".to_owned(), show(0)), ("end".to_owned(), show(1))];
                    if parts::variant(variants, at) != 0 {
                        bounds.push(("exhausted".to_owned(), LiveValue::Bool(true)));
                    }
                    LiveValue::Struct(bounds, 0)
                }
                Read::Items(..) | Read::Elements(..) => self.contained(shape, read, there),
                Read::Shared(by, held, _) => {
                    let len = pointers::shared_len(by, at);
                    let item = pointers::shared_item(by, at);
                    // ReadItems without bytes may lie anywhere.
                    if len > 0 && !self.is_deep() {
                        let met = &mut self.met.shown;
                        match met.get(&item.address()) {
                            Some(path) => return LiveValue::NotShown(NotShown::Same(path.clone())),
                            None => met.insert(item.address(), self.way.to_path()),
                        };
                    }
                    match by.len {
                        None => self.show(
                            *held,
                            There {
                                at: item,
                                shared: true,
                            },
                        ),
                        Some(_) => self.contained(shape, read, there),
                    }
                }
                Read::Weak(weak) => match pointers::followed(weak, at) {
                    None => LiveValue::Null,
                    Some(item) => {
                        let path = self.met.shown.get(&item).cloned();
                        LiveValue::NotShown(NotShown::Weak(path))
                    }
                },
                Read::Pointer(pointer, held) => match (&pointer.access, shared) {
                    (Access::Cell, true) => self.locked(shape),
                    (Access::Lock(lock), true) => match pointers::hold(lock, at) {
                        Some((at, _held)) => self.show(*held, There { at, shared: false }),
                        None => self.locked(shape),
                    },
                    _ => {
                        let at = pointers::item(pointer, at);
                        self.show(*held, There { at, shared })
                    }
                },
                Read::Lazy(stamp, held) => match self.lazy(at, stamp) {
                    Ok(at) => self.show(*held, There { at, shared }),
                    Err(reason) => LiveValue::NotShown(NotShown::Stays(reason)),
                },
                Read::Serde(by) => self.show_by_serde(by, at),
                Read::As(carried, by, held) => {
                    let shown =
                        self.carried((carried, by), at, |walk, made| walk.show(*held, made));
                    shown.unwrap_or_else(|reason| failed(&reason))
                }
                Read::Skip => LiveValue::NotShown(NotShown::Skip),
                Read::Opaque | Read::Coded(_) => {
                    LiveValue::NotShown(NotShown::Opaque(self.shapes.called(shape)))
                }
            }
        }
    }

    /// The text of a value of another crate's type, where it is shown as that.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    pub(super) unsafe fn text(&mut self, read: &Read, there: There) -> Option<String> {
        let (foreign, shape, offset) = read.foreign()?;
        if foreign.is_form() {
            return None;
        }
        // SAFETY: the caller's; the form of a value of this type is there.
        let form = self.whole(|walk| unsafe { walk.show(shape, there.part(offset)) });
        foreign.text(&form)
    }

    /// A text, which counts for what is shown.
    fn counted(&mut self, text: String) -> LiveValue {
        self.left = self.left.saturating_sub(text.len());
        LiveValue::Text(text)
    }

    /// Shows the first items of a container within what is shown.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    unsafe fn contained(&mut self, shape: usize, read: &'w Read, there: There) -> LiveValue {
        // SAFETY: the caller's.
        let len = unsafe { Self::len(read, there.at) }.unwrap_or(0);
        if len > 0 && self.is_deep() {
            return self.deep(shape);
        }
        self.depth += 1;
        let most = match self.is_spent() {
            true => 0,
            false => len.min(self.options.items),
        };
        // SAFETY: the caller's.
        let sorted = unsafe { self.in_order(read, there, most) };
        // SAFETY: the caller's; there are so many.
        let shown = unsafe { self.items(read, there, sorted.as_ref(), (0, most)) };
        self.depth -= 1;
        let more = len.saturating_sub(shown.len());
        shown.into_value(more)
    }

    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    unsafe fn field(&mut self, field: &ReadField, there: There) -> (String, LiveValue) {
        self.left = self.left.saturating_sub(field.name.len() + LEAST);
        let before = self.way.len();
        if !field.is_form {
            self.way.name(&field.name);
        }
        let value = match field.is_secret {
            true => LiveValue::NotShown(NotShown::Secret),
            // SAFETY: the caller's.
            false => unsafe { self.show(field.shape, there) },
        };
        self.way.back(before);
        (field.name.clone(), value)
    }

    /// What a variant holds.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go): an enum that has this variant is there.
    pub(super) unsafe fn fields(
        &mut self,
        variants: &Variants,
        variant: &ReadVariant,
        there: There,
    ) -> LiveValue {
        self.depth += 1;
        let mut shown = Vec::with_capacity(variant.fields.len());
        for (place, field) in variant.fields.iter().enumerate() {
            // SAFETY: the value has this variant, with so many fields.
            let at = unsafe { parts::field(variants, there.at, place) };
            let there = There { at, ..there };
            // SAFETY: the caller's.
            shown.push(unsafe { self.field(field, there) });
        }
        self.depth -= 1;
        named(shown, 0, variant.is_tuple())
    }

    /// # Safety
    ///
    /// Such a number is there.
    unsafe fn atomic(&self, Atomic { size, kind }: Atomic, at: At) -> LiveValue {
        // SAFETY: an atomic number of this size is there; other threads change it in one step, too.
        let bits = unsafe { at.atomic(size) };
        let unused = 128 - 8 * size as u32;
        match kind {
            AtomicKind::Bool => LiveValue::Bool(bits != 0),
            AtomicKind::Unsigned => LiveValue::Unsigned(bits),
            AtomicKind::Signed => LiveValue::Signed(((bits << unused) as i128) >> unused),
        }
    }
}

/// Fields as they are shown: those of a tuple without names.
fn named(fields: Vec<(String, LiveValue)>, more: usize, is_tuple: bool) -> LiveValue {
    if !is_tuple {
        return LiveValue::Struct(fields, more);
    }
    let mut values: Vec<LiveValue> = fields.into_iter().map(|(_, value)| value).collect();
    match values.len() {
        0 => LiveValue::Null,
        1 => values.remove(0),
        _ => LiveValue::List(values, more),
    }
}

fn of_number(value: NumberValue, size: usize) -> LiveValue {
    match value {
        NumberValue::Unsigned(value) => LiveValue::Unsigned(value),
        NumberValue::Signed(value) => LiveValue::Signed(value),
        NumberValue::Float(value) if size == size_of::<f32>() => LiveValue::Float32(value as f32),
        NumberValue::Float(value) => LiveValue::Float64(value),
    }
}

fn failed(reason: &str) -> LiveValue {
    LiveValue::NotShown(NotShown::Failed(reason.to_owned()))
}
