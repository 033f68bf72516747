// 1.0.0
#[derive(StableState)]
pub struct World {
    pokes: u64,
    f0: Box<String>,
    f1: abi_stable::std_types::RBox<String>,
    f2: std::sync::Arc<str>,
    f3: Box<Vec<u32>>,
    f4: Box<[u32]>,
    f5: Vec<(Box<Box<str>>, Box<std::path::PathBuf>)>,
}
library::text! { struct World { pokes, f0, f1, f2, f3, f4, f5 } }
