//! Instances: one state, and the generation it is at.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use abi_stable::std_types::{RResult, RStr};
use hotmod::boundary::{Boundary, Cons};
use hotmod::call::{CallError, Caller, PANICKED, Panic, invoke};
use hotmod::init::InitWire;
use hotmod::interface::{ImplementationTable, Interface};

use crate::core::Core;
use crate::error::CreateError;
use crate::generation::Generation;

/// A state of a module, owned by the host. Its methods are those of the interface `I`, each
/// returning `Result<T, CallError>`; they are called as on a value that implements the trait,
/// `&self` methods by shared and `&mut self` methods by exclusive reference.
///
/// After an update the state is handed to the new version at the next exclusive call. Until then
/// shared calls run in the version that the state is at.
///
/// A panic in a method reaches the caller as [`CallError::Panicked`] and leaves the instance in
/// use; the state is as the panic left it.
///
/// An instance is `Send`. It is `Sync` where the interface says that its states are:
/// `pub trait Game: Sync`.
pub struct Instance<I: Interface + ?Sized>(I::Client<State>);

/// The state of an instance, and the way to its methods.
pub struct State {
    core: Arc<Core>,
    /// The generation that the state is at.
    generation: &'static Generation,
    interface: &'static str,
    base: usize,

    state: *mut (),
}

// SAFETY: `export` and `init` require `Send` of every state, and nobody else holds the pointer.
unsafe impl Send for State {}

// SAFETY: through `&Instance` one gets to `&self` methods of the state only, and `I: Sync`, which
// a trait object is only where its trait has `Sync` as a supertrait, makes the compiler require
// `Sync` of every type that implements the interface.
unsafe impl<I: Interface + ?Sized + Sync> Sync for Instance<I> {}

impl<I: Interface + ?Sized> Instance<I> {
    pub(crate) fn create(core: Arc<Core>, base: usize, config: &str) -> Result<Self, CreateError> {
        let generation = core.current.get();
        let image = generation.image;
        let interface = I::DESC.name;
        let implementation = &image.manifest.implementations[interface];
        let Some(&init) = image.inits.get(&implementation.state) else {
            return Err(CreateError::NoInit {
                module: image.module.clone(),
                version: image.version.clone(),
                state: implementation.state.to_string(),
            });
        };
        let args = Cons(RStr::from(config), ());
        // SAFETY: an init takes one text, gives back an `InitWire`, and has no state yet.
        let made = unsafe { invoke::<_, InitWire>(init, std::ptr::null_mut(), args) };
        match made {
            Ok(RResult::ROk(state)) => Ok(Instance(I::client(State {
                generation,
                interface,
                base,

                state,
                core,
            }))),
            Ok(RResult::RErr(message)) => Err(CreateError::Init {
                module: image.module.clone(),
                version: image.version.clone(),
                message: message.as_str().to_owned(),
            }),
            Err(panic) => {
                let init = format!("init of {}", implementation.state);
                let error = panic.into_error(init, image.version.clone());
                Err(CreateError::Call(error))
            }
        }
    }

    /// The version that the state is at.
    pub fn version(&self) -> &str {
        &I::caller(&self.0).generation.image.version
    }

    /// The module's name.
    pub fn module(&self) -> &str {
        &I::caller(&self.0).core.name
    }
}

impl<I: Interface + ?Sized> Deref for Instance<I> {
    type Target = I::Client<State>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<I: Interface + ?Sized> DerefMut for Instance<I> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<I: Interface + ?Sized> fmt::Debug for Instance<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("module", &self.module())
            .field("interface", &I::DESC.name)
            .field("version", &self.version())
            .finish()
    }
}

// SAFETY: the shims from `base` on are those of the interface's methods, in their order: the port
// was compared with every generation before it was linked. The state is borrowed as `self` is.
unsafe impl Caller for State {
    #[inline]
    unsafe fn shared<A, R: Boundary>(&self, index: usize, args: A) -> Result<R, CallError> {
        let shim = self.generation.shim(self.base + index);
        // SAFETY: the caller passes the arguments and the result of the method at `index`; the
        // state is of the type and layout that this generation expects, shared as `self` is.
        match unsafe { invoke::<A, R::Wire>(shim, self.state, args) } {
            Ok(wire) => Ok(R::from_wire(wire)),
            Err(panic) => Err(self.panicked(index, panic)),
        }
    }

    #[inline]
    unsafe fn exclusive<A, R: Boundary>(&mut self, index: usize, args: A) -> Result<R, CallError> {
        let current = self.core.current.get();
        // An update refuses every change of a state's layout or meaning, so whatever is current
        // takes the state as it is.
        self.generation = current;
        let shim = current.shim(self.base + index);
        // SAFETY: the caller passes the arguments and the result of the method at `index`; the
        // state is of the type and layout that this generation expects, exclusive as `self` is.
        match unsafe { invoke::<A, R::Wire>(shim, self.state, args) } {
            Ok(wire) => Ok(R::from_wire(wire)),
            Err(panic) => Err(self.panicked(index, panic)),
        }
    }
}

impl State {
    #[cold]
    fn panicked(&self, index: usize, panic: Panic) -> CallError {
        let image = self.generation.image;
        let methods = &image.manifest.implementations[self.interface].methods;
        let export = format!("{}::{}", self.interface, methods[index].name);
        panic.into_error(export, image.version.clone())
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let table: &ImplementationTable = self.generation.image.tables[self.interface];
        let mut panic = std::mem::MaybeUninit::<Panic>::uninit();
        // SAFETY: the state is that of this table, and nobody uses it afterwards.
        let status = unsafe { (table.operations().drop)(self.state, panic.as_mut_ptr().cast()) };
        if status == PANICKED {
            // A destructor that panics has nobody to tell: the rest of the state is leaked, the
            // host goes on.
            // SAFETY: this status says that the panic was written.
            drop(unsafe { panic.assume_init() });
        }
    }
}
