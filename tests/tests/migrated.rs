//! State that follows a change of its types, on real modules: by each rule, in each container, at any
//! depth, past versions that it did not see, and back to where it was if one value does not fit.

use std::path::Path;
use std::time::{Duration, Instant};

use hotmod_host::{Host, Instance, Interface, Module, UpdateReport};

#[path = "migrated/containers.rs"]
mod containers;
#[path = "migrated/deep.rs"]
mod deep;
#[path = "migrated/faults.rs"]
mod faults;
#[path = "migrated/in_place.rs"]
mod in_place;
#[path = "migrated/kin.rs"]
mod kin;
#[path = "migrated/late.rs"]
mod late;
#[path = "migrated/panics.rs"]
mod panics;
#[path = "migrated/parallel.rs"]
mod parallel;
#[path = "migrated/rehearsed.rs"]
mod rehearsed;
#[path = "migrated/rules.rs"]
mod rules;
#[path = "migrated/stacks.rs"]
mod stacks;
#[path = "migrated/threads.rs"]
mod threads;
#[path = "migrated/wares.rs"]
mod wares;
#[path = "migrated/wares_in_use.rs"]
mod wares_in_use;
#[path = "migrated/witness.rs"]
mod witness;

/// A host that goes back to older versions too.
fn host() -> Host {
    Host::builder()
        .allow_downgrade(true)
        .build()
        .expect("a host")
}

fn load<I: Interface + ?Sized>(file: impl AsRef<Path>) -> Module<I> {
    let module = host().load::<I>(file);
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn create<I: Interface + ?Sized>(module: &Module<I>, config: &str) -> Instance<I> {
    let instance = module.create(config);
    instance.unwrap_or_else(|error| panic!("{error}"))
}

/// How many bytes modules of these files hold while they have no state.
fn at_rest<I: Interface + ?Sized>(files: impl IntoIterator<Item = impl AsRef<Path>>) -> i64 {
    let files = files.into_iter();
    files.map(|file| load::<I>(file).memory()).sum()
}

fn update<I: ?Sized>(module: &Module<I>, file: impl AsRef<Path>) -> UpdateReport {
    let update = module.update(file);
    update.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Acts while threads run about, for a while each time: `tests/long/threads.sh` sets a longer one.
fn while_threads_run(mut act: impl FnMut()) {
    let given = std::env::var("HOTMOD_SECONDS").ok();
    let given = given.map(|seconds| seconds.parse().expect("HOTMOD_SECONDS is a number"));
    let until = Instant::now() + given.map_or(Duration::from_millis(300), Duration::from_secs);
    while Instant::now() < until {
        act();
    }
}
