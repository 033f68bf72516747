//! How deep generic types are looked for, through the fields of each other.
//!
//! A constant cannot be generic over a depth, so each depth has a constant of its own. Their names stand
//! here and nowhere else: code with a part for each depth is written by a macro that gets the names.

/// Calls the macro `$then` with `$args` and, for each depth, the name of its constant and its
/// number, from nought to the deepest.
#[doc(hidden)]
#[macro_export]
macro_rules! __depths {
    ($args:tt, $($then:tt)+) => {
        $($then)+! {
            $args
            DEPTH_0 = 0, DEPTH_1 = 1, DEPTH_2 = 2, DEPTH_3 = 3, DEPTH_4 = 4, DEPTH_5 = 5, DEPTH_6 = 6,
        }
    };
}

/// The last name or number in the list.
macro_rules! deepest {
    (name $all:ident = $n:literal,) => { Self::$all };
    (number $all:ident = $n:literal,) => { $n };
    ($what:ident $depth:ident = $n:literal, $($rest:tt)+) => {
        $crate::describe::depth::deepest! { $what $($rest)+ }
    };
}

/// How many generic types may nest through their fields.
pub const GENERIC_DEPTH: usize = depths!(number, deepest);

pub use __depths as depths;
pub(crate) use deepest;
