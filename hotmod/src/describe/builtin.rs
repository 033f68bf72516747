//! The types hotmod knows by itself: one table, from which their tags, spellings and guarantees
//! are read everywhere else.

/// Who decides how the bytes of a type are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representation {
    /// The language, the C ABI or abi_stable fixes it: equal under every compiler.
    Fixed,
    /// The compiler chooses it: equal only within one toolchain.
    Compiler,
}

/// A number, as its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalarNumber {
    /// How many bytes it has; a `usize` has eight.
    pub size: u8,
    /// Whether it has a sign.
    pub signed: bool,
    /// Whether it is a floating-point number.
    pub float: bool,
}

macro_rules! builtins {
    ($($tag:literal $variant:ident $spelling:literal $representation:ident;)*) => {
        /// A type constructor known to hotmod.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Builtin {
            $(#[doc = concat!("`", $spelling, "`")] $variant = $tag,)*
        }

        impl Builtin {
            /// Every constructor, in the order of the tags.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$variant),*];

            /// The constructor with this tag in the manifest.
            pub fn from_tag(tag: u8) -> Option<Self> {
                match tag {
                    $($tag => Some(Builtin::$variant),)*
                    _ => None,
                }
            }

            /// How Rust spells it.
            pub fn spelling(self) -> &'static str {
                match self { $(Builtin::$variant => $spelling,)* }
            }

            /// Whether its value can be changed through a shared reference.
            pub fn is_cell(self) -> bool {
                use Builtin::*;
                matches!(
                    self,
                    Lazy
                        | Mutex
                        | RwLock
                        | Cell
                        | RefCell
                        | OnceCell
                        | OnceLock
                        | AtomicBool
                        | AtomicU8
                        | AtomicU16
                        | AtomicU32
                        | AtomicU64
                        | AtomicUsize
                        | AtomicI8
                        | AtomicI16
                        | AtomicI32
                        | AtomicI64
                        | AtomicIsize
                )
            }

            /// Whether its values are numbers, truth values, characters or nothing at all: plain bytes, with no
            /// parameter among them.
            pub fn is_scalar(self) -> bool {
                use Builtin::*;
                matches!(
                    self,
                    Unit | Bool
                        | Char
                        | CmpOrdering
                        | PhantomData
                        | BuildHasherDefault
                        | RangeFull
                        | Infallible
                ) || self.number().is_some()
            }

            /// The number that it is, or that it holds as an atomic or as one that is never nought.
            pub fn number(self) -> Option<ScalarNumber> {
                use Builtin::*;
                let number = |size, signed, float| Some(ScalarNumber { size, signed, float });
                match self {
                    U8 | AtomicU8 | NonZeroU8 => number(1, false, false),
                    U16 | AtomicU16 | NonZeroU16 => number(2, false, false),
                    U32 | AtomicU32 | NonZeroU32 => number(4, false, false),
                    U64 | AtomicU64 | NonZeroU64 => number(8, false, false),
                    Usize | AtomicUsize | NonZeroUsize => number(8, false, false),
                    U128 | NonZeroU128 => number(16, false, false),
                    I8 | AtomicI8 | NonZeroI8 => number(1, true, false),
                    I16 | AtomicI16 | NonZeroI16 => number(2, true, false),
                    I32 | AtomicI32 | NonZeroI32 => number(4, true, false),
                    I64 | AtomicI64 | NonZeroI64 => number(8, true, false),
                    Isize | AtomicIsize | NonZeroIsize => number(8, true, false),
                    I128 | NonZeroI128 => number(16, true, false),
                    F32 => number(4, true, true),
                    F64 => number(8, true, true),
                    AtomicBool => number(1, false, false),
                    _ => None,
                }
            }

            /// Whether ranges of its values can be iterated.
            pub fn is_counted(self) -> bool {
                use Builtin::*;
                matches!(
                    self,
                    U8 | U16
                        | U32
                        | U64
                        | U128
                        | Usize
                        | I8
                        | I16
                        | I32
                        | I64
                        | I128
                        | Isize
                        | Char
                        | Ipv4Addr
                        | Ipv6Addr
                )
            }

            /// Whether it is a number that is never nought.
            pub fn is_non_zero(self) -> bool {
                use Builtin::*;
                matches!(
                    self,
                    NonZeroU8
                        | NonZeroU16
                        | NonZeroU32
                        | NonZeroU64
                        | NonZeroU128
                        | NonZeroUsize
                        | NonZeroI8
                        | NonZeroI16
                        | NonZeroI32
                        | NonZeroI64
                        | NonZeroI128
                        | NonZeroIsize
                )
            }

            /// Whether it owns an item together with others, or is a weak reference to such an item.
            pub fn is_owner(self) -> bool {
                use Builtin::*;
                matches!(self, Arc | RArc | Rc | Weak | RcWeak)
            }

            /// Whether a const parameter may be of this type and have the value with these bits.
            pub fn has_constant(self, value: i128) -> bool {
                use Builtin::*;
                let letter = |value: u32| char::from_u32(value).is_some();
                match self {
                    Bool => matches!(value, 0 | 1),
                    Char => u32::try_from(value).is_ok_and(letter),
                    U8 => u8::try_from(value).is_ok(),
                    U16 => u16::try_from(value).is_ok(),
                    U32 => u32::try_from(value).is_ok(),
                    U64 | Usize => u64::try_from(value).is_ok(),
                    I8 => i8::try_from(value).is_ok(),
                    I16 => i16::try_from(value).is_ok(),
                    I32 => i32::try_from(value).is_ok(),
                    I64 | Isize => i64::try_from(value).is_ok(),
                    U128 | I128 => true,
                    _ => false,
                }
            }

            /// How many parameters it may take after those that it must: a hasher other than the
            /// default one.
            pub fn optional(self) -> usize {
                use Builtin::*;
                usize::from(matches!(self, HashMap | HashSet))
            }

            /// How many parameters it must take; `None` for any number.
            pub fn arity(self) -> Option<usize> {
                use Builtin::*;
                match self {
                    Tuple | Function => None,
                    Tuple4 => Some(4),
                    Tuple3 => Some(3),
                    HashMap | BTreeMap | RHashMap | Entries | Result | RResult | Tuple2 => Some(2),
                    Slice | Ref | RefMut | Option | Box | Vec | VecDeque | LinkedList
                    | BinaryHeap | HashSet | BTreeSet | Elements | Arc | Rc | Weak | RcWeak | Mutex | RwLock | Cell
                    | RefCell | PhantomData | As | Cow | Wrapping | Reverse | RVec | ROption | RBox
                    | RArc | Tuple1 | Range | RangeInclusive | RangeFrom | RangeTo
                    | RangeToInclusive | Bound | OnceCell | OnceLock | Saturating | Poll
                    | ConstPointer | MutPointer | BuildHasherDefault | Lazy => Some(1),
                    _ => Some(0),
                }
            }

            /// Whether only a pointer to its values has a size.
            pub fn is_unsized(self) -> bool {
                use Builtin::*;
                matches!(self, Str | Slice | Path | OsStr | CStr)
            }

            /// Whether it is a tuple, of the language or of abi_stable.
            pub fn is_tuple(self) -> bool {
                use Builtin::*;
                matches!(self, Tuple | Tuple1 | Tuple2 | Tuple3 | Tuple4)
            }

            /// Whether it stands for a field whose values never leave the code that made them: they are
            /// written down there and made anew.
            pub fn is_carried(self) -> bool {
                matches!(self, Builtin::Serde | Builtin::As)
            }

            /// Who decides its layout, given that of its parameters.
            pub fn representation(self) -> Representation {
                match self { $(Builtin::$variant => Representation::$representation,)* }
            }
        }
    };
}

// Tags are part of the manifest format: append, never renumber.
builtins! {
    1 Unit "()" Fixed;
    2 Bool "bool" Fixed;
    3 Char "char" Fixed;
    4 U8 "u8" Fixed;
    5 U16 "u16" Fixed;
    6 U32 "u32" Fixed;
    7 U64 "u64" Fixed;
    8 U128 "u128" Fixed;
    9 Usize "usize" Fixed;
    10 I8 "i8" Fixed;
    11 I16 "i16" Fixed;
    12 I32 "i32" Fixed;
    13 I64 "i64" Fixed;
    14 I128 "i128" Fixed;
    15 Isize "isize" Fixed;
    16 F32 "f32" Fixed;
    17 F64 "f64" Fixed;
    // A pointer to one has a length beside the address, and where is the compiler's choice; what
    // passes by reference crosses as abi_stable's slices.
    20 Str "str" Compiler;
    21 Slice "[_]" Compiler;
    22 Ref "&" Fixed;
    23 RefMut "&mut" Fixed;
    24 Tuple "(_)" Compiler;
    25 Option "Option" Compiler;
    26 Result "Result" Compiler;
    27 Box "Box" Fixed;
    28 String "String" Compiler;
    29 Vec "Vec" Compiler;
    30 VecDeque "VecDeque" Compiler;
    31 LinkedList "LinkedList" Compiler;
    32 BinaryHeap "BinaryHeap" Compiler;
    33 HashMap "HashMap" Compiler;
    34 HashSet "HashSet" Compiler;
    35 BTreeMap "BTreeMap" Compiler;
    36 BTreeSet "BTreeSet" Compiler;
    37 Arc "Arc" Compiler;
    38 Rc "Rc" Compiler;
    39 Mutex "Mutex" Compiler;
    40 RwLock "RwLock" Compiler;
    41 Cell "Cell" Fixed;
    42 RefCell "RefCell" Compiler;
    43 Duration "Duration" Compiler;
    44 Instant "Instant" Compiler;
    45 SystemTime "SystemTime" Compiler;
    46 PhantomData "PhantomData" Fixed;
    47 Cow "Cow" Compiler;
    48 Wrapping "Wrapping" Fixed;
    49 Reverse "Reverse" Compiler;
    50 PathBuf "PathBuf" Compiler;
    51 OsString "OsString" Compiler;
    52 Skipped "_" Compiler;
    60 AtomicBool "AtomicBool" Fixed;
    61 AtomicU8 "AtomicU8" Fixed;
    62 AtomicU16 "AtomicU16" Fixed;
    63 AtomicU32 "AtomicU32" Fixed;
    64 AtomicU64 "AtomicU64" Fixed;
    65 AtomicUsize "AtomicUsize" Fixed;
    66 AtomicI8 "AtomicI8" Fixed;
    67 AtomicI16 "AtomicI16" Fixed;
    68 AtomicI32 "AtomicI32" Fixed;
    69 AtomicI64 "AtomicI64" Fixed;
    70 AtomicIsize "AtomicIsize" Fixed;
    71 NonZeroU8 "NonZeroU8" Fixed;
    72 NonZeroU16 "NonZeroU16" Fixed;
    73 NonZeroU32 "NonZeroU32" Fixed;
    74 NonZeroU64 "NonZeroU64" Fixed;
    75 NonZeroUsize "NonZeroUsize" Fixed;
    76 NonZeroI8 "NonZeroI8" Fixed;
    77 NonZeroI16 "NonZeroI16" Fixed;
    78 NonZeroI32 "NonZeroI32" Fixed;
    79 NonZeroI64 "NonZeroI64" Fixed;
    80 NonZeroIsize "NonZeroIsize" Fixed;
    90 RString "RString" Fixed;
    91 RVec "RVec" Fixed;
    92 ROption "ROption" Fixed;
    93 RResult "RResult" Fixed;
    94 RBox "RBox" Fixed;
    95 RHashMap "RHashMap" Fixed;
    96 RDuration "RDuration" Fixed;
    97 RArc "RArc" Fixed;
    98 RCowStr "RCowStr" Fixed;
    99 Tuple1 "Tuple1" Fixed;
    100 Tuple2 "Tuple2" Fixed;
    101 Tuple3 "Tuple3" Fixed;
    102 Tuple4 "Tuple4" Fixed;
    110 IpAddr "IpAddr" Compiler;
    111 Ipv4Addr "Ipv4Addr" Compiler;
    112 Ipv6Addr "Ipv6Addr" Compiler;
    113 SocketAddr "SocketAddr" Compiler;
    114 SocketAddrV4 "SocketAddrV4" Compiler;
    115 SocketAddrV6 "SocketAddrV6" Compiler;
    116 Range "Range" Compiler;
    117 RangeInclusive "RangeInclusive" Compiler;
    118 RangeFrom "RangeFrom" Compiler;
    119 RangeTo "RangeTo" Compiler;
    120 RangeToInclusive "RangeToInclusive" Compiler;
    121 RangeFull "RangeFull" Fixed;
    122 Bound "Bound" Compiler;
    123 OnceCell "OnceCell" Compiler;
    124 OnceLock "OnceLock" Compiler;
    125 CmpOrdering "Ordering" Fixed;
    126 Saturating "Saturating" Fixed;
    127 CString "CString" Compiler;
    128 CStr "CStr" Compiler;
    129 Path "Path" Compiler;
    130 OsStr "OsStr" Compiler;
    131 Infallible "Infallible" Fixed;
    132 Poll "Poll" Compiler;
    133 NonZeroU128 "NonZeroU128" Fixed;
    134 NonZeroI128 "NonZeroI128" Fixed;
    135 Function "fn" Fixed;
    136 ConstPointer "ConstPointer" Fixed;
    137 MutPointer "MutPointer" Fixed;
    138 Weak "Weak" Compiler;
    139 RcWeak "rc::Weak" Compiler;
    140 BuildHasherDefault "BuildHasherDefault" Fixed;
    141 DefaultHasher "DefaultHasher" Compiler;
    142 Lazy "Lazy" Fixed;
    // The forms of foreign maps and sets that keep an order of their own.
    143 Entries "Entries" Compiler;
    144 Elements "Elements" Compiler;
    180 Serde "serde" Compiler;
    181 As "as" Compiler;
}

#[cfg(test)]
mod tests {
    use super::Builtin;

    #[test]
    fn every_tag_finds_its_constructor() {
        for &builtin in Builtin::ALL {
            assert_eq!(Builtin::from_tag(builtin as u8), Some(builtin));
        }
        assert_eq!(Builtin::from_tag(0), None);
    }
}
