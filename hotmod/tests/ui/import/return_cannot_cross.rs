use std::thread::Thread;

#[hotmod::import]
fn waker(room: u64) -> Thread;

fn main() {
    waker(1);
}
