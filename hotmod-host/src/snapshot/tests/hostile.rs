//! Snapshots with damaged bytes, very many of them in `tests/long/snapshots.sh`.

use std::time::{Duration, Instant};

use hotmod_file::snapshot::form::Forms;
use hotmod_file::snapshot::made_up::{Choices, made_up};

use super::*;

/// How many inputs there are, and which.
fn inputs() -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let few = if cfg!(miri) { 5 } else { 6_000 };
    (
        number("HOTMOD_DECODED").unwrap_or(few),
        number("HOTMOD_SEED").unwrap_or(1),
    )
}

/// How many inputs are made of one value.
const OF_ONE: u64 = 64;

/// What is a small one, in bytes.
const SMALL: usize = 1 << 10;

/// How much memory one input may take at most, beside what it is written in.
const MOST: u64 = 64 << 20;

/// The most that this process held so far.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|it| it.split_whitespace().nth(1)?.parse::<u64>().ok());
    number.unwrap_or_default() << 10
}

/// The same bytes with some changed, taken out, doubled or exchanged.
fn garbled(mut bytes: Vec<u8>, random: &mut impl FnMut() -> u64) -> Vec<u8> {
    for _ in 0..1 + random() % 4 {
        if bytes.is_empty() {
            return bytes;
        }
        let place = (random() % bytes.len() as u64) as usize;
        let other = (random() % bytes.len() as u64) as usize;
        match random() % 8 {
            0 => bytes[place] ^= 1 << (random() % 8),
            1 => bytes[place] = random() as u8,
            // What is a large number, or the beginning of one.
            2 => bytes[place] = [0xff, 0x80, 0x7f, 0][(random() % 4) as usize],
            3 => drop(bytes.remove(place)),
            4 => bytes.insert(place, random() as u8),
            5 => bytes.truncate(place),
            6 => bytes.swap(place, other),
            _ => {
                let part = bytes[place.min(other)..place.max(other)].to_vec();
                bytes.splice(place..place, part.into_iter().take(64));
            }
        }
    }
    bytes
}

fn random(mut state: u64) -> impl FnMut() -> u64 {
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

#[derive(Default)]
struct Counted {
    made: u64,
    refused: u64,
    slowest: Duration,
}

/// Values of this type, garbled. Each makes a value, which is whole, or an error.
fn garble<T: StableState>(own: &Own<T>, count: u64, seed: u64) -> Counted {
    let description = own.exports.manifest.clone();
    let forms = Forms::of(&description, &own.ty);
    let mut random = random(seed | 1);
    let mut counted = Counted::default();
    let made = |seed: u64| {
        let mut choices = Choices::random(seed);
        made_up(&forms, &mut choices).expect("a type that has values")
    };
    let (mut any, mut small) = (Vec::new(), Vec::new());
    for number in 0..count {
        if number % OF_ONE == 0 {
            let mut seeds = (0..).map(|more| seed.wrapping_add(number + (more << 32)));
            any = made(seeds.next().expect("a seed"));
            let mut value = own.restore(&any).unwrap_or_else(|error| panic!("{error}"));
            own.write(&mut value)
                .unwrap_or_else(|error| panic!("{error}"));
            small = seeds
                .map(made)
                .find(|it| it.len() < SMALL)
                .expect("a small one");
        }
        // What is wrong with a large one is mostly wrong with a small one.
        let whole = if number % 16 == 0 { &any } else { &small };
        let bytes = garbled(whole.clone(), &mut random);
        let start = Instant::now();
        let shown = shown_whole(&description, &own.ty, &bytes);
        match own.restore(&bytes) {
            Ok(mut value) => {
                // It is whole: it can be written down, and read again by both.
                counted.made += 1;
                assert!(shown.is_ok(), "{:?}", shown.err());
                if number % 16 == 0 {
                    let again = own
                        .write(&mut value)
                        .unwrap_or_else(|error| panic!("{error}"));
                    own.restore(&again)
                        .unwrap_or_else(|error| panic!("{error}"));
                }
            }
            Err(_) => counted.refused += 1,
        }
        counted.slowest = counted.slowest.max(start.elapsed());
    }
    counted
}

#[test]
fn garbled_values_make_a_value_or_an_error() {
    let (count, seed) = inputs();
    let before = peak();
    let worlds = garble(&Own::<World>::new(), count / 2, seed);
    let owners = garble(&Own::<Owners>::new(), count - count / 2, seed);
    let [made, refused] = [worlds.made + owners.made, worlds.refused + owners.refused];
    let slowest = worlds.slowest.max(owners.slowest);
    let took = peak() - before;
    println!(
        "{made} values, {refused} refused, the slowest {slowest:?}, {took} bytes more at most"
    );
    assert_eq!(made + refused, count);
    assert!(made > 0 && refused > 0);
    assert!(took < MOST, "{took}");
}
