//! What a snapshot's states would become, by `Host::try_snapshot`, against what an update makes of the same states.
//!
//! `HOTMOD_TRIED` says how many states there are of each pair of modules; `tests/long/tried.sh` makes other pairs.

use std::collections::BTreeMap;

use hotmod_host::{Host, Pool, RestoreOptions, Snapshot, Unrestored};
use hotmod_tests::interfaces::randomised::Shape as Randomised;

use crate::random::Random;
use crate::shape::Value;
use crate::{CAREFUL, CARELESS, World, seed, without_numbers};

fn states() -> u64 {
    let given = std::env::var("HOTMOD_TRIED").ok();
    given.map_or(500, |it| it.parse().expect("HOTMOD_TRIED is a number"))
}

/// A state of the older version in which at most one field has a value that may not fit.
fn state(world: &World, random: &mut Random) -> Value {
    let tame = world.state(random, true, false);
    let wild = world.state(random, true, true);
    let (Value::Struct(mut fields), Value::Struct(wild)) = (tame, wild) else {
        unreachable!("the state is a struct");
    };
    let place = random.below(fields.len());
    fields[place] = wild[place].clone();
    Value::Struct(fields)
}

/// Where a value does not fit, and why.
type Unfit = (String, String);

/// What is said of a place in a container that has no order is said of one of its items.
fn assert_same(key: u64, live: Option<&Unfit>, tried: Option<&Unfit>) {
    match (live, tried) {
        (None, None) => {}
        (Some((path, reason)), Some((tried, why))) => {
            assert_eq!(without_numbers(path), without_numbers(tried), "{key}");
            if path == tried {
                assert_eq!(reason, why, "{key}: {path}");
            }
        }
        other => panic!("{key}: the update and the snapshot say {other:?}"),
    }
}

/// Gives how many fit, and how many do not.
fn as_updated(world: &World) -> (usize, usize) {
    eprintln!("HOTMOD_SEED={}", seed());
    let mut random = Random::new(seed() ^ 0x7e1d);
    let files = ["older", "newer"].map(|variant| world.built.file(variant));
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Randomised>(&files[0]);
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let pool = Pool::builder(&module).name("states").build();
    let pool: Pool<u64, dyn Randomised> = pool.expect("a pool");
    for key in 0..states() {
        let value = state(world, &mut random);
        let created = pool.create(key, &value.to_string());
        created.unwrap_or_else(|error| panic!("{error}"));
    }
    let (bytes, _) = host
        .snapshot_to(Vec::new())
        .unwrap_or_else(|error| panic!("{error}"));
    let snapshot = Snapshot::of(bytes).unwrap_or_else(|error| panic!("{error}"));

    let updated = module.update(&files[1]);
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut live: BTreeMap<u64, Unfit> = BTreeMap::new();
    for key in 0..states() {
        let migrated = pool.with(&key, |it| it.migrate()).expect("an instance");
        if let Err(error) = migrated {
            live.insert(key, (error.path, error.reason));
        }
    }

    let empty = Host::builder().build().expect("a host");
    let options = RestoreOptions::new();
    let report = empty.try_snapshot(&files[1], &snapshot, options);
    let report = report.unwrap_or_else(|refusal| panic!("{refusal}"));
    let [group] = report.groups.as_slice() else {
        panic!("{report}");
    };
    assert!(group.refused.is_none(), "{report}");
    assert_eq!(group.states as u64, states());
    assert_eq!(group.states - group.fit, live.len(), "{report}");
    let mut tried: BTreeMap<u64, Unfit> = BTreeMap::new();
    for stuck in &group.stuck {
        let key = stuck.key.as_ref().expect("a key").to_string();
        let Unrestored::Unfit { path, reason, .. } = &stuck.reason else {
            panic!("{report}");
        };
        tried.insert(
            key.parse().expect("a number"),
            (path.clone(), reason.clone()),
        );
    }
    // All of the first hundred are named.
    let last = match group.stuck.len() == live.len() {
        true => states(),
        false => *tried.keys().last().expect("some do not fit") + 1,
    };
    for key in 0..last {
        assert_same(key, live.get(&key), tried.get(&key));
    }
    (group.fit, live.len())
}

#[test]
fn a_snapshot_is_tried_as_its_states_are_updated() {
    let [(fit, stuck), (others, unfit)] = [&CAREFUL, &CARELESS].map(|world| as_updated(world));
    println!("{} fit, {} do not", fit + others, stuck + unfit);
    assert!(fit + others > 0 && stuck + unfit > 0);
}
