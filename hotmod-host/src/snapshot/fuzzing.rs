//! Values that are made up, taken from one version of a module to another and back.

use std::collections::BTreeSet;
use std::path::Path;

use hotmod::describe::{Description, Task, Type, Verdict};
use hotmod_file::plan::{Plan, Way};
use hotmod_file::snapshot::blocks::{BlockKind, BlockWriter, FileFlags};
use hotmod_file::snapshot::encoding::{write_bytes, write_varint64};
use hotmod_file::snapshot::form::Forms;
use hotmod_file::snapshot::made_up::{Choices, made_up, smallest};
use hotmod_file::snapshot::shown::shown_whole;
use hotmod_file::{LiveValue, Refusal, Snapshot, diff};

use super::error::Unrestored;
use super::made::{MadeState, TriedBuild};
use super::restore::{RestoreOptions, RestoredGroup};
use super::write::ValueWriter;
use crate::call::generation::Generation;
use crate::host::Host;
use crate::image::image::Image;
use crate::migrate::Route;
use crate::module::loaded::Loaded;
use crate::trial::candidate;

/// How often a value is tried to be made smaller.
const TRIES: usize = 2000;

/// How values are made up.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FuzzOptions {
    /// How many of each state.
    pub values: u64,
    /// What is made up: the same number gives the same values.
    pub seed: u64,
}

impl Default for FuzzOptions {
    fn default() -> Self {
        FuzzOptions {
            values: 1000,
            seed: 0,
        }
    }
}

impl FuzzOptions {
    /// A thousand values of each state, by the seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// So many values of each state.
    pub fn values(self, values: u64) -> Self {
        FuzzOptions { values, ..self }
    }

    /// Others, by another number.
    pub fn seed(self, seed: u64) -> Self {
        FuzzOptions { seed, ..self }
    }
}

/// What came of values that were made up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FuzzReport {
    /// The module's name.
    pub module: String,
    /// The versions that values were taken from, and to.
    pub versions: (String, String),
    /// Whether the plan says that a value which goes there and back is what it was. Only then is it taken back.
    pub lossless: bool,
    /// What came of those of each state.
    pub states: Vec<FuzzedState>,
}

/// What came of values of one state.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FuzzedState {
    /// The interface by which it is called.
    pub interface: String,
    /// Its type in the older version.
    pub state: String,
    /// How many values were taken along.
    pub taken: u64,
    /// How many were made up that the older version does not have: its checks refuse them, or what converts a field.
    pub discarded: u64,
    /// Why there are no values of it, if so.
    pub impossible: Option<String>,
    /// What went wrong, once for each way and fault, with the smallest value that was found.
    pub faults: Vec<FuzzFault>,
}

/// A value with which something goes wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FuzzFault {
    /// What goes wrong.
    pub kind: FuzzFaultKind,
    /// The way to the value, and why.
    pub told: String,
    /// The state that is taken along, as it is shown.
    pub value: LiveValue,
    /// What it is made up of.
    pub choices: Vec<u64>,
}

/// What goes wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FuzzFaultKind {
    /// It does not fit, by the plan, a function or a check.
    Unfit,
    /// A preflight finds the new state wrong.
    Preflight,
    /// A destructor or another function of the module panics.
    Panicked,
    /// Memory is left when the new state is gone.
    Leaked,
    /// It is another one after it went there and back, by a plan that loses nothing.
    Changed,
}

impl FuzzFaultKind {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            FuzzFaultKind::Unfit => "unfit",
            FuzzFaultKind::Preflight => "preflight",
            FuzzFaultKind::Panicked => "panicked",
            FuzzFaultKind::Leaked => "leaked",
            FuzzFaultKind::Changed => "changed",
        }
    }
}

impl FuzzReport {
    /// Whether nothing went wrong, but for values that do not fit where these are allowed.
    pub fn is_clean(&self, allow_unfit: bool) -> bool {
        let mut faults = self.states.iter().flat_map(|it| &it.faults);
        faults.all(|it| allow_unfit && it.kind == FuzzFaultKind::Unfit)
            && self.states.iter().all(|it| it.impossible.is_none())
    }
}

/// What becomes of one value.
enum Fuzzed {
    Fine,
    /// The older version has no such value, and why.
    Discarded(String),
    Fault(FuzzFaultKind, String),
}

impl Host {
    /// Makes values of the states of one version up, from its description: numbers at their edges, empty and deep
    /// containers, each variant. Each is taken to the other version, as an update would, tried out by the preflights, taken
    /// back where the plan says that nothing is lost, and given up. What goes wrong is in the report, with a value that was
    /// made as small as it can be.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if one of the files is not loaded, or the second may not replace the first.
    pub fn fuzz_migration(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        options: FuzzOptions,
    ) -> Result<FuzzReport, Refusal> {
        self.fuzz_by_steps(from, to, options, &mut |_, _| {})
    }

    /// As [`fuzz_migration`](Host::fuzz_migration). `step` is called before each value, with the interface and the choices
    /// that make it: the modules' own code, which runs then, can end this process.
    ///
    /// # Errors
    ///
    /// As there.
    #[doc(hidden)]
    pub fn fuzz_by_steps(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        options: FuzzOptions,
        step: &mut dyn FnMut(&str, &[u64]),
    ) -> Result<FuzzReport, Refusal> {
        let pair = FuzzedPair::load(self, from.as_ref(), to.as_ref())?;
        let mut report = pair.report();
        for interface in pair.interfaces() {
            report.states.push(pair.fuzz(&interface, options, step));
        }
        Ok(report)
    }

    /// As [`fuzz_migration`](Host::fuzz_migration), with the one value that these choices make.
    ///
    /// # Errors
    ///
    /// As there.
    #[doc(hidden)]
    pub fn fuzz_one(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        interface: &str,
        choices: &[u64],
    ) -> Result<bool, Refusal> {
        let pair = FuzzedPair::load(self, from.as_ref(), to.as_ref())?;
        let Some(mut state) = pair.state(interface) else {
            return Ok(true);
        };
        let fuzzed = state.made_and_taken(&mut Choices::given(choices));
        Ok(!matches!(fuzzed, Ok(Fuzzed::Fault(..))))
    }
}

/// Two versions.
struct FuzzedPair {
    // Dropped before the older one is, which it belongs to.
    newer: candidate::Candidate,
    older: TriedBuild,
    to: &'static Generation,
    back: Option<Route>,
    /// One that has a group for each interface, and no states: what was made up is read as if it stood there.
    snapshot: Snapshot,
}

/// How values of one state are made up, and what they are taken by.
struct FuzzedInterface<'p> {
    pair: &'p FuzzedPair,
    group: RestoredGroup<'p>,
    interface: String,
    forms: Forms,
    ty: Type,
    was: std::sync::Arc<Description>,
    writer: Option<ValueWriter>,
}

impl FuzzedPair {
    fn load(host: &Host, from: &Path, to: &Path) -> Result<Self, Refusal> {
        let older = TriedBuild::load(host, from)?;
        let loaded: &Loaded = older.loaded();
        let newer = candidate::prepare(older.loaded(), to)?;
        let (image, _) = newer.way();
        let was = older.image().manifest();
        let now = image.manifest();
        let back = Plan::back(&now, &was);
        let back = match Plan::new(&was, &now).is_lossless() && back.verdict() != Verdict::Refuse {
            true => {
                let ends = (image, older.image());
                let threads = loaded.settings.migration_threads;
                Route::new(Way::Back, &back, ends, loaded.memory, threads).ok()
            }
            false => None,
        };
        let to = Generation::with_nothing(image);
        let snapshot = without_states(older.image());
        Ok(FuzzedPair {
            newer,
            older,
            to,
            back,
            snapshot,
        })
    }

    fn report(&self) -> FuzzReport {
        let (image, _) = self.newer.way();
        FuzzReport {
            module: image.module.clone(),
            versions: (self.older.image().version.clone(), image.version.clone()),
            lossless: self.back.is_some(),
            states: Vec::new(),
        }
    }

    /// The interfaces that both versions implement.
    fn interfaces(&self) -> Vec<String> {
        let (image, _) = self.newer.way();
        let now = image.manifest();
        let groups = self.snapshot.groups().iter().map(|it| it.name.clone());
        groups
            .filter(|it| now.implementations.contains_key(it))
            .collect()
    }

    fn state(&self, interface: &str) -> Option<FuzzedInterface<'_>> {
        let group = self.snapshot.group(interface)?;
        let was = self.older.image().manifest();
        let ty = was.implementations.get(interface)?.state.clone();
        Some(FuzzedInterface {
            group: RestoredGroup::new(
                &self.snapshot,
                group,
                RestoreOptions::new(),
                self.older.threads(),
            ),
            interface: interface.to_owned(),
            forms: Forms::of(&was, &ty),
            ty,
            was,
            writer: None,
            pair: self,
        })
    }

    fn fuzz(
        &self,
        interface: &str,
        options: FuzzOptions,
        step: &mut dyn FnMut(&str, &[u64]),
    ) -> FuzzedState {
        let mut state = self
            .state(interface)
            .expect("bug in hotmod: an interface without a state");
        let mut fuzzed = FuzzedState {
            interface: interface.to_owned(),
            state: state.ty.to_string(),
            taken: 0,
            discarded: 0,
            impossible: None,
            faults: Vec::new(),
        };
        let mut known = BTreeSet::new();
        let mut why_not = String::new();
        for number in 0..options.values {
            // Nothing but edges first: the smallest value of all.
            let mut choices = match number {
                0 => Choices::given(&[]),
                number => Choices::random(
                    options
                        .seed
                        .wrapping_mul(0x1_0000_0001)
                        .wrapping_add(number),
                ),
            };
            let bytes = match made_up(&state.forms, &mut choices) {
                Ok(bytes) => bytes,
                Err(why) => {
                    fuzzed.impossible = Some(why);
                    break;
                }
            };
            step(interface, choices.made());
            let (kind, told) = match state.taken(&bytes) {
                Fuzzed::Fine => {
                    fuzzed.taken += 1;
                    continue;
                }
                Fuzzed::Discarded(reason) => {
                    fuzzed.discarded += 1;
                    why_not = reason;
                    continue;
                }
                Fuzzed::Fault(kind, told) => (kind, told),
            };
            fuzzed.taken += 1;
            if known.insert((kind, place(&told))) {
                fuzzed
                    .faults
                    .push(state.smallest(kind, &told, choices.made(), step));
            }
        }
        if fuzzed.taken == 0 && fuzzed.impossible.is_none() {
            fuzzed.impossible = Some(format!(
                "the older version has none of {} values that were made up, the last of them since {why_not}",
                fuzzed.discarded
            ));
        }
        fuzzed
    }
}

/// What is told, without the keys and numbers of items: that of another item is the same fault.
fn place(told: &str) -> String {
    let mut place = String::new();
    let mut depth = 0;
    // The reason is of the value.
    for letter in told.split(": ").next().unwrap_or_default().chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            letter if depth == 0 => place.push(letter),
            _ => {}
        }
    }
    place
}

impl FuzzedInterface<'_> {
    fn made_and_taken(&mut self, choices: &mut Choices) -> Result<Fuzzed, String> {
        let bytes = made_up(&self.forms, choices)?;
        Ok(self.taken(&bytes))
    }

    /// Takes a value along.
    fn taken(&mut self, bytes: &[u8]) -> Fuzzed {
        match self.taken_once(bytes) {
            Fuzzed::Fault(FuzzFaultKind::Leaked, _) => {
                // What the module keeps for itself it made the first time.
                self.taken_once(bytes)
            }
            fuzzed => fuzzed,
        }
    }

    fn taken_once(&mut self, bytes: &[u8]) -> Fuzzed {
        let pair = self.pair;
        let held = pair.older.bytes();
        let fuzzed = self.along(bytes);
        let left = pair.older.bytes() - held;
        match fuzzed {
            Fuzzed::Fine if left > 0 => Fuzzed::Fault(
                FuzzFaultKind::Leaked,
                format!("{}: {left} bytes are left when the state is gone", self.ty),
            ),
            fuzzed => fuzzed,
        }
    }

    fn along(&mut self, bytes: &[u8]) -> Fuzzed {
        let pair = self.pair;
        let mut made = match pair.older.make(&mut self.group, (0, bytes)) {
            Ok(made) => made,
            Err(reason) => return Fuzzed::Discarded(reason.to_string()),
        };
        let before = match &pair.back {
            Some(_) => match self.shown(&mut made) {
                Ok(shown) => Some(shown),
                // What it shares cannot be written.
                Err(reason) => return Fuzzed::Discarded(reason),
            },
            None => None,
        };
        let ty = self.ty.to_string();
        let told = |path: String, reason: &str| format!("{ty}{path}: {reason}");
        let (_, on) = pair.newer.way();
        if let Err(failure) = made.migrate(&self.interface, on, pair.to) {
            let kind = match failure.reason().starts_with("panicked") {
                true => FuzzFaultKind::Panicked,
                false => FuzzFaultKind::Unfit,
            };
            return Fuzzed::Fault(kind, told(failure.path(), failure.reason()));
        }
        if let Err(Unrestored::Preflight { name, reason }) = made.try_out() {
            let reason = format!("`{name}` finds it wrong: {reason}");
            return Fuzzed::Fault(FuzzFaultKind::Preflight, told(String::new(), &reason));
        }
        let (Some(back), Some(before)) = (&pair.back, before) else {
            return Fuzzed::Fine;
        };
        if let Err(failure) = made.migrate(&self.interface, back, pair.older.generation()) {
            let reason = format!("it does not come back: {}", failure.reason());
            return Fuzzed::Fault(FuzzFaultKind::Changed, told(failure.path(), &reason));
        }
        match self.shown(&mut made) {
            Ok(after) => match diff(&before, &after).into_iter().next() {
                None => Fuzzed::Fine,
                Some(difference) => {
                    let path = difference.path.clone();
                    let reason = format!("{difference}, after it went there and back");
                    Fuzzed::Fault(FuzzFaultKind::Changed, told(path, &reason))
                }
            },
            Err(reason) => Fuzzed::Fault(FuzzFaultKind::Changed, told(String::new(), &reason)),
        }
    }

    /// A state of the older version.
    fn shown(&mut self, made: &mut MadeState<'_>) -> Result<LiveValue, String> {
        let writer = self.writer.get_or_insert_with(|| made.writer(false));
        let mut bytes = Vec::new();
        // SAFETY: it is a state of the older version by this interface, as that which the writer was made of.
        let written = unsafe { made.write(writer, &mut bytes) };
        written.map_err(|it| format!("{}: {}", it.path(), it.reason()))?;
        shown_whole(&self.was, &self.ty, &bytes).map_err(|error| error.to_string())
    }

    fn smallest(
        &mut self,
        kind: FuzzFaultKind,
        told: &str,
        choices: &[u64],
        step: &mut dyn FnMut(&str, &[u64]),
    ) -> FuzzFault {
        let wanted = place(told);
        let mut last = told.to_owned();
        let interface = self.interface.clone();
        let found = smallest(choices.to_vec(), TRIES, &mut |choices| {
            step(&interface, choices);
            match self.made_and_taken(&mut Choices::given(choices)) {
                Ok(Fuzzed::Fault(is, told)) if is == kind && place(&told) == wanted => {
                    last = told;
                    true
                }
                _ => false,
            }
        });
        let bytes = made_up(&self.forms, &mut Choices::given(&found)).unwrap_or_default();
        let value = shown_whole(&self.was, &self.ty, &bytes);
        FuzzFault {
            kind,
            told: last,
            value: value.unwrap_or(LiveValue::Null),
            choices: found,
        }
    }
}

/// A snapshot that has a group for each interface of a version, and no states.
fn without_states(image: &'static Image) -> Snapshot {
    const MEMORY: &str = "bug in hotmod: memory is not written to";
    let mut to = BlockWriter::begin(Vec::new(), FileFlags::default());
    let mut block = image.digest.as_bytes().to_vec();
    write_bytes(&mut block, image.section());
    to.block(BlockKind::Build, &block);
    let manifest = image.manifest();
    let interfaces = manifest.implementations.keys();
    let mut groups = 0;
    for interface in interfaces.filter(|it| !Task::is_handover(it)) {
        block.clear();
        for text in [interface, &image.module, interface] {
            write_bytes(&mut block, text.as_bytes());
        }
        block.push(0);
        to.block(BlockKind::Group, &block);
        groups += 1;
    }
    let mut says = Vec::new();
    for count in [1, groups, 0] {
        write_varint64(&mut says, count);
    }
    let (bytes, ..) = to.finish(&says).expect(MEMORY);
    Snapshot::of(bytes).expect("bug in hotmod: what was written cannot be read")
}
