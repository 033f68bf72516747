//! Large vectors on several threads: the same result, the same error, and nothing left behind.

use std::num::NonZero;
use std::path::Path;
use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::survey::Survey;

use super::{create, update};

/// So many that each of the threads gets some.
const PLACES: usize = 50_000;

static SURVEY: LazyLock<Built> = LazyLock::new(|| {
    Family::new("survey")
        .library("threads", &[])
        .variant("grown", GROWN)
        .variant("narrowed", NARROWED)
        .build()
});

/// The containers whose items do not lie one after the other, in which the places stand in the order in which they
/// were added.
const ORDERED: [(&str, &[Edit]); 3] = [
    (
        "deque",
        &[
            (
                "places: Vec<Place>,",
                "places: std::collections::VecDeque<Place>,",
            ),
            ("places: Vec::new(),", "places: Default::default(),"),
            ("self.places.push(", "self.places.push_back("),
        ],
    ),
    (
        "list",
        &[
            (
                "places: Vec<Place>,",
                "places: std::collections::LinkedList<Place>,",
            ),
            ("places: Vec::new(),", "places: Default::default(),"),
            ("self.places.push(", "self.places.push_back("),
        ],
    ),
    (
        "map",
        &[
            (
                "places: Vec<Place>,",
                "places: std::collections::BTreeMap<u64, Place>,",
            ),
            ("places: Vec::new(),", "places: Default::default(),"),
            (
                "self.places.push(",
                "self.places.insert(self.places.len() as u64, ",
            ),
            ("self.places.iter()", "self.places.values()"),
        ],
    ),
];

const GROWN: &[Edit] = &[
    (
        "    feet: f64,\n}",
        "    feet: f64,\n    #[state(default = 7)]\n    grade: u32,\n}",
    ),
    (
        "            feet: height,",
        "            feet: height,\n            grade: 7,",
    ),
    (
        "{} {} ft\\n\", place.name, place.feet",
        "{} {} ft {}\\n\", place.name, place.feet, place.grade",
    ),
];

const NARROWED: &[Edit] = &[
    ("    feet: f64,", "    #[state(checked)]\n    feet: f32,"),
    (
        "            feet: height,",
        "            feet: height as f32,",
    ),
];

static CONTAINERS: LazyLock<Built> = LazyLock::new(|| {
    let mut family = Family::new("survey").library("containers", &[]);
    for (name, container) in ORDERED {
        family = family
            .variant(name, container)
            .variant(&format!("{name}-grown"), &[container, GROWN].concat())
            .variant(&format!("{name}-narrowed"), &[container, NARROWED].concat());
    }
    family.build()
});

fn module() -> Module<dyn Survey> {
    module_of(SURVEY.file(BASE))
}

fn module_of(file: impl AsRef<Path>) -> Module<dyn Survey> {
    let threads = NonZero::new(4).expect("four");
    let host = Host::builder().migration_threads(threads).build();
    let module = host.expect("a host").load::<dyn Survey>(file);
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// A place for each number; those named are of a height that does not fit.
fn atlas(module: &Module<dyn Survey>, unfit: &[usize]) -> Instance<dyn Survey> {
    let mut atlas = create(module, "");
    for i in 0..PLACES {
        let height = i as f64 + if unfit.contains(&i) { 0.1 } else { 0.0 };
        atlas.add(&format!("place {i}"), height).expect("a call");
    }
    atlas
}

#[test]
fn many_items_grow_on_many_threads() {
    let module = module();
    let mut atlas = atlas(&module, &[]);
    let before = atlas.list().expect("a call");
    update(&module, SURVEY.file("grown"));
    atlas.migrate().expect("a default for each");
    let after = atlas.list().expect("a call");
    assert_eq!(after, before.replace(" ft\n", " ft 7\n"));
}

#[test]
fn the_first_of_the_items_that_do_not_fit_is_named() {
    let module = module();
    let mut atlases = [
        vec![0],
        vec![PLACES - 1],
        vec![20_000, 20_001, 40_000],
        vec![1, PLACES / 2, PLACES - 1],
    ]
    .map(|unfit| (unfit[0], atlas(&module, &unfit)));
    update(&module, SURVEY.file("narrowed"));
    for (first, atlas) in &mut atlases {
        let before = atlas.list().expect("a call");
        let memory = module.memory();
        let error = atlas.migrate().expect_err("a number that does not fit");
        assert_eq!(error.path, format!("Atlas.places[{first}].feet"));
        assert_eq!(module.memory(), memory);
        assert_eq!(atlas.list().expect("a call"), before);
    }
}

#[test]
fn many_items_narrow_on_many_threads() {
    let module = module();
    let mut atlas = atlas(&module, &[]);
    let before = atlas.list().expect("a call");
    update(&module, SURVEY.file("narrowed"));
    atlas.migrate().expect("numbers that fit");
    assert_eq!(atlas.list().expect("a call"), before);
}

#[test]
fn items_of_every_container_are_converted_on_many_threads() {
    for (name, _) in ORDERED {
        let module = module_of(CONTAINERS.file(name));
        let mut atlas = atlas(&module, &[]);
        let before = atlas.list().expect("a call");
        update(&module, CONTAINERS.file(&format!("{name}-grown")));
        atlas.migrate().expect("a default for each");
        let after = atlas.list().expect("a call");
        assert_eq!(after, before.replace(" ft\n", " ft 7\n"), "{name}");
    }
}

#[test]
fn the_first_item_of_a_container_that_does_not_fit_is_named() {
    for (name, _) in ORDERED {
        let module = module_of(CONTAINERS.file(name));
        let mut atlases = [
            vec![0],
            vec![PLACES - 1],
            vec![1023, 1024],
            vec![20_000, 20_001, 40_000],
            vec![1, PLACES / 2, PLACES - 1],
        ]
        .map(|unfit| (unfit[0], atlas(&module, &unfit)));
        update(&module, CONTAINERS.file(&format!("{name}-narrowed")));
        for (first, atlas) in &mut atlases {
            let before = atlas.list().expect("a call");
            let memory = module.memory();
            let error = atlas.migrate().expect_err("a number that does not fit");
            assert_eq!(error.path, format!("Atlas.places[{first}].feet"), "{name}");
            assert_eq!(module.memory(), memory, "{name}");
            assert_eq!(atlas.list().expect("a call"), before, "{name}");
        }
    }
}
