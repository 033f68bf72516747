//! Saves, and what is told of each, while `cargo hotmod run` goes on.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_tests::patience::PATIENCE;
use nix::sys::signal::{Signal, kill};

use crate::made::{Made, Running, asked, curl};

const MODULE: &str = "module/src/lib.rs";

/// The workspace's server and module under `cargo hotmod run`, and an address of it.
fn run(made: &Made) -> (Running, String) {
    // However long what they depend on takes to compile, it is not waited for below.
    made.prints(&["build"]);
    made.server();
    let mut command = made.command(env!("CARGO_BIN_EXE_cargo-hotmod"));
    command.arg("run");
    let mut running = Running::start(command);
    let [ada, _] = running.waits_for_all(["/greet/ada", "serving after "]);
    (running, ada)
}

/// The processes that have something beneath a directory as theirs, but for this one.
fn processes(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("the processes").flatten() {
        // One that ends meanwhile has none.
        let within =
            fs::read_link(entry.path().join("cwd")).is_ok_and(|it| it.starts_with(directory));
        if within {
            let command = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            found.push(command.replace('\0', " "));
        }
    }
    found
}

#[test]
fn each_save_is_told_as_what_it_is() {
    let made = Made::new("salon");
    let (mut running, ada) = run(&made);
    assert_eq!(curl(&ada), "hello ada, visit 1");

    made.edit(MODULE, "{} {name}, visit {}", "{} {name}, your visit {}");
    let live = running.waits_for("live in ");
    println!("{live}");
    assert!(
        live.ends_with(" ms · salon 0.2.0 · changed: Greeter::greet · state handed over"),
        "{live}"
    );
    assert_eq!(curl(&ada), "hello ada, your visit 2");

    // A syntax error, taken back.
    made.edit(MODULE, "guest.visits += 1;", "guest.visits += ;");
    running.waits_for("salon does not compile; what runs goes on");
    assert_eq!(curl(&ada), "hello ada, your visit 3");
    made.edit(MODULE, "guest.visits += ;", "guest.visits += 1;");
    running.waits_for("nothing changed: salon 0.2.0 is this very code");

    // A refusal, with its cure.
    let init = "greeting: greeting.to_owned(),";
    made.edit(MODULE, init, &format!("{init} season: 1,"));
    running.waits_for("salon does not compile");
    made.edit(
        MODULE,
        "    greeting: String,\n}",
        "    greeting: String,\n    season: u32,\n}",
    );
    running.waits_for("refused, and what runs of salon goes on:");
    // The file that it would be, and not the copy that was judged.
    running.waits_for("/libsalon.so) is refused; 0.2.0 keeps running");
    running.waits_for("World.season: was absent, now u32");
    running.waits_for("#[state(default)]");
    running.waits_for("help: `cargo hotmod fix` writes #[state(default)] on World.season");
    assert_eq!(curl(&ada), "hello ada, your visit 4");
    made.edit(
        MODULE,
        "    season: u32,",
        "    #[state(default = 3)]\n    season: u32,",
    );
    let live = running.waits_for("live in ");
    assert!(
        live.contains("state migrated: World.season default"),
        "{live}"
    );

    // The manifest, broken and mended.
    made.edit(
        "module/Cargo.toml",
        "version = \"0.2.0\"",
        "version = 0.3.0",
    );
    running.waits_for("`cargo metadata` ended with");
    made.edit(
        "module/Cargo.toml",
        "version = 0.3.0",
        "version = \"0.3.0\"",
    );
    let live = running.waits_for("live in ");
    assert!(live.contains("salon 0.3.0"), "{live}");
    assert_eq!(curl(&ada), "hello ada, your visit 5");

    // A source of the server: it is built, and takes over from the one that runs, at the same address. Each request that
    // is answered is so by one of the two, and no state is lost.
    let (stop, stopped) = mpsc::channel::<()>();
    let address = ada.clone();
    let client = thread::spawn(move || {
        let mut visit = 5;
        while stopped.try_recv() == Err(TryRecvError::Empty) {
            // HTTP lets a server close a connection that it has read no request of: who meets that asks again.
            let Ok(answer) = asked(&address) else {
                continue;
            };
            visit += 1;
            let expected = format!("hello ada, your visit {visit}");
            assert_eq!(answer.trim_end_matches('!'), expected);
        }
        visit
    });
    made.edit(
        "server/src/main.rs",
        "format!(\"{answer}\\n\")",
        "format!(\"{answer}!\\n\")",
    );
    let serving = running.waits_for("serving after ");
    assert!(
        serving
            .ends_with(" · took over from the one before; instances before: world 1, now: world 1"),
        "{serving}"
    );
    drop(stop);
    let visit = client.join().expect("each request is answered");
    let next = |more: u32| format!("hello ada, your visit {}!", visit + more);
    assert_eq!(curl(&ada), next(1));

    // One that does not start leaves the one that runs.
    made.edit(
        "server/src/main.rs",
        "async fn run() -> Result<(), Failure> {",
        "async fn run() -> Result<(), Failure> {\n    return Err(\"not today\".into());",
    );
    running.waits_for("did not take over (exit status: 1); the one that runs goes on");
    assert_eq!(curl(&ada), next(2));

    made.edit(
        "server/src/main.rs",
        "    return Err(\"not today\".into());",
        "",
    );
    running.waits_for("serving after ");

    // What is broken in another way than by its code is told too, and mended by the next save.
    let [program, library] = ["server/src/main.rs", "server/src/lib.rs"].map(|it| made.path(it));
    fs::rename(&program, &library).expect("a source");
    running.waits_for("has no program");
    fs::rename(&library, &program).expect("a source");
    running.waits_for("nothing changed: salon 0.3.0 is this very code");
    assert_eq!(curl(&ada), next(3));

    // A dependency that is made after it was named.
    made.edit(
        "module/Cargo.toml",
        "[dependencies]",
        "[dependencies]\nhelper = { path = \"../helper\" }",
    );
    running.waits_for("`cargo metadata` ended with");
    let manifest = "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::create_dir_all(made.path("helper/src")).expect("a directory");
    fs::write(made.path("helper/Cargo.toml"), manifest).expect("a manifest");
    let helper = "pub fn end() -> &'static str {\n    \"1\"\n}\n";
    fs::write(made.path("helper/src/lib.rs"), helper).expect("a source");
    made.edit(
        MODULE,
        "self.greeting, guest.visits)",
        "self.greeting, guest.visits) + helper::end()",
    );
    running.waits_for("live in ");
    assert_eq!(curl(&ada), next(4).replace('!', "1!"));
    // Its sources are looked at, too.
    made.edit("helper/src/lib.rs", "\"1\"", "\"2\"");
    let live = running.waits_for("live in ");
    assert!(live.contains(" · changed: end · "), "{live}");
    assert_eq!(curl(&ada), next(5).replace('!', "2!"));

    let (status, printed) = running.stop();
    assert!(status.success(), "{printed}");
    assert_eq!(processes(&made.path("")), [""; 0]);
}

#[test]
fn what_is_linked_is_watched_and_nothing_outlives_a_run_that_is_killed() {
    let made = Made::new("abbey");
    // A directory and a file that lie elsewhere.
    let [parts, one] = ["parts", "one.rs"].map(|it| made.beside().join(it));
    fs::create_dir(&parts).expect("a directory");
    let text = |it: &str| format!("pub fn text() -> &'static str {{\n    \"{it}\"\n}}\n");
    fs::write(parts.join("mod.rs"), text("a")).expect("a source");
    fs::write(&one, text("b")).expect("a source");
    let linked = ["module/src/parts", "module/src/one.rs"].map(|it| made.path(it));
    symlink(&parts, &linked[0]).expect("a link");
    symlink(&one, &linked[1]).expect("a link");
    // One that leads up leads to nothing else.
    symlink(made.path(""), made.path("interface/up")).expect("a link");
    made.edit(
        MODULE,
        "self.greeting, guest.visits)",
        "self.greeting, guest.visits) + parts::text() + one::text()",
    );
    let text_of_all = fs::read_to_string(made.path(MODULE)).expect("a source");
    fs::write(
        made.path(MODULE),
        format!("{text_of_all}\nmod one;\nmod parts;\n"),
    )
    .expect("a source");
    let (mut running, ada) = run(&made);
    assert_eq!(curl(&ada), "hello ada, visit 1ab");
    fs::write(parts.join("mod.rs"), text("c")).expect("a source");
    running.waits_for("live in ");
    assert_eq!(curl(&ada), "hello ada, visit 2cb");
    fs::write(&one, text("d")).expect("a source");
    running.waits_for("live in ");
    assert_eq!(curl(&ada), "hello ada, visit 3cd");

    // A second one leaves the server to the first.
    let second = made.hotmod(&["run"]);
    assert_eq!(second.status, Some(2), "{}", second.stdout);
    let why = format!("already, in process {}", running.process());
    assert!(second.stderr.contains(&why), "{}", second.stderr);
    assert_eq!(curl(&ada), "hello ada, visit 4cd");

    // Killed in the middle of a build, which waits for what is never written.
    let pipe = made.path("pipe");
    let status = Command::new("mkfifo").arg(&pipe).status();
    assert!(status.is_ok_and(|it| it.success()));
    let script = format!("fn main() {{\n    std::fs::read({pipe:?}).unwrap();\n}}\n");
    fs::write(made.path("module/build.rs"), script).expect("a source");
    // Opened once it is read.
    let _pipe = File::options().write(true).open(&pipe).expect("the pipe");
    kill(running.process(), Signal::SIGKILL).expect("it runs");
    let deadline = Instant::now() + PATIENCE;
    // They are no children of this process, so they are looked for until they are gone.
    while !processes(&made.path("")).is_empty() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(processes(&made.path("")), [""; 0]);
    // The server was asked to stop, and kept its state.
    let kept = fs::read_dir(made.path("states")).expect("a directory");
    assert!(kept.count() > 0);
}

/// `HOTMOD_SAVES` says how many; `tests/long/saves.sh` has a thousand.
#[test]
fn the_last_of_many_saves_is_live_and_no_process_is_left() {
    let saves = env::var("HOTMOD_SAVES").map_or(12, |it| it.parse().expect("a number"));
    let mut random: u64 = env::var("HOTMOD_SEED").map_or(7, |it| it.parse().expect("a number"));
    let made = Made::new("tavern");
    let base = fs::read_to_string(made.path(MODULE)).expect("a source");
    let (mut running, ada) = run(&made);
    for save in 1..=saves {
        let mut text = base.replace("visit {}", &format!("save {save}, visit {{}}"));
        // One in four does not compile, but the last does.
        if save % 4 == 0 && save != saves {
            text.push_str("fn {");
        }
        fs::write(made.path(MODULE), text).expect("a source");
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // From before a build begins to long after it has ended.
        thread::sleep(Duration::from_millis((random >> 33) % 1_200));
    }
    let last = format!("save {saves}, visit");
    while !curl(&ada).contains(&last) {
        running.waits_for("live in ");
    }
    let (status, printed) = running.stop();
    assert!(status.success(), "{printed}");
    assert_eq!(processes(&made.path("")), [""; 0], "{printed}");
}
