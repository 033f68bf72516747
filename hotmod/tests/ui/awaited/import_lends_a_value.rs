use hotmod::StableState;

#[derive(StableState)]
pub struct Order {
    count: u32,
}

#[hotmod::import]
async fn place(order: &Order, filled: &mut u32, notes: Vec<&str>) -> bool;

fn main() {}
