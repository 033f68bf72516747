//! `chrono`: times by the texts of ISO 8601, as `Debug` writes and `FromStr` reads them; lengths in seconds and
//! nanoseconds.

use chrono::{
    DateTime, FixedOffset, Month, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc,
    Weekday,
};

use super::{Carried, Moved};

macro_rules! by_iso_8601 {
    ($($ty:ty as $name:literal, |$it:pat_param| $time:expr;)*) => {$(
        impl Carried for $ty {
            const NAME: &'static str = $name;
            type Parameters = ();
            type Form = String;
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<$ty>() };

            fn to_form(&self) -> Result<String, String> {
                let $it = self;
                let time: Option<NaiveTime> = $time;
                match time.is_some_and(leaps_within) {
                    true => Err(format!("{self:?} is after a leap second within a minute, which has no text")),
                    false => Ok(format!("{self:?}")),
                }
            }

            fn from_form(text: String) -> Result<Self, String> {
                text.parse().map_err(|error| format!("{text:?} is none: {error}"))
            }
        }

        carried! { [] $ty; }
    )*};
}

by_iso_8601! {
    DateTime<Utc> as "chrono::DateTime.Utc", |it| Some(it.time());
    NaiveDateTime as "chrono::NaiveDateTime", |it| Some(it.time());
    NaiveDate as "chrono::NaiveDate", |_| None;
    NaiveTime as "chrono::NaiveTime", |it| Some(*it);
}

/// Whether it is in a leap second that does not end a minute: such a one is made of parts, and written as the second after it.
fn leaps_within(time: NaiveTime) -> bool {
    time.nanosecond() >= 1_000_000_000 && time.second() != 59
}

/// The time in UTC, and how many seconds east: an offset may have seconds, which no text of ISO 8601 has.
impl Carried for DateTime<FixedOffset> {
    const NAME: &'static str = "chrono::DateTime.FixedOffset";
    type Parameters = ();
    type Form = (String, i32);
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<DateTime<FixedOffset>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok((self.to_utc().to_form()?, self.offset().local_minus_utc()))
    }

    fn from_form((utc, east): Self::Form) -> Result<Self, String> {
        Ok(DateTime::<Utc>::from_form(utc)?.with_timezone(&FixedOffset::from_form(east)?))
    }
}

/// How many seconds east.
impl Carried for FixedOffset {
    const NAME: &'static str = "chrono::FixedOffset";
    type Parameters = ();
    type Form = i32;
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<FixedOffset>() };

    fn to_form(&self) -> Result<i32, String> {
        Ok(self.local_minus_utc())
    }

    fn from_form(east: i32) -> Result<Self, String> {
        FixedOffset::east_opt(east).ok_or_else(|| format!("no offset has {east} seconds"))
    }
}

/// Seconds and nanoseconds, both of one sign.
impl Carried for TimeDelta {
    const NAME: &'static str = "chrono::TimeDelta";
    type Parameters = ();
    type Form = (i64, i32);
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<TimeDelta>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok((self.num_seconds(), self.subsec_nanos()))
    }

    fn from_form((seconds, nanos): Self::Form) -> Result<Self, String> {
        let nanos = TimeDelta::nanoseconds(nanos.into());
        let length = TimeDelta::try_seconds(seconds).and_then(|it| it.checked_add(&nanos));
        length.ok_or_else(|| format!("{seconds} s are too long"))
    }
}

/// From Monday, 0, to Sunday, 6.
impl Carried for Weekday {
    const NAME: &'static str = "chrono::Weekday";
    type Parameters = ();
    type Form = u8;
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<Weekday>() };

    fn to_form(&self) -> Result<u8, String> {
        Ok(*self as u8)
    }

    fn from_form(day: u8) -> Result<Self, String> {
        Weekday::try_from(day).map_err(|_| format!("no weekday is {day}"))
    }
}

/// From January, 1, to December, 12.
impl Carried for Month {
    const NAME: &'static str = "chrono::Month";
    type Parameters = ();
    type Form = u8;
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<Month>() };

    fn to_form(&self) -> Result<u8, String> {
        Ok(self.number_from_month() as u8)
    }

    fn from_form(month: u8) -> Result<Self, String> {
        Month::try_from(month).map_err(|_| format!("no month is {month}"))
    }
}

carried! {
    [] DateTime<FixedOffset>;
    [] FixedOffset;
    [] TimeDelta;
    [] Weekday;
    [] Month;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_has_no_text_is_told() {
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).expect("a leap second");
        let back = NaiveTime::from_form(leap.to_form().expect("a text"));
        assert_eq!(back, Ok(leap));
        let odd = leap.with_second(30).expect("a time");
        assert!(odd.to_form().is_err());
        assert!(NaiveDate::MIN.and_time(odd).and_utc().to_form().is_err());
    }
}
