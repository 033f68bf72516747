//! The same values as types that `rkyv` derives for, made of the others before anything is measured.

use rkyv::rancor::Error;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

use crate::by_hand::{first, flat};

/// A world, and what `rkyv` writes of it.
pub(super) trait Archived {
    type World;

    fn of(world: &Self::World) -> Self;

    fn write(&self) -> Result<AlignedVec, Error>;

    /// Builds it again, from bytes that are checked, and gives how many values it has.
    fn count(bytes: &[u8]) -> Result<usize, Error>;
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Items(Vec<Item>);

#[derive(Archive, Serialize, Deserialize)]
struct Item {
    id: u64,
    name: String,
    events: Vec<Event>,
    weight: f64,
    count: u32,
    level: u8,
}

#[derive(Archive, Serialize, Deserialize)]
struct Event {
    at: u32,
    kind: u16,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Rows(Vec<Row>);

#[derive(Archive, Serialize, Deserialize)]
struct Row {
    id: u64,
    place: (f32, f32),
    owner: u32,
    health: u16,
    level: u8,
    is_awake: bool,
    seen: i64,
}

impl Archived for Items {
    type World = first::World;

    fn of(world: &first::World) -> Self {
        let event = |it: &first::Event| Event {
            at: it.at,
            kind: it.kind,
        };
        let item = |it: &first::Item| Item {
            id: it.id,
            name: it.name.clone(),
            events: it.events.iter().map(event).collect(),
            weight: it.weight,
            count: it.count,
            level: it.level,
        };
        Items(world.items.iter().map(item).collect())
    }

    fn write(&self) -> Result<AlignedVec, Error> {
        rkyv::to_bytes::<Error>(self)
    }

    fn count(bytes: &[u8]) -> Result<usize, Error> {
        rkyv::from_bytes::<Items, Error>(bytes).map(|it| it.0.len())
    }
}

impl Archived for Rows {
    type World = flat::World;

    fn of(world: &flat::World) -> Self {
        let row = |it: &flat::Row| Row {
            id: it.id,
            place: it.place,
            owner: it.owner,
            health: it.health,
            level: it.level,
            is_awake: it.is_awake,
            seen: it.seen,
        };
        Rows(world.rows.iter().map(row).collect())
    }

    fn write(&self) -> Result<AlignedVec, Error> {
        rkyv::to_bytes::<Error>(self)
    }

    fn count(bytes: &[u8]) -> Result<usize, Error> {
        rkyv::from_bytes::<Rows, Error>(bytes).map(|it| it.0.len())
    }
}
