//! What is passed by value.

use crate::Becomes::{Called, Refused};
use crate::written::{side, typed};
use crate::{Case, Row};

pub(super) const ROWS: &[Row] = &[
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
];
