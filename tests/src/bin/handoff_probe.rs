//! A server that hands over to the next process:
//! `handoff_probe MODULE SOCKET [keys=N] [pad=N] [hot=N] [stop=STEP] [callers=N] [takes=HOW]`.
//!
//! It takes over from the process that offers its rooms at the socket, or makes rooms, each with so many bytes, and
//! listens, at the socket that it was started with if there is one. It prints `kept` if systemd keeps that, `serves PORT`,
//! or `failed …`. Then it answers HTTP (`GET /enter/KEY` counts, `GET /total` says what all rooms have counted; each answer
//! ends with the number of the process), has threads enter the first so many rooms directly, and offers its rooms at the
//! socket. When it has handed over, it passes on what it has accepted, prints `direct N`, how often those threads have
//! entered, and ends. `stop=STEP` has it be killed at a step; it prints each.
//!
//! The rooms go over in rounds, or by what `takes` says: `rest` restores them at the end, `kept` writes those that
//! do not fit to a file beside the socket too, `nothing` forgets them, `behind` leaves them behind.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hotmod_host::{
    Handoff, HandoffError, HandoffStep, Host, KeptSockets, Pool, PoolError, keep_socket,
};
use hotmod_tests::interfaces::rooms::Room;

/// How long it may live, in seconds.
const LONGEST: u32 = 120;

type Rooms = Pool<u64, dyn Room>;

/// A connection whose request came upon rooms that were handed over, and the request.
type Left = (TcpStream, Vec<u8>);

struct Serving {
    rooms: Rooms,
    listener: TcpListener,
    is_over: AtomicBool,
    direct: AtomicU64,
    left: Mutex<Sender<Left>>,
}

fn main() {
    // SAFETY: it has the system end this process later, and touches no memory.
    unsafe { libc::alarm(LONGEST) };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |name: &str| {
        let prefix = format!("{name}=");
        arguments
            .iter()
            .find_map(|it| it.strip_prefix(&prefix))
            .map(str::to_owned)
    };
    let number = |name| word(name).map(|it| it.parse::<u64>().expect("a number"));
    let keys = number("keys").unwrap_or(100);
    let hot = number("hot").unwrap_or(keys);
    let stop = word("stop");
    let on_step = move |step: HandoffStep| {
        println!("step {step}");
        if stop
            .as_ref()
            .is_some_and(|stop| step.to_string().starts_with(stop))
        {
            // SAFETY: it ends this process.
            unsafe { libc::raise(libc::SIGKILL) };
        }
    };
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Room>(&arguments[0]).expect("rooms");
    let rooms: Rooms = Pool::builder(&module)
        .name("rooms")
        .build()
        .expect("a pool");
    let socket = &arguments[1];

    let mut passed = None;
    let listener = match taken_over(socket, &rooms, word("takes").as_deref(), on_step.clone()) {
        Ok(Some((listener, taken))) => {
            passed = Some(taken);
            listener
        }
        Ok(None) => {
            let pad = "x".repeat(number("pad").unwrap_or(10) as usize);
            for key in 0..keys {
                rooms.create(key, &pad).expect("a room");
            }
            let kept = KeptSockets::take().tcp_listener("http").expect("a socket");
            assert!(
                KeptSockets::take()
                    .tcp_listener("http")
                    .expect("none")
                    .is_none()
            );
            kept.unwrap_or_else(|| TcpListener::bind("127.0.0.1:0").expect("a port"))
        }
        Err(error) => {
            println!("failed {}", error.to_string().replace('\n', " "));
            return;
        }
    };
    if keep_socket("http", &listener).expect("systemd") {
        println!("kept");
    }
    listener.set_nonblocking(true).expect("a socket");
    let port = listener.local_addr().expect("a port").port();
    let (sender, left) = channel();
    let serving = Arc::new(Serving {
        rooms,
        listener,
        is_over: AtomicBool::new(false),
        direct: AtomicU64::new(0),
        left: Mutex::new(sender),
    });
    let offer = host.offer_handoff(socket).expect("a socket");
    let offer = offer.socket("http", &serving.listener).expect("a socket");
    let offer = offer.on_step(on_step);
    // Who reads this may start the next process.
    println!("serves {port}");
    let mut threads = Vec::new();
    for _ in 0..4 {
        let serving = serving.clone();
        threads.push(thread::spawn(move || accept(&serving)));
    }
    for caller in 0..number("callers").unwrap_or(0) {
        let serving = serving.clone();
        threads.push(thread::spawn(move || call(&serving, caller, hot)));
    }
    if let Some(mut passed) = passed {
        let serving = serving.clone();
        thread::spawn(move || {
            while let Some(connection) = passed.passed().expect("the process before") {
                assert_eq!(connection.name, "client");
                answer(&serving, connection.socket.into(), connection.read);
            }
        });
    }
    let mut next = loop {
        match offer.wait() {
            Ok(next) => break next,
            Err(error) => println!("stays {}", error.to_string().replace('\n', " ")),
        }
    };
    serving.is_over.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("a thread");
    }
    pass(&left, &mut next);
    println!("direct {}", serving.direct.load(Ordering::Relaxed));
}

fn taken_over(
    socket: &str,
    rooms: &Rooms,
    takes: Option<&str>,
    on_step: impl Fn(HandoffStep),
) -> Result<Option<(TcpListener, hotmod_host::TakenOver<()>)>, HandoffError> {
    let Some(running) = Handoff::meet(socket)? else {
        return Ok(None);
    };
    let mut running = running.on_step(on_step);
    match takes {
        None => running.pool(rooms)?,
        Some("behind") => running.leave_behind("rooms")?,
        Some(_) => {}
    }
    let mut taken = running.take_over(|rest| {
        if takes == Some("rest") || takes == Some("kept") {
            let report = rooms.restore(rest)?;
            if takes == Some("kept") {
                report.keep_unfit(rest, format!("{socket}.unfit"))?;
            }
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    let listener = taken.socket("http").expect("it was handed over");
    Ok(Some((listener.into(), taken)))
}

fn pass(left: &Receiver<Left>, next: &mut hotmod_host::NextProcess) {
    while let Ok((stream, request)) = left.try_recv() {
        next.pass("client", &stream, &request)
            .expect("the next process");
    }
}

fn accept(serving: &Serving) {
    while !serving.is_over.load(Ordering::Relaxed) {
        match serving.listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).expect("a socket");
                answer(serving, stream, Vec::new());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Answers a request, of which this was read.
fn answer(serving: &Serving, mut stream: TcpStream, mut request: Vec<u8>) {
    while !request.ends_with(b"\r\n\r\n") {
        let mut room = [0; 512];
        match stream.read(&mut room) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&room[..read]),
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default();
    let counted = match path.strip_prefix("/enter/") {
        Some(key) => {
            let key = key.parse().expect("a number");
            serving.rooms.call(&key, |it| it.enter())
        }
        None => {
            let visits = |key: &u64| serving.rooms.call(key, |it| it.visits());
            serving.rooms.keys().iter().map(visits).sum()
        }
    };
    let counted = match counted {
        Ok(counted) => counted,
        Err(PoolError::HandedOver { .. }) => {
            let left = serving.left.lock().expect("a lock");
            return left.send((stream, request)).expect("a receiver");
        }
        Err(error) => panic!("{error}"),
    };
    let body = format!("{counted} {}", std::process::id());
    let len = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// Enters rooms until they are handed over.
fn call(serving: &Serving, caller: u64, keys: u64) {
    for number in caller.. {
        match serving.rooms.call(&(number % keys), |it| it.enter()) {
            Ok(_) => serving.direct.fetch_add(1, Ordering::Relaxed),
            Err(PoolError::HandedOver { .. }) => return,
            Err(error) => panic!("{error}"),
        };
    }
}
