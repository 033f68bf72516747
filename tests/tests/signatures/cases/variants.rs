//! Variants that the receiver does not know.

use crate::Becomes::{Called, Refused};
use crate::written::{side, typed};
use crate::{Case, Row};

pub(super) const ROWS: &[Row] = &[Row {
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
}];
