//! What every plan asks of a description.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use hotmod::describe::{Description, FingerprintTable, Transients, Type};

/// A description, and what plans ask of it.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) description: &'a Description,
    /// The fingerprints of its types.
    pub(super) prints: FingerprintTable,
    /// Which of its types hold what is not carried over.
    pub(super) transients: Transients<'a>,
    /// Of the types that were looked through for it, what in their bytes may be changed through a shared
    /// reference.
    pub(super) cells: Mutex<BTreeMap<Type, Option<String>>>,
}

/// A description that is examined when a plan first asks, once for all plans that it has a part in: with
/// very many types, that takes most of the time.
#[derive(Clone, Debug)]
pub struct Examined<'a> {
    pub(super) description: &'a Description,
    /// Shared by all copies.
    known: Arc<OnceLock<Arc<Known<'a>>>>,
}

impl<'a> Examined<'a> {
    /// Of which nothing was asked yet.
    pub fn new(description: &'a Description) -> Self {
        Examined {
            description,
            known: Arc::default(),
        }
    }

    pub(super) fn known(&self) -> &Arc<Known<'a>> {
        self.known.get_or_init(|| {
            #[cfg(test)]
            EXAMINED.with(|examined| examined.set(examined.get() + 1));
            Arc::new(Known {
                description: self.description,
                prints: FingerprintTable::new(self.description),
                transients: Transients::of(self.description),
                cells: Mutex::default(),
            })
        })
    }
}

#[cfg(test)]
thread_local! {
    /// How many descriptions were examined.
    pub(super) static EXAMINED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
