//! A plan as data: what becomes of each state, step by step.

use hotmod::describe::{Difference, Rule, Type, Verdict};

use super::preparation::Preparation;
use super::survival::{Condition, Survival};

/// Which of two versions is the newer one, whose attributes say what has become of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the older version to the newer one.
    On,
    /// From the newer version back to the older one.
    Back,
}

/// How the states of one module become those of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The conversions of described types, which steps refer to by their place: types may contain
    /// each other.
    pub conversions: Vec<Conversion>,
    /// For each state, what becomes of it.
    pub states: Vec<(Type, Step)>,
    /// For each type whose values follow by themselves in `Lazy`s that are handed over, what becomes of them.
    pub values: Vec<LazyStep>,
    /// Whether a function marked `#[hotmod::after_migrate]` sees a converted state before it is
    /// final, and so may change or refuse it.
    pub checked: bool,
    /// Every place that changes, with the rule that allows or refuses it.
    pub differences: Vec<Difference>,
    pub(super) costs: Vec<(String, Cost)>,
    pub(super) preparations: Vec<(Type, Preparation)>,
    pub(super) conditions: Vec<Condition>,
}

impl Plan {
    /// What existing state would lose: fields, elements and variants that no part of the new state
    /// comes from.
    ///
    /// Not among them are parts that a user's function leaves out, and parts that are made anew each
    /// time.
    pub fn losses(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|it| it.rule.loses())
    }

    /// Whether every state keeps all that it holds, so that the old value could be made again from the
    /// new one: no part is dropped or replaced, and no user's function takes part.
    ///
    /// Values that compare equal count as the same: the bits of a NaN may change, and so may the order
    /// in a hash map. A field that is not carried over (`skip`) is no part of the value. `false` for a
    /// plan that is refused.
    pub fn is_lossless(&self) -> bool {
        let keeps = |rule: Rule| {
            let by_user = matches!(rule, Rule::Converted | Rule::Carried);
            !rule.loses() && !rule.refuses() && !by_user
        };
        !self.checked && self.differences.iter().all(|it| keeps(it.rule))
    }

    /// Whether the plan can be carried out, and whether there is anything to do.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.differences)
    }

    /// What the plan costs, by the paths that differences have too: each state, each field of a type
    /// that is converted, and each item of a container that is rebuilt. The parts of a value that is
    /// moved are not listed, and the parts of a type that several fields hold are listed once. The
    /// costs mean nothing if the plan is refused.
    pub fn costs(&self) -> &[(String, Cost)] {
        &self.costs
    }

    /// For each state that does not pass to the new version as it is, which of its calls go on while its new
    /// value is made. A host needs to know the lock of a state to make use of it: the states in its pools, and
    /// those that it shares.
    pub fn preparations(&self) -> &[(Type, Preparation)] {
        &self.preparations
    }

    /// What live values must be for the plan to be carried out, by the paths that differences have. The conditions of
    /// a type that several fields hold are listed once. They mean nothing if the plan is refused.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Whether the states of the older module survive.
    pub fn survival(&self) -> Survival {
        Survival::of(self.verdict(), &self.conditions)
    }

    /// What becomes of a state.
    pub fn step(&self, state: &Type) -> Option<&Step> {
        // The states stand in the order in which a description has them.
        let place = self.states.binary_search_by(|(ty, _)| ty.cmp(state));
        place.ok().map(|place| &self.states[place].1)
    }
}

/// What becomes of the values of a type that follow by themselves, each in a `Lazy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LazyStep {
    /// The type in the old description.
    pub was: Type,
    /// The type in the new one.
    pub now: Type,
    /// What becomes of each value.
    pub step: Step,
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
    /// A `Weak` of such an item leads to what the item has become.
    Weak(Box<Step>),
    /// Each field of a tuple.
    Tuple(Vec<Step>),
    /// The old value is written down by serde, and the new one is read from that.
    Serde,
    /// The old value is carried over as its described type, which becomes the described type of the new
    /// value.
    As(Box<Step>),
    /// As `As`, but the described type becomes the new value itself.
    Into(Box<Step>),
    /// As `As` of a form that is moved, of a value that is moved itself where the modules have the same version of its
    /// crate, and its author says that it may be.
    Same,
    /// A value of a foreign type becomes what its form becomes.
    Form(Box<Step>),
    /// The old value becomes the form of a foreign type, of which the new value is made.
    Formed(Box<Step>),
    /// Each element of an array; more elements are filled in.
    Array(Box<Step>),
}

impl Step {
    /// Whether no two keys become one by it, nor change their order.
    pub(super) fn keeps_apart(&self) -> bool {
        match self {
            Step::Move | Step::Number { .. } | Step::Bytes => true,
            Step::Pointer(step)
            | Step::Wrap(step)
            | Step::Unwrap(step)
            | Step::Enclose(step)
            | Step::Disclose(step) => step.keeps_apart(),
            Step::Tuple(steps) => steps.iter().all(Step::keeps_apart),
            _ => false,
        }
    }
}

/// How a described type becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The type in the old description.
    pub was: Type,
    /// The type in the new one.
    pub now: Type,
    /// What is done.
    pub body: ConversionBody,
}

/// What a [`Conversion`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConversionBody {
    /// A struct becomes a struct.
    Struct(FieldSteps),
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
    pub fields: FieldSteps,
}

/// Where the fields of a struct or variant come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSteps {
    /// For each new field, in its place.
    pub sources: Vec<Source>,
    /// The old fields that no new field comes from, by their place: dropped on commit.
    pub dropped: Vec<usize>,
}

impl FieldSteps {
    /// Whether they are made of the old variant's name.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.sources[..], [Source::Name(_)])
    }
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
    /// The name of the old variant, which the new type does not know: the payload of a variant marked
    /// `#[state(other)]`.
    Name(String),
}

/// What it costs to carry a value over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// Its bytes are moved: how much they lead to does not matter.
    Moved,
    /// It is read, and written anew where it is to be. What it holds has costs of its own.
    Copied,
    /// It is made without an old value, by `default`, `skip` or `fill`, or as `None`.
    Made,
    /// A new container is allocated, as large as the old one, and each item is put into it.
    Rebuilt,
    /// The user's function makes it.
    Converted,
    /// It is dropped when the new state is final, with all that it holds.
    Dropped,
}

impl Cost {
    /// `moved`, `copied`, `made`, `rebuilt`, `converted` or `dropped`.
    pub fn as_str(self) -> &'static str {
        match self {
            Cost::Moved => "moved",
            Cost::Copied => "copied",
            Cost::Made => "made",
            Cost::Rebuilt => "rebuilt",
            Cost::Converted => "converted",
            Cost::Dropped => "dropped",
        }
    }
}
