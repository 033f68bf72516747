//! Functions and interfaces: their methods and signatures.

use hotmod::describe::Builtin;
use hotmod::describe::Receiver;
use hotmod::describe::Rule;
use hotmod::describe::{ExportedFunction, Param, Signature, Type};

use super::exports::Called;
use super::found::{CallingSide, Diff, by_name};
use super::path::step_into;

impl<'a> Diff<'a> {
    pub(super) fn removed(&mut self, path: String, was: &Signature) {
        self.add(
            path,
            &format!("`{was}`"),
            "absent",
            Rule::ExportRemoved,
            "callers may hold it: keep the export",
        );
    }

    pub(super) fn purity(&mut self, path: String, was: &ExportedFunction, now: &ExportedFunction) {
        let purity = |it: &ExportedFunction| {
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

    pub(super) fn interface_removed(&mut self, name: &str, state: &Type) {
        self.add(
            name.to_owned(),
            &format!("implemented by `{state}`"),
            "not implemented",
            Rule::ExportRemoved,
            &format!("write `#[hotmod::export] impl {name} for {state}` in the module"),
        );
    }

    /// Threads may call one instance at once only if its state is `Sync`, and only the trait that the
    /// module was compiled with makes sure of that.
    pub(super) fn sharing(&mut self, interface: &str) {
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

    /// Methods are found by their names: no caller relies on their order.
    pub(super) fn methods(
        &mut self,
        interface: &str,
        (was, now): (&'a [Signature], &'a [Signature]),
        called: &dyn Fn(&str) -> Called,
    ) {
        let (were, are) = (by_name(was, |it| &it.name), by_name(now, |it| &it.name));
        for method in was {
            let path = format!("{interface}::{}", method.name);
            match are.get(method.name.as_str()) {
                Some(_) if called(&method.name) == Called::ByOthers => {}
                Some(other) => {
                    let before = self.found.len();
                    self.signature(&path, method, other);
                    let refuses = self.found[before..].iter().any(|it| it.rule.refuses());
                    if refuses && called(&method.name) == Called::Never {
                        self.found.truncate(before);
                        self.uncalled(path, method, &format!("`{other}`"));
                    }
                }
                None if method.optional => self.add(
                    format!("{path}()"),
                    &format!("`{method}`, which is optional"),
                    "absent",
                    Rule::MethodAbsent,
                    "",
                ),
                None => match called(&method.name) {
                    Called::AsItRuns => self.removed(format!("{path}()"), method),
                    Called::ByOthers => {}
                    Called::Never => self.uncalled(path, method, "absent"),
                },
            }
        }
        for method in now {
            if !were.contains_key(method.name.as_str()) {
                self.add(
                    format!("{interface}::{}()", method.name),
                    "absent",
                    &format!("`{method}`"),
                    Rule::MethodAdded,
                    "",
                );
            }
        }
    }

    /// Adds a method or function that no caller calls, and that is gone or has another signature.
    pub(super) fn uncalled(&mut self, path: String, was: &Signature, now: &str) {
        let was = format!("`{was}`");
        self.add(format!("{path}()"), &was, now, Rule::MethodUncalled, "");
    }

    pub(super) fn signature(&mut self, path: &str, was: &'a Signature, now: &'a Signature) {
        let is_import = self.caller == CallingSide::Module;
        if now.is_local && was.is_async && !was.is_local {
            return self.add(
                format!("{path}()"),
                "a future that is `Send`",
                "one that stays on its thread",
                Rule::ReturnChanged,
                "callers may send it to another thread: declare the interface without `local`, or give the method another \
                 name in an interface of its own",
            );
        }
        if now.is_async && !(was.is_async && self.is_awaited_alike(was, now)) {
            return match is_import {
                true => self.awaited_import(path, was, now),
                false => self.awaited(path, was, now),
            };
        }
        if is_import && was.is_async && !now.is_async {
            return self.awaited_import(path, was, now);
        }
        let mut because = Vec::new();
        let (was_side, now_side) = (self.was, self.now);
        if let Some(converts) = self.converts
            && !self
                .same
                .get_or_insert_with(|| Box::new(Diff::asking(was_side, now_side)))
                .is_same(was, now)
        {
            match converts.converted(path, (was, now), self.caller) {
                Ok(mut converted) => return self.found.append(&mut converted),
                Err(refused) => because = refused,
            }
        }
        let before = self.found.len();
        self.compared(path, was, now);
        if because.is_empty() {
            return;
        }
        // What could be converted does not stand in the way, though it is not the same.
        let mut same = self.found.split_off(before);
        same.retain(|it| !it.rule.refuses() || it.rule == Rule::ReceiverChanged);
        self.found.append(&mut same);
        self.found.extend(because);
    }

    /// Whether an `async fn` can be awaited as it is: what it is lent lives on while it waits, so nothing of it is
    /// converted.
    fn is_awaited_alike(&mut self, was: &'a Signature, now: &'a Signature) -> bool {
        let (was_side, now_side) = (self.was, self.now);
        self.same
            .get_or_insert_with(|| Box::new(Diff::asking(was_side, now_side)))
            .is_same(was, now)
    }

    /// Compares with an `async fn` that callers cannot use as it is.
    fn awaited(&mut self, path: &str, was: &'a Signature, now: &'a Signature) {
        if !was.is_async {
            let help = match now.receiver {
                Receiver::None => {
                    "callers do not await it: export an ordinary `fn`, or the `async fn` under another name, which \
                     hosts ask for with `Module::async_function`"
                }
                Receiver::Shared | Receiver::Exclusive => {
                    "callers do not await it: keep the ordinary `fn` in the interface, and add the `async fn` under \
                     another name"
                }
            };
            return self.add(
                format!("{path}()"),
                &format!("`{was}`"),
                &format!("`{now}`"),
                Rule::ReturnChanged,
                help,
            );
        }
        let before = self.found.len();
        self.compared(path, was, now);
        for difference in &mut self.found[before..] {
            if difference.rule.refuses() {
                difference.help = "what an `async fn` passes is not converted yet: keep its signature, and export the \
                                   new one under another name"
                    .to_owned();
            }
        }
    }

    /// Says that an import cannot be called as the module declares it, since one side awaits it.
    fn awaited_import(&mut self, path: &str, was: &Signature, now: &Signature) {
        let help = match (was.is_async, now.is_async) {
            (true, true) => {
                "what an `async` import passes is not converted yet: keep its signature, and import the new one under \
                 another name"
            }
            (true, false) => "the host provides futures of it: declare it as an `async fn`",
            _ => "the host provides no future of it: provide it with `HostBuilder::provide_async`",
        };
        let (was, now) = (format!("`{was}`"), format!("`{now}`"));
        self.add(format!("{path}()"), &was, &now, Rule::ReturnChanged, help);
    }

    /// Compares signatures where both sides use what is passed as it is.
    pub(super) fn compared(&mut self, path: &str, was: &Signature, now: &Signature) {
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
        let returned = self.path(|| format!("{path}() -> "));
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

    /// The path of a part, where paths are told.
    fn path(&self, path: impl FnOnce() -> String) -> String {
        match self.remembered {
            Some(_) => String::new(),
            None => path(),
        }
    }

    fn params(&mut self, path: &str, was: &[Param], now: &[Param]) {
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
            let path = self.path(|| format!("{path}({})", if named { &a.name } else { &b.name }));
            if !self.crossing(&path, &a.ty, &b.ty) {
                self.add(
                    path,
                    &format!("`{}`", a.ty),
                    &format!("`{}`", b.ty),
                    Rule::ArgumentRetyped,
                    self.keep,
                );
            } else if named && a.name != b.name {
                self.add(path, &a.name, &b.name, Rule::ArgumentRenamed, "");
            }
        }
    }

    /// Another number of arguments: names those that came or went, where names tell.
    fn arity(&mut self, path: &str, was: &[Param], now: &[Param], named: bool) {
        let before = self.found.len();
        let lacks = |params: &[Param], name: &str| !params.iter().any(|p| p.name == name);
        for param in was.iter().filter(|param| named && lacks(now, &param.name)) {
            let (path, was) = (format!("{path}({})", param.name), format!("`{}`", param.ty));
            self.add(path, &was, "absent", Rule::ArgumentRemoved, self.keep);
        }
        for param in now.iter().filter(|param| named && lacks(was, &param.name)) {
            let (path, now) = (format!("{path}({})", param.name), format!("`{}`", param.ty));
            self.add(path, "absent", &now, Rule::ArgumentAdded, self.keep);
        }
        if self.found.len() == before {
            let rule = match was.len() < now.len() {
                true => Rule::ArgumentAdded,
                false => Rule::ArgumentRemoved,
            };
            let types = |params: &[Param]| {
                let types: Vec<String> = params.iter().map(|p| p.ty.to_string()).collect();
                format!("({})", types.join(", "))
            };
            let (was, now) = (types(was), types(now));
            self.add(format!("{path}()"), &was, &now, rule, self.keep);
        }
    }

    /// Compares types of a signature: `false` if they are different expressions. Of what crosses by
    /// conversion, only the parts have to be the same; of everything else, the bytes too.
    pub(super) fn crossing(&mut self, path: &str, was: &Type, now: &Type) -> bool {
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
                for (i, (a, b)) in was.args.iter().zip(&now.args).enumerate() {
                    let path = self.path(|| format!("{path}{}", step_into(was, i)));
                    self.crossing(&path, a, b);
                }
            }
            _ => self.layout(path, was, now, self.keep),
        }
        true
    }
}

fn names(params: &[Param]) -> Vec<&str> {
    params.iter().map(|param| param.name.as_str()).collect()
}

fn receiver(receiver: Receiver) -> &'static str {
    match receiver {
        Receiver::None => "no receiver",
        Receiver::Shared => "`&self`",
        Receiver::Exclusive => "`&mut self`",
    }
}
