//! How long the longest pause of an update would be.

use std::fmt;
use std::time::{Duration, Instant};

use hotmod::printed::lines;

use crate::ahead::ahead;
use crate::migrate::{SampledState, Sampling, Unsampled};

/// How many containers are told.
const TOLD: usize = 10;

/// How long a caller would wait at most for the migration of an instance, estimated from a sample of the live states:
/// of each container whose items are made anew, some milliseconds' worth of items was prepared and given up, and what
/// those took stands for all.
///
/// An estimate is as good as the sample: where a few items are much larger than the others, or the machine is busy, it
/// is off. It is of one thread's work: where several may work on one state
/// ([`HostBuilder::migration_threads`](crate::HostBuilder::migration_threads)), a migration may take less.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PauseEstimate {
    /// How long the migration of the instance that would take longest takes; or of a value that follows by itself
    /// ([`Lazy`](hotmod::Lazy)), if one was found that takes longer.
    pub longest: Duration,
    /// The containers of that instance or value whose items are made anew, those that take longest first, at most 10. The
    /// paths in a value begin with its type.
    pub places: Vec<PausePlace>,
    /// From how many instances that is estimated.
    pub sampled: usize,
    /// How many instances that would be migrated were not looked into: they were in use for so long, or there were too
    /// many for the half second that this may take, or hold an `Arc` or `Rc` whose content changes.
    pub unsampled: usize,
    /// How many instances that would be migrated are neither in a pool nor shared, so that only their owners can look
    /// into them.
    pub outside: usize,
}

/// A container, or all the containers of one place, whose items are made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PausePlace {
    /// The path, as in the plan: `Db.entries`, `Db.tables[].rows`.
    pub path: String,
    /// How many items there are. Of containers within items, an estimate too.
    pub items: usize,
    /// How long all of them take, containers within them included.
    pub takes: Duration,
}

impl fmt::Display for PausePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PausePlace { path, items, takes } = self;
        write!(
            f,
            "`{path}`: {} to rebuild, about {} in one call",
            Grouped(*items),
            About(*takes)
        )
    }
}

impl fmt::Display for PauseEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let PauseEstimate {
                longest,
                places,
                sampled,
                unsampled,
                outside,
            } = self;
            write!(
                f,
                "the longest pause would be about {}, by a sample of {sampled} instances",
                About(*longest)
            )?;
            if unsampled + outside > 0 {
                write!(
                    f,
                    "; {unsampled} more were not looked into, and {outside} are outside of pools"
                )?;
            }
            for place in places {
                write!(f, "\n    {place}")?;
            }
            Ok(())
        })
    }
}

/// A number with its thousands apart.
pub(crate) struct Grouped(pub(crate) usize);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut grouped = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.write_str(&grouped)
    }
}

/// A time to one digit behind the point.
pub(crate) struct About(pub(crate) Duration);

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1?}", self.0)
    }
}

impl PauseEstimate {
    /// Adds an instance.
    fn add(&mut self, state: SampledState) {
        self.sampled += 1;
        if state.takes > self.longest {
            self.tell(state);
        }
    }

    /// Has this be what takes longest.
    fn tell(&mut self, state: SampledState) {
        self.longest = state.takes;
        let mut places: Vec<_> = (state.places.into_iter())
            .filter(|it| it.items > 0)
            .map(|it| PausePlace {
                path: it.path,
                items: it.items,
                takes: it.takes,
            })
            .collect();
        places.sort_by_key(|it| std::cmp::Reverse(it.takes));
        places.truncate(TOLD);
        self.places = places;
    }
}

/// Goes around the instances that would be migrated.
pub(crate) struct Sampler<'a> {
    pub(crate) sampling: &'a Sampling,
    /// When no more are looked into.
    until: Instant,
    pub(crate) found: PauseEstimate,
    /// How many would not be migrated.
    unfit: usize,
}

/// How long an instance that is in use is waited for.
const PATIENCE: Duration = Duration::from_millis(20);

impl<'a> Sampler<'a> {
    /// One that looks into instances for so long.
    pub(crate) fn new(sampling: &'a Sampling, time: Duration) -> Self {
        Sampler {
            sampling,
            until: ahead(time),
            found: PauseEstimate::default(),
            unfit: 0,
        }
    }

    /// How many instances were looked into.
    pub(crate) fn looked_into(&self) -> usize {
        self.found.sampled + self.unfit
    }

    /// Until when an instance that is in use is waited for.
    pub(crate) fn deadline(&self) -> Instant {
        self.until.min(Instant::now() + PATIENCE)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.until <= Instant::now()
    }

    /// Notes what a value would take that follows by itself, of an instance.
    pub(crate) fn note_value(&mut self, value: SampledState) {
        if value.takes > self.found.longest {
            self.found.tell(value);
        }
    }

    /// Notes what came of an instance.
    pub(crate) fn note(&mut self, sampled: Result<SampledState, Unsampled>) {
        match sampled {
            Ok(state) => self.found.add(state),
            // It stays where it is, so nothing waits for it for long.
            Err(Unsampled::Unfit) => self.unfit += 1,
            Err(Unsampled::Owners) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_says_where_the_longest_pause_would_be() {
        let estimate = PauseEstimate {
            longest: Duration::from_millis(612),
            places: vec![PausePlace {
                path: "Db.entries".to_owned(),
                items: 500_000,
                takes: Duration::from_millis(600),
            }],
            sampled: 1,
            unsampled: 0,
            outside: 2,
        };
        assert_eq!(
            estimate.to_string(),
            "the longest pause would be about 612.0ms, by a sample of 1 instances; 0 more were not looked into, and 2 are outside \
             of pools\n    `Db.entries`: 500,000 to rebuild, about 600.0ms in one call"
        );
    }

    #[test]
    fn thousands_stand_apart() {
        let grouped = [0, 12, 123, 1234, 123_456, 1_234_567].map(|it| Grouped(it).to_string());
        assert_eq!(grouped, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }
}
