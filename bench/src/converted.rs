//! Calls that pass what host and module know in different forms, against the same with one form, and
//! against the conversion by hand.

use std::hint::black_box;

use hotmod::StableState;
use hotmod_host::Host;

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

const CALLS: u32 = 2_000;
const ROUNDS: usize = 201;
const MANY: u64 = 1_000;

/// A type of ten fields, and how one is made.
macro_rules! ten_fields {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, StableState)]
        pub(crate) struct $name {
            id: u64,
            buyer: String,
            item: u32,
            count: u32,
            price: u64,
            tax: u64,
            paid: bool,
            sent: bool,
            at: u64,
            weight: f64,
        }

        impl $name {
            pub(crate) fn new(id: u64) -> Self {
                $name {
                    id,
                    buyer: "Ada Lovelace".to_owned(),
                    item: 7,
                    count: 3,
                    price: 1_200,
                    tax: 228,
                    paid: true,
                    sent: false,
                    at: 1_815,
                    weight: 0.5,
                }
            }
        }
    )*};
}

ten_fields! {
    /// The module knows a field more.
    Order,
    /// The module knows the same.
    Receipt
}

/// What both know alike.
#[derive(StableState)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) name: String,
}

/// Many of them; the module knows a field more.
#[derive(StableState)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
}

/// As the module knows an order.
#[allow(dead_code, reason = "what is made is dropped")]
struct Grown {
    channel: u32,
    id: u64,
    buyer: String,
    item: u32,
    count: u32,
    price: u64,
    tax: u64,
    paid: bool,
    sent: bool,
    at: u64,
    weight: f64,
}

impl From<Order> for Grown {
    fn from(order: Order) -> Self {
        Grown {
            channel: 0,
            id: order.id,
            buyer: order.buyer,
            item: order.item,
            count: order.count,
            price: order.price,
            tax: order.tax,
            paid: order.paid,
            sent: order.sent,
            at: order.at,
            weight: order.weight,
        }
    }
}

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    let host = Host::builder().build()?;
    let module = host.load_untyped(modules.file("bench-converted"))?;
    let order = module.function::<fn(Order) -> u64>("order")?;
    let receipt = module.function::<fn(Receipt) -> u64>("receipt")?;
    let orders = module.function::<fn(Vec<Order>) -> u64>("orders")?;
    let receipts = module.function::<fn(Vec<Receipt>) -> u64>("receipts")?;

    let mut one: [Times; 2] = Default::default();
    let mut many: [Times; 3] = Default::default();
    for _ in 0..ROUNDS {
        let (same, _) = time(|| (0..CALLS).all(|_| receipt.call(Receipt::new(1)).is_ok()));
        let (converted, done) = time(|| (0..CALLS).all(|_| order.call(Order::new(1)).is_ok()));
        if !done {
            return Err("a call failed".into());
        }
        one[0].add(same / CALLS);
        one[1].add(converted / CALLS);

        let all: Vec<Receipt> = (0..MANY).map(Receipt::new).collect();
        let (same, _) = time(|| receipts.call(all));
        let all: Vec<Order> = (0..MANY).map(Order::new).collect();
        let (converted, sum) = time(|| orders.call(all));
        let all: Vec<Order> = (0..MANY).map(Order::new).collect();
        let (by_hand, _) = time(|| {
            let grown: Vec<Grown> = all.into_iter().map(Grown::from).collect();
            black_box(grown).iter().map(|order| order.id).sum::<u64>()
        });
        if sum? != MANY * (MANY - 1) / 2 {
            return Err("the sum is another".into());
        }
        many[0].add(same);
        many[1].add(by_hand);
        many[2].add(converted);
    }
    println!("a struct of ten fields, to a module that knows eleven");
    println!("  as both know it  {:>8}", shown(one[0].median()));
    println!(
        "  converted        {:>8}, {} ns more",
        shown(one[1].median()),
        one[1].median().as_nanos() as i64 - one[0].median().as_nanos() as i64
    );
    println!("a Vec of {MANY} of them");
    println!("  as both know it  {:>8}", shown(many[0].median()));
    println!("  by hand          {:>8}", shown(many[1].median()));
    println!(
        "  converted        {:>8}, {:.2}× the conversion by hand",
        shown(many[2].median()),
        many[2].over(&many[1])
    );
    println!();
    Ok(())
}
