//! A plan compiled for two modules: offsets and operations in place of names.

mod audit;
mod carried;
mod compile;
mod in_place;

use std::alloc::Layout;
use std::mem::MaybeUninit;

use hotmod::old::CheckShim;
use hotmod::operations::{
    self, Collection, Maker, Operations, Pointer, Shared, Slice, Stamp, Variants, Weak,
};

use crate::image::exports::Exports;

use super::at::{Rewritten, SerdeField};
use super::block::layout;
use super::column::Column;
use super::failure::PathStep;
use super::flat::FlatSteps;
use super::hook::Hook;
use super::in_place::InPlace;
use super::number::NumberForm;
use super::old_form::{CompileForm, ReadForm};

/// The two sides that values go between, and the version of the first.
#[derive(Clone, Copy)]
pub(crate) struct Ends<'a> {
    pub(crate) was: &'a Exports,
    pub(crate) now: &'a Exports,
    pub(crate) from: &'static str,
    /// How what functions ask an old value for is built, where the old side is none that a module compiled.
    pub(crate) forms: Option<CompileForm>,
}

/// What is done with one state.
pub(crate) struct Program {
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
    pub(super) root: Code,
    /// The check that is asked before commit.
    pub(super) check: Option<CheckShim>,
    /// The conversions of described types, by their place in the plan.
    pub(super) conversions: Vec<Option<Code>>,
    /// For each conversion, whether commit has anything to do in it.
    commits: Vec<bool>,
    /// Whether something that commit drops may be as deep as its data is.
    pub(super) drops_deep: bool,
    /// Whether something that is carried over may be as deep as its data is: the code that copies it recurses.
    pub(super) carries_deep: bool,
    /// Whether a value that commit drops, or that a function sees, may own an item with several owners. Such
    /// values are not looked into.
    pub(super) leaves_owners: bool,
    /// For each conversion, whether it leads to an item with several owners.
    shares: Vec<bool>,
    /// Whether anything that is converted has several owners.
    pub(super) has_owners: bool,
    /// Whether anything is converted where it is, on commit.
    pub(super) in_place: bool,
    /// The programs of what other types carry over, which lead to each other by their places here. None of them has any
    /// itself.
    pub(super) carried: Vec<Program>,
}

/// What is done with one value.
pub(super) enum Code {
    /// So many bytes are copied; their owner stays the old value until commit.
    Copy(usize),
    Number(NumberForm, NumberForm),
    Widen(Column),
    /// A struct that is a list of copies.
    Flat(Box<FlatSteps>),
    Bytes(Box<Rewritten>),
    Serde(Box<SerdeField>),
    As(Box<AsField>),
    Conversion(ConversionAt),
    Struct(Box<Struct>),
    Enum(Box<Enum>),
    Collection(Box<Items>),
    Slices(Box<Slices>),
    /// Slices whose items are converted where they are, on commit.
    InPlace(Box<InPlace>),
    Pointer(Box<Pointed<Pointer>>),
    Shared(Box<Pointed<Shared>>),
    Weak(Box<Leads>),
    Wrap(Box<Wrap>),
    Unwrap(Box<Unwrap>),
    Enclose(Box<Enclose>),
    Disclose(Box<Disclose>),
    Array(Box<Array>),
    /// The user's function makes the value; the old one is dropped on commit.
    Hook(Box<Hook>),
}

/// The conversion of a described type, by its place.
#[derive(Clone, Copy)]
pub(super) struct ConversionAt {
    pub(super) place: usize,
    /// Whether it leads back to itself, so that the data decides how deep it goes.
    pub(super) recursive: bool,
}

/// The fields of a struct or tuple.
#[derive(Default)]
pub(super) struct Struct {
    pub(super) flat: FlatSteps,
    pub(super) parts: Vec<FieldStep>,
    /// Old fields that are dropped on commit.
    pub(super) dropped: Vec<(usize, &'static Operations)>,
}

/// A field that is more than copied.
pub(super) struct FieldStep {
    pub(super) step: PathStep,
    pub(super) from: usize,
    pub(super) to: usize,
    /// In bytes: of the old field, if it comes from one, and of the new one. The offset alone does not name a
    /// field, because another may start where a field of no bytes does.
    pub(super) sizes: (usize, usize),
    pub(super) make: Make,
}

/// Where such a field comes from.
pub(super) enum Make {
    Convert(Code),
    /// The module's own code makes it, from the field's old value where the purpose says so.
    Made {
        maker: Maker,
        place: usize,
        purpose: u8,
        operations: &'static Operations,
        /// Whether several threads may make values at once.
        parallel: bool,
        /// How the old value is built that it reads, where no module compiled it.
        reads: Option<Box<ReadForm>>,
    },
    /// The bytes of a value that owns nothing.
    Constant(Box<[MaybeUninit<u8>]>),
    /// A text that says this.
    Text(Box<str>, operations::Bytes, &'static Operations),
}

pub(super) struct Enum {
    pub(super) old: Variants,
    pub(super) new: Variants,
    /// Of a new value, in bytes.
    pub(super) size: usize,
    /// For each old variant, its name and what becomes of it.
    pub(super) variants: Vec<(String, Option<VariantSteps>)>,
    /// Whether the module may build another variant than that which it was asked for: it has none of the values that have
    /// it.
    pub(super) may_differ: bool,
}

pub(super) struct VariantSteps {
    pub(super) to: usize,
    /// The new fields, each with the old one it comes from.
    pub(super) fields: Vec<VariantFieldStep>,
    pub(super) dropped: Vec<(usize, &'static Operations)>,
    /// Room for all of the new fields on their way, and where in it each is.
    pub(super) room: Layout,
    pub(super) rooms: Vec<usize>,
}

impl VariantSteps {
    pub(super) fn new(
        to: usize,
        fields: Vec<VariantFieldStep>,
        dropped: Vec<(usize, &'static Operations)>,
    ) -> Self {
        let mut room = Layout::new::<()>();
        let mut rooms = Vec::new();
        for field in &fields {
            let (extended, offset) = (room.extend(layout(field.operations)))
                .expect("bug in hotmod: the fields of a variant have no layout");
            rooms.push(offset);
            room = extended;
        }
        VariantSteps {
            to,
            fields,
            dropped,
            room,
            rooms,
        }
    }
}

pub(super) struct VariantFieldStep {
    /// The step into it: `::Busy.since`, or `?` for the item of an `Option`.
    pub(super) step: PathStep,
    /// The place of the old field, if there is one.
    pub(super) from: usize,
    pub(super) make: Make,
    pub(super) operations: &'static Operations,
}

pub(super) struct Items {
    pub(super) old: Collection,
    pub(super) new: Collection,
    /// One for each parameter of the container.
    pub(super) items: Vec<Item>,
}

/// Two containers whose items lie one after the other.
pub(super) struct Slices {
    pub(super) old: Slice,
    pub(super) new: Slice,
    pub(super) item: Item,
}

pub(super) struct Item {
    pub(super) code: Code,
    /// Whether any thread may convert it: no code of the user's runs, and nothing is shared.
    pub(super) plain: bool,
    /// Whether any thread may prepare it: as `plain`, but for functions that their author lets run on several
    /// threads, and for what is dropped on commit.
    pub(super) parallel: bool,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

/// A field that another type carries over.
pub(super) struct AsField {
    /// None where the old field itself becomes the other type.
    pub(super) into: Option<operations::CarriedAs>,
    /// None where what the other type has become is the new field. If there is no `into`, it is the table of the other
    /// type, carried over as the new field.
    pub(super) from: Option<operations::CarriedAs>,
    /// The place of the program that makes what the other type has become. It is a migration of its own; where there is an
    /// `into`, of a value that the user's function made for it alone.
    pub(super) program: usize,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

pub(super) struct Pointed<P> {
    pub(super) old: P,
    pub(super) new: P,
    /// The operations of the containers themselves.
    pub(super) owners: (&'static Operations, &'static Operations),
    pub(super) item: Item,
}

/// A `Weak`, which leads to an item with several owners.
pub(super) struct Leads {
    pub(super) old: Weak,
    pub(super) new: Weak,
    pub(super) operations: (&'static Operations, &'static Operations),
}

pub(super) struct Wrap {
    pub(super) new: Variants,
    pub(super) item: Item,
}

pub(super) struct Unwrap {
    pub(super) old: Variants,
    pub(super) code: Code,
}

pub(super) struct Enclose {
    pub(super) new: Pointer,
    pub(super) item: Item,
}

pub(super) struct Disclose {
    pub(super) old: Pointer,
    /// Of the old item, where it is the value of a `Lazy`: it is taken to this version first.
    pub(super) lazy: Option<&'static Stamp>,
    /// Of the old item, in bytes.
    pub(super) size: usize,
    pub(super) code: Code,
}

pub(super) struct Array {
    pub(super) old_len: usize,
    pub(super) new_len: usize,
    pub(super) item: Item,
    /// Makes the elements beyond the old ones.
    pub(super) fill: Option<(Maker, usize)>,
}

/// The operations of a module do not fit its description: it was not built by hotmod.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch;

impl Program {
    /// Its steps, if it is a list of copies: then nothing can fail, and commit has nothing to do.
    #[inline]
    pub(super) fn flat(&self) -> Option<&FlatSteps> {
        match &self.root {
            Code::Flat(flat) => Some(flat),
            _ => None,
        }
    }

    /// Whether commit has anything to do with the old value.
    pub(super) fn commits(&self, code: &Code) -> bool {
        match code {
            Code::Copy(_) | Code::Number(..) | Code::Widen(_) | Code::Flat(_) => false,
            Code::Conversion(call) => self.commits[call.place],
            Code::Struct(code) => {
                let converts = |part: &FieldStep| match &part.make {
                    Make::Convert(code) => self.commits(code),
                    Make::Made { .. } | Make::Constant(_) | Make::Text(..) => false,
                };
                !code.dropped.is_empty() || code.parts.iter().any(converts)
            }
            Code::Array(code) => code.new_len < code.old_len || self.commits(&code.item.code),
            _ => true,
        }
    }

    /// Whether a part of the value has several owners, or leads to an item that has.
    pub(super) fn shares(&self, code: &Code) -> bool {
        let item = |item: &Item| self.shares(&item.code);
        let made = |make: &Make| match make {
            Make::Convert(code) => self.shares(code),
            Make::Made { .. } | Make::Constant(_) | Make::Text(..) => false,
        };
        match code {
            Code::Shared(_) | Code::Weak(_) => true,
            Code::Copy(_) | Code::Number(..) | Code::Widen(_) | Code::Flat(_) | Code::Bytes(_) => {
                false
            }
            // What is converted in place is the only owner of all that it holds, and what a function sees is
            // not looked into.
            Code::InPlace(_) | Code::Hook(_) | Code::Serde(_) | Code::As(_) => false,
            Code::Conversion(call) => self.shares[call.place],
            Code::Struct(code) => code.parts.iter().any(|part| made(&part.make)),
            Code::Enum(code) => {
                let variants = code.variants.iter().filter_map(|(_, it)| it.as_ref());
                variants.flat_map(|it| &it.fields).any(|it| made(&it.make))
            }
            Code::Collection(code) => code.items.iter().any(item),
            Code::Slices(code) => item(&code.item),
            Code::Pointer(code) => item(&code.item),
            Code::Wrap(code) => item(&code.item),
            Code::Enclose(code) => item(&code.item),
            Code::Array(code) => item(&code.item),
            Code::Unwrap(code) => self.shares(&code.code),
            Code::Disclose(code) => self.shares(&code.code),
        }
    }

    /// Finds the conversions that lead to items with several owners, as
    /// [`find_commits`](Program::find_commits) does.
    fn find_shares(&mut self) {
        loop {
            let codes = self.conversions.iter();
            let found: Vec<bool> = codes
                .map(|code| code.as_ref().is_some_and(|code| self.shares(code)))
                .collect();
            if found == self.shares {
                return;
            }
            self.shares = found;
        }
    }

    /// Finds the conversions in which commit has anything to do. They lead to each other: so it begins with
    /// none, and looks again until no more are found.
    fn find_commits(&mut self) {
        loop {
            let codes = self.conversions.iter();
            let found: Vec<bool> = codes
                .map(|code| code.as_ref().is_some_and(|code| self.commits(code)))
                .collect();
            if found == self.commits {
                return;
            }
            self.commits = found;
        }
    }
}

impl Program {
    /// Whether code of the user's may run while a value is prepared. In doubt, this says yes.
    pub(super) fn runs_code(&self) -> bool {
        !self
            .root
            .is_for_any_thread(&self.conversions, OnAnyThread::All)
    }
}

impl Make {
    /// Notes whether the field's author lets its function run on several threads at once.
    fn lets_run(&mut self, on_several_threads: bool) {
        if let Make::Made {
            purpose, parallel, ..
        } = self
        {
            *parallel = on_several_threads && *purpose == operations::purpose::WITH;
        }
    }
}

impl Code {
    /// Whether any thread may do so much of it.
    fn is_for_any_thread(&self, conversions: &[Option<Code>], what: OnAnyThread) -> bool {
        let within = |code: &Code| code.is_for_any_thread(conversions, what);
        let only_prepared = what == OnAnyThread::Prepare;
        let item = |item: &Item| match what {
            OnAnyThread::Prepare => item.parallel,
            OnAnyThread::All => item.plain,
        };
        let made = |make: &Make| match make {
            Make::Convert(code) => within(code),
            Make::Constant(_) => true,
            Make::Made { parallel, .. } => only_prepared && *parallel,
            Make::Text(..) => false,
        };
        match self {
            Code::Copy(_) | Code::Number(..) | Code::Widen(_) | Code::Flat(_) | Code::Bytes(_) => {
                true
            }
            Code::Conversion(call) => {
                let code = conversions[call.place].as_ref();
                !call.recursive && code.is_some_and(within)
            }
            Code::Struct(code) => {
                let is_left_alone = only_prepared || code.dropped.is_empty();
                is_left_alone && code.parts.iter().all(|part| made(&part.make))
            }
            Code::Enum(code) => {
                let mut variants = code.variants.iter().filter_map(|(_, it)| it.as_ref());
                variants.all(|it| {
                    let is_left_alone = only_prepared || it.dropped.is_empty();
                    is_left_alone && it.fields.iter().all(|field| made(&field.make))
                })
            }
            Code::Slices(code) => item(&code.item),
            Code::InPlace(code) => only_prepared || !code.drops(),
            Code::Wrap(code) => item(&code.item),
            Code::Enclose(code) => item(&code.item),
            Code::Unwrap(code) => within(&code.code),
            Code::Disclose(code) => within(&code.code),
            Code::Array(code) => {
                let is_left_alone =
                    code.new_len == code.old_len || only_prepared && code.new_len < code.old_len;
                is_left_alone && item(&code.item)
            }
            Code::Hook(hook) => only_prepared && hook.parallel,
            _ => false,
        }
    }
}

/// What of a conversion may happen on any thread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnAnyThread {
    Prepare,
    All,
}
