//! What becomes of a file's segments in memory, page by page: which pages stay as the file has
//! them, which are written once, and which may be written at any time.

use std::ops::Range;

use super::segments::MappedFile;
use super::span::Span;

/// The segments of a file that was checked, by what is written to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    loads: Vec<Load>,
    /// The addresses that the loader makes read-only after it has written them.
    relro: Option<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Load {
    memory: Span,
    /// The start of `memory`, as far as it comes from the file.
    backed: Span,
    is_writable: bool,
}

/// Whole pages, as addresses relative to where the image lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Never written: they hold what the file holds. Relocations write to writable segments only, as their
    /// check makes sure.
    pub clean: Vec<Range<u64>>,
    /// Written by the loader and then made read-only.
    pub sealed: Option<Range<u64>>,
    /// All other pages.
    pub written: Vec<Range<u64>>,
}

impl Parts {
    pub(super) fn of(image: &MappedFile<'_>) -> Self {
        let loads = image.loads().map(|load| Load {
            memory: load.memory,
            backed: load.backed(),
            is_writable: load.is_writable(),
        });
        Parts {
            loads: loads.collect(),
            relro: image.relro.as_ref().map(|relro| relro.memory),
        }
    }

    /// The pages of this size, a power of two, that the loader maps.
    pub fn pages(&self, page: u64) -> Pages {
        let down = |address: u64| address & !(page - 1);
        let up = |address: u64| down(address.saturating_add(page - 1));
        // Rounded as the loader does it: data that shares the last page stays writable.
        let sealed = self
            .relro
            .map(|relro| down(relro.start())..down(relro.end()));
        let sealed = sealed.filter(|sealed| !sealed.is_empty());
        let mut pages = Pages {
            sealed: sealed.clone(),
            ..Pages::default()
        };
        for load in &self.loads {
            let all = down(load.memory.start())..up(load.memory.end());
            let (clean, written) = if load.is_writable {
                (all.start..all.start, all)
            } else if load.backed == load.memory {
                (all.clone(), all.end..all.end)
            } else {
                // The loader writes zeros behind the last byte of the file.
                let end = down(load.backed.end());
                (all.start..end, end..all.end)
            };
            pages.clean.push(clean);
            match &sealed {
                Some(sealed) if written.start <= sealed.start && sealed.end <= written.end => {
                    pages.written.push(written.start..sealed.start);
                    pages.written.push(sealed.end..written.end);
                }
                _ => pages.written.push(written),
            }
        }
        pages.clean.retain(|range| !range.is_empty());
        pages.written.retain(|range| !range.is_empty());
        pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = 0x1000;

    fn load(start: u64, in_file: u64, size: u64, is_writable: bool) -> Load {
        Load {
            memory: Span::new(start, size).unwrap(),
            backed: Span::new(start, in_file).unwrap(),
            is_writable,
        }
    }

    #[test]
    fn every_page_is_of_one_kind() {
        let parts = Parts {
            loads: vec![
                load(0, 0x1800, 0x1800, false),
                load(0x2800, 0x900, 0x900, false),
                load(0x4780, 0x2880, 0x3000, true),
            ],
            relro: Span::new(0x4780, 0x1880),
        };
        let pages = parts.pages(PAGE);
        assert_eq!(pages.clean, [0..0x2000, 0x2000..0x4000]);
        assert_eq!(pages.sealed, Some(0x4000..0x6000));
        assert_eq!(pages.written, std::slice::from_ref(&(0x6000..0x8000)));
    }

    #[test]
    fn zeros_behind_the_file_are_written_also_where_nothing_else_is() {
        let parts = Parts {
            loads: vec![load(0, 0x1800, 0x3000, false)],
            relro: None,
        };
        let pages = parts.pages(PAGE);
        assert_eq!(pages.clean, std::slice::from_ref(&(0..0x1000)));
        assert_eq!(pages.written, std::slice::from_ref(&(0x1000..0x3000)));
    }

    #[test]
    fn what_is_sealed_only_in_part_of_a_page_is_not_sealed() {
        let parts = Parts {
            loads: vec![load(0x4780, 0x100, 0x100, true)],
            relro: Span::new(0x4780, 0x80),
        };
        let pages = parts.pages(PAGE);
        assert_eq!(pages.sealed, None);
        assert_eq!(pages.written, std::slice::from_ref(&(0x4000..0x5000)));
    }

    /// A kernel with larger pages maps larger pieces.
    #[test]
    fn larger_pages_leave_less() {
        let parts = Parts {
            loads: vec![
                load(0, 0x1800, 0x1800, false),
                load(0x1_4780, 0x2880, 0x3000, true),
            ],
            relro: Span::new(0x1_4780, 0x1880),
        };
        let pages = parts.pages(0x1_0000);
        assert_eq!(pages.clean, std::slice::from_ref(&(0..0x1_0000)));
        assert_eq!(pages.sealed, None);
        assert_eq!(pages.written, std::slice::from_ref(&(0x1_0000..0x2_0000)));
    }
}
