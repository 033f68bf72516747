//! A record as a line of text, which a person can read: words with spaces between, after a checksum.
//!
//! A line that was cut, or whose bytes changed, is none: its checksum is that of another one.

use hotmod_file::Digest;

/// How many digits of the digest stand before a line.
const CHECKSUM: usize = 16;

/// What stands for a word without letters.
const EMPTY: &str = "%";

/// Writes a line, with its end.
pub(super) fn write(words: &[Vec<u8>]) -> Vec<u8> {
    let words: Vec<String> = words.iter().map(|word| escaped(word)).collect();
    let words = words.join(" ");
    format!("{} {words}\n", checksum(words.as_bytes())).into_bytes()
}

/// The words of a line, without its end. `None` if it is not as it was written.
pub(super) fn read(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (sum, words) = line.split_at_checked(CHECKSUM)?;
    let words = words.strip_prefix(b" ")?;
    if sum != checksum(words).as_bytes() {
        return None;
    }
    words.split(|byte| *byte == b' ').map(unescaped).collect()
}

fn checksum(words: &[u8]) -> String {
    let mut digest = Digest::of(words).to_string();
    digest.truncate(CHECKSUM);
    digest
}

fn escaped(word: &[u8]) -> String {
    if word.is_empty() {
        return EMPTY.to_owned();
    }
    let escape = |byte: &u8| match byte {
        b'%' | 0..=b' ' | 0x7f.. => format!("%{byte:02x}"),
        _ => char::from(*byte).to_string(),
    };
    word.iter().map(escape).collect()
}

fn unescaped(word: &[u8]) -> Option<Vec<u8>> {
    if word == EMPTY.as_bytes() {
        return Some(Vec::new());
    }
    let mut bytes = Vec::new();
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_read_as_they_were_written(words: Vec<Vec<u8>>) {
            prop_assume!(!words.is_empty());
            let line = write(&words);
            let (end, line) = line.split_last().expect("a line");
            prop_assert_eq!(*end, b'\n');
            prop_assert!(!line.contains(&b'\n'));
            prop_assert_eq!(read(line), Some(words));
        }

        #[test]
        fn nothing_that_is_read_is_a_panic(line: Vec<u8>) {
            read(&line);
        }
    }

    #[test]
    fn a_line_is_text_and_none_when_a_bit_of_it_changed_or_it_was_cut() {
        let words = [b"begun".to_vec(), b"a b%\xff".to_vec(), Vec::new()];
        let line = write(&words);
        assert!(line.ends_with(b" begun a%20b%25%ff %\n"), "{line:?}");
        let line = &line[..line.len() - 1];
        for at in 0..line.len() {
            assert_eq!(read(&line[..at]), None);
            for bit in 0..8 {
                let mut changed = line.to_vec();
                changed[at] ^= 1 << bit;
                assert_eq!(read(&changed), None, "bit {bit} of {at}");
            }
        }
    }
}
