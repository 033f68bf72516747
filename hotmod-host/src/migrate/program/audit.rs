//! Checks that compiled code reads no byte of the old value outside of its fields, writes each byte of the
//! new value's fields once, and gives up each field of the old value once: moved, converted or dropped.
//! Runs with debug assertions, for every plan.

use std::collections::BTreeMap;

use hotmod::describe::{Described, Shape, Type};
use hotmod::operations::{Kind, Operations, purpose};

use super::{Code, Item, Make, VariantSteps};
use crate::migrate::flat::Span;

/// The operations of a value's type.
type Owned = &'static Operations;

/// The fields of a value, and its bytes that are not padding.
pub(super) struct Layout {
    size: usize,
    fields: Vec<Span>,
    values: Vec<Span>,
}

impl Layout {
    /// The layout of a value of `size` bytes, as yet without fields.
    pub(super) fn new(size: usize) -> Self {
        Layout {
            size,
            fields: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Adds a field.
    pub(super) fn field(
        &mut self,
        types: &BTreeMap<Type, Described>,
        ty: &Type,
        start: usize,
        operations: &Operations,
    ) {
        self.fields.push((start, operations.size));
        values(types, ty, start, operations, &mut self.values);
    }

    /// Adds a field of a tuple. The steps of `code`, on this `side`, show which of its bytes are not
    /// padding.
    pub(super) fn element(
        &mut self,
        start: usize,
        operations: &Operations,
        code: &Code,
        side: fn((Span, Span)) -> Span,
    ) {
        self.fields.push((start, operations.size));
        match code {
            Code::Flat(flat) => {
                let steps = flat.steps().map(side);
                self.values
                    .extend(steps.map(|(step, size)| (start + step, size)));
            }
            _ => self.values.push((start, operations.size)),
        }
    }

    /// The field of `size` bytes that starts at `at`. A field without a size may start there too.
    fn field_at(&self, start: usize, size: usize) -> Result<Span, String> {
        let found = self
            .fields
            .contains(&(start, size))
            .then_some((start, size));
        found.ok_or_else(|| format!("no field of {size} bytes starts at {start}"))
    }

    /// The bytes of all fields, with neighbours joined.
    fn recorded(&self) -> Result<Vec<Span>, String> {
        let recorded = joined(&self.fields, "recorded")?;
        match recorded
            .iter()
            .find(|(start, size)| start + size > self.size)
        {
            Some(bytes) => Err(format!("{bytes:?} is recorded of {} bytes", self.size)),
            None => Ok(recorded),
        }
    }
}

/// Finds the bytes of a value that are not padding, as far as the host knows.
fn values(
    types: &BTreeMap<Type, Described>,
    ty: &Type,
    start: usize,
    operations: &Operations,
    found: &mut Vec<Span>,
) {
    let part = |place| operations.part(place);
    match (types.get(ty).map(|it| &it.shape), &operations.kind) {
        (Some(Shape::Struct(fields)), Kind::Struct(_)) => {
            for (place, field) in fields.iter().enumerate() {
                let offset = field.offset.and_then(|offset| usize::try_from(offset).ok());
                if let (Some(offset), Some(part)) = (offset, part(place)) {
                    values(types, &field.ty, start + offset, part, found);
                }
            }
        }
        (None, Kind::Tuple(offset)) => {
            for (place, arg) in ty.args.iter().enumerate() {
                if let Some(part) = part(place) {
                    let offset = operations.part_offset(*offset, place);
                    values(types, arg, start + offset, part, found);
                }
            }
        }
        // The items of an array are checked where their conversion is compiled.
        (None, Kind::Array(_)) => {}
        _ => found.push((start, operations.size)),
    }
}

/// Fails with what is wrong with the code of a struct or tuple.
pub(super) fn audit(code: &Code, old: &Layout, new: &Layout) -> Result<(), String> {
    let (flat, parts, dropped) = match code {
        Code::Flat(flat) => (&**flat, &[][..], &[][..]),
        Code::Struct(code) => (&code.flat, &code.parts[..], &code.dropped[..]),
        _ => return Err("it is no struct".to_owned()),
    };
    let (mut read, mut written): (Vec<Span>, Vec<Span>) = flat.steps().unzip();
    for part in parts {
        written.push(new.field_at(part.to, part.sizes.1)?);
        match &part.make {
            Make::Convert(_) => read.push(old.field_at(part.from, part.sizes.0)?),
            // The function reads the old field, which must then be dropped.
            Make::Made { purpose, .. } if *purpose == purpose::WITH => {
                let _: Span = old.field_at(part.from, part.sizes.0)?;
                if !dropped.iter().any(|(start, _)| *start == part.from) {
                    return Err(format!("{} is looked at, and not dropped", part.from));
                }
            }
            Make::Made { .. } | Make::Constant(_) | Make::Text(..) => {}
        }
    }
    let recorded = old.recorded()?;
    if let Some(bytes) = read.iter().find(|bytes| !within(**bytes, &recorded)) {
        return Err(format!(
            "{bytes:?} is read, and only {recorded:?} is recorded"
        ));
    }
    let recorded = new.recorded()?;
    if let Some(bytes) = written.iter().find(|bytes| !within(**bytes, &recorded)) {
        return Err(format!(
            "{bytes:?} is written, and only {recorded:?} is recorded"
        ));
    }
    let written = joined(&written, "written")?;
    if let Some(bytes) = new.values.iter().find(|bytes| !within(**bytes, &written)) {
        return Err(format!(
            "{bytes:?} is to be written, and only {written:?} is"
        ));
    }
    for (start, operations) in dropped {
        old.field_at(*start, operations.size)
            .map_err(|error| format!("what is dropped at {start} is no field: {error}"))?;
    }
    read.extend(
        dropped
            .iter()
            .map(|(start, operations)| (*start, operations.size)),
    );
    let given = joined(&read, "given up")?;
    match old.values.iter().find(|bytes| !within(**bytes, &given)) {
        Some(bytes) => Err(format!(
            "{bytes:?} is to be given up, and only {given:?} is"
        )),
        None => Ok(()),
    }
}

/// Fails with what is wrong with the code of a variant that had these old fields and has these new ones.
pub(super) fn audit_variant(
    code: &VariantSteps,
    old: &[Owned],
    new: &[Owned],
) -> Result<(), String> {
    if code.fields.len() != new.len() {
        let (made, all) = (code.fields.len(), new.len());
        return Err(format!("{made} fields are made of {all}"));
    }
    let was = |place: usize| {
        let found = old.get(place).copied();
        found.ok_or_else(|| format!("there is no old field {place}"))
    };
    let mut given = Vec::new();
    for (field, now) in code.fields.iter().zip(new) {
        alike(field.operations, now)?;
        match &field.make {
            Make::Convert(code) => {
                fits(code, was(field.from)?, now)?;
                given.push(field.from);
            }
            Make::Made { purpose, .. } if *purpose == purpose::WITH => {
                if !code.dropped.iter().any(|(place, _)| *place == field.from) {
                    return Err(format!("{} is looked at, and not dropped", field.from));
                }
            }
            Make::Made { operations, .. } | Make::Text(_, _, operations) => {
                alike(operations, now)?;
            }
            Make::Constant(bytes) => same("constant", bytes.len(), now.size)?,
        }
    }
    for (place, operations) in &code.dropped {
        alike(operations, was(*place)?)?;
        given.push(*place);
    }
    given.sort_unstable();
    match given.iter().copied().eq(0..old.len()) {
        true => Ok(()),
        false => Err(format!("{given:?} are given up of {} fields", old.len())),
    }
}

/// Fails with what is wrong with code for a value of these types. The codes within were checked when they
/// were compiled.
pub(super) fn fits(code: &Code, old: &Operations, new: &Operations) -> Result<(), String> {
    let part = |of: &Operations, place| {
        let found = of.part(place);
        found.ok_or_else(|| format!("there is no part {place}"))
    };
    // The item of a container, whose type is the parameter at this place.
    let item = |item: &Item, place| {
        alike(item.old, part(old, place)?)?;
        alike(item.new, part(new, place)?)?;
        fits(&item.code, item.old, item.new)
    };
    let around = |item: &Item, was: &Operations, now: &Operations| {
        alike(item.old, was)?;
        alike(item.new, now)?;
        fits(&item.code, was, now)
    };
    match code {
        Code::Copy(size) => {
            same("copy", *size, old.size)?;
            same("copy", *size, new.size)
        }
        Code::Number(was, now) => {
            same("number", was.size(), old.size)?;
            same("number", now.size(), new.size)
        }
        Code::Widen(column) => {
            same("column", column.read, old.size)?;
            same("column", column.written, new.size)
        }
        Code::Flat(flat) => {
            let steps = flat.steps();
            let (read, written): (Vec<Span>, Vec<Span>) = steps.unzip();
            let beyond = |all: &[Span], end| all.iter().any(|(at, size)| at + size > end);
            if beyond(&read, old.size) || beyond(&written, new.size) {
                return Err(format!("{read:?} → {written:?} is beyond the value"));
            }
            joined(&written, "written").map(drop)
        }
        Code::Array(code) => {
            same("array", code.old_len * code.item.old.size, old.size)?;
            same("array", code.new_len * code.item.new.size, new.size)?;
            if code.new_len > code.old_len && code.fill.is_none() {
                return Err("nothing makes the elements beyond the old ones".to_owned());
            }
            item(&code.item, 0)
        }
        Code::Collection(code) => {
            for (place, it) in code.items.iter().enumerate() {
                item(it, place)?;
            }
            Ok(())
        }
        Code::Slices(code) => item(&code.item, 0),
        Code::Pointer(code) => item(&code.item, 0),
        Code::Shared(code) => item(&code.item, 0),
        Code::Weak(code) => {
            alike(code.operations.0, old)?;
            alike(code.operations.1, new)
        }
        Code::Wrap(code) => around(&code.item, old, part(new, 0)?),
        Code::Enclose(code) => around(&code.item, old, part(new, 0)?),
        Code::Unwrap(code) => fits(&code.code, part(old, 0)?, new),
        Code::Disclose(code) => fits(&code.code, part(old, 0)?, new),
        Code::Bytes(code) => {
            alike(code.old, old)?;
            alike(code.new, new)
        }
        Code::Serde(code) => {
            alike(code.old, old)?;
            alike(code.new, new)
        }
        Code::As(code) => {
            alike(code.old, old)?;
            alike(code.new, new)
        }
        Code::Hook(code) => {
            alike(code.old, old)?;
            alike(code.new, new)
        }
        // Each of these is checked where it is compiled.
        Code::Conversion(_) | Code::Struct(_) | Code::Enum(_) | Code::InPlace(_) => Ok(()),
    }
}

/// Fails unless both types have the same size and alignment.
fn alike(is: &Operations, expected: &Operations) -> Result<(), String> {
    same("type", is.size, expected.size)?;
    same("alignment", is.align, expected.align)
}

fn same(what: &str, is: usize, expected: usize) -> Result<(), String> {
    match is == expected {
        true => Ok(()),
        false => Err(format!("one {what} of {is} bytes, where {expected} are")),
    }
}

fn within((at, size): Span, all: &[Span]) -> bool {
    size == 0 || (all.iter()).any(|(start, len)| *start <= at && at + size <= start + len)
}

/// Joins neighbours. An error if some bytes overlap, which would be `done` twice.
fn joined(bytes: &[Span], done: &str) -> Result<Vec<Span>, String> {
    let mut sorted: Vec<Span> = bytes
        .iter()
        .copied()
        .filter(|(_, size)| *size > 0)
        .collect();
    sorted.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for (at, size) in sorted {
        match joined.last_mut() {
            Some((start, len)) if at < *start + *len => {
                let end = *start + *len;
                return Err(format!("{at} is {done} twice, in {start}..{end}"));
            }
            Some((start, len)) if at == *start + *len => *len += size,
            _ => joined.push((at, size)),
        }
    }
    Ok(joined)
}

#[cfg(test)]
mod tests;
