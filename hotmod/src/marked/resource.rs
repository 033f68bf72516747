//! What a module reads of its host's resources: the functions marked `#[hotmod::resource]`.
//!
//! A host that has a file for the function has it make a value, which is kept aside; then it has that be the value, or be
//! given up. So the values of several resources, and the version that reads them, change together.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use abi_stable::std_types::{RSlice, RString};
use arc_swap::{ArcSwapOption, Guard};

use crate::operations;
#[cfg(feature = "linked")]
use crate::root::values;

/// Has a value be made of these bytes, and kept aside.
pub const PREPARE: u8 = 0;
/// Has the value that is kept aside be the one that is read from now on, if there is one.
pub const COMMIT: u8 = 1;
/// Has the value that is kept aside be given up.
pub const ABANDON: u8 = 2;
/// Has both be given up: the version is retired.
pub const RELEASE: u8 = 3;

/// The form of a function that `#[hotmod::resource]` exports: it takes what is to be done, and room for an error.
pub type ResourceShim =
    unsafe extern "C" fn(step: u8, bytes: RSlice<'_, u8>, error: *mut RString) -> u8;

/// What a function marked `#[hotmod::resource]` may return.
#[diagnostic::on_unimplemented(
    message = "a function that makes a value of a resource cannot return `{Self}` [HM-0925]",
    label = "no `Result` of a value that threads can share",
    note = "return `Result<T, E>` with a `T` that is `Send + Sync + 'static` and an error `E` that implements `Display`"
)]
pub trait ResourceOutput {
    /// The value.
    type Value: Send + Sync + 'static;

    /// The value, or the error as text.
    fn into_result(self) -> Result<Self::Value, String>;
}

impl<T: Send + Sync + 'static, E: fmt::Display> ResourceOutput for Result<T, E> {
    type Value = T;

    fn into_result(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Where a version of a module has the value of a resource.
pub struct ResourceCell<T> {
    value: HeldValue<T>,
    /// Those of the hosts of the process that have linked the module, each by what tells calls of one host from those of
    /// others. What is static is there once for all of them.
    #[cfg(feature = "linked")]
    of_hosts: ArcSwapOption<Vec<(usize, Arc<HeldValue<T>>)>>,
    /// The file and the function, for what is said where there is no value.
    file: &'static str,
    name: &'static str,
}

/// The value that is read, and the one that is to be.
struct HeldValue<T> {
    current: ArcSwapOption<T>,
    aside: Mutex<Option<Arc<T>>>,
}

/// The value that a version of a module has of a resource ([`#[hotmod::resource]`](macro@crate::resource)). It stays what
/// it is for as long as this is held.
pub struct ResourceValue<T>(
    /// There is one: else this is not made.
    Guard<Option<Arc<T>>>,
);

impl<T> ResourceCell<T> {
    /// One without a value.
    pub const fn new(file: &'static str, name: &'static str) -> Self {
        ResourceCell {
            value: HeldValue {
                current: ArcSwapOption::const_empty(),
                aside: Mutex::new(None),
            },
            #[cfg(feature = "linked")]
            of_hosts: ArcSwapOption::const_empty(),
            file,
            name,
        }
    }

    /// The value. It is read without a lock.
    ///
    /// # Panics
    ///
    /// If the version has none: in unit tests, in a constructor, and once it is retired.
    pub fn get(&self) -> ResourceValue<T> {
        let current = self.current();
        if current.is_none() {
            let ResourceCell { file, name, .. } = self;
            panic!(
                "`{name}::get()` has no value: no host has given the module its resource `{file}`\n  help: in a unit test, \
                 call `{name}` with bytes; code that runs when the file is opened (a constructor), and a thread that goes \
                 on after the version was retired, have no resources"
            );
        }
        ResourceValue(current)
    }

    #[cfg(not(feature = "linked"))]
    fn current(&self) -> Guard<Option<Arc<T>>> {
        self.value.current.load()
    }

    #[cfg(feature = "linked")]
    fn current(&self) -> Guard<Option<Arc<T>>> {
        let of_hosts = self.of_hosts.load();
        let of_hosts = of_hosts.as_deref().map_or(&[][..], Vec::as_slice);
        let value = match (values::host_of_call(), of_hosts) {
            (Some(host), _) => of_hosts.iter().find(|(its, _)| *its == host),
            // On a thread of the module's own.
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let value = value.map_or(&self.value, |(_, value)| &**value);
        value.current.load()
    }

    #[cfg(not(feature = "linked"))]
    fn change(&self, change: impl FnOnce(&HeldValue<T>)) {
        change(&self.value);
    }

    #[cfg(feature = "linked")]
    fn change(&self, change: impl FnOnce(&HeldValue<T>)) {
        let Some(host) = values::host_of_call() else {
            return change(&self.value);
        };
        let new = Arc::new(HeldValue {
            current: ArcSwapOption::empty(),
            aside: Mutex::default(),
        });
        self.of_hosts.rcu(|of_hosts| {
            let mut of_hosts = of_hosts.as_deref().cloned().unwrap_or_default();
            if of_hosts.iter().all(|(its, _)| *its != host) {
                of_hosts.push((host, new.clone()));
            }
            Some(Arc::new(of_hosts))
        });
        let of_hosts = self.of_hosts.load();
        let mut of_hosts = of_hosts.as_deref().into_iter().flatten();
        let own = of_hosts.find(|(its, _)| *its == host);
        change(own.map_or(&self.value, |(_, value)| &**value));
    }
}

impl<T> HeldValue<T> {
    fn put_aside(&self, value: Option<Arc<T>>) -> Option<Arc<T>> {
        // It is exchanged whole, and what was there is dropped after the lock is let go of.
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *aside, value)
    }

    fn commit(&self) {
        if let Some(value) = self.put_aside(None) {
            drop(self.current.swap(Some(value)));
        }
    }

    fn abandon(&self) {
        drop(self.put_aside(None));
    }

    fn release(&self) {
        self.abandon();
        drop(self.current.swap(None));
    }
}

impl<T> Deref for ResourceValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let value = self.0.as_deref();
        value.expect("bug in hotmod: a resource was read without a value")
    }
}

impl<T: fmt::Debug> fmt::Debug for ResourceValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResourceValue").field(&**self).finish()
    }
}

/// Does what the host asks for, on behalf of the shim of a function marked `#[hotmod::resource]`.
///
/// # Safety
///
/// `error` has room for an error.
pub unsafe fn run_resource<O: ResourceOutput>(
    cell: &ResourceCell<O::Value>,
    (step, bytes): (u8, RSlice<'_, u8>),
    error: *mut RString,
    make: impl FnOnce(&[u8]) -> O,
) -> u8 {
    let mut nothing = ();
    let run = || {
        match step {
            PREPARE => {
                let value = make(bytes.as_slice()).into_result()?;
                cell.change(|it| drop(it.put_aside(Some(Arc::new(value)))));
            }
            COMMIT => cell.change(HeldValue::commit),
            ABANDON => cell.change(HeldValue::abandon),
            _ => cell.change(HeldValue::release),
        }
        Ok(())
    };
    // SAFETY: a `()` needs no room; there is room for an error.
    unsafe { operations::make::<()>((&raw mut nothing).cast(), error, run) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(cell: &ResourceCell<u32>, step: u8, bytes: &[u8]) -> Result<(), String> {
        let mut error = RString::new();
        let make = |bytes: &[u8]| -> Result<u32, String> {
            let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
            assert_ne!(text, "bad");
            text.parse().map_err(|_| format!("no number: {text}"))
        };
        // SAFETY: there is room for an error, and the one that is there owns nothing.
        let status = unsafe { run_resource(cell, (step, bytes.into()), &raw mut error, make) };
        match status {
            operations::OK => Ok(()),
            _ => Err(error.into()),
        }
    }

    #[test]
    fn a_value_is_read_once_it_is_committed_and_not_when_it_is_given_up() {
        let cell = ResourceCell::new("seats.txt", "seats");
        let none = std::panic::catch_unwind(|| cell.get()).expect_err("no value");
        let none = none.downcast_ref::<String>().expect("text");
        assert!(none.contains("`seats::get()` has no value"), "{none}");
        run(&cell, PREPARE, b"7").expect("a number");
        assert!(std::panic::catch_unwind(|| cell.get()).is_err());
        run(&cell, COMMIT, b"").expect("a value");
        let held = cell.get();
        run(&cell, PREPARE, b"8").expect("a number");
        assert_eq!(*cell.get(), 7);
        run(&cell, ABANDON, b"").expect("it is given up");
        run(&cell, COMMIT, b"").expect("there is nothing to commit");
        assert_eq!(*cell.get(), 7);
        run(&cell, PREPARE, b"9").expect("a number");
        run(&cell, COMMIT, b"").expect("a value");
        assert_eq!((*held, *cell.get()), (7, 9));
        run(&cell, RELEASE, b"").expect("it is given up");
        assert!(std::panic::catch_unwind(|| cell.get()).is_err());
    }

    #[test]
    fn what_is_refused_leaves_the_value_as_it_is() {
        let cell = ResourceCell::new("seats.txt", "seats");
        run(&cell, PREPARE, b"7").expect("a number");
        run(&cell, COMMIT, b"").expect("a value");
        let refused = run(&cell, PREPARE, b"many").expect_err("no number");
        assert_eq!(refused, "no number: many");
        let refused = run(&cell, PREPARE, b"bad").expect_err("a panic");
        assert!(refused.starts_with("panicked"), "{refused}");
        run(&cell, COMMIT, b"").expect("there is nothing to commit");
        assert_eq!(*cell.get(), 7);
    }
}
