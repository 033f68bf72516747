//! What holds for the comparison of any two descriptions, and so for their fingerprints.

use hotmod::describe::decode::decode;
use hotmod::describe::{Description, Fingerprints, Repr, Representation, Shape, Type, Verdict};
use proptest::collection::vec;
use proptest::prelude::*;

use super::edits;
use crate::described::{arbitrary, leak};
use crate::plan::differences;

fn fingerprints(description: &Description) -> Fingerprints {
    Fingerprints::of(description, &arbitrary::root())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_damaged_is_decoded_into_a_panic(
        description in arbitrary::description(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut section = leak::section(&description);
        for (at, byte) in damage {
            let at = at.index(section.len());
            section[at] = byte;
        }
        if let Ok(decoded) = decode(&section, "rustc") {
            // A description that the decoder lets through can be worked with.
            prop_assert_eq!(differences(&decoded, &decoded), []);
            for ty in decoded.types.keys() {
                Fingerprints::of(&decoded, ty);
            }
        }
    }

    #[test]
    fn a_module_may_replace_itself(description in arbitrary::description()) {
        prop_assert_eq!(differences(&description, &description), []);
        let again = decode(&leak::section(&description), "rustc").unwrap();
        prop_assert_eq!(fingerprints(&again), fingerprints(&description));
    }

    #[test]
    fn every_edit_changes_a_fingerprint_and_is_no_mere_adoption(description in arbitrary::state()) {
        let before = fingerprints(&description);
        for (what, edited) in edits::all(&description) {
            let after = fingerprints(&edited);
            let found = differences(&description, &edited);
            prop_assert_ne!(Verdict::of(&found), Verdict::Adopt, "{}", what);
            if what.ends_with("meaning") {
                prop_assert_ne!(before.meaning, after.meaning, "{}", what);
                prop_assert_eq!(before.layout, after.layout, "{}", what);
            } else {
                prop_assert_ne!(before.layout, after.layout, "{}", what);
            }
        }
    }

    #[test]
    fn what_no_state_reaches_changes_nothing(description in arbitrary::state()) {
        let mut edited = description.clone();
        let reached = edits::reached(&description);
        for (ty, described) in &mut edited.types {
            if !reached.contains(ty) {
                described.size += described.align;
                described.meaning += 1;
            }
        }
        prop_assert_eq!(fingerprints(&edited), fingerprints(&description));
        prop_assert_eq!(differences(&description, &edited), []);
    }

    #[test]
    fn adopted_if_and_only_if_no_fingerprint_differs(
        was in arbitrary::state(),
        now in arbitrary::state(),
        same_root in any::<bool>(),
    ) {
        let mut now = now;
        if same_root {
            let root = arbitrary::root();
            now.types.insert(root.clone(), was.types[&root].clone());
        }
        let (a, b) = (fingerprints(&was), fingerprints(&now));
        let equal = a.layout == b.layout && a.meaning == b.meaning;
        let found = differences(&was, &now);
        prop_assert_eq!(Verdict::of(&found) == Verdict::Adopt, equal, "{:#?}", found);
    }

    #[test]
    fn another_compiler_matters_where_it_chose_the_layout(description in arbitrary::state()) {
        let mut other = description.clone();
        other.toolchain.push_str(" 2");
        let chosen = compiler_chose(&description);
        let found = differences(&description, &other);
        prop_assert_eq!(fingerprints(&description).layout != fingerprints(&other).layout, chosen);
        prop_assert_eq!(Verdict::of(&found) != Verdict::Adopt, chosen, "{:#?}", found);
        prop_assert_eq!(fingerprints(&description).schema, fingerprints(&other).schema);
    }
}

/// Whether a compiler chose the layout of anything that is reached from the root.
fn compiler_chose(description: &Description) -> bool {
    fn expression(ty: &Type) -> bool {
        let own = ty
            .builtin()
            .is_some_and(|b| b.representation() == Representation::Compiler);
        own || ty.opaque().is_some() || ty.args.iter().any(expression)
    }
    edits::reached(description)
        .iter()
        .any(|ty| match &description.types[ty].shape {
            Shape::Struct(fields) => fields.iter().any(|field| expression(&field.ty)),
            Shape::Enum { repr, variants } => {
                let mut fields = variants.iter().flat_map(|variant| &variant.fields);
                *repr == Repr::Chosen || fields.any(|field| expression(&field.ty))
            }
        })
}
