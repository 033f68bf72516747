//! `time`: by numbers, since its texts cover a part of what there is.

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

use super::{Carried, Moved};

/// Each by its numbers: what they are, the value's, and the value of them.
macro_rules! by_numbers {
    ($($(#[$meta:meta])* $ty:ty as $name:literal $form:ty, |$value:ident| $to:expr, |$numbers:pat_param| $from:expr;)*) => {$(
        $(#[$meta])*
        impl Carried for $ty {
            const NAME: &'static str = $name;
            type Parameters = ();
            type Form = $form;
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<$ty>() };

            fn to_form(&self) -> Result<$form, String> {
                let $value = *self;
                Ok($to)
            }

            fn from_form($numbers: $form) -> Result<Self, String> {
                $from
            }
        }

        carried! { [] $ty; }
    )*};
}

fn said(error: time::error::ComponentRange) -> String {
    error.to_string()
}

by_numbers! {
    /// Its Julian day.
    Date as "time::Date" i32, |date| date.to_julian_day(),
        |day| Date::from_julian_day(day).map_err(said);
    /// Hours, minutes, seconds, nanoseconds.
    Time as "time::Time" (u8, u8, u8, u32), |time| time.as_hms_nano(),
        |(hour, minute, second, nano)| Time::from_hms_nano(hour, minute, second, nano).map_err(said);
    /// Its date and its time.
    PrimitiveDateTime as "time::PrimitiveDateTime" (Date, Time), |it| (it.date(), it.time()),
        |(date, time)| Ok(PrimitiveDateTime::new(date, time));
    /// Seconds east.
    UtcOffset as "time::UtcOffset" i32, |offset| offset.whole_seconds(),
        |east| UtcOffset::from_whole_seconds(east).map_err(said);
    /// Nanoseconds since the Unix epoch.
    UtcDateTime as "time::UtcDateTime" i128, |time| time.unix_timestamp_nanos(),
        |nanos| UtcDateTime::from_unix_timestamp_nanos(nanos).map_err(said);
    /// Nanoseconds since the Unix epoch, and the offset.
    OffsetDateTime as "time::OffsetDateTime" (i128, UtcOffset), |it| (it.unix_timestamp_nanos(), it.offset()),
        |(nanos, offset)| {
            // By its own date: at the ends of what there is, that of UTC may be none.
            let local = nanos.checked_add(i128::from(offset.whole_seconds()) * 1_000_000_000);
            let local = local.ok_or_else(|| format!("{nanos} ns are too many"))?;
            let local = UtcDateTime::from_unix_timestamp_nanos(local).map_err(said)?;
            Ok(PrimitiveDateTime::new(local.date(), local.time()).assume_offset(offset))
        };
    /// Seconds and nanoseconds, both of one sign.
    Duration as "time::Duration" (i64, i32), |it| (it.whole_seconds(), it.subsec_nanoseconds()),
        |(seconds, nanos)| Duration::seconds(seconds)
            .checked_add(Duration::nanoseconds(nanos.into()))
            .ok_or_else(|| format!("{seconds} s are too long"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_carried_over_whose_date_in_utc_is_none() {
        let hour = UtcOffset::from_hms(1, 0, 0).expect("an offset");
        let west = UtcOffset::from_hms(-1, 0, 0).expect("an offset");
        for time in [
            PrimitiveDateTime::MIN.assume_offset(hour),
            PrimitiveDateTime::MAX.assume_offset(west),
            OffsetDateTime::UNIX_EPOCH.to_offset(west),
        ] {
            let back = OffsetDateTime::from_form(time.to_form().expect("a form"));
            let back = back.expect("a time");
            assert_eq!((back, back.offset()), (time, time.offset()));
        }
    }
}
