//! Made-up functions that one side calls of the other: what each takes and returns, on both sides.

use super::change::{Author, Change};
use super::random::Random;
use super::shape::{INTEGERS, LISTS, MAPS, Ty, Value};

/// A type on both sides, and what has become of it. No attribute can say how a whole parameter or result is
/// converted, so it changes only where it needs none.
#[derive(Clone, Debug)]
pub(crate) struct Passed {
    pub(crate) was: Ty,
    pub(crate) now: Ty,
    pub(crate) change: Change,
}

impl Passed {
    pub(crate) fn of(&self, old: bool) -> &Ty {
        if old { &self.was } else { &self.now }
    }

    fn same(ty: Ty) -> Self {
        Passed {
            was: ty.clone(),
            now: ty,
            change: Change::Same,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lending {
    Value,
    One,
    Slice,
    OneMut,
    SliceMut,
}

impl Lending {
    pub(crate) fn is_mut(self) -> bool {
        matches!(self, Lending::OneMut | Lending::SliceMut)
    }

    pub(crate) fn is_slice(self) -> bool {
        matches!(self, Lending::Slice | Lending::SliceMut)
    }
}

/// Which side has a parameter.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    Both,
    /// The older caller passes what the newer function does not take any more.
    CallerRemoved,
    /// The newer caller knows what it is where the older function lacks it.
    CallerDefault,
    /// What the newer function takes for callers that do not know it.
    CalleeDefault(Value),
}

#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) passed: Passed,
    pub(crate) lending: Lending,
    pub(crate) known: Known,
}

impl Parameter {
    pub(crate) fn is_given(&self) -> bool {
        !matches!(self.known, Known::CalleeDefault(_))
    }

    pub(crate) fn is_taken(&self) -> bool {
        matches!(self.known, Known::Both | Known::CalleeDefault(_))
    }
}

/// What a function is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// It is a function by itself.
    None,
    /// It is a method of the interface, `&self`.
    Shared,
    /// The same, `&mut self`.
    Exclusive,
    /// It is a function of the host by itself.
    Host,
    /// It is a method of a trait of the host's.
    Service,
}

/// A function of one side that the other one calls.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) receiver: Receiver,
    /// Whether the caller is the older side.
    pub(crate) older_calls: bool,
    /// In the order of the caller.
    pub(crate) parameters: Vec<Parameter>,
    /// The places of the parameters that the function takes, in its own order.
    pub(crate) taken: Vec<usize>,
    pub(crate) output: Passed,
    /// The place of the argument that the function can give back as its result.
    pub(crate) echoes: Option<usize>,
}

impl Made {
    /// Whether hosts call it, too.
    pub(crate) fn is_method(&self) -> bool {
        matches!(self.receiver, Receiver::Shared | Receiver::Exclusive)
    }

    /// Whether modules call it of their host.
    pub(crate) fn is_import(&self) -> bool {
        matches!(self.receiver, Receiver::Host | Receiver::Service)
    }

    /// What it is called where a call of it fails.
    pub(crate) fn told_as(&self) -> String {
        match self.receiver {
            Receiver::Service => format!("{}::{}", services(!self.older_calls), self.name),
            _ => self.name.clone(),
        }
    }

    pub(crate) fn given(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|it| it.is_given())
    }
}

/// The trait of a host's functions, of the side that the host is of.
pub(crate) fn services(old: bool) -> &'static str {
    if old {
        "OlderServices"
    } else {
        "NewerServices"
    }
}

/// A number that fits another one, with that one.
fn wider(random: &mut Random) -> Passed {
    let fits = |a: usize, b: usize| {
        let ((name, least, most), (_, lower, upper)) = (INTEGERS[a], INTEGERS[b]);
        name != "u128" && lower <= least && most <= upper
    };
    let is_sized = |place: usize| INTEGERS[place].0.ends_with("size");
    loop {
        let (was, now) = (random.below(INTEGERS.len()), random.below(INTEGERS.len()));
        if was != now && fits(was, now) && !is_sized(was) && !is_sized(now) {
            let (was, now) = (Ty::Int(was), Ty::Int(now));
            let change = Change::Number(was.clone(), now.clone());
            return Passed { was, now, change };
        }
    }
}

fn named(random: &mut Random, types: usize) -> Passed {
    let place = random.below(types);
    Passed {
        change: Change::Named(place),
        ..Passed::same(Ty::Named(place))
    }
}

/// Both types and the change, with the same put around each.
fn around(
    passed: Passed,
    ty: impl Fn(Box<Ty>) -> Ty,
    change: impl FnOnce(Box<Change>) -> Change,
) -> Passed {
    Passed {
        was: ty(Box::new(passed.was)),
        now: ty(Box::new(passed.now)),
        change: change(Box::new(passed.change)),
    }
}

/// What a function may take or return.
fn passed(random: &mut Random, types: usize, depth: usize) -> Passed {
    if depth == 0 || random.percent(45) {
        return match random.below(10) {
            0 => Passed::same(Ty::Text),
            1 => Passed::same(Ty::Int(random.below(INTEGERS.len()))),
            2 => wider(random),
            _ => named(random, types),
        };
    }
    match random.below(10) {
        0 | 1 => around(
            passed(random, types, depth - 1),
            |ty| Ty::List("Vec", ty),
            Change::List,
        ),
        2 => around(named(random, types), Ty::Option, Change::Option),
        3 => {
            let (first, second) = (
                passed(random, types, depth - 1),
                passed(random, types, depth - 1),
            );
            Passed {
                was: Ty::Result(Box::new(first.was), Box::new(second.was)),
                now: Ty::Result(Box::new(first.now), Box::new(second.now)),
                change: Change::Result(Box::new(first.change), Box::new(second.change)),
            }
        }
        4 => {
            let (first, second) = (
                passed(random, types, depth - 1),
                passed(random, types, depth - 1),
            );
            Passed {
                was: Ty::Tuple(vec![first.was, second.was]),
                now: Ty::Tuple(vec![first.now, second.now]),
                change: Change::Tuple(vec![first.change, second.change]),
            }
        }
        5 => {
            let kind = random.pick(&MAPS);
            around(
                named(random, types),
                |ty| Ty::Map(kind, Box::new(Ty::Text), ty),
                |change| Change::Map(Box::new(Change::Same), change),
            )
        }
        6 => {
            let kind = random.pick(&LISTS);
            around(named(random, types), |ty| Ty::List(kind, ty), Change::List)
        }
        7 => around(named(random, types), Ty::Box, |change| *change),
        8 => around(
            named(random, types),
            |ty| Ty::Array(2, ty),
            |change| Change::Array(change, 2, (0, Value::None)),
        ),
        _ => {
            let Passed { was, now, change } = named(random, types);
            Passed {
                was,
                now: Ty::Option(Box::new(now)),
                change: Change::Wrap(Box::new(change)),
            }
        }
    }
}

/// One more function that may be made of the types that the author has described.
pub(crate) fn function(author: &mut Author<'_>, number: usize) -> Made {
    let types = author.pairs.len();
    let older_calls = author.random.percent(50);
    let receiver = match author.random.below(6) {
        0 | 1 => Receiver::None,
        2 => Receiver::Shared,
        3 => Receiver::Exclusive,
        4 => Receiver::Host,
        _ => Receiver::Service,
    };
    // A host has a function by its type: what its parameters are called, only their places say.
    let is_named = receiver != Receiver::Host;
    let mut parameters = Vec::new();
    for place in 0..1 + author.random.below(3) {
        let lending = match author.random.below(10) {
            0..4 => Lending::Value,
            4 | 5 => Lending::One,
            6 => Lending::Slice,
            7 | 8 => Lending::OneMut,
            _ => Lending::SliceMut,
        };
        let passed = match lending.is_mut() && author.random.percent(60) {
            true => named(author.random, types),
            false => passed(author.random, types, 2),
        };
        let mut known = Known::Both;
        if is_named && place > 0 && author.random.percent(20) {
            known = match (older_calls, lending) {
                (true, Lending::Value) if author.random.percent(50) => {
                    Known::CalleeDefault(author.value(&passed.now, false))
                }
                (true, _) => Known::CallerRemoved,
                (false, Lending::Value) => Known::CallerDefault,
                (false, _) => Known::Both,
            };
        }
        parameters.push(Parameter {
            name: format!("p{place}"),
            passed,
            lending,
            known,
        });
    }
    let all = parameters.iter().enumerate();
    let taken = all.filter(|(_, it)| it.is_taken());
    let mut taken: Vec<usize> = taken.map(|(place, _)| place).collect();
    if is_named && author.random.percent(40) {
        author.random.shuffle(&mut taken);
    }
    let all = parameters.iter().enumerate();
    let by_value =
        all.filter(|(_, it)| matches!(it.known, Known::Both) && it.lending == Lending::Value);
    let by_value: Vec<usize> = by_value.map(|(place, _)| place).collect();
    let echoes = match by_value.is_empty() || author.random.percent(50) {
        true => None,
        false => Some(author.random.pick(&by_value)),
    };
    let output = match echoes {
        Some(place) => parameters[place].passed.clone(),
        None => passed(author.random, types, 2),
    };
    Made {
        name: format!("f{number}"),
        receiver,
        older_calls,
        parameters,
        taken,
        output,
        echoes,
    }
}
