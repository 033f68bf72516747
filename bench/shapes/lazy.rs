// As many entries in `Lazy`s and in `Box`es as are asked for.

/// The whole state.
#[derive(StableState, Default)]
pub struct Shelves {
    lazy: HashMap<u64, Lazy<Entry>>,
    boxed: HashMap<u64, Box<Entry>>,
}

impl Entry {
    fn weight(&self) -> u64 {
        u64::from(self.id) + u64::from(self.level) + u64::from(self.parent.unwrap_or(0))
    }
}

/// Numbers below this that come in no order, the same for each seed.
fn numbers(seed: u64, below: u64, count: u64) -> impl Iterator<Item = u64> {
    (0..count).scan(seed | 1, move |random, _| {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        Some(*random % below)
    })
}

#[hotmod::export]
impl Lazies for Shelves {
    fn fill_lazy(&mut self, entries: u64) {
        for id in 0..entries {
            self.lazy.insert(id, Lazy::new(Entry::new(id as u32)));
        }
    }

    fn fill_boxed(&mut self, entries: u64) {
        for id in 0..entries {
            self.boxed.insert(id, Box::new(Entry::new(id as u32)));
        }
    }

    fn use_lazy(&self, seed: u64, count: u64) -> u64 {
        let all = numbers(seed, self.lazy.len() as u64, count);
        all.map(|id| self.lazy[&id].weight()).sum()
    }

    fn use_boxed(&self, seed: u64, count: u64) -> u64 {
        let all = numbers(seed, self.boxed.len() as u64, count);
        all.map(|id| self.boxed[&id].weight()).sum()
    }

    fn use_each_lazy(&self) -> u64 {
        (0..self.lazy.len() as u64).map(|id| self.lazy[&id].weight()).sum()
    }
}

#[hotmod::init]
fn new(_config: &str) -> Shelves {
    Shelves::default()
}

/// A state that is one entry.
#[hotmod::export]
impl Kept for Entry {
    fn sum(&self) -> u64 {
        self.weight()
    }
}

#[hotmod::init]
fn new_entry(config: &str) -> Result<Entry, String> {
    let id: u32 = config.parse().map_err(|error| format!("an entry's number: {error}"))?;
    Ok(Entry::new(id))
}
