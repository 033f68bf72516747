//! What happened lately, numbered, for those who ask later and for those who listen.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal)*) => {
        /// What is told.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All of them.
            #[cfg(test)]
            pub(crate) const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// Its name in the stream.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Kind::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// A step of an update.
    Update "update"
    /// A change, or a read of state.
    Audit "audit"
    /// In the place of what a listener missed.
    Missed "missed"
}

/// Something that happened, as it is told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    pub(crate) text: Arc<str>,
}

/// The last things that happened.
#[derive(Debug)]
pub(crate) struct Ring {
    /// Tells the numbers of one server from those of the next that runs in its place.
    epoch: String,
    kept: usize,
    told: Mutex<VecDeque<Told>>,
    /// The number of the last.
    last: watch::Sender<u64>,
}

/// What comes next for one who has all up to some number.
#[derive(Debug)]
pub(crate) enum Next {
    One(Told),
    /// This many are lost, from the first on, since they are kept no more.
    Lost {
        first: u64,
        count: u64,
    },
    Nothing,
}

impl Ring {
    pub(crate) fn new(epoch: String, kept: usize) -> Self {
        Ring {
            epoch,
            kept: kept.max(1),
            told: Mutex::default(),
            last: watch::Sender::new(0),
        }
    }

    pub(crate) fn tell(&self, kind: Kind, what: &Value) {
        let text = what.to_string().into();
        let mut told = self.lock();
        // Numbered under the lock, so that they stand in the order of their numbers.
        let number = *self.last.borrow() + 1;
        if told.len() == self.kept {
            told.pop_front();
        }
        told.push_back(Told { number, kind, text });
        self.last.send_replace(number);
    }

    /// What happens from now on changes this.
    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// The number of the last that happened.
    pub(crate) fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// What comes after this number.
    pub(crate) fn after(&self, number: u64) -> Next {
        let told = self.lock();
        let Some(first) = told.front().map(|it| it.number) else {
            return Next::Nothing;
        };
        if number + 1 < first {
            let count = first - number - 1;
            let first = number + 1;
            return Next::Lost { first, count };
        }
        let place = usize::try_from(number + 1 - first).unwrap_or(usize::MAX);
        told.get(place).cloned().map_or(Next::Nothing, Next::One)
    }

    /// What tells the numbers of this server from those of another one.
    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The name of a number, that no other server has.
    pub(crate) fn id(&self, number: u64) -> String {
        format!("{}-{number}", self.epoch)
    }

    /// The number that a name stands for, if this server gave it.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        let number = id.strip_prefix(&self.epoch)?.strip_prefix('-')?;
        number.parse().ok().filter(|it| *it <= self.last())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Told>> {
        // What is told is put in whole.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told to a listener in the place of what it missed: from which number on, and how many, if that is known.
pub(crate) fn missed(lost: Option<(u64, u64)>) -> Value {
    json!({ "first": lost.map(|it| it.0), "count": lost.map(|it| it.1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_no_more_is_counted_and_the_rest_follows() {
        let ring = Ring::new("e".to_owned(), 3);
        assert!(matches!(ring.after(0), Next::Nothing));
        (1..=5).for_each(|it| ring.tell(Kind::Audit, &json!(it)));
        assert!(matches!(ring.after(0), Next::Lost { first: 1, count: 2 }));
        let Next::One(told) = ring.after(2) else {
            panic!("the third is kept");
        };
        assert_eq!((told.number, &*told.text), (3, "3"));
        assert!(matches!(ring.after(5), Next::Nothing));
        assert_eq!(ring.number(&ring.id(5)), Some(5));
        assert_eq!(ring.number("e-6"), None);
        assert_eq!(ring.number("f-5"), None);
        assert_eq!(ring.number(""), None);
    }
}
