//! What to do with state: how a value of one description becomes a value of another.
//!
//! A plan is data, made from two descriptions without running or loading anything. Every
//! difference either has a rule that allows it, and then a step that carries it out, or is refused
//! with what to write to allow it. Nothing is ever zero-filled, truncated or guessed.

mod cost;
mod numbers;
mod opaque;
mod planner;

pub use cost::Cost;
use planner::Way;

use crate::describe::{Description, Difference, Rule, Type, Verdict, crossing, diff};

/// How the states of one module become those of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The conversions of described types, which steps refer to by their place: types may contain
    /// each other.
    pub conversions: Vec<Conversion>,
    /// For each state, what becomes of it.
    pub states: Vec<(Type, Step)>,
    /// Whether a function marked `#[hotmod::after_migrate]` sees a converted state before it is
    /// final, and so may change or refuse it.
    pub checked: bool,
    /// Every place that changes, with the rule that allows or refuses it.
    pub differences: Vec<Difference>,
    costs: Vec<(String, Cost)>,
}

impl Plan {
    /// The plan for the states of `was`, made to fit `now`.
    ///
    /// What `now` does not say how to convert, a function of `was` marked
    /// `#[hotmod::migrate(down)]` does, if it makes just what `now` has: so one version after the
    /// other can be gone back to by updates.
    pub fn new(was: &Description, now: &Description) -> Self {
        planner::plan(was, now, Way::On)
    }

    /// The plan for the states of `newer`, made to fit `older`, which knows nothing of it.
    ///
    /// It inverts what the attributes of the newer version say: what was renamed gets its old name
    /// back, what was widened is narrowed, what was put into an `Option` is taken out, a container
    /// that changed changes back. A value that does not fit, or a variant that the older version
    /// does not have, aborts the plan for that state, which stays as it is. What the newer version
    /// added has no place in the older one: it is dropped, and is among the
    /// [`losses`](Plan::losses). What the newer version removed gets what the older version's own
    /// `default`, `skip` or `Option` gives it.
    ///
    /// What a function of the newer version made, only a function can take back. That is the newer
    /// version's own, marked `#[hotmod::migrate(down)]`, whose form is just what the older version
    /// has; or else one of the older version: `#[state(with = …)]` that takes the newer type, or
    /// `#[hotmod::migrate]`, which sees by [`Old::version`](crate::Old::version) what it is asked to
    /// convert. Where there is none, the plan is refused; and so it is where the newer version has
    /// functions for the way down, and each makes another form.
    ///
    /// A state that was taken to `newer` by a [lossless](Plan::is_lossless) plan, and by a plan of
    /// this kind back, is what it was.
    pub fn back(newer: &Description, older: &Description) -> Self {
        planner::plan(newer, older, Way::Back)
    }

    /// What existing state would lose: fields, elements and variants that nothing comes from.
    ///
    /// What a user's function leaves out is not among them, nor is what is made anew each time.
    pub fn losses(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|it| it.rule.loses())
    }

    /// Whether nothing of any state is lost, so that the value that it was can be had again from
    /// what it becomes: nothing is dropped or replaced, and no user's function has a say in it.
    ///
    /// A value is what compares equal: which not-a-number a float is may change, and so may where a
    /// hash map keeps what. What is not carried over (`skip`) is no part of it. `false` for a plan
    /// that is refused.
    pub fn is_lossless(&self) -> bool {
        let keeps = |rule: Rule| {
            let by_user = matches!(rule, Rule::Converted | Rule::Carried);
            !rule.loses() && !rule.refuses() && !by_user
        };
        !self.checked && self.differences.iter().all(|it| keeps(it.rule))
    }

    /// Whether it can be carried out, and whether there is anything to do.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.differences)
    }

    /// What it costs, by the paths that differences have too: each state, each field of a type
    /// that is converted, and each item of a container that is rebuilt. What is moved is not looked
    /// into, and the parts of a type that several fields hold are listed once. Of no meaning where
    /// the plan is refused.
    pub fn costs(&self) -> &[(String, Cost)] {
        &self.costs
    }

    /// What becomes of a state.
    pub fn step(&self, state: &Type) -> Option<&Step> {
        // They stand in the order in which a description has them.
        let place = self.states.binary_search_by(|(ty, _)| ty.cmp(state));
        place.ok().map(|place| &self.states[place].1)
    }
}

/// All that differs between the module that runs and a candidate to replace it: in what they
/// export, and in what becomes of their state.
pub fn differences(running: &Description, candidate: &Description) -> Vec<Difference> {
    let mut differences = crossing::impossible(candidate);
    differences.extend(diff::exports(running, candidate));
    differences.extend(Plan::new(running, candidate).differences);
    differences
}

/// How a value becomes a value of another type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The bytes are the value: moved whole, whatever they hold.
    Move,
    /// One number becomes another; `checked` where it may not fit.
    Number {
        /// Whether a value that does not fit aborts the plan; else every value fits.
        checked: bool,
    },
    /// A text, path, time or address is built anew from what it says: it is of another type, or
    /// another compiler lays it out otherwise.
    Bytes,
    /// A described type becomes another, by the conversion at this place.
    Convert(usize),
    /// `T` becomes `Option<U>`.
    Wrap(Box<Step>),
    /// `Option<T>` becomes `U`; `None` aborts the plan.
    Unwrap(Box<Step>),
    /// `T` becomes `Box<U>`.
    Enclose(Box<Step>),
    /// `Box<T>` becomes `U`.
    Disclose(Box<Step>),
    /// An enum of the standard library, such as `Option` or `Result`: each variant stays what it is,
    /// and its field changes.
    Variants(Vec<VariantStep>),
    /// The bounds of a range.
    Range(Box<Step>),
    /// A container is rebuilt from its items: one step for each of its parameters.
    Collection(Vec<Step>),
    /// A container of one item is rebuilt around it.
    Pointer(Box<Step>),
    /// As `Pointer`; owners that shared an item share it again.
    Shared(Box<Step>),
    /// What led to an item of such owners leads to what that has become.
    Weak(Box<Step>),
    /// Each field of a tuple.
    Tuple(Vec<Step>),
    /// The old value is written down by serde, and the new one is read from that.
    Serde,
    /// The old value is carried over as its described type, which becomes that of the new one.
    As(Box<Step>),
    /// As `As`, and what its described type becomes is the new value.
    Into(Box<Step>),
    /// Each element of an array; more elements are filled in.
    Array(Box<Step>),
}

/// How a described type becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The type in the old description.
    pub was: Type,
    /// The type in the new one.
    pub now: Type,
    /// What is done.
    pub body: Body,
}

/// What a [`Conversion`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A struct becomes a struct.
    Struct(Fields),
    /// An enum becomes an enum: for each old variant, what becomes of it; `None` where a live
    /// value of the variant aborts the plan.
    Enum(Vec<Option<VariantStep>>),
    /// The new module's function marked `#[hotmod::migrate]` makes the new value.
    Hook,
    /// The old module's function of this name, marked `#[hotmod::migrate(down)]`, makes the new
    /// value.
    Down(String),
}

/// What becomes of one variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantStep {
    /// The new variant, by its place.
    pub to: usize,
    /// Its fields.
    pub fields: Fields,
}

/// Where the fields of a struct or variant come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// For each new field, in its place.
    pub sources: Vec<Source>,
    /// The old fields that nothing comes from, by their place: dropped on commit.
    pub dropped: Vec<usize>,
}

/// Where a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An old field.
    Field {
        /// Its place.
        place: usize,
        /// What becomes of it.
        step: Step,
    },
    /// An old field, by the user's function.
    With {
        /// Its place.
        place: usize,
    },
    /// `#[state(default)]`
    Default,
    /// A new `Option`: `None`.
    Absent,
    /// `#[state(skip)]`
    Skip,
}

#[cfg(test)]
mod tests;
