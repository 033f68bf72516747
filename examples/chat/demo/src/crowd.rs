//! Two hundred people in twenty rooms. In each round everybody says something, a line or two lines as one, and goes on
//! when everybody in the room has been heard.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use crate::client::Client;
use crate::server::Server;
use crate::{Failure, expect, module};

const ROOMS: usize = 20;

/// How many are in each.
const PEOPLE: usize = 10;

/// How many updates and rollbacks they live through, each of which migrates all rooms and sessions.
const UPDATES: usize = 100;

/// What the rooms came to.
#[derive(Default)]
struct Progress {
    state: Mutex<Counted>,
    changed: Condvar,
}

#[derive(Default)]
struct Counted {
    /// The rounds of all people.
    rounds: usize,
    /// Whether it is time to end.
    over: bool,
    failed: bool,
}

/// They talk for some rounds.
pub(crate) fn without_updates(server: &Server) -> Result<(), Failure> {
    let said = talk(server, |progress| progress.wait(5 * ROOMS * PEOPLE))?;
    println!("   without hotmod: {said}");
    Ok(())
}

/// They talk while the server is updated.
pub(crate) fn through_updates(built: &Path) -> Result<(), Failure> {
    let server = Server::start(built)?;
    let said = talk(&server, |progress| {
        let mut operator = Client::enter(&server.address, "operator")?;
        server.gets(&module(built, "1"))?;
        operator.hears_of(&["1.0.0 → 1.1.0 is published"])?;
        let parts = ["is published", "Talk.said[].id: default", "; 0 remain"];
        for (round, version) in ["2", "3"].into_iter().cycle().take(UPDATES / 2).enumerate() {
            progress.go_on()?;
            server.gets(&module(built, version))?;
            if round < 2 {
                operator.hears_of(&parts)?;
            } else {
                // What was rolled back is not taken up by itself, but by who asks for it.
                operator.hears_of(&["is refused", "which was: it was asked for"])?;
                let body = r#"{"file":"libchat.so","settle_ms":5000,"reason":"once more"}"#;
                let [_, done] = server.changes("update", body)?;
                for part in parts {
                    expect(done.contains(part), &format!("{part} is told: {done}"))?;
                }
            }
            progress.go_on()?;
            operator.says("/rollback")?;
            operator.hears_of(&["rollback of", "Talk.said[].id: lost", "; 0 remain"])?;
        }
        operator.says("/version")?;
        operator.hears(&["* rooms 1.1.0"])?;
        progress.go_on()
    })?;
    println!("   through {UPDATES} updates and rollbacks: {said}");
    server.stop()
}

/// Has all of them talk until the work is done, and says how much they heard.
fn talk(
    server: &Server,
    work: impl FnOnce(&Progress) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let mut people = Vec::new();
    for room in 0..ROOMS {
        for place in 0..PEOPLE {
            let mut client = Client::enter(&server.address, &name(place))?;
            client.says(&format!("/join room{room}"))?;
            client.hears(&[&format!("* you are in room{room}")])?;
            people.push((place, client));
        }
    }
    let progress = &Progress::default();
    let heard = thread::scope(|scope| {
        let threads: Vec<_> = people
            .into_iter()
            .map(|(place, client)| {
                scope.spawn(move || {
                    let heard = person(place, client, progress);
                    heard.inspect_err(|_| progress.change(|it| it.failed = true))
                })
            })
            .collect();
        let worked = work(progress);
        progress.change(|it| it.over = true);
        let mut heard = 0;
        for thread in threads {
            heard += thread.join().map_err(|_| "a client panicked")??;
        }
        worked.map(|()| heard)
    })?;
    // Everybody in a room heard the same.
    let metric = format!("\nchat_messages_total {}\n", heard / PEOPLE);
    let metrics = server.answers("/metrics")?;
    expect(
        metrics.contains(&metric),
        &format!("{metrics} has {metric}"),
    )?;
    Ok(format!(
        "{} people heard {heard} messages, none was lost or came twice, and nobody was disconnected",
        ROOMS * PEOPLE
    ))
}

fn name(place: usize) -> String {
    format!("person{place}")
}

/// What one says in a round, in the order in which it has to be heard. Who says that it is over is the first in the room.
fn words(round: usize, is_over: bool) -> Vec<String> {
    let end = if is_over { "over" } else { "on" };
    match round % 2 {
        0 => vec![format!("{round}-{end}")],
        _ => vec![format!("{round}a-{end}"), format!("{round}b-{end}")],
    }
}

/// Talks until the first in the room says that it is over, and says how many messages were heard.
fn person(place: usize, mut client: Client, progress: &Progress) -> Result<usize, Failure> {
    let mut heard = 0;
    // Of each other, what was heard of what belongs to the next round.
    let mut early: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for round in 0.. {
        let says_over = place == 0 && progress.is_over()?;
        let said = words(round, says_over);
        match &said[..] {
            [line] => client.says(line)?,
            lines => {
                client.says("/begin")?;
                lines.iter().try_for_each(|line| client.says(line))?;
                client.says("/commit")?;
            }
        }
        let mut of_round = std::mem::take(&mut early);
        while !(0..PEOPLE).all(|it| is_whole(of_round.get(&name(it)), said.len())) {
            let line = client.heard()?;
            let (from, text) = line.split_once(": ").ok_or_else(|| line.clone())?;
            // The rooms may add the message's number.
            let text = text.split(' ').next().unwrap_or_default().to_owned();
            let mine = of_round.entry(from.to_owned()).or_default();
            match mine.len() < said.len() {
                true => mine.push(text),
                false => early.entry(from.to_owned()).or_default().push(text),
            }
        }
        expect(of_round.len() == PEOPLE, "only those in the room are heard")?;
        let is_over = of_round[&name(0)][0].ends_with("over");
        for (from, texts) in of_round {
            let expected = words(round, is_over && from == name(0));
            let what = format!("{from} is heard with {expected:?}, and not {texts:?}");
            expect(texts == expected, &what)?;
            heard += texts.len();
        }
        progress.change(|it| it.rounds += 1);
        if is_over {
            expect(
                early.is_empty(),
                "nobody says anything after the last round",
            )?;
            client.leaves()?;
            return Ok(heard);
        }
    }
    unreachable!("rounds go on until one is the last")
}

fn is_whole(texts: Option<&Vec<String>>, expected: usize) -> bool {
    texts.is_some_and(|texts| texts.len() == expected)
}

impl Progress {
    fn change(&self, change: impl FnOnce(&mut Counted)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Whether all rounds are over. An error if another client has failed.
    fn is_over(&self) -> Result<bool, Failure> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.failed {
            true => Err("another client failed".into()),
            false => Ok(state.over),
        }
    }

    /// Waits until about everybody has gone on by a round.
    fn go_on(&self) -> Result<(), Failure> {
        let now = self
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .rounds;
        self.wait(now + ROOMS * PEOPLE)
    }

    fn wait(&self, rounds: usize) -> Result<(), Failure> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |it: &mut Counted| !it.failed && it.rounds < rounds;
        let state = self.changed.wait_while(state, waits);
        match state.unwrap_or_else(PoisonError::into_inner).failed {
            true => Err("a client failed".into()),
            false => Ok(()),
        }
    }
}
