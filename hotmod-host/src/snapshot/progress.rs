//! How far a trial of states has come, in a file: what a process leaves of it that a state's module ends.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How many states that do not fit are named, of each pool.
pub(super) const TOLD: usize = 100;

/// A state at which the process ended: the place of its group among those of the snapshot, its own in the group, and how.
#[doc(hidden)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndedAt {
    pub group: usize,
    pub state: usize,
    pub how: String,
}

/// Where a process was.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryPlace {
    /// Before the first state that it was to make.
    Before,
    /// At the state of these places.
    At(usize, usize),
    /// Behind the last state.
    After,
}

/// In the place of a group: there is none.
const NO_GROUP: u64 = u64::MAX;

/// What came of the states of a group so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StatesTried {
    pub(super) fit: usize,
    pub(super) took: Duration,
    pub(super) longest: Duration,
    /// Bytes of all that fit.
    pub(super) memory: u64,
    /// Bytes of the largest.
    pub(super) largest: u64,
}

/// The file holds numbers of eight bytes: where the process is, and how many states of that group were tried; what was
/// [counted](StatesTried) of that group; and then for each group what was counted of it in the end, and the places of the first
/// of its states that do not fit, with their count before them.
const NUMBER: usize = 8;
const PLACE: usize = 3;
const COUNTED: usize = 5;
const OF_A_GROUP: usize = COUNTED + 1 + TOLD;

impl StatesTried {
    fn to_numbers(self) -> [u64; COUNTED] {
        let nanoseconds = |it: Duration| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX);
        let (took, longest) = (nanoseconds(self.took), nanoseconds(self.longest));
        [self.fit as u64, took, longest, self.memory, self.largest]
    }

    fn of_numbers(numbers: &[u64]) -> Self {
        let number = |place: usize| numbers.get(place).copied().unwrap_or_default();
        StatesTried {
            fit: number(0) as usize,
            took: Duration::from_nanos(number(1)),
            longest: Duration::from_nanos(number(2)),
            memory: number(3),
            largest: number(4),
        }
    }
}

/// What is known of a group from the processes before.
#[derive(Debug, Default)]
pub(super) struct GroupTried {
    pub(super) counted: StatesTried,
    /// How many states were tried.
    pub(super) tried: usize,
    /// The places of the first of those that did not fit: they are made once more, to be told.
    pub(super) stuck: Vec<usize>,
}

/// Where a trial says how far it has come.
#[derive(Debug, Default)]
pub(super) struct TryProgress {
    file: Option<File>,
    begun: BTreeMap<usize, GroupTried>,
    ended: BTreeMap<(usize, usize), String>,
    /// The state behind which no more are to be tried.
    last: Option<(usize, usize)>,
}

impl TryProgress {
    /// One that begins in this file; behind what processes before have left there, if it `resumes`.
    pub(super) fn in_file(
        path: Option<&Path>,
        ended: &[EndedAt],
        resumes: bool,
        stops: bool,
    ) -> io::Result<Self> {
        let ended: BTreeMap<_, _> = ended
            .iter()
            .map(|it| ((it.group, it.state), it.how.clone()))
            .collect();
        let last = ended.keys().next_back().copied().filter(|_| stops);
        let mut progress = TryProgress {
            file: None,
            begun: BTreeMap::new(),
            ended,
            last,
        };
        if let Some(path) = path {
            let options = &mut File::options();
            let file = options.write(true).create(true).truncate(!resumes);
            if resumes {
                progress.begun = begun(&numbers(path)?);
            }
            progress.file = Some(file.open(path)?);
            progress.write(0, &[NO_GROUP, 0, 0]);
        }
        Ok(progress)
    }

    /// What is known of a group.
    pub(super) fn begun(&mut self, group: usize) -> GroupTried {
        self.begun.remove(&group).unwrap_or_else(|| {
            // What a process has left there that came further than the last.
            self.write(of_group(group) + COUNTED, &[0]);
            GroupTried::default()
        })
    }

    /// How the process ended at a state, if it did.
    pub(super) fn ended_at(&self, group: usize, state: usize) -> Option<&str> {
        self.ended.get(&(group, state)).map(String::as_str)
    }

    /// Whether neither this state nor those behind it are to be tried.
    pub(super) fn is_behind_the_last(&self, group: usize, state: usize) -> bool {
        self.last.is_some_and(|last| last < (group, state))
    }

    /// A state is about to be made, when so many of the group were tried.
    pub(super) fn at(&self, (group, state): (usize, usize), tried: usize, counted: &StatesTried) {
        let mut numbers = [0; PLACE + COUNTED];
        numbers[..PLACE].copy_from_slice(&[group as u64, state as u64, tried as u64]);
        numbers[PLACE..].copy_from_slice(&counted.to_numbers());
        self.write(0, &numbers);
    }

    /// A state does not fit, when so many of its group were noted already.
    pub(super) fn stuck(&self, group: usize, count: usize, state: usize) {
        let first = of_group(group) + COUNTED;
        self.write(first + 1 + count, &[state as u64]);
        self.write(first, &[count as u64 + 1]);
    }

    /// All states of a group were tried.
    pub(super) fn group_ends(&self, group: usize, counted: &StatesTried) {
        self.write(of_group(group), &counted.to_numbers());
    }

    /// All states were tried.
    pub(super) fn ends(&self) {
        self.write(0, &[NO_GROUP, 1, 0]);
    }

    fn write(&self, at: usize, numbers: &[u64]) {
        let Some(file) = &self.file else {
            return;
        };
        let mut bytes = [0; NUMBER * (PLACE + COUNTED)];
        let to = bytes.as_chunks_mut::<NUMBER>().0.iter_mut();
        to.zip(numbers)
            .for_each(|(to, number)| *to = number.to_le_bytes());
        // Where it cannot be written, a crash is told without its state.
        let _ = file.write_all_at(&bytes[..NUMBER * numbers.len()], (NUMBER * at) as u64);
    }
}

/// Where what is known of a group begins.
fn of_group(group: usize) -> usize {
    PLACE + COUNTED + group * OF_A_GROUP
}

fn numbers(path: &Path) -> io::Result<Vec<u64>> {
    let bytes = fs::read(path)?;
    let numbers = bytes.as_chunks::<NUMBER>().0.iter();
    Ok(numbers.map(|it| u64::from_le_bytes(*it)).collect())
}

/// What the processes before have left of each group, up to the one that the last of them was at.
fn begun(numbers: &[u64]) -> BTreeMap<usize, GroupTried> {
    let TryPlace::At(group, _) = place(numbers) else {
        return BTreeMap::new();
    };
    let known = |number: usize| {
        let left = numbers.get(of_group(number)..).unwrap_or_default();
        let (counted, left) = left.split_at_checked(COUNTED).unwrap_or_default();
        let (count, places) = left.split_first().unwrap_or((&0, &[]));
        let places = places.iter().take((*count as usize).min(TOLD));
        GroupTried {
            counted: StatesTried::of_numbers(counted),
            tried: usize::MAX,
            stuck: places.map(|it| *it as usize).collect(),
        }
    };
    let mut all: BTreeMap<usize, GroupTried> = (0..=group).map(|it| (it, known(it))).collect();
    if let Some(last) = all.get_mut(&group) {
        last.counted = StatesTried::of_numbers(numbers.get(PLACE..).unwrap_or_default());
        last.tried = numbers.get(PLACE - 1).map_or(0, |it| *it as usize);
    }
    all
}

fn place(numbers: &[u64]) -> TryPlace {
    match numbers {
        [NO_GROUP, 1, ..] => TryPlace::After,
        [group, state, ..] if *group != NO_GROUP => TryPlace::At(*group as usize, *state as usize),
        _ => TryPlace::Before,
    }
}

impl TryPlace {
    /// Where a process was that wrote this file.
    pub fn of(progress: &Path) -> Self {
        numbers(progress).map_or(TryPlace::Before, |it| place(&it))
    }

    /// Whether it was at a state when it ended. One of an older hotmod, which writes two numbers, does not say that.
    pub fn is_at_a_state(progress: &Path) -> bool {
        let numbers = numbers(progress).unwrap_or_default();
        numbers.len() > 2 && matches!(place(&numbers), TryPlace::At(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_goes_on_where_the_one_before_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("progress");
        assert_eq!(TryPlace::of(&path), TryPlace::Before);
        let first = TryProgress::in_file(Some(&path), &[], false, false).expect("a file");
        assert_eq!(TryPlace::of(&path), TryPlace::Before);
        let counted = |fit: usize| StatesTried {
            fit,
            took: Duration::from_nanos(5),
            longest: Duration::from_nanos(4),
            memory: 3,
            largest: 2,
        };
        first.at((0, 7), 7, &counted(6));
        first.stuck(0, 0, 7);
        first.group_ends(0, &counted(7));
        first.at((2, 1), 1, &counted(1));
        first.stuck(2, 0, 1);
        first.at((2, 9), 9, &counted(8));
        assert_eq!(TryPlace::of(&path), TryPlace::At(2, 9));
        assert!(TryPlace::is_at_a_state(&path));
        let ended = EndedAt {
            group: 2,
            state: 9,
            how: "ended".to_owned(),
        };
        let mut next = TryProgress::in_file(Some(&path), &[ended], true, true).expect("a file");
        // It has made none yet, and may end before it does.
        assert_eq!(TryPlace::of(&path), TryPlace::Before);
        let begun = next.begun(0);
        assert_eq!((begun.counted, begun.stuck), (counted(7), vec![7]));
        assert!(begun.tried > 1 << 40);
        let begun = next.begun(2);
        assert_eq!((begun.counted, begun.stuck), (counted(8), vec![1]));
        assert_eq!(begun.tried, 9);
        assert_eq!(next.begun(3).tried, 0);
        assert_eq!(next.ended_at(2, 9), Some("ended"));
        assert!(!next.is_behind_the_last(2, 9) && next.is_behind_the_last(2, 10));
        // One that was made once more to be told.
        next.at((2, 1), 9, &counted(8));
        let mut third = TryProgress::in_file(Some(&path), &[], true, false).expect("a file");
        let begun = third.begun(2);
        assert_eq!((begun.tried, begun.stuck), (9, vec![1]));
        next.ends();
        assert_eq!(TryPlace::of(&path), TryPlace::After);
        assert!(!TryPlace::is_at_a_state(&path));
    }
}
