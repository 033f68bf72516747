//! Fields that are not carried over, in what crosses between images: the receiver makes them anew
//! where it can, and where it cannot the signature is refused.

use hotmod::describe::{
    Builtin, Description, Difference, Down, ExportedFunction, Param, Rule, Signature, Transient,
    Transients, Type,
};

/// What makes the signatures of a module's exports and imports impossible, whatever is on the other
/// side.
pub fn impossible(description: &Description) -> Vec<Difference> {
    let mut crossing = Crossing {
        transients: Transients::of(description),
        found: Vec::new(),
    };
    for (name, function) in &description.functions {
        crossing.signature(&|| name.clone(), &function.signature);
        crossing.pure(name, function);
    }
    for (interface, implementation) in &description.implementations {
        for method in &implementation.methods {
            crossing.signature(&|| format!("{interface}::{}", method.name), method);
        }
    }
    for (name, import) in &description.imports {
        crossing.signature(&|| format!("import {name}"), &import.signature);
    }
    for (module, used) in &description.uses {
        for (name, import) in &used.functions {
            let path = || format!("import {module}::{name}");
            crossing.signature(&path, &import.signature);
        }
        for (name, instances) in &used.instances {
            for method in &instances.methods {
                let path = || format!("import {name}: {}::{}", instances.interface, method.name);
                crossing.signature(&path, method);
            }
            if let Some(key) = &instances.key {
                crossing.value(&|| format!("the keys of import {name}"), key);
            }
        }
    }
    let mut found = crossing.found;
    found.extend(downs(description));
    found
}

/// What no function makes that takes a value back: who has the earlier form takes it as the bytes that it is.
fn downs(description: &Description) -> Vec<Difference> {
    let lacking = |(name, down): (&String, &Down)| {
        let form = down.described(description);
        let field = Transients::of(&form).within(&down.to)?.clone();
        Some(Difference {
            path: format!("{name}() ->"),
            was: "an earlier form that is carried over as it is".to_owned(),
            now: format!("`{}`, which leads to `{field}`", down.to),
            rule: Rule::TransientCrosses,
            help: "a version that has the earlier form takes it as its bytes, which say nothing of such a part: let the \
                   function be of a type that leads to none, or remove it, and what goes back by the rules needs none"
                .to_owned(),
        })
    };
    description.downs.iter().filter_map(lacking).collect()
}

struct Crossing<'a> {
    transients: Transients<'a>,
    found: Vec<Difference>,
}

impl<'a> Crossing<'a> {
    /// Checks what a function passes. Its path is made where something is told of it, which is seldom.
    fn signature(&mut self, path: &dyn Fn() -> String, signature: &'a Signature) {
        for (place, Param { name, ty, .. }) in signature.params.iter().enumerate() {
            let of_param = || match name.as_str() {
                "" => format!("{}({place})", path()),
                name => format!("{}({name})", path()),
            };
            self.value(&of_param, ty);
        }
        self.value(&|| format!("{}() ->", path()), &signature.output);
    }

    /// Checks a value that crosses. References, and the parts of some types, are converted by themselves;
    /// everything else crosses as the bytes it is.
    fn value(&mut self, path: &dyn Fn() -> String, ty: &'a Type) {
        use Builtin::{Option, Ref, RefMut, Result, Tuple, Vec};
        match ty.builtin() {
            Some(Ref | RefMut) => {
                if let Some(field) = self.transients.within(ty) {
                    let of_skip = || {
                        format!(
                            "a field with #[state(skip)] belongs to the code that made it, so no \
                         reference leads to one from another: pass the parts that are needed, pass \
                         the value itself, in which the receiver makes the field anew, or move \
                         `{field}` out of the type"
                        )
                    };
                    let help = field.cure().unwrap_or_else(of_skip);
                    let found = format!("`{ty}`, which leads to `{field}`");
                    self.add(&path(), "a reference to what is carried over", found, help);
                }
            }
            Some(Vec | Option | Result | Tuple) => {
                for part in &ty.args {
                    self.value(path, part);
                }
            }
            _ => {
                if let Some((field, holder)) = self.transients.beyond_reach(ty) {
                    let of_skip = || {
                        format!(
                            "the receiver makes fields with #[state(skip)] anew in structs that are \
                         passed by themselves, in `Option`, `Result`, `Vec` and tuples, and in the \
                         structs that are their fields: pass the parts that are needed, or move \
                         `{field}` out of the type"
                        )
                    };
                    let help = field.cure().unwrap_or_else(of_skip);
                    let found = match (holder == ty, field) {
                        (true, Transient::Foreign(of)) if *of == ty.to_string() => {
                            format!("`{ty}`, a type of another crate")
                        }
                        (true, _) => format!("`{ty}`, which holds `{field}`"),
                        (false, _) => format!("`{ty}`, in which a `{holder}` holds `{field}`"),
                    };
                    self.add(
                        &path(),
                        "a value that the receiver can complete",
                        found,
                        help,
                    );
                }
            }
        }
    }

    /// Checks a pure function: its calls in two versions are compared, so none may depend on a field that
    /// each version makes for itself.
    fn pure(&mut self, name: &str, function: &'a ExportedFunction) {
        if function.pure.is_none() {
            return;
        }
        let signature = &function.signature;
        let params = signature.params.iter().map(|param| &param.ty);
        let mut types = params.chain([&signature.output]);
        let Some(field) = types.find_map(|ty| self.transients.within(ty)) else {
            return;
        };
        let of_skip = || {
            format!(
                "a field with #[state(skip)] is made anew in each version, so a function that is given \
             one does not only depend on what it is called with: remove `pure`, or pass the parts \
             without `{field}`"
            )
        };
        let help = field.cure().unwrap_or_else(of_skip);
        let found = format!("one that is given `{field}`");
        self.add(&format!("{name}()"), "a pure function", found, help);
    }

    fn add(&mut self, path: &str, expected: &str, found: String, help: String) {
        self.found.push(Difference {
            path: path.to_owned(),
            was: expected.to_owned(),
            now: found,
            rule: Rule::TransientCrosses,
            help,
        });
    }
}
