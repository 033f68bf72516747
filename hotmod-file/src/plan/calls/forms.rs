//! In which form a value crosses, where the two sides have different types.
//!
//! `Vec`, `Option`, `Result`, tuples and `String` do not cross as the bytes they are, but part by part. So what is
//! in them is not what it would be in a container that crosses as it is.

use hotmod::describe::{Builtin, Name, Type};

/// Whether the one side may use as it is what the other one passes.
pub(super) type PassesAsItIs<'c> = &'c dyn Fn(&Type, &Type) -> bool;

/// Whether values of both types cross in forms that a plan of the types themselves is good for.
pub(super) fn cross_alike(as_it_is: PassesAsItIs<'_>, was: &Type, now: &Type) -> bool {
    use Builtin::{Option, Ref, RefMut, Result, String, Tuple, Vec};
    let by_parts = |ty: &Type| {
        let parts = [Vec, Option, Result, Tuple, String];
        ty.builtin().is_some_and(|builtin| parts.contains(&builtin))
    };
    let is_plain = |ty: &Type| ty.args.is_empty() || ty.is_named() || by_parts(ty);
    match (was.builtin(), now.builtin()) {
        (Some(Ref | RefMut), _) | (_, Some(Ref | RefMut)) => as_it_is(was, now),
        (Some(a @ (Vec | Option | Result | Tuple)), Some(b)) if a == b => {
            let mut parts = was.args.iter().zip(&now.args);
            was.args.len() == now.args.len() && parts.all(|(a, b)| cross_alike(as_it_is, a, b))
        }
        (_, Some(Option)) => is_plain(was) && cross_alike(as_it_is, was, &now.args[0]),
        (Some(Option), _) => is_plain(now) && cross_alike(as_it_is, &was.args[0], now),
        (Some(String), _) | (_, Some(String)) => is_text(was) && is_text(now),
        _ => !by_parts(was) && !by_parts(now),
    }
}

/// The type that is laid out as a value of this type crosses. `None` where no described type is.
pub(super) fn crossing(ty: &Type) -> Option<Type> {
    use Builtin::*;
    let form = match ty.builtin() {
        Some(Vec) => RVec,
        Some(Option) => ROption,
        Some(Result) => RResult,
        Some(String) => RString,
        // Each value is followed by the others as a whole: of more than two, that is another layout.
        Some(Tuple) => match ty.args.len() {
            1 => Tuple1,
            2 => Tuple2,
            _ => return None,
        },
        Some(Ref | RefMut) => return None,
        _ => return Some(ty.clone()),
    };
    Some(Type {
        name: Name::Builtin(form),
        args: ty
            .args
            .iter()
            .map(crossing)
            .collect::<std::option::Option<_>>()?,
    })
}

/// A reference within a value, which the other side could not use as it is.
pub(super) fn reference<'t>(
    as_it_is: PassesAsItIs<'_>,
    was: &'t Type,
    now: &'t Type,
) -> Option<&'t Type> {
    let is_reference = |ty: &Type| matches!(ty.builtin(), Some(Builtin::Ref | Builtin::RefMut));
    if is_reference(was) || is_reference(now) {
        let the_one = if is_reference(was) { was } else { now };
        return (!as_it_is(was, now)).then_some(the_one);
    }
    let mut parts = was.args.iter().zip(&now.args);
    parts.find_map(|(was, now)| reference(as_it_is, was, now))
}

/// Whether a type says nothing but a text.
fn is_text(ty: &Type) -> bool {
    match ty.builtin() {
        Some(Builtin::String | Builtin::RString | Builtin::RCowStr) => true,
        Some(Builtin::Box | Builtin::Arc | Builtin::Rc | Builtin::Cow) => ty
            .args
            .iter()
            .any(|arg| arg.builtin() == Some(Builtin::Str)),
        _ => false,
    }
}
