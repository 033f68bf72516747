//! Dates and times as ISO 8601 writes them, and RFC 3339 where they have its four digits of the year.
//!
//! By hand, since all dates of all crates are shown: those of `time` go further than `chrono`'s, and only as far as a feature of
//! `time` says, which would change how the server that links this reads dates of its own.

use std::fmt;

/// How many nanoseconds a second has.
pub(super) const SECOND: i64 = 1_000_000_000;

/// How many seconds a day has. None has a leap second here.
const DAY: i64 = 86_400;

/// The Julian day of the first of 1970.
const EPOCH: i64 = 2_440_588;

/// Years before and after which there are no dates: no crate's go further.
const YEARS: i64 = 999_999;

/// How many days 400 years have, after which the calendar repeats.
const ERA: i64 = 146_097;

/// A date of the Gregorian calendar, which goes on to before it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Day {
    year: i64,
    month: i64,
    day: i64,
}

impl Day {
    pub(super) fn of_julian(day: i32) -> Option<Self> {
        Day::after_epoch(i64::from(day) - EPOCH)
    }

    /// So many days after the first of 1970: by years that begin in March, as in Howard Hinnant's "chrono-Compatible
    /// Low-Level Date Algorithms".
    fn after_epoch(days: i64) -> Option<Self> {
        let days = days.checked_add(719_468)?;
        let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = year + era * 400 + i64::from(month <= 2);
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        (year.abs() <= YEARS).then_some(Day { year, month, day })
    }

    /// How many days after the first of 1970.
    fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let from_march = (self.month + 9) % 12;
        let of_year = (153 * from_march + 2) / 5 + self.day - 1;
        era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// What is written as a date is: a year of four digits, or of more behind a sign, a month and a day.
    fn read(text: &str) -> Option<Self> {
        let (text, day) = text.rsplit_once('-')?;
        let (year, month) = text.rsplit_once('-')?;
        let digits = year.strip_prefix(['+', '-']).unwrap_or(year);
        let is_year = (4..=6).contains(&digits.len()) && is_number(digits);
        let year = is_year.then(|| year.parse().ok())??;
        let read = Day {
            year,
            month: two(month, 12)?,
            day: two(day, 31)?,
        };
        // One that is none is another by its number.
        let is_one = Day::after_epoch(read.days()) == Some(read);
        is_one.then_some(read)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.year {
            0..=9999 => write!(f, "{:04}", self.year)?,
            year => write!(f, "{year:+05}")?,
        }
        write!(f, "-{:02}-{:02}", self.month, self.day)
    }
}

/// A time of a day.
pub(super) struct Clock {
    seconds: i64,
    nanos: i64,
}

impl Clock {
    pub(super) fn of(hour: u8, minute: u8, second: u8, nanos: u32) -> Option<Self> {
        let is_one = hour < 24 && minute < 60 && second < 60 && i64::from(nanos) < SECOND;
        is_one.then(|| Clock {
            seconds: (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second),
            nanos: nanos.into(),
        })
    }
}

/// With as many digits of the second as `chrono` writes: none, or three, six or nine.
impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Clock { seconds, nanos } = *self;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hour:02}:{minute:02}:{second:02}")?;
        match nanos {
            0 => Ok(()),
            _ if nanos % 1_000_000 == 0 => write!(f, ".{:03}", nanos / 1_000_000),
            _ if nanos % 1000 == 0 => write!(f, ".{:06}", nanos / 1000),
            _ => write!(f, ".{nanos:09}"),
        }
    }
}

/// The date and time so many nanoseconds after the Unix epoch, without an offset.
pub(super) fn after_epoch(nanos: i128) -> Option<String> {
    let second = i128::from(SECOND);
    let seconds = i64::try_from(nanos.div_euclid(second)).ok()?;
    let clock = Clock {
        seconds: seconds.rem_euclid(DAY),
        nanos: i64::try_from(nanos.rem_euclid(second)).ok()?,
    };
    let day = Day::after_epoch(seconds.div_euclid(DAY))?;
    Some(format!("{day}T{clock}"))
}

/// How many seconds a place is ahead of UTC.
#[derive(Clone, Copy)]
pub(super) struct Offset(i64);

impl Offset {
    pub(super) fn of(east: i64) -> Option<Self> {
        (-100 * 3600 < east && east < 100 * 3600).then_some(Offset(east))
    }

    pub(super) fn seconds(self) -> i64 {
        self.0
    }

    /// If it can be part of a moment that is written down: it is of less than a day, and has no seconds.
    pub(super) fn of_moment(self) -> Option<Self> {
        (self.0.abs() < DAY && self.0 % 60 == 0).then_some(self)
    }

    /// What is written as one is, without seconds.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+')?),
        };
        let (hours, minutes) = rest.split_once(':')?;
        Offset::of(sign * (two(hours, 99)? * 60 + two(minutes, 59)?) * 60)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, east) = (if self.0 < 0 { '-' } else { '+' }, self.0.abs());
        write!(f, "{sign}{:02}:{:02}", east / 3600, east / 60 % 60)?;
        match east % 60 {
            0 => Ok(()),
            seconds => write!(f, ":{seconds:02}"),
        }
    }
}

/// A moment that is written in UTC, as it is written where the clocks have an offset. Its seconds stay as they are, also
/// in a leap second: the offset has none.
pub(super) fn moved_text(utc: &str, offset: Offset) -> Option<String> {
    let offset = offset.of_moment()?;
    let (date, time) = utc.strip_suffix('Z')?.split_once('T')?;
    let mut parts = time.splitn(3, ':');
    let (hour, minute) = (two(parts.next()?, 23)?, two(parts.next()?, 59)?);
    let seconds = parts.next()?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    two(whole, 60)?;
    is_number(fraction).then_some(())?;
    let minutes = (Day::read(date)?.days() * 24 + hour) * 60 + minute + offset.0 / 60;
    let (day, of_day) = (minutes.div_euclid(24 * 60), minutes.rem_euclid(24 * 60));
    let day = Day::after_epoch(day)?;
    let (hour, minute) = (of_day / 60, of_day % 60);
    Some(format!("{day}T{hour:02}:{minute:02}:{seconds}{offset}"))
}

/// A number of two digits, up to this.
fn two(text: &str, most: i64) -> Option<i64> {
    let is_two = text.len() == 2 && is_number(text);
    let number = is_two.then(|| text.parse().ok())??;
    (number <= most).then_some(number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_follows_the_one_before() {
        let mut before = Day::after_epoch(-ERA).expect("a day");
        assert_eq!(before.to_string(), "1570-01-01");
        for days in -ERA + 1..=ERA {
            let day = Day::after_epoch(days).expect("a day");
            assert_eq!(day.days(), days);
            assert_eq!(Day::read(&day.to_string()), Some(day));
            let is_leap =
                before.year % 4 == 0 && (before.year % 100 != 0 || before.year % 400 == 0);
            let last = match before.month {
                2 => 28 + i64::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            let next = match (before.month, before.day == last) {
                (12, true) => (before.year + 1, 1, 1),
                (month, true) => (before.year, month + 1, 1),
                (month, false) => (before.year, month, before.day + 1),
            };
            assert_eq!((day.year, day.month, day.day), next);
            before = day;
        }
        assert_eq!(Day::after_epoch(i64::MAX), None);
        assert_eq!(Day::after_epoch(i64::MIN), None);
        assert_eq!(Day::of_julian(i32::MAX), None);
        for year in ["9999", "+10000", "+999999", "0000", "-0001", "-999999"] {
            let day = format!("{year}-12-31");
            assert_eq!(Day::read(&day).map(|it| it.to_string()), Some(day));
        }
    }
}
