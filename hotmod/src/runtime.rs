//! What modules ask of the runtime of their host: to wait, to give way, and to run futures.
//!
//! Each is an import of hotmod's own (`imports`), which a host provides that was built with a runtime. A module that
//! calls none of them imports none.
//!
//! This room stands above `marked` and `call`. Only modules call it; hosts name what it imports.

mod imports;
mod spawned;
mod waiting;

pub use imports::{SLEEP, SPAWN, YIELD_NOW};
pub use spawned::{JoinError, JoinHandle, ToSpawn, spawn};
pub use waiting::{Elapsed, sleep, timeout, yield_now};
