//! Versions of a counter that are moved into a directory: 1.0.0 to 1.2.0, which differ in their code, 1.3.0, which is
//! refused, and two of another module.

use crate::fixture::{BASE, Built, Family};

/// All of them: `first`, `second` and `third`, `refused`, `other` and `other-second`.
#[must_use]
pub fn counters() -> Built {
    Family::new("counter")
        .variant(
            "watched-second",
            &[("1.0.0", "1.1.0"), ("\"first\"", "\"second\"")],
        )
        .variant(
            "watched-third",
            &[("1.0.0", "1.2.0"), ("\"first\"", "\"third\"")],
        )
        .variant(
            "watched-refused",
            &[
                ("1.0.0", "1.3.0"),
                ("    count: u64,", "    count: String,"),
                ("self.count += STEP;", "self.count += \"x\";"),
                ("        self.count\n", "        STEP\n"),
                ("        count: 0,", "        count: String::new(),"),
            ],
        )
        .variant("watched-other", &[("name: \"counter\"", "name: \"other\"")])
        .variant(
            "watched-other-second",
            &[
                ("name: \"counter\"", "name: \"other\""),
                ("1.0.0", "1.1.0"),
                ("\"first\"", "\"second\""),
            ],
        )
        .build()
}

/// The name of a variant's fixture.
#[must_use]
pub fn named(variant: &str) -> String {
    match variant {
        "first" => BASE.to_owned(),
        other => format!("watched-{other}"),
    }
}
