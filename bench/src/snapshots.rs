//! What it takes to write half a million values down and to have them again, beside serde's formats and `rkyv`.

use bench_interface::Kept;
use hotmod_host::{Host, Module, SharedInstance, Snapshot, SnapshotOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use archived::Archived;

use crate::Failure;
use crate::by_hand::{first, flat};
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

mod archived;
mod waits;

const VALUES: usize = 500_000;
const ROUNDS: usize = 9;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    println!("{VALUES} values, written to memory and built again, on one thread");
    let items = Shape {
        name: "items with a text and four events",
        package: "bench-items-1",
        new: first::World::new,
        sum: first::sum,
    };
    items.run::<archived::Items>(modules)?;
    let flat = Shape {
        name: "rows of numbers",
        package: "bench-flat",
        new: flat::World::new,
        sum: flat::World::sum,
    };
    flat.run::<archived::Rows>(modules)?;
    waits::run(modules)
}

struct Shape<W> {
    name: &'static str,
    package: &'static str,
    new: fn(usize) -> W,
    sum: fn(&W) -> u64,
}

/// What is measured of one way: writing, building again, and how long it is.
#[derive(Default)]
struct Way {
    written: Times,
    built: Times,
    size: usize,
}

impl<W: Serialize + DeserializeOwned> Shape<W> {
    fn run<A: Archived<World = W>>(&self, modules: &Modules) -> Result<(), Failure> {
        let world = (self.new)(VALUES);
        let archived = A::of(&world);
        let sum = (self.sum)(&world);
        let (host, module) = load(modules, self.package)?;
        let shared = named(&module).create(&VALUES.to_string())?;
        let mut ways: [Way; 4] = Default::default();
        let (mut bare, mut opened) = (Times::default(), Times::default());
        // Into memory that grows, and that was reserved.
        let mut by_postcard: [Times; 2] = Default::default();
        for _ in 0..ROUNDS {
            // Into room that is there already, as of a file.
            let room = Vec::with_capacity(ways[0].size.max(1 << 20));
            let options = SnapshotOptions::new();
            let (took, written) = time(|| host.snapshot_to_memory(room, options));
            let (bytes, _) = written?;
            ways[0].written.add(took);
            ways[0].size = bytes.len();
            bare.add(took.saturating_sub(time(|| blake3::hash(&bytes)).0));
            let (took, snapshot) = time(|| Snapshot::of(bytes));
            opened.add(took);
            let snapshot = snapshot?;
            let (_other, module) = load(modules, self.package)?;
            let (took, again) = time(|| named(&module).restore(&snapshot));
            ways[0].built.add(took);
            let again = again?;
            assert_eq!(again.call(|it| it.sum())?, sum, "restored");

            let (took, bytes) = time(|| postcard::to_allocvec(&world));
            let bytes = bytes?;
            by_postcard[0].add(took);
            ways[1].size = bytes.len();
            let reserved = Vec::with_capacity(bytes.len());
            let (took, written) = time(|| postcard::to_extend(&world, reserved));
            written?;
            by_postcard[1].add(took);
            let (took, again) = time(|| postcard::from_bytes::<W>(&bytes));
            ways[1].built.add(took);
            assert_eq!((self.sum)(&again?), sum, "by postcard");

            let (took, bytes) = time(|| archived.write());
            let bytes = bytes?;
            ways[2].written.add(took);
            ways[2].size = bytes.len();
            let (took, again) = time(|| A::count(&bytes));
            ways[2].built.add(took);
            assert_eq!(again?, VALUES, "by rkyv");

            let (took, bytes) = time(|| serde_json::to_vec(&world));
            let bytes = bytes?;
            ways[3].written.add(took);
            ways[3].size = bytes.len();
            let (took, again) = time(|| serde_json::from_slice::<W>(&bytes));
            ways[3].built.add(took);
            assert_eq!((self.sum)(&again?), sum, "by serde_json");
        }
        let shown_all: Vec<String> = by_postcard.iter().map(|it| shown(it.median())).collect();
        let best = by_postcard.into_iter().min_by_key(Times::median);
        ways[1].written = best.unwrap_or_default();
        println!("  {}, over postcard", self.name);
        let postcard = &ways[1];
        for (way, name) in ways
            .iter()
            .zip(["hotmod", "postcard", "rkyv", "serde_json"])
        {
            println!(
                "    {name:11} writes {:5.2}×  ({})   builds {:5.2}×  ({})   {:4.2}× as long",
                way.written.over(&postcard.written),
                shown(way.written.median()),
                way.built.over(&postcard.built),
                shown(way.built.median()),
                way.size as f64 / postcard.size as f64,
            );
        }
        println!(
            "    hotmod without its digest writes {:5.2}×; opening, which checks it, takes {} besides",
            bare.over(&postcard.written),
            shown(opened.median())
        );
        println!(
            "    postcard is the best of {}: memory that grows, memory that was reserved\n",
            shown_all.join(", ")
        );
        drop(shared);
        Ok(())
    }
}

fn load(modules: &Modules, package: &str) -> Result<(Host, Module<dyn Kept>), Failure> {
    let host = Host::builder().build()?;
    let module = host.load::<dyn Kept>(modules.file(package))?;
    Ok((host, module))
}

fn named(module: &Module<dyn Kept>) -> hotmod_host::SharedInstanceBuilder<dyn Kept> {
    SharedInstance::builder(module).name("world")
}
