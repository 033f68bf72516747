//! Converts a number to any other type of number that holds its value.

use hotmod::operations::Number;

use super::column::Column;

/// One type of number, as its operations say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberForm {
    size: usize,
    signed: bool,
    float: bool,
}

impl NumberForm {
    pub(crate) fn new(number: &Number, size: usize) -> Self {
        NumberForm {
            size,
            signed: number.signed,
            float: number.float,
        }
    }

    /// An integer of so many bytes.
    #[cfg(feature = "inspect")]
    pub(crate) fn integer(size: usize, signed: bool) -> Self {
        NumberForm {
            size,
            signed,
            float: false,
        }
    }

    /// The size in bytes.
    pub(crate) fn size(self) -> usize {
        self.size
    }
}

/// A value of any type of number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NumberValue {
    Unsigned(u128),
    Signed(i128),
    Float(f64),
}

/// Reads a number.
///
/// # Safety
///
/// `from` points to a number of this form.
pub(super) unsafe fn read(from: *const u8, form: NumberForm) -> NumberValue {
    let mut bytes = [0_u8; 16];
    // SAFETY: a number has `size` bytes, at most 16.
    unsafe { from.copy_to_nonoverlapping(bytes.as_mut_ptr(), form.size) };
    let raw = u128::from_le_bytes(bytes);
    if form.float {
        return NumberValue::Float(match form.size {
            4 => f64::from(f32::from_bits(raw as u32)),
            _ => f64::from_bits(raw as u64),
        });
    }
    if form.signed {
        let unused = 128 - 8 * form.size as u32;
        return NumberValue::Signed(((raw << unused) as i128) >> unused);
    }
    NumberValue::Unsigned(raw)
}

/// The least floats above every `i128` and above every `u128`.
const SIGNED_END: f64 = (1_u128 << 127) as f64;
const UNSIGNED_END: f64 = 2.0 * SIGNED_END;

/// The bytes of a value in a form, if the form holds it.
fn fit(value: NumberValue, form: NumberForm) -> Option<u128> {
    let bits = 8 * form.size as u32;
    if form.float {
        let float = match value {
            NumberValue::Float(float) => float,
            // Exact where converting back gives the same integer. A float that is too large would
            // come back as the greatest integer, so it is excluded first.
            NumberValue::Unsigned(integer) => {
                let float = integer as f64;
                (float < UNSIGNED_END && float as u128 == integer).then_some(float)?
            }
            NumberValue::Signed(integer) => {
                let float = integer as f64;
                (float < SIGNED_END && float as i128 == integer).then_some(float)?
            }
        };
        return match form.size {
            4 => {
                let narrow = float as f32;
                let same = f64::from(narrow) == float || float.is_nan();
                same.then(|| u128::from(narrow.to_bits()))
            }
            _ => Some(u128::from(float.to_bits())),
        };
    }
    let integer = match value {
        NumberValue::Unsigned(integer) => integer,
        NumberValue::Signed(integer) if form.signed => {
            let unused = 128 - bits;
            let fits = (integer << unused) >> unused == integer;
            return fits.then_some(integer as u128);
        }
        NumberValue::Signed(integer) => u128::try_from(integer).ok()?,
        NumberValue::Float(float) if (SIGNED_END..UNSIGNED_END).contains(&float) => float as u128,
        NumberValue::Float(float) => {
            let integer = float as i128;
            if float >= SIGNED_END || integer as f64 != float {
                return None;
            }
            return fit(NumberValue::Signed(integer), form);
        }
    };
    let held = if form.signed { bits - 1 } else { bits };
    (held == 128 || integer >> held == 0).then_some(integer)
}

/// Converts a number. `Err` with the number as text if the new form does not hold it.
///
/// # Safety
///
/// `from` points to a number of the first form; `to` has room for one of the second.
pub(super) unsafe fn convert(
    from: *const u8,
    to: *mut u8,
    (was, now): (NumberForm, NumberForm),
) -> Result<(), String> {
    // SAFETY: the caller passes such a number.
    let value = unsafe { read(from, was) };
    let Some(fitting) = fit(value, now) else {
        return Err(match value {
            NumberValue::Unsigned(value) => value.to_string(),
            NumberValue::Signed(value) => value.to_string(),
            NumberValue::Float(value) => value.to_string(),
        });
    };
    let bytes = fitting.to_le_bytes();
    // SAFETY: the caller gives room for `size` bytes, at most 16.
    unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), now.size) };
    Ok(())
}

/// Converts a number to a wider one that holds every value of it. Most conversions are of this kind, so each
/// pair is compiled for itself. `None` where the new form does not hold every value, or is no wider.
pub(super) fn widen(was: NumberForm, now: NumberForm) -> Option<Column> {
    macro_rules! find {
        ($($from:ident => $($to:ident)+;)+) => {
            match (was, now) {
                $($((<$from>::FORM, <$to>::FORM) => Some(Column::convert::<$from, $to>()),)+)+
                _ => None,
            }
        };
    }
    find! {
        u8 => u16 u32 u64 u128 i16 i32 i64 i128;
        u16 => u32 u64 u128 i32 i64 i128;
        u32 => u64 u128 i64 i128;
        u64 => u128 i128;
        i8 => i16 i32 i64 i128;
        i16 => i32 i64 i128;
        i32 => i64 i128;
        i64 => i128;
        f32 => f64;
    }
}

trait Wide {
    const FORM: NumberForm;
}

macro_rules! forms {
    ($($ty:ty: $signed:literal $float:literal;)+) => {
        $(impl Wide for $ty {
            const FORM: NumberForm = NumberForm {
                size: size_of::<$ty>(),
                signed: $signed,
                float: $float,
            };
        })+
    };
}

forms! {
    u8: false false;
    u16: false false;
    u32: false false;
    u64: false false;
    u128: false false;
    i8: true false;
    i16: true false;
    i32: true false;
    i64: true false;
    i128: true false;
    f32: true true;
    f64: true true;
}

#[cfg(target_endian = "big")]
compile_error!("numbers are read as little-endian");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::column::Strides;

    fn form(size: usize, signed: bool, float: bool) -> NumberForm {
        NumberForm {
            size,
            signed,
            float,
        }
    }

    #[test]
    fn a_number_fits_where_its_value_exists() {
        let (u8_, i8_, u64_) = (
            form(1, false, false),
            form(1, true, false),
            form(8, false, false),
        );
        assert_eq!(fit(NumberValue::Unsigned(255), u8_), Some(255));
        assert_eq!(fit(NumberValue::Unsigned(256), u8_), None);
        assert_eq!(fit(NumberValue::Unsigned(127), i8_), Some(127));
        assert_eq!(fit(NumberValue::Unsigned(128), i8_), None);
        assert_eq!(fit(NumberValue::Signed(-1), u64_), None);
        assert_eq!(fit(NumberValue::Signed(-1), form(16, false, false)), None);
        assert_eq!(
            fit(NumberValue::Signed(-128), i8_).map(|v| v as u8),
            Some(128)
        );
        assert_eq!(fit(NumberValue::Signed(-129), i8_), None);
        assert_eq!(fit(NumberValue::Float(1.5), u8_), None);
        assert_eq!(fit(NumberValue::Float(2.0), u8_), Some(2));
        let u128_ = form(16, false, false);
        assert_eq!(
            fit(NumberValue::Unsigned(u128::MAX), u128_),
            Some(u128::MAX)
        );
        let f32_ = form(4, true, true);
        assert_eq!(
            fit(NumberValue::Unsigned(1 << 24), f32_),
            Some(u128::from(16_777_216_f32.to_bits()))
        );
        assert_eq!(fit(NumberValue::Unsigned((1 << 24) + 1), f32_), None);
    }

    #[test]
    fn the_greatest_integers_are_no_floats_and_no_float_is_one_of_them() {
        let (u128_, i128_, f64_) = (
            form(16, false, false),
            form(16, true, false),
            form(8, true, true),
        );
        assert_eq!(fit(NumberValue::Unsigned(u128::MAX), f64_), None);
        assert_eq!(fit(NumberValue::Signed(i128::MAX), f64_), None);
        // Exactly so: what Miri makes of `powi` is not.
        let end = (1_u128 << 127) as f64;
        assert_eq!(fit(NumberValue::Float(end), u128_), Some(1 << 127));
        assert_eq!(fit(NumberValue::Float(end), i128_), None);
        assert_eq!(fit(NumberValue::Float(-end), i128_), Some(1 << 127));
        assert_eq!(fit(NumberValue::Float(2.0 * end), u128_), None);
        assert_eq!(fit(NumberValue::Float(f64::INFINITY), u128_), None);
        assert_eq!(fit(NumberValue::Float(f64::NAN), u128_), None);
        let bits = u128::from(end.to_bits());
        assert_eq!(fit(NumberValue::Unsigned(1 << 127), f64_), Some(bits));
    }

    #[test]
    fn widening_agrees_with_conversion() {
        let integers = [1, 2, 4, 8, 16]
            .into_iter()
            .flat_map(|size| [form(size, false, false), form(size, true, false)]);
        let floats = [form(4, true, true), form(8, true, true)];
        let forms: Vec<NumberForm> = integers.chain(floats).collect();
        let bytes: Vec<u8> = (0..64_u8).map(|i| i.wrapping_mul(37) ^ 0x80).collect();
        let mut pairs = 0;
        for &was in &forms {
            for &now in &forms {
                let holds = was.size < now.size && (now.signed || !was.signed);
                let Some(widening) = widen(was, now) else {
                    assert!(!holds || was.float != now.float, "{was:?} {now:?}");
                    continue;
                };
                pairs += 1;
                assert!(holds, "{was:?} {now:?}");
                assert_eq!((widening.read, widening.written), (was.size, now.size));
                let (mut wide, mut slow) = ([0_u8; 80], [0_u8; 80]);
                let strides = Strides {
                    len: 3,
                    from: was.size + 1,
                    to: now.size + 3,
                };
                // SAFETY: both hold three items of the strides.
                unsafe { widening.each(bytes.as_ptr(), wide.as_mut_ptr(), strides) };
                for (a, b) in strides.offsets() {
                    // SAFETY: both are as large as their forms say.
                    let done =
                        unsafe { convert(bytes[a..].as_ptr(), slow[b..].as_mut_ptr(), (was, now)) };
                    assert_eq!(done, Ok(()));
                }
                assert_eq!(wide, slow, "{was:?} {now:?}");
            }
        }
        assert_eq!(pairs, 31);
    }

    #[test]
    fn conversion_agrees_with_the_language_for_every_pair_of_small_integers() {
        // Under Miri, which takes a hundred times as long, some of them.
        let step = if cfg!(miri) { 331 } else { 1 };
        for value in (i32::from(i16::MIN)..=i32::from(i16::MAX)).step_by(step) {
            let from = (value as i16).to_le_bytes();
            let mut to = [0_u8; 1];
            let forms = (form(2, true, false), form(1, true, false));
            // SAFETY: both are as large as their forms say.
            let done = unsafe { convert(from.as_ptr(), to.as_mut_ptr(), forms) };
            match i8::try_from(value) {
                Ok(fits) => assert_eq!((done, to[0] as i8), (Ok(()), fits)),
                Err(_) => assert_eq!(done, Err(value.to_string())),
            }
        }
    }
}
