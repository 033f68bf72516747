use hotmod::{OldState, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

macro_rules! nested {
    ($($outer:ident $inner:ty;)*) => {
        $(
            #[derive(OldState)]
            struct $outer {
                inner: Vec<$inner>,
            }
        )*
    };
}
nested! { Six Five; Five Four; Four Three; Three Two; Two One; One u32; }

#[derive(OldState)]
#[state(id = "World")]
struct OldWorld {
    inner: Vec<Six>,
}

#[hotmod::migrate(down)]
fn world(_: &World) -> OldWorld {
    OldWorld { inner: Vec::new() }
}

fn main() {}
