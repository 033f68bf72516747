//! What one side makes the other frees, through the host's allocator and no other.
//!
//! This host's allocator marks every block and ends the process at the first that is not its own.
//! It counts for each thread by itself, so that tests do not disturb each other.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::LazyLock;

use hotmod_host::{Host, Module, ShadowOptions};
use hotmod_tests::fixture::{self, BASE, Built, Family};
use hotmod_tests::interfaces::calls::{Depot, Parcel, Verdict};
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::interfaces::pricing::{Item, Tier};
use hotmod_tests::interfaces::relay::Desk;
use hotmod_tests::relay;

/// Keeps a mark and the layout before every block.
struct Marked;

#[global_allocator]
static ALLOCATOR: Marked = Marked;

#[repr(C)]
struct Mark {
    /// [`OURS`], mixed with the block's address: a copy of a mark is none.
    mark: usize,
    size: usize,
    align: usize,
}

const OURS: usize = 0x686f_746d_6f64_2121;

thread_local! {
    /// Bytes that this thread has taken and not given back.
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: usize, sign: i64) {
    let bytes = i64::try_from(bytes).expect("a block below the limit of `Layout`");
    LIVE.set(LIVE.get() + sign * bytes);
}

impl Marked {
    /// How far into the system's block the user's starts.
    fn room(align: usize) -> usize {
        size_of::<Mark>().next_multiple_of(align.max(align_of::<Mark>()))
    }

    fn whole(layout: Layout) -> Option<Layout> {
        let size = layout.size().checked_add(Self::room(layout.align()))?;
        Layout::from_size_align(size, layout.align().max(align_of::<Mark>())).ok()
    }

    fn mark(block: *mut u8) -> *mut Mark {
        block.cast::<Mark>().wrapping_sub(1)
    }

    /// Whether a block came from here with this layout.
    ///
    /// # Safety
    ///
    /// The bytes before the block can be read.
    unsafe fn is_ours(block: *mut u8, layout: Layout) -> bool {
        // SAFETY: the caller says so; a mark that is none may be any bytes.
        let mark = unsafe { Self::mark(block).read_unaligned() };
        mark.mark == OURS ^ block.addr()
            && mark.size == layout.size()
            && mark.align == layout.align()
    }
}

// SAFETY: forwards to the system's allocator, with room for a mark before each block that keeps the
// block's alignment.
unsafe impl GlobalAlloc for Marked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(whole) = Self::whole(layout) else {
            return std::ptr::null_mut();
        };
        // SAFETY: the layout is not empty.
        let start = unsafe { System.alloc(whole) };
        if start.is_null() {
            return start;
        }
        // SAFETY: the room is part of the block.
        let block = unsafe { start.add(Self::room(layout.align())) };
        let mark = Mark {
            mark: OURS ^ block.addr(),
            size: layout.size(),
            align: layout.align(),
        };
        // SAFETY: the room before the block holds a mark, aligned as the block is.
        unsafe { Self::mark(block).write(mark) };
        count(layout.size(), 1);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: a block of any allocator has bytes of its heap before it.
        if !unsafe { Self::is_ours(block, layout) } {
            std::process::abort();
        }
        count(layout.size(), -1);
        // SAFETY: the mark is in the block's room. It is wiped, so that a second free is found.
        unsafe { Self::mark(block).cast::<usize>().write(0) };
        let whole = Self::whole(layout).expect("the layout of a block");
        // SAFETY: `alloc` made the block so far into one of this layout.
        let start = unsafe { block.sub(Self::room(layout.align())) };
        // SAFETY: as above.
        unsafe { System.dealloc(start, whole) };
    }
}

static CALLS: LazyLock<std::path::PathBuf> = LazyLock::new(|| fixture::build("calls"));
static COUNTER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .variant("second", &[("\"first\"", "\"second\"")])
        .build()
});
static PRICING: LazyLock<Built> = LazyLock::new(|| {
    Family::new("pricing")
        .package("pricing-ownership")
        .variant("same", &[("\"1.0.0\"", "\"2.0.0\"")])
        .build()
});

fn depot() -> Module<dyn Depot> {
    let host = Host::builder().build().expect("a host");
    host.load::<dyn Depot>(&*CALLS)
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn parcel() -> Parcel {
    Parcel {
        label: "für Ada".to_owned(),
        weights: vec![1, 2, 3],
        routes: HashMap::from([("north".to_owned(), vec!["a".to_owned()])]),
        sealed: false,
    }
}

/// Checks that, after the first times, acting again leaves nothing behind.
fn leaves_nothing(mut act: impl FnMut()) {
    for _ in 0..3 {
        act();
    }
    let before = LIVE.get();
    for _ in 0..20 {
        act();
    }
    assert_eq!(LIVE.get() - before, 0, "bytes left over");
}

#[test]
fn a_block_of_another_allocator_is_told_apart() {
    let layout = Layout::new::<[usize; 8]>();
    // SAFETY: the layout is not empty.
    let block = unsafe { System.alloc(layout) };
    // SAFETY: the middle of the block has bytes before it.
    let middle = unsafe { block.add(32) };
    // SAFETY: these are the bytes that `is_ours` reads; they were not written yet.
    unsafe { block.write_bytes(0xa5, 32) };
    // SAFETY: as above.
    assert!(!unsafe { Marked::is_ours(middle, layout) });
    // SAFETY: the block and its layout.
    unsafe { System.dealloc(block, layout) };

    let ours = Box::into_raw(Box::new([7_usize; 8]));
    // SAFETY: a mark lies before every block of this process's allocator.
    assert!(unsafe { Marked::is_ours(ours.cast(), layout) });
    // SAFETY: the pointer that `into_raw` gave.
    drop(unsafe { Box::from_raw(ours) });

    let before = LIVE.get();
    let leaked = vec![1_u8; 1000];
    assert_eq!(LIVE.get() - before, 1000);
    drop(leaked);
    assert_eq!(LIVE.get(), before);
}

#[test]
fn values_that_pass_through_are_freed_where_they_end() {
    let depot = depot();
    macro_rules! echo {
        ($($name:literal as $ty:ty = $value:expr;)*) => {$({
            let echo = depot.function::<fn($ty) -> $ty>($name).expect("the export");
            leaves_nothing(|| drop(echo.call($value).expect("a call")));
        })*};
    }
    let text = |text: &str| text.to_owned();
    echo! {
        "echo_text" as String = text("für Ada");
        "echo_texts" as Vec<String> = vec![text("a"), String::new(), text("b")];
        "echo_numbers" as Vec<u16> = Vec::with_capacity(100);
        "echo_nested" as Vec<Vec<Option<String>>> = vec![vec![Some(text("x")), None], vec![]];
        "echo_result" as Result<Vec<String>, String> = Err(text("no"));
        "echo_tuple" as (u8, u64, char, (String, Option<i8>), Vec<(u8, String)>) =
            (1, 2, 'c', (text("d"), Some(-1)), vec![(5, text("e"))]);
        "echo_boxed" as Box<Parcel> = Box::new(parcel());
        "echo_boxed_text" as Box<String> = Box::new(text("x"));
        "echo_parcels" as Vec<Parcel> = vec![parcel(), Parcel::default()];
        "echo_verdict" as Verdict = Verdict::Returned(Box::new(Verdict::Lost));
        "echo_map" as HashMap<String, Vec<u8>> = HashMap::from([(text("a"), vec![1, 2])]);
    }
}

#[test]
fn what_the_host_makes_the_module_frees() {
    let depot = depot();
    leaves_nothing(|| {
        let mut shelf = depot.create("").expect("a shelf");
        for _ in 0..10 {
            shelf.put(parcel()).expect("a call");
        }
    });
}

#[test]
fn what_the_module_makes_the_host_frees() {
    let depot = depot();
    let mut shelf = depot.create("").expect("a shelf");
    shelf.put(parcel()).expect("a call");
    let upper = depot
        .function::<fn(&str) -> String>("upper")
        .expect("the export");
    leaves_nothing(|| {
        assert_eq!(shelf.parcels().expect("a call"), [parcel()]);
        assert_eq!(upper.call("ada").expect("a call"), "ADA");
    });
}

/// Each side makes the other's blocks larger.
#[test]
fn a_list_grows_on_both_sides() {
    let depot = depot();
    let append = depot
        .function::<fn(&mut Vec<String>, &str) -> usize>("append")
        .expect("the export");
    let replace = depot
        .function::<fn(&mut Parcel, Parcel) -> Parcel>("replace")
        .expect("the export");
    let shelf = depot.create("").expect("a shelf");
    leaves_nothing(|| {
        let mut list = vec!["here".to_owned()];
        for _ in 0..20 {
            append.call(&mut list, "there").expect("a call");
            list.push("here again".to_owned());
        }
        list.shrink_to_fit();
        append.call(&mut list, "the last").expect("a call");
        assert_eq!(list.len(), 42);

        let mut place = parcel();
        shelf.relabel(&mut place, "for Bob").expect("a call");
        place.weights.push(9);
        place.routes.clear();
        let before = replace.call(&mut place, parcel()).expect("a call");
        assert_eq!(before.weights, [1, 2, 3, 7, 9]);
    });
}

#[test]
fn a_panic_leaves_nothing() {
    let depot = depot();
    let panic = depot
        .function::<fn(&str)>("panic_with_text")
        .expect("the export");
    let mut shelf = depot.create("").expect("a shelf");
    leaves_nothing(|| {
        panic.call("a text of some length").expect_err("a panic");
        shelf.panic_after_counting("again").expect_err("a panic");
        depot.create("refuse").expect_err("no room");
        depot.create("panic").expect_err("a panic");
    });
}

#[test]
fn state_outlives_the_version_that_made_it() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Counter>(COUNTER.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    // What an update itself keeps is the host's record of it, not a value that passed; and so is the
    // route of states, which the first state on it works out.
    let recorded = Cell::new(0);
    let first = RefCell::new(module.create("").expect("a counter"));
    let update = |file: &str| {
        let before = LIVE.get();
        module.update(COUNTER.file(file)).expect("an update");
        first.borrow_mut().migrate().expect("a way");
        recorded.set(recorded.get() + LIVE.get() - before);
    };
    let act = || {
        let mut count = module.create("").expect("a counter");
        count.keep("made by one".to_owned()).expect("a call");
        update("second");
        count.keep("made by the other".to_owned()).expect("a call");
        assert_eq!(count.code().expect("a call"), "second");
        update(BASE);
        count.next().expect("a call");
        assert_eq!(count.kept().expect("a call").len(), 2);
    };
    act();
    recorded.set(0);
    let before = LIVE.get();
    for _ in 0..20 {
        act();
    }
    assert_eq!(LIVE.get() - before - recorded.get(), 0, "bytes left over");
}

/// The candidate works on copies, and gives back what it was lent.
#[test]
fn a_shadow_leaves_nothing() {
    let host = Host::builder().build().expect("a host");
    let module = host.load_untyped(PRICING.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let item = |name: &str, price| Item {
        name: name.to_owned(),
        price,
    };
    let label = module
        .function::<fn(&str, Vec<String>, Option<Tier>) -> String>("label")
        .expect("the export");
    let cheapest = module
        .function::<fn(Vec<Item>) -> Result<Item, String>>("cheapest")
        .expect("the export");
    let total = module
        .function::<fn(&[Item], u32) -> u32>("total")
        .expect("the export");
    let shadow = module.shadow(PRICING.file("same"), ShadowOptions::every(1));
    let shadow = shadow.unwrap_or_else(|refusal| panic!("{refusal}"));
    leaves_nothing(|| {
        let tags = vec!["a".to_owned(), "für Ada".to_owned()];
        let text = label.call("ada", tags, Some(Tier::Plain)).expect("a call");
        assert_eq!(text, "ada [\"a\", \"für Ada\"] Some(Plain)");
        let items = vec![item("hat", 30), item("glove", 12)];
        assert_eq!(total.call(&items, 2).expect("a call"), 40);
        total.call(&items, 43).expect_err("a panic in both");
        let chosen = cheapest.call(items).expect("a call");
        assert_eq!(chosen, Ok(item("glove", 12)));
        cheapest.call(vec![]).expect("a call").expect_err("nothing");
    });
    let report = shadow.abort();
    assert_eq!((report.compared, report.differing), (23 * 5, 0));
}

/// What a state holds is counted while it lives.
#[test]
fn the_memory_of_a_module_is_counted() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Counter>(COUNTER.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    // What the first call of each kind leaves in the module stays there.
    drop(module.create("").expect("a counter"));
    let before = module.memory();
    let mut count = module.create("").expect("a counter");
    let made = module.memory();
    assert!(made > before);
    for _ in 0..10 {
        count.next().expect("a call");
    }
    assert_eq!(module.memory(), made);
    // The list is the module's; the texts in it are the host's.
    for _ in 0..1000 {
        count.keep(String::new()).expect("a call");
    }
    let list = module.memory() - made;
    assert!(list >= 24_000, "{list}");
    drop(count);
    assert_eq!(module.memory(), before);
}

#[test]
fn what_passes_through_an_import_is_freed_where_it_ends() {
    let host = relay::builder(|_| {})
        .provide("fail", |text: &str| -> u32 {
            // Without the panic hook, which would print: the test would keep that text.
            std::panic::resume_unwind(Box::new(text.to_owned()))
        })
        .build()
        .expect("a host");
    let module = host.load::<dyn Desk>(fixture::build("relay"));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let all = host.module("relay").expect("the relay");
    let everything = all
        .function::<fn() -> Vec<String>>("everything")
        .expect("the export");
    leaves_nothing(|| drop(everything.call().expect("a call")));
    let relay = all
        .function::<fn(u32, Vec<String>) -> Vec<String>>("relay")
        .expect("the export");
    leaves_nothing(|| {
        let trail = relay.call(1, vec!["on the way".to_owned()]);
        drop(trail.expect("a call"));
    });
    // What was passed to a function that panics is freed too, and so is the panic.
    let failing = all
        .function::<fn(&str) -> u32>("failing")
        .expect("the export");
    leaves_nothing(|| drop(failing.call("no").expect_err("a panic")));
    let caught = all
        .function::<fn(String) -> String>("caught")
        .expect("the export");
    leaves_nothing(|| drop(caught.call("no".to_owned()).expect("a call")));
    leaves_nothing(|| {
        let mut desk = module.create("a desk").expect("a desk");
        desk.pass("ada").expect("a call");
    });
}
