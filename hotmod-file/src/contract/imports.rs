//! What modules import, and what a host provides for it.

use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::Builtin;
use hotmod::describe::{Description, ImportedFunction, Signature, Used, UsedInstances};
use hotmod::describe::{Difference, Rule};

use super::alike::Alike;
use super::found::{CallingSide, Converts, Diff};

const KEEP_IMPORT: &str = "the host provides what it was compiled with: keep the signature, and \
                           import the new one under another name";

/// What a host does to have the imports of hotmod's own.
const OF_RUNTIME: &str = "the host has no runtime to give: let it link `hotmod-host` with the feature `tokio`, and build \
                          it with `Host::builder().tokio(tokio::runtime::Handle::current())`";

/// What a host provides, compared with what a candidate imports: functions that it lacks, and those
/// that differ. `provided` gives the description of a function by its name, with that name
/// among its functions; `converts` says what can be converted between such a description and the candidate.
pub fn imports<'a, C: Converts>(
    provided: impl Fn(&str) -> Option<&'a Description>,
    candidate: &'a Description,
    converts: impl Fn(&'a Description) -> C,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for (name, import) in &candidate.imports {
        let host = provided(name);
        let Some((host, was)) = host.and_then(|host| Some((host, host.functions.get(name)?)))
        else {
            let now = &import.signature;
            if now.optional {
                found.push(Difference {
                    path: import_path(name, "()"),
                    was: format!("a host that may provide `{now}`"),
                    now: "one that does not".to_owned(),
                    rule: Rule::ImportAbsent,
                    help: String::new(),
                });
                continue;
            }
            found.push(Difference {
                path: import_path(name, "()"),
                was: format!("a host that provides `{now}`"),
                now: "one that does not".to_owned(),
                rule: Rule::ImportMissing,
                help: match name.split_once("::") {
                    Some(("hotmod", _)) => OF_RUNTIME.to_owned(),
                    Some((services, _)) => format!(
                        "provide it when the host is built: `Host::builder().provide_all::<dyn \
                         {services}>(…)`, with a `{services}` that has it; or mark the method with \
                         #[hotmod::optional]"
                    ),
                    None => format!(
                        "provide it when the host is built: `Host::builder().{}(\"{name}\", {})`",
                        if now.is_async {
                            "provide_async"
                        } else {
                            "provide"
                        },
                        closure(now),
                    ),
                },
            });
            continue;
        };
        let converts = (!Alike::new(host, candidate).signature(&was.signature, &import.signature))
            .then(|| converts(host));
        let mut diff = Diff::new(host, candidate);
        diff.converts = converts.as_ref().map(|converts| converts as &dyn Converts);
        diff.caller = CallingSide::Module;
        diff.keep = KEEP_IMPORT;
        diff.signature(&import_path(name, ""), &was.signature, &import.signature);
        found.append(&mut diff.found);
    }
    // A host with a runtime provides what waits by its timer.
    if provided("hotmod::sleep").is_none() {
        found.extend(candidate.tasks.keys().map(|task| Difference {
            path: format!("task {task}"),
            was: "a host with a runtime, which runs it".to_owned(),
            now: "one without".to_owned(),
            rule: Rule::ImportMissing,
            help: OF_RUNTIME.to_owned(),
        }));
    }
    found
}

/// What differs between what the module that runs needs of a host and of other modules, and what a candidate to
/// replace it needs. What other modules have may change with it, so that nothing about those stands in the way.
/// Where no host is at hand, the imports of the module that runs stand for what the host provides.
pub fn needs(
    running: &Description,
    candidate: &Description,
    converts: &dyn Converts,
) -> Vec<Difference> {
    let mut diff = Diff::converting(running, candidate, converts);
    diff.imports(&running.imports, &candidate.imports);
    diff.uses(&running.uses, &candidate.uses);
    diff.found
}

fn import_path(name: &str, part: &str) -> String {
    format!("import {name}{part}")
}

/// What a host would write to provide a function.
fn closure(signature: &Signature) -> String {
    let params = signature.params.iter();
    let params: Vec<String> = params.map(|p| format!("{}: {}", p.name, p.ty)).collect();
    if signature.is_async {
        return format!("|{}| async move {{ … }}", params.join(", "));
    }
    let output = match signature.output.builtin() {
        Some(Builtin::Unit) => String::new(),
        _ => format!(" -> {}", signature.output),
    };
    format!("|{}|{output} {{ … }}", params.join(", "))
}

impl<'a> Diff<'a> {
    fn imports(
        &mut self,
        was: &'a BTreeMap<String, ImportedFunction>,
        now: &'a BTreeMap<String, ImportedFunction>,
    ) {
        self.keep = KEEP_IMPORT;
        self.caller = CallingSide::Module;
        for (name, was) in was {
            match now.get(name) {
                Some(now) => {
                    self.signature(&import_path(name, ""), &was.signature, &now.signature);
                }
                None => {
                    let was = format!("`{}`", was.signature);
                    let path = import_path(name, "()");
                    self.add(path, &was, "not needed", Rule::ImportRemoved, "");
                }
            }
        }
        for (name, now) in now {
            if !was.contains_key(name) {
                let must = match now.signature.optional {
                    true => "may",
                    false => "must",
                };
                let now = format!("`{}`, which the host {must} provide", now.signature);
                let path = import_path(name, "()");
                self.add(path, "absent", &now, Rule::ImportAdded, "");
            }
        }
    }

    /// What is needed of other modules.
    fn uses(&mut self, was: &'a BTreeMap<String, Used>, now: &'a BTreeMap<String, Used>) {
        for (of, used) in was {
            let other = now.get(of);
            for (name, was) in &used.functions {
                let now = other.and_then(|other| other.functions.get(name));
                let path = import_path(&format!("{of}::{name}"), "");
                let before = self.found.len();
                if let Some(now) = now {
                    self.signature(&path, &was.signature, &now.signature);
                    if !self.found[before..].iter().any(|it| it.rule.refuses()) {
                        continue;
                    }
                }
                self.found.truncate(before);
                let was = format!("`{}`", was.signature);
                self.add(
                    format!("{path}()"),
                    &was,
                    "not needed",
                    Rule::ImportRemoved,
                    "",
                );
                if let Some(now) = now {
                    self.needed(of, name, &now.signature);
                }
            }
            for (name, was) in &used.instances {
                let now = other.and_then(|other| other.instances.get(name));
                if now.is_some_and(|now| is_same_need(now, was)) {
                    continue;
                }
                let path = import_path(name, "");
                self.add(
                    path,
                    &was.to_string(),
                    "not needed",
                    Rule::ImportRemoved,
                    "",
                );
                now.into_iter().for_each(|now| self.called(of, name, now));
            }
        }
        for (of, used) in now {
            let other = was.get(of);
            for (name, now) in &used.functions {
                if !other.is_some_and(|other| other.functions.contains_key(name)) {
                    self.needed(of, name, &now.signature);
                }
            }
            for (name, now) in &used.instances {
                if !other.is_some_and(|other| other.instances.contains_key(name)) {
                    self.called(of, name, now);
                }
            }
        }
    }

    fn needed(&mut self, of: &str, name: &str, now: &Signature) {
        let must = if now.optional { "may" } else { "must" };
        let now = format!("`{now}`, which module `{of}` {must} have");
        let path = import_path(&format!("{of}::{name}"), "()");
        self.add(path, "absent", &now, Rule::ImportAdded, "");
    }

    fn called(&mut self, of: &str, name: &str, now: &UsedInstances) {
        let must = if now.optional { "may" } else { "must" };
        let now = format!("{now}, which module `{of}` {must} implement");
        self.add(import_path(name, ""), "absent", &now, Rule::ImportAdded, "");
    }
}

/// Whether it is the same need, wherever in the module it is declared.
fn is_same_need(one: &UsedInstances, other: &UsedInstances) -> bool {
    let of = |it: &UsedInstances| UsedInstances {
        symbols: BTreeSet::new(),
        ..it.clone()
    };
    of(one) == of(other)
}
