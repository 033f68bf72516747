//! How a call gets to an export or to what the host provides, and back: what a passage consists of.

use std::alloc::Layout;

use hotmod::call::Shim;
use hotmod::operations::{Maker, Operations};

use crate::image::memory::Memory;
use crate::migrate::flat::FlatSteps;
use crate::migrate::merging::Merging;
use crate::migrate::program::Program;
use crate::migrate::scratch::Scratch;

/// The room of one call, on the caller's stack: most calls need no more.
pub(super) type CallRoom = Scratch<64>;

/// How a call gets to an export or to what the host provides, and back.
pub(super) struct Passage {
    pub(super) shim: Shim,
    /// Of all that a call has room for: the function's arguments, as they cross, from its first byte on; then
    /// what is lent, and the function's result, where they say.
    pub(super) room: Layout,
    /// What is a list of copies, of all parameters that are: nothing of them can fail, or has to be given up.
    pub(super) flat: FlatSteps,
    /// The other parameters.
    pub(super) params: Vec<ParamPassage>,
    /// The caller's arguments that the function does not take.
    pub(super) dropped: Vec<(usize, &'static Operations)>,
    pub(super) output: Output,
    /// Of the function's result, as it crosses.
    pub(super) returns: &'static Operations,
    pub(super) memory: &'static Memory,
}

/// What becomes of the result.
pub(super) enum Output {
    /// It is what the caller expects.
    Same,
    /// It is converted, from so many bytes into the call's room.
    Converted { at: usize, program: Program },
}

/// One parameter of the function that is more than copied.
pub(super) struct ParamPassage {
    /// As messages show it: `(message)`.
    pub(super) name: String,
    /// Where it is among the function's arguments, in bytes.
    pub(super) to: usize,
    pub(super) source: ArgumentSource,
}

/// The operations of an argument that the caller gives away, where the function is lent it, or what it becomes: the
/// argument is dropped when the call has ended.
#[derive(Clone, Copy)]
pub(super) struct GivenAway(pub(super) &'static Operations);

impl ArgumentSource {
    /// The argument that is dropped when the call has ended: where it is, and its operations.
    pub(super) fn given(&self) -> Option<(usize, GivenAway)> {
        match self {
            ArgumentSource::Lent { from, given, .. }
            | ArgumentSource::Slice { from, given, .. } => Some((*from, (*given)?)),
            ArgumentSource::TextGiven { from, given } => Some((*from, *given)),
            _ => None,
        }
    }
}

/// Where such a parameter comes from: `from` so many bytes into the caller's arguments, and what is lent lies `at` so
/// many into the call's room, or in a block of its own.
pub(super) enum ArgumentSource {
    Value {
        from: usize,
        program: Program,
    },
    Lent {
        from: usize,
        program: Program,
        at: Option<usize>,
        given: Option<GivenAway>,
    },
    Slice {
        from: usize,
        program: Program,
        given: Option<GivenAway>,
    },
    /// A text of its own, of the one that is lent.
    Text {
        from: usize,
    },
    /// A reference to a text that is given away.
    TextGiven {
        from: usize,
        given: GivenAway,
    },
    LentMut {
        from: usize,
        merging: Merging,
        at: Option<usize>,
    },
    SliceMut {
        from: usize,
        merging: Merging,
    },
    Default {
        maker: Maker,
        place: usize,
        operations: &'static Operations,
    },
}
