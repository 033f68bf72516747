//! The attributes that derives of well-known crates read on an enum. No known attribute macro has such a name.

/// Hands all of their names to a macro.
macro_rules! for_helpers {
    ($macro:ident) => {
        $macro! {
            archive
            as_ref
            asn1
            bincode
            borsh
            br
            brw
            bw
            cbor
            clap
            command
            darling
            deku
            derivative
            diesel
            display
            dummy
            educe
            enumset
            error
            from
            garde
            getset
            graphql
            group
            into
            logos
            musli
            num_enum
            proptest
            prost
            rasn
            reflect
            rkyv
            schema
            schemars
            sea_orm
            serde
            snafu
            specta
            sqlx
            strum
            strum_discriminants
            tabled
            try_into
            ts
            validate
            value
            yaserde
            zeroize
        }
    };
}

macro_rules! names {
    ($($helper:ident)*) => {
        /// Their names, and that of our own.
        pub(super) const HELPERS: &[&str] = &["state", $(stringify!($helper)),*];
    };
}

for_helpers!(names);

pub(crate) use for_helpers;
