//! Snapshots of instances that another module calls by their names meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use hotmod_host::{Pool, Snapshot};

use super::instances::{Room, Town, town};
use super::*;

/// Ends the threads, also where the test fails.
struct Ends<'t>(&'t AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How much was said in two rooms when a snapshot was taken.
fn said(snapshot: &Snapshot, restoring: &Town) -> [usize; 2] {
    let rooms = Pool::builder(&restoring.hall).name("rooms").build();
    let rooms: Pool<u64, dyn Room> = rooms.expect("a pool");
    let report = rooms.restore(snapshot).expect("states that fit");
    assert!(report.unrestored.is_empty(), "{report:?}");
    [7, 8].map(|key| {
        rooms
            .call_shared(&key, |it| it.said())
            .expect("a call")
            .len()
    })
}

#[test]
fn a_use_by_name_that_reads_lies_on_one_side_of_a_moment_with_all_that_is_used_within() {
    const READ: u64 = 9;
    let (town, restoring) = (town(), town());
    let rooms = town.rooms();
    rooms.create(READ, "nine").expect("a room");
    let shift = function::<fn(u64, u64, u64) -> Result<(), String>>(&town.guests, "shift");
    let (is_over, shifts) = (AtomicBool::new(false), AtomicU64::new(0));
    let allowed = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            let (shift, is_over, shifts, allowed) = (&shift, &is_over, &shifts, &allowed);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    // What is said stays, so that it is more to write each time.
                    if shifts.load(Ordering::Relaxed) >= allowed.load(Ordering::Relaxed) {
                        thread::yield_now();
                        continue;
                    }
                    shift.call(READ, 7, 8).expect("a call").expect("rooms");
                    shifts.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let _ends = Ends(&is_over);
        for number in 0..60 {
            allowed.fetch_add(300, Ordering::Relaxed);
            let (bytes, _) = town.host.snapshot_to(Vec::new()).expect("a snapshot");
            let snapshot = Snapshot::of(bytes).expect("what was written");
            let [from, to] = said(&snapshot, &restoring);
            assert_eq!(from, to, "snapshot {number}");
        }
    });
    assert!(shifts.load(Ordering::Relaxed) > 0);
}
