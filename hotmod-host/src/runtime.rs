//! What runs futures beside the calls of the host's modules. The host knows of a runtime no more than this.

use std::pin::Pin;
use std::time::Duration;

/// A future that is run by itself.
pub(crate) type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A runtime of the server's.
pub(crate) trait Runtime: Send + Sync {
    /// Runs a future, from any thread. One that it does not run, since it has ended, is dropped.
    fn run(&self, future: Running);

    /// Waits for so long.
    fn sleep(&self, time: Duration) -> Running;

    /// Lets others run first.
    fn yield_now(&self) -> Running;
}

#[cfg(feature = "tokio")]
impl Runtime for tokio::runtime::Handle {
    fn run(&self, future: Running) {
        self.spawn(future);
    }

    fn sleep(&self, time: Duration) -> Running {
        // A timer is one of the runtime that is entered when it is made.
        let _entered = self.enter();
        Box::pin(tokio::time::sleep(time))
    }

    fn yield_now(&self) -> Running {
        Box::pin(tokio::task::yield_now())
    }
}
