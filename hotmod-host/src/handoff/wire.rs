//! What the two processes say to each other: messages, each its kind, its length and that many bytes.
//!
//! | the running process | the new process |
//! |---|---|
//! | `Greets`, with a number that it made up | `Greets`, with the same number: both live |
//! | `Describes`: a snapshot without states | `Plans`: the names of the pools that it takes in rounds; or `GivesUp` |
//! | `Removed` and `States` (snapshots of some instances), again and again, then `RoundEnds` | `Follows` |
//! | … the next round … | |
//! | `Socket`, each with an open file | |
//! | `Removed`, `States`, then `Rest`: a snapshot of all that is not taken in rounds | `Ready`, or `GivesUp` |
//! | `Gives` | `Takes` |
//! | `Passes`, each with an open file, until it ends | |
//!
//! Either side says `GivesUp` where it can. **Never do two serve**: the new process serves once it has heard `Gives`, or
//! if it is ready and the running one has ended without a `GivesUp`, which it proves by the system. The running one has
//! let no use of an instance begin since before `Rest`. It lets them begin again after it has said `GivesUp` in place of
//! `Gives`; after `Gives`, only once the system has proved that the new one has ended without a `Takes`, which that says
//! before it serves. Where neither comes in time, the new process is ended.

use std::cell::Cell;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use super::error::HandoffError;
use crate::sys::peer::{Peer, PeerStream};

/// What the first message begins with, and its version.
pub(super) const GREETING: [u8; 8] = *b"hotmod\0H";

/// The longest message that is taken in memory.
const LONGEST: u64 = 1 << 40;

/// How long a process may take to end whose files are closed already.
const ENDS_SOON: Duration = Duration::from_secs(2);

/// What is allocated for a message before its bytes come.
const AT_ONCE: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Says {
    Greets = 1,
    Describes = 2,
    Plans = 3,
    Removed = 4,
    States = 5,
    RoundEnds = 6,
    Follows = 7,
    Socket = 8,
    Rest = 9,
    Ready = 10,
    Gives = 11,
    Takes = 12,
    Passes = 13,
    GivesUp = 14,
}

impl Says {
    fn of(byte: u8) -> Option<Self> {
        use Says::*;
        [
            Greets, Describes, Plans, Removed, States, RoundEnds, Follows, Socket, Rest, Ready,
            Gives, Takes, Passes, GivesUp,
        ]
        .into_iter()
        .find(|it| *it as u8 == byte)
    }
}

/// One end.
#[derive(Debug)]
pub(super) struct Wire {
    stream: PeerStream,
    pub(super) peer: Peer,
    /// How far it is, for messages.
    pub(super) step: &'static str,
    /// Whether the other process has closed its end, or has ended.
    closed: Cell<bool>,
}

impl Wire {
    pub(super) fn new(stream: UnixStream, patience: Duration) -> Result<Self, HandoffError> {
        let stream = PeerStream::new(stream, patience)?;
        let peer = stream.peer()?;
        Ok(Wire {
            stream,
            peer,
            step: "before they met",
            closed: Cell::new(false),
        })
    }

    pub(super) fn be_patient(&self, patience: Duration) -> Result<(), HandoffError> {
        Ok(self.stream.be_patient(patience)?)
    }

    /// Whether the other process has closed its end, or has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Whether the system says that the other process has ended. It may have closed its files just before that.
    pub(super) fn has_ended(&self) -> Result<bool, HandoffError> {
        Ok(self.peer.has_ended(ENDS_SOON)?)
    }

    /// Waits for the end of the other process, and ends it if it takes longer than that.
    pub(super) fn prove_end(&self, patience: Duration) -> Result<(), HandoffError> {
        if self.peer.has_ended(patience)? {
            return Ok(());
        }
        self.peer.end()?;
        while !self.peer.has_ended(Duration::from_secs(1))? {}
        Ok(())
    }

    fn lost(&self, error: io::Error) -> HandoffError {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        if matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof) {
            self.closed.set(true);
        }
        HandoffError::Lost {
            step: self.step.to_owned(),
            error: Arc::new(error),
        }
    }

    pub(super) fn send(
        &self,
        says: Says,
        bytes: &[u8],
        file: Option<BorrowedFd<'_>>,
    ) -> Result<(), HandoffError> {
        let mut header = vec![says as u8];
        header.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        let sent = self.stream.send(&header, file);
        let sent = sent.and_then(|()| self.stream.send(bytes, None));
        sent.map_err(|error| self.lost(error))
    }

    pub(super) fn say(&self, says: Says) -> Result<(), HandoffError> {
        self.send(says, &[], None)
    }

    /// The next message, whichever it is.
    pub(super) fn next(&mut self) -> Result<(Says, Vec<u8>), HandoffError> {
        let mut header = [0; 9];
        let received = self.stream.receive(&mut header);
        received.map_err(|error| self.lost(error))?;
        let [kind, len @ ..] = header;
        let len = u64::from_le_bytes(len);
        let Some(says) = Says::of(kind).filter(|_| len <= LONGEST) else {
            let reason = format!("a message of kind {kind} and {len} bytes");
            return Err(HandoffError::Garbled { reason });
        };
        // No more is taken than what comes.
        let (mut bytes, mut left) = (Vec::new(), len as usize);
        while left > 0 {
            let from = bytes.len();
            let more = left.min(AT_ONCE.max(from));
            bytes.resize(from + more, 0);
            let received = self.stream.receive(&mut bytes[from..]);
            received.map_err(|error| self.lost(error))?;
            left -= more;
        }
        Ok((says, bytes))
    }

    /// The next message, which is to be one of these.
    pub(super) fn hear(&mut self, expected: &[Says]) -> Result<(Says, Vec<u8>), HandoffError> {
        match self.next()? {
            (Says::GivesUp, reason) => Err(given_up(&reason)),
            (says, bytes) if expected.contains(&says) => Ok((says, bytes)),
            (says, _) => {
                let reason = format!("expected one of {expected:?}, found {says:?}");
                Err(HandoffError::Garbled { reason })
            }
        }
    }

    /// Why the other process is lost, if it has said so. It may have given up and closed its end while this one was sending:
    /// then sending fails, and the reason is still to be read.
    pub(super) fn explain(&mut self, error: HandoffError) -> HandoffError {
        if !matches!(error, HandoffError::Lost { .. }) {
            return error;
        }
        // What it said before is over.
        while self.is_closed()
            && let Ok((says, bytes)) = self.next()
        {
            if says == Says::GivesUp {
                return given_up(&bytes);
            }
        }
        error
    }

    /// The open file that came with a message.
    pub(super) fn file(&mut self) -> Result<OwnedFd, HandoffError> {
        self.stream.file().ok_or_else(|| HandoffError::Garbled {
            reason: "a message without its open file".to_owned(),
        })
    }

    /// Tells the other process that this one gives it up. Whether it was told.
    pub(super) fn give_up(&self, error: &HandoffError) -> bool {
        let told = self.send(Says::GivesUp, error.to_string().as_bytes(), None);
        told.is_ok()
    }
}

fn given_up(reason: &[u8]) -> HandoffError {
    HandoffError::GivenUp {
        reason: String::from_utf8_lossy(reason).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gives_up_and_ends_while_the_other_sends_is_understood() {
        let ends = UnixStream::pair().expect("two ends");
        let patience = Duration::from_secs(60);
        let mut running = Wire::new(ends.0, patience).expect("an end");
        let next = Wire::new(ends.1, patience).expect("an end");
        next.say(Says::Follows).expect("the other end is open");
        let reason = HandoffError::Garbled {
            reason: "one room does not fit".to_owned(),
        };
        assert!(next.give_up(&reason));
        drop(next);
        let lost = running.say(Says::RoundEnds).expect_err("nobody hears it");
        assert!(matches!(lost, HandoffError::Lost { .. }), "{lost}");
        let told = running.explain(lost).to_string();
        assert!(told.contains("one room does not fit"), "{told}");

        // One that was ended has said nothing.
        let ends = UnixStream::pair().expect("two ends");
        let mut running = Wire::new(ends.0, patience).expect("an end");
        drop(ends.1);
        let lost = running.say(Says::RoundEnds).expect_err("nobody hears it");
        let told = running.explain(lost);
        assert!(matches!(told, HandoffError::Lost { .. }), "{told}");
    }
}
