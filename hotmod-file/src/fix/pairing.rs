//! Which of two lists have become each other, by how likely each two are.

use super::likeness::{self, LIKELY, MARGIN};

/// How likely each of some has become each of others.
#[derive(Default)]
pub(super) struct Scores(Vec<(usize, usize, f64)>);

impl Scores {
    pub(super) fn add(&mut self, was: usize, now: usize, score: f64) {
        self.0.push((was, now, score));
    }

    /// Those that are likely, and by more than any other pair of the same two.
    pub(super) fn likely(&self) -> Vec<(usize, usize)> {
        let others = |was, now| {
            let all = self.0.iter();
            let others = all.filter(move |it| (it.0 == was) != (it.1 == now));
            others.map(|it| it.2).fold(0.0, f64::max)
        };
        let likely = self
            .0
            .iter()
            .filter(|(was, now, score)| *score >= LIKELY && *score >= others(*was, *now) + MARGIN);
        likely.map(|(was, now, _)| (*was, *now)).collect()
    }

    /// Whether one could have become any of the others.
    pub(super) fn has(&self, was: usize) -> bool {
        self.0.iter().any(|it| it.0 == was)
    }

    /// Whether it may have become another, though that is not likely.
    pub(super) fn may_be(&self, now: usize) -> Option<usize> {
        let all = self.0.iter().filter(|it| it.1 == now);
        let best = all.max_by(|a, b| a.2.total_cmp(&b.2))?;
        Some(best.0)
    }
}

/// Which of two lists of names has become which.
pub(super) struct Pairing {
    was: Vec<String>,
    now: Vec<String>,
    /// What each two are worth that could be one, but for their names and places.
    worths: Vec<(usize, usize, f64)>,
    /// How likely those are that were not paired.
    pub(super) scores: Scores,
    pub(super) paired: Vec<(usize, usize)>,
}

impl Pairing {
    pub(super) fn new(
        was: Vec<String>,
        now: Vec<String>,
        worths: Vec<(usize, usize, f64)>,
    ) -> Self {
        Pairing {
            was,
            now,
            worths,
            scores: Scores::default(),
            paired: Vec::new(),
        }
    }

    /// Pairs those that are likely and that `take` takes, until there are no more: what was paired makes neighbours the same.
    pub(super) fn pair(&mut self, mut take: impl FnMut(usize, usize) -> bool) {
        loop {
            self.score();
            let likely = self.scores.likely();
            let count = self.paired.len();
            self.paired
                .extend(likely.into_iter().filter(|(i, j)| take(*i, *j)));
            if self.paired.len() == count {
                return;
            }
        }
    }

    fn score(&mut self) {
        let Pairing {
            was, now, paired, ..
        } = &*self;
        let is_open = |&(i, j, _): &(usize, usize, f64)| {
            !paired.iter().any(|(was, now)| *was == i || *now == j)
        };
        let is_same = |a: usize, b: usize| was[a] == now[b] || paired.contains(&(a, b));
        let mut scores = Scores::default();
        for (i, j, worth) in self.worths.iter().copied().filter(is_open) {
            let position = likeness::position((i, was.len()), (j, now.len()), is_same);
            let score = likeness::score((&was[i], &now[j]), position, worth);
            scores.add(i, j, score);
        }
        self.scores = scores;
    }
}
