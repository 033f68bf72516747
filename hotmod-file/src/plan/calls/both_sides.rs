//! The two sides of calls, and what is found out about them once for all functions.

use std::cell::{OnceCell, RefCell};

use hotmod::describe::Type;

use super::sides::Side;
use crate::contract::Alike;
use crate::plan::known::Examined;
use crate::plan::model::Way;
use crate::plan::planner::Ground;

/// A host and a module that were compiled apart.
pub(super) struct BothSides<'a> {
    pub(super) host: Examined<'a>,
    pub(super) module: Examined<'a>,
    /// What the plans of all functions have in common, made when the first asks: for values that go to the
    /// module and to the host, each as the newer side and as the older.
    grounds: [OnceCell<Ground<'a>>; 4],
    /// What passes as it is: with the host as the caller, and with the module.
    same: RefCell<[Option<Alike<'a>>; 2]>,
}

impl<'a> BothSides<'a> {
    pub(super) fn new(host: Examined<'a>, module: Examined<'a>) -> Self {
        BothSides {
            host,
            module,
            grounds: Default::default(),
            same: RefCell::default(),
        }
    }

    /// How many steps were planned for all functions so far.
    pub(super) fn planned(&self) -> usize {
        let grounds = self.grounds.iter().filter_map(OnceCell::get);
        grounds.map(Ground::planned).sum()
    }

    /// What plans know that lead to the module, or to the host, as the newer side or as the older.
    pub(super) fn ground(&self, to_module: bool, way: Way) -> &Ground<'a> {
        let place = usize::from(to_module) + 2 * usize::from(way == Way::Back);
        self.grounds[place].get_or_init(|| {
            let (host, module) = (self.host.known().clone(), self.module.known().clone());
            match to_module {
                true => Ground::of_calls(host, module, way),
                false => Ground::of_calls(module, host, way),
            }
        })
    }

    /// Whether the one side may use as it is what the other one passes.
    pub(super) fn passes_as_it_is(
        &self,
        (caller, callee): (Side<'_>, Side<'_>),
        was: &Type,
        now: &Type,
    ) -> bool {
        let (host, module) = (self.host.description, self.module.description);
        let place = usize::from(caller.is_module());
        let same = &mut self.same.borrow_mut()[place];
        let same = same.get_or_insert_with(|| match callee.is_module() {
            true => Alike::new(host, module),
            false => Alike::new(module, host),
        });
        same.value(was, now)
    }
}
