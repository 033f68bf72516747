use hotmod_host::{Module, Pool};

#[hotmod::interface]
pub trait Room {
    fn open(&self) -> bool;
}

fn rooms(module: &Module<dyn Room>) -> Pool<f64, dyn Room> {
    module.pool()
}

fn main() {}
