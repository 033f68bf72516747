// 1.1.0
#[derive(StableState)]
pub struct World {
    pokes: u64,
    f0: std::borrow::Cow<'static, str>,
    f1: Box<str>,
    f2: abi_stable::std_types::RBox<String>,
    f3: Box<[u64]>,
    f4: Box<std::collections::VecDeque<u64>>,
    f5: Vec<(std::sync::Arc<str>, std::sync::Arc<std::path::Path>)>,
}
library::text! { struct World { pokes, f0, f1, f2, f3, f4, f5 } }
