//! Modules in which valid values stand in each other's place. Damage of a single place rarely makes such
//! modules.
//!
//! Each is a copy of a good module with one or a few of its tables' values exchanged, taken from
//! elsewhere in the table, or from another module.

use crate::damage;

/// Which values were mixed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mix {
    /// Words of two program headers.
    Segments,
    /// Values of two dynamic entries.
    DynamicValues,
    /// Tags of two dynamic entries.
    DynamicTags,
    /// Fields of two relocations: target, type, symbol or addend.
    Relocations,
    /// Fields of two dynamic symbols: name, kind, visibility, section, value or size.
    Symbols,
    /// Words of the versions of two symbols.
    Versions,
    /// Words of the needed versions.
    Needed,
    /// Words of the hash table.
    Hash,
    /// Fields of two section headers.
    Sections,
    /// A stretch of a table from the other module.
    Other,
}

/// All of them.
pub const MIXES: [Mix; 10] = [
    Mix::Segments,
    Mix::DynamicValues,
    Mix::DynamicTags,
    Mix::Relocations,
    Mix::Symbols,
    Mix::Versions,
    Mix::Needed,
    Mix::Hash,
    Mix::Sections,
    Mix::Other,
];

/// A generator of numbers (SplitMix64): the same for a seed on every machine.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The numbers of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Numbers(seed)
    }

    /// The numbers for one of many things that a seed makes, so that it can be made again alone.
    #[must_use]
    pub fn of(seed: u64, place: u64) -> Self {
        let mut numbers = Numbers(seed);
        Numbers(numbers.number() ^ place.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this.
    ///
    /// # Panics
    ///
    /// Never: a number below `end` fits in a `usize`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end.max(1) as u64).expect("a number below another")
    }
}

/// For a mix, where a table starts, how many rows it has and how long one is, and the fields of a
/// row: place and size.
type Table = (Mix, usize, usize, usize, &'static [(usize, usize)]);

/// Where the tables of a module are, so that many copies are made without looking for them again.
#[derive(Debug)]
pub struct Tables {
    all: Vec<Table>,
    /// The same tables by their names.
    named: Vec<(&'static str, std::ops::Range<usize>)>,
}

impl Tables {
    /// The tables of a good module.
    #[must_use]
    pub fn of(good: &[u8]) -> Self {
        let word = |at: usize| {
            let bytes = good[at..at + 8].try_into().expect("eight bytes");
            usize::try_from(u64::from_le_bytes(bytes)).expect("an offset")
        };
        let half = |at: usize| usize::from(u16::from_le_bytes([good[at], good[at + 1]]));
        let mut all = Vec::new();
        let mut named = Vec::new();
        const SEGMENT: &[(usize, usize)] = &[
            (0, 4),
            (4, 4),
            (8, 8),
            (16, 8),
            (24, 8),
            (32, 8),
            (40, 8),
            (48, 8),
        ];
        all.push((Mix::Segments, word(32), half(56), 56, SEGMENT));
        const SECTION: &[(usize, usize)] = &[
            (0, 4),
            (4, 4),
            (8, 8),
            (16, 8),
            (24, 8),
            (32, 8),
            (40, 4),
            (44, 4),
            (48, 8),
            (56, 8),
        ];
        all.push((Mix::Sections, word(40), half(60), 64, SECTION));
        const SYMBOL: &[(usize, usize)] = &[(0, 4), (4, 1), (5, 1), (6, 2), (8, 8), (16, 8)];
        const RELOCATION: &[(usize, usize)] = &[(0, 8), (8, 4), (12, 4), (16, 8)];
        for (mix, name, row, fields) in [
            (Mix::DynamicValues, ".dynamic", 16, &[(8, 8)][..]),
            (Mix::DynamicTags, ".dynamic", 16, &[(0, 8)][..]),
            (Mix::Relocations, ".rela.dyn", 24, RELOCATION),
            (Mix::Symbols, ".dynsym", 24, SYMBOL),
            (Mix::Versions, ".gnu.version", 2, &[(0, 2)][..]),
            (
                Mix::Needed,
                ".gnu.version_r",
                4,
                &[(0, 4), (0, 2), (2, 2)][..],
            ),
            (Mix::Hash, ".gnu.hash", 4, &[(0, 4)][..]),
        ] {
            let table = damage::section(good, name);
            all.push((mix, table.start, table.len() / row, row, fields));
            if mix != Mix::DynamicTags {
                named.push((name, table));
            }
        }
        Tables { all, named }
    }

    /// Where a table is that the numbers choose.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn any(&self, numbers: &mut Numbers) -> std::ops::Range<usize> {
        let (_, start, rows, row, _) = self.all[numbers.below(self.all.len())];
        start..start + rows * row
    }

    /// A copy in which values stand in each other's place, and which kind of mix it is.
    #[must_use]
    pub fn mix(
        &self,
        good: &[u8],
        other: (&[u8], &Tables),
        numbers: &mut Numbers,
    ) -> (Mix, Vec<u8>) {
        let mut bytes = good.to_vec();
        let mix = MIXES[numbers.below(MIXES.len())];
        for _ in 0..=numbers.below(3) {
            if mix == Mix::Other {
                self.overlay(&mut bytes, other, numbers);
                continue;
            }
            let table = self.all.iter().find(|(it, ..)| *it == mix);
            let (_, start, rows, row, fields) = table.expect("a table for each mix");
            let (field, size) = fields[numbers.below(fields.len())];
            let mut place = || start + row * numbers.below(*rows) + field;
            let (a, b) = (place(), place());
            let (one, two) = (bytes[a..a + size].to_vec(), bytes[b..b + size].to_vec());
            bytes[a..a + size].copy_from_slice(&two);
            // The two values are exchanged, or one stands in both places.
            if numbers.below(2) == 0 {
                bytes[b..b + size].copy_from_slice(&one);
            }
        }
        (mix, bytes)
    }

    fn overlay(&self, bytes: &mut [u8], (other, tables): (&[u8], &Tables), numbers: &mut Numbers) {
        let (name, ours) = &self.named[numbers.below(self.named.len())];
        let theirs = tables.named.iter().find(|(it, _)| it == name);
        let Some((_, theirs)) = theirs else { return };
        let units = [2, 4, 8, 16, 24, 48];
        let size = units[numbers.below(units.len())];
        if ours.len() <= size || theirs.len() <= size {
            return;
        }
        let place = |range: &std::ops::Range<usize>, numbers: &mut Numbers| {
            range.start + numbers.below((range.len() - size) / 2) * 2
        };
        let (to, from) = (place(ours, numbers), place(theirs, numbers));
        bytes[to..to + size].copy_from_slice(&other[from..from + size]);
    }
}
