use hotmod::StableState;

/// As the crate of that name, with hotmod's feature.
mod arrayvec {
    pub struct ArrayVec<T, const N: usize>([Option<T>; N]);
}

#[derive(StableState)]
struct Seat;

#[derive(StableState)]
struct World {
    seats: Vec<arrayvec::ArrayVec<Seat, 4>>,
}

fn main() {}
