//! `bytes`: by their bytes. A `Bytes` may point to functions of the code that made it, so it never leaves that.

use bytes::{Bytes, BytesMut};

use super::Carried;

impl Carried for Bytes {
    const NAME: &'static str = "bytes::Bytes";
    type Parameters = ();
    type Form = Vec<u8>;
    const TAKES_ALL: bool = true;

    fn to_form(&self) -> Result<Vec<u8>, String> {
        Ok(self.to_vec())
    }

    fn from_form(bytes: Vec<u8>) -> Result<Self, String> {
        Ok(bytes.into())
    }
}

impl Carried for BytesMut {
    const NAME: &'static str = "bytes::BytesMut";
    type Parameters = ();
    type Form = Vec<u8>;
    const TAKES_ALL: bool = true;

    fn to_form(&self) -> Result<Vec<u8>, String> {
        Ok(self.to_vec())
    }

    fn from_form(bytes: Vec<u8>) -> Result<Self, String> {
        Ok(Bytes::from(bytes).into())
    }
}

carried! {
    [] Bytes;
    [] BytesMut;
}
