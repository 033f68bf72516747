//! Through how many levels of fields generic types are looked for.
//!
//! A constant cannot be generic over a level, so each level has a name. The names stand here and
//! nowhere else: code with a part for each level is written by a macro that gets the names.

/// Calls the macro `$then` with `$args` and, for each level, the name of its constant and how many
/// levels are left there, from none to all.
#[doc(hidden)]
#[macro_export]
macro_rules! __levels {
    ($args:tt, $($then:tt)+) => {
        $($then)+! {
            $args
            LEVEL_0 = 0, LEVEL_1 = 1, LEVEL_2 = 2, LEVEL_3 = 3, LEVEL_4 = 4, LEVEL_5 = 5, LEVEL_6 = 6,
        }
    };
}

/// The last name or number in the list.
macro_rules! deepest {
    (name $all:ident = $n:literal,) => { Self::$all };
    (number $all:ident = $n:literal,) => { $n };
    ($what:ident $level:ident = $n:literal, $($rest:tt)+) => {
        $crate::describe::levels::deepest! { $what $($rest)+ }
    };
}

/// How many generic types may nest through their fields.
pub const LEVELS: usize = levels!(number, deepest);

pub use __levels as levels;
pub(crate) use deepest;
