#[hotmod::import]
trait Services {
    fn publish(text: &str) -> u32;
}

fn main() {}
