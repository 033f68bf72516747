//! What hotmod costs this server: figures, each over one without it in the same run.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::clients::{RedisCli, benchmark};
use crate::server::{Server, built};
use crate::{Failure, expect};

/// The keys whose entries change.
const KEYS: usize = 500_000;

/// How much of the throughput of linked code there has to be.
const LEAST: f64 = 0.95;

/// Pairs of runs, of which the median counts: other programs slow down some of them.
const PAIRS: usize = 31;

/// The versions that the store goes to from 1.2, each of which changes all entries.
const CHANGES: [&str; 4] = ["1.3", BACK, "1.1", "1.2"];

/// Back to the version before, by a rollback.
const BACK: &str = "back";

/// How often each change is measured.
const ROUNDS: usize = 3;

/// By how many milliseconds a client may wait longer than without an update.
const LONGER: f64 = 20.0;

pub(crate) fn measure() -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return Err("figures are those of a release: cargo store --release -- --figures".into());
    }
    let built = built()?;
    let throughput = throughput(&Server::start(&built, "1.3")?, &Server::linked(&built)?)?;
    let longer = pauses(&built)?;
    for (command, ratio) in throughput {
        let what = format!("{command} has at least {LEAST} of the throughput: {ratio:.3}");
        expect(ratio >= LEAST, &what)?;
    }
    let what = format!("nobody waits {LONGER} ms longer: {longer:.1} ms");
    expect(longer <= LONGER, &what)
}

/// Requests per second at a pipeline of 16 over those of the linked code: the median of many pairs of runs. Beside it
/// stands what the server takes of the processors for them, in which other programs show less.
fn throughput(module: &Server, linked: &Server) -> Result<Vec<(&'static str, f64)>, Failure> {
    let mut found = Vec::new();
    for command in ["set", "get"] {
        let args = ["-n", "300000", "-P", "16", "-r", "100000", "-t", command];
        let run = |server: &Server| {
            let before = server.ticks()?;
            let per_second = benchmark(&server.port, &args)?[0].per_second;
            Ok::<_, Failure>((per_second, server.ticks()? - before))
        };
        run(module)?;
        run(linked)?;
        let (mut ratios, mut taken) = (Vec::new(), Vec::new());
        for round in 0..PAIRS {
            let (with, without) = if round % 2 == 0 {
                let with = run(module)?;
                (with, run(linked)?)
            } else {
                let without = run(linked)?;
                (run(module)?, without)
            };
            ratios.push(with.0 / without.0);
            taken.push(with.1 / without.1);
        }
        let (ratio, taken) = (median(&mut ratios), median(&mut taken));
        println!(
            "{command}: {ratio:.3} of the linked code's throughput ({:.3} to {:.3}), {taken:.3} of its processor time",
            ratios[0],
            ratios[PAIRS - 1]
        );
        found.push((command, ratio));
    }
    Ok(found)
}

/// By how many milliseconds the longest reply takes longer where entries change meanwhile: for each way in which they
/// change, the median of several pairs of runs, and of these the most. Each round has a server of its own, so that its first
/// update finds nothing in memory that an earlier one has left.
fn pauses(built: &Path) -> Result<f64, Failure> {
    let mut differences = [const { Vec::new() }; CHANGES.len()];
    for _ in 0..ROUNDS {
        let server = Server::start(built, "1.2")?;
        fill(&server.port)?;
        let mut operator = RedisCli::start(&server.port)?;
        expect(
            operator.ask("DBSIZE")? == KEYS.to_string(),
            "all keys are there",
        )?;
        longest_reply(&server.port)?;
        for (version, differences) in CHANGES.iter().zip(&mut differences) {
            let without = longest_reply(&server.port)?;
            let with = longest_reply_over(&server, &mut operator, version)?;
            println!("   longest reply: {without:.1} ms, and {with:.1} ms with an update");
            differences.push(with - without);
        }
    }
    let mut most = f64::MIN;
    for (version, differences) in CHANGES.iter().zip(&mut differences) {
        let longer = median(differences);
        println!("{KEYS} entries change, {version}: {longer:.1} ms longer, in {differences:.1?}");
        most = most.max(longer);
    }
    Ok(most)
}

/// How many milliseconds the longest reply takes.
fn longest_reply(port: &str) -> Result<f64, Failure> {
    let keys = KEYS.to_string();
    // So many that the last entries have followed the update before the last of them.
    let args = ["-n", "800000", "-c", "20", "-r", &keys, "-t", "set,get"];
    let measured = benchmark(port, &args)?;
    Ok(measured.iter().map(|it| it.longest).fold(0.0, f64::max))
}

/// The same while the server goes to this version.
fn longest_reply_over(
    server: &Server,
    operator: &mut RedisCli,
    version: &str,
) -> Result<f64, Failure> {
    thread::scope(|scope| {
        let port = &*server.port;
        let run = scope.spawn(|| longest_reply(port));
        // Whenever this comes, the run goes on for seconds.
        match version {
            BACK => {
                operator.ask("HOTMOD ROLLBACK")?;
                server.says("rollback of module")?;
            }
            version => server.take_up(version)?,
        }
        expect(
            !run.is_finished(),
            "the update came while there were clients",
        )?;
        run.join().map_err(|_| "the measurement panicked")?
    })
}

/// Sets all keys that `redis-benchmark` may ask for.
fn fill(port: &str) -> Result<(), Failure> {
    let mut commands = String::new();
    for number in 0..KEYS {
        let key = format!("key:{number:012}");
        write!(commands, "*3\r\n$3\r\nSET\r\n$16\r\n{key}\r\n$3\r\nxxx\r\n")?;
    }
    let mut cli = Command::new("redis-cli")
        .args(["-p", port, "--pipe"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    cli.stdin
        .take()
        .ok_or("no input")?
        .write_all(commands.as_bytes())?;
    expect(cli.wait()?.success(), "redis-cli sets all keys")
}

fn median(of: &mut [f64]) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
