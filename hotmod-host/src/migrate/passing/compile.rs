//! From the plan of a call to offsets and programs.

use std::alloc::Layout;
use std::sync::Arc;

use abi_stable::std_types::{RStr, RString, RVec};
use hotmod::call::Shim;
use hotmod::call::passing::{Lends, Passing};
use hotmod::describe::Param;
use hotmod::operations::{Kind, Maker, Operations};
use hotmod_file::plan::{Converted, Passed, Plan, Step};

use super::passage::{ArgumentSource, CallRoom, GivenAway, Output, ParamPassage, Passage};
use crate::call::expectation::ConvertedExport;
use crate::call::generation::Converter;
use crate::image::exports::Exports;
use crate::image::image::Image;
use crate::image::memory::Memory;
use crate::migrate::block;
use crate::migrate::flat::FlatSteps;
use crate::migrate::merging::{Between, Merging};
use crate::migrate::program::{Ends, Program};

/// Makes what calls an export of an image as a host was compiled to call it.
pub(crate) fn converter(
    conversion: ConvertedExport,
    image: &'static Image,
    exports: &Arc<Exports>,
) -> Option<Box<dyn Converter>> {
    let ConvertedExport {
        call,
        host: (host, passes),
        shim,
        table,
        signature,
    } = conversion;
    let there = Ends {
        was: &host,
        now: exports,
        from: "",
        forms: None,
    };
    let back = Ends {
        was: exports,
        now: &host,
        from: &image.version,
        forms: None,
    };
    let passage = passage(
        call.converted,
        (there, back),
        (&passes.params, passes.output),
        Called {
            passes: (table.params(), table.output()),
            params: &signature.params,
            maker: table.maker(),
            shim,
        },
        image.memory,
    )?;
    Some(Box::new(passage))
}

/// The function that a passage leads to.
pub(super) struct Called<'a> {
    /// What it takes and returns, as it crosses.
    pub(super) passes: (&'a [Passing], Passing),
    pub(super) params: &'a [Param],
    pub(super) maker: Maker,
    pub(super) shim: Shim,
}

/// What leads to a function from a caller that passes this and expects such a result.
pub(super) fn passage(
    converted: Converted,
    (there, back): (Ends<'_>, Ends<'_>),
    (given, expected): (&[Passing], Passing),
    called: Called<'_>,
    memory: &'static Memory,
) -> Option<Passage> {
    let Converted {
        params: passed,
        dropped,
        output,
        arguments,
        results,
        returned,
    } = converted;
    let (taken, gives) = called.passes;
    if passed.len() != taken.len() || called.params.len() != taken.len() {
        return None;
    }
    let (size, align) = Passing::size(taken);
    let mut room = CallLayout(Layout::from_size_align(size, align).ok()?);
    // First of all, since it has no block of its own.
    let output = match output {
        Some(step) => {
            let ends = (gives.wire, expected.wire);
            Output::Converted {
                at: room.add(block::layout(gives.wire))?,
                program: Program::compile(&results, &step, back, ends).ok()?,
            }
        }
        None if gives.wire.size == expected.wire.size => Output::Same,
        None => return None,
    };
    let mut flat = FlatSteps::default();
    let mut params = Vec::new();
    for (place, passed) in passed.into_iter().enumerate() {
        let (to, at) = (taken[place], Passing::offset(taken, place));
        let from = |place: usize| Some((Passing::offset(given, place), *given.get(place)?));
        let source = match passed {
            Passed::Same(place) => {
                let (from, passing) = from(place)?;
                let size = passing.wire.size;
                if size != to.wire.size {
                    return None;
                }
                flat.copy(from, at, size);
                continue;
            }
            Passed::Value(place, step) => {
                let (from, passing) = from(place)?;
                let ends = (passing.wire, to.wire);
                let program = Program::compile(&arguments, &step, there, ends).ok()?;
                if let Some(steps) = program.flat() {
                    flat.inline(steps.clone(), from, at);
                    continue;
                }
                ArgumentSource::Value { from, program }
            }
            Passed::Lent(place, step) | Passed::Slice(place, step)
                if passing_lends(given, place, to, [Lends::One, Lends::Slice]) =>
            {
                let (from, passing) = from(place)?;
                let lent = (passing.item, to, None);
                room.lending(from, lent, (&arguments, &step, there))?
            }
            // The function looks at what the caller gives away.
            Passed::Given(place, step) if to.lends == Lends::One => {
                let (from, passing) = from(place)?;
                let lent = (passing.wire, to, Some(GivenAway(passing.wire)));
                room.lending(from, lent, (&arguments, &step, there))?
            }
            Passed::GivenItems(place, step) if to.lends == Lends::Slice => {
                let (from, passing) = from(place)?;
                let Kind::Collection(_) = passing.wire.kind else {
                    return None;
                };
                if passing.wire.size != size_of::<RVec<u8>>() {
                    return None;
                }
                let item = passing.wire.part(0)?;
                let lent = (item, to, Some(GivenAway(passing.wire)));
                room.lending(from, lent, (&arguments, &step, there))?
            }
            Passed::Text(place) => {
                let (from, passing) = from(place)?;
                let sizes = (passing.wire.size, to.wire.size);
                if sizes != (size_of::<RStr<'_>>(), size_of::<RString>()) {
                    return None;
                }
                ArgumentSource::Text { from }
            }
            Passed::TextGiven(place) => {
                let (from, passing) = from(place)?;
                let sizes = (passing.wire.size, to.wire.size);
                if sizes != (size_of::<RString>(), size_of::<RStr<'_>>()) {
                    return None;
                }
                let given = GivenAway(passing.wire);
                ArgumentSource::TextGiven { from, given }
            }
            Passed::LentMut(place, merge) | Passed::SliceMut(place, merge)
                if passing_lends(given, place, to, [Lends::OneMut, Lends::SliceMut]) =>
            {
                let (from, passing) = from(place)?;
                let between = Between {
                    there: (&*arguments, there),
                    back: (&*returned, back),
                };
                let merging = Merging::compile(&merge, between, (passing.item, to.item))?;
                match passing.lends {
                    Lends::OneMut => {
                        let at = room.lend(to.item);
                        ArgumentSource::LentMut { from, merging, at }
                    }
                    _ => ArgumentSource::SliceMut { from, merging },
                }
            }
            Passed::Lent(..) | Passed::Slice(..) => return None,
            Passed::LentMut(..) | Passed::SliceMut(..) => return None,
            Passed::Given(..) | Passed::GivenItems(..) => return None,
            Passed::Default => ArgumentSource::Default {
                maker: called.maker,
                place,
                operations: to.wire,
            },
        };
        params.push(ParamPassage {
            name: format!("({})", called.params[place].name),
            to: at,
            source,
        });
    }
    let dropped = dropped.into_iter().map(|place| {
        let operations = given.get(place)?.wire;
        Some((Passing::offset(given, place), operations))
    });
    flat.merge();
    Some(Passage {
        shim: called.shim,
        room: room.0,
        flat,
        params,
        dropped: dropped.collect::<Option<_>>()?,
        output,
        returns: gives.wire,
        memory,
    })
}

/// Whether both sides lend the same way, one of these, what the plan says is lent.
fn passing_lends(given: &[Passing], place: usize, to: Passing, ways: [Lends; 2]) -> bool {
    let lends = given.get(place).map(|passing| passing.lends);
    ways.contains(&to.lends) && lends == Some(to.lends)
}

/// The layout of a call's room, to which more is added.
struct CallLayout(Layout);

impl CallLayout {
    /// Adds a value, and says where it lies.
    fn add(&mut self, value: Layout) -> Option<usize> {
        let (whole, at) = self.0.extend(value).ok()?;
        self.0 = whole;
        Some(at)
    }

    /// How a value, or each item of a slice, is lent to the function as what it becomes by the step: `of` are the
    /// operations of the caller's, and `given` says that the caller gives it away.
    fn lending(
        &mut self,
        from: usize,
        (of, to, given): (&'static Operations, Passing, Option<GivenAway>),
        (plan, step, ends): (&Plan, &Step, Ends<'_>),
    ) -> Option<ArgumentSource> {
        // The export looks at it, and it is never committed.
        let program = Program::compile_seen(plan, step, ends, (of, to.item), true).ok()?;
        Some(match to.lends {
            Lends::One => {
                // Of what may have several owners, more has to be remembered than where it is.
                let at = match program.has_owners {
                    true => None,
                    false => self.lend(to.item),
                };
                ArgumentSource::Lent {
                    from,
                    program,
                    at,
                    given,
                }
            }
            _ => ArgumentSource::Slice {
                from,
                program,
                given,
            },
        })
    }

    /// Adds a value that is lent, where that leaves the room on the stack.
    fn lend(&mut self, of: &Operations) -> Option<usize> {
        let (whole, at) = self.0.extend(block::layout(of)).ok()?;
        let fits = CallRoom::holds(whole);
        if fits {
            self.0 = whole;
        }
        fits.then_some(at)
    }
}
