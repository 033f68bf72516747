//! The failure of a call and the failure of the called function, as one.

use std::error::Error;
use std::fmt;

use crate::call::CallError;
use crate::printed::lines;

/// Why a call of a method or function that returns a `Result` gave no value: the call failed, or the
/// method or function did.
///
/// [`Flat::flat`] makes it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failed<E, C = CallError> {
    /// The call gave no result: a [`CallError`], or a pool's `PoolError`.
    Call(C),
    /// The call gave this result.
    Returned(E),
}

/// One `Result` in place of two, for `?`: of a call, and of the method or function that was called.
///
/// # Examples
///
/// ```
/// use hotmod::{CallError, Failed, Flat};
///
/// // What a host gets from `fn buy(&mut self, item: u32) -> Result<u32, String>`.
/// fn buy(price: Result<u32, String>) -> Result<Result<u32, String>, CallError> {
///     Ok(price)
/// }
///
/// fn sum() -> Result<u32, Box<dyn std::error::Error>> {
///     Ok(buy(Ok(3))?? + buy(Ok(4)).flat()?) // `??` takes one type of error for both
/// }
/// assert_eq!(sum().unwrap(), 7);
///
/// let failed = buy(Err("sold out".to_owned())).flat();
/// assert!(matches!(failed, Err(Failed::Returned(why)) if why == "sold out"));
/// ```
pub trait Flat {
    /// What the callee returns if all goes well.
    type Value;
    /// What the callee fails with.
    type Error;
    /// What the call fails with.
    type Call;

    /// The value, or the one error that there is.
    ///
    /// # Errors
    ///
    /// [`Failed::Call`] if the call failed, [`Failed::Returned`] if the called method or function did.
    fn flat(self) -> Result<Self::Value, Failed<Self::Error, Self::Call>>;
}

impl<T, E, C> Flat for Result<Result<T, E>, C> {
    type Value = T;
    type Error = E;
    type Call = C;

    fn flat(self) -> Result<T, Failed<E, C>> {
        match self {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Failed::Returned(error)),
            Err(call) => Err(Failed::Call(call)),
        }
    }
}

impl<E: fmt::Display, C: fmt::Display> fmt::Display for Failed<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| match self {
            Failed::Call(call) => write!(f, "{call}"),
            Failed::Returned(error) => write!(f, "{error}"),
        })
    }
}

/// As `Display`, since an error that `main` returns is printed by `Debug`.
impl<E: fmt::Display, C: fmt::Display> fmt::Debug for Failed<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<E: fmt::Display, C: fmt::Display> Error for Failed<E, C> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(result: Result<Result<u32, &'static str>, &'static str>) -> Result<u32, String> {
        result.flat().map_err(|failed| match &failed {
            Failed::Call(_) => format!("call: {failed}"),
            Failed::Returned(_) => format!("returned: {failed:?}"),
        })
    }

    #[test]
    fn each_of_three_outcomes_is_told_apart() {
        assert_eq!(flat(Ok(Ok(7))), Ok(7));
        assert_eq!(flat(Ok(Err("sold out"))), Err("returned: sold out".into()));
        assert_eq!(flat(Err("it panicked")), Err("call: it panicked".into()));
    }
}
