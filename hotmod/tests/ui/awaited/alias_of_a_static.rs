type Text = &'static str;

#[hotmod::export]
pub async fn keep(text: Text) -> usize {
    text.len()
}

fn main() {}
