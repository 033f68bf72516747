#[hotmod::export]
pub async fn keep(text: &'static str) -> usize {
    text.len()
}

fn main() {}
