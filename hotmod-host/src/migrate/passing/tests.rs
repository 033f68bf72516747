//! Calls of random signatures, between two sides whose types differ, held against serde: what a value becomes on
//! its way, it becomes too if it is written down and read as the other side's type. What is lent to be changed
//! is merged by the reference field by field.
#![expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one proof holds for all that is done with one value"
)]

mod model;
mod types;

use std::alloc::Layout;
use std::collections::BTreeMap;
use std::sync::Arc;

use hotmod::call::passing::{Passing, make_no_param};
use hotmod::call::{DONE, PANICKED, Panic, run};
use hotmod::describe::{Description, Param, Receiver, Shape, Signature, Type};
use hotmod_file::contract::CallingSide;
use hotmod_file::plan::Evolves;
use model::{Held, Mode, Model, Random};
use serde_json::Value;

use super::compile::{Called, passage};
use super::*;
use crate::forever::forever;
use crate::image::exports::Exports;
use crate::image::memory::Memory;
use crate::migrate::program::Ends;

/// A pair of types by its place among all, how it is passed, and its name.
#[derive(Clone, Debug)]
struct Passed {
    pair: usize,
    mode: Mode,
    name: String,
}

/// What the function is to do, and what it saw.
struct Callee<'a> {
    params: Vec<(Model, Mode, usize)>,
    random: &'a mut Random,
    returns: Option<(Model, Value)>,
    panics: bool,
    /// For each parameter, what was passed, and what was left there.
    seen: Vec<(Vec<Value>, Vec<Value>)>,
}

unsafe extern "C" fn shim(state: *mut (), args: *mut (), output: *mut (), panic: *mut ()) -> u8 {
    // SAFETY: the test passes what the function is to do, and uses it no more until it is done.
    let callee = unsafe { &mut *state.cast::<Callee<'_>>() };
    // SAFETY: nothing is taken as an argument, or written as a result, but by the models.
    unsafe {
        run::<(), ()>(args, (&raw mut UNIT).cast(), panic, |_, ()| {
            for (model, mode, offset) in &callee.params {
                let slot = args.cast::<u8>().add(*offset);
                // SAFETY: the converter made this parameter there, as it crosses.
                let seen = (model.take)(slot, *mode, callee.random);
                callee.seen.push(seen);
            }
            assert!(!callee.panics, "as it was told to");
            if let Some((model, value)) = &callee.returns {
                // SAFETY: there is room for the result, of the model's type.
                (model.give)(value, output.cast());
            }
        })
    }
}

static mut UNIT: () = ();

/// One of the two sides: what it knows of types, and which of each pair's models it has.
struct Side {
    exports: Arc<Exports>,
    models: Vec<Model>,
}

impl Side {
    fn signature(&self, params: &[Passed], returns: Option<usize>) -> Signature {
        let params = params.iter().map(|param| Param {
            name: param.name.clone(),
            ty: (self.models[param.pair].ty)(param.mode),
            default: false,
        });
        Signature {
            name: "f".to_owned(),
            receiver: Receiver::Shared,
            params: params.collect(),
            output: match returns {
                Some(pair) => (self.models[pair].ty)(Mode::Value),
                None => Type {
                    name: hotmod::describe::Name::Builtin(hotmod::describe::Builtin::Unit),
                    args: Vec::new(),
                },
            },
            is_async: false,
            is_local: false,
            optional: false,
            removed: Vec::new(),
        }
    }

    fn passings(&self, params: &[Passed]) -> Vec<Passing> {
        let all = params
            .iter()
            .map(|it| (self.models[it.pair].passing)(it.mode));
        all.collect()
    }

    fn output(&self, returns: Option<usize>) -> Passing {
        match returns {
            Some(pair) => (self.models[pair].passing)(Mode::Value),
            None => <() as hotmod::Boundary>::PASSING,
        }
    }
}

/// Room as a caller has it.
struct Room(Vec<u128>);

impl Room {
    fn of(layout: Layout) -> Self {
        assert!(layout.align() <= align_of::<u128>());
        Room(vec![0; layout.size() / size_of::<u128>() + 1])
    }

    fn at(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

#[derive(Default, Debug)]
struct Counts {
    refused: usize,
    called: usize,
    panicked: usize,
    not_called: usize,
    unfit_back: usize,
    unfit_result: usize,
}

/// What the caller's value is when the function left this one there: by fields, where both are structs.
fn merged(
    (was, model): (&Description, &Model),
    ty: &Type,
    path: &mut Vec<String>,
    whole: &mut Value,
    left: &Value,
) -> usize {
    let fields: Option<Vec<(String, Type)>> = match was.types.get(ty).map(|it| &it.shape) {
        Some(Shape::Struct(fields)) => {
            let fields = fields.iter();
            Some(fields.map(|it| (it.name.clone(), it.ty.clone())).collect())
        }
        _ if ty.builtin() == Some(hotmod::describe::Builtin::Tuple) => {
            let args = ty.args.iter().enumerate();
            Some(args.map(|(i, ty)| (i.to_string(), ty.clone())).collect())
        }
        _ => None,
    };
    if let Some(fields) = fields {
        let mut unfit = 0;
        for (name, ty) in fields {
            let field = match left {
                Value::Array(items) => name.parse().ok().and_then(|i: usize| items.get(i)),
                left => left.get(&name),
            };
            if let Some(field) = field {
                path.push(name);
                unfit += merged((was, model), &ty, path, whole, field);
                path.pop();
            }
        }
        return unfit;
    }
    let mut changed = whole.clone();
    let mut place = &mut changed;
    for step in path.iter() {
        place = match place {
            Value::Array(items) => &mut items[step.parse::<usize>().expect("a place")],
            place => place.get_mut(step).expect("a field"),
        };
    }
    *place = left.clone();
    match (model.fits)(&changed) {
        Some(fits) => {
            *whole = fits;
            0
        }
        None => 1,
    }
}

fn call(
    evolves: &Evolves<'_>,
    (host, module): (&Side, &Side),
    random: &mut Random,
    counts: &mut Counts,
) {
    let pairs = host.models.len();
    let mut params: Vec<Passed> = (0..random.below(4))
        .map(|i| Passed {
            pair: random.below(pairs),
            mode: Mode::ALL[random.below(Mode::ALL.len())],
            name: format!("p{i}"),
        })
        .collect();
    let given = params.clone();
    for i in (1..params.len()).rev() {
        params.swap(i, random.below(i + 1));
    }
    let returns = (random.below(2) == 0).then(|| random.below(pairs));
    let signatures = (
        host.signature(&given, returns),
        module.signature(&params, returns),
    );
    let of_both = (&signatures.0, &signatures.1);
    let Ok(call) = evolves.call("f", of_both, CallingSide::Host) else {
        counts.refused += 1;
        return;
    };
    let (passed, taken) = (host.passings(&given), module.passings(&params));
    let sides = (&*host.exports, &*module.exports);
    let ends = |was, now, from| Ends {
        was,
        now,
        from,
        forms: None,
    };
    let memory: &'static Memory = forever(Memory::default());
    let passage = passage(
        call.converted,
        (ends(sides.0, sides.1, ""), ends(sides.1, sides.0, "1.0.0")),
        (&passed, host.output(returns)),
        Called {
            passes: (&taken, module.output(returns)),
            params: &signatures.1.params,
            maker: make_no_param,
            shim,
        },
        memory,
    );
    let passage = passage.expect("a passage");

    let values: Vec<Vec<Value>> = given
        .iter()
        .map(|param| {
            let len = if param.mode.is_slice() {
                random.below(4)
            } else {
                1
            };
            (0..len)
                .map(|_| (host.models[param.pair].random)(random))
                .collect()
        })
        .collect();
    // What the function is to see, by the name of the parameter; `None` where something does not fit.
    let expected: Option<BTreeMap<&str, Vec<Value>>> = given
        .iter()
        .zip(&values)
        .map(|(param, values)| {
            let fits = module.models[param.pair].fits;
            let seen = values.iter().map(fits).collect::<Option<Vec<_>>>()?;
            Some((param.name.as_str(), seen))
        })
        .collect();
    let mut held: Vec<Box<dyn Held>> = given
        .iter()
        .zip(&values)
        .map(|(param, values)| (host.models[param.pair].hold)(values, param.mode))
        .collect();
    let (size, align) = Passing::size(&passed);
    let mut args = Room::of(Layout::from_size_align(size, align).expect("a layout"));
    for (i, held) in held.iter_mut().enumerate() {
        // SAFETY: there is room for each argument at its place.
        unsafe { held.pass(args.at().add(Passing::offset(&passed, i))) };
    }
    let returned = returns.map(|pair| (module.models[pair], (module.models[pair].random)(random)));
    let panics = random.below(8) == 0;
    let mut callee = Callee {
        params: params
            .iter()
            .enumerate()
            .map(|(i, it)| (module.models[it.pair], it.mode, Passing::offset(&taken, i)))
            .collect(),
        random,
        returns: returned.clone(),
        panics,
        seen: Vec::new(),
    };
    let output = host.output(returns).wire;
    let mut output_room =
        Room::of(Layout::from_size_align(output.size, output.align).expect("a layout"));
    let mut panic = std::mem::MaybeUninit::<Panic>::uninit();
    // SAFETY: the arguments, the rooms and what the function is to do are those of the signatures that the
    // passage was made for.
    let result = unsafe {
        passage.call(
            (&raw mut callee).cast(),
            args.at().cast(),
            output_room.at().cast(),
            panic.as_mut_ptr().cast(),
        )
    };
    let seen = callee.seen;
    let shown = || format!("{given:?} {params:?} {values:#?}");

    let Some(expected) = expected else {
        let unfit = result
            .err()
            .unwrap_or_else(|| panic!("it was called: {}", shown()));
        assert!(unfit.ran == Ran::Not && seen.is_empty(), "{}", shown());
        for (i, held) in held.iter_mut().enumerate() {
            // SAFETY: the arguments are the caller's still.
            unsafe { held.take_back(args.at().add(Passing::offset(&passed, i))) };
            assert_eq!(held.values(), values[i], "{}", shown());
        }
        counts.not_called += 1;
        return;
    };
    for (param, (passed, _)) in params.iter().zip(&seen) {
        assert_eq!(
            *passed,
            expected[param.name.as_str()],
            "{param:?} {}",
            shown()
        );
    }
    // What is lent to be changed has what was left there.
    let mut unfit_back = 0;
    for (i, param) in given.iter().enumerate() {
        if param.mode == Mode::Value {
            continue;
        }
        let mut after = values[i].clone();
        if param.mode.is_mut() {
            let place = params
                .iter()
                .position(|it| it.name == param.name)
                .expect("a parameter");
            let model = &host.models[param.pair];
            let ty = (model.ty)(Mode::Value);
            for (value, left) in after.iter_mut().zip(&seen[place].1) {
                let of = (&*host.exports.manifest, model);
                unfit_back += merged(of, &ty, &mut Vec::new(), value, left);
            }
        }
        assert_eq!(held[i].values(), after, "{param:?} {}", shown());
    }
    if panics {
        // SAFETY: the function panicked, and the panic is written.
        drop(unsafe { panic.assume_init_read() });
    }
    match result {
        Ok(DONE) => {
            assert!(!panics && unfit_back == 0, "{}", shown());
            if let (Some(pair), Some((_, value))) = (returns, &returned) {
                let model = &host.models[pair];
                // SAFETY: the result is written.
                let got = unsafe { (model.got)(output_room.at()) };
                assert_eq!(Some(got), (model.fits)(value), "{}", shown());
            }
            counts.called += 1;
        }
        Ok(status) => {
            assert!(
                status == PANICKED && panics && unfit_back == 0,
                "{}",
                shown()
            );
            counts.panicked += 1;
        }
        Err(unfit) => match unfit.ran {
            Ran::Not => panic!("{:?}: {}", unfit.values, shown()),
            Ran::Panicked => {
                assert!(panics, "{}", shown());
                assert_eq!(
                    unfit.values.len(),
                    unfit_back,
                    "{:?} {}",
                    unfit.values,
                    shown()
                );
                counts.unfit_back += 1;
            }
            Ran::Returned if unfit_back > 0 => {
                assert!(!panics, "{}", shown());
                assert_eq!(
                    unfit.values.len(),
                    unfit_back,
                    "{:?} {}",
                    unfit.values,
                    shown()
                );
                counts.unfit_back += 1;
            }
            Ran::Returned => {
                let (pair, (_, value)) = returns.zip(returned).expect("a result");
                assert_eq!((host.models[pair].fits)(&value), None, "{:?}", unfit.values);
                counts.unfit_result += 1;
            }
        },
    }
}

fn sides() -> (Side, Side) {
    let [older, newer] = types::pairs();
    (side(older), side(newer))
}

fn side((models, types): (Vec<Model>, hotmod::state::Registry)) -> Side {
    let unit = <() as hotmod::Describe>::TYPE;
    let described = hotmod::state::expected::function("f", &[], unit, &types);
    let described = hotmod::state::expected::described(&described);
    Side {
        exports: Arc::new(Exports::of_host(Arc::new(
            described.expect("a description"),
        ))),
        models,
    }
}

#[test]
fn random_calls_do_what_serde_does() {
    let seed = std::env::var("HOTMOD_SEED")
        .ok()
        .and_then(|it| it.parse().ok());
    let calls = std::env::var("HOTMOD_CALLS")
        .ok()
        .and_then(|it| it.parse().ok());
    let mut random = Random::new(seed.unwrap_or(0x5eed));
    let (older, newer) = sides();
    let manifests = (&*older.exports.manifest, &*newer.exports.manifest);
    let there = Evolves::between(manifests.0, manifests.1);
    let back = Evolves::between(manifests.1, manifests.0);
    let mut counts = Counts::default();
    for i in 0..calls.unwrap_or(800) {
        // Both may be the newer one.
        match i % 2 {
            0 => call(&there, (&older, &newer), &mut random, &mut counts),
            _ => call(&back, (&newer, &older), &mut random, &mut counts),
        }
    }
    let Counts {
        refused,
        called,
        panicked,
        not_called,
        unfit_back,
        unfit_result,
    } = counts;
    let all = [
        refused,
        called,
        panicked,
        not_called,
        unfit_back,
        unfit_result,
    ];
    assert!(all.iter().all(|count| *count > 3), "{all:?}");
    assert!(called > refused, "{all:?}");
}

#[test]
fn what_goes_there_and_comes_back_is_what_it_was() {
    let (older, newer) = sides();
    let mut random = Random::new(7);
    for (pair, model) in older.models.iter().enumerate() {
        for _ in 0..50 {
            let value = (model.random)(&mut random);
            let there = (newer.models[pair].fits)(&value).expect("the newer one holds all");
            assert_eq!((model.fits)(&there), Some(value));
        }
    }
}
