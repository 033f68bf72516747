use abi_stable::external_types::{RMutex, ROnce, RRwLock};
use abi_stable::std_types::{RBoxError, RCowSlice};
use hotmod::StableState;

#[derive(StableState)]
struct World {
    mutex: RMutex<u32>,
    lock: RRwLock<u32>,
    once: ROnce,
    error: RBoxError,
    cow: RCowSlice<'static, u32>,
}

fn main() {}
