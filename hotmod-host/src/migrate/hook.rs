//! The host's side of `#[hotmod::migrate]`: an old value, read by checked names or as a whole, and
//! an earlier form that takes its place.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use abi_stable::std_types::{RResult, RSlice, RStr, RString};
use hotmod::describe::{
    Described, Description, Field, Fingerprints, Shape, Transients, Type, decode, in_place,
};
use hotmod::old::{DownShim, HookShim, KeptForm, RawOld};
use hotmod::operations::{Kind, Operations};

/// A value that the user's function makes.
pub(super) struct Hook {
    pub(super) by: By,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
    /// Whether several threads may make values at once.
    pub(super) parallel: bool,
}

/// Whose function it is.
pub(super) enum By {
    /// The new module's: it reads the old value.
    New(HookShim, Box<Context>),
    /// The old module's: it makes what the new module has.
    Old(DownShim),
}

/// What the host knows of an old value.
pub(super) struct Context {
    /// The version of the module that the value is at.
    from: &'static str,
    /// The descriptions of both versions, kept for as long as this context.
    manifests: [Arc<Description>; 2],
    ty: Type,
    described: Option<Described>,
    operations: &'static Operations,
    /// Whether the old value may be read as each form that the new module kept, by the form's identity: one
    /// comparison serves all values. No thread waits for this lock, since in a copy of the process its
    /// holder may not exist: a thread that does not get it compares again.
    compared: RwLock<BTreeMap<Vec<u8>, Result<(), String>>>,
    /// Where the fields are that the new module's function asks for: one comparison serves all values of a
    /// variant. As above, no thread waits for the lock.
    asked: RwLock<Vec<Asked>>,
    /// How many fields were compared.
    #[cfg(test)]
    comparisons: std::sync::atomic::AtomicUsize,
}

/// What was asked for, and found.
struct Asked {
    /// The variant of the value, by its place; 0 for a struct.
    variant: usize,
    name: String,
    /// The encoded type.
    wanted: Vec<u8>,
    found: Result<FieldPlace, String>,
}

/// Where a field is.
#[derive(Clone, Copy)]
enum FieldPlace {
    /// So many bytes into the value.
    Offset(usize),
    /// At this place among the fields of its variant.
    Place(usize),
}

/// How many answers are kept for one type, enough for the names that stand in a function's source. Further
/// names are looked up each time.
const ASKED: usize = 64;

impl Context {
    pub(super) fn new(
        from: &'static str,
        manifests: [Arc<Description>; 2],
        ty: &Type,
        operations: &'static Operations,
    ) -> Self {
        Context {
            described: manifests[0].types.get(ty).cloned(),
            ty: ty.clone(),
            from,
            manifests,
            operations,
            compared: RwLock::default(),
            asked: RwLock::default(),
            #[cfg(test)]
            comparisons: Default::default(),
        }
    }

    /// The value at this address, for the user's function. It must not outlive the context.
    pub(super) fn old(&self, value: *const u8) -> RawOld {
        RawOld {
            value,
            context: std::ptr::from_ref(self).cast(),
            field: find_field,
            variant: name_variant,
            version: RStr::from(self.from),
            read,
        }
    }

    /// The place of the value's variant; 0 for a struct.
    ///
    /// # Safety
    ///
    /// `value` is of the context's type.
    unsafe fn variant(&self, value: *const u8) -> usize {
        match &self.operations.kind {
            // SAFETY: the value is of the operations' type.
            Kind::Enum(operations, _) => unsafe { (operations.variant)(value) },
            _ => 0,
        }
    }

    /// The name and the fields of the variant at this place.
    fn fields(&self, variant: usize) -> (&str, &[Field]) {
        match self.described.as_ref().map(|described| &described.shape) {
            Some(Shape::Struct(fields)) => ("", fields),
            Some(Shape::Enum { variants, .. }) => {
                let variant = variants.get(variant);
                variant.map_or(("", &[]), |it| (it.name.as_str(), it.fields.as_slice()))
            }
            None => ("", &[]),
        }
    }

    /// Whether the value may be read as the form with this identity.
    fn compare(
        &self,
        identity: &[u8],
        describe: extern "C" fn() -> KeptForm,
    ) -> Result<(), String> {
        let known = self.compared.try_read().ok();
        if let Some(known) = known.and_then(|compared| compared.get(identity).cloned()) {
            return known;
        }
        let result = self.compare_anew(&describe());
        if let Ok(mut compared) = self.compared.try_write() {
            compared.insert(identity.to_vec(), result.clone());
        }
        result
    }

    fn compare_anew(&self, form: &KeptForm) -> Result<(), String> {
        let ty = decode::decode_type(&form.ty).map_err(|error| error.to_string())?;
        if ty != self.ty {
            return Err(format!("the old value is a `{}`, not a `{ty}`", self.ty));
        }
        let [was, now] = &self.manifests;
        let toolchain = &now.toolchain;
        let kept = decode::decode(&form.section, toolchain).map_err(|error| error.to_string())?;
        in_place(was, &kept, &ty)
    }

    fn find(&self, value: *const u8, name: &str, wanted: &[u8]) -> Result<*const u8, String> {
        // SAFETY: `old` was made of a value of the context's type.
        let variant = unsafe { self.variant(value) };
        match self.found(variant, name, wanted)? {
            // SAFETY: `decode` checked that the field lies inside the value.
            FieldPlace::Offset(offset) => Ok(unsafe { value.add(offset) }),
            FieldPlace::Place(place) => match &self.operations.kind {
                // SAFETY: the value is of the operations' type, and has this variant's fields.
                Kind::Enum(operations, _) => Ok(unsafe { (operations.field)(value, place) }),
                _ => Err("bug in hotmod: a field without a place".to_owned()),
            },
        }
    }

    /// Where the field of this name and type is. Looked up the first time, and kept.
    fn found(&self, variant: usize, name: &str, wanted: &[u8]) -> Result<FieldPlace, String> {
        let is = |asked: &&Asked| {
            asked.variant == variant && asked.name == name && asked.wanted == wanted
        };
        if let Ok(known) = self.asked.try_read()
            && let Some(asked) = known.iter().find(is)
        {
            return asked.found.clone();
        }
        let found = self.look_up(variant, name, wanted);
        if let Ok(mut known) = self.asked.try_write()
            && known.len() < ASKED
        {
            known.push(Asked {
                variant,
                name: name.to_owned(),
                wanted: wanted.to_owned(),
                found: found.clone(),
            });
        }
        found
    }

    fn look_up(&self, variant: usize, name: &str, wanted: &[u8]) -> Result<FieldPlace, String> {
        #[cfg(test)]
        self.comparisons
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let (_, fields) = self.fields(variant);
        let Some(place) = fields.iter().position(|field| field.name == name) else {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            return Err(format!(
                "the old value has no field `{name}`; it has {}",
                names.join(", ")
            ));
        };
        let field = &fields[place];
        let wanted = decode::decode_type(wanted).map_err(|error| error.to_string())?;
        if wanted != field.ty {
            return Err(format!(
                "the old field `{name}` is `{}`, not `{wanted}`",
                field.ty
            ));
        }
        if let Some(field) = Transients::of(&self.manifests[0]).within(&wanted) {
            return Err(format!(
                "the old field `{name}` is a `{wanted}` with `{field}`, which is not carried over, \
                 so nothing says what it is: read the parts around it, or let the field be converted \
                 by itself"
            ));
        }
        let layouts = self.manifests.each_ref();
        let layouts = layouts.map(|manifest| Fingerprints::of(manifest, &wanted).layout);
        if layouts[0] != layouts[1] {
            return Err(format!(
                "the old field `{name}` is a `{wanted}` that is laid out otherwise now; read its \
                 parts, or keep the type"
            ));
        }
        match field.offset {
            Some(offset) => match usize::try_from(offset) {
                Ok(offset) => Ok(FieldPlace::Offset(offset)),
                Err(error) => Err(error.to_string()),
            },
            None => Ok(FieldPlace::Place(place)),
        }
    }
}

/// # Safety
///
/// As [`RawOld::field`]: `context` and `value` are those of one [`Context::old`].
unsafe extern "C" fn find_field(
    context: *const (),
    value: *const u8,
    name: RStr<'_>,
    ty: RSlice<'_, u8>,
) -> RResult<*const u8, RString> {
    // SAFETY: `Context::old` made it of a context that outlives the call.
    let context = unsafe { &*context.cast::<Context>() };
    context
        .find(value, name.as_str(), ty.as_slice())
        .map_err(RString::from)
        .into()
}

/// # Safety
///
/// As [`RawOld::variant`]: `context` and `value` are those of one [`Context::old`].
unsafe extern "C" fn name_variant(context: *const (), value: *const u8) -> RStr<'static> {
    // SAFETY: `Context::old` made it of a context that outlives the call.
    let context = unsafe { &*context.cast::<Context>() };
    // SAFETY: the value is of the context's type.
    let variant = unsafe { context.variant(value) };
    let (name, _) = context.fields(variant);
    // SAFETY: the name lives as long as the context, and `Old::variant` gives it out for no longer
    // than the call for which the context was made.
    RStr::from(unsafe { &*std::ptr::from_ref(name) })
}

/// # Safety
///
/// As [`RawOld::read`]: `context` is that of a [`Context::old`].
unsafe extern "C" fn read(
    context: *const (),
    identity: RSlice<'_, u8>,
    describe: extern "C" fn() -> KeptForm,
) -> RResult<(), RString> {
    // SAFETY: `Context::old` made it of a context that outlives the call.
    let context = unsafe { &*context.cast::<Context>() };
    context
        .compare(identity.as_slice(), describe)
        .map_err(RString::from)
        .into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use hotmod::state::Registry;
    use hotmod::{Describe, StableState};

    use super::*;

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
        Context::new("1.0.0", [module.clone(), module], &ty, T::OPERATIONS)
    }

    fn encoded<T: Describe>() -> Vec<u8> {
        hotmod::old::encoded(&T::TYPE)
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
            let name = context.find(value, "name", &encoded::<String>());
            assert_eq!(name, Ok(std::ptr::from_ref(&player.name).cast()));
            let items = context.find(value, "items", &encoded::<Vec<Item>>());
            assert_eq!(items, Ok(std::ptr::from_ref(&player.items).cast()));
            assert!(context.find(value, "name", &encoded::<u8>()).is_err());
            assert!(context.find(value, "gold", &encoded::<u8>()).is_err());
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
            assert!(context.find(sword, "0", &encoded::<u32>()).is_ok());
            assert!(context.find(bag, "0", &encoded::<u32>()).is_err());
            assert!(context.find(bag, "size", &encoded::<u64>()).is_ok());
            assert!(context.find(sword, "size", &encoded::<u64>()).is_err());
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
            assert!(context.find(value, &i.to_string(), &[]).is_err());
        }
        assert_eq!(context.asked.read().expect("a lock").len(), ASKED);
    }
}
