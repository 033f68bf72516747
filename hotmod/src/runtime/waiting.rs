//! To wait for a time, and for a future no longer than a time.

use std::error::Error;
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::imports;

/// Waits for so long, by the timer of the host's runtime. A module that calls it is refused by a host without one.
///
/// Times of more than 500 years are cut to that.
///
/// # Examples
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// #[hotmod::import]
/// async fn fetch_price(symbol: &str) -> Option<f64>;
///
/// #[hotmod::export]
/// pub async fn price(symbol: &str) -> Option<f64> {
///     for _ in 0..3 {
///         if let Some(price) = fetch_price(symbol).await {
///             return Some(price);
///         }
///         hotmod::sleep(Duration::from_millis(50)).await;
///     }
///     None
/// }
/// # fn main() {}
/// ```
pub async fn sleep(time: Duration) {
    imports::sleep(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).await;
}

/// Lets whatever else waits for the thread run first, as the host's runtime does that.
pub async fn yield_now() {
    imports::yield_now().await;
}

/// Waits for a future, but no longer than this; then it is dropped.
///
/// # Errors
///
/// [`Elapsed`] if it was not ready by then.
///
/// # Examples
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// #[hotmod::import]
/// async fn fetch_price(symbol: &str) -> Option<f64>;
///
/// #[hotmod::export]
/// pub async fn quick_price(symbol: &str) -> Result<Option<f64>, String> {
///     Ok(hotmod::timeout(Duration::from_millis(200), fetch_price(symbol)).await?)
/// }
/// # fn main() {}
/// ```
pub async fn timeout<F: IntoFuture>(time: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future.into_future());
    let mut over = pin!(sleep(time));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => over.as_mut().poll(context).map(|()| Err(Elapsed(()))),
    })
    .await
}

/// A future was not ready within the time that [`timeout`] was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time was over before the future was ready")
    }
}

impl Error for Elapsed {}

impl From<Elapsed> for String {
    fn from(elapsed: Elapsed) -> String {
        elapsed.to_string()
    }
}
