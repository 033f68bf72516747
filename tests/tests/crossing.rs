//! Large values in calls that are converted: what did not change of them is moved, all others get there and
//! back, and none of them is lost or kept, whatever fits.

use std::collections::HashMap;

use hotmod::StableState;
use hotmod_host::{CallError, Host, Module, Untyped};
use hotmod_tests::fixture::build;

/// How many values cross at once: as many as are asked for, since a million take their time where nothing was
/// optimised. `tests/sanitize.sh` asks for a million.
fn many() -> u64 {
    let asked = std::env::var("HOTMOD_ITEMS").ok();
    asked.and_then(|it| it.parse().ok()).unwrap_or(20_000)
}

#[derive(Clone, Debug, PartialEq, StableState)]
struct Item {
    id: u64,
    name: String,
}

/// The module knows a field more.
#[derive(Debug, PartialEq, StableState)]
struct Page {
    items: Vec<Item>,
    names: HashMap<String, Item>,
    best: Option<Box<Item>>,
}

/// The module knows a field more, and has room for larger numbers.
#[derive(Clone, Debug, PartialEq, StableState)]
struct Order {
    buyer: String,
    count: u32,
    items: Vec<Item>,
}

/// The module knows a field more.
#[derive(Clone, Debug, PartialEq, StableState)]
struct Sheet {
    cells: [u64; 200],
}

fn item(id: u64) -> Item {
    Item {
        id,
        name: format!("item {id}"),
    }
}

fn orders(len: u64) -> Vec<Order> {
    let order = |i| Order {
        buyer: "Ada Lovelace".to_owned(),
        count: 1,
        items: match i % 100 {
            0 => vec![item(i)],
            _ => Vec::new(),
        },
    };
    (0..len).map(order).collect()
}

fn crossing() -> Module<Untyped> {
    let host = Host::builder().build().expect("a host");
    host.load_untyped(build("crossing")).expect("a module")
}

/// Where what a page holds is, and how much room it has.
fn places(page: &Page) -> Vec<usize> {
    let best = page.best.as_deref().expect("an item");
    let names = page.names.values().map(|item| &raw const *item as usize);
    let mut places: Vec<usize> = names.collect();
    places.push(&raw const *best as usize);
    places.extend([page.items.as_ptr() as usize, page.items.capacity()]);
    places.extend(page.items.iter().map(|item| item.name.as_ptr() as usize));
    places
}

#[test]
fn what_did_not_change_is_moved_there_and_back() {
    let module = crossing();
    let turn = module.function::<fn(Page) -> Page>("turn").expect("turn");
    let mut items: Vec<Item> = (0..10_000).map(item).collect();
    items.reserve_exact(7);
    let page = Page {
        items,
        names: (0..100).map(|i| (format!("name {i}"), item(i))).collect(),
        best: Some(Box::new(item(3))),
    };
    let was = places(&page);
    let page = turn.call(page).expect("a page");
    assert!(places(&page) == was, "something was made anew");
    assert_eq!(page.items[9_999], item(9_999));
}

#[test]
fn very_many_get_there_and_back() {
    let (module, many) = (crossing(), many());
    let resell = module.function::<fn(Vec<Order>, u64) -> Vec<Order>>("resell");
    let resell = resell.expect("resell");
    let mut all = resell.call(orders(many), 5).expect("orders");
    assert_eq!(all.pop().map(|order| order.count), Some(5));
    assert!(all == orders(many)[..all.len()]);

    let count = module.function::<fn(&[Order]) -> u64>("count");
    assert_eq!(count.expect("count").call(&all), Ok(many - 1));
    let raise = module.function::<fn(&mut [Order], u64)>("raise");
    raise.expect("raise").call(&mut all, 1).expect("raised");
    let raised = |order: &Order| order.count == 2 && order.buyer == "Ada Lovelace!";
    assert!(all.iter().all(raised));
    assert_eq!(all[100].items, [item(100)]);
}

#[test]
fn of_very_many_one_does_not_fit_and_all_are_given_up() {
    let (module, many) = (crossing(), many());
    let resell = module.function::<fn(Vec<Order>, u64) -> Vec<Order>>("resell");
    let resell = resell.expect("resell");
    let Err(CallError::Unfit(unfit)) = resell.call(orders(many), 1 << 32) else {
        panic!("it fits");
    };
    assert_eq!(unfit.path, format!("() -> [{}].count", many - 1));
    assert!(unfit.ran);

    // What was lent is the caller's, all that fits as the module left it.
    let mut all = orders(many);
    let last = all.len() - 1;
    all[last].buyer = "Grace Hopper".to_owned();
    all[0].count = u32::MAX;
    let raise = module.function::<fn(&mut [Order], u64)>("raise");
    let Err(CallError::Unfit(unfit)) = raise.expect("raise").call(&mut all, 1) else {
        panic!("it fits");
    };
    assert_eq!(unfit.path, "(orders)[0].count");
    assert_eq!(all[last].buyer, "Grace Hopper!");
    assert_eq!((all[0].count, all[last].count), (u32::MAX, 2));
}

#[test]
fn what_is_too_large_for_the_stack_passes_in_a_block_of_its_own() {
    let module = crossing();
    let fill = module.function::<fn(&mut Sheet, &Sheet, Sheet) -> Sheet>("fill");
    let fill = fill.expect("fill");
    let cells = |number| Sheet {
        cells: [number; 200],
    };
    let mut sheet = cells(1);
    let first = fill.call(&mut sheet, &cells(10), cells(100));
    assert_eq!(first, Ok(cells(100)));
    assert_eq!(sheet.cells[198..], [1, 11]);

    let raise = module.function::<fn(&mut Order, &Order, Sheet) -> u64>("raise_one");
    let raise = raise.expect("raise_one");
    let mut order = orders(1).remove(0);
    let like = order.clone();
    assert_eq!(raise.call(&mut order, &like, cells(40)), Ok(7));
    assert_eq!((order.count, order.items.len()), (42, 2));
    assert_eq!((like.count, like.items), (1, vec![item(0)]));
}

/// A host that knows larger numbers, and owns what the module is lent.
mod wide {
    use hotmod::StableState;

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) struct Item {
        pub(crate) id: u128,
        pub(crate) name: String,
    }
}

#[test]
fn what_is_given_away_is_lent_and_goes_once() {
    let (module, many) = (crossing(), many());
    let count = module.function::<fn(Vec<Order>) -> u64>("count");
    assert_eq!(count.expect("count").call(orders(many)), Ok(many));
    let fill = module.function::<fn(&mut Sheet, Sheet, Sheet) -> Sheet>("fill");
    let cells = |number| Sheet {
        cells: [number; 200],
    };
    let mut sheet = cells(1);
    let first = fill.expect("fill").call(&mut sheet, cells(10), cells(100));
    assert_eq!((first, sheet.cells[199]), (Ok(cells(100)), 11));

    type Tell = fn(Vec<wide::Item>, String, &str) -> String;
    let tell = module.function::<Tell>("tell").expect("tell");
    let wide = |id| wide::Item {
        id,
        name: format!("item {id}"),
    };
    let told = tell.call(vec![wide(1), wide(2)], "a".to_owned(), "b");
    assert_eq!(told, Ok("3 a b".to_owned()));
    let told = tell.call(vec![wide(1)], "panic".to_owned(), "b");
    let Err(CallError::Panicked(panic)) = told else {
        panic!("{told:?}");
    };
    assert_eq!(panic.message, "as asked");
    let told = tell.call(vec![wide(1), wide(1 << 70)], "a".to_owned(), "b");
    let Err(CallError::Unfit(unfit)) = told else {
        panic!("{told:?}");
    };
    assert_eq!((&*unfit.path, unfit.ran), ("(items)[1].id", false));
}
