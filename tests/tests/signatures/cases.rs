//! The cases, by the rows of the table.

use super::Becomes::{Called, Refused};
use super::written::{side, typed};
use super::{Case, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        change: "methods in another order, a method or function more",
        cases: &[Case {
            name: "methods",
            was: side! {
                {} { fn a(&self) -> u32; fn b(&self) -> u32; }
                { fn a(&self) -> u32 { 1 } fn b(&self) -> u32 { 2 } }
                |desk| vec![line(desk.a()), line(desk.b())]
            },
            now: side! {
                { #[hotmod::export] pub fn more() -> u32 { 4 } }
                { #[hotmod::optional] fn c(&self) -> u32; fn b(&self) -> u32; fn a(&self) -> u32; }
                { fn a(&self) -> u32 { 10 } fn b(&self) -> u32 { 20 } fn c(&self) -> u32 { 30 } }
                |desk| vec![line(desk.a()), line(desk.b()), line(desk.c())]
            },
            newer_module: Called(&["10", "20"]),
            newer_host: Called(&["1", "2", "absent: Table::c"]),
        }],
    },
    Row {
        change: "a method less",
        cases: &[
            Case {
                name: "method-less",
                was: side! {
                    {} { fn a(&self) -> u32; fn b(&self) -> u32; }
                    { fn a(&self) -> u32 { 1 } fn b(&self) -> u32 { 2 } }
                    |desk| vec![line(desk.a()), line(desk.b())]
                },
                now: side! {
                    {} { fn a(&self) -> u32; } { fn a(&self) -> u32 { 10 } }
                    |desk| vec![line(desk.a())]
                },
                newer_module: Refused(&["Table::b(): was `fn b(&self) -> u32`, now absent"]),
                newer_host: Called(&["1"]),
            },
            Case {
                name: "optional-less",
                was: side! {
                    {} { fn a(&self) -> u32; #[hotmod::optional] fn b(&self, x: String) -> u32; }
                    { fn a(&self) -> u32 { 1 } fn b(&self, x: String) -> u32 { x.len() as u32 } }
                    |desk| vec![line(desk.a()), line(desk.b("x".to_owned())), desk.has("b").to_string()]
                },
                now: side! {
                    {} { fn a(&self) -> u32; } { fn a(&self) -> u32 { 10 } }
                    |desk| vec![line(desk.a())]
                },
                newer_module: Called(&["10", "absent: Table::b", "false"]),
                newer_host: Called(&["1"]),
            },
        ],
    },
    Row {
        change: "parameters in another order",
        cases: &[Case {
            name: "reordered",
            was: side! {
                {} { fn f(&self, a: u32, b: String, c: u8) -> String; }
                { fn f(&self, a: u32, b: String, c: u8) -> String { format!("{a} {b} {c}") } }
                |desk| vec![line(desk.f(1, "b".to_owned(), 3))]
            },
            now: side! {
                {} { fn f(&self, c: u8, a: u32, b: String) -> String; }
                { fn f(&self, c: u8, a: u32, b: String) -> String { format!("{a} {b} {c}") } }
                |desk| vec![line(desk.f(3, 1, "b".to_owned()))]
            },
            newer_module: Called(&["\"1 b 3\""]),
            newer_host: Called(&["\"1 b 3\""]),
        }],
    },
    Row {
        change: "a parameter more",
        cases: &[
            Case {
                name: "param-more",
                was: side! {
                    {} { fn f(&self, a: u32) -> String; }
                    { fn f(&self, a: u32) -> String { format!("{a}") } }
                    |desk| vec![line(desk.f(1))]
                },
                now: side! {
                    {}
                    {
                        fn f(
                            &self,
                            #[hotmod(default)] b: Vec<String>,
                            a: u32,
                            #[hotmod(default = "c".to_owned())] c: String,
                        ) -> String;
                    }
                    {
                        fn f(&self, b: Vec<String>, a: u32, c: String) -> String {
                            format!("{a} {b:?} {c}")
                        }
                    }
                    |desk| vec![line(desk.f(vec!["x".to_owned()], 1, "y".to_owned()))]
                },
                newer_module: Called(&["\"1 [] c\""]),
                newer_host: Called(&["\"1\""]),
            },
            Case {
                name: "param-more-bare",
                was: side! {
                    {} { fn f(&self, a: u32) -> u32; } { fn f(&self, a: u32) -> u32 { a } }
                    |desk| vec![line(desk.f(1))]
                },
                now: side! {
                    {} { fn f(&self, a: u32, b: u32) -> u32; }
                    { fn f(&self, a: u32, b: u32) -> u32 { a + b } }
                    |desk| vec![line(desk.f(1, 2))]
                },
                newer_module: Refused(&[
                    "Table::f(b): was absent, now `u32`",
                    "#[hotmod(default)]",
                ]),
                newer_host: Refused(&["Table::f(b)", "#[hotmod(removed(\"b\"))]"]),
            },
        ],
    },
    Row {
        change: "a parameter less",
        cases: &[
            Case {
                name: "param-less",
                was: side! {
                    {} { fn f(&self, a: u32, b: String) -> u32; }
                    { fn f(&self, a: u32, b: String) -> u32 { a + b.len() as u32 } }
                    |desk| vec![line(desk.f(1, "xyz".to_owned()))]
                },
                now: side! {
                    {} { #[hotmod(removed("b"))] fn f(&self, a: u32) -> u32; }
                    { fn f(&self, a: u32) -> u32 { a } }
                    |desk| vec![line(desk.f(1))]
                },
                newer_module: Called(&["1"]),
                newer_host: Refused(&["Table::f(b): was absent, now `String`"]),
            },
            Case {
                name: "param-less-bare",
                was: side! {
                    {} { fn f(&self, a: u32, b: u32) -> u32; }
                    { fn f(&self, a: u32, b: u32) -> u32 { a + b } }
                    |desk| vec![line(desk.f(1, 2))]
                },
                now: side! {
                    {} { fn f(&self, a: u32) -> u32; } { fn f(&self, a: u32) -> u32 { a } }
                    |desk| vec![line(desk.f(1))]
                },
                newer_module: Refused(&[
                    "Table::f(b): was `u32`, now absent",
                    "#[hotmod(removed(\"b\"))]",
                ]),
                newer_host: Refused(&["Table::f(b)"]),
            },
        ],
    },
    Row {
        change: "a type, passed by value, also within `Option`, `Result`, `Vec` and tuples",
        cases: &[
            Case {
                name: "field",
                was: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T { pub text: String, pub gone: u8 }
                    fn sample() -> T { T { text: "t".to_owned(), gone: 1 } }
                    fn change(it: &mut T) { it.text.push('!'); }
                },
                now: typed! {
                    #[derive(Debug, StableState)]
                    #[state(removed("gone"))]
                    pub struct T {
                        #[state(default = 7)]
                        pub more: u64,
                        pub text: String,
                        pub maybe: Option<String>,
                    }
                    fn sample() -> T { T { more: 9, text: "t".to_owned(), maybe: Some("m".to_owned()) } }
                    fn change(it: &mut T) { it.text.push('!'); it.more += 1; }
                },
                newer_module: Refused(&[
                    "Table::result() -> .gone",
                    "Table::changed(it).gone: was absent, now u8",
                ]),
                newer_host: Refused(&["Table::given(it).gone"]),
            },
            Case {
                name: "field-more",
                was: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T { pub text: String }
                    fn sample() -> T { T { text: "t".to_owned() } }
                    fn change(it: &mut T) { it.text.push('!'); }
                },
                now: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T {
                        #[state(default = 7)]
                        pub more: u64,
                        pub text: String,
                        pub maybe: Option<String>,
                    }
                    fn sample() -> T { T { more: 9, text: "t".to_owned(), maybe: Some("m".to_owned()) } }
                    fn change(it: &mut T) { it.text.push('!'); it.more += 1; }
                },
                newer_module: Called(&[
                    "\"T { more: 7, text: \\\"t\\\", maybe: None }\"",
                    "T { text: \"t\" }",
                    "Ok([(1, Some(T { text: \"t\" })), (2, None)])",
                    "\"T { more: 7, text: \\\"t\\\", maybe: None }\"",
                    "\"[T { more: 7, text: \\\"t\\\", maybe: None }, T { more: 7, text: \\\"t\\\", maybe: None }]\"",
                    "\"T { more: 7, text: \\\"t\\\", maybe: None }\"",
                    "T { text: \"t!\" }",
                ]),
                newer_host: Called(&[
                    "\"T { text: \\\"t\\\" }\"",
                    "T { more: 7, text: \"t\", maybe: None }",
                    "Ok([(1, Some(T { more: 7, text: \"t\", maybe: None })), (2, None)])",
                    "\"T { text: \\\"t\\\" }\"",
                    "\"[T { text: \\\"t\\\" }, T { text: \\\"t\\\" }]\"",
                    "\"T { text: \\\"t\\\" }\"",
                    "T { more: 9, text: \"t!\", maybe: Some(\"m\") }",
                ]),
            },
            Case {
                name: "mixed",
                was: side! {
                    {} { fn f(&self, a: u64, b: u8) -> u32; }
                    { fn f(&self, a: u64, b: u8) -> u32 { a as u32 + u32::from(b) } }
                    |desk| vec![line(desk.f(7, 1)), line(desk.f(1 << 40, 1)), line(desk.f(9, 1))]
                },
                now: side! {
                    {} { fn f(&self, a: u32, b: u16) -> u64; }
                    {
                        fn f(&self, a: u32, b: u16) -> u64 {
                            if a == 9 { 1 << 40 } else { u64::from(a) + u64::from(b) }
                        }
                    }
                    |desk| vec![line(desk.f(7, 1)), line(desk.f(7, 1 << 10))]
                },
                newer_module: Called(&["8", "not called: (a)", "ran: () ->"]),
                newer_host: Called(&["8", "not called: (b)"]),
            },
            Case {
                name: "result-less",
                was: side! {
                    {} { fn f(&self, a: u64) -> u32; }
                    { fn f(&self, a: u64) -> u32 { a as u32 } }
                    |desk| vec![line(desk.f(7))]
                },
                now: side! {
                    {} { fn f(&self, a: u64); } { fn f(&self, a: u64) { assert_eq!(a, 7); } }
                    |desk| vec![line(desk.f(7))]
                },
                newer_module: Refused(&[
                    "Table::f() ->: was `u32`, now `()`",
                    "help: callers take what",
                ]),
                newer_host: Refused(&[
                    "Table::f() ->: was `()`, now `u32`",
                    "help: callers take what",
                ]),
            },
            Case {
                name: "field-bare",
                was: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T { pub text: String }
                    fn sample() -> T { T { text: "t".to_owned() } }
                    fn change(it: &mut T) { it.text.push('!'); }
                },
                now: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T { pub text: String, pub more: u64 }
                    fn sample() -> T { T { text: "t".to_owned(), more: 1 } }
                    fn change(it: &mut T) { it.text.push('!'); }
                },
                newer_module: Refused(&[
                    "Table::given(it).more: was absent, now u64",
                    "Table::lent(it).more",
                    "Table::slice(all).more",
                    "Table::changed(it).more",
                    "Table::result() -> .more",
                    "#[state(default)]",
                ]),
                newer_host: Refused(&["Table::given(it).more", "Table::changed(it).more"]),
            },
            Case {
                name: "swapped",
                was: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T { pub a: u32, pub b: u32 }
                    fn sample() -> T { T { a: 1, b: 2 } }
                    fn change(it: &mut T) { it.a += 1; }
                },
                now: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T {
                        #[state(was = "b")]
                        pub a: u32,
                        #[state(was = "a")]
                        pub b: u32,
                    }
                    fn sample() -> T { T { a: 1, b: 2 } }
                    fn change(it: &mut T) { it.a += 1; }
                },
                newer_module: Refused(&[
                    "Table::given(it).a: was `a`, beside `b`, now said to have been `b`",
                    "Table::result() -> .b: was `b`, beside `a`, now said to have been `a`",
                    "help: nothing tells which of the two sides is the newer one",
                ]),
                newer_host: Refused(&["Table::given(it).a", "Table::changed(it).b"]),
            },
            Case {
                name: "priced",
                was: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct T { pub price: u32 }
                    }
                    { fn given(&self, it: T) -> String; fn lent(&self, it: &[T]) -> String; }
                    {
                        fn given(&self, it: T) -> String { format!("{it:?}") }
                        fn lent(&self, it: &[T]) -> String { format!("{it:?}") }
                    }
                    |desk| vec![
                        line(desk.given(T { price: 3 })),
                        line(desk.lent(&[T { price: 4 }, T { price: 5 }])),
                    ]
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct T {
                            #[state(with = cents)]
                            pub price: u32,
                        }
                        fn cents(euros: &u32) -> u32 { euros * 100 }
                    }
                    { fn given(&self, it: T) -> String; fn lent(&self, it: &[T]) -> String; }
                    {
                        fn given(&self, it: T) -> String { format!("{it:?}") }
                        fn lent(&self, it: &[T]) -> String { format!("{it:?}") }
                    }
                    |desk| vec![line(desk.given(T { price: 300 }))]
                },
                newer_module: Called(&[
                    "\"T { price: 300 }\"",
                    "\"[T { price: 400 }, T { price: 500 }]\"",
                ]),
                newer_host: Refused(&[
                    "Table::given(it).price: was `u32`, made by a function from `&u32`",
                ]),
            },
            Case {
                name: "wider",
                was: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T { pub x: u32, pub name: String }
                    fn sample() -> T { T { x: 1, name: "n".to_owned() } }
                    fn change(it: &mut T) { it.x += 1; it.name.push('!'); }
                },
                now: typed! {
                    #[derive(Debug, StableState)]
                    pub struct T { pub name: Box<str>, pub x: u64 }
                    fn sample() -> T { T { x: 1 << 40, name: "n".into() } }
                    fn change(it: &mut T) { it.x += 1 << 50; it.name = "c".into(); }
                },
                newer_module: Called(&[
                    "\"T { name: \\\"n\\\", x: 1 }\"",
                    "ran: () -> .x",
                    "ran: () -> ?[0].1?.x",
                    "\"T { name: \\\"n\\\", x: 1 }\"",
                    "\"[T { name: \\\"n\\\", x: 1 }, T { name: \\\"n\\\", x: 1 }]\"",
                    "ran: (it).x",
                    "T { x: 1, name: \"c\" }",
                ]),
                newer_host: Called(&[
                    "not called: (it).x",
                    "T { name: \"n\", x: 1 }",
                    "Ok([(1, Some(T { name: \"n\", x: 1 })), (2, None)])",
                    "not called: (it).x",
                    "not called: (all)[0].x",
                    "not called: (it).x",
                    "T { name: \"n\", x: 1099511627776 }",
                ]),
            },
        ],
    },
    Row {
        change: "`Vec` ↔ `VecDeque`, `HashMap` ↔ `BTreeMap`, `T` ↔ `Box<T>` and the like, by value",
        cases: &[
            Case {
                name: "containers",
                was: side! {
                    { use std::collections::HashMap; }
                    {
                        fn list(&self, it: Vec<Option<String>>) -> Vec<(String, u8)>;
                        fn map(&self, it: HashMap<String, u32>) -> HashMap<String, u32>;
                        fn boxed(&self, it: Option<u32>) -> Vec<Vec<u32>>;
                    }
                    {
                        fn list(&self, it: Vec<Option<String>>) -> Vec<(String, u8)> {
                            it.into_iter().flatten().zip(0..).collect()
                        }
                        fn map(&self, it: HashMap<String, u32>) -> HashMap<String, u32> { it }
                        fn boxed(&self, it: Option<u32>) -> Vec<Vec<u32>> { vec![it.into_iter().collect()] }
                    }
                    |desk| vec![
                        line(desk.list(vec![None, Some("a".to_owned())])),
                        line(desk.map(HashMap::from([("k".to_owned(), 1)]))),
                        line(desk.boxed(Some(3))),
                    ]
                },
                now: side! {
                    { use std::collections::{BTreeMap, VecDeque}; }
                    {
                        fn list(&self, it: VecDeque<Option<String>>) -> Box<[(String, u8)]>;
                        fn map(&self, it: BTreeMap<String, u32>) -> BTreeMap<String, u32>;
                        fn boxed(&self, it: Box<Option<u32>>) -> Vec<VecDeque<u64>>;
                    }
                    {
                        fn list(&self, it: VecDeque<Option<String>>) -> Box<[(String, u8)]> {
                            it.into_iter().flatten().zip(0..).collect()
                        }
                        fn map(&self, it: BTreeMap<String, u32>) -> BTreeMap<String, u32> { it }
                        fn boxed(&self, it: Box<Option<u32>>) -> Vec<VecDeque<u64>> {
                            vec![it.into_iter().map(u64::from).collect()]
                        }
                    }
                    |desk| vec![
                        line(desk.list(VecDeque::from([None, Some("a".to_owned())]))),
                        line(desk.map(BTreeMap::from([("k".to_owned(), 1)]))),
                        line(desk.boxed(Box::new(Some(3)))),
                    ]
                },
                newer_module: Called(&["[(\"a\", 0)]", "{\"k\": 1}", "[[3]]"]),
                newer_host: Called(&["[(\"a\", 0)]", "{\"k\": 1}", "[[3]]"]),
            },
            Case {
                name: "containers-of-three",
                was: side! {
                    {}
                    { fn f(&self) -> Vec<(u8, u8, u8)>; }
                    { fn f(&self) -> Vec<(u8, u8, u8)> { Vec::new() } }
                    |desk| vec![line(desk.f())]
                },
                now: side! {
                    { use std::collections::VecDeque; }
                    { fn f(&self) -> VecDeque<(u8, u8, u8)>; }
                    { fn f(&self) -> VecDeque<(u8, u8, u8)> { VecDeque::new() } }
                    |desk| vec![line(desk.f())]
                },
                newer_module: Refused(&["Table::f() ->", "cross in different forms"]),
                newer_host: Refused(&["Table::f() ->", "cross in different forms"]),
            },
        ],
    },
    Row {
        change: "a map key or set element",
        cases: &[
            Case {
                name: "keys",
                was: side! {
                    {
                        use std::collections::{BTreeMap, HashSet};

                        #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, StableState)]
                        pub struct Key { pub n: u32 }
                        #[derive(Debug, StableState)]
                        pub struct Keyed { pub all: BTreeMap<Key, u8> }
                    }
                    {
                        fn f(&self, it: BTreeMap<u32, String>) -> BTreeMap<u32, String>;
                        fn g(&self, it: HashSet<(u8, String)>) -> HashSet<(u8, String)>;
                        fn h(&self, it: Keyed) -> Keyed;
                    }
                    {
                        fn f(&self, it: BTreeMap<u32, String>) -> BTreeMap<u32, String> { it }
                        fn g(&self, it: HashSet<(u8, String)>) -> HashSet<(u8, String)> { it }
                        fn h(&self, it: Keyed) -> Keyed { it }
                    }
                    |desk| vec![
                        line(desk.f(BTreeMap::from([(1, "a".to_owned()), (2, "b".to_owned())]))),
                        line(desk.g(HashSet::from([(1, "a".to_owned())]))),
                        line(desk.h(Keyed { all: BTreeMap::from([(Key { n: 1 }, 2)]) })),
                    ]
                },
                now: side! {
                    {
                        use std::collections::{BTreeMap, BTreeSet};

                        #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, StableState)]
                        pub struct Key { pub n: u64 }
                        #[derive(Debug, StableState)]
                        pub struct Keyed { #[state(rebuild)] pub all: BTreeMap<Key, u8> }
                    }
                    {
                        fn f(&self, it: BTreeMap<u64, String>) -> BTreeMap<u64, String>;
                        fn g(&self, it: BTreeSet<(u16, Box<str>)>) -> BTreeSet<(u16, Box<str>)>;
                        fn h(&self, it: Keyed) -> Keyed;
                    }
                    {
                        fn f(&self, it: BTreeMap<u64, String>) -> BTreeMap<u64, String> { it }
                        fn g(&self, it: BTreeSet<(u16, Box<str>)>) -> BTreeSet<(u16, Box<str>)> { it }
                        fn h(&self, it: Keyed) -> Keyed { it }
                    }
                    |desk| vec![
                        line(desk.f(BTreeMap::from([(1, "a".to_owned()), (1 << 40, "b".to_owned())]))),
                        line(desk.g(BTreeSet::from([(1, "a".into())]))),
                        line(desk.h(Keyed { all: BTreeMap::from([(Key { n: 1 }, 2)]) })),
                    ]
                },
                newer_module: Called(&[
                    "{1: \"a\", 2: \"b\"}",
                    "{(1, \"a\")}",
                    "Keyed { all: {Key { n: 1 }: 2} }",
                ]),
                newer_host: Called(&[
                    "not called: (it)[1]",
                    "{(1, \"a\")}",
                    "Keyed { all: {Key { n: 1 }: 2} }",
                ]),
            },
            Case {
                name: "keys-bare",
                was: side! {
                    {
                        use std::collections::BTreeMap;

                        #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, StableState)]
                        pub struct Key { pub n: u32 }
                    }
                    { fn f(&self) -> BTreeMap<Key, u8>; }
                    { fn f(&self) -> BTreeMap<Key, u8> { BTreeMap::new() } }
                    |desk| vec![line(desk.f())]
                },
                now: side! {
                    {
                        use std::collections::BTreeMap;

                        #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, StableState)]
                        pub struct Key { pub n: u64 }
                    }
                    { fn f(&self) -> BTreeMap<Key, u8>; }
                    { fn f(&self) -> BTreeMap<Key, u8> { BTreeMap::new() } }
                    |desk| vec![line(desk.f())]
                },
                newer_module: Refused(&["Table::f() -> [key]", "#[state(rebuild)] on the field"]),
                newer_host: Refused(&["Table::f() -> [key]", "#[state(rebuild)] on the field"]),
            },
        ],
    },
    Row {
        change: "an owned parameter ↔ a lent one",
        cases: &[
            Case {
                name: "texts",
                was: side! {
                    {}
                    { fn f(&self, a: &str, b: String) -> String; }
                    { fn f(&self, a: &str, b: String) -> String { format!("{a} {b}") } }
                    |desk| vec![line(desk.f("a", "b".to_owned()))]
                },
                now: side! {
                    {}
                    { fn f(&self, b: &str, a: String) -> String; }
                    { fn f(&self, b: &str, a: String) -> String { format!("{a} {b}") } }
                    |desk| vec![line(desk.f("b", "a".to_owned()))]
                },
                newer_module: Called(&["\"a b\""]),
                newer_host: Called(&["\"a b\""]),
            },
            Case {
                name: "given",
                was: side! {
                    {
                        #[derive(Clone, Debug, StableState)]
                        pub struct T { pub text: String }
                    }
                    { fn f(&self, it: T, all: Vec<T>, maybe: Option<String>) -> String; }
                    {
                        fn f(&self, it: T, all: Vec<T>, maybe: Option<String>) -> String {
                            format!("{it:?} {all:?} {maybe:?}")
                        }
                    }
                    |desk| {
                        let it = T { text: "t".to_owned() };
                        vec![line(desk.f(it.clone(), vec![it], Some("m".to_owned())))]
                    }
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct T { #[state(default = 3)] pub id: u8, pub text: String }
                    }
                    { fn f(&self, it: &T, all: &[T], maybe: &Option<String>) -> String; }
                    {
                        fn f(&self, it: &T, all: &[T], maybe: &Option<String>) -> String {
                            format!("{it:?} {all:?} {maybe:?}")
                        }
                    }
                    |desk| {
                        let it = T { id: 1, text: "t".to_owned() };
                        vec![line(desk.f(&it, std::slice::from_ref(&it), &None))]
                    }
                },
                newer_module: Called(&[
                    "\"T { id: 3, text: \\\"t\\\" } [T { id: 3, text: \\\"t\\\" }] Some(\\\"m\\\")\"",
                ]),
                newer_host: Refused(&[
                    "Table::f(it): was `&T`, now `T`",
                    "the caller keeps what it lends",
                ]),
            },
        ],
    },
    Row {
        change: "a variant that the receiver does not know",
        cases: &[
            Case {
                name: "variant",
                was: typed! {
                    #[derive(Debug, StableState)]
                    pub enum T { A, B }
                    fn sample() -> T { T::A }
                    fn change(it: &mut T) { *it = T::B; }
                },
                now: typed! {
                    #[derive(Debug, StableState)]
                    pub enum T { C, B, A }
                    fn sample() -> T { T::C }
                    fn change(it: &mut T) { *it = T::C; }
                },
                newer_module: Called(&[
                    "\"A\"",
                    "ran: () ->",
                    "ran: () -> ?[0].1?",
                    "\"A\"",
                    "\"[A, A]\"",
                    "ran: (it)",
                    "A",
                ]),
                newer_host: Called(&[
                    "not called: (it)",
                    "A",
                    "Ok([(1, Some(A)), (2, None)])",
                    "not called: (it)",
                    "not called: (all)[0]",
                    "not called: (it)",
                    "C",
                ]),
            },
            Case {
                name: "variant-other",
                was: typed! {
                    #[derive(Debug, StableState)]
                    pub enum T { A(String), #[state(other)] Unknown(String) }
                    fn sample() -> T { T::A("a".to_owned()) }
                    fn change(it: &mut T) { *it = T::A("changed".to_owned()); }
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub enum T { C { x: String }, A(String), #[state(other)] Unknown(String) }
                        fn sample() -> T { T::C { x: "c".to_owned() } }
                    }
                    {
                        fn given(&self, it: T) -> String;
                        fn result(&self) -> T;
                        fn within(&self) -> Result<Vec<(u8, Option<T>)>, String>;
                        fn lent(&self, it: &T) -> String;
                        fn slice(&self, all: &[T]) -> String;
                        #[hotmod::optional]
                        fn changed(&self, it: &mut T) -> String;
                    }
                    {
                        fn given(&self, it: T) -> String { format!("{it:?}") }
                        fn result(&self) -> T { sample() }
                        fn within(&self) -> Result<Vec<(u8, Option<T>)>, String> {
                            Ok(vec![(1, Some(sample())), (2, None)])
                        }
                        fn lent(&self, it: &T) -> String { format!("{it:?}") }
                        fn slice(&self, all: &[T]) -> String { format!("{all:?}") }
                        fn changed(&self, it: &mut T) -> String {
                            let before = format!("{it:?}");
                            *it = sample();
                            before
                        }
                    }
                    |desk| vec![
                        line(desk.given(sample())),
                        line(desk.lent(&sample())),
                        line(desk.slice(&[sample(), T::Unknown("x".to_owned())])),
                    ]
                },
                newer_module: Called(&[
                    "\"A(\\\"a\\\")\"",
                    "Unknown(\"C\")",
                    "Ok([(1, Some(Unknown(\"C\"))), (2, None)])",
                    "\"A(\\\"a\\\")\"",
                    "\"[A(\\\"a\\\"), A(\\\"a\\\")]\"",
                    "\"A(\\\"a\\\")\"",
                    "Unknown(\"C\")",
                ]),
                // A value that has become an `Unknown` could not come back as it was.
                newer_host: Refused(&["Table::changed(it)", "only fields of structs are merged"]),
            },
        ],
    },
    Row {
        change: "a type behind `&T` and `&[T]`",
        cases: &[
            Case {
                name: "lent",
                was: side! {
                    { #[derive(Debug, StableState)] pub struct T { pub text: String } }
                    { fn lent(&self, it: &T) -> String; fn slice(&self, all: &[T]) -> String; }
                    {
                        fn lent(&self, it: &T) -> String { it.text.clone() }
                        fn slice(&self, all: &[T]) -> String { all[1].text.clone() }
                    }
                    |desk| {
                        let all = ["a", "b"].map(|it| T { text: it.to_owned() });
                        vec![line(desk.lent(&all[0])), line(desk.slice(&all)), format!("{all:?}")]
                    }
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct T { pub more: Option<u64>, pub text: String }
                    }
                    { fn lent(&self, it: &T) -> String; fn slice(&self, all: &[T]) -> String; }
                    {
                        fn lent(&self, it: &T) -> String { format!("{it:?}") }
                        fn slice(&self, all: &[T]) -> String { format!("{:?}", all[1]) }
                    }
                    |desk| {
                        let all = ["a", "b"].map(|it| T { more: Some(1), text: it.to_owned() });
                        vec![line(desk.lent(&all[0])), line(desk.slice(&all)), format!("{all:?}")]
                    }
                },
                newer_module: Called(&[
                    "\"T { more: None, text: \\\"a\\\" }\"",
                    "\"T { more: None, text: \\\"b\\\" }\"",
                    "[T { text: \"a\" }, T { text: \"b\" }]",
                ]),
                newer_host: Called(&[
                    "\"a\"",
                    "\"b\"",
                    "[T { more: Some(1), text: \"a\" }, T { more: Some(1), text: \"b\" }]",
                ]),
            },
            Case {
                name: "cell",
                was: side! {
                    { #[derive(Debug, StableState)] pub struct T { pub seen: std::cell::Cell<u8> } }
                    { fn lent(&self, it: &T) -> String; fn slice(&self, all: &[T]) -> String; }
                    {
                        fn lent(&self, it: &T) -> String { it.seen.set(1); String::new() }
                        fn slice(&self, all: &[T]) -> String { format!("{}", all.len()) }
                    }
                    |desk| vec![line(desk.lent(&T { seen: 0.into() }))]
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct T { pub seen: std::cell::Cell<u8>, pub more: Option<String> }
                    }
                    { fn lent(&self, it: &T) -> String; fn slice(&self, all: &[T]) -> String; }
                    {
                        fn lent(&self, it: &T) -> String { it.seen.set(1); String::new() }
                        fn slice(&self, all: &[T]) -> String { format!("{}", all.len()) }
                    }
                    |desk| vec![line(desk.lent(&T { seen: 0.into(), more: None }))]
                },
                newer_module: Refused(&[
                    "Table::lent(it): was `&T`, now one in which a `Cell<u8>` may be changed",
                    "Table::slice(all): was `&[T]`",
                    "pass it by value",
                ]),
                newer_host: Refused(&["Table::lent(it)", "Table::slice(all)"]),
            },
        ],
    },
    Row {
        change: "a type behind `&mut T` and `&mut [T]`",
        cases: &[
            Case {
                name: "merged",
                was: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct Part { pub x: u32 }
                        #[derive(Debug, StableState)]
                        pub struct T { pub name: String, pub part: Part }
                    }
                    { fn one(&self, it: &mut T) -> String; fn pair(&self, a: &mut Part, b: &mut T); }
                    {
                        fn one(&self, it: &mut T) -> String {
                            it.part.x += 1;
                            std::mem::replace(&mut it.name, "new".to_owned())
                        }
                        fn pair(&self, a: &mut Part, b: &mut T) { std::mem::swap(a, &mut b.part); }
                    }
                    |desk| {
                        let mut it = T { name: "n".to_owned(), part: Part { x: 1 } };
                        let mut part = Part { x: 7 };
                        let lines = [line(desk.one(&mut it)), line(desk.pair(&mut part, &mut it))];
                        lines.into_iter().chain([format!("{it:?} {part:?}")]).collect()
                    }
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct Part { pub x: u32, #[state(default)] pub y: String }
                        #[derive(Debug, StableState)]
                        pub struct T { #[state(default)] pub id: u8, pub name: String, pub part: Part }
                    }
                    {
                        fn one(&self, it: &mut T) -> String;
                        #[hotmod::optional]
                        fn pair(&self, a: &mut Part, b: &mut T);
                    }
                    {
                        fn one(&self, it: &mut T) -> String {
                            it.part.x += 1;
                            it.part.y = "lost".to_owned();
                            std::mem::replace(&mut it.name, "new".to_owned())
                        }
                        fn pair(&self, a: &mut Part, b: &mut T) { std::mem::swap(a, &mut b.part); }
                    }
                    |desk| vec![line(desk.pair(&mut Part { x: 1, y: String::new() }, &mut T {
                        id: 1,
                        name: String::new(),
                        part: Part { x: 1, y: String::new() },
                    }))]
                },
                newer_module: Called(&[
                    "\"n\"",
                    "()",
                    "T { name: \"new\", part: Part { x: 7 } } Part { x: 2 }",
                ]),
                newer_host: Refused(&["Table::pair(b)", "would then belong to the wrong one"]),
            },
            Case {
                name: "merged-alone",
                was: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct T { pub name: String }
                    }
                    { fn one(&self, it: &mut T) -> String; fn all(&self, all: &mut [u32]); }
                    {
                        fn one(&self, it: &mut T) -> String {
                            std::mem::replace(&mut it.name, "new".to_owned())
                        }
                        fn all(&self, all: &mut [u32]) { all.sort_unstable(); }
                    }
                    |desk| {
                        let (mut it, mut all) = (T { name: "n".to_owned() }, [3, 1, 2]);
                        let lines = [line(desk.one(&mut it)), line(desk.all(&mut all))];
                        lines.into_iter().chain([format!("{it:?} {all:?}")]).collect()
                    }
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct T { pub name: String, #[state(default)] pub id: u8 }
                    }
                    { fn one(&self, it: &mut T) -> String; fn all(&self, all: &mut [u64]); }
                    {
                        fn one(&self, it: &mut T) -> String {
                            it.id += 1;
                            std::mem::replace(&mut it.name, "new".to_owned())
                        }
                        fn all(&self, all: &mut [u64]) { all.sort_unstable(); }
                    }
                    |desk| {
                        let (mut it, mut all) = (T { name: "n".to_owned(), id: 5 }, [3, 1, 2]);
                        let lines = [line(desk.one(&mut it)), line(desk.all(&mut all))];
                        lines.into_iter().chain([format!("{it:?} {all:?}")]).collect()
                    }
                },
                newer_module: Called(&["\"n\"", "()", "T { name: \"new\" } [1, 2, 3]"]),
                newer_host: Called(&["\"n\"", "()", "T { name: \"new\", id: 5 } [1, 2, 3]"]),
            },
            Case {
                name: "merged-items",
                was: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct Tag { pub x: u32 }
                        #[derive(Debug, StableState)]
                        pub struct T { pub tags: Vec<Tag> }
                    }
                    { fn one(&self, it: &mut T); fn all(&self, all: &mut [Tag]); }
                    {
                        fn one(&self, it: &mut T) { it.tags.reverse(); }
                        fn all(&self, all: &mut [Tag]) { all.reverse(); }
                    }
                    |desk| {
                        let mut it = T { tags: vec![Tag { x: 1 }, Tag { x: 2 }] };
                        let lines = [line(desk.one(&mut it)), line(desk.all(&mut it.tags[..]))];
                        lines.into_iter().chain([format!("{it:?}")]).collect()
                    }
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct Tag { pub x: u32, pub more: Option<String> }
                        #[derive(Debug, StableState)]
                        pub struct T { pub tags: Vec<Tag> }
                    }
                    { fn one(&self, it: &mut T); fn all(&self, all: &mut [Tag]); }
                    {
                        fn one(&self, it: &mut T) { it.tags.reverse(); }
                        fn all(&self, all: &mut [Tag]) { all[0].x += 10; }
                    }
                    |desk| vec![line(desk.one(&mut T { tags: Vec::new() }))]
                },
                newer_module: Called(&["()", "()", "T { tags: [Tag { x: 12 }, Tag { x: 1 }] }"]),
                newer_host: Refused(&[
                    "Table::one(it).tags",
                    "the function does not know `more`",
                    "Table::all(all): was `&mut [Tag]`",
                    "pass a `Vec` and return it",
                ]),
            },
        ],
    },
    Row {
        change: "`&self` and `&mut self`",
        cases: &[Case {
            name: "receiver",
            was: side! {
                {} { fn f(&self) -> u32; } { fn f(&self) -> u32 { 1 } } |desk| vec![line(desk.f())]
            },
            now: side! {
                {} { fn f(&mut self) -> u32; } { fn f(&mut self) -> u32 { 1 } }
                |desk| vec![line(desk.f())]
            },
            newer_module: Refused(&["Table::f(self): was `&self`, now `&mut self`"]),
            newer_host: Refused(&["Table::f(self): was `&mut self`, now `&self`"]),
        }],
    },
];
