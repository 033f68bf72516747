//! From a form to a value.

use rmp::Marker;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::format::{Fault, MAX_DEPTH, SIGNED, SOME, UNSIGNED};

/// Reads the value of a form. It sets aside room beforehand for at most as many items as the form has
/// bytes.
pub(in super::super) fn read<T: DeserializeOwned>(form: &[u8]) -> Result<T, String> {
    let mut reader = FormReader {
        rest: form,
        depth: 0,
    };
    let read = T::deserialize(&mut reader);
    let value = read.map_err(|error| format!("it cannot be read by serde: {error}"))?;
    match reader.rest.len() {
        0 => Ok(value),
        unread => Err(format!("{unread} bytes of its serde form were not read")),
    }
}

struct FormReader<'de> {
    rest: &'de [u8],
    depth: usize,
}

impl<'de> FormReader<'de> {
    fn take(&mut self, len: usize) -> Result<&'de [u8], Fault> {
        let (taken, rest) = (self.rest.split_at_checked(len))
            .ok_or_else(|| Fault::new("the form ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(Fault::custom)
    }

    fn first(&self) -> Result<u8, Fault> {
        let first = self.rest.first().copied();
        first.ok_or_else(|| Fault::new("the form ends too early"))
    }

    /// Passes over a byte, if it is the next.
    fn passes(&mut self, byte: u8) -> Result<bool, Fault> {
        let is_next = self.first()? == byte;
        if is_next {
            self.rest = &self.rest[1..];
        }
        Ok(is_next)
    }

    /// Reads what lies one level deeper.
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::too_deep());
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn array<V: Visitor<'de>>(&mut self, items: usize, visitor: V) -> Result<V::Value, Fault> {
        self.within(|reader| {
            let mut many = ManyRead {
                reader,
                left: items,
            };
            let value = visitor.visit_seq(&mut many)?;
            many.close(value)
        })
    }

    fn map<V: Visitor<'de>>(&mut self, entries: usize, visitor: V) -> Result<V::Value, Fault> {
        self.within(|reader| {
            let mut many = ManyRead {
                reader,
                left: entries,
            };
            let value = visitor.visit_map(&mut many)?;
            many.close(value)
        })
    }

    fn text<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        let text = str::from_utf8(self.take(len)?).map_err(Fault::custom)?;
        visitor.visit_borrowed_str(text)
    }

    fn binary<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_bytes(self.take(len)?)
    }

    fn len_8(&mut self) -> Result<usize, Fault> {
        self.bytes().map(|[len]| usize::from(len))
    }

    fn len_16(&mut self) -> Result<usize, Fault> {
        self.bytes().map(|len| usize::from(u16::from_be_bytes(len)))
    }

    fn len_32(&mut self) -> Result<usize, Fault> {
        let len = self.bytes().map(u32::from_be_bytes)?;
        usize::try_from(len).map_err(Fault::custom)
    }
}

impl<'de> Deserializer<'de> for &mut FormReader<'de> {
    type Error = Fault;

    fn is_human_readable(&self) -> bool {
        true
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.passes(SOME)? {
            return self.within(|reader| visitor.visit_some(reader));
        }
        let [byte] = self.bytes()?;
        match Marker::from_u8(byte) {
            Marker::Null => visitor.visit_unit(),
            Marker::True => visitor.visit_bool(true),
            Marker::False => visitor.visit_bool(false),
            Marker::FixPos(value) => visitor.visit_u64(value.into()),
            Marker::FixNeg(value) => visitor.visit_i64(value.into()),
            Marker::U8 => visitor.visit_u64(u8::from_be_bytes(self.bytes()?).into()),
            Marker::U16 => visitor.visit_u64(u16::from_be_bytes(self.bytes()?).into()),
            Marker::U32 => visitor.visit_u64(u32::from_be_bytes(self.bytes()?).into()),
            Marker::U64 => visitor.visit_u64(u64::from_be_bytes(self.bytes()?)),
            Marker::I8 => visitor.visit_i64(i8::from_be_bytes(self.bytes()?).into()),
            Marker::I16 => visitor.visit_i64(i16::from_be_bytes(self.bytes()?).into()),
            Marker::I32 => visitor.visit_i64(i32::from_be_bytes(self.bytes()?).into()),
            Marker::I64 => visitor.visit_i64(i64::from_be_bytes(self.bytes()?)),
            Marker::F32 => visitor.visit_f32(f32::from_be_bytes(self.bytes()?)),
            Marker::F64 => visitor.visit_f64(f64::from_be_bytes(self.bytes()?)),
            Marker::FixStr(len) => self.text(len.into(), visitor),
            Marker::Str8 => {
                let len = self.len_8()?;
                self.text(len, visitor)
            }
            Marker::Str16 => {
                let len = self.len_16()?;
                self.text(len, visitor)
            }
            Marker::Str32 => {
                let len = self.len_32()?;
                self.text(len, visitor)
            }
            Marker::Bin8 => {
                let len = self.len_8()?;
                self.binary(len, visitor)
            }
            Marker::Bin16 => {
                let len = self.len_16()?;
                self.binary(len, visitor)
            }
            Marker::Bin32 => {
                let len = self.len_32()?;
                self.binary(len, visitor)
            }
            Marker::FixArray(items) => self.array(items.into(), visitor),
            Marker::Array16 => {
                let items = self.len_16()?;
                self.array(items, visitor)
            }
            Marker::Array32 => {
                let items = self.len_32()?;
                self.array(items, visitor)
            }
            Marker::FixMap(entries) => self.map(entries.into(), visitor),
            Marker::Map16 => {
                let entries = self.len_16()?;
                self.map(entries, visitor)
            }
            Marker::Map32 => {
                let entries = self.len_32()?;
                self.map(entries, visitor)
            }
            Marker::FixExt16 => {
                let tag = i8::from_be_bytes(self.bytes()?);
                let bytes = self.bytes()?;
                match tag {
                    UNSIGNED => visitor.visit_u128(u128::from_be_bytes(bytes)),
                    SIGNED => visitor.visit_i128(i128::from_be_bytes(bytes)),
                    _ => Err(Fault::new("the form has a value of an unknown kind")),
                }
            }
            _ => Err(Fault::new("the form has a value of an unknown kind")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.passes(Marker::Null.to_u8())? {
            return visitor.visit_none();
        }
        self.passes(SOME)?;
        self.within(|reader| visitor.visit_some(reader))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.within(|reader| visitor.visit_newtype_struct(reader))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let payload = match Marker::from_u8(self.first()?) {
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => false,
            Marker::FixMap(1) => {
                self.take(1)?;
                true
            }
            _ => return Err(Fault::new("the form has no variant of an enum there")),
        };
        self.within(|reader| visitor.visit_enum(VariantRead { reader, payload }))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Items or entries that are read one after the other.
struct ManyRead<'r, 'de> {
    reader: &'r mut FormReader<'de>,
    left: usize,
}

impl ManyRead<'_, '_> {
    fn close<T>(&self, value: T) -> Result<T, Fault> {
        match self.left {
            0 => Ok(value),
            left => Err(Fault::new(format!("{left} items more than were expected"))),
        }
    }

    /// How many items room may be set aside for: each takes at least a byte of the form.
    fn hint(&self) -> usize {
        self.left.min(self.reader.rest.len())
    }
}

impl<'de> SeqAccess<'de> for &mut ManyRead<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

impl<'de> MapAccess<'de> for &mut ManyRead<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

struct VariantRead<'r, 'de> {
    reader: &'r mut FormReader<'de>,
    payload: bool,
}

impl<'de> EnumAccess<'de> for VariantRead<'_, 'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        let name = seed.deserialize(&mut *self.reader)?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for VariantRead<'_, 'de> {
    type Error = Fault;

    // A payload in the form is read as no payload only if it is `()`.
    fn unit_variant(self) -> Result<(), Fault> {
        match self.payload {
            false => Ok(()),
            true => serde::Deserialize::deserialize(self.reader),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        match self.payload {
            true => seed.deserialize(self.reader),
            false => Err(Fault::invalid_type(
                Unexpected::UnitVariant,
                &"a variant with a payload",
            )),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        match self.payload {
            true => self.reader.deserialize_tuple(len, visitor),
            false => Err(Fault::invalid_type(
                Unexpected::UnitVariant,
                &"a variant with a payload",
            )),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.payload {
            true => self.reader.deserialize_struct("", fields, visitor),
            false => Err(Fault::invalid_type(
                Unexpected::UnitVariant,
                &"a variant with a payload",
            )),
        }
    }
}
