//! The versioned root module: the few things that need code before the first call.
//!
//! A prefix type of abi_stable: fields are only ever added at the end, so an older host finds what
//! it knows in a newer module, and a newer host can ask whether an older module has a field.
//!
//! This room is the module as a whole: what it gets from its host ([`services`], the allocator), and what
//! it tells of panics. It is the ground: it imports nothing but `printed`.

pub(crate) mod allocator;
pub mod forward;
pub mod mark;
pub(crate) mod panic_hook;
pub mod services;
pub mod trace;
pub(crate) mod values;

use abi_stable::StableAbi;
use abi_stable::prefix_type::WithMetadata;
use abi_stable::std_types::{RResult, RString};

use crate::root::forward::{Forwarders, Sinks};
use crate::root::services::ServicesRef;

/// The version of everything that crosses the boundary. A host loads modules of its own version
/// only, and reads a module's version before it runs any of its code.
pub const ABI: u32 = 14;

/// The compiler that built this crate, and so the module or host it is part of.
pub const RUSTC: &str = env!("HOTMOD_RUSTC_BANNER");

/// The commit of [`RUSTC`].
pub const COMMIT: &str = env!("HOTMOD_RUSTC_COMMIT");

/// The target triple that this crate was built for.
pub const TARGET: &str = env!("HOTMOD_TARGET");

/// The toolchain id: what must be equal where the compiler chose a layout.
pub fn toolchain() -> String {
    format!("{RUSTC} {COMMIT} {TARGET}")
}

/// The exported symbol that gives out the root module.
pub const ROOT_SYMBOL: &str = "__hotmod_root";

/// The form of [`ROOT_SYMBOL`].
pub type RootAccessor = extern "C" fn() -> RootModuleRef;

/// What a module offers besides its exports.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = RootModuleRef)))]
#[sabi(missing_field(panic))]
pub struct RootModule {
    /// Gives the module its host's services; called once, before any export. An `Err` says why
    /// the module cannot be used.
    ///
    /// # Safety
    ///
    /// The services do what [`Services`](crate::root::services::Services) says of each, for as long as the
    /// process lives: all memory of the module comes from them.
    pub initialise: unsafe extern "C" fn(ServicesRef) -> RResult<(), RString>,
    /// Tells the module what its host knows this image by; called once, before any export. It is passed back
    /// with [`Services::count`](crate::root::services::Services::count).
    #[sabi(last_prefix_field)]
    pub stand_for: extern "C" fn(image: *const ()),
    /// Has the module forward what it logs to its host; called once, after `initialise` and before any export.
    /// A module of an earlier version lacks it, and forwards nothing.
    ///
    /// # Safety
    ///
    /// The tables have the sizes that they say, and do what they say for as long as the process lives.
    #[sabi(missing_field(option))]
    #[sabi(unsafe_opaque_field)]
    pub forward: unsafe extern "C" fn(sinks: *const Sinks, forwarders: *mut Forwarders),
}

impl RootModule {
    const VALUE: WithMetadata<RootModule> = WithMetadata::new(RootModule {
        initialise,
        stand_for: values::stand_for,
        forward: forward::forward,
    });

    /// The root module of the image that links this crate.
    pub const fn of_this_image() -> RootModuleRef {
        const STATIC: &WithMetadata<RootModule> = &RootModule::VALUE;
        RootModuleRef(STATIC.static_as_prefix())
    }
}

unsafe extern "C" fn initialise(services: ServicesRef) -> RResult<(), RString> {
    if let Err(live) = allocator::connect(services) {
        return RResult::RErr(
            format!(
                "{live} allocations were made before the module was initialised: something runs \
                 before it is loaded (a constructor); make it run in an init instead"
            )
            .into(),
        );
    }
    values::connect(services);
    panic_hook::install(services);
    RResult::ROk(())
}
