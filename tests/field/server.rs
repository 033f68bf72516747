//! A server as a user writes it, which does what it is told, a line at a time, and answers each with a
//! line: `field-server MODULES [STAGE]`.

use std::fs::File;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use field_interface::Tally;
use hotmod_host::{
    Host, Instance, Module, OnDeadline, Pool, SharedInstance, UpdateOptions, UpdateState,
};

struct Server {
    host: Host,
    others: Vec<Host>,
    module: Option<Module<dyn Tally>>,
    count: Option<Instance<dyn Tally>>,
    pool: Option<Pool<u32, dyn Tally>>,
    shared: Option<SharedInstance<dyn Tally>>,
    open: Vec<File>,
    stage: Option<String>,
}

fn main() {
    // Whatever happens, the server does not stay.
    unsafe { libc::alarm(120) };
    // What started the tests may ignore these signals, which is inherited.
    for signal in [libc::SIGINT, libc::SIGHUP, libc::SIGTERM] {
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let mut arguments = std::env::args().skip(1);
    let modules = arguments.next().expect("a directory of modules");
    let stage = arguments.next();
    let host = build(Some(&modules), stage.as_deref());
    let mut server = Server {
        host,
        others: Vec::new(),
        module: None,
        count: None,
        pool: None,
        shared: None,
        open: Vec::new(),
        stage,
    };
    answer(&format!("ready {}", std::process::id()));
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("return", _) => return,
            ("leave", _) => return leave(server),
            (what, with) => answer(&server.does(what, with)),
        }
    }
}

fn build(modules: Option<&str>, stage: Option<&str>) -> Host {
    let mut host = Host::builder().allow_downgrade(true);
    if let Some(modules) = modules {
        host = host.module_dir(modules);
    }
    if let Some(stage) = stage {
        host = host.stage_dir(stage);
    }
    host.build().expect("a host")
}

/// The last handles are dropped by a thread that the end of the process does not wait for. The process ends while that
/// removes the copies, and leaves it next to no time.
fn leave(server: Server) {
    let copies = || {
        let directories = std::fs::read_dir(std::env::temp_dir()).expect("the directory of copies");
        let inside = directories.flatten().flat_map(|it| std::fs::read_dir(it.path()));
        inside.flatten().count()
    };
    let before = copies();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        tell.send(unsafe { libc::gettid() }).expect("the main thread");
        drop(server);
    });
    let thread = told.recv().expect("a thread");
    while copies() == before {}
    unsafe {
        let idle: libc::sched_param = std::mem::zeroed();
        libc::sched_setscheduler(thread, libc::SCHED_IDLE, &idle);
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(libc::sched_getcpu() as usize, &mut one);
        for task in [thread, 0] {
            libc::sched_setaffinity(task, size_of_val(&one), &one);
        }
    }
}

fn answer(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text.replace('\n', " | ")).expect("a test that listens");
    out.flush().expect("a test that listens");
}

fn done(result: std::io::Result<()>) -> String {
    result.map_or_else(|error| error.to_string(), |()| "done".to_owned())
}

fn asked(result: libc::c_int) -> String {
    done(match result {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    })
}

impl Server {
    fn does(&mut self, what: &str, with: &str) -> String {
        match what {
            "load" => match self.host.load::<dyn Tally>(with) {
                Ok(module) => {
                    self.count = Some(module.create("").expect("a count"));
                    self.module = Some(module);
                    "loaded".to_owned()
                }
                Err(refusal) => refusal.to_string(),
            },
            "update" => match self.module().update(with) {
                Ok(update) => update.to_string(),
                Err(refusal) => refusal.to_string(),
            },
            "rehearse" => match self.module().rehearse(with, &Default::default()) {
                Ok(rehearsed) => format!("rehearsed {}", rehearsed.migrated),
                Err(refusal) => refusal.to_string(),
            },
            "watch" => {
                let limit = OnDeadline::RollBack;
                let options = UpdateOptions::new().drain_timeout(Duration::from_secs(60), limit);
                match self.module().update_with(with, &options) {
                    Ok(update) => update.to_string(),
                    Err(refusal) => refusal.to_string(),
                }
            }
            "share" => {
                self.shared = Some(self.module().create_shared("").expect("a count"));
                "done".to_owned()
            }
            "settle" => {
                let options = UpdateOptions::new().settle(Duration::from_secs(60));
                match self.module().update_with(with, &options) {
                    Ok(update) => update.to_string(),
                    Err(refusal) => refusal.to_string(),
                }
            }
            "request" => match self.module().request_update(with).wait_timeout(Duration::from_secs(60)) {
                Some(Ok(update)) => update.to_string(),
                Some(Err(refusal)) => refusal.to_string(),
                None => "waits for ever".to_owned(),
            },
            // What was asked for is carried out by a thread of the host, perhaps just now.
            "ask" => {
                drop(self.module().request_update(with));
                "asked".to_owned()
            }
            "retire" => {
                let events = self.host.events();
                self.module().make_permanent();
                let is = |state| state == UpdateState::Retired;
                loop {
                    match events.wait_timeout(Duration::from_secs(60)) {
                        Some(event) if is(event.state) => return event.to_string(),
                        Some(_) => {}
                        None => return "retires for ever".to_owned(),
                    }
                }
            }
            // Children that ask for what the host's threads lock, made while these are at work.
            "forks" => {
                for child in 0..400 {
                    if child % 50 == 0 {
                        drop(self.module().request_update(with));
                    }
                    let child = unsafe { libc::fork() };
                    if child == 0 {
                        unsafe { libc::alarm(20) };
                        let pool = self.pool.as_ref().expect("a pool");
                        let seen = self.module().versions().len() + pool.counts().len();
                        drop(self.module().request_update("missing.so"));
                        unsafe { libc::_exit(i32::from(seen == 0)) };
                    }
                    let mut status = 0;
                    unsafe { libc::waitpid(child, &raw mut status, 0) };
                    if status != 0 {
                        return format!("a child ended by {status}");
                    }
                }
                "all ended".to_owned()
            }
            "asked" => {
                let until = Instant::now() + Duration::from_secs(60);
                while self.module().version().to_string() != with {
                    if Instant::now() > until {
                        return "waits for ever".to_owned();
                    }
                    std::thread::yield_now();
                }
                "carried out".to_owned()
            }
            "call" => {
                let count = self.count.as_mut().expect("a count");
                let next = count.next().expect("a call");
                format!("{} {next}", count.code().expect("a call"))
            }
            "drained" => {
                let drained = self.module().drain_timeout(Duration::from_secs(60));
                format!("{} left", drained.len())
            }
            // Many counts, which are not called and which a thread of the pool takes along.
            "pool" => {
                let (tick, budget) = (Duration::from_millis(1), Duration::from_millis(5));
                let pool = Pool::builder(self.module()).sweep_every(tick, budget);
                let pool = pool.build().expect("a pool");
                for key in 0..10 {
                    pool.create(key, "").expect("a count");
                }
                self.pool = Some(pool);
                "done".to_owned()
            }
            "swept" => {
                let pool = self.pool.as_ref().expect("a pool");
                let current = self.module().version();
                let until = Instant::now() + Duration::from_secs(60);
                while pool.counts().get(current) != Some(&10) {
                    if Instant::now() > until {
                        return format!("{:?}", pool.counts());
                    }
                    std::thread::yield_now();
                }
                "swept".to_owned()
            }
            "beside" => {
                self.others.push(build(None, self.stage.as_deref()));
                "done".to_owned()
            }
            "chdir" => done(std::env::set_current_dir(with)),
            "chroot" => {
                let path = std::ffi::CString::new(with).expect("a path");
                asked(unsafe { libc::chroot(path.as_ptr()) })
            }
            "umask" => {
                unsafe { libc::umask(with.parse().expect("a mask")) };
                "done".to_owned()
            }
            "setuid" => asked(unsafe { libc::setuid(with.parse().expect("a user")) }),
            "limit" => {
                let (name, most) = with.split_once(' ').expect("a limit");
                let name = match name {
                    "fsize" => libc::RLIMIT_FSIZE,
                    "nofile" => libc::RLIMIT_NOFILE,
                    "as" => libc::RLIMIT_AS,
                    "nproc" => libc::RLIMIT_NPROC,
                    _ => panic!("{name}"),
                };
                let mut limit = libc::rlimit {
                    rlim_cur: 0,
                    rlim_max: 0,
                };
                asked(unsafe { libc::getrlimit(name, &raw mut limit) });
                limit.rlim_cur = most.parse().unwrap_or(limit.rlim_max);
                asked(unsafe { libc::setrlimit(name, &raw const limit) })
            }
            "exhaust" => {
                while let Ok(file) = File::open("/dev/null") {
                    self.open.push(file);
                }
                self.open.truncate(self.open.len() - with.parse::<usize>().expect("a number"));
                "done".to_owned()
            }
            "relax" => {
                self.open.clear();
                "done".to_owned()
            }
            // The child goes on, and the parent exits as daemons do.
            "daemonise" => match unsafe { libc::fork() } {
                0 => format!("forked {}", std::process::id()),
                _ if with == "at once" => unsafe { libc::_exit(0) },
                _ => std::process::exit(0),
            },
            // The child goes on, and when it has ended the parent does.
            "fork" => match unsafe { libc::fork() } {
                0 => format!("forked {}", std::process::id()),
                child => {
                    let mut status = 0;
                    unsafe { libc::waitpid(child, &raw mut status, 0) };
                    format!("ended {status}")
                }
            },
            "exit" => std::process::exit(0),
            "abort" => std::process::abort(),
            "panic" => panic!("as told"),
            _ => format!("{what}?"),
        }
    }

    fn module(&self) -> &Module<dyn Tally> {
        self.module.as_ref().expect("a module")
    }
}
