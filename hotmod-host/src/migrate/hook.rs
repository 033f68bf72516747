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

use crate::image::Image;

/// A value that the user's function makes.
pub(super) struct Hook {
    pub(super) by: By,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
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
    from: &'static Image,
    /// The descriptions of both versions, which stay for as long as this does.
    manifests: [Arc<Description>; 2],
    ty: Type,
    described: Option<Described>,
    operations: &'static Operations,
    /// What the forms that the new module kept were found to be, by their identity: there is one
    /// comparison for all values. Nobody waits for it, who may be the only thread of a copy of the
    /// process: without it, it is compared again.
    compared: RwLock<BTreeMap<Vec<u8>, Result<(), String>>>,
}

impl Context {
    pub(super) fn new(
        from: &'static Image,
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
        }
    }

    /// The value at this address, for the user's function. Lives as long as the context.
    pub(super) fn old(&self, value: *const u8) -> RawOld {
        RawOld {
            value,
            context: std::ptr::from_ref(self).cast(),
            field: find_field,
            variant: name_variant,
            version: RStr::from(self.from.version.as_str()),
            read,
        }
    }

    /// The fields that the value has, and the name of its variant.
    ///
    /// # Safety
    ///
    /// `value` is of the context's type.
    unsafe fn fields(&self, value: *const u8) -> (&str, &[Field]) {
        match (
            self.described.as_ref().map(|described| &described.shape),
            &self.operations.kind,
        ) {
            (Some(Shape::Struct(fields)), _) => ("", fields),
            (Some(Shape::Enum { variants, .. }), Kind::Enum(operations, _)) => {
                // SAFETY: the value is of the operations' type.
                let place = unsafe { (operations.variant)(value) };
                let variant = variants.get(place);
                variant.map_or(("", &[]), |it| (it.name.as_str(), it.fields.as_slice()))
            }
            _ => ("", &[]),
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
        let (_, fields) = unsafe { self.fields(value) };
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
        match (field.offset, &self.operations.kind) {
            (Some(offset), _) => {
                let offset = usize::try_from(offset).map_err(|error| error.to_string())?;
                // SAFETY: `decode` checked that the field lies inside the value.
                Ok(unsafe { value.add(offset) })
            }
            (None, Kind::Enum(operations, _)) => {
                // SAFETY: the value is of the operations' type, and has this variant's fields.
                Ok(unsafe { (operations.field)(value, place) })
            }
            _ => Err("bug in hotmod: a field without a place".to_owned()),
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
    let (name, _) = unsafe { context.fields(value) };
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
