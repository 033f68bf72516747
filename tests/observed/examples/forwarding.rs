//! What an event and a counter of a module cost beside the same in its host:
//! `cargo run --release -p hotmod-observed --example forwarding`.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::Host;
use hotmod_tests::fixture::{BASE, Family};
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::EnvFilter;

#[path = "../../fixtures/measured/work.rs"]
mod work;

/// How often each is measured, in turns; the fastest counts.
const ROUNDS: usize = 25;

/// Its name, the host's own, how often it is done in one round, and how much more it may cost in a module.
type Row = (&'static str, fn(u64), u64, f64);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("info"))
        .with_writer(io::sink)
        .init();
    PrometheusBuilder::new().install_recorder()?;
    let built = Family::new("measured")
        .feature("metrics")
        .feature("tracing")
        .depends(r#"metrics = "0.24""#)
        .depends(r#"tracing = { version = "0.1", default-features = false, features = ["std"] }"#)
        .release()
        .build();
    let host = Host::builder().build()?;
    let module = host.load_untyped(built.file(BASE))?;
    // By then modules know the level that nothing is taken above.
    thread::sleep(Duration::from_secs(2));
    let rows: [Row; 3] = [
        ("disabled", work::disabled, 10_000_000, 1.1),
        ("enabled", work::enabled, 100_000, 2.0),
        ("counted", work::counted, 1_000_000, 1.5),
    ];
    for (name, here, count, allowed) in rows {
        let there = module.function::<fn(u64)>(name)?;
        let mut best = [f64::INFINITY; 2];
        for _ in 0..ROUNDS {
            let start = Instant::now();
            here(count);
            let own = start.elapsed();
            let start = Instant::now();
            there.call(count)?;
            let forwarded = start.elapsed();
            for (best, time) in best.iter_mut().zip([own, forwarded]) {
                *best = best.min(time.as_secs_f64() * 1e9 / count as f64);
            }
        }
        let [own, forwarded] = best;
        let ratio = forwarded / own;
        println!(
            "{name:9} {own:8.2} ns in the host, {forwarded:8.2} ns in a module: {ratio:.2}× of {allowed}×"
        );
    }
    Ok(())
}
