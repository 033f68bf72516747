//! Several modules at once: in which order their turns are taken.

use std::path::Path;
use std::sync::Arc;

use hotmod::describe::Rule;
use hotmod_file::{Reason, Refusal, RefusalStage};

use crate::module::loaded::Loaded;

/// What is to be done to several modules, in the order in which all transactions take turns, so that no two wait for
/// each other. `of` says which module something is done to.
///
/// # Errors
///
/// What is to be done to a module that something else is to be done to, too.
pub(crate) fn in_order<T>(all: &[T], of: impl Fn(&T) -> &Arc<Loaded>) -> Result<Vec<&T>, &T> {
    let mut order: Vec<&T> = all.iter().collect();
    order.sort_by_key(|it| Arc::as_ptr(of(it)));
    let twice = order
        .windows(2)
        .find(|pair| Arc::ptr_eq(of(pair[0]), of(pair[1])));
    match twice {
        Some(pair) => Err(pair[1]),
        None => Ok(order),
    }
}

/// What came of each, in the order in which they were named.
pub(crate) fn as_named<'a, R>(
    named: impl IntoIterator<Item = &'a Arc<Loaded>>,
    done: Vec<(&'a Arc<Loaded>, R)>,
) -> Vec<R> {
    let mut done: Vec<(&Arc<Loaded>, Option<R>)> =
        (done.into_iter().map(|(of, it)| (of, Some(it)))).collect();
    let named = named.into_iter().filter_map(|loaded| {
        let of = done.iter_mut().find(|(of, _)| Arc::ptr_eq(of, loaded));
        of?.1.take()
    });
    named.collect()
}

/// Refuses a transaction that names a module twice.
pub(crate) fn named_twice(loaded: &Loaded, file: &Path, help: &str) -> Refusal {
    let refusal = Refusal::because(
        file,
        RefusalStage::Verify,
        Rule::NamedTwice,
        Reason {
            what: &format!("module `{}`", loaded.name),
            expected: "named once in a transaction",
            found: "named twice",
            help,
        },
    );
    refusal.keeps(&loaded.current().version)
}

/// Why a module is left as it is in a transaction of which another module is refused.
pub(crate) fn because_of_another(refusal: &Refusal) -> String {
    format!("another module of the transaction is refused:\n{refusal}")
}
