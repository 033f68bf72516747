use hotmod::Lazy;

#[hotmod::export]
pub fn count(entries: Vec<Lazy<u32>>) -> usize {
    entries.len()
}

fn main() {}
