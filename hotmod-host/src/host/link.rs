//! Modules that are linked into the executable, in the place of files that are loaded.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use hotmod::{Interface, LinkedModule};
use hotmod_file::{Inspected, Reason, Refusal, RefusalStage, inspect_linked};

use super::Host;
use crate::module::loaded::Loaded;
use crate::module::module::{Module, Untyped, interface_expectation};
use crate::update::first::FirstFile;

impl Host {
    /// As [`load`](Host::load), of a module that is linked into this executable: for tests, simulators, debuggers, and
    /// systems without a loader. Calls, instances, pools, imports, timers, tasks, resources, inspection and snapshots
    /// are those of a module that was loaded; a snapshot of one can be restored to the other.
    ///
    /// Such a module stays for as long as the process: what would replace it is refused
    /// ([`Rule::Linked`](hotmod::describe::Rule::Linked)). Its allocator and its logger are the executable's, so
    /// [`Module::memory`](crate::Module::memory) does not count what its code takes. Its statics are there once, also
    /// where several hosts of the process link it; what it imports is each host's own, by the call that a thread is in.
    ///
    /// [`module!`](macro@hotmod::module) says how a crate is made ready for that. In tests of the module's own crate
    /// nothing is needed but `hotmod-host` with the feature `linked`.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with everything that stands in the way, as for a file: what the host expects, provides and allows,
    /// or a module of that name that is there already.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotmod::StableState;
    /// use hotmod_host::Host;
    ///
    /// #[hotmod::interface]
    /// pub trait Counter {
    ///     fn add(&mut self, more: u32) -> u32;
    /// }
    ///
    /// /// Stands for a module's crate.
    /// mod counter {
    ///     use super::{Counter, StableState};
    ///
    ///     hotmod::module! { name: "counter", version: "1.0.0", linked: always }
    ///
    ///     #[derive(StableState)]
    ///     pub struct Count(u32);
    ///
    ///     #[hotmod::init]
    ///     fn new_count(_: &str) -> Result<Count, String> {
    ///         Ok(Count(0))
    ///     }
    ///
    ///     #[hotmod::export]
    ///     impl Counter for Count {
    ///         fn add(&mut self, more: u32) -> u32 {
    ///             self.0 += more;
    ///             self.0
    ///         }
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().build()?;
    /// let counters = host.link::<dyn Counter>(counter::module())?;
    /// let mut count = counters.create("")?;
    /// count.add(3)?;
    /// assert_eq!(count.add(4)?, 7);
    ///
    /// let refused = counters.update("libcounter.so").expect_err("it is linked");
    /// assert!(refused.to_string().contains("linked into the executable"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn link<I: Interface + ?Sized>(&self, module: LinkedModule) -> Result<Module<I>, Refusal> {
        let expectation = interface_expectation::<I>();
        let all = self.begin_all(self.lock(), vec![linked(module)?], Some(&expectation))?;
        only(all).interface::<I>()
    }

    /// As [`load_untyped`](Host::load_untyped), of a module that is linked into this executable.
    ///
    /// # Errors
    ///
    /// As [`link`](Host::link).
    pub fn link_untyped(&self, module: LinkedModule) -> Result<Module<Untyped>, Refusal> {
        Ok(only(self.begin_all(
            self.lock(),
            vec![linked(module)?],
            None,
        )?))
    }

    /// As [`load_all`](Host::load_all), of modules that are linked into this executable.
    ///
    /// # Errors
    ///
    /// [`Refusal`] of the first module that is refused. None of them is there.
    pub fn link_all(
        &self,
        modules: impl IntoIterator<Item = LinkedModule>,
    ) -> Result<Vec<Module<Untyped>>, Refusal> {
        let modules = modules.into_iter().map(linked);
        let all = self.begin_all(self.lock(), modules.collect::<Result<_, _>>()?, None)?;
        Ok(all.into_iter().map(Module::untyped).collect())
    }
}

fn only(all: Vec<Arc<Loaded>>) -> Module<Untyped> {
    let linked = all.into_iter().next();
    Module::untyped(linked.expect("bug in hotmod: a module was linked and lost"))
}

/// What a module of this executable says of itself.
fn linked(module: LinkedModule) -> Result<FirstFile, Refusal> {
    // It is shown, and not opened.
    let executable = env::current_exe().unwrap_or_else(|_| PathBuf::from("the executable"));
    let section = module.section().map_err(|unlinked| {
        Refusal::because(
            &executable,
            RefusalStage::Inspect,
            unlinked.rule,
            Reason {
                what: "the executable",
                expected: "records of which it can be said whose they are",
                found: &unlinked.what,
                help: &unlinked.help,
            },
        )
    })?;
    let candidate: Inspected = inspect_linked(&executable, &section)?;
    Ok(FirstFile::linked(candidate))
}
