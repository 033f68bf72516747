use hotmod::Describe;
use hotmod::OldState;
use hotmod::StableState;
use hotmod::describe::{Description, Down, Hook, Rule, Type, Verdict};

use crate::described::{form, state};
use crate::plan::{ConversionBody, Cost, Plan, Step};

mod older {
    use hotmod::StableState;

    #[derive(StableState)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    pub(super) struct World {
        name: String,
        site: Site,
    }

    #[derive(StableState)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    pub(super) struct Site {
        feet: u64,
    }
}

mod newer {
    use hotmod::StableState;

    #[derive(StableState)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    pub(super) struct World {
        name: String,
        site: Site,
    }

    #[derive(StableState)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    pub(super) struct Site {
        metres: f64,
    }
}

#[derive(OldState)]
#[state(id = "Site")]
#[allow(dead_code, reason = "only the descriptions matter")]
struct OldSite {
    feet: u64,
}

#[derive(OldState)]
#[state(id = "Site")]
#[allow(dead_code, reason = "only the descriptions matter")]
struct OtherSite {
    fathoms: u64,
}

#[derive(OldState)]
#[state(id = "World")]
#[allow(dead_code, reason = "only the descriptions matter")]
struct OldWorld {
    name: String,
    site: OldSite,
}

fn back<T: StableState, F: OldState>() -> Down {
    Down {
        symbol: "down".to_owned(),
        from: Type::from(&T::TYPE),
        to: Type::from(&F::TYPE),
        form: form::<F>(),
    }
}

fn with(mut module: Description, name: &str, down: Down) -> Description {
    module.downs.insert(name.to_owned(), down);
    module
}

/// The module with a function of this name, which the other version does not have.
fn made(mut module: Description, name: &str) -> Description {
    let symbol = name.to_owned();
    let site = Type::from(&newer::Site::TYPE);
    module.hooks.insert(
        site,
        Hook {
            symbol,
            parallel: false,
        },
    );
    module
}

fn older() -> Description {
    state::<older::World>()
}

fn newer() -> Description {
    with(
        made(state::<newer::World>(), "newer"),
        "site_back",
        back::<newer::Site, OldSite>(),
    )
}

fn printed(plan: &Plan) -> Vec<String> {
    plan.differences.iter().map(ToString::to_string).collect()
}

fn bodies(plan: &Plan) -> Vec<(String, ConversionBody)> {
    let conversions = plan.conversions.iter();
    conversions
        .map(|it| (it.was.to_string(), it.body.clone()))
        .collect()
}

#[test]
fn a_value_goes_back_by_the_function_of_the_newer_version() {
    let plan = Plan::back(&newer(), &older());
    assert_eq!(
        printed(&plan),
        ["World.site: convert Site → Site by `site_back`, in which `metres` has no place"]
    );
    assert_eq!(plan.verdict(), Verdict::Migrate);
    assert!(!plan.is_lossless(), "who knows what a function does");
    let down = (
        "Site".to_owned(),
        ConversionBody::Down("site_back".to_owned()),
    );
    assert!(bodies(&plan).contains(&down), "{plan:#?}");
    let cost = ("World.site".to_owned(), Cost::Converted);
    assert!(plan.costs().contains(&cost), "{:?}", plan.costs());
}

#[test]
fn a_function_of_the_outer_type_is_for_all_that_is_inside() {
    let newer = with(newer(), "world_back", back::<newer::World, OldWorld>());
    let plan = Plan::back(&newer, &older());
    assert_eq!(
        printed(&plan),
        ["World: convert World → World by `world_back`"]
    );
    assert_eq!(plan.conversions.len(), 1);
}

#[test]
fn what_did_not_change_is_moved_and_not_made() {
    let newer = with(older(), "site_back", back::<older::Site, OldSite>());
    let plan = Plan::back(&newer, &older());
    assert_eq!(plan.states, [(Type::from(&older::World::TYPE), Step::Move)]);
}

#[test]
fn without_a_form_that_fits_nothing_goes_back() {
    let other = || back::<newer::Site, OtherSite>();
    let unlike = [
        "World.site: was `Site.fathoms` u64 at offset 0, as `site_back` makes it, now absent\n  \
         help: let `site_back` return `Site` as the older version has it, or write another function \
         marked #[hotmod::migrate(down)] that does",
    ];
    let newer = with(made(state::<newer::World>(), "newer"), "site_back", other());
    let plan = Plan::back(&newer, &older());
    assert_eq!(printed(&plan), unlike);
    assert_eq!(plan.differences[0].rule, Rule::FormDiffers);

    // The function is used even where the rules know a way: its author means it to be used.
    let grown = with(
        state::<grown::World>(),
        "site_back",
        back::<grown::Site, OtherSite>(),
    );
    assert_eq!(printed(&Plan::back(&grown, &older())), unlike);
    let ruled = Plan::back(&state::<grown::World>(), &older());
    assert_eq!(printed(&ruled), ["World.site.depth: lost"]);

    // The first function is named in a refusal, and one that fits is found among others.
    let newer = with(newer, "another", other());
    assert!(printed(&Plan::back(&newer, &older()))[0].contains("`another`"));
    let newer = with(newer, "third", back::<newer::Site, OldSite>());
    assert!(printed(&Plan::back(&newer, &older()))[0].contains("by `third`"));
}

mod grown {
    use hotmod::StableState;

    #[derive(StableState)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    pub(super) struct World {
        name: String,
        site: Site,
    }

    #[derive(StableState)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    pub(super) struct Site {
        feet: u64,
        #[state(default)]
        depth: u8,
    }
}

#[test]
fn a_function_of_the_older_version_takes_nothing_back() {
    let other = back::<newer::Site, OtherSite>();
    let newer = with(made(state::<newer::World>(), "newer"), "site_back", other);
    let plan = Plan::back(&newer, &made(older(), "older"));
    assert_eq!(plan.differences[0].rule, Rule::FormDiffers);
    assert_eq!(plan.verdict(), Verdict::Refuse, "{:#?}", plan.differences);
    let newer = made(state::<newer::World>(), "newer");
    let plan = Plan::back(&newer, &made(older(), "older"));
    assert_eq!(plan.differences[0].rule, Rule::MeaningChanged);
    let plan = Plan::back(&self::newer(), &made(older(), "older"));
    assert_eq!(
        printed(&plan),
        ["World.site: convert Site → Site by `site_back`, in which `metres` has no place"]
    );
}

#[test]
fn another_compiler_has_another_form() {
    let newer = with(newer(), "world_back", back::<newer::World, OldWorld>());
    let mut older = older();
    older.toolchain = "another".to_owned();
    let plan = Plan::back(&newer, &older);
    let [difference] = plan.differences.as_slice() else {
        panic!("{:#?}", plan.differences);
    };
    assert_eq!(difference.rule, Rule::FormDiffers);
    assert!(difference.was.starts_with("`World.name` `String` as "));
    assert_eq!(difference.now, "as another does");
    assert_eq!(difference.help, "build both with the same compiler");
    // A form of which the source alone decides is the same.
    let plan = Plan::back(&self::newer(), &older);
    assert_eq!(plan.verdict(), Verdict::Migrate, "{:#?}", plan.differences);
}

#[test]
fn an_update_to_the_older_file_takes_the_function_where_the_rules_refuse() {
    let plan = Plan::new(&newer(), &older());
    assert_eq!(
        printed(&plan),
        ["World.site: convert Site → Site by `site_back`, in which `metres` has no place"]
    );
    assert_eq!(plan.conversions.len(), 2);

    // What the candidate itself says comes first: it was written for that.
    let plan = Plan::new(&newer(), &made(older(), "older"));
    assert_eq!(
        printed(&plan),
        ["World.site: convert Site → Site by `older`"]
    );
    let grown = with(
        state::<grown::World>(),
        "site_back",
        back::<grown::Site, OldSite>(),
    );
    let mut says = older();
    let site = says.types.get_mut(&Type::from(&older::Site::TYPE));
    let attributes = &mut site.expect("described").attributes;
    attributes.push(hotmod::describe::Attribute::Removed("depth".to_owned()));
    let plan = Plan::new(&grown, &says);
    assert_eq!(printed(&plan), ["World.site.depth: removed, dropped"]);
    let plan = Plan::new(&grown, &older());
    assert_eq!(
        printed(&plan),
        ["World.site: convert Site → Site by `site_back`, in which `depth` has no place"]
    );

    // A form that does not fit does not count, and the reasons are those of the rules.
    let newer = with(
        made(state::<newer::World>(), "newer"),
        "site_back",
        back::<newer::Site, OtherSite>(),
    );
    let rules: Vec<Rule> = Plan::new(&newer, &older())
        .differences
        .iter()
        .map(|it| it.rule)
        .collect();
    assert_eq!(rules, [Rule::FieldAdded, Rule::FieldRemoved]);
}

#[test]
fn a_type_goes_back_to_the_name_that_it_had() {
    mod renamed {
        use hotmod::StableState;

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct World {
            name: String,
            site: Place,
        }

        #[derive(StableState)]
        #[state(was = "Site")]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct Place {
            metres: f64,
        }
    }
    let newer = with(
        state::<renamed::World>(),
        "place_back",
        back::<renamed::Place, OldSite>(),
    );
    let expected = [
        "World.site: renamed from Place",
        "World.site: convert Place → Site by `place_back`, in which `metres` has no place",
    ];
    assert_eq!(printed(&Plan::back(&newer, &older())), expected);
    assert_eq!(printed(&Plan::new(&newer, &older())), expected);
}

#[test]
fn of_a_plan_by_the_rules_that_is_given_up_nothing_is_left() {
    mod older {
        use hotmod::StableState;

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct World {
            site: Site,
            depth: Depth,
        }

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct Site {
            depth: Depth,
            feet: u64,
        }

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct Depth {
            feet: u64,
        }
    }
    mod newer {
        use hotmod::StableState;

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct World {
            site: Site,
            depth: Depth,
        }

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct Site {
            depth: Depth,
            metres: f64,
        }

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct Depth {
            feet: u32,
        }
    }
    #[derive(OldState)]
    #[state(id = "Site")]
    #[allow(dead_code, reason = "only the descriptions matter")]
    struct OldSite {
        depth: older::Depth,
        feet: u64,
    }

    let down = back::<newer::Site, OldSite>();
    let plan = Plan::new(
        &with(state::<newer::World>(), "site_back", down),
        &state::<older::World>(),
    );
    // What was met in the site first is met beside it now.
    let found = [
        "World.site: convert Site → Site by `site_back`, in which `metres` has no place",
        "World.depth.feet: widen u32 → u64",
    ];
    assert_eq!(printed(&plan), found);
    let types: Vec<String> = bodies(&plan).into_iter().map(|(ty, _)| ty).collect();
    assert_eq!(types, ["World", "Site", "Depth"]);
}
