//! The host's side of `#[hotmod::migrate]`: an old value, read by checked names.

use abi_stable::std_types::{RResult, RSlice, RStr, RString};
use hotmod::describe::{Described, Field, Fingerprints, Shape, Type, decode};
use hotmod::old::{HookShim, RawOld};
use hotmod::operations::{Kind, Operations};

use crate::load::Image;

/// A value that the user's function makes.
pub(super) struct Hook {
    pub(super) shim: HookShim,
    pub(super) context: Context,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

/// What the host knows of an old value.
pub(super) struct Context {
    from: &'static Image,
    to: &'static Image,
    described: Option<&'static Described>,
    operations: &'static Operations,
}

impl Context {
    pub(super) fn new(
        (from, to): (&'static Image, &'static Image),
        ty: &Type,
        operations: &'static Operations,
    ) -> Self {
        Context {
            described: from.manifest.types.get(ty),
            from,
            to,
            operations,
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
        }
    }

    /// The fields that the value has, and the name of its variant.
    ///
    /// # Safety
    ///
    /// `value` is of the context's type.
    unsafe fn fields(&self, value: *const u8) -> (&'static str, &'static [Field]) {
        match (
            &self.described.map(|described| &described.shape),
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
        let layouts =
            [self.from, self.to].map(|image| Fingerprints::of(&image.manifest, &wanted).layout);
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
    RStr::from(name)
}
