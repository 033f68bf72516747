//! Types of other crates: carried over by a described type, their form, or laid out as their crate
//! promises. A file for each crate, behind the feature of its name.

use std::any::TypeId;
use std::marker::PhantomData;

use crate::operations::{CarriedAs, Kind, MovedIdentity, Operations};
use crate::state::{Describe, Part, StableState, opaque};

#[cfg(feature = "ahash")]
mod ahash;
#[cfg(feature = "arrayvec")]
mod arrayvec;
#[cfg(any(
    feature = "dashmap",
    feature = "hashbrown",
    feature = "indexmap",
    feature = "slotmap"
))]
mod by;
#[cfg(feature = "bytes")]
mod bytes_crate;
#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "compact_str")]
mod compact_str;
#[cfg(feature = "dashmap")]
mod dashmap;
#[cfg(feature = "either")]
mod either;
#[cfg(feature = "fxhash")]
mod fxhash;
#[cfg(feature = "glam")]
mod glam;
#[cfg(feature = "hashbrown")]
mod hashbrown;
#[cfg(feature = "indexmap")]
mod indexmap;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ordered-float")]
mod ordered_float;
#[cfg(feature = "parking_lot")]
mod parking_lot;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "rustc-hash")]
mod rustc_hash;
#[cfg(feature = "semver")]
mod semver;
#[cfg(feature = "serde_json")]
mod serde_json;
#[cfg(feature = "slotmap")]
mod slotmap;
#[cfg(feature = "smallvec")]
mod smallvec;
#[cfg(feature = "smol_str")]
mod smol_str;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "url")]
mod url;
#[cfg(feature = "uuid")]
mod uuid;

#[cfg(any(
    feature = "dashmap",
    feature = "hashbrown",
    feature = "indexmap",
    feature = "slotmap"
))]
use by::By;

/// Why a lock is not looked into. A call or a thread of the module may hold it for long, and this thread may hold it
/// itself: to wait for it could take for ever.
#[cfg(any(feature = "dashmap", feature = "parking_lot"))]
const LOCKED: &str = "it is locked, by a call or by a thread that runs beside all calls";

/// A type that is carried over from version to version by its form: a described type that says all of a
/// value, and that stays when the layout of the value, its crate or the compiler changes.
///
/// Implement it for a type of your crate, and name the type in [`carried!`](crate::carried), which makes it
/// [state](StableState). No `unsafe` is needed: the code that made a value writes down its form, and
/// the next version's code makes a value of that. So a value never leaves the code that made it,
/// whatever statics that has. The form follows the rules of all state: it may grow, or its items may change.
///
/// A form may own what the value owns, by `Arc` or `Rc`. What they lead to cannot be converted then, since both own it: where
/// it changes, the state stays at its version. A snapshot is refused where an item has more owners than the form
/// and a value that owns it as often as the form: so let a form own an item as often as its value does.
///
/// ```
/// use hotmod::Carried;
///
/// /// Sorted, each once.
/// #[derive(Debug)]
/// pub struct Sorted<T>(Vec<T>);
///
/// impl<T: hotmod::StableState + Clone + Ord> Carried for Sorted<T> {
///     const NAME: &'static str = "my_crate::Sorted";
///     type Parameters = (T,);
///     type Form = Vec<T>;
///
///     fn to_form(&self) -> Result<Vec<T>, String> {
///         Ok(self.0.clone())
///     }
///
///     fn from_form(mut items: Vec<T>) -> Result<Self, String> {
///         items.sort();
///         items.dedup();
///         Ok(Sorted(items))
///     }
/// }
///
/// hotmod::carried! {
///     [T: hotmod::StableState + Clone + Ord] Sorted<T>;
/// }
///
/// #[derive(hotmod::StableState)]
/// struct World {
///     ranks: Sorted<u32>,
///     of_each: Vec<Sorted<String>>,
/// }
/// ```
pub trait Carried: Sized + 'static {
    /// How descriptions name it, the same in all versions of its crate: `"my_crate::Sorted"`, of letters, digits,
    /// `_`, `:`, `.` and `-`. Two types of one name in one module are refused.
    const NAME: &'static str;

    /// Its parameters, as a tuple; `()` if it has none.
    type Parameters: Describe;

    /// What says all of a value. A field may become one of its form, or of what that may become by the rules, and
    /// the other way round.
    type Form: StableState + Clone;

    /// Whether there is a value for each value of the form: [`from_form`](Carried::from_form) fails for none of them.
    /// Else a field that becomes one of this type needs `#[state(checked)]`, unless it was one.
    const TAKES_ALL: bool = false;

    /// Whether a value is moved as its bytes where its type, its parameters and its form are unchanged, instead of being
    /// made anew by each version.
    const MOVED: Moved = Moved::NEVER;

    /// Writes down the value, which stays as it is: its next version may have it back unchanged.
    ///
    /// This is called each time that the value is inspected. A list must have its items in the same order each time, as long as
    /// the value has not changed; where the value has no order of its own, let the form be a map or a set.
    ///
    /// # Errors
    ///
    /// Why it cannot be written down now, such as that it is locked. The migration or snapshot is given up.
    fn to_form(&self) -> Result<Self::Form, String>;

    /// Makes a value.
    ///
    /// # Errors
    ///
    /// Why there is no such value. The migration is given up, and the former value stays.
    fn from_form(form: Self::Form) -> Result<Self, String>;
}

/// Whether values of a type that is [`Carried`] are moved as their bytes.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// Of the type, or of another with the same constructor.
    identity: Option<TypeId>,
}

impl Moved {
    /// A value never leaves the code that made it.
    pub const NEVER: Moved = Moved { identity: None };

    /// Whether a value is ever moved.
    pub(crate) const fn is_ever(self) -> bool {
        self.identity.is_some()
    }

    /// A value is moved as its bytes between versions of a module that one compiler has built, with the same version,
    /// features and profile of the type's crate, where the type's [parameters](Carried::Parameters) and its form are
    /// unchanged. Otherwise the next version makes one of its form.
    ///
    /// `C` is the type, or the same constructor applied to other parameters, such as `Sorted<()>`: types of a module's own
    /// among the parameters are other types in each version of it, which are compared by their descriptions instead.
    ///
    /// # Safety
    ///
    /// - A value uses nothing that its crate, or one that it is made of, keeps in statics or thread-locals: another copy of
    ///   its code can use it and drop it.
    /// - It holds no pointer to code (no function, trait object or table of functions), and none to data of a module that
    ///   is ever written. What does not change may be pointed to: modules stay mapped.
    /// - Its parameters are all among [`Carried::Parameters`], and what it holds beside values of those is the same for each
    ///   type of this constructor.
    /// - `C` is of the type's constructor.
    pub const unsafe fn where_unchanged<C: 'static>() -> Self {
        Moved {
            identity: Some(TypeId::of::<C>()),
        }
    }
}

impl Operations {
    /// The operations of the only field of a type that is carried over by its form. Beside the form, its parts are
    /// what makes a value of a form that stays as it is.
    pub const fn carried<T: Carried + StableState>() -> Self {
        struct MadeOfForm<T>(PhantomData<T>);

        impl<T: Carried + StableState> MadeOfForm<T> {
            const OPERATIONS: &'static Operations =
                &Operations::carried_as::<T::Form, T, _, _, _, _>(Self::made, Self::form);

            fn made(form: &T::Form) -> Result<T, String> {
                T::from_form(form.clone())
            }

            fn form(value: T) -> Result<T::Form, String> {
                value.to_form()
            }
        }

        extern "C" fn part<T: Carried + StableState>(place: usize) -> Option<&'static Operations> {
            match place {
                0 => Some(T::Form::OPERATIONS),
                1 => Some(MadeOfForm::<T>::OPERATIONS),
                _ => None,
            }
        }

        extern "C" fn moved<T: Carried>() -> MovedIdentity {
            let identity = T::MOVED.identity.unwrap_or(TypeId::of::<T>());
            MovedIdentity(opaque::bytes(identity))
        }

        let table = Operations::carried_as::<T, T::Form, _, _, _, _>(T::to_form, T::from_form);
        let kind = match table.kind {
            Kind::As(by) => Kind::As(CarriedAs {
                moved: match T::MOVED.identity {
                    Some(_) => Some(moved::<T>),
                    None => None,
                },
                ..by
            }),
            _ => panic!("bug in hotmod: a carried type of another kind"),
        };
        Operations::of::<T>(part::<T>, kind)
    }
}

/// Makes types state that are nothing but the fields named here, at places that their crate promises.
///
/// The caller's `unsafe` says that the field at each path has this type, that the fields are all that a value
/// has, and that a value is sound whatever they are, under every version of the crate that the feature takes.
#[allow(unused_macros, reason = "the features decide which types there are")]
macro_rules! laid_out {
    ($(unsafe [$($generics:tt)*] $ty:ty as $name:literal $parameters:ty {
        $($field:literal at $offset:expr => $of:ty),* $(,)?
    })*) => {$(
        __described_foreign! {
            [$($generics)*] $ty,
            name: ($name, $parameters),
            mentions: [$($of,)* $parameters,],
            attributes: &[$crate::describe::AttributeDesc::Form],
            fields: [$(
                $field, $offset, <$of as $crate::state::Describe>::TYPE, $of,
                <$of as $crate::state::Part>::OPERATIONS;
            )*],
        }
    )*};
}

/// Carries types over by their texts, as `Display` writes and `FromStr` reads them: `all` texts, or some.
#[allow(unused_macros, reason = "the features decide which types there are")]
macro_rules! by_text {
    ($($ty:ty as $name:literal $($all:ident)?;)*) => {$(
        impl Carried for $ty {
            const NAME: &'static str = $name;
            type Parameters = ();
            type Form = String;
            const TAKES_ALL: bool = by_text!(@ $($all)?);
            // SAFETY: each is numbers and texts, of the heap or of data that is never written.
            const MOVED: Moved = unsafe { Moved::where_unchanged::<$ty>() };

            fn to_form(&self) -> Result<String, String> {
                Ok(self.to_string())
            }

            fn from_form(text: String) -> Result<Self, String> {
                text.parse().map_err(|error| format!("{text:?} is none: {error}"))
            }
        }

        carried! { [] $ty; }
    )*};
    (@) => { false };
    (@ all) => { true };
}

/// Lets hashers of other crates hash what is state. They are made anew by each version: how they hash may be another
/// in each version of their crate, so the maps are built anew too.
#[allow(unused_macros, reason = "the features decide which types there are")]
macro_rules! hashers {
    ($($ty:ty as $name:literal;)*) => {$(
        impl Carried for $ty {
            const NAME: &'static str = $name;
            type Parameters = ();
            type Form = ();
            const TAKES_ALL: bool = true;

            fn to_form(&self) -> Result<(), String> {
                Ok(())
            }

            fn from_form((): ()) -> Result<Self, String> {
                Ok(Self::default())
            }
        }

        carried! { [] $ty; }
    )*};
}

#[allow(unused_imports, reason = "the features decide which types there are")]
use {by_text, hashers, laid_out};

#[cfg(all(test, feature = "dashmap", feature = "parking_lot"))]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use ::dashmap::{DashMap, DashSet};
    use ::parking_lot::{Mutex, RwLock};

    use super::*;

    /// What a thread is told that writes a value down meanwhile.
    fn told<T: Carried + Sync>(value: &T, let_go: impl FnOnce()) -> Option<String> {
        thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            scope.spawn(move || tell.send(value.to_form().map(drop)));
            let told = told.recv_timeout(Duration::from_secs(60));
            let_go();
            told.expect("it waits for the lock").err()
        })
    }

    #[test]
    fn a_lock_that_is_held_is_told_and_not_waited_for() {
        let map: DashMap<u8, u8> = [(1, 1)].into_iter().collect();
        let held = map.get_mut(&1);
        assert_eq!(told(&map, || drop(held)).as_deref(), Some(LOCKED));
        let read = map.get(&1);
        assert_eq!(told(&map, || drop(read)), None);
        let set: DashSet<u8> = [1].into_iter().collect();
        let read = set.get(&1);
        assert_eq!(told(&set, || drop(read)), None);
        let mutex = Mutex::new(1);
        let held = mutex.lock();
        assert_eq!(told(&mutex, || drop(held)).as_deref(), Some(LOCKED));
        let lock = RwLock::new(1);
        let held = lock.write();
        assert_eq!(told(&lock, || drop(held)).as_deref(), Some(LOCKED));
    }
}
