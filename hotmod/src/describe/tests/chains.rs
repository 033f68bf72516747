//! Modules with very many types, each of which leads to the next.

use hotmod::describe::decode::decode;
use hotmod::describe::encode::{self, Writer};
use hotmod::describe::{
    Body, Builtin, Description, FieldDesc, Head, Init, Name, Type, TypeDesc, TypeRef,
};

use super::arbitrary::leaf;
use super::leak;

pub(crate) fn named(id: String) -> TypeRef {
    TypeRef {
        head: Head::Named(leak::text(&id)),
        args: &[],
    }
}

pub(crate) fn a(place: usize) -> Type {
    leaf(Name::Named(format!("A{place}")))
}

pub(crate) fn boxed(ty: TypeRef) -> TypeRef {
    TypeRef::applied(Builtin::Box, vec![&*Box::leak(Box::new(ty))].leak())
}

pub(crate) fn field(name: &'static str, ty: TypeRef, offset: usize, size: usize) -> FieldDesc {
    FieldDesc {
        name,
        ty,
        size,
        align: size,
        offset: Some(offset),
        attributes: &[],
        with: None,
    }
}

pub(crate) fn structure(id: usize, size: usize, fields: Vec<FieldDesc>) -> TypeDesc {
    TypeDesc {
        name: named(format!("A{id}")),
        identity: std::any::TypeId::of::<()>(),
        location: "",
        size,
        align: 8,
        meaning: 0,
        attributes: &[],
        body: Body::Struct(fields.leak()),
    }
}

/// Types that each hold the next in a box, and a number; the last one holds what `last` says.
pub(crate) fn chain(count: usize, last: Option<usize>, number: Builtin) -> Vec<TypeDesc> {
    let link = |place| match (place + 1 < count, last) {
        (true, _) => Some(place + 1),
        (false, last) => last,
    };
    let one = |place| {
        let mut fields = Vec::new();
        if let Some(next) = link(place) {
            fields.push(field("next", boxed(named(format!("A{next}"))), 0, 8));
        }
        let ty = match place + 1 == count {
            true => number,
            false => Builtin::U32,
        };
        fields.push(field(
            "number",
            TypeRef::builtin(ty),
            8,
            if ty == Builtin::U64 { 8 } else { 4 },
        ));
        structure(place, 16, fields)
    };
    (0..count).map(one).collect()
}

pub(crate) fn section(types: &[TypeDesc]) -> Vec<u8> {
    let mut count = Writer::new(&mut []);
    types
        .iter()
        .for_each(|ty| encode::type_desc(&mut count, ty));
    let mut bytes = vec![0; count.written()];
    let mut writer = Writer::new(&mut bytes);
    types
        .iter()
        .for_each(|ty| encode::type_desc(&mut writer, ty));
    bytes
}

/// A module whose state is the first of these.
pub(crate) fn module(types: &[TypeDesc]) -> Description {
    let mut description = decode(&section(types), "rustc").unwrap_or_else(|it| panic!("{it}"));
    let symbol = "init".to_owned();
    description.inits.insert(a(0), Init { symbol });
    description
}

/// Runs this on a thread with a stack that few calls use up.
pub(crate) fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    thread.spawn(run).unwrap().join().unwrap()
}
