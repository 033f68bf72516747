//! Thousands of updates under calls at full speed: no call fails, is torn or meets a state of
//! another version, and nothing is left behind by an update.
//!
//! A test with a process of its own, whose memory is measured.

use std::collections::VecDeque;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use hotmod_host::{Instance, Module, Pool};
use hotmod_tests::fixture::BASE;
use hotmod_tests::interfaces::ledger::{Ledger, Sum};
use hotmod_tests::ledger::{create, file, ledger, roll_back, update};

/// How many: `HOTMOD_UPDATES` sets another number.
fn updates() -> usize {
    let given = std::env::var("HOTMOD_UPDATES").ok();
    given.map_or(4_000, |it| it.parse().expect("HOTMOD_UPDATES is a number"))
}

/// After so many, everything that is kept once has been made.
const SETTLED: usize = 1_000;
/// What the allocator and the system may keep or not, from one moment to another. Of four thousand, an
/// update that left 192 bytes behind would come to more; of ten thousand, one that left 64.
const NOISE: u64 = 512 * 1024;

/// What a ledger should hold.
struct Model {
    kept: VecDeque<u64>,
    booked: u64,
}

impl Model {
    fn new() -> Self {
        Model {
            kept: VecDeque::new(),
            booked: 0,
        }
    }

    fn book(&mut self, amount: u64) {
        if self.kept.len() == 8 {
            self.kept.pop_front();
        }
        self.kept.push_back(amount);
        self.booked += 1;
    }

    fn check(&self, sum: Sum) {
        let total = self.kept.iter().sum::<u64>();
        let found = (sum.booked, sum.total, sum.in_order);
        assert_eq!(found, (self.booked, total, true));
    }
}

/// An instance and what it should hold.
struct Kept {
    instance: Instance<dyn Ledger>,
    model: Model,
}

impl Kept {
    fn new(module: &Module<dyn Ledger>) -> Self {
        Kept {
            instance: create(module),
            model: Model::new(),
        }
    }

    /// An exclusive and a shared call. Both run in the version that the state is at.
    fn step(&mut self) {
        let amount = self.model.booked.wrapping_mul(7) % 1000;
        let sum = self.instance.book(amount).expect("a call");
        self.model.book(amount);
        self.model.check(sum);
        assert_eq!(version(sum.code), self.instance.version());
        assert_eq!(self.instance.sum().expect("a call"), sum);
        assert!(self.instance.stuck().is_none());
    }
}

fn version(code: u32) -> &'static str {
    match code {
        1 => "1.0.0",
        2 => "1.1.0",
        3 => "2.0.0",
        code => panic!("no version has the code {code}"),
    }
}

/// The process's resident memory, in bytes.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").expect("the process's memory");
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    4096 * pages.unwrap_or(0_u64)
}

/// Publishes the three versions in turn until so many publications are done, looking at instances
/// after each.
struct Updating {
    module: Module<dyn Ledger>,
    kept: Vec<Kept>,
    done: usize,
}

impl Updating {
    fn until(&mut self, updates: usize) {
        while self.done < updates {
            let module = &self.module;
            let published = match self.done % 4 {
                0 => update(module, "second").to,
                1 => update(module, "grown").to,
                2 => roll_back(module).to,
                _ => update(module, BASE).to,
            };
            assert_eq!(module.version(), published);
            self.done += 1;
            for kept in &mut self.kept {
                kept.step();
                assert_eq!(kept.instance.version(), published);
            }
        }
    }
}

#[test]
fn thousands_of_updates_lose_no_call_and_leave_nothing_behind() {
    let module = ledger();
    let over = AtomicBool::new(false);
    let calls = AtomicU64::new(0);
    let at_full_speed = |mut call: Box<dyn FnMut() + Send>| {
        let mut done = 0;
        while !over.load(Ordering::Relaxed) {
            call();
            done += 1;
        }
        calls.fetch_add(done, Ordering::Relaxed);
    };
    let stamp = module
        .function::<fn(u64) -> (u64, u32, u64)>("stamp")
        .expect("the export");
    let pool: Pool<u64, dyn Ledger> = module.pool();
    let mut models: Vec<Model> = (0..16).map(|_| Model::new()).collect();
    for key in 0..16 {
        pool.create(key, "ada").expect("an instance");
    }

    thread::scope(|scope| {
        let at_full_speed = &at_full_speed;
        let mut kept = Kept::new(&module);
        scope.spawn(move || {
            let mut number = 0_u64;
            at_full_speed(Box::new(move || {
                kept.step();
                number = number.wrapping_mul(31).wrapping_add(1);
                let (same, code, product) = stamp.call(number).expect("a call");
                version(code);
                let expected = (number, number.wrapping_mul(u64::from(code)));
                assert_eq!((same, product), expected);
            }));
        });
        let pool = &pool;
        scope.spawn(move || {
            let mut key = 0;
            at_full_speed(Box::new(move || {
                key = (key + 5) % 16;
                let model = &mut models[usize::try_from(key).expect("a small number")];
                let booked = pool.call(&key, |ledger| ledger.book(key));
                model.book(key);
                model.check(booked.expect("a call"));
                let read = pool.call_shared(&key, |ledger| ledger.sum());
                model.check(read.expect("a call"));
            }));
        });

        let mut updating = Updating {
            kept: (0..3).map(|_| Kept::new(&module)).collect(),
            module: module.clone(),
            done: 0,
        };
        updating.until(SETTLED);
        let (before, held) = (resident(), module.memory());
        updating.until(updates());
        let (after, holds) = (resident(), module.memory());
        over.store(true, Ordering::Relaxed);
        println!("resident: {before}, then {after}; of the module: {held}, then {holds}");
        assert!(after < before + NOISE, "{before} bytes, then {after}");
    });
    println!("{} calls", calls.into_inner());
    assert_eq!(module.versions().len(), 3);
    assert_eq!(module.stragglers(), []);
    assert!(file(BASE).exists());
}
