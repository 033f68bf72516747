//! Differences as text for people, in lists by what they mean.

use std::fmt;

use hotmod_file::describe::{Description, Difference, Rule, Type, Verdict};
use hotmod_file::plan::{Condition, Cost, Preparation};

use crate::others::Others;

/// Writes a difference, with what of this command's arguments would help.
pub(crate) fn list(f: &mut fmt::Formatter<'_>, difference: &Difference) -> fmt::Result {
    indented(f, &difference.with_code())?;
    match difference.rule {
        Rule::Downgrade => f.write_str("\n    help: --allow-downgrade compares all the same"),
        Rule::PanicAborts => f.write_str("\n    help: --allow-panic-abort compares all the same"),
        _ => Ok(()),
    }
}

/// Writes something in lines of its own, indented.
pub(crate) fn indented(f: &mut fmt::Formatter<'_>, item: &impl fmt::Display) -> fmt::Result {
    let text = item.to_string();
    text.lines().try_for_each(|line| write!(f, "\n  {line}"))
}

/// Writes what live values must be for their state to survive.
pub(crate) fn conditions(f: &mut fmt::Formatter<'_>, conditions: &[Condition]) -> fmt::Result {
    if !conditions.is_empty() {
        f.write_str("\nsurvives if values allow; where one does not, its state stays as it is:")?;
    }
    let mut conditions = conditions.iter();
    conditions.try_for_each(|Condition { path, must }| write!(f, "\n  {path}: {must}"))
}

/// Writes what becomes of calls, and what else differs without standing in the way.
pub(crate) fn allowed<'a>(
    f: &mut fmt::Formatter<'_>,
    differences: impl Iterator<Item = &'a Difference> + Clone,
    refused: bool,
) -> fmt::Result {
    let may_fail = |it: &Difference| it.rule == Rule::CallMayFail;
    let converted = |it: &Difference| it.rule.is_of_calls() && !may_fail(it);
    let others = |it: &Difference| it.rule.verdict() == Verdict::Adopt && !it.rule.is_of_calls();
    let (are_converted, may) = match refused {
        true => (
            "\ncalls would be converted:",
            "\ncalls might fail, by the value:",
        ),
        false => ("\ncalls are converted:", "\ncalls may fail, by the value:"),
    };
    let all = || differences.clone();
    headed(f, are_converted, all().filter(|it| converted(it)))?;
    headed(f, may, all().filter(|it| may_fail(it)))?;
    headed(f, "\nnot in the way:", all().filter(|it| others(it)))
}

/// Writes which calls of each state go on while its new value is made.
pub(crate) fn preparations(
    f: &mut fmt::Formatter<'_>,
    preparations: &[(Type, Preparation)],
) -> fmt::Result {
    if !preparations.is_empty() {
        f.write_str("\n`&self` calls while it is prepared:")?;
    }
    for (state, preparation) in preparations {
        match preparation {
            Preparation::Shared => write!(f, "\n  go on      {state}")?,
            Preparation::Exclusive { because } => {
                write!(f, "\n  wait       {state}, because of")?;
                for (path, what) in because {
                    write!(f, "\n               {path}: {what}")?;
                }
            }
        }
    }
    Ok(())
}

/// Writes what it costs to convert calls.
pub(crate) fn call_costs(f: &mut fmt::Formatter<'_>, costs: &[(String, Cost)]) -> fmt::Result {
    if !costs.is_empty() {
        f.write_str("\nwhat calls cost:")?;
    }
    let mut costs = costs.iter();
    costs.try_for_each(|(path, cost)| write!(f, "\n  {:<9}  {path}", cost.as_str()))
}

/// Says which modules a version needs that it was not held against.
pub(crate) fn not_held_against(
    f: &mut fmt::Formatter<'_>,
    others: Option<&Others>,
    manifest: &Description,
) -> fmt::Result {
    if others.is_some() || manifest.uses.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = manifest
        .uses
        .keys()
        .map(|name| format!("`{name}`"))
        .collect();
    let names = names.join(", ");
    write!(
        f,
        "\nnot held against the modules that it uses: {names}\n  help: name the modules that run beside it by --with"
    )
}

fn headed<'a>(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    differences: impl Iterator<Item = &'a Difference>,
) -> fmt::Result {
    let mut differences = differences.peekable();
    if differences.peek().is_some() {
        f.write_str(heading)?;
    }
    differences.try_for_each(|it| list(f, it))
}
