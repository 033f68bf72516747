//! Which numbers become which.

use hotmod::describe::Builtin;

/// A number type: its bits, and whether it has a sign or is floating-point.
struct NumberType {
    bits: u32,
    signed: bool,
    float: bool,
}

fn number(builtin: Builtin) -> Option<NumberType> {
    use Builtin::*;
    let (bits, signed, float) = match builtin {
        U8 => (8, false, false),
        U16 => (16, false, false),
        U32 => (32, false, false),
        U64 => (64, false, false),
        U128 => (128, false, false),
        I8 => (8, true, false),
        I16 => (16, true, false),
        I32 => (32, true, false),
        I64 => (64, true, false),
        I128 => (128, true, false),
        // As wide as a pointer, which differs between targets but not between modules of a host.
        Usize => (usize::BITS, false, false),
        Isize => (usize::BITS, true, false),
        F32 => (32, true, true),
        F64 => (64, true, true),
        _ => return None,
    };
    Some(NumberType {
        bits,
        signed,
        float,
    })
}

/// The least and the greatest integer of a type, where that is one.
pub(super) fn range(builtin: Builtin) -> Option<(i128, u128)> {
    let NumberType {
        bits,
        signed,
        float,
    } = number(builtin)?;
    let above = u128::MAX >> (128 - bits);
    match (float, signed) {
        (true, _) => None,
        (false, false) => Some((0, above)),
        (false, true) => Some((-((above >> 1) as i128) - 1, above >> 1)),
    }
}

/// Whether both are numbers.
pub(super) fn are_numbers(was: Builtin, now: Builtin) -> bool {
    number(was).is_some() && number(now).is_some()
}

/// Whether every value of one number type is a value of the other. Pointer-sized numbers are not
/// taken to be wider or narrower than fixed ones: what fits here would not fit elsewhere.
pub(super) fn widens(was: Builtin, now: Builtin) -> bool {
    let sized = |builtin| matches!(builtin, Builtin::Usize | Builtin::Isize);
    let (Some(a), Some(b)) = (number(was), number(now)) else {
        return false;
    };
    if sized(was) || sized(now) || a.float != b.float {
        return false;
    }
    match (a.signed, b.signed) {
        (false, true) => a.bits < b.bits,
        (true, false) => false,
        _ => a.bits < b.bits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_has_a_least_and_a_greatest_value() {
        use Builtin::*;
        assert_eq!(range(U8), Some((0, 255)));
        assert_eq!(range(I16), Some((-32768, 32767)));
        assert_eq!(range(U128), Some((0, u128::MAX)));
        assert_eq!(range(I128), Some((i128::MIN, i128::MAX as u128)));
        assert_eq!((range(F64), range(Bool)), (None, None));
    }

    #[test]
    fn a_number_widens_only_into_one_that_holds_all_its_values() {
        use Builtin::*;
        for (was, now) in [(U8, U16), (U32, U64), (U32, I64), (I8, I128), (F32, F64)] {
            assert!(widens(was, now), "{was:?} {now:?}");
            assert!(!widens(now, was), "{now:?} {was:?}");
        }
        for (was, now) in [
            (U32, I32),
            (I32, U64),
            (U32, F64),
            (U32, Usize),
            (U64, Usize),
            (Bool, U8),
        ] {
            assert!(!widens(was, now), "{was:?} {now:?}");
        }
    }
}
