//! Foreign types that become what their forms become, and are made of it.

use super::{Plan, Row, Rule, state};
use crate::plan::model::{ConversionBody, Source, Step};

/// Types as another crate's author would describe them.
#[allow(dead_code, reason = "only the descriptions matter")]
pub(super) mod theirs {
    use hotmod::{Carried, Moved, StableState};

    pub(crate) struct Blob(Vec<u8>);

    impl Carried for Blob {
        const NAME: &'static str = "theirs::Blob";
        type Parameters = ();
        type Form = Vec<u8>;
        const TAKES_ALL: bool = true;
        // SAFETY: nothing of it is ever moved.
        const MOVED: Moved = unsafe { Moved::where_unchanged::<Blob>() };

        fn to_form(&self) -> Result<Vec<u8>, String> {
            Ok(self.0.clone())
        }

        fn from_form(bytes: Vec<u8>) -> Result<Self, String> {
            Ok(Blob(bytes))
        }
    }

    pub(crate) struct Even(u32);

    impl Carried for Even {
        const NAME: &'static str = "theirs::Even";
        type Parameters = ();
        type Form = u32;

        fn to_form(&self) -> Result<u32, String> {
            Ok(self.0)
        }

        fn from_form(number: u32) -> Result<Self, String> {
            match number % 2 {
                0 => Ok(Even(number)),
                _ => Err("it is odd".to_owned()),
            }
        }
    }

    pub(crate) struct Held<T>(T);

    impl<T: StableState + Clone> Carried for Held<T> {
        const NAME: &'static str = "theirs::Held";
        type Parameters = (T,);
        type Form = T;
        const TAKES_ALL: bool = true;

        fn to_form(&self) -> Result<T, String> {
            Ok(self.0.clone())
        }

        fn from_form(held: T) -> Result<Self, String> {
            Ok(Held(held))
        }
    }

    hotmod::carried! {
        [] Blob;
        [] Even;
        [T: StableState + Clone] Held<T>;
    }
}

pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "what a foreign type holds becomes the type",
            { a: std::collections::VecDeque<u8> } => { a: crate::plan::tests::forms::theirs::Blob },
            [(Rebuilt, "World.a"), (Rebuilt, "World.a")],
            "World.a: rebuild VecDeque<u8> → Vec<u8>\nWorld.a: rebuild VecDeque<u8> → theirs::Blob",
            "World: a ← a formed(items(move))"
        ),
        row!(
            "a foreign type becomes what it holds",
            { a: crate::plan::tests::forms::theirs::Blob } => { a: Option<Vec<u8>> },
            [(Rebuilt, "World.a"), (Wrapped, "World.a")],
            "World.a: rebuild theirs::Blob → Vec<u8>\nWorld.a: wrap theirs::Blob → Option<Vec<u8>>",
            "World: a ← a Some(form(move))"
        ),
        row!(
            "a value may be none of the foreign type",
            { a: u16 } => { a: crate::plan::tests::forms::theirs::Even },
            [(Widened, "World.a"), (Narrowed, "World.a")],
            "World.a: widen u16 → u32\nWorld.a: was u16, now theirs::Even | help: not every value of the one is one \
             of the other; write #[state(checked)] to abort on the first that is not",
            "World: a ← a formed(number)"
        ),
        row!(
            "a value may be none of the foreign type, checked",
            { a: u32 } => { #[state(checked)] a: crate::plan::tests::forms::theirs::Even },
            [(Checked, "World.a")],
            "World.a: checked u32 → theirs::Even",
            "World: a ← a formed(move)"
        ),
        row!(
            "one foreign type becomes another",
            { a: crate::plan::tests::forms::theirs::Even } => { a: crate::plan::tests::forms::theirs::Blob },
            [(TypeChanged, "World.a")],
            "World.a: was theirs::Even, now theirs::Blob | help: write #[state(with = path::to::function)] on the \
             field, with `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`",
            "World: a ← a"
        ),
    ]
}

#[allow(dead_code, reason = "only the descriptions matter")]
mod was {
    use super::theirs::{Blob, Even};

    #[derive(hotmod::StableState)]
    pub(super) struct World {
        moved: Blob,
        anew: Even,
        rest: u32,
    }
}

#[allow(dead_code, reason = "only the descriptions matter")]
mod now {
    use super::theirs::{Blob, Even};

    #[derive(hotmod::StableState)]
    pub(super) struct World {
        moved: Blob,
        anew: Even,
        rest: u64,
    }
}

/// What becomes of the only field of the type of this name.
fn within(plan: &Plan, name: &str) -> Step {
    let mut conversions = plan.conversions.iter();
    let conversion = conversions.find(|it| it.was.to_string() == name);
    match conversion.map(|it| &it.body) {
        Some(ConversionBody::Struct(fields)) => match &fields.sources[..] {
            [Source::Field { place: 0, step }] => step.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn only_what_its_author_lets_be_moved_is_the_same_and_only_for_one_compiler() {
    let (was, mut now) = (state::<was::World>(), state::<now::World>());
    let plan = Plan::new(&was, &now);
    assert_eq!(within(&plan, "theirs::Blob"), Step::Same);
    let anew = Step::As(Box::new(Step::Move));
    assert_eq!(within(&plan, "theirs::Even"), anew);
    "another compiler".clone_into(&mut now.toolchain);
    let plan = Plan::new(&was, &now);
    assert_ne!(within(&plan, "theirs::Blob"), Step::Same);
}

/// What is carried over owns what its form does, so nothing that both own can be converted.
#[test]
fn owners_in_what_is_carried_over_must_not_have_to_be_converted() {
    let row = row!(
        "an item of owners in a container of another crate",
        items {
            #[derive(StableState, Clone)]
            pub(super) struct Item { of: u8, next: Option<Box<Item>> }
            #[derive(StableState, Clone)]
            pub(super) struct Bag { #[state(checked)] size: u16, inner: std::sync::Arc<Item> }
            #[derive(StableState)]
            pub(super) struct World {
                plain: Vec<std::sync::Arc<Item>>,
                bag: Bag,
                kept: crate::plan::tests::forms::theirs::Held<Vec<std::sync::Arc<u8>>>,
                carried: crate::plan::tests::forms::theirs::Held<HashMap<u8, std::sync::Arc<Item>>>,
                bags: crate::plan::tests::forms::theirs::Held<Vec<Bag>>,
                made: Vec<std::sync::Arc<Item>>,
            }
        } => {
            #[derive(StableState, Clone)]
            pub(super) struct Item { of: u16, next: Option<Box<Item>> }
            #[derive(StableState, Clone)]
            pub(super) struct Bag { #[state(checked)] size: u8, inner: std::sync::Arc<Item> }
            #[derive(StableState)]
            pub(super) struct World {
                plain: Vec<std::sync::Arc<Item>>,
                bag: Bag,
                kept: crate::plan::tests::forms::theirs::Held<Vec<std::sync::Arc<u8>>>,
                carried: crate::plan::tests::forms::theirs::Held<HashMap<u8, std::sync::Arc<Item>>>,
                bags: crate::plan::tests::forms::theirs::Held<Vec<Bag>>,
                made: crate::plan::tests::forms::theirs::Held<Vec<std::sync::Arc<Item>>>,
            }
        },
        [],
        "",
        ""
    );
    let plan = Plan::new(&row.was, &row.now);
    let conditions = plan.conditions().iter();
    let found: Vec<_> = conditions
        .map(|it| {
            let must = it.must.split(':').next().unwrap_or_default();
            format!("{}: {must}", it.path)
        })
        .collect();
    assert_eq!(
        found,
        [
            "World.plain[]: must have no owner outside of the state",
            "World.bag.size: must fit `u8`",
            "World.bag.inner: must have no owner outside of the state",
            "World.carried.0[]: must not be there",
            "World.bags.0[].inner: must not be there",
            "World.made[]: must not be there",
        ]
    );
}

/// The user's code that makes a value of a form sees copies of what the old value goes on owning until the new one is final.
#[test]
fn no_value_is_made_of_a_form_that_could_be_changed_meanwhile() {
    let row = row!(
        "a cell in a container of another crate",
        items {
            #[derive(StableState, Clone)]
            pub(super) struct Item { seen: std::cell::RefCell<Vec<u8>> }
            #[derive(StableState)]
            pub(super) struct World {
                items: Vec<Item>,
                owned: Vec<std::sync::Arc<Item>>,
                held: crate::plan::tests::forms::theirs::Held<Vec<Item>>,
            }
        } => {
            #[derive(StableState, Clone)]
            pub(super) struct Item { seen: std::cell::RefCell<Vec<u8>> }
            #[derive(StableState)]
            pub(super) struct World {
                items: crate::plan::tests::forms::theirs::Held<Vec<Item>>,
                owned: crate::plan::tests::forms::theirs::Held<Vec<std::sync::Arc<Item>>>,
                held: Vec<Item>,
            }
        },
        [],
        "",
        ""
    );
    let plan = Plan::new(&row.was, &row.now);
    let refusals = plan.differences.iter().filter(|it| it.rule.refuses());
    let [refused] = &refusals.collect::<Vec<_>>()[..] else {
        panic!("{plan:?}");
    };
    assert_eq!(
        (&*refused.path, refused.rule),
        ("World.items", Rule::TypeChanged)
    );
    assert!(
        refused
            .help
            .contains("a `RefCell<Vec<u8>>` could be changed"),
        "{refused:?}"
    );
}
