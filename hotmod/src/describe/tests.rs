//! What holds for every description. `hotmod-file` makes its own tests with the descriptions that are made here.

mod arbitrary;
mod chains;
mod damage;
mod derived;
mod identity;
mod leak;
mod sizes;

use proptest::collection::vec;
use proptest::prelude::*;

use super::decode::decode;

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_is_decoded(description in arbitrary::description()) {
        let section = leak::section(&description);
        prop_assert_eq!(decode(&section, "rustc").unwrap(), description);
    }

    #[test]
    fn records_are_found_in_any_order_with_padding(
        description in arbitrary::description(),
        zeros in 0..9_usize,
    ) {
        let mut section = leak::section(&description);
        section.splice(0..0, vec![0; zeros]);
        section.extend(vec![0; zeros]);
        prop_assert_eq!(decode(&section, "rustc").unwrap(), description);
    }

    #[test]
    fn nothing_arbitrary_is_decoded_into_a_panic(bytes in vec(any::<u8>(), 0..512)) {
        let _ = decode(&bytes, "rustc");
    }

    #[test]
    fn nothing_cut_short_is_decoded(description in arbitrary::description(), at in any::<prop::sample::Index>()) {
        let section = leak::section(&description);
        let cut = at.index(section.len());
        if let Ok(decoded) = decode(&section[..cut], "rustc") {
            // A section may end between two records.
            prop_assert_ne!(decoded, description);
        }
    }
}
