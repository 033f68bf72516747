//! A connection to another process of this machine, over which open files go too, and that process: `sendmsg`(2) with
//! `SCM_RIGHTS`, and `pidfd_open`(2).

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg, sockopt,
};
use rustix::process::{Pid, PidfdFlags, Signal, geteuid, pidfd_open, pidfd_send_signal};

/// A connection over which open files go too.
#[derive(Debug)]
pub(crate) struct PeerStream {
    stream: UnixStream,
    /// Those that have come, in the order in which they were sent.
    files: VecDeque<OwnedFd>,
}

impl PeerStream {
    /// A connection on which to wait for the other process no longer than this, each time.
    pub(crate) fn new(stream: UnixStream, patience: Duration) -> io::Result<Self> {
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(PeerStream {
            stream,
            files: VecDeque::new(),
        })
    }

    /// Has receiving wait for no longer than this.
    pub(crate) fn be_patient(&self, patience: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(patience))
    }

    /// The process at the other end, which has to be one of the same user.
    pub(crate) fn peer(&self) -> io::Result<Peer> {
        let peer = sockopt::socket_peercred(&self.stream)?;
        if peer.uid != geteuid() {
            let text = "the process at the other end is of another user";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        Ok(Peer {
            process: pidfd_open(peer.pid, PidfdFlags::empty())?,
            number: peer.pid,
        })
    }

    /// Sends all of these bytes, and an open file with the first of them.
    pub(crate) fn send(&self, mut bytes: &[u8], file: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let mut file = file;
        while !bytes.is_empty() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            let files = file.map(|file| [file]);
            if let Some(files) = &files {
                control.push(SendAncillaryMessage::ScmRights(files));
            }
            let parts = [IoSlice::new(bytes)];
            match sendmsg(&self.stream, &parts, &mut control, SendFlags::NOSIGNAL) {
                Ok(sent) => {
                    bytes = &bytes[sent..];
                    file = None;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Fills the room with what comes. [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the other process has closed
    /// the connection, or ended.
    pub(crate) fn receive(&mut self, mut room: &mut [u8]) -> io::Result<()> {
        while !room.is_empty() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let mut parts = [IoSliceMut::new(room)];
            let flags = RecvFlags::CMSG_CLOEXEC;
            let received = match recvmsg(&self.stream, &mut parts, &mut control, flags) {
                Ok(received) => received.bytes,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            for message in control.drain() {
                if let RecvAncillaryMessage::ScmRights(files) = message {
                    self.files.extend(files);
                }
            }
            if received == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            room = &mut room[received..];
        }
        Ok(())
    }

    /// The open file that came first and was not taken yet.
    pub(crate) fn file(&mut self) -> Option<OwnedFd> {
        self.files.pop_front()
    }
}

/// Another process. It stands for that one, also after its number was given to another.
#[derive(Debug)]
pub(crate) struct Peer {
    process: OwnedFd,
    number: Pid,
}

impl Peer {
    /// Its number.
    pub(crate) fn number(&self) -> u32 {
        self.number.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits until it has ended, no longer than this. Whether it has.
    pub(crate) fn has_ended(&self, within: Duration) -> io::Result<bool> {
        let mut polled = [PollFd::new(&self.process, PollFlags::IN)];
        let within = Timespec::try_from(within).map_err(io::Error::other)?;
        loop {
            match poll(&mut polled, Some(&within)) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Ends it, whatever it does.
    pub(crate) fn end(&self) -> io::Result<()> {
        match pidfd_send_signal(self.process.as_fd(), Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};
    use std::process::{Command, Stdio};

    use super::*;

    fn both() -> (PeerStream, PeerStream) {
        let (one, other) = UnixStream::pair().expect("a pair");
        let stream = |it| PeerStream::new(it, Duration::from_secs(60)).expect("a socket");
        (stream(one), stream(other))
    }

    #[test]
    fn files_come_with_the_bytes_that_they_were_sent_with() {
        let (one, mut other) = both();
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"in it").expect("a file");
        one.send(b"first", Some(file.as_fd())).expect("a socket");
        one.send(b"second", None).expect("a socket");
        drop(one);
        let mut room = [0; 11];
        other.receive(&mut room).expect("all of it");
        assert_eq!(&room, b"firstsecond");
        let mut file = std::fs::File::from(other.file().expect("a file"));
        assert!(other.file().is_none());
        file.rewind().expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("a file");
        assert_eq!(text, "in it");
        let error = other.receive(&mut room).expect_err("it was closed");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn the_end_of_the_other_process_is_seen() {
        let (one, _other) = both();
        let this = one.peer().expect("this process");
        assert_eq!(this.number(), std::process::id());
        assert!(!this.has_ended(Duration::ZERO).expect("it can be asked"));
        let mut sleeps = Command::new("sleep");
        let mut child = sleeps
            .arg("600")
            .stdin(Stdio::null())
            .spawn()
            .expect("sleep");
        let number = Pid::from_child(&child);
        let peer = Peer {
            process: pidfd_open(number, PidfdFlags::empty()).expect("a process"),
            number,
        };
        assert!(!peer.has_ended(Duration::ZERO).expect("it can be asked"));
        peer.end().expect("a process of this user");
        assert!(
            peer.has_ended(Duration::from_secs(60))
                .expect("it can be asked")
        );
        child.wait().expect("it has ended");
    }
}
