use hotmod::StableState;

#[derive(StableState)]
struct World {
    thread: std::thread::Thread,
    handle: std::thread::JoinHandle<()>,
    file: std::fs::File,
    stream: std::net::TcpStream,
    socket: std::net::UdpSocket,
    sender: std::sync::mpsc::Sender<u32>,
    receiver: std::sync::mpsc::Receiver<u32>,
    waits: std::sync::Condvar,
    barrier: std::sync::Barrier,
    child: std::process::Child,
    command: std::process::Command,
}

fn main() {}
