// 1.1.0
#[derive(StableState)]
#[state(removed("f0"))]
pub struct T0 {}
library::text! { struct T0 {} }

#[derive(StableState)]
pub struct World {
    pokes: u64,
    f1: (T0, u64),
    f2: T0,
    f3: u64,
    f4: Vec<(u16, T0)>,
}
library::text! { struct World { pokes, f1, f2, f3, f4 } }
