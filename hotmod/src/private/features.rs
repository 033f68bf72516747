//! Types of the crates that features of hotmod are named after: where such a feature is off, the error names it.

use super::probe::{No, Perhaps, Yes};

/// For each feature, the trait by whose error the compiler tells of it, and how: where it is off, and, of types that hold
/// others, what those have to be.
macro_rules! by_features {
    ($($name:ident: $feature:tt $label:tt $([$held:tt])?;)*) => {$(
        #[cfg(not(feature = $feature))]
        asked! {
            /// State, if it is of the crate and the feature is on.
            #[diagnostic::on_unimplemented(
                message = "`{Self}` cannot be kept as state [HM-0921]",
                label = $label,
                note = "if it is yours, put `#[derive(StableState)]` on it; of any other crate, write `#[state(serde)]`, \
                        `#[state(as = Type, into = path, from = path)]` or `#[state(skip)]` on the field, and only where \
                        none of these will do `#[state(unsafe(opaque))]`, which moves the value as it is, if you vouch \
                        for it"
            )]
            $name: crate::state::StableState
        }

        #[cfg(feature = $feature)]
        asked! {
            /// State, if it is of the crate, and the feature knows it.
            #[diagnostic::on_unimplemented(
                message = "`{Self}` cannot be kept as state [HM-0921]",
                label = "put `#[derive(StableState)]` on it if it is yours; of the types of other crates, hotmod's feature \
                         knows some",
                $(note = $held,)?
                note = "for others, write `#[state(serde)]`, `#[state(as = Type, into = path, from = path)]` or \
                        `#[state(skip)]` on the field, and only where none of these will do \
                        `#[state(unsafe(opaque))]`, which moves the value as it is, if you vouch for it"
            )]
            $name: crate::state::StableState
        }
    )*};
}

by_features! {
    KeptByAhash: "ahash" "if it is of the crate `ahash`, turn on hotmod's feature `ahash`";
    KeptByArrayvec: "arrayvec" "if it is of the crate `arrayvec`, turn on hotmod's feature `arrayvec`"
        ["what it holds has to be `Clone` too: an `Arc` of a lock is, and a lock is not"];
    KeptByBytes: "bytes" "if it is of the crate `bytes`, turn on hotmod's feature `bytes`";
    KeptByChrono: "chrono" "if it is of the crate `chrono`, turn on hotmod's feature `chrono`";
    KeptByCompactStr: "compact_str" "if it is of the crate `compact_str`, turn on hotmod's feature `compact_str`";
    KeptByDashmap: "dashmap" "if it is of the crate `dashmap`, turn on hotmod's feature `dashmap`"
        ["what it holds has to be `Clone` too, and its keys or items `Eq` and `Hash`: an `Arc` of a lock is \
                      `Clone`, and a lock is not"];
    KeptByEither: "either" "if it is of the crate `either`, turn on hotmod's feature `either`"
        ["what it holds has to be `Clone` too: an `Arc` of a lock is, and a lock is not"];
    KeptByFxhash: "fxhash" "if it is of the crate `fxhash`, turn on hotmod's feature `fxhash`";
    KeptByGlam: "glam" "if it is of the crate `glam`, turn on hotmod's feature `glam`";
    KeptByHashbrown: "hashbrown" "if it is of the crate `hashbrown`, turn on hotmod's feature `hashbrown`"
        ["what it holds has to be `Clone` too, and its keys or items `Eq` and `Hash`: an `Arc` of a lock is \
                      `Clone`, and a lock is not"];
    KeptByIndexmap: "indexmap" "if it is of the crate `indexmap`, turn on hotmod's feature `indexmap`"
        ["what it holds has to be `Clone` too, and its keys or items `Eq` and `Hash`: an `Arc` of a lock is \
                      `Clone`, and a lock is not"];
    KeptByNalgebra: "nalgebra" "if it is of the crate `nalgebra`, turn on hotmod's feature `nalgebra`";
    KeptByOrderedFloat: "ordered-float" "if it is of the crate `ordered-float`, turn on hotmod's feature `ordered-float`";
    KeptByParkingLot: "parking_lot" "if it is of the crate `parking_lot`, turn on hotmod's feature `parking_lot`"
        ["what it holds has to be `Clone` too: an `Arc` of a lock is, and a lock is not"];
    KeptByRustDecimal: "rust_decimal" "if it is of the crate `rust_decimal`, turn on hotmod's feature `rust_decimal`";
    KeptByRustcHash: "rustc-hash" "if it is of the crate `rustc-hash`, turn on hotmod's feature `rustc-hash`";
    KeptBySemver: "semver" "if it is of the crate `semver`, turn on hotmod's feature `semver`";
    KeptBySerdeJson: "serde_json" "if it is of the crate `serde_json`, turn on hotmod's feature `serde_json`";
    KeptBySlotmap: "slotmap" "if it is of the crate `slotmap`, turn on hotmod's feature `slotmap`"
        ["what it holds has to be `Clone` too, and in a `SlotMap` or `DenseSlotMap` `serde::Serialize` and \
                    `serde::de::DeserializeOwned`, which its crate may have by a feature `serde`"];
    KeptBySmallvec: "smallvec" "if it is of the crate `smallvec`, turn on hotmod's feature `smallvec`"
        ["what it holds has to be `Clone` too: an `Arc` of a lock is, and a lock is not"];
    KeptBySmolStr: "smol_str" "if it is of the crate `smol_str`, turn on hotmod's feature `smol_str`";
    KeptByTime: "time" "if it is of the crate `time`, turn on hotmod's feature `time`";
    KeptByUrl: "url" "if it is of the crate `url`, turn on hotmod's feature `url`";
    KeptByUuid: "uuid" "if it is of the crate `uuid`, turn on hotmod's feature `uuid`";
}
