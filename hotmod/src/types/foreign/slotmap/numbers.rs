//! Numbers among what the crate writes for serde, and reads.

use std::fmt::Display;

use serde::Serialize;
use serde::de::value::{Error, MapDeserializer};
use serde::ser::{Error as _, Impossible, SerializeSeq, SerializeStruct, Serializer};

type Result<T = ()> = std::result::Result<T, Error>;

/// The numbers in the fields of this name, of the value or of each item.
pub(super) fn numbers(
    value: &impl Serialize,
    field: &'static str,
) -> std::result::Result<Vec<u32>, String> {
    let mut found = Vec::new();
    let all = Numbers {
        field,
        is_asked: false,
        found: &mut found,
    };
    value.serialize(all).map_err(|error| error.to_string())?;
    Ok(found)
}

/// A value that has these numbers in fields of these names.
pub(super) fn numbered<const N: usize>(
    fields: [(&'static str, u32); N],
) -> MapDeserializer<'static, std::array::IntoIter<(&'static str, u32), N>, Error> {
    MapDeserializer::new(fields.into_iter())
}

/// Takes the numbers; fields of other names are not looked at.
struct Numbers<'a> {
    field: &'static str,
    /// Whether it is given the value of such a field.
    is_asked: bool,
    found: &'a mut Vec<u32>,
}

impl Numbers<'_> {
    fn within(&mut self, is_asked: bool) -> Numbers<'_> {
        Numbers {
            field: self.field,
            is_asked,
            found: self.found,
        }
    }
}

impl SerializeSeq for Numbers<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result {
        value.serialize(self.within(false))
    }

    fn end(self) -> Result {
        Ok(())
    }
}

impl SerializeStruct for Numbers<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result {
        match name == self.field {
            true => value.serialize(self.within(true)),
            false => Ok(()),
        }
    }

    fn end(self) -> Result {
        Ok(())
    }
}

/// What stands in no such place.
fn other<T>(what: impl Display) -> Result<T> {
    Err(Error::custom(format!("{what} where a number was due")))
}

macro_rules! others {
    ($($method:ident($($ty:ty),*) $(-> $to:ty)?;)*) => {$(
        fn $method(self, $(_: $ty),*) -> Result<others!(@ $($to)?)> {
            other(stringify!($method))
        }
    )*};
    (@) => { () };
    (@ $to:ty) => { $to };
}

impl<'a> Serializer for Numbers<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Numbers<'a>;
    type SerializeStruct = Numbers<'a>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_u32(self, number: u32) -> Result {
        match self.is_asked {
            true => self.found.push(number),
            false => return other(number),
        }
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self> {
        Ok(self)
    }

    others! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result {
        other("serialize_some")
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result {
        other("serialize_newtype_variant")
    }
}
