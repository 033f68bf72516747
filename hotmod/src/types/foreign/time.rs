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
            let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(said)?;
            time.checked_to_offset(offset).ok_or_else(|| format!("{time} has no date at {offset}"))
        };
    /// Seconds and nanoseconds, both of one sign.
    Duration as "time::Duration" (i64, i32), |it| (it.whole_seconds(), it.subsec_nanoseconds()),
        |(seconds, nanos)| Duration::seconds(seconds)
            .checked_add(Duration::nanoseconds(nanos.into()))
            .ok_or_else(|| format!("{seconds} s are too long"));
}
