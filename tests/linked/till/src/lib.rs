//! Tills: what a module can do that does not depend on how it comes to its host.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use hotmod::{Lazy, StableState};
use linked_interface::{Receipt, Till};

hotmod::module! {
    name: "till",
    version: env!("CARGO_PKG_VERSION"),
    linked: feature = "linked",
}

/// The state.
#[derive(StableState)]
pub struct Drawer {
    owner: String,
    coins: BTreeMap<u32, u64>,
    receipts: Vec<Receipt>,
    label: Lazy<Label>,
    rings: u64,
}

/// What is written on a till.
#[derive(StableState)]
pub struct Label(String);

/// Tells the host what happens.
#[hotmod::import]
fn tell(text: &str) -> usize;

/// What a coin is worth to this host.
#[hotmod::import]
#[hotmod::optional]
fn rate(worth: u32) -> Result<u32, String>;

/// How many were made. What is static is there once for each image.
static MADE: AtomicU64 = AtomicU64::new(0);

#[hotmod::loaded]
fn open(version: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    tell(&format!("{} {} is open", version.module, version.version));
    Ok(())
}

#[hotmod::init]
fn new_drawer(owner: &str) -> Result<Drawer, String> {
    if owner.is_empty() {
        return Err("a till has an owner".to_owned());
    }
    MADE.fetch_add(1, Ordering::Relaxed);
    Ok(Drawer {
        owner: owner.to_owned(),
        coins: BTreeMap::new(),
        receipts: Vec::new(),
        label: Lazy::new(Label(format!("{owner}'s"))),
        rings: 0,
    })
}

#[hotmod::export]
impl Till for Drawer {
    fn put(&mut self, worth: u32) -> Result<Receipt, String> {
        let worth = rate(worth).unwrap_or(worth);
        if worth == 0 {
            return Err(format!("{} takes no such coin", self.owner));
        }
        *self.coins.entry(worth).or_default() += 1;
        let receipt = Receipt {
            number: self.receipts.len() as u64 + 1,
            worth,
        };
        self.receipts.push(receipt.clone());
        tell(&format!("{} has {worth}", self.owner));
        Ok(receipt)
    }

    fn total(&self) -> u64 {
        let coins = self.coins.iter();
        coins.map(|(worth, count)| u64::from(*worth) * count).sum()
    }

    fn rings(&self) -> u64 {
        self.rings
    }

    fn label(&mut self) -> String {
        self.label.0.clone()
    }

    fn jam(&mut self, why: &str) {
        panic!("{} is jammed by {why}", self.owner);
    }

    #[hotmod::every("5ms")]
    fn ring(&mut self) {
        self.rings += 1;
    }
}

/// What comes back.
#[hotmod::export(pure)]
pub fn change(paid: u32, price: u32) -> Option<u32> {
    paid.checked_sub(price)
}

/// How many tills there were.
#[hotmod::export]
pub fn made() -> u64 {
    MADE.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use hotmod_host::{CallError, Host};
    use linked_interface::Till;

    /// A host that hears what its tills tell.
    fn host() -> (Host, Arc<Mutex<Vec<String>>>) {
        let told = Arc::<Mutex<Vec<String>>>::default();
        let hears = told.clone();
        let host = Host::builder().provide("tell", move |text: &str| -> usize {
            let mut told = hears.lock().expect("no panic");
            told.push(text.to_owned());
            told.len()
        });
        (host.build().expect("a host"), told)
    }

    #[test]
    fn a_unit_test_links_the_module_of_its_own_crate() {
        let (host, told) = host();
        let tills = host.link::<dyn Till>(crate::module()).expect("linked");
        let mut till = tills.create("ada").expect("a till");
        assert_eq!(till.put(5).expect("a call").expect("a coin").number, 1);
        assert_eq!(till.total().expect("a call"), 5);
        let told = told.lock().expect("no panic");
        assert_eq!(*told, ["till 1.0.0 is open", "ada has 5"]);
    }

    #[test]
    fn another_test_of_the_process_has_a_host_of_its_own() {
        let (host, told) = host();
        let tills = host.link::<dyn Till>(crate::module()).expect("linked");
        let mut till = tills.create("bob").expect("a till");
        let error = till.jam("a spoon").expect_err("a panic");
        let CallError::Panicked(panicked) = error else {
            panic!("{error}");
        };
        assert_eq!(panicked.message, "bob is jammed by a spoon");
        let location = panicked.location.expect("a place");
        assert!(location.file.ends_with("till/src/lib.rs"), "{location}");
        assert_eq!(*told.lock().expect("no panic"), ["till 1.0.0 is open"]);
    }

    #[test]
    fn what_a_test_calls_by_itself_is_called_as_without_a_host() {
        assert_eq!(super::change(5, 3), Some(2));
    }
}
