//! Made-up functions written down as the source of a module: those that it has, and those that it calls.

use std::fmt::Write;

use super::change::{Pair, written};
use super::randomised_source::spell;
use super::shape::Described;
use super::signature::{Known, Lending, Made, Parameter};

/// What is given out to the test, and what the functions share.
const SHARED: &str = "
thread_local! {
    static SEEN: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

fn shown<T: Text>(value: &T) -> String {
    let mut shown = String::new();
    value.show(&mut shown);
    shown
}

fn shown_all<T: Text>(values: &[T]) -> String {
    let mut shown = \"[\".to_owned();
    let mut last = None;
    for value in values {
        value.show_after(&mut shown, last);
        shown.push(',');
        last = Some(value);
    }
    shown + \"]\"
}

/// What the last function that was called had been given.
#[hotmod::export]
pub fn seen() -> String {
    SEEN.take()
}
";

fn is_of(made: &Made, old: bool) -> bool {
    made.older_calls != old
}

/// The source of a side: the functions that it has, and calls of those of the other.
pub(crate) fn source(all: &[&Made], pairs: &[Pair], old: bool) -> String {
    let types: Vec<&Described> = pairs
        .iter()
        .map(|pair| if old { &pair.was } else { &pair.now })
        .collect();
    let mut source = SHARED.to_owned();
    let other = if old { "newer" } else { "older" };
    for made in all {
        match is_of(made, old) {
            true => has(&mut source, made, &types, old),
            false => calls(&mut source, made, &types, old, other),
        }
        .expect("writing to a text");
    }
    source
}

fn spelled(parameter: &Parameter, types: &[&Described], old: bool) -> String {
    let ty = spell(parameter.passed.of(old), types);
    match parameter.lending {
        Lending::Value => ty,
        Lending::One => format!("&{ty}"),
        Lending::Slice => format!("&[{ty}]"),
        Lending::OneMut => format!("&mut {ty}"),
        Lending::SliceMut => format!("&mut [{ty}]"),
    }
}

/// The function: it notes what it is given, and leaves and returns what a script says.
fn has(out: &mut String, made: &Made, types: &[&Described], old: bool) -> std::fmt::Result {
    let Made { name, .. } = made;
    let taken: Vec<&Parameter> = made.taken.iter().map(|it| &made.parameters[*it]).collect();
    let removed = made.parameters.iter();
    let removed = removed.filter(|it| matches!(it.known, Known::CallerRemoved));
    writeln!(out, "#[hotmod::export]")?;
    for parameter in removed {
        writeln!(out, "#[hotmod(removed({:?}))]", parameter.name)?;
    }
    write!(out, "pub fn {name}(")?;
    for parameter in &taken {
        if let Known::CalleeDefault(value) = &parameter.known {
            write!(out, "#[hotmod(default = {})] ", written(value))?;
        }
        write!(
            out,
            "{}: {}, ",
            parameter.name,
            spelled(parameter, types, old)
        )?;
    }
    let output = spell(made.output.of(old), types);
    writeln!(
        out,
        "script: &str) -> {output} {{\n    let mut seen = String::new();"
    )?;
    for Parameter { name, lending, .. } in &taken {
        let show = match lending {
            Lending::Value => format!("shown(&{name})"),
            Lending::One | Lending::OneMut => format!("shown({name})"),
            Lending::Slice | Lending::SliceMut => format!("shown_all({name})"),
        };
        writeln!(out, "    seen += &{show};\n    seen.push('\\n');")?;
    }
    writeln!(
        out,
        "    SEEN.set(seen);\n    let mut parts = script.split('\\n');"
    )?;
    for parameter in taken.iter().filter(|it| it.lending.is_mut()) {
        let ty = spell(parameter.passed.of(old), types);
        let name = &parameter.name;
        match parameter.lending.is_slice() {
            false => writeln!(out, "    *{name} = text::read(parts.next().unwrap());")?,
            true => writeln!(
                out,
                "    let left: Vec<{ty}> = text::read(parts.next().unwrap());\n    \
                 for (place, value) in left.into_iter().enumerate() {{ {name}[place] = value; }}"
            )?,
        }
    }
    writeln!(out, "    let last = parts.next().unwrap();")?;
    if let Some(place) = made.echoes {
        let name = &made.parameters[place].name;
        writeln!(out, "    if last == \"=\" {{ return {name}; }}")?;
    }
    writeln!(out, "    text::read(last)\n}}\n")
}

/// A function by which the test has this side call the function of the other.
fn calls(
    out: &mut String,
    made: &Made,
    types: &[&Described],
    old: bool,
    other: &str,
) -> std::fmt::Result {
    let Made { name, .. } = made;
    let output = spell(made.output.of(old), types);
    writeln!(out, "mod of_{name} {{\n    use super::*;")?;
    write!(
        out,
        "    #[hotmod::import(module = {other:?})]\n    pub fn {name}("
    )?;
    for parameter in made.given() {
        if matches!(parameter.known, Known::CallerDefault) {
            write!(out, "#[hotmod(default = text::read(\"\"))] ")?;
        }
        write!(
            out,
            "{}: {}, ",
            parameter.name,
            spelled(parameter, types, old)
        )?;
    }
    writeln!(out, "script: &str) -> {output};\n}}")?;
    writeln!(
        out,
        "#[hotmod::export]\npub fn call_{name}(given: &str, script: &str) -> String {{\n    \
         let mut parts = given.split('\\n');"
    )?;
    let mut args = String::new();
    for Parameter {
        name,
        passed,
        lending,
        ..
    } in made.given()
    {
        let ty = spell(passed.of(old), types);
        let ty = if lending.is_slice() {
            format!("Vec<{ty}>")
        } else {
            ty
        };
        writeln!(
            out,
            "    let mut {name}: {ty} = text::read(parts.next().unwrap());"
        )?;
        args += match lending {
            Lending::Value => "",
            Lending::One | Lending::Slice => "&",
            Lending::OneMut | Lending::SliceMut => "&mut ",
        };
        args += &format!("{name}, ");
    }
    writeln!(
        out,
        "    let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| of_{name}::{name}({args}script)));\n    \
         let mut came = match called {{\n        Ok(output) => format!(\"ok\\n{{}}\", shown(&output)),\n        \
         Err(panic) => format!(\"panic\\n{{}}\", panic.downcast_ref::<String>().map_or(\"?\", |it| it)),\n    }};"
    )?;
    for Parameter { name, lending, .. } in made.given().filter(|it| it.lending.is_mut()) {
        let show = if lending.is_slice() {
            "shown_all"
        } else {
            "shown"
        };
        writeln!(out, "    came.push('\\n');\n    came += &{show}(&{name});")?;
    }
    writeln!(out, "    came\n}}\n")
}
