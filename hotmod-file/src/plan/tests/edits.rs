//! Every way to change a description in one place that a value of the root type depends on.

use std::collections::BTreeSet;

use crate::described::arbitrary::{leaf, root};
use hotmod::describe::{Builtin, Described, Description, Field, Name, Repr, Shape, Type, Variant};

/// The single edits, each with its name.
pub(super) fn all(original: &Description) -> Vec<(String, Description)> {
    let mut edits = Vec::new();
    for ty in reached(original) {
        let mut edit = |what: String, change: &dyn Fn(&mut Described)| {
            let mut edited = original.clone();
            let described = edited.types.get_mut(&ty).expect("reached");
            change(described);
            edits.push((format!("{ty}: {what}"), edited));
        };
        edit("size".to_owned(), &|d| d.size += d.align);
        edit("alignment".to_owned(), &|d| d.align *= 2);
        edit("meaning".to_owned(), &|d| d.meaning += 1);
        edit("shape".to_owned(), &|d| {
            d.shape = match &d.shape {
                Shape::Struct(_) => Shape::Enum {
                    repr: Repr::Chosen,
                    variants: vec![],
                },
                Shape::Enum { .. } => Shape::Struct(vec![]),
            }
        });
        match &original.types[&ty].shape {
            Shape::Struct(fields) => {
                each_field(fields, &mut |what, change| {
                    edit(what, &|d| match &mut d.shape {
                        Shape::Struct(fields) => change(fields),
                        Shape::Enum { .. } => unreachable!("a struct"),
                    });
                });
            }
            Shape::Enum { variants, .. } => {
                edit("repr".to_owned(), &|d| match &mut d.shape {
                    Shape::Enum { repr, .. } => {
                        *repr = match repr {
                            Repr::Chosen => Repr::Fixed("u8".to_owned()),
                            Repr::Fixed(_) | Repr::Left(_) => Repr::Chosen,
                        }
                    }
                    Shape::Struct(_) => unreachable!("an enum"),
                });
                each_variant(variants, &mut |what, change| {
                    edit(what, &|d| match &mut d.shape {
                        Shape::Enum { variants, .. } => change(variants),
                        Shape::Struct(_) => unreachable!("an enum"),
                    });
                });
            }
        }
    }
    edits
}

/// The types that are reached from the root, through fields and parameters.
pub(super) fn reached(description: &Description) -> BTreeSet<Type> {
    let mut reached = BTreeSet::new();
    let mut open = vec![root()];
    while let Some(ty) = open.pop() {
        open.extend(ty.args.iter().cloned());
        if ty.is_named() && reached.insert(ty.clone()) {
            let fields: Vec<&Field> = match &description.types[&ty].shape {
                Shape::Struct(fields) => fields.iter().collect(),
                Shape::Enum { variants, .. } => variants.iter().flat_map(|v| &v.fields).collect(),
            };
            open.extend(fields.iter().map(|field| field.ty.clone()));
        }
    }
    reached
}

type Change<'a, T> = &'a dyn Fn(&mut Vec<T>);

fn each_field(fields: &[Field], edit: &mut dyn FnMut(String, Change<'_, Field>)) {
    edit("field added".to_owned(), &|fields| {
        let offset = fields.first().is_none_or(|field| field.offset.is_some());
        fields.push(Field {
            name: "new".to_owned(),
            ty: leaf(Name::Builtin(Builtin::Unit)),
            size: 0,
            align: 1,
            offset: offset.then_some(0),
            attributes: vec![],
            with: None,
        });
    });
    for i in 0..fields.len() {
        let at = |what: &str| format!("f{i} {what}");
        edit(at("removed"), &|fields| drop(fields.remove(i)));
        edit(at("renamed"), &|fields| fields[i].name.push('x'));
        edit(at("boxed"), &|fields| {
            fields[i].ty = Type {
                name: Name::Builtin(Builtin::Box),
                args: vec![fields[i].ty.clone()],
            }
        });
        edit(at("size"), &|fields| fields[i].size += fields[i].align);
        edit(at("alignment"), &|fields| fields[i].align *= 2);
        if fields[i].offset.is_some() {
            edit(at("offset"), &|fields| {
                fields[i].offset = fields[i].offset.map(|offset| offset + 1);
            });
        }
        if i > 0 {
            edit(at("swapped with the one before"), &|fields| {
                fields.swap(i - 1, i);
            });
        }
    }
}

fn each_variant(variants: &[Variant], edit: &mut dyn FnMut(String, Change<'_, Variant>)) {
    edit("variant added".to_owned(), &|variants| {
        variants.push(Variant {
            name: "New".to_owned(),
            discriminant: 100,
            fields: vec![],
            attributes: vec![],
        });
    });
    for (i, variant) in variants.iter().enumerate() {
        let at = |what: &str| format!("V{i} {what}");
        edit(at("removed"), &|variants| drop(variants.remove(i)));
        edit(at("renamed"), &|variants| variants[i].name.push('x'));
        edit(at("discriminant"), &|variants| {
            variants[i].discriminant += 50;
        });
        if i > 0 {
            edit(at("swapped with the one before"), &|variants| {
                variants.swap(i - 1, i);
            });
        }
        each_field(&variant.fields, &mut |what, change| {
            edit(at(&what), &|variants| change(&mut variants[i].fields));
        });
    }
}
