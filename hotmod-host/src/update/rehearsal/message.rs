//! What the copy of the process tells the process itself: texts, each ended by a nought byte.

use std::time::Duration;

/// The result of a rehearsal that ran to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Done {
        migrated: usize,
        in_use: usize,
        took: Duration,
        memory: u64,
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
            } => {
                put(DONE);
                put(&migrated.to_string());
                put(&in_use.to_string());
                put(&took.as_nanos().to_string());
                put(&memory.to_string());
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
            [DONE, migrated, in_use, took, memory, END] => Some(Message::Done {
                migrated: migrated.parse().ok()?,
                in_use: in_use.parse().ok()?,
                took: Duration::from_nanos(took.parse().ok()?),
                memory: memory.parse().ok()?,
            }),
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
