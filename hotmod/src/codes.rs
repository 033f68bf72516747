//! The codes: a stable number and a stable name for each kind of thing that hotmod says no to, warns of or tells.
//!
//! A code stands for a kind, not for one message: `HM-0201` is any field that is new and has no value for
//! existing state. `cargo hotmod explain HM-0201` prints its page, with cause, example and cure. The numbers go by area, and neither a
//! number nor a name is ever changed or given to something else.

use std::fmt;

use crate::printed::Lines;

/// One kind of refusal, warning or note: a number, shown as `HM-0201`, and a name, `field-added`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    number: u16,
    name: &'static str,
}

impl Code {
    /// The number alone.
    pub const fn number(self) -> u16 {
        self.number
    }

    /// The name, in lower case: `field-added`.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The code that is meant by `HM-0201`, `hm-0201`, `0201`, `201` or `field-added`.
    pub fn find(text: &str) -> Option<Code> {
        let text = text.trim();
        let digits = match text.get(..3) {
            Some(prefix) if prefix.eq_ignore_ascii_case("HM-") => &text[3..],
            _ => text,
        };
        let number = digits.parse::<u16>().ok();
        let is_meant = |code: &&Code| match number {
            Some(number) => code.number == number,
            None => code.name.eq_ignore_ascii_case(text),
        };
        ALL.iter().find(is_meant).copied()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HM-{:04}", self.number)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", self.name)
    }
}

/// What `body` writes, as by [`lines`](crate::printed::lines), with the code at the end of its first line:
/// `World.season: was absent, now u32 [HM-0201]`.
///
/// # Errors
///
/// Those of `body` and `f`.
pub fn coded(
    f: &mut fmt::Formatter<'_>,
    code: impl Into<Option<Code>>,
    body: impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    let text = Lines(fmt::from_fn(body)).to_string();
    let Some(code) = code.into() else {
        return f.write_str(&text);
    };
    let (first, rest) = text.split_at(text.find('\n').unwrap_or(text.len()));
    write!(f, "{first} [{code}]{rest}")
}

macro_rules! codes {
    ($($constant:ident $number:literal $name:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: Code = Code { number: $number, name: $name };
        )*

        /// All codes, by their numbers.
        pub const ALL: &[Code] = &[$($constant),*];
    };
}

codes! {
    // The file: what can be read of it, and what it says it is.
    FILE_UNREADABLE 1 "file-unreadable";
    FILE_OUTSIDE 2 "file-outside";
    FILE_EMPTY 3 "file-empty";
    NOT_AN_OBJECT 4 "not-an-object";
    FILE_TRUNCATED 5 "file-truncated";
    OTHER_ARCHITECTURE 6 "other-architecture";
    OTHER_CLASS 7 "other-class";
    FILE_NOT_ALLOWED 8 "file-not-allowed";
    FILE_DAMAGED 9 "file-damaged";
    NOT_A_MODULE 10 "not-a-module";
    MANIFEST_DAMAGED 11 "manifest-damaged";
    SYMBOL_MISSING 12 "symbol-missing";
    ABI_DIFFERS 13 "abi-differs";
    AMBIGUOUS_ID 14 "ambiguous-id";
    TOO_MANY_DIFFERENCES 15 "too-many-differences";
    VERSION_MALFORMED 16 "version-malformed";
    LIBRARY_NOT_ALLOWED 17 "library-not-allowed";
    SEARCH_PATH_NOT_ALLOWED 18 "search-path-not-allowed";
    STATIC_TLS 19 "static-tls";
    STATIC_DENIED 20 "static-denied";
    PANIC_ABORTS 21 "panic-aborts";

    // Functions, interfaces and imports, and what calls pass.
    EXPORT_REMOVED 101 "export-removed";
    RECEIVER_CHANGED 102 "receiver-changed";
    ARGUMENT_ADDED 103 "argument-added";
    ARGUMENT_REMOVED 104 "argument-removed";
    ARGUMENT_RETYPED 105 "argument-retyped";
    ARGUMENTS_SWAPPED 106 "arguments-swapped";
    RETURN_CHANGED 107 "return-changed";
    SHARING_LOST 108 "sharing-lost";
    STATE_CHANGED 109 "state-changed";
    INIT_REMOVED 110 "init-removed";
    IMPORT_MISSING 111 "import-missing";
    TRANSIENT_CROSSES 112 "transient-crosses";
    EXPORT_ADDED 131 "export-added";
    PURITY_CHANGED 132 "purity-changed";
    ARGUMENT_RENAMED 133 "argument-renamed";
    METHOD_ADDED 134 "method-added";
    METHOD_ABSENT 135 "method-absent";
    METHOD_UNCALLED 136 "method-uncalled";
    IMPORT_ADDED 137 "import-added";
    IMPORT_REMOVED 138 "import-removed";
    IMPORT_ABSENT 139 "import-absent";
    TIMER_CHANGED 140 "timer-changed";
    TASK_CHANGED 141 "task-changed";
    RESOURCE_CHANGED 142 "resource-changed";
    CALL_CONVERTED 151 "call-converted";
    CALL_FILLED_IN 152 "call-filled-in";
    CALL_UNSEEN 153 "call-unseen";
    CALL_MAY_FAIL 154 "call-may-fail";
    CALL_OTHER 155 "call-other";

    // Types: what state cannot be taken over, or a value cannot cross.
    FIELD_ADDED 201 "field-added";
    FIELD_REMOVED 202 "field-removed";
    TYPE_CHANGED 203 "type-changed";
    SHAPE_CHANGED 204 "shape-changed";
    NARROWED 205 "narrowed";
    KEYS_CHANGED 206 "keys-changed";
    ARRAY_CHANGED 207 "array-changed";
    VARIANT_ADDED 208 "variant-added";
    VARIANT_REMOVED 209 "variant-removed";
    VARIANTS_REORDERED 210 "variants-reordered";
    DISCRIMINANT_CHANGED 211 "discriminant-changed";
    REPR_CHANGED 212 "repr-changed";
    MEANING_CHANGED 213 "meaning-changed";
    FIELD_MOVED 214 "field-moved";
    FIELDS_REORDERED 215 "fields-reordered";
    SIZE_CHANGED 216 "size-changed";
    ALIGNMENT_CHANGED 217 "alignment-changed";
    TOOLCHAIN_CHANGED 218 "toolchain-changed";
    CHECK_IMPOSSIBLE 219 "check-impossible";
    FORM_DIFFERS 220 "form-differs";
    AMBIGUOUS 221 "ambiguous";
    UNWRITABLE 222 "unwritable";
    NAME_REUSED 223 "name-reused";

    // What becomes of state.
    MOVED 301 "moved";
    DEFAULTED 302 "defaulted";
    DROPPED 303 "dropped";
    LOST 304 "lost";
    RENAMED 305 "renamed";
    WIDENED 306 "widened";
    WRAPPED 307 "wrapped";
    CHECKED 308 "checked";
    APPLIED 309 "applied";
    CARRIED 310 "carried";
    FOLLOWED 311 "followed";
    REBUILT 312 "rebuilt";
    FILLED 313 "filled";
    CONVERTED 314 "converted";
    MADE_ANEW 315 "made-anew";
    VARIANT_GAINED 316 "variant-gained";
    VARIANT_UNUSED 317 "variant-unused";
    VARIANT_REPLACED 318 "variant-replaced";
    STARTS_ANEW 319 "starts-anew";

    // Loading and updates, as they are asked for and go on.
    OTHER_MODULE 401 "other-module";
    ALREADY_LOADED 402 "already-loaded";
    DOWNGRADE 404 "downgrade";
    STAGING_FAILED 405 "staging-failed";
    OVER_BUDGET 406 "over-budget";
    LOADING_FAILED 407 "loading-failed";
    OTHER_IMAGE 408 "other-image";
    INITIALISE_FAILED 409 "initialise-failed";
    LOADED_FAILED 410 "loaded-failed";
    REHEARSAL_FAILED 411 "rehearsal-failed";
    NAMED_TWICE 412 "named-twice";
    NOTHING_BEFORE 413 "nothing-before";
    ON_TRIAL 414 "on-trial";
    TRIAL_OVER 415 "trial-over";
    NOTHING_PURE 416 "nothing-pure";
    SAME_FILE 417 "same-file";
    NO_WAY_BACK 418 "no-way-back";
    WITHIN_UPDATE 419 "within-update";
    STOPPING 420 "stopping";
    FROZEN 421 "frozen";
    OVERTAKEN 422 "overtaken";
    RESOURCE_REFUSED 423 "resource-refused";
    UNDONE 424 "undone";
    NOT_RECORDED 425 "not-recorded";
    NO_THREAD 426 "no-thread";
    LONG_PAUSE 427 "long-pause";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_in_the_order_of_their_numbers_and_each_name_once() {
        assert!(ALL.is_sorted_by(|a, b| a.number < b.number));
        let mut names: Vec<_> = ALL.iter().map(|code| code.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    /// A code that has been given out stands in logs, scripts and on pages that others wrote.
    #[test]
    fn no_code_has_changed_its_number_or_name() {
        let given: String = ALL.iter().map(|it| format!("{it} {}\n", it.name)).collect();
        assert_eq!(
            given,
            include_str!("codes/given.txt"),
            "a line was changed, or is to be added at its place"
        );
    }

    #[test]
    fn a_code_stands_at_the_end_of_the_first_line() {
        let text = |text: &str, code: Option<Code>| {
            fmt::from_fn(|f| coded(f, code, |f| f.write_str(text))).to_string()
        };
        assert_eq!(text("no file", Some(FILE_EMPTY)), "no file [HM-0003]");
        let said = text("no file\n  help: \u{1b}", Some(FILE_EMPTY));
        assert_eq!(said, "no file [HM-0003]\n  help: \\u{1b}");
        assert_eq!(
            text("no file\n  help: write one", None),
            "no file\n  help: write one"
        );
    }

    #[test]
    fn a_code_is_found_by_its_number_and_by_its_name() {
        for text in [
            "HM-0201",
            "hm-0201",
            "0201",
            " 201",
            "field-added",
            "Field-Added",
        ] {
            assert_eq!(Code::find(text), Some(FIELD_ADDED), "{text}");
        }
        for text in ["", "HM-", "HM-9999", "field", "Größe", "-201"] {
            assert_eq!(Code::find(text), None, "{text}");
        }
    }
}
