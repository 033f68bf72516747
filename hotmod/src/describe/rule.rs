//! The rules: every kind of difference, and whether it stands in the way.

use std::fmt;

use crate::codes::{self, Code, coded};
use crate::printed::lines;

/// One thing that differs between what runs (or is expected) and a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which thing: `World.players[].gold`, `Game::hello(name)`, `damage()`.
    pub path: String,
    /// How it was.
    pub was: String,
    /// How it is now.
    pub now: String,
    /// Which rule it falls under.
    pub rule: Rule,
    /// What to write to make it acceptable.
    pub help: String,
}

impl Difference {
    /// The same text with the code of its rule at the end of the first line, as it stands in reports.
    pub fn with_code(&self) -> impl fmt::Display {
        fmt::from_fn(|f| coded(f, self.rule.code(), |f| fmt::Display::fmt(self, f)))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let Difference {
                path,
                was,
                now,
                rule,
                help,
            } = self;
            match rule {
                Rule::Moved => write!(f, "{path}: fields moved")?,
                Rule::Defaulted => write!(f, "{path}: default")?,
                Rule::Dropped => write!(f, "{path}: removed, dropped")?,
                Rule::Lost => write!(f, "{path}: lost")?,
                Rule::Renamed => write!(f, "{path}: renamed from {was}")?,
                Rule::Widened => write!(f, "{path}: widen {was} → {now}")?,
                Rule::Wrapped => write!(f, "{path}: wrap {was} → {now}")?,
                Rule::Checked => write!(f, "{path}: checked {was} → {now}")?,
                Rule::Rebuilt => write!(f, "{path}: rebuild {was} → {now}")?,
                Rule::Filled => write!(f, "{path}: fill {was} → {now}")?,
                Rule::Converted => write!(f, "{path}: convert {was} → {now}")?,
                Rule::Applied => write!(f, "{path}: {was} is not applied again, {now}")?,
                Rule::Followed => {
                    write!(
                        f,
                        "{path}: each value follows when it is used, {was} → {now}"
                    )?;
                }
                Rule::Carried => write!(f, "{path}: carried over by {now}")?,
                Rule::MadeAnew => write!(f, "{path}: made anew")?,
                Rule::VariantGained => write!(f, "{path}: new variant")?,
                Rule::VariantUnused => write!(f, "{path}: removed, must not be in use")?,
                Rule::VariantReplaced => write!(f, "{path}: becomes {now}")?,
                Rule::MethodUncalled => {
                    write!(
                        f,
                        "{path}: was {was}, now {now}, and this host does not call it"
                    )?;
                }
                Rule::CallConverted => write!(f, "{path}: converted, {was} → {now}")?,
                Rule::CallFilledIn => write!(f, "{path}: filled in for {was}, {now}")?,
                Rule::CallUnseen => write!(f, "{path}: not seen by {now}")?,
                Rule::CallOther => write!(f, "{path}: arrives as {now}")?,
                Rule::CallMayFail => {
                    write!(f, "{path}: a call may fail, {was} → {now}")?;
                }
                Rule::StartsAnew if now.is_empty() => write!(f, "{path}: starts anew")?,
                Rule::StartsAnew => write!(f, "{path}: start anew: {now}")?,
                rule if rule.is_expectation() => {
                    write!(f, "{path}: expected {was}, found {now}")?;
                }
                _ => write!(f, "{path}: was {was}, now {now}")?,
            }
            if !help.is_empty() {
                write!(f, "\n  help: {help}")?;
            }
            Ok(())
        })
    }
}

/// Whether a candidate may replace what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The state is handed over as it is.
    Adopt,
    /// The state is converted.
    Migrate,
    /// No.
    Refuse,
}

impl Verdict {
    /// What these differences amount to.
    pub fn of(differences: &[Difference]) -> Self {
        let verdicts = differences
            .iter()
            .map(|difference| difference.rule.verdict());
        verdicts.max().unwrap_or(Verdict::Adopt)
    }

    /// `adopt`, `migrate` or `refuse`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Adopt => "adopt",
            Verdict::Migrate => "migrate",
            Verdict::Refuse => "refuse",
        }
    }
}

/// A row has the rule, its code, what it alone amounts to, and what it is about.
macro_rules! rules {
    ($($(#[doc = $doc:literal])* $rule:ident $code:ident $verdict:ident $about:ident;)*) => {
        /// The kinds of differences.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule { $($(#[doc = $doc])* $rule,)* }

        impl Rule {
            /// Its code: `HM-0201`, `field-added`.
            pub fn code(self) -> Code {
                match self { $(Rule::$rule => codes::$code,)* }
            }

            /// Whether it is about what a file should be, rather than about what changed.
            pub fn is_expectation(self) -> bool {
                self.about() == About::Expectation
            }

            /// What it alone would amount to.
            pub fn verdict(self) -> Verdict {
                match self { $(Rule::$rule => rules!(@ $verdict),)* }
            }

            /// Whether it says what becomes of what a call passes.
            pub fn is_of_calls(self) -> bool {
                self.about() == About::Crossing
            }

            /// Whether it says what becomes of a value that one side has and the other one is to have.
            pub fn is_of_state(self) -> bool {
                use Rule::{FieldAdded, FieldRemoved, TypeChanged};
                let change = matches!(self.about(), About::Change | About::Loss);
                change || matches!(self, TypeChanged | FieldAdded | FieldRemoved)
            }

            /// Whether existing state loses something by it.
            pub fn loses(self) -> bool {
                self.about() == About::Loss
            }

            /// All rules that are about what both sides were compiled with.
            #[doc(hidden)]
            pub fn of_contracts() -> impl Iterator<Item = Rule> {
                let all = [$(Rule::$rule),*];
                all.into_iter().filter(|rule| rule.about() == About::Contract)
            }

            fn about(self) -> About {
                match self { $(Rule::$rule => rules!(@ $about),)* }
            }

            /// Whether it stands in the way of an update.
            pub fn refuses(self) -> bool {
                self.verdict() == Verdict::Refuse
            }
        }
    };
    (@ refused) => { Verdict::Refuse };
    (@ migrated) => { Verdict::Migrate };
    (@ allowed) => { Verdict::Adopt };
    (@ contract) => { About::Contract };
    (@ change) => { About::Change };
    (@ loss) => { About::Loss };
    (@ crossing) => { About::Crossing };
    (@ expectation) => { About::Expectation };
}

/// What a rule is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    /// What both sides were compiled with: exports, imports, and layouts of what crosses.
    Contract,
    /// What becomes of existing state.
    Change,
    /// The same, where existing state loses something.
    Loss,
    /// What a file should be, or a request.
    Expectation,
    /// What becomes of what a call passes.
    Crossing,
}

rules! {
    /// A new function or interface, which no caller can have used yet.
    ExportAdded EXPORT_ADDED allowed contract;
    /// A function or interface is gone.
    ExportRemoved EXPORT_REMOVED refused contract;
    /// A function may be compared with its next version, or no longer.
    PurityChanged PURITY_CHANGED allowed contract;
    /// `&self` became `&mut self`, or the reverse.
    ReceiverChanged RECEIVER_CHANGED refused contract;
    /// One argument more.
    ArgumentAdded ARGUMENT_ADDED refused contract;
    /// One argument fewer.
    ArgumentRemoved ARGUMENT_REMOVED refused contract;
    /// An argument of another type.
    ArgumentRetyped ARGUMENT_RETYPED refused contract;
    /// The same arguments in another order.
    ArgumentsSwapped ARGUMENTS_SWAPPED refused contract;
    /// An argument of the same type under another name.
    ArgumentRenamed ARGUMENT_RENAMED allowed contract;
    /// Another return type.
    ReturnChanged RETURN_CHANGED refused contract;
    /// A new method, which no caller can have used yet.
    MethodAdded METHOD_ADDED allowed contract;
    /// A method is gone that its interface allows a version to lack.
    MethodAbsent METHOD_ABSENT allowed contract;
    /// A method, interface or function that no caller which was compiled with it calls is gone, or has changed.
    MethodUncalled METHOD_UNCALLED allowed contract;
    /// What is passed is converted on its way between two sides that were compiled apart.
    CallConverted CALL_CONVERTED allowed crossing;
    /// What is passed lacks something for which the definition has a value.
    CallFilledIn CALL_FILLED_IN allowed crossing;
    /// What is passed holds something that the other side does not know.
    CallUnseen CALL_UNSEEN allowed crossing;
    /// What is passed may be a value that the other side has no place for: the call is an error then.
    CallMayFail CALL_MAY_FAIL allowed crossing;
    /// A variant that the other side does not know arrives as the variant that it has for such.
    CallOther CALL_OTHER allowed crossing;
    /// Threads can no longer share the states of an interface.
    SharingLost SHARING_LOST refused contract;
    /// An interface is implemented by another type.
    StateChanged STATE_CHANGED refused contract;
    /// A state can no longer be made.
    InitRemoved INIT_REMOVED refused contract;
    /// A function that hosts call again and again is new, gone, or called at other times.
    TimerChanged TIMER_CHANGED allowed contract;
    /// A function that runs from version to version is new, gone, or has another time to stop in.
    TaskChanged TASK_CHANGED allowed contract;
    /// A resource that the module reads is new, or gone.
    ResourceChanged RESOURCE_CHANGED allowed contract;
    /// A function more that the host must provide.
    ImportAdded IMPORT_ADDED allowed contract;
    /// A function that the host need no longer provide.
    ImportRemoved IMPORT_REMOVED allowed contract;
    /// Another type.
    TypeChanged TYPE_CHANGED refused contract;
    /// A struct became an enum, or the reverse.
    ShapeChanged SHAPE_CHANGED refused contract;
    /// A new field.
    FieldAdded FIELD_ADDED refused contract;
    /// A field is gone.
    FieldRemoved FIELD_REMOVED refused contract;
    /// A field stands elsewhere.
    FieldMoved FIELD_MOVED refused contract;
    /// The fields stand in another order in the source.
    FieldsReordered FIELDS_REORDERED refused contract;
    /// Another size.
    SizeChanged SIZE_CHANGED refused contract;
    /// Another alignment.
    AlignmentChanged ALIGNMENT_CHANGED refused contract;
    /// A new variant.
    VariantAdded VARIANT_ADDED refused contract;
    /// A variant is gone.
    VariantRemoved VARIANT_REMOVED refused contract;
    /// The variants stand in another order.
    VariantsReordered VARIANTS_REORDERED refused contract;
    /// A variant has another discriminant.
    DiscriminantChanged DISCRIMINANT_CHANGED refused contract;
    /// `#[repr]` fixes the enum's representation now, or no longer.
    ReprChanged REPR_CHANGED refused contract;
    /// The same layout, said to have another sense.
    MeaningChanged MEANING_CHANGED refused contract;
    /// The compiler chose the layout, and it was another compiler.
    ToolchainChanged TOOLCHAIN_CHANGED refused contract;
    /// A number that would not hold every value, or an `Option` that would lose `None`.
    Narrowed NARROWED refused change;
    /// A map's keys or a set's elements are of another type.
    KeysChanged KEYS_CHANGED refused change;
    /// An array of another length.
    ArrayChanged ARRAY_CHANGED refused change;
    /// A state that is checked before its migration is final may not change under the check.
    CheckImpossible CHECK_IMPOSSIBLE refused change;
    /// A function takes a value back to another form than the older version has.
    FormDiffers FORM_DIFFERS refused change;
    /// The same fields in other places.
    Moved MOVED migrated change;
    /// A new field with a value for existing state.
    Defaulted DEFAULTED migrated change;
    /// A field that existing state may lose.
    Dropped DROPPED migrated loss;
    /// A value for which there is no place any more.
    Lost LOST migrated loss;
    /// Another name for the same thing.
    Renamed RENAMED migrated change;
    /// A number of a type that holds every value of the former type.
    Widened WIDENED migrated change;
    /// A value put into an `Option` or `Box`, or taken out of a `Box`.
    Wrapped WRAPPED migrated change;
    /// Converted where the value fits; one that does not aborts the update.
    Checked CHECKED migrated change;
    /// A function that has made the running version's values, and is not applied again.
    Applied APPLIED migrated change;
    /// An attribute names an earlier form, and the running version has both that form and the present one.
    Ambiguous AMBIGUOUS refused change;
    /// A field that is carried over by its serde form or as another type: at every update.
    Carried CARRIED migrated change;
    /// The values of `Lazy`s, each of which is converted by itself when it is used.
    Followed FOLLOWED migrated change;
    /// Rebuilt as another container, or with other keys.
    Rebuilt REBUILT migrated change;
    /// An array grown with a value for the new elements.
    Filled FILLED migrated change;
    /// Converted by the user's function.
    Converted CONVERTED migrated change;
    /// Not carried over, made anew.
    MadeAnew MADE_ANEW migrated change;
    /// A new variant, which existing state does not have.
    VariantGained VARIANT_GAINED migrated change;
    /// A variant is gone; one that is in use aborts the update.
    VariantUnused VARIANT_UNUSED migrated change;
    /// A variant is gone, and values that have it become another.
    VariantReplaced VARIANT_REPLACED migrated loss;
    /// Statics that the running version has too, each version its own.
    StartsAnew STARTS_ANEW allowed change;
    /// A snapshot cannot hold values of the field.
    Unwritable UNWRITABLE refused expectation;
    /// The file cannot be read.
    FileUnreadable FILE_UNREADABLE refused expectation;
    /// The file is not in the directory that modules are taken from.
    FileOutside FILE_OUTSIDE refused expectation;
    /// The file has no bytes.
    FileEmpty FILE_EMPTY refused expectation;
    /// The file is no object file.
    NotAnObject NOT_AN_OBJECT refused expectation;
    /// The file ends too early.
    FileTruncated FILE_TRUNCATED refused expectation;
    /// The file is for another machine.
    OtherArchitecture OTHER_ARCHITECTURE refused expectation;
    /// The file is of another word size or byte order.
    OtherClass OTHER_CLASS refused expectation;
    /// The file has a form that a module must not have.
    FileNotAllowed FILE_NOT_ALLOWED refused expectation;
    /// The file holds something that cannot be true of a module.
    FileDamaged FILE_DAMAGED refused expectation;
    /// An object file that has no description by hotmod.
    NotAModule NOT_A_MODULE refused expectation;
    /// The file holds a description that cannot be true of a module.
    ManifestDamaged MANIFEST_DAMAGED refused expectation;
    /// The file lacks a symbol that its description names.
    SymbolMissing SYMBOL_MISSING refused expectation;
    /// The file was built with a hotmod that has another boundary.
    AbiDiffers ABI_DIFFERS refused expectation;
    /// The host has two types of one id.
    AmbiguousId AMBIGUOUS_ID refused expectation;
    /// More differs than is told.
    TooManyDifferences TOO_MANY_DIFFERENCES refused expectation;
    /// A value with a field that is not carried over would cross to another image.
    TransientCrosses TRANSIENT_CROSSES refused expectation;
    /// The version is not one that can be compared.
    VersionMalformed VERSION_MALFORMED refused expectation;
    /// A panic in the module would end the process.
    PanicAborts PANIC_ABORTS refused expectation;
    /// Another module than the one to be updated.
    OtherModule OTHER_MODULE refused expectation;
    /// A module of this name is loaded already.
    AlreadyLoaded ALREADY_LOADED refused expectation;
    /// The host does not provide a function that the module needs.
    ImportMissing IMPORT_MISSING refused expectation;
    /// The host does not provide a function that the module can do without.
    ImportAbsent IMPORT_ABSENT allowed expectation;
    /// An older version than the one that runs.
    Downgrade DOWNGRADE refused expectation;
    /// The private copy could not be written.
    StagingFailed STAGING_FAILED refused expectation;
    /// Loaded versions would cost more than the host allows.
    OverBudget OVER_BUDGET refused expectation;
    /// The system's loader refused the file.
    LoadingFailed LOADING_FAILED refused expectation;
    /// What was loaded is not what was inspected.
    OtherImage OTHER_IMAGE refused expectation;
    /// The module could not be initialised.
    InitialiseFailed INITIALISE_FAILED refused expectation;
    /// The function that sets a version up failed.
    LoadedFailed LOADED_FAILED refused expectation;
    /// The candidate went wrong in a copy of the process.
    RehearsalFailed REHEARSAL_FAILED refused expectation;
    /// One module is named twice in one transaction.
    NamedTwice NAMED_TWICE refused expectation;
    /// There is no version to roll back to.
    NothingBefore NOTHING_BEFORE refused expectation;
    /// Another candidate of the module is on trial.
    OnTrial ON_TRIAL refused expectation;
    /// No candidate is on trial any more.
    TrialOver TRIAL_OVER refused expectation;
    /// No function of both versions is pure, so their calls cannot be compared.
    NothingPure NOTHING_PURE refused expectation;
    /// The candidate is the very file that runs.
    SameFile SAME_FILE refused expectation;
    /// State that was taken to the candidate could not come back.
    NoWayBack NO_WAY_BACK refused expectation;
    /// The file needs a library that the host does not allow.
    LibraryNotAllowed LIBRARY_NOT_ALLOWED refused expectation;
    /// The file says where the system's loader is to look for libraries.
    SearchPathNotAllowed SEARCH_PATH_NOT_ALLOWED refused expectation;
    /// The file uses static thread-local storage, of which a process has little.
    StaticTls STATIC_TLS refused expectation;
    /// A static that the module's own source denies.
    StaticDenied STATIC_DENIED refused expectation;
    /// Code that an update of the module runs asks for another update of it, which would wait without end.
    WithinUpdate WITHIN_UPDATE refused expectation;
    /// The server stops, so an update that was asked for is not begun.
    Stopping STOPPING refused expectation;
    /// The module is not to be updated for now.
    Frozen FROZEN refused expectation;
    /// Another version became current since the change was decided on.
    Overtaken OVERTAKEN refused expectation;
    /// The host has no file for a resource that the module reads, or none of which its function makes a value.
    ResourceRefused RESOURCE_REFUSED refused expectation;
    /// A version that was rolled back, or was being taken up when the process ended, and that nothing asks for by itself.
    Undone UNDONE refused expectation;
    /// The version could not be recorded as what runs, so that the next process would not begin with it.
    NotRecorded NOT_RECORDED refused expectation;
    /// What was asked for needs a thread of the host, and none can be started.
    NoThread NO_THREAD refused expectation;
    /// The module is linked into the executable: no file takes its place.
    Linked LINKED refused expectation;
    /// What is linked into the executable cannot be told to be of one module.
    LinkedUnclear LINKED_UNCLEAR refused expectation;
    /// The file was built to be linked into an executable, not to be loaded.
    BuiltToLink BUILT_TO_LINK refused expectation;
    /// The migration of a live state would take longer than the update may hold up those that use it.
    LongPause LONG_PAUSE refused expectation;
}
