//! The two hash tables through which symbols are found.
//!
//! glibc follows buckets and chains without any bound, and does not find a symbol that is in the wrong
//! chain. So both tables are compared with the hashes of the names.

use object::elf;

use super::damage::{Findings, Hex};
use super::symbols::{Symbol, Symbols};
use super::words::{u32_at, u64_at};

const GNU: &str = "hash table (GNU)";
const OLD: &str = "hash table";

/// Checks a `DT_GNU_HASH` table; `bytes` runs from the table's start to the end of its segment.
pub(super) fn check_gnu(bytes: &[u8], symbols: &Symbols<'_>, findings: &mut Findings) {
    let Some(table) = GnuHash::read(bytes, symbols, findings) else {
        return;
    };
    let mut chains = 0_usize;
    let mut bucket_of_chain = None;
    for symbol in symbols.iter() {
        if findings.is_full() {
            return;
        }
        let Some(position) = symbol.index.checked_sub(table.first) else {
            check_unhashed(symbol, findings);
            continue;
        };
        let hash = elf::gnu_hash(symbol.name);
        let bucket = hash % table.buckets;
        if bucket_of_chain != Some(bucket) {
            if bucket_of_chain.is_some() {
                findings.damaged(
                    GNU,
                    "a chain for one bucket",
                    format_args!("{symbol} in it"),
                );
            }
            chains += 1;
            let start = table.bucket(bucket);
            if start != u32::try_from(symbol.index).ok() {
                findings.damaged(
                    GNU,
                    format_args!("bucket {bucket} to start at {symbol}"),
                    start.unwrap_or(0),
                );
            }
        }
        let stored = table.value(position).unwrap_or(0);
        if stored | 1 != hash | 1 {
            let expected = format_args!("{:#x} for {symbol}", hash | 1);
            findings.damaged(GNU, expected, Hex(u64::from(stored | 1)));
        }
        if !table.filter_admits(hash) {
            findings.damaged(
                GNU,
                format_args!("its filter to admit {symbol}"),
                "bits missing",
            );
        }
        bucket_of_chain = if stored & 1 == 0 { Some(bucket) } else { None };
    }
    if bucket_of_chain.is_some() {
        findings.damaged(GNU, "its last chain to end", "one that runs on");
    }
    let used = (0..table.buckets)
        .filter(|bucket| table.bucket(*bucket) != Some(0))
        .count();
    if used != chains {
        findings.damaged(GNU, format_args!("{chains} buckets in use"), used);
    }
}

/// Checks a symbol below the first hashed one: only symbols that no lookup has to find here may be there.
fn check_unhashed(symbol: &Symbol<'_>, findings: &mut Findings) {
    if symbol.is_defined() && !symbol.binds_here() {
        findings.damaged(
            GNU,
            format_args!("to list {symbol}, which is defined"),
            "it left out",
        );
    }
}

struct GnuHash<'a> {
    buckets: u32,
    first: usize,
    shift: u32,
    filter: &'a [u8],
    bucket_words: &'a [u8],
    values: &'a [u8],
}

impl<'a> GnuHash<'a> {
    fn read(
        bytes: &'a [u8],
        symbols: &Symbols<'_>,
        findings: &mut Findings,
    ) -> Option<GnuHash<'a>> {
        let word = |index: usize| u32_at(bytes, index * 4);
        let fields = (word(0), word(1), word(2), word(3));
        let (Some(buckets), Some(first), Some(filter_words), Some(shift)) = fields else {
            findings.damaged(GNU, "a header of 16 bytes", bytes.len());
            return None;
        };
        // Zero words pass glibc's assertion, and glibc then indexes with a mask of all ones.
        if !filter_words.is_power_of_two() {
            findings.damaged(GNU, "a filter of a power of two of words", filter_words);
            return None;
        }
        if shift >= 32 || buckets == 0 {
            let found = format_args!("{shift} and {buckets}");
            findings.damaged(GNU, "a shift below 32 and at least one bucket", found);
            return None;
        }
        let first = usize::try_from(first).ok()?;
        // In a table of no symbols, linkers write different numbers for the first symbol.
        let hashed = symbols.count().saturating_sub(first);
        let parts = split(bytes.get(16..)?, filter_words, 8).and_then(|(filter, rest)| {
            let (bucket_words, rest) = split(rest, buckets, 4)?;
            Some((filter, bucket_words, rest.get(..hashed.checked_mul(4)?)?))
        });
        let Some((filter, bucket_words, values)) = parts else {
            findings.damaged(
                GNU,
                "to end inside its segment",
                format_args!("{filter_words} words of filter, {buckets} buckets, {hashed} symbols"),
            );
            return None;
        };
        Some(GnuHash {
            buckets,
            first,
            shift,
            filter,
            bucket_words,
            values,
        })
    }

    fn bucket(&self, index: u32) -> Option<u32> {
        u32_at(
            self.bucket_words,
            usize::try_from(index).ok()?.checked_mul(4)?,
        )
    }

    fn value(&self, position: usize) -> Option<u32> {
        u32_at(self.values, position.checked_mul(4)?)
    }

    fn filter_admits(&self, hash: u32) -> bool {
        let words = self.filter.len() / 8;
        let index = usize::try_from(hash / 64).unwrap_or(0) & words.saturating_sub(1);
        let word = u64_at(self.filter, index * 8).unwrap_or(0);
        word >> (hash % 64) & word >> ((hash >> self.shift) % 64) & 1 != 0
    }
}

fn split(bytes: &[u8], count: u32, size: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(usize::try_from(count).ok()?.checked_mul(size)?)
}

/// Checks a `DT_HASH` table, which other tools than glibc use even where there is a `DT_GNU_HASH` table.
pub(super) fn check_old(bytes: &[u8], symbols: &Symbols<'_>, findings: &mut Findings) {
    let (Some(buckets), Some(count)) = (u32_at(bytes, 0), u32_at(bytes, 4)) else {
        findings.damaged(OLD, "a header of 8 bytes", bytes.len());
        return;
    };
    let parts = bytes.get(8..).and_then(|rest| {
        let (heads, rest) = split(rest, buckets, 4)?;
        Some((heads, split(rest, count, 4)?.0))
    });
    let Some((heads, links)) = parts.filter(|_| buckets != 0) else {
        let found = format_args!("{buckets} buckets, {count} symbols");
        findings.damaged(OLD, "to end inside its segment", found);
        return;
    };
    if usize::try_from(count).ok() != Some(symbols.count()) {
        findings.damaged(OLD, format_args!("{} symbols", symbols.count()), count);
        return;
    }
    // Each symbol is in one chain at most, which also proves that every chain ends.
    let mut seen = vec![false; symbols.count()];
    for bucket in 0..buckets {
        let mut next = chain_word(heads, bucket);
        while next != 0 {
            if findings.is_full() {
                return;
            }
            let index = usize::try_from(next).unwrap_or(usize::MAX);
            let (Some(symbol), Some(seen)) = (symbols.get(index), seen.get_mut(index)) else {
                findings.damaged(
                    OLD,
                    "chains of symbols that exist",
                    format_args!("symbol {next}"),
                );
                return;
            };
            if *seen {
                findings.damaged(OLD, "each symbol once", format_args!("{symbol} again"));
                return;
            }
            *seen = true;
            if elf::hash(symbol.name) % buckets != bucket {
                let found = format_args!("bucket {bucket}");
                findings.damaged(OLD, format_args!("{symbol} in its bucket"), found);
            }
            next = chain_word(links, next);
        }
    }
    for (symbol, seen) in symbols.iter().zip(seen) {
        if !seen && symbol.is_defined() && !symbol.binds_here() {
            findings.damaged(
                OLD,
                format_args!("to list {symbol}, which is defined"),
                "it left out",
            );
        }
    }
}

fn chain_word(words: &[u8], index: u32) -> u32 {
    usize::try_from(index)
        .ok()
        .and_then(|index| u32_at(words, index.checked_mul(4)?))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn damage(
        check: fn(&[u8], &Symbols<'_>, &mut Findings),
        bytes: &[u8],
        symbols: &Symbols<'_>,
    ) -> Vec<String> {
        let mut findings = Findings::default();
        check(bytes, symbols, &mut findings);
        findings
            .into_list()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// Two buckets, one word of filter that admits everything, the symbols sorted by bucket.
    fn gnu() -> (Symbols<'static>, Vec<u32>) {
        let mut names = ["damage", "game", "init", "root"];
        names.sort_by_key(|name| elf::gnu_hash(name.as_bytes()) % 2);
        let symbols = Symbols::exporting(&names);
        let hashes = names.map(|name| elf::gnu_hash(name.as_bytes()));
        let mut heads = [0_u32; 2];
        let mut values = Vec::new();
        for (index, hash) in hashes.iter().enumerate() {
            let head = &mut heads[(hash % 2) as usize];
            if *head == 0 {
                *head = index as u32 + 1;
            }
            let last = hashes
                .get(index + 1)
                .is_none_or(|next| next % 2 != hash % 2);
            values.push(hash & !1 | u32::from(last));
        }
        let table = [&[2, 1, 1, 6, u32::MAX, u32::MAX][..], &heads, &values].concat();
        (symbols, table)
    }

    #[test]
    fn a_table_that_finds_every_symbol_passes() {
        let (symbols, table) = gnu();
        assert_eq!(damage(check_gnu, &words(&table), &symbols), [] as [&str; 0]);
        let empty = [1, 1, 1, 0, 0, 0, 0];
        assert_eq!(
            damage(check_gnu, &words(&empty), &Symbols::exporting(&[])),
            [] as [&str; 0]
        );
    }

    #[test]
    fn every_damaged_word_is_refused() {
        let (symbols, table) = gnu();
        for index in 0..table.len() {
            for wrong in [0, 1 << 31, u32::MAX, table[index] ^ 2, table[index] ^ 0x100] {
                let mut table = table.clone();
                // The last bit of a filter word may be set without harm.
                if table[index] == wrong || matches!(index, 4 | 5) && wrong != 0 {
                    continue;
                }
                // Any shift finds its bits in a filter of ones.
                if index == 3 && wrong < 32 {
                    continue;
                }
                table[index] = wrong;
                let found = damage(check_gnu, &words(&table), &symbols);
                assert!(!found.is_empty(), "word {index} = {wrong:#x}");
            }
        }
    }

    #[test]
    fn a_table_cut_short_is_refused() {
        let (symbols, table) = gnu();
        let bytes = words(&table);
        for end in 0..bytes.len() {
            assert!(
                !damage(check_gnu, &bytes[..end], &symbols).is_empty(),
                "{end} bytes"
            );
        }
    }

    #[test]
    fn old_chains_end_and_find_every_symbol() {
        let symbols = Symbols::exporting(&["damage", "game"]);
        for (table, sound) in [
            (&[1, 3, 1, 0, 2, 0][..], true),
            (&[1, 3, 2, 0, 0, 1], true),
            (&[1, 3, 1, 0, 2, 1], false),
            (&[1, 3, 1, 0, 1, 0], false),
            (&[1, 3, 1, 0, 0, 0], false),
            (&[1, 3, 1, 0, 9, 0], false),
            (&[0, 3, 1, 0, 2, 0], false),
            (&[1, 9, 1, 0, 2, 0], false),
            (&[u32::MAX, u32::MAX, 1, 0, 2, 0], false),
            (&[1, 3, 1, 0, 2], false),
        ] {
            assert_eq!(
                damage(check_old, &words(table), &symbols).is_empty(),
                sound,
                "{table:?}"
            );
        }
    }
}
