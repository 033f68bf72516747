//! Calls of `async` exports, against the same futures in a box of the host's own.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use hotmod_host::Host;

use crate::Failure;
use crate::measure::{Times, time};
use crate::memory;
use crate::modules::Modules;

const CALLS: u32 = 20_000;
const ROUNDS: usize = 501;

/// How often a call is polled again, where that is counted.
const FURTHER: u32 = 1_000;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    let host = Host::builder().build()?;
    let module = host.load_untyped(modules.file("bench-calls"))?;
    let at_once = module.async_function::<fn(u32, u32) -> u32>("add_at_once")?;
    let after = module.async_function::<fn(u32, u32, u32) -> u32>("add_after")?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;

    let mut times: [[Times; 2]; 2] = Default::default();
    for _ in 0..ROUNDS {
        let mut sums = [0_u32; 4];
        runtime.block_on(async {
            for (of, [boxed, called]) in times.iter_mut().enumerate() {
                let after_wakes = u32::try_from(of).unwrap_or_default();
                macro_rules! timed {
                    ($call:expr) => {{
                        let start = std::time::Instant::now();
                        let mut sum = 0_u32;
                        for i in 0..CALLS {
                            let added: u32 = $call(black_box(i)).await;
                            sum = sum.wrapping_add(added);
                        }
                        (start.elapsed(), sum)
                    }};
                }
                let (took, sum) = match of {
                    0 => timed!(|i| in_a_box(add_at_once(i, i))),
                    _ => timed!(|i| in_a_box(add_after(after_wakes, i, i))),
                };
                boxed.add(took);
                sums[2 * of] = sum;
                let (took, sum) = match of {
                    0 => timed!(async |i| at_once.call(i, i).await.unwrap_or_default()),
                    _ => {
                        timed!(async |i| after.call(after_wakes, i, i).await.unwrap_or_default())
                    }
                };
                called.add(took);
                sums[2 * of + 1] = sum;
            }
        });
        if sums[0] != sums[1] || sums[2] != sums[3] {
            return Err("the sums differ".into());
        }
    }
    println!("calls of `async` exports, over the same futures in a box, awaited in tokio");
    for (name, [boxed, called]) in ["ready at once", "woken once"].iter().zip(&times) {
        let nanos = |times: &Times| times.within(0.05).as_secs_f64() * 1e9 / f64::from(CALLS);
        let (boxed, called) = (nanos(boxed), nanos(called));
        println!(
            "  {name:13} {:.2}×  ({called:.1} ns, a box {boxed:.1} ns)",
            called / boxed
        );
    }

    let mut call = pin!(after.call(FURTHER + 1, 1, 1));
    let mut context = Context::from_waker(Waker::noop());
    let first = call.as_mut().poll(&mut context);
    let (bytes, polled) = memory::peak(|| {
        time(|| (0..FURTHER).all(|_| call.as_mut().poll(&mut context).is_pending()))
    });
    let (took, pending) = polled;
    if first.is_ready() || !pending {
        return Err("it was ready too early".into());
    }
    let each = took.as_secs_f64() * 1e9 / f64::from(FURTHER);
    println!("  a further poll: {bytes} bytes allocated in {FURTHER}, {each:.0} ns each\n");
    match bytes {
        0 => Ok(()),
        _ => Err("a further poll allocates".into()),
    }
}

/// As a library without hotmod would hand on a future whose type is not known.
#[inline(never)]
fn in_a_box(
    future: impl Future<Output = u32> + Send + 'static,
) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(future)
}

async fn add_at_once(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

/// As in the module.
#[expect(
    clippy::waker_clone_wake,
    reason = "what waits for something keeps a clone"
)]
async fn add_after(wakes: u32, a: u32, b: u32) -> u32 {
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
