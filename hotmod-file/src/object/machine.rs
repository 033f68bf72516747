//! What the processor that the host was compiled for asks of an object file.

use object::elf;

/// A processor whose object files can be checked.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) code: u16,
    pub(super) name: &'static str,
    /// The largest page that a kernel for this processor uses. Segments that share such a page would
    /// overwrite each other when they are mapped.
    pub(super) page: u64,
    /// Dynamic tags of this processor that the loader accepts in a shared library.
    pub(super) own_tags: &'static [i64],
    /// Bits of `st_other` beside the visibility.
    pub(super) symbol_bits: u8,
    relocation: fn(u32) -> Option<Meaning>,
}

/// What a relocation type makes the loader do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Stores the load address plus the addend.
    Relative,
    /// Stores what the resolver at the addend returns.
    Resolver,
    /// Stores a symbol's address in the global offset table.
    Entry,
    /// As `Entry`, for a procedure. Only procedures, resolvers and TLS descriptors may be bound late.
    Procedure,
    /// Stores a symbol's address plus the addend.
    Address,
    /// Stores the number of the image that owns a thread-local symbol.
    ThreadModule,
    /// Stores the offset of a thread-local symbol in its image.
    ThreadOffset,
    /// Stores the offset of a thread-local symbol from the thread pointer.
    ThreadStatic,
    /// Stores a function and its argument that find a thread-local symbol.
    ThreadDescriptor,
}

impl Meaning {
    /// How many bytes the loader writes.
    pub(super) fn width(self) -> u64 {
        match self {
            Meaning::ThreadDescriptor => 16,
            _ => 8,
        }
    }

    pub(super) fn is_thread_local(self) -> bool {
        matches!(
            self,
            Meaning::ThreadModule
                | Meaning::ThreadOffset
                | Meaning::ThreadStatic
                | Meaning::ThreadDescriptor
        )
    }

    /// Whether the loader accepts the relocation in the table of procedures, whose entries it may bind
    /// late.
    pub(super) fn may_bind_late(self) -> bool {
        matches!(
            self,
            Meaning::Procedure | Meaning::Resolver | Meaning::ThreadDescriptor
        )
    }
}

impl Machine {
    /// The processor that the host was compiled for, or `None` where its relocations are not listed.
    pub(super) fn host() -> Option<&'static Machine> {
        if cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
            Some(&X86_64)
        } else if cfg!(all(target_arch = "aarch64", target_endian = "little")) {
            Some(&AARCH64)
        } else {
            None
        }
    }

    /// What a relocation of this type means. `None` for a type that glibc does not know (the loader ends
    /// the process), or that cannot be right in a library at an arbitrary address: copies, 32-bit and
    /// pc-relative words.
    pub(super) fn relocation(&self, kind: u32) -> Option<Meaning> {
        (self.relocation)(kind)
    }
}

static X86_64: Machine = Machine {
    code: elf::EM_X86_64.0,
    name: "x86-64",
    page: 4096,
    // DT_X86_64_PLT, DT_X86_64_PLTSZ and DT_X86_64_PLTENT, written by linkers under `-z mark-plt`.
    own_tags: &[0x7000_0000, 0x7000_0001, 0x7000_0003],
    symbol_bits: 0,
    relocation: |kind| {
        Some(match elf::RelocationType(kind) {
            elf::R_X86_64_RELATIVE => Meaning::Relative,
            elf::R_X86_64_IRELATIVE => Meaning::Resolver,
            elf::R_X86_64_GLOB_DAT => Meaning::Entry,
            elf::R_X86_64_JUMP_SLOT => Meaning::Procedure,
            elf::R_X86_64_64 => Meaning::Address,
            elf::R_X86_64_DTPMOD64 => Meaning::ThreadModule,
            elf::R_X86_64_DTPOFF64 => Meaning::ThreadOffset,
            elf::R_X86_64_TPOFF64 => Meaning::ThreadStatic,
            elf::R_X86_64_TLSDESC => Meaning::ThreadDescriptor,
            _ => return None,
        })
    },
};

static AARCH64: Machine = Machine {
    code: elf::EM_AARCH64.0,
    name: "AArch64",
    page: 65536,
    own_tags: &[
        elf::DT_AARCH64_BTI_PLT.0,
        elf::DT_AARCH64_PAC_PLT.0,
        elf::DT_AARCH64_VARIANT_PCS.0,
    ],
    // STO_AARCH64_VARIANT_PCS.
    symbol_bits: 0x80,
    relocation: |kind| {
        Some(match elf::RelocationType(kind) {
            elf::R_AARCH64_RELATIVE => Meaning::Relative,
            elf::R_AARCH64_IRELATIVE => Meaning::Resolver,
            elf::R_AARCH64_GLOB_DAT => Meaning::Entry,
            elf::R_AARCH64_JUMP_SLOT => Meaning::Procedure,
            elf::R_AARCH64_ABS64 => Meaning::Address,
            elf::R_AARCH64_TLS_DTPMOD => Meaning::ThreadModule,
            elf::R_AARCH64_TLS_DTPREL => Meaning::ThreadOffset,
            elf::R_AARCH64_TLS_TPREL => Meaning::ThreadStatic,
            elf::R_AARCH64_TLSDESC => Meaning::ThreadDescriptor,
            _ => return None,
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relocations_that_end_the_process_have_no_meaning() {
        for kind in [
            elf::R_X86_64_COPY.0,
            elf::R_X86_64_PC32.0,
            elf::R_X86_64_32.0,
            0,
            255,
        ] {
            assert_eq!(X86_64.relocation(kind), None, "type {kind}");
        }
        assert_eq!(AARCH64.relocation(elf::R_AARCH64_COPY.0), None);
        assert_eq!(AARCH64.relocation(elf::R_X86_64_RELATIVE.0), None);
    }

    #[test]
    fn descriptors_are_two_words_wide() {
        let descriptor = X86_64.relocation(elf::R_X86_64_TLSDESC.0).unwrap();
        assert_eq!(descriptor.width(), 16);
        assert!(descriptor.is_thread_local() && descriptor.may_bind_late());
    }
}
