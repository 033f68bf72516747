//! The other modules of a host, as far as their files or locks say what they are.

use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::{Description, Difference};

use crate::between::{NamedBy, Neighbours, UserVersion, WhyInUse};
use crate::plan::Way;
use crate::view::ModuleView;

/// Modules that run beside another one in a host, each by its file or a record of that.
///
/// A [`Comparison`](crate::Comparison) holds a candidate against them as a host does in which they are current, and
/// no others: both what the candidate needs of them and what they need of it.
///
/// # Examples
///
/// ```no_run
/// use hotmod_file::describe::Verdict;
/// use hotmod_file::{Comparison, KnownModules, inspect};
///
/// let [running, candidate, combat] =
///     ["modules/libquests.so", "target/release/libquests.so", "modules/libcombat.so"].map(inspect);
/// let (running, candidate, combat) = (running?, candidate?, combat?);
/// let mut others = KnownModules::default();
/// others.add(&combat);
/// let comparison = Comparison::new(&running, &candidate).others(&others);
/// println!("{}", Verdict::of(&comparison.update()).as_str());
/// # Ok::<(), hotmod_file::Refusal>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct KnownModules<'a>(BTreeMap<&'a str, KnownModule<'a>>);

#[derive(Clone, Debug)]
struct KnownModule<'a> {
    view: ModuleView<'a>,
    /// What it calls of each other module, each as what a host would expect.
    calls: BTreeMap<&'a str, Vec<Description>>,
}

impl<'a> KnownModules<'a> {
    /// Adds a module. One that was added before under its name is not among them any more, and is returned.
    pub fn add(&mut self, module: impl Into<ModuleView<'a>>) -> Option<ModuleView<'a>> {
        let view = module.into();
        let manifest = view.manifest();
        let uses = manifest.uses.iter();
        let calls = uses.map(|(of, used)| (of.as_str(), used.expected(manifest)));
        let known = KnownModule {
            view,
            calls: calls.collect(),
        };
        let before = self.0.insert(&view.build().module, known);
        before.map(|it| it.view)
    }

    /// The modules, by their names.
    pub fn iter(&self) -> impl Iterator<Item = ModuleView<'a>> {
        self.0.values().map(|it| it.view)
    }

    /// What stands in the way of a first version of a module beside these, and what is converted in their calls.
    pub fn compare(&self, module: &str, candidate: &Description) -> Vec<Difference> {
        differences(
            Some(self),
            BTreeMap::new(),
            (module, candidate, None),
            Way::On,
        )
    }

    /// The functions of a module that these call.
    pub(crate) fn called(&self, module: &str) -> BTreeSet<String> {
        let calls = self.0.values().filter_map(|it| it.calls.get(module));
        let functions = calls.flatten().flat_map(|it| it.functions.keys());
        functions.cloned().collect()
    }
}

/// What stands in the way of a version of a module, between it and the other modules of a host, and what is
/// converted there; as far as they are known. `names` are those that the host has given, and `running` is what runs
/// of the module.
pub(crate) fn differences(
    others: Option<&KnownModules<'_>>,
    names: BTreeMap<&str, NamedBy<'_>>,
    (module, candidate, running): (&str, &Description, Option<&Description>),
    way: Way,
) -> Vec<Difference> {
    let known = || others.into_iter().flat_map(|it| &it.0);
    let users = known().filter(|(name, _)| **name != module);
    let users = users.filter_map(|(name, it)| {
        Some(UserVersion {
            module: name,
            version: &it.view.build().version,
            why: WhyInUse::Current,
            calls: it.calls.get(module)?.iter().collect(),
        })
    });
    let neighbours = Neighbours {
        current: others
            .map(|it| (it.0.iter().map(|(name, it)| (*name, it.view.manifest()))).collect()),
        on_trial: BTreeMap::new(),
        users: users.collect(),
        names,
        running,
        way,
    };
    neighbours.differences(module, candidate)
}
