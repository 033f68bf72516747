//! What a file says of itself, as text for people.

use std::fmt::{self, Write};

use hotmod::printed::Line;

use hotmod_file::describe::{
    Attribute, Described, Description, Difference, Field, FingerprintTable, Fingerprints, Repr,
    Shape, Type, Variant,
};
use hotmod_file::{Inspected, Policy, list};

use crate::json::attribute;

/// All of one file.
pub(crate) fn module(module: &Inspected) -> String {
    let mut text = String::new();
    write(&mut text, module).expect("a `String` takes all that is written to it");
    text
}

fn write(out: &mut String, module: &Inspected) -> fmt::Result {
    let build = module.build();
    let panic = if build.unwinds { "unwind" } else { "abort" };
    writeln!(out, "module      {} {}", build.module, build.version)?;
    writeln!(out, "file        {}", Line(module.file().display()))?;
    if let Some(resolved) = module.elsewhere() {
        writeln!(out, "            which is {}", Line(resolved.display()))?;
    }
    writeln!(out, "digest      {}", module.digest())?;
    writeln!(out, "toolchain   {}", build.rustc)?;
    writeln!(out, "target      {}", build.target)?;
    writeln!(out, "panic       {panic}")?;
    writeln!(out, "allocator   {}", build.allocator)?;
    write!(out, "hotmod ABI  {}", build.abi)?;
    let forwards: Vec<_> = module
        .manifest()
        .forwards
        .iter()
        .map(String::as_str)
        .collect();
    if !forwards.is_empty() {
        write!(out, "\nforwards    {}", Line(forwards.join(", ")))?;
    }
    match module.runtimes() {
        Some(runtimes) if runtimes.is_empty() => {}
        Some(runtimes) => {
            let names: Vec<_> = runtimes.iter().copied().collect();
            let names = names.join(", ");
            write!(
                out,
                "\nruntimes    {names}: the version's own, beside its host's\n            "
            )?;
            out.push_str("help: import functions of the host that use the host's; threads of these stay when the version goes");
        }
        None => write!(
            out,
            "\nruntimes    cannot be seen in a file that is stripped of its symbols"
        )?,
    }
    needs(out, module)?;
    statics(out, module)?;
    let manifest = module.manifest();
    exports(out, manifest)?;
    imports(out, manifest)?;
    if !manifest.types.is_empty() {
        out.push_str("\n\ntypes");
    }
    let prints = FingerprintTable::new(manifest);
    for (i, (ty, described)) in manifest.types.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        self::ty(out, prints.of(ty), ty, described)?;
    }
    Ok(())
}

/// What the system's loader has to do besides, and what of that a host refuses by default.
fn needs(out: &mut String, module: &Inspected) -> fmt::Result {
    let needs = module.needs();
    let libraries = needs.libraries().join(", ");
    let libraries = if libraries.is_empty() {
        "nothing"
    } else {
        &libraries
    };
    write!(out, "\nneeds       {libraries}")?;
    for (name, value) in needs.settings() {
        write!(out, "\n            {name} {value}")?;
    }
    if needs.static_tls() {
        out.push_str("\n            static TLS");
    }
    let unmet = module.unmet(&Policy::default());
    if !unmet.is_empty() {
        out.push_str("\n\nrefused by a host that does not allow it");
    }
    differences(out, &unmet)
}

/// What is said of a file whose statics cannot be seen.
pub(crate) const STATICS_UNSEEN: &str = "is stripped of its symbols, so its statics cannot be seen\n    \
     help: write `strip = \"debuginfo\"` in the profile, which leaves them";

/// The statics that each version has of its own, and those of them that the module itself denies.
fn statics(out: &mut String, module: &Inspected) -> fmt::Result {
    let statics = module.statics();
    let own = module.manifest().statics.as_ref();
    let own = own.map(|rule| rule.krate.as_str());
    if statics.seen().is_none() {
        write!(out, "\n\nstatics\n  the file {STATICS_UNSEEN}")?;
    }
    let crates = statics.by_crate();
    if !crates.is_empty() {
        out.push_str("\n\nstatics, which start anew in each version");
    }
    let (first, others): (Vec<_>, Vec<_>) =
        (crates.into_iter()).partition(|(krate, _)| Some(*krate) == own);
    for (krate, statics) in first.into_iter().chain(others) {
        if Some(krate) != own {
            write!(out, "\n  of {}", Line(krate))?;
        }
        for it in statics {
            let indent = if Some(krate) == own { "  " } else { "    " };
            let thread_local = if it.is_thread_local() {
                " (thread-local)"
            } else {
                ""
            };
            write!(out, "\n{indent}{}{thread_local}", Line(it.path()))?;
        }
    }
    let denied = module.denied();
    if !denied.is_empty() {
        out.push_str("\n\nrefused by a host");
    }
    differences(out, &denied)
}

fn differences(out: &mut String, differences: &[Difference]) -> fmt::Result {
    write!(out, "{}", fmt::from_fn(|f| list(f, differences)))
}

fn exports(out: &mut String, manifest: &Description) -> fmt::Result {
    let mut groups = Vec::new();
    for (name, implementation) in manifest.interfaces_of_states() {
        let mut group = format!("\n  impl {name} for {}", implementation.state);
        for method in &implementation.methods {
            write!(group, "\n    {method}")?;
        }
        groups.push(group);
    }
    let functions = manifest.functions.values();
    let functions: String = functions
        .map(|it| {
            let pure = if it.pure.is_some() { "pure " } else { "" };
            format!("\n  {pure}{}", it.signature)
        })
        .collect();
    let inits = manifest.inits.keys();
    let inits: String = inits.map(|state| format!("\n  init of {state}")).collect();
    let hooks = manifest.hooks.keys();
    let hooks = hooks.map(|ty| format!("\n  migrate to {ty}"));
    let downs = manifest.downs.iter();
    let downs = downs.map(|(name, it)| format!("\n  migrate(down) {name} of {}", it.from));
    let checks = manifest.checks.keys();
    let checks = checks.map(|state| format!("\n  after_migrate of {state}"));
    let preflights = manifest.preflights.iter();
    let preflights = preflights.map(|(name, it)| format!("\n  preflight {name} of {}", it.state));
    let timers = manifest.timers.iter();
    let timers = timers.map(|(name, it)| match &it.state {
        Some(state) => format!("\n  {it} {name} of {state}"),
        None => format!("\n  {it} {name}"),
    });
    let tasks = manifest.tasks.iter();
    let tasks = tasks.map(|(name, it)| format!("\n  {it}, {name} hands over {}", it.state));
    let resources = manifest.resources.iter();
    let resources = resources.map(|(file, it)| format!("\n  resource {file}, read by {}", it.name));
    let loaded = manifest.loaded.iter();
    let loaded = loaded.map(|it| format!("\n  loaded {}", it.name));
    let retired = manifest.retired.iter();
    let retired = retired.map(|it| format!("\n  retired {}", it.name));
    groups.extend([
        functions,
        inits,
        hooks.chain(downs).chain(checks).chain(preflights).collect(),
        (timers.chain(tasks).chain(resources))
            .chain(loaded)
            .chain(retired)
            .collect(),
    ]);
    groups.retain(|group| !group.is_empty());
    if groups.is_empty() {
        return Ok(());
    }
    write!(out, "\n\nexports{}", groups.join("\n"))
}

fn imports(out: &mut String, manifest: &Description) -> fmt::Result {
    if !manifest.imports.is_empty() {
        out.push_str("\n\nimports");
    }
    let mut imports = manifest.imports.values();
    imports.try_for_each(|import| write!(out, "\n  {}", import.signature))?;
    for (module, used) in &manifest.uses {
        write!(out, "\n\nimports of module {}", Line(module))?;
        for function in used.functions.values() {
            let optional = if function.signature.optional {
                "optional "
            } else {
                ""
            };
            write!(out, "\n  {optional}{}", function.signature)?;
        }
        for (name, instances) in &used.instances {
            let optional = if instances.optional { "optional " } else { "" };
            write!(out, "\n  {optional}{}: {instances}", Line(name))?;
            for method in &instances.methods {
                write!(out, "\n    {method}")?;
            }
        }
    }
    Ok(())
}

fn ty(out: &mut String, prints: Fingerprints, ty: &Type, described: &Described) -> fmt::Result {
    let Described { size, align, .. } = described;
    let (kind, note) = match &described.shape {
        Shape::Struct(_) => ("struct", String::new()),
        Shape::Enum { repr, .. } => match repr {
            Repr::Chosen => ("enum", String::new()),
            Repr::Fixed(_) => ("enum", ", representation fixed by #[repr]".to_owned()),
            Repr::Left(below) => ("enum", format!(", representation left to {below}")),
        },
    };
    attributes(out, 2, &described.attributes)?;
    write!(out, "\n  {kind} {ty}: size {size}, align {align}{note}")?;
    if described.meaning != 0 {
        write!(out, ", meaning {}", described.meaning)?;
    }
    write!(out, "\n    layout   {}", prints.layout)?;
    write!(out, "\n    schema   {}", prints.schema)?;
    write!(out, "\n    meaning  {}", prints.meaning)?;
    match &described.shape {
        Shape::Struct(fields) => self::fields(out, fields),
        Shape::Enum { variants, .. } => self::variants(out, variants),
    }
}

fn fields(out: &mut String, fields: &[Field]) -> fmt::Result {
    if !fields.is_empty() {
        out.push_str("\n    offset    size  field");
    }
    for field in fields {
        let offset = field.offset.map_or("-".to_owned(), |it| it.to_string());
        attributes(out, 20, &field.attributes)?;
        let Field { name, ty, size, .. } = field;
        write!(out, "\n    {offset:>6}  {size:>6}  {name}: {ty}")?;
    }
    Ok(())
}

fn variants(out: &mut String, variants: &[Variant]) -> fmt::Result {
    if !variants.is_empty() {
        out.push_str("\n    value  variant");
    }
    for variant in variants {
        let Variant { discriminant, .. } = variant;
        attributes(out, 11, &variant.attributes)?;
        write!(out, "\n    {discriminant:>5}  {}", payload(variant))?;
    }
    Ok(())
}

/// A variant as Rust would declare it.
fn payload(variant: &Variant) -> String {
    let Variant { name, fields, .. } = variant;
    let is_tuple = fields.first().is_some_and(|field| field.name == "0");
    let items: Vec<String> = fields
        .iter()
        .map(|field| {
            let marks: String = field.attributes.iter().map(mark).collect();
            match is_tuple {
                true => format!("{marks}{}", field.ty),
                false => format!("{marks}{}: {}", field.name, field.ty),
            }
        })
        .collect();
    match (items.as_slice(), is_tuple) {
        ([], _) => name.clone(),
        (items, true) => format!("{name}({})", items.join(", ")),
        (items, false) => format!("{name} {{ {} }}", items.join(", ")),
    }
}

fn mark(it: &Attribute) -> String {
    format!("#[state({})] ", attribute(it))
}

/// The attributes, on lines of their own above what they are on.
fn attributes(out: &mut String, indent: usize, attributes: &[Attribute]) -> fmt::Result {
    if attributes.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = attributes.iter().map(attribute).collect();
    write!(out, "\n{:indent$}#[state({})]", "", all.join(", "))
}
