//! A host that is updated to many versions of a module, and then again and again to some of them:
//! `many_versions debug|release`. Prints by how many KiB its memory grew for each new version, and
//! for each repeated update.
//!
//! A process of its own, because memory is counted for a whole process.

use std::path::Path;
use std::time::Duration;

use hotmod_host::{Events, Host, Instance, Module, UpdateState};
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::numbered::Numbered;

/// How many versions it takes until the memory of the host itself grows no more.
const FIRST: usize = 20;
const NEW: usize = 120;
const SETTLING: usize = 100;
const REPEATED: usize = 600;

/// An instance that is taken through all versions.
struct Running {
    module: Module<dyn Counter>,
    count: Instance<dyn Counter>,
    counted: u64,
    events: Events,
    updated: usize,
}

impl Running {
    fn update(&mut self, file: &Path, number: usize) {
        let update = self.module.update(file);
        update.unwrap_or_else(|refusal| panic!("{refusal}"));
        self.counted += 1;
        self.updated += 1;
        assert_eq!(self.count.next().expect("a call"), self.counted);
        assert_eq!(self.count.code().expect("a call"), Numbered::code(number));
        // The one before may be gone back to, and the one before that is needed no more.
        if self.updated < 2 {
            return;
        }
        loop {
            let event = self.events.wait_timeout(Duration::from_secs(60));
            let event = event.expect("a version that is retired");
            if event.state == UpdateState::Retired {
                break;
            }
        }
    }
}

fn main() {
    let release = std::env::args().nth(1).as_deref() == Some("release");
    let numbered = Numbered::build(release);
    let directory = tempfile::tempdir().expect("a directory");
    let file = |number| numbered.write(directory.path(), number);
    let host = Host::builder().allow_downgrade(true).build();
    let host = host.expect("a host");
    let module = host.load::<dyn Counter>(file(0)).expect("the first");
    let mut running = Running {
        count: module.create("").expect("a counter"),
        module,
        counted: 0,
        events: host.events(),
        updated: 0,
    };
    for number in 1..FIRST {
        running.update(&file(number), number);
    }
    let before = resident();
    for number in FIRST..FIRST + NEW {
        running.update(&file(number), number);
    }
    let between = resident();
    let three = [0, 1, 2].map(|number| (file(number), number));
    let mut three = three.iter().cycle();
    let mut repeat = |times| {
        for (file, number) in three.by_ref().take(times) {
            running.update(file, *number);
        }
    };
    repeat(SETTLING);
    let settled = resident();
    repeat(REPEATED);
    let after = resident();
    assert_eq!(running.module.versions().len(), FIRST + NEW);
    println!(
        "{} {}",
        (between - before) / NEW as f64,
        (after - settled) / REPEATED as f64
    );
}

/// KiB.
fn resident() -> f64 {
    let smaps = std::fs::read_to_string("/proc/self/smaps_rollup").expect("what the kernel says");
    let line = smaps.lines().find_map(|line| line.strip_prefix("Rss:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    figure
        .and_then(|figure| figure.parse().ok())
        .expect("a figure")
}
