//! Generated pairs of types, and values of them, migrated for real and worked out by the test.
//!
//! Each pair of modules holds some dozens of such types. What a migration makes of a state, on and
//! back, is held against what a [`Reference`] makes of its text. `HOTMOD_SEED` chooses other types
//! than those of every run.

use std::sync::LazyLock;

use hotmod_host::describe::Verdict;
use hotmod_host::plan::Plan;
use hotmod_host::{Host, Instance, Module, inspect};
use hotmod_tests::fixture::{Built, Family, ForGood};
use hotmod_tests::interfaces::randomised::Shape as Randomised;

use change::{Author, Change, Fields, Pair, Shapes, Source};
use random::Random;
use reference::Reference;
use shape::{Described, Field, Shape, Value};

#[allow(dead_code, reason = "types of calls are made elsewhere")]
#[path = "randomised/change.rs"]
mod change;
#[path = "randomised/random.rs"]
mod random;
#[allow(dead_code, reason = "values of calls are taken elsewhere")]
#[path = "randomised/reference.rs"]
mod reference;
#[path = "randomised/shape.rs"]
mod shape;
#[path = "randomised/source.rs"]
mod source;
#[path = "randomised/tried.rs"]
mod tried;

/// How many fields the state has, each of a type of its own.
const FIELDS: usize = 40;
/// How many described types there are beside it.
const TYPES: usize = 24;
/// How many more types there are whose values are converted where they are.
const IN_PLACE: usize = 3;
const STATES: usize = 60;

fn seed() -> u64 {
    let given = std::env::var("HOTMOD_SEED").ok();
    given.map_or(20, |seed| seed.parse().expect("HOTMOD_SEED is a number"))
}

/// Types in two versions; the last is that of the state.
struct World {
    pairs: Vec<Pair>,
    /// What the modules were built from, which edits borrow for good.
    _sources: [&'static str; 2],
    built: Built,
}

/// Types that lose nothing.
static CAREFUL: LazyLock<World> = LazyLock::new(|| World::new("randomised-careful", true));
/// Types that lose something now and then.
static CARELESS: LazyLock<World> = LazyLock::new(|| World::new("randomised", false));

impl World {
    fn new(name: &'static str, careful: bool) -> Self {
        let mut random = Random::new(seed() ^ u64::from(careful));
        let mut author = Author::new(&mut random, careful);
        for _ in 0..TYPES {
            author.describe();
        }
        for _ in 0..IN_PLACE {
            author.describe_in_place();
        }
        author.describe_state(FIELDS);
        let pairs = author.pairs;
        let side = |side: fn(&Pair) -> &Described| -> &'static str {
            let types: Vec<&Described> = pairs.iter().map(side).collect();
            source::source(&types).for_good()
        };
        let sources = [side(|pair| &pair.was), side(|pair| &pair.now)];
        let built = Family::new("randomised")
            .package(name)
            .variant("older", &[(TYPES_OF_THE_BASE, sources[0])])
            .variant("newer", &[(TYPES_OF_THE_BASE, sources[1])])
            .build();
        World {
            pairs,
            _sources: sources,
            built,
        }
    }

    fn types(&self, old: bool) -> Vec<&Described> {
        let pairs = self.pairs.iter();
        pairs
            .map(|pair| if old { &pair.was } else { &pair.now })
            .collect()
    }

    /// A state of a version. Unless it is `wild`, all of it fits the way on or back.
    fn state(&self, random: &mut Random, old: bool, wild: bool) -> Value {
        let types = self.types(old);
        let Some((Shape::Struct(fields), Shapes::Struct(Fields { sources, .. }))) =
            self.pairs.last().map(|pair| {
                let side = if old { &pair.was } else { &pair.now };
                (&side.shape, &pair.shapes)
            })
        else {
            unreachable!("the state is a struct");
        };
        let unfit = |change: &Change, value: &Value| {
            let mut reference = Reference::new(&self.pairs);
            reference.take(change, value, "", !old);
            reference.unfit
        };
        let fits =
            |place: usize, value: &Value| wild || unfit(&Change::Named(place), value).is_empty();
        let field = |(field, source): (&Field, &Source)| {
            let Source::From(_, change) = source else {
                unreachable!("the state keeps its fields");
            };
            let mut left = Vec::new();
            for tries in 0..1000 {
                let depth = 5_usize.saturating_sub(tries / 100);
                let value = shape::value_that(&fits, random, &types, &field.ty, (depth, wild));
                left = match wild {
                    true => Vec::new(),
                    false => unfit(change, &value),
                };
                if left.is_empty() {
                    return (field.name.clone(), value);
                }
            }
            panic!("no value fits: {left:?} of {change:?}");
        };
        Value::Struct(fields.iter().zip(sources).map(field).collect())
    }

    /// What becomes of a state, or the paths that do not fit.
    fn expected(&self, value: &Value, back: bool) -> Result<Value, Vec<String>> {
        let mut reference = Reference::new(&self.pairs);
        let change = Change::Named(self.pairs.len() - 1);
        let taken = reference.take(&change, value, "World", back);
        match reference.unfit.is_empty() {
            true => Ok(taken),
            false => Err(reference.unfit),
        }
    }
}

const TYPES_OF_THE_BASE: &str = "\
#[derive(StableState)]
pub struct World;

impl Text for World {
    fn read(_: &mut Reader<'_>) -> Self {
        World
    }
    fn show(&self, _: &mut String) {}
}
";

struct Live {
    instance: Instance<dyn Randomised>,
    value: Value,
}

impl Live {
    fn new(module: &Module<dyn Randomised>, value: Value) -> Self {
        let instance = module.create(&value.to_string());
        let instance = instance.unwrap_or_else(|error| panic!("{error}"));
        let live = Live { instance, value };
        live.shows();
        live
    }

    fn shows(&self) {
        let shown = self.instance.show().expect("a call");
        assert_eq!(shown, self.value.to_string());
    }

    /// Follows an update or a rollback. Whether it could.
    fn follow(&mut self, world: &World, back: bool) -> bool {
        let migrated = self.instance.migrate();
        let expected = world.expected(&self.value, back);
        match (migrated, expected) {
            (Ok(()), Ok(value)) => self.value = value,
            (Err(error), Err(unfit)) => {
                let path = without_numbers(&error.path);
                assert!(
                    unfit.contains(&path),
                    "{path} is none of {unfit:#?}: {error}"
                );
            }
            (Ok(()), Err(unfit)) => panic!("none of {unfit:#?} was found"),
            (Err(error), Ok(_)) => panic!("{error}"),
        }
        self.shows();
        self.instance.stuck().is_none()
    }
}

/// A path with `[]` for each item.
fn without_numbers(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        let end = part.find(']').unwrap_or_default();
        path + "[" + &part[end..]
    })
}

/// Takes values of this seed both ways; with `careful` types, nothing is lost.
fn both_ways(world: &World, careful: bool) {
    eprintln!("HOTMOD_SEED={}", seed());
    let mut random = Random::new(!seed());
    let files = ["older", "newer"].map(|variant| world.built.file(variant));
    let [older, newer] = files
        .each_ref()
        .map(|file| inspect(file).unwrap_or_else(|refusal| panic!("{refusal}")));
    let on = Plan::new(older.manifest(), newer.manifest());
    assert_eq!(on.verdict(), Verdict::Migrate);
    assert_eq!(
        on.is_lossless(),
        careful,
        "{:#?}",
        on.losses().collect::<Vec<_>>()
    );

    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Randomised>(&files[0])
        .unwrap_or_else(|it| panic!("{it}"));
    let mut states = |count: usize, old: bool, wild: bool| -> Vec<Live> {
        let values = (0..count).map(|_| world.state(&mut random, old, wild));
        values
            .collect::<Vec<_>>()
            .into_iter()
            .map(|value| Live::new(&module, value))
            .collect()
    };
    let mut tame = states(STATES, true, false);
    let wild = states(STATES, true, true);
    let starts: Vec<Value> = tame.iter().map(|live| live.value.clone()).collect();
    module
        .update(&files[1])
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    for live in &mut tame {
        assert!(live.follow(world, false), "every value fits");
    }
    let (mut followed, mut stuck) = (Vec::new(), Vec::new());
    for mut live in wild {
        match live.follow(world, false) {
            true => followed.push(live),
            false => stuck.push(live),
        }
    }
    assert!(!stuck.is_empty(), "some values do not fit");

    let mut born = states(STATES, false, false);
    let mut born_wild = states(STATES, false, true);
    let losses = module
        .rollback_report()
        .unwrap_or_else(|it| panic!("{it}"))
        .losses;
    assert!(!losses.is_empty(), "fields were added");
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    for (live, start) in tame.iter_mut().zip(&starts) {
        let back = live.follow(world, true);
        // A field that was added has a value that fits, whatever it is.
        assert!(back, "{:?}", live.instance.stuck());
        if careful {
            assert_eq!(live.value, *start);
        }
    }
    for live in &mut born {
        assert!(live.follow(world, true), "every value fits");
    }
    for live in born_wild.iter_mut().chain(&mut followed) {
        live.follow(world, true);
    }
    // These states never left the version that runs again.
    for live in &mut stuck {
        let migrated = live.instance.migrate();
        migrated.unwrap_or_else(|error| panic!("{error}"));
        assert!(live.instance.stuck().is_none());
        live.shows();
    }
    drop((tame, followed, stuck, born, born_wild));
    let at_rest = files.each_ref().map(|file| {
        let alone = Host::builder()
            .build()
            .expect("a host")
            .load::<dyn Randomised>(file);
        alone.unwrap_or_else(|it| panic!("{it}")).memory()
    });
    assert_eq!(
        module.memory(),
        at_rest[0] + at_rest[1],
        "nothing is leaked"
    );
}

#[test]
fn what_loses_nothing_comes_back_as_it_was() {
    both_ways(&CAREFUL, true);
}

#[test]
fn what_loses_something_is_what_the_changes_say() {
    both_ways(&CARELESS, false);
}
