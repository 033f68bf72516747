//! Instances that a host keeps under a name, for the modules that call them.

use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::Arc;

use abi_stable::std_types::{ROption, RString, RVec, Tuple2};
use arc_swap::ArcSwapOption;
use hotmod::call::{ABSENT, DONE, PANICKED, Panic};
use hotmod::describe::{Description, Type};
use hotmod::reach::{
    CallFailure, HOST_PANICKED, IN_USE, LEFT_IN_USE, NO_INSTANCE, NOT_BUILT, NOT_LOADED, OF_OTHERS,
    ProvidedInstances, REACHED, UNFIT, Work,
};

use crate::call::generation::Ran;
use crate::call::slot;
use crate::forever::forever;
use crate::uses::names::{AtVersion, Named, NamedInstances, Names, NotReached};
use crate::uses::used::{Passed, UsedExport};
use crate::uses::versions::LeadsTo;

/// The instances of another module that a version of a module calls.
pub(crate) struct UsedName {
    /// The methods.
    pub(crate) export: &'static UsedExport,
    pub(crate) name: String,
    /// The keys, as the module was compiled with them.
    pub(crate) key: Option<(Type, Description)>,
    names: Arc<Names>,
    /// What the name stood for when it was last asked for.
    found: ArcSwapOption<Named>,
}

/// What a module is lent.
struct LentInstance {
    of: &'static UsedName,
    at: AtVersion,
}

impl UsedName {
    pub(super) fn new(
        export: &'static UsedExport,
        name: &str,
        key: Option<(Type, Description)>,
        names: Arc<Names>,
    ) -> &'static Self {
        forever(UsedName {
            export,
            name: name.to_owned(),
            key,
            names,
            found: ArcSwapOption::empty(),
        })
    }

    /// What a module uses the instances by.
    pub(super) fn provided(&'static self) -> &'static ProvidedInstances {
        forever(ProvidedInstances {
            data: ptr::from_ref(self).cast_mut().cast(),
            with,
            call,
        })
    }

    /// Whether these instances are what the module calls by the name.
    pub(super) fn is_called(&self, named: &Named) -> bool {
        named.module == self.export.user.of && named.has_keys(self.key.as_ref())
    }

    /// The instances that the name stands for now.
    fn find(&self) -> Result<Arc<dyn NamedInstances>, u8> {
        let known = self.found.load();
        if let Some(instances) = known.as_ref().and_then(|it| it.instances.upgrade()) {
            return Ok(instances);
        }
        let named = self.names.find(&self.name).ok_or(NOT_BUILT)?;
        if !self.is_called(&named) {
            return Err(OF_OTHERS);
        }
        let instances = named.instances.upgrade().ok_or(NOT_BUILT)?;
        self.found.store(Some(Arc::new(named)));
        Ok(instances)
    }
}

/// Has a module's work done with an instance.
unsafe extern "C" fn with(
    data: *mut (),
    key: *mut (),
    exclusive: bool,
    work: Work,
    context: *mut (),
    panicked: *mut Panic,
) -> u8 {
    // SAFETY: it is called with the name that it was provided with, which lives for ever.
    let of = unsafe { &*data.cast::<UsedName>() };
    if of.export.user.track().is_none() {
        return NOT_LOADED;
    }
    let instances = match of.find() {
        Ok(instances) => instances,
        Err(status) => return status,
    };
    let mut work = |at: AtVersion| {
        let mut lent = LentInstance { of, at };
        // SAFETY: the module takes it with its context, and what it is lent until it returns.
        unsafe { work(context, ptr::from_mut(&mut lent).cast()) };
    };
    // A key's own `Hash` and `Eq` are the host's code.
    let reached = panic::catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the key is of the type that was compared with that of the pool, and the module gives it up.
        unsafe { instances.reach(key, exclusive, &mut work) }
    }));
    match reached {
        Ok(Ok(())) => REACHED,
        Ok(Err(NotReached::NoInstance)) => NO_INSTANCE,
        Ok(Err(NotReached::InUseByThisThread)) => IN_USE,
        Ok(Err(NotReached::InUse)) => LEFT_IN_USE,
        Err(payload) => {
            // SAFETY: the module gives room for a panic.
            unsafe { panicked.write(Panic::new(payload)) };
            HOST_PANICKED
        }
    }
}

/// Calls a method of an instance that a module was lent.
unsafe extern "C" fn call(
    used: *mut (),
    method: usize,
    args: *mut (),
    output: *mut (),
    failed: *mut CallFailure,
) -> u8 {
    // SAFETY: the module passes what its work was given, and its work has not returned.
    let lent = unsafe { &*used.cast::<LentInstance>() };
    let AtVersion { generation, state } = lent.at;
    let export = lent.of.export;
    let fail = |status, panic: Option<Panic>, unfit: Vec<(String, String)>, ran| {
        let unfit = unfit.into_iter();
        let unfit = unfit.map(|(path, why)| Tuple2(RString::from(path), RString::from(why)));
        let failure = CallFailure {
            version: generation.image.version.as_str().into(),
            panic: ROption::from(panic),
            unfit: unfit.collect::<RVec<_>>(),
            ran,
        };
        // SAFETY: the module gives room for a failure.
        unsafe { failed.write(failure) };
        status
    };
    let version = export.link(generation);
    match version.exports.get(method).map(|it| &it.leads) {
        Some(LeadsTo::Straight | LeadsTo::Converting(_)) => {}
        _ => return fail(ABSENT, None, Vec::new(), false),
    }
    let mut panic = std::mem::MaybeUninit::<Panic>::uninit();
    let passed = Passed {
        state,
        args,
        output,
        panic: panic.as_mut_ptr().cast(),
    };
    let _entered = slot::enter_at(generation, export.doing(method), state);
    // SAFETY: the version is linked by this; the module was compiled with the interface, which was compared; the
    // state is at that version, and held as the method says: exclusively, or shared where the version says that
    // its states may be.
    let called = unsafe { export.call(method, version, generation, passed) };
    match called {
        Ok(DONE) => DONE,
        // SAFETY: every other status of an export says that the panic is written.
        Ok(_) => fail(
            PANICKED,
            Some(unsafe { panic.assume_init() }),
            Vec::new(),
            true,
        ),
        Err(unfit) => match unfit.ran {
            Ran::Not => {
                // SAFETY: the module gave them up, and the method did not run.
                unsafe { export.drop_args(method, args) };
                fail(UNFIT, None, unfit.values, false)
            }
            Ran::Returned => fail(UNFIT, None, unfit.values, true),
            // SAFETY: so the panic is written.
            Ran::Panicked => fail(
                PANICKED,
                Some(unsafe { panic.assume_init() }),
                unfit.values,
                true,
            ),
        },
    }
}
