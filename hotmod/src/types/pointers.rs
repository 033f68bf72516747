//! Owning pointers and cells, and the references that exports may take.

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::{CStr, OsStr};
use std::path::Path;
use std::rc::{self, Rc};
use std::sync::{self, Arc, Mutex, OnceLock, RwLock};

use super::impls::{by_layout, describe, state};
use crate::state::{Describe, StableState};
use crate::thunks;

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
    [T: State] Box<T> = thunks::boxed::<T>();
    [T: State] Arc<T> = thunks::arc::<T>();
    [T: State] Rc<T> = thunks::rc::<T>();
    [] Box<str> = thunks::boxed_str();
    [] Arc<str> = thunks::arc_str();
    [] Rc<str> = thunks::rc_str();
    [] Box<CStr> = thunks::boxed_c_str();
    [] Arc<CStr> = thunks::arc_c_str();
    [] Box<Path> = thunks::boxed_path();
    [] Arc<Path> = thunks::arc_path();
    [] Box<OsStr> = thunks::boxed_os_str();
    [] Arc<OsStr> = thunks::arc_os_str();
    [] Rc<CStr> = thunks::rc_c_str();
    [] Rc<Path> = thunks::rc_path();
    [] Rc<OsStr> = thunks::rc_os_str();
    [T: State] Box<[T]> = thunks::boxed_slice::<T>();
    [T: State] Arc<[T]> = thunks::arc_slice::<T>();
    [T: State] Rc<[T]> = thunks::rc_slice::<T>();
    [T: State] OnceCell<T> = thunks::once_cell::<T>();
    [T: State] OnceLock<T> = thunks::once_lock::<T>();
    [T: State] sync::Weak<T> = thunks::arc_weak::<T>();
    [T: State] rc::Weak<T> = thunks::rc_weak::<T>();
    [T: State + 'static] Mutex<T> = thunks::mutex::<T>();
    [T: State + 'static] RwLock<T> = thunks::rw_lock::<T>();
    [T: State + 'static] Cell<T> = thunks::cell::<T>();
    [T: State + 'static] RefCell<T> = thunks::ref_cell::<T>();
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
    [] Rc<CStr>;
    [] Rc<Path>;
    [] Rc<OsStr>;
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
