//! What modules need of each other, decided from what each says of itself.
//!
//! Hosts decide by this, with what runs in them, and so does the command line, with what files and locks say.

use std::collections::BTreeMap;

use hotmod::describe::{Description, Difference, Rule, Signature, Type, Used, UsedInstances};

use crate::contract;
use crate::plan::{Evolves, HOST_SIDE, MODULE_SIDE, Way};

/// Why a version of a module counts as a user of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyInUse {
    /// New calls enter it.
    Current,
    /// The update that replaced it may be rolled back.
    RollbackTarget,
    /// It is on trial.
    OnTrial,
}

impl WhyInUse {
    /// A version of a module that is in use so, in words.
    pub fn who(self, user: &str, version: &str) -> String {
        match self {
            WhyInUse::Current => format!("`{user}` {version}"),
            WhyInUse::RollbackTarget => {
                format!("`{user}` {version} (to which it may be rolled back)")
            }
            WhyInUse::OnTrial => format!("`{user}` {version} (which is on trial)"),
        }
    }
}

/// Instances of a module that have a name, by keys of this type, in words.
pub fn instances(key: Option<&Type>, of: &str) -> String {
    match key {
        Some(key) => format!("a pool by `{key}` of module `{of}`"),
        None => format!("a shared instance of module `{of}`"),
    }
}

/// The same, where they are not those which this says.
pub fn unlike_instances(key: Option<&Type>, of: &str, others: &str) -> String {
    match instances(key, of) {
        // Of the same name, and not the same in its fields or as its compiler lays it out.
        same if same == others => format!("{same}, with keys of another layout"),
        other => other,
    }
}

/// The other modules of a host, as far as they have to do with a version of one that is to become current there.
#[derive(Clone, Debug)]
pub struct Neighbours<'a> {
    /// What is current of them then, by their names. A module that is not among them is not loaded. `None` if
    /// nothing is known of any.
    pub current: Option<BTreeMap<&'a str, &'a Description>>,
    /// What is on trial of them and stays so: instances follow it, as they follow the current one.
    pub on_trial: BTreeMap<&'a str, &'a Description>,
    /// The versions that use the module.
    pub users: Vec<UserVersion<'a>>,
    /// The pools and shared instances that have a name, by it.
    pub names: BTreeMap<&'a str, NamedBy<'a>>,
    /// What runs of the module itself.
    pub running: Option<&'a Description>,
    /// Whether the version is updated to, or rolled back to.
    pub way: Way,
}

/// A version that uses a module.
#[derive(Clone, Debug)]
pub struct UserVersion<'a> {
    /// The module that calls.
    pub module: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Why it counts.
    pub why: WhyInUse,
    /// What it calls, each as what a host would expect.
    pub calls: Vec<&'a Description>,
}

/// What a host keeps under a name.
#[derive(Clone, Copy, Debug)]
pub struct NamedBy<'a> {
    /// The module that the instances are of.
    pub module: &'a str,
    /// The type of the keys, as the host was compiled with it, and what describes it; `None` for a shared instance.
    pub key: Option<(&'a Type, &'a Description)>,
}

impl NamedBy<'_> {
    /// Whether keys of this type, as a module describes them, are keys of it.
    pub fn has_keys(&self, keys: Option<(&Type, &Description)>) -> bool {
        match (self.key, keys) {
            (None, None) => true,
            (Some(own), Some(keys)) => contract::Alike::new(keys.1, own.1).value(keys.0, own.0),
            _ => false,
        }
    }
}

impl Neighbours<'_> {
    /// What stands in the way of this version of a module, between it and the others, and what is converted there.
    pub fn differences(&self, module: &str, candidate: &Description) -> Vec<Difference> {
        let mut found = Vec::new();
        for (of, used) in &candidate.uses {
            if of == module {
                found.push(Difference {
                    path: format!("import {of}"),
                    was: "an import of another module".to_owned(),
                    now: "one of the module itself".to_owned(),
                    rule: Rule::ImportMissing,
                    help: "call the function as any other of the crate".to_owned(),
                });
                continue;
            }
            if let Some(current) = &self.current {
                let there = current.get(of.as_str()).map(|it| {
                    let version = it.build.as_ref().map_or("", |build| build.version.as_str());
                    (*it, version)
                });
                let caller = (module, candidate);
                let needs = |there| needs(of, used, caller, there, self.way);
                let refuses = |it: &Difference| it.rule.refuses();
                let found_there = needs(there);
                if !found_there.iter().any(refuses)
                    && let Some(trial) = self.on_trial.get(of.as_str())
                {
                    let build = trial.build.as_ref();
                    let version = build.map_or("", |build| build.version.as_str());
                    let version = format!("{version} (which is on trial)");
                    let lacking = needs(Some((trial, version.as_str()))).into_iter();
                    found.extend(lacking.filter(refuses));
                }
                found.extend(found_there);
            }
            for (name, instances) in &used.instances {
                let named = self.names.get(name.as_str());
                let unlike = named.filter(|named| {
                    let keys = instances.keys(candidate);
                    let keys = keys.as_ref().map(|(key, described)| (key, described));
                    named.module != of || !named.has_keys(keys)
                });
                found.extend(unlike.map(|named| {
                    let key = named.key.map(|(key, _)| key);
                    self::unlike(name, (of, instances), (named.module, key))
                }));
            }
        }
        for user in &self.users {
            for expected in &user.calls {
                let left = left(user, expected, (module, candidate), self.way);
                let before = || match self.running {
                    Some(running) => self::left(user, expected, (module, running), self.way),
                    None => Vec::new(),
                };
                let refuses = |all: &[Difference]| all.iter().any(|it| it.rule.refuses());
                // Another version than the current one of the user may be without it already.
                if refuses(&left) && user.why != WhyInUse::Current && refuses(&before()) {
                    continue;
                }
                // What it can do without may be absent as it ever was.
                let is_absent = |it: &Difference| it.rule == Rule::MethodAbsent;
                let was_absent = match left.iter().any(is_absent) {
                    true => before(),
                    false => Vec::new(),
                };
                let left = left.into_iter();
                let left = left.filter(|it| !is_absent(it) || !was_absent.contains(it));
                for difference in left {
                    if !found.contains(&difference) {
                        found.push(difference);
                    }
                }
            }
        }
        found
    }
}

/// What stands in the way of a version that uses a module, or is converted in its calls. `there` is what the
/// host has of that module, with its version, if it is loaded.
fn needs(
    of: &str,
    used: &Used,
    (module, user): (&str, &Description),
    there: Option<(&Description, &str)>,
    way: Way,
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
        for difference in compared((module, &expected), (of, there)) {
            let signature = &function.signature;
            found.push(match difference.rule {
                Rule::ExportRemoved => lacking(of, version, &path(of, name, "()"), signature, way),
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
        let expected = instances.expected(user);
        for difference in compared((module, &expected), (of, there)) {
            let path = format!("import {name}: {}", difference.path);
            found.push(match difference.rule {
                Rule::ExportRemoved => Difference {
                    path,
                    was: format!("module `{of}` with {}", expected_of(&difference)),
                    now: format!("{version}, which has none"),
                    rule: Rule::ImportMissing,
                    help: update_first(of, way),
                },
                Rule::MethodAbsent => Difference {
                    path,
                    was: format!("module `{of}` with {}", difference.was),
                    now: format!("{version}, which has none"),
                    rule: Rule::ImportAbsent,
                    help: String::new(),
                },
                _ => Difference { path, ..difference },
            });
        }
    }
    found
}

/// What a version of a module that others use would leave one of them without, and what it would have converted
/// in that one's calls.
fn left(
    user: &UserVersion<'_>,
    expected: &Description,
    (module, candidate): (&str, &Description),
    way: Way,
) -> Vec<Difference> {
    let UserVersion {
        module: user,
        version,
        why,
        ..
    } = user;
    let who = why.who(user, version);
    let or = match why {
        WhyInUse::Current => "",
        WhyInUse::RollbackTarget => "; or give that version up by `Module::make_permanent`",
        WhyInUse::OnTrial => "; or end the trial",
    };
    let help = match way {
        Way::On => format!(
            "keep it as it is; or update `{user}`, in one `Host::update_all` with this, to a version that does \
             without{or}"
        ),
        Way::Back => format!(
            "roll `{user}` back, in one `Host::rollback_all` with this, to a version that does without; or update \
             it to one{or}"
        ),
    };
    let differences = compared((user, expected), (module, candidate)).into_iter();
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

/// What the host has under a name, where that is not what a module calls by it.
fn unlike(
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
fn compared(
    (caller, expected): (&str, &Description),
    (callee, there): (&str, &Description),
) -> Vec<Difference> {
    let evolves = Evolves::between(expected, there).of_caller();
    let mut found = contract::expectation(expected, there, &evolves);
    found.retain(|it| it.rule != Rule::MethodAdded);
    // The caller stands where a host would.
    let name = |side: &mut String| match side.as_str() {
        HOST_SIDE => *side = format!("`{caller}`"),
        MODULE_SIDE => *side = format!("`{callee}`"),
        _ => {}
    };
    for difference in &mut found {
        match difference.rule {
            Rule::CallUnseen => name(&mut difference.now),
            Rule::CallFilledIn => name(&mut difference.was),
            _ => {}
        }
    }
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

fn lacking(of: &str, version: &str, path: &str, signature: &Signature, way: Way) -> Difference {
    Difference {
        path: path.to_owned(),
        was: format!("module `{of}` with `{signature}`"),
        now: format!("{version}, which has none"),
        rule: Rule::ImportMissing,
        help: update_first(of, way),
    }
}

fn load_first(of: &str) -> String {
    format!(
        "load `{of}` first, or both together by `Host::load_all`; or mark the import with #[hotmod::optional]"
    )
}

fn update_first(of: &str, way: Way) -> String {
    match way {
        Way::On => format!(
            "update `{of}` to a version that has it, first or with this in one `Host::update_all`; or mark the \
             import with #[hotmod::optional]"
        ),
        Way::Back => format!(
            "roll `{of}` back, in one `Host::rollback_all` with this, to a version that has it; or update it to one"
        ),
    }
}
