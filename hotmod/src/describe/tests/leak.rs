//! Decoded descriptions back into what the compiler would build, and so into bytes.
//!
//! What the compiler builds lives for ever; so does what a test builds here.

use std::collections::BTreeMap;

use hotmod::describe::encode::{self, Writer};
use hotmod::describe::{
    Attribute, AttributeDesc, Body, BuildDesc, Described, Description, Field, FieldDesc, Head,
    Instances, InterfaceDesc, Name, OpaqueDesc, ParamDesc, Repr, Shape, Signature, SignatureDesc,
    Type, TypeDesc, TypeRef, VariantDesc,
};

/// The section of a module with this description.
pub(crate) fn section(description: &Description) -> Vec<u8> {
    let mut count = Writer::new(&mut []);
    records(&mut count, description);
    let mut bytes = vec![0; count.written()];
    records(&mut Writer::new(&mut bytes), description);
    bytes
}

fn records(writer: &mut Writer<'_>, description: &Description) {
    if let Some(build) = &description.build {
        let desc = BuildDesc {
            abi: build.abi,
            module: text(&build.module),
            version: text(&build.version),
            rustc: text(&build.rustc),
            commit: text(&build.commit),
            target: text(&build.target),
            unwinds: build.unwinds,
            allocator: text(&build.allocator),
        };
        encode::build(writer, &desc);
    }
    for (name, described) in &description.types {
        encode::type_desc(writer, &type_desc(name, described));
        let fields: Vec<&Field> = match &described.shape {
            Shape::Struct(fields) => fields.iter().collect(),
            Shape::Enum { variants, .. } => variants.iter().flat_map(|v| &v.fields).collect(),
        };
        for (place, field) in fields.into_iter().enumerate() {
            for (source, ty) in [(false, Some(&field.ty)), (true, field.with.as_ref())] {
                let opaque = ty.and_then(Type::opaque);
                if let Some(identity) = opaque.and_then(|opaque| opaque.identity) {
                    encode::opaque(writer, &type_ref(name), place, source, 1);
                    encode::identity(writer, &identity.to_le_bytes());
                }
            }
        }
    }
    for function in description.functions.values() {
        let (signature, pure) = (signature(&function.signature), function.pure.as_deref());
        encode::function(
            writer,
            &function.symbol,
            &function.crossing,
            &signature,
            pure,
        );
    }
    for import in description.imports.values() {
        for symbol in import.symbols.keys() {
            encode::import(writer, symbol, &signature(&import.signature));
        }
    }
    for (name, table) in &description.implementations {
        let sync = description.shared.contains(name);
        let desc = interface(name, sync, &table.methods);
        encode::implementation(writer, &table.symbol, &type_ref(&table.state), &desc);
    }
    for (state, init) in &description.inits {
        encode::init(writer, &init.symbol, &type_ref(state));
    }
    for (ty, hook) in &description.hooks {
        encode::hook(writer, &hook.symbol, &type_ref(ty), hook.parallel);
    }
    let form = |form: &BTreeMap<Type, Described>| {
        let parts: Vec<_> = form.iter().collect();
        list(&parts, |(ty, described)| {
            let own: &_ = Box::leak(Box::new(type_desc(ty, described)));
            &*Box::leak(Box::new(Instances::named(Some(own), &[])))
        })
    };
    for (ty, reads) in &description.reads {
        let types = (&type_ref(ty), &type_ref(&reads.ty));
        encode::reads(writer, types, form(&reads.types));
    }
    for (name, down) in &description.downs {
        let parts = form(&down.form);
        let ends = (&type_ref(&down.from), &type_ref(&down.to));
        encode::down(writer, (name, &down.symbol), ends, parts);
    }
    for (state, check) in &description.checks {
        encode::check(writer, &check.symbol, &type_ref(state));
    }
    for (name, preflight) in &description.preflights {
        let state = type_ref(&preflight.state);
        encode::preflight(writer, name, &preflight.symbol, &state);
    }
    if !description.forwards.is_empty() {
        let features: Vec<_> = description.forwards.iter().map(String::as_str).collect();
        encode::forwards(writer, &features);
    }
    for (name, timer) in &description.timers {
        let state: Vec<_> = timer.state.iter().map(type_ref).collect();
        let period = u64::try_from(timer.period.as_millis()).expect("short");
        encode::timer(writer, name, &timer.symbol, &state, period);
    }
    for (name, task) in &description.tasks {
        let within = u64::try_from(task.within.as_millis()).expect("short");
        encode::task(writer, name, &task.symbol, &type_ref(&task.state), within);
    }
    for (file, read) in &description.resources {
        encode::resource(writer, &read.name, &read.symbol, file);
    }
    if let Some(loaded) = &description.loaded {
        encode::loaded(writer, &loaded.name, &loaded.symbol);
    }
    if let Some(retired) = &description.retired {
        encode::retired(writer, &retired.name, &retired.symbol);
    }
    for (name, methods) in &description.interfaces {
        let sync = description.shared.contains(name);
        encode::interface(writer, &interface(name, sync, methods));
    }
}

pub(crate) fn text(text: &str) -> &'static str {
    Box::leak(text.into())
}

fn list<T, D>(items: &[T], desc: impl Fn(&T) -> D) -> &'static [D] {
    Box::leak(items.iter().map(desc).collect())
}

fn type_ref(ty: &Type) -> TypeRef {
    TypeRef {
        head: match &ty.name {
            Name::Builtin(builtin) => Head::Builtin(*builtin),
            Name::Array(length) => Head::Array(*length),
            Name::Const(ty, value) => Head::Const(*ty, *value),
            Name::Named(id) => Head::Named(text(id)),
            Name::Opaque(opaque) => Head::Opaque(OpaqueDesc {
                text: text(&opaque.text),
                size: number(opaque.size),
                align: number(opaque.align),
            }),
        },
        args: list(&ty.args, |arg| &*Box::leak(Box::new(type_ref(arg)))),
    }
}

fn attribute(attribute: &Attribute) -> AttributeDesc {
    match attribute {
        Attribute::Default => AttributeDesc::Default,
        Attribute::Was(name) => AttributeDesc::Was(text(name)),
        Attribute::Removed(name) => AttributeDesc::Removed(text(name)),
        Attribute::RemovedVariant(from, to) => AttributeDesc::RemovedVariant(text(from), text(to)),
        Attribute::Checked => AttributeDesc::Checked,
        Attribute::Fill => AttributeDesc::Fill,
        Attribute::Rebuild => AttributeDesc::Rebuild,
        Attribute::Skip => AttributeDesc::Skip,
        Attribute::By(name) => AttributeDesc::By(text(name)),
        Attribute::Other => AttributeDesc::Other,
        Attribute::Parallel => AttributeDesc::Parallel,
        Attribute::Secret => AttributeDesc::Secret,
        Attribute::Codec => AttributeDesc::Codec,
        Attribute::Form => AttributeDesc::Form,
        Attribute::Moved => AttributeDesc::Moved,
    }
}

fn field(field: &Field) -> FieldDesc {
    FieldDesc {
        name: text(&field.name),
        ty: type_ref(&field.ty),
        size: number(field.size),
        align: number(field.align),
        offset: field.offset.map(number),
        attributes: list(&field.attributes, attribute),
        with: field.with.as_ref().map(type_ref),
    }
}

fn type_desc(name: &Type, described: &Described) -> TypeDesc {
    TypeDesc {
        name: type_ref(name),
        identity: std::any::TypeId::of::<()>(),
        location: "",
        size: number(described.size),
        align: number(described.align),
        meaning: described.meaning,
        attributes: list(&described.attributes, attribute),
        body: match &described.shape {
            Shape::Struct(fields) => Body::Struct(list(fields, field)),
            Shape::Enum { repr, variants } => Body::Enum {
                repr: match repr {
                    Repr::Chosen => Repr::Chosen,
                    Repr::Fixed(repr) => Repr::Fixed(text(repr)),
                    Repr::Left(below) => Repr::Left(text(below)),
                },
                variants: list(variants, |variant| VariantDesc {
                    name: text(&variant.name),
                    discriminant: variant.discriminant,
                    fields: list(&variant.fields, field),
                    attributes: list(&variant.attributes, attribute),
                }),
            },
        },
    }
}

fn signature(signature: &Signature) -> SignatureDesc {
    SignatureDesc {
        name: text(&signature.name),
        receiver: signature.receiver,
        params: list(&signature.params, |param| ParamDesc {
            name: text(&param.name),
            ty: type_ref(&param.ty),
            default: param.default,
        }),
        output: type_ref(&signature.output),
        is_async: signature.is_async,
        is_local: signature.is_local,
        optional: signature.optional,
        removed: list(&signature.removed, |name| text(name)),
        instances: &[],
    }
}

fn interface(name: &str, sync: bool, methods: &[Signature]) -> InterfaceDesc {
    InterfaceDesc {
        name: text(name),
        sync,
        methods: list(methods, signature),
    }
}

fn number(value: u64) -> usize {
    usize::try_from(value).expect("tests run where both are of 64 bits")
}
