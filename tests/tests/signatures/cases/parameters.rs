//! Methods and parameters that came, went or changed their places.

use crate::Becomes::{Called, Refused};
use crate::written::side;
use crate::{Case, Row};

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
];
