//! `parking_lot`: locks, carried over by what they hold. The crate keeps the threads that wait for a lock in statics, and
//! each version of a module has its own. So a lock is never moved: the next version makes a new one.

use parking_lot::{Mutex, RwLock};

use super::{Carried, LOCKED};
use crate::state::StableState;

impl<T: StableState + Clone> Carried for Mutex<T> {
    const NAME: &'static str = "parking_lot::Mutex";
    type Parameters = (T,);
    type Form = T;
    const TAKES_ALL: bool = true;

    fn to_form(&self) -> Result<T, String> {
        Ok(self.try_lock().ok_or(LOCKED)?.clone())
    }

    fn from_form(value: T) -> Result<Self, String> {
        Ok(Mutex::new(value))
    }
}

impl<T: StableState + Clone> Carried for RwLock<T> {
    const NAME: &'static str = "parking_lot::RwLock";
    type Parameters = (T,);
    type Form = T;
    const TAKES_ALL: bool = true;

    fn to_form(&self) -> Result<T, String> {
        Ok(self.try_read().ok_or(LOCKED)?.clone())
    }

    fn from_form(value: T) -> Result<Self, String> {
        Ok(RwLock::new(value))
    }
}

carried! {
    [T: StableState + Clone] Mutex<T>;
    [T: StableState + Clone] RwLock<T>;
}
