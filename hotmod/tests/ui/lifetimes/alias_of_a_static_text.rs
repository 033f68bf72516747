#![allow(unused_variables, dead_code)]
use std::sync::Mutex;

static KEPT: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

type Text = &'static str;

#[hotmod::export]
pub fn keep(t: Text) {
    KEPT.lock().unwrap().push(t);
}

fn main() {}
