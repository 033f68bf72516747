//! What the section of a module looks like: records, one after the other, in no particular order.
//!
//! A record is [`MAGIC`], its [`RecordKind`], its flags, the length of its payload (`u32`) and the payload.
//! Numbers are little-endian; a text or a list is its length (`u32`) and then its bytes or items. A
//! reader can skip a record that it does not understand, unless [`MANDATORY`] is set in the flags.
//!
//! [`encode`](super::encode) writes it, [`decode`](super::decode) reads it, and both name the bytes as
//! they stand here.

/// The section that holds the records.
pub const SECTION: &str = ".hotmod";

/// What every record begins with.
pub const MAGIC: [u8; 4] = *b"hotm";

/// The flag of a record that a reader must understand.
pub const MANDATORY: u8 = 1;

/// The allocator of a module that is loaded: its host gives it.
pub const OF_HOST: &str = "host";

/// The allocator of a module that is linked into an executable: that of the executable. No host loads such a
/// module.
pub const OF_EXECUTABLE: &str = "executable";

/// How many bytes say which type it is.
pub const IDENTITY: usize = 16;

/// An enum whose values each stand as one byte in a record. Both directions come from one list, so a
/// reader matches on the enum, and the compiler names a value that the reader forgets.
macro_rules! bytes {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$doc:meta])* $value:ident = $byte:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        $vis enum $name {
            $($(#[$doc])* $value = $byte,)*
        }

        impl $name {
            /// The value that this byte stands for, if any.
            $vis const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    $($byte => Some($name::$value),)*
                    _ => None,
                }
            }
        }
    };
}

bytes! {
    /// The kinds of records.
    pub enum RecordKind {
        /// The build, from `module!`.
        Build = 1,
        /// A type, from `derive(StableState)`.
        Type = 2,
        /// A free function, from `export`.
        Function = 3,
        /// An interface that a state implements, from `export`.
        Implementation = 4,
        /// What makes a state, from `init`.
        Init = 5,
        /// An interface that a host expects; never in a module.
        Interface = 6,
        /// What makes a type from its earlier form, from `migrate`.
        Hook = 7,
        /// What checks a state that was migrated, from `after_migrate`.
        Check = 8,
        /// Functions that a module needs from its host, from `import`.
        Import = 9,
        /// The identity of a field's type that hotmod cannot look into, from `derive(StableState)`.
        Opaque = 10,
        /// What tries a migrated state out in a rehearsal, from `preflight`.
        Preflight = 11,
        /// What makes an earlier form of a type, with that form, from `migrate(down)`.
        Down = 12,
        /// What sets a version up once it is loaded, from `loaded`.
        Loaded = 13,
        /// What is called when a version is retired, from `retired`.
        Retired = 14,
        /// Which types the records beside it describe, from every macro that describes types.
        Identities = 15,
        /// Which crate the module is, and whether it may have statics, from `module!`.
        Statics = 16,
        /// The earlier form of a type that a function marked `migrate` takes, from `migrate`.
        Reads = 17,
        /// What a module needs of another module, from `import` with a `module`.
        Use = 18,
        /// What hosts call again and again, from `every`.
        Timer = 19,
        /// What a module forwards of what it logs, traces and counts, from `module!`.
        Forwards = 20,
        /// What runs from version to version, from `task`.
        Task = 21,
        /// What makes a value of a resource's file, from `resource`.
        Resource = 22,
    }
}

bytes! {
    /// What a module needs of another one.
    pub(super) enum UseTag {
        /// A function.
        Function = 1,
        /// The instances of a pool, by their keys.
        Pool = 2,
        /// A shared instance.
        Instance = 3,
    }
}

/// The flag of a signature that the other side may lack.
pub(super) const OPTIONAL: u8 = 1;

/// The flag of a signature that is one of an `async fn`.
pub(super) const ASYNC: u8 = 2;

/// The flag of a signature whose future stays on the thread that polls it first.
pub(super) const LOCAL: u8 = 4;

bytes! {
    /// What the head of a type reference is, where it is no constructor of [`super::Builtin`].
    pub(crate) enum HeadTag {
        Array = 200,
        Const = 201,
        Named = 202,
        Opaque = 203,
    }
}

bytes! {
    /// What an attribute is.
    pub(super) enum AttributeTag {
        Default = 1,
        Was = 2,
        Removed = 3,
        RemovedVariant = 4,
        Checked = 5,
        Fill = 6,
        Rebuild = 7,
        Skip = 8,
        By = 9,
        Other = 10,
        Parallel = 11,
        Secret = 12,
        Codec = 13,
        Form = 14,
        Moved = 15,
    }
}

bytes! {
    /// What a described type is.
    pub(super) enum ShapeTag {
        Struct = 1,
        Enum = 2,
    }
}

bytes! {
    /// How an enum is represented.
    pub(super) enum ReprTag {
        Chosen = 0,
        Fixed = 1,
        Left = 2,
    }
}
