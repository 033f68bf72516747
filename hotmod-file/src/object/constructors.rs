//! The arrays of functions that run when the module is loaded, and when the process ends.
//!
//! Their slots are empty in the file: relocations fill them. The loader calls every slot, whatever is
//! in it.

use object::elf;

use super::damage::{Findings, Hex};
use super::dynamic::Dynamic;
use super::segments::MappedFile;
use super::span::Span;
use super::unwind::Functions;

const SLOT: u64 = 8;

/// What a relocation stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filling {
    /// This address of the image.
    Address(u64),
    /// An address found when loading.
    Elsewhere,
    /// Not an address.
    Number,
}

/// The arrays, to be filled by the relocations and then checked.
#[derive(Debug)]
pub(super) struct Constructors(Vec<AddressArray>);

#[derive(Debug)]
struct AddressArray {
    what: &'static str,
    memory: Span,
    slots: Vec<Option<Filling>>,
}

impl Constructors {
    pub(super) fn new(dynamic: &Dynamic, image: &MappedFile<'_>) -> Constructors {
        let arrays = [
            ("constructor", elf::DT_INIT_ARRAY, elf::DT_INIT_ARRAYSZ),
            ("destructor", elf::DT_FINI_ARRAY, elf::DT_FINI_ARRAYSZ),
        ];
        let arrays = arrays.into_iter().filter_map(|(what, address, size)| {
            let memory = dynamic.table(address, size)?;
            // One slot for eight bytes of the file, so the file's size bounds the memory.
            let slots = image.bytes(memory)?.chunks_exact(8).map(|_| None).collect();
            Some(AddressArray {
                what,
                memory,
                slots,
            })
        });
        Constructors(arrays.collect())
    }

    /// Notes that `target` gets `filling`. Returns false if `target` overlaps a slot without being exactly
    /// that slot.
    pub(super) fn fill(&mut self, target: Span, filling: Filling) -> bool {
        let Some(array) = self
            .0
            .iter_mut()
            .find(|array| array.memory.overlaps(target))
        else {
            return true;
        };
        let Some(offset) = target.start().checked_sub(array.memory.start()) else {
            return false;
        };
        let slot = usize::try_from(offset / SLOT)
            .ok()
            .and_then(|at| array.slots.get_mut(at));
        match slot {
            Some(slot) if offset.is_multiple_of(SLOT) && target.size() == SLOT => {
                *slot = Some(filling);
                true
            }
            _ => false,
        }
    }

    pub(super) fn check(
        &self,
        image: &MappedFile<'_>,
        functions: &Functions,
        findings: &mut Findings,
    ) {
        for array in &self.0 {
            for (index, slot) in array.slots.iter().enumerate() {
                if findings.is_full() {
                    return;
                }
                let location = format_args!("{} {index}", array.what);
                match slot {
                    Some(Filling::Address(address)) => {
                        check_function(location, *address, image, functions, findings);
                    }
                    // The loader would call a function of another library, with arguments that the
                    // function was not written for.
                    Some(Filling::Elsewhere) => findings.damaged(
                        location,
                        "a function of the file itself",
                        "one that is defined elsewhere",
                    ),
                    Some(Filling::Number) => {
                        findings.damaged(location, "a relocation to a function", "another one");
                    }
                    None => findings.damaged(location, "a relocation that fills it", "none"),
                }
            }
        }
    }
}

/// Checks the two functions that run beside the arrays.
pub(super) fn check_single(
    dynamic: &Dynamic,
    image: &MappedFile<'_>,
    functions: &Functions,
    findings: &mut Findings,
) {
    for (what, tag) in [("initialiser", elf::DT_INIT), ("finaliser", elf::DT_FINI)] {
        if let Some(address) = dynamic.value(tag) {
            check_function(what, address, image, functions, findings);
        }
    }
}

fn check_function(
    location: impl std::fmt::Display,
    address: u64,
    image: &MappedFile<'_>,
    functions: &Functions,
    findings: &mut Findings,
) {
    if !image.is_code(address) {
        findings.damaged(
            location,
            "a function in an executable segment",
            Hex(address),
        );
    } else if functions.interrupts(address) {
        findings.damaged(location, "the start of a function", Hex(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u64, size: u64) -> Span {
        Span::new(start, size).unwrap()
    }

    #[test]
    fn a_slot_is_filled_as_a_whole_or_not_at_all() {
        let array = AddressArray {
            what: "constructor",
            memory: span(0x100, 16),
            slots: vec![None; 2],
        };
        let mut constructors = Constructors(vec![array]);
        let filling = Filling::Address(0x40);
        for (target, sound) in [
            (span(0x108, 8), true),
            (span(0xf8, 8), true),
            (span(0x110, 8), true),
            (span(0xf9, 8), false),
            (span(0x101, 8), false),
            (span(0x100, 16), false),
            (span(0x10c, 8), false),
        ] {
            assert_eq!(constructors.fill(target, filling), sound, "{target}");
        }
        assert_eq!(constructors.0[0].slots, [None, Some(filling)]);
    }
}
