#[hotmod::import(stand_in = tests::Fake)]
trait Services {
    fn publish(&self, text: &str) -> u32;
}

fn main() {}
