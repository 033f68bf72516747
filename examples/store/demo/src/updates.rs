//! Clients that notice nothing of updates.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use crate::clients::{RedisCli, benchmark};
use crate::model::Modelled;
use crate::server::{Server, built};
use crate::{Failure, expect};

/// How many keys `redis-benchmark` uses of each kind.
const KEYS: usize = 1000;

/// What every client goes on to do between two updates.
const BETWEEN: u64 = 20;

/// What has been done so far.
#[derive(Default)]
struct Progress {
    state: Mutex<Counted>,
    changed: Condvar,
}

#[derive(Default)]
struct Counted {
    /// Of each client that has a model.
    commands: Vec<u64>,
    benchmarks: u64,
    /// Whether there are enough updates.
    over: bool,
    failed: bool,
}

/// Updates the server at least so many times while it is used.
pub(crate) fn play(updates: u64) -> Result<(), Failure> {
    let built = built()?;
    let server = Server::start(&built, "1.0")?;
    let port = &*server.port;
    println!("store 1.0 is served at port {port}, to redis-cli and redis-benchmark");
    let keys = KEYS.to_string();
    let fill = ["-n", "20000", "-P", "16", "-r", &keys, "-t", "set,incr"];
    benchmark(port, &fill)?;
    let mut operator = RedisCli::start(port)?;
    let filled = operator.ask("DBSIZE")?;

    let mut clients = Vec::new();
    for name in ["ada", "bob", "cyd"] {
        clients.push(Modelled::start(port, name)?);
    }
    let progress = Progress::default();
    progress.change(|it| it.commands = vec![0; clients.len()]);
    let progress = &progress;
    let published = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (place, client) in clients.iter_mut().enumerate() {
            threads.push(scope.spawn(move || {
                progress.until_over(|| {
                    client.go_on()?;
                    progress.change(|it| it.commands[place] += 1);
                    Ok(())
                })
            }));
        }
        let keys = &keys;
        threads.push(scope.spawn(move || {
            let args = [
                "-n",
                "5000",
                "-c",
                "8",
                "-P",
                "4",
                "-r",
                keys,
                "-t",
                "set,get,incr",
            ];
            progress.until_over(|| {
                benchmark(port, &args)?;
                progress.change(|it| it.benchmarks += 1);
                Ok(())
            })
        }));
        let mut published = 0;
        let mut go_around = || {
            while published < updates {
                published += round(&server, &mut operator, progress)?;
            }
            progress.wait(|it| it.benchmarks > 0)
        };
        let went = go_around();
        progress.change(|it| it.over = true);
        for thread in threads {
            thread.join().map_err(|_| "a client panicked")??;
        }
        went.map(|()| published)
    })?;

    for client in &mut clients {
        client.compare()?;
    }
    let mut there = 0;
    for kind in ["key", "counter"] {
        for number in 0..KEYS {
            there += operator
                .ask(&format!("EXISTS {kind}:{number:012}"))?
                .parse::<usize>()?;
        }
    }
    expect(there >= filled.parse()?, "redis-benchmark's keys are there")?;
    there += clients.iter().map(Modelled::len).sum::<usize>();
    let size = operator.ask("DBSIZE")?.parse::<usize>()?;
    expect(
        size == there,
        &format!("there are {there} keys, and not {size}"),
    )?;
    expect(operator.is_still_connected()?, "the operator is connected")?;
    let done = progress
        .state
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    println!(
        "{published} updates and rollbacks: {} commands as the model has them, {} runs of redis-benchmark without an \
         error, {size} keys and none lost, no connection ended",
        done.commands.iter().sum::<u64>(),
        done.benchmarks
    );
    Ok(())
}

/// From 1.0 to 1.3 and back, and how many updates and rollbacks that is.
fn round(server: &Server, operator: &mut RedisCli, progress: &Progress) -> Result<u64, Failure> {
    let is = |operator: &mut RedisCli, version: &str| {
        let found = operator.ask("INFO")?;
        let expected = format!("store_version:{version}.0");
        expect(found == expected, &format!("{expected} runs"))?;
        progress.go_on()
    };
    server.take_up("1.1")?;
    is(operator, "1.1")?;
    for (command, reply) in [
        ("SET appended 4", "OK"),
        ("APPEND appended 2", "2"),
        ("STRLEN appended", "2"),
    ] {
        expect(operator.ask(command)? == reply, "1.1 has these commands")?;
    }

    server.take_up("1.2")?;
    is(operator, "1.2")?;
    expect(
        operator.ask("INCR appended")? == "43",
        "it is a number in 1.2",
    )?;

    server.take_up("1.3")?;
    is(operator, "1.3")?;
    expect(
        operator.ask("TTL appended")? == "-1",
        "what was there does not expire",
    )?;
    expect(
        operator.ask("EXPIRE appended 1000")? == "1",
        "it expires in 1.3",
    )?;
    let left = operator.ask("TTL appended")?.parse::<i64>()?;
    expect((900..=1000).contains(&left), "it says when")?;
    expect(
        operator.ask("SET gone 1 EX 1000")? == "OK",
        "so does what is set",
    )?;
    expect(operator.ask("EXPIRE gone -1")? == "1", "it expires at once")?;
    expect(operator.ask("GET gone")?.is_empty(), "it has expired")?;
    expect(operator.ask("SET gone 1")? == "OK", "it can be set anew")?;

    expect(
        operator.ask("HOTMOD ROLLBACK")? == "OK",
        "it can be rolled back",
    )?;
    server.says("rollback of module `store` 1.3.0 → 1.2.0")?;
    is(operator, "1.2")?;
    let error = operator.refused("TTL appended")?;
    expect(error.starts_with("ERR unknown command"), "1.2 has no TTL")?;
    expect(operator.ask("GET appended")? == "43", "and the value")?;
    expect(operator.ask("DEL appended gone")? == "2", "they were there")?;

    for version in ["1.1", "1.0"] {
        server.take_up(version)?;
        is(operator, version)?;
    }
    Ok(6)
}

impl Progress {
    fn change(&self, change: impl FnOnce(&mut Counted)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Does something again and again, until there are enough updates or it fails.
    fn until_over(&self, mut work: impl FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
        let is_over = || {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.over || state.failed
        };
        while !is_over() {
            work().inspect_err(|_| self.change(|it| it.failed = true))?;
        }
        Ok(())
    }

    /// Waits until every client has gone on.
    fn go_on(&self) -> Result<(), Failure> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until: Vec<u64> = state.commands.iter().map(|it| it + BETWEEN).collect();
        drop(state);
        self.wait(|it| {
            it.commands
                .iter()
                .zip(&until)
                .all(|(it, until)| it >= until)
        })
    }

    fn wait(&self, until: impl Fn(&Counted) -> bool) -> Result<(), Failure> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |it: &mut Counted| !it.failed && !until(it);
        let state = self.changed.wait_while(state, waits);
        match state.unwrap_or_else(PoisonError::into_inner).failed {
            true => Err("a client failed".into()),
            false => Ok(()),
        }
    }
}
