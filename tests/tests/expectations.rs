//! What a host says of itself: what it was compiled with, and what it allows, as a value and as a file.

use std::fs;
use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{Expectations, Host, HostBuilder};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::foreseen;

mod older {
    use hotmod::StableState;

    #[derive(Clone, Debug, StableState)]
    pub(crate) struct Message {
        pub(crate) from: String,
        pub(crate) text: String,
    }

    #[hotmod::interface]
    pub(crate) trait Room {
        fn history(&self) -> Vec<Message>;
    }
}

mod newer {
    use hotmod::StableState;

    #[derive(Clone, Debug, StableState)]
    #[state(removed("at"))]
    pub(crate) struct Message {
        #[state(default = 7)]
        pub(crate) id: u64,
        #[state(checked)]
        pub(crate) size: Option<u8>,
        pub(crate) from: String,
        pub(crate) text: String,
    }

    #[hotmod::interface]
    pub(crate) trait Room: Sync {
        #[hotmod::optional]
        fn count(&self) -> u64;
        fn history(&self) -> Vec<Message>;
    }
}

mod later {
    #[hotmod::interface]
    pub(crate) trait Room {
        fn never_written(&self) -> u32;
    }
}

#[hotmod::import]
trait Services {
    fn publish(&self, text: &str) -> u32;
    fn now(&self) -> u64;
}

struct Server;

impl Services for Server {
    fn publish(&self, text: &str) -> u32 {
        text.len() as u32
    }

    fn now(&self) -> u64 {
        7
    }
}

static ROOMS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("evolving")
        .variant(
            "less",
            &[
                (
                    "fn history(&self) -> Vec<Message>;",
                    "fn earlier(&self) -> Vec<Message>;",
                ),
                (
                    "fn history(&self) -> Vec<Message> {",
                    "fn earlier(&self) -> Vec<Message> {",
                ),
            ],
        )
        .build()
});

fn everything() -> HostBuilder {
    Host::builder()
        .expects::<dyn older::Room>("evolving")
        .expects_function::<fn(u32, u32) -> u32>("evolving", "damage")
        .expects::<dyn newer::Room>("other")
        .provide(
            "log",
            |text: &str, message: &older::Message| -> Option<u8> {
                (text.len() > message.text.len()).then_some(1)
            },
        )
        .provide_all::<dyn Services>(Server)
        .provide("Services::now", || -> u64 { 8 })
        .allow_downgrade(true)
        .allow_needed("libssl.so.3")
}

#[test]
fn a_host_says_what_it_was_told_and_what_it_has_asked_for_since() {
    let host = everything().build().expect("a host");
    let said = host.expectations().to_string();
    let mut lines = said.lines();
    let first = lines.next().expect("a line");
    assert!(first.starts_with("a host with hotmod ABI "), "{first}");
    let rest: Vec<&str> = lines.collect();
    let expected = [
        "  calls of module `evolving`:",
        "    fn damage(u32, u32) -> u32",
        "    interface Room",
        "      fn history(&self) -> Vec<Message>",
        "  calls of module `other`:",
        "    interface Room, shared between threads",
        "      optional fn count(&self) -> u64",
        "      fn history(&self) -> Vec<Message>",
        "  provides:",
        "    fn Services::now() -> u64",
        "    fn Services::publish(text: &str) -> u32",
        "    fn log(&str, &Message) -> Option<u8>",
    ];
    assert_eq!(rest, expected);

    // What is declared is expected once; what it asks for otherwise comes along.
    let rooms = host
        .load::<dyn older::Room>(ROOMS.file(BASE))
        .expect("a module");
    assert_eq!(host.expectations().to_string(), said);
    rooms
        .function::<fn(u32) -> u32>("damage")
        .expect_err("another function");
    assert_eq!(host.expectations().to_string(), said);
    rooms
        .interface::<dyn newer::Room>()
        .expect_err("it is not shared");
    assert_eq!(host.expectations().to_string(), said);

    let host = Host::builder().build().expect("a host");
    let nothing = host.expectations().to_string();
    assert_eq!(nothing.lines().count(), 1);
    let rooms = host
        .load::<dyn older::Room>(ROOMS.file(BASE))
        .expect("a module");
    let asked = host.expectations().to_string();
    assert!(
        asked.contains("  calls of module `evolving`:\n    interface Room\n"),
        "{asked}"
    );
    rooms
        .function::<fn(u32, u32) -> u32>("damage")
        .expect("a function");
    let more = host.expectations().to_string();
    assert!(
        more.contains("    fn damage(u32, u32) -> u32\n    interface Room\n"),
        "{more}"
    );
}

#[test]
fn what_a_host_declares_is_held_against_every_file_of_the_module() {
    let host = Host::builder().expects::<dyn older::Room>("evolving");
    let room = foreseen::load(&host, &ROOMS.file(BASE)).expect("a module");
    let room = room
        .interface::<dyn older::Room>()
        .expect("it was declared");
    assert!(
        room.create("")
            .expect("a room")
            .history()
            .expect("a call")
            .is_empty()
    );

    let refusal = foreseen::load(&host, &ROOMS.file("less")).expect_err("a method less");
    assert!(refusal.to_string().contains("Room::history()"), "{refusal}");
    let later = Host::builder()
        .expects::<dyn later::Room>("evolving")
        .expects::<dyn older::Room>("evolving");
    let refusal = foreseen::load(&later, &ROOMS.file(BASE)).expect_err("a method less");
    assert_eq!(refusal.differences()[0].rule, Rule::ExportRemoved);
    let function = Host::builder().expects_function::<fn(u8) -> u8>("evolving", "damage");
    foreseen::load(&function, &ROOMS.file(BASE)).expect_err("another function");
    // Of another module it says nothing.
    let other = Host::builder().expects::<dyn later::Room>("other");
    let module = foreseen::load(&other, &ROOMS.file(BASE)).expect("a module");
    foreseen::update(&other, &module, (&ROOMS.file(BASE), &ROOMS.file("less")))
        .expect("no host calls it");
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let host = everything().build().expect("a host");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("server.hotmod");
    host.expectations().write_to(&path).expect("a file");
    let read = Expectations::read(&path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read, host.expectations());
    assert_eq!(read.to_string(), host.expectations().to_string());
    // Told or not, what else is decided at load is in it.
    assert!(read.policy().downgrade && read.policy().needed.contains("libssl.so.3"));
}

/// A file is not trusted: whatever is in it, it is refused with a reason, or all of it holds together.
#[test]
fn a_file_that_no_host_wrote_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("server.hotmod");
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("a file");
        let error = Expectations::read(&path).expect_err("no such file");
        assert!(!error.help().is_empty());
        error.to_string()
    };
    let whole = everything().build().expect("a host").expectations();
    let whole = whole.to_bytes().expect("a file");
    assert!(refused(b"").contains("no file of what a host was compiled with"));
    assert!(refused(&fs::read(ROOMS.file(BASE)).expect("a module")).contains("no file of what"));
    let mut later = whole.clone();
    later[8] = 3;
    let error = refused(&later);
    assert!(
        error.contains("it is of format 3, and 2 is what this version reads"),
        "{error}"
    );
    let mut more = whole.clone();
    more.push(0);
    assert!(refused(&more).contains("1 bytes follow its end"));
    let error = Expectations::read(directory.path()).expect_err("a directory");
    assert!(error.reason().contains("not a regular file"), "{error}");
    let absent = directory.path().join("absent");
    let error = Expectations::read(absent).expect_err("no file");
    assert!(error.reason().contains("it cannot be read"), "{error}");

    for end in 0..whole.len() {
        Expectations::from_bytes(&whole[..end]).expect_err("cut short");
    }
    let mut taken = 0;
    for place in 0..whole.len() {
        for value in [0, 1, 2, whole[place] ^ 0x80, 255] {
            let mut bytes = whole.clone();
            bytes[place] = value;
            match Expectations::from_bytes(&bytes) {
                Ok(read) => {
                    // It says the same again.
                    let again = read.to_bytes().expect("a file");
                    assert_eq!(Expectations::from_bytes(&again).as_ref(), Ok(&read));
                    assert!(!read.to_string().is_empty());
                    taken += 1;
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
    assert!(taken > whole.len() / 100, "{taken}");
}
