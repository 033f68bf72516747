//! Shops, whose tills are of another module.

use hotmod::StableState;
use linked_interface::{Receipt, Shop, Till};

hotmod::module! {
    name: "shop",
    version: env!("CARGO_PKG_VERSION"),
    linked: feature = "linked",
}

/// The state. A till has one of this name too, of another type.
#[derive(StableState)]
pub struct Drawer {
    sold: Vec<Receipt>,
}

/// Tells the host what happens. A till imports it too.
#[hotmod::import]
fn tell(text: &str) -> usize;

#[hotmod::import(module = "till")]
fn change(paid: u32, price: u32) -> Option<u32>;

#[hotmod::import(module = "till", pool = "tills")]
static TILLS: hotmod::Pool<u64, dyn Till>;

/// What everything costs.
#[hotmod::resource("price.txt")]
fn price(bytes: &[u8]) -> Result<u32, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    text.trim()
        .parse()
        .map_err(|error| format!("{text}: {error}"))
}

/// What everything costs.
#[hotmod::export]
pub fn asks() -> u32 {
    *price::get()
}

#[hotmod::loaded]
fn open(version: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    tell(&format!("{} is open", version.module));
    Ok(())
}

#[hotmod::init]
fn new_drawer(_: &str) -> Result<Drawer, String> {
    Ok(Drawer { sold: Vec::new() })
}

#[hotmod::export]
impl Shop for Drawer {
    fn sell(&mut self, worth: u32) -> Result<Receipt, String> {
        let rest = change(10, worth).ok_or("too dear")?;
        tell(&format!("{rest} back"));
        let taken = TILLS.call(&7, |till| till.put(worth));
        let receipt = taken.map_err(|error| error.to_string())??;
        self.sold.push(receipt.clone());
        Ok(receipt)
    }

    fn sold(&self) -> Vec<Receipt> {
        self.sold.clone()
    }
}
