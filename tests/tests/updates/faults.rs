//! What a module or its host may do wrong during an update, and what goes on all the same.

use hotmod_host::{Instance, Pool};
use hotmod_tests::ledger::{create, ledger, roll_back, update};

use super::*;

fn armed(module: &Module<dyn Ledger>) -> Instance<dyn Ledger> {
    let mut ledger = create(module);
    ledger.book(7).expect("a call");
    ledger.arm().expect("a call");
    ledger
}

#[test]
fn a_panic_after_migrating_abandons_the_migration() {
    let module = ledger();
    let (mut rich, mut poor) = (create(&module), create(&module));
    rich.book(1000).expect("a call");
    poor.book(1).expect("a call");
    update(&module, "suspicious");
    for booked in 2..4 {
        let sum = rich.book(1).expect("a call");
        assert_eq!((sum.code, sum.booked, sum.in_order), (1, booked, true));
        let stuck = rich.stuck().expect("a reason");
        assert!(stuck.reason.contains("too good to be true"), "{stuck}");
    }
    assert_eq!(poor.book(1).expect("a call").code, 3);
    roll_back(&module);
    assert_eq!(rich.book(1).expect("a call").code, 1);
    assert!(rich.stuck().is_none());
}

#[test]
fn a_destructor_that_panics_at_the_end_of_a_migration_is_survived() {
    let module = ledger();
    let mut ledger = armed(&module);
    update(&module, "without-seal");
    let sum = ledger.book(3).expect("a call");
    assert_eq!((sum.code, sum.booked, sum.total), (4, 2, 10));
    assert!(sum.in_order && ledger.stuck().is_none());
    assert_eq!(ledger.version(), "3.0.0");
}

#[test]
fn a_destructor_that_panics_with_its_instance_is_survived() {
    let module = ledger();
    drop(armed(&module));
    let moved = armed(&module);
    update(&module, "second");
    drop(moved);
    assert_eq!(create(&module).book(1).expect("a call").code, 2);
}

#[test]
fn a_destructor_that_panics_with_its_pool_is_survived() {
    let module = ledger();
    let pool: Pool<u64, dyn Ledger> = module.pool();
    let create_pooled = |key| pool.create(key, "ada").expect("an instance");
    create_pooled(0);
    // Both versions have allocated what they allocate once.
    update(&module, "second");
    // So has this thread, which notes something of a panic.
    create_pooled(20);
    let armed = pool.call(&20, |ledger| ledger.arm());
    armed.expect("a call");
    drop(pool.remove(&20).expect("the instance"));
    let one = module.memory();
    for key in 1..20 {
        create_pooled(key);
    }
    for key in (1..20).step_by(3) {
        let armed = pool.call(&key, |ledger| ledger.arm());
        armed.expect("a call");
    }
    for key in (1..20).skip(1).step_by(3) {
        drop(pool.remove(&key).expect("the instance"));
    }
    drop(pool);
    let left = module.memory();
    assert!(
        left < one,
        "the others are dropped: {one} bytes, then {left}"
    );
    assert_eq!(create(&module).book(1).expect("a call").code, 2);
}

#[test]
fn an_update_from_inside_a_call_is_for_the_next() {
    let module = ledger();
    let mut ledger = create(&module);
    let (sender, receiver) = mpsc::channel();
    let stays = Inside::new("inside", move |gate| {
        let code = ledger.stay(gate).expect("a call");
        sender.send(ledger).expect("the test waits");
        code
    });
    update(&module, "grown");
    assert_eq!(code(&module), 3);
    assert!(stays.is_inside());
    assert_eq!(stays.let_on(), 1);
    let mut ledger = receiver.recv().expect("the instance");
    assert_eq!(ledger.version(), "1.0.0");
    assert_eq!(ledger.book(1).expect("a call").code, 3);
}

#[test]
fn calls_and_handles_outlive_the_host() {
    let host = host();
    let module = load(&host, BASE);
    let (looked_at, mut kept) = (create(&module), create(&module));
    let clerk = waits("clerk", &module);
    let looks = Inside::new("reader", move |gate| looked_at.look(gate).expect("a call"));
    let wait = wait(&module);
    update(&module, "second");
    drop(host);
    assert_eq!(kept.book(1).expect("a call").code, 2);
    update(&module, "grown");
    drop(module);
    assert!(clerk.is_inside() && looks.is_inside());
    assert_eq!((clerk.let_on(), looks.let_on()), (1, 1));
    assert_eq!(kept.book(1).expect("a call").code, 3);
    let again = Inside::new("clerk", move |gate| wait.call(gate).expect("a call"));
    assert_eq!(again.let_on(), 3);
}
