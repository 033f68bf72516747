//! How many instructions a call executes, counted one by one: where times are noisy, this is exact.
//!
//! A second process of this program does what is counted, traced by the first, which has it execute one
//! instruction at a time (`ptrace(2)`, `PTRACE_SINGLESTEP`) between two signals that it sends to itself.

use std::env;
use std::hint::black_box;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};

use bench_interface::{Calls, Kept, Lazies};
use hotmod_host::{Host, Instance};
use libloading::{Library, Symbol};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::Failure;
use crate::converted::{Item, Order, Page};
use crate::modules::Modules;

/// How many more executions the second of two counts has than the first: what differs is theirs alone.
const MORE: u64 = 100;

/// Set in the process that is traced.
const TRACED: &str = "HOTMOD_BENCH_TRACED";

/// What is counted, in this order, and how many instructions each executes at most on x86-64, compiled by
/// rustc 1.95 with the release profile. One more is paid by every call of every server. Runs of one build
/// gave a migration 995 to 1,060, so that its bound leaves room. A text and a vector are copied by what the C library
/// has for the processor, and one build of them gave two more on one machine than on another; all else was the same in
/// each. What is converted
/// makes what it passes, and drops it, which is counted too. The first use of a `Lazy` is counted with the call and the lookup
/// that lead to it, beside the migration of a state that is the entry.
const COUNTED: [(&str, u64); 15] = [
    ("bare pointer", 10),
    ("function", 48),
    ("&mut self", 57),
    ("&self", 46),
    ("import", 25),
    ("other module", 96),
    ("text, vector", 524),
    ("migration", 1100),
    ("entry alone", 1300),
    ("first use", 1450),
    ("converted", 480),
    ("page of 10", 580),
    ("page of 10000", 580),
    ("ready at once", 210),
    ("woken once", 600),
];

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    if env::var_os(TRACED).is_some() {
        return traced(modules);
    }
    let child = Command::new(env::current_exe()?)
        .arg("instructions")
        .env(TRACED, "1")
        .spawn()?;
    let child = Pid::from_raw(i32::try_from(child.id())?);
    println!("instructions of one call more, and of the migration of one small state more");
    // Where it begins to be traced.
    waitpid(child, None)?;
    let mut too_many = Vec::new();
    for (name, most) in COUNTED {
        let [few, many] = [(); 2].map(|()| {
            until_signal(child, ptrace::cont)?;
            until_signal(child, ptrace::step)
        });
        let each = (many? - few?) / MORE;
        println!("  {name:13} {each:>6}, {most} at most");
        if cfg!(target_arch = "x86_64") && each > most {
            too_many.push(name);
        }
    }
    println!();
    ptrace::kill(child)?;
    if !too_many.is_empty() {
        return Err(format!("more instructions than there were: {}", too_many.join(", ")).into());
    }
    Ok(())
}

/// Lets the process go on until it sends itself the signal that marks a beginning and an end, and says
/// how often it was stopped before.
fn until_signal(
    child: Pid,
    go_on: fn(Pid, Option<Signal>) -> nix::Result<()>,
) -> Result<u64, Failure> {
    let mut stops = 0;
    let mut pass_on = None;
    loop {
        go_on(child, pass_on.take())?;
        match waitpid(child, None)? {
            WaitStatus::Stopped(_, Signal::SIGUSR1) => return Ok(stops),
            WaitStatus::Stopped(_, Signal::SIGTRAP) => {}
            WaitStatus::Stopped(_, other) => pass_on = Some(other),
            ended => return Err(format!("what is counted ended early: {ended:?}").into()),
        }
        stops += 1;
    }
}

/// Executes what is counted, once each.
fn traced(modules: &Modules) -> Result<(), Failure> {
    let file = modules.file("bench-calls");
    let host = Host::builder()
        .provide("add", |a: u32, b: u32| a.wrapping_add(b))
        .provide("measure", |text: &str, values: Vec<u32>| {
            (text.len() + values.len()) as u64
        })
        .build()?;
    let module = host.load::<dyn Calls>(file)?;
    let function = module.function::<fn(u32, u32) -> u32>("add")?;
    let mut instance = module.create("")?;
    // SAFETY: the module's constructors do nothing.
    let library = unsafe { Library::new(file) }?;
    // SAFETY: this is its type.
    let bare: Symbol<extern "C" fn(u32, u32) -> u32> = unsafe { library.get("bare_add") }?;
    let bare = *bare;
    let importing = host.load_untyped(modules.file("bench-imports"))?;
    let added = importing.function::<fn(u32) -> u32>("added")?;
    let using = host.load_untyped(modules.file("bench-users"))?;
    let passed_on = using.function::<fn(u32) -> u32>("added")?;
    let measured = importing.function::<fn(u32) -> u64>("measured")?;
    let converting = host.load_untyped(modules.file("bench-converted"))?;
    let order = converting.function::<fn(Order) -> u64>("order")?;
    let turn = converting.function::<fn(Page) -> Page>("page")?;
    let outdated = |number: u64| -> Result<_, Failure> {
        let table = host.load::<dyn Kept>(modules.file("bench-table-1"))?;
        let tables = (0..number).map(|_| table.create("1000"));
        let tables: Vec<Instance<dyn Kept>> = tables.collect::<Result<_, _>>()?;
        table.update(modules.file("bench-table-2"))?;
        Ok(tables)
    };
    let mut tables = outdated(MORE + 2)?;
    let mut left = tables.iter_mut();

    ptrace::traceme()?;
    raise(Signal::SIGSTOP)?;
    count(|times| {
        (0..times)
            .map(|i| bare(black_box(1), i))
            .fold(0, u32::wrapping_add)
    })?;
    count(|times| {
        let add = |i| function.call(black_box(1), i).unwrap_or_default();
        (0..times).map(add).fold(0, u32::wrapping_add)
    })?;
    count(|times| {
        let add = |i| instance.add_exclusive(black_box(1), i).unwrap_or_default();
        (0..times).map(add).fold(0, u32::wrapping_add)
    })?;
    count(|times| {
        let add = |i| instance.add_shared(black_box(1), i).unwrap_or_default();
        (0..times).map(add).fold(0, u32::wrapping_add)
    })?;
    count(|times| added.call(times).unwrap_or_default())?;
    count(|times| passed_on.call(times).unwrap_or_default())?;
    count(|times| measured.call(times).unwrap_or_default())?;
    count(|times| {
        let left = left.by_ref().take(times as usize);
        left.filter_map(|table| table.migrate().ok()).count()
    })?;
    // Made only here, so that the memory of what is counted above is as it was.
    let mut entries = lone_entries(modules, MORE + 2)?;
    let mut alone = entries.iter_mut();
    let shelves = lone_lazies(modules, MORE + 2)?;
    let mut unused = shelves.iter();
    count(|times| {
        let left = alone.by_ref().take(times as usize);
        left.filter_map(|entry| entry.migrate().ok()).count()
    })?;
    count(|times| {
        let left = unused.by_ref().take(times as usize);
        left.filter_map(|it| it.use_each_lazy().ok()).sum::<u64>()
    })?;
    count(|times| {
        let orders = (0..times).map(|i| order.call(Order::new(u64::from(i))));
        orders.map(|sum| sum.unwrap_or_default()).sum::<u64>()
    })?;
    for len in [10, 10_000] {
        let items = (0..len).map(|id| Item {
            id,
            name: String::new(),
        });
        let mut page = Page {
            items: items.collect(),
        };
        count(|times| {
            for _ in 0..times {
                let empty = Page { items: Vec::new() };
                page = turn
                    .call(std::mem::replace(&mut page, empty))
                    .expect("a page");
            }
        })?;
        if page.items.iter().map(|item| item.id).sum::<u64>() != len * (len - 1) / 2 {
            return Err("the page is another".into());
        }
    }
    let at_once = module.async_function::<fn(u32, u32) -> u32>("add_at_once")?;
    let after = module.async_function::<fn(u32, u32, u32) -> u32>("add_after")?;
    let mut context = Context::from_waker(Waker::noop());
    count(|times| {
        let add = |i| ready(&mut context, at_once.call(black_box(1), i));
        (0..times).map(add).fold(0, u32::wrapping_add)
    })?;
    count(|times| {
        let add = |i| ready(&mut context, after.call(1, black_box(1), i));
        (0..times).map(add).fold(0, u32::wrapping_add)
    })?;
    Ok(())
}

/// What a call is ready with, polled until then.
fn ready<E>(context: &mut Context<'_>, call: impl Future<Output = Result<u32, E>>) -> u32 {
    let mut call = pin!(call);
    loop {
        if let Poll::Ready(result) = call.as_mut().poll(context) {
            return result.unwrap_or_default();
        }
    }
}

/// So many states that are one entry, and have not followed an update yet.
fn lone_entries(modules: &Modules, number: u64) -> Result<Vec<Instance<dyn Kept>>, Failure> {
    let host = Host::builder().build()?;
    let module = host.load::<dyn Kept>(modules.file("bench-lazy-1"))?;
    let entries = (0..number).map(|_| module.create("1000"));
    let entries = entries.collect::<Result<_, _>>()?;
    module.update(modules.file("bench-lazy-2"))?;
    Ok(entries)
}

/// So many states with one `Lazy`, whose values have not followed an update yet.
fn lone_lazies(modules: &Modules, number: u64) -> Result<Vec<Instance<dyn Lazies>>, Failure> {
    let host = Host::builder().build()?;
    let module = host.load::<dyn Lazies>(modules.file("bench-lazy-1"))?;
    let mut shelves = Vec::new();
    for _ in 0..number {
        let mut shelf = module.create("")?;
        shelf.fill_lazy(1)?;
        shelves.push(shelf);
    }
    module.update(modules.file("bench-lazy-2"))?;
    shelves.iter_mut().try_for_each(Instance::migrate)?;
    Ok(shelves)
}

/// Executes something once, uncounted, for all that happens once; then has one execution counted, and
/// [`MORE`] than one.
#[inline(never)]
fn count<R>(mut what: impl FnMut(u32) -> R) -> Result<(), Failure> {
    black_box(what(black_box(1)));
    for times in [1, 1 + MORE] {
        raise(Signal::SIGUSR1)?;
        black_box(what(black_box(times as u32)));
        raise(Signal::SIGUSR1)?;
    }
    Ok(())
}
