//! The host's side of `#[hotmod::migrate]`: an old value, read by checked names or as a whole, and
//! an earlier form that takes its place.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::{Arc, RwLock};

use abi_stable::std_types::{RResult, RSlice, RStr, RString};
use hotmod::describe::{
    Described, Description, Field, Fingerprints, Shape, Transients, Type, decode, in_place,
};
use hotmod::old::{DownShim, HookShim, KeptForm, RawOld};
use hotmod::operations::{Kind, Operations};

use super::block::free;
use super::failure::Failure;
use crate::image::memory::Memory;

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
///
/// A function asks for it in a call of its own: see [`OldCall`].
pub(super) struct Context {
    /// The version of the module that the value is at.
    from: &'static str,
    /// The descriptions of both versions, kept for as long as this context.
    manifests: [Arc<Description>; 2],
    ty: Type,
    described: Option<Described>,
    operations: &'static Operations,
    /// How what is asked for is built, where no module compiled the old value.
    forms: Option<CompileForm>,
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

/// Builds old values into the form that a module compiled.
pub(crate) trait OldForm: Send + Sync {
    /// Builds one, in a block of its own.
    ///
    /// # Safety
    ///
    /// A value is there of the operations that this was compiled for. What it refers to stays as it is, and belongs to
    /// nothing, until this returns.
    unsafe fn build(&self, old: *const u8, memory: &'static Memory)
    -> Result<NonNull<u8>, Failure>;
}

/// Compiles that, or says why it cannot be.
pub(crate) type CompileForm = fn(WantedForm<'_>) -> Result<Arc<dyn OldForm>, String>;

/// What a function asks for: a value of a type that is the same in both versions.
#[cfg_attr(
    not(feature = "snapshot"),
    expect(dead_code, reason = "what restores a snapshot reads it")
)]
pub(crate) struct WantedForm<'w> {
    pub(crate) ty: &'w Type,
    /// The descriptions of both versions, the version of the old one, and the operations on both sides.
    pub(crate) manifests: &'w [Arc<Description>; 2],
    pub(crate) from: &'static str,
    pub(crate) operations: [&'static Operations; 2],
}

/// Where a field is.
#[derive(Clone)]
enum FieldPlace {
    /// So many bytes into the value.
    Offset(usize),
    /// At this place among the fields of its variant.
    Place(usize),
    /// Nowhere in the form that is asked for: it is built from what is there.
    Built(Box<FieldPlace>, Arc<dyn OldForm>, &'static Operations),
}

/// How many answers are kept for one type, enough for the names that stand in a function's source. Further
/// names are looked up each time.
const ASKED: usize = 64;

impl Context {
    pub(super) fn new(
        from: &'static str,
        manifests: [Arc<Description>; 2],
        ty: &Type,
        (operations, forms): (&'static Operations, Option<CompileForm>),
    ) -> Self {
        Context {
            forms,
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

    /// Where a field lies in a value.
    fn address(&self, value: *const u8, place: &FieldPlace) -> Result<*const u8, String> {
        match place {
            // SAFETY: `decode` checked that the field lies inside the value.
            FieldPlace::Offset(offset) => Ok(unsafe { value.add(*offset) }),
            FieldPlace::Place(place) => match &self.operations.kind {
                // SAFETY: the value is of the operations' type, and has this variant's fields.
                Kind::Enum(operations, _) => Ok(unsafe { (operations.field)(value, *place) }),
                _ => Err("bug in hotmod: a field without a place".to_owned()),
            },
            FieldPlace::Built(place, ..) => self.address(value, place),
        }
    }

    /// Where the field of this name and type is, whose operations these are. Looked up the first time, and kept.
    fn found(
        &self,
        variant: usize,
        name: &str,
        (wanted, operations): (&[u8], &'static Operations),
    ) -> Result<FieldPlace, String> {
        let is = |asked: &&Asked| {
            asked.variant == variant && asked.name == name && asked.wanted == wanted
        };
        if let Ok(known) = self.asked.try_read()
            && let Some(asked) = known.iter().find(is)
        {
            return asked.found.clone();
        }
        let found = self.look_up(variant, name, (wanted, operations));
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

    fn look_up(
        &self,
        variant: usize,
        name: &str,
        (wanted, operations): (&[u8], &'static Operations),
    ) -> Result<FieldPlace, String> {
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
        let is_at = match field.offset {
            Some(offset) => match usize::try_from(offset) {
                Ok(offset) => FieldPlace::Offset(offset),
                Err(error) => return Err(error.to_string()),
            },
            None => FieldPlace::Place(place),
        };
        let manifests = self.manifests.each_ref();
        let prints = manifests.map(|manifest| Fingerprints::of(manifest, &wanted));
        if prints[0].layout == prints[1].layout {
            return Ok(is_at);
        }
        let is_same =
            (prints[0].schema, prints[0].meaning) == (prints[1].schema, prints[1].meaning);
        let (Some(compile), true) = (self.forms, is_same) else {
            return Err(format!(
                "the old field `{name}` is a `{wanted}` that is laid out otherwise now; read its \
                 parts, or keep the type"
            ));
        };
        let was = self.operations.part(self.first(variant) + place);
        let was = was.ok_or("bug in hotmod: a field without operations")?;
        let form = compile(WantedForm {
            ty: &wanted,
            manifests: &self.manifests,
            from: self.from,
            operations: [was, operations],
        });
        let form =
            form.map_err(|error| format!("the old field `{name}` is a `{wanted}`: {error}"))?;
        Ok(FieldPlace::Built(Box::new(is_at), form, operations))
    }

    /// The place of a variant's first field among those of all variants.
    fn first(&self, variant: usize) -> usize {
        match self.described.as_ref().map(|described| &described.shape) {
            Some(Shape::Enum { variants, .. }) => {
                let before = variants.iter().take(variant);
                before.map(|it| it.fields.len()).sum()
            }
            _ => 0,
        }
    }
}

/// One call of a function that reads an old value. What was built for it goes with it.
pub(super) struct OldCall<'c> {
    context: &'c Context,
    memory: &'static Memory,
    /// Each with its operations.
    built: RefCell<Vec<(NonNull<u8>, &'static Operations)>>,
}

impl<'c> OldCall<'c> {
    pub(super) fn new(context: &'c Context, memory: &'static Memory) -> Self {
        OldCall {
            context,
            memory,
            built: RefCell::default(),
        }
    }

    /// The value at this address, for the user's function. It must not outlive the call.
    pub(super) fn old(&self, value: *const u8) -> RawOld {
        RawOld {
            value,
            context: std::ptr::from_ref(self).cast(),
            field: find_field,
            variant: name_variant,
            version: RStr::from(self.context.from),
            read,
        }
    }

    fn find(
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
        let FieldPlace::Built(_, form, operations) = found else {
            return Ok(address);
        };
        // SAFETY: the form was compiled for this field, which lies there, and stays as the whole value does.
        let built = unsafe { form.build(address, self.memory) };
        let built = built.map_err(|failure| {
            format!(
                "the old field `{name}`{}: {}",
                failure.path(),
                failure.reason()
            )
        })?;
        self.built.borrow_mut().push((built, operations));
        Ok(built.as_ptr())
    }
}

impl Drop for OldCall<'_> {
    fn drop(&mut self) {
        for (built, operations) in self.built.take() {
            // SAFETY: it was built of these operations, and the function that was lent it has returned. What is left of it
            // after a panic of a destructor is leaked.
            let _: u8 = unsafe { (operations.drop)(built.as_ptr()) };
            // SAFETY: the block was made for it by this memory, and nothing of it is left in there.
            unsafe { free(self.memory, operations, built) };
        }
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
/// As [`RawOld::read`]: `context` is that of an [`OldCall::old`].
unsafe extern "C" fn read(
    context: *const (),
    identity: RSlice<'_, u8>,
    describe: extern "C" fn() -> KeptForm,
) -> RResult<(), RString> {
    // SAFETY: `OldCall::old` made it of a call that lasts still.
    let context = unsafe { &*context.cast::<OldCall<'_>>() }.context;
    context
        .compare(identity.as_slice(), describe)
        .map_err(RString::from)
        .into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use hotmod::StableState;
    use hotmod::state::Registry;

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
