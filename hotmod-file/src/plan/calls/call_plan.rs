//! How a call gets from one side to the other, as data.

use std::sync::Arc;

use hotmod::describe::Difference;

use crate::plan::merged::Merge;
use crate::plan::model::{Plan, Step};

/// How a call gets from one side to the other, where something has to be converted.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// What is done.
    pub converted: Converted,
    /// What becomes of what, by its path.
    pub differences: Vec<Difference>,
}

/// What is done with what a call passes.
#[derive(Clone, Debug)]
pub struct Converted {
    /// For each parameter of the function that is called, where it comes from.
    pub params: Vec<Passed>,
    /// The arguments of the caller that the function does not take.
    pub dropped: Vec<usize>,
    /// What becomes of the result; `None` where the caller can use it as it is.
    pub output: Option<Step>,
    /// What the steps of arguments refer to. It may be shared with other calls, and the paths of its differences
    /// begin anywhere: those of the call are in [`CallPlan::differences`].
    pub arguments: Arc<Plan>,
    /// What the step of the result refers to.
    pub results: Arc<Plan>,
    /// What the steps back of what is lent to be changed refer to.
    pub returned: Arc<Plan>,
}

/// Where a parameter comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The caller's argument at this place, as it is.
    Same(usize),
    /// That argument, converted.
    Value(usize, Step),
    /// A reference to what that argument leads to, converted.
    Lent(usize, Step),
    /// A slice of what that argument leads to, each item converted.
    Slice(usize, Step),
    /// A reference to what that argument leads to, which gets back what the function leaves there.
    LentMut(usize, Merge),
    /// A slice of what that argument leads to, each item of which gets back what the function leaves there.
    SliceMut(usize, Merge),
    /// A reference to what that argument becomes. The argument goes when the call ends.
    Given(usize, Step),
    /// A slice of what the items of that argument become, a `Vec`. It goes when the call ends.
    GivenItems(usize, Step),
    /// A text of its own: a copy of the one that this argument leads to.
    Text(usize),
    /// A reference to the text that this argument is. It goes when the call ends.
    TextGiven(usize),
    /// The function's own default.
    Default,
}
