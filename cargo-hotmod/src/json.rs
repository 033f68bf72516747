//! The answers as JSON. The names here and their meanings stay; more names may be added.

use hotmod_file::Inspected;
use hotmod_file::describe::{
    self, Attribute, Described, Difference, FingerprintTable, Receiver, Repr, Shape, Type, Used,
};
pub(crate) use hotmod_file::json::{
    JsonBuild, JsonChange, JsonComparison, JsonCondition, JsonCost, JsonHost, JsonPreparation,
};
use serde::Serialize;

/// What `inspect --format json` prints, for its help.
pub(crate) const INSPECT: &str = "\
With --format json, an object:
  file, digest           the file as it was given; the BLAKE3 digest of its bytes
  resolved               where the file really is, its path without links
  module, version        what the module is called
  abi                    the version of everything that crosses the boundary, a number
  toolchain              { rustc, commit, target }
  panic                  \"unwind\" | \"abort\"
  allocator              whose allocator the module's memory comes from
  needs                  { libraries: [text], settings: [{ name, value }], static_tls, refused }:
                         what the system's loader opens besides, and from where; refused has what a
                         host refuses that allows none of it, as the differences of `diff`
  statics                { denied, except: [text], seen }: what module! says of them; seen has those
                         that its code can write, [{ crate, path, thread_local, denied }], or is null
                         if the file is stripped of its symbols
  functions              [{ name, signature, receiver, params: [{ name, type, default }], returns,
                         async, local, optional, removed: [text] }]: whether it is an `async fn`,
                         which returns what its future is ready with, whether that stays on the thread
                         that polls it first, whether the version may lack it,
                         whether a parameter says what it is for callers that do not know it, and the
                         parameters that it had once
  pure                   [name]: the functions that are pure
  imports                [as in functions]: what the host must provide
  uses                   [{ module, functions: [as in functions], instances: [{ name, key, interface,
                         optional, methods: [as in functions] }] }]: what other modules must have: a
                         key is the type of a pool's keys, or null for a shared instance
  interfaces             [{ name, state, methods: [as in functions] }]
  inits                  [{ state }]
  hooks                  [{ type }]: what a function marked #[hotmod::migrate] makes
  downs                  [{ name, from, to }]: the functions marked #[hotmod::migrate(down)], the
                         type that each takes values of, and what the earlier form was called
  checks                 [{ state }]: what a function marked #[hotmod::after_migrate] checks
  preflights             [{ name, state }]: what a function marked #[hotmod::preflight] tries out
  timers                 [{ name, state, milliseconds }]: what a function marked #[hotmod::every] is called
                         with, or null if it takes no state, and how often
  tasks                  [{ name, state, milliseconds }]: what a function marked #[hotmod::task] hands over, and
                         how long it may take to stop
  resources              [{ file, name }]: the files of its host that it reads, and the function marked
                         #[hotmod::resource] that makes a value of each
  forwards               [text]: what the module forwards to its host's own: log, metrics, tracing
  runtimes               [text] or null: crates of runtimes and thread pools that the file links of its
                         own, as tokio and rayon; null if it is stripped of its symbols
  loaded, retired        text or null: the function marked #[hotmod::loaded], which runs once in each
                         version before anything else, and that marked #[hotmod::retired]
  types                  [{ name, size, align, meaning, fingerprints: { layout, schema, meaning },
                         attributes: [text], kind: \"struct\", fields }] or, for an enum,
                         kind: \"enum\", repr (true if #[repr] fixes its representation) and
                         variants: [{ name, discriminant, attributes, fields }]
  fields                 [{ name, type, size, align, offset, attributes }]; in an enum, whose
                         compiler alone knows it, offset is null
Sizes, alignments and offsets are in bytes; a receiver is \"none\", \"shared\" or \"exclusive\".";

/// What `diff --format json` prints, for its help.
pub(crate) const DIFF: &str = "\
With --format json, an object:
  verdict                \"adopt\" (state is handed over as it is) | \"migrate\" | \"refuse\"
  survives               \"always\" | \"conditional\" (if the values of live state allow it) | \"never\"
  conditions             [{ path, must }]: what each live value there must be, if that is conditional;
                         must is for people
  old, new               { file, digest, module, version, abi, toolchain, panic, allocator } as in
                         `inspect`; old is null where one file is to be loaded
  host                   with --host, { file, abi, toolchain }, or else null
  others                 with --with, [as in old]: the modules that run beside, or else null
  differences            [{ path, was, now, code, rule, help, refuses, loses }]: a path is like
                         World.players[].gold, Game::hello(name), damage() or import log(text); a
                         code is like HM-0201, which `cargo hotmod explain` tells of, and rule its
                         name, like field-added or widened; refuses says whether
                         it stands in the way, loses whether state loses something by it; was and
                         now are for people
  costs                  [{ path, cost }]: what becoming of state costs; a cost is \"moved\" (as
                         bytes, however much it holds), \"copied\", \"made\", \"rebuilt\" (item by
                         item), \"converted\" (by a function) or \"dropped\"; none if refused
  call_costs             [{ path, cost }]: the same of what calls pass where it is converted, at each
                         call; what is moved is left out
  preparations           [{ state, prepared, because: [{ path, what }] }]: of each state that is
                         migrated, whether its `&self` calls go on while its new value is made
                         (\"shared\", where the host knows the lock of a state, as in its pools) or
                         wait (\"exclusive\"), and what keeps them waiting; none if refused
  lossless               whether a state that goes from old to new and back is what it was, for sure
  statics_seen           whether it could be seen of both which statics they have; those that both have
                         are the differences of the rule starts-anew
With --back, new is what runs and old what it goes back to: differences lead from new to old.";

/// What `check --format json` prints, for its help.
pub(crate) const CHECK: &str = "\
With --format json, an object as `diff` prints it: old is the lock, whose digest is null, and a
difference of the rule name-reused has the path of a field or variant like World.gold. With --back,
differences lead from new to old, and no name is reused";

/// What `lock --format json` prints, for its help.
pub(crate) const LOCK: &str = "\
With --format json, an object:
  file, module, version  the build that was described; of a host, module and version are null
  lock                   the lock file
  written                whether it was written; if not, the next says why
  reused                 [{ path, was, now, rule, help, refuses, loses }] as in the differences of
                         `check`";

/// The long help of a verb: examples, and what it prints for programs.
pub(crate) fn with_examples(examples: &str, json: &str) -> String {
    format!("{examples}\n\n{json}")
}

/// All of one file.
#[derive(Serialize)]
pub(crate) struct JsonModule<'a> {
    #[serde(flatten)]
    build: JsonBuild<'a>,
    resolved: String,
    needs: Needs<'a>,
    statics: JsonStatics<'a>,
    functions: Vec<JsonSignature<'a>>,
    pure: Vec<&'a str>,
    imports: Vec<JsonSignature<'a>>,
    uses: Vec<JsonUsed<'a>>,
    interfaces: Vec<JsonInterface<'a>>,
    inits: Vec<OfState>,
    hooks: Vec<OfType>,
    downs: Vec<JsonDown<'a>>,
    checks: Vec<OfState>,
    preflights: Vec<JsonPreflight<'a>>,
    timers: Vec<JsonTimer<'a>>,
    tasks: Vec<JsonTask<'a>>,
    resources: Vec<JsonResource<'a>>,
    forwards: Vec<&'a str>,
    runtimes: Option<Vec<&'static str>>,
    loaded: Option<&'a str>,
    retired: Option<&'a str>,
    types: Vec<JsonNamedType<'a>>,
}

impl<'a> JsonModule<'a> {
    pub(crate) fn of(module: &'a Inspected, unmet: &'a [Difference]) -> Self {
        let manifest = module.manifest();
        let functions = manifest.functions.values();
        let imports = manifest.imports.values();
        let types = manifest.types.iter();
        let prints = FingerprintTable::new(manifest);
        JsonModule {
            build: JsonBuild::of(module),
            resolved: module.resolved().display().to_string(),
            needs: Needs::of(module.needs(), unmet),
            statics: JsonStatics::of(module),
            functions: functions
                .map(|it| JsonSignature::of(&it.signature))
                .collect(),
            pure: manifest.pure().collect(),
            imports: imports.map(|it| JsonSignature::of(&it.signature)).collect(),
            uses: manifest.uses.iter().map(JsonUsed::of).collect(),
            interfaces: manifest
                .interfaces_of_states()
                .map(|(name, implementation)| JsonInterface {
                    name,
                    state: implementation.state.to_string(),
                    methods: implementation
                        .methods
                        .iter()
                        .map(JsonSignature::of)
                        .collect(),
                })
                .collect(),
            inits: manifest.inits.keys().map(OfState::of).collect(),
            hooks: manifest.hooks.keys().map(OfType::of).collect(),
            downs: manifest.downs.iter().map(JsonDown::of).collect(),
            checks: manifest.checks.keys().map(OfState::of).collect(),
            preflights: manifest.preflights.iter().map(JsonPreflight::of).collect(),
            timers: manifest.timers.iter().map(JsonTimer::of).collect(),
            tasks: manifest.tasks.iter().map(JsonTask::of).collect(),
            resources: manifest.resources.iter().map(JsonResource::of).collect(),
            forwards: manifest.forwards.iter().map(String::as_str).collect(),
            runtimes: module.runtimes().map(|it| it.iter().copied().collect()),
            loaded: manifest.loaded.as_ref().map(|it| &*it.name),
            retired: manifest.retired.as_ref().map(|it| &*it.name),
            types: types.map(|it| JsonNamedType::of(&prints, it)).collect(),
        }
    }
}

#[derive(Serialize)]
struct Needs<'a> {
    libraries: &'a [String],
    settings: Vec<Setting<'a>>,
    static_tls: bool,
    refused: Vec<JsonChange<'a>>,
}

#[derive(Serialize)]
struct Setting<'a> {
    name: &'static str,
    value: &'a str,
}

impl<'a> Needs<'a> {
    fn of(needs: &'a hotmod_file::NeededLibraries, unmet: &'a [Difference]) -> Self {
        let settings = needs.settings();
        Needs {
            libraries: needs.libraries(),
            settings: settings
                .map(|(name, value)| Setting { name, value })
                .collect(),
            static_tls: needs.static_tls(),
            refused: unmet.iter().map(JsonChange::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonStatics<'a> {
    denied: bool,
    except: &'a [String],
    seen: Option<Vec<JsonStatic<'a>>>,
}

/// What is needed of another module.
#[derive(Serialize)]
struct JsonUsed<'a> {
    module: &'a str,
    functions: Vec<JsonSignature<'a>>,
    instances: Vec<JsonUsedInstances<'a>>,
}

#[derive(Serialize)]
struct JsonUsedInstances<'a> {
    name: &'a str,
    key: Option<String>,
    interface: &'a str,
    optional: bool,
    methods: Vec<JsonSignature<'a>>,
}

impl<'a> JsonUsed<'a> {
    fn of((module, used): (&'a String, &'a Used)) -> Self {
        let functions = used.functions.values();
        let instances = used.instances.iter();
        JsonUsed {
            module,
            functions: functions
                .map(|it| JsonSignature::of(&it.signature))
                .collect(),
            instances: instances
                .map(|(name, it)| JsonUsedInstances {
                    name,
                    key: it.key.as_ref().map(ToString::to_string),
                    interface: &it.interface,
                    optional: it.optional,
                    methods: it.methods.iter().map(JsonSignature::of).collect(),
                })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct JsonStatic<'a> {
    #[serde(rename = "crate")]
    krate: &'a str,
    path: &'a str,
    thread_local: bool,
    denied: bool,
}

impl<'a> JsonStatics<'a> {
    fn of(module: &'a Inspected) -> Self {
        let rule = module.manifest().statics.as_ref();
        let denied =
            |it: &hotmod_file::Static| rule.is_some_and(|rule| rule.denies(it.krate(), it.name()));
        let seen = module.statics().seen().map(|seen| {
            let statics = seen.iter().map(|it| JsonStatic {
                krate: it.krate(),
                path: it.path(),
                thread_local: it.is_thread_local(),
                denied: denied(it),
            });
            statics.collect()
        });
        JsonStatics {
            denied: rule.is_some_and(|rule| rule.denied),
            except: rule.map_or(&[], |rule| &rule.except),
            seen,
        }
    }
}

#[derive(Serialize)]
struct JsonInterface<'a> {
    name: &'a str,
    state: String,
    methods: Vec<JsonSignature<'a>>,
}

/// Something of which a state has one.
#[derive(Serialize)]
struct OfState {
    state: String,
}

#[derive(Serialize)]
struct JsonPreflight<'a> {
    name: &'a str,
    state: String,
}

impl<'a> JsonPreflight<'a> {
    fn of((name, preflight): (&'a String, &describe::Preflight)) -> Self {
        JsonPreflight {
            name,
            state: preflight.state.to_string(),
        }
    }
}

#[derive(Serialize)]
struct JsonTimer<'a> {
    name: &'a str,
    state: Option<String>,
    milliseconds: u128,
}

impl<'a> JsonTimer<'a> {
    fn of((name, timer): (&'a String, &describe::Timer)) -> Self {
        JsonTimer {
            name,
            state: timer.state.as_ref().map(Type::to_string),
            milliseconds: timer.period.as_millis(),
        }
    }
}

#[derive(Serialize)]
struct JsonTask<'a> {
    name: &'a str,
    state: String,
    milliseconds: u128,
}

impl<'a> JsonTask<'a> {
    fn of((name, task): (&'a String, &describe::Task)) -> Self {
        JsonTask {
            name,
            state: task.state.to_string(),
            milliseconds: task.within.as_millis(),
        }
    }
}

#[derive(Serialize)]
struct JsonResource<'a> {
    file: &'a str,
    name: &'a str,
}

impl<'a> JsonResource<'a> {
    fn of((file, read): (&'a String, &'a describe::ReadResource)) -> Self {
        JsonResource {
            file,
            name: &read.name,
        }
    }
}

impl OfState {
    fn of(state: &Type) -> Self {
        OfState {
            state: state.to_string(),
        }
    }
}

/// Something of which a type has one.
#[derive(Serialize)]
struct OfType {
    #[serde(rename = "type")]
    ty: String,
}

impl OfType {
    fn of(ty: &Type) -> Self {
        OfType { ty: ty.to_string() }
    }
}

#[derive(Serialize)]
struct JsonDown<'a> {
    name: &'a str,
    from: String,
    to: String,
}

impl<'a> JsonDown<'a> {
    fn of((name, down): (&'a String, &describe::Down)) -> Self {
        JsonDown {
            name,
            from: down.from.to_string(),
            to: down.to.to_string(),
        }
    }
}

#[derive(Serialize)]
struct JsonSignature<'a> {
    name: &'a str,
    signature: String,
    receiver: &'static str,
    params: Vec<JsonParam<'a>>,
    returns: String,
    #[serde(rename = "async")]
    is_async: bool,
    /// Whether its future stays on the thread that polls it first.
    #[serde(rename = "local")]
    is_local: bool,
    optional: bool,
    removed: &'a [String],
}

#[derive(Serialize)]
struct JsonParam<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    ty: String,
    default: bool,
}

impl<'a> JsonSignature<'a> {
    fn of(signature: &'a describe::Signature) -> Self {
        JsonSignature {
            name: &signature.name,
            signature: signature.to_string(),
            receiver: match signature.receiver {
                Receiver::None => "none",
                Receiver::Shared => "shared",
                Receiver::Exclusive => "exclusive",
            },
            params: signature
                .params
                .iter()
                .map(|param| JsonParam {
                    name: &param.name,
                    ty: param.ty.to_string(),
                    default: param.default,
                })
                .collect(),
            returns: signature.output.to_string(),
            is_async: signature.is_async,
            is_local: signature.is_local,
            optional: signature.optional,
            removed: &signature.removed,
        }
    }
}

#[derive(Serialize)]
struct JsonNamedType<'a> {
    name: String,
    size: u64,
    align: u64,
    meaning: u32,
    fingerprints: Prints,
    attributes: Vec<String>,
    #[serde(flatten)]
    body: JsonBody<'a>,
}

#[derive(Serialize)]
struct Prints {
    layout: String,
    schema: String,
    meaning: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum JsonBody<'a> {
    Struct {
        fields: Vec<JsonField<'a>>,
    },
    Enum {
        repr: bool,
        variants: Vec<JsonVariant<'a>>,
    },
}

#[derive(Serialize)]
struct JsonVariant<'a> {
    name: &'a str,
    discriminant: i128,
    attributes: Vec<String>,
    fields: Vec<JsonField<'a>>,
}

#[derive(Serialize)]
struct JsonField<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    ty: String,
    size: u64,
    align: u64,
    offset: Option<u64>,
    attributes: Vec<String>,
}

impl<'a> JsonNamedType<'a> {
    fn of(prints: &FingerprintTable, (ty, described): (&Type, &'a Described)) -> Self {
        let prints = prints.of(ty);
        JsonNamedType {
            name: ty.to_string(),
            size: described.size,
            align: described.align,
            meaning: described.meaning,
            fingerprints: Prints {
                layout: prints.layout.to_string(),
                schema: prints.schema.to_string(),
                meaning: prints.meaning.to_string(),
            },
            attributes: described.attributes.iter().map(attribute).collect(),
            body: match &described.shape {
                Shape::Struct(fields) => JsonBody::Struct {
                    fields: fields.iter().map(JsonField::of).collect(),
                },
                Shape::Enum { repr, variants } => JsonBody::Enum {
                    repr: matches!(repr, Repr::Fixed(_)),
                    variants: variants.iter().map(JsonVariant::of).collect(),
                },
            },
        }
    }
}

impl<'a> JsonVariant<'a> {
    fn of(variant: &'a describe::Variant) -> Self {
        JsonVariant {
            name: &variant.name,
            discriminant: variant.discriminant,
            attributes: variant.attributes.iter().map(attribute).collect(),
            fields: variant.fields.iter().map(JsonField::of).collect(),
        }
    }
}

impl<'a> JsonField<'a> {
    fn of(field: &'a describe::Field) -> Self {
        JsonField {
            name: &field.name,
            ty: field.ty.to_string(),
            size: field.size,
            align: field.align,
            offset: field.offset,
            attributes: field.attributes.iter().map(attribute).collect(),
        }
    }
}

/// An attribute as the source has it, but for expressions: they are code.
pub(crate) fn attribute(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Default => "default".to_owned(),
        Attribute::Was(old) => format!("was = \"{old}\""),
        Attribute::Removed(old) => format!("removed(\"{old}\")"),
        Attribute::RemovedVariant(old, new) => format!("removed_variant({old} => {new})"),
        Attribute::Checked => "checked".to_owned(),
        Attribute::Fill => "fill".to_owned(),
        Attribute::Rebuild => "rebuild".to_owned(),
        Attribute::Skip => "skip".to_owned(),
        Attribute::By(name) => format!("with = {name}"),
        Attribute::Other => "other".to_owned(),
        Attribute::Parallel => "parallel".to_owned(),
        Attribute::Secret => "secret".to_owned(),
        Attribute::Codec => "snapshot".to_owned(),
        Attribute::Form => "form".to_owned(),
        Attribute::Moved => "moved".to_owned(),
    }
}

/// What became of a lock file.
#[derive(Serialize)]
pub(crate) struct JsonLocked<'a> {
    pub(crate) file: String,
    pub(crate) module: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) lock: String,
    pub(crate) written: bool,
    pub(crate) reused: Vec<JsonChange<'a>>,
}
