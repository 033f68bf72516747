//! Damaged copies of a module: each of its tables, damaged in each way that leads the system's
//! loader astray.

mod module;

use object::elf;
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSegment, ObjectSymbol};

use module::Module;

/// One damaged file.
#[derive(Debug, Clone)]
pub struct Damaged {
    /// What was done to it.
    pub name: &'static str,
    /// The whole file.
    pub bytes: Vec<u8>,
    /// Whether a process that opens it with `dlopen`, unchecked, is killed by that.
    pub crashes: bool,
}

/// An address where no library is ever mapped, whatever it is added to.
const NOWHERE: u64 = 0x7000_0000_0000_0000;

/// Every kind of damage, applied to `good`, a module built by rustc's usual linker.
#[must_use]
pub fn corpus(good: &[u8]) -> Vec<Damaged> {
    let module = Module::read(good);
    let mut corpus = Corpus {
        module: &module,
        list: Vec::new(),
    };
    corpus.whole_files();
    corpus.file_header();
    corpus.segments();
    corpus.dynamic_addresses();
    corpus.dynamic_structure();
    corpus.relocations();
    corpus.symbols();
    corpus.hash_table();
    corpus.versions();
    corpus.sections();
    corpus.list
}

/// Copies cut short: at every page, in the last page of the last segment (where the loader notices
/// nothing and the rest reads as zeros), and by one byte.
#[must_use]
pub fn truncations(good: &[u8]) -> Vec<Damaged> {
    let file = parse(good);
    let last = file
        .segments()
        .map(|segment| segment.file_range())
        .max()
        .expect("a segment");
    let end = usize::try_from(last.0 + last.1).expect("an end in memory");
    let pages = (0..good.len()).step_by(4096);
    let mut cuts: Vec<usize> = pages.chain([end - 1, end - 64, good.len() - 1]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let cut = |at: usize| Damaged {
        name: "cut short",
        bytes: good[..at].to_vec(),
        crashes: false,
    };
    cuts.into_iter().map(cut).collect()
}

/// A symbol that `good` exports, for lookups.
#[must_use]
pub fn exported_symbol(good: &[u8]) -> String {
    let file = parse(good);
    let mut symbols = file.dynamic_symbols();
    let export = symbols.find(|symbol| symbol.is_definition() && symbol.is_global());
    export
        .expect("an exported symbol")
        .name()
        .expect("a symbol in UTF-8")
        .to_owned()
}

/// Where a section is in the file.
#[must_use]
pub fn section(good: &[u8], name: &str) -> std::ops::Range<usize> {
    let (start, size) = Module::read(good).section(name);
    start..start + size
}

/// Where the header of a section is in the file.
#[must_use]
pub fn section_header(good: &[u8], name: &str) -> usize {
    Module::read(good).section_header(name)
}

/// Where the first header of a section is in the file.
#[must_use]
pub fn first_section_header(good: &[u8]) -> usize {
    usize::try_from(Module::read(good).word(40)).expect("an offset")
}

/// Where an entry of the dynamic table is in the file.
#[must_use]
pub fn dynamic_entry(good: &[u8], tag: elf::DynamicTag) -> usize {
    Module::read(good).entry(tag)
}

fn parse(good: &[u8]) -> ElfFile64<'_, LittleEndian> {
    ElfFile64::parse(good).expect("a good module")
}

/// One change: these bytes at this offset.
type Change = (usize, Vec<u8>);

fn word(at: usize, value: u64) -> Change {
    (at, value.to_le_bytes().to_vec())
}

fn half(at: usize, value: u32) -> Change {
    (at, value.to_le_bytes().to_vec())
}

fn fill(part: (usize, usize), byte: u8) -> Change {
    (part.0, vec![byte; part.1])
}

struct Corpus<'m, 'a> {
    module: &'m Module<'a>,
    list: Vec<Damaged>,
}

impl Corpus<'_, '_> {
    fn push(&mut self, name: &'static str, crashes: bool, changes: &[Change]) {
        let mut bytes = self.module.good.to_vec();
        for (at, change) in changes {
            bytes[*at..at + change.len()].copy_from_slice(change);
        }
        self.list.push(Damaged {
            name,
            bytes,
            crashes,
        });
    }

    /// Damage that kills the loader.
    fn crash(&mut self, name: &'static str, changes: &[Change]) {
        self.push(name, true, changes);
    }

    /// Damage that the loader reports, does not notice, or that shows later.
    fn quiet(&mut self, name: &'static str, changes: &[Change]) {
        self.push(name, false, changes);
    }

    fn whole_files(&mut self) {
        let good = self.module.good;
        let text = b"#!/bin/sh\necho 'not a module'\n".repeat(300);
        let half = good[..good.len() / 2].to_vec();
        // The relocations are there, what they apply to is not.
        let data = self.module.load(elf::PF_R | elf::PF_W);
        let cut = usize::try_from(self.module.word(data + 8)).expect("an offset") / 4096 * 4096;
        let data_cut = good[..cut].to_vec();
        for (name, bytes, crashes) in [
            ("empty file", Vec::new(), false),
            ("text file", text, false),
            ("only zeros", vec![0; good.len()], false),
            ("cut to four bytes", good[..4].to_vec(), false),
            ("cut to the file header", good[..64].to_vec(), false),
            ("cut before the data segment", data_cut, true),
            ("cut in half", half, false),
            ("cut by one byte", good[..good.len() - 1].to_vec(), false),
        ] {
            self.list.push(Damaged {
                name,
                bytes,
                crashes,
            });
        }
    }

    fn file_header(&mut self) {
        self.quiet(
            "another machine",
            &[(18, elf::EM_AARCH64.0.to_le_bytes().to_vec())],
        );
        self.quiet("a 32-bit object", &[(4, vec![elf::ELFCLASS32.0])]);
        self.quiet("big endian", &[(5, vec![elf::ELFDATA2MSB.0])]);
        self.quiet(
            "an executable",
            &[(16, elf::ET_EXEC.0.to_le_bytes().to_vec())],
        );
        self.quiet("another version", &[half(20, 9)]);
        self.quiet("program headers beyond the end", &[word(32, 1 << 40)]);
        self.quiet("program headers of another size", &[(54, vec![57])]);
        self.quiet("no program headers", &[(56, vec![0, 0])]);
    }

    fn segments(&mut self) {
        let module = self.module;
        let code = module.load(elf::PF_R | elf::PF_X);
        let data = module.load(elf::PF_R | elf::PF_W);
        let dynamic = module.segment(elf::PT_DYNAMIC);
        let tls = module.segment(elf::PT_TLS);
        let note = module.segment(elf::PT_NOTE);
        let notes = usize::try_from(module.word(note + 8)).expect("an offset");
        let beyond = u64::try_from(module.good.len()).expect("a size") + (1 << 20);
        let page = |value: u64| value / 4096 * 4096;

        self.crash(
            "code beyond the end of the file",
            &[word(
                code + 8,
                page(beyond) + module.address_of(code) % 4096,
            )],
        );
        self.crash(
            "data beyond the end of the file",
            &[word(
                data + 8,
                page(beyond) + module.address_of(data) % 4096,
            )],
        );
        self.crash(
            "code that is not executable",
            &[half(code + 4, elf::PF_R.0)],
        );
        self.crash("data that is not writable", &[half(data + 4, elf::PF_R.0)]);
        self.crash("code that is not loaded", &[half(code, elf::PT_NULL.0)]);
        self.crash("data that is not loaded", &[half(data, elf::PT_NULL.0)]);
        self.crash(
            "a segment that is not readable",
            &[half(module.load(elf::PF_R) + 4, 0)],
        );
        self.crash("a dynamic table nowhere", &[word(dynamic + 16, NOWHERE)]);
        self.crash(
            "a dynamic table in the zeros",
            &[word(
                dynamic + 16,
                module.address_of(module.load(elf::PF_R)) + 0x18,
            )],
        );
        self.crash(
            "program headers nowhere",
            &[word(module.segment(elf::PT_PHDR) + 16, NOWHERE)],
        );
        self.crash(
            "a note that never ends",
            &[
                word(note + 40, 1 << 50),
                word(note + 48, 8),
                half(notes, u32::MAX),
            ],
        );
        self.crash(
            "data over code",
            &[word(
                data + 16,
                page(module.address_of(code)) + module.address_of(data) % 4096,
            )],
        );
        self.quiet("more file than memory", &[word(code + 40, 1)]);
        self.quiet("an alignment of three", &[word(code + 48, 3)]);
        self.quiet(
            "an offset inside another page",
            &[word(code + 8, module.word(code + 8) + 8)],
        );
        self.quiet("code that is writable", &[half(code + 4, 7)]);
        self.quiet(
            "an image that fills the address space",
            &[word(data + 40, 1 << 62)],
        );
        self.quiet(
            "thread-local storage that is not aligned",
            &[word(tls + 48, 3)],
        );
        // What the loader makes of these two depends on what lies behind them in the module.
        self.quiet(
            "thread-local storage without end",
            &[word(tls + 40, 1 << 62)],
        );
        self.quiet("no thread-local storage", &[half(tls, elf::PT_NULL.0)]);
        self.quiet(
            "an executable stack",
            &[half(module.segment(elf::PT_GNU_STACK) + 4, 7)],
        );
        self.quiet(
            "no word about the stack",
            &[half(module.segment(elf::PT_GNU_STACK), elf::PT_NULL.0)],
        );
        self.quiet(
            "two dynamic tables",
            &[half(
                module.segment(elf::PT_GNU_EH_FRAME),
                elf::PT_DYNAMIC.0,
            )],
        );
        self.quiet(
            "data that becomes read-only",
            &[word(
                module.segment(elf::PT_GNU_RELRO) + 40,
                module.word(module.segment(elf::PT_GNU_RELRO) + 40) + 0x10000,
            )],
        );
    }

    fn dynamic_addresses(&mut self) {
        for (name, tag) in [
            ("a string table nowhere", elf::DT_STRTAB),
            ("a symbol table nowhere", elf::DT_SYMTAB),
            ("relocations nowhere", elf::DT_RELA),
            ("procedure relocations nowhere", elf::DT_JMPREL),
            ("a hash table nowhere", elf::DT_GNU_HASH),
            ("versions of symbols nowhere", elf::DT_VERSYM),
            ("needed versions nowhere", elf::DT_VERNEED),
            ("an initialiser nowhere", elf::DT_INIT),
            ("constructors nowhere", elf::DT_INIT_ARRAY),
        ] {
            self.crash(name, &[word(self.module.entry(tag) + 8, NOWHERE)]);
        }
        let data = self
            .module
            .address_of(self.module.load(elf::PF_R | elf::PF_W));
        let initialiser = self.module.entry(elf::DT_INIT) + 8;
        self.crash("an initialiser in the data", &[word(initialiser, data)]);
        self.crash(
            "a needed library named nowhere",
            &[word(self.module.entry(elf::DT_NEEDED) + 8, NOWHERE)],
        );
        // The end of a library's name is a name too, of a library that no system has.
        let needed = self.module.entry(elf::DT_NEEDED) + 8;
        let name = self.module.word(needed);
        self.quiet(
            "a needed library with half a name",
            &[word(needed, name + 3)],
        );
        self.quiet("a needed library without a name", &[word(needed, 0)]);
        let (strings, _) = self.module.section(".dynstr");
        let name = strings + usize::try_from(name).expect("an offset");
        assert!(self.module.good[name..].starts_with(b"libgcc_s.so.1\0"));
        for (what, text) in [
            ("a needed library at a path", &b"/lib/x.so\0\0\0\0"[..]),
            ("a needed library in a directory", b"lib/gcc_s.so\0"),
            ("a needed library beside the file", b"$ORIGIN\0\0\0\0\0\0"),
            (
                "a needed library of control characters",
                b"lib\x1b[2Js.so.1",
            ),
            ("a needed library in no encoding", b"lib\xff\xfe_s.so.1"),
        ] {
            self.quiet(what, &[(name, text.to_vec())]);
        }
        self.quiet(
            "destructors nowhere",
            &[word(self.module.entry(elf::DT_FINI_ARRAY) + 8, NOWHERE)],
        );
        self.quiet(
            "a string table cut short",
            &[word(self.module.entry(elf::DT_STRSZ) + 8, 2)],
        );
    }

    fn dynamic_structure(&mut self) {
        let module = self.module;
        let value = |tag| module.entry(tag) + 8;
        // A tag that the loader remembers and never uses.
        let forget = |tag| word(module.entry(tag), elf::DT_CHECKSUM.0.cast_unsigned());
        self.crash(
            "a dynamic table of noise",
            &[fill(module.section(".dynamic"), 0xa5)],
        );
        self.quiet(
            "relocations without end",
            &[word(value(elf::DT_RELASZ), 1 << 40)],
        );
        self.crash(
            "relocations of another size",
            &[word(value(elf::DT_RELAENT), 16)],
        );
        self.crash("relocations without their size", &[forget(elf::DT_RELAENT)]);
        self.crash("relocations without a length", &[forget(elf::DT_RELASZ)]);
        self.crash(
            "too many relative relocations",
            &[word(
                value(elf::DT_RELACOUNT),
                module.word(value(elf::DT_RELASZ)) / 24,
            )],
        );
        self.crash(
            "procedures without addends",
            &[word(value(elf::DT_PLTREL), 17)],
        );
        self.crash("procedures without a length", &[forget(elf::DT_PLTRELSZ)]);
        self.crash(
            "constructors without a length",
            &[forget(elf::DT_INIT_ARRAYSZ)],
        );
        self.crash(
            "more constructors than there are",
            &[word(value(elf::DT_INIT_ARRAYSZ), 1 << 20)],
        );
        self.crash("no string table", &[forget(elf::DT_STRTAB)]);
        self.crash("no symbol table", &[forget(elf::DT_SYMTAB)]);
        self.crash("no versions of symbols", &[forget(elf::DT_VERSYM)]);
        self.crash(
            "constructors of an executable",
            &[
                word(module.entry(elf::DT_FINI_ARRAY), 32),
                word(module.entry(elf::DT_FINI_ARRAYSZ), 33),
                word(value(elf::DT_FINI_ARRAY), NOWHERE),
            ],
        );
        self.quiet("no hash table", &[forget(elf::DT_GNU_HASH)]);
        self.quiet(
            "one constructor less",
            &[word(
                value(elf::DT_INIT_ARRAYSZ),
                module.word(value(elf::DT_INIT_ARRAYSZ)) - 8,
            )],
        );
        self.quiet(
            "an unknown tag",
            &[word(module.entry(elf::DT_FLAGS), 0x4000_0000)],
        );
        self.quiet(
            "a tag twice",
            &[
                word(
                    module.entry(elf::DT_FLAGS),
                    elf::DT_SYMTAB.0.cast_unsigned(),
                ),
                word(value(elf::DT_FLAGS), module.word(value(elf::DT_SYMTAB))),
            ],
        );
        self.quiet(
            "relocations in code",
            &[word(value(elf::DT_FLAGS), elf::DF_TEXTREL.0)],
        );
        self.quiet(
            "a program, not a library",
            &[word(value(elf::DT_FLAGS_1), elf::DF_1_PIE.0)],
        );
        for (what, flags) in [
            (
                "a library that comes before all others",
                elf::DF_1_INTERPOSE,
            ),
            ("a library that is initialised first", elf::DF_1_INITFIRST),
            ("a library whose symbols are global", elf::DF_1_GLOBAL),
            ("a library that loads what it filters", elf::DF_1_LOADFLTR),
        ] {
            self.quiet(what, &[word(value(elf::DT_FLAGS_1), flags.0)]);
        }
        self.quiet(
            "a library that must not be opened",
            &[word(value(elf::DT_FLAGS_1), elf::DF_1_NOOPEN.0)],
        );
    }

    fn relocations(&mut self) {
        let module = self.module;
        let relative = module.relocation(elf::R_X86_64_RELATIVE);
        let entry = module.relocation(elf::R_X86_64_GLOB_DAT);
        let constructor = module.constructor();
        let code = module.address_of(module.load(elf::PF_R | elf::PF_X));
        let initialiser = module.entry(elf::DT_INIT) + 8;
        let (table, table_size) = module.section(".dynamic");
        let dynamic_address = module.address_of(module.segment(elf::PT_DYNAMIC));
        assert!((table..table + table_size).contains(&initialiser));
        let initialiser_address =
            dynamic_address + u64::try_from(initialiser - table).expect("an offset");

        self.crash(
            "relocations of noise",
            &[fill(module.section(".rela.dyn"), 0xa5)],
        );
        self.quiet("an unknown type", &[half(entry + 8, 0xff)]);
        self.crash(
            "another type among the relative ones",
            &[half(relative + 8, elf::R_X86_64_64.0)],
        );
        self.crash(
            "a symbol that does not exist",
            &[half(entry + 12, u32::MAX)],
        );
        self.crash("a target nowhere", &[word(relative, NOWHERE)]);
        self.crash("a target in the code", &[word(relative, code)]);
        self.crash(
            "a target in the dynamic table",
            &[word(relative, initialiser_address)],
        );
        // It would be called with the arguments of a constructor.
        self.quiet(
            "a constructor of another library",
            &[
                half(constructor + 8, elf::R_X86_64_64.0),
                half(constructor + 12, module.half(entry + 12)),
                word(constructor + 16, 0),
            ],
        );
        self.crash("a constructor nowhere", &[word(constructor + 16, NOWHERE)]);
        self.crash(
            "a constructor in the data",
            &[word(constructor + 16, module.word(constructor))],
        );
        self.crash(
            "a constructor that stays empty",
            &[word(constructor, module.word(relative))],
        );
        self.crash(
            "a resolver that is not code",
            &[
                half(entry + 8, elf::R_X86_64_IRELATIVE.0),
                half(entry + 12, 0),
                word(entry + 16, 0),
            ],
        );
        self.crash(
            "thread-local without thread-local storage",
            &[
                half(module.segment(elf::PT_TLS), elf::PT_NULL.0),
                half(entry + 8, elf::R_X86_64_TPOFF64.0),
                half(entry + 12, 0),
            ],
        );
        self.quiet("an addend nowhere", &[word(relative + 16, NOWHERE)]);
        self.quiet("a copy", &[half(entry + 8, elf::R_X86_64_COPY.0)]);
        self.quiet("two for one target", &[word(entry, module.word(relative))]);
    }

    /// Where the last symbol is that a record names: hotmod's own functions are exported by each module, and called only
    /// where a record says so.
    fn exported_by_record(&self, (symbols, size): (usize, usize), names: usize) -> usize {
        let good = self.module.good;
        let (start, length) = self.module.section(".hotmod");
        let records = &good[start..start + length];
        let is_named = |symbol: &usize| {
            let name = &good[names + self.module.half(*symbol) as usize..];
            let end = name.iter().position(|byte| *byte == 0);
            let name = &name[..end.expect("an end")];
            !name.is_empty() && records.windows(name.len()).any(|part| part == name)
        };
        let mut all = (symbols..symbols + size).step_by(24).rev();
        all.find(is_named).expect("an exported symbol")
    }

    fn symbols(&mut self) {
        let (symbols, size) = self.module.section(".dynsym");
        let (names, names_size) = self.module.section(".dynstr");
        let entry = self.module.relocation(elf::R_X86_64_GLOB_DAT);
        let index = usize::try_from(self.module.half(entry + 12)).expect("an index");
        let used = symbols + 24 * index;
        let last = self.exported_by_record((symbols, size), names);
        self.crash("symbols of ones", &[fill((symbols, size), 0xff)]);
        self.crash("a symbol named nowhere", &[half(used, u32::MAX)]);
        self.quiet("strings without an end", &[fill((names, names_size), b'x')]);
        self.quiet("a first symbol that is one", &[(symbols + 4, vec![0x12])]);
        self.quiet("an imported symbol that is hidden", &[(used + 5, vec![2])]);
        self.quiet(
            "an imported symbol that is internal",
            &[(used + 5, vec![1])],
        );
        // Bound to the file header, and called there.
        self.quiet(
            "an imported symbol that is protected",
            &[(used + 5, vec![3])],
        );
        self.quiet(
            "an imported symbol that is local",
            &[(used + 4, vec![0x02])],
        );
        self.quiet(
            "an imported symbol that is unique",
            &[(used + 4, vec![0xa1])],
        );
        self.quiet("an imported resolver", &[(used + 4, vec![0x1a])]);
        self.quiet("an imported section", &[(used + 4, vec![0x13])]);
        self.quiet("an imported file name", &[(used + 4, vec![0x14])]);
        self.quiet("an imported common block", &[(used + 4, vec![0x15])]);
        self.quiet(
            "an imported thread-local of the system",
            &[(used + 4, vec![0x16])],
        );
        self.quiet(
            "an imported symbol that is a number",
            &[(used + 6, elf::SHN_ABS.0.to_le_bytes().to_vec())],
        );
        self.quiet(
            "an imported symbol that is a common block",
            &[(used + 6, elf::SHN_COMMON.0.to_le_bytes().to_vec())],
        );
        self.quiet(
            "an imported symbol at an extended index",
            &[(used + 6, vec![0xff, 0xff])],
        );
        self.quiet(
            "an exported function that is a variable",
            &[(last + 4, vec![0x11])],
        );
        self.quiet(
            "an exported function that is anything",
            &[(last + 4, vec![0x10])],
        );
        self.quiet(
            "an exported function that is a number",
            &[(last + 6, elf::SHN_ABS.0.to_le_bytes().to_vec())],
        );
        self.quiet(
            "an exported function outside the code",
            &[word(last + 8, 64)],
        );
        self.quiet("an exported function nowhere", &[word(last + 8, NOWHERE)]);
        self.quiet(
            "an exported function inside another",
            &[word(last + 8, self.module.word(last + 8) + 1)],
        );
        self.quiet(
            "an exported symbol of an unknown type",
            &[(last + 4, vec![0x1d])],
        );
        self.quiet("an exported resolver", &[(last + 4, vec![0x1a])]);
        self.quiet("an exported symbol too large", &[word(last + 16, 1 << 40)]);
        self.quiet(
            "an exported symbol in no section",
            &[(last + 6, vec![0xf0, 0xef])],
        );
    }

    fn hash_table(&mut self) {
        let module = self.module;
        let (table, size) = module.section(".gnu.hash");
        let buckets = usize::try_from(module.half(table)).expect("a count");
        let filter = usize::try_from(module.half(table + 8)).expect("a count") * 8;
        let heads = (table + 16 + filter, buckets * 4);
        let values = (heads.0 + heads.1, table + size - heads.0 - heads.1);
        self.crash("a hash table of ones", &[fill((table, size), 0xff)]);
        self.crash("a filter of three words", &[half(table + 8, 3)]);
        self.crash("a filter of no words", &[half(table + 8, 0)]);
        self.crash("buckets without end", &[half(table, u32::MAX)]);
        self.crash("buckets that start nowhere", &[fill(heads, 0x7f)]);
        self.quiet("no buckets", &[half(table, 0)]);
        self.quiet(
            "another shift",
            &[half(table + 12, module.half(table + 12) ^ 1)],
        );
        self.quiet(
            "a filter that admits nothing",
            &[fill((table + 16, filter), 0)],
        );
        self.quiet("empty buckets", &[fill(heads, 0)]);
        self.quiet("hashes of other names", &[fill(values, 0x55)]);
        self.quiet(
            "a chain that does not end",
            &[(
                values.0 + values.1 - 4,
                (module.half(values.0 + values.1 - 4) & !1)
                    .to_le_bytes()
                    .to_vec(),
            )],
        );
    }

    fn versions(&mut self) {
        let module = self.module;
        let (needed, _) = module.section(".gnu.version_r");
        let first = usize::try_from(module.half(needed + 8)).expect("an offset") + needed;
        let far = 0x7fff_fff0;
        self.crash(
            "versions that are not listed",
            &[fill(module.section(".gnu.version"), 0x7f)],
        );
        self.crash(
            "a needed version of no needed library",
            &[half(needed + 4, module.half(first + 8))],
        );
        self.crash(
            "needed versions that start nowhere",
            &[half(needed + 8, far)],
        );
        self.crash(
            "needed versions that go on nowhere",
            &[half(needed + 12, far)],
        );
        self.crash(
            "a library's versions that go on nowhere",
            &[half(first + 12, far)],
        );
        self.crash(
            "a needed version named nowhere",
            &[half(first + 8, u32::MAX)],
        );
        self.quiet("needed versions of another form", &[(needed, vec![9, 0])]);
        self.quiet("a needed version of another hash", &[half(first, 1)]);
    }

    fn sections(&mut self) {
        let module = self.module;
        let text = module.section_header(".text");
        let rodata = module.section_header(".rodata");
        self.quiet("section headers beyond the end", &[word(40, 1 << 40)]);
        self.quiet("no section headers", &[word(40, 0), (60, vec![0, 0, 0, 0])]);
        self.quiet("no section of names", &[(62, vec![0xff, 0xfe])]);
        self.quiet("a section named nowhere", &[half(text, u32::MAX)]);
        self.quiet("a section beyond the end", &[word(rodata + 24, 1 << 40)]);
        self.quiet(
            "a section at another address",
            &[word(rodata + 16, module.word(rodata + 16) + 16)],
        );
        self.quiet(
            "a section larger than its segment",
            &[word(rodata + 32, 1 << 40)],
        );
        self.quiet(
            "a section outside all segments",
            &[word(text + 16, NOWHERE)],
        );
        self.quiet(
            "an unwind table of noise",
            &[fill(module.section(".eh_frame_hdr"), 0xa5)],
        );
    }
}
