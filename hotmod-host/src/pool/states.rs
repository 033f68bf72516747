//! The states of a pool that has a name, one after the other, to be written down.

use std::ptr;
use std::sync::Arc;

use hotmod::call::boundary::Boundary;
use hotmod::interface::Interface;

use super::named::{self, NamedKey};
use super::shared::Pooled;
use crate::uses::named_states::{NamedKeys, NamedStates, StateByName, UsedHere};

impl<K: NamedKey, I: Interface + ?Sized> NamedStates for Pooled<K, I> {
    fn module(&self) -> &str {
        self.module.name()
    }

    fn interface(&self) -> &'static str {
        I::DESC.name
    }

    fn keys(&self) -> Option<NamedKeys> {
        let ty = hotmod::describe::Type::from(&K::TYPE);
        (!self.is_lone()).then(|| NamedKeys {
            ty,
            section: named::key_section::<K>(),
            operations: <K as Boundary>::PASSING.wire,
        })
    }

    fn each(&self, each: &mut dyn FnMut(StateByName<'_>) -> bool) -> Result<(), UsedHere> {
        let page = |page| self.roster.lock().page(page);
        // Page by page: the roster is locked only while one page is read.
        for entries in (0..).map_while(page) {
            for entry in entries {
                let entry: Arc<_> = entry;
                let mut used = self.exclusive(&entry).map_err(|_| UsedHere)?;
                // It may have been taken out meanwhile.
                let Some(kept) = used.kept().as_mut() else {
                    continue;
                };
                let mut wire = entry.key.clone().into_wire();
                let goes_on = each(StateByName {
                    key: ptr::from_mut(&mut wire).cast(),
                    at: kept.instance.state().at_version(),
                    values: kept.instance.seen().values(),
                });
                drop(K::from_wire(wire));
                if !goes_on {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
