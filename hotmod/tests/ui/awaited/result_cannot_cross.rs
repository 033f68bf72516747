#[hotmod::export]
pub async fn address() -> std::thread::Thread {
    std::thread::current()
}

fn main() {}
