//! What hosts provide for the modules of `fixtures/relay`.

use hotmod_host::{Host, HostBuilder};

use crate::interfaces::relay::Letter;

/// A host that provides all that the modules need, and passes on what they note.
pub fn builder(note: impl Fn(&str) + Send + Sync + 'static) -> HostBuilder {
    Host::builder()
        .allow_downgrade(true)
        .provide("note", move |text: &str| note(text))
        .provide("go_on", |_: u32, trail: Vec<String>| trail)
        .provide("fail", |text: &str| -> u32 {
            panic!("the host fails: {text}")
        })
        .provide("deliver", deliver)
        .provide("double", |numbers: &mut [u64]| {
            for number in numbers {
                *number *= 2;
            }
        })
        .provide(
            "letters",
            |mut letters: Vec<Letter>, first: Option<Letter>| {
                letters.extend(first);
                let grams = letters.iter().map(|letter| letter.grams).sum::<u64>();
                (grams, letters.pop())
            },
        )
        .provide(
            "eight",
            |a: u8,
             b: &str,
             c: bool,
             d: &mut u64,
             e: String,
             f: &[u16],
             g: char,
             h: Option<&str>| {
                *d += 1;
                format!("{a} {b} {c} {d} {e} {f:?} {g} {h:?}")
            },
        )
        .provide("nothing", || {})
}

fn deliver(letter: &Letter, stamps: &mut Vec<u16>, names: &[String]) -> Result<Letter, String> {
    if letter.grams > 1000 {
        return Err(format!("too heavy for {}", names.join(" and ")));
    }
    stamps.push(7);
    Ok(Letter {
        grams: letter.grams + 1,
        ..letter.clone()
    })
}
