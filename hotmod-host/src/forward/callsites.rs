//! The callsites of modules, each a callsite of the host's.
//!
//! A callsite cannot be given back, so it is kept for ever, once for all images that have the same. How many there
//! may be is bounded.

use std::collections::HashMap;
use std::slice;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use hotmod::root::forward::{CallsiteDesc, LentText};
use tracing_core::callsite::{Callsite, DefaultCallsite, Identifier};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::{Interest, Level, Metadata};

use crate::forever::forever;

/// How many callsites of modules a process has at most; what later ones make is lost, and counted.
const MOST: usize = 16 * 1024;

/// How many fields a callsite has at most.
const MOST_FIELDS: usize = 128;

/// A callsite of the host that stands for one of modules.
pub(super) struct HostCallsite {
    pub(super) metadata: &'static Metadata<'static>,
    /// How many of its fields come from the module; those that say where it comes from follow.
    pub(super) own_fields: usize,
    pub(super) adds_module: bool,
    pub(super) adds_version: bool,
    /// What the host's subscribers are asked through; absent for the one that takes nothing.
    asked: Option<&'static DefaultCallsite>,
}

impl HostCallsite {
    /// What the host's subscribers said of it.
    pub(super) fn interest(&self) -> Interest {
        self.asked.map_or_else(Interest::never, |it| it.interest())
    }

    /// Whether it stands for callsites beyond those that there may be.
    pub(super) fn is_refused(&self) -> bool {
        self.asked.is_none()
    }
}

/// What tells one callsite apart from others.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Described {
    level: u32,
    line: u32,
    is_span: bool,
    texts: [Option<String>; 4],
    fields: Vec<String>,
}

/// Identifies a callsite. What the host's subscribers are asked through cannot, since its metadata comes first.
#[derive(Default)]
struct Identity(OnceLock<Metadata<'static>>);

impl Callsite for Identity {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.0
            .get()
            .expect("bug in hotmod: a callsite without metadata")
    }
}

static ALL: LazyLock<Mutex<HashMap<Described, &'static HostCallsite>>> =
    LazyLock::new(Mutex::default);

/// The callsite of the host that stands for this one.
///
/// # Safety
///
/// What it is described by lives over the call.
pub(super) unsafe fn of(described: &CallsiteDesc) -> &'static HostCallsite {
    let owned = |text: LentText| {
        // SAFETY: the caller's.
        unsafe { text.get() }.map(str::to_owned)
    };
    let fields = match described.field_count {
        0 => &[],
        // SAFETY: the caller's.
        count => unsafe { slice::from_raw_parts(described.fields, count) },
    };
    let described = Described {
        level: described.level,
        line: described.line,
        is_span: described.is_span,
        texts: [
            described.name,
            described.target,
            described.module_path,
            described.file,
        ]
        .map(owned),
        fields: fields
            .iter()
            .map(|it| owned(*it).unwrap_or_default())
            .collect(),
    };
    // An entry is inserted whole.
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(&described) {
        return known;
    }
    if all.len() >= MOST || described.fields.len() > MOST_FIELDS {
        static REFUSED: LazyLock<HostCallsite> = LazyLock::new(|| {
            let metadata = metadata(&Described {
                level: 5,
                line: 0,
                is_span: false,
                texts: [const { None }; 4],
                fields: Vec::new(),
            });
            HostCallsite {
                asked: None,
                ..metadata
            }
        });
        return &REFUSED;
    }
    let made = forever(metadata(&described));
    all.insert(described, made);
    made
}

fn metadata(described: &Described) -> HostCallsite {
    let [name, target, module_path, file] = &described.texts;
    let text = |text: &Option<String>| -> Option<&'static str> {
        text.as_ref().map(|text| forever(text.clone()).as_str())
    };
    let mut names: Vec<&'static str> = Vec::new();
    for field in &described.fields {
        names.push(forever(field.clone()));
    }
    let own_fields = names.len();
    let adds = ["module", "version"].map(|added| !names.contains(&added));
    let [adds_module, adds_version] = adds;
    names.extend(adds_module.then_some("module"));
    names.extend(adds_version.then_some("version"));
    let identity: &'static Identity = forever(Identity::default());
    let made = Metadata::new(
        text(name).unwrap_or_default(),
        text(target).unwrap_or_default(),
        level_of(described.level),
        text(file),
        (described.line != 0).then_some(described.line),
        text(module_path),
        FieldSet::new(forever(names), Identifier(identity)),
        if described.is_span {
            Kind::SPAN
        } else {
            Kind::EVENT
        },
    );
    let metadata = identity.0.get_or_init(|| made);
    HostCallsite {
        metadata,
        own_fields,
        adds_module,
        adds_version,
        asked: Some(forever(DefaultCallsite::new(metadata))),
    }
}

pub(super) fn level_number(level: Level) -> u32 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        _ => 5,
    }
}

fn level_of(number: u32) -> Level {
    match number {
        1 => Level::ERROR,
        2 => Level::WARN,
        3 => Level::INFO,
        4 => Level::DEBUG,
        _ => Level::TRACE,
    }
}
