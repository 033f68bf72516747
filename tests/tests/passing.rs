//! Made-up functions and methods, which modules and hosts that were compiled apart call of each other, with made-up
//! values.
//!
//! The types are those of `randomised`, in two versions: one module has the older ones, the other the newer.
//! Each has functions that the other calls, and an interface with methods, which a host with the types of the other
//! calls too, and which calls functions of such a host; parameters changed, came and went, and functions of the author's
//! convert some. What a function gets and what its caller gets back is held against
//! what is worked out here from the changes alone. What may not be passed is refused, function by function.
//! `HOTMOD_SEED` chooses others than those of every run, and `HOTMOD_FUNCTIONS` how many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hotmod_host::{Function, Host, Module, SharedInstance, Untyped};
use hotmod_tests::compiler::OTHER;
use hotmod_tests::fixture::{Built, Family, ForGood};

use allowed::{Allowed, Maybe};
use change::{Author, Pair};
use host::LoadedHost;
use merge::merge;
use random::Random;
use reference::Reference;
use shape::{Described, Shape, Ty, Value};
use signature::{Known, Lending, Made, Parameter};

#[path = "passing/allowed.rs"]
mod allowed;
#[allow(dead_code, reason = "types of a state are made elsewhere")]
#[path = "randomised/change.rs"]
mod change;
#[path = "passing/host.rs"]
mod host;
#[path = "passing/merge.rs"]
mod merge;
#[path = "randomised/random.rs"]
mod random;
#[allow(dead_code, reason = "all types are written elsewhere")]
#[path = "randomised/source.rs"]
mod randomised_source;
#[path = "randomised/reference.rs"]
mod reference;
#[path = "randomised/shape.rs"]
mod shape;
#[path = "passing/signature.rs"]
mod signature;
#[path = "passing/source.rs"]
mod source;

/// How many calls are made of each function, by each that calls it.
const CALLS: usize = 30;

/// What this host knows of the interfaces, to give their instances names.
mod offered {
    #[hotmod::interface]
    pub(crate) trait OlderOffers {
        fn seen(&self) -> String;
    }

    #[hotmod::interface]
    pub(crate) trait NewerOffers {
        fn seen(&self) -> String;
    }
}

fn number(name: &str) -> Option<u64> {
    let given = std::env::var(name).ok();
    given.map(|it| it.parse().expect("a number"))
}

/// Functions between two modules, in two versions of their types.
struct World {
    pairs: Vec<Pair>,
    called: Vec<Made>,
    refused: Vec<Made>,
    /// The modules, by which side of what they are: `older-called`.
    modules: BTreeMap<String, PathBuf>,
    /// Hosts of the same names; none where another compiler builds one of the modules.
    hosts: Option<Built>,
}

/// How many functions there are, and which.
#[derive(Clone, Copy)]
enum Kind<'c> {
    /// Nothing that passes loses anything.
    Careful,
    Careless,
    /// This compiler builds the newer module. Functions that pass what only one compiler's modules may are left out.
    Apart(&'c Path),
}

/// What the base of the modules has that hosts lack.
const OF_MODULES: &str = "hotmod::module! { name: \"randomised\", version: \"1.0.0\" }";

/// What the base of the modules has in place of types.
const TYPES_OF_THE_BASE: &str = "\
impl Text for World {
    fn read(_: &mut Reader<'_>) -> Self {
        World
    }
    fn show(&self, _: &mut String) {}
}
";

impl World {
    fn new(seed: u64, kind: Kind<'_>) -> Self {
        let mut functions = number("HOTMOD_FUNCTIONS").unwrap_or(24) as usize;
        let careful = matches!(kind, Kind::Careful);
        let apart = match kind {
            Kind::Apart(rustc) => Some(rustc),
            Kind::Careful | Kind::Careless => None,
        };
        if apart.is_some() {
            functions = functions.div_ceil(2);
        }
        let choice = u64::from(careful) | u64::from(apart.is_some()) << 1;
        let mut random = Random::new(seed ^ (choice << 32));
        let mut author = Author::new(&mut random, careful);
        author.of_calls = true;
        for place in 0..8 + functions / 8 {
            author.describe();
            if !careful && place % 6 == 3 {
                author.describe_hooked();
            }
        }
        let (mut called, mut refused) = (Vec::new(), Vec::new());
        for number in 0..functions * 10 {
            let made = signature::function(&mut author, number);
            let allowed = Allowed::new(&author.pairs);
            match allowed.function(&made) {
                _ if apart.is_some() && !allowed.is_alike_everywhere(&made) => {}
                Maybe::Yes if called.len() < functions => called.push(made),
                Maybe::No
                    if apart.is_none()
                        && refused.len() < functions / 3
                        && allowed.crosses(&made) =>
                {
                    refused.push(made);
                }
                _ => {}
            }
        }
        let pairs = author.pairs;
        let package = match kind {
            Kind::Careful => "passing-careful",
            Kind::Careless => "passing-careless",
            Kind::Apart(_) => "passing-apart",
        };
        let of_modules = || Family::new("randomised").package(package);
        let mut families: BTreeMap<bool, Family> = BTreeMap::from([(true, of_modules())]);
        if let Some(rustc) = apart {
            families.insert(false, of_modules().compiler(rustc.to_owned()));
        }
        let mut variants = Vec::new();
        // Hosts are built apart, so that no module is built with what hosts need.
        let mut hosts = Family::new("randomised")
            .package(&format!("{package}-hosts"))
            .depends("hotmod-host = { path = \"../../../hotmod-host\" }");
        for (functions, kind) in [(&called, "called"), (&refused, "refused")] {
            if functions.is_empty() {
                continue;
            }
            for (side, old) in [("older", true), ("newer", false)] {
                let types: Vec<&Described> = pairs
                    .iter()
                    .map(|pair| if old { &pair.was } else { &pair.now })
                    .collect();
                let all: Vec<&Made> = functions.iter().collect();
                let mut of_types = TYPES_OF_THE_BASE.to_owned();
                of_types += &randomised_source::source_of(reached(&pairs, functions), &types);
                let hooked: Vec<&Pair> = reached(&pairs, functions)
                    .into_iter()
                    .map(|it| &pairs[it])
                    .collect();
                let written = of_types.clone() + &source::source(&all, &pairs, old, &hooked);
                let of_host = of_types + &source::host(&all, &pairs, old);
                let edits = [(OF_MODULES, ""), (TYPES_OF_THE_BASE, of_host.for_good())];
                hosts = hosts.variant(&format!("{side}-{kind}"), &edits);
                let name = format!("name: {side:?},");
                let edits = [
                    ("name: \"randomised\",", name.for_good()),
                    (TYPES_OF_THE_BASE, written.for_good()),
                ];
                let of = families
                    .keys()
                    .copied()
                    .find(|it| *it == old)
                    .unwrap_or(true);
                let family = families.remove(&of).expect("it is there");
                let variant = format!("{side}-{kind}");
                families.insert(of, family.variant(&variant, &edits));
                variants.push((of, variant));
            }
        }
        let built = families
            .into_iter()
            .map(|(of, family)| (of, family.build()));
        let built: BTreeMap<bool, Built> = built.collect();
        let modules = variants.into_iter().map(|(of, variant)| {
            let file = built[&of].file(&variant);
            (variant, file)
        });
        World {
            pairs,
            called,
            refused,
            modules: modules.collect(),
            hosts: apart.is_none().then(|| hosts.build()),
        }
    }

    fn types(&self, old: bool) -> Vec<&Described> {
        let pairs = self.pairs.iter();
        pairs
            .map(|pair| if old { &pair.was } else { &pair.now })
            .collect()
    }

    fn value(&self, random: &mut Random, parameter: &Parameter, old: bool, wild: bool) -> Value {
        let types = self.types(old);
        let mut one = || shape::value(random, &types, parameter.passed.of(old), 4, wild);
        match parameter.lending.is_slice() {
            false => one(),
            true => Value::List(vec![one(), one()]),
        }
    }
}

/// The types that functions lead to, on either side.
fn reached(pairs: &[Pair], functions: &[Made]) -> BTreeSet<usize> {
    fn within(ty: &Ty, pairs: &[Pair], found: &mut BTreeSet<usize>) {
        match ty {
            Ty::Named(place) | Ty::Shared(place) => {
                if !found.insert(*place) {
                    return;
                }
                for side in [&pairs[*place].was, &pairs[*place].now] {
                    let fields: Vec<_> = match &side.shape {
                        Shape::Struct(fields) => fields.iter().collect(),
                        Shape::Enum(variants) => {
                            variants.iter().flat_map(|it| &it.fields).collect()
                        }
                    };
                    fields.iter().for_each(|it| within(&it.ty, pairs, found));
                }
            }
            ty => allowed::inner(ty)
                .iter()
                .for_each(|it| within(it, pairs, found)),
        }
    }
    let mut found = BTreeSet::new();
    for made in functions {
        let parameters = made.parameters.iter().map(|it| &it.passed);
        for passed in parameters.chain([&made.output]) {
            within(&passed.was, pairs, &mut found);
            within(&passed.now, pairs, &mut found);
        }
    }
    found
}

/// Both modules, a host of each age if there are such, and how many calls came to what.
struct Live<'w> {
    world: &'w World,
    modules: [Module<Untyped>; 2],
    hosts: Option<[LoadedHost; 2]>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    /// Calls of which all fits.
    done: usize,
    /// Calls that were not made.
    not_called: usize,
    /// Calls of which something did not fit on the way back.
    ran: usize,
    /// Values that came back from there as they were.
    echoed: usize,
    /// Values that were merged, and have fields that the function does not know.
    merged: usize,
    /// Of all these, the calls of methods by a host.
    by_hosts: usize,
    /// Of all these, the calls of a host's functions by a module.
    of_hosts: usize,
    /// The calls of which all fits, and functions of the author's make something.
    by_functions: usize,
}

impl Live<'_> {
    fn module(&self, old: bool) -> &Module<Untyped> {
        &self.modules[usize::from(!old)]
    }

    fn function(&self, old: bool, name: &str) -> Function<fn(&str, &str) -> String> {
        let function = self.module(old).function(name);
        function.unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    fn tries(&mut self, made: &Made, random: &mut Random) {
        let old = made.older_calls;
        if made.is_import() {
            let hosts = self.hosts.expect("functions of hosts");
            let host = hosts[usize::from(old)];
            for _ in 0..CALLS {
                self.tries_once(made, random, |given, script| {
                    let given = format!("{}\n{given}", made.name);
                    let came = host.carries_out(&["call", &given, script]);
                    (came, host.carries_out(&["seen here"]))
                });
                self.counts.of_hosts += 1;
            }
            return;
        }
        let call = self.function(old, &format!("call_{}", made.name));
        let seen = self.module(!old).function::<fn() -> String>("seen");
        let seen = seen.unwrap_or_else(|refusal| panic!("{refusal}"));
        for _ in 0..CALLS {
            self.tries_once(made, random, |given, script| {
                let came = call.call(given, script).expect("a call");
                (came, seen.call().expect("a call"))
            });
        }
        let Some(hosts) = self.hosts.filter(|_| made.is_method()) else {
            return;
        };
        let host = hosts[usize::from(!old)];
        for _ in 0..CALLS {
            self.tries_once(made, random, |given, script| {
                let came = host.carries_out(&[&made.name, given, script]);
                (came, host.carries_out(&["seen there"]))
            });
            self.counts.by_hosts += 1;
        }
    }

    /// One call, which gives what came of it and what the function has seen.
    fn tries_once(
        &mut self,
        made: &Made,
        random: &mut Random,
        call: impl FnOnce(&str, &str) -> (String, String),
    ) {
        let wild = random.percent(40);
        let given: Vec<Option<Value>> = made
            .parameters
            .iter()
            .map(|it| {
                let old = made.older_calls;
                it.is_given()
                    .then(|| self.world.value(random, it, old, wild))
            })
            .collect();
        let expected = self.foreseen(made, &given, random, wild);
        let texts: Vec<String> = given.iter().flatten().map(Value::to_string).collect();
        let (came, seen) = call(&texts.join("\n"), &expected.script);
        let context = || {
            format!(
                "{made:#?}\ngiven {texts:#?}\nscript {}\ncame {came}\n{expected:#?}",
                expected.script
            )
        };
        assert_eq!(seen, expected.seen, "{}", context());
        let mut lines = came.split('\n');
        let kind = lines.next().unwrap_or_default();
        let said = lines.next().unwrap_or_default();
        let left: Vec<&str> = lines.collect();
        assert_eq!(left, expected.left, "{}", context());
        match &expected.comes {
            Comes::Back(output) => {
                assert_eq!((kind, said), ("ok", output.as_str()), "{}", context());
                self.counts.done += 1;
                let is_made = Allowed::new(&self.world.pairs).is_made(made);
                self.counts.by_functions += usize::from(is_made);
                self.counts.echoed += usize::from(expected.echoed);
                self.counts.merged += expected.left.len();
            }
            Comes::Unfit { ran, paths } => {
                let told = match made.is_method() {
                    true => {
                        let is = if *ran { "ran" } else { "not called" };
                        (kind == is).then(|| said.split("; ").map(str::to_owned).collect())
                    }
                    false => told_by_import(&made.told_as(), *ran, said),
                };
                let told: Vec<String> =
                    told.unwrap_or_else(|| panic!("{kind}: {said}\n{}", context()));
                for path in &told {
                    let path = without_numbers(path);
                    assert!(
                        paths.contains(&path),
                        "{path} is none of {paths:?}\n{}",
                        context()
                    );
                }
                match ran {
                    false => self.counts.not_called += 1,
                    true => self.counts.ran += 1,
                }
            }
        }
    }

    /// What is to come of a call with these arguments, and of what the function is told to leave.
    fn foreseen(
        &self,
        made: &Made,
        given: &[Option<Value>],
        random: &mut Random,
        wild: bool,
    ) -> Foreseen {
        let old = made.older_calls;
        let pairs = &self.world.pairs;
        let (mut there, mut seen, mut taken) =
            (Reference::of_calls(pairs), String::new(), Vec::new());
        for place in &made.taken {
            let parameter = &made.parameters[*place];
            let value = match (&parameter.known, &given[*place]) {
                (Known::CalleeDefault(value), _) => {
                    there.passed_to_itself(&parameter.passed.now, value)
                }
                (_, Some(value)) => {
                    let path = format!("({})", parameter.name);
                    let change = &parameter.passed.change;
                    match (parameter.lending.is_slice(), value) {
                        (true, Value::List(items)) => {
                            let items = items.iter();
                            let path = format!("{path}[]");
                            let items = items.map(|it| there.take(change, it, &path, !old));
                            Value::List(items.collect())
                        }
                        _ => there.take(change, value, &path, !old),
                    }
                }
                (_, None) => unreachable!("the caller passes it"),
            };
            seen += &format!("{value}\n");
            taken.push((parameter, *place, value));
        }
        let mut left: Vec<(usize, Value)> = Vec::new();
        let (mut script, mut unfit) = (Vec::new(), Vec::new());
        for (parameter, place, _) in taken.iter().filter(|(it, ..)| it.lending.is_mut()) {
            let new = self.world.value(random, parameter, !old, wild);
            script.push(new.to_string());
            let before = given[*place].as_ref().expect("the caller passes it");
            let path = format!("({})", parameter.name);
            let passed = &parameter.passed;
            let changed = (&passed.change, &passed.was, &passed.now);
            let mut merged = |before: &Value, new: &Value, path: &str| {
                merge(&there, changed, (before, new), path, old, &mut unfit)
            };
            let merged = match (parameter.lending, before, &new) {
                (Lending::SliceMut, Value::List(before), Value::List(new)) => {
                    let path = format!("{path}[]");
                    let all = before.iter().zip(new);
                    Value::List(
                        all.map(|(before, new)| merged(before, new, &path))
                            .collect(),
                    )
                }
                (_, before, new) => merged(before, new, &path),
            };
            left.push((*place, merged));
        }
        let echoes = made.echoes.filter(|_| random.percent(60));
        let types = self.world.types(!old);
        let output = match echoes {
            Some(echoed) => {
                let (.., value) = taken
                    .iter()
                    .find(|(_, place, _)| *place == echoed)
                    .expect("it is taken");
                script.push("=".to_owned());
                value.clone()
            }
            None => {
                let output = shape::value(random, &types, made.output.of(!old), 4, wild);
                script.push(output.to_string());
                output
            }
        };
        let mut back = Reference::of_calls(pairs);
        let comes;
        let mut echoed = false;
        if there.unfit.is_empty() {
            let output = back.take(&made.output.change, &output, "() -> ", old);
            let paths = back.unfit.drain(..);
            unfit.extend(paths.map(|path| path.trim_end().to_owned()));
            echoed = echoes.is_some_and(|place| given[place].as_ref() == Some(&output));
            comes = match unfit.is_empty() {
                true => Comes::Back(output.to_string()),
                false => Comes::Unfit {
                    ran: true,
                    paths: unfit,
                },
            };
        } else {
            seen.clear();
            comes = Comes::Unfit {
                ran: false,
                paths: there.unfit.clone(),
            };
            left = Vec::new();
        }
        let all = made.parameters.iter().enumerate();
        let changed = all.filter(|(_, it)| it.is_given() && it.lending.is_mut());
        let shown = changed.map(|(place, _)| {
            let merged = left.iter().find(|(changed, _)| *changed == place);
            let value = merged.map(|(_, value)| value).or(given[place].as_ref());
            value.map(Value::to_string).unwrap_or_default()
        });
        Foreseen {
            script: script.join("\n"),
            seen,
            left: shown.collect(),
            comes,
            echoed,
        }
    }
}

/// What is to come of a call.
#[derive(Debug)]
struct Foreseen {
    /// What the function is told to leave and return.
    script: String,
    /// What the function is given.
    seen: String,
    /// What the caller has afterwards in what it lent to be changed.
    left: Vec<String>,
    comes: Comes,
    /// Whether the caller gets back what it gave.
    echoed: bool,
}

#[derive(Debug)]
enum Comes {
    Back(String),
    Unfit { ran: bool, paths: Vec<String> },
}

/// The paths of the values that did not fit, by what the panic of an import says.
fn told_by_import(name: &str, ran: bool, said: &str) -> Option<Vec<String>> {
    let start = match ran {
        false => format!("the import `{name}` was not called: "),
        true => format!("the import `{name}` ran, and what it gives back does not fit: "),
    };
    let paths = said.strip_prefix(&start)?.split("; ").map(|value| {
        let path = value.split(": ").next().unwrap_or_default();
        path.strip_prefix(name).unwrap_or(path).to_owned()
    });
    Some(paths.collect())
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

fn both_call_each_other(kind: Kind<'_>) {
    let seed = number("HOTMOD_SEED").unwrap_or(20);
    eprintln!("HOTMOD_SEED={seed}");
    let world = World::new(seed, kind);
    let mut random = Random::new(!seed);

    let host = Host::builder().build().expect("a host");
    if !world.refused.is_empty() {
        let files = ["older-refused", "newer-refused"].map(|it| world.modules[it].clone());
        // The first of them says what it needs of the other.
        let [first, second] = &files;
        let refusals: Vec<_> = [[first, second], [second, first]]
            .into_iter()
            .filter_map(|files| host.load_all(files).err())
            .collect();
        let differences: Vec<_> = refusals.iter().flat_map(|it| it.differences()).collect();
        let is_refused = |made: &Made| {
            let start = format!("::{}(", made.name);
            differences
                .iter()
                .any(|it| it.path.contains(&start) && it.rule.refuses())
        };
        for made in world.refused.iter().filter(|it| !it.is_import()) {
            assert!(is_refused(made), "{made:#?} is not refused:\n{refusals:#?}");
        }
        for (old, called) in [(true, second), (false, first)] {
            let side = if old { "older" } else { "newer" };
            let hosts = world.hosts.as_ref().expect("hosts");
            let host = LoadedHost::load(&hosts.file(&format!("{side}-refused")));
            let said = host.loads(&[called]);
            let methods = world
                .refused
                .iter()
                .filter(|it| it.is_method() && it.older_calls == old);
            let imports = world
                .refused
                .iter()
                .filter(|it| it.is_import() && it.older_calls != old);
            for made in methods.chain(imports) {
                let path = match made.is_import() {
                    true => format!("import {}(", made.told_as()),
                    false => format!("::{}(", made.name),
                };
                assert!(said.contains(&path), "{made:#?} is not refused:\n{said}");
            }
        }
    }

    let files = ["older-called", "newer-called"].map(|it| world.modules[it].clone());
    let modules = host.load_all(&files);
    let modules = modules.unwrap_or_else(|refusal| panic!("{refusal}\n{:#?}", world.called));
    let modules: [_; 2] = modules.try_into().expect("two modules");
    let _instances = named(&modules);
    let [older, newer] = &files;
    let hosts = world.hosts.as_ref().map(|hosts| {
        [("older", [older, newer]), ("newer", [newer, older])].map(|(side, files)| {
            let host = LoadedHost::load(&hosts.file(&format!("{side}-called")));
            let said = host.loads(&files);
            assert_eq!(said, "loaded", "{:#?}", world.called);
            host
        })
    });
    let mut live = Live {
        world: &world,
        modules,
        hosts,
        counts: Counts::default(),
    };
    for made in &world.called {
        live.tries(made, &mut random);
    }
    let counts = &live.counts;
    println!(
        "{} called, {} refused, {counts:?}",
        world.called.len(),
        world.refused.len()
    );
    assert!(
        counts.done > 0 && counts.not_called + counts.ran > 0,
        "{counts:?}"
    );
}

/// Instances by which each of the modules calls the methods of the other.
fn named(
    [older, newer]: &[Module<Untyped>; 2],
) -> (
    SharedInstance<dyn offered::OlderOffers>,
    SharedInstance<dyn offered::NewerOffers>,
) {
    let (older, newer) = (older.interface(), newer.interface());
    let (older, newer) = (older.expect("the older"), newer.expect("the newer"));
    let older = SharedInstance::builder(&older).name("older").create("");
    let newer = SharedInstance::builder(&newer).name("newer").create("");
    (older.expect("an instance"), newer.expect("an instance"))
}

#[test]
fn what_loses_nothing_comes_back_from_another_module_as_it_was() {
    both_call_each_other(Kind::Careful);
}

#[test]
fn what_two_modules_pass_is_what_the_changes_say() {
    both_call_each_other(Kind::Careless);
}

#[test]
fn what_modules_of_two_compilers_pass_is_what_the_changes_say() {
    if let Some(rustc) = &*OTHER {
        both_call_each_other(Kind::Apart(rustc));
    }
}
