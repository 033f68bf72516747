//! Owners in values that are carried over, whose forms own the same items.

use std::any::Any;
use std::rc::Rc;
use std::sync::{Arc, Mutex, Weak};

use hotmod::{Carried, StableState};

use super::Own;

/// A container of another crate: its form has the owners that it has.
struct Held<T>(Vec<T>);

impl<T: StableState + Clone> Carried for Held<T> {
    const NAME: &'static str = "test::Held";
    type Parameters = (T,);
    type Form = Vec<T>;

    fn to_form(&self) -> Result<Vec<T>, String> {
        Ok(self.0.clone())
    }

    fn from_form(items: Vec<T>) -> Result<Self, String> {
        Ok(Held(items))
    }
}

impl<T: Clone> Clone for Held<T> {
    fn clone(&self) -> Self {
        Held(self.0.clone())
    }
}

/// One owner, which lies in the form itself.
#[derive(Clone)]
struct One(Arc<u32>);

impl Carried for One {
    const NAME: &'static str = "test::One";
    type Parameters = ();
    type Form = Arc<u32>;

    fn to_form(&self) -> Result<Arc<u32>, String> {
        Ok(self.0.clone())
    }

    fn from_form(item: Arc<u32>) -> Result<Self, String> {
        Ok(One(item))
    }
}

/// It owns each item as often as it says, whatever its form does.
struct Odd {
    items: Vec<Arc<u32>>,
    of_form: OfForm,
}

enum OfForm {
    Once,
    Twice,
    Anew,
    /// A new one each time, which something else owns too.
    AnewAndKept(Mutex<Vec<Arc<u32>>>),
}

impl Carried for Odd {
    const NAME: &'static str = "test::Odd";
    type Parameters = ();
    type Form = Vec<Arc<u32>>;

    fn to_form(&self) -> Result<Self::Form, String> {
        let Some(first) = self.items.first() else {
            return Ok(Vec::new());
        };
        Ok(match &self.of_form {
            OfForm::Once => vec![first.clone()],
            OfForm::Twice => vec![first.clone(), first.clone()],
            OfForm::Anew => vec![Arc::new(**first)],
            OfForm::AnewAndKept(kept) => {
                let new = Arc::new(**first);
                let mut kept = kept.lock().expect("a lock");
                kept.extend([new.clone(), new.clone()]);
                vec![new]
            }
        })
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(Odd {
            items,
            of_form: OfForm::Once,
        })
    }
}

hotmod::carried! {
    [T: StableState + Clone] Held<T>;
    [] One;
    [] Odd;
}

#[derive(StableState)]
struct Carrying {
    plain: Held<Arc<u32>>,
    one: One,
    nested: Held<Held<Arc<u32>>>,
    inner: Held<Arc<Bag>>,
    slices: Held<Arc<[u32]>>,
    local: Held<Rc<u32>>,
    linked: Held<Link>,
    odd: Odd,
}

/// What an owner in a container leads to has a container too, and leads back to itself.
#[derive(StableState)]
struct Bag {
    held: Held<Arc<u32>>,
    itself: Weak<Bag>,
}

#[derive(StableState, Clone)]
struct Link {
    owner: Arc<u32>,
    weak: Weak<u32>,
}

fn carrying() -> Carrying {
    let shared = Arc::new(2);
    let owner = Arc::new(7);
    let weak = Arc::downgrade(&owner);
    Carrying {
        plain: Held(vec![Arc::new(1), shared.clone(), shared]),
        one: One(Arc::new(3)),
        nested: Held(vec![Held(vec![]), Held(vec![Arc::new(4), Arc::new(5)])]),
        inner: Held(vec![Arc::new_cyclic(|itself| Bag {
            held: Held(vec![Arc::new(6)]),
            itself: itself.clone(),
        })]),
        slices: Held(vec![Arc::new([]), Arc::new([1, 2])]),
        local: Held(vec![Rc::new(8)]),
        linked: Held(vec![Link { owner, weak }]),
        odd: Odd {
            items: Vec::new(),
            of_form: OfForm::Once,
        },
    }
}

/// Why a value is not written.
fn refused(own: &Own<Carrying>, value: &mut Carrying) -> String {
    own.write(value).expect_err("something that owns it too")
}

#[test]
fn what_a_form_owns_is_written_if_nothing_else_owns_it() {
    let own = Own::<Carrying>::new();
    let mut value = carrying();
    let bytes = own
        .write(&mut value)
        .unwrap_or_else(|error| panic!("{error}"));
    let restored = own.restore(&bytes).expect("a value");
    assert!(Arc::ptr_eq(&restored.plain.0[1], &restored.plain.0[2]));
    assert_eq!(Arc::strong_count(&restored.plain.0[1]), 2);
    assert_eq!(Arc::strong_count(&value.plain.0[1]), 2);
}

/// What else owns an item, or has a `Weak` of it.
fn outside(value: &Carrying, place: &str) -> Box<dyn Any> {
    let (bag, link) = (&value.inner.0[0], &value.linked.0[0]);
    match place {
        ".plain.0[0]" => Box::new(value.plain.0[0].clone()),
        ".plain.0[1]" => Box::new(Arc::downgrade(&value.plain.0[2])),
        ".one.0" => Box::new(value.one.0.clone()),
        ".nested.0[1].0[1]" => Box::new(value.nested.0[1].0[1].clone()),
        ".inner.0[0]" => Box::new(Arc::downgrade(bag)),
        ".inner.0[0].held.0[0]" => Box::new(bag.held.0[0].clone()),
        ".slices.0[1]" => Box::new(value.slices.0[1].clone()),
        ".local.0[0]" => Box::new(value.local.0[0].clone()),
        ".linked.0[0].owner" => Box::new(link.weak.clone()),
        _ => unreachable!("{place}"),
    }
}

#[test]
fn what_something_outside_owns_too_is_named_within_what_is_carried_over() {
    let own = Own::<Carrying>::new();
    let mut value = carrying();
    for place in [
        ".plain.0[0]",
        ".plain.0[1]",
        ".one.0",
        ".nested.0[1].0[1]",
        ".inner.0[0]",
        ".inner.0[0].held.0[0]",
        ".slices.0[1]",
        ".local.0[0]",
        ".linked.0[0].owner",
    ] {
        let held = outside(&value, place);
        let error = refused(&own, &mut value);
        let starts = format!("{place}: something outside of the state owns");
        assert!(error.starts_with(&starts), "{place}: {error}");
        drop(held);
        own.write(&mut value)
            .unwrap_or_else(|error| panic!("{place}: {error}"));
    }
}

/// All of a process may own the one empty slice that the library has.
#[test]
fn an_empty_slice_in_what_is_carried_over_may_be_owned_by_anything() {
    let own = Own::<Carrying>::new();
    let mut value = carrying();
    let _held = value.slices.0[0].clone();
    own.write(&mut value)
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_form_that_owns_less_than_its_value_is_told() {
    let own = Own::<Carrying>::new();
    let mut value = carrying();
    let item = Arc::new(1);
    value.odd.items = vec![item.clone(), item];
    let error = refused(&own, &mut value);
    assert!(error.starts_with(".odd.0[0]: "), "{error}");
    assert!(error.contains("more often than the form"), "{error}");
}

#[test]
fn a_form_with_more_owners_or_others_than_its_value_is_written() {
    let own = Own::<Carrying>::new();
    for of_form in [OfForm::Twice, OfForm::Anew] {
        let mut value = carrying();
        value.odd = Odd {
            items: vec![Arc::new(1)],
            of_form,
        };
        own.write(&mut value)
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Arc::strong_count(&value.odd.items[0]), 1);
    }
}

#[test]
fn a_form_that_is_another_each_time_is_named_itself() {
    let own = Own::<Carrying>::new();
    let mut value = carrying();
    value.odd = Odd {
        items: vec![Arc::new(1)],
        of_form: OfForm::AnewAndKept(Mutex::default()),
    };
    let error = refused(&own, &mut value);
    assert!(error.starts_with(".odd.0: something outside"), "{error}");
}
