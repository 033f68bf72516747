//! Types written down as the source of a module.

use std::fmt::Write;

use super::types::*;
use super::values;

/// The source of a version, in place of the types of the base.
pub(crate) fn source(types: &Types, version: usize, broken: Option<Broken>) -> String {
    let lacks = broken.and_then(|it| it.lacks);
    let mut source = String::new();
    let writer = Writer {
        types: &types.types,
        version,
        lacks,
    };
    for described in &types.types {
        writer
            .described(&mut source, described)
            .expect("writing to a text");
    }
    if let Some(check) = &types.checks[version] {
        let keeps = check.keeps.and_then(|id| {
            let fields = types.types.last().expect("the state").fields(0, version);
            fields.into_iter().find(|(field, _)| field.id == id)
        });
        let keep = keeps.map(|(_, form)| format!("library::keep(world.{}.clone()); ", form.name));
        write!(
            source,
            "#[hotmod::after_migrate]\nfn check(world: &World, _: &hotmod::VersionInfo<'_>) -> \
             Result<(), String> {{\n    if world.veto % 4 == 3 {{ {}return Err(\"vetoed\".to_owned()) }}\n    \
             Ok(())\n}}\n",
            keep.unwrap_or_default()
        )
        .expect("writing to a text");
    }
    if types.preflights[version] {
        source.push_str(
            "#[hotmod::preflight]\nfn tried(world: &mut World) -> Result<(), String> {\n    \
             let shown = library::shown(world);\n    world.churn();\n    \
             if library::shown(world) == shown { Ok(()) } else { Err(\"other\".to_owned()) }\n}\n",
        );
    }
    let mut fields = types
        .types
        .iter()
        .flat_map(|it| &it.variants)
        .flat_map(|it| &it.fields);
    let has_rc = |ty: &Ty| matches!(ty, Ty::Arc(RC, _) | Ty::Weak(RC_WEAK, _));
    if fields.any(|field| {
        field.forms[version]
            .as_ref()
            .is_some_and(|form| form.ty.any(&has_rc))
    }) {
        source.push_str(
            "// SAFETY: no owner of what it shares is used by another thread than the host's only one.\n\
             unsafe impl Send for World {}\n",
        );
    }
    if broken.is_some_and(|it| it.lacks.is_none()) {
        source.push_str(
            "#[hotmod::loaded]\nfn set_up(_: &hotmod::VersionInfo<'_>) -> Result<(), String> {\n    \
             Err(\"not today\".to_owned())\n}\n",
        );
    }
    source
}

struct Writer<'a> {
    types: &'a [Described],
    version: usize,
    lacks: Option<usize>,
}

fn attributes(all: &[String]) -> String {
    match all.is_empty() {
        true => String::new(),
        false => format!("#[state({})] ", all.join(", ")),
    }
}

/// Whether a value is left to `Default`.
fn is_bare(form: &FieldForm, value: &Value) -> bool {
    !form.order.is_multiple_of(4) && values::blank(&form.ty).as_ref() == Some(value)
}

impl Writer<'_> {
    fn at(&self, version: usize) -> Self {
        Writer {
            version,
            lacks: None,
            ..*self
        }
    }

    fn spelled(&self, ty: &Ty) -> String {
        ty.spelled(self.types, self.version)
    }

    /// A value that has no items with several owners.
    fn read(&self, ty: &Ty, value: &Value) -> String {
        let text = values::plain(self.types, self.version, ty, value);
        format!("library::read::<{}>({text:?})", self.spelled(ty))
    }

    fn field(&self, field: &Field, form: &FieldForm) -> String {
        let mut all = form.attributes.clone();
        if let Some(value) = &form.default
            && self.lacks != Some(field.id)
        {
            all.push(match is_bare(form, value) {
                true => "default".to_owned(),
                false => format!("default = {}", self.read(&form.ty, value)),
            });
        }
        if let (Some(value), Ty::Array(_, inner)) = (&form.fill, &form.ty) {
            all.push(format!("fill = {}", self.read(inner, value)));
        }
        if let Some(value) = &form.skip {
            all.push("skip".to_owned());
            if !is_bare(form, value) {
                all.push(format!("init = made{}", field.id));
            }
        }
        format!(
            "    {}{}: {},\n",
            attributes(&all),
            form.name,
            self.spelled(&form.ty)
        )
    }

    fn described(&self, out: &mut String, described: &Described) -> std::fmt::Result {
        let form = &described.forms[self.version];
        let name = &form.name;
        let mut said = form.attributes.clone();
        if form.meaning > 0 {
            said.push(format!("meaning = {}", form.meaning));
        }
        let param = if described.generic { "<P>" } else { "" };
        let keys = match described.key {
            true => ", PartialEq, Eq, PartialOrd, Ord, Hash",
            false => "",
        };
        writeln!(
            out,
            "#[derive(StableState{keys})]\n{}{}",
            attributes(&said),
            form.repr
        )?;
        let names = |place: usize| -> String {
            let fields = described.fields(place, self.version);
            let names: Vec<&str> = fields.iter().map(|(_, form)| form.name.as_str()).collect();
            names.join(", ")
        };
        let declared = |place: usize| -> String {
            let fields = described.fields(place, self.version).into_iter();
            fields
                .map(|(field, form)| self.field(field, form))
                .collect()
        };
        if described.is_enum {
            writeln!(out, "pub enum {name} {{")?;
            let mut texts = String::new();
            for place in described.present(self.version) {
                let variant = &described.variants[place];
                let is = variant.names[self.version].as_deref();
                let is = is.expect("a variant of this version");
                let attributes = attributes(&variant.attributes[self.version]);
                writeln!(out, "    {attributes}{is} {{\n{}    }},", declared(place))?;
                write!(texts, " {is} {{ {} }}", names(place))?;
            }
            writeln!(out, "}}\nlibrary::text! {{ enum {name} {{{texts} }} }}")?;
        } else {
            writeln!(out, "pub struct {name}{param} {{\n{}}}", declared(0))?;
            writeln!(
                out,
                "library::text! {{ struct {name}{param} {{ {} }} }}",
                names(0)
            )?;
        }
        for field in described
            .variants
            .iter()
            .flat_map(|variant| &variant.fields)
        {
            if let Some(form) = &field.forms[self.version]
                && let Some(value) = &form.skip
            {
                let ty = self.spelled(&form.ty);
                writeln!(
                    out,
                    "fn made{}() -> {ty} {{ {} }}",
                    field.id,
                    self.read(&form.ty, value)
                )?;
            }
        }
        if let Some(hook) = &form.hook {
            self.hook(out, described, hook)?;
        }
        out.push('\n');
        Ok(())
    }

    /// The functions on the way to this version, and back.
    fn hook(&self, out: &mut String, described: &Described, hook: &Hook) -> std::fmt::Result {
        let older = self.at(hook.from);
        let (name, id) = (
            &described.forms[self.version].name,
            &described.forms[older.version].name,
        );
        let old = &format!("Old{name}");
        if hook.whole || hook.down {
            writeln!(
                out,
                "#[derive(hotmod::OldState)]\n#[state(id = {id:?}, meaning = {})]\n{}\nstruct {old} {{",
                described.forms[older.version].meaning, described.forms[older.version].repr
            )?;
            for (_, form) in described.fields(0, older.version) {
                writeln!(out, "    {}: {},", form.name, older.spelled(&form.ty))?;
            }
            writeln!(out, "}}")?;
        }
        let mark = described.mark.expect("a field that is counted up");
        let (by, like) = UNTAKEN;
        writeln!(
            out,
            "#[hotmod::migrate]\nfn {}(old: &hotmod::Old<'_>) -> Result<{name}, String> {{",
            hook.name
        )?;
        if hook.whole {
            writeln!(out, "    let old: &{old} = old.read()?;")?;
        }
        writeln!(out, "    let made = {name} {{")?;
        for (field, form) in described.fields(0, self.version) {
            let value = match (&field.forms[older.version], hook.whole) {
                (Some(was), true) => format!("old.{}.clone()", was.name),
                (Some(was), false) => {
                    format!(
                        "old.get::<{}>({:?})?.clone()",
                        self.spelled(&form.ty),
                        was.name
                    )
                }
                (None, _) => match &form.default {
                    Some(value) => self.read(&form.ty, value),
                    None => "None".to_owned(),
                },
            };
            match field.id == mark {
                true => writeln!(
                    out,
                    "        {}: match {value} {{ it if it % {by} == {like} => return \
                     Err(\"untaken\".to_owned()), it => it.checked_add({RAISED}).ok_or(\"too many\")? }},",
                    form.name
                )?,
                false => writeln!(out, "        {}: {value},", form.name)?,
            }
        }
        writeln!(out, "    }};\n    Ok(made)\n}}")?;
        if hook.down {
            writeln!(
                out,
                "#[hotmod::migrate(down)]\nfn {}_back(new: &{name}) -> Result<{old}, String> {{\n    \
                 let made = {old} {{",
                hook.name
            )?;
            for (field, form) in described.fields(0, older.version) {
                let value = match (&field.forms[self.version], &form.default) {
                    (Some(now), _) => format!("new.{}.clone()", now.name),
                    (None, Some(value)) => older.read(&form.ty, value),
                    (None, None) => "None".to_owned(),
                };
                let value = match field.id == mark {
                    true => format!("{value}.checked_sub({RAISED}).ok_or(\"too few\")?"),
                    false => value,
                };
                writeln!(out, "        {}: {value},", form.name)?;
            }
            writeln!(out, "    }};\n    Ok(made)\n}}")?;
        }
        Ok(())
    }
}
