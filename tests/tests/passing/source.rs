//! Made-up functions written down as the source of a module or of a host: those that it has, and those that it
//! calls.

use std::fmt::Write;

use super::change::{Pair, written};
use super::randomised_source::spell;
use super::shape::Described;
use super::signature::{Known, Lending, Made, Parameter, Receiver, services};

/// What is given out to the test, and what the functions share.
const SHARED: &str = "
thread_local! {
    static SEEN: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// What the last function that was called had been given.
#[hotmod::export]
pub fn seen() -> String {
    SEEN.take()
}
";

/// How values are shown, and what came of a call of a method.
const SHOWN: &str = "
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

fn came_of<T: Text>(called: Result<T, hotmod::CallError>) -> String {
    match called {
        Ok(output) => format!(\"ok\\n{}\", shown(&output)),
        Err(hotmod::CallError::Unfit(unfit)) => {
            let kind = if unfit.ran { \"ran\" } else { \"not called\" };
            let more = unfit.more.iter().map(|(path, _)| path.as_str());
            let paths: Vec<&str> = std::iter::once(unfit.path.as_str()).chain(more).collect();
            format!(\"{kind}\\n{}\", paths.join(\"; \"))
        }
        Err(error) => format!(\"failed\\n{error}\"),
    }
}
";

/// How a module calls methods of the other one's instance. What comes first is the name of that module, and then
/// the interface.
const BY_MODULE: &str = "
#[hotmod::import(module = \"OTHER\", instance = \"OTHER\")]
static THEIRS: hotmod::Instance<dyn theirs::INTERFACE>;

macro_rules! theirs {
    ($it:ident, $called:expr) => {
        match THEIRS.call(|$it| $called) {
            Err(hotmod::ReachError::Call(error)) => Err(error),
            called => Ok(called.expect(\"an instance\")),
        }
    };
}
";

/// How a host does. The test has it carry out what a text says, and is told what came of that.
const BY_HOST: &str = "
thread_local! {
    static HELD: std::cell::RefCell<Option<Held>> = const { std::cell::RefCell::new(None) };
}

struct Held {
    module: hotmod_host::Module<dyn theirs::INTERFACE>,
    theirs: hotmod_host::Instance<dyn theirs::INTERFACE>,
}

macro_rules! theirs {
    ($it:ident, $called:expr) => {
        HELD.with_borrow_mut(|held| {
            let $it = &mut held.as_mut().expect(\"a module\").theirs;
            $called
        })
    };
}

/// Loads the modules, of which the last one is called. Otherwise says which functions are refused.
fn load(files: &str) -> String {
    let files: Vec<&str> = files.split('\\n').collect();
    let host = provided(hotmod_host::Host::builder()).build().expect(\"a host\");
    let loaded = || {
        // Alone, a module is refused for what it lacks of others, and for what the host calls.
        let module = match &files[..] {
            [file] => host.load::<dyn theirs::INTERFACE>(file)?,
            all => {
                let all = host.load_all(all)?;
                all.last().expect(\"a module\").interface()?
            }
        };
        let theirs = module.create(\"\").expect(\"an instance\");
        Ok::<_, hotmod_host::Refusal>(Held { module, theirs })
    };
    match loaded() {
        Ok(held) => {
            HELD.set(Some(held));
            \"loaded\".to_owned()
        }
        Err(refusal) => {
            let refused = refusal.differences().iter().filter(|it| it.rule.refuses());
            let paths: Vec<&str> = refused.map(|it| it.path.as_str()).collect();
            format!(\"{}\\n{refusal}\", paths.join(\"\\n\"))
        }
    }
}

fn seen_there() -> String {
    HELD.with_borrow(|held| {
        let seen = held.as_ref().expect(\"a module\").module.function::<fn() -> String>(\"seen\");
        seen.expect(\"it is there\").call().expect(\"a call\")
    })
}

/// Has the module call a function of the host.
fn called(name: &str, given: &str, script: &str) -> String {
    HELD.with_borrow(|held| {
        let module = &held.as_ref().expect(\"a module\").module;
        let call = module.function::<fn(&str, &str) -> String>(&format!(\"call_{name}\"));
        call.expect(\"it is there\").call(given, script).expect(\"a call\")
    })
}

#[unsafe(no_mangle)]
pub extern \"C\" fn carry_out(text: *const u8, len: usize, say: extern \"C\" fn(*mut (), *const u8, usize), to: *mut ()) {
    // SAFETY: the test passes a text, which is read before this returns.
    let text = unsafe { std::slice::from_raw_parts(text, len) };
    let said = carried_out(std::str::from_utf8(text).expect(\"a text\"));
    say(to, said.as_ptr(), said.len());
}
";

/// Which side calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Module,
    Host,
}

fn is_of(made: &Made, old: bool) -> bool {
    made.older_calls != old
}

/// The interface of the side that has the methods.
fn interface(old: bool) -> &'static str {
    if old { "OlderOffers" } else { "NewerOffers" }
}

/// The source of a side: the functions that it has, and calls of those of the other.
pub(crate) fn source(all: &[&Made], pairs: &[Pair], old: bool, hooked: &[&Pair]) -> String {
    let types = types(pairs, old);
    let mut source = SHARED.to_owned() + SHOWN;
    if !old {
        source.extend(hooked.iter().map(|it| hooks(it)));
    }
    let (mut declared, mut defined) = (String::new(), String::new());
    let own = all.iter().filter(|it| is_of(it, old) && !it.is_import());
    for made in own {
        let has = match made.is_method() {
            false => function(&mut source, made, &types, old),
            true => method(&mut declared, &mut defined, made, &types, old),
        };
        has.expect("writing to a text");
    }
    let interface = interface(old);
    source += &format!(
        "#[hotmod::interface]\npub trait {interface} {{\n    fn seen(&self) -> String;\n{declared}}}\n\n\
         #[hotmod::export]\nimpl {interface} for World {{\n    fn seen(&self) -> String {{\n        SEEN.take()\n    \
         }}\n{defined}}}\n"
    );
    source + &calls(all, pairs, old, By::Module)
}

/// The functions of the author's that make values of a type.
fn hooks(pair: &Pair) -> String {
    let Some(hook) = pair.hook else {
        return String::new();
    };
    let (name, repr) = (&pair.was.name, pair.was.repr);
    let mut hooks = format!(
        "#[derive(hotmod::OldState)]\n#[state(id = {name:?})]\n{repr}\nstruct Old{name} {{ name: String, amount: \
         String }}\n\n#[hotmod::migrate]\nfn made_{name}(old: &Old{name}) -> Result<{name}, String> {{\n    \
         Ok({name} {{ name: old.name.clone(), cents: text::parsed(&old.amount)? }})\n}}\n\n"
    );
    if hook.down {
        hooks += &format!(
            "#[hotmod::migrate(down)]\nfn down_{name}(new: &{name}) -> Old{name} {{\n    \
             Old{name} {{ name: new.name.clone(), amount: text::decimal(&new.cents) }}\n}}\n\n"
        );
    }
    hooks
}

/// The source of a host of one side, which calls the methods of the other, and has functions for it.
pub(crate) fn host(all: &[&Made], pairs: &[Pair], old: bool) -> String {
    let mut source = SHARED.replace("#[hotmod::export]\n", "") + SHOWN;
    source += &calls(all, pairs, old, By::Host);
    let types = types(pairs, old);
    let (mut declared, mut defined, mut given) = (String::new(), String::new(), String::new());
    for made in all.iter().filter(|it| is_of(it, old) && it.is_import()) {
        let name = &made.name;
        let has = match made.receiver {
            Receiver::Service => method(&mut declared, &mut defined, made, &types, old),
            _ => {
                given += &format!("    let builder = builder.provide({name:?}, {name});\n");
                provided(&mut source, made, &types, old)
            }
        };
        has.expect("writing to a text");
    }
    if !declared.is_empty() {
        let services = services(old);
        given += &format!("    let builder = builder.provide_all::<dyn {services}>(Server);\n");
        source += &format!(
            "struct Server;\n\n#[hotmod::import]\npub trait {services} {{\n{declared}}}\n\nimpl {services} for Server \
             {{\n{defined}}}\n"
        );
    }
    source += &format!(
        "fn provided(builder: hotmod_host::HostBuilder) -> hotmod_host::HostBuilder {{\n{given}    builder\n}}\n"
    );
    source += "fn carried_out(text: &str) -> String {\n    \
               let (what, rest) = text.split_once('\\0').unwrap_or((text, \"\"));\n    \
               let (given, script) = rest.split_once('\\0').unwrap_or((rest, \"\"));\n    match what {\n        \
               \"load\" => load(given),\n        \"seen there\" => seen_there(),\n        \
               \"seen here\" => seen(),\n        \"call\" => {\n            \
               let (name, given) = given.split_once('\\n').unwrap_or((given, \"\"));\n            \
               called(name, given, script)\n        }\n";
    for made in all.iter().filter(|it| is_called(it, old, By::Host)) {
        let name = &made.name;
        writeln!(source, "        {name:?} => call_{name}(given, script),").expect("a text");
    }
    source + "        other => panic!(\"there is no {other}\"),\n    }\n}\n"
}

fn types(pairs: &[Pair], old: bool) -> Vec<&Described> {
    let pairs = pairs.iter();
    pairs
        .map(|pair| if old { &pair.was } else { &pair.now })
        .collect()
}

fn is_called(made: &Made, old: bool, by: By) -> bool {
    !is_of(made, old) && (by == By::Module || made.is_method())
}

/// Functions by which the test has this side call those of the other.
fn calls(all: &[&Made], pairs: &[Pair], old: bool, by: By) -> String {
    let types = types(pairs, old);
    let other = if old { "newer" } else { "older" };
    let (mut declared, mut source) = (String::new(), String::new());
    let mut imported = String::new();
    for made in all.iter().filter(|it| is_called(it, old, by)) {
        if made.receiver == Receiver::Service {
            let parameters = given(made, &types, old);
            let (name, output) = (&made.name, spell(made.output.of(old), &types));
            // A host of the other side has others.
            imported += &format!(
                "        #[hotmod::optional]\n        fn {name}(&self, {parameters}script: &str) -> {output};\n"
            );
        }
        if made.is_method() {
            let receiver = receiver(made);
            let parameters = given(made, &types, old);
            let (name, output) = (&made.name, spell(made.output.of(old), &types));
            declared +=
                &format!("        fn {name}({receiver}{parameters}script: &str) -> {output};\n");
        }
        call(&mut source, made, &types, old, (other, by)).expect("writing to a text");
    }
    let interface = interface(!old);
    let start = match by {
        By::Module => BY_MODULE.replace("OTHER", other),
        By::Host => BY_HOST.to_owned(),
    };
    let start = start.replace("INTERFACE", interface);
    if !imported.is_empty() {
        let services = services(!old);
        source += &format!(
            "mod services {{\n    use super::*;\n    #[hotmod::import]\n    pub trait {services} {{\n{imported}    \
             }}\n}}\nuse services::{services} as _;\n\n#[hotmod::import]\nstatic HOST: dyn \
             services::{services};\n\n"
        );
    }
    format!(
        "mod theirs {{\n    use super::*;\n    #[hotmod::interface]\n    pub trait {interface} {{\n        \
         fn seen(&self) -> String;\n{declared}    }}\n}}\nuse theirs::{interface} as _;\n{start}{source}"
    )
}

fn receiver(made: &Made) -> &'static str {
    match made.receiver {
        Receiver::None | Receiver::Host => "",
        Receiver::Shared | Receiver::Service => "&self, ",
        Receiver::Exclusive => "&mut self, ",
    }
}

/// The parameters as the caller declares them.
fn given(made: &Made, types: &[&Described], old: bool) -> String {
    let parameters = made.given().map(|it| {
        let default = match it.known {
            Known::CallerDefault => "#[hotmod(default = crate::text::read(\"\"))] ",
            _ => "",
        };
        format!("{default}{}: {}, ", it.name, spelled(it, types, old))
    });
    parameters.collect()
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

/// The attributes of a function for callers that know more than it does.
fn removed(made: &Made) -> String {
    let removed = made.parameters.iter();
    let removed = removed.filter(|it| matches!(it.known, Known::CallerRemoved));
    removed
        .map(|it| format!("#[hotmod(removed({:?}))]\n", it.name))
        .collect()
}

/// The parameters as the function declares them.
fn taken(made: &Made, types: &[&Described], old: bool, with_defaults: bool) -> String {
    let taken = made.taken.iter().map(|it| &made.parameters[*it]);
    let parameters = taken.map(|it| {
        let default = match &it.known {
            Known::CalleeDefault(value) if with_defaults => {
                format!("#[hotmod(default = {})] ", written(value))
            }
            _ => String::new(),
        };
        format!("{default}{}: {}, ", it.name, spelled(it, types, old))
    });
    parameters.collect()
}

fn function(out: &mut String, made: &Made, types: &[&Described], old: bool) -> std::fmt::Result {
    let (name, output) = (&made.name, spell(made.output.of(old), types));
    let (removed, taken) = (removed(made), taken(made, types, old, true));
    write!(
        out,
        "#[hotmod::export]\n{removed}pub fn {name}({taken}script: &str) -> {output} "
    )?;
    body(out, made, types, old)
}

/// A function that a host provides.
fn provided(out: &mut String, made: &Made, types: &[&Described], old: bool) -> std::fmt::Result {
    let (name, output) = (&made.name, spell(made.output.of(old), types));
    let taken = taken(made, types, old, false);
    write!(out, "fn {name}({taken}script: &str) -> {output} ")?;
    body(out, made, types, old)
}

fn method(
    declared: &mut String,
    defined: &mut String,
    made: &Made,
    types: &[&Described],
    old: bool,
) -> std::fmt::Result {
    let (name, output) = (&made.name, spell(made.output.of(old), types));
    let (removed, receiver) = (removed(made), receiver(made));
    let (with, without) = (
        taken(made, types, old, true),
        taken(made, types, old, false),
    );
    writeln!(
        declared,
        "{removed}    fn {name}({receiver}{with}script: &str) -> {output};"
    )?;
    write!(
        defined,
        "    fn {name}({receiver}{without}script: &str) -> {output} "
    )?;
    body(defined, made, types, old)
}

/// What a function does: it notes what it is given, and leaves and returns what a script says.
fn body(out: &mut String, made: &Made, types: &[&Described], old: bool) -> std::fmt::Result {
    let taken: Vec<&Parameter> = made.taken.iter().map(|it| &made.parameters[*it]).collect();
    writeln!(out, "{{\n    let mut seen = String::new();")?;
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
fn call(
    out: &mut String,
    made: &Made,
    types: &[&Described],
    old: bool,
    (other, by): (&str, By),
) -> std::fmt::Result {
    let Made { name, .. } = made;
    let output = spell(made.output.of(old), types);
    let import = match made.receiver {
        Receiver::None => Some(format!("#[hotmod::import(module = {other:?})]")),
        Receiver::Host => Some("#[hotmod::import]\n    #[hotmod::optional]".to_owned()),
        _ => None,
    };
    if let Some(import) = import {
        let given = given(made, types, old);
        writeln!(
            out,
            "mod of_{name} {{\n    use super::*;\n    {import}\n    \
             pub fn {name}({given}script: &str) -> {output};\n}}"
        )?;
    }
    let export = match by {
        By::Module => "#[hotmod::export]\npub ",
        By::Host => "",
    };
    writeln!(
        out,
        "{export}fn call_{name}(given: &str, script: &str) -> String {{\n    \
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
    let of = match made.receiver {
        Receiver::Service => "HOST.".to_owned(),
        _ => format!("of_{name}::"),
    };
    match made.is_method() {
        true => writeln!(
            out,
            "    let mut came = came_of(theirs!(it, it.{name}({args}script)));"
        )?,
        false => writeln!(
            out,
            "    let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {of}{name}({args}script)));\n    \
         let mut came = match called {{\n        Ok(output) => format!(\"ok\\n{{}}\", shown(&output)),\n        \
         Err(panic) => format!(\"panic\\n{{}}\", panic.downcast_ref::<String>().map_or(\"?\", |it| it)),\n    }};"
        )?,
    }
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
