//! Periods and limits of time, as attributes have them: `"50ms"`.

use syn::LitStr;

/// What to write.
pub(crate) const PERIOD: &str =
    "write a number and its unit: `\"50ms\"`, `\"1s\"`, `\"5min\"`, `\"2h\"`";

/// The units that a period may have, each with its milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)];

/// The longest period, in milliseconds: 30 days.
const LONGEST: u64 = 30 * 24 * 3_600_000;

/// The milliseconds that a period says.
pub(crate) fn milliseconds(period: &LitStr) -> syn::Result<u64> {
    let text = period.value();
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let (number, unit) = text.split_at(text.len() - digits.len());
    let unit = UNITS.iter().find(|(name, _)| *name == unit);
    let fault = |what: &str, help: &str| {
        Err(syn::Error::new(
            period.span(),
            format!("`{text}` is {what}\nhelp: {help}"),
        ))
    };
    let Some((_, each)) = unit.filter(|_| !number.is_empty()) else {
        return fault("no period", PERIOD);
    };
    let milliseconds = number.parse::<u64>().ok();
    let milliseconds = milliseconds.and_then(|number| number.checked_mul(*each));
    match milliseconds {
        Some(0) => fault("no time at all", "the shortest period is `\"1ms\"`"),
        Some(period) if period <= LONGEST => Ok(period),
        _ => fault("too long", "the longest period is 30 days, `\"720h\"`"),
    }
}
