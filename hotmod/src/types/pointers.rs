//! Owning pointers and cells, and the references that exports may take.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock};

use super::{by_layout, describe, state};
use crate::operations;
use crate::state::{Describe, StableState};

describe! {
    [T: Describe] Box<T> = Box (T);
    [T: Describe] Arc<T> = Arc (T);
    [T: Describe] Rc<T> = Rc (T);
    [T: Describe] Mutex<T> = Mutex (T);
    [T: Describe] RwLock<T> = RwLock (T);
    [T: Describe] Cell<T> = Cell (T);
    [T: Describe] RefCell<T> = RefCell (T);
    [T: Describe + ?Sized] &T = Ref (T);
    [T: Describe + ?Sized] &mut T = RefMut (T);
}

state! {
    [T: StableState] Box<T> = operations::boxed::<T>();
    [T: StableState] Arc<T> = operations::arc::<T>();
    [T: StableState] Rc<T> = operations::rc::<T>();
    [T: StableState] Mutex<T> = operations::mutex::<T>();
    [T: StableState] RwLock<T> = operations::rw_lock::<T>();
    [T: StableState] Cell<T> = operations::cell::<T>();
    [T: StableState] RefCell<T> = operations::ref_cell::<T>();
}

by_layout! {
    [T: StableState] Box<T>;
    [T: StableState] Arc<T>;
    [T: StableState] Rc<T>;
    [T: StableState] Mutex<T>;
    [T: StableState] RwLock<T>;
    [T: StableState] Cell<T>;
    [T: StableState] RefCell<T>;
}
