//! Carries out what a script says over the versions of a module: `edited_host SCRIPT MODULE…`.
//!
//! A line is a step and what is to come of it. Exits with 0 if all came so, and says what did not; what
//! else may happen (a crash, a leak that a sanitizer sees) is what the tests that run it are about.
//!
//! ```text
//! load V                       the version is the one that runs
//! create KEY TEXT              an instance, made from a text
//! at KEY V TEXT                it is at this version, and this is its state
//! follow KEY ok|stuck          it is taken to the current version, or is not
//! poke KEY, renew KEY          calls that change what it owns
//! hold KEY NUMBER HOW          an owner of a shared item is kept outside, see the interface
//! release KEY                  and no more
//! remove KEY                   the instance is dropped
//! update V ok|refused          and so for `rehearse V`, which changes nothing
//! leap V ok|any                the same, past a version
//! rollback ok|refused|any
//! canary V ok|refused          followed by the instances with even keys
//! promote, abort               the end of the canary
//! candidate V FIT [KEY…]       so many instances would be taken along, and these would not
//! settle                       whatever can follow does
//! rouse                        all are called, whatever comes of it
//! ```

use std::path::PathBuf;
use std::time::Duration;

use hotmod_host::{Canary, CanaryOptions, Host, Module, Pool, RehearsalOptions};
use hotmod_tests::interfaces::edited::Edited;

/// What a refusal says of a copy of the process that did not end by itself.
const CRASHED: &str = "killed by";
/// How long it may take, in seconds.
const LONGEST: u32 = 120;

struct Run {
    host: Host,
    files: Vec<PathBuf>,
    live: Option<Live>,
    canary: Option<Canary>,
}

/// The module, and its instances.
type Live = (Module<dyn Edited>, Pool<u64, dyn Edited>);

type Failure = Box<dyn std::error::Error>;

fn expect<T, E: std::fmt::Display>(
    outcome: Result<T, E>,
    expected: &str,
) -> Result<Option<T>, Failure> {
    match (outcome, expected) {
        (Ok(value), "ok" | "any") => Ok(Some(value)),
        (Ok(_), _) => Err("it came to an end well".into()),

        (Err(error), "any" | "refused" | "stuck") => {
            println!("  {}", error.to_string().replace('\n', "\n  "));
            Ok(None)
        }
        (Err(error), _) => Err(error.to_string().into()),
    }
}

impl Run {
    fn file(&self, version: &str) -> Result<&PathBuf, Failure> {
        let place: usize = version.parse()?;
        Ok(&self.files[place])
    }

    fn step(&mut self, step: &str) -> Result<(), Failure> {
        let mut words = step.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let what = word();
        let first = word();
        if what == "load" {
            let module = self.host.load::<dyn Edited>(self.file(first)?)?;
            let pool = module.pool();
            self.live = Some((module, pool));
            return Ok(());
        }
        let (module, pool) = self.live.as_ref().ok_or("nothing is loaded")?;
        let key = || first.parse::<u64>();
        match what {
            "create" => pool.create(key()?, word())?,
            "at" => {
                let (version, shown) =
                    pool.with(&key()?, |it| (it.version().to_owned(), it.show()))?;
                let (expected, text) = (format!("1.{}.0", word()), word());
                if version != expected {
                    return Err(format!("it is at {version}, not {expected}").into());
                }
                let shown = shown?;
                if shown != text {
                    return Err(format!("it is\n{shown}\nand not\n{text}").into());
                }
            }
            "follow" => {
                let followed = pool.with(&key()?, |it| it.migrate())?;
                expect(followed, word())?;
            }
            "poke" => pool.call(&key()?, |it| it.poke())?,
            "renew" => pool.call(&key()?, |it| it.renew())?,
            "hold" => {
                let (number, how) = (word().parse()?, word());
                if !pool.with(&key()?, |it| it.hold(number, how))?? {
                    return Err("there is no such item".into());
                }
            }
            "release" => pool.with(&key()?, |it| it.release())??,
            "remove" => drop(pool.remove(&key()?)?),
            "update" | "leap" => drop(expect(module.update(self.file(first)?), word())?),
            "rehearse" => {
                let rehearsed = module.rehearse(self.file(first)?, &RehearsalOptions::new());
                if let Err(refusal) = &rehearsed
                    && refusal.to_string().contains(CRASHED)
                {
                    return Err(refusal.to_string().into());
                }
                expect(rehearsed, word())?;
            }
            "rollback" => drop(expect(module.rollback(), first)?),
            "canary" => {
                let share = CanaryOptions::matching(|key: &u64| key.is_multiple_of(2));
                let canary = pool.canary(self.file(first)?, share);
                self.canary = expect(canary, word())?;
            }
            "promote" => drop(self.canary.take().ok_or("no canary")?.promote()?),
            "abort" => self.canary.take().ok_or("no canary")?.abort()?,
            "candidate" => {
                let candidate = module.candidate(self.file(first)?)?;
                let rehearsed = pool.rehearse(&candidate);
                let fit: usize = word().parse()?;
                let mut unfit: Vec<u64> = rehearsed.unfit.iter().map(|(key, _)| *key).collect();
                unfit.sort_unstable();
                let expected = words.map(str::parse).collect::<Result<Vec<u64>, _>>()?;
                if (fit, &expected) != (rehearsed.fit, &unfit) {
                    return Err(rehearsed.to_string().into());
                }
            }
            "rouse" => {
                for key in pool.keys() {
                    let said = pool.with(&key, |it| {
                        let followed = it.migrate().map_err(|it| it.to_string());
                        let shown = it.show().map_err(|it| it.to_string());
                        let poked = it.poke().map_err(|it| it.to_string());
                        (followed, shown, poked)
                    });
                    println!("  {key}: {said:?}");
                    let (_, shown, poked) = said?;
                    shown.and(poked)?;
                }
            }
            "settle" => drop(pool.settle_timeout(Duration::from_secs(60))),
            _ => return Err("no such step".into()),
        }
        Ok(())
    }
}

fn main() {
    // SAFETY: it has the system end this process later, and touches no memory.
    unsafe { libc::alarm(LONGEST) };
    let mut args = std::env::args_os().skip(1);
    let script = args.next().expect("a script");
    let script = std::fs::read_to_string(script).expect("a script");
    let host = Host::builder().build().expect("a host");
    let mut run = Run {
        host,
        files: args.map(PathBuf::from).collect(),
        live: None,
        canary: None,
    };
    for (number, step) in (1..).zip(script.lines()) {
        println!("{step}");
        if let Err(failure) = run.step(step) {
            // What is left need not be dropped.
            println!("FAILED at step {number}: {step}\n{failure}");
            std::process::exit(1);
        }
    }
}
