//! What happens in the demo, act by act.

use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use game_interface::Game;
use hotmod_host::{CallLimits, CanaryOptions, CanaryState, Module};

use crate::client::Client;
use crate::show::{self, show, summary};
use crate::traffic::{self, PATIENCE, Traffic, counted, expect};
use crate::{Failure, Service, WORLDS, modules, set_up};

/// What becomes of a world of 1.1 in 2.0.
const MIGRATION: &str = "1.1.0 → 2.0.0 is published; state is migrated
  World.players[].nick: renamed from name [HM-0305]
  World.players[].gold: default [HM-0302]
  World.players[].visits: widen u32 → u64 [HM-0306]
  World.players[].standing::Legend: new variant [HM-0316]
  World.scores[]: widen u32 → u64 [HM-0306]
  World.first_id: renamed from seed [HM-0305]
";

/// What becomes of calls between the server and 1.4.
const EVOLUTION: &str = "1.1.0 → 1.4.0 is published; state is handed over as it is
  damage(critical): filled in for callers that do not know it, `bool` [HM-0152]
  Game::players(): was absent, now `fn players(&self) -> u32` [HM-0134]
  Game::ranking() -> [].visits: not seen by the host [HM-0153]
";

/// The worlds in which players never stop; the first are those of the HTTP clients.
const BUSY: Range<u64> = 4..1004;

/// The version that refuses what it should not.
const FAULTY: &str = "2.2.0";

type Act = fn(&Demo) -> Result<(), Failure>;

const ACTS: [(&str, Act); 14] = [
    (
        "nothing happens yet: this is how long calls take on this machine",
        undisturbed,
    ),
    (
        "1.0 cannot greet émile: its panic is an answer, and everyone goes on",
        panics,
    ),
    ("1.1 is corrected: the same worlds, new code", corrected),
    (
        "1.2 gives players gold: refused, because it does not say how much to those who exist",
        gold,
    ),
    (
        "1.3 takes another type: refused, because nothing says how callers' numbers become it",
        retyped,
    ),
    (
        "1.4 has a method, a field and a parameter more: this server knows none of them, and goes on",
        evolved,
    ),
    (
        "half a file, and one with a table overwritten: refused before anything is loaded",
        damaged,
    ),
    ("back to 1.0 and forth again", back_and_forth),
    (
        "2.0 changes the world itself: the plan is made from the two files, and live state follows it",
        migrated,
    ),
    (
        "2.1 narrows a counter: refused, because values could be lost",
        narrowed,
    ),
    (
        "1.1 knows nothing of gold: refused as an update, because it would lose it",
        forgetful,
    ),
    (
        "2.0 is rolled back: what that loses is told before, and everybody's visits come back",
        rolled_back,
    ),
    (
        "2.2 is tried in a share of the worlds, fails there, and is aborted by its limit on errors",
        canary,
    ),
    (
        "2.3 crashes when it migrates: in a rehearsal, where it does no harm",
        crashes,
    ),
];

pub(crate) fn play() -> Result<(), Failure> {
    let service = set_up(0)?;
    let game = service.worlds.module();
    let mut traffic = Traffic::default();
    for (player, world) in ["Ben", "Cleo", "Dora", "Emil"].into_iter().zip(WORLDS) {
        traffic.http(&service.url, player, world);
    }
    for first in 0..2 {
        let worlds = BUSY.skip(first).step_by(2).collect();
        traffic.pooled(service.worlds.clone(), worlds, FAULTY);
    }
    for _ in 0..2 {
        traffic.direct(game.create(traffic::CONFIG)?);
    }
    traffic.function(game.function("damage")?);
    println!(
        "game 1.0.0 is served at {}, in {} worlds",
        service.url,
        service.worlds.len()
    );
    println!(
        "4 HTTP clients, 2 callers in {} worlds of the pool,",
        BUSY.count()
    );
    println!("2 callers of their own instances and 1 of `damage` are busy throughout");
    let demo = Demo {
        client: Client::new(&service.url),
        game: game.clone(),
        service,
        traffic,
    };
    for (heading, act) in ACTS {
        println!("\n── {heading}");
        act(&demo)?;
        println!("   slowest: {}", show::slowest(&demo.traffic.slowest()));
    }
    println!("\n── what callers noticed");
    demo.finish()
}

/// One client, as a person with curl would be, and all the other callers.
struct Demo {
    client: Client,
    game: Module<dyn Game>,
    service: Service,
    traffic: Traffic,
}

fn undisturbed(demo: &Demo) -> Result<(), Failure> {
    demo.traffic.goes_on_in("1.0.0")
}

fn panics(demo: &Demo) -> Result<(), Failure> {
    demo.hello("émile", 500, "panicked")?;
    demo.traffic.goes_on_in("1.0.0")
}

fn corrected(demo: &Demo) -> Result<(), Failure> {
    demo.load("game-1.1.so", 200, "1.0.0 → 1.1.0")?;
    demo.settles_at("1.1.0")?;
    demo.hello("émile", 200, "hello Émile, visit 2")
}

fn gold(demo: &Demo) -> Result<(), Failure> {
    demo.load("game-1.2.so", 409, "World.players[].gold")?;
    demo.traffic.goes_on_in("1.1.0")
}

fn retyped(demo: &Demo) -> Result<(), Failure> {
    demo.load(
        "game-1.3.so",
        409,
        "damage(armour): was `u32`, now `Vec<u32>`",
    )?;
    demo.traffic.goes_on_in("1.1.0")
}

fn evolved(demo: &Demo) -> Result<(), Failure> {
    demo.load("game-1.4.so", 200, EVOLUTION)?;
    demo.settles_at("1.4.0")?;
    // The last world, which Ida alone has visited.
    let request = || demo.client.ranking(WORLDS.end - 1);
    let ida = "[{\"name\":\"ida\",\"points\":10}]";
    show("GET /ranking", request, 200, ida)?;
    demo.game.rollback()?;
    demo.settles_at("1.1.0")?;
    show("GET /ranking", request, 200, ida)
}

fn damaged(demo: &Demo) -> Result<(), Failure> {
    demo.load(modules::TRUNCATED, 409, "is refused; 1.1.0 keeps running")?;
    demo.load(modules::DAMAGED, 409, "is refused; 1.1.0 keeps running")?;
    demo.traffic.goes_on_in("1.1.0")
}

fn back_and_forth(demo: &Demo) -> Result<(), Failure> {
    demo.load("game-1.0.so", 200, "1.1.0 → 1.0.0")?;
    demo.traffic.goes_on_in("1.0.0")?;
    demo.load("game-1.1.so", 200, "1.0.0 → 1.1.0")?;
    demo.traffic.goes_on_in("1.1.0")?;
    demo.load("game-1.1.so", 200, "is unchanged")?;
    demo.hello("émile", 200, "hello Émile, visit 3")
}

fn migrated(demo: &Demo) -> Result<(), Failure> {
    demo.load("game-2.0.so", 200, MIGRATION)?;
    demo.settles_at("2.0.0")?;
    demo.hello("émile", 200, "hello Émile, visit 4 (newcomer, 100 gold)")
}

fn narrowed(demo: &Demo) -> Result<(), Failure> {
    demo.load(
        "game-2.1.so",
        409,
        "World.players[].visits: was u64, now u16",
    )?;
    demo.traffic.goes_on_in("2.0.0")
}

fn forgetful(demo: &Demo) -> Result<(), Failure> {
    demo.load(
        "game-1.1.so",
        409,
        "World.players[].gold: was u64, now absent",
    )?;
    demo.traffic.goes_on_in("2.0.0")
}

fn rolled_back(demo: &Demo) -> Result<(), Failure> {
    let report = demo.game.rollback_report()?;
    println!("   game.rollback_report()");
    let text = report.to_string();
    text.lines().for_each(|line| println!("   │ {line}"));
    let losses: Vec<String> = report.losses.iter().map(ToString::to_string).collect();
    expect(&losses, &["World.players[].gold: lost"])?;
    let start = Instant::now();
    let done = demo.game.rollback()?;
    println!(
        "   game.rollback()  in {}",
        show::milliseconds(start.elapsed())
    );
    expect(&done, &report)?;
    demo.settles_at("1.1.0")?;
    demo.hello("émile", 200, "hello Émile, visit 5\"")?;
    demo.load("game-2.0.so", 200, MIGRATION)?;
    demo.settles_at("2.0.0")?;
    demo.hello("émile", 200, "hello Émile, visit 6 (newcomer, 100 gold)")
}

fn canary(demo: &Demo) -> Result<(), Failure> {
    let worlds = &demo.service.worlds;
    let limits = CallLimits::new().panics(0.0).errors(0.01).least(1000);
    println!("   worlds.canary(\"game-2.2.so\", 5 %, at most 1 % errors)");
    let canary = worlds.canary("game-2.2.so", CanaryOptions::percent(5).limits(limits))?;
    demo.traffic.goes_on()?;
    let share = demo.worlds_at(FAULTY)?;
    let counts = demo.client.worlds()?;
    println!("   GET /worlds  → {}", show::counts(&counts));
    expect(&counts.get(FAULTY), &Some(&share.len()))?;
    expect(&canary.state(), &CanaryState::Running)?;

    println!("   players go shopping: 2.2 limits what they spend in a day, and ends no day");
    demo.traffic.shop(true);
    let ended = canary.wait_timeout(PATIENCE);
    let counts = canary.report();
    println!("   │ 2.2.0: {}", counts.candidate);
    println!("   │ 2.0.0: {}", counts.running);
    println!("   │ {ended}");
    if !matches!(ended, CanaryState::Aborted { .. }) {
        return Err(format!("the canary was to be aborted, and is {ended}").into());
    }
    expect(&(counts.running.errors, counts.running.panics), &(0, 0))?;
    demo.settles_at("2.0.0")?;
    let tried = demo.traffic.tried();
    let busy = share.into_iter().filter(|world| BUSY.contains(world));
    expect(&tried, &busy.collect())?;
    println!(
        "   {} worlds with players in them saw 2.2.0, and no other",
        tried.len()
    );
    Ok(())
}

fn crashes(demo: &Demo) -> Result<(), Failure> {
    demo.load("game-2.3.so", 409, "SIGSEGV")?;
    demo.traffic.goes_on_in("2.0.0")?;
    demo.hello("émile", 200, "hello Émile, visit 7")
}

impl Demo {
    fn hello(&self, name: &str, status: u16, text: &str) -> Result<(), Failure> {
        let request = format!("GET /hello?name={name}");
        show(
            &request,
            || self.client.hello(name, WORLDS.start),
            status,
            text,
        )
    }

    fn load(&self, module: &str, status: u16, text: &str) -> Result<(), Failure> {
        let request = format!("POST /load?module={module}");
        show(&request, || self.client.load(module), status, text)
    }

    /// Shows how the worlds come to this version, until all worlds and all other callers have.
    fn settles_at(&self, version: &str) -> Result<(), Failure> {
        let start = Instant::now();
        loop {
            let worlds = self.client.worlds()?;
            let time = show::milliseconds(start.elapsed());
            println!("   GET /worlds  → {} after {time}", show::counts(&worlds));
            if worlds.keys().all(|at| at == version) {
                return self.traffic.goes_on_in(version);
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("not all worlds come to {version}").into());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The worlds that are at this version.
    fn worlds_at(&self, version: &str) -> Result<Vec<u64>, Failure> {
        let pool = &self.service.worlds;
        let mut found = Vec::new();
        for world in WORLDS {
            if pool.with(&world, |world| world.version() == version)? {
                found.push(world);
            }
        }
        Ok(found)
    }

    /// Stops all callers, says what they noticed, and checks the worlds that no caller entered.
    fn finish(self) -> Result<(), Failure> {
        summary(&self.traffic.finish()?)?;
        for world in WORLDS {
            let worlds = &self.service.worlds;
            let (greeting, score) =
                worlds.call(&world, |world| Ok((world.hello("ida")?, world.score(7)?)))?;
            expect(&counted(&greeting), &"hello Ida, visit 2")?;
            expect(&score, &Some(20))?;
        }
        println!(
            "   in each of {} worlds, Ida's first visit and her score were kept",
            WORLDS.count()
        );
        let loaded = self.game.versions();
        let loaded: Vec<&str> = loaded.iter().map(|it| &*it.version).collect();
        println!("   loaded were {}, each once", loaded.join(", "));
        expect(&loaded, &["1.0.0", "1.1.0", "1.4.0", "2.0.0", FAULTY])
    }
}
