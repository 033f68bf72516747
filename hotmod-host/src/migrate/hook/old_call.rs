//! One call of a function that reads an old value: what it may ask for, and what was built for it.

use std::cell::RefCell;

use abi_stable::std_types::{RResult, RSlice, RStr, RString};
use hotmod::old::{KeptForm, RawOld};
use hotmod::operations::Operations;

use super::{Context, FieldPlace};
use crate::image::memory::Memory;
use crate::migrate::old_form::{BuiltValue, ReadForm};

/// One call of a function that reads an old value. What was built for it goes with it.
pub(in crate::migrate) struct OldCall<'c> {
    context: &'c Context,
    memory: &'static Memory,
    /// Each with what it was built of. What is asked for again is built once.
    built: RefCell<Vec<(*const u8, BuiltValue)>>,
}

impl<'c> OldCall<'c> {
    pub(in crate::migrate) fn new(context: &'c Context, memory: &'static Memory) -> Self {
        OldCall {
            context,
            memory,
            built: RefCell::default(),
        }
    }

    /// The value at this address, for the user's function. It must not outlive the call.
    pub(in crate::migrate) fn old(&self, value: *const u8) -> RawOld {
        RawOld {
            value,
            context: std::ptr::from_ref(self).cast(),
            field: find_field,
            variant: name_variant,
            version: RStr::from(self.context.from),
            read,
        }
    }

    pub(super) fn find(
        &self,
        value: *const u8,
        name: &str,
        wanted: (&[u8], &'static Operations),
    ) -> Result<*const u8, String> {
        let context = self.context;
        // SAFETY: `old` was made of a value of the context's type.
        let variant = unsafe { context.variant(value) };
        let found = context.found(variant, name, wanted)?;
        let address = context.address(value, &found)?;
        let FieldPlace::Built(_, form) = found else {
            return Ok(address);
        };
        // SAFETY: the form was compiled for this field, which lies there, and stays as the whole value does.
        unsafe { self.built(address, &form, &format!("the old field `{name}`")) }
    }

    fn find_whole(
        &self,
        value: *const u8,
        identity: &[u8],
        describe: extern "C" fn() -> KeptForm,
    ) -> Result<*const u8, String> {
        let Some(form) = self.context.whole(identity, describe)? else {
            return Ok(value);
        };
        // SAFETY: the form was compiled for values of the context's type, of which this is one.
        unsafe { self.built(value, &form, "the old value") }
    }

    /// What is built of this value, once for all who ask.
    ///
    /// # Safety
    ///
    /// As for [`ReadForm::build`]; `old` is the value that this call is for, or within it.
    unsafe fn built(
        &self,
        old: *const u8,
        form: &ReadForm,
        what: &str,
    ) -> Result<*const u8, String> {
        let mut built = self.built.borrow_mut();
        let known = built.iter().find(|(of, it)| *of == old && it.is_of(form));
        if let Some((_, known)) = known {
            return Ok(known.as_non_null().as_ptr());
        }
        // SAFETY: the caller's.
        let made = unsafe { form.build(old, self.memory) };
        let made =
            made.map_err(|failure| format!("{what}{}: {}", failure.path(), failure.reason()))?;
        let address = made.as_non_null().as_ptr();
        built.push((old, made));
        Ok(address)
    }
}

/// # Safety
///
/// As [`RawOld::field`]: `context` and `value` are those of one [`OldCall::old`].
unsafe extern "C" fn find_field(
    context: *const (),
    value: *const u8,
    name: RStr<'_>,
    ty: RSlice<'_, u8>,
    operations: &'static Operations,
) -> RResult<*const u8, RString> {
    // SAFETY: `OldCall::old` made it of a call that lasts still.
    let call = unsafe { &*context.cast::<OldCall<'_>>() };
    call.find(value, name.as_str(), (ty.as_slice(), operations))
        .map_err(RString::from)
        .into()
}

/// # Safety
///
/// As [`RawOld::variant`]: `context` and `value` are those of one [`OldCall::old`].
unsafe extern "C" fn name_variant(context: *const (), value: *const u8) -> RStr<'static> {
    // SAFETY: `OldCall::old` made it of a call that lasts still.
    let context = unsafe { &*context.cast::<OldCall<'_>>() }.context;
    // SAFETY: the value is of the context's type.
    let variant = unsafe { context.variant(value) };
    let (name, _) = context.fields(variant);
    // SAFETY: the name lives as long as the context, and `Old::variant` gives it out for no longer
    // than the call for which the context was made.
    RStr::from(unsafe { &*std::ptr::from_ref(name) })
}

/// # Safety
///
/// As [`RawOld::read`]: `context` and `value` are those of one [`OldCall::old`].
unsafe extern "C" fn read(
    context: *const (),
    value: *const u8,
    identity: RSlice<'_, u8>,
    describe: extern "C" fn() -> KeptForm,
) -> RResult<*const u8, RString> {
    // SAFETY: `OldCall::old` made it of a call that lasts still.
    let call = unsafe { &*context.cast::<OldCall<'_>>() };
    call.find_whole(value, identity.as_slice(), describe)
        .map_err(RString::from)
        .into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use hotmod::StableState;
    use hotmod::describe::{Type, decode};
    use hotmod::state::Registry;

    use super::super::ASKED;
    use super::*;
    use crate::forever::forever;

    #[derive(StableState)]
    struct Player {
        name: String,
        items: Vec<Item>,
    }

    #[derive(StableState)]
    enum Item {
        Sword(u32),
        Bag { items: Vec<Item>, size: u64 },
    }

    fn context<T: StableState>() -> Context {
        let mut types = Registry::default();
        T::register(&mut types);
        let section = hotmod::state::expected::section(&types);
        let module = Arc::new(decode::decode(&section, "rustc").expect("a description"));
        let ty = Type::from(&T::TYPE);
        Context::new(
            "1.0.0",
            [module.clone(), module],
            &ty,
            (T::OPERATIONS, None),
        )
    }

    fn find<T: StableState>(
        context: &Context,
        value: *const u8,
        name: &str,
    ) -> Result<*const u8, String> {
        let call = OldCall::new(context, forever(Memory::default()));
        call.find(
            value,
            name,
            (&hotmod::old::encoded(&T::TYPE), T::OPERATIONS),
        )
    }

    #[test]
    fn a_field_is_compared_once_for_all_values() {
        let players: Vec<Player> = (0..100)
            .map(|i| Player {
                name: format!("p{i}"),
                items: Vec::new(),
            })
            .collect();
        let context = context::<Player>();
        for player in &players {
            let value = std::ptr::from_ref(player).cast();
            let name = find::<String>(&context, value, "name");
            assert_eq!(name, Ok(std::ptr::from_ref(&player.name).cast()));
            let items = find::<Vec<Item>>(&context, value, "items");
            assert_eq!(items, Ok(std::ptr::from_ref(&player.items).cast()));
            assert!(find::<u8>(&context, value, "name").is_err());
            assert!(find::<u8>(&context, value, "gold").is_err());
        }
        assert_eq!(context.comparisons.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn a_field_of_each_variant_is_its_own() {
        let items = [
            Item::Sword(7),
            Item::Bag {
                items: Vec::new(),
                size: 9,
            },
        ];
        let context = context::<Item>();
        for _ in 0..10 {
            let [sword, bag] = [&items[0], &items[1]].map(|it| std::ptr::from_ref(it).cast());
            assert!(find::<u32>(&context, sword, "0").is_ok());
            assert!(find::<u32>(&context, bag, "0").is_err());
            assert!(find::<u64>(&context, bag, "size").is_ok());
            assert!(find::<u64>(&context, sword, "size").is_err());
        }
        assert_eq!(context.comparisons.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn what_is_kept_of_answers_is_bounded() {
        let player = Player {
            name: String::new(),
            items: Vec::new(),
        };
        let context = context::<Player>();
        for i in 0..2 * ASKED {
            let value = std::ptr::from_ref(&player).cast();
            assert!(find::<u8>(&context, value, &i.to_string()).is_err());
        }
        assert_eq!(context.asked.read().expect("a lock").len(), ASKED);
    }
}
