//! The host's side of `#[hotmod::migrate]`: an old value, read by checked names or as a whole, and
//! an earlier form that takes its place.

pub(super) mod old_call;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use hotmod::describe::{
    Described, Description, Field, Fingerprints, Shape, Transient, Transients, Type, decode,
};
use hotmod::old::{DownShim, HookShim, KeptForm};
use hotmod::operations::{Kind, Operations};
use hotmod_file::in_place::{built, followed, in_place};

use super::old_form::{CompileForm, ReadForm, WantedForm};

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
    /// Whether the old value may be read as each form that the new module kept, by the form's identity, and how the form
    /// is built where the value is not read in place: one comparison serves all values. No thread waits for this lock, since in a copy of the process its
    /// holder may not exist: a thread that does not get it compares again.
    compared: RwLock<BTreeMap<Vec<u8>, Compared>>,
    /// Where the fields are that the new module's function asks for: one comparison serves all values of a
    /// variant. As above, no thread waits for the lock.
    asked: RwLock<Vec<Asked>>,
    /// How many fields were compared.
    #[cfg(test)]
    comparisons: std::sync::atomic::AtomicUsize,
}

/// How a form that was kept is built of the old value, `None` where that is read in place; or why it is not that form.
type Compared = Result<Option<ReadForm>, String>;

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
#[derive(Clone)]
enum FieldPlace {
    /// So many bytes into the value.
    Offset(usize),
    /// At this place among the fields of its variant.
    Place(usize),
    /// Nowhere in the form that is asked for: it is built from what is there.
    Built(Box<FieldPlace>, ReadForm),
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

    /// How the form with this identity is built of the value; `None` where the value is read in place.
    fn whole(&self, identity: &[u8], describe: extern "C" fn() -> KeptForm) -> Compared {
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

    fn compare_anew(&self, form: &KeptForm) -> Compared {
        let ty = decode::decode_type(&form.ty).map_err(|error| error.to_string())?;
        if ty != self.ty {
            return Err(format!("the old value is a `{}`, not a `{ty}`", self.ty));
        }
        let [was, now] = &self.manifests;
        let toolchain = &now.toolchain;
        let kept = decode::decode(&form.section, toolchain).map_err(|error| error.to_string())?;
        let differs = match in_place(was, &kept, &ty) {
            Ok(()) => return Ok(None),
            Err(differs) => differs,
        };
        let Some(compile) = self.forms else {
            return Err(differs);
        };
        built(was, &kept, &ty)?;
        self.refuse_followed(&ty)?;
        let form = ReadForm::compile(
            compile,
            WantedForm {
                ty: &ty,
                manifests: &[was.clone(), Arc::new(kept)],
                from: self.from,
                operations: [self.operations, form.operations],
            },
        );
        form.map(Some)
            .map_err(|error| format!("the old value is a `{ty}`: {error}"))
    }

    /// Refuses to build what holds a `Lazy` whose value would have to be taken along.
    fn refuse_followed(&self, ty: &Type) -> Result<(), String> {
        let [was, now] = &self.manifests;
        match followed(was, now, ty) {
            Some(value) => Err(format!(
                "it holds a `Lazy` of `{value}`, which is taken along by itself: read the parts around it"
            )),
            None => Ok(()),
        }
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
        if let Some(within) = Transients::of(&self.manifests[0]).within(&wanted) {
            let (how, cure) = match within {
                Transient::Carried(_) | Transient::Foreign(_) => (
                    "carried over by a form of its own, which no function reads",
                    "let the function be of a type that holds none of it (the field is converted by itself), or \
                     have the version before keep what is needed of it in a field of another type",
                ),
                _ => (
                    "not carried over, so nothing says what it is",
                    "read the parts around it, or let the field be converted by itself",
                ),
            };
            return Err(match within.to_string() == wanted.to_string() {
                true => format!("the old field `{name}` is a `{wanted}`, which is {how}: {cure}"),
                false => {
                    format!(
                        "the old field `{name}` is a `{wanted}` with `{within}`, which is {how}: {cure}"
                    )
                }
            });
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
        self.refuse_followed(&wanted)?;
        let was = self.operations.part(self.first(variant) + place);
        let was = was.ok_or("bug in hotmod: a field without operations")?;
        let form = ReadForm::compile(
            compile,
            WantedForm {
                ty: &wanted,
                manifests: &self.manifests,
                from: self.from,
                operations: [was, operations],
            },
        );
        let form =
            form.map_err(|error| format!("the old field `{name}` is a `{wanted}`: {error}"))?;
        Ok(FieldPlace::Built(Box::new(is_at), form))
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
