//! Types written down as the source of a module.

use std::fmt::Write;

use super::shape::{Described, Field, INTEGERS, Shape, Ty};

/// How Rust spells a type.
pub(crate) fn spell(ty: &Ty, types: &[&Described]) -> String {
    let spell = |ty| self::spell(ty, types);
    match ty {
        Ty::Int(place) => INTEGERS[*place].0.to_owned(),
        Ty::Single => "f32".to_owned(),
        Ty::Double => "f64".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::Char => "char".to_owned(),
        Ty::Text => "String".to_owned(),
        Ty::Option(inner) => format!("Option<{}>", spell(inner)),
        Ty::Result(a, b) => format!("Result<{}, {}>", spell(a), spell(b)),
        Ty::Box(inner) => format!("Box<{}>", spell(inner)),
        Ty::Mutex(inner) => format!("std::sync::Mutex<{}>", spell(inner)),
        Ty::List("Vec", inner) => format!("Vec<{}>", spell(inner)),
        Ty::List(kind, inner) | Ty::Bag(kind, inner) => {
            format!("std::collections::{kind}<{}>", spell(inner))
        }
        Ty::Map(kind, key, inner) => {
            format!("std::collections::{kind}<{}, {}>", spell(key), spell(inner))
        }
        Ty::Tuple(all) => {
            let all: String = all.iter().map(|ty| spell(ty) + ", ").collect();
            format!("({all})")
        }
        Ty::Array(len, inner) => format!("[{}; {len}]", spell(inner)),
        Ty::Named(place) => types[*place].name.clone(),
        Ty::Shared(place) => format!("std::sync::Arc<{}>", types[*place].name),
    }
}

/// The source of all types, and of how their values are read and shown.
pub(crate) fn source(types: &[&Described]) -> String {
    source_of(0..types.len(), types)
}

/// That of the types at these places.
pub(crate) fn source_of(places: impl IntoIterator<Item = usize>, types: &[&Described]) -> String {
    let mut source = String::new();
    for place in places {
        write(&mut source, types[place], types).expect("writing to a text");
    }
    source
}

fn attributes(all: &[String]) -> String {
    match all.is_empty() {
        true => String::new(),
        false => format!("#[state({})] ", all.join(", ")),
    }
}

fn write(out: &mut String, ty: &Described, types: &[&Described]) -> std::fmt::Result {
    let Described { name, repr, .. } = ty;
    let declared = |fields: &[Field], public: &str| -> String {
        let fields = fields.iter().map(
            |Field {
                 name,
                 ty,
                 attributes,
             }| {
                let attributes = self::attributes(attributes);
                let ty = spell(ty, types);
                match is_number(name) {
                    true => format!("{attributes}{ty}, "),
                    false => format!("{attributes}{public}{name}: {ty}, "),
                }
            },
        );
        fields.collect()
    };
    // Fields are bound under names that numbered ones can have too.
    let read = |fields: &[Field]| -> String {
        let read = fields
            .iter()
            .map(|it| format!("{0}: from.field(\"{0}\"), ", it.name));
        read.collect()
    };
    let show = |fields: &[Field]| -> String {
        let show = fields
            .iter()
            .map(|it| format!("text::field(to, \"{0}\", b_{0}); ", it.name));
        show.collect()
    };
    let bind = |fields: &[Field]| -> String {
        let bind = fields.iter().map(|it| format!("{0}: b_{0}, ", it.name));
        bind.collect()
    };
    writeln!(
        out,
        "#[derive(StableState)]\n{}{repr}",
        attributes(&ty.attributes)
    )?;
    let (reads, shows) = match &ty.shape {
        Shape::Struct(fields) => {
            writeln!(out, "pub struct {name} {{ {} }}", declared(fields, "pub "))?;
            let reads = format!(
                "from.take(\"{{\"); let value = {name} {{ {} }}; from.take(\"}}\"); value",
                read(fields)
            );
            let shows = format!(
                "let {name} {{ {} }} = self; to.push('{{'); {} to.push('}}');",
                bind(fields),
                show(fields)
            );
            (reads, shows)
        }
        Shape::Enum(variants) => {
            writeln!(out, "pub enum {name} {{")?;
            let (mut reads, mut shows) = (String::new(), String::new());
            for variant in variants {
                let (fields, is) = (&variant.fields, &variant.name);
                let declared = declared(fields, "");
                let declared = match fields.first() {
                    None => is.clone(),
                    Some(first) if is_number(&first.name) => format!("{is}({declared})"),
                    Some(_) => format!("{is} {{ {declared} }}"),
                };
                writeln!(out, "    {}{declared},", attributes(&variant.attributes))?;
                write!(reads, "\"{is}\" => {name}::{is} {{ {} }}, ", read(fields))?;
                write!(
                    shows,
                    "{name}::{is} {{ {} }} => {{ to.push_str(\"{is}{{\"); {} }} ",
                    bind(fields),
                    show(fields)
                )?;
            }
            out.push_str("}\n");
            let reads = format!(
                "let is = from.word(); from.take(\"{{\"); let value = match is {{ {reads} \
                 other => panic!(\"no variant {{other}}\") }}; from.take(\"}}\"); value"
            );
            (reads, format!("match self {{ {shows} }} to.push('}}');"))
        }
    };
    writeln!(
        out,
        "impl Text for {name} {{\n    fn read(from: &mut Reader<'_>) -> Self {{ {reads} }}\n    \
         fn show(&self, to: &mut String) {{ {shows} }}\n}}\n"
    )
}

fn is_number(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}
