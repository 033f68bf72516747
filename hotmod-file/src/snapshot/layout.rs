//! Where the parts of values lie that a host has decoded: a layout of the host's own.
//!
//! A plan leads from one description to another. So what was decoded gets a description too, with these offsets and a
//! toolchain that is no compiler's ([`DECODED`]), and becomes state of a running version as state of another compiler's
//! module does. Numbers and the like lie there as everywhere, and a struct of such alone as in the module that had it:
//! where the running version has the same struct, its values are copied.

use hotmod::describe::{DECODED, Described, Description, Shape, Type};

use super::error::SnapshotError;
use super::form::{Form, Forms, held};

/// What a value that refers to others begins with: where they are, and how many.
pub const REFERENCE: usize = 16;

/// Where what a variant holds begins, behind which variant it is and where its fields are.
pub const PAYLOAD: usize = 16;

/// The largest value that is laid out, in bytes.
const LARGEST: usize = 1 << 40;

/// The layouts of all types of a description, by the numbers of their forms.
#[derive(Clone, Debug)]
pub struct DecodedLayouts {
    /// How values of the types are written. The described types come first, and then the states.
    pub forms: Forms,
    layouts: Vec<DecodedLayout>,
}

/// How a value of one type lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecodedLayout {
    /// In bytes.
    pub size: usize,
    /// In bytes.
    pub align: usize,
    /// Where the parts start: one list, or one for each variant.
    pub parts: Vec<Vec<usize>>,
}

impl DecodedLayouts {
    /// Of all types that a description has, of its states, and of these.
    ///
    /// # Errors
    ///
    /// If a type holds itself, or its values are too large to lie anywhere.
    pub fn of<'t>(
        description: &'t Description,
        others: impl IntoIterator<Item = &'t Type>,
    ) -> Result<Self, SnapshotError> {
        let types = description.types.keys().chain(description.states());
        let forms = Forms::of_all(description, types.chain(others));
        let mut made = DecodedLayouts {
            layouts: vec![DecodedLayout::default(); forms.len()],
            forms,
        };
        made.lay_out(description)?;
        Ok(made)
    }

    /// The layout of the form of this number.
    pub fn get(&self, form: usize) -> &DecodedLayout {
        &self.layouts[form]
    }

    /// The description of what was decoded: the same, but for where everything lies.
    pub fn described(&self, description: &Description) -> Description {
        let mut decoded = held(description.clone());
        DECODED.clone_into(&mut decoded.toolchain);
        for (ty, described) in &mut decoded.types {
            let Some(form) = self.forms.place(ty) else {
                continue;
            };
            let layout = &self.layouts[form];
            described.size = layout.size as u64;
            described.align = layout.align as u64;
            let fields: Vec<(_, Option<&Vec<usize>>)> = match &mut described.shape {
                Shape::Struct(fields) => vec![(fields, layout.parts.first())],
                Shape::Enum { variants, .. } => variants
                    .iter_mut()
                    .map(|it| (&mut it.fields, None))
                    .collect(),
            };
            for (fields, offsets) in fields {
                for (place, field) in fields.iter_mut().enumerate() {
                    let of = self.forms.place(&field.ty).map(|it| &self.layouts[it]);
                    let (size, align) = of.map_or((0, 1), |of| (of.size, of.align));
                    field.size = size as u64;
                    field.align = align as u64;
                    let offset = offsets.and_then(|offsets| offsets.get(place));
                    field.offset = offset.map(|offset| *offset as u64);
                }
            }
        }
        decoded
    }

    /// Lays out each type once all that lie in it are.
    fn lay_out(&mut self, description: &Description) -> Result<(), SnapshotError> {
        let len = self.forms.len();
        let (mut waits, mut holders) = (vec![0_usize; len], vec![Vec::new(); len]);
        for (form, waits) in waits.iter_mut().enumerate() {
            for part in self.parts(form) {
                *waits += 1;
                holders[part].push(form);
            }
        }
        let mut ready: Vec<usize> = (0..len).filter(|form| waits[*form] == 0).collect();
        let mut done = 0;
        while let Some(form) = ready.pop() {
            done += 1;
            let layout = self.laid_out(form, description);
            self.layouts[form] = layout.filter(|it| it.size <= LARGEST).ok_or_else(|| {
                let found = format!("`{}`, which is too large", self.forms.ty(form));
                SnapshotError::new("types whose values lie somewhere", found)
            })?;
            for holder in &holders[form] {
                waits[*holder] -= 1;
                if waits[*holder] == 0 {
                    ready.push(*holder);
                }
            }
        }
        if done == len {
            return Ok(());
        }
        let form = waits
            .iter()
            .position(|waits| *waits > 0)
            .unwrap_or_default();
        let found = format!("`{}`, which holds itself", self.forms.ty(form));
        Err(SnapshotError::new(
            "types whose values lie somewhere",
            found,
        ))
    }

    /// The forms of what lies in a value.
    fn parts(&self, form: usize) -> Vec<usize> {
        match self.forms.get(form) {
            Form::Struct(fields) => fields.iter().map(|it| it.form).collect(),
            Form::Tuple(parts) => parts.clone(),
            Form::Enum(variants) => {
                let fields = variants.iter().flat_map(|it| &it.fields);
                fields.map(|it| it.form).collect()
            }
            Form::Option(held)
            | Form::Bounds(held)
            | Form::Elements(_, held)
            | Form::Inside(held, false) => vec![*held],
            _ => Vec::new(),
        }
    }

    fn laid_out(&self, form: usize, description: &Description) -> Option<DecodedLayout> {
        let whole = |size, align| {
            Some(DecodedLayout {
                size,
                align,
                parts: Vec::new(),
            })
        };
        match self.forms.get(form) {
            Form::Unit | Form::Never | Form::Skip | Form::Opaque => whole(0, 1),
            Form::Scalar(scalar) => whole(scalar.size(), scalar.size()),
            Form::Written | Form::Serde | Form::Coded | Form::As(_) | Form::Shared(..) => {
                whole(REFERENCE, 8)
            }
            Form::Items(_) => whole(REFERENCE + 8, 8),
            Form::Inside(_, true) | Form::Weak(_) => whole(8, 8),
            Form::Inside(held, false) => {
                let held = &self.layouts[*held];
                whole(held.size, held.align)
            }
            Form::Elements(len, item) => {
                let item = &self.layouts[*item];
                whole(item.size.checked_mul(*len)?, item.align)
            }
            Form::Struct(fields) => {
                let parts: Vec<usize> = fields.iter().map(|it| it.form).collect();
                let ty = self.forms.ty(form);
                let as_it_was = match self.forms.is_flat(form) {
                    true => self.as_it_was(&parts, description.types.get(ty)),
                    false => None,
                };
                as_it_was.or_else(|| self.in_order(0, 1, &parts).map(closed))
            }
            Form::Tuple(parts) => self.in_order(0, 1, parts).map(closed),
            Form::Enum(variants) => {
                let fields = |fields: &[_]| {
                    fields
                        .iter()
                        .map(|it: &super::form::FormField| it.form)
                        .collect()
                };
                self.variants(variants.iter().map(|it| fields(&it.fields)))
            }
            Form::Option(held) => self.variants([vec![], vec![*held]]),
            Form::Bounds(bound) => self.variants([vec![*bound, *bound], vec![*bound, *bound]]),
        }
    }

    /// The layout that a struct of numbers and the like had in its module, if that is one.
    fn as_it_was(&self, parts: &[usize], described: Option<&Described>) -> Option<DecodedLayout> {
        let described = described?;
        let Shape::Struct(fields) = &described.shape else {
            return None;
        };
        let (size, align) = (
            usize::try_from(described.size).ok()?,
            usize::try_from(described.align).ok()?,
        );
        if !align.is_power_of_two() || align > 4096 || !size.is_multiple_of(align) || size > LARGEST
        {
            return None;
        }
        let mut taken = Vec::new();
        let mut offsets = Vec::new();
        for (field, part) in fields.iter().zip(parts) {
            let layout = &self.layouts[*part];
            let offset = usize::try_from(field.offset?).ok()?;
            let end = offset.checked_add(layout.size)?;
            if !offset.is_multiple_of(layout.align) || end > size || layout.align > align {
                return None;
            }
            offsets.push(offset);
            taken.push((offset, end));
        }
        taken.retain(|(start, end)| start < end);
        taken.sort_unstable();
        let overlap = taken.windows(2).any(|two| two[0].1 > two[1].0);
        (!overlap && offsets.len() == parts.len()).then(|| DecodedLayout {
            size,
            align,
            parts: vec![offsets],
        })
    }

    /// Parts one after the other.
    fn in_order(
        &self,
        mut size: usize,
        mut align: usize,
        parts: &[usize],
    ) -> Option<DecodedLayout> {
        let mut offsets = Vec::new();
        for part in parts {
            let part = &self.layouts[*part];
            let offset = size.checked_next_multiple_of(part.align)?;
            offsets.push(offset);
            size = offset.checked_add(part.size)?;
            align = align.max(part.align);
        }
        Some(DecodedLayout {
            size,
            align,
            parts: vec![offsets],
        })
    }

    fn variants(&self, all: impl IntoIterator<Item = Vec<usize>>) -> Option<DecodedLayout> {
        let mut whole = DecodedLayout {
            size: PAYLOAD,
            align: 8,
            parts: Vec::new(),
        };
        for parts in all {
            let mut variant = self.in_order(PAYLOAD, 8, &parts)?;
            whole.size = whole.size.max(variant.size);
            whole.align = whole.align.max(variant.align);
            whole.parts.append(&mut variant.parts);
        }
        Some(closed(whole))
    }
}

/// The same, so large that one may follow the other.
fn closed(layout: DecodedLayout) -> DecodedLayout {
    DecodedLayout {
        size: layout.size.next_multiple_of(layout.align),
        ..layout
    }
}
