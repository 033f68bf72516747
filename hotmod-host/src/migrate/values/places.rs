//! Where the `Lazy`s are in states of a type, and a walk over them.

use std::collections::BTreeMap;

use hotmod::describe::{Builtin, Shape, Type};
use hotmod::operations::{
    Access, Collection, Kind, Operations, Pointer, RawLazy, Slice, Stamp, Variants,
};

use crate::image::exports::Exports;
use crate::migrate::at::At;
use crate::migrate::parts;
use crate::migrate::pointers;

/// How much stack must be left for a step into another value, and how much more it gets where less is left.
const RED_ZONE: usize = 128 << 10;
const STACK: usize = 2 << 20;

/// Where the `Lazy`s are in states of a type at a version.
pub(crate) struct Places {
    nodes: Vec<Node>,
    /// For each node, whether it leads to a `Lazy`.
    leads: Vec<bool>,
    root: usize,
}

/// A type on the way to a `Lazy`; others are named by their numbers.
enum Node {
    /// Not looked into.
    Whole,
    Lazy(&'static Stamp, usize),
    /// The fields of a struct or tuple, each so many bytes into it.
    Fields(Vec<(usize, usize)>),
    /// The fields of each variant.
    Variants(Variants, Vec<Vec<usize>>),
    /// A container, and the parts of an item.
    Items(Collection, Vec<usize>),
    /// A container whose items of so many bytes lie one after the other.
    Row(Slice, usize, usize),
    Pointer(Pointer, usize),
    /// So many elements of so many bytes.
    Elements(usize, usize, usize),
}

/// What a walk meets.
pub(super) trait Visit {
    /// A `Lazy`, and the stamp that its value has at the version of the state. Says whether the value is at that.
    fn lazy(&mut self, lazy: &RawLazy, stamp: &'static Stamp) -> bool;

    /// Whether the walk goes on.
    fn goes_on(&mut self) -> bool;

    /// Something that could not be looked into now: a lock that another thread has.
    fn passed_over(&mut self);
}

impl Places {
    /// Those of the states of this type at this version.
    pub(super) fn of(exports: &Exports, state: &Type, operations: &'static Operations) -> Self {
        let mut places = Places {
            nodes: Vec::new(),
            leads: Vec::new(),
            root: 0,
        };
        let mut known = BTreeMap::new();
        places.root = places.node(exports, state, operations, &mut known);
        places.leads = vec![false; places.nodes.len()];
        loop {
            let leads: Vec<bool> = places.nodes.iter().map(|it| places.leads(it)).collect();
            if leads == places.leads {
                return places;
            }
            places.leads = leads;
        }
    }

    /// Whether such a state may hold a `Lazy`.
    pub(crate) fn is_any(&self) -> bool {
        self.leads[self.root]
    }

    fn leads(&self, node: &Node) -> bool {
        let leads = |node: &usize| self.leads[*node];
        match node {
            Node::Whole => false,
            Node::Lazy(..) => true,
            Node::Fields(fields) => fields.iter().any(|(_, node)| leads(node)),
            Node::Variants(_, variants) => variants.iter().flatten().any(leads),
            Node::Items(_, parts) => parts.iter().any(leads),
            Node::Row(_, _, node) | Node::Pointer(_, node) | Node::Elements(_, _, node) => {
                leads(node)
            }
        }
    }

    fn node(
        &mut self,
        exports: &Exports,
        ty: &Type,
        operations: &'static Operations,
        known: &mut BTreeMap<Type, usize>,
    ) -> usize {
        if let Some(node) = known.get(ty) {
            return *node;
        }
        let node = self.nodes.len();
        self.nodes.push(Node::Whole);
        known.insert(ty.clone(), node);
        let made = stacker::maybe_grow(RED_ZONE, STACK, || {
            self.made(exports, ty, operations, known)
        });
        if let Some(made) = made {
            self.nodes[node] = made;
        }
        node
    }

    fn made(
        &mut self,
        exports: &Exports,
        ty: &Type,
        operations: &'static Operations,
        known: &mut BTreeMap<Type, usize>,
    ) -> Option<Node> {
        let part = |place: usize| (operations.part)(place);
        let shape = exports.manifest.types.get(ty).map(|it| &it.shape);
        match (shape, &operations.kind) {
            (Some(Shape::Struct(fields)), Kind::Struct(_)) => {
                let mut found = Vec::new();
                for (place, field) in fields.iter().enumerate() {
                    let offset = usize::try_from(field.offset?).ok()?;
                    let node = self.node(exports, &field.ty, part(place)?, known);
                    found.push((offset, node));
                }
                Some(Node::Fields(found))
            }
            (Some(Shape::Enum { variants, .. }), Kind::Enum(operations, _)) => {
                let mut found = Vec::new();
                let mut place = 0;
                for variant in variants {
                    let mut fields = Vec::new();
                    for field in &variant.fields {
                        fields.push(self.node(exports, &field.ty, part(place)?, known));
                        place += 1;
                    }
                    found.push(fields);
                }
                Some(Node::Variants(*operations, found))
            }
            (None, Kind::Lazy(lazy)) if ty.builtin() == Some(Builtin::Lazy) => {
                let value = self.node(exports, &ty.args[0], part(0)?, known);
                Some(Node::Lazy((lazy.stamp)(), value))
            }
            (None, Kind::Tuple(offset)) => {
                let mut found = Vec::new();
                let mut place = 0;
                while let Some(operations) = part(place) {
                    // Both bounds of a range are of one type.
                    let ty = ty.args.get(place).or(ty.args.last())?;
                    found.push((offset(place), self.node(exports, ty, operations, known)));
                    place += 1;
                }
                Some(Node::Fields(found))
            }
            (None, Kind::Array(len)) => {
                let element = part(0)?;
                let node = self.node(exports, ty.args.first()?, element, known);
                Some(Node::Elements(*len, element.size, node))
            }
            (None, Kind::Enum(operations, _)) => self.of_std(exports, ty, *operations, part, known),
            (None, Kind::Collection(collection)) => {
                let mut parts = Vec::new();
                for (place, item) in ty.items().iter().enumerate() {
                    parts.push(self.node(exports, item, part(place)?, known));
                }
                match (collection.slice, parts.as_slice()) {
                    (Some(slice), [node]) => Some(Node::Row(slice, part(0)?.size, *node)),
                    _ => Some(Node::Items(*collection, parts)),
                }
            }
            (None, Kind::Pointer(pointer)) => {
                let node = self.node(exports, ty.args.first()?, part(0)?, known);
                Some(Node::Pointer(*pointer, node))
            }
            _ => None,
        }
    }

    /// An enum of the standard library that may hold a `Lazy`.
    fn of_std(
        &mut self,
        exports: &Exports,
        ty: &Type,
        operations: Variants,
        part: impl Fn(usize) -> Option<&'static Operations>,
        known: &mut BTreeMap<Type, usize>,
    ) -> Option<Node> {
        use Builtin::{Bound, OnceCell, OnceLock, Option, Poll, ROption, RResult, Result};
        let mut node = |place: usize| {
            let operations = part(place)?;
            Some(self.node(exports, ty.args.get(place)?, operations, known))
        };
        let variants = match ty.builtin()? {
            Option | ROption | OnceCell | OnceLock => vec![vec![], vec![node(0)?]],
            Poll => vec![vec![], vec![node(0)?]],
            Result | RResult => vec![vec![node(0)?], vec![node(1)?]],
            Bound => {
                let bound = node(0)?;
                vec![vec![bound], vec![bound], vec![]]
            }
            _ => return None,
        };
        Some(Node::Variants(operations, variants))
    }

    /// Walks over the `Lazy`s in a state until the visitor has it stop; `false` if it did.
    ///
    /// # Safety
    ///
    /// A state of the type that the places are of is at the address. Nothing else uses it, or where it is `shared`,
    /// only through shared references, and then it is `Sync`.
    pub(super) unsafe fn walk(&self, state: At, shared: bool, visit: &mut dyn Visit) -> bool {
        // SAFETY: the caller passes such a state.
        unsafe { self.visit(self.root, state, shared, visit) }
    }

    /// # Safety
    ///
    /// As [`walk`](Places::walk), of a value of the node's type.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn visit(&self, node: usize, at: At, shared: bool, visit: &mut dyn Visit) -> bool {
        if !self.leads[node] {
            return true;
        }
        // SAFETY: the value is of the node's type, whose tables and offsets stand in the node, and lead to values of
        // the types of the nodes within. What another thread may change through a shared reference is only looked
        // into under its lock, or while nothing is shared.
        unsafe {
            match &self.nodes[node] {
                Node::Whole => true,
                Node::Lazy(stamp, value) => {
                    let lazy = &*at.as_ptr().cast::<RawLazy>();
                    let is_here = visit.lazy(lazy, stamp);
                    let goes_on = visit.goes_on();
                    if !is_here || !goes_on || !self.leads[*value] {
                        return goes_on;
                    }
                    let value_at = At(lazy.value());
                    stacker::maybe_grow(RED_ZONE, STACK, || {
                        self.visit(*value, value_at, shared, visit)
                    })
                }
                Node::Fields(fields) => {
                    let mut fields = fields.iter();
                    fields.all(|(offset, node)| self.visit(*node, at.part(*offset), shared, visit))
                }
                Node::Variants(variants, fields) => {
                    let variant = parts::variant(variants, at);
                    let mut fields = fields.get(variant).into_iter().flatten().enumerate();
                    fields.all(|(place, node)| {
                        let leads = self.leads[*node];
                        !leads || {
                            let field = parts::field(variants, at, place);
                            self.visit(*node, field, shared, visit)
                        }
                    })
                }
                Node::Items(collection, nodes) => {
                    let mut goes_on = true;
                    parts::each(collection, at, nodes.len(), |items| {
                        let mut items = nodes.iter().zip(items);
                        goes_on = items.all(|(node, item)| self.visit(*node, *item, shared, visit));
                        goes_on
                    });
                    goes_on
                }
                Node::Row(slice, size, node) => {
                    let run = crate::migrate::runs::Runs::of(slice, at, 0, 1);
                    run.iter().all(|run| {
                        let first = crate::migrate::runs::first(run);
                        (0..run.len).all(|i| self.visit(*node, first.part(i * size), shared, visit))
                    })
                }
                Node::Pointer(pointer, node) => {
                    let lock = match &pointer.access {
                        Access::Lock(lock) if shared => lock,
                        Access::Cell if shared => {
                            visit.passed_over();
                            return true;
                        }
                        _ => {
                            let item = pointers::item(pointer, at);
                            return stacker::maybe_grow(RED_ZONE, STACK, || {
                                self.visit(*node, item, shared, visit)
                            });
                        }
                    };
                    match pointers::hold(lock, at) {
                        // The lock has it for this thread alone.
                        Some((item, _held)) => self.visit(*node, item, false, visit),
                        None => {
                            visit.passed_over();
                            true
                        }
                    }
                }
                Node::Elements(len, size, node) => {
                    (0..*len).all(|i| self.visit(*node, at.part(i * size), shared, visit))
                }
            }
        }
    }
}
