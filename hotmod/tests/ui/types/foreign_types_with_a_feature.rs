use std::collections::BTreeMap;

use hotmod::StableState;

/// As the crate of that name, without hotmod's feature.
mod chrono {
    pub struct DateTime<T>(T);
    pub struct Local;
}

mod ordered_float {
    pub struct OrderedFloat<T>(T);
}

pub struct Uuid([u8; 16]);

#[derive(StableState)]
struct World {
    since: chrono::DateTime<u64>,
    zone: chrono::Local,
    by_id: BTreeMap<u64, Vec<Option<Uuid>>>,
    weight: ordered_float::OrderedFloat<f64>,
}

fn main() {}
