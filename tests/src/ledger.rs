//! The versions of the ledger, and hosts in which they run.

use std::path::PathBuf;
use std::sync::LazyLock;

use hotmod_host::{
    Event, Host, HostBuilder, Instance, Module, RollbackReport, UpdateOptions, UpdateReport,
    UpdateState,
};

use crate::fixture::{BASE, Built, Edit, Family};
use crate::interfaces::ledger::Ledger;
use crate::listener;

const SECOND: &[Edit] = &[
    ("\"1.0.0\"", "\"1.1.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 2"),
];
const GROWN: &[Edit] = &[
    ("\"1.0.0\"", "\"2.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 3"),
    ("amount: u32,\n", "amount: u64,\n"),
    (
        "    // more fields",
        "    #[state(default)]\n    remarks: Vec<String>,",
    ),
    ("        // more values", "        remarks: Vec::new(),"),
    (
        "// more exports",
        "#[hotmod::export]\npub fn remarks() -> u32 {\n    7\n}\n",
    ),
];
const WITHOUT_SEAL: &[Edit] = &[
    ("\"1.0.0\"", "\"3.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 4"),
    (
        "/// What was booked.\n#[derive(StableState)]",
        "#[derive(StableState)]\n#[state(removed(\"seal\"))]",
    ),
    ("    seal: Seal,\n", ""),
    ("        seal: Seal { is_armed: false },\n", ""),
    ("        // seal\n        self.seal.is_armed = true;\n", ""),
];
const SUSPICIOUS: &str = "#[hotmod::after_migrate]
fn suspect(book: &Book, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    assert!(book.total < 100, \"too good to be true\");
    Ok(())
}

#[hotmod::export]
pub fn remarks() -> u32 {
    7
}
";
/// The same under another name: a second module, beside the ledger.
const ANNEX: Edit = ("name: \"ledger\"", "name: \"annex\"");
/// Calls the host, which may call the module again.
const NESTED: Edit = (
    "// more exports",
    "#[hotmod::import]
fn again(gate: &str) -> u32;

#[hotmod::export]
pub fn nest(gate: &str) -> u32 {
    10 * again(gate) + CODE
}
",
);
/// A field is gone, and nothing says that it may be.
const SHRUNK: &[Edit] = &[
    ("\"1.0.0\"", "\"4.0.0\""),
    ("    name: String,\n", ""),
    ("        name: config.to_owned(),\n", ""),
];

static LEDGER: LazyLock<Built> = LazyLock::new(|| {
    let mut suspicious = GROWN.to_vec();
    suspicious.retain(|(from, _)| *from != "// more exports");
    suspicious.push(("// more exports", SUSPICIOUS));
    Family::new("ledger")
        .variant("second", SECOND)
        .variant("grown", GROWN)
        .variant("without-seal", WITHOUT_SEAL)
        .variant("suspicious", &suspicious)
        .variant("shrunk", SHRUNK)
        .variant("nested", &[NESTED])
        .variant("nested-second", &[&[NESTED], SECOND].concat())
        .variant("annex", &[ANNEX])
        .variant("annex-second", &[&[ANNEX], SECOND].concat())
        .release()
        .build()
});

/// The file of a version: [`BASE`]; `second`, of equal layout; `grown`, whose state is migrated;
/// `suspicious`, which panics over what it migrated; `without-seal`; `shrunk`, which is refused;
/// `nested` and `nested-second`, which call the host; and `annex` and `annex-second`, which are
/// another module.
#[must_use]
pub fn file(variant: &str) -> PathBuf {
    LEDGER.file(variant)
}

/// A host that goes back to older versions too, and whose updates may be listened to.
pub fn builder() -> HostBuilder {
    listener::prepare();
    Host::builder().allow_downgrade(true)
}

/// Loads a version into a host.
///
/// # Panics
///
/// If it is refused.
#[must_use]
pub fn load(host: &Host, variant: &str) -> Module<dyn Ledger> {
    let module = host.load::<dyn Ledger>(file(variant));
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Loads the ledger into a host of its own.
///
/// # Panics
///
/// If it is refused.
#[must_use]
pub fn ledger() -> Module<dyn Ledger> {
    load(&builder().build().expect("a host"), BASE)
}

/// Creates an instance.
///
/// # Panics
///
/// If it cannot be created.
#[must_use]
pub fn create(module: &Module<dyn Ledger>) -> Instance<dyn Ledger> {
    module
        .create("ada")
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Updates to this version.
///
/// # Panics
///
/// If it is refused.
pub fn update(module: &Module<dyn Ledger>, variant: &str) -> UpdateReport {
    let update = module.update(file(variant));
    update.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Updates to this version, with a say in how.
///
/// # Panics
///
/// If it is refused.
pub fn update_with(module: &Module<dyn Ledger>, variant: &str, options: &UpdateOptions) {
    let update = module.update_with(file(variant), options);
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
}

/// Goes back to the version before.
///
/// # Panics
///
/// If that is refused.
pub fn roll_back(module: &Module<dyn Ledger>) -> RollbackReport {
    let rollback = module.rollback();
    rollback.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The states of these events, in their order.
#[must_use]
pub fn states(events: &[Event]) -> Vec<UpdateState> {
    events.iter().map(|event| event.state).collect()
}
