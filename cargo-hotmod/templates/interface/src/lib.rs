//! What the server calls of the module. Both link this crate, and it holds no code that changes while the server runs.

/// Greets people, and remembers them.
#[hotmod::interface]
pub trait Greeter: Sync {
    /// Has exclusive access to the state.
    fn greet(&mut self, name: &str) -> String;

    /// Reads the state, beside other readers.
    fn visits(&self) -> u64;
}
