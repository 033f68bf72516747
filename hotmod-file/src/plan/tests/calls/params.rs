//! Which argument each parameter of a function comes from.

use hotmod::describe::{Receiver, Rule, Type};

use super::{call_is_refused, converted, refused, side, ty, was};
use crate::plan::Passed;

#[test]
fn parameters_are_matched_by_name_once() {
    let (number, text) = (ty::<u32>(), ty::<String>());
    let of = |params: &[(&str, Type)]| {
        let mut side = side::<was::Plain>(params, ty::<()>());
        side.signature.receiver = Receiver::Shared;
        side
    };
    let host = of(&[("a", number.clone()), ("b", text.clone())]);
    let module = of(&[
        ("?c", number.clone()),
        ("b", text.clone()),
        ("a", number.clone()),
    ]);
    let (call, _) = converted(&host, &module);
    assert_eq!(
        call.converted.params,
        [Passed::Default, Passed::Same(1), Passed::Same(0)]
    );
    // The newer host's own parameter is not passed on.
    let (call, listed) = converted(&module, &host);
    assert_eq!(call.converted.params, [Passed::Same(2), Passed::Same(1)]);
    assert_eq!(call.converted.dropped, [0]);
    let reordered = (Rule::CallConverted, "f()".to_owned());
    assert_eq!(listed, [reordered, (Rule::CallUnseen, "f(c)".to_owned())]);
    // No compiler writes this, but a file may hold it.
    let twice = of(&[("b", text.clone()), ("b", text.clone())]);
    assert!(!refused(&of(&[("b", text.clone())]), &twice).is_empty());
}

#[test]
fn a_host_without_names_passes_what_must_be_passed() {
    let number = ty::<u32>();
    let of = |params: &[(&str, Type)]| side::<was::Plain>(params, ty::<()>());
    let host = of(&[("", number.clone()), ("", number.clone())]);
    let module = of(&[
        ("a", number.clone()),
        ("?b", number.clone()),
        ("c", number.clone()),
    ]);
    let (call, _) = converted(&host, &module);
    assert_eq!(
        call.converted.params,
        [Passed::Same(0), Passed::Default, Passed::Same(1)]
    );
    let host = of(&[("", number.clone())]);
    assert!(call_is_refused(&host, &module));
}

#[test]
fn a_free_function_keeps_its_parameters_in_their_places() {
    let number = ty::<u32>();
    let of = |params: &[(&str, Type)]| side::<was::Plain>(params, ty::<()>());
    let was = of(&[("a", number.clone()), ("b", number.clone())]);
    let swapped = of(&[("b", number.clone()), ("a", number.clone())]);
    assert_eq!(
        refused(&was, &swapped),
        [(Rule::ArgumentsSwapped, "f()".to_owned())]
    );
    let was = of(&[("a", number.clone()), ("?b", number.clone())]);
    let between = of(&[
        ("a", number.clone()),
        ("?c", number.clone()),
        ("?b", number.clone()),
    ]);
    assert_eq!(
        refused(&was, &between),
        [(Rule::ArgumentsSwapped, "f()".to_owned())]
    );
    let behind = of(&[
        ("a", number.clone()),
        ("?b", number.clone()),
        ("?c", number.clone()),
    ]);
    converted(&was, &behind);
}
