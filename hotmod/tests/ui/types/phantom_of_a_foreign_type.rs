use std::marker::PhantomData;

use hotmod::StableState;

#[derive(StableState)]
struct World<T> {
    kind: PhantomData<(T, Box<std::net::TcpStream>)>,
}

fn main() {}
