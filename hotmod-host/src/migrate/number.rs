//! From any number to any other that holds the value.

use hotmod::operations::Number;

use super::copy::Strides;

/// One number type, as the operations and their size say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Form {
    size: usize,
    signed: bool,
    float: bool,
}

impl Form {
    pub(super) fn new(number: &Number, size: usize) -> Self {
        Form {
            size,
            signed: number.signed,
            float: number.float,
        }
    }
}

/// A value that every number type can be compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Unsigned(u128),
    Signed(i128),
    Float(f64),
}

/// Reads a number.
///
/// # Safety
///
/// `from` points to a number of this form.
unsafe fn read(from: *const u8, form: Form) -> Value {
    let mut bytes = [0_u8; 16];
    // SAFETY: a number has `size` bytes, at most 16.
    unsafe { from.copy_to_nonoverlapping(bytes.as_mut_ptr(), form.size) };
    let raw = u128::from_le_bytes(bytes);
    if form.float {
        return Value::Float(match form.size {
            4 => f64::from(f32::from_bits(raw as u32)),
            _ => f64::from_bits(raw as u64),
        });
    }
    if form.signed {
        let unused = 128 - 8 * form.size as u32;
        return Value::Signed(((raw << unused) as i128) >> unused);
    }
    Value::Unsigned(raw)
}

/// The bytes of a value in a form, if the form holds it.
fn fit(value: Value, form: Form) -> Option<u128> {
    let bits = 8 * form.size as u32;
    if form.float {
        let float = match value {
            Value::Float(float) => float,
            // Exact where the integer comes back as it was.
            Value::Unsigned(integer) => {
                let float = integer as f64;
                (float as u128 == integer).then_some(float)?
            }
            Value::Signed(integer) => {
                let float = integer as f64;
                (float as i128 == integer).then_some(float)?
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
        Value::Unsigned(integer) => integer,
        Value::Signed(integer) if form.signed => {
            let unused = 128 - bits;
            let fits = (integer << unused) >> unused == integer;
            return fits.then_some(integer as u128);
        }
        Value::Signed(integer) => u128::try_from(integer).ok()?,
        Value::Float(float) => {
            let integer = float as i128;
            if integer as f64 != float {
                return None;
            }
            return fit(Value::Signed(integer), form);
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
    (was, now): (Form, Form),
) -> Result<(), String> {
    // SAFETY: the caller passes such a number.
    let value = unsafe { read(from, was) };
    let Some(fitting) = fit(value, now) else {
        return Err(match value {
            Value::Unsigned(value) => value.to_string(),
            Value::Signed(value) => value.to_string(),
            Value::Float(value) => value.to_string(),
        });
    };
    let bytes = fitting.to_le_bytes();
    // SAFETY: the caller gives room for `size` bytes, at most 16.
    unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), now.size) };
    Ok(())
}

/// An integer of at most eight bytes that becomes a wider one of at most eight: what most
/// conversions are, and so without a detour over 128 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Widen {
    from: usize,
    to: usize,
    signed: bool,
}

impl Widen {
    /// `None` where the forms are others, or the new one does not hold every value.
    pub(super) fn new(was: Form, now: Form) -> Option<Self> {
        let holds = was.size < now.size && (now.signed || !was.signed);
        (holds && !was.float && !now.float && now.size <= 8).then_some(Widen {
            from: was.size,
            to: now.size,
            signed: was.signed,
        })
    }
}

/// Widens an integer.
///
/// # Safety
///
/// `from` points to an integer of the first form that `widen` was made of; `to` has room for one of
/// the second.
#[inline]
pub(super) unsafe fn widen(from: *const u8, to: *mut u8, widen: Widen) {
    let value = match (widen.from, widen.signed) {
        // SAFETY: an integer of this size is there, and so in each arm.
        (1, false) => u64::from(unsafe { from.read() }),
        // SAFETY: as above.
        (1, true) => i64::from(unsafe { from.cast::<i8>().read() }) as u64,
        // SAFETY: as above.
        (2, false) => u64::from(unsafe { from.cast::<u16>().read_unaligned() }),
        // SAFETY: as above.
        (2, true) => i64::from(unsafe { from.cast::<i16>().read_unaligned() }) as u64,
        // SAFETY: as above.
        (_, false) => u64::from(unsafe { from.cast::<u32>().read_unaligned() }),
        // SAFETY: as above.
        (_, true) => i64::from(unsafe { from.cast::<i32>().read_unaligned() }) as u64,
    };
    match widen.to {
        // SAFETY: there is room for an integer of this size, and so in each arm.
        2 => unsafe { to.cast::<u16>().write_unaligned(value as u16) },
        // SAFETY: as above.
        4 => unsafe { to.cast::<u32>().write_unaligned(value as u32) },
        // SAFETY: as above.
        _ => unsafe { to.cast::<u64>().write_unaligned(value) },
    }
}

/// Widens the same integer of each item.
///
/// # Safety
///
/// As [`widen`], for each item.
pub(super) unsafe fn widen_each(from: *const u8, to: *mut u8, kind: Widen, strides: Strides) {
    /// # Safety
    ///
    /// As [`widen_each`].
    #[inline(always)]
    unsafe fn all(from: *const u8, to: *mut u8, kind: Widen, strides: Strides) {
        for (a, b) in strides.offsets() {
            // SAFETY: an item is there.
            let from = unsafe { from.add(a) };
            // SAFETY: there is room for an item.
            let to = unsafe { to.add(b) };
            // SAFETY: the caller passes such integers.
            unsafe { widen(from, to, kind) };
        }
    }
    // What is common is compiled for itself, so that what to do is decided once and not per item.
    let fixed = |from, to| Widen {
        from,
        to,
        signed: false,
    };
    match (kind.from, kind.to, kind.signed) {
        // SAFETY: the caller's integers are of these forms, and so in each arm.
        (4, 8, false) => unsafe { all(from, to, fixed(4, 8), strides) },
        // SAFETY: as above.
        (2, 8, false) => unsafe { all(from, to, fixed(2, 8), strides) },
        // SAFETY: as above.
        (2, 4, false) => unsafe { all(from, to, fixed(2, 4), strides) },
        // SAFETY: as above.
        _ => unsafe { all(from, to, kind, strides) },
    }
}

#[cfg(target_endian = "big")]
compile_error!("numbers are read as little-endian");

#[cfg(test)]
mod tests {
    use super::*;

    fn form(size: usize, signed: bool, float: bool) -> Form {
        Form {
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
        assert_eq!(fit(Value::Unsigned(255), u8_), Some(255));
        assert_eq!(fit(Value::Unsigned(256), u8_), None);
        assert_eq!(fit(Value::Unsigned(127), i8_), Some(127));
        assert_eq!(fit(Value::Unsigned(128), i8_), None);
        assert_eq!(fit(Value::Signed(-1), u64_), None);
        assert_eq!(fit(Value::Signed(-128), i8_).map(|v| v as u8), Some(128));
        assert_eq!(fit(Value::Signed(-129), i8_), None);
        assert_eq!(fit(Value::Float(1.5), u8_), None);
        assert_eq!(fit(Value::Float(2.0), u8_), Some(2));
        let u128_ = form(16, false, false);
        assert_eq!(fit(Value::Unsigned(u128::MAX), u128_), Some(u128::MAX));
        let f32_ = form(4, true, true);
        assert_eq!(
            fit(Value::Unsigned(1 << 24), f32_),
            Some(u128::from(16_777_216_f32.to_bits()))
        );
        assert_eq!(fit(Value::Unsigned((1 << 24) + 1), f32_), None);
    }

    #[test]
    fn widening_agrees_with_conversion() {
        let forms = [1, 2, 4, 8]
            .into_iter()
            .flat_map(|size| [form(size, false, false), form(size, true, false)]);
        let forms: Vec<Form> = forms.collect();
        let bytes = [0x80_u8, 0x7f, 0xff, 0x01, 0xfe, 0x00, 0x10, 0x8f];
        for &was in &forms {
            for &now in &forms {
                let Some(widening) = Widen::new(was, now) else {
                    continue;
                };
                for start in 0..8 - was.size {
                    let (mut wide, mut slow) = ([0_u8; 8], [0_u8; 8]);
                    // SAFETY: both are as large as their forms say.
                    unsafe { widen(bytes[start..].as_ptr(), wide.as_mut_ptr(), widening) };
                    // SAFETY: as above.
                    let done =
                        unsafe { convert(bytes[start..].as_ptr(), slow.as_mut_ptr(), (was, now)) };
                    assert_eq!((done, wide), (Ok(()), slow), "{was:?} {now:?}");
                }
            }
        }
    }

    #[test]
    fn conversion_agrees_with_the_language_for_every_pair_of_small_integers() {
        for value in i32::from(i16::MIN)..=i32::from(i16::MAX) {
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
