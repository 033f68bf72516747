#[hotmod::import]
trait Services {
    fn publish(&mut self, text: &str) -> u32;
}

fn main() {}
