use std::thread::Thread;

#[hotmod::import]
fn wake(thread: Thread) -> u32;

fn main() {
    wake(std::thread::current());
}
