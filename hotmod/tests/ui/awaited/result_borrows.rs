#[hotmod::export]
pub async fn first(text: &str) -> &str {
    text
}

fn main() {}
