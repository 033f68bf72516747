//! What a function marked `#[hotmod::migrate]` sees of the value that it replaces.

use std::fmt;

use abi_stable::std_types::{RResult, RSlice, RStr, RString, RVec};

use crate::codes::{self, coded};
use crate::describe::{TypeRef, encode};
use crate::marked::version::{VersionInfo, VersionWire};
use crate::operations::{self, Operations};
use crate::state::expected;
use crate::state::opaque;
use crate::state::{Describe, IsState, Part, Registry, StableState};

/// A value of a type's earlier form, read by checked names or as a whole. It stays as it is, and is dropped when
/// the new value takes its place.
pub struct Old<'a>(&'a RawOld);

/// [`Old`], as it crosses.
///
/// Its fields are public to the host, which fills them. Safe code may fill them too, but no safe function
/// takes the value: only [`run_hook`] and [`run_hook_of`] make an `Old` of it, and both are `unsafe`.
#[repr(C)]
pub struct RawOld {
    /// The value.
    pub value: *const u8,
    /// What the host knows its type by.
    pub context: *const (),
    /// Finds a field that has this type: its name, the encoded type, and what the module can do with its values.
    pub field: unsafe extern "C" fn(
        context: *const (),
        value: *const u8,
        name: RStr<'_>,
        ty: RSlice<'_, u8>,
        operations: &'static Operations,
    ) -> RResult<*const u8, RString>,
    /// The name of the variant; empty for a struct.
    pub variant: unsafe extern "C" fn(context: *const (), value: *const u8) -> RStr<'static>,
    /// The version of the module that the value is at.
    pub version: RStr<'static>,
    /// Finds the whole value as a type that has this identity and this description: where it is, or where one is that is
    /// built of it, for as long as the call takes.
    pub read: unsafe extern "C" fn(
        context: *const (),
        value: *const u8,
        identity: RSlice<'_, u8>,
        describe: extern "C" fn() -> KeptForm,
    ) -> RResult<*const u8, RString>,
}

/// How a module describes the earlier form of a type.
#[repr(C)]
pub struct KeptForm {
    /// The encoded reference to the type.
    pub ty: RVec<u8>,
    /// The records of the types that can be reached from it.
    pub section: RVec<u8>,
    /// What the module can do with values of it.
    pub operations: &'static Operations,
}

/// The form of a function that `#[hotmod::migrate]` exports: the old value, room for the new one
/// and for an error.
pub type HookShim =
    unsafe extern "C" fn(old: *const RawOld, slot: *mut u8, error: *mut RString) -> u8;

impl<'a> Old<'a> {
    /// A field of the value.
    ///
    /// # Errors
    ///
    /// [`OldError`] if the value has no field of this name (in its variant), or if the field has another
    /// type, or another layout now.
    pub fn get<T: StableState>(&self, name: &str) -> Result<&'a T, OldError> {
        let raw = self.0;
        let find = |ty: &[u8]| {
            // SAFETY: the host made all parts of the value for each other.
            unsafe {
                (raw.field)(
                    raw.context,
                    raw.value,
                    name.into(),
                    ty.into(),
                    T::OPERATIONS,
                )
            }
        };
        // Most encoded types are short, and a migration may ask very many values for a field.
        let mut short = [0; 64];
        let len = {
            let mut count = encode::Writer::new(&mut []);
            encode::type_ref(&mut count, &T::TYPE);
            count.written()
        };
        let found = match short.get_mut(..len) {
            Some(ty) => {
                encode::type_ref(&mut encode::Writer::new(ty), &T::TYPE);
                find(ty)
            }
            None => find(&encoded(&T::TYPE)),
        };
        match found {
            // SAFETY: the host found a field whose type is `T` by name and layout, inside a value
            // that stays as it is for the call.
            RResult::ROk(field) => Ok(unsafe { &*field.cast::<T>() }),
            RResult::RErr(message) => Err(OldError(message.into())),
        }
    }

    /// The whole value, as the struct or enum that it was made as: a form of the type that was kept
    /// in the source, with its fields and their types under the same names.
    ///
    /// The form is compared with the description of the module that the value is at: names, types,
    /// sizes, alignments and places, of everything that can be reached from it. So it says the same
    /// as [`get`](Old::get) for each field, and for all that is inside of them.
    ///
    /// A value of a snapshot lies nowhere as a module has it: there names and types are compared, a value of the form
    /// is built, and dropped when the function has returned.
    ///
    /// # Errors
    ///
    /// [`OldError`] with the first place at which the value is laid out otherwise, or holds a field that
    /// was not carried over (`skip`), of which the description does not tell the type.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotmod::{Old, OldState, StableState};
    ///
    /// /// A player as 1.4 had it.
    /// #[derive(OldState)]
    /// #[state(id = "Player")]
    /// struct OldPlayer {
    ///     name: String,
    ///     scores: Vec<OldScore>,
    /// }
    ///
    /// #[derive(OldState)]
    /// #[state(id = "Score")]
    /// struct OldScore {
    ///     points: u32,
    /// }
    ///
    /// #[derive(StableState)]
    /// struct Player {
    ///     name: String,
    ///     points: u64,
    /// }
    ///
    /// #[hotmod::migrate]
    /// fn player(old: &Old<'_>) -> Result<Player, String> {
    ///     let old: &OldPlayer = old.read()?;
    ///     Ok(Player {
    ///         name: old.name.clone(),
    ///         points: old.scores.iter().map(|score| u64::from(score.points)).sum(),
    ///     })
    /// }
    /// ```
    pub fn read<T: OldState>(&self) -> Result<&'a T, OldError> {
        let raw = self.0;
        let identity = opaque::identity::<T>();
        // SAFETY: the host made all parts of the value for each other.
        let found = unsafe {
            (raw.read)(
                raw.context,
                raw.value,
                identity.as_slice().into(),
                kept_form::<T>,
            )
        };
        match found {
            // SAFETY: the host found the value to be laid out as `T` is, or built a `T` of it by what that can do. It
            // stays as it is for the call.
            RResult::ROk(value) => Ok(unsafe { &*value.cast::<T>() }),
            RResult::RErr(message) => Err(OldError(message.into())),
        }
    }

    /// The name of the variant that the value has, if it is an enum.
    pub fn variant(&self) -> Option<&'a str> {
        // SAFETY: the host made all parts of the value for each other.
        let name = unsafe { (self.0.variant)(self.0.context, self.0.value) };
        let name = name.as_str();
        (!name.is_empty()).then_some(name)
    }

    /// The version of the module that the value is at.
    pub fn version(&self) -> &'a str {
        self.0.version.as_str()
    }
}

/// Describes the earlier form that a type is.
pub(crate) extern "C" fn kept_form<T: OldState>() -> KeptForm {
    let mut types = Registry::default();
    T::register(&mut types);
    KeptForm {
        ty: encoded(&T::TYPE).into(),
        section: expected::section(&types).into(),
        operations: T::OPERATIONS,
    }
}

/// The reference to a type, as it crosses.
#[doc(hidden)]
pub fn encoded(ty: &TypeRef) -> Vec<u8> {
    let mut count = encode::Writer::new(&mut []);
    encode::type_ref(&mut count, ty);
    let mut bytes = vec![0; count.written()];
    encode::type_ref(&mut encode::Writer::new(&mut bytes), ty);
    bytes
}

/// What may stand in an [`OldState`]: state, and earlier forms.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read in a migration [HM-0925]",
    label = "not a type that hotmod knows",
    note = "the earlier form of a type of your own: put `#[derive(OldState)]` on it",
    note = "a type of another crate: put `#[state(unsafe(opaque))]` on the field"
)]
pub trait OldPart: Describe + Part + 'static {}

impl<T: Describe + Part + 'static> OldPart for T {}

/// The earlier form of a type. Derive it.
///
/// [`Old::read`] gives the old value in this form, and a function marked
/// [`migrate(down)`](macro@crate::migrate#the-way-down) takes a value back to it.
///
/// It is no state itself: its name in descriptions is that of the type whose earlier form it is.
///
/// # Safety
///
/// The type has a description, and every field is described or opaque in it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no earlier form of a type [HM-0925]",
    label = "cannot be compared with what the old value is",
    note = "put `#[derive(OldState)]` on a copy of the type as it was, with `#[state(id = \"…\")]` if \
            it has another name in the source"
)]
pub unsafe trait OldState: OldPart + Sized {}

impl fmt::Debug for Old<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Old")
            .field("version", &self.version())
            .field("variant", &self.variant())
            .finish()
    }
}

/// Why an old value could not be read.
#[derive(Clone, PartialEq, Eq)]
pub struct OldError(String);

impl fmt::Display for OldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::OLD_UNREADABLE, |f| f.write_str(&self.0))
    }
}

/// As [`Display`](fmt::Display): what a `main` that returns it prints.
impl fmt::Debug for OldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for OldError {}

impl From<OldError> for String {
    fn from(error: OldError) -> String {
        error.0
    }
}

/// What a function marked `#[hotmod::migrate]` may return: the new value, or a `Result` of it.
///
/// The trait is safe: generated code relies on the types that it names, and on nothing about the values.
#[diagnostic::on_unimplemented(
    message = "a migration cannot return `{Self}` [HM-0925]",
    label = "neither a described type nor a `Result` of one",
    note = "return a type that derives `StableState`, or `Result<T, E>` of such a type `T` and an \
            error `E` that implements `Display`"
)]
pub trait MigrateOutput {
    /// The new value's type.
    type New: crate::marked::init::Derived;

    /// The new value, or the error as text.
    fn into_result(self) -> Result<Self::New, String>;
}

impl<T: crate::marked::init::Derived> MigrateOutput for T {
    type New = T;

    fn into_result(self) -> Result<T, String> {
        Ok(self)
    }
}

impl<T: crate::marked::init::Derived, E: fmt::Display> MigrateOutput for Result<T, E> {
    type New = T;

    fn into_result(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Runs a migration on behalf of its shim.
///
/// # Safety
///
/// `old` is what the host made for the call; `slot` has room for the new value, `error` for an
/// error.
pub unsafe fn run_hook<O: MigrateOutput>(
    old: *const RawOld,
    slot: *mut u8,
    error: *mut RString,
    hook: impl FnOnce(&Old<'_>) -> O,
) -> u8 {
    // SAFETY: the host made it for this call.
    let old = Old(unsafe { &*old });
    // SAFETY: there is room for the new value and an error.
    unsafe { operations::make::<O::New>(slot, error, || hook(&old).into_result()) }
}

/// Runs a migration that names the form that it takes, on behalf of its shim.
///
/// # Safety
///
/// As for [`run_hook`].
pub unsafe fn run_hook_of<F: OldState, O: MigrateOutput>(
    old: *const RawOld,
    slot: *mut u8,
    error: *mut RString,
    hook: impl FnOnce(&F) -> O,
) -> u8 {
    // SAFETY: the host made it for this call.
    let old = Old(unsafe { &*old });
    let make = || {
        let form: &F = old.read()?;
        hook(form).into_result()
    };
    // SAFETY: there is room for the new value and an error.
    unsafe { operations::make::<O::New>(slot, error, make) }
}

/// The form of the function that makes an earlier form for its host: the value, room for the
/// earlier form and for an error.
pub type DownShim =
    unsafe extern "C" fn(value: *const u8, slot: *mut u8, error: *mut RString) -> u8;

/// What a host may do with a function marked `#[hotmod::migrate(down)]`.
#[repr(C)]
pub struct DownTable {
    /// Makes the earlier form.
    pub convert: DownShim,
    /// Describes it, as the module that runs has it.
    pub form: extern "C" fn() -> KeptForm,
}

/// What a function marked `#[hotmod::migrate(down)]` may return: the earlier form, or a `Result` of
/// it.
///
/// The trait is safe: generated code relies on the types that it names, and on nothing about the values.
#[diagnostic::on_unimplemented(
    message = "a migration down cannot return `{Self}` [HM-0925]",
    label = "neither an earlier form of a type nor a `Result` of one",
    note = "return a type that derives `OldState`, or `Result<T, E>` of such a type `T` and an \
            error `E` that implements `Display`"
)]
pub trait DownOutput {
    /// The earlier form.
    type Form: OldState;

    /// The earlier form, or the error as text.
    fn into_result(self) -> Result<Self::Form, String>;
}

impl<T: OldState> DownOutput for T {
    type Form = T;

    fn into_result(self) -> Result<T, String> {
        Ok(self)
    }
}

impl<T: OldState, E: fmt::Display> DownOutput for Result<T, E> {
    type Form = T;

    fn into_result(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Runs a migration down on behalf of its shim.
///
/// # Safety
///
/// `value` points to a `T` that no thread changes meanwhile; `slot` has room for the earlier form,
/// `error` for an error.
pub unsafe fn run_down<T: crate::marked::init::Derived, O: DownOutput>(
    value: *const u8,
    slot: *mut u8,
    error: *mut RString,
    hook: impl FnOnce(&T) -> O,
) -> u8 {
    // SAFETY: the caller passes a `T`.
    let value = unsafe { &*value.cast::<T>() };
    // SAFETY: there is room for the earlier form and an error.
    unsafe { operations::make::<O::Form>(slot, error, || hook(value).into_result()) }
}

/// The form of a function that `#[hotmod::after_migrate]` exports: the new state, the version that
/// it comes from, and room for an error.
pub type CheckShim =
    unsafe extern "C" fn(state: *const u8, from: VersionWire<'_>, error: *mut RString) -> u8;

/// The form of a function that `#[hotmod::preflight]` exports: the new state, and room for an error.
pub type PreflightShim = unsafe extern "C" fn(state: *mut u8, error: *mut RString) -> u8;

/// Tries a state out on behalf of a shim.
///
/// # Safety
///
/// `state` points to an `S` that only this call uses meanwhile; `error` has room for an error.
pub unsafe fn run_preflight<S: IsState, O: CheckOutput>(
    state: *mut u8,
    error: *mut RString,
    preflight: impl FnOnce(&mut S) -> O,
) -> u8 {
    // SAFETY: the caller passes an `S`.
    let state = unsafe { &mut *state.cast::<S>() };
    let mut nothing = ();
    let preflight = || preflight(state).into_result();
    // SAFETY: a `()` needs no room; there is room for an error.
    unsafe { operations::make::<()>((&raw mut nothing).cast(), error, preflight) }
}

/// What a function marked `#[hotmod::after_migrate]` or `#[hotmod::preflight]` may return.
///
/// The trait is safe: generated code relies on the types that it names, and on nothing about the values.
#[diagnostic::on_unimplemented(
    message = "a check cannot return `{Self}` [HM-0925]",
    label = "does not say why a state is not taken",
    note = "return `Result<(), E>` with an error `E` that implements `Display`"
)]
pub trait CheckOutput {
    /// `()`, or the error as text.
    fn into_result(self) -> Result<(), String>;
}

impl<E: fmt::Display> CheckOutput for Result<(), E> {
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

/// Runs a check on behalf of its shim.
///
/// # Safety
///
/// `state` points to an `S` that no thread changes meanwhile; `error` has room for an error.
pub unsafe fn run_check<S: IsState, O: CheckOutput>(
    state: *const u8,
    from: VersionWire<'_>,
    error: *mut RString,
    check: impl FnOnce(&S, &VersionInfo<'_>) -> O,
) -> u8 {
    // SAFETY: the caller passes an `S`.
    let state = unsafe { &*state.cast::<S>() };
    let from = from.info();
    let mut nothing = ();
    let check = || check(state, &from).into_result();
    // SAFETY: a `()` needs no room; there is room for an error.
    unsafe { operations::make::<()>((&raw mut nothing).cast(), error, check) }
}

#[cfg(test)]
mod tests {
    use super::OldError;
    use crate::describe::DecodeError;

    #[test]
    fn errors_print_what_they_say() {
        let old = OldError("the old value has no field `a`".to_owned());
        assert_eq!(format!("{old:?}"), old.to_string());
        let decode = DecodeError {
            location: "record 1".to_owned(),
            expected: "a name".to_owned(),
            found: "none".to_owned(),
        };
        assert_eq!(format!("{decode:?}"), decode.to_string());
    }
}
