//! Resources that are taken up as their files change.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::files::Complete;
use super::looking::{Became, Taker, tell};
use super::watching::{POLL, Watch};
use crate::host::{Host, WeakHost};
use crate::module::module::{Module, Untyped};
use crate::resource::error::{ResourceError, ResourceErrorKind, ResourceFault};
use crate::resource::known::{Attempt, TakenResource};
use crate::resource::report::ResourceReport;
use crate::resource::resource::{Resource, ResourceBuilder};
use crate::update::renew::Renewed;

/// Chooses how the directory of a host's resources is watched.
#[must_use = "a builder does nothing until `start` is called"]
pub struct ResourceWatchBuilder {
    host: WeakHost,
    directory: Option<PathBuf>,
    poll: Duration,
    taking: TakingResources,
}

/// What takes files as resources.
struct TakingResources {
    on_report: Box<dyn FnMut(&ResourceReport) + Send>,
}

impl Host {
    /// A resource: a file in the host's directory for them ([`HostBuilder::resource_dir`](crate::HostBuilder)), read as a
    /// value in the format that its name says, `.toml`, `.json` or `.ron`, each with the feature of that name.
    ///
    /// # Errors
    ///
    /// [`ResourceError`] with file, line and column, if the file cannot be read, or holds no such value.
    pub fn resource<T>(&self, name: &str) -> Result<Resource<T>, ResourceError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.resource_builder(name).load()
    }

    /// A resource that is the bytes of a file.
    ///
    /// # Errors
    ///
    /// [`ResourceError`], if the file cannot be read.
    pub fn resource_bytes(&self, name: &str) -> Result<Resource<Vec<u8>>, ResourceError> {
        self.resource_builder(name).load_bytes()
    }

    /// A resource that is the text of a file.
    ///
    /// # Errors
    ///
    /// [`ResourceError`], if the file cannot be read, or is not UTF-8.
    pub fn resource_text(&self, name: &str) -> Result<Resource<String>, ResourceError> {
        self.resource_builder(name).load_text()
    }

    /// Chooses how a resource is read: by which check of its values, or by which function.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// #[derive(serde::Deserialize)]
    /// struct Config {
    ///     seats: u32,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = hotmod_host::Host::builder().resource_dir("resources").build()?;
    /// let config = host
    ///     .resource_builder::<Config>("game.toml")
    ///     .validate(|it| if it.seats > 0 { Ok(()) } else { Err("no seats") })
    ///     .load()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resource_builder<T>(&self, name: &str) -> ResourceBuilder<'_, T>
    where
        T: Send + Sync + 'static,
    {
        ResourceBuilder::new(&self.settings.resources, name)
    }

    /// Chooses how the resources of this host are watched, so that they are taken up as their files change. The rules by
    /// which a file counts as complete are those of modules: see [`Watch`]. The watch does not keep the host.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = hotmod_host::Host::builder().resource_dir("resources").build()?;
    /// let greeting = host.resource_text("greeting.txt")?;
    /// let _watch = host
    ///     .watch_resources()
    ///     .on_report(|report| eprintln!("{report}"))
    ///     .start()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch_resources(&self) -> ResourceWatchBuilder {
        ResourceWatchBuilder {
            host: self.downgrade(),
            directory: self.settings.resources.directory.clone(),
            poll: POLL,
            taking: TakingResources {
                on_report: Box::new(|_| {}),
            },
        }
    }
}

impl TakingResources {
    /// Has a module make values of what a file of its holds now, and tells what came of it.
    fn give(&mut self, module: &Module<Untyped>, name: &str, file: &Complete) -> Vec<Became> {
        let mut became = Vec::new();
        for Renewed { version, outcome } in module.renew(name, &file.path) {
            let report = match outcome {
                Ok(()) => ResourceReport::Read {
                    name: name.to_owned(),
                    file: file.path.clone(),
                    module: module.name().to_owned(),
                    module_version: version,
                },
                Err(_) if !file.is_sure => {
                    became.push(Became::NotYet(file.path.clone()));
                    continue;
                }
                Err(_) if file.has_changed() => {
                    became.push(Became::Changed(file.path.clone()));
                    continue;
                }
                Err(fault) => {
                    became.push(Became::Refused(file.path.clone()));
                    module.tell_unreadable(name, &version, &fault);
                    let what = format!("module `{}` {version}: {}", module.name(), fault.what);
                    let fault = ResourceFault::new(ResourceErrorKind::Malformed, what);
                    let error = Arc::new(fault.of(name, &file.path, None));
                    ResourceReport::Refused { error }
                }
            };
            tell(&mut *self.on_report, &report);
        }
        became
    }
}

/// The name of a resource, by its file.
fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

impl ResourceWatchBuilder {
    /// How often the directory is looked at where the system does not tell of changes: once a second, unless this says
    /// otherwise.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.poll = interval.max(Duration::from_millis(1));
        self
    }

    /// Is told what becomes of each file, on the thread that watches, which goes on when this returns, or panics.
    pub fn on_report(mut self, report: impl FnMut(&ResourceReport) + Send + 'static) -> Self {
        self.taking.on_report = Box::new(report);
        self
    }

    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// If the host has no directory for resources, or the thread cannot be started.
    pub fn start(self) -> io::Result<Watch> {
        let directory = self.directory.ok_or_else(|| {
            let text = "the host has no directory for resources\n  help: name it by `HostBuilder::resource_dir`";
            io::Error::new(io::ErrorKind::InvalidInput, text)
        })?;
        Watch::start(self.host, &directory, self.poll, self.taking)
    }
}

impl Taker for TakingResources {
    /// Its name is that of a file which the server reads.
    const WANTS_OTHERS: bool = true;

    fn is_wanted(&self, host: &Host, path: &Path) -> bool {
        let known = host.settings.resources.all();
        let is_read = name(path).is_some_and(|it| host.settings.resources.is_read(it));
        is_read || known.iter().any(|it| it.file() == path)
    }

    fn take(&mut self, host: &Host, complete: Vec<Complete>, ends: &AtomicBool) -> Vec<Became> {
        let mut became = Vec::new();
        for file in complete {
            let before = became.len();
            let known = host.settings.resources.all();
            for resource in known.iter().filter(|it| it.file() == file.path) {
                // Relaxed: the thread that sets it wakes this one, too.
                if ends.load(Ordering::Relaxed) {
                    return became;
                }
                let attempt = Attempt {
                    is_sure: file.is_sure,
                    is_again: file.is_again,
                };
                let report = match resource.take(attempt) {
                    TakenResource::Nothing => continue,
                    TakenResource::RefusedAlready => {
                        became.push(Became::Refused(file.path.clone()));
                        continue;
                    }
                    TakenResource::NotYet => {
                        became.push(Became::NotYet(file.path.clone()));
                        continue;
                    }
                    TakenResource::Changed(version) => ResourceReport::Changed {
                        name: resource.name().to_owned(),
                        file: file.path.clone(),
                        version,
                    },
                    TakenResource::Refused(_) if file.has_changed() => {
                        became.push(Became::Changed(file.path.clone()));
                        continue;
                    }
                    TakenResource::Refused(error) => {
                        became.push(Became::Refused(file.path.clone()));
                        ResourceReport::Refused { error }
                    }
                };
                tell(&mut *self.on_report, &report);
            }
            let Some(name) = name(&file.path) else {
                continue;
            };
            for module in host.modules().iter().filter(|it| it.reads(name)) {
                if ends.load(Ordering::Relaxed) {
                    return became;
                }
                became.extend(self.give(module, name, &file));
            }
            let is_half = |it: &Became| matches!(it, Became::NotYet(_) | Became::Changed(_));
            if !became[before..].iter().any(is_half) {
                host.settings.resources.tell_complete(name);
            }
        }
        became
    }

    fn tell_unreadable(&mut self, directory: PathBuf, error: String) {
        let report = ResourceReport::Unreadable { directory, error };
        tell(&mut *self.on_report, &report);
    }

    fn tell_polled(&mut self, directory: PathBuf, error: String) {
        let report = ResourceReport::Polling { directory, error };
        tell(&mut *self.on_report, &report);
    }
}

impl fmt::Debug for ResourceWatchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceWatchBuilder")
            .field("directory", &self.directory)
            .field("poll", &self.poll)
            .finish_non_exhaustive()
    }
}
