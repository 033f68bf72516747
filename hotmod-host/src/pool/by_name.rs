//! Pools and shared instances as who operates a server sees them: by the name that they have in the host, with their
//! keys as texts.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use hotmod::interface::Interface;
use hotmod_file::Refusal;

use super::entry::Entry;
use super::key::PoolKey;
use super::key_text;
use super::pool::begin_canary;
use super::shared::Pooled;
use super::standing::Standing;
use crate::call::watch::CallLimits;
use crate::host::Host;
use crate::migrate::MigrateError;
use crate::trial::canary::{Canary, CanaryOptions};

/// A pool or a shared instance, by its name in the host ([`PoolBuilder::name`](crate::PoolBuilder::name)), whatever its
/// keys and its interface are. It keeps nothing of it: once the pool is dropped, it has no instances.
///
/// # Examples
///
/// ```no_run
/// # let host = hotmod_host::Host::builder().build()?;
/// for pool in host.named_pools() {
///     println!("{} of module {}: {:?}", pool.name(), pool.module(), pool.counts());
/// }
/// # Ok::<(), hotmod_host::BuildError>(())
/// ```
#[derive(Clone)]
pub struct NamedPool {
    name: String,
    module: String,
    keys: Option<String>,
    pub(crate) instances: Weak<dyn ByName>,
}

/// Some of the instances of a [`NamedPool`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstancePage {
    /// The instances.
    pub instances: Vec<ListedInstance>,
    /// Where the next page begins; `None` where this one comes to the end.
    pub next: Option<usize>,
}

/// An instance of a [`NamedPool`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedInstance {
    /// Its key: a number, a text, a character or a truth value as such, and any other as its place, such as `#17`. Of a
    /// shared instance, which has none, it is empty.
    pub key: String,
    /// The version that it is at.
    pub version: String,
    /// Whether it is still to be taken to the version that it follows.
    pub waits: bool,
    /// Why it could not be taken there, if that was tried.
    pub stuck: Option<MigrateError>,
}

/// What can be asked of instances without knowing the types of their keys and of their interface.
pub(crate) trait ByName: Send + Sync {
    fn len(&self) -> usize;

    fn counts(&self) -> BTreeMap<String, usize>;

    fn count_stuck(&self) -> usize;

    /// At most so many instances, from this place on, and the place to go on from.
    fn page(&self, from: usize, most: usize, stuck: bool) -> InstancePage;

    /// Has the state of the instance under a key be looked at, within some time.
    #[cfg(feature = "inspect")]
    fn look(
        &self,
        key: &str,
        within: Duration,
        look: &mut dyn FnMut(crate::module::instance::looked_at::LookedAt<'_>),
    ) -> Result<(), super::error::PoolError>;

    fn canary(
        self: Arc<Self>,
        file: &Path,
        percent: f64,
        limits: CallLimits,
        settle: Option<Duration>,
    ) -> Result<Canary, Refusal>;
}

impl Host {
    /// The pools and shared instances that have a name, by their names.
    pub fn named_pools(&self) -> Vec<NamedPool> {
        let all = self.settings.uses.names.all().into_iter();
        let all = all.filter_map(|(name, named)| {
            let instances = named.by_name.downcast_ref::<Weak<dyn ByName>>()?.clone();
            let keys = named.key.as_ref().and_then(|it| it.taken());
            Some(NamedPool {
                name,
                module: named.module,
                keys: keys.map(|(key, _)| key.to_string()),
                instances,
            })
        });
        all.collect()
    }

    /// The pool or shared instance that has this name.
    pub fn named_pool(&self, name: &str) -> Option<NamedPool> {
        self.named_pools().into_iter().find(|it| it.name == name)
    }
}

impl NamedPool {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The module that the instances are of.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The type of the keys; `None` for a shared instance.
    pub fn keys(&self) -> Option<&str> {
        self.keys.as_deref()
    }

    /// How many instances there are.
    pub fn len(&self) -> usize {
        self.instances.upgrade().map_or(0, |it| it.len())
    }

    /// Whether there is no instance.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many instances are at each version.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let instances = self.instances.upgrade();
        instances.map_or_else(BTreeMap::new, |it| it.counts())
    }

    /// How many instances could not be taken to the version that they follow.
    pub fn count_stuck(&self) -> usize {
        self.instances.upgrade().map_or(0, |it| it.count_stuck())
    }

    /// At most so many instances, from a place on: 0, or [`InstancePage::next`] of the page before. Instances that come
    /// or go between two pages may be left out.
    pub fn page(&self, from: usize, most: usize) -> InstancePage {
        let instances = self.instances.upgrade();
        instances.map_or_else(InstancePage::default, |it| it.page(from, most, false))
    }

    /// As [`page`](NamedPool::page), of those that could not be taken to the version that they follow.
    pub fn stuck(&self, from: usize, most: usize) -> InstancePage {
        let instances = self.instances.upgrade();
        instances.map_or_else(InstancePage::default, |it| it.page(from, most, true))
    }

    /// Puts the version in this file on trial with so many of a hundred instances, as
    /// [`Pool::canary`](crate::Pool::canary). `None` if the pool was dropped.
    ///
    /// # Errors
    ///
    /// [`Refusal`], as there.
    pub fn canary(
        &self,
        file: impl AsRef<Path>,
        percent: f64,
        limits: CallLimits,
        settle: Option<Duration>,
    ) -> Option<Result<Canary, Refusal>> {
        let instances = self.instances.upgrade()?;
        Some(instances.canary(file.as_ref(), percent, limits, settle))
    }
}

impl fmt::Debug for NamedPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedPool")
            .field("name", &self.name)
            .field("module", &self.module)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// What the host keeps of instances, for [`Host::named_pools`].
pub(super) fn kept<K: PoolKey, I: Interface + ?Sized + 'static>(
    shared: &Arc<Pooled<K, I>>,
) -> Arc<dyn Any + Send + Sync> {
    let shared: Weak<Pooled<K, I>> = Arc::downgrade(shared);
    let by_name: Weak<dyn ByName> = shared;
    Arc::new(by_name)
}

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    fn listed(
        &self,
        place: usize,
        entry: &Entry<K, I>,
        standing: &Standing,
        reason: Option<Arc<MigrateError>>,
    ) -> ListedInstance {
        ListedInstance {
            key: key_text::shown(&entry.key).unwrap_or_else(|| format!("#{place}")),
            version: standing.at.version.clone(),
            waits: standing.waits(self.assignments.number()),
            stuck: reason.map(|it| (*it).clone()),
        }
    }

    /// The entry that a text stands for.
    #[cfg(feature = "inspect")]
    fn entry_of(&self, text: &str) -> Result<Arc<Entry<K, I>>, super::error::PoolError> {
        if key_text::is_shown::<K>() {
            let key = key_text::read::<K>(text).ok_or_else(|| self.absent())?;
            return self.entry(&key);
        }
        let place = text.strip_prefix('#').and_then(|it| it.parse().ok());
        let entry = place.and_then(|it| self.roster.lock().entry(it));
        entry.ok_or_else(|| self.absent())
    }
}

impl<K: PoolKey, I: Interface + ?Sized + 'static> ByName for Pooled<K, I> {
    fn len(&self) -> usize {
        self.roster.lock().len()
    }

    fn counts(&self) -> BTreeMap<String, usize> {
        self.count_versions()
    }

    fn count_stuck(&self) -> usize {
        self.roster.lock().count_of(Standing::is_stuck)
    }

    fn page(&self, from: usize, most: usize, stuck: bool) -> InstancePage {
        let mut instances = Vec::new();
        let mut next = Some(from);
        while let Some(place) = next {
            // The roster is locked for a page at a time, and not while texts are made.
            let (found, after) = self.roster.lock().from(place);
            next = after;
            for (place, entry, standing, reason) in found {
                let is_stuck = standing.is_stuck();
                if stuck && !is_stuck {
                    continue;
                }
                if instances.len() == most {
                    let next = Some(place);
                    return InstancePage { instances, next };
                }
                let reason = reason.filter(|_| is_stuck);
                instances.push(self.listed(place, &entry, &standing, reason));
            }
        }
        InstancePage { instances, next }
    }

    #[cfg(feature = "inspect")]
    fn look(
        &self,
        key: &str,
        within: Duration,
        look: &mut dyn FnMut(crate::module::instance::looked_at::LookedAt<'_>),
    ) -> Result<(), super::error::PoolError> {
        let until = crate::ahead::ahead(within);
        self.look(&*self.entry_of(key)?, Some(until), look)
    }

    fn canary(
        self: Arc<Self>,
        file: &Path,
        percent: f64,
        limits: CallLimits,
        settle: Option<Duration>,
    ) -> Result<Canary, Refusal> {
        let mut options = CanaryOptions::<K>::percent(percent).limits(limits);
        options.settle = settle;
        begin_canary(&self, file, options)
    }
}
