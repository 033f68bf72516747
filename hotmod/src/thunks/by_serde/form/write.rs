//! From a value to its form.

use std::io;

use rmp::Marker;
use rmp::encode;
use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::format::{Fault, MAX_DEPTH, SIGNED, SOME, UNSIGNED};

/// The form of a value, if it has at most so many bytes.
pub(in super::super) fn write<T: Serialize>(value: &T, most: usize) -> Result<Vec<u8>, String> {
    let mut writer = FormWriter {
        form: Bounded {
            bytes: Vec::new(),
            most,
            exceeded: false,
        },
        depth: 0,
    };
    let written = value.serialize(&mut writer);
    if writer.form.exceeded {
        return Err(format!(
            "its serde form has more than the {most} bytes that the module may still take"
        ));
    }
    written.map_err(|error| format!("it cannot be written by serde: {error}"))?;
    Ok(writer.form.bytes)
}

/// At most so many bytes, in a block that never has room for more.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
    exceeded: bool,
}

impl Bounded {
    fn make_room(&mut self, more: usize) -> io::Result<()> {
        let len = self.bytes.len().saturating_add(more);
        if len > self.most {
            self.exceeded = true;
            return Err(io::Error::other("too long"));
        }
        if len > self.bytes.capacity() {
            let capacity = len.saturating_mul(2).min(self.most);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        Ok(())
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.make_room(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct FormWriter {
    form: Bounded,
    depth: usize,
}

fn fault(error: impl std::fmt::Display) -> Fault {
    Fault::new(error.to_string())
}

fn len(len: usize) -> Result<u32, Fault> {
    u32::try_from(len).map_err(|_| Fault::new("it has more items than a form may have"))
}

impl FormWriter {
    /// Writes what lies one level deeper.
    fn within<T>(&mut self, write: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::too_deep());
        }
        self.depth += 1;
        let written = write(self);
        self.depth -= 1;
        written
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.within(|writer| value.serialize(writer))
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        len(text.len())?;
        encode::write_str(&mut self.form, text).map_err(fault)
    }

    fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Fault> {
        self.text(name)?;
        self.item(value)
    }

    fn array(&mut self, items: usize) -> Result<(), Fault> {
        encode::write_array_len(&mut self.form, len(items)?).map_err(fault)?;
        Ok(())
    }

    fn map(&mut self, entries: usize) -> Result<(), Fault> {
        encode::write_map_len(&mut self.form, len(entries)?).map_err(fault)?;
        Ok(())
    }

    /// Begins a variant with a payload, which is the only entry of a map.
    fn variant(&mut self, name: &str) -> Result<(), Fault> {
        self.map(1)?;
        self.text(name)
    }

    fn many(&mut self, known: Option<usize>, marker: Marker) -> Result<ManyWritten<'_>, Fault> {
        let place = match (known, marker) {
            (Some(items), Marker::Array32) => self.array(items).map(|()| None)?,
            (Some(entries), _) => self.map(entries).map(|()| None)?,
            (None, _) => {
                let place = self.form.bytes.len() + 1;
                let header = [marker.to_u8(), 0, 0, 0, 0];
                io::Write::write_all(&mut self.form, &header).map_err(fault)?;
                Some(place)
            }
        };
        Ok(ManyWritten {
            writer: self,
            place,
            expected: known,
            written: 0,
        })
    }

    /// Writes a number that is larger than the numbers of `MessagePack`.
    fn large(&mut self, tag: i8, bytes: [u8; 16]) -> Result<(), Fault> {
        encode::write_ext_meta(&mut self.form, 16, tag).map_err(fault)?;
        io::Write::write_all(&mut self.form, &bytes).map_err(fault)
    }
}

impl<'w> Serializer for &'w mut FormWriter {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = ManyWritten<'w>;
    type SerializeTuple = ManyWritten<'w>;
    type SerializeTupleStruct = ManyWritten<'w>;
    type SerializeTupleVariant = ManyWritten<'w>;
    type SerializeMap = ManyWritten<'w>;
    type SerializeStruct = ManyWritten<'w>;
    type SerializeStructVariant = ManyWritten<'w>;

    fn is_human_readable(&self) -> bool {
        true
    }

    fn serialize_bool(self, value: bool) -> Result<(), Fault> {
        encode::write_bool(&mut self.form, value).map_err(fault)
    }

    fn serialize_i8(self, value: i8) -> Result<(), Fault> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Fault> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Fault> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Fault> {
        encode::write_sint(&mut self.form, value).map_err(fault)?;
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Fault> {
        match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => self.serialize_i64(value),
            (_, Ok(value)) => self.serialize_u64(value),
            _ => self.large(SIGNED, value.to_be_bytes()),
        }
    }

    fn serialize_u8(self, value: u8) -> Result<(), Fault> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Fault> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Fault> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Fault> {
        encode::write_uint(&mut self.form, value).map_err(fault)?;
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Fault> {
        match u64::try_from(value) {
            Ok(value) => self.serialize_u64(value),
            Err(_) => self.large(UNSIGNED, value.to_be_bytes()),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), Fault> {
        encode::write_f32(&mut self.form, value).map_err(fault)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Fault> {
        encode::write_f64(&mut self.form, value).map_err(fault)
    }

    fn serialize_char(self, value: char) -> Result<(), Fault> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Fault> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Fault> {
        len(value.len())?;
        encode::write_bin(&mut self.form, value).map_err(fault)
    }

    fn serialize_none(self) -> Result<(), Fault> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Fault> {
        let start = self.form.bytes.len();
        self.item(value)?;
        let nothing = [Marker::Null.to_u8(), SOME];
        if let Some(first) = self.form.bytes.get(start)
            && nothing.contains(first)
        {
            self.form.make_room(1).map_err(fault)?;
            self.form.bytes.insert(start, SOME);
        }
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Fault> {
        encode::write_nil(&mut self.form).map_err(fault)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Fault> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Fault> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.item(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.variant(variant)?;
        self.item(value)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ManyWritten<'w>, Fault> {
        self.many(len, Marker::Array32)
    }

    fn serialize_tuple(self, len: usize) -> Result<ManyWritten<'w>, Fault> {
        self.many(Some(len), Marker::Array32)
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<ManyWritten<'w>, Fault> {
        self.many(Some(len), Marker::Array32)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<ManyWritten<'w>, Fault> {
        self.variant(variant)?;
        self.many(Some(len), Marker::Array32)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<ManyWritten<'w>, Fault> {
        self.many(len, Marker::Map32)
    }

    // The number of skipped fields is not always known beforehand.
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<ManyWritten<'w>, Fault> {
        self.many(None, Marker::Map32)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ManyWritten<'w>, Fault> {
        self.variant(variant)?;
        self.many(None, Marker::Map32)
    }
}

/// Items or entries that are written one after the other.
struct ManyWritten<'w> {
    writer: &'w mut FormWriter,
    /// Where their number stands, if it was not known when they began.
    place: Option<usize>,
    expected: Option<usize>,
    written: usize,
}

impl ManyWritten<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.written += 1;
        self.writer.item(value)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Fault> {
        self.written += 1;
        self.writer.entry(name, value)
    }

    fn close(self) -> Result<(), Fault> {
        if let Some(place) = self.place {
            let count = len(self.written)?.to_be_bytes();
            self.writer.form.bytes[place..place + 4].copy_from_slice(&count);
        }
        match self.expected {
            Some(expected) if expected != self.written => Err(Fault::new(format!(
                "it was said to have {expected} items, and has {}",
                self.written
            ))),
            _ => Ok(()),
        }
    }
}

/// Implements a trait of serde for values that consist of items.
macro_rules! of_items {
    ($($serialize:ident: $method:ident;)*) => {$(
        impl $serialize for ManyWritten<'_> {
            type Ok = ();
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.item(value)
            }

            fn end(self) -> Result<(), Fault> {
                self.close()
            }
        }
    )*};
}

of_items! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

impl SerializeMap for ManyWritten<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.writer.item(value)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

/// Implements a trait of serde for values that consist of fields with names.
macro_rules! of_fields {
    ($($serialize:ident)*) => {$(
        impl $serialize for ManyWritten<'_> {
            type Ok = ();
            type Error = Fault;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Fault> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Fault> {
                self.close()
            }
        }
    )*};
}

of_fields!(SerializeStruct SerializeStructVariant);
