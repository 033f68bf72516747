//! A resource: a file, read as a value.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};
#[cfg(feature = "tracing")]
use hotmod::printed::Line;
use hotmod_file::Digest;
use serde::de::DeserializeOwned;

use super::error::{ResourceError, ResourceErrorKind, ResourceFault};
use super::format;
use super::known::{Attempt, KnownResource, MOST, Resources, TakenResource};
use super::source_file::SourceFile;

/// A file in the host's directory for resources, read as a value that is replaced as the file changes. It is cheap to
/// clone; all clones are the same resource.
///
/// - The value is read without a lock. What was read stays as it is for as long as it is held on to.
/// - A changed file becomes a value, and is checked, before it takes the place of the one before. If it does not, what
///   the resource held stays, and the failure is told.
/// - It is taken up by [`reload`](Resource::reload), or by itself where the directory is watched
///   ([`Host::watch_resources`](crate::Host::watch_resources)).
///
/// # Examples
///
/// ```no_run
/// use hotmod_host::Host;
///
/// #[derive(serde::Deserialize)]
/// struct Config {
///     seats: u32,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().resource_dir("resources").build()?;
/// let config = host.resource::<Config>("game.toml")?;
/// let _watch = host.watch_resources().start()?;
/// println!("{} seats", config.get().seats);
/// # Ok(())
/// # }
/// ```
pub struct Resource<T>(Arc<ResourceFile<T>>);

/// A value of a resource, which stays what it is for as long as this is held.
pub struct ResourceValue<T>(Guard<Arc<Held<T>>>);

struct Held<T> {
    value: T,
    version: u64,
}

/// Makes a value of what a file holds, and checks it.
type MakeValue<T> = Box<dyn Fn(&[u8]) -> Result<T, ResourceFault> + Send + Sync>;

type CheckValue<T> = Box<dyn Fn(&T) -> Result<(), ResourceFault> + Send + Sync>;

struct ResourceFile<T> {
    file: SourceFile,
    make: MakeValue<T>,
    held: ArcSwap<Held<T>>,
    /// Held while the file is read and the value is replaced, so that what was read last is what stays.
    last: Mutex<LastRead>,
}

/// What a file held when it was read.
struct LastRead {
    /// What the value was made of.
    taken: Digest,
    /// What the file held that was refused since, if it could be read, and why it was.
    refused: Option<(Option<Digest>, Arc<ResourceError>)>,
}

/// Chooses how a resource is read.
#[must_use = "a builder does nothing until it loads the resource"]
pub struct ResourceBuilder<'a, T> {
    resources: &'a Resources,
    name: String,
    most: u64,
    check: Option<CheckValue<T>>,
}

impl<T> Resource<T> {
    /// The value.
    pub fn get(&self) -> ResourceValue<T> {
        ResourceValue(self.0.held.load())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.file.name
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.0.file.path
    }

    /// The version of the value: 1, and one more each time that it is replaced.
    pub fn version(&self) -> u64 {
        self.0.held.load().version
    }

    /// Why what is in the file is not what the resource holds; `None` if it is, as far as it was read.
    pub fn refused(&self) -> Option<Arc<ResourceError>> {
        let last = self.0.last();
        last.refused.as_ref().map(|(_, error)| error.clone())
    }

    /// Reads the file again, and gives the version of the value: another one, if the file holds something else.
    ///
    /// # Errors
    ///
    /// [`ResourceError`], if the file cannot be read, or holds no value that the server's check lets pass. What the
    /// resource held stays.
    pub fn reload(&self) -> Result<u64, Arc<ResourceError>>
    where
        T: Send + Sync,
    {
        let attempt = Attempt {
            is_sure: true,
            is_again: true,
        };
        match self.0.take(attempt) {
            TakenResource::Changed(version) => Ok(version),
            TakenResource::Refused(error) => Err(error),
            // What is sure is never waited for, and what is tried again is read again.
            TakenResource::Nothing | TakenResource::RefusedAlready | TakenResource::NotYet => {
                Ok(self.version())
            }
        }
    }
}

impl<T> ResourceValue<T> {
    /// Its version: 1 for the first, and one more for each that took the place of another.
    pub fn version(&self) -> u64 {
        self.0.version
    }
}

impl<T> Deref for ResourceValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Clone for Resource<T> {
    fn clone(&self) -> Self {
        Resource(self.0.clone())
    }
}

impl<T> fmt::Debug for Resource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("file", &self.0.file.path)
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for ResourceValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceValue")
            .field("version", &self.0.version)
            .field("value", &self.0.value)
            .finish()
    }
}

impl<T> fmt::Debug for ResourceBuilder<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceBuilder")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<'a, T: Send + Sync + 'static> ResourceBuilder<'a, T> {
    pub(crate) fn new(resources: &'a Resources, name: &str) -> Self {
        ResourceBuilder {
            resources,
            name: name.to_owned(),
            most: MOST,
            check: None,
        }
    }

    /// Checks each value before it takes the place of the one before. The text of the error is told. The check may read
    /// the resource, and must not reload it.
    pub fn validate<E: fmt::Display>(
        mut self,
        check: impl Fn(&T) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Box::new(move |value| {
            let invalid = |error: E| {
                let help = "the server's own check refuses the value: change the file";
                ResourceFault::new(ResourceErrorKind::Invalid, error.to_string()).help(help)
            };
            check(value).map_err(invalid)
        }));
        self
    }

    /// How many bytes the file may have: 64 MiB, unless this says otherwise.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.most = bytes;
        self
    }

    /// Reads the file in the format that its name says: `.toml`, `.json` or `.ron`, each with the feature of that name.
    ///
    /// # Errors
    ///
    /// [`ResourceError`], if the file cannot be read, or holds no value that the check lets pass.
    pub fn load(self) -> Result<Resource<T>, ResourceError>
    where
        T: DeserializeOwned,
    {
        let parse = format::of::<T>(&self.name);
        let parse = parse.map_err(|fault| fault.of(&self.name, Path::new(&self.name), None))?;
        self.load_by(move |bytes| parse(format::text(bytes)?))
    }

    /// Reads the file by this function, which is given what the file holds.
    ///
    /// # Errors
    ///
    /// As [`load`](ResourceBuilder::load).
    pub fn load_with<E>(
        self,
        parse: impl Fn(&[u8]) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Resource<T>, ResourceError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.load_by(move |bytes| {
            parse(bytes).map_err(|error| {
                let error: Box<dyn Error + Send + Sync> = error.into();
                ResourceFault::new(ResourceErrorKind::Malformed, error.to_string())
                    .caused_by(error.into())
            })
        })
    }

    fn load_by(
        self,
        parse: impl Fn(&[u8]) -> Result<T, ResourceFault> + Send + Sync + 'static,
    ) -> Result<Resource<T>, ResourceError> {
        let check = self.check;
        let make: MakeValue<T> = Box::new(move |bytes| {
            let made = panic::catch_unwind(AssertUnwindSafe(|| {
                let value = parse(bytes)?;
                check.as_ref().map_or(Ok(()), |check| check(&value))?;
                Ok(value)
            }));
            made.unwrap_or_else(|panic| Err(panicked(&*panic)))
        });
        let file = self.resources.source_file(&self.name, self.most);
        let file = file.map_err(|fault| fault.of(&self.name, Path::new(&self.name), None))?;
        let (value, taken) = file
            .read()
            .and_then(|(bytes, digest)| Ok((make(&bytes)?, digest)))
            .map_err(|fault| fault.of(&file.name, &file.path, None))?;
        let resource = Arc::new(ResourceFile {
            file,
            make,
            held: ArcSwap::from_pointee(Held { value, version: 1 }),
            last: Mutex::new(LastRead {
                taken,
                refused: None,
            }),
        });
        let known: Arc<dyn KnownResource> = resource.clone();
        self.resources.add(&known);
        Ok(Resource(resource))
    }
}

impl ResourceBuilder<'_, Vec<u8>> {
    /// Reads the file as the bytes that it holds.
    ///
    /// # Errors
    ///
    /// [`ResourceError`], if the file cannot be read, or the check does not let it pass.
    pub fn load_bytes(self) -> Result<Resource<Vec<u8>>, ResourceError> {
        self.load_by(|bytes| Ok(bytes.to_vec()))
    }
}

impl ResourceBuilder<'_, String> {
    /// Reads the file as text.
    ///
    /// # Errors
    ///
    /// [`ResourceError`], if the file cannot be read, or is not UTF-8, or the check does not let it pass.
    pub fn load_text(self) -> Result<Resource<String>, ResourceError> {
        self.load_by(|bytes| Ok(format::text(bytes)?.to_owned()))
    }
}

/// A panic of what the server has read or check a value.
fn panicked(panic: &(dyn Any + Send)) -> ResourceFault {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let what = format!("it panicked: {}", text.unwrap_or("what is no text"));
    ResourceFault::new(ResourceErrorKind::Invalid, what)
        .help("what reads or checks the value should return an error instead")
}

impl<T> ResourceFile<T> {
    /// Takes what is in the file, without a report.
    fn take_as(&self, attempt: Attempt) -> TakenResource {
        let mut last = self.last();
        let version = self.held.load().version;
        let read = self.file.read();
        let digest = read.as_ref().ok().map(|(_, digest)| *digest);
        if digest == Some(last.taken) {
            last.refused = None;
            return TakenResource::Nothing;
        }
        let is_known = |refused: &(Option<Digest>, _)| digest.is_some() && refused.0 == digest;
        if !attempt.is_again && last.refused.as_ref().is_some_and(is_known) {
            return TakenResource::RefusedAlready;
        }
        match read.and_then(|(bytes, digest)| Ok(((self.make)(&bytes)?, digest))) {
            Ok((value, digest)) => {
                let version = version + 1;
                let before = self.held.swap(Arc::new(Held { value, version }));
                last.taken = digest;
                last.refused = None;
                drop(last);
                // Its destructor is the server's own, and may panic, of which the thread's panic hook tells.
                let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(before)));
                TakenResource::Changed(version)
            }
            Err(fault) if fault.kind != ResourceErrorKind::Invalid && !attempt.is_sure => {
                TakenResource::NotYet
            }
            Err(fault) => {
                let error = Arc::new(fault.of(&self.file.name, &self.file.path, Some(version)));
                last.refused = Some((digest, error.clone()));
                TakenResource::Refused(error)
            }
        }
    }

    fn last(&self) -> MutexGuard<'_, LastRead> {
        // What may panic is caught while it is held.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync> KnownResource for ResourceFile<T> {
    fn name(&self) -> &str {
        &self.file.name
    }

    fn file(&self) -> &Path {
        &self.file.path
    }

    fn take(&self, attempt: Attempt) -> TakenResource {
        let taken = self.take_as(attempt);
        #[cfg(feature = "tracing")]
        {
            let resource = Line(self.name());
            match &taken {
                TakenResource::Nothing | TakenResource::RefusedAlready | TakenResource::NotYet => {}
                TakenResource::Changed(version) => tracing::info!(%resource, version, "resource"),
                TakenResource::Refused(error) => tracing::warn!(%resource, %error, "resource"),
            }
        }
        taken
    }
}
