#![allow(unused_variables, dead_code)]
use std::sync::Mutex;

static KEPT: Mutex<Vec<&'static String>> = Mutex::new(Vec::new());

type Kept = &'static String;

#[derive(hotmod::StableState)]
pub struct World {
    #[state(with = length)]
    name: u64,
}

fn length(old: Kept) -> u64 {
    KEPT.lock().unwrap().push(old);
    0
}

fn main() {}
