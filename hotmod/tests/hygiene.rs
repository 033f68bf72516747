//! Generated code in places that are hard on it: no prelude, names taken, lints denied.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, unreachable_pub, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]

::hotmod::module! { name: "hygiene", version: ::core::env!("CARGO_PKG_VERSION") }

/// Names that generated code must not use by mistake.
#[allow(
    non_camel_case_types,
    dead_code,
    missing_docs,
    clippy::upper_case_acronyms,
    reason = "they are there to be in the way"
)]
mod shadowed {
    use ::hotmod::StableState;

    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct String;
    pub(crate) struct Vec;
    pub(crate) struct Box;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Send;
    pub(crate) struct Sync;
    pub(crate) struct Self_;
    pub(crate) struct u8;
    pub(crate) struct u32;
    pub(crate) struct i128;
    pub(crate) struct usize;
    pub(crate) struct isize;
    pub(crate) struct bool;
    pub(crate) struct str;
    pub(crate) struct hotmod;
    pub(crate) struct core;
    pub(crate) struct std;

    #[derive(StableState)]
    pub(crate) struct World<T, const N: ::core::primitive::usize> {
        pub(crate) seeds: [::core::primitive::u32; N],
        pub(crate) more: ::std::vec::Vec<T>,
    }

    #[derive(StableState)]
    #[repr(u8)]
    pub(crate) enum Shape {
        Round = 7,
        Flat(::std::string::String),
        Deep { levels: ::core::primitive::i64 },
    }

    #[derive(StableState)]
    #[repr(u16)]
    pub(crate) enum Numbered {
        One = 1,
        Two,
    }

    #[derive(StableState)]
    pub(crate) struct Everything {
        pub(crate) world: World<Shape, 2>,
        pub(crate) numbered: Numbered,
    }

    #[derive(StableState)]
    #[state(was = "Older", removed("gone", "lost"), meaning = 1)]
    pub(crate) struct Converted {
        #[state(default = 60, checked)]
        pub(crate) rate: ::core::primitive::u32,
        #[state(default, was = "other")]
        pub(crate) name: ::std::string::String,
        #[state(fill = 7)]
        pub(crate) scores: [::core::primitive::u8; 4],
        #[state(with = text)]
        pub(crate) text: ::std::string::String,
        #[state(skip, init = cache)]
        pub(crate) cache: ::std::boxed::Box<dyn ::core::ops::Fn()>,
        #[state(skip)]
        pub(crate) fresh: ::std::vec::Vec<fn()>,
    }

    #[derive(::hotmod::OldState)]
    #[state(id = "Converted")]
    pub(crate) struct OldConverted<T> {
        pub(crate) rate: ::core::option::Option<T>,
        pub(crate) kept: ::std::vec::Vec<OldVariants>,
    }

    #[derive(::hotmod::OldState)]
    pub(crate) enum OldVariants {
        Left,
        Right { at: ::core::primitive::i64 },
    }

    pub(crate) fn read<'a>(
        old: &::hotmod::Old<'a>,
    ) -> ::core::option::Option<&'a OldConverted<::core::primitive::u8>> {
        old.read().ok()
    }

    fn text(old: &Numbered) -> ::core::result::Result<::std::string::String, Unfit> {
        match old {
            Numbered::One => ::core::result::Result::Err(Unfit),
            Numbered::Two => ::core::result::Result::Ok(::std::borrow::ToOwned::to_owned("two")),
        }
    }

    pub(crate) struct Unfit;

    impl ::core::fmt::Display for Unfit {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.write_str("nothing")
        }
    }

    fn cache() -> ::std::boxed::Box<dyn ::core::ops::Fn()> {
        ::std::boxed::Box::new(|| {})
    }

    #[derive(StableState)]
    #[state(removed_variant(Gone => Left))]
    pub(crate) enum Variants {
        Left,
        #[state(was = "Good")]
        Right {
            #[state(default = 3)]
            at: ::core::primitive::i64,
            #[state(skip)]
            to: ::core::option::Option<fn()>,
        },
        Other(#[state(with = text)] ::std::string::String),
    }

    #[::hotmod::migrate]
    fn numbered(
        old: &::hotmod::Old<'_>,
    ) -> ::core::result::Result<Numbered, ::std::string::String> {
        match old.get::<::core::primitive::u8>("number")? {
            1 => ::core::result::Result::Ok(Numbered::One),
            _ => ::core::result::Result::Ok(Numbered::Two),
        }
    }

    #[derive(::hotmod::OldState)]
    #[state(id = "Numbered", meaning = 3)]
    pub(crate) struct OldNumbered {
        pub(crate) number: ::core::primitive::u8,
        pub(crate) kept: ::std::vec::Vec<World<Shape, 2>>,
    }

    #[::hotmod::migrate(down)]
    fn r#match(numbered: &Numbered) -> ::core::result::Result<OldNumbered, Unfit> {
        match numbered {
            Numbered::One => ::core::result::Result::Ok(OldNumbered {
                number: 1,
                kept: ::std::vec::Vec::new(),
            }),
            Numbered::Two => ::core::result::Result::Err(Unfit),
        }
    }

    #[::hotmod::after_migrate]
    fn is_seeded(
        everything: &Everything,
        from: &::hotmod::VersionInfo<'_>,
    ) -> ::core::result::Result<(), ::std::string::String> {
        match everything.world.seeds {
            [0, 0] => ::core::result::Result::Err(::std::borrow::ToOwned::to_owned(from.version)),
            _ => ::core::result::Result::Ok(()),
        }
    }

    #[::hotmod::interface]
    pub(crate) trait Game {
        fn seed(
            &self,
            index: ::core::primitive::u32,
        ) -> ::core::option::Option<::core::primitive::u32>;
        fn name(
            &mut self,
            name: &::core::primitive::str,
        ) -> ::core::result::Result<(), ::std::string::String>;
        async fn wait(
            &mut self,
            name: &::core::primitive::str,
        ) -> ::core::option::Option<::core::primitive::u32>;
    }

    #[::hotmod::export]
    impl Game for Everything {
        fn seed(
            &self,
            index: ::core::primitive::u32,
        ) -> ::core::option::Option<::core::primitive::u32> {
            self.world
                .seeds
                .get(index as ::core::primitive::usize)
                .copied()
        }

        fn name(
            &mut self,
            name: &::core::primitive::str,
        ) -> ::core::result::Result<(), ::std::string::String> {
            self.world
                .more
                .push(Shape::Flat(::std::borrow::ToOwned::to_owned(name)));
            ::core::result::Result::Ok(())
        }

        async fn wait(
            &mut self,
            name: &::core::primitive::str,
        ) -> ::core::option::Option<::core::primitive::u32> {
            fetched(name, &self.world.seeds).await
        }
    }

    #[::hotmod::init]
    fn everything(
        config: &::core::primitive::str,
    ) -> ::core::result::Result<Everything, ::std::string::String> {
        if config.is_empty() {
            return ::core::result::Result::Err(::std::borrow::ToOwned::to_owned("nothing"));
        }
        ::core::result::Result::Ok(Everything {
            world: World {
                seeds: [1, 2],
                more: ::std::vec![Shape::Round, Shape::Deep { levels: 3 }],
            },
            numbered: Numbered::Two,
        })
    }

    #[::hotmod::export(pure)]
    fn double(number: ::core::primitive::u32) -> ::core::primitive::u32 {
        number * 2
    }

    #[::hotmod::resource("seats.txt")]
    pub(crate) fn seats(
        bytes: &[::core::primitive::u8],
    ) -> ::core::result::Result<::core::primitive::usize, ::std::string::String> {
        match bytes.len() {
            0 => ::core::result::Result::Err(::std::string::String::new()),
            len => ::core::result::Result::Ok(len),
        }
    }

    #[::hotmod::import(stand_in = doubled)]
    pub(crate) async fn fetched(
        symbol: &::core::primitive::str,
        counts: &[::core::primitive::u32],
    ) -> ::core::option::Option<::core::primitive::u32>;

    async fn doubled(
        symbol: &::core::primitive::str,
        counts: &[::core::primitive::u32],
    ) -> ::core::option::Option<::core::primitive::u32> {
        ::std::future::ready(()).await;
        counts.get(symbol.len()).copied()
    }

    #[::hotmod::export]
    pub(crate) async fn awaited(
        symbol: &::core::primitive::str,
    ) -> ::core::option::Option<::core::primitive::u32> {
        fetched(symbol, &[7, 8]).await
    }

    #[::hotmod::import(stand_in = repeat)]
    pub(crate) fn repeated(
        text: &::core::primitive::str,
        times: ::core::option::Option<::core::primitive::u32>,
    ) -> ::core::result::Result<::std::string::String, ::std::string::String>;

    fn repeat(
        text: &::core::primitive::str,
        times: ::core::option::Option<::core::primitive::u32>,
    ) -> ::core::result::Result<::std::string::String, ::std::string::String> {
        match times {
            ::core::option::Option::Some(times) => {
                ::core::result::Result::Ok(text.repeat(times as ::core::primitive::usize))
            }
            ::core::option::Option::None => {
                ::core::result::Result::Err(::std::borrow::ToOwned::to_owned(text))
            }
        }
    }
}

/// Names that need `r#`, and names that generated code uses itself.
mod names {
    /// A state.
    #[derive(::hotmod::StableState)]
    pub(crate) struct World {
        pub(crate) r#type: u64,
        pub(crate) r#match: Vec<u8>,
    }

    use ::std::vec::Vec;

    /// An interface.
    #[::hotmod::interface]
    pub(crate) trait Game {
        /// A method.
        fn r#loop(&self, r#type: u64, caller: u64, index: u64) -> u64;
        /// Another.
        fn client(&mut self, args: u64, output: u64, state: u64, panic: u64) -> u64;
        /// Names that only the macro's own code has.
        fn shared(&self, __args: u64, __output: u64, __state: u64, __arg0: u64) -> u64;
        /// Arguments without names.
        fn exclusive(&mut self, _: u64, _: &[u8]);
    }

    #[::hotmod::export]
    impl Game for World {
        fn r#loop(&self, r#type: u64, caller: u64, index: u64) -> u64 {
            self.r#type + r#type + caller + index
        }

        fn client(&mut self, args: u64, output: u64, state: u64, panic: u64) -> u64 {
            args + output + state + panic
        }

        fn shared(&self, __args: u64, __output: u64, __state: u64, __arg0: u64) -> u64 {
            __args + __output + __state + __arg0
        }

        fn exclusive(&mut self, _: u64, more: &[u8]) {
            self.r#match.extend_from_slice(more);
        }
    }

    /// A function.
    #[::hotmod::export(pure)]
    pub(crate) fn r#try(r#in: u32, __export: u32, mut count: u32) -> u32 {
        count += 1;
        r#in + __export + count
    }

    /// A function of the host.
    #[::hotmod::import(stand_in = stand_in)]
    pub(crate) fn r#gen(r#in: u32, import: u32, args: u32, name: u32, _: u32) -> u32;

    pub(crate) fn stand_in(r#in: u32, import: u32, args: u32, name: u32, last: u32) -> u32 {
        r#in + import * 10 + args * 100 + name * 1000 + last * 10_000
    }

    /// An init without an argument.
    #[::hotmod::init]
    pub(crate) fn r#yield() -> World {
        World {
            r#type: 1,
            r#match: Vec::new(),
        }
    }
}

/// Parameters, defaults and clauses.
#[allow(dead_code, reason = "only their descriptions matter")]
mod generics {
    use ::core::clone::Clone;
    use ::core::cmp::Ord;
    use ::core::marker::Copy;
    use ::core::option::Option;
    use ::std::boxed::Box;
    use ::std::collections::BTreeMap;
    use ::std::vec::Vec;

    use ::hotmod::StableState;

    #[derive(StableState)]
    pub(crate) struct Grid<T = u8, const N: usize = 4, const WRAPS: bool = true>
    where
        T: Copy,
    {
        pub(crate) cells: [T; N],
    }

    #[derive(StableState)]
    pub(crate) struct Index<K: Ord + Clone, V>
    where
        V: Copy,
        Option<V>: Clone,
    {
        pub(crate) entries: BTreeMap<K, Vec<V>>,
    }

    /// Attributes whose values depend on the parameters.
    #[derive(StableState)]
    pub(crate) struct Attributed<T: ::core::default::Default + Copy, const N: usize> {
        #[state(default)]
        pub(crate) item: T,
        #[state(default = [T::default(); N], fill = T::default())]
        pub(crate) items: [T; N],
        #[state(default = N)]
        pub(crate) count: usize,
        #[state(with = widened::<T>)]
        pub(crate) converted: Vec<T>,
        #[state(skip, init = Vec::<T>::new)]
        pub(crate) made: Vec<T>,
        #[state(skip)]
        pub(crate) skipped: Unstable<T>,
    }

    /// Not a state: the type of a `skip`ped field need not be one.
    pub(crate) struct Unstable<T>(pub(crate) fn(T));

    impl<T> ::core::default::Default for Unstable<T> {
        fn default() -> Self {
            Unstable(|_| {})
        }
    }

    fn widened<T: Copy>(old: &T) -> Vec<T> {
        ::std::vec![*old]
    }

    #[derive(StableState)]
    pub(crate) enum AttributedEnum<T: ::core::default::Default> {
        #[state(was = "None")]
        Nothing,
        Something(
            #[state(default)] T,
            #[state(skip)] ::core::marker::PhantomData<T>,
        ),
    }

    #[derive(StableState)]
    pub(crate) enum Tree<T> {
        Leaf(T),
        Node(Box<Tree<T>>, Box<Tree<T>>),
    }

    #[derive(StableState)]
    pub(crate) struct Unit;

    #[derive(StableState)]
    pub(crate) struct Pair<A, B>(pub(crate) A, pub(crate) B);

    #[derive(StableState)]
    pub(crate) enum Never {}

    #[derive(StableState)]
    pub(crate) struct All {
        pub(crate) grid: Grid,
        pub(crate) wide: Grid<i32, 9, false>,
        pub(crate) index: Index<u32, char>,
        pub(crate) tree: Tree<Pair<Unit, Option<Never>>>,
        pub(crate) attributed: Attributed<u16, 3>,
        pub(crate) attributed_enum: AttributedEnum<i8>,
    }
}

/// Items that a macro wrote, with types in invisible groups.
mod by_macro {
    macro_rules! family {
        ($state:ident, $ty:ty, $game:ident, $method:ident, $function:ident, $item:ty) => {
            #[derive(::hotmod::StableState)]
            pub(crate) struct $state {
                pub(crate) field: $ty,
            }

            #[::hotmod::interface]
            pub(crate) trait $game {
                /// A method.
                fn $method(&mut self, field: $item) -> $ty;
            }

            #[::hotmod::export]
            impl $game for $state {
                fn $method(&mut self, field: $item) -> $ty {
                    self.field.push(field);
                    ::core::clone::Clone::clone(&self.field)
                }
            }

            #[::hotmod::export]
            pub(crate) fn $function(field: $item) -> $ty {
                ::std::vec![field]
            }

            impl $state {
                /// A function of the host.
                #[::hotmod::import(stand_in = $function)]
                pub(crate) fn $method(field: $item) -> $ty;
            }
        };
        (impl $game:path, $state:ty) => {
            #[::hotmod::export]
            impl $game for $state {
                fn of_a_type(&self) -> u64 {
                    1
                }
            }
        };
    }

    family!(Made, ::std::vec::Vec<u64>, Making, make, made, u64);

    /// Fields and attributes of which some come from the macro and some from where it is used.
    macro_rules! attributed {
        ($state:ident, $ty:ty, $value:expr, $init:path, $with:path, { $($field:tt)* }) => {
            #[derive(::hotmod::StableState)]
            pub(crate) struct $state {
                #[state(default = $value, was = "older")]
                pub(crate) new: $ty,
                #[state(fill = $value)]
                pub(crate) grown: [$ty; 3],
                #[state(with = $with)]
                pub(crate) other: ::std::string::String,
                #[state(skip, init = $init)]
                pub(crate) cache: $ty,
                $($field)*
            }
        };
    }

    macro_rules! migrated {
        ($state:ty, $migrate:ident, $old:ident, $made:expr, $check:ident, $down:ident, $form:ty) => {
            #[::hotmod::migrate(down)]
            fn $down($old: &$state) -> $form {
                <$form as ::core::convert::From<_>>::from(::core::clone::Clone::clone(&$old.field))
            }

            #[::hotmod::migrate]
            fn $migrate($old: &::hotmod::Old<'_>) -> $state {
                $made
            }

            #[::hotmod::after_migrate]
            fn $check(
                _state: &$state,
                _from: &::hotmod::VersionInfo<'_>,
            ) -> ::core::result::Result<(), ::hotmod::OldError> {
                ::core::result::Result::Ok(())
            }
        };
    }

    migrated!(
        Made,
        made_again,
        old,
        Made {
            field: ::std::vec![old.get("field").copied().unwrap_or(0)]
        },
        made_well,
        made_less,
        OldMade
    );

    attributed!(Attributed, u32, 60, u32::default, text, {
        #[state(default = 2, checked)]
        pub(crate) more: u8,
        #[state(default)]
        pub(crate) last: u64,
        #[state(skip)]
        pub(crate) log: ::std::vec::Vec<u8>,
    });

    use ::core::default::Default;

    #[derive(::hotmod::OldState)]
    #[state(id = "Made")]
    pub(crate) struct OldMade {
        pub(crate) fields: ::std::vec::Vec<u64>,
    }

    impl ::core::convert::From<::std::vec::Vec<u64>> for OldMade {
        fn from(fields: ::std::vec::Vec<u64>) -> Self {
            OldMade { fields }
        }
    }

    fn text(old: &Made) -> ::std::string::String {
        ::std::format!("{:?}", old.field)
    }

    /// Implemented where the state is given as a type.
    #[::hotmod::interface]
    pub(crate) trait OfAType {
        /// One.
        fn of_a_type(&self) -> u64;
    }

    family!(impl OfAType, Made);
}

/// Items that are there or not, deprecated, with a supertrait, private, or inside of a function.
mod placed {
    use ::core::fmt::Debug;

    #[cfg(any())]
    #[::hotmod::export]
    fn absent(gone: Gone) {}

    #[::hotmod::export]
    #[cfg(any())]
    fn absent_too(gone: Gone) {}

    #[cfg(any())]
    #[::hotmod::import]
    fn absent_import(gone: Gone);

    #[::hotmod::import]
    #[cfg(any())]
    fn absent_import_too(gone: Gone);

    /// A function of the host.
    #[::hotmod::import]
    #[deprecated]
    #[must_use]
    #[allow(dead_code, reason = "only its description matters")]
    fn old_import(private: &Private) -> u64;

    #[::hotmod::interface]
    #[cfg(any())]
    trait Absent {
        fn absent(&self, gone: Gone);
    }

    /// Debugging is for the module's own use.
    #[::hotmod::interface]
    pub(crate) trait Shown: Debug {
        /// Not to be used any more.
        #[deprecated]
        fn show(&self) -> ::std::string::String {
            ::std::format!("{self:?}")
        }
    }

    #[derive(Debug, ::hotmod::StableState)]
    struct Private {
        #[allow(dead_code, reason = "shown")]
        seed: u64,
    }

    #[::hotmod::export]
    impl Shown for Private {}

    #[::hotmod::export(pure)]
    #[deprecated]
    #[must_use]
    fn old(private: &Private) -> u64 {
        private.seed
    }

    #[::core::prelude::v1::test]
    #[allow(dead_code, reason = "only its description matters")]
    fn a_state_inside_of_a_function() {
        #[derive(::hotmod::StableState)]
        struct Local {
            seed: u64,
        }

        ::core::assert!(<Local as ::hotmod::Describe>::DESC.is_some());
    }
}

/// Where there is no host, a stand-in is called, and without one a call says so.
#[::core::prelude::v1::test]
fn imports_are_called_without_a_host() {
    use ::core::assert_eq;
    use ::core::option::Option::{None, Some};
    use ::core::result::Result::{Err, Ok};

    let text = |text: &::core::primitive::str| ::std::borrow::ToOwned::to_owned(text);
    assert_eq!(shadowed::repeated("ab", Some(2)), Ok(text("abab")));
    assert_eq!(shadowed::repeated("ab", None), Err(text("ab")));
    assert_eq!(names::r#gen(1, 2, 3, 4, 5), 54321);
    assert_eq!(by_macro::Made::make(7), [7]);
    let mut awaited = ::std::pin::pin!(shadowed::awaited("a"));
    let mut context = ::std::task::Context::from_waker(::std::task::Waker::noop());
    assert_eq!(
        ::std::future::Future::poll(awaited.as_mut(), &mut context),
        ::std::task::Poll::Ready(Some(8))
    );

    let said = ::std::panic::catch_unwind(unprovided).expect_err("there is no host");
    let said = said.downcast::<::std::string::String>().expect("a text");
    ::core::assert!(
        said.starts_with("the import `unprovided` was called where there is no host"),
        "{said}"
    );
}

#[::hotmod::import]
fn unprovided();

/// Names that are in the way stay usable.
#[::core::prelude::v1::test]
fn descriptions_are_those_of_the_source() {
    use ::core::assert_eq;
    use ::core::option::Option::Some;
    use ::hotmod::Describe;

    assert_eq!(
        <generics::All as Describe>::DESC.map(|desc| desc.size),
        Some(::core::mem::size_of::<generics::All>())
    );
    let name = <names::World as Describe>::DESC.map(|desc| match desc.body {
        ::hotmod::describe::Body::Struct(fields) => fields[0].name,
        ::hotmod::describe::Body::Enum { .. } => "",
    });
    assert_eq!(name, Some("type"));
    let last = <shadowed::Shape as Describe>::DESC.map(|desc| match desc.body {
        ::hotmod::describe::Body::Enum { variants, .. } => variants[2].discriminant,
        ::hotmod::describe::Body::Struct(_) => 0,
    });
    assert_eq!(last, Some(9));
}
