// Other containers of the same things.
// state: Archive
// then: always

//// before
#[derive(StableState)]
pub struct Archive {
    by_name: std::collections::HashMap<String, u32>,
    recent: Vec<u32>,
    tags: std::collections::HashSet<String>,
}

//// after
#[derive(StableState)]
pub struct Archive {
    by_name: std::collections::BTreeMap<String, u32>,
    recent: std::collections::VecDeque<u32>,
    tags: std::collections::BTreeSet<String>,
}
