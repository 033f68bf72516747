//! Which versions of which modules call each other, in one host.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hotmod::call::passing::{CrossingTable, Passing};
use hotmod::describe::{Description, Difference, Signature};
use hotmod_file::plan::Way;
use hotmod_file::{
    Digest, Expected, Neighbours, UserVersion, WhyInUse, instances, unlike_instances,
};

use crate::call::expectation::{Callee, Expectation, Passes};
use crate::call::generation::Generation;
use crate::call::slot::{Track, USED_PLACES};
use crate::forever::forever;
use crate::image::image::Image;
use crate::image::others::{OtherModules, UsingModule};
use crate::turn::{Turn, Turns};
use crate::uses::names::{Named, Names};
use crate::uses::reached::UsedName;
use crate::uses::used::{UsedCall, UsedExport, is_fallible};
use crate::uses::user::User;

/// What is known of the modules of a host: what each version needs of others, and where calls of it lead.
#[derive(Default)]
pub(crate) struct UseRegister {
    /// The pools and shared instances that have a name.
    pub(crate) names: Arc<Names>,
    /// Locked for moments. A thread that has it locked waits for nothing but the list of what is kept for ever.
    known: Mutex<Known>,
    /// Whose turn it is to make versions current, after a last look whether they suit each other.
    publishing: Turns,
}

#[derive(Default)]
pub(crate) struct Known {
    /// By name: those that are loaded, and those that are used.
    modules: BTreeMap<String, KnownModule>,
    users: Vec<&'static UsingVersion>,
    /// How often a version became current, or instances got a name.
    publications: u64,
}

#[derive(Default)]
struct KnownModule {
    /// What new calls enter.
    track: Option<&'static Arc<Track>>,
    versions: Option<Weak<dyn LoadedVersions>>,
    /// The exports that others call, by the places that reports know them by.
    called: Vec<String>,
}

/// A version that uses another module, and what it calls of that.
pub(crate) struct UsingVersion {
    pub(crate) user: &'static User,
    pub(crate) exports: Vec<&'static UsedExport>,
    /// The instances that it calls by a name.
    names: Vec<&'static UsedName>,
}

/// Why instances did not get a name.
pub(crate) enum NotNamed {
    /// Those of this module have it.
    Taken(String),
    /// Modules call something else by it: what.
    Unlike(Vec<String>),
}

/// The versions of a loaded module.
pub(crate) trait LoadedVersions: Send + Sync {
    /// Those that are in use, or may be without an update.
    fn in_use(&self) -> Vec<(&'static Image, WhyInUse)>;
}

/// Versions that are to become current together, by their modules.
pub(crate) type Together = BTreeMap<String, Arc<Description>>;

impl OtherModules for UseRegister {
    unsafe fn give(&self, using: UsingModule<'_>) {
        let manifest = using.manifest;
        let mut known = self.lock();
        for (of, used) in &manifest.uses {
            let user = User::new(using.module, using.version, using.digest, of);
            let module = known.modules.entry(of.clone()).or_default();
            if let Some(track) = module.track {
                user.lead_to(track);
            }
            let (mut exports, mut names) = (Vec::new(), Vec::new());
            for function in using.functions.iter().filter(|it| it.of == of) {
                let name = function.name;
                let Some(expected) = used.function(name, manifest) else {
                    continue;
                };
                let signature = &used.functions[name].signature;
                for place in &function.places {
                    let expectation = Expectation {
                        kind: Callee::Function(name.to_owned()),
                        expected: Expected::of_module(name, expected.clone()),
                        base: 0,
                        len: 1,
                        passes: vec![passes(place.crossing())],
                    };
                    let call = module.call(name, signature, place.crossing());
                    let export = UsedExport::new(user, expectation, vec![call]);
                    // SAFETY: the place is that of this import, by the caller, and it leads to what is compared
                    // with the import before it is called.
                    unsafe { using.places.bind(place, export.provided()) };
                    exports.push(export);
                }
            }
            for it in using.instances.iter().filter(|it| it.of == of) {
                let Some(instances) = used.instances.get(it.name) else {
                    continue;
                };
                let expected = instances.expected(manifest);
                let interface = &instances.interface;
                for reach in &it.places {
                    let calls = instances.methods.iter().zip(reach.crossings());
                    let calls = calls.map(|(method, crossing)| {
                        module.call(&format!("{interface}::{}", method.name), method, crossing)
                    });
                    let calls = calls.collect();
                    let expectation = Expectation {
                        kind: Callee::Interface(interface.clone()),
                        expected: Expected::of_module(interface, expected.clone()),
                        base: 0,
                        len: instances.methods.len(),
                        passes: reach.crossings().iter().map(passes).collect(),
                    };
                    let export = UsedExport::new(user, expectation, calls);
                    let keys = instances.keys(manifest);
                    let name = UsedName::new(export, it.name, keys, self.names.clone());
                    // SAFETY: the place is that of this import, by the caller, and it leads to what is compared
                    // with the import before it is called.
                    unsafe { using.places.bind_instances(reach, name.provided()) };
                    exports.push(export);
                    names.push(name);
                }
            }
            known.users.push(forever(UsingVersion {
                user,
                exports,
                names,
            }));
        }
    }
}

impl KnownModule {
    /// A call of this export, as a user was compiled to call it.
    fn call(
        &mut self,
        export: &str,
        signature: &Signature,
        crossing: &'static CrossingTable,
    ) -> UsedCall {
        let place = self.called.iter().position(|known| known == export);
        let place = place.unwrap_or_else(|| {
            self.called.push(export.to_owned());
            self.called.len() - 1
        });
        let given = crossing.params();
        UsedCall {
            place: USED_PLACES.start + place.min(USED_PLACES.len() - 1),
            fallible: is_fallible(&signature.output),
            given: (0..given.len())
                .map(|place| (Passing::offset(given, place), given[place].wire))
                .collect(),
        }
    }
}

fn passes(crossing: &CrossingTable) -> Passes {
    Passes {
        params: crossing.params().to_vec(),
        output: crossing.output(),
    }
}

impl UseRegister {
    fn lock(&self) -> MutexGuard<'_, Known> {
        // What is known is added whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps others from adding to what is known.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Known> {
        self.lock()
    }

    /// Has calls of a module that is loaded now enter what is current there.
    pub(crate) fn loaded(
        &self,
        name: &str,
        track: &Arc<Track>,
        versions: Weak<dyn LoadedVersions>,
    ) {
        let mut known = self.lock();
        let track: &'static Arc<Track> = forever(track.clone());
        let module = known.modules.entry(name.to_owned()).or_default();
        module.track = Some(track);
        module.versions = Some(versions);
        let users = known.users.iter().filter(|it| it.user.of == name);
        users.for_each(|it| it.user.lead_to(track));
        known.publications += 1;
    }

    /// The export of a module that is known by this place among the calls of a thread.
    pub(crate) fn export(&self, module: &str, place: usize) -> Option<String> {
        let place = place.checked_sub(USED_PLACES.start)?;
        self.lock().modules.get(module)?.called.get(place).cloned()
    }

    /// The exports that other modules call, or did.
    pub(crate) fn called(&self, module: &str) -> BTreeSet<String> {
        let known = self.lock();
        let module = known.modules.get(module);
        module
            .iter()
            .flat_map(|it| it.called.iter().cloned())
            .collect()
    }

    /// What runs of a module, if it is loaded.
    fn current(&self, module: &str) -> Option<&'static Image> {
        let track = self.lock().modules.get(module)?.track?;
        Some(track.current().image)
    }

    /// What is on trial of a module.
    fn on_trial(&self, module: &str) -> Option<&'static Image> {
        let versions = self.lock().modules.get(module)?.versions.clone()?;
        let in_use = versions.upgrade()?.in_use();
        let mut on_trial = in_use
            .into_iter()
            .filter(|(_, why)| *why == WhyInUse::OnTrial);
        on_trial.next().map(|(image, _)| image)
    }

    /// The versions that use a module and are in use.
    pub(crate) fn users(&self, module: &str) -> Vec<(&'static UsingVersion, WhyInUse)> {
        self.in_use(|it| it.user.of == module)
    }

    /// Has modules find instances under a name from now on.
    ///
    /// # Errors
    ///
    /// If others have the name, or a version that is in use calls something else by it.
    pub(crate) fn name(&self, name: &str, named: Named) -> Result<(), NotNamed> {
        // A module that is loaded or updated meanwhile looks once more before it is called.
        let publishing = self.publishing();
        if let Some(taken) = self.names.find(name) {
            return Err(NotNamed::Taken(taken.module));
        }
        let unlike = self
            .in_use(|it| it.names.iter().any(|used| used.name == name))
            .into_iter()
            .flat_map(|(using, why)| using.names.iter().map(move |used| (*used, why)))
            .filter(|(used, _)| used.name == name && !used.is_called(&named))
            .map(|(used, why)| {
                let user = used.export.user;
                let key = used.key.as_ref().map(|key| &key.0);
                let own = named.described().key.map(|(key, _)| key);
                let own = instances(own, &named.module);
                let of = unlike_instances(key, &user.of, &own);
                format!("{}: {of}", why.who(&user.module, &user.version))
            });
        let mut unlike: Vec<String> = unlike.collect();
        unlike.dedup();
        if !unlike.is_empty() {
            return Err(NotNamed::Unlike(unlike));
        }
        self.names.add(name, named).map_err(NotNamed::Taken)?;
        self.published();
        drop(publishing);
        Ok(())
    }

    /// Those of the versions that use others which are in use.
    fn in_use(&self, is: impl Fn(&UsingVersion) -> bool) -> Vec<(&'static UsingVersion, WhyInUse)> {
        let known = self.lock();
        let users = known.users.iter().filter(|it| is(it));
        let users: Vec<_> = users
            .map(|using| {
                let module = known.modules.get(&using.user.module);
                (*using, module.and_then(|it| it.versions.clone()))
            })
            .collect();
        drop(known);
        let mut found = Vec::new();
        let mut asked: BTreeMap<&str, Vec<(Digest, WhyInUse)>> = BTreeMap::new();
        for (using, versions) in users {
            let user = using.user;
            let in_use = asked.entry(&user.module).or_insert_with(|| {
                let versions = versions.and_then(|it| it.upgrade());
                let in_use = versions.map(|it| it.in_use()).unwrap_or_default();
                in_use
                    .into_iter()
                    .map(|(it, why)| (it.digest, why))
                    .collect()
            });
            let version = in_use.iter().find(|(digest, _)| *digest == user.digest);
            found.extend(version.map(|(_, why)| (using, *why)));
        }
        found
    }

    /// What a version of a module needs of others.
    pub(crate) fn uses(&self, digest: Digest) -> Vec<&'static UsingVersion> {
        let known = self.lock();
        let users = known.users.iter();
        users
            .filter(|it| it.user.digest == digest)
            .copied()
            .collect()
    }

    /// What stands in the way of this version of a module, which is updated or rolled back to, between it and the
    /// others, and what is converted there. `together` are the versions that become current with it.
    pub(crate) fn differences(
        &self,
        module: &str,
        candidate: &Description,
        together: &Together,
        way: Way,
    ) -> Vec<Difference> {
        let used = candidate.uses.keys().filter_map(|of| {
            let manifest = match together.get(of) {
                Some(manifest) => manifest.clone(),
                None => self.current(of)?.manifest(),
            };
            Some((of, manifest))
        });
        let used: Vec<_> = used.collect();
        let names = candidate.uses.values().flat_map(|it| it.instances.keys());
        let names: Vec<_> = names
            .filter_map(|name| Some((name, self.names.find(name)?)))
            .collect();
        let users = self.users(module);
        let users = (users.iter()).filter(|(it, _)| !together.contains_key(&it.user.module));
        let running = self.current(module).map(Image::manifest);
        let on_trial = candidate
            .uses
            .keys()
            .filter(|of| !together.contains_key(*of));
        let on_trial = on_trial.filter_map(|of| Some((of, self.on_trial(of)?.manifest())));
        let on_trial: Vec<_> = on_trial.collect();
        let neighbours = Neighbours {
            on_trial: (on_trial.iter())
                .map(|(of, it)| (of.as_str(), &**it))
                .collect(),
            current: Some(used.iter().map(|(of, it)| (of.as_str(), &**it)).collect()),
            users: users
                .map(|(using, why)| UserVersion {
                    module: &using.user.module,
                    version: &using.user.version,
                    why: *why,
                    calls: (using.exports.iter())
                        .map(|it| it.expectation.expected.description())
                        .collect(),
                })
                .collect(),
            names: (names.iter())
                .map(|(name, it)| (name.as_str(), it.described()))
                .collect(),
            running: running.as_deref(),
            way,
        };
        neighbours.differences(module, candidate)
    }

    /// Links a version that is about to become current: what its users call of it, and what it calls of others.
    pub(crate) fn link(&self, generation: &'static Generation) {
        let image = generation.image;
        for (using, _) in self.users(&image.module) {
            using.exports.iter().for_each(|it| {
                it.link(generation);
            });
        }
        for using in self.uses(image.digest) {
            let Some(track) = using.user.track() else {
                continue;
            };
            using.exports.iter().for_each(|it| {
                it.link(track.current());
            });
        }
    }

    /// How often a version became current, or instances got a name.
    pub(crate) fn publications(&self) -> u64 {
        self.lock().publications
    }

    /// Waits until no other thread makes a version current, and keeps others from it. `None` if this thread
    /// does so already.
    pub(crate) fn publishing(&self) -> Option<Turn<'_>> {
        self.publishing.wait()
    }

    /// Notes that a version became current, or that instances got a name.
    pub(crate) fn published(&self) {
        self.lock().publications += 1;
    }
}
