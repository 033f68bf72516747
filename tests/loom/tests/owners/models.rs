//! A migration of a state of a few items, and threads that own some of them.
//!
//! A thread that is at an item reads it; a migration that has proved all items writes over them, as it
//! would move out what they hold. Two such accesses that nothing puts one after the other are a race,
//! which `loom` reports.

use std::cell::OnceCell;

use loom::cell::UnsafeCell;
use loom::sync::{Mutex, MutexGuard};
use loom::thread;

use crate::arc::{Arc, Weak};
use crate::proof::{self, Others, SharedItems, Walk, Within};

/// The part that the proof lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Without {
    Nothing,
    /// An item is proved whatever leads to it.
    Order,
    /// A lock is held only while what is behind it is looked at.
    Lock,
    /// Owners that were found in items which are not proved yet are taken to be owned by them alone.
    ProofOfWhatIsFound,
    /// The two counts are read one after the other.
    OneStepStrongFirst,
    OneStepWeakFirst,
    /// Weak ones may be anywhere.
    Weak,
    /// The counts are compared with the owners that were met, one after the other.
    GivingUp,
}

impl Without {
    pub(crate) const ALL: &[Without] = &[
        Without::Order,
        Without::Lock,
        Without::ProofOfWhatIsFound,
        Without::OneStepStrongFirst,
        Without::OneStepWeakFirst,
        Without::Weak,
        Without::GivingUp,
    ];
}

pub(crate) struct Item {
    number: usize,
    content: UnsafeCell<()>,
    next: Option<Arc<Item>>,
    behind: Option<Locked>,
    /// The one before, which is behind a lock too, and does not change.
    before: OnceCell<Weak<Item>>,
}

struct Locked {
    lock: Mutex<()>,
    next: Option<Arc<Item>>,
}

// SAFETY: `loom` runs one thread at a time, and reports accesses to a cell that would be a race.
unsafe impl Sync for Item {}
// SAFETY: as above.
unsafe impl Send for Item {}

impl Item {
    fn new(number: usize, next: Option<Arc<Item>>) -> Arc<Item> {
        Arc::new(Item {
            number,
            content: UnsafeCell::new(()),
            next,
            behind: None,
            before: OnceCell::new(),
        })
    }

    fn locked(number: usize, next: Arc<Item>) -> Arc<Item> {
        let behind = Locked {
            lock: Mutex::new(()),
            next: Some(next),
        };
        Arc::new(Item {
            number,
            content: UnsafeCell::new(()),
            next: None,
            behind: Some(behind),
            before: OnceCell::new(),
        })
    }

    /// As any thread with an owner may.
    fn look(&self) {
        self.content.with(|_| ());
    }

    /// As only its last owner may.
    fn convert(&self) {
        self.content.with_mut(|_| ());
    }
}

/// What the state has, and the migration is to convert.
#[derive(Default)]
pub(crate) struct State {
    owners: Vec<Arc<Item>>,
    weak: Vec<Weak<Item>>,
}

/// Makes a state and starts threads that have some of it.
pub(crate) type Threads = fn() -> (State, Vec<thread::JoinHandle<()>>);

/// Whether all was proved, and converted.
pub(crate) fn run(threads: Threads, without: Without) -> bool {
    let (state, threads) = threads();
    let mut migration = Migration {
        without,
        items: SharedItems::default(),
        held: Vec::new(),
    };
    let is_proved = migration.run(Box::leak(Box::new(state)));
    for thread in threads {
        thread.join().expect("it ends");
    }
    is_proved
}

struct Migration {
    without: Without,
    items: SharedItems<&'static Arc<Item>, ()>,
    held: Vec<MutexGuard<'static, ()>>,
}

struct IsLocked;

impl Migration {
    fn run(&mut self, state: &'static State) -> bool {
        for owner in &state.owners {
            self.meet(owner, Within::OURS);
        }
        for weak in &state.weak {
            // The address is that of the item, the same for all its owners.
            self.items.meet(weak.item().number, Within::OURS).weak += 1;
        }
        let proved = proof::prove(self);
        self.held.clear();
        if !matches!(proved, Ok(Others::None)) {
            return false;
        }
        self.items.values().for_each(|item| {
            if let Some(owner) = item.owner {
                owner.convert();
            }
        });
        true
    }

    fn meet(&mut self, owner: &'static Arc<Item>, within: Within) {
        let item = self.items.meet(owner.number, within);
        item.strong += 1;
        item.owner.get_or_insert(owner);
    }
}

impl Walk for Migration {
    type Owner = &'static Arc<Item>;
    type New = ();
    type Failure = IsLocked;

    fn items(&mut self) -> &mut SharedItems<&'static Arc<Item>, ()> {
        &mut self.items
    }

    fn alone(&mut self, owner: &'static Arc<Item>, others: usize, weak: usize) -> bool {
        let strong_fits = || owner.acquired_strong_count() == others + 1;
        let weak_fits = || owner.acquired_weak_count() == weak;
        match self.without {
            Without::OneStepStrongFirst => strong_fits() && weak_fits(),
            Without::OneStepWeakFirst | Without::GivingUp => weak_fits() && strong_fits(),
            Without::Weak => strong_fits(),
            Without::ProofOfWhatIsFound if owner.number > 1 => true,
            _ => alone(owner, others, weak),
        }
    }

    fn is_local(&self, _: &'static Arc<Item>) -> bool {
        false
    }

    fn enter(&mut self, owner: &'static Arc<Item>, within: Within) -> Result<(), IsLocked> {
        owner.look();
        let mut within = within;
        if self.without == Without::Order {
            within.item = None;
            // To be tried once more, when the items that it leads to were tried.
            self.items.meet(owner.number, within);
        }
        if let Some(next) = &owner.next {
            self.meet(next, within);
        }
        if let Some(before) = owner.before.get() {
            self.items.meet(before.item().number, Within::OURS).weak += 1;
        }
        let Some(behind) = &owner.behind else {
            return Ok(());
        };
        if !within.is_local {
            let held = behind.lock.try_lock().map_err(|_| IsLocked)?;
            within.is_locked = true;
            if self.without != Without::Lock {
                self.held.push(held);
            }
        }
        if let Some(next) = &behind.next {
            self.meet(next, within);
        }
        Ok(())
    }
}

/// As `alone` in `hotmod/src/operations/pointers.rs`.
fn alone(owner: &Arc<Item>, others: usize, weak: usize) -> bool {
    if owner.strong_count() != others + 1 || owner.weak_count() != weak {
        return false;
    }
    let lead = (weak > 0).then(|| owner.downgrade());
    for _ in 0..others {
        owner.give_up();
    }
    if let Some(lead) = lead {
        std::mem::forget(lead);
        for _ in 0..=weak {
            owner.give_up_weak();
        }
    }
    let alone = owner.is_alone();
    for _ in 0..others {
        std::mem::forget(owner.clone());
    }
    for _ in 0..weak {
        std::mem::forget(owner.downgrade());
    }
    alone
}

fn state(owner: Arc<Item>) -> State {
    State {
        owners: vec![owner],
        weak: Vec::new(),
    }
}

type Started = (State, Vec<thread::JoinHandle<()>>);

pub(crate) fn an_owner() -> Started {
    let item = Item::new(1, None);
    let owner = item.clone();
    let thread = thread::spawn(move || owner.look());
    (state(item), vec![thread])
}

/// A thread that goes on from an item to the next, lets go of the first, and looks.
fn going_on_from(owner: Arc<Item>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let next = owner.next.clone().expect("a next one");
        drop(owner);
        next.look();
    })
}

/// Has an item know the one that leads to it.
fn lead_back(item: Arc<Item>, first: &Arc<Item>) {
    let before = item.before.set(first.downgrade());
    assert!(before.is_ok(), "it is set once");
}

/// The walk comes to the second before the thread, which has gone from the first, is anywhere else.
pub(crate) fn an_owner_that_is_found_in_another() -> Started {
    let first = Item::new(1, Some(Item::new(2, None)));
    let thread = going_on_from(first.clone());
    (state(first), vec![thread])
}

/// The second knows the first, which can only be proved when the second was looked into.
pub(crate) fn an_owner_that_is_found_behind_a_lock() -> Started {
    let second = Item::new(2, None);
    let first = Item::locked(1, second.clone());
    lead_back(second, &first);
    let owner = first.clone();
    let thread = thread::spawn(move || {
        let behind = owner.behind.as_ref().expect("a lock");
        let held = behind.lock.lock().expect("no thread panicked");
        let next = behind.next.clone().expect("a second");
        drop(held);
        drop(owner);
        next.look();
    });
    (state(first), vec![thread])
}

pub(crate) fn an_owner_that_is_found_by_way_of_two() -> Started {
    let first = Item::new(1, Some(Item::new(2, Some(Item::new(3, None)))));
    let owner = first.clone();
    let thread = thread::spawn(move || {
        let next = owner.next.clone().expect("a second");
        drop(owner);
        let last = next.next.clone().expect("a third");
        drop(next);
        last.look();
    });
    (state(first), vec![thread])
}

/// The second knows the first, which is tried once more when the second was looked into.
pub(crate) fn an_owner_that_is_found_in_one_that_it_knows() -> Started {
    let second = Item::new(2, None);
    let first = Item::new(1, Some(second.clone()));
    lead_back(second, &first);
    let thread = going_on_from(first.clone());
    (state(first), vec![thread])
}

/// The third knows the first, which is proved late, and then the second is tried once more.
pub(crate) fn an_owner_that_is_found_below_what_is_proved_late() -> Started {
    let third = Item::new(3, None);
    let second = Item::new(2, Some(third.clone()));
    let first = Item::new(1, Some(second.clone()));
    lead_back(third, &first);
    let thread = going_on_from(second);
    (state(first), vec![thread])
}

/// A weak one that is followed, and kept until the end.
pub(crate) fn a_weak_one_that_is_followed() -> Started {
    let item = Item::new(1, None);
    let weak = item.downgrade();
    let thread = thread::spawn(move || {
        weak.upgrade().expect("the state owns it").look();
        drop(weak);
    });
    (state(item), vec![thread])
}

/// At each moment there is either a weak one or an owner.
pub(crate) fn a_weak_one_that_is_exchanged() -> Started {
    let item = Item::new(1, None);
    let weak = item.downgrade();
    let thread = thread::spawn(move || {
        let owner = weak.upgrade().expect("the state owns it");
        drop(weak);
        owner.look();
    });
    (state(item), vec![thread])
}

pub(crate) fn an_owner_that_is_exchanged_and_back() -> Started {
    let item = Item::new(1, None);
    let owner = item.clone();
    let thread = thread::spawn(move || {
        let weak = owner.downgrade();
        drop(owner);
        weak.upgrade().expect("the state owns it").look();
        drop(weak);
    });
    (state(item), vec![thread])
}

/// Two owners and a weak one.
pub(crate) fn several_owners_in_the_state() -> Started {
    let item = Item::new(1, None);
    let (weak, theirs) = (item.downgrade(), item.downgrade());
    let state = State {
        owners: vec![item.clone(), item],
        weak: vec![weak],
    };
    let thread = thread::spawn(move || {
        let owner = theirs.upgrade().expect("the state owns it");
        drop(theirs);
        let theirs = owner.downgrade();
        drop(owner);
        theirs.upgrade().expect("the state owns it").look();
        drop(theirs);
    });
    (state, vec![thread])
}

/// One that has an owner of the first, one that leads to the second.
pub(crate) fn two_threads() -> Started {
    let second = Item::new(2, None);
    let weak = second.downgrade();
    let first = Item::new(1, Some(second));
    let owner = first.clone();
    let one = thread::spawn(move || {
        let next = owner.next.clone().expect("a second");
        drop(owner);
        next.look();
    });
    let other = thread::spawn(move || {
        let owner = weak.upgrade().expect("the first owns it");
        drop(weak);
        owner.look();
    });
    (state(first), vec![one, other])
}
