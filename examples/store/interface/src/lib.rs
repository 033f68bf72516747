//! What the server and its module both know. It says nothing of commands: they are the module's.

use hotmod::StableState;

/// How far a batch of requests was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, StableState)]
pub struct Carried {
    /// The bytes of the requests that were carried out. What follows them comes again, with more.
    pub taken: u64,
    /// How many bytes have to come, at the least, before more can be carried out: so that what comes in small pieces is
    /// not looked through with each of them. 0 if more can be already.
    pub lacks: u64,
    /// Whether the connection is to end.
    pub ends: bool,
}

/// A store. Clients send many requests before they wait for replies, and each call takes all that have come: so one
/// call is paid for by many requests, and nothing is built for the way but bytes.
#[hotmod::interface]
pub trait Store: Sync {
    /// Carries out what has come whole of these requests, and appends the replies. Where these become many, it leaves
    /// the other requests for the next call.
    fn carry_out(&mut self, requests: &[u8], replies: &mut Vec<u8>) -> Carried;
}
