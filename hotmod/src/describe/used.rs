//! What a module needs of other modules.
//!
//! It is held against the other module as what a host expects is: [`Used::function`] and
//! [`UsedInstances::expected`] describe it so.

use std::collections::BTreeMap;
use std::fmt;

use super::description::{
    Description, ExportedFunction, Signature, Type, Used, UsedInstances, reached,
};

impl Used {
    /// Whether it can do without the other module.
    pub fn is_optional(&self) -> bool {
        let mut functions = self.functions.values();
        let mut instances = self.instances.values();
        functions.all(|it| it.signature.optional) && instances.all(|it| it.optional)
    }

    /// All that it needs, each function and the instances of each name as what a host would expect; `module` is the
    /// one that needs it.
    pub fn expected(&self, module: &Description) -> Vec<Description> {
        let functions = self.functions.keys();
        let functions = functions.filter_map(|name| self.function(name, module));
        let instances = self.instances.values().map(|it| it.expected(module));
        functions.chain(instances).collect()
    }

    /// A function that it needs, as what a host would expect; `module` is the one that needs it.
    pub fn function(&self, name: &str, module: &Description) -> Option<Description> {
        let signature = &self.functions.get(name)?.signature;
        let mut expected = mentioned([signature], module);
        let function = ExportedFunction {
            symbol: String::new(),
            crossing: String::new(),
            signature: signature.clone(),
            pure: None,
        };
        expected.functions.insert(name.to_owned(), function);
        Some(expected)
    }
}

/// As ``a pool by `u64`, as `Room` ``.
impl fmt::Display for UsedInstances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "a pool by `{key}`, as `{}`", self.interface),
            None => write!(f, "an instance, as `{}`", self.interface),
        }
    }
}

impl UsedInstances {
    /// As what a host would expect; `module` is the one that needs it.
    pub fn expected(&self, module: &Description) -> Description {
        let mut expected = mentioned(&self.methods, module);
        let interface = &self.interface;
        expected
            .interfaces
            .insert(interface.clone(), self.methods.clone());
        if self.shared {
            expected.shared.insert(interface.clone());
        }
        expected
    }

    /// The keys, as the module compiled them.
    pub fn keys(&self, module: &Description) -> Option<(Type, Description)> {
        let key = self.key.clone()?;
        let described = reached(vec![&key], &BTreeMap::new(), module);
        Some((key, described))
    }
}

/// The types that these mention, and all that they lead to.
fn mentioned<'a>(
    signatures: impl IntoIterator<Item = &'a Signature>,
    module: &'a Description,
) -> Description {
    let signatures = signatures.into_iter();
    let types = signatures.flat_map(|it| {
        let params = it.params.iter().map(|param| &param.ty);
        params.chain([&it.output])
    });
    reached(types.collect(), &BTreeMap::new(), module)
}
