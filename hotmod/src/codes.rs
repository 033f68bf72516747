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

    /// The code that is meant by `HM-0201`, `[HM-0201]` as it stands in a message, `hm0201`, `201` or `field-added`.
    pub fn find(text: &str) -> Option<Code> {
        let text = text.trim();
        let text = text.strip_prefix('[').unwrap_or(text);
        let text = text.strip_suffix(']').unwrap_or(text);
        let digits = match text.get(..2) {
            Some(prefix) if prefix.eq_ignore_ascii_case("HM") => {
                text[2..].trim_start_matches(['-', ' ', '_'])
            }
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
    BUILT_TO_LINK 22 "built-to-link";

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
    LINKED 428 "linked";
    LINKED_UNCLEAR 429 "linked-unclear";

    // Calls, instances and values, while the server runs.
    CALL_PANICKED 501 "call-panicked";
    METHOD_LACKING 502 "method-lacking";
    CALL_UNFIT 503 "call-unfit";
    CALL_CANCELLED 504 "call-cancelled";
    NO_INIT 505 "no-init";
    INIT_FAILED 506 "init-failed";
    STATE_UNFIT 507 "state-unfit";
    VALUE_UNFIT 508 "value-unfit";
    INSTANCE_ABSENT 511 "instance-absent";
    INSTANCE_EXISTS 512 "instance-exists";
    IN_USE_BY_THIS_THREAD 513 "in-use-by-this-thread";
    IN_USE 514 "in-use";
    OF_ANOTHER_MODULE 515 "of-another-module";
    NAME_TAKEN 516 "name-taken";
    CALLED_OTHERWISE 517 "called-otherwise";
    HANDED_OVER 518 "handed-over";
    NOT_LOADED 520 "not-loaded";
    NOT_BUILT 521 "not-built";
    OF_OTHERS 522 "of-others";
    LEFT_IN_USE 523 "left-in-use";
    NOT_PROVIDED 524 "not-provided";
    AT_ANOTHER_VERSION 525 "at-another-version";
    PATH_MALFORMED 526 "path-malformed";
    NOT_THERE 527 "not-there";
    NOT_SHOWN 528 "not-shown";
    NO_CURSOR 529 "no-cursor";
    OLD_UNREADABLE 530 "old-unreadable";
    CHANGED 531 "changed";
    CHECK_OVERRULED 541 "check-overruled";
    DESTRUCTOR_PANICKED 542 "destructor-panicked";
    TIMER_PANICKED 543 "timer-panicked";
    TASK_PANICKED 544 "task-panicked";
    TASK_CANCELLED 545 "task-cancelled";
    KEPT 546 "kept";
    LOGGER_PANICKED 547 "logger-panicked";
    EVENTS_MISSED 548 "events-missed";
    ROLLED_BACK 549 "rolled-back";

    // Snapshots, handoffs, resources and hosts.
    SNAPSHOT_UNREADABLE 601 "snapshot-unreadable";
    SNAPSHOT_IN_USE 602 "snapshot-in-use";
    SNAPSHOT_NOT_WRITTEN 603 "snapshot-not-written";
    SNAPSHOT_COPY_FAILED 604 "snapshot-copy-failed";
    RESTORE_NAMELESS 611 "restore-nameless";
    RESTORE_ABSENT 612 "restore-absent";
    RESTORE_OTHER 613 "restore-other";
    PREFLIGHT_FAILED 614 "preflight-failed";
    RESTORED_BEFORE 615 "restored-before";
    HANDOFF_GIVEN_UP 621 "handoff-given-up";
    HANDOFF_LOST 622 "handoff-lost";
    HANDOFF_GARBLED 623 "handoff-garbled";
    HANDOFF_SOCKET 624 "handoff-socket";
    HANDOFF_INCOMPLETE 625 "handoff-incomplete";
    RESOURCE_OUTSIDE 631 "resource-outside";
    RESOURCE_UNREADABLE 632 "resource-unreadable";
    RESOURCE_MALFORMED 633 "resource-malformed";
    RESOURCE_INVALID 634 "resource-invalid";
    HOST_UNSUPPORTED 641 "host-unsupported";
    DIRECTORY_UNUSABLE 642 "directory-unusable";
    STATE_DIRECTORY_UNUSABLE 643 "state-directory-unusable";
    EXPECTATIONS_UNREADABLE 651 "expectations-unreadable";
    TEST_BUILD_FAILED 652 "test-build-failed";

    // The command line, the machine, and watches.
    LOCK_UNUSABLE 701 "lock-unusable";
    TYPE_UNKNOWN 702 "type-unknown";
    CODE_UNKNOWN 703 "code-unknown";
    PROGRAM_ENDED 704 "program-ended";
    NOT_DONE 711 "not-done";
    COMPILER_MISSING 721 "compiler-missing";
    COMPILER_DIFFERS 722 "compiler-differs";
    DEV_LINKS_AS_A_WHOLE 724 "dev-links-as-a-whole";
    RUNTIME_OF_ITS_OWN 725 "runtime-of-its-own";
    FEW_WATCHES 726 "few-watches";
    TEMPORARY_NOT_EXECUTABLE 727 "temporary-not-executable";
    SLOW_LINKER 728 "slow-linker";
    FILE_LEFT 731 "file-left";
    LOOKED_AT_FROM_TIME_TO_TIME 732 "looked-at-from-time-to-time";

    // The admin's answers.
    REFUSED 801 "refused";
    NOT_FOUND 802 "not-found";
    WRONG_METHOD 803 "wrong-method";
    BUG 804 "bug";
    BUSY 805 "busy";
    TOO_MANY_REQUESTS 806 "too-many-requests";
    TOO_SLOW 807 "too-slow";
    NOT_JSON 811 "not-json";
    TOO_LARGE 812 "too-large";
    BODY_UNREADABLE 813 "body-unreadable";
    BODY_MALFORMED 814 "body-malformed";
    BODY_UNFIT 815 "body-unfit";
    QUERY_UNFIT 816 "query-unfit";
    PERCENT_UNFIT 817 "percent-unfit";
    TOO_LONG 818 "too-long";
    NAME_UNFIT 819 "name-unfit";
    SHARE_UNFIT 820 "share-unfit";
    GENERATION_MISSING 821 "generation-missing";
    GENERATION_MALFORMED 822 "generation-malformed";
    IDEMPOTENCY_KEY_MISSING 823 "idempotency-key-missing";
    IDEMPOTENCY_KEY_REUSED 824 "idempotency-key-reused";
    REASON_MISSING 825 "reason-missing";
    TOKEN_MISSING 831 "token-missing";
    TOKEN_UNREADABLE 832 "token-unreadable";
    TOKEN_UNKNOWN 833 "token-unknown";
    TOKEN_EXPIRED 834 "token-expired";
    SCOPE_MISSING 835 "scope-missing";
    HOST_NOT_ALLOWED 836 "host-not-allowed";
    ORIGIN_NOT_ALLOWED 837 "origin-not-allowed";
    TOKEN_UNFIT 838 "token-unfit";
    NO_MODULE_DIRECTORY 841 "no-module-directory";
    DIRECTORY_UNREADABLE 842 "directory-unreadable";

    // What does not compile.
    ATTRIBUTE_MISPLACED 901 "attribute-misplaced";
    OPTION_MALFORMED 902 "option-malformed";
    SIGNATURE_UNCROSSABLE 903 "signature-uncrossable";
    TYPE_UNCROSSABLE 904 "type-uncrossable";
    RECEIVER_UNFIT 905 "receiver-unfit";
    MARKED_FUNCTION_UNFIT 906 "marked-function-unfit";
    INTERFACE_UNFIT 907 "interface-unfit";
    IMPORT_UNFIT 908 "import-unfit";
    MODULE_ENTRY_UNFIT 909 "module-entry-unfit";
    STATE_ATTRIBUTE_UNFIT 910 "state-attribute-unfit";
    STATE_TYPE_UNFIT 911 "state-type-unfit";
    FOREIGN_TYPE_BOUND 912 "foreign-type-bound";
    EVOLUTION_ATTRIBUTE_UNFIT 913 "evolution-attribute-unfit";
    NOT_STATE 921 "not-state";
    CANNOT_CROSS 922 "cannot-cross";
    CANNOT_BE_RETURNED 923 "cannot-be-returned";
    NOT_DESCRIBED 924 "not-described";
    MARKED_TYPES_UNFIT 925 "marked-types-unfit";
    NOT_PURE 926 "not-pure";
    NOT_PARALLEL 927 "not-parallel";
    COMPILED_OTHERWISE 928 "compiled-otherwise";
    FIELD_FUNCTION_UNFIT 929 "field-function-unfit";
    NO_INTERFACE 930 "no-interface";
    DESCRIPTION_IMPOSSIBLE 931 "description-impossible";
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
            "[HM-0201]",
            "hm0201",
            "HM 0201",
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
