//! The operations of values that were decoded: how they are read where [`hotmod_file::snapshot::layout`] has them lie.
//!
//! Nothing of a decoded value owns anything: what it refers to lies in the memory that it was decoded into, or in the
//! bytes that it was decoded from. So none of these operations frees or drops, and none builds. Each function asks what the
//! field of the table asks in which it stands ([`hotmod::operations`]): what is there is a decoded value of the table's type.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use abi_stable::std_types::{RSlice, RString, RVec};
use hotmod::describe::{Builtin, Description, Type};
use hotmod::operations::{
    Access, Bytes, CarriedAs, CarriedBySerde, Collection, EachItem, FAILED, Kind, MadePart,
    MadeParts, Many, Number, OK, Operations, OwnerCounts, Pointer, Run, Shared, Slice, TakeBytes,
    Variants, Weak,
};
use hotmod_file::snapshot::form::{ColumnOf, Form, Scalar};
use hotmod_file::snapshot::layout::DecodedLayouts;
use hotmod_file::{Digest, SnapshotError};

use crate::forever::forever;

/// How values of all types of a description are decoded, and read then.
pub(super) struct DecodedTables {
    pub(super) layouts: DecodedLayouts,
    pub(super) forms: Vec<DecodedForm>,
}

/// How values of one type are.
pub(super) struct DecodedForm {
    pub(super) operations: &'static Operations,
    /// Where the fields of each variant start.
    pub(super) variants: Vec<&'static [usize]>,
    /// Many of them that follow each other.
    pub(super) run: DecodedRun,
    /// Of a container, its items.
    pub(super) items: Option<&'static DecodedItems>,
}

/// How values lie that follow each other.
pub(super) struct DecodedRun {
    /// How far one is from the next, in bytes.
    pub(super) stride: usize,
    pub(super) align: usize,
    /// How many bytes each takes at least that is written.
    pub(super) least: usize,
    /// The forms of what each consists of, and where in it they are: one, but for items of a map.
    pub(super) parts: Vec<(usize, usize)>,
    pub(super) columns: Vec<DecodedColumn>,
}

/// A column of a run.
#[derive(Clone, Copy)]
pub(super) struct DecodedColumn {
    /// Where in an item it is.
    pub(super) offset: usize,
    /// The form of what is there.
    pub(super) form: usize,
    pub(super) of: ColumnOf,
}

/// How the items of a container lie.
pub(super) struct DecodedItems {
    pub(super) run: DecodedRun,
    /// Of a map, where in an item the value is.
    pub(super) second: Option<usize>,
}

/// What a decoded text, or what serde has written, is; with bytes in place of values, what carries over a field.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Reference {
    pub(super) first: *const u8,
    pub(super) len: usize,
}

/// What a decoded container is.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct ItemsReference {
    pub(super) items: Reference,
    pub(super) of: &'static DecodedItems,
}

/// What a decoded enum begins with.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct VariantHeader {
    pub(super) variant: usize,
    /// Where its fields start, in the value.
    pub(super) fields: *const usize,
}

/// The tables of all descriptions that were ever decoded by: plans that were compiled refer to them.
static KNOWN: Mutex<Option<KnownTables>> = Mutex::new(None);

/// By the bytes of the description, whether secrets are left out of it, and the other types.
type KnownTables = HashMap<(Digest, bool, Vec<Type>), &'static DecodedTables>;

impl DecodedTables {
    /// Of all types of a description, and of these others. `section` are the bytes that it was read from, and `whole` says
    /// whether it has all of their fields.
    pub(super) fn of(
        description: &Description,
        (section, whole): (&[u8], bool),
        others: &[Type],
    ) -> Result<&'static Self, SnapshotError> {
        let key = (Digest::of(section), whole, others.to_vec());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        if let Some(tables) = known.get(&key) {
            return Ok(tables);
        }
        let tables = forever(Self::new(DecodedLayouts::of(description, others)?));
        known.insert(key, tables);
        Ok(tables)
    }

    fn new(layouts: DecodedLayouts) -> Self {
        let count = layouts.forms.len();
        let mut forms = Vec::with_capacity(count);
        let mut parts = Vec::with_capacity(count);
        for form in 0..count {
            let layout = layouts.get(form);
            let made: &'static MadeParts = forever(MadeParts::new());
            parts.push(made);
            let operations = forever(Operations {
                size: layout.size,
                align: layout.align,
                drop: drop_nothing,
                part: no_parts,
                kind: kind(&layouts, form),
                crossing: None,
                made: Some(made),
            });
            let items = match layouts.forms.get(form) {
                Form::Items(of) => Some(items(&layouts, of)),
                _ => None,
            };
            let variants = layout.parts.iter();
            forms.push(DecodedForm {
                operations,
                variants: variants.map(|it| &**forever(it.clone())).collect(),
                items,
                run: run(&layouts, vec![(form, 0)], layout.size, layout.align),
            });
        }
        for (form, made) in parts.into_iter().enumerate() {
            let of = parts_of(&layouts, form).into_iter();
            let of = of.map(|(part, offset)| MadePart {
                operations: forms[part].operations,
                offset,
            });
            let of: &'static Vec<MadePart> = forever(of.collect());
            made.set(of);
        }
        DecodedTables { layouts, forms }
    }
}

/// The parts that the operations of a type have, and where they start in a tuple.
fn parts_of(layouts: &DecodedLayouts, form: usize) -> Vec<(usize, usize)> {
    let offset = |place: usize| {
        let offsets = layouts.get(form).parts.first();
        offsets.and_then(|it| it.get(place)).copied().unwrap_or(0)
    };
    match layouts.forms.get(form) {
        Form::Struct(fields) => {
            let fields = fields.iter().enumerate();
            fields.map(|(place, it)| (it.form, offset(place))).collect()
        }
        Form::Tuple(parts) => {
            let parts = parts.iter().enumerate();
            parts.map(|(place, it)| (*it, offset(place))).collect()
        }
        Form::Enum(variants) => {
            let fields = variants.iter().flat_map(|it| &it.fields);
            fields.map(|it| (it.form, 0)).collect()
        }
        Form::Items(items) => items.iter().map(|it| (*it, 0)).collect(),
        Form::Bounds(bound) => vec![(*bound, 0); 2],
        Form::Option(held)
        | Form::Elements(_, held)
        | Form::Inside(held, _)
        | Form::Shared(held, _)
        | Form::Weak(held)
        | Form::As(held) => vec![(*held, 0)],
        _ => Vec::new(),
    }
}

fn items(layouts: &DecodedLayouts, of: &[usize]) -> &'static DecodedItems {
    let first = layouts.get(of[0]);
    let (parts, size, align) = match of.get(1) {
        None => (vec![(of[0], 0)], first.size, first.align),
        Some(value) => {
            let second = layouts.get(*value);
            let offset = first.size.next_multiple_of(second.align);
            let parts = vec![(of[0], 0), (*value, offset)];
            (parts, offset + second.size, first.align.max(second.align))
        }
    };
    forever(DecodedItems {
        second: parts.get(1).map(|(_, offset)| *offset),
        run: run(layouts, parts, size.next_multiple_of(align), align),
    })
}

fn run(
    layouts: &DecodedLayouts,
    parts: Vec<(usize, usize)>,
    stride: usize,
    align: usize,
) -> DecodedRun {
    let mut columns = Vec::new();
    for (form, start) in &parts {
        columns.extend(layouts.forms.columns(*form).iter().map(|column| {
            let mut found = (*form, *start);
            for step in &column.steps {
                found = step_into(layouts, found, *step);
            }
            DecodedColumn {
                offset: found.1,
                form: column.form,
                of: column.of,
            }
        }));
    }
    DecodedRun {
        stride,
        align,
        least: parts.iter().map(|it| layouts.forms.least(it.0)).sum(),
        parts,
        columns,
    }
}

/// A part of a value that is taken apart, and where it starts.
fn step_into(
    layouts: &DecodedLayouts,
    (form, start): (usize, usize),
    step: usize,
) -> (usize, usize) {
    let (part, offset) = match layouts.forms.get(form) {
        Form::Elements(_, item) => (*item, step * layouts.get(*item).size),
        _ => parts_of(layouts, form)[step],
    };
    (part, start + offset)
}

fn kind(layouts: &DecodedLayouts, form: usize) -> Kind {
    let ty = layouts.forms.ty(form);
    let variants = Variants {
        variant,
        field,
        build: build_variant,
        is_cell: false,
    };
    match layouts.forms.get(form) {
        Form::Unit | Form::Never | Form::Skip | Form::Opaque => Kind::Opaque,
        Form::Scalar(Scalar::Number(number, false)) if is_plain(ty) => Kind::Number(Number {
            float: number.float,
            signed: number.signed,
        }),
        Form::Scalar(_) => Kind::Opaque,
        Form::Written => Kind::Bytes(Bytes {
            read: read_bytes,
            build: build_bytes,
        }),
        // A range is none to the planner.
        Form::Struct(_) if ty.is_named() => Kind::Struct(no_maker),
        Form::Struct(_) | Form::Tuple(_) => Kind::Tuple(no_offset),
        Form::Enum(_) | Form::Option(_) | Form::Bounds(_) => Kind::Enum(variants, no_maker),
        Form::Items(items) => Kind::Collection(Collection {
            len,
            each,
            begin,
            add,
            finish: None,
            consume,
            slice: (items.len() == 1).then_some(Slice {
                runs,
                build: build_runs,
                exact: false,
            }),
        }),
        Form::Elements(len, _) => Kind::Array(*len),
        Form::Inside(_, is_elsewhere) => Kind::Pointer(Pointer {
            item: match is_elsewhere {
                true => item,
                false => itself,
            },
            build: build_pointer,
            free: free_nothing,
            access: Access::Plain,
        }),
        Form::Shared(_, is_slice) => Kind::Shared(Shared {
            item,
            len: is_slice.then_some(shared_len),
            room,
            share,
            another,
            alone,
            counts,
            free: free_nothing,
            free_new: free_nothing,
            threads: false,
        }),
        Form::Weak(_) => Kind::Weak(Weak {
            item: followed,
            follow,
            nowhere,
        }),
        Form::Serde | Form::Coded => Kind::Serde(CarriedBySerde {
            write: write_serde,
            read: read_serde,
        }),
        Form::As(_) => Kind::As(CarriedAs {
            into: give,
            from: take,
            moved: None,
        }),
    }
}

/// Whether the rules take it for a number, which may become one of another type.
fn is_plain(ty: &Type) -> bool {
    use Builtin::*;
    let plain = [
        U8, U16, U32, U64, U128, Usize, I8, I16, I32, I64, I128, Isize, F32, F64,
    ];
    ty.builtin().is_some_and(|it| plain.contains(&it))
}

extern "C" fn no_parts(_: usize) -> Option<&'static Operations> {
    None
}

extern "C" fn no_offset(_: usize) -> usize {
    0
}

unsafe extern "C" fn drop_nothing(_: *mut u8) -> u8 {
    OK
}

unsafe extern "C" fn free_nothing(_: *mut u8) {}

/// What builds a value is never called of the side that values come from.
#[cold]
fn never() -> ! {
    // No panic may leave a function that is called as a module's.
    eprintln!("bug in hotmod: a decoded value was to be built");
    std::process::abort()
}

unsafe extern "C" fn no_maker(
    _: usize,
    _: u8,
    _: *mut u8,
    _: *const u8,
    error: *mut RString,
) -> u8 {
    // SAFETY: the caller gives room for an error.
    unsafe { error.write("what was decoded makes no fields".into()) };
    FAILED
}

/// # Safety
///
/// A value is there that begins with a reference.
unsafe fn reference(value: *const u8) -> Reference {
    // SAFETY: the caller's.
    unsafe { value.cast::<Reference>().read() }
}

unsafe extern "C" fn read_bytes(value: *const u8, context: *mut (), with: TakeBytes) {
    // SAFETY: a decoded text is there.
    let Reference { first, len } = unsafe { reference(value) };
    // SAFETY: so many bytes are where it says, and stay as long as what was decoded is used.
    let bytes = unsafe { RSlice::from_raw_parts(first, len) };
    // SAFETY: the context is that of the function.
    unsafe { with(context, bytes) };
}

unsafe extern "C" fn build_bytes(_: *mut u8, _: RSlice<'_, u8>) -> u8 {
    FAILED
}

unsafe extern "C" fn variant(value: *const u8) -> usize {
    // SAFETY: a decoded enum is there.
    unsafe { value.cast::<VariantHeader>().read() }.variant
}

unsafe extern "C" fn field(value: *const u8, place: usize) -> *mut u8 {
    // SAFETY: a decoded enum is there.
    let VariantHeader { fields, .. } = unsafe { value.cast::<VariantHeader>().read() };
    // SAFETY: its variant has a field at this place, so the list is so long.
    let offset = unsafe { fields.wrapping_add(place).read() };
    value.wrapping_add(offset).cast_mut()
}

unsafe extern "C" fn build_variant(_: *mut u8, _: usize, _: *const *mut u8) {
    never()
}

/// # Safety
///
/// A decoded container is there.
unsafe fn container(value: *const u8) -> ItemsReference {
    // SAFETY: the caller's.
    unsafe { value.cast::<ItemsReference>().read() }
}

unsafe extern "C" fn len(value: *const u8) -> usize {
    // SAFETY: a decoded container is there.
    unsafe { container(value) }.items.len
}

unsafe extern "C" fn each(value: *const u8, skip: usize, context: *mut (), each: EachItem) -> u8 {
    // SAFETY: a decoded container is there.
    let ItemsReference { items, of } = unsafe { container(value) };
    for place in skip..items.len {
        let first = items.first.wrapping_add(place * of.run.stride).cast_mut();
        let parts = [first, first.wrapping_add(of.second.unwrap_or_default())];
        // SAFETY: the context is that of the function, and the item has as many parts as the container has parameters.
        if !unsafe { each(context, parts.as_ptr()) } {
            return FAILED;
        }
    }
    OK
}

unsafe extern "C" fn begin(_: *mut u8, _: usize) -> u8 {
    FAILED
}

unsafe extern "C" fn add(_: *mut u8, _: *const *mut u8) -> u8 {
    FAILED
}

unsafe extern "C" fn consume(value: *mut u8, context: *mut (), with: EachItem) {
    // SAFETY: the caller's; there is nothing to free.
    unsafe { each(value, 0, context, with) };
}

unsafe extern "C" fn runs(values: Many, runs: *mut Run) {
    for place in 0..values.len {
        let value = values.first.wrapping_add(place * values.stride);
        // SAFETY: so many decoded containers are there.
        let ItemsReference { items, .. } = unsafe { container(value) };
        let run = Run {
            first: items.first.cast_mut(),
            len: items.len,
            // There is no block that could be given back.
            capacity: 0,
        };
        // SAFETY: the caller gives room for as many runs.
        unsafe { runs.wrapping_add(place).write(run) };
    }
}

unsafe extern "C" fn build_runs(_: Many, _: *const Run) {
    never()
}

unsafe extern "C" fn item(value: *mut u8) -> *mut u8 {
    // SAFETY: what leads to an item begins with its address.
    unsafe { value.cast::<*mut u8>().read() }
}

unsafe extern "C" fn itself(value: *mut u8) -> *mut u8 {
    value
}

unsafe extern "C" fn build_pointer(_: *mut u8, _: *mut u8) {
    never()
}

unsafe extern "C" fn shared_len(owner: *const u8) -> usize {
    // SAFETY: a decoded owner is there.
    unsafe { reference(owner) }.len
}

unsafe extern "C" fn room(_: *mut u8, _: usize) -> *mut u8 {
    never()
}

unsafe extern "C" fn share(_: *const u8, _: usize, _: *mut u8) {
    never()
}

unsafe extern "C" fn another(owner: *const u8, slot: *mut u8) {
    // SAFETY: a decoded owner is there.
    let owner = unsafe { reference(owner) };
    // SAFETY: the caller gives room for one more.
    unsafe { slot.cast::<Reference>().write(owner) };
}

/// Only what was decoded together refers to it.
unsafe extern "C" fn alone(_: *mut u8, _: usize, _: usize) -> bool {
    true
}

/// As [`alone`] says.
unsafe extern "C" fn counts(_: *const u8) -> OwnerCounts {
    OwnerCounts { strong: 1, weak: 0 }
}

unsafe extern "C" fn followed(value: *const u8) -> *const u8 {
    // SAFETY: a decoded `Weak` is an address, or null.
    unsafe { value.cast::<*const u8>().read() }
}

unsafe extern "C" fn follow(_: *const u8, _: *mut u8) {
    never()
}

unsafe extern "C" fn nowhere(_: *mut u8) {
    never()
}

unsafe extern "C" fn write_serde(
    value: *const u8,
    most: usize,
    form: *mut u8,
    error: *mut RString,
) -> u8 {
    // SAFETY: what serde wrote is there, as a text is.
    let Reference { first, len } = unsafe { reference(value) };
    if len > most {
        let message = format!("its serde form has {len} bytes, and may have {most}");
        // SAFETY: the caller gives room for an error.
        unsafe { error.write(message.into()) };
        return FAILED;
    }
    // SAFETY: so many bytes are there.
    let bytes = unsafe { std::slice::from_raw_parts(first, len) };
    // SAFETY: the caller gives room for a form.
    unsafe { form.cast::<RVec<u8>>().write(bytes.to_vec().into()) };
    OK
}

unsafe extern "C" fn read_serde(_: RSlice<'_, u8>, _: *mut u8, _: *mut RString) -> u8 {
    never()
}

unsafe extern "C" fn give(value: *const u8, slot: *mut u8, _: *mut RString) -> u8 {
    // SAFETY: what carries the field over lies elsewhere, and is so large.
    let Reference { first, len } = unsafe { reference(value) };
    // SAFETY: the caller gives room for one. What it refers to has no owner, so a copy is as good.
    unsafe { first.copy_to_nonoverlapping(slot, len) };
    OK
}

unsafe extern "C" fn take(_: *mut u8, _: *mut u8, _: *mut RString) -> u8 {
    never()
}

const _: () = {
    use hotmod_file::snapshot::layout::{PAYLOAD, REFERENCE};
    assert!(size_of::<Reference>() == REFERENCE);
    assert!(size_of::<ItemsReference>() == REFERENCE + 8);
    assert!(size_of::<VariantHeader>() == PAYLOAD);
};

impl DecodedForm {
    /// Where the parts of a struct or tuple start.
    pub(super) fn offsets(&self) -> &'static [usize] {
        self.variants.first().copied().unwrap_or_default()
    }
}
