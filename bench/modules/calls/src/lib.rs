//! Functions that do next to nothing.

use std::future::poll_fn;
use std::task::Poll;

use bench_interface::Calls;
use hotmod::StableState;

hotmod::module! { name: "calls", version: env!("CARGO_PKG_VERSION") }

/// A state that no call uses.
#[derive(StableState)]
pub struct Nothing {
    zero: u32,
}

#[hotmod::init]
fn new(_: &str) -> Nothing {
    Nothing { zero: 0 }
}

#[hotmod::export]
impl Calls for Nothing {
    fn add_exclusive(&mut self, a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    fn add_shared(&self, a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
}

/// The same as a function.
#[hotmod::export]
pub fn add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

/// The same as a future that is ready at once.
#[hotmod::export]
pub async fn add_at_once(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

/// The same as a future that wakes itself so often before.
#[hotmod::export]
#[expect(
    clippy::waker_clone_wake,
    reason = "what waits for something keeps a clone"
)]
pub async fn add_after(wakes: u32, a: u32, b: u32) -> u32 {
    let mut left = wakes;
    poll_fn(move |context| match left {
        0 => Poll::Ready(()),
        _ => {
            left -= 1;
            context.waker().clone().wake();
            Poll::Pending
        }
    })
    .await;
    a.wrapping_add(b)
}

/// The same without hotmod.
// SAFETY: nothing else is exported under this name.
#[unsafe(no_mangle)]
pub extern "C" fn bare_add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}
