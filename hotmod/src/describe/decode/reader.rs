//! What records are made of, read from the front: numbers, texts, types, fields and signatures.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::error::{DecodeError, Result};
use super::limits::{self, Limit, ReadSoFar, Thing};
use crate::describe::builtin::Builtin;
use crate::describe::description::{Attribute, Field, Name, Opaque, Param, Signature, Type};
use crate::describe::format::{self, AttributeTag, HeadTag, MAGIC};
use crate::describe::model::Receiver;

pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
    /// What is being read, outermost first, for messages.
    pub(super) location: Vec<String>,
    /// What was read of the whole section so far.
    spent: Rc<Cell<ReadSoFar>>,
    /// How many types the expression has that is being read, and how long their names are.
    expression: (usize, usize),
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader {
            rest: bytes,
            location: vec!["the section".to_owned()],
            spent: Rc::default(),
            expression: (0, 0),
        }
    }

    pub(super) fn spent(&self) -> ReadSoFar {
        self.spent.get()
    }

    /// Forgets what was counted since `before`: what was read since then is not kept.
    pub(super) fn forgive(&self, before: ReadSoFar) {
        let mut spent = self.spent.get();
        spent.forgive(before);
        self.spent.set(spent);
    }

    /// Counts one more thing, and the memory that it takes.
    pub(super) fn one<T>(&self, thing: Thing) -> Result<()> {
        let mut spent = self.spent.get();
        let counted = spent.one(thing).and_then(|()| spent.bytes(size_of::<T>()));
        self.spent.set(spent);
        self.within_limit(counted)
    }

    /// Counts what was taken in memory before this section.
    pub(super) fn take_memory(&self, bytes: usize) -> Result<()> {
        let mut spent = self.spent.get();
        let counted = spent.bytes(bytes);
        self.spent.set(spent);
        self.within_limit(counted)
    }

    fn within_limit(&self, counted: std::result::Result<(), Limit>) -> Result<()> {
        counted.or_else(|Limit { what, most }| {
            self.fail(format!("at most {most} {what} in one module"), "more")
        })
    }

    pub(super) fn fail<T>(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Result<T> {
        Err(DecodeError {
            location: self.location.join(", "),
            expected: expected.into(),
            found: found.into(),
        })
    }

    pub(super) fn fail_at<T>(
        &self,
        location: String,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Result<T> {
        self.fail(expected, found).map_err(|error| DecodeError {
            location: format!("{}, {location}", error.location),
            ..error
        })
    }

    /// Runs `read` with `location` in its messages.
    pub(super) fn within<T>(
        &mut self,
        location: String,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.location.push(location);
        let result = read(self);
        self.location.pop();
        result
    }

    /// Skips what a linker may put between two records; `false` at the end.
    pub(super) fn skip_padding(&mut self) -> bool {
        let zeros = self.rest.iter().take_while(|&&byte| byte == 0).count();
        self.rest = &self.rest[zeros..];
        !self.rest.is_empty()
    }

    /// The kind and flags of a record, and its payload.
    pub(super) fn record(&mut self) -> Result<(u8, u8, Reader<'a>)> {
        let magic = self.take(MAGIC.len())?;
        if magic != MAGIC {
            return self.fail("the start of a record", format!("the bytes {magic:02x?}"));
        }
        let kind = self.u8()?;
        let flags = self.u8()?;
        let length = self.u32()? as usize;
        let payload = Reader {
            rest: self.take(length)?,
            location: self.location.clone(),
            spent: self.spent.clone(),
            expression: (0, 0),
        };
        Ok((kind, flags, payload))
    }

    pub(super) fn end(&self) -> Result<()> {
        match self.rest {
            [] => Ok(()),
            rest => self.fail("the record to end", format!("{} more bytes", rest.len())),
        }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => self.fail(
                format!("{length} more bytes"),
                format!("the end after {}", self.rest.len()),
            ),
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn bool(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => self.fail("0 or 1", other.to_string()),
        }
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i128(&mut self) -> Result<i128> {
        self.array().map(i128::from_le_bytes)
    }

    pub(super) fn text(&mut self) -> Result<String> {
        let length = self.u32()? as usize;
        if length > limits::TEXT {
            let expected = format!("a text of at most {} bytes", limits::TEXT);
            return self.fail(expected, length.to_string());
        }
        let bytes = self.take(length)?;
        let mut spent = self.spent.get();
        let counted = spent.bytes(length);
        self.spent.set(spent);
        self.within_limit(counted)?;
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(char::is_control) => Ok(text.to_owned()),
            _ => self.fail("a text", format!("the bytes {bytes:02x?}")),
        }
    }

    pub(super) fn list<T>(
        &mut self,
        what: &str,
        item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.list_of(limits::ITEMS, what, item)
    }

    /// A list that has a limit of its own.
    pub(super) fn list_of<T>(
        &mut self,
        most: usize,
        what: &str,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let count = self.u32()? as usize;
        if count > most {
            let expected = format!("at most {most} {what}");
            return self.fail(expected, count.to_string());
        }
        // Grows as items are really read: a false count allocates nothing.
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(super) fn ty(&mut self) -> Result<Type> {
        self.expression = (0, 0);
        self.ty_at(0)
    }

    pub(super) fn ty_at(&mut self, depth: usize) -> Result<Type> {
        if depth > limits::NESTING {
            return self.fail(
                format!("a type of at most {} levels", limits::NESTING),
                "a deeper one",
            );
        }
        self.one::<Type>(Thing::Mention)?;
        self.expression.0 += 1;
        if self.expression.0 > limits::EXPRESSION {
            let expected = format!("a type that mentions at most {} types", limits::EXPRESSION);
            return self.fail(expected, "one that mentions more");
        }
        let tag = self.u8()?;
        let name = match HeadTag::from_byte(tag) {
            Some(HeadTag::Array) => Name::Array(self.u64()?),
            Some(HeadTag::Const) => self.constant()?,
            Some(HeadTag::Named) => Name::Named(self.text()?),
            Some(HeadTag::Opaque) => {
                let opaque = Opaque {
                    text: self.text()?,
                    size: self.u64()?,
                    align: self.u64()?,
                    // The identity of the type around a parameter covers the parameter.
                    identity: (depth > 0).then_some(0),
                    whole: None,
                };
                aligned(self, opaque.size, opaque.align)?;
                Name::Opaque(opaque)
            }
            None => match Builtin::from_tag(tag) {
                Some(builtin) => Name::Builtin(builtin),
                None => {
                    return self.fail(
                        "a type that this version of hotmod knows",
                        format!("tag {tag}"),
                    );
                }
            },
        };
        if let Name::Named(text) | Name::Opaque(Opaque { text, .. }) = &name {
            self.expression.1 += text.len();
        }
        if self.expression.1 > limits::EXPRESSION_TEXT {
            let most = limits::EXPRESSION_TEXT;
            return self.fail(
                format!("a type of at most {most} bytes of names"),
                "a longer one",
            );
        }
        let of_opaque = matches!(name, Name::Opaque(_));
        let args = self.list("type parameters", |reader| {
            let arg = reader.ty_at(depth + 1)?;
            match arg.opaque().is_some() && !of_opaque {
                true => reader.fail(
                    "a type",
                    format!("the opaque `{arg}`, which only a field can be"),
                ),
                false => Ok(arg),
            }
        })?;
        let arity = match &name {
            Name::Builtin(builtin) => builtin.arity(),
            Name::Array(_) => Some(1),
            Name::Const(..) => Some(0),
            Name::Named(_) | Name::Opaque(_) => None,
        };
        let optional = match &name {
            Name::Builtin(builtin) => builtin.optional(),
            _ => 0,
        };
        let ty = Type { name, args };
        if depth > 0 && ty.builtin().is_some_and(Builtin::is_carried) {
            return self.fail("a type", format!("a field that is carried over by `{ty}`"));
        }
        if depth > 0 && ty.builtin() == Some(Builtin::Skipped) {
            return self.fail("a type", "a field that is not carried over");
        }
        if ty.builtin() == Some(Builtin::Cow) && !ty.args.iter().all(Type::is_unsized) {
            return self.fail("a `Cow` of a text, a path or a slice", format!("`{ty}`"));
        }
        match arity {
            Some(arity) if !(arity..=arity + optional).contains(&ty.args.len()) => self.fail(
                format!("{arity} type parameters"),
                format!("{} in `{ty}`", ty.args.len()),
            ),
            _ => Ok(ty),
        }
    }

    /// The value of a const parameter, checked to be a value of its type.
    fn constant(&mut self) -> Result<Name> {
        let tag = self.u8()?;
        let value = self.i128()?;
        let Some(ty) = Builtin::from_tag(tag) else {
            return self.fail("the type of a const parameter", format!("tag {tag}"));
        };
        match ty.has_constant(value) {
            true => Ok(Name::Const(ty, value)),
            false => self.fail(
                "the value of a const parameter",
                format!("{value} as `{}`", ty.spelling()),
            ),
        }
    }

    pub(super) fn fields(&mut self) -> Result<Vec<Field>> {
        self.list("fields", |reader| {
            reader.one::<Field>(Thing::Field)?;
            let name = reader.text()?;
            reader.within(format!("field {name}"), |reader| {
                let ty = reader.ty()?;
                let size = reader.u64()?;
                let align = reader.u64()?;
                let offset = match reader.bool()? {
                    true => Some(reader.u64()?),
                    false => None,
                };
                aligned(reader, size, align)?;
                let attributes = reader.attributes()?;
                if let Some(opaque) = ty.opaque()
                    && (opaque.size, opaque.align) != (size, align)
                {
                    return reader.fail(
                        format!("{size} bytes, aligned to {align}"),
                        format!("{}, aligned to {}", opaque.size, opaque.align),
                    );
                }
                let skipped = attributes.contains(&Attribute::Skip);
                if skipped != (ty.builtin() == Some(Builtin::Skipped)) {
                    return reader.fail(
                        "a type, or `skip` and none",
                        format!("`{ty}`{}", if skipped { " and `skip`" } else { "" }),
                    );
                }
                Ok(Field {
                    ty,
                    size,
                    align,
                    offset,
                    attributes,
                    with: match reader.bool()? {
                        true => Some(reader.ty()?),
                        false => None,
                    },
                    name,
                })
            })
        })
    }

    pub(super) fn attributes(&mut self) -> Result<Vec<Attribute>> {
        self.list("attributes", |reader| {
            reader.one::<Attribute>(Thing::Attribute)?;
            let tag = reader.u8()?;
            let Some(known) = AttributeTag::from_byte(tag) else {
                return reader.fail(
                    "an attribute that this version of hotmod knows",
                    format!("tag {tag}"),
                );
            };
            Ok(match known {
                AttributeTag::Default => Attribute::Default,
                AttributeTag::Was => Attribute::Was(reader.text()?),
                AttributeTag::Removed => Attribute::Removed(reader.text()?),
                AttributeTag::RemovedVariant => {
                    Attribute::RemovedVariant(reader.text()?, reader.text()?)
                }
                AttributeTag::Checked => Attribute::Checked,
                AttributeTag::Fill => Attribute::Fill,
                AttributeTag::Rebuild => Attribute::Rebuild,
                AttributeTag::Skip => Attribute::Skip,
                AttributeTag::By => Attribute::By(reader.text()?),
                AttributeTag::Other => Attribute::Other,
                AttributeTag::Parallel => Attribute::Parallel,
                AttributeTag::Secret => Attribute::Secret,
                AttributeTag::Codec => Attribute::Codec,
                AttributeTag::Form => Attribute::Form,
                AttributeTag::Moved => Attribute::Moved,
            })
        })
    }

    pub(super) fn signature(&mut self) -> Result<Signature> {
        self.one::<Signature>(Thing::Signature)?;
        let name = self.text()?;
        self.within(format!("function {name}"), |reader| {
            let receiver = match reader.u8()? {
                0 => Receiver::None,
                1 => Receiver::Shared,
                2 => Receiver::Exclusive,
                other => return reader.fail("a receiver", other.to_string()),
            };
            let params = reader.list_of(limits::PARAMS_OF_ONE, "parameters", |reader| {
                reader.one::<Param>(Thing::Param)?;
                Ok(Param {
                    name: reader.text()?,
                    ty: reader.ty()?,
                    default: reader.bool()?,
                })
            })?;
            let output = reader.ty()?;
            let flags = reader.u8()?;
            let known = format::OPTIONAL | format::ASYNC | format::LOCAL;
            let (is_async, is_local) = (flags & format::ASYNC != 0, flags & format::LOCAL != 0);
            if flags & !known != 0 || is_local && !is_async {
                return reader.fail("the flags of a signature", flags.to_string());
            }
            let removed =
                reader.list_of(limits::PARAMS_OF_ONE, "removed parameters", Reader::text)?;
            Ok(Signature {
                name,
                is_async,
                is_local,
                receiver,
                params,
                output,
                optional: flags & format::OPTIONAL != 0,
                removed,
            })
        })
    }

    pub(super) fn methods(&mut self) -> Result<Vec<Signature>> {
        let methods = self.list("methods", Self::signature)?;
        unique(self, "method", methods.iter().map(|method| &method.name))?;
        Ok(methods)
    }
}

pub(super) fn aligned(reader: &Reader<'_>, size: u64, align: u64) -> Result<()> {
    if align.is_power_of_two()
        && align <= 1 << 29
        && size.is_multiple_of(align)
        && size <= i64::MAX as u64
    {
        return Ok(());
    }
    reader.fail(
        "a size that is a multiple of an alignment that is a power of two",
        format!("size {size}, alignment {align}"),
    )
}

pub(super) fn unique<'a>(
    reader: &Reader<'_>,
    what: &str,
    names: impl Iterator<Item = &'a String>,
) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return reader.fail(
                format!("one {what} of each name"),
                format!("`{name}` twice"),
            );
        }
    }
    Ok(())
}
