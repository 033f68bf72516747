//! Functions, interfaces, inits and imports.

use super::{
    Row, Rule, differences, function, implementation, import, pure, reading, state, tasked, timed,
    types,
};
use crate::contract::{Called, Never, exports};

#[derive(hotmod::StableState)]
#[allow(dead_code, reason = "only the description matters")]
pub(super) struct World {
    names: Vec<String>,
}

#[derive(hotmod::StableState)]
#[allow(dead_code, reason = "only the description matters")]
struct Other {
    name: u64,
}

macro_rules! interfaces {
    ($($module:ident { $($method:tt)* })*) => {$(
        mod $module {
            #[hotmod::interface]
            #[allow(dead_code, reason = "only the description matters")]
            pub(super) trait Game { $($method)* }
        }
    )*};
}

interfaces! {
    base { fn a(&self, x: u32) -> u32; fn b(&self); }
    swapped { fn b(&self); fn a(&self, x: u32) -> u32; }
    more { fn a(&self, x: u32) -> u32; fn b(&self); fn c(&self); }
    fewer { fn a(&self, x: u32) -> u32; }
    exclusive { fn a(&mut self, x: u32) -> u32; fn b(&self); }
    optional { fn a(&self, x: u32) -> u32; fn b(&self); #[hotmod::optional] fn c(&self); }
}

mod shared {
    #[hotmod::interface]
    #[allow(dead_code, reason = "only the description matters")]
    pub(super) trait Game: Sync {
        fn a(&self, x: u32) -> u32;
        fn b(&self);
    }
}

pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    let other_toolchain = || {
        let mut description = function::<fn(&'static World)>(&["a"]);
        "rustc 2".clone_into(&mut description.toolchain);
        description
    };
    let base = implementation::<World, dyn base::Game>;
    vec![
        row!(
            "an argument more",
            [(ArgumentAdded, "f(b)")],
            function::<fn(u32) -> u32>(&["a"]),
            function::<fn(u32, u32) -> u32>(&["a", "b"])
        ),
        row!(
            "an argument less",
            [(ArgumentRemoved, "f(b)")],
            function::<fn(u32, u32) -> u32>(&["a", "b"]),
            function::<fn(u32) -> u32>(&["a"])
        ),
        row!(
            "an argument's type",
            [(ArgumentRetyped, "f(a)")],
            function::<fn(u32) -> u32>(&["a"]),
            function::<fn(i32) -> u32>(&["a"])
        ),
        row!(
            "by reference",
            [(ArgumentRetyped, "f(a)")],
            function::<fn(World)>(&["a"]),
            function::<fn(&'static World)>(&["a"])
        ),
        row!(
            "mutability",
            [(ArgumentRetyped, "f(a)")],
            function::<fn(&'static World)>(&["a"]),
            function::<fn(&'static mut World)>(&["a"])
        ),
        row!(
            "arguments swapped",
            [(ArgumentsSwapped, "f()")],
            function::<fn(u32, u32)>(&["a", "b"]),
            function::<fn(u32, u32)>(&["b", "a"])
        ),
        row!(
            "an argument's name",
            [(ArgumentRenamed, "f(a)")],
            function::<fn(u32)>(&["a"]),
            function::<fn(u32)>(&["amount"])
        ),
        row!(
            "the return type",
            [(ReturnChanged, "f() ->")],
            function::<fn() -> u32>(&[]),
            function::<fn() -> u64>(&[])
        ),
        row!(
            "a function that is pure",
            [(PurityChanged, "f()")],
            function::<fn()>(&[]),
            pure(function::<fn()>(&[]))
        ),
        row!(
            "a function that is not pure any more",
            [(PurityChanged, "f()")],
            pure(function::<fn()>(&[])),
            function::<fn()>(&[])
        ),
        row!(
            "a new function",
            [(ExportAdded, "f()")],
            types::<World>(),
            function::<fn()>(&[])
        ),
        row!(
            "a function gone",
            [(ExportRemoved, "f()")],
            function::<fn()>(&[]),
            types::<World>()
        ),
        row!(
            "a function that is called again and again",
            [(TimerChanged, "tick")],
            types::<World>(),
            timed(types::<World>(), 50)
        ),
        row!(
            "a function that is called at other times",
            [(TimerChanged, "tick")],
            timed(types::<World>(), 50),
            timed(types::<World>(), 100)
        ),
        row!(
            "a function that is called no more",
            [(TimerChanged, "tick")],
            timed(types::<World>(), 50),
            types::<World>()
        ),
        row!(
            "a function that runs from version to version",
            [(TaskChanged, "feed")],
            types::<World>(),
            tasked(types::<World>(), 50)
        ),
        row!(
            "a function that may take longer to stop",
            [(TaskChanged, "feed")],
            tasked(types::<World>(), 50),
            tasked(types::<World>(), 100)
        ),
        row!(
            "a function that does not run from version to version any more",
            [(TaskChanged, "feed")],
            tasked(types::<World>(), 50),
            types::<World>()
        ),
        row!(
            "a resource that is read",
            [(ResourceChanged, "resource `game.toml`")],
            types::<World>(),
            reading(types::<World>())
        ),
        row!(
            "a resource that is read no more",
            [(ResourceChanged, "resource `game.toml`")],
            reading(types::<World>()),
            types::<World>()
        ),
        row!(
            "a new import",
            [(ImportAdded, "import f()")],
            types::<World>(),
            import::<fn()>(&[])
        ),
        row!(
            "an import gone",
            [(ImportRemoved, "import f()")],
            import::<fn()>(&[]),
            types::<World>()
        ),
        row!(
            "an export that is an import now",
            [(ExportRemoved, "f()"), (ImportAdded, "import f()")],
            function::<fn()>(&[]),
            import::<fn()>(&[])
        ),
        row!(
            "an import's argument",
            [(ArgumentRetyped, "import f(a)")],
            import::<fn(u32)>(&["a"]),
            import::<fn(u64)>(&["a"])
        ),
        row!(
            "an import's result",
            [(ReturnChanged, "import f() ->")],
            import::<fn() -> u32>(&[]),
            import::<fn() -> u64>(&[])
        ),
        row!(
            "threads can no longer share the state",
            [(SharingLost, "Game")],
            implementation::<World, dyn shared::Game>(),
            base()
        ),
        row!(
            "threads can share the state now",
            [],
            base(),
            implementation::<World, dyn shared::Game>()
        ),
        row!(
            "methods in another order",
            [],
            base(),
            implementation::<World, dyn swapped::Game>()
        ),
        row!(
            "a new method",
            [(MethodAdded, "Game::c()")],
            base(),
            implementation::<World, dyn more::Game>()
        ),
        row!(
            "an optional method gone",
            [(MethodAbsent, "Game::c()")],
            implementation::<World, dyn optional::Game>(),
            base()
        ),
        row!(
            "a method gone",
            [(ExportRemoved, "Game::b()")],
            base(),
            implementation::<World, dyn fewer::Game>()
        ),
        row!(
            "the receiver",
            [(ReceiverChanged, "Game::a(self)")],
            base(),
            implementation::<World, dyn exclusive::Game>()
        ),
        row!(
            "an interface gone",
            [(ExportRemoved, "Game")],
            base(),
            types::<World>()
        ),
        row!(
            "a new interface",
            [(ExportAdded, "Game")],
            types::<World>(),
            base()
        ),
        row!(
            "another state",
            [(StateChanged, "Game"), (TypeChanged, "World")],
            base(),
            implementation::<Other, dyn base::Game>()
        ),
        row!(
            "no init",
            [(InitRemoved, "World")],
            state::<World>(),
            types::<World>()
        ),
        row!(
            "the compiler",
            [(ToolchainChanged, "f(a).names")],
            function::<fn(&'static World)>(&["a"]),
            other_toolchain()
        ),
    ]
}

#[test]
fn what_nothing_calls_may_change_and_go() {
    let base = implementation::<World, dyn base::Game>();
    for now in [
        implementation::<World, dyn fewer::Game>(),
        implementation::<World, dyn exclusive::Game>(),
        types::<World>(),
    ] {
        let found = exports(&base, &now, &Never, &|_, _| Called::Never, &|_| {
            Called::AsItRuns
        });
        assert!(found.iter().all(|it| !it.rule.refuses()), "{found:?}");
        assert!(
            found.iter().any(|it| it.rule == Rule::MethodUncalled),
            "{found:?}"
        );
        // The callers are compared on their own.
        if now != types::<World>() {
            let found = exports(&base, &now, &Never, &|_, _| Called::ByOthers, &|_| {
                Called::AsItRuns
            });
            assert_eq!(found, []);
        }
        // Callers that may have been compiled with what runs call one of its methods.
        let found = exports(
            &base,
            &now,
            &Never,
            &|_, method| match method {
                None | Some("a") => Called::AsItRuns,
                Some(_) => Called::Never,
            },
            &|_| Called::AsItRuns,
        );
        let refused = now != implementation::<World, dyn fewer::Game>();
        assert_eq!(
            found.iter().any(|it| it.rule.refuses()),
            refused,
            "{found:?}"
        );
    }
}
