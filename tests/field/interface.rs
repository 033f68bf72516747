//! What the server calls of its module.

#[hotmod::interface]
pub trait Tally {
    fn next(&mut self) -> u64;

    fn code(&self) -> String;
}
