#![allow(unused_variables, dead_code)]
type Text = &'static str;

#[hotmod::export(pure)]
pub fn length(t: Text) -> usize {
    t.len()
}

fn main() {}
