//! A walk over the `Lazy`s in a state, which another walk can go on from.

use hotmod::operations::{Access, RawLazy, Stamp};

use super::places::{Node, Places, RED_ZONE, STACK};
use crate::migrate::at::At;
use crate::migrate::runs::{self, Runs};
use crate::migrate::{parts, pointers};

/// Where a walk is: of each value that has several parts, the outermost first, the number of the part that it is in.
///
/// In a state that was changed since, other values may stand there, or none. Then a walk from there begins elsewhere, or
/// comes to its end at once; so nothing may rest on it but how soon everything is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position(Vec<usize>);

impl Position {
    /// Whether it is that of the first value.
    pub(crate) fn is_start(&self) -> bool {
        self.0.is_empty()
    }
}

/// How a visitor leaves a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// At the version of the state.
    There,
    /// At another.
    Elsewhere,
    /// Such that it has to be looked at again.
    Open,
}

/// What a walk meets.
pub(super) trait Visit {
    /// A `Lazy`, and the stamp that its value has at the version of the state.
    fn lazy(&mut self, lazy: &RawLazy, stamp: &'static Stamp) -> Met;

    /// Whether the walk goes on, asked before each `Lazy`.
    fn goes_on(&mut self) -> bool;

    /// Something that could not be looked into now: a lock that another thread has.
    fn passed_over(&mut self);
}

/// How a walk ended.
pub(super) struct Walked {
    /// Whether it came to the end.
    pub(super) to_end: bool,
    /// Where the next has to begin: at the first value that was left open, or where the visitor stopped. `None` where
    /// there is nothing of either.
    pub(super) next: Option<Position>,
}

/// A walk on its way.
struct PlacesWalk<'w> {
    places: &'w Places,
    visit: &'w mut dyn Visit,
    from: &'w [usize],
    /// Whether it is still on the way to where it begins.
    resumes: bool,
    way: Vec<usize>,
    open: Option<Position>,
    stopped: Option<Position>,
}

impl Places {
    /// Walks over the `Lazy`s in a state from here on, until the visitor has it stop.
    ///
    /// # Safety
    ///
    /// A state of the type that the places are of is at the address. Nothing else uses it, or where it is `shared`,
    /// only through shared references, and then it is `Sync`.
    pub(super) unsafe fn walk(
        &self,
        (state, shared): (At, bool),
        from: &Position,
        visit: &mut dyn Visit,
    ) -> Walked {
        let mut walk = PlacesWalk {
            places: self,
            visit,
            from: &from.0,
            resumes: true,
            way: Vec::new(),
            open: None,
            stopped: None,
        };
        // SAFETY: the caller passes such a state.
        let to_end = unsafe { walk.visit(self.root, state, shared) };
        Walked {
            to_end,
            next: walk.open.or(walk.stopped),
        }
    }
}

impl PlacesWalk<'_> {
    /// The first part to go into, of a value that has several.
    fn first(&mut self) -> usize {
        if !self.resumes {
            return 0;
        }
        let first = self.from.get(self.way.len()).copied();
        self.resumes = first.is_some();
        first.unwrap_or(0)
    }

    /// Goes into a part of a value that has several.
    ///
    /// # Safety
    ///
    /// As [`visit`](PlacesWalk::visit).
    unsafe fn part(&mut self, place: usize, node: usize, at: At, shared: bool) -> bool {
        self.way.push(place);
        // SAFETY: the caller's.
        let goes_on = unsafe { self.visit(node, at, shared) };
        self.way.pop();
        // What comes next begins at its own first part.
        self.resumes = false;
        goes_on
    }

    fn position(&self) -> Position {
        Position(self.way.clone())
    }

    /// # Safety
    ///
    /// As [`Places::walk`], of a value of the node's type.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn visit(&mut self, node: usize, at: At, shared: bool) -> bool {
        let places = self.places;
        if !places.leads[node] {
            return true;
        }
        // SAFETY: the value is of the node's type, whose tables and offsets stand in the node, and lead to values of
        // the types of the nodes within. What another thread may change through a shared reference is only looked
        // into under its lock, or while nothing is shared. A place that the walk begins at is compared with how many
        // parts there are, by the loop or by the container.
        unsafe {
            match &places.nodes[node] {
                Node::Whole => true,
                Node::Lazy(stamp, value) => {
                    if !self.visit.goes_on() {
                        self.stopped = Some(self.position());
                        return false;
                    }
                    let lazy = &*at.as_ptr().cast::<RawLazy>();
                    let met = self.visit.lazy(lazy, stamp);
                    if met == Met::Open && self.open.is_none() {
                        self.open = Some(self.position());
                    }
                    if met != Met::There || !places.leads[*value] {
                        return true;
                    }
                    let value_at = At(lazy.value());
                    stacker::maybe_grow(RED_ZONE, STACK, || self.visit(*value, value_at, shared))
                }
                Node::Fields(fields) => {
                    let mut fields = fields.iter().enumerate().skip(self.first());
                    fields.all(|(place, (offset, node))| {
                        self.part(place, *node, at.part(*offset), shared)
                    })
                }
                Node::Variants(variants, fields) => {
                    let variant = parts::variant(variants, at);
                    let fields = fields.get(variant).into_iter().flatten().enumerate();
                    let mut fields = fields.skip(self.first());
                    fields.all(|(place, node)| {
                        let leads = places.leads[*node];
                        !leads || {
                            let field = parts::field(variants, at, place);
                            self.part(place, *node, field, shared)
                        }
                    })
                }
                Node::Items(collection, nodes) => {
                    let mut goes_on = true;
                    let mut place = self.first();
                    parts::each_from(collection, at, place, nodes.len(), |items| {
                        // A key leads to none.
                        let items = nodes.iter().zip(items);
                        let mut items = items.filter(|(node, _)| places.leads[**node]);
                        goes_on = items.all(|(node, item)| self.part(place, *node, *item, shared));
                        place += 1;
                        goes_on
                    });
                    goes_on
                }
                Node::Row(slice, size, node) => {
                    let first = self.first();
                    let run = Runs::of(slice, at, 0, 1);
                    run.iter().all(|run| {
                        let start = runs::first(run);
                        (first..run.len).all(|i| self.part(i, *node, start.part(i * size), shared))
                    })
                }
                Node::Pointer(pointer, node) => {
                    let lock = match &pointer.access {
                        Access::Lock(lock) if shared => lock,
                        Access::Cell if shared => {
                            self.visit.passed_over();
                            return true;
                        }
                        _ => {
                            let item = pointers::item(pointer, at);
                            return stacker::maybe_grow(RED_ZONE, STACK, || {
                                self.visit(*node, item, shared)
                            });
                        }
                    };
                    match pointers::hold(lock, at) {
                        // The lock has it for this thread alone.
                        Some((item, _held)) => self.visit(*node, item, false),
                        None => {
                            self.visit.passed_over();
                            true
                        }
                    }
                }
                Node::Elements(len, size, node) => {
                    let first = self.first();
                    (first..*len).all(|i| self.part(i, *node, at.part(i * size), shared))
                }
            }
        }
    }
}
