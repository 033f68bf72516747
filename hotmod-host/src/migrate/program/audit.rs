//! Whether what is compiled for a struct reads no byte of the old value outside of its
//! fields, and writes each byte of the new one's fields, once. Holds for every plan; looked at
//! wherever assertions are.

use std::collections::BTreeMap;

use hotmod::describe::{Described, Shape, Type};
use hotmod::operations::{Kind, Operations};

use super::{Code, Make};
use crate::migrate::flat::Bytes;

/// The fields of a value, and those of its bytes that are no padding.
#[derive(Default)]
pub(super) struct Layout {
    fields: Vec<Bytes>,
    values: Vec<Bytes>,
}

impl Layout {
    /// One more field.
    pub(super) fn field(
        &mut self,
        types: &BTreeMap<Type, Described>,
        ty: &Type,
        at: usize,
        operations: &Operations,
    ) {
        self.fields.push((at, operations.size));
        values(types, ty, at, operations, &mut self.values);
    }

    /// The field that starts there, however many without a size start there too.
    fn starting(&self, at: usize) -> Option<Bytes> {
        let fields = self.fields.iter().copied();
        fields.filter(|(start, _)| *start == at).max()
    }
}

/// Which bytes of a value are no padding, as far as the host knows.
fn values(
    types: &BTreeMap<Type, Described>,
    ty: &Type,
    at: usize,
    operations: &Operations,
    found: &mut Vec<Bytes>,
) {
    let part = |place| (operations.part)(place);
    match (types.get(ty).map(|it| &it.shape), &operations.kind) {
        (Some(Shape::Struct(fields)), Kind::Struct(_)) => {
            for (place, field) in fields.iter().enumerate() {
                let offset = field.offset.and_then(|offset| usize::try_from(offset).ok());
                if let (Some(offset), Some(part)) = (offset, part(place)) {
                    values(types, &field.ty, at + offset, part, found);
                }
            }
        }
        (None, Kind::Tuple(offset)) => {
            for (place, arg) in ty.args.iter().enumerate() {
                if let Some(part) = part(place) {
                    values(types, arg, at + offset(place), part, found);
                }
            }
        }
        // Its items are looked at where they are converted.
        (None, Kind::Array(_)) => {}
        _ => found.push((at, operations.size)),
    }
}

/// What is wrong, if anything is.
pub(super) fn audit(code: &Code, old: &Layout, new: &Layout) -> Result<(), String> {
    let (flat, parts) = match code {
        Code::Flat(flat) => (&**flat, &[][..]),
        Code::Struct(code) => (&code.flat, &code.parts[..]),
        _ => return Err("it is no struct".to_owned()),
    };
    let (mut read, mut written): (Vec<Bytes>, Vec<Bytes>) = flat.steps().unzip();
    for part in parts {
        let to = new.starting(part.to);
        written.push(to.ok_or_else(|| format!("no field starts at {}", part.to))?);
        if let Make::Convert(_) = part.make {
            let from = old.starting(part.from);
            read.push(from.ok_or_else(|| format!("no old field starts at {}", part.from))?);
        }
    }
    let recorded = joined(&old.fields, false)?;
    if let Some(bytes) = read.iter().find(|bytes| !within(**bytes, &recorded)) {
        return Err(format!(
            "{bytes:?} is read, and only {recorded:?} is recorded"
        ));
    }
    let recorded = joined(&new.fields, false)?;
    if let Some(bytes) = written.iter().find(|bytes| !within(**bytes, &recorded)) {
        return Err(format!(
            "{bytes:?} is written, and only {recorded:?} is recorded"
        ));
    }
    let written = joined(&written, true)?;
    match new.values.iter().find(|bytes| !within(**bytes, &written)) {
        Some(bytes) => Err(format!(
            "{bytes:?} is to be written, and only {written:?} is"
        )),
        None => Ok(()),
    }
}

fn within((at, size): Bytes, all: &[Bytes]) -> bool {
    size == 0 || (all.iter()).any(|(start, len)| *start <= at && at + size <= start + len)
}

/// Neighbours as one; an error if some overlap that must lie `apart`.
fn joined(bytes: &[Bytes], apart: bool) -> Result<Vec<Bytes>, String> {
    let mut sorted: Vec<Bytes> = bytes
        .iter()
        .copied()
        .filter(|(_, size)| *size > 0)
        .collect();
    sorted.sort_unstable();
    let mut joined: Vec<Bytes> = Vec::new();
    for (at, size) in sorted {
        match joined.last_mut() {
            Some((start, len)) if at < *start + *len && apart => {
                return Err(format!(
                    "{at} is written twice, in {start}..{}",
                    *start + *len
                ));
            }
            Some((start, len)) if at <= *start + *len => {
                *len = (*len).max(at + size - *start);
            }
            _ => joined.push((at, size)),
        }
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::flat::Flat;

    fn layout(fields: &[Bytes]) -> Layout {
        Layout {
            fields: fields.to_vec(),
            values: fields.to_vec(),
        }
    }

    fn audited(copies: &[(usize, usize, usize)]) -> Result<(), String> {
        let (old, new) = (layout(&[(0, 4), (8, 8)]), layout(&[(0, 8), (8, 4)]));
        let mut flat = Flat::default();
        for (from, to, size) in copies {
            flat.copy(*from, *to, *size);
        }
        audit(&Code::Flat(Box::new(flat)), &old, &new)
    }

    #[test]
    fn each_byte_is_read_from_a_field_and_written_once() {
        assert_eq!(audited(&[(8, 0, 8), (0, 8, 4)]), Ok(()));
        for (wrong, what) in [
            (&[(8, 0, 8)][..], "(8, 4) is to be written"),
            (&[(8, 0, 7), (0, 8, 4)], "(0, 8) is to be written"),
            (&[(4, 0, 8), (0, 8, 4)], "(4, 8) is read"),
            (&[(8, 0, 8), (0, 8, 8)], "(0, 8) is read"),
            (&[(8, 0, 8), (0, 8, 4), (0, 6, 4)], "6 is written twice"),
            (&[(8, 8, 8), (0, 0, 4)], "(8, 8) is written"),
        ] {
            let found = audited(wrong).expect_err("it is wrong");
            assert!(found.starts_with(what), "{found}");
        }
    }
}
