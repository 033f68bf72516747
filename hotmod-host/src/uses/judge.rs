//! What a module needs of another one, held against a version of that one.

use hotmod::describe::{Description, Difference, Rule, Signature, Type, Used, UsedInstances, diff};
use hotmod::plan::Evolves;

/// Why a version of a module counts as a user of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhyInUse {
    /// New calls enter it.
    Current,
    /// The update that replaced it may be rolled back.
    RollbackTarget,
    /// It is on trial.
    OnTrial,
}

/// What stands in the way of a version that uses a module, or is converted in its calls. `there` is what the
/// host has of that module, with its version, if it is loaded.
pub(crate) fn needs(
    of: &str,
    used: &Used,
    user: &Description,
    there: Option<(&Description, &str)>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let Some((there, version)) = there else {
        for function in used.functions.values() {
            found.push(unloaded(
                of,
                &path(of, &function.signature.name, "()"),
                &function.signature,
            ));
        }
        for (name, instances) in &used.instances {
            let (rule, help) = match instances.optional {
                true => (Rule::ImportAbsent, String::new()),
                false => (Rule::ImportMissing, load_first(of)),
            };
            found.push(Difference {
                path: format!("import {name}"),
                was: format!(
                    "a loaded module `{of}` that implements `{}`",
                    instances.interface
                ),
                now: "none of that name".to_owned(),
                rule,
                help,
            });
        }
        return found;
    };
    for (name, function) in &used.functions {
        let Some(expected) = used.function(name, user) else {
            continue;
        };
        for difference in compared(&expected, there) {
            let signature = &function.signature;
            found.push(match difference.rule {
                Rule::ExportRemoved => lacking(of, version, &path(of, name, "()"), signature),
                Rule::MethodAbsent => Difference {
                    path: path(of, name, "()"),
                    was: format!("module `{of}` with `{signature}`, which is optional"),
                    now: format!("{version}, which has none"),
                    rule: Rule::ImportAbsent,
                    help: String::new(),
                },
                _ => Difference {
                    path: format!("import {of}::{}", difference.path),
                    ..difference
                },
            });
        }
    }
    for (name, instances) in &used.instances {
        for difference in compared(&instances.expected(user), there) {
            let path = format!("import {name}: {}", difference.path);
            found.push(match difference.rule {
                Rule::ExportRemoved => Difference {
                    path,
                    was: format!("module `{of}` with {}", expected_of(&difference)),
                    now: format!("{version}, which has none"),
                    rule: Rule::ImportMissing,
                    help: update_first(of),
                },
                _ => Difference { path, ..difference },
            });
        }
    }
    found
}

/// What a version of a module that others use would leave one of them without, and what it would have converted
/// in that one's calls.
pub(crate) fn left(
    (user, version): (&str, &str),
    why: WhyInUse,
    expected: &Description,
    candidate: &Description,
) -> Vec<Difference> {
    let who = self::who((user, version), why);
    let or = match why {
        WhyInUse::Current => "",
        WhyInUse::RollbackTarget => "; or give that version up by `Module::make_permanent`",
        WhyInUse::OnTrial => "; or end the trial",
    };
    let help = format!(
        "keep it as it is; or update `{user}`, in one `Host::update_all` with this, to a version that does \
         without{or}"
    );
    let differences = compared(expected, candidate).into_iter();
    let differences = differences.map(|difference| match difference.rule.refuses() {
        true => Difference {
            was: format!("{}, which {who} imports", expected_of(&difference)),
            help: match difference.rule {
                Rule::ExportRemoved => help.clone(),
                _ if difference.help.is_empty() => help.clone(),
                _ => format!("{}; {help}", difference.help),
            },
            ..difference
        },
        false => Difference {
            path: format!("{}, as {who} calls it", difference.path),
            ..difference
        },
    });
    differences.collect()
}

/// A version that uses others, in words.
pub(crate) fn who((user, version): (&str, &str), why: WhyInUse) -> String {
    match why {
        WhyInUse::Current => format!("`{user}` {version}"),
        WhyInUse::RollbackTarget => format!("`{user}` {version} (to which it may be rolled back)"),
        WhyInUse::OnTrial => format!("`{user}` {version} (which is on trial)"),
    }
}

/// Instances of a module that have a name, by keys of this type, in words.
pub(crate) fn instances(key: Option<&Type>, of: &str) -> String {
    match key {
        Some(key) => format!("a pool by `{key}` of module `{of}`"),
        None => format!("a shared instance of module `{of}`"),
    }
}

/// The same, where they are not those which this says.
pub(crate) fn unlike_instances(key: Option<&Type>, of: &str, others: &str) -> String {
    match instances(key, of) {
        // Of the same name, and not the same in its fields or as its compiler lays it out.
        same if same == others => format!("{same}, with keys of another layout"),
        other => other,
    }
}

/// What the host has under a name, where that is not what a module calls by it.
pub(crate) fn unlike(
    name: &str,
    (of, needed): (&str, &UsedInstances),
    (module, key): (&str, Option<&Type>),
) -> Difference {
    let needed = instances(needed.key.as_ref(), of);
    Difference {
        path: format!("import {name}"),
        now: unlike_instances(key, module, &needed),
        was: needed,
        rule: Rule::ImportMissing,
        help: "a name stands for one pool or instance of a host, and its keys are of one type on both sides: give \
               one of the two another name, or the import the same type"
            .to_owned(),
    }
}

/// What a caller was compiled with, compared with a version that it is to call. What that has besides is no
/// difference to it.
fn compared(expected: &Description, there: &Description) -> Vec<Difference> {
    let evolves = Evolves::between(expected, there).of_caller();
    let mut found = diff::expectation(expected, there, &evolves);
    found.retain(|it| it.rule != Rule::MethodAdded);
    found
}

fn expected_of(difference: &Difference) -> String {
    match difference.was.as_str() {
        "expected by the host" => format!("an implementation of `{}`", difference.path),
        was => was.to_owned(),
    }
}

fn path(of: &str, name: &str, part: &str) -> String {
    format!("import {of}::{name}{part}")
}

fn unloaded(of: &str, path: &str, signature: &Signature) -> Difference {
    let (rule, help) = match signature.optional {
        true => (Rule::ImportAbsent, String::new()),
        false => (Rule::ImportMissing, load_first(of)),
    };
    Difference {
        path: path.to_owned(),
        was: format!("a loaded module `{of}` that exports `{signature}`"),
        now: "none of that name".to_owned(),
        rule,
        help,
    }
}

fn lacking(of: &str, version: &str, path: &str, signature: &Signature) -> Difference {
    Difference {
        path: path.to_owned(),
        was: format!("module `{of}` with `{signature}`"),
        now: format!("{version}, which has none"),
        rule: Rule::ImportMissing,
        help: update_first(of),
    }
}

fn load_first(of: &str) -> String {
    format!(
        "load `{of}` first, or both together by `Host::load_all`; or mark the import with #[hotmod::optional]"
    )
}

fn update_first(of: &str) -> String {
    format!(
        "update `{of}` to a version that has it, first or with this in one `Host::update_all`; or mark the \
         import with #[hotmod::optional]"
    )
}
