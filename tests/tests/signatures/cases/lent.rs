//! What is lent.

use crate::Becomes::{Called, Refused};
use crate::written::side;
use crate::{Case, Row};

pub(super) const ROWS: &[Row] = &[
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
            Case {
                name: "merged-swapped",
                was: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct Part { pub x: u32 }
                        #[derive(Debug, StableState)]
                        pub struct T { pub a: Part, pub b: Part }
                    }
                    { fn swap(&self, it: &mut T); }
                    { fn swap(&self, it: &mut T) { std::mem::swap(&mut it.a, &mut it.b); } }
                    |desk| {
                        let mut it = T { a: Part { x: 1 }, b: Part { x: 2 } };
                        vec![line(desk.swap(&mut it)), format!("{it:?}")]
                    }
                },
                now: side! {
                    {
                        #[derive(Debug, StableState)]
                        pub struct Part { pub x: u32, #[state(default)] pub y: u8 }
                        #[derive(Debug, StableState)]
                        pub struct T { pub a: Part, pub b: Part }
                    }
                    { fn swap(&self, it: &mut T); }
                    { fn swap(&self, it: &mut T) { std::mem::swap(&mut it.a, &mut it.b); } }
                    |desk| {
                        let mut it = T { a: Part { x: 1, y: 10 }, b: Part { x: 2, y: 20 } };
                        vec![line(desk.swap(&mut it)), format!("{it:?}")]
                    }
                },
                newer_module: Called(&["()", "T { a: Part { x: 2 }, b: Part { x: 1 } }"]),
                // What the function does not know is of the field where it is.
                newer_host: Called(&[
                    "()",
                    "T { a: Part { x: 2, y: 10 }, b: Part { x: 1, y: 20 } }",
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
