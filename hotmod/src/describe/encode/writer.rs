//! What records are made of, written to the end of a buffer: numbers, texts, types, fields and
//! signatures.

use crate::describe::format::{
    ASYNC, AttributeTag, HeadTag, LOCAL, MAGIC, MANDATORY, OPTIONAL, RecordKind, ReprTag, ShapeTag,
};
use crate::describe::model::{
    AttributeDesc, Body, FieldDesc, Head, InterfaceDesc, Receiver, Repr, SignatureDesc, TypeDesc,
    TypeRef,
};

/// Writes as much as fits and counts all of it.
pub struct Writer<'a> {
    out: &'a mut [u8],
    pub(super) len: usize,
}

impl<'a> Writer<'a> {
    /// Over this buffer, from its start.
    pub const fn new(out: &'a mut [u8]) -> Self {
        Writer { out, len: 0 }
    }

    /// How many bytes were written, or would have been.
    pub const fn written(&self) -> usize {
        self.len
    }

    /// Whether all that is left to do is to count.
    const fn only_counts(&self) -> bool {
        self.len >= self.out.len()
    }

    pub(super) const fn u8(&mut self, value: u8) {
        if self.len < self.out.len() {
            self.out[self.len] = value;
        }
        self.len += 1;
    }

    /// Calls nothing for a byte: the compiler carries this out step by step, and a call takes it as long as
    /// many other steps.
    pub(super) const fn bytes(&mut self, bytes: &[u8]) {
        let start = self.len;
        self.len += bytes.len();
        let fitting = if self.len <= self.out.len() {
            bytes.len()
        } else {
            self.out.len().saturating_sub(start)
        };
        let mut i = 0;
        while i < fitting {
            self.out[start + i] = bytes[i];
            i += 1;
        }
    }

    pub(super) const fn u32(&mut self, value: u32) {
        if self.only_counts() {
            self.len += 4;
        } else {
            self.bytes(&value.to_le_bytes());
        }
    }

    pub(super) const fn count(&mut self, value: usize) {
        assert!(value <= u32::MAX as usize, "a count beyond the format");
        self.u32(value as u32);
    }

    pub(super) const fn u64(&mut self, value: u64) {
        if self.only_counts() {
            self.len += 8;
        } else {
            self.bytes(&value.to_le_bytes());
        }
    }

    pub(super) const fn i128(&mut self, value: i128) {
        if self.only_counts() {
            self.len += 16;
        } else {
            self.bytes(&value.to_le_bytes());
        }
    }

    pub(super) const fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    /// Which type it is, for a reader: its name, and where its source is.
    pub(super) const fn source(&mut self, desc: Option<&TypeDesc>) {
        match desc {
            Some(desc) => {
                self.u8(1);
                self.type_ref(&desc.name);
                self.text(desc.location);
            }
            None => self.u8(0),
        }
    }

    /// Opens a record; returns where its length stands, which [`close`](Self::close) fills in.
    pub(super) const fn open(&mut self, kind: RecordKind) -> usize {
        self.open_with(kind, MANDATORY)
    }

    /// Opens a record that a reader which does not know its kind may skip.
    pub(super) const fn open_optional(&mut self, kind: RecordKind) -> usize {
        self.open_with(kind, 0)
    }

    const fn open_with(&mut self, kind: RecordKind, flags: u8) -> usize {
        self.bytes(&MAGIC);
        self.u8(kind as u8);
        self.u8(flags);
        let record = self.len;
        self.u32(0);
        record
    }

    pub(super) const fn close(&mut self, record: usize) {
        let len = self.len;
        self.len = record;
        self.count(len - record - 4);
        self.len = len;
    }

    pub(super) const fn type_ref(&mut self, ty: &TypeRef) {
        match ty.head {
            Head::Builtin(builtin) => self.u8(builtin as u8),
            Head::Array(length) => {
                self.u8(HeadTag::Array as u8);
                self.u64(length);
            }
            Head::Const(ty, value) => {
                self.u8(HeadTag::Const as u8);
                self.u8(ty as u8);
                self.i128(value);
            }
            Head::Named(id) => {
                self.u8(HeadTag::Named as u8);
                self.text(id);
            }
            Head::Opaque(opaque) => {
                self.u8(HeadTag::Opaque as u8);
                self.text(opaque.text);
                self.u64(opaque.size as u64);
                self.u64(opaque.align as u64);
            }
        }
        self.count(ty.args.len());
        let mut i = 0;
        while i < ty.args.len() {
            self.type_ref(ty.args[i]);
            i += 1;
        }
    }

    pub(super) const fn fields(&mut self, fields: &[FieldDesc]) {
        self.count(fields.len());
        let mut i = 0;
        while i < fields.len() {
            let field = &fields[i];
            self.text(field.name);
            self.type_ref(&field.ty);
            self.u64(field.size as u64);
            self.u64(field.align as u64);
            match field.offset {
                Some(offset) => {
                    self.u8(1);
                    self.u64(offset as u64);
                }
                None => self.u8(0),
            }
            self.attributes(field.attributes);
            match &field.with {
                Some(source) => {
                    self.u8(1);
                    self.type_ref(source);
                }
                None => self.u8(0),
            }
            i += 1;
        }
    }

    pub(super) const fn attributes(&mut self, attributes: &[AttributeDesc]) {
        self.count(attributes.len());
        let mut i = 0;
        while i < attributes.len() {
            match attributes[i] {
                AttributeDesc::Default => self.u8(AttributeTag::Default as u8),
                AttributeDesc::Was(name) => {
                    self.u8(AttributeTag::Was as u8);
                    self.text(name);
                }
                AttributeDesc::Removed(name) => {
                    self.u8(AttributeTag::Removed as u8);
                    self.text(name);
                }
                AttributeDesc::RemovedVariant(from, to) => {
                    self.u8(AttributeTag::RemovedVariant as u8);
                    self.text(from);
                    self.text(to);
                }
                AttributeDesc::Checked => self.u8(AttributeTag::Checked as u8),
                AttributeDesc::Fill => self.u8(AttributeTag::Fill as u8),
                AttributeDesc::Rebuild => self.u8(AttributeTag::Rebuild as u8),
                AttributeDesc::Skip => self.u8(AttributeTag::Skip as u8),
                AttributeDesc::By(name) => {
                    self.u8(AttributeTag::By as u8);
                    self.text(name);
                }
                AttributeDesc::Other => self.u8(AttributeTag::Other as u8),
                AttributeDesc::Parallel => self.u8(AttributeTag::Parallel as u8),
                AttributeDesc::Secret => self.u8(AttributeTag::Secret as u8),
                AttributeDesc::Codec => self.u8(AttributeTag::Codec as u8),
                AttributeDesc::Form => self.u8(AttributeTag::Form as u8),
                AttributeDesc::Moved => self.u8(AttributeTag::Moved as u8),
            }
            i += 1;
        }
    }

    pub(super) const fn signature(&mut self, signature: &SignatureDesc) {
        self.text(signature.name);
        self.u8(signature.receiver as u8);
        self.count(signature.params.len());
        let mut i = 0;
        while i < signature.params.len() {
            self.text(signature.params[i].name);
            self.type_ref(&signature.params[i].ty);
            self.u8(signature.params[i].default as u8);
            i += 1;
        }
        self.type_ref(&signature.output);
        self.u8(flags(
            signature.optional,
            signature.is_async,
            signature.is_local,
        ));
        self.count(signature.removed.len());
        let mut i = 0;
        while i < signature.removed.len() {
            self.text(signature.removed[i]);
            i += 1;
        }
    }

    /// A signature of which only the types are known.
    pub(super) const fn by_type(
        &mut self,
        name: &str,
        is_async: bool,
        params: &[TypeRef],
        output: &TypeRef,
    ) {
        self.text(name);
        self.u8(Receiver::None as u8);
        self.count(params.len());
        let mut i = 0;
        while i < params.len() {
            self.text("");
            self.type_ref(&params[i]);
            self.u8(0);
            i += 1;
        }
        self.type_ref(output);
        self.u8(flags(false, is_async, false));
        self.count(0);
    }

    pub(super) const fn methods(&mut self, interface: &InterfaceDesc) {
        self.count(interface.methods.len());
        let mut i = 0;
        while i < interface.methods.len() {
            self.signature(&interface.methods[i]);
            i += 1;
        }
    }
}

/// The byte that says how a signature is to be called.
const fn flags(optional: bool, is_async: bool, is_local: bool) -> u8 {
    optional as u8 * OPTIONAL + is_async as u8 * ASYNC + is_local as u8 * LOCAL
}

/// A type record.
pub const fn type_desc(writer: &mut Writer<'_>, desc: &TypeDesc) {
    let record = writer.open(RecordKind::Type);
    writer.type_ref(&desc.name);
    writer.u64(desc.size as u64);
    writer.u64(desc.align as u64);
    writer.u32(desc.meaning);
    writer.attributes(desc.attributes);
    match desc.body {
        Body::Struct(fields) => {
            writer.u8(ShapeTag::Struct as u8);
            writer.fields(fields);
        }
        Body::Enum { repr, variants } => {
            writer.u8(ShapeTag::Enum as u8);
            match repr {
                Repr::Chosen => writer.u8(ReprTag::Chosen as u8),
                Repr::Fixed(repr) => {
                    writer.u8(ReprTag::Fixed as u8);
                    writer.text(repr);
                }
                Repr::Left(below) => {
                    writer.u8(ReprTag::Left as u8);
                    writer.text(below);
                }
            }
            writer.count(variants.len());
            let mut i = 0;
            while i < variants.len() {
                writer.text(variants[i].name);
                writer.i128(variants[i].discriminant);
                writer.fields(variants[i].fields);
                writer.attributes(variants[i].attributes);
                i += 1;
            }
        }
    }
    writer.close(record);
}
