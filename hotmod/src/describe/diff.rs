//! What differs between two descriptions, and whether it matters.

use std::collections::{BTreeMap, BTreeSet};

use super::builtin::{Builtin, Representation};
use super::deep::{deeper, shown};
use super::description::{
    Attribute, Described, Description, Field, Function, Import, Name, Param, Shape, Signature,
    Type, Variant,
};
use super::model::Receiver;
use super::rule::{Difference, Rule};

const KEEP_SIGNATURE: &str = "callers pass what they were compiled with: keep the signature and export the new one under \
     another name";
const KEEP_IMPORT: &str = "the host provides what it was compiled with: keep the signature, and \
                           import the new one under another name";
const NO_SIGNATURE: &str = "such a field is for state: let a type without it cross, for example what the \
                            field is carried over as";
const SAME_BUILD: &str = "build both with the same version, features and profile of the crate that the \
                          type is of, or let a type of your own cross";
const SAME_TOOLCHAIN: &str = "build both with the same compiler, or pass it by value as numbers, \
                              `String`, `Vec`, `Option`, `Result` or abi_stable's types";

/// What differs between the exports of the module that runs and those of a candidate to replace it.
/// What becomes of its state is for [`Plan`](crate::plan::Plan) to say.
pub fn exports(running: &Description, candidate: &Description) -> Vec<Difference> {
    let mut diff = Diff::new(running, candidate);
    for (name, was) in &running.functions {
        let path = format!("{name}()");
        match candidate.functions.get(name) {
            Some(now) => {
                diff.signature(name, &was.signature, &now.signature);
                diff.purity(path, was, now);
            }
            None => diff.removed(path, &was.signature),
        }
    }
    for (name, now) in &candidate.functions {
        if !running.functions.contains_key(name) {
            let now = format!("`{}`", now.signature);
            diff.add(format!("{name}()"), "absent", &now, Rule::ExportAdded, "");
        }
    }
    for (name, was) in &running.implementations {
        match candidate.implementations.get(name) {
            Some(now) => {
                if was.state != now.state && !renamed(candidate, &was.state, &now.state) {
                    diff.add(
                        name.clone(),
                        &format!("implemented by `{}`", was.state),
                        &format!("by `{}`", now.state),
                        Rule::StateChanged,
                        "live state belongs to the type that it was made of: implement the \
                         interface for that type",
                    );
                }
                diff.sharing(name);
                diff.methods(name, &was.methods, &now.methods);
            }
            None => diff.interface_removed(name, &was.state),
        }
    }
    for name in candidate.implementations.keys() {
        if !running.implementations.contains_key(name) {
            diff.add(name.clone(), "absent", "implemented", Rule::ExportAdded, "");
        }
    }
    let mut made_under = BTreeSet::new();
    for state in candidate.inits.keys() {
        let described = candidate.types.get(state);
        for attribute in described.iter().flat_map(|it| &it.attributes) {
            if let Attribute::Was(id) = attribute {
                made_under.insert(id.as_str());
            }
        }
    }
    for state in running.inits.keys() {
        let renamed = matches!(&state.name, Name::Named(id) if made_under.contains(id.as_str()));
        if !candidate.inits.contains_key(state) && !renamed {
            diff.add(
                state.to_string(),
                "made by an init",
                "without one",
                Rule::InitRemoved,
                "write a function marked #[hotmod::init] that returns it",
            );
        }
    }
    diff.imports(&running.imports, &candidate.imports);
    diff.found
}

/// What a host provides, compared with what a candidate imports: functions that it lacks, and those
/// that it has otherwise. `provided` gives the description of a function by its name, with that name
/// among its functions.
pub fn imports<'a>(
    provided: impl Fn(&str) -> Option<&'a Description>,
    candidate: &'a Description,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for (name, import) in &candidate.imports {
        let host = provided(name);
        let Some((host, was)) = host.and_then(|host| Some((host, host.functions.get(name)?)))
        else {
            let now = &import.signature;
            found.push(Difference {
                path: import_path(name, "()"),
                was: format!("a host that provides `{now}`"),
                now: "one that does not".to_owned(),
                rule: Rule::ImportMissing,
                help: format!(
                    "provide it when the host is built: `Host::builder().provide(\"{name}\", {})`",
                    closure(now),
                ),
            });
            continue;
        };
        let mut diff = Diff::new(host, candidate);
        diff.keep = KEEP_IMPORT;
        diff.signature(&import_path(name, ""), &was.signature, &import.signature);
        found.append(&mut diff.found);
    }
    found
}

fn import_path(name: &str, part: &str) -> String {
    format!("import {name}{part}")
}

/// What a host would write to provide a function.
fn closure(signature: &Signature) -> String {
    let params = signature.params.iter();
    let params: Vec<String> = params.map(|p| format!("{}: {}", p.name, p.ty)).collect();
    let output = match signature.output.builtin() {
        Some(Builtin::Unit) => String::new(),
        _ => format!(" -> {}", signature.output),
    };
    format!("|{}|{output} {{ … }}", params.join(", "))
}

/// Whether a type says that it is another under a new name.
fn renamed(now: &Description, was: &Type, ty: &Type) -> bool {
    let Name::Named(id) = &was.name else {
        return false;
    };
    let described = now.types.get(ty);
    described.is_some_and(|it| it.attributes.contains(&Attribute::Was(id.clone())))
}

/// What a host expects, compared with a candidate: differences that would make a call unsound.
pub fn expectation(expected: &Description, candidate: &Description) -> Vec<Difference> {
    let mut diff = Diff::new(expected, candidate);
    for (name, was) in &expected.functions {
        match candidate.functions.get(name) {
            Some(now) => diff.signature(name, &was.signature, &now.signature),
            None => diff.removed(format!("{name}()"), &was.signature),
        }
    }
    for (name, methods) in &expected.interfaces {
        match candidate.implementations.get(name) {
            Some(now) => {
                diff.sharing(name);
                diff.methods(name, methods, &now.methods);
            }
            None => diff.add(
                name.clone(),
                "expected by the host",
                "not implemented",
                Rule::ExportRemoved,
                &format!("write `#[hotmod::export] impl {name} for …` in the module"),
            ),
        }
    }
    diff.found
}

/// What differs between the layouts of a type in two descriptions.
pub(crate) fn layout(was: &Description, now: &Description, ty: &Type) -> Vec<Difference> {
    let mut diff = Diff::new(was, now);
    diff.layout(&ty.to_string(), ty, ty, "");
    diff.found
}

struct Diff<'a> {
    was: &'a Description,
    now: &'a Description,
    found: Vec<Difference>,
    /// The pairs of types whose bytes were compared: each is reported at its first path.
    seen: BTreeSet<(&'a Type, &'a Type)>,
    /// What to do about a signature that is not as the other side has it.
    keep: &'static str,
}

impl<'a> Diff<'a> {
    fn new(was: &'a Description, now: &'a Description) -> Self {
        Diff {
            was,
            now,
            found: Vec::new(),
            seen: BTreeSet::new(),
            keep: KEEP_SIGNATURE,
        }
    }

    fn add(&mut self, path: String, was: &str, now: &str, rule: Rule, help: &str) {
        self.found.push(Difference {
            path,
            was: was.to_owned(),
            now: now.to_owned(),
            rule,
            help: help.to_owned(),
        });
    }

    fn removed(&mut self, path: String, was: &Signature) {
        self.add(
            path,
            &format!("`{was}`"),
            "absent",
            Rule::ExportRemoved,
            "callers may hold it: keep the export",
        );
    }

    fn purity(&mut self, path: String, was: &Function, now: &Function) {
        let purity = |it: &Function| {
            if it.pure.is_some() {
                "pure"
            } else {
                "not pure"
            }
        };
        let (was, now) = (purity(was), purity(now));
        if was != now {
            self.add(path, was, now, Rule::PurityChanged, "");
        }
    }

    fn imports(&mut self, was: &'a BTreeMap<String, Import>, now: &'a BTreeMap<String, Import>) {
        self.keep = KEEP_IMPORT;
        for (name, was) in was {
            match now.get(name) {
                Some(now) => {
                    self.signature(&import_path(name, ""), &was.signature, &now.signature);
                }
                None => {
                    let was = format!("`{}`", was.signature);
                    let at = import_path(name, "()");
                    self.add(at, &was, "not needed", Rule::ImportRemoved, "");
                }
            }
        }
        for (name, now) in now {
            if !was.contains_key(name) {
                let now = format!("`{}`, which the host must provide", now.signature);
                let at = import_path(name, "()");
                self.add(at, "absent", &now, Rule::ImportAdded, "");
            }
        }
    }

    fn interface_removed(&mut self, name: &str, state: &Type) {
        self.add(
            name.to_owned(),
            &format!("implemented by `{state}`"),
            "not implemented",
            Rule::ExportRemoved,
            &format!("write `#[hotmod::export] impl {name} for {state}` in the module"),
        );
    }

    /// Threads that call one instance at once need states that are `Sync`, which only the trait that
    /// the module was compiled with makes sure of.
    fn sharing(&mut self, interface: &str) {
        if self.was.shared.contains(interface) && !self.now.shared.contains(interface) {
            self.add(
                interface.to_owned(),
                "shared between threads",
                "not `Sync`",
                Rule::SharingLost,
                &format!("declare it as before: `trait {interface}: Sync`"),
            );
        }
    }

    fn methods(&mut self, interface: &str, was: &'a [Signature], now: &'a [Signature]) {
        let names = |methods: &'a [Signature]| methods.iter().map(|m| m.name.as_str());
        let (were, are) = (by_name(was, |it| &it.name), by_name(now, |it| &it.name));
        for method in was {
            let path = format!("{interface}::{}", method.name);
            match are.get(method.name.as_str()) {
                Some(other) => self.signature(&path, method, other),
                None => self.removed(format!("{path}()"), method),
            }
        }
        for method in now {
            // A host calls methods by their place, so one more changes what it was compiled with.
            if !were.contains_key(method.name.as_str()) {
                self.add(
                    format!("{interface}::{}()", method.name),
                    "absent",
                    &format!("`{method}`"),
                    Rule::MethodsReordered,
                    "a host was compiled with the interface as it was: put new methods into an \
                     interface of their own",
                );
            }
        }
        let remaining = names(now).filter(|name| were.contains_key(name));
        if names(was).ne(remaining) && names(was).all(|name| are.contains_key(name)) {
            self.add(
                interface.to_owned(),
                &names(was).collect::<Vec<_>>().join(", "),
                &names(now).collect::<Vec<_>>().join(", "),
                Rule::MethodsReordered,
                "keep the methods in the order that the host was compiled with",
            );
        }
    }

    fn signature(&mut self, path: &str, was: &'a Signature, now: &'a Signature) {
        if was.receiver != now.receiver {
            self.add(
                format!("{path}(self)"),
                receiver(was.receiver),
                receiver(now.receiver),
                Rule::ReceiverChanged,
                self.keep,
            );
        }
        self.params(path, &was.params, &now.params);
        let returned = format!("{path}() ->");
        if !self.crossing(&returned, &was.output, &now.output) {
            self.add(
                returned,
                &format!("`{}`", was.output),
                &format!("`{}`", now.output),
                Rule::ReturnChanged,
                self.keep,
            );
        }
    }

    fn params(&mut self, path: &str, was: &'a [Param], now: &'a [Param]) {
        let names = |params: &'a [Param]| -> Vec<&'a str> {
            params.iter().map(|param| param.name.as_str()).collect()
        };
        // A host that asks for a function by its type knows no names.
        let named = was.iter().all(|param| !param.name.is_empty());
        // An argument that keeps its name at another place changed places, whatever else was renamed:
        // between equal types only the names tell.
        let (before, after) = (names(was), names(now));
        let displaced = before.len() == after.len()
            && (before.iter().zip(&after)).any(|(a, b)| a != b && after.contains(a));
        if named && displaced {
            return self.add(
                format!("{path}()"),
                &format!("({})", names(was).join(", ")),
                &format!("({})", names(now).join(", ")),
                Rule::ArgumentsSwapped,
                self.keep,
            );
        }
        if was.len() != now.len() {
            return self.arity(path, was, now, named);
        }
        for (a, b) in was.iter().zip(now) {
            let at = format!("{path}({})", if named { &a.name } else { &b.name });
            if !self.crossing(&at, &a.ty, &b.ty) {
                self.add(
                    at,
                    &format!("`{}`", a.ty),
                    &format!("`{}`", b.ty),
                    Rule::ArgumentRetyped,
                    self.keep,
                );
            } else if named && a.name != b.name {
                self.add(at, &a.name, &b.name, Rule::ArgumentRenamed, "");
            }
        }
    }

    /// Another number of arguments: names those that came or went, where names tell.
    fn arity(&mut self, path: &str, was: &'a [Param], now: &'a [Param], named: bool) {
        let before = self.found.len();
        let lacks = |params: &'a [Param], name: &str| !params.iter().any(|p| p.name == name);
        for param in was.iter().filter(|param| named && lacks(now, &param.name)) {
            let (at, was) = (format!("{path}({})", param.name), format!("`{}`", param.ty));
            self.add(at, &was, "absent", Rule::ArgumentRemoved, self.keep);
        }
        for param in now.iter().filter(|param| named && lacks(was, &param.name)) {
            let (at, now) = (format!("{path}({})", param.name), format!("`{}`", param.ty));
            self.add(at, "absent", &now, Rule::ArgumentAdded, self.keep);
        }
        if self.found.len() == before {
            let rule = match was.len() < now.len() {
                true => Rule::ArgumentAdded,
                false => Rule::ArgumentRemoved,
            };
            let types = |params: &'a [Param]| {
                let types: Vec<String> = params.iter().map(|p| p.ty.to_string()).collect();
                format!("({})", types.join(", "))
            };
            let (was, now) = (types(was), types(now));
            self.add(format!("{path}()"), &was, &now, rule, self.keep);
        }
    }

    /// Compares types of a signature: `false` if they are different expressions. What crosses by
    /// conversion needs to be the same only in what it is made of; the rest, in its bytes too.
    fn crossing(&mut self, path: &str, was: &'a Type, now: &'a Type) -> bool {
        if was != now {
            return false;
        }
        use Builtin::{Option, Ref, RefMut, Result, Slice, Str, String, Tuple, Vec};
        match was.builtin() {
            Some(String) => {}
            Some(Ref | RefMut) => match was.args[0].builtin() {
                Some(Str) => {}
                Some(Slice) => {
                    let (item, other) = (&was.args[0].args[0], &now.args[0].args[0]);
                    self.layout(path, item, other, self.keep);
                }
                _ => self.layout(path, &was.args[0], &now.args[0], self.keep),
            },
            Some(Vec | Option | Result | Tuple) => {
                for (was, now) in was.args.iter().zip(&now.args) {
                    self.crossing(path, was, now);
                }
            }
            _ => self.layout(path, was, now, self.keep),
        }
        true
    }

    /// Compares types whose bytes are used on both sides.
    fn layout(&mut self, path: &str, was: &'a Type, now: &'a Type, help: &str) {
        let path = shown(path);
        deeper(|| self.layout_at(&path, was, now, help));
    }

    fn layout_at(&mut self, path: &str, was: &'a Type, now: &'a Type, help: &str) {
        if let (Some(a), Some(b)) = (was.opaque(), now.opaque())
            && was.name != now.name
            && (&a.text, a.size, a.align) == (&b.text, b.size, b.align)
        {
            let (was, now) = (format!("`{was}`"), another_build(now));
            return self.add(path.to_owned(), &was, &now, Rule::TypeChanged, SAME_BUILD);
        }
        if let Some(builtin) = was.builtin()
            && builtin.is_carried()
        {
            let now = match builtin {
                Builtin::Serde => "by a serde form".to_owned(),
                _ => format!("as `{}`", was.args[0]),
            };
            let (was, now) = (
                "bytes that both sides use",
                format!("a field that is carried over {now}"),
            );
            return self.add(path.to_owned(), was, &now, Rule::TypeChanged, NO_SIGNATURE);
        }
        if was.name != now.name || was.args.len() != now.args.len() {
            return self.add(
                path.to_owned(),
                &format!("`{was}`"),
                &format!("`{now}`"),
                Rule::TypeChanged,
                help,
            );
        }
        // Its place is compared with the field's; what it is, neither side shows the other.
        if was.builtin() == Some(Builtin::Skipped) {
            return;
        }
        if let Some(builtin) = was.builtin()
            && builtin.representation() == Representation::Compiler
            && self.was.toolchain != self.now.toolchain
        {
            return self.toolchain(path, was);
        }
        if was.opaque().is_some() && self.was.toolchain != self.now.toolchain {
            return self.toolchain(path, was);
        }
        if was.is_named() {
            return self.named(path, was, now, help);
        }
        for (i, (a, b)) in was.args.iter().zip(&now.args).enumerate() {
            self.layout(&format!("{path}{}", step_into(was, i)), a, b, help);
        }
    }

    fn toolchain(&mut self, path: &str, ty: &Type) {
        let (was, now) = (self.was.toolchain.clone(), self.now.toolchain.clone());
        self.add(
            path.to_owned(),
            &format!("`{ty}` as {was} lays it out"),
            &format!("as {now} does"),
            Rule::ToolchainChanged,
            SAME_TOOLCHAIN,
        );
    }

    fn named(&mut self, path: &str, was: &'a Type, now: &'a Type, help: &str) {
        if !self.seen.insert((was, now)) {
            return;
        }
        let (Some(a), Some(b)) = (self.was.types.get(was), self.now.types.get(now)) else {
            return self.add(
                path.to_owned(),
                &format!("`{was}`"),
                &format!("`{now}`, which one side does not describe"),
                Rule::TypeChanged,
                help,
            );
        };
        let before = self.found.len();
        self.shape(path, was, a, b, help);
        for (a, b) in was.args.iter().zip(&now.args) {
            if a != b {
                self.layout(path, a, b, help);
            }
        }
        if a.meaning != b.meaning {
            self.add(
                path.to_owned(),
                &format!("meaning {}", a.meaning),
                &format!("meaning {}", b.meaning),
                Rule::MeaningChanged,
                help,
            );
        }
        // Alone only where no field shows the cause.
        if self.found.len() == before {
            if a.size != b.size {
                let (was, now) = (bytes(a.size), bytes(b.size));
                self.add(path.to_owned(), &was, &now, Rule::SizeChanged, help);
            }
            if a.align != b.align {
                self.add(
                    path.to_owned(),
                    &format!("aligned to {}", bytes(a.align)),
                    &format!("to {}", bytes(b.align)),
                    Rule::AlignmentChanged,
                    help,
                );
            }
        }
    }

    fn shape(&mut self, path: &str, ty: &Type, a: &'a Described, b: &'a Described, help: &str) {
        match (&a.shape, &b.shape) {
            (Shape::Struct(a), Shape::Struct(b)) => self.fields(path, a, b, help),
            (
                Shape::Enum {
                    repr: was,
                    variants: a,
                },
                Shape::Enum {
                    repr: now,
                    variants: b,
                },
            ) => {
                if was != now {
                    let repr = |repr: &Option<String>| match repr {
                        Some(repr) => format!("#[repr({repr})]"),
                        None => "without #[repr]".to_owned(),
                    };
                    self.add(
                        path.to_owned(),
                        &repr(was),
                        &repr(now),
                        Rule::ReprChanged,
                        help,
                    );
                } else if was.is_none() && self.was.toolchain != self.now.toolchain {
                    self.toolchain(path, ty);
                }
                self.variants(path, a, b, help);
            }
            (Shape::Struct(_), Shape::Enum { .. }) => {
                self.add(
                    path.to_owned(),
                    "a struct",
                    "an enum",
                    Rule::ShapeChanged,
                    help,
                );
            }
            (Shape::Enum { .. }, Shape::Struct(_)) => {
                self.add(
                    path.to_owned(),
                    "an enum",
                    "a struct",
                    Rule::ShapeChanged,
                    help,
                );
            }
        }
    }

    fn fields(&mut self, path: &str, was: &'a [Field], now: &'a [Field], help: &str) {
        let before = self.found.len();
        let (were, are) = (by_name(was, |it| &it.name), by_name(now, |it| &it.name));
        for field in was {
            let at = format!("{path}.{}", field.name);
            let Some(&other) = are.get(field.name.as_str()) else {
                let was = placed(field);
                self.add(at, &was, "absent", Rule::FieldRemoved, help);
                continue;
            };
            let earlier = self.found.len();
            let foreign = field.ty.opaque().is_some() && other.ty.opaque().is_some();
            if field.ty != other.ty && !foreign {
                let (was, now) = (placed(field), placed(other));
                self.add(at.clone(), &was, &now, Rule::TypeChanged, help);
            } else {
                self.layout(&at, &field.ty, &other.ty, help);
            }
            if self.found.len() == earlier
                && (field.offset != other.offset
                    || field.size != other.size
                    || field.align != other.align)
            {
                let (was, now) = (placed(field), placed(other));
                self.add(at, &was, &now, Rule::FieldMoved, help);
            }
        }
        for field in now {
            if !were.contains_key(field.name.as_str()) {
                let now = placed(field);
                let at = format!("{path}.{}", field.name);
                self.add(at, "absent", &now, Rule::FieldAdded, help);
            }
        }
        let order = |fields: &'a [Field]| {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            names.join(", ")
        };
        if self.found.len() == before && order(was) != order(now) {
            let (was, now) = (order(was), order(now));
            self.add(path.to_owned(), &was, &now, Rule::FieldsReordered, help);
        }
    }

    fn variants(&mut self, path: &str, was: &'a [Variant], now: &'a [Variant], help: &str) {
        let before = self.found.len();
        let (were, are) = (by_name(was, |it| &it.name), by_name(now, |it| &it.name));
        for variant in was {
            let at = format!("{path}::{}", variant.name);
            let Some(&other) = are.get(variant.name.as_str()) else {
                self.add(at, "a variant", "absent", Rule::VariantRemoved, help);
                continue;
            };
            if variant.discriminant != other.discriminant {
                self.add(
                    at.clone(),
                    &format!("discriminant {}", variant.discriminant),
                    &format!("discriminant {}", other.discriminant),
                    Rule::DiscriminantChanged,
                    help,
                );
            }
            self.fields(&at, &variant.fields, &other.fields, help);
        }
        for variant in now {
            if !were.contains_key(variant.name.as_str()) {
                let at = format!("{path}::{}", variant.name);
                self.add(at, "absent", "a variant", Rule::VariantAdded, help);
            }
        }
        let order = |variants: &'a [Variant]| {
            let names: Vec<&str> = variants.iter().map(|v| v.name.as_str()).collect();
            names.join(", ")
        };
        if self.found.len() == before && order(was) != order(now) {
            let (was, now) = (order(was), order(now));
            self.add(path.to_owned(), &was, &now, Rule::VariantsReordered, help);
        }
    }
}

/// What to say of a foreign type that looks the same and is another.
pub(crate) fn another_build(ty: &Type) -> String {
    format!("`{ty}` of another crate, or of another version, features or profile of it")
}

/// Items by their names, of which a description has no two alike.
fn by_name<T>(items: &[T], name: impl Fn(&T) -> &String) -> BTreeMap<&str, &T> {
    let mut named = BTreeMap::new();
    for item in items {
        named.entry(name(item).as_str()).or_insert(item);
    }
    named
}

fn receiver(receiver: Receiver) -> &'static str {
    match receiver {
        Receiver::None => "no receiver",
        Receiver::Shared => "`&self`",
        Receiver::Exclusive => "`&mut self`",
    }
}

fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        _ => format!("{count} bytes"),
    }
}

fn placed(field: &Field) -> String {
    match field.offset {
        _ if field.ty.builtin() == Some(Builtin::Skipped) => match field.offset {
            Some(offset) => format!("{} not carried over, at offset {offset}", bytes(field.size)),
            None => format!("{} not carried over", bytes(field.size)),
        },
        Some(offset) => format!("{} at offset {offset}", field.ty),
        None => format!("{} of {}", field.ty, bytes(field.size)),
    }
}

/// How a path goes on into the `i`th parameter of a type.
pub fn step_into(ty: &Type, i: usize) -> String {
    use Builtin::*;
    match &ty.name {
        Name::Array(_) => "[]".to_owned(),
        Name::Builtin(builtin) if builtin.optional() > 0 && builtin.arity() <= Some(i) => {
            ".hasher".to_owned()
        }
        Name::Builtin(
            Vec | VecDeque | LinkedList | BinaryHeap | HashSet | BTreeSet | Slice | RVec,
        ) => "[]".to_owned(),
        Name::Builtin(HashMap | BTreeMap | RHashMap) => match i {
            0 => "[key]".to_owned(),
            _ => "[]".to_owned(),
        },
        Name::Builtin(builtin) if builtin.is_tuple() => format!(".{i}"),
        Name::Builtin(Range | RangeInclusive | RangeFrom | RangeTo | RangeToInclusive) => {
            ".bounds".to_owned()
        }
        Name::Builtin(Option | ROption | OnceCell | OnceLock | Bound | Poll) => "?".to_owned(),
        Name::Builtin(Result | RResult) => match i {
            0 => "?".to_owned(),
            _ => "?err".to_owned(),
        },
        _ => std::string::String::new(),
    }
}

#[cfg(test)]
mod tests;
