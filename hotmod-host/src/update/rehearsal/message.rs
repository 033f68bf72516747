//! What the copy of the process tells the process itself: texts, each ended by a nought byte.

use std::time::Duration;

use crate::module::pause::PausePlace;

/// The result of a rehearsal that ran to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Done {
        migrated: usize,
        in_use: usize,
        took: Duration,
        memory: u64,
        longest: Duration,
        places: Vec<PausePlace>,
    },
    Faults(Vec<Problem>),
}

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) path: String,
    pub(super) was: String,
    pub(super) now: String,
    pub(super) help: String,
}

const DONE: &str = "done";
const FAULTS: &str = "faults";
/// The last text: without it, the message was cut off.
const END: &str = "end";

impl Message {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |text: &str| {
            // A nought byte would end the text.
            bytes.extend(text.bytes().filter(|byte| *byte != 0));
            bytes.push(0);
        };
        match self {
            Message::Done {
                migrated,
                in_use,
                took,
                memory,
                longest,
                places,
            } => {
                put(DONE);
                put(&migrated.to_string());
                put(&in_use.to_string());
                put(&took.as_nanos().to_string());
                put(&memory.to_string());
                put(&longest.as_nanos().to_string());
                for place in places {
                    put(&place.path);
                    put(&place.items.to_string());
                    put(&place.takes.as_nanos().to_string());
                }
            }
            Message::Faults(faults) => {
                put(FAULTS);
                for fault in faults {
                    put(&fault.path);
                    put(&fault.was);
                    put(&fault.now);
                    put(&fault.help);
                }
            }
        }
        put(END);
        bytes
    }

    /// The message, if it is whole. The copy may have run any code by then, so its bytes are not trusted.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes.strip_suffix(&[0])?).ok()?;
        let texts: Vec<&str> = text.split('\0').collect();
        match texts[..] {
            [
                DONE,
                migrated,
                in_use,
                took,
                memory,
                longest,
                ref places @ ..,
                END,
            ] if places.len() % 3 == 0 => {
                let places = places.chunks_exact(3).map(|place| {
                    Some(PausePlace {
                        path: place[0].to_owned(),
                        items: place[1].parse().ok()?,
                        takes: time(place[2])?,
                    })
                });
                Some(Message::Done {
                    migrated: migrated.parse().ok()?,
                    in_use: in_use.parse().ok()?,
                    took: time(took)?,
                    memory: memory.parse().ok()?,
                    longest: time(longest)?,
                    places: places.collect::<Option<_>>()?,
                })
            }
            [FAULTS, ref faults @ .., END] if faults.len() % 4 == 0 => {
                let faults = faults.chunks_exact(4).map(|fault| Problem {
                    path: fault[0].to_owned(),
                    was: fault[1].to_owned(),
                    now: fault[2].to_owned(),
                    help: fault[3].to_owned(),
                });
                Some(Message::Faults(faults.collect()))
            }
            _ => None,
        }
    }
}

fn time(nanoseconds: &str) -> Option<Duration> {
    Some(Duration::from_nanos(nanoseconds.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written_and_only_whole() {
        let fault = Problem {
            path: "World.gold".to_owned(),
            was: "ä\0b".to_owned(),
            now: String::new(),
            help: "two\nlines".to_owned(),
        };
        let read = Problem {
            was: "äb".to_owned(),
            ..fault.clone()
        };
        let done = Message::Done {
            migrated: 3,
            in_use: 1,
            took: Duration::from_micros(7),
            memory: 4096,
            longest: Duration::from_micros(5),
            places: vec![PausePlace {
                path: "World.players".to_owned(),
                items: 12,
                takes: Duration::from_micros(4),
            }],
        };
        let faults = Message::Faults(vec![fault.clone(), fault]);
        let expected = [done.clone(), Message::Faults(vec![read.clone(), read])];
        for (message, expected) in [done, faults].into_iter().zip(expected) {
            let bytes = message.encode();
            assert_eq!(Message::decode(&bytes), Some(expected));
            for len in 0..bytes.len() {
                assert_eq!(Message::decode(&bytes[..len]), None);
            }
        }
    }
}
