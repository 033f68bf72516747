//! The types of both sides: the second knows more than the first.

use std::collections::{BTreeMap, HashMap, LinkedList, VecDeque};

use hotmod::Describe;
use hotmod::state::Registry;

use super::model::{Made, Model, Random};

macro_rules! made {
    ($($ty:ty = |$random:ident| $value:expr;)*) => {$(
        impl Made for $ty {
            fn made($random: &mut Random) -> Self {
                $value
            }
        }
    )*};
}

/// Structs whose fields are made one after the other.
macro_rules! structs {
    ($($ty:ident { $($field:ident),* })*) => {$(
        impl Made for $ty {
            fn made(random: &mut Random) -> Self {
                $ty { $($field: Made::made(random)),* }
            }
        }
    )*};
}

impl<T: Made> Made for Vec<T> {
    fn made(random: &mut Random) -> Self {
        (0..random.below(4)).map(|_| T::made(random)).collect()
    }
}

impl<T: Made> Made for VecDeque<T> {
    fn made(random: &mut Random) -> Self {
        Vec::made(random).into()
    }
}

impl<T: Made> Made for LinkedList<T> {
    fn made(random: &mut Random) -> Self {
        Vec::made(random).into_iter().collect()
    }
}

impl<T: Made> Made for Option<T> {
    fn made(random: &mut Random) -> Self {
        (random.below(3) > 0).then(|| T::made(random))
    }
}

impl<T: Made> Made for Box<T> {
    fn made(random: &mut Random) -> Self {
        Box::new(T::made(random))
    }
}

impl<T: Made, U: Made> Made for (T, U) {
    fn made(random: &mut Random) -> Self {
        (T::made(random), U::made(random))
    }
}

impl<T: Made> Made for BTreeMap<u8, T> {
    fn made(random: &mut Random) -> Self {
        let count = random.below(4);
        (0..count)
            .map(|_| (u8::made(random), T::made(random)))
            .collect()
    }
}

impl<T: Made> Made for HashMap<String, T> {
    fn made(random: &mut Random) -> Self {
        let count = random.below(4);
        (0..count)
            .map(|_| (String::made(random), T::made(random)))
            .collect()
    }
}

made! {
    u8 = |random| u8::try_from(random.below(256)).expect("a byte");
    u16 = |random| u16::try_from(random.below(1 << 16)).expect("two bytes");
    u32 = |random| u32::try_from(random.next() >> 32).expect("four bytes");
    // Most fit into fewer bits.
    u64 = |random| match random.below(6) {
        0 => random.next(),
        _ => random.next() >> 40,
    };
    i64 = |random| random.next().cast_signed() >> random.below(60);
    String = |random| "äbc".repeat(random.below(4)) + &random.below(100).to_string();
}

pub(super) mod older {
    use hotmod::StableState;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) struct Point {
        x: u32,
        y: u32,
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) enum Level {
        Low,
        High,
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) struct Tag {
        text: String,
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) enum Reply {
        Done,
        Text(String),
        Moved { to: Point, by: Vec<Tag> },
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) struct Item {
        name: String,
        at: Point,
        level: Level,
        tags: Vec<Tag>,
        by_name: HashMap<String, Tag>,
        first: Option<Tag>,
        pair: (u8, Point),
        boxed: Box<Tag>,
        rest: Vec<String>,
    }

    structs! {
        Point { x, y }
        Tag { text }
        Item { name, at, level, tags, by_name, first, pair, boxed, rest }
    }

    made! {
        Level = |random| match random.below(2) {
            0 => Level::Low,
            _ => Level::High,
        };
        Reply = |random| match random.below(3) {
            0 => Reply::Done,
            1 => Reply::Text(Made::made(random)),
            _ => Reply::Moved { to: Made::made(random), by: Made::made(random) },
        };
    }
}

pub(super) mod newer {
    use hotmod::StableState;
    use serde::{Deserialize, Serialize};

    use super::*;

    fn seven() -> u16 {
        7
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) struct Point {
        #[state(default = seven())]
        #[serde(default = "seven")]
        z: u16,
        y: u32,
        x: u64,
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) enum Level {
        Highest,
        High,
        Low,
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) struct Tag {
        #[serde(default)]
        weight: Option<String>,
        text: String,
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) enum Reply {
        Many(Vec<Tag>),
        Moved { by: Vec<Tag>, to: Point },
        Text(String),
        Done,
    }

    #[derive(StableState, Serialize, Deserialize)]
    pub(crate) struct Item {
        rest: VecDeque<String>,
        #[state(default)]
        #[serde(default)]
        id: u64,
        #[state(default)]
        #[serde(default)]
        notes: Vec<Tag>,
        boxed: Box<Tag>,
        pair: (u8, Point),
        first: Option<Tag>,
        by_name: HashMap<String, Tag>,
        tags: Vec<Tag>,
        level: Level,
        at: Point,
        name: String,
    }

    structs! {
        Point { z, y, x }
        Tag { weight, text }
        Item { rest, id, notes, boxed, pair, first, by_name, tags, level, at, name }
    }

    made! {
        Level = |random| match random.below(8) {
            0 => Level::Highest,
            i if i % 2 == 0 => Level::High,
            _ => Level::Low,
        };
        Reply = |random| match random.below(6) {
            0 => Reply::Many(Made::made(random)),
            1 => Reply::Moved { to: Made::made(random), by: Made::made(random) },
            2 => Reply::Text(Made::made(random)),
            _ => Reply::Done,
        };
    }
}

macro_rules! pairs {
    ($($older:ty => $newer:ty;)*) => {
        /// The models of both sides, pair by pair, and the types that they know.
        pub(super) fn pairs() -> [(Vec<Model>, Registry); 2] {
            let (mut older, mut newer) = (Registry::default(), Registry::default());
            $(
                <$older as Describe>::register(&mut older);
                <$newer as Describe>::register(&mut newer);
            )*
            let models = (vec![$(Model::of::<$older>()),*], vec![$(Model::of::<$newer>()),*]);
            [(models.0, older), (models.1, newer)]
        }
    };
}

pairs! {
    older::Point => newer::Point;
    older::Level => newer::Level;
    older::Tag => newer::Tag;
    older::Reply => newer::Reply;
    older::Item => newer::Item;
    Vec<older::Item> => Vec<newer::Item>;
    Option<older::Point> => Option<newer::Point>;
    (String, older::Point) => (String, newer::Point);
    HashMap<String, older::Item> => HashMap<String, newer::Item>;
    BTreeMap<u8, older::Tag> => BTreeMap<u8, newer::Tag>;
    Box<older::Reply> => Box<newer::Reply>;
    VecDeque<u32> => LinkedList<u64>;
    Vec<(u8, Vec<older::Level>)> => Vec<(u8, Vec<newer::Level>)>;
    u32 => u64;
    u16 => i64;
    String => String;
    Vec<older::Tag> => Vec<newer::Tag>;
}
