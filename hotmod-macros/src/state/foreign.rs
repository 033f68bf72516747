//! Types of other crates that are known to rely on statics of their crate.
//!
//! Each version of a module has its own copy of every crate, with its own statics and thread-locals. A
//! value that relies on the statics of one copy finds other statics in the next. The derive refuses
//! what the source names; behind an alias or under another name of the crate, there is only the
//! author's word.

use syn::visit::{self, Visit};
use syn::{GenericArgument, Path, PathArguments, Type};

use crate::codes;
use crate::faults::Faults;
use crate::features::{self, Featured};

/// Why a value cannot be used by another copy of its crate.
const SEEDS: &str = "it hashes with seeds in statics of its crate, of which each version has its own: \
                     no key would be found again";
const WAITS: &str = "who waits for it stands in statics of its crate, of which each version has its \
                     own: it would wait for ever";
const EPOCHS: &str = "who still reads it stands in statics of its crate, of which each version has its \
                      own: memory would be freed that is in use";
const THREADS: &str = "it tells threads apart by statics of its crate, of which each version has its own: \
                       two threads would be taken for one";
const TABLE: &str = "it is a number or place in a table among the statics of its crate, of which each \
                     version has its own";
const RUNTIME: &str = "it counts on a runtime that statics of its crate lead to, of which each version has \
                       its own";
const LOCAL: &str = "it is bound to thread-locals of its crate, of which each version has its own";

const HELP: &str = "write `serde` to carry it over by its serde form, `as = Type, into = path, from = path` \
                    by a type that hotmod knows, or `skip` to make it anew";

/// Crates of which every type is refused.
const CRATES: &[(&str, &str)] = &[
    ("actix", RUNTIME),
    ("actix_rt", RUNTIME),
    ("ahash", SEEDS),
    ("arc_swap", EPOCHS),
    ("async_channel", WAITS),
    ("async_executor", RUNTIME),
    ("async_global_executor", RUNTIME),
    ("async_io", RUNTIME),
    ("async_lock", WAITS),
    ("async_std", RUNTIME),
    ("bacon_rajan_cc", LOCAL),
    ("boa_gc", LOCAL),
    ("crossbeam_channel", WAITS),
    ("crossbeam_deque", EPOCHS),
    ("crossbeam_epoch", EPOCHS),
    ("crossbeam_skiplist", EPOCHS),
    ("dashmap", WAITS),
    ("deadpool", RUNTIME),
    ("event_listener", WAITS),
    ("evmap", EPOCHS),
    ("fancy_regex", THREADS),
    ("flume", WAITS),
    ("flurry", EPOCHS),
    ("foldhash", SEEDS),
    ("gc", LOCAL),
    ("haphazard", EPOCHS),
    ("hstr", TABLE),
    ("hyper", RUNTIME),
    ("internment", TABLE),
    ("kanal", WAITS),
    ("lasso", SEEDS),
    ("lazy_static", TABLE),
    ("loole", WAITS),
    ("metrics", TABLE),
    ("moka", EPOCHS),
    ("once_cell", WAITS),
    ("opentelemetry", TABLE),
    ("papaya", EPOCHS),
    ("parking_lot", WAITS),
    ("parking_lot_core", WAITS),
    ("postage", WAITS),
    ("pyo3", RUNTIME),
    ("quick_cache", WAITS),
    ("r2d2", WAITS),
    ("rayon", RUNTIME),
    ("rayon_core", RUNTIME),
    ("regex", THREADS),
    ("regex_automata", THREADS),
    ("reqwest", RUNTIME),
    ("rusqlite", RUNTIME),
    ("scc", EPOCHS),
    ("sdd", EPOCHS),
    ("seize", EPOCHS),
    ("sharded_slab", THREADS),
    ("signal_hook", TABLE),
    ("sled", EPOCHS),
    ("smol", RUNTIME),
    ("sqlx", RUNTIME),
    ("string_cache", TABLE),
    ("string_interner", SEEDS),
    ("symbol_table", TABLE),
    ("thread_local", THREADS),
    ("thingbuf", WAITS),
    ("tokio", RUNTIME),
    ("tokio_stream", RUNTIME),
    ("tokio_util", RUNTIME),
    ("tonic", RUNTIME),
    ("tracing", TABLE),
    ("tracing_core", TABLE),
    ("tracing_subscriber", TABLE),
    ("ustr", TABLE),
    ("v8", RUNTIME),
    ("wasmtime", RUNTIME),
];

/// Crates that are made of parts: what is under one of these modules is refused.
const MODULES: &[(&str, &str, &str)] = &[
    ("crossbeam", "channel", WAITS),
    ("crossbeam", "deque", EPOCHS),
    ("crossbeam", "epoch", EPOCHS),
    ("crossbeam", "sync", WAITS),
    ("crossbeam_utils", "sync", WAITS),
    ("futures", "channel", WAITS),
    ("futures", "executor", RUNTIME),
    ("futures", "lock", WAITS),
    ("std", "mpmc", WAITS),
    ("std", "mpsc", WAITS),
    ("std", "thread", THREADS),
];

/// Names that say enough by themselves, under whatever path.
const NAMES: &[(&str, &str)] = &[
    ("AHashMap", SEEDS),
    ("AHashSet", SEEDS),
    ("ArcIntern", TABLE),
    ("ArcSwap", EPOCHS),
    ("ArcSwapAny", EPOCHS),
    ("ArcSwapOption", EPOCHS),
    ("DashMap", WAITS),
    ("DashSet", WAITS),
    ("DefaultAtom", TABLE),
    ("DefaultSymbol", TABLE),
    ("FairMutex", WAITS),
    ("JoinHandle", THREADS),
    ("LocalKey", LOCAL),
    ("RawFairMutex", WAITS),
    ("ReentrantLock", THREADS),
    ("ReentrantMutex", THREADS),
    ("Regex", THREADS),
    ("RegexSet", THREADS),
    ("StringInterner", SEEDS),
    ("ThreadId", THREADS),
    ("ThreadLocal", THREADS),
    ("ThreadRng", LOCAL),
    ("UnboundedReceiver", WAITS),
    ("UnboundedSender", WAITS),
    ("Ustr", TABLE),
];

/// Types of such a name that do not rely on statics.
const FINE: &[(&str, &str)] = &[("regex_lite", "Regex"), ("regress", "Regex")];

/// Maps whose hasher is that of `foldhash` or `ahash` unless another is written: the crate, the type,
/// and the number of types before the hasher.
const HASHED: &[(&str, &str, usize)] = &[("hashbrown", "HashMap", 2), ("hashbrown", "HashSet", 1)];

/// Reports what the source names that another version's copy of its crate cannot use.
pub(super) fn check(ty: &Type, faults: &mut Faults) {
    Named { faults }.visit_type(ty);
}

struct Named<'a> {
    faults: &'a mut Faults,
}

impl<'ast> Visit<'ast> for Named<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        match reason(path) {
            Some(why) => {
                let names: Vec<String> = path
                    .segments
                    .iter()
                    .map(|it| it.ident.to_string())
                    .collect();
                let name = names.join("::");
                let message = format!("`{name}` cannot be used by another version: {why}");
                let help = match features::of_path(path) {
                    Some(Featured { feature, .. }) => format!(
                        "turn on hotmod's feature `{feature}`, which makes it state without an attribute; or {HELP}"
                    ),
                    None => HELP.to_owned(),
                };
                self.faults
                    .at(codes::FOREIGN_TYPE_BOUND, path, &message, &help);
            }
            None => visit::visit_path(self, path),
        }
    }
}

fn reason(path: &Path) -> Option<&'static str> {
    let names: Vec<String> = path
        .segments
        .iter()
        .map(|segment| crate::names::unraw(&segment.ident))
        .collect();
    let (first, last) = (names.first()?, names.last()?);
    let qualified = names.len() > 1;
    let fine = FINE
        .iter()
        .any(|(krate, name)| krate == first && name == last);
    let named = NAMES.iter().find(|(name, _)| name == last);
    if let Some((_, why)) = named.filter(|_| !fine) {
        return Some(why);
    }
    if !qualified {
        return None;
    }
    let within = |(krate, module, _): &&(&str, &str, &str)| {
        krate == first && names[1..names.len() - 1].iter().any(|it| it == module)
    };
    if let Some((.., why)) = MODULES.iter().find(within) {
        return Some(why);
    }
    if let Some((.., before)) = HASHED
        .iter()
        .find(|(krate, name, _)| krate == first && name == last)
    {
        let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
            return Some(SEEDS);
        };
        let types = arguments
            .args
            .iter()
            .filter(|argument| matches!(argument, GenericArgument::Type(_)));
        return (types.count() <= *before).then_some(SEEDS);
    }
    if first == "hashbrown" && last == "DefaultHashBuilder" {
        return Some(SEEDS);
    }
    CRATES
        .iter()
        .find(|(krate, _)| krate == first)
        .map(|(_, why)| *why)
}
