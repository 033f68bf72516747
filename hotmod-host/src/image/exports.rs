//! What a version offers: its description, and where its symbols are.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hotmod::call::Shim;
use hotmod::call::passing::CrossingTable;
use hotmod::describe::{Description, Down, ImportedFunction, Lifecycle, Rule, Task, Type, decode};
use hotmod::import::{Import, ImportTable};
use hotmod::interface::ImplementationTable;
use hotmod::lifecycle::LifecycleShim;
use hotmod::old::{CheckShim, DownTable, HookShim, KeptForm, PreflightShim};
use hotmod::pure::PureTable;
use hotmod::reach::Reach;
use hotmod::resource::ResourceShim;
use hotmod::root::{ROOT_SYMBOL, RootAccessor};
use hotmod_file::in_place::in_place;

use crate::image::code::Symbols;
use crate::image::others::{ReachedInstances, UsedFunction};
use crate::sys::loader::LoaderError;

/// A manifest whose symbols are resolved. Kept for as long as the version is in use, and read again from its
/// image when it is needed later.
pub(crate) struct Exports {
    pub(crate) manifest: Arc<Description>,
    pub(crate) functions: BTreeMap<String, Shim>,
    /// What those functions take and return.
    pub(crate) crossings: BTreeMap<String, &'static CrossingTable>,
    /// For those of the functions that are pure.
    pub(crate) pure: BTreeMap<String, &'static PureTable>,
    pub(crate) tables: BTreeMap<String, &'static ImplementationTable>,
    pub(crate) inits: BTreeMap<Type, Shim>,
    /// Each with whether several threads may run it at once.
    pub(crate) hooks: BTreeMap<Type, (HookShim, bool)>,
    pub(crate) downs: BTreeMap<String, &'static DownTable>,
    pub(crate) checks: BTreeMap<Type, CheckShim>,
    /// Each with the type of the states that it tries out.
    preflights: BTreeMap<String, (Type, PreflightShim)>,
    /// What hosts call again and again.
    pub(crate) timers: Arc<[LinkedTimer]>,
    /// What runs from version to version.
    pub(crate) tasks: Arc<[LinkedTask]>,
    /// What makes a value of each file that it reads, by the files' names.
    pub(crate) resources: BTreeMap<String, ResourceShim>,
    pub(crate) loaded: Option<LifecycleShim>,
    pub(crate) retired: Option<LifecycleShim>,
}

/// An interface that a state of a version implements.
pub(crate) struct LinkedInterface {
    pub(crate) interface: String,
    pub(crate) state: Type,
    pub(crate) table: &'static ImplementationTable,
    /// Whether the data decides how deep a state goes; found out when one is dropped first.
    pub(crate) is_deep: OnceLock<bool>,
}

/// A function that hosts call again and again.
#[derive(Clone)]
pub(crate) struct LinkedTimer {
    pub(crate) name: String,
    /// The type of the states that it takes, each by itself; `None` if it takes none.
    pub(crate) state: Option<Type>,
    pub(crate) period: Duration,
    /// Its arguments are `()`, and so is its result.
    pub(crate) shim: Shim,
}

/// A function that runs from version to version.
#[derive(Clone)]
pub(crate) struct LinkedTask {
    pub(crate) name: String,
    /// How long it may take to stop.
    pub(crate) within: Duration,
    /// It takes [`TaskArgs`](hotmod::task::TaskArgs), and gives back a future.
    pub(crate) shim: Shim,
}

impl LinkedTask {
    /// What the table of its states is listed under.
    pub(crate) fn interface(&self) -> String {
        Task::handover(&self.name)
    }
}

/// Something that the manifest says otherwise than its image.
#[derive(Debug)]
pub(crate) struct Unresolved {
    pub(crate) rule: Rule,
    /// What it is that they disagree about.
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) found: String,
    pub(crate) source: Option<LoaderError>,
}

/// The function that gives out the root module.
pub(crate) fn root(symbols: Symbols<'_>) -> Result<RootAccessor, Unresolved> {
    // SAFETY: `module!` writes the function under this name with this type.
    unsafe { symbol(symbols, ROOT_SYMBOL) }
}

impl Exports {
    /// The exports of a host, which are none.
    pub(crate) fn of_host(manifest: Arc<Description>) -> Self {
        Exports {
            manifest,
            functions: BTreeMap::new(),
            crossings: BTreeMap::new(),
            pure: BTreeMap::new(),
            tables: BTreeMap::new(),
            inits: BTreeMap::new(),
            hooks: BTreeMap::new(),
            downs: BTreeMap::new(),
            checks: BTreeMap::new(),
            preflights: BTreeMap::new(),
            timers: Arc::default(),
            tasks: Arc::default(),
            resources: BTreeMap::new(),
            loaded: None,
            retired: None,
        }
    }

    /// The interfaces, each with its state and its table.
    pub(crate) fn implementations(&self) -> impl Iterator<Item = LinkedInterface> {
        let all = self.manifest.implementations.iter().zip(&self.tables);
        all.map(|((interface, it), (_, table))| LinkedInterface {
            interface: interface.clone(),
            state: it.state.clone(),
            table,
            is_deep: OnceLock::new(),
        })
    }

    /// The preflights that try out states of a type, each with its name.
    pub(crate) fn preflights(&self, state: &Type) -> impl Iterator<Item = (&str, PreflightShim)> {
        let all = self.preflights.iter();
        all.filter(move |(_, (ty, _))| ty == state)
            .map(|(name, (_, shim))| (name.as_str(), *shim))
    }

    /// Resolves every symbol of an image's manifest.
    pub(crate) fn resolve(
        manifest: Arc<Description>,
        symbols: Symbols<'_>,
    ) -> Result<Self, Unresolved> {
        let mut functions = BTreeMap::new();
        let mut crossings = BTreeMap::new();
        let mut pure = BTreeMap::new();
        for (name, function) in &manifest.functions {
            // SAFETY: the manifest names shims, which `export` writes with this type.
            let shim: Shim = unsafe { symbol(symbols, &function.symbol)? };
            functions.insert(name.clone(), shim);
            // SAFETY: the manifest names accessors, which `export` writes with this type.
            let accessor: extern "C" fn() -> &'static CrossingTable =
                unsafe { symbol(symbols, &function.crossing)? };
            let table = accessor();
            let (is, should) = (table.params().len(), function.signature.params.len());
            if is != should {
                return Err(Unresolved {
                    rule: Rule::OtherImage,
                    what: format!("{name}()"),
                    expected: format!("{should} parameters, as the manifest says"),
                    found: is.to_string(),
                    source: None,
                });
            }
            crossings.insert(name.clone(), table);
            if let Some(pure_symbol) = &function.pure {
                // SAFETY: the manifest names accessors, which `export` writes with this type.
                let accessor: extern "C" fn() -> &'static PureTable =
                    unsafe { symbol(symbols, pure_symbol)? };
                pure.insert(name.clone(), accessor());
            }
        }
        let mut inits = BTreeMap::new();
        for (state, init) in &manifest.inits {
            // SAFETY: the manifest names shims, which `init` writes with this type.
            let shim: Shim = unsafe { symbol(symbols, &init.symbol)? };
            inits.insert(state.clone(), shim);
        }
        let mut hooks = BTreeMap::new();
        for (ty, hook) in &manifest.hooks {
            // SAFETY: the manifest names shims, which `migrate` writes with this type.
            let shim: HookShim = unsafe { symbol(symbols, &hook.symbol)? };
            hooks.insert(ty.clone(), (shim, hook.parallel));
        }
        let mut downs = BTreeMap::new();
        for (name, down) in &manifest.downs {
            // SAFETY: the manifest names accessors, which `migrate` writes with this type.
            let accessor: extern "C" fn() -> &'static DownTable =
                unsafe { symbol(symbols, &down.symbol)? };
            downs.insert(name.clone(), accessor());
        }
        let mut checks = BTreeMap::new();
        for (state, check) in &manifest.checks {
            // SAFETY: the manifest names shims, which `after_migrate` writes with this type.
            let shim: CheckShim = unsafe { symbol(symbols, &check.symbol)? };
            checks.insert(state.clone(), shim);
        }
        let mut preflights = BTreeMap::new();
        for (name, preflight) in &manifest.preflights {
            // SAFETY: the manifest names shims, which `preflight` writes with this type.
            let shim: PreflightShim = unsafe { symbol(symbols, &preflight.symbol)? };
            preflights.insert(name.clone(), (preflight.state.clone(), shim));
        }
        let mut timers = Vec::new();
        for (name, timer) in &manifest.timers {
            // SAFETY: the manifest names shims, which `every` writes with this type.
            let shim: Shim = unsafe { symbol(symbols, &timer.symbol)? };
            timers.push(LinkedTimer {
                name: name.clone(),
                state: timer.state.clone(),
                period: timer.period,
                shim,
            });
        }
        let mut tasks = Vec::new();
        for (name, task) in &manifest.tasks {
            // SAFETY: the manifest names shims, which `task` writes with this type.
            let shim: Shim = unsafe { symbol(symbols, &task.symbol)? };
            tasks.push(LinkedTask {
                name: name.clone(),
                within: task.within,
                shim,
            });
        }
        let mut resources = BTreeMap::new();
        for (file, read) in &manifest.resources {
            // SAFETY: the manifest names shims, which `resource` writes with this type.
            let shim: ResourceShim = unsafe { symbol(symbols, &read.symbol)? };
            resources.insert(file.clone(), shim);
        }
        let lifecycle = |it: &Option<Lifecycle>| match it {
            // SAFETY: the manifest names shims, which `loaded` and `retired` write with this type.
            Some(it) => unsafe { symbol(symbols, &it.symbol) }.map(Some),
            None => Ok(None),
        };
        let loaded: Option<LifecycleShim> = lifecycle(&manifest.loaded)?;
        let retired: Option<LifecycleShim> = lifecycle(&manifest.retired)?;
        let mut tables = BTreeMap::new();
        for (name, implementation) in &manifest.implementations {
            // SAFETY: the manifest names accessors, which `export` writes with this type.
            let accessor: extern "C" fn() -> &'static ImplementationTable =
                unsafe { symbol(symbols, &implementation.symbol)? };
            let table = accessor();
            let (is, should) = (table.shims().len(), implementation.methods.len());
            if is != should {
                return Err(Unresolved {
                    rule: Rule::OtherImage,
                    what: format!("interface {name}"),
                    expected: format!("{should} methods, as the manifest says"),
                    found: is.to_string(),
                    source: None,
                });
            }
            tables.insert(name.clone(), table);
        }
        Ok(Exports {
            manifest,
            functions,
            crossings,
            pure,
            tables,
            inits,
            hooks,
            downs,
            checks,
            preflights,
            timers: timers.into(),
            tasks: tasks.into(),
            resources,
            loaded,
            retired,
        })
    }
}

/// Compares the forms that a module's functions make, as its manifest describes them, with the types that the
/// module was compiled with: the manifest tells types apart by their names alone. The module has to be
/// initialised.
///
/// # Errors
///
/// The first function that makes another form, and what was found there.
pub(crate) fn confirm_forms(exports: &Exports) -> Result<(), (&str, String)> {
    let manifest = &exports.manifest;
    for (name, down) in &manifest.downs {
        let Some(table) = exports.downs.get(name) else {
            continue;
        };
        confirm(manifest, down, &(table.form)()).map_err(|found| (name.as_str(), found))?;
    }
    Ok(())
}

fn confirm(manifest: &Description, down: &Down, form: &KeptForm) -> Result<(), String> {
    let ty = decode::decode_type(&form.ty).map_err(|error| error.to_string())?;
    if ty != down.to {
        return Err(format!("one of `{ty}`, not of `{}`", down.to));
    }
    let types = decode::decode(&form.section, &manifest.toolchain);
    let types = types.map_err(|error| error.to_string())?;
    in_place(&types, &down.described(manifest), &ty)
}

/// Finds where a module keeps the ways to the functions that it imports. Each takes as many values as the
/// manifest says.
pub(crate) fn places<'e>(
    exports: &'e Exports,
    symbols: Symbols<'_>,
) -> Result<Vec<(&'e str, Vec<&'static Import>)>, Unresolved> {
    let imports = exports.manifest.imports.iter();
    let places = imports.map(|(name, import)| {
        let places = places_of(&format!("import {name}()"), import, symbols)?;
        Ok((name.as_str(), places))
    });
    places.collect()
}

/// The same for functions of other modules.
pub(crate) fn places_for_others<'e>(
    exports: &'e Exports,
    symbols: Symbols<'_>,
) -> Result<Vec<UsedFunction<'e>>, Unresolved> {
    let mut all = Vec::new();
    for (of, used) in &exports.manifest.uses {
        for (name, import) in &used.functions {
            let places = places_of(&format!("import {of}::{name}()"), import, symbols)?;
            all.push(UsedFunction { of, name, places });
        }
    }
    Ok(all)
}

/// The same for instances of other modules. Each has as many methods as the manifest says, and each method takes
/// as many values.
pub(crate) fn places_for_instances<'e>(
    exports: &'e Exports,
    symbols: Symbols<'_>,
) -> Result<Vec<ReachedInstances<'e>>, Unresolved> {
    let mut all = Vec::new();
    for (of, used) in &exports.manifest.uses {
        for (name, instances) in &used.instances {
            let should: Vec<_> = instances.methods.iter().map(|it| it.params.len()).collect();
            let mut places = Vec::new();
            for accessor in &instances.symbols {
                // SAFETY: the manifest names accessors, which `import` writes with this type.
                let accessor: extern "C" fn() -> &'static Reach =
                    unsafe { symbol(symbols, accessor)? };
                let reach = accessor();
                let is: Vec<_> = reach
                    .crossings()
                    .iter()
                    .map(|it| it.params().len())
                    .collect();
                if is != should {
                    return Err(Unresolved {
                        rule: Rule::OtherImage,
                        what: format!("import {name}"),
                        expected: format!(
                            "methods with {should:?} parameters, as the manifest says"
                        ),
                        found: format!("{is:?}"),
                        source: None,
                    });
                }
                places.push(reach);
            }
            all.push(ReachedInstances { of, name, places });
        }
    }
    Ok(all)
}

/// What gives out where a module keeps the ways to functions that it imports.
pub(crate) type ImportAccessor = extern "C" fn() -> ImportTable;

fn places_of(
    what: &str,
    import: &ImportedFunction,
    symbols: Symbols<'_>,
) -> Result<Vec<&'static Import>, Unresolved> {
    let mut places = Vec::new();
    for (symbol, place) in &import.symbols {
        // SAFETY: the manifest names accessors, which `import` writes with this type.
        let accessor: ImportAccessor = unsafe { self::symbol(symbols, symbol)? };
        let Some(place) = accessor().places().get(*place) else {
            return Err(Unresolved {
                rule: Rule::OtherImage,
                what: what.to_owned(),
                expected: "a place for it, as the manifest says".to_owned(),
                found: "none".to_owned(),
                source: None,
            });
        };
        let is = place.crossing().params().len();
        let should = import.signature.params.len();
        if is != should {
            return Err(Unresolved {
                rule: Rule::OtherImage,
                what: what.to_owned(),
                expected: format!("{should} parameters, as the manifest says"),
                found: is.to_string(),
                source: None,
            });
        }
        places.push(place);
    }
    Ok(places)
}

/// # Safety
///
/// The symbol is a function of the type `T`.
unsafe fn symbol<T: Copy>(symbols: Symbols<'_>, name: &str) -> Result<T, Unresolved> {
    // SAFETY: the caller knows the symbol's type.
    unsafe { symbols.get(name) }.map_err(|no_symbol| Unresolved {
        rule: Rule::SymbolMissing,
        what: format!("symbol {name}"),
        expected: "one that the system's loader finds".to_owned(),
        found: no_symbol.found,
        source: no_symbol.source,
    })
}
