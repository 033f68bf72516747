//! The items without hotmod: the same types, converted by code written by hand.

pub(crate) mod crowd;

#[path = "../shapes/even.rs"]
pub(crate) mod even;

#[path = "../shapes/first.rs"]
pub(crate) mod first;

#[path = "../shapes/flat.rs"]
pub(crate) mod flat;

#[path = "../shapes/grown.rs"]
pub(crate) mod grown;
#[path = "../shapes/mixed.rs"]
pub(crate) mod mixed;

/// An old world as a new one.
pub(crate) trait Convert {
    fn convert(old: first::World) -> Self;

    fn sum(&self) -> u64;
}

/// The conversion into one shape.
macro_rules! convert {
    ($shape:ident, $season:expr) => {
        impl Convert for $shape::World {
            fn convert(old: first::World) -> Self {
                let items = old.items.into_iter();
                let items = items.map(|item| $shape::Item {
                    id: item.id,
                    name: item.name,
                    events: item
                        .events
                        .into_iter()
                        .map(|event| $shape::Event {
                            at: event.at.into(),
                            kind: event.kind.into(),
                        })
                        .collect(),
                    weight: item.weight,
                    count: item.count.into(),
                    level: item.level.into(),
                    season: $season,
                });
                $shape::World {
                    items: items.collect(),
                }
            }

            fn sum(&self) -> u64 {
                $shape::sum(self)
            }
        }
    };
}

convert!(grown, 7);
convert!(mixed, 7);
convert!(even, 7);
