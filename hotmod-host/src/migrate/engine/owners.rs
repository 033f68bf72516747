//! Items with several owners: before one byte of an item is read, the state is proved to hold all its owners.
//!
//! An item is converted once, for all its owners, and what it holds is then moved out of it. So all its
//! owners have to be in the state, and no other may be made meanwhile. A `Weak` counts too: a thread that has
//! one may make an owner of it.
//!
//! **What proves it.** The walk counts the owners of an item that it meets, and the `Weak`s. All but one
//! owner are given up for a moment, and that one is asked whether it is alone (`Arc::get_mut`):
//! [`Shared::alone`]. Loading the item's two counts one after the other would not do: a thread that has a
//! `Weak` of its own may own the item during the first load, and have only the `Weak` again during the
//! second.
//!
//! **In which order.** A thread that has an owner of item A may clone an owner of item B out of A, then let
//! go of A. If B were proved first and A afterwards, neither proof would notice the thread:
//!
//! 1. the walk: B has no owner but the place in A; proved
//! 2. the thread, at A: clones the owner of B, lets go of A
//! 3. the walk: A has no owner but the place in the state; proved
//!
//! So an item is proved only when all items whose content leads to it are proved. By induction no other
//! thread is at a proved item, or gets there later. A thread that gets there has read a place that leads to
//! the item, and all such places are out of its reach: they are in the state, which only the migration has,
//! or in items at which no other thread is, or in the item itself, or behind a lock that the migration holds.
//! The order is in [`proof`]; `tests/loom` runs it against threads, also with each of its parts left out.
//!
//! **What may be looked into.** A proved item is looked into as any part of the state is. Where that leads no
//! further, because items lead to each other (a tree whose nodes know their parents), items that are not
//! proved yet are looked into as any thread with an owner may: only what is in a cell can change meanwhile. A
//! lock is tried, never waited for, and held until all is proved: no other thread can read the places behind
//! it. So nodes that keep their neighbours behind a lock may be proved in any order. Other cells are looked
//! into only in the items of an `Rc`: all their owners are on this thread, which is here.
//!
//! **For how long.** While a state is prepared, what the user's code sees leads to no owner of a proved item.
//! The parts of the old state that functions are given were not looked into, so an owner in them would not
//! have been counted, and the proof would have failed. Keys that are hashed and compared may not hold owners
//! in a type of their own: the plan refuses them. A check sees all of the new state, and may keep an owner of
//! a new item, whose content still belongs to the old one. So [`is_kept`](Engine::is_kept) asks each new item
//! whether it is alone, in the order in which the old ones were proved, and a state is not abandoned if
//! something of it was kept.

mod trace;
mod way;

use hotmod::operations::{Access, Pointer, Shared, Variants};

use super::owned::{New, Owner, Owners};
use super::proof::{self, Others, Walk, Within};
use super::{Engine, RED_ZONE, Result, STACK};
use crate::migrate::at::At;
use crate::migrate::block::affords;
use crate::migrate::column::Strides;
use crate::migrate::failure::Failure;
use crate::migrate::parts::{self, SOME};
use crate::migrate::pointers::{self, HeldLock, NewItem};
use crate::migrate::program::{Code, Leads, Make, Pointed};
use crate::migrate::runs::{self, Runs};
use crate::migrate::scratch::Scratch;
use trace::Trace;

/// A possible reason for the refusal where the state may have owners in parts that are not looked into. They
/// do not count, because a destructor or a function would see the old item through them when its content
/// belongs to the new one.
const LEFT_OUT: &str = "; that may be a field which this update removes, or which a function converts: let it \
                        give up its owners of the item before the update, or keep the field until the next";

/// Why no item is converted that is owned in a form: the value that the form was made of owns it too, and stays as it is
/// until the state is final. That other owners are none but those cannot be proved: only the author of that value knows how
/// many it has.
const IN_FORM: &str = "an `Arc` or `Rc` in a value that is carried over leads to what has to be converted, and that value goes on \
                       owning it meanwhile: take it out before the update, or hold it in a map or `Vec` of the standard \
                       library, into which an update that lets it stay what it is moves it";

/// An old item that stays while its owners go.
pub(super) struct HeldItem<'p> {
    item: At,
    /// How many values it consists of.
    len: usize,
    code: &'p Pointed<Shared>,
    /// An owner of the migration's own.
    owner: Scratch,
}

/// Proves that a state holds all owners of its items. The code that makes a `Search` promises that the state
/// stays as it is meanwhile. So all owners that were met are still where they were met.
struct Search<'e, 'p> {
    engine: &'e mut Engine<'p>,
    /// The locks that are held: where each is, and what holds it.
    held: Vec<(usize, HeldLock)>,
    /// The item into which the walk could not look.
    failed: Option<usize>,
    /// Set while the walk only looks for the way to an item.
    trace: Option<Trace<'p>>,
}

impl<'p> Engine<'p> {
    /// What was found out about the items of a state, which has to be one that may hold items with several
    /// owners.
    fn owners(&mut self) -> &mut Owners<'p> {
        let owners = self.owners.as_deref_mut();
        owners.expect("bug in hotmod: owners in a state that cannot hold any")
    }

    /// Finds all owners in a state, and makes sure that there are no others.
    ///
    /// # Safety
    ///
    /// The root of the program fits: a value of its old type is at `from`, and stays there until the state is
    /// committed or abandoned.
    pub(super) unsafe fn prove_owners(&mut self, from: At) -> Result {
        // SAFETY: the root fits the value; the search ends before it changes.
        unsafe {
            let root = &self.program.root;
            let mut search = Search {
                engine: self,
                held: Vec::new(),
                failed: None,
                trace: None,
            };
            let proved = search.run(root, from);
            // The locks are released before the walk looks at what they guard as its owner.
            drop(search);
            if proved.is_err() {
                *self.owners() = Owners::default();
            }
            proved
        }
    }

    /// What the item at this old address becomes: only room for it, if it was not converted yet.
    ///
    /// # Safety
    ///
    /// The item was met at this address, in the state that is prepared.
    pub(super) unsafe fn new_item(&mut self, item: usize) -> std::result::Result<NewItem, Failure> {
        // SAFETY: the owner's code fits its item, and the owner of the migration's own is in a room for one.
        unsafe {
            let memory = self.memory;
            let known = self.owners().get_mut(item);
            let known = known.expect("bug in hotmod: an item that was not met");
            if let Some(new) = &known.new {
                return Ok(new.at);
            }
            let (first, code) = known
                .owner
                .expect("bug in hotmod: an item without an owner");
            let len = pointers::shared_len(&code.old, first);
            affords(memory, len.saturating_mul(code.item.new.size))?;
            let mut owner = Scratch::new(code.owners.1);
            let (_, at) = pointers::own(&code.new, At::scratch(&mut owner), len);
            known.new = Some(New {
                at,
                len,
                owner: Some(owner),
                is_begun: false,
                is_ready: false,
            });
            Ok(at)
        }
    }

    /// # Safety
    ///
    /// `code` fits: an owner is at `from`, and room for one at `to`. Nothing else uses either.
    pub(super) unsafe fn prepare_shared(
        &mut self,
        code: &'p Pointed<Shared>,
        from: At,
        to: At,
    ) -> Result {
        // SAFETY: `code` fits, and the first owner's code fits the item, which was proved to be the state's alone.
        unsafe {
            let item = pointers::shared_item(&code.old, from);
            let len = pointers::shared_len(&code.old, from);
            if len == 0 {
                pointers::own(&code.new, to, len);
                return Ok(());
            }
            let new = self.new_item(item.address())?;
            let known = self.owners().get_mut(item.address());
            let known = known.expect("bug in hotmod: an item that was not met");
            let (_, first) = known
                .owner
                .expect("bug in hotmod: an item without an owner");
            let state = known.new.as_mut().expect("made just now");
            match (state.is_begun, state.is_ready) {
                (true, false) => {
                    return Err(Failure::new(
                        "an `Arc` or `Rc` leads back to itself: it can be moved, but not converted",
                    ));
                }
                (true, true) => {}
                (false, _) => {
                    state.is_begun = true;
                    // The item is converted by the first owner's code, for all owners.
                    let prepared = match first.old.len {
                        Some(_) => self
                            .prepare_run(&first.item, item, new.at(), len)
                            .map_err(|(i, failure)| failure.within(format!("[{i}]"))),
                        None => self.prepare(&first.item.code, item, new.at()),
                    };
                    let known = self.owners().get_mut(item.address());
                    if let Some(state) = known.and_then(|known| known.new.as_mut()) {
                        state.is_begun = prepared.is_ok();
                        state.is_ready = prepared.is_ok();
                    }
                    prepared?;
                }
            }
            pointers::share(&code.new, new, len, to);
            Ok(())
        }
    }

    /// Leaves the new items to the new state.
    ///
    /// # Safety
    ///
    /// The state was prepared by this engine, and neither it nor the one it was made of has changed since.
    pub(super) unsafe fn let_go_of_new_items(&mut self) {
        // SAFETY: each new item has the owner that `new_item` or `hold_new_items` made in that scratch.
        unsafe {
            for item in self.owners().values_mut() {
                let (Some((_, code)), Some(new)) = (item.owner, &mut item.new) else {
                    continue;
                };
                if let Some(mut owner) = new.owner.take() {
                    pointers::disown_new(&code.new, At::scratch(&mut owner), code.item.new.size);
                }
            }
        }
    }

    /// Makes an owner of each new item for the migration, so that the items stay while their other owners go.
    ///
    /// # Safety
    ///
    /// The state was prepared by this engine, and neither it nor the one it was made of has changed since.
    pub(super) unsafe fn hold_new_items(&mut self) {
        // SAFETY: each new item is owned by what was prepared.
        unsafe {
            for item in self.owners().values_mut() {
                let (Some((_, code)), Some(new)) = (item.owner, &mut item.new) else {
                    continue;
                };
                if new.owner.is_none() {
                    let mut owner = Scratch::new(code.owners.1);
                    pointers::share(&code.new, new.at, new.len, At::scratch(&mut owner));
                    new.owner = Some(owner);
                }
            }
        }
    }

    /// Whether what was prepared has owners of items that were converted for it.
    pub(super) fn has_new_items(&self) -> bool {
        let owners = self.owners.as_deref();
        owners.is_some_and(|it| it.values().any(|item| item.new.is_some()))
    }

    /// Whether something outside of a prepared state owns one of its new items, or has a `Weak` of one.
    ///
    /// # Safety
    ///
    /// The state was prepared by this engine, and neither it nor the one it was made of has changed since.
    pub(in crate::migrate) unsafe fn is_kept(&mut self) -> bool {
        // SAFETY: each new item has an owner in its scratch, which was made by its code.
        unsafe {
            if self.owners.is_none() {
                return false;
            }
            self.hold_new_items();
            let mut is_kept = false;
            self.owners().each_proved(|item| {
                let (Some((_, code)), Some(new)) = (item.owner, &mut item.new) else {
                    return;
                };
                if let Some(owner) = &mut new.owner {
                    let owner = At::scratch(owner);
                    is_kept |= !pointers::alone(&code.new, owner, item.strong, item.weak);
                }
            });
            self.let_go_of_new_items();
            is_kept
        }
    }

    /// Gives up the new items, after all else of the new state.
    ///
    /// # Safety
    ///
    /// The state was prepared by this engine, and neither it nor the one it was made of has changed since.
    /// Only the migration's own owners of the new items are left.
    pub(super) unsafe fn abandon_new_items(&mut self) {
        // SAFETY: the items that are ready were made by their codes, and are given up once.
        unsafe {
            let mut owners = std::mem::take(self.owners());
            for item in owners.values() {
                if let (Some((_, code)), Some(new)) = (item.owner, &item.new)
                    && new.is_ready
                {
                    self.abandon_run(&code.item, new.at.at(), new.len);
                }
            }
            *self.owners() = std::mem::take(&mut owners);
            self.let_go_of_new_items();
            *self.owners() = Owners::default();
        }
    }

    /// Makes one more owner of each old item, so that the items stay while their other owners go.
    ///
    /// # Safety
    ///
    /// The state was prepared by this engine, and neither it nor the one it was made of has changed since.
    pub(super) unsafe fn hold_old_items(&mut self) -> Vec<HeldItem<'p>> {
        // SAFETY: the owners that were met are where they were, each with the code that fits it.
        unsafe {
            let owners = std::mem::take(self.owners());
            let items = owners.into_values().filter_map(|item| {
                let (first, code) = item.owner?;
                let mut owner = Scratch::new(code.owners.0);
                pointers::another(&code.old, first, At::scratch(&mut owner));
                Some(HeldItem {
                    item: pointers::shared_item(&code.old, first),
                    len: pointers::shared_len(&code.old, first),
                    code,
                    owner,
                })
            });
            items.collect()
        }
    }

    /// Gives up the old items.
    ///
    /// # Safety
    ///
    /// These are the items of [`hold_old_items`](Engine::hold_old_items), and their owners in the old state are
    /// given up.
    pub(super) unsafe fn commit_old_items(&mut self, items: Vec<HeldItem<'p>>) {
        // SAFETY: the codes fit the items, which nothing else owns, and each of which is given up once.
        unsafe {
            for held in &items {
                self.commit_run(&held.code.item, held.item, held.len);
            }
            for HeldItem {
                code, mut owner, ..
            } in items
            {
                pointers::disown(&code.old, At::scratch(&mut owner), code.item.old.size);
            }
        }
    }
}

impl<'p> Walk for Search<'_, 'p> {
    type Owner = Owner<'p>;
    type New = New;
    type Failure = Failure;

    fn items(&mut self) -> &mut Owners<'p> {
        self.engine.owners()
    }

    fn alone(&mut self, (owner, code): Owner<'p>, others: usize, weak: usize) -> bool {
        // SAFETY: the owner was met, by the code that fits it, and the others are where they were.
        unsafe { pointers::alone(&code.old, owner, others, weak) }
    }

    fn is_local(&self, (_, code): Owner<'p>) -> bool {
        !code.old.threads
    }

    fn enter(&mut self, (owner, code): Owner<'p>, within: Within) -> Result {
        // SAFETY: the owner was met, by the code that fits it, and so does that of its item.
        let (content, entered) = unsafe {
            let content = pointers::shared_item(&code.old, owner);
            (content, self.find_shared(code, owner, within))
        };
        if entered.is_err() {
            self.failed = Some(content.address());
        }
        entered
    }
}

impl<'p> Search<'_, 'p> {
    /// # Safety
    ///
    /// The root fits: a value is at `from`, which stays as it is until the search ends.
    unsafe fn run(&mut self, root: &'p Code, from: At) -> Result {
        // SAFETY: the root fits, and nothing else uses the state itself.
        unsafe { self.find(root, from, Within::OURS) }?;
        let proved = proof::prove(self).map_err(|failure| match self.failed {
            // SAFETY: the root fits.
            Some(item) => failure.within(unsafe { self.way_to(root, from, item) }),
            None => failure,
        });
        let reason = match proved? {
            Others::None => return Ok(()),
            Others::OnlyWeak => {
                "a `Weak` leads to something outside of the state, which would go on with the old \
                 value"
            }
            Others::Outside => {
                "an `Arc` or `Rc` is also owned by something outside of the state, which would go \
                 on with the old value"
            }
        };
        let way = match self.engine.owners().first_unproved() {
            // SAFETY: the root fits.
            Some(item) => unsafe { self.way_to(root, from, item) },
            None => String::new(),
        };
        if self.engine.is_of_form {
            return Err(Failure::new(IN_FORM).within(way));
        }
        let reason = match self.engine.program.leaves_owners {
            true => format!("{reason}{LEFT_OUT}"),
            false => reason.to_owned(),
        };
        Err(Failure::for_now(reason).within(way))
    }

    /// # Safety
    ///
    /// `code` fits: a value of its old type is at `from`, which other threads change as little as `within` says.
    unsafe fn meet_owner(&mut self, code: &'p Pointed<Shared>, from: At, within: Within) -> Result {
        // SAFETY: `code` fits, so its old table is that of the value.
        unsafe {
            // An empty slice holds nothing that needs a proof, so its owners may be anywhere.
            if pointers::shared_len(&code.old, from) == 0 {
                return Ok(());
            }
            let address = pointers::shared_item(&code.old, from).address();
            if let Some(trace) = &mut self.trace {
                return trace.meet(from, address, Some(code));
            }
            let item = self.engine.owners().meet(address, within);
            item.strong += 1;
            item.owner.get_or_insert((from, code));
            Ok(())
        }
    }

    /// # Safety
    ///
    /// `code` fits: a value of its old type is at `from`, which other threads change as little as `within` says.
    unsafe fn meet_weak(&mut self, code: &'p Leads, from: At, within: Within) -> Result {
        // SAFETY: `code` fits, so its old table is that of the value.
        unsafe {
            let Some(address) = pointers::followed(&code.old, from) else {
                return Ok(());
            };
            if let Some(trace) = &mut self.trace {
                return trace.meet(from, address, None);
            }
            self.engine.owners().meet(address, within).weak += 1;
            Ok(())
        }
    }

    /// The item of a container of one, which may be looked into from here on. `None` if the walk only looks
    /// for a way, and the first walk did not look in there.
    ///
    /// # Safety
    ///
    /// The value is of these operations, and stays until the search ends, on this thread.
    unsafe fn open(
        &mut self,
        pointer: &Pointer,
        from: At,
        within: &mut Within,
    ) -> std::result::Result<Option<At>, Failure> {
        // SAFETY: the caller passes such a value; its locks are released when the search ends.
        unsafe {
            match (&pointer.access, &self.trace) {
                (Access::Plain, _) => Ok(Some(pointers::item(pointer, from))),
                _ if within.is_local => Ok(Some(pointers::item(pointer, from))),
                (Access::Lock(_), Some(trace)) if trace.holds(from.address()) => {
                    within.is_locked = true;
                    Ok(Some(pointers::item(pointer, from)))
                }
                (_, Some(_)) => Ok(None),
                (Access::Lock(lock), None) => match pointers::hold(lock, from) {
                    Some((item, held)) => {
                        self.held.push((from.address(), held));
                        within.is_locked = true;
                        Ok(Some(item))
                    }
                    None => Err(Failure::for_now(
                        "a lock is held by something outside of the state, which owns what is in it",
                    )),
                },
                (Access::Cell, None) => Err(in_a_cell()),
            }
        }
    }

    /// The variant of an enum, which no other thread can change. `None` if another thread can, and the walk
    /// only looks for a way.
    ///
    /// # Safety
    ///
    /// The value is of these operations.
    unsafe fn variant(
        &self,
        variants: &Variants,
        from: At,
        within: Within,
    ) -> std::result::Result<Option<usize>, Failure> {
        // SAFETY: the caller passes such a value.
        unsafe {
            match parts::variant(variants, from) {
                // Another thread may set a `OnceLock` meanwhile, unless it is set already.
                0 if variants.is_cell && !within.is_local && !within.is_locked => {
                    match self.trace.is_some() {
                        true => Ok(None),
                        false => Err(in_a_cell()),
                    }
                }
                variant => Ok(Some(variant)),
            }
        }
    }

    /// Finds all owners in an item with several owners, which may be a slice.
    ///
    /// # Safety
    ///
    /// `code` fits: `owner` is an owner of its old type, whose item other threads change as little as `within`
    /// says.
    unsafe fn find_shared(
        &mut self,
        code: &'p Pointed<Shared>,
        owner: At,
        within: Within,
    ) -> Result {
        // SAFETY: `code` fits, so the item is so many values of the item's old type, one after the other.
        unsafe {
            let item = pointers::shared_item(&code.old, owner);
            for i in 0..pointers::shared_len(&code.old, owner) {
                self.find(&code.item.code, item.part(i * code.item.old.size), within)
                    .map_err(|failure| match code.old.len {
                        Some(_) => failure.within(format!("[{i}]")),
                        None => failure,
                    })?;
            }
            Ok(())
        }
    }

    /// Finds all owners in an old value.
    ///
    /// # Safety
    ///
    /// `code` fits: a value of its old type is at `from`, which other threads change as little as `within` says.
    unsafe fn find(&mut self, code: &'p Code, from: At, within: Within) -> Result {
        // SAFETY: `code` fits, so its old tables are those of the value, and the codes within fit its parts.
        unsafe {
            if !self.engine.program.shares(code) {
                return Ok(());
            }
            let mut within = within;
            match code {
                Code::Shared(code) => self.meet_owner(code, from, within)?,
                Code::Weak(code) => self.meet_weak(code, from, within)?,
                Code::Conversion(call) => {
                    let code = self.engine.conversion(*call);
                    return match call.recursive {
                        true => {
                            stacker::maybe_grow(RED_ZONE, STACK, || self.find(code, from, within))
                        }
                        false => self.find(code, from, within),
                    };
                }
                Code::Struct(code) => {
                    for part in &code.parts {
                        if let Make::Convert(code) = &part.make {
                            self.find(code, from.part(part.from), within)
                                .map_err(|failure| failure.within_step(&part.step))?;
                        }
                    }
                }
                Code::Enum(code) => {
                    let Some(variant) = self.variant(&code.old, from, within)? else {
                        return Ok(());
                    };
                    let (_, variant) = &code.variants[variant];
                    for field in variant.iter().flat_map(|variant| &variant.fields) {
                        if let Make::Convert(convert) = &field.make {
                            let part = parts::field(&code.old, from, field.from);
                            self.find(convert, part, within)
                                .map_err(|failure| failure.within_step(&field.step))?;
                        }
                    }
                }
                Code::Collection(code) => {
                    let mut found = Ok(());
                    let mut index = 0;
                    parts::each(&code.old, from, code.items.len(), |parts| {
                        for (item, part) in code.items.iter().zip(parts) {
                            if found.is_ok() {
                                found = self.find(&item.code, *part, within);
                            }
                        }
                        index += 1;
                        found.is_ok()
                    });
                    found.map_err(|failure| failure.within(format!("[{}]", index - 1)))?;
                }
                Code::Slices(code) => {
                    for run in Runs::of(&code.old, from, 0, 1).iter() {
                        let strides = Strides {
                            len: run.len,
                            from: code.item.old.size,
                            to: 0,
                        };
                        for (i, (at, _)) in strides.offsets().enumerate() {
                            self.find(&code.item.code, runs::first(run).part(at), within)
                                .map_err(|failure| failure.within(format!("[{i}]")))?;
                        }
                    }
                }
                Code::Pointer(code) => {
                    if let Some(item) = self.open(&code.old, from, &mut within)? {
                        self.find(&code.item.code, item, within)?;
                    }
                }
                Code::Disclose(code) => {
                    self.engine.disclosed(code, from)?;
                    if let Some(item) = self.open(&code.old, from, &mut within)? {
                        self.find(&code.code, item, within)?;
                    }
                }
                Code::Wrap(code) => self.find(&code.item.code, from, within)?,
                Code::Enclose(code) => self.find(&code.item.code, from, within)?,
                Code::Unwrap(code) => {
                    if self.variant(&code.old, from, within)? == Some(SOME) {
                        self.find(&code.code, parts::field(&code.old, from, 0), within)?;
                    }
                }
                Code::Array(code) => {
                    for i in 0..code.old_len.min(code.new_len) {
                        let element = from.part(i * code.item.old.size);
                        self.find(&code.item.code, element, within)
                            .map_err(|failure| failure.within(format!("[{i}]")))?;
                    }
                }
                Code::Copy(_)
                | Code::Number(..)
                | Code::Widen(_)
                | Code::Flat(_)
                | Code::Bytes(_)
                | Code::InPlace(_)
                | Code::Serde(_)
                | Code::As(_)
                | Code::Hook(_) => {}
            }
            Ok(())
        }
    }
}

fn in_a_cell() -> Failure {
    Failure::for_now(
        "an `Arc` may be owned by something outside of the state, and what it owns holds a cell that \
         may change meanwhile",
    )
}
