//! A server that writes snapshots: `snapshot_probe MODULE DIRECTORY TIMES`.
//!
//! It has the rooms of the newest snapshot in the directory, or new ones. Each time it enters every room once, and says
//! `saved N`, with how often that was, or `failed …`. With `TIMES` of 0 it goes on until it is killed.

use std::io::{Write, stdout};

use hotmod_host::{Host, Pool, Snapshots};
use hotmod_tests::interfaces::rooms::Room;

/// How long it may live, in seconds.
const LONGEST: u32 = 120;
const ROOMS: u64 = 100;
/// So large that a snapshot is written in several steps.
const PAD: usize = 10_000;

fn main() {
    // SAFETY: it has the system end this process later, and touches no memory.
    unsafe { libc::alarm(LONGEST) };
    let [module, directory, times] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .expect("a module, a directory and a number");
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Room>(&module).expect("rooms");
    let rooms: Pool<u64, dyn Room> = Pool::builder(&module)
        .name("rooms")
        .build()
        .expect("a pool");
    let snapshots = Snapshots::open(directory).expect("a directory").keep(2);
    match snapshots.latest().expect("a directory") {
        Some((_, snapshot)) => {
            let report = rooms.restore(&snapshot).expect("what was written");
            assert_eq!(
                (report.restored, report.unrestored.len()),
                (ROOMS as usize, 0)
            );
        }
        None => {
            let pad = "x".repeat(PAD);
            (0..ROOMS).for_each(|key| rooms.create(key, &pad).expect("a room"));
        }
    }
    let times: u64 = times.parse().expect("a number");
    let mut done = 0;
    while times == 0 || done < times {
        done += 1;
        let entered = (0..ROOMS).map(|key| rooms.call(&key, |it| it.enter()).expect("a call"));
        let entered = entered.max().expect("a room");
        match snapshots.save(&host) {
            Ok(_) => println!("saved {entered}"),
            Err(error) => println!("failed {}", error.to_string().replace('\n', " ")),
        }
        stdout().flush().expect("a reader");
    }
}
