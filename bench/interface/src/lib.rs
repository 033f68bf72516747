//! What the benchmarks call of their modules.

/// As little work as a call can do.
#[hotmod::interface]
pub trait Calls {
    /// Adds, with the state borrowed exclusively.
    fn add_exclusive(&mut self, a: u32, b: u32) -> u32;

    /// Adds, with the state shared.
    fn add_shared(&self, a: u32, b: u32) -> u32;
}

/// A state that is migrated.
#[hotmod::interface]
pub trait Kept {
    /// A number that depends on all of the state that every version has.
    fn sum(&self) -> u64;
}

/// A state that several threads read, also while it is migrated.
#[hotmod::interface]
pub trait Shared: Sync {
    /// As little as reading an entry can take.
    fn first(&self) -> u64;

    /// The same, with the state borrowed exclusively.
    fn touch(&mut self) -> u64;

    /// A number that depends on all of the state that every version has.
    fn sum(&self) -> u64;
}

/// Entries that follow by themselves, and as many in boxes.
#[hotmod::interface]
pub trait Lazies: Sync {
    /// Puts so many entries into `Lazy`s.
    fn fill_lazy(&mut self, entries: u64);

    /// Puts so many entries into boxes.
    fn fill_boxed(&mut self, entries: u64);

    /// Looks so many entries up in no order, and uses them.
    fn use_lazy(&self, seed: u64, count: u64) -> u64;

    /// The same, of those in boxes.
    fn use_boxed(&self, seed: u64, count: u64) -> u64;

    /// Looks each entry up and uses it once, in the order in which they were made.
    fn use_each_lazy(&self) -> u64;
}
