// 1.0.0
#[derive(StableState)]
pub struct Item {
    f0: u32,
}
library::text! { struct Item { f0 } }

#[derive(StableState)]
pub struct Slot<P> {
    f1: P,
}
library::text! { struct Slot<P> { f1 } }

#[derive(StableState)]
pub struct Pile<P> {
    f2: Vec<P>,
}
library::text! { struct Pile<P> { f2 } }

#[derive(StableState)]
pub struct World {
    pokes: u64,
    f3: Slot<Item>,
    f4: std::sync::Arc<Slot<Vec<Item>>>,
    f5: Pile<Slot<Item>>,
}
library::text! { struct World { pokes, f3, f4, f5 } }
