#[hotmod::import]
trait Services: std::fmt::Debug {
    fn publish(&self, text: &str) -> u32;
}

fn main() {}
