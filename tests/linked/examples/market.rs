//! A program that links two modules. `tests/long/linkers.sh` has it linked in all the ways in which programs are.

use hotmod_host::{Host, Pool};
use linked_interface::{Shop, Till};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let resources = tempfile::tempdir()?;
    std::fs::write(resources.path().join("price.txt"), "3")?;
    let host = Host::builder().provide("tell", |text: &str| {
        println!("{text}");
        text.len()
    });
    let host = host.resource_dir(resources.path()).build()?;
    let modules = host.link_all([linked_till::module(), linked_shop::module()])?;
    let tills = modules[0].interface::<dyn Till>()?;
    let pool = Pool::builder(&tills).name("tills").build()?;
    pool.insert(7_u64, tills.create("ada")?)
        .map_err(|it| it.error)?;
    let mut shop = modules[1].interface::<dyn Shop>()?.create("")?;
    let receipt = shop.sell(4)??;
    assert_eq!((receipt.number, receipt.worth), (1, 4));
    assert_eq!(pool.call(&7, |till| till.total())?, 4);
    let change = tills.function::<fn(u32, u32) -> Option<u32>>("change")?;
    assert_eq!(change.call(7, 5)?, Some(2));
    println!("sold");
    Ok(())
}
