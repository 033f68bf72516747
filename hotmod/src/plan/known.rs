//! What every plan asks of a description.

use std::sync::{Arc, OnceLock};

use crate::describe::{Description, FingerprintTable, Transients};

/// A description, and what plans ask of it.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) description: &'a Description,
    /// The fingerprints of its types.
    pub(super) prints: FingerprintTable,
    /// Which of its types hold what is not carried over.
    pub(super) transients: Transients<'a>,
}

/// A description that is examined when a plan first asks, once for all plans that it has a part in: with
/// very many types, that takes most of the time.
#[derive(Clone, Debug)]
pub(super) struct Examined<'a> {
    pub(super) description: &'a Description,
    known: OnceLock<Arc<Known<'a>>>,
}

impl<'a> Examined<'a> {
    pub(super) fn new(description: &'a Description) -> Self {
        Examined {
            description,
            known: OnceLock::new(),
        }
    }

    pub(super) fn known(&self) -> &Arc<Known<'a>> {
        self.known.get_or_init(|| {
            Arc::new(Known {
                description: self.description,
                prints: FingerprintTable::new(self.description),
                transients: Transients::of(self.description),
            })
        })
    }
}
