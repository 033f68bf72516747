//! `slotmap`: each slot with its generation, so that keys lead to what they led to, and those of values that were
//! removed lead nowhere still.
//!
//! The crate tells the generations of vacant slots, and takes them, in one way: by serde. So the values of a map have
//! to have serde's traits; they are not asked for more than that, since they go by the form of the map.

use slotmap::{DefaultKey, DenseSlotMap, Key, KeyData, SecondaryMap, SlotMap, SparseSecondaryMap};

use serde::Serialize;
use serde::de::value::SeqDeserializer;
use serde::de::{Deserialize, DeserializeOwned};

use self::numbers::{numbered, numbers};
use super::{By, Carried, Moved};
use crate::state::StableState;
use crate::types::hashers::Hashing;

mod numbers;

/// The place of a slot, and its generation.
type Place = (u32, u32);

fn place(key: KeyData) -> Result<Place, String> {
    let (places, generations) = (numbers(&key, "idx")?, numbers(&key, "version")?);
    match (&*places, &*generations) {
        (&[place], &[generation]) => Ok((place, generation)),
        _ => Err("a key has no place and generation".to_owned()),
    }
}

fn key((place, generation): Place) -> Result<KeyData, String> {
    KeyData::deserialize(numbered([("idx", place), ("version", generation)]))
        .map_err(|error| error.to_string())
}

impl Carried for KeyData {
    const NAME: &'static str = "slotmap::KeyData";
    type Parameters = ();
    type Form = Place;
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<KeyData>() };

    fn to_form(&self) -> Result<Place, String> {
        place(*self)
    }

    fn from_form(form: Place) -> Result<Self, String> {
        key(form)
    }
}

impl Carried for DefaultKey {
    const NAME: &'static str = "slotmap::DefaultKey";
    type Parameters = ();
    type Form = Place;
    // SAFETY: it is numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<DefaultKey>() };

    fn to_form(&self) -> Result<Place, String> {
        place(self.data())
    }

    fn from_form(form: Place) -> Result<Self, String> {
        Ok(key(form)?.into())
    }
}

/// A slot: its generation, which is odd where it holds a value.
type Slot<V> = (u32, Option<V>);

/// Maps that give out keys.
macro_rules! slots {
    ($($map:ident as $name:literal;)*) => {$(
        impl<K, V> Carried for $map<K, V>
        where
            K: StableState + Key,
            V: StableState + Clone + Serialize + DeserializeOwned,
        {
            const NAME: &'static str = $name;
            type Parameters = (K, V);
            type Form = Vec<Slot<V>>;
    // SAFETY: it is values of its parameter in blocks of the heap, and numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<$map<DefaultKey, ()>>() };

            fn to_form(&self) -> Result<Self::Form, String> {
                // The first slot is never used.
                let generations = numbers(self, "version")?.into_iter().skip(1);
                let mut slots: Vec<Slot<V>> = generations.map(|it| (it, None)).collect();
                for (key, value) in self {
                    let (place, _) = place(key.data())?;
                    let slot = (place as usize).checked_sub(1).and_then(|it| slots.get_mut(it));
                    slot.ok_or_else(|| format!("there is no slot {place}"))?.1 = Some(value.clone());
                }
                Ok(slots)
            }

            fn from_form(slots: Self::Form) -> Result<Self, String> {
                if let Some(wrong) = slots.iter().position(|(it, value)| (it % 2 == 1) != value.is_some()) {
                    return Err(format!("slot {wrong} is of a generation that is not its own"));
                }
                let Some(lowest) = slots.iter().position(|(_, value)| value.is_some()) else {
                    return vacant(slots.iter().map(|(generation, _)| *generation));
                };
                // A vacant slot is passed on the way down to the lowest that is not: it takes a value, and loses it
                // again, which makes it two generations older.
                let before = |(at, (generation, value)): (usize, &Slot<V>)| match value {
                    Some(_) => generation.wrapping_sub(1),
                    None if at > lowest => generation.wrapping_sub(2),
                    None => *generation,
                };
                let mut map: $map<K, V> = vacant(slots.iter().enumerate().map(before))?;
                let mut values = slots.into_iter().enumerate().skip(lowest);
                let (_, (generation, Some(mut spare))) = values.next().ok_or("no slot")? else {
                    return Err("no value".to_owned());
                };
                let mut passed = Vec::new();
                let expected = |at: usize, generation: u32| -> Result<K, String> {
                    Ok(key((u32::try_from(at + 1).map_err(|it| it.to_string())?, generation))?.into())
                };
                for (at, (generation, value)) in values.rev() {
                    let key = match value {
                        Some(value) => (map.insert(value), expected(at, generation)?),
                        None => {
                            let key = map.insert(spare);
                            spare = map.detach(key).ok_or("no value")?;
                            passed.push(key);
                            (key, expected(at, generation.wrapping_sub(1))?)
                        }
                    };
                    if key.0 != key.1 {
                        return Err(format!("the crate gave {:?} where {:?} was due", key.0, key.1));
                    }
                }
                let key = map.insert(spare);
                if key != expected(lowest, generation)? {
                    return Err(format!("the crate gave {key:?} where slot {lowest} was due"));
                }
                if !passed.is_empty() {
                    let mut spare = map.detach(key).ok_or("no value")?;
                    for vacant in passed {
                        map.reattach(vacant, spare);
                        spare = map.remove(vacant).ok_or("no value")?;
                    }
                    map.reattach(key, spare);
                }
                Ok(map)
            }
        }

        carried! {
            [K: StableState + Key, V: StableState + Clone + Serialize + DeserializeOwned] $map<K, V>;
        }
    )*};
}

slots! {
    SlotMap as "slotmap::SlotMap";
    DenseSlotMap as "slotmap::DenseSlotMap";
}

/// A map of slots without a value, which are of these generations.
fn vacant<M: DeserializeOwned>(generations: impl Iterator<Item = u32>) -> Result<M, String> {
    let slots = std::iter::once(0).chain(generations);
    let slots = slots.map(|generation| numbered([("version", generation)]));
    M::deserialize(SeqDeserializer::new(slots)).map_err(|error| error.to_string())
}

/// What is kept beside a map, by the keys of that.
impl<K: StableState + Key, V: StableState + Clone> Carried for SecondaryMap<K, V> {
    const NAME: &'static str = "slotmap::SecondaryMap";
    type Parameters = (K, V);
    type Form = Vec<(Place, V)>;
    // SAFETY: it is values of its parameter in a block of the heap, and numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<SecondaryMap<DefaultKey, ()>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        let items = self.iter();
        items
            .map(|(key, value)| Ok((place(key.data())?, value.clone())))
            .collect()
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        let mut map = SecondaryMap::new();
        // There is a slot for each place to the last.
        let last = items.iter().map(|((place, _), _)| *place as usize).max();
        map.try_set_capacity(last.map_or(0, |last| last + 1))
            .map_err(|error| error.to_string())?;
        for (place, value) in items {
            map.insert(key(place)?.into(), value);
        }
        Ok(map)
    }
}

impl<K: StableState + Key, V: StableState + Clone, S: Hashing> Carried
    for SparseSecondaryMap<K, V, S>
{
    const NAME: &'static str = "slotmap::SparseSecondaryMap";
    type Parameters = (K, V, By<S>);
    type Form = Vec<(Place, V)>;
    // SAFETY: it is a map of the standard library.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<SparseSecondaryMap<DefaultKey, ()>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        let items = self.iter();
        let mut items: Self::Form = items
            .map(|(key, value)| Ok((place(key.data())?, value.clone())))
            .collect::<Result<_, String>>()?;
        items.sort_unstable_by_key(|(place, _)| *place);
        Ok(items)
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        let mut map = SparseSecondaryMap::with_capacity_and_hasher(items.len(), S::default());
        for (place, value) in items {
            map.insert(key(place)?.into(), value);
        }
        Ok(map)
    }
}

carried! {
    [] KeyData;
    [] DefaultKey;
    [K: StableState + Key, V: StableState + Clone] SecondaryMap<K, V>;
    [K: StableState + Key, V: StableState + Clone, S: Hashing] SparseSecondaryMap<K, V, S>;
}
