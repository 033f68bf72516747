//! A type of one side, as the tests handle it: by what serde writes of its values.

use abi_stable::std_types::{RSlice, RSliceMut};
use hotmod::call::passing::Passing;
use hotmod::describe::Type;
use hotmod::{Boundary, Describe, StableState};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How a value is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Value,
    One,
    Slice,
    OneMut,
    SliceMut,
}

impl Mode {
    pub(super) const ALL: [Mode; 5] = [
        Mode::Value,
        Mode::One,
        Mode::Slice,
        Mode::OneMut,
        Mode::SliceMut,
    ];

    pub(super) fn is_slice(self) -> bool {
        matches!(self, Mode::Slice | Mode::SliceMut)
    }

    pub(super) fn is_mut(self) -> bool {
        matches!(self, Mode::OneMut | Mode::SliceMut)
    }
}

/// Numbers that are the same for the same seed.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits") % bound
    }
}

/// A type that has values.
pub(super) trait Made: StableState + Boundary + Serialize + DeserializeOwned {
    fn made(random: &mut Random) -> Self;
}

/// What is passed at this place, of which values are taken, and what is left there.
type Take = unsafe fn(*mut u8, Mode, &mut Random) -> (Vec<Value>, Vec<Value>);

/// What can be done with a type's values.
#[derive(Clone, Copy)]
pub(super) struct Model {
    pub(super) ty: fn(Mode) -> Type,
    pub(super) passing: fn(Mode) -> Passing,
    pub(super) random: fn(&mut Random) -> Value,
    /// What it is as a value of this type, if it is one.
    pub(super) fits: fn(&Value) -> Option<Value>,
    /// The caller's values.
    pub(super) hold: fn(&[Value], Mode) -> Box<dyn Held>,
    pub(super) take: Take,
    /// Writes a result.
    pub(super) give: unsafe fn(&Value, *mut u8),
    /// Takes a result.
    pub(super) got: unsafe fn(*mut u8) -> Value,
}

/// Values that a caller passes.
pub(super) trait Held {
    /// Writes the argument.
    ///
    /// # Safety
    ///
    /// There is room for it, and this is not used until it is given up.
    unsafe fn pass(&mut self, slot: *mut u8);

    /// Takes an argument back that was not given up.
    ///
    /// # Safety
    ///
    /// It is there.
    unsafe fn take_back(&mut self, slot: *mut u8);

    fn values(&self) -> Vec<Value>;
}

struct Values<T> {
    values: Vec<T>,
    mode: Mode,
}

impl<T: Made> Held for Values<T> {
    unsafe fn pass(&mut self, slot: *mut u8) {
        let (first, len) = (self.values.as_mut_ptr(), self.values.len());
        match self.mode {
            Mode::Value => {
                let value = self.values.pop().expect("a value");
                // SAFETY: the caller gives room for what crosses.
                unsafe { slot.cast::<T::Wire>().write(value.into_wire()) };
            }
            // SAFETY: as above; a reference crosses as a pointer.
            Mode::One | Mode::OneMut => unsafe { slot.cast::<*mut T>().write(first) },
            Mode::Slice => {
                // SAFETY: so many values are there, for as long as the caller says.
                let all = unsafe { RSlice::from_raw_parts(first, len) };
                // SAFETY: as above.
                unsafe { slot.cast::<RSlice<'_, T>>().write(all) };
            }
            Mode::SliceMut => {
                // SAFETY: so many values are there, for as long as the caller says.
                let all = unsafe { RSliceMut::from_raw_parts_mut(first, len) };
                // SAFETY: as above.
                unsafe { slot.cast::<RSliceMut<'_, T>>().write(all) };
            }
        }
    }

    unsafe fn take_back(&mut self, slot: *mut u8) {
        if self.mode == Mode::Value {
            // SAFETY: it is there, and given up.
            let wire = unsafe { slot.cast::<T::Wire>().read() };
            self.values.push(T::from_wire(wire));
        }
    }

    fn values(&self) -> Vec<Value> {
        self.values.iter().map(json).collect()
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Value {
    serde_json::to_value(value).expect("JSON")
}

fn of<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).expect("a value of the type")
}

/// Changes a value, or some of it, or nothing.
fn changed<T: Made>(value: &mut T, random: &mut Random) {
    match random.below(3) {
        0 => {}
        1 => *value = T::made(random),
        _ => {
            let (mut was, other) = (json(value), json(&T::made(random)));
            if let (Some(was), Some(other)) = (was.as_object_mut(), other.as_object()) {
                for (name, field) in other {
                    if random.below(2) == 0 && was.contains_key(name) {
                        was.insert(name.clone(), field.clone());
                    }
                }
            }
            if let Ok(mixed) = serde_json::from_value(was) {
                *value = mixed;
            }
        }
    }
}

impl Model {
    pub(super) fn of<T: Made>() -> Self {
        Model {
            ty: |mode| {
                Type::from(&match mode {
                    Mode::Value => T::TYPE,
                    Mode::One => <&T as Describe>::TYPE,
                    Mode::OneMut => <&mut T as Describe>::TYPE,
                    Mode::Slice => <&[T] as Describe>::TYPE,
                    Mode::SliceMut => <&mut [T] as Describe>::TYPE,
                })
            },
            passing: |mode| match mode {
                Mode::Value => T::PASSING,
                Mode::One => <&T as Boundary>::PASSING,
                Mode::OneMut => <&mut T as Boundary>::PASSING,
                Mode::Slice => <&[T] as Boundary>::PASSING,
                Mode::SliceMut => <&mut [T] as Boundary>::PASSING,
            },
            random: |random| json(&T::made(random)),
            fits: |value| {
                let fits: Option<T> = serde_json::from_value(value.clone()).ok();
                fits.map(|value| json(&value))
            },
            hold: |values, mode| {
                Box::new(Values::<T> {
                    values: values.iter().map(of).collect(),
                    mode,
                })
            },
            take: take::<T>,
            give: |value, slot| {
                // SAFETY: the caller gives room for the result as it crosses.
                unsafe { slot.cast::<T::Wire>().write(of::<T>(value).into_wire()) };
            },
            got: |slot| {
                // SAFETY: the caller passes such a result, and gives it up.
                let wire = unsafe { slot.cast::<T::Wire>().read() };
                json(&T::from_wire(wire))
            },
        }
    }
}

/// # Safety
///
/// What crosses of a value of this type, passed so, is at the slot, and given up.
unsafe fn take<T: Made>(
    slot: *mut u8,
    mode: Mode,
    random: &mut Random,
) -> (Vec<Value>, Vec<Value>) {
    match mode {
        Mode::Value => {
            // SAFETY: the caller passes such a value.
            let wire = unsafe { slot.cast::<T::Wire>().read() };
            (vec![json(&T::from_wire(wire))], Vec::new())
        }
        Mode::One => {
            // SAFETY: the caller passes such a reference.
            let value = unsafe { slot.cast::<&T>().read() };
            (vec![json(value)], Vec::new())
        }
        Mode::Slice => {
            // SAFETY: the caller passes such a slice.
            let all = unsafe { slot.cast::<RSlice<'_, T>>().read() };
            (all.iter().map(json).collect(), Vec::new())
        }
        Mode::OneMut => {
            // SAFETY: the caller passes such a reference.
            let value = unsafe { slot.cast::<&mut T>().read() };
            let before = json(value);
            changed(value, random);
            (vec![before], vec![json(value)])
        }
        Mode::SliceMut => {
            // SAFETY: the caller passes such a slice.
            let all = unsafe { slot.cast::<RSliceMut<'_, T>>().read() }.into_mut_slice();
            let before = all.iter().map(json).collect();
            if random.below(2) == 0 {
                all.reverse();
            }
            all.iter_mut().for_each(|it| changed(it, random));
            (before, all.iter().map(json).collect())
        }
    }
}
