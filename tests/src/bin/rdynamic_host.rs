//! A host that is linked with `-rdynamic` and defines symbols of the names that a module exports:
//! `rdynamic_host COUNTER CALLS RELAY`.
//!
//! The loader offers them to the module before the module's own. A call that is led to one of them
//! aborts the process.

use std::process::{ExitCode, abort};

use hotmod_host::{CallError, Host};
use hotmod_tests::interfaces::calls::Depot;
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::relay;
use libloading::os::unix::Library;

macro_rules! decoys {
    ($($name:ident)*) => {
        $(
            // SAFETY: the only definition of this name in the host; those of modules are local to
            // them.
            #[unsafe(no_mangle)]
            extern "C" fn $name() {
                eprintln!("a module was led to the host's {}", stringify!($name));
                abort();
            }
        )*

        const DECOYS: &[(&str, extern "C" fn())] = &[$((stringify!($name), $name)),*];
    };
}

decoys! {
    __hotmod_root
    __hotmod_fn_counter_code
    __hotmod_impl_counter_Count_Counter
    __hotmod_init_counter_new_count
    __hotmod_fn_calls_upper
    __hotmod_fn_calls_panic_with_text
    __hotmod_impl_calls_Shelf_Depot
    __hotmod_init_calls_new_shelf
    __hotmod_import_relay_relay_base_note
    __hotmod_import_relay_library_note
}

fn main() -> ExitCode {
    let mut files = std::env::args_os().skip(1);
    let counter = files.next().expect("the counter's file");
    let calls = files.next().expect("the depot's file");
    let file = files.next().expect("the relay's file");

    let this = Library::this();
    for (name, decoy) in DECOYS {
        // SAFETY: a function of this type has this name; it is not called.
        let found = unsafe { this.get::<extern "C" fn()>(*name) }.expect("an offered symbol");
        assert!(std::ptr::fn_addr_eq(*found, *decoy), "{name}");
    }

    let host = Host::builder().build().expect("a host");
    let counter = host.load::<dyn Counter>(counter).expect("the counter");
    let mut count = counter.create("").expect("a counter");
    count.keep("für Ada".to_owned()).expect("a call");
    assert_eq!(count.next().expect("a call"), 1);
    assert_eq!(count.code().expect("a call"), "first");
    let code = counter
        .function::<fn() -> String>("code")
        .expect("the export");
    assert_eq!(code.call().expect("a call"), "first");
    assert_eq!(count.kept().expect("a call"), ["für Ada"]);

    let depot = host.load::<dyn Depot>(calls).expect("the depot");
    let upper = depot
        .function::<fn(&str) -> String>("upper")
        .expect("the export");
    assert_eq!(upper.call("ada").expect("a call"), "ADA");
    let panic = depot
        .function::<fn(&str)>("panic_with_text")
        .expect("the export");
    match panic.call("text").expect_err("a panic") {
        CallError::Panicked(panicked) => assert_eq!(panicked.message, "it was text"),
        other => panic!("{other}"),
    }
    let mut shelf = depot.create("").expect("a shelf");
    shelf.panic_after_counting("dropped").expect_err("a panic");
    assert_eq!(shelf.count().expect("a call"), 1);

    let host = relay::builder(|text| assert_eq!(text, "updating"));
    let host = host.build().expect("a host");
    let module = host.load_untyped(file).expect("the relay");
    let code = module
        .function::<fn() -> String>("code_after_note")
        .expect("the export");
    assert_eq!(code.call().expect("a call"), "first first");
    println!("all symbols were the module's own");
    ExitCode::SUCCESS
}
