//! A server whose `main` hands on that its module, the first argument, was refused.

use std::error::Error;

use hotmod_host::Host;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).ok_or("no file")?;
    let module = Host::builder().build()?.load_untyped(file)?;
    println!("{}", module.version());
    Ok(())
}
