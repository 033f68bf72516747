//! Where an image lies in memory, how much of it is resident, and how that memory is given back
//! without unmapping any of it.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

use hotmod_file::Parts;

use crate::sys::pages::{give_back, map_over, page_size};
use crate::sys::write::write_whole;

/// The pages of an image that stays mapped for as long as the process lives.
///
/// Every range is of whole pages inside the image, as the constructor's caller promised, and is not
/// empty.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: usize,
    /// Mapped from the file of the image, and never written to.
    clean: Vec<Range<usize>>,
    /// Written by the loader, and read-only since.
    sealed: Option<Range<usize>>,
    /// Whether `sealed` is mapped from a file too. Locked while pages are given back, so that one
    /// thread at a time does that.
    is_filed: Mutex<bool>,
    /// Pages that may be written to at any time.
    written: Vec<Range<usize>>,
    page: usize,
}

impl Mapping {
    /// # Safety
    ///
    /// The system's loader has mapped a file of these parts, which was checked, relative to `base`,
    /// and bound all its symbols. The file never changes, and the image is never unmapped.
    pub(crate) unsafe fn new(base: usize, parts: &Parts) -> Self {
        let page = page_size();
        let pages = parts.pages(page as u64);
        let place = |range: Range<u64>| {
            // The loader mapped them, so they are addresses.
            base + range.start as usize..base + range.end as usize
        };
        Mapping {
            base,
            clean: pages.clean.into_iter().map(place).collect(),
            sealed: pages.sealed.map(place),
            is_filed: Mutex::new(false),
            written: pages.written.into_iter().map(place).collect(),
            page,
        }
    }

    /// Gives back every page that a file holds too, after writing the pages that the loader changed to
    /// `file`, which has no name. A call into the image, meanwhile or later, finds every page as it
    /// was: the kernel reads back what is used.
    ///
    /// # Errors
    ///
    /// If the file cannot be made, written or mapped, or the kernel keeps pages (it does where the
    /// process has locked its memory). Pages that were not given back stay as they were.
    pub(crate) fn give_back(&self, file: impl FnOnce() -> io::Result<File>) -> io::Result<()> {
        // The flag is set when all is done.
        let mut is_filed = self.is_filed.lock().unwrap_or_else(PoisonError::into_inner);
        for clean in &self.clean {
            // SAFETY: private pages of a file that does not change, which were never written to.
            unsafe { give_back(clean) }?;
        }
        let Some(sealed) = &self.sealed else {
            return Ok(());
        };
        if *is_filed {
            // SAFETY: as above; this file has no name, and no other process has it open.
            unsafe { give_back(sealed) }
        } else {
            let mut file = file()?;
            write_whole(&mut file, self.sealed_bytes())?;
            // SAFETY: the file holds the bytes of these pages, no other process can open it, and the
            // pages are read-only.
            unsafe { map_over(sealed, &file) }?;
            *is_filed = true;
            Ok(())
        }
    }

    /// All addresses of the image, from where it begins.
    pub(crate) fn range(&self) -> Range<usize> {
        let all = self.clean.iter().chain(&self.sealed).chain(&self.written);
        let end = all.map(|range| range.end).max().unwrap_or(self.base);
        self.base..end
    }

    fn sealed_bytes(&self) -> &[u8] {
        match &self.sealed {
            Some(sealed) => {
                let start = std::ptr::with_exposed_provenance(sealed.start);
                // SAFETY: the pages are mapped for good, and no code writes to them since the loader
                // made them read-only; it bound all symbols before that.
                unsafe { std::slice::from_raw_parts(start, sealed.len()) }
            }
            None => &[],
        }
    }

    /// `size` bytes from an address relative to the image; `None` unless they lie in pages that are never
    /// written to.
    pub(crate) fn bytes(&self, address: u64, size: usize) -> Option<&'static [u8]> {
        let start = self.base.checked_add(usize::try_from(address).ok()?)?;
        let end = start.checked_add(size)?;
        let mut clean = self.clean.iter();
        clean.find(|clean| clean.start <= start && end <= clean.end)?;
        let start = std::ptr::with_exposed_provenance(start);
        // SAFETY: the pages are mapped for good, and no code writes to them.
        Some(unsafe { std::slice::from_raw_parts(start, size) })
    }

    /// How many bytes the image spans, all of which may be resident while it is in use.
    pub(crate) fn size(&self) -> u64 {
        let all = self.clean.iter().chain(&self.sealed).chain(&self.written);
        all.map(|range| range.len() as u64).sum()
    }

    /// How many bytes of the image no file holds: these stay in memory when it is retired.
    pub(crate) fn kept(&self) -> u64 {
        let is_filed = *self.is_filed.lock().unwrap_or_else(PoisonError::into_inner);
        let sealed = self.sealed.iter().filter(|_| !is_filed);
        let kept = self.written.iter().chain(sealed);
        kept.map(|range| range.len() as u64).sum()
    }

    /// How many bytes of the image this process has in memory now.
    ///
    /// # Errors
    ///
    /// If the kernel does not say.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        /// The bit of a page that is in memory: proc_pid_pagemap(5).
        const PRESENT: u64 = 1 << 63;
        const ENTRY: usize = size_of::<u64>();
        let table = File::open("/proc/self/pagemap")?;
        let mut pages = 0;
        for range in self.clean.iter().chain(&self.sealed).chain(&self.written) {
            let mut entries = vec![0; range.len() / self.page * ENTRY];
            let first = range.start / self.page * ENTRY;
            table.read_exact_at(&mut entries, first as u64)?;
            pages += entries
                .chunks_exact(ENTRY)
                .map(|entry| u64::from_ne_bytes(entry.try_into().expect("eight bytes")))
                .filter(|entry| entry & PRESENT != 0)
                .count();
        }
        Ok((pages * self.page) as u64)
    }
}

/// How many bytes a file of these parts spans when it is loaded.
pub(crate) fn size(parts: &Parts) -> u64 {
    let pages = parts.pages(page_size() as u64);
    let all = pages
        .clean
        .iter()
        .chain(&pages.sealed)
        .chain(&pages.written);
    all.map(|range| range.end - range.start).sum()
}
