//! Where the `Lazy`s are in states of a type.

use std::collections::BTreeMap;

use hotmod::describe::{Builtin, Shape, Type};
use hotmod::operations::{Collection, Kind, Operations, Pointer, Slice, Stamp, Variants};

use crate::image::exports::Exports;

/// How much stack must be left for a step into another value, and how much more it gets where less is left.
pub(super) const RED_ZONE: usize = 128 << 10;
pub(super) const STACK: usize = 2 << 20;

/// Where the `Lazy`s are in states of a type at a version.
pub(crate) struct Places {
    pub(super) nodes: Vec<Node>,
    /// For each node, whether it leads to a `Lazy`.
    pub(super) leads: Vec<bool>,
    pub(super) root: usize,
}

/// A type on the way to a `Lazy`; others are named by their numbers.
pub(super) enum Node {
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
        let part = |place: usize| operations.part(place);
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
}
