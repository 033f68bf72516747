//! The rules: every kind of difference, and whether it stands in the way.

use std::fmt;

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
                Rule::Carried => write!(f, "{path}: carried over by {now}")?,
                Rule::MadeAnew => write!(f, "{path}: made anew")?,
                Rule::VariantGained => write!(f, "{path}: new variant")?,
                Rule::VariantUnused => write!(f, "{path}: removed, must not be in use")?,
                Rule::VariantReplaced => write!(f, "{path}: becomes {now}")?,
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

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $rule:ident $code:literal $refuses:ident;)*) => {
        /// The kinds of differences.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule { $($(#[doc = $doc])* $rule,)* }

        impl Rule {
            /// A stable name: `field-added`.
            pub fn code(self) -> &'static str {
                match self { $(Rule::$rule => $code,)* }
            }

            /// Whether it is about what a file should be, rather than about what changed.
            pub fn is_expectation(self) -> bool {
                self >= Rule::FileUnreadable
            }

            /// What it alone would amount to.
            pub fn verdict(self) -> Verdict {
                match self { $(Rule::$rule => rules!(@ $refuses),)* }
            }

            /// Whether existing state loses something by it.
            pub fn loses(self) -> bool {
                matches!(self, Rule::Dropped | Rule::Lost | Rule::VariantReplaced)
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
}

rules! {
    /// A function or interface that nobody could have used yet.
    ExportAdded "export-added" allowed;
    /// A function or interface is gone.
    ExportRemoved "export-removed" refused;
    /// A function may be compared with its next version, or no longer.
    PurityChanged "purity-changed" allowed;
    /// `&self` became `&mut self`, or the reverse.
    ReceiverChanged "receiver-changed" refused;
    /// One argument more.
    ArgumentAdded "argument-added" refused;
    /// One argument fewer.
    ArgumentRemoved "argument-removed" refused;
    /// An argument of another type.
    ArgumentRetyped "argument-retyped" refused;
    /// The same arguments in another order.
    ArgumentsSwapped "arguments-swapped" refused;
    /// An argument of the same type under another name.
    ArgumentRenamed "argument-renamed" allowed;
    /// Another return type.
    ReturnChanged "return-changed" refused;
    /// The methods of an interface stand in another order.
    MethodsReordered "methods-reordered" refused;
    /// Threads can no longer share the states of an interface.
    SharingLost "sharing-lost" refused;
    /// An interface is implemented by another type.
    StateChanged "state-changed" refused;
    /// A state can no longer be made.
    InitRemoved "init-removed" refused;
    /// A function more that the host must provide.
    ImportAdded "import-added" allowed;
    /// A function that the host need no longer provide.
    ImportRemoved "import-removed" allowed;
    /// Another type.
    TypeChanged "type-changed" refused;
    /// A struct became an enum, or the reverse.
    ShapeChanged "shape-changed" refused;
    /// A new field.
    FieldAdded "field-added" refused;
    /// A field is gone.
    FieldRemoved "field-removed" refused;
    /// A field stands elsewhere.
    FieldMoved "field-moved" refused;
    /// The fields stand in another order in the source.
    FieldsReordered "fields-reordered" refused;
    /// Another size.
    SizeChanged "size-changed" refused;
    /// Another alignment.
    AlignmentChanged "alignment-changed" refused;
    /// A new variant.
    VariantAdded "variant-added" refused;
    /// A variant is gone.
    VariantRemoved "variant-removed" refused;
    /// The variants stand in another order.
    VariantsReordered "variants-reordered" refused;
    /// A variant has another discriminant.
    DiscriminantChanged "discriminant-changed" refused;
    /// `#[repr]` fixes the enum's representation now, or no longer.
    ReprChanged "repr-changed" refused;
    /// The same layout, said to have another sense.
    MeaningChanged "meaning-changed" refused;
    /// The compiler chose the layout, and it was another compiler.
    ToolchainChanged "toolchain-changed" refused;
    /// A number that would not hold every value, or an `Option` that would lose `None`.
    Narrowed "narrowed" refused;
    /// A map's keys or a set's elements are of another type.
    KeysChanged "keys-changed" refused;
    /// An array of another length.
    ArrayChanged "array-changed" refused;
    /// A state that is checked before its migration is final may not change under the check.
    CheckImpossible "check-impossible" refused;
    /// A function takes a value back to another form than the older version has.
    FormDiffers "form-differs" refused;
    /// The same fields in other places.
    Moved "moved" migrated;
    /// A new field with a value for existing state.
    Defaulted "defaulted" migrated;
    /// A field that existing state may lose.
    Dropped "dropped" migrated;
    /// A value for which there is no place any more.
    Lost "lost" migrated;
    /// Another name for the same thing.
    Renamed "renamed" migrated;
    /// A number that holds every value it may have had.
    Widened "widened" migrated;
    /// A value put into an `Option` or `Box`, or taken out of a `Box`.
    Wrapped "wrapped" migrated;
    /// Converted where the value fits; one that does not aborts the update.
    Checked "checked" migrated;
    /// A function that has made the running version's values, and is not applied again.
    Applied "applied" migrated;
    /// An attribute that tells of the past, and the running version has both what was and what is.
    Ambiguous "ambiguous" refused;
    /// A field that is carried over by its serde form or as another type: at every update.
    Carried "carried" migrated;
    /// Rebuilt as another container, or with other keys.
    Rebuilt "rebuilt" migrated;
    /// An array grown with a value for the new elements.
    Filled "filled" migrated;
    /// Converted by the user's function.
    Converted "converted" migrated;
    /// Not carried over, made anew.
    MadeAnew "made-anew" migrated;
    /// A new variant, which existing state does not have.
    VariantGained "variant-gained" migrated;
    /// A variant is gone; one that is in use aborts the update.
    VariantUnused "variant-unused" migrated;
    /// A variant is gone, and values that have it become another.
    VariantReplaced "variant-replaced" migrated;
    /// The file cannot be read.
    FileUnreadable "file-unreadable" refused;
    /// The file is not in the directory that modules are taken from.
    FileOutside "file-outside" refused;
    /// The file has no bytes.
    FileEmpty "file-empty" refused;
    /// The file is no object file.
    NotAnObject "not-an-object" refused;
    /// The file ends too early.
    FileTruncated "file-truncated" refused;
    /// The file is for another machine.
    OtherArchitecture "other-architecture" refused;
    /// The file is of another word size or byte order.
    OtherClass "other-class" refused;
    /// The file has a form that a module must not have.
    FileNotAllowed "file-not-allowed" refused;
    /// Something inside the file cannot be.
    FileDamaged "file-damaged" refused;
    /// An object file, but not one that hotmod describes.
    NotAModule "not-a-module" refused;
    /// The description inside the file cannot be.
    ManifestDamaged "manifest-damaged" refused;
    /// The file lacks a symbol that its description names.
    SymbolMissing "symbol-missing" refused;
    /// Built with a hotmod whose boundary is another.
    AbiDiffers "abi-differs" refused;
    /// The host has two types of one id.
    AmbiguousId "ambiguous-id" refused;
    /// A value with a field that is not carried over would cross to another image.
    TransientCrosses "transient-crosses" refused;
    /// The version is not one that can be compared.
    VersionMalformed "version-malformed" refused;
    /// A panic in the module would end the process.
    PanicAborts "panic-aborts" refused;
    /// Another module than the one to be updated.
    OtherModule "other-module" refused;
    /// A module of this name is loaded already.
    AlreadyLoaded "already-loaded" refused;
    /// No module of this name is loaded.
    NotLoaded "not-loaded" refused;
    /// The host does not provide a function that the module needs.
    ImportMissing "import-missing" refused;
    /// An older version than the one that runs.
    Downgrade "downgrade" refused;
    /// The private copy could not be written.
    StagingFailed "staging-failed" refused;
    /// Loaded versions would cost more than the host allows.
    OverBudget "over-budget" refused;
    /// The system's loader refused the file.
    LoadingFailed "loading-failed" refused;
    /// What was loaded is not what was inspected.
    OtherImage "other-image" refused;
    /// The module could not be initialised.
    InitialiseFailed "initialise-failed" refused;
    /// The function that sets a version up failed.
    LoadedFailed "loaded-failed" refused;
    /// The candidate went wrong in a copy of the process.
    RehearsalFailed "rehearsal-failed" refused;
    /// One module is named twice in one transaction.
    NamedTwice "named-twice" refused;
    /// There is no version to roll back to.
    NothingBefore "nothing-before" refused;
    /// Another candidate of the module is on trial.
    OnTrial "on-trial" refused;
    /// No candidate is on trial any more.
    TrialOver "trial-over" refused;
    /// No function of both versions is pure, so their calls cannot be compared.
    NothingPure "nothing-pure" refused;
    /// The candidate is the very file that runs.
    SameFile "same-file" refused;
    /// State that was taken to the candidate could not come back.
    NoWayBack "no-way-back" refused;
    /// The file needs a library that the host does not allow.
    LibraryNotAllowed "library-not-allowed" refused;
    /// The file says where the system's loader is to look for libraries.
    SearchPathNotAllowed "search-path-not-allowed" refused;
    /// The file takes of a store of thread-locals that is soon used up.
    StaticTls "static-tls" refused;
}
