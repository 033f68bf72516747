//! Why a pool does not do what it is asked to.

use std::error::Error;
use std::fmt;

use hotmod::CallError;
use hotmod::codes::{self, Code, coded};
use hotmod::interface::Interface;
use hotmod::printed::lines;
use hotmod_file::told;

use crate::module::instance::CreateError;
use crate::module::instance::Instance;

/// Why a pool, or a shared instance, did not do what it was asked to. Nothing has changed, unless a call
/// failed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolError {
    /// There is no instance under the key.
    #[non_exhaustive]
    Absent {
        /// The module.
        module: String,
    },
    /// There is an instance under the key already, or one is being created.
    #[non_exhaustive]
    Exists {
        /// The module.
        module: String,
    },
    /// The thread is inside a `with` or `with_shared` of this very instance, and would wait for itself.
    #[non_exhaustive]
    InUseByThisThread {
        /// The module.
        module: String,
    },
    /// Another thread used the instance for longer than was to be waited.
    #[non_exhaustive]
    InUse {
        /// The module.
        module: String,
    },
    /// The instance belongs to another module than the pool's, or to a module that another host loaded.
    #[non_exhaustive]
    OtherModule {
        /// The pool's module.
        module: String,
        /// The instance's module.
        found: String,
    },
    /// Another pool or shared instance of the host has the name.
    #[non_exhaustive]
    NameTaken {
        /// The name.
        name: String,
        /// The module of what has it.
        by: String,
    },
    /// The thread that is to sweep could not be started.
    #[non_exhaustive]
    NoThread {
        /// The module.
        module: String,
        /// What the system says.
        error: String,
    },
    /// A module that is loaded calls something else by the name: instances of another module, or by keys of
    /// another type.
    #[non_exhaustive]
    CalledOtherwise {
        /// The name.
        name: String,
        /// What was to have it, in words: `a pool by `u32` of module `hall``.
        found: String,
        /// The versions that call something else by it, each with what that is.
        users: Vec<String>,
    },
    /// The host has handed its instances over to another process, which answers instead.
    #[non_exhaustive]
    HandedOver {
        /// The module.
        module: String,
    },
    /// The module did not create the instance.
    Create(CreateError),
    /// A call of the instance gave no result. The instance stays in the pool and can still be used.
    Call(CallError),
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What another error says has the code of that one.
        let is_own = !matches!(self, PoolError::Create(_) | PoolError::Call(_));
        coded(f, is_own.then(|| self.code()), |f| match self {
            PoolError::Absent { module } => write!(
                f,
                "the pool of `{module}` has no instance under this key\n  help: make one with \
                 `Pool::create` or `Pool::insert`"
            ),
            PoolError::Exists { module } => write!(
                f,
                "the pool of `{module}` has an instance under this key, or one is being \
                 created\n  help: use it by `Pool::with`, or take it out by `Pool::remove`"
            ),
            PoolError::InUseByThisThread { module } => write!(
                f,
                "this thread uses this instance of `{module}` already, and would wait for \
                 itself\n  help: use the reference that the closure around this was given, or do \
                 this after it"
            ),
            PoolError::InUse { module } => write!(
                f,
                "other threads use this instance of `{module}`, for longer than was to be waited"
            ),
            PoolError::OtherModule { module, found } => write!(
                f,
                "the pool holds instances of the loaded module `{module}`, and this one is of \
                 another (`{found}`)\n  help: insert what the module that the pool was made from \
                 has created"
            ),
            PoolError::NameTaken { name, by } => write!(
                f,
                "the name `{name}` is that of instances of module `{by}` in this host\n  help: give this one \
                 another name, or drop the other first"
            ),
            PoolError::NoThread { module, error } => write!(
                f,
                "the thread that is to sweep the instance of `{module}` cannot be started: {error}\n  help: \
                 let the server have more threads (`RLIMIT_NPROC`, `ulimit -u`, `TasksMax=`, `pids.max`), or \
                 leave out `sweep_every`"
            ),
            PoolError::CalledOtherwise { name, found, users } => {
                write!(
                    f,
                    "`{name}` would be {found}, and modules call another by that name:"
                )?;
                users.iter().try_for_each(|user| write!(f, "\n  {user}"))?;
                f.write_str(
                    "\n  help: make it what they call, or give it another name; or update them first, and give up \
                     what they could be rolled back to by `Module::make_permanent`",
                )
            }
            PoolError::HandedOver { module } => write!(
                f,
                "the instances of `{module}` were handed over to another process\n  help: have that process answer, and \
                 let this one end"
            ),
            PoolError::Create(error) => error.fmt(f),
            PoolError::Call(error) => error.fmt(f),
        })
    }
}

/// Prints the message and its causes: this is what `main` shows of an error that it returns.
impl fmt::Debug for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl PoolError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            PoolError::Absent { .. } => codes::INSTANCE_ABSENT,
            PoolError::Exists { .. } => codes::INSTANCE_EXISTS,
            PoolError::InUseByThisThread { .. } => codes::IN_USE_BY_THIS_THREAD,
            PoolError::InUse { .. } => codes::IN_USE,
            PoolError::OtherModule { .. } => codes::OF_ANOTHER_MODULE,
            PoolError::NameTaken { .. } => codes::NAME_TAKEN,
            PoolError::NoThread { .. } => codes::NO_THREAD,
            PoolError::CalledOtherwise { .. } => codes::CALLED_OTHERWISE,
            PoolError::HandedOver { .. } => codes::HANDED_OVER,
            PoolError::Create(error) => error.code(),
            PoolError::Call(error) => error.code(),
        }
    }
}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // `Display` has printed this cause already, so the next one is given.
            PoolError::Create(error) => error.source(),
            PoolError::Call(error) => error.source(),
            _ => None,
        }
    }
}

impl From<CreateError> for PoolError {
    fn from(error: CreateError) -> Self {
        PoolError::Create(error)
    }
}

impl From<CallError> for PoolError {
    fn from(error: CallError) -> Self {
        PoolError::Call(error)
    }
}

/// An instance was not inserted, and is given back.
#[non_exhaustive]
pub struct InsertError<I: Interface + ?Sized> {
    /// The instance, as it was.
    pub instance: Instance<I>,
    /// Why.
    pub error: PoolError,
}

/// Prints the message and its causes: this is what `main` shows of an error that it returns.
impl<I: Interface + ?Sized> fmt::Debug for InsertError<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(&self.error, f)
    }
}

impl<I: Interface + ?Sized> fmt::Display for InsertError<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| self.error.fmt(f))
    }
}

impl<I: Interface + ?Sized> Error for InsertError<I> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hotmod::describe::Rule;
    use hotmod_file::{Reason, Refusal, RefusalStage};

    use super::*;
    use crate::migrate::MigrateError;
    use crate::trial::candidate::RehearseError;

    /// What each error prints by `Display`, and what a `main` that returns it would print.
    fn printed<E: Error>(error: E) -> [String; 2] {
        [error.to_string(), format!("{error:?}")]
    }

    #[test]
    fn every_error_prints_what_it_says() {
        let migrate = MigrateError {
            path: "World.gold".to_owned(),
            reason: "70000 does not fit".to_owned(),
            from: "1.0.0".to_owned(),
            to: "2.0.0".to_owned(),
        };
        let create = CreateError::NoInit {
            module: "game".to_owned(),
            version: "1.0.0".to_owned(),
            state: "World".to_owned(),
        };
        let module = || "game".to_owned();
        let other = RehearseError::OtherVersion {
            at: "1.0.0".to_owned(),
            from: "2.0.0".to_owned(),
        };
        let reasons = Reason {
            what: "a",
            expected: "b",
            found: "c",
            help: "d",
        };
        for [says, prints] in [
            printed(migrate.clone()),
            printed(RehearseError::Unfit(migrate)),
            printed(other),
            printed(create.clone()),
            printed(PoolError::Create(create)),
            printed(PoolError::NameTaken {
                name: "rooms".to_owned(),
                by: module(),
            }),
            printed(PoolError::NoThread {
                module: module(),
                error: "none is left".to_owned(),
            }),
            printed(PoolError::CalledOtherwise {
                name: "rooms".to_owned(),
                found: "a pool by `u32` of module `game`".to_owned(),
                users: vec![module()],
            }),
            printed(PoolError::Absent { module: module() }),
            printed(PoolError::Exists { module: module() }),
            printed(PoolError::InUseByThisThread { module: module() }),
            printed(PoolError::InUse { module: module() }),
            printed(PoolError::OtherModule {
                module: module(),
                found: module(),
            }),
            printed(Refusal::because(
                Path::new("libgame.so"),
                RefusalStage::Verify,
                Rule::Downgrade,
                reasons,
            )),
        ] {
            assert_eq!(prints, says);
        }
    }
}
