#[hotmod::import]
trait Services {
    fn publish(&self, text: &str) -> u32;
}

#[hotmod::import]
static HOST: dyn Services = 1;

fn main() {}
