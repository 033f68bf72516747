//! Values of this program's own types, written, decoded and built again: also of bytes that were never written.

mod carried;
mod hostile;
mod made_up;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::marker::PhantomData;
use std::num::{NonZero, NonZeroI16};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use hotmod::StableState;
use hotmod::describe::{Description, ImplementedInterface, Type, decode};
use hotmod::state::{Registry, expected};
use hotmod_file::LiveValue;
use hotmod_file::plan::Plan;
use hotmod_file::snapshot::shown::shown_whole;
use proptest::prelude::*;

use super::decode::Decoded;
use super::tables::DecodedTables;
use super::write::ValueWriter;
use crate::forever::forever;
use crate::image::exports::Exports;
use crate::image::memory::Memory;
use crate::migrate::Restoring;
use crate::migrate::at::At;

#[derive(StableState, Debug, PartialEq, Clone)]
struct World {
    name: String,
    flat: Vec<Flat>,
    keyed: HashMap<u32, Flat>,
    texts: BTreeMap<String, Vec<String>>,
    numbers: BTreeSet<i64>,
    queue: VecDeque<(u8, char)>,
    shape: Shape,
    shapes: Vec<Shape>,
    maybe: Option<Option<u8>>,
    pair: [u16; 3],
    texts_of_two: [String; 2],
    huge: i128,
    spent: std::ops::RangeInclusive<u8>,
    length: Duration,
    tree: Tree,
    nothing: Vec<()>,
    one: (u8,),
    records: Vec<Record>,
}

/// What has a column of every kind.
#[derive(StableState, Debug, PartialEq, Clone)]
struct Record {
    id: u64,
    name: String,
    rows: Vec<Flat>,
    weight: f64,
    tags: BTreeMap<String, Vec<u16>>,
    shape: Shape,
    of_several: (bool, [String; 2], VecDeque<u8>),
    known: BTreeSet<(u8, String)>,
    huge: u128,
    unit: (),
    tree: Vec<Tree>,
}

#[derive(StableState, Debug, PartialEq, Clone, Copy)]
struct Flat {
    a: u8,
    b: i64,
    c: f32,
    d: bool,
    e: NonZeroI16,
    f: Small,
}

#[derive(StableState, Debug, PartialEq, Clone, Copy)]
struct Small {
    letter: char,
    order: std::cmp::Ordering,
    row: [i16; 2],
}

#[derive(StableState, Debug, PartialEq, Clone)]
enum Shape {
    Point,
    Circle(u64),
    Text { of: String, at: (i8, i8) },
}

#[derive(StableState, Debug, PartialEq, Clone)]
struct Tree {
    leaf: u8,
    kids: Vec<Tree>,
    left: Option<Box<Tree>>,
}

#[derive(StableState)]
struct Owners {
    first: Arc<Item>,
    again: Arc<Item>,
    weak: Weak<Item>,
    lost: Weak<Item>,
    texts: Arc<[String]>,
    locked: Mutex<Vec<u8>>,
}

#[derive(StableState)]
struct Item {
    name: String,
    around: Mutex<Weak<Item>>,
}

#[derive(StableState, Debug)]
struct Many(Vec<Option<[u64; 32]>>);

#[derive(StableState, Debug)]
struct Empty(Vec<()>);

#[derive(StableState, Debug, PartialEq)]
struct Records(Vec<Record>);

#[derive(StableState, Debug, PartialEq, Clone)]
struct Floats(Vec<f64>);

/// How values of a type are written, decoded and built again, all by this program's own code.
struct Own<T> {
    exports: Exports,
    ty: Type,
    tables: &'static DecodedTables,
    restoring: Restoring,
    memory: &'static Memory,
    of: PhantomData<T>,
}

impl<T: StableState> Own<T> {
    fn new() -> Self {
        let mut types = Registry::default();
        T::register(&mut types);
        let section = expected::section(&types);
        let toolchain = hotmod::root::toolchain();
        let mut now = decode::decode(&section, &toolchain).expect("a description");
        let ty = Type::from(&T::TYPE);
        let of = |ty: &Type| ImplementedInterface {
            symbol: String::new(),
            state: ty.clone(),
            methods: Vec::new(),
        };
        now.implementations.insert("It".to_owned(), of(&ty));
        let tables =
            DecodedTables::of(&now, (&section, true), &[]).expect("types that lie somewhere");
        let was: Description = tables.layouts.described(&now);
        let plan = Plan::new(&was, &now);
        assert!(
            plan.differences.iter().all(|it| !it.rule.refuses()),
            "{:?}",
            plan.differences
        );
        let step = plan.step(&ty).expect("a step");
        let memory = forever(Memory::default());
        let form = tables.layouts.forms.place(&ty).expect("a form");
        let exports = Exports::of_host(Arc::new(now));
        let restoring = Restoring::compile(
            (&plan, step),
            (Arc::new(was), &exports),
            (tables.forms[form].operations, T::OPERATIONS),
            ("it", "1.0.0"),
            (memory, NonZero::<usize>::MIN),
        );
        Own {
            restoring: restoring.unwrap_or_else(|_| panic!("tables that fit")),
            exports,
            ty,
            tables,
            memory,
            of: PhantomData,
        }
    }

    fn write(&self, value: &mut T) -> Result<Vec<u8>, String> {
        let writer = ValueWriter::new(&self.exports, &self.ty, T::OPERATIONS, false);
        let mut bytes = Vec::new();
        let at = At::state(NonNull::from(value).cast());
        // SAFETY: the writer is for this type, and the value is lent exclusively.
        let written = unsafe { writer.write(at, None, &mut bytes, None) };
        match written {
            Ok(()) => Ok(bytes),
            Err(error) => Err(format!("{}: {}", error.path(), error.reason())),
        }
    }

    fn restore(&self, bytes: &[u8]) -> Result<T, String> {
        let form = self.tables.layouts.forms.place(&self.ty).expect("a form");
        let decoded = Decoded::new(self.tables, form, bytes).map_err(|it| it.to_string())?;
        // SAFETY: it was decoded by the tables that this was compiled for.
        let made = unsafe { self.restoring.restore(decoded.as_ptr()) };
        let made = made.map_err(|failure| failure.to_string())?;
        // SAFETY: it is a value of this type, and the block is given back without it.
        let value = unsafe { made.cast::<T>().read() };
        // SAFETY: the block was made for it by this memory.
        unsafe { crate::migrate::free(self.memory, T::OPERATIONS, made) };
        Ok(value)
    }
}

fn flat() -> impl Strategy<Value = Flat> {
    let order = prop_oneof![
        Just(std::cmp::Ordering::Less),
        Just(std::cmp::Ordering::Equal),
        Just(std::cmp::Ordering::Greater)
    ];
    let never_zero = any::<i16>().prop_filter_map("nought", NonZeroI16::new);
    let small = (any::<char>(), order, any::<[i16; 2]>());
    let small = small.prop_map(|(letter, order, row)| Small { letter, order, row });
    let float = any::<f32>().prop_filter("not equal to itself", |it| !it.is_nan());
    let all = (
        any::<u8>(),
        any::<i64>(),
        float,
        any::<bool>(),
        never_zero,
        small,
    );
    all.prop_map(|(a, b, c, d, e, f)| Flat { a, b, c, d, e, f })
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Point),
        any::<u64>().prop_map(Shape::Circle),
        (any::<String>(), any::<(i8, i8)>()).prop_map(|(of, at)| Shape::Text { of, at }),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<u8>().prop_map(|leaf| Tree {
        leaf,
        kids: Vec::new(),
        left: None,
    });
    leaf.prop_recursive(4, 16, 3, |inner| {
        let parts = (
            any::<u8>(),
            prop::collection::vec(inner.clone(), 0..3),
            prop::option::of(inner.prop_map(Box::new)),
        );
        parts.prop_map(|(leaf, kids, left)| Tree { leaf, kids, left })
    })
}

fn world() -> impl Strategy<Value = World> {
    let first = (
        any::<String>(),
        prop::collection::vec(flat(), 0..40),
        prop::collection::hash_map(any::<u32>(), flat(), 0..8),
        prop::collection::btree_map(".*", prop::collection::vec(".*", 0..3), 0..4),
        prop::collection::btree_set(any::<i64>(), 0..9),
        prop::collection::vec_deque(any::<(u8, char)>(), 0..9),
        shape(),
        prop::collection::vec(shape(), 0..5),
    );
    let second = (
        any::<Option<Option<u8>>>(),
        any::<[u16; 3]>(),
        any::<[String; 2]>(),
        any::<i128>(),
        range(),
        any::<Duration>(),
        tree(),
        0_usize..5,
        any::<u8>(),
        prop::collection::vec(record(), 0..5),
    );
    (first, second).prop_map(|(first, second)| World {
        name: first.0,
        flat: first.1,
        keyed: first.2,
        texts: first.3,
        numbers: first.4,
        queue: first.5,
        shape: first.6,
        shapes: first.7,
        maybe: second.0,
        pair: second.1,
        texts_of_two: second.2,
        huge: second.3,
        spent: second.4,
        length: second.5,
        tree: second.6,
        nothing: vec![(); second.7],
        one: (second.8,),
        records: second.9,
    })
}

/// One of numbers, which may have been iterated to its end.
fn range() -> impl Strategy<Value = std::ops::RangeInclusive<u8>> {
    any::<(u8, u8, bool)>().prop_map(|(start, end, is_iterated)| {
        let mut range = start..=end;
        if is_iterated {
            range.by_ref().for_each(drop);
        }
        range
    })
}

fn record() -> impl Strategy<Value = Record> {
    let float = any::<f64>().prop_filter("not equal to itself", |it| !it.is_nan());
    let first = (
        any::<u64>(),
        any::<String>(),
        prop::collection::vec(flat(), 0..4),
        float,
        prop::collection::btree_map(".*", any::<Vec<u16>>(), 0..3),
        shape(),
    );
    let second = (
        any::<(bool, [String; 2])>(),
        prop::collection::vec_deque(any::<u8>(), 0..4),
        prop::collection::btree_set(any::<(u8, String)>(), 0..4),
        any::<u128>(),
        prop::collection::vec(tree(), 0..3),
    );
    (first, second).prop_map(|(first, second)| Record {
        id: first.0,
        name: first.1,
        rows: first.2,
        weight: first.3,
        tags: first.4,
        shape: first.5,
        of_several: (second.0.0, second.0.1, second.1),
        known: second.2,
        huge: second.3,
        unit: (),
        tree: second.4,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 200 }))]

    #[test]
    fn made_up_values_are_what_they_were(value in world()) {
        let own = Own::<World>::new();
        let mut given = value.clone();
        let bytes = own.write(&mut given).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&given, &value);
        let restored = own.restore(&bytes).map_err(TestCaseError::fail)?;
        prop_assert_eq!(restored, value);
    }

    /// Whatever the bytes say, there is a value or an error.
    #[test]
    fn bytes_that_were_changed_make_a_value_or_an_error(
        value in world(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let own = Own::<World>::new();
        let mut bytes = own.write(&mut value.clone()).map_err(TestCaseError::fail)?;
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(restored) = own.restore(&bytes) {
            // It is whole: it can be looked at, written down again, and dropped.
            let mut again = restored.clone();
            let bytes = own.write(&mut again).map_err(TestCaseError::fail)?;
            own.restore(&bytes).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn bytes_that_were_made_up_make_a_value_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = Own::<World>::new().restore(&bytes);
        let _ = Own::<Owners>::new().restore(&bytes);
    }
}

fn owners() -> Owners {
    let first = Arc::new_cyclic(|around: &Weak<Item>| Item {
        name: "one".to_owned(),
        around: Mutex::new(around.clone()),
    });
    Owners {
        again: first.clone(),
        weak: Arc::downgrade(&first),
        lost: Weak::new(),
        texts: ["x".to_owned(), String::new()].into(),
        locked: Mutex::new(vec![1, 2]),
        first,
    }
}

#[test]
fn what_is_shared_is_shared_again() {
    let own = Own::<Owners>::new();
    let bytes = own
        .write(&mut owners())
        .expect("a value that can be written");
    let restored = own.restore(&bytes).expect("a value");
    assert!(Arc::ptr_eq(&restored.first, &restored.again));
    assert_eq!(restored.first.name, "one");
    let weak = restored.weak.upgrade().expect("its item");
    assert!(Arc::ptr_eq(&weak, &restored.first));
    let around = weak
        .around
        .lock()
        .expect("a lock")
        .upgrade()
        .expect("itself");
    assert!(Arc::ptr_eq(&around, &restored.first));
    assert!(restored.lost.upgrade().is_none());
    assert_eq!(&*restored.texts, ["x".to_owned(), String::new()]);
    assert_eq!(*restored.locked.lock().expect("a lock"), [1, 2]);
    drop((weak, around));
    assert_eq!(
        (
            Arc::strong_count(&restored.first),
            Arc::weak_count(&restored.first)
        ),
        (2, 2)
    );
}

#[test]
fn what_has_an_owner_outside_is_refused_with_the_way_to_it() {
    let own = Own::<Owners>::new();
    let mut value = owners();
    let outside = value.texts.clone();
    let error = own.write(&mut value).expect_err("an owner outside");
    assert!(
        error.starts_with(".texts: something outside of the state owns"),
        "{error}"
    );
    drop(outside);
    let outside = Arc::new(Item {
        name: String::new(),
        around: Mutex::default(),
    });
    value.lost = Arc::downgrade(&outside);
    let error = own
        .write(&mut value)
        .expect_err("a `Weak` that leads outside");
    assert!(error.starts_with(".lost: something outside"), "{error}");
    drop(outside);
    own.write(&mut value).expect("nothing is outside");
}

#[test]
fn what_fills_several_chunks_is_built_again() {
    let record = |id: u64| Record {
        id,
        name: "n".repeat(id as usize % 7),
        rows: Vec::new(),
        weight: 0.0,
        tags: (0..id % 4)
            .map(|it| (format!("{id} {it}"), vec![it as u16; it as usize]))
            .collect(),
        shape: match id % 3 {
            0 => Shape::Point,
            _ => Shape::Circle(id),
        },
        of_several: (
            id.is_multiple_of(2),
            [String::new(), "b".to_owned()],
            VecDeque::new(),
        ),
        known: (0..id % 3).map(|it| (it as u8, "k".to_owned())).collect(),
        huge: u128::MAX - u128::from(id),
        unit: (),
        // One of them has more items than a chunk.
        tree: (0..if id == 7 { 1000 } else { 1 })
            .map(|leaf| Tree {
                leaf: leaf as u8,
                kids: Vec::new(),
                left: None,
            })
            .collect(),
    };
    let own = Own::<Records>::new();
    for count in [0, 1, 2, 256, 257, 600] {
        let mut value = Records((0..count).map(record).collect());
        let bytes = own.write(&mut value).expect("a value that can be written");
        // It is shown, too.
        let shown = shown_whole(&own.exports.manifest, &own.ty, &bytes);
        let Ok(LiveValue::List(items, 0)) = shown else {
            panic!("{shown:?}")
        };
        let name_of = |item: &LiveValue| match item {
            LiveValue::Struct(fields, 0) => fields[1].1.clone(),
            other => panic!("{other:?}"),
        };
        let names: Vec<LiveValue> = items.iter().map(name_of).collect();
        let expected = value.0.iter().map(|it| LiveValue::Text(it.name.clone()));
        assert_eq!(names, expected.collect::<Vec<_>>());
        assert_eq!(own.restore(&bytes), Ok(value), "{count}");
    }
}

#[test]
fn numbers_that_are_all_short_are_built_again() {
    // In a column, a float may take fewer bytes than alone.
    let own = Own::<Floats>::new();
    for value in [vec![0.0; 1000], vec![0.0, 1.5], vec![2.5]].map(Floats) {
        let bytes = own.write(&mut value.clone()).expect("a value");
        assert_eq!(own.restore(&bytes), Ok(value));
    }
}

#[test]
fn a_few_bytes_cannot_ask_for_much_memory() {
    let own = Own::<Many>::new();
    // So many `None`s, each of a byte, that take 272 times as much in memory.
    let mut bytes = Vec::new();
    hotmod_file::snapshot::encoding::write_varint64(&mut bytes, 1_000_000);
    bytes.extend(std::iter::repeat_n(0, 1_000_000));
    let error = own.restore(&bytes).expect_err("too much");
    assert!(error.contains("a value that takes at most"), "{error}");
    let few = Own::<Empty>::new();
    let mut bytes = Vec::new();
    hotmod_file::snapshot::encoding::write_varint64(&mut bytes, u64::MAX);
    let error = few.restore(&bytes).expect_err("too many");
    assert!(error.contains("at most 16777216 items"), "{error}");
}

#[test]
fn a_deep_value_needs_no_deep_stack() {
    let own = Own::<Tree>::new();
    let mut tree = Tree {
        leaf: 0,
        kids: Vec::new(),
        left: None,
    };
    let depth = if cfg!(miri) { 50 } else { 20_000 };
    for _ in 0..depth {
        tree = Tree {
            leaf: 1,
            kids: Vec::new(),
            left: Some(Box::new(tree)),
        };
    }
    let bytes = own.write(&mut tree).expect("a value that can be written");
    // What is shown of it can be printed, compared and dropped here, too.
    let shown = shown_whole(&own.exports.manifest, &own.ty, &bytes).expect("a tree");
    assert_eq!(hotmod_file::diff(&shown, &shown.clone()), []);
    assert_eq!(shown.to_string().contains("$deep"), depth > 1000);
    let mut restored = own.restore(&bytes).expect("a value");
    let mut found = 0;
    while let Some(left) = restored.left.take() {
        restored = *left;
        found += 1;
    }
    assert_eq!(found, depth);
    while let Some(left) = tree.left.take() {
        tree = *left;
    }
}
