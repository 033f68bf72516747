//! Owning pointers and cells, and the references that exports may take.

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::{CStr, OsStr};
use std::path::Path;
use std::rc::{self, Rc};
use std::sync::{self, Arc, Mutex, OnceLock, RwLock};

use super::{by_layout, describe, state};
use crate::operations::{self, Operations};
use crate::state::{Describe, StableState};

describe! {
    [T: Describe + ?Sized] Box<T> = Box (T);
    [T: Describe + ?Sized] Arc<T> = Arc (T);
    [T: Describe + ?Sized] Rc<T> = Rc (T);
    [T: Describe] OnceCell<T> = OnceCell (T);
    [T: Describe] OnceLock<T> = OnceLock (T);
    [T: Describe] sync::Weak<T> = Weak (T);
    [T: Describe] rc::Weak<T> = RcWeak (T);
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
    [] Box<str> = operations::boxed_str();
    [] Arc<str> = operations::arc_str();
    [] Rc<str> = operations::rc_str();
    [] Box<CStr> = operations::boxed_c_str();
    [] Arc<CStr> = operations::arc_c_str();
    [] Box<Path> = operations::boxed_path();
    [] Arc<Path> = operations::arc_path();
    [] Box<OsStr> = operations::boxed_os_str();
    [] Arc<OsStr> = operations::arc_os_str();
    [T: StableState] Box<[T]> = operations::boxed_slice::<T>();
    [T: StableState] Arc<[T]> = Operations::opaque::<Arc<[T]>>();
    [T: StableState] Rc<[T]> = Operations::opaque::<Rc<[T]>>();
    [T: StableState] OnceCell<T> = operations::once_cell::<T>();
    [T: StableState] OnceLock<T> = operations::once_lock::<T>();
    [T: StableState] sync::Weak<T> = operations::arc_weak::<T>();
    [T: StableState] rc::Weak<T> = operations::rc_weak::<T>();
    [T: StableState] Mutex<T> = operations::mutex::<T>();
    [T: StableState] RwLock<T> = operations::rw_lock::<T>();
    [T: StableState] Cell<T> = operations::cell::<T>();
    [T: StableState] RefCell<T> = operations::ref_cell::<T>();
}

by_layout! {
    [T: StableState] Box<T>;
    [T: StableState] Arc<T>;
    [T: StableState] Rc<T>;
    [] Box<str>;
    [] Arc<str>;
    [] Rc<str>;
    [] Box<CStr>;
    [] Arc<CStr>;
    [] Box<Path>;
    [] Arc<Path>;
    [] Box<OsStr>;
    [] Arc<OsStr>;
    [T: StableState] Box<[T]>;
    [T: StableState] Arc<[T]>;
    [T: StableState] Rc<[T]>;
    [T: StableState] OnceCell<T>;
    [T: StableState] OnceLock<T>;
    [T: StableState] Mutex<T>;
    [T: StableState] RwLock<T>;
    [T: StableState] Cell<T>;
    [T: StableState] RefCell<T>;
}
