// 1.1.0
#[derive(StableState)]
#[state(was = "Item")]
pub struct Thing {
    f0: u64,
}
library::text! { struct Thing { f0 } }

#[derive(StableState)]
#[state(was = "Slot")]
pub struct Place<P> {
    f1: P,
}
library::text! { struct Place<P> { f1 } }

#[derive(StableState)]
pub struct Pile<P> {
    f2: Vec<P>,
}
library::text! { struct Pile<P> { f2 } }

#[derive(StableState)]
pub struct World {
    pokes: u64,
    f3: Place<Thing>,
    f4: std::sync::Arc<Place<Vec<Thing>>>,
    f5: Pile<Place<Thing>>,
}
library::text! { struct World { pokes, f3, f4, f5 } }
