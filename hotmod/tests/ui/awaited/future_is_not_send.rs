use std::rc::Rc;

#[hotmod::export]
pub async fn damage(base: u32) -> u32 {
    let shared = Rc::new(base);
    std::future::ready(()).await;
    *shared
}

fn main() {}
