//! Where the code of a version is: in a file that was mapped, or in the executable itself.

use std::io;
use std::mem::{ManuallyDrop, transmute_copy};

use crate::image::budget::Charge;
use crate::image::mapping::Mapping;
use crate::image::stage::Staging;
use crate::sys::loader::{Library, LoaderError};

/// The code of a version. It is never unmapped.
pub(crate) enum VersionCode {
    Mapped(MappedCode),
    #[cfg_attr(
        not(feature = "linked"),
        allow(dead_code, reason = "nothing is linked without that feature")
    )]
    Linked(LinkedCode),
}

/// Code of a file that was loaded.
pub(crate) struct MappedCode {
    pub(crate) library: ManuallyDrop<Library>,
    pub(crate) mapping: Mapping,
    pub(crate) charge: Charge,
    /// Where its manifest lies, relative to the image, and how long it is.
    pub(crate) encoded: (u64, usize),
}

/// Code of a module that is linked into the executable.
#[derive(Clone, Copy)]
pub(crate) struct LinkedCode {
    /// Its records.
    pub(crate) section: &'static [u8],
    /// Finds what its crates export.
    pub(crate) find: Find,
}

/// Finds what crates of the executable export.
pub(crate) type Find = fn(&str) -> Option<*const ()>;

impl VersionCode {
    pub(crate) fn symbols(&self) -> Symbols<'_> {
        match self {
            VersionCode::Mapped(mapped) => Symbols::OfLibrary(&mapped.library),
            VersionCode::Linked(linked) => Symbols::OfExecutable(linked.find),
        }
    }

    /// Its manifest, as it lies in memory. `None` if it cannot be read any more.
    pub(crate) fn encoded(&self) -> Option<&'static [u8]> {
        match self {
            VersionCode::Mapped(MappedCode {
                mapping, encoded, ..
            }) => mapping.bytes(encoded.0, encoded.1),
            VersionCode::Linked(linked) => Some(linked.section),
        }
    }

    pub(crate) fn is_linked(&self) -> bool {
        matches!(self, VersionCode::Linked(_))
    }

    /// How many bytes of it are in memory. `None` if that cannot be said: of what is linked it is a part of what the
    /// executable takes.
    pub(crate) fn resident(&self) -> Option<u64> {
        match self {
            VersionCode::Mapped(mapped) => mapped.mapping.resident().ok(),
            VersionCode::Linked(_) => None,
        }
    }

    /// How many bytes it counts toward the budget.
    pub(crate) fn charged(&self) -> u64 {
        match self {
            VersionCode::Mapped(mapped) => mapped.charge.bytes(),
            VersionCode::Linked(_) => 0,
        }
    }

    /// Gives its pages back, needed or not.
    pub(crate) fn page_out(&self, staging: &Staging) -> io::Result<()> {
        match self {
            VersionCode::Mapped(mapped) => mapped.mapping.give_back(|| staging.nameless()),
            VersionCode::Linked(_) => Ok(()),
        }
    }

    /// Has the budget count it as retired, or as in use.
    pub(crate) fn charge(&self, is_retired: bool) {
        let VersionCode::Mapped(MappedCode {
            mapping, charge, ..
        }) = self
        else {
            return;
        };
        charge.change(match is_retired {
            true => mapping.kept(),
            false => mapping.size(),
        });
    }
}

/// Where the symbols of a version are looked up.
#[derive(Clone, Copy)]
pub(crate) enum Symbols<'a> {
    OfLibrary(&'a Library),
    OfExecutable(Find),
}

/// Why there is no symbol of a name.
pub(crate) struct NoSymbol {
    pub(crate) found: String,
    pub(crate) source: Option<LoaderError>,
}

impl Symbols<'_> {
    /// The function of this name.
    ///
    /// # Safety
    ///
    /// It is a function of the type `T`.
    pub(crate) unsafe fn get<T: Copy>(self, name: &str) -> Result<T, NoSymbol> {
        match self {
            // SAFETY: the caller's.
            Symbols::OfLibrary(library) => match unsafe { library.get::<T>(name) } {
                Ok(symbol) => Ok(*symbol),
                Err(error) => Err(NoSymbol {
                    found: error.to_string(),
                    source: Some(error),
                }),
            },
            Symbols::OfExecutable(find) => {
                const { assert!(size_of::<T>() == size_of::<*const ()>()) };
                let address = find(name).ok_or_else(|| NoSymbol {
                    found: "none in the executable".to_owned(),
                    source: None,
                })?;
                // SAFETY: it is the address of a function of the type `T`, by the caller, and has its size.
                Ok(unsafe { transmute_copy(&address) })
            }
        }
    }
}
