//! What it takes to write half a million values down and to have them again, beside serde's formats and `rkyv`.

use bench_interface::Kept;
use hotmod_host::{Host, Module, SharedInstance, Snapshot, SnapshotOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use archived::Archived;

use crate::Failure;
use crate::by_hand::{first, flat};
use crate::measure::{Times, shown, time};
use crate::memory;
use crate::modules::Modules;

mod archived;
mod waits;

const VALUES: usize = 500_000;
const ROUNDS: usize = 9;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    memory::keep();
    println!("{VALUES} values, written to memory and built again, on one thread");
    let flat = Shape {
        name: "rows of numbers",
        package: "bench-flat",
        new: flat::World::new,
        sum: flat::World::sum,
    };
    // The rows come first: writing them mostly waits for memory, and takes longer in a heap that was used for the items.
    flat.run::<archived::Rows>(modules)?;
    let items = Shape {
        name: "items with a text and four events",
        package: "bench-items-1",
        new: first::World::new,
        sum: first::sum,
    };
    items.run::<archived::Items>(modules)?;
    waits::run(modules)
}

struct Shape<W> {
    name: &'static str,
    package: &'static str,
    new: fn(usize) -> W,
    sum: fn(&W) -> u64,
}

/// The memory that is written to.
#[derive(Clone, Copy, Debug)]
enum WrittenTo {
    Grows,
    Reserved,
}

impl WrittenTo {
    const ALL: [WrittenTo; 2] = [WrittenTo::Grows, WrittenTo::Reserved];

    fn room(self, len: usize) -> Vec<u8> {
        match self {
            WrittenTo::Grows => Vec::new(),
            WrittenTo::Reserved => Vec::with_capacity(len),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            WrittenTo::Grows => "that grows",
            WrittenTo::Reserved => "that was reserved",
        }
    }
}

/// What is measured of one way: writing to each kind of memory, building again, and how long it is.
#[derive(Default)]
struct Way {
    written: [Times; WrittenTo::ALL.len()],
    /// Without its digest.
    bare: [Times; WrittenTo::ALL.len()],
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
        let [mut hotmod, mut postcard, mut rkyv, mut serde_json]: [Way; 4] = Default::default();
        let mut opened = Times::default();
        hotmod.size = host
            .snapshot_to_memory(Vec::new(), SnapshotOptions::new())?
            .0
            .len();
        postcard.size = postcard::to_allocvec(&world)?.len();
        for _ in 0..ROUNDS {
            let mut bytes = Vec::new();
            for (memory, to) in WrittenTo::ALL.iter().enumerate() {
                drop(std::mem::replace(&mut bytes, to.room(hotmod.size)));
                let options = SnapshotOptions::new();
                let (took, written) = time(|| host.snapshot_to_memory(bytes, options));
                (bytes, _) = written?;
                hotmod.written[memory].add(took);
                let (digesting, _) = time(|| blake3::hash(&bytes));
                hotmod.bare[memory].add(took.saturating_sub(digesting));
            }
            let (took, snapshot) = time(|| Snapshot::of(bytes));
            opened.add(took);
            let snapshot = snapshot?;
            let (_other, module) = load(modules, self.package)?;
            let (took, again) = time(|| named(&module).restore(&snapshot));
            hotmod.built.add(took);
            let again = again?;
            assert_eq!(again.call(|it| it.sum())?, sum, "restored");

            let mut bytes = Vec::new();
            for (memory, to) in WrittenTo::ALL.iter().enumerate() {
                drop(std::mem::replace(&mut bytes, to.room(postcard.size)));
                let (took, written) = time(|| match to {
                    WrittenTo::Grows => postcard::to_allocvec(&world),
                    WrittenTo::Reserved => postcard::to_extend(&world, bytes),
                });
                bytes = written?;
                postcard.written[memory].add(took);
            }
            let (took, again) = time(|| postcard::from_bytes::<W>(&bytes));
            postcard.built.add(took);
            assert_eq!((self.sum)(&again?), sum, "by postcard");

            let (took, bytes) = time(|| archived.write());
            let bytes = bytes?;
            rkyv.written[0].add(took);
            rkyv.size = bytes.len();
            let (took, again) = time(|| A::count(&bytes));
            rkyv.built.add(took);
            assert_eq!(again?, VALUES, "by rkyv");

            let (took, bytes) = time(|| serde_json::to_vec(&world));
            let bytes = bytes?;
            serde_json.written[0].add(took);
            serde_json.size = bytes.len();
            let (took, again) = time(|| serde_json::from_slice::<W>(&bytes));
            serde_json.built.add(took);
            assert_eq!((self.sum)(&again?), sum, "by serde_json");
        }
        println!("  {}, over postcard", self.name);
        for (memory, to) in WrittenTo::ALL.iter().enumerate() {
            let by_postcard = &postcard.written[memory];
            println!(
                "    hotmod      writes {:4.2}×  ({}, without its digest {:4.2}×)  to memory {}, postcard in {}",
                hotmod.written[memory].over(by_postcard),
                shown(hotmod.written[memory].median()),
                hotmod.bare[memory].over(by_postcard),
                to.as_str(),
                shown(by_postcard.median()),
            );
        }
        for (way, name) in [(&rkyv, "rkyv"), (&serde_json, "serde_json")] {
            println!(
                "    {name:11} writes {:4.2}×  ({})  to memory {}",
                way.written[0].over(&postcard.written[0]),
                shown(way.written[0].median()),
                WrittenTo::Grows.as_str(),
            );
        }
        let ways = [
            (&hotmod, "hotmod"),
            (&postcard, "postcard"),
            (&rkyv, "rkyv"),
            (&serde_json, "serde_json"),
        ];
        for (way, name) in ways {
            println!(
                "    {name:11} builds {:4.2}×  ({})  {:4.2}× as long",
                way.built.over(&postcard.built),
                shown(way.built.median()),
                way.size as f64 / postcard.size as f64,
            );
        }
        println!(
            "    hotmod's is opened, which checks the digest, in {} besides\n",
            shown(opened.median())
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
