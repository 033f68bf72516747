//! Who holds an instance, and in which order the others come to hold it: threads, and tasks that wait without one.
//!
//! | hold | beside it |
//! |---|---|
//! | a reader's | readers, and one that stands beside them |
//! | beside readers | readers |
//! | alone | nothing |
//!
//! One word says who holds it. What is free is taken by one exchange, and given back by one. Whoever has to wait stands
//! in a line, and is let in by one that leaves, in the order of the line; while there is a line, nobody passes it. Only
//! readers do, and only while one stands beside them: nothing but readers could be let in meanwhile.
//!
//! ```text
//!    a newcomer                                   one that leaves
//! a  the word is taken: lock the line          1  take its part out of the word   (Release)
//! b  mark the word: there is a line            2  no line is marked: done
//! c  stand in line                             3  lock the line
//! d  let in, if it is free by now  (Acquire)   4  let in, from the front          (Acquire)
//! e  unlock the line                           5  unlock it; wake those
//! ```
//!
//! - **Nobody is left in the line.** One that leaves before b leaves a word that d finds free. One that leaves after b
//!   finds the mark, and comes to 4 after e.
//! - **What the last holder did is seen by the next.** All changes of the word are exchanges, so the one that lets a
//!   newcomer in sees what all that left by then did, and the lock of the line hands that to the newcomer.
//! - **Nobody is let in twice.** The word is changed for a newcomer while the line is locked, and with that it leaves the
//!   line: one that is not in line any more holds the instance, whether it was woken yet or not. So one that gives up
//!   waiting is told which it was.
//!
//! [`ordering`] names the strength of each access; `tests/loom` includes this file and weakens each.

use std::collections::VecDeque;

use super::ordering;
use super::sync::{AtomicUsize, Line};

/// Held alone.
const ALONE: usize = 1;
/// Held beside readers.
const BESIDE: usize = 2;
/// The one beside the readers waits for them to go, and no others come. Only with `BESIDE`.
const CLOSING: usize = 4;
/// There is a line.
const LINE: usize = 8;
/// One reader; the count stands above the marks.
const READER: usize = 16;

/// What one in the line waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hold {
    Reading,
    Alone,
}

/// Who holds one instance. `W` is what wakes one that waits; what is returned of it is to be woken.
pub(super) struct Holds<W> {
    word: AtomicUsize,
    line: Line<Waiting<W>>,
}

struct Waiting<W> {
    /// The number of the next that comes.
    next: u64,
    /// In the order in which they came, and so by their numbers.
    line: VecDeque<Waits<W>>,
    /// The one beside the readers, if it waits for them to go.
    closing: Option<W>,
}

struct Waits<W> {
    number: u64,
    hold: Hold,
    waker: W,
}

/// What comes of giving up waiting.
pub(super) struct GaveUp<W> {
    /// It had been let in, and holds the instance.
    pub(super) is_in: bool,
    /// What would have woken it.
    pub(super) _waker: Option<W>,
    /// Others that were let in.
    pub(super) woken: Vec<W>,
}

impl<W> Holds<W> {
    pub(super) fn new() -> Self {
        Holds {
            word: AtomicUsize::new(0),
            line: Line::new(Waiting {
                next: 0,
                line: VecDeque::new(),
                closing: None,
            }),
        }
    }

    /// Takes hold of it if nothing stands in the way.
    #[inline]
    pub(super) fn try_take(&self, hold: Hold) -> bool {
        match hold {
            Hold::Alone => {
                let taken = self
                    .word
                    .compare_exchange(0, ALONE, ordering::TAKE, ordering::LOOK);
                taken.is_ok()
            }
            Hold::Reading => self.try_change(
                |word| word & (ALONE | CLOSING) == 0 && (word & LINE == 0 || word & BESIDE != 0),
                READER,
            ),
        }
    }

    /// Reads once more, as one that reads already: it must not wait behind one that waits for it.
    pub(super) fn read_again(&self) {
        self.word.fetch_add(READER, ordering::TAKE);
    }

    /// Takes hold of it beside readers.
    pub(super) fn try_beside(&self) -> bool {
        self.try_change(|word| word & (ALONE | BESIDE | LINE) == 0, BESIDE)
    }

    fn try_change(&self, may: impl Fn(usize) -> bool, add: usize) -> bool {
        let mut word = self.word.load(ordering::LOOK);
        while may(word) {
            let changed =
                self.word
                    .compare_exchange(word, word + add, ordering::TAKE, ordering::LOOK);
            match changed {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Whether there is a line, or one that waits for readers to go.
    pub(super) fn is_waited_for(&self) -> bool {
        self.word.load(ordering::LOOK) & (LINE | CLOSING) != 0
    }

    /// How many stand in line.
    pub(super) fn waiting(&self) -> usize {
        self.line.lock().line.len()
    }

    /// Stands in line. Returns its number there; it may have been let in by now.
    pub(super) fn line_up(&self, hold: Hold, waker: W) -> (u64, Vec<W>) {
        let mut waiting = self.line.lock();
        self.word.fetch_or(LINE, ordering::MARK);
        let number = waiting.next;
        waiting.next += 1;
        waiting.line.push_back(Waits {
            number,
            hold,
            waker,
        });
        (number, self.let_in(&mut waiting))
    }

    /// Whether the one with this number is in line still. If it is, it is woken by `waker` from now on, which is
    /// exchanged for the one before.
    pub(super) fn still_waits(&self, number: u64, waker: Option<&mut W>) -> bool {
        let mut waiting = self.line.lock();
        let Ok(place) = waiting.place(number) else {
            return false;
        };
        if let Some(waker) = waker {
            std::mem::swap(&mut waiting.line[place].waker, waker);
        }
        true
    }

    /// The one with this number goes, unless it has been let in.
    pub(super) fn give_up(&self, number: u64) -> GaveUp<W> {
        let mut waiting = self.line.lock();
        let place = waiting.place(number);
        let gone = place.ok().and_then(|place| waiting.line.remove(place));
        GaveUp {
            is_in: gone.is_none(),
            // Those behind it may not have to wait any more.
            woken: self.let_in(&mut waiting),
            _waker: gone.map(|gone| gone.waker),
        }
    }

    /// A reader leaves.
    #[inline]
    pub(super) fn leave_reading(&self) -> Vec<W> {
        let before = self.word.fetch_sub(READER, ordering::LEAVE);
        match before < 2 * READER && before & (LINE | CLOSING) != 0 {
            true => self.make_way(),
            false => Vec::new(),
        }
    }

    /// The one that holds it alone leaves.
    #[inline]
    pub(super) fn leave_alone(&self) -> Vec<W> {
        let before = self.word.fetch_sub(ALONE, ordering::LEAVE);
        match before & LINE != 0 {
            true => self.make_way(),
            false => Vec::new(),
        }
    }

    /// The one beside readers leaves.
    pub(super) fn leave_beside(&self) -> Vec<W> {
        let before = self.word.fetch_sub(BESIDE, ordering::LEAVE);
        match before & LINE != 0 {
            true => self.make_way(),
            false => Vec::new(),
        }
    }

    /// The one that holds it alone lets readers in.
    pub(super) fn let_readers_in(&self) -> Vec<W> {
        let before = self.word.fetch_add(BESIDE - ALONE, ordering::LEAVE);
        match before & LINE != 0 {
            true => self.make_way(),
            false => Vec::new(),
        }
    }

    /// The one beside readers holds it alone, if there are none.
    pub(super) fn try_close(&self) -> bool {
        let mut word = self.word.load(ordering::LOOK);
        while word < READER {
            let alone = word - BESIDE + ALONE;
            let closed = self
                .word
                .compare_exchange(word, alone, ordering::TAKE, ordering::LOOK);
            match closed {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// The one beside readers lets no more in, and waits until those that are there have gone: it is woken then, if it
    /// does not hold it alone by now.
    pub(super) fn close(&self, waker: W) -> Vec<W> {
        let mut waiting = self.line.lock();
        self.word.fetch_or(CLOSING, ordering::MARK);
        waiting.closing = Some(waker);
        self.let_in(&mut waiting)
    }

    /// Whether it waits still for the readers to go; else it holds it alone.
    pub(super) fn still_closes(&self) -> bool {
        self.line.lock().closing.is_some()
    }

    /// It gives up waiting for the readers, unless they have gone.
    pub(super) fn reopen(&self) -> GaveUp<W> {
        let mut waiting = self.line.lock();
        let gone = waiting.closing.take();
        if gone.is_some() {
            self.word.fetch_sub(CLOSING, ordering::MARK);
        }
        GaveUp {
            is_in: gone.is_none(),
            woken: self.let_in(&mut waiting),
            _waker: gone,
        }
    }

    #[cold]
    fn make_way(&self) -> Vec<W> {
        self.let_in(&mut self.line.lock())
    }

    /// Lets in all that may come in now.
    fn let_in(&self, waiting: &mut Waiting<W>) -> Vec<W> {
        let mut woken = Vec::new();
        loop {
            let word = self.word.load(ordering::LOOK);
            if waiting.line.is_empty() && word & LINE != 0 {
                self.word.fetch_sub(LINE, ordering::MARK);
                continue;
            }
            let has_readers = word >= READER;
            if word & CLOSING != 0 {
                if has_readers {
                    return woken;
                }
                if self.changes(word, (word & LINE) | ALONE) {
                    woken.extend(waiting.closing.take());
                }
                continue;
            }
            let is_next = |waits: &Waits<W>| match waits.hold {
                Hold::Reading => word & ALONE == 0,
                Hold::Alone => word & (ALONE | BESIDE) == 0 && !has_readers,
            };
            let place = match word & BESIDE != 0 {
                true => waiting.line.iter().position(is_next),
                false => waiting.line.front().is_some_and(is_next).then_some(0),
            };
            let Some(place) = place else {
                return woken;
            };
            let taken = match waiting.line[place].hold {
                Hold::Reading => word + READER,
                Hold::Alone => word + ALONE,
            };
            if self.changes(word, taken) {
                woken.extend(waiting.line.remove(place).map(|waits| waits.waker));
            }
        }
    }

    fn changes(&self, from: usize, to: usize) -> bool {
        let changed = self
            .word
            .compare_exchange(from, to, ordering::TAKE, ordering::LOOK);
        changed.is_ok()
    }
}

impl<W> Waiting<W> {
    fn place(&self, number: u64) -> Result<usize, usize> {
        self.line.binary_search_by_key(&number, |it| it.number)
    }
}
