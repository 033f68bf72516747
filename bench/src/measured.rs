//! What it costs a call to be measured.

use bench_interface::Calls;
use hotmod_host::Host;

use crate::Failure;
use crate::calls::{CALLS, calls, nanos};
use crate::measure::Times;
use crate::modules::Modules;

const ROUNDS: usize = 501;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    let file = modules.file("bench-calls");
    let hosts = [
        ("not measured", None),
        ("counted", Some(0)),
        ("one in 16 timed", Some(16)),
        ("all timed", Some(1)),
    ];
    let mut kept = Vec::new();
    let mut functions = Vec::new();
    for (_, one_in) in hosts {
        let host = match one_in {
            None => Host::builder().build()?,
            Some(one_in) => Host::builder().measure_calls(one_in).build()?,
        };
        let module = host.load::<dyn Calls>(file)?;
        functions.push(Box::new(module.function::<fn(u32, u32) -> u32>("add")?));
        kept.push(module);
    }
    let mut times: [Times; 4] = Default::default();
    for _ in 0..ROUNDS {
        for (times, function) in times.iter_mut().zip(&functions) {
            times.add(calls::<0>(|a, b| function.call(a, b).unwrap_or_default()));
        }
    }
    println!("calls that the host measures, over the same in a host that does not");
    let bare = nanos(&times[0]);
    for ((name, _), times) in hosts.iter().zip(&times) {
        let took = nanos(times);
        println!(
            "  {name:15} {:.2}×  ({:.1} ns more each)",
            took / bare,
            took - bare
        );
    }
    for module in &kept[1..] {
        let versions = module.versions();
        let measured = versions[0].calls.as_ref().ok_or("it measures calls")?;
        assert_eq!(
            measured.calls,
            u64::from(CALLS) * ROUNDS as u64,
            "all are counted"
        );
    }
    println!();
    Ok(())
}
