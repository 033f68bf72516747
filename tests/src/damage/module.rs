//! Where the parts of a good module are in its file.

use object::elf;
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection};

use super::parse;

/// A good module and where its parts are.
pub(super) struct Module<'a> {
    pub(super) good: &'a [u8],
    pub(super) file: ElfFile64<'a, LittleEndian>,
}

impl<'a> Module<'a> {
    pub(super) fn read(good: &'a [u8]) -> Module<'a> {
        Module {
            good,
            file: parse(good),
        }
    }

    pub(super) fn word(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.good[at..at + 8].try_into().expect("eight bytes"))
    }

    pub(super) fn half(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.good[at..at + 4].try_into().expect("four bytes"))
    }

    /// Offset and size of a section in the file.
    pub(super) fn section(&self, name: &str) -> (usize, usize) {
        let section = self
            .file
            .section_by_name(name)
            .unwrap_or_else(|| panic!("section {name}"));
        let (offset, size) = section
            .file_range()
            .expect("a section with bytes in the file");
        (
            usize::try_from(offset).expect("an offset"),
            usize::try_from(size).expect("a size"),
        )
    }

    /// Offset of the header of a section.
    pub(super) fn section_header(&self, name: &str) -> usize {
        let section = self
            .file
            .section_by_name(name)
            .unwrap_or_else(|| panic!("section {name}"));
        usize::try_from(self.word(40)).expect("an offset") + 64 * section.index().0
    }

    /// Offsets of the program headers of one kind.
    pub(super) fn segments(&self, kind: elf::ProgramType) -> Vec<usize> {
        let table = usize::try_from(self.word(32)).expect("an offset");
        let count = usize::from(self.good[56]);
        let headers = (0..count).map(|index| table + 56 * index);
        headers.filter(|at| self.half(*at) == kind.0).collect()
    }

    pub(super) fn segment(&self, kind: elf::ProgramType) -> usize {
        *self
            .segments(kind)
            .first()
            .unwrap_or_else(|| panic!("segment of type {:#x}", kind.0))
    }

    /// Offset of the header of the first load segment with these rights.
    pub(super) fn load(&self, rights: elf::ProgramFlags) -> usize {
        let loads = self.segments(elf::PT_LOAD);
        let found = loads.into_iter().find(|at| self.half(at + 4) == rights.0);
        found.unwrap_or_else(|| panic!("load segment with flags {:#x}", rights.0))
    }

    /// Address of what is at this offset of a segment header's segment.
    pub(super) fn address_of(&self, segment: usize) -> u64 {
        self.word(segment + 16)
    }

    /// Offset of a dynamic entry.
    pub(super) fn entry(&self, tag: elf::DynamicTag) -> usize {
        let (start, size) = self.section(".dynamic");
        let mut entries = (start..start + size).step_by(16);
        entries
            .find(|at| self.word(*at) == tag.0.cast_unsigned())
            .unwrap_or_else(|| panic!("dynamic entry with tag {:#x}", tag.0))
    }

    /// Offset of the first relocation of this type, in the section of relocations.
    pub(super) fn relocation(&self, kind: elf::RelocationType) -> usize {
        let (start, size) = self.section(".rela.dyn");
        let mut entries = (start..start + size).step_by(24);
        entries
            .find(|at| self.half(at + 8) == kind.0)
            .unwrap_or_else(|| panic!("relocation of type {}", kind.0))
    }

    /// Offset of the relocation that fills the first constructor.
    pub(super) fn constructor(&self) -> usize {
        let array = self.word(self.entry(elf::DT_INIT_ARRAY) + 8);
        let (start, size) = self.section(".rela.dyn");
        let mut entries = (start..start + size).step_by(24);
        entries
            .find(|at| self.word(*at) == array)
            .expect("a relocation for the first constructor")
    }
}
