//! The host's half against the module's, in one image.

use std::fmt;

use abi_stable::std_types::RStr;

use super::*;

/// A value whose `Debug` may panic or fail.
struct Odd(u32);

impl Debug for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            8 => panic!("8 cannot be shown"),
            9 => Err(fmt::Error),
            number => write!(f, "Odd {number}"),
        }
    }
}

type Args<'a> = Cons<String, Cons<&'a str, Cons<Vec<String>, ()>>>;
type Wires<'a> = <Args<'a> as Arguments>::Wires<'a>;

static JOIN: PureTable = PureTable {
    tries: Tries::AtOnce(try_join),
    show: show_text,
};

unsafe extern "C" fn try_join(args: *mut (), tried: *mut ()) {
    fn join(
        _: LentForTheCall<'_>,
        Cons(a, Cons(b, Cons(c, ()))): Args<'_>,
    ) -> Result<String, Panic> {
        assert!(!b.is_empty(), "nothing between");
        shown([vec![a], c].concat().join(b))
    }
    // SAFETY: the test passes these arguments and room.
    unsafe { try_out::<Args<'_>>(args, tried, &["first", "between", "others"], join) }
}

unsafe extern "C" fn show_text(output: *mut (), shown: *mut ()) {
    // SAFETY: the test passes a `String` as it crosses, and room.
    unsafe { show::<String>(output, shown) }
}

static ODD: PureTable = PureTable {
    tries: Tries::AtOnce(try_odd),
    show: show_text,
};

unsafe extern "C" fn try_odd(args: *mut (), tried: *mut ()) {
    let next = |_: LentForTheCall<'_>, Cons(a, ()): Cons<Vec<u32>, ()>| shown(Odd(a[0]));
    // SAFETY: the test passes these arguments and room.
    unsafe { try_out::<Cons<Vec<u32>, ()>>(args, tried, &["numbers"], next) }
}

fn wires(between: &str) -> Wires<'_> {
    let others = vec!["b".to_owned(), "c\n".to_owned()];
    Cons(
        "a".into(),
        Cons(RStr::from(between), Cons(others.into_wire(), ())),
    )
}

fn outcome(shown: &Shown) -> (&str, &str) {
    match shown {
        Shown::Returned(text) => ("returned", text.as_str()),
        Shown::Panicked(panic) => ("panicked", panic.message()),
        Shown::Unshown(panic) => ("unshown", panic.message()),
    }
}

#[test]
fn a_function_runs_on_copies_and_both_are_shown() {
    let mut args = wires("-");
    for _ in 0..2 {
        // SAFETY: the table is of a function with these arguments.
        let tried = unsafe { JOIN.try_out((&raw mut args).cast()) };
        let tried = tried.expect("it is not awaited");
        assert_eq!(outcome(&tried.outcome), ("returned", r#""a-b-c\n""#));
        let arguments = r#"first: "a", between: "-", others: ["b", "c\n"]"#;
        assert_eq!(tried.arguments.as_str(), arguments);
    }
    let Cons(a, Cons(b, Cons(c, ()))) = Args::take(args);
    assert_eq!((a.as_str(), b), ("a", "-"));
    assert_eq!(c, ["b", "c\n"]);
}

#[test]
fn a_panic_of_the_function_is_no_panic_of_the_host() {
    let mut args = wires("");
    // SAFETY: the table is of a function with these arguments.
    let tried = unsafe { JOIN.try_out((&raw mut args).cast()) };
    let tried = tried.expect("it is not awaited");
    assert_eq!(outcome(&tried.outcome), ("panicked", "nothing between"));
    assert_eq!(args.0.as_str(), "a");
}

#[test]
fn a_result_is_shown_and_stays() {
    let mut output = RString::from("it");
    // SAFETY: the table is of a function that returns this.
    let shown = unsafe { JOIN.show((&raw mut output).cast()) };
    assert_eq!(outcome(&shown), ("returned", "\"it\""));
    assert_eq!(output.as_str(), "it");
}

#[test]
fn what_cannot_be_shown_is_told_from_a_function_that_panics() {
    for (number, expected) in [
        (6, ("returned", "Odd 6")),
        (8, ("unshown", "8 cannot be shown")),
        (9, ("returned", "")),
    ] {
        let mut args = Cons(vec![number].into_wire(), ());
        // SAFETY: the table is of a function with these arguments.
        let tried = unsafe { ODD.try_out((&raw mut args).cast()) };
        let tried = tried.expect("it is not awaited");
        assert_eq!(outcome(&tried.outcome), expected);
        assert_eq!(tried.arguments.as_str(), format!("numbers: [{number}]"));
    }
}
